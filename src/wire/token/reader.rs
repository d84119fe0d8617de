//! Decoding tokens.

use std::io::BufRead;

use super::pack::{ROOM, SYNC_MARK, Unpack};
use super::{DEFLATED_DATA, END, MAX_PACKED, TOKEN_LONG, TOKEN_REL, TOKENRUN_LONG, TOKENRUN_REL};
use crate::delta::{Shape, Token};
use crate::wire::error::{Error, Fault, Result, limit};
use crate::wire::{Dialect, Protocol, ReadWire};

/// Decodes the tokens of one direction of a session, file by file.
///
/// Every file's tokens must be read to their end, also those of a file that cannot be written: the history of zstd goes
/// on from file to file.
pub struct TokenReader {
    protocol: Protocol,
    blocks: u32,
    packed: Option<Packed>,
    /// Literal bytes that a plain token still has.
    left: usize,
    /// Those that were lent, and are taken from the stream before the next token.
    lent: usize,
    room: Vec<u8>,
}

/// The state of compressed tokens.
struct Packed {
    unpack: Unpack,
    /// The last block of the run before.
    last: u32,
    input: Vec<u8>,
    /// How much of the input is taken.
    taken: usize,
    /// Whether more may come out of what was taken.
    full: bool,
    /// Literal data came since the last block.
    in_run: bool,
    /// A flag that waits until all before it is decompressed.
    flag: Option<u8>,
}

impl TokenReader {
    /// A reader for a session in this dialect.
    ///
    /// # Errors
    /// When the decompressor cannot be had.
    pub fn new(dialect: &Dialect) -> Result<Self> {
        let unpack = Unpack::new(dialect.compression)?;
        Ok(Self {
            protocol: dialect.protocol,
            blocks: 0,
            room: vec![0; if unpack.is_some() { ROOM } else { 0 }],
            packed: unpack.map(|unpack| Packed {
                unpack,
                last: 0,
                input: Vec::new(),
                taken: 0,
                full: false,
                in_run: false,
                flag: None,
            }),
            left: 0,
            lent: 0,
        })
    }

    /// The tokens of a file begin, whose basis is cut like this.
    pub fn begin_file(&mut self, basis: Shape) {
        self.blocks = basis.count();
        (self.left, self.lent) = (0, 0);
        if let Some(packed) = &mut self.packed {
            packed.begin_file();
        }
    }

    /// The next token; `None` at the end of the file. Literal bytes may be those of the stream's own buffer, which are
    /// taken from it with the next token.
    ///
    /// # Errors
    /// Tokens that no peer may send, and what the stream reports.
    pub fn next<'t, R: BufRead + ?Sized>(
        &'t mut self,
        from: &'t mut R,
    ) -> Result<Option<Token<'t>>> {
        match &mut self.packed {
            Some(packed) => packed.next(self.blocks, &mut self.room, from),
            None => self.next_plain(from),
        }
    }

    /// Tells the bytes of a matched block, which old `zlib` takes into its history: each block of a run by itself, in
    /// order, before the next token. Other compressions do not need it.
    ///
    /// # Errors
    /// When the decompressor refuses.
    pub fn matched(&mut self, block: &[u8]) -> Result<()> {
        match &mut self.packed {
            Some(packed) => packed.unpack.learn(self.protocol, block),
            None => Ok(()),
        }
    }

    fn next_plain<'t, R: BufRead + ?Sized>(
        &mut self,
        from: &'t mut R,
    ) -> Result<Option<Token<'t>>> {
        from.consume(std::mem::take(&mut self.lent));
        if self.left == 0 {
            match from.read_int()? {
                0 => return Ok(None),
                literal @ 1.. => self.left = literal as usize,
                block => {
                    let block = run(!i64::from(block), 1, self.blocks)?;
                    return Ok(Some(Token::Match { block, count: 1 }));
                }
            }
        }
        let here = from.fill_buf()?;
        if here.is_empty() {
            return Err(Error::Ended);
        }
        let piece = self.left.min(here.len());
        self.left -= piece;
        self.lent = piece;
        Ok(Some(Token::Literal(&here[..piece])))
    }
}

impl Packed {
    fn begin_file(&mut self) {
        self.unpack.begin_file();
        self.last = 0;
        self.input.clear();
        self.taken = 0;
        self.full = false;
        self.in_run = false;
        self.flag = None;
    }

    fn next<'a, R: BufRead + ?Sized>(
        &mut self,
        blocks: u32,
        room: &'a mut [u8],
        from: &mut R,
    ) -> Result<Option<Token<'a>>> {
        loop {
            if self.taken < self.input.len() || self.full {
                let (taken, made) = self.unpack.step(&self.input[self.taken..], room)?;
                self.taken += taken;
                self.full = made == room.len();
                if made > 0 {
                    return Ok(Some(Token::Literal(&room[..made])));
                }
                continue;
            }
            let flag = match self.flag.take() {
                Some(flag) => flag,
                None => from.read_byte()?,
            };
            if flag & 0xc0 == DEFLATED_DATA {
                self.take_data(flag, from)?;
                continue;
            }
            if std::mem::take(&mut self.in_run) && self.unpack.wants_mark() {
                self.feed(&SYNC_MARK);
                self.flag = Some(flag);
                continue;
            }
            return self.block(flag, blocks, from);
        }
    }

    /// Reads compressed data behind its flag.
    fn take_data<R: BufRead + ?Sized>(&mut self, flag: u8, from: &mut R) -> Result<()> {
        let len = usize::from(flag & 0x3f) << 8 | usize::from(from.read_byte()?);
        let len = limit(
            Fault::Stream,
            "length of compressed data",
            len as i64,
            1..=MAX_PACKED as i64,
        )?;
        self.input.clear();
        self.taken = 0;
        self.in_run = true;
        from.read_onto(&mut self.input, len as usize)
    }

    fn feed(&mut self, data: &[u8]) {
        self.input.clear();
        self.input.extend_from_slice(data);
        self.taken = 0;
    }

    /// Reads what belongs to a flag that tells of blocks or the end.
    fn block<'a, R: BufRead + ?Sized>(
        &mut self,
        flag: u8,
        blocks: u32,
        from: &mut R,
    ) -> Result<Option<Token<'a>>> {
        let first = match flag {
            END => {
                self.begin_file();
                return Ok(None);
            }
            TOKEN_LONG | TOKENRUN_LONG => i64::from(from.read_int()?),
            TOKEN_REL.. => i64::from(self.last) + i64::from(flag & 0x3f),
            _ => {
                let why = "has a flag that nobody knows";
                return Err(Error::invalid(Fault::Stream, "token", why));
            }
        };
        let more = match flag {
            TOKENRUN_LONG | TOKENRUN_REL.. => {
                let more = from.read_short()?;
                limit(
                    Fault::Protocol,
                    "length of a run of blocks",
                    i64::from(more),
                    1..=0xffff,
                )? as u32
            }
            _ => 0,
        };
        let block = run(first, more + 1, blocks)?;
        self.last = block + more;
        Ok(Some(Token::Match {
            block,
            count: more + 1,
        }))
    }
}

/// The first block of a run, if the basis has all of it.
fn run(first: i64, count: u32, blocks: u32) -> Result<u32> {
    let last = first + i64::from(count) - 1;
    limit(
        Fault::Protocol,
        "index of a block",
        first,
        0..=i64::from(blocks) - 1,
    )?;
    limit(
        Fault::Protocol,
        "index of a block",
        last,
        0..=i64::from(blocks) - 1,
    )?;
    Ok(first as u32)
}
