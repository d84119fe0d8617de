//! The local delta: both files are at hand, so the new file is made of the source's own bytes.
//!
//! It goes in two passes, each spread over the pool of the calling thread.
//!
//! 1. *In step*: source and basis are read side by side, chunk by chunk. Blocks that are equal at the same offset
//!    are matches without any search. The bytes just read become the new file, or are shared with the basis where
//!    the output can do that; the sums of the basis are taken on the way.
//! 2. *Out of step*: only where blocks differed, the source is searched with those sums, in large segments. This
//!    pass writes nothing: it tells what is literal and what had merely moved.
//!
//! The result never depends on a checksum. The byte counts are those of rsync's greedy search: a search that comes
//! back to an offset from where the blocks are in step would match them one by one as well. Only a block that
//! moved and lies across the boundary of two segments is counted as literal.

use std::io;
use std::num::NonZeroU64;

use rayon::prelude::*;
use thiserror::Error;

use super::at::{ReadAt, Stretch, WriteAt, read_full};
use super::search::{Step, Window};
use super::signature::{Sums, whole_blocks};
use super::{BlockLimit, Matcher, Origin, Shape, Signature, Strong};

/// How much of each file a task reads at once, in bytes: two such buffers fit into a second-level cache.
const CHUNK: usize = 256 << 10;
/// So many blocks in step are worth leaving a search for.
const LEAP: usize = 16;
/// The block sums of local work stay in memory; nobody else has to compute them.
const STRONG: Strong = Strong::Xxh3;

/// What a person may set about the local delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Block length in bytes (`--block-size`); 0 chooses as rsync does.
    pub block_len: u32,
    /// Bytes of source that one thread searches at a time.
    pub segment: usize,
    /// The basis is written over from its start on (`--inplace`): a block counts as found only where it already
    /// stands. Blocks from further back could still be read, but nothing is written less for them here.
    pub in_place: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            block_len: 0,
            segment: 64 << 20,
            in_place: false,
        }
    }
}

/// Where a new file goes. Stretches that equal the basis may be shared with it instead of written.
///
/// The default shares nothing. A file on a filesystem with reflinks overrides both provided methods, and old
/// and new file then keep one copy of what did not change.
pub trait Output: WriteAt {
    /// What [`Output::share`] can be asked for: offsets and lengths are multiples of this many bytes (the block
    /// size of the filesystem). `None`: it is never asked.
    fn granule(&self) -> Option<NonZeroU64> {
        None
    }

    /// Makes `len` bytes at `to` the same as those of the basis at `from`, which are known to be equal to what
    /// belongs there. `false` means that it cannot be done here: the bytes are then written.
    ///
    /// # Errors
    /// What must end the work, such as a full disk.
    fn share(&self, from: u64, to: u64, len: u64) -> io::Result<bool> {
        let _ = (from, to, len);
        Ok(false)
    }
}

impl Output for std::fs::File {}

