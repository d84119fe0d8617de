//! A file of rules, split into the texts of its rules.

use std::io::{self, BufReader, Read};

/// A text of so many bytes is passed over; rsync's limit.
const TEXT_LIMIT: usize = 5120;

/// What separates the texts of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Line ends: `\n`, `\r`, or both.
    Lines,
    /// Zero bytes.
    Zeros,
    /// Any blanks, and zero bytes where those separate; there are no comments then.
    Words { zeros: bool },
}

/// One text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// What it says.
    Text(Vec<u8>),
    /// It is longer than any rule.
    TooLong,
}

/// Reads texts one by one, in bounded memory.
pub(super) struct Texts<R: Read> {
    bytes: io::Bytes<BufReader<R>>,
    split: Split,
    /// The number of the line that was read last, from 1.
    line: usize,
    /// A line ended in `\r`: `\n` right behind it ends the same line.
    after_return: bool,
}

impl<R: Read> Texts<R> {
    pub(super) fn new(from: R, split: Split) -> Texts<R> {
        Texts {
            bytes: BufReader::new(from).bytes(),
            split,
            line: 0,
            after_return: false,
        }
    }

    /// The next text that is neither empty nor a comment, with its line; none where texts are words.
    ///
    /// A file that cannot be read further ends there, as a directory does at once.
    pub(super) fn next(&mut self) -> Option<(Text, Option<usize>)> {
        loop {
            let text = self.raw()?;
            self.line += 1;
            let words = matches!(self.split, Split::Words { .. });
            let passed_over = match &text {
                Text::Text(text) => match text.first() {
                    None => true,
                    Some(b'#' | b';') => !words,
                    Some(_) => false,
                },
                Text::TooLong => false,
            };
            if !passed_over {
                return Some((text, (!words).then_some(self.line)));
            }
        }
    }

    fn raw(&mut self) -> Option<Text> {
        let mut text = Vec::new();
        let mut length = 0;
        let mut cut = false;
        let mut any = false;
        while let Some(Ok(byte)) = self.bytes.next() {
            if std::mem::take(&mut self.after_return) && byte == b'\n' {
                continue;
            }
            any = true;
            if self.ends(byte) {
                self.after_return = byte == b'\r' && self.split == Split::Lines;
                break;
            }
            // What follows a zero byte in a line is cut off, as in a C string.
            cut |= byte == 0;
            length += 1;
            if !cut && length < TEXT_LIMIT {
                text.push(byte);
            }
        }
        let long = length >= TEXT_LIMIT;
        any.then_some(if long {
            Text::TooLong
        } else {
            Text::Text(text)
        })
    }

    fn ends(&self, byte: u8) -> bool {
        match self.split {
            Split::Lines => matches!(byte, b'\n' | b'\r'),
            Split::Zeros => byte == 0,
            // A vertical tab is a blank in C.
            Split::Words { zeros } => {
                byte.is_ascii_whitespace() || byte == 0x0b || (zeros && byte == 0)
            }
        }
    }
}
