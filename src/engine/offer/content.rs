//! One file as a receiver wants it: blocks that it has, and the bytes that it lacks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use super::outflow::Outflow;
use crate::delta::{Digest, Matcher, Origin, SearchError, Shape, Signature, Token, Tries};
use crate::engine::pace::Pace;
use crate::wire::{self, BlockSums, Compression, Dialect, FileSum, Sums, TokenWriter};

/// Bytes that are read at a time where nothing is searched for.
const PIECE: usize = 256 << 10;

/// What stays the same for all files of a session.
pub(super) struct Contents<'c> {
    pub sums: Sums,
    pub tokens: TokenWriter,
    /// Matched bytes have to be known to the compression.
    pub learns: bool,
    pub pace: Option<&'c Pace>,
    /// How long the stream may rest.
    pub patience: Option<Duration>,
    buffer: Vec<u8>,
}

/// A file that is to be sent.
pub(super) struct Outgoing<'o> {
    pub file: &'o File,
    /// Its size when it was opened: more is not sent.
    pub size: u64,
    /// How the receiver's basis is cut.
    pub shape: Shape,
    /// The receiver writes over the basis while it reads it.
    pub in_place: bool,
    /// The receiver has so many bytes, and wants what is behind them.
    pub skip: u64,
    /// These bytes are summed all the same.
    pub sums_skipped: bool,
}

/// What was sent of a file.
pub(super) struct Sent {
    pub moved: Origin,
    /// Blocks that were found.
    pub matches: u64,
    pub tries: Tries,
    pub digest: Digest,
    /// Why it is not the whole file.
    pub broken: Option<io::Error>,
}

impl<'c> Contents<'c> {
    pub(super) fn new(
        dialect: &Dialect,
        pace: Option<&'c Pace>,
        patience: Option<Duration>,
    ) -> Contents<'c> {
        Contents {
            sums: Sums::of_transfers(dialect),
            tokens: TokenWriter::new(dialect),
            learns: dialect.compression == Compression::Zlib,
            pace,
            patience,
            buffer: Vec::new(),
        }
    }

    /// Sends a file: its tokens, and its sum. Where it cannot be read to its end, what came is sent with a sum that
    /// is not its own, so that nobody takes it for the file; the reason is given back.
    ///
    /// # Errors
    /// What the stream reports.
    pub(super) fn send<W: Write>(
        &mut self,
        out: &Outgoing<'_>,
        blocks: BlockSums,
        progress: &mut dyn FnMut(u64),
        to: &mut Outflow<W>,
    ) -> wire::Result<Sent> {
        let mut source = Hashed {
            file: out.file,
            at: if out.sums_skipped { 0 } else { out.skip },
            end: out.size,
            sum: self.sums.file(),
            broken: None,
        };
        self.buffer.resize(PIECE, 0);
        while source.at < out.skip {
            let left = (out.skip - source.at).min(PIECE as u64) as usize;
            match source.read(&mut self.buffer[..left]) {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) => {
                    source.broken = Some(e);
                    break;
                }
            }
        }
        let mut sending = Sending {
            tokens: &mut self.tokens,
            learns: self.learns,
            pace: self.pace,
            patience: self.patience,
            flushed: Instant::now(),
            out,
            at: out.skip,
            moved: Origin::default(),
            matches: 0,
            progress,
            to,
        };
        let mut tries = Tries::default();
        match signature(out.shape, blocks, self.sums) {
            Some(signature) => {
                let matcher = Matcher::new(&signature);
                let searched = matcher.search(&mut source, |token| match token {
                    Token::Literal(bytes) => Ok(sending.literal(bytes)?),
                    Token::Match { block, count } => sending.blocks(&signature, block, count),
                });
                tries = matcher.tries();
                match searched {
                    Ok(_) => {}
                    Err(SearchError::Read(e) | SearchError::Sink(Stop::Source(e))) => {
                        source.broken = Some(e);
                    }
                    Err(SearchError::Sink(Stop::Stream(e))) => return Err(e),
                }
            }
            None => {
                while source.broken.is_none() {
                    match source.read(&mut self.buffer) {
                        Ok(0) => break,
                        Ok(read) => sending.literal(&self.buffer[..read])?,
                        Err(e) => {
                            source.broken = Some(e);
                            break;
                        }
                    }
                }
            }
        }
        let (moved, matches) = (sending.moved, sending.matches);
        self.tokens.end(to)?;
        let digest = source.sum.finish();
        let mut sum = digest.as_bytes().to_vec();
        if source.broken.is_some() {
            sum.iter_mut().for_each(|byte| *byte = !*byte);
        }
        to.write_all(&sum)?;
        Ok(Sent {
            moved,
            matches,
            tries,
            digest,
            broken: source.broken,
        })
    }
}

