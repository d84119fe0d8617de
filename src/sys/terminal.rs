//! The terminal that this process is run from: questions and answers past standard input and output.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcgetpgrp, tcsetattr,
};

use super::signal;

/// Longest answer that is taken.
const LONGEST: usize = 4096;
/// Control-C as a byte.
const INTERRUPT: u8 = 3;

/// Whether what is typed to stop this process reaches what it has started as well: both belong to the terminal's
/// foreground.
#[must_use]
pub fn is_in_foreground() -> bool {
    let terminal = OpenOptions::new().read(true).open("/dev/tty");
    terminal.is_ok_and(|tty| tcgetpgrp(&tty).is_ok_and(|group| group == rustix::process::getpgrp()))
}

/// An open terminal.
pub struct Terminal(File);

impl Terminal {
    /// The terminal, if there is one.
    #[must_use]
    pub fn open() -> Option<Terminal> {
        let file = OpenOptions::new().read(true).write(true).open("/dev/tty");
        file.ok().map(Terminal)
    }

    /// Writes a prompt and reads a line, which is shown as it is typed where `shown` is set.
    ///
    /// # Errors
    /// The terminal is gone, or the person wants to stop.
    pub fn ask(&mut self, prompt: &str, shown: bool) -> io::Result<String> {
        let before = tcgetattr(&self.0)?;
        let mut modes = before.clone();
        // No signal may end the process while nothing is shown: the key that sends one ends the line instead.
        modes.local_modes.remove(LocalModes::ISIG);
        modes.local_modes.set(LocalModes::ECHO, shown);
        modes.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(&self.0, OptionalActions::Flush, &modes)?;
        let answer = self
            .0
            .write_all(prompt.as_bytes())
            .and_then(|()| self.line());
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(&self.0, OptionalActions::Drain, &before);
        if !shown {
            self.0.write_all(b"\n")?;
        }
        let answer = answer?;
        if answer.last() == Some(&INTERRUPT) {
            signal::request_stop();
            return Err(io::ErrorKind::Interrupted.into());
        }
        String::from_utf8(answer).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    /// Byte by byte: what follows the line is for somebody else.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while line.len() < LONGEST {
            if self.0.read(&mut byte)? == 0 {
                match line.is_empty() {
                    true => return Err(io::ErrorKind::UnexpectedEof.into()),
                    false => break,
                }
            }
            match byte[0] {
                b'\n' => break,
                INTERRUPT => {
                    line.push(INTERRUPT);
                    break;
                }
                other => line.push(other),
            }
        }
        Ok(line)
    }
}
