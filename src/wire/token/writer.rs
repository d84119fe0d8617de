//! Encoding tokens.

use std::io::{self, IoSlice, Write};

use super::draft::TokenSink;
use super::{END, MAX_LITERAL, TOKEN_LONG, TOKEN_REL, TOKENRUN_LONG, TOKENRUN_REL};
use crate::wire::error::{Fault, Result, limit};
use crate::wire::{Compression, Dialect, WriteWire};

/// The most blocks that one run takes behind its first.
const MAX_MORE: u32 = 0xffff;
/// The farthest that a block may be behind the last one to be told by the difference.
const MAX_STEP: u32 = 0x3f;

/// Plain tokens that are written in one call.
const AT_ONCE: usize = 8;

/// Encodes the tokens of one direction of a session, file by file.
pub struct TokenWriter(Option<Runs>);

/// Where compressed tokens are.
#[derive(Default)]
struct Runs {
    /// The last block of the run before.
    last: u32,
    /// Blocks that are not written yet: the first, and how many more.
    blocks: Option<(u32, u32)>,
    /// Literal data came since the last block.
    is_literal: bool,
}

impl TokenWriter {
    /// A writer for a session in this dialect.
    #[must_use]
    pub fn new(dialect: &Dialect) -> Self {
        Self((dialect.compression != Compression::None).then(Runs::default))
    }

    /// Writes literal bytes.
    ///
    /// # Errors
    /// What the sink reports.
    pub fn literal<S: TokenSink + ?Sized>(&mut self, data: &[u8], to: &mut S) -> Result<()> {
        let Some(runs) = &mut self.0 else {
            for data in data.chunks(MAX_LITERAL * AT_ONCE) {
                write_plain(data, to)?;
            }
            return Ok(());
        };
        if !data.is_empty() {
            runs.end_blocks(to)?;
            runs.is_literal = true;
            to.literal(data)?;
        }
        Ok(())
    }

    /// Writes that the basis's block of this index comes, whose bytes are `data` where the compression wants to know
    /// them.
    ///
    /// # Errors
    /// An index above 2³¹−2, and what the sink reports.
    pub fn block<S: TokenSink + ?Sized>(
        &mut self,
        block: u32,
        data: &[u8],
        to: &mut S,
    ) -> Result<()> {
        let index = limit(
            Fault::Protocol,
            "index of a block",
            block,
            0..=i64::from(i32::MAX) - 1,
        )?;
        let Some(runs) = &mut self.0 else {
            return Ok(to.write_int(!index.cast_signed())?);
        };
        runs.end_literal(to)?;
        runs.block(index, to)?;
        if !data.is_empty() {
            to.matched(data)?;
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the sink reports.
    pub fn end<S: TokenSink + ?Sized>(&mut self, to: &mut S) -> Result<()> {
        let Some(runs) = &mut self.0 else {
            return Ok(to.write_int(0)?);
        };
        runs.end_literal(to)?;
        runs.end_blocks(to)?;
        runs.last = 0;
        to.end_file()?;
        Ok(to.write_byte(END)?)
    }
}

impl Runs {
    /// Ends a run of literal data, so that the receiver can decompress it before it acts on what follows.
    fn end_literal<S: TokenSink + ?Sized>(&mut self, to: &mut S) -> Result<()> {
        if std::mem::take(&mut self.is_literal) {
            to.end_run()?;
        }
        Ok(())
    }

    fn block<W: Write + ?Sized>(&mut self, block: u32, to: &mut W) -> Result<()> {
        match &mut self.blocks {
            Some((first, more)) if block == *first + *more + 1 && *more < MAX_MORE => *more += 1,
            _ => {
                self.end_blocks(to)?;
                self.blocks = Some((block, 0));
            }
        }
        Ok(())
    }

    /// Writes the blocks that were gathered.
    fn end_blocks<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        let Some((first, more)) = self.blocks.take() else {
            return Ok(());
        };
        match first
            .checked_sub(self.last)
            .filter(|step| *step <= MAX_STEP)
        {
            Some(step) => {
                let flag = if more > 0 { TOKENRUN_REL } else { TOKEN_REL };
                to.write_byte(flag | step as u8)?;
            }
            None => {
                to.write_byte(if more > 0 { TOKENRUN_LONG } else { TOKEN_LONG })?;
                to.write_int(first.cast_signed())?;
            }
        }
        if more > 0 {
            to.write_short(more as u16)?;
        }
        self.last = first + more;
        Ok(())
    }
}

/// Writes at most [`AT_ONCE`] plain tokens of literal bytes.
fn write_plain<W: Write + ?Sized>(data: &[u8], to: &mut W) -> io::Result<()> {
    let pieces = data.chunks(MAX_LITERAL);
    let mut heads = [[0; 4]; AT_ONCE];
    for (head, piece) in heads.iter_mut().zip(pieces.clone()) {
        *head = (piece.len() as u32).to_le_bytes();
    }
    let mut parts: Vec<_> = heads
        .iter()
        .zip(pieces)
        .flat_map(|(head, piece)| [IoSlice::new(head), IoSlice::new(piece)])
        .collect();
    let mut left = &mut parts[..];
    while !left.is_empty() {
        match to.write_vectored(left)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => IoSlice::advance_slices(&mut left, n),
        }
    }
    Ok(())
}