/// Why a new file could not be made.
#[derive(Debug, Error)]
pub enum LocalError {
    /// The source ended early: it was cut while it was read.
    #[error("the source ended at byte {0}, before the size it had")]
    SourceShrank(u64),
    /// The basis ended early.
    #[error("the old file ended at byte {0}, before the size it had")]
    BasisShrank(u64),
    /// The source could not be read.
    #[error("reading the source failed: {0}")]
    ReadSource(#[source] io::Error),
    /// The basis could not be read.
    #[error("reading the old file failed: {0}")]
    ReadBasis(#[source] io::Error),
    /// The new file could not be written.
    #[error("writing the new file failed: {0}")]
    Write(#[source] io::Error),
}

/// A file that is read, and the size it was found to have.
#[derive(Debug)]
pub struct Known<'a, R: ?Sized> {
    /// The file.
    pub file: &'a R,
    /// Its size in bytes.
    pub len: u64,
}

impl<R: ?Sized> Clone for Known<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for Known<'_, R> {}

/// Makes the new file: `out` gets exactly the `source.len` bytes of the source, from offset 0 on.
///
/// It is not cut at the end, and must not be the source. It may be the basis itself if [`Output::share`] then
/// does nothing and says so: each stretch is read before it is written. Bytes
/// that the source has beyond `source.len` are not looked at.
///
/// Tells how many of them a delta against `basis` would have had to send and how many it found there.
///
/// # Errors
/// [`LocalError`]; the output is then incomplete. A source that holds fewer bytes than its size said is one.
pub fn rebuild<B, S, O>(
    basis: Known<'_, B>,
    source: Known<'_, S>,
    out: &O,
    tuning: &Tuning,
) -> Result<Origin, LocalError>
where
    B: ReadAt + ?Sized,
    S: ReadAt + ?Sized,
    O: Output + ?Sized,
{
    let width = STRONG.digest_len();
    let shape = Shape::with_block_len(basis.len, BlockLimit::Modern, tuning.block_len, width);
    let pair = Pair {
        basis,
        source,
        out,
        shape: shape.full_strength(width),
        searches: !tuning.in_place,
    };
    let (in_step, parts) = pair.in_step()?;
    let matched = if in_step.is_whole(source.len) {
        source.len
    } else if !pair.searches {
        in_step.bytes(source.len)
    } else if shape.count() == 0 {
        0
    } else {
        let signature = Signature::from_sums(pair.shape, STRONG.into(), parts);
        pair.out_of_step(&in_step, &Matcher::new(&signature), tuning.segment)?
    };
    Ok(Origin {
        literal: source.len - matched,
        matched,
    })
}

struct Pair<'a, B: ?Sized, S: ?Sized, O: ?Sized> {
    basis: Known<'a, B>,
    source: Known<'a, S>,
    out: &'a O,
    shape: Shape,
    /// Whether blocks out of step are looked for, which takes the sums of the basis.
    searches: bool,
}

impl<B, S, O> Pair<'_, B, S, O>
where
    B: ReadAt + ?Sized,
    S: ReadAt + ?Sized,
    O: Output + ?Sized,
{
    /// The first pass: writes the whole new file; tells which blocks are in step, and all sums of the basis where
    /// they are of use.
    fn in_step(&self) -> Result<(InStep, Vec<Sums>), LocalError> {
        let chunk = whole_blocks(CHUNK, self.shape);
        let end = self.source.len.max(self.shape.basis_len());
        let starts: Vec<u64> = (0..end).step_by(chunk).collect();
        let work = |buffers: &mut Buffers, at| self.chunk(buffers, at, chunk);
        let done: Vec<(Vec<bool>, Sums)> = if starts.len() > 1 {
            let tasks = starts.into_par_iter().map_init(Buffers::default, work);
            tasks.collect::<Result<_, _>>()?
        } else {
            let mut buffers = Buffers::default();
            starts
                .into_iter()
                .map(|at| work(&mut buffers, at))
                .collect::<Result<_, _>>()?
        };
        let (equal, sums): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        let block_len = self.shape.block_len().into();
        Ok((
            InStep {
                equal: equal.concat(),
                block_len,
            },
            sums,
        ))
    }

    fn chunk(
        &self,
        buffers: &mut Buffers,
        at: u64,
        chunk: usize,
    ) -> Result<(Vec<bool>, Sums), LocalError> {
        let Buffers { source, basis } = buffers;
        let within = |len: u64| len.saturating_sub(at).min(chunk as u64) as usize;
        source.resize(within(self.source.len), 0);
        basis.resize(within(self.shape.basis_len()), 0);
        let read = read_full(self.source.file, source, at).map_err(LocalError::ReadSource)?;
        if read < source.len() {
            return Err(LocalError::SourceShrank(at + read as u64));
        }
        let read = read_full(self.basis.file, basis, at).map_err(LocalError::ReadBasis)?;
        if read < basis.len() {
            return Err(LocalError::BasisShrank(at + read as u64));
        }
        let mut sums = Sums::default();
        let mut equal = Vec::new();
        if self.shape.count() > 0 {
            if self.searches {
                sums.add(basis, self.shape, STRONG.into());
            }
            let len = self.shape.block_len() as usize;
            equal.extend(
                source
                    .chunks(len)
                    .zip(basis.chunks(len))
                    .map(|(new, old)| new == old),
            );
            equal.resize(source.len().div_ceil(len), false);
        }
        self.put(source, at, &equal)?;
        Ok((equal, sums))
    }

    /// Writes a chunk of the new file, sharing what can be shared.
    fn put(&self, bytes: &[u8], at: u64, equal: &[bool]) -> Result<(), LocalError> {
        let write = |bytes: &[u8], at: u64| match bytes {
            [] => Ok(()),
            _ => self.out.write_all_at(bytes, at).map_err(LocalError::Write),
        };
        let Some(granule) = self.out.granule() else {
            return write(bytes, at);
        };
        let len = self.shape.block_len() as usize;
        let (mut written, mut block) = (0, 0);
        for run in equal.chunk_by(|a, b| a == b) {
            let (from, to) = (block * len, ((block + run.len()) * len).min(bytes.len()));
            block += run.len();
            let first = (at + from as u64).next_multiple_of(granule.get());
            let last = (at + to as u64) / granule * granule.get();
            if run[0]
                && first < last
                && self
                    .out
                    .share(first, first, last - first)
                    .map_err(LocalError::Write)?
            {
                let (first, last) = ((first - at) as usize, (last - at) as usize);
                write(&bytes[written..first], at + written as u64)?;
                written = last;
            }
        }
        write(&bytes[written..], at + written as u64)
    }

    /// The second pass: how many bytes of the source are in the basis, wherever.
    fn out_of_step(
        &self,
        in_step: &InStep,
        matcher: &Matcher<'_>,
        segment: usize,
    ) -> Result<u64, LocalError> {
        let segment = whole_blocks(segment, self.shape) as u64;
        let starts: Vec<u64> = (0..self.source.len).step_by(segment as usize).collect();
        let count = |window: &mut Window, at: u64| {
            self.matched(
                in_step,
                matcher,
                window,
                at,
                (at + segment).min(self.source.len),
            )
        };
        if starts.len() > 1 {
            starts
                .into_par_iter()
                .map_init(Window::default, count)
                .sum()
        } else {
            let mut window = Window::default();
            starts.into_iter().map(|at| count(&mut window, at)).sum()
        }
    }

    /// The bytes of one segment that are in the basis.
    fn matched(
        &self,
        in_step: &InStep,
        matcher: &Matcher<'_>,
        window: &mut Window,
        mut at: u64,
        end: u64,
    ) -> Result<u64, LocalError> {
        use std::ops::ControlFlow::{Break, Continue};
        let mut matched = 0;
        while at < end {
            let leap = (in_step.run_from(at)).min(end - at);
            at += leap;
            matched += leap;
            let stretch = Stretch {
                from: self.source.file,
                at,
                end,
            };
            let back_in_step = matcher.steps(window, stretch, |step| match step {
                Step::Literal(bytes) => {
                    at += bytes.len() as u64;
                    Continue(())
                }
                Step::Block(_, len) => {
                    at += u64::from(len);
                    matched += u64::from(len);
                    if in_step.worth_leaping(at) {
                        Break(())
                    } else {
                        Continue(())
                    }
                }
            });
            if back_in_step.map_err(LocalError::ReadSource)?.is_none() && at < end {
                return Err(LocalError::SourceShrank(at));
            }
        }
        Ok(matched)
    }
}

#[derive(Default)]
struct Buffers {
    source: Vec<u8>,
    basis: Vec<u8>,
}

/// Which blocks of the source equal the block of the basis at the same offset.
struct InStep {
    equal: Vec<bool>,
    block_len: u64,
}

impl InStep {
    /// Whether the whole source is the basis, or the beginning of it up to a boundary of blocks.
    fn is_whole(&self, source_len: u64) -> bool {
        source_len == 0 || self.block_len > 0 && self.equal.iter().all(|&equal| equal)
    }

    /// Bytes in step.
    fn bytes(&self, source_len: u64) -> u64 {
        let equal = (0..).zip(&self.equal).filter(|&(_, &equal)| equal);
        equal
            .map(|(block, _)| self.block_len.min(source_len - block * self.block_len))
            .sum()
    }

    fn blocks_from(&self, at: u64) -> &[bool] {
        let block = (at / self.block_len) as usize;
        if at.is_multiple_of(self.block_len) {
            self.equal.get(block..).unwrap_or_default()
        } else {
            &[]
        }
    }

    /// Bytes in step from `at` on, as if every block were a full one.
    fn run_from(&self, at: u64) -> u64 {
        let blocks = self
            .blocks_from(at)
            .iter()
            .take_while(|&&equal| equal)
            .count();
        blocks as u64 * self.block_len
    }

    fn worth_leaping(&self, at: u64) -> bool {
        self.blocks_from(at)
            .get(..LEAP)
            .is_some_and(|blocks| blocks.iter().all(|&equal| equal))
    }
}