/// The receiver's sums, ready to be searched; none where there is nothing to be found.
fn signature(shape: Shape, blocks: BlockSums, sums: Sums) -> Option<Signature> {
    if blocks.weak.is_empty() {
        return None;
    }
    let shape = shape.with_strong_len(blocks.strong_len);
    Signature::from_parts(shape, sums.block_sum(), blocks.weak, blocks.strong)
}

/// A file ends before the size that it had when it was opened: what went is no state that it was ever in.
fn cut_short() -> io::Error {
    rustix::io::Errno::NODATA.into()
}

/// Why a file is not sent any further.
enum Stop {
    /// It cannot be read once more where it was read before.
    Source(io::Error),
    Stream(wire::Error),
}

impl From<wire::Error> for Stop {
    fn from(e: wire::Error) -> Stop {
        Stop::Stream(e)
    }
}

/// A file that is summed as it is read.
struct Hashed<'f> {
    file: &'f File,
    at: u64,
    end: u64,
    sum: FileSum,
    broken: Option<io::Error>,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let most = buf.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        let read = match self.file.read_at(&mut buf[..most], self.at) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return self.read(buf),
            Ok(0) => return Err(cut_short()),
            read => read?,
        };
        self.sum.update(&buf[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

/// A file on its way.
struct Sending<'s, W> {
    tokens: &'s mut TokenWriter,
    learns: bool,
    pace: Option<&'s Pace>,
    patience: Option<Duration>,
    flushed: Instant,
    out: &'s Outgoing<'s>,
    /// Bytes of the file that are on their way.
    at: u64,
    moved: Origin,
    matches: u64,
    progress: &'s mut dyn FnMut(u64),
    to: &'s mut Outflow<W>,
}

impl<W: Write> Sending<'_, W> {
    fn literal(&mut self, bytes: &[u8]) -> wire::Result<()> {
        self.tokens.literal(bytes, self.to)?;
        self.moved.literal += bytes.len() as u64;
        self.passed(bytes.len() as u64)?;
        if let Some(pace) = self.pace {
            self.to.flush()?;
            pace.spend(bytes.len() as u64)?;
        }
        Ok(())
    }

    fn blocks(&mut self, signature: &Signature, first: u32, count: u32) -> Result<(), Stop> {
        let shape = signature.shape();
        let Some(mut first) = Some(first).filter(|_| shape.bytes_of(first, count).is_some()) else {
            return Ok(());
        };
        let len_of = |first| {
            shape
                .bytes_of(first, count)
                .map_or(0, |range| range.end - range.start)
        };
        let len = len_of(first);
        if self.out.in_place {
            match self.usable(signature, first, count) {
                Some(usable) => first = usable,
                None => return self.literally(len),
            }
        }
        for block in first..first + count {
            let bytes = shape.bytes_of(block, 1).unwrap_or_default();
            let len = bytes.end - bytes.start;
            let data = match self.learns {
                true => self.again(len)?,
                false => Vec::new(),
            };
            self.tokens.block(block, &data, self.to)?;
            self.moved.matched += len;
            self.matches += 1;
            self.passed(len)?;
        }
        Ok(())
    }

    /// Blocks that the receiver still has when it comes to write them: none that begins before where it writes. Equal
    /// blocks where they stand already are the best.
    fn usable(&self, signature: &Signature, first: u32, count: u32) -> Option<u32> {
        let len = u64::from(signature.shape().block_len());
        if u64::from(first) * len >= self.at {
            return Some(first);
        }
        let here = u32::try_from(self.at / len).ok()?;
        let is_there = self.at.is_multiple_of(len)
            && here.checked_add(count)? <= signature.shape().full_blocks()
            && (0..count).all(|i| {
                let (a, b) = (first + i, here + i);
                signature.weak()[a as usize] == signature.weak()[b as usize]
                    && signature.strong(a) == signature.strong(b)
            });
        is_there.then_some(here)
    }

    /// Sends bytes of the file that were found in the basis, but cannot be used there.
    fn literally(&mut self, mut len: u64) -> Result<(), Stop> {
        while len > 0 {
            let data = self.again(len.min(PIECE as u64))?;
            len -= data.len() as u64;
            self.literal(&data)?;
        }
        Ok(())
    }

    /// The next bytes of the file once more.
    fn again(&self, len: u64) -> Result<Vec<u8>, Stop> {
        let mut data = vec![0; len as usize];
        let read = self.out.file.read_exact_at(&mut data, self.at);
        read.map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => Stop::Source(cut_short()),
            _ => Stop::Source(e),
        })?;
        Ok(data)
    }

    fn passed(&mut self, bytes: u64) -> wire::Result<()> {
        self.at += bytes;
        (self.progress)(self.at);
        // Blocks are told in few bytes, and so is what compresses well: the receiver must not take the silence for an
        // end.
        if self
            .patience
            .is_some_and(|patience| self.flushed.elapsed() > patience)
        {
            self.flushed = Instant::now();
            self.to.keep_alive()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::delta::BlockLimit;
    use crate::wire::Mux;

    /// New bytes in front; the whole file is read at once.
    const NEW: usize = 50_000;
    const BLOCK: u32 = 1000;

    /// Sends a file of which the basis has all but its beginning, and which is cut short as soon as that is sent.
    fn cut_short_at_once(compression: Compression, in_place: bool) -> wire::Result<Sent> {
        let dialect = Dialect::of_a_pull(compression);
        let mut word = 1_u64;
        let mut random = |len: usize| -> Vec<u8> {
            let mut byte = || {
                word = word.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                (word >> 56) as u8
            };
            std::iter::repeat_with(&mut byte).take(len).collect()
        };
        let (new, basis) = (random(NEW), random(50 * BLOCK as usize));
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("file");
        fs::write(&path, [&new[..], &basis].concat()).expect("a file");
        let file = File::open(&path).expect("the file");

        let limit = BlockLimit::Modern;
        let shape = Shape::with_block_len(basis.len() as u64, limit, BLOCK, 16);
        let sums = Sums::of_transfers(&dialect);
        let signature = Signature::of(&basis[..], shape, sums.block_sum()).expect("sums");
        let shape = signature.shape();
        let (weak, strong) = signature.into_parts();
        let strong_len = shape.strong_len();
        let blocks = BlockSums {
            weak,
            strong,
            strong_len,
        };
        let outgoing = Outgoing {
            file: &file,
            size: (NEW + basis.len()) as u64,
            shape,
            in_place,
            skip: 0,
            sums_skipped: false,
        };
        let mut to = Outflow::new(Mux::new(Vec::new()), &dialect, None, 1).expect("a stream");
        let mut cut = |_: u64| fs::write(&path, b"").expect("cut short");
        Contents::new(&dialect, None, None).send(&outgoing, blocks, &mut cut, &mut to)
    }

    #[test]
    fn a_file_that_shrinks_before_it_is_read_once_more_is_no_end_of_the_stream() {
        // The history of zlib wants the blocks; moved blocks are not there any more when the receiver comes to them.
        for (compression, in_place) in [(Compression::Zlib, false), (Compression::None, true)] {
            let sent = cut_short_at_once(compression, in_place);
            let sent = sent.unwrap_or_else(|e| panic!("{compression:?}: {e}"));
            let broken = sent.broken.expect("a reason");
            assert_eq!(broken.to_string(), cut_short().to_string());
            assert_eq!(sent.moved.literal, NEW as u64);
        }
    }
}
