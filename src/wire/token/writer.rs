//! Encoding tokens.

use std::io::Write;

use super::pack::Pack;
use super::{
    DEFLATED_DATA, END, MAX_LITERAL, MAX_PACKED, TOKEN_LONG, TOKEN_REL, TOKENRUN_LONG, TOKENRUN_REL,
};
use crate::wire::error::{Fault, Result, limit};
use crate::wire::{Dialect, Protocol, WriteWire};

/// The most blocks that one run takes behind its first.
const MAX_MORE: u32 = 0xffff;
/// The farthest that a block may be behind the last one to be told by the difference.
const MAX_STEP: u32 = 0x3f;

/// Encodes the tokens of one direction of a session, file by file.
pub struct TokenWriter {
    protocol: Protocol,
    packed: Option<Packed>,
}

/// The state of compressed tokens.
struct Packed {
    pack: Pack,
    /// The last block of the run before.
    last: u32,
    /// Blocks that are not written yet: the first, and how many more.
    run: Option<(u32, u32)>,
    /// Literal data came since the last block.
    in_run: bool,
    out: Vec<u8>,
}

impl TokenWriter {
    /// A writer for a session in this dialect; the level is the compression's own.
    ///
    /// # Errors
    /// When the compressor cannot be had.
    pub fn new(dialect: &Dialect, level: Option<i32>) -> Result<Self> {
        let pack = Pack::new(dialect.compression, level)?;
        Ok(Self {
            protocol: dialect.protocol,
            packed: pack.map(|pack| Packed {
                pack,
                last: 0,
                run: None,
                in_run: false,
                out: Vec::new(),
            }),
        })
    }

    /// Writes literal bytes.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub fn literal<W: Write + ?Sized>(&mut self, data: &[u8], to: &mut W) -> Result<()> {
        let Some(packed) = &mut self.packed else {
            for piece in data.chunks(MAX_LITERAL) {
                to.write_int(piece.len() as i32)?;
                to.write_all(piece)?;
            }
            return Ok(());
        };
        if !data.is_empty() {
            packed.end_blocks(to)?;
            packed.literal(data, to)?;
        }
        Ok(())
    }

    /// Writes that the basis's block of this index comes, whose bytes are `data`.
    ///
    /// # Errors
    /// An index above 2³¹−2, and what the compressor and the stream report.
    pub fn block<W: Write + ?Sized>(&mut self, block: u32, data: &[u8], to: &mut W) -> Result<()> {
        let index = limit(
            Fault::Protocol,
            "index of a block",
            block,
            0..=i64::from(i32::MAX) - 1,
        )?;
        match &mut self.packed {
            None => Ok(to.write_int(!index.cast_signed())?),
            Some(packed) => {
                packed.end_literal(to)?;
                packed.block(index, to)?;
                packed.pack.learn(self.protocol, data)
            }
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub fn end<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        let Some(packed) = &mut self.packed else {
            return Ok(to.write_int(0)?);
        };
        packed.end_literal(to)?;
        packed.end_blocks(to)?;
        packed.last = 0;
        packed.pack.begin_file();
        Ok(to.write_byte(END)?)
    }
}

impl Packed {
    fn literal<W: Write + ?Sized>(&mut self, data: &[u8], to: &mut W) -> Result<()> {
        self.in_run = true;
        let held_back = self.pack.held_back();
        self.pack.literal(data, &mut self.out, |out, all| {
            let least = if all { 1 } else { MAX_PACKED };
            write_packed(out, least, held_back, to)
        })
    }

    /// Ends a run of literal data, so that the receiver can decompress it before it acts on what follows.
    fn end_literal<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        if std::mem::take(&mut self.in_run) {
            self.pack.flush(&mut self.out)?;
            write_packed(&mut self.out, 1, 0, to)?;
        }
        Ok(())
    }

    fn block<W: Write + ?Sized>(&mut self, block: u32, to: &mut W) -> Result<()> {
        match &mut self.run {
            Some((first, more)) if block == *first + *more + 1 && *more < MAX_MORE => *more += 1,
            _ => {
                self.end_blocks(to)?;
                self.run = Some((block, 0));
            }
        }
        Ok(())
    }

    /// Writes the blocks that were gathered.
    fn end_blocks<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        let Some((first, more)) = self.run.take() else {
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

/// Writes out compressed data while there are `least` bytes of it, but for those held back.
fn write_packed<W: Write + ?Sized>(
    out: &mut Vec<u8>,
    least: usize,
    held_back: usize,
    to: &mut W,
) -> Result<()> {
    let mut written = 0;
    while out.len() - written >= least + held_back {
        let piece = (out.len() - written - held_back).min(MAX_PACKED);
        to.write_all(&[DEFLATED_DATA | (piece >> 8) as u8, piece as u8])?;
        to.write_all(&out[written..][..piece])?;
        written += piece;
    }
    out.drain(..written);
    Ok(())
}
