//! The search: which parts of a source are blocks of the basis.
//!
//! Greedy, as rsync does it: at each position first the block that follows the last match, then any block with
//! this weak sum whose strong sum agrees; where none does, the window moves on by one byte. The short last block is
//! only looked for at the very end of the source. The source is read once, through a bounded window.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use thiserror::Error;

use super::table::Table;
use super::weak::{Rolling, STRIDE};
use super::{Shape, Signature, weak_sum};

/// How much is asked of the source at once, in bytes.
const READ: usize = 128 << 10;
/// Size of the window above two blocks, in bytes: small enough for the second-level cache.
const WINDOW: usize = 512 << 10;

/// A piece of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Bytes that were not found in the basis; never empty.
    Literal(&'a [u8]),
    /// Consecutive blocks of the basis.
    Match {
        /// Index of the first block.
        block: u32,
        /// Number of blocks; at least one.
        count: u32,
    },
}

/// Bytes of a result by where they came from (`--stats`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Bytes that were not found in the basis.
    pub literal: u64,
    /// Bytes that were found in the basis.
    pub matched: u64,
}

impl std::ops::AddAssign for Origin {
    fn add_assign(&mut self, other: Self) {
        self.literal += other.literal;
        self.matched += other.matched;
    }
}

/// How often blocks were taken for equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Weak sums that agreed.
    pub hits: u64,
    /// Strong sums that then did not.
    pub false_alarms: u64,
}

/// Why a search ended early.
#[derive(Debug, Error)]
pub enum SearchError<E> {
    /// The source could not be read.
    #[error("reading the source failed: {0}")]
    Read(#[source] io::Error),
    /// The taker of the tokens gave up.
    #[error(transparent)]
    Sink(E),
}

/// A signature made ready for searches; can be shared by threads.
pub struct Matcher<'a> {
    signature: &'a Signature,
    table: Table,
    hits: AtomicU64,
    false_alarms: AtomicU64,
}

impl<'a> Matcher<'a> {
    /// Indexes a signature.
    #[must_use]
    pub fn new(signature: &'a Signature) -> Self {
        Self {
            signature,
            table: Table::new(signature),
            hits: AtomicU64::new(0),
            false_alarms: AtomicU64::new(0),
        }
    }

    /// What all searches so far tried.
    #[must_use]
    pub fn tries(&self) -> Tries {
        Tries {
            hits: self.hits.load(Relaxed),
            false_alarms: self.false_alarms.load(Relaxed),
        }
    }

    /// Reads `source` to its end and gives its tokens to `sink`, in order.
    ///
    /// Neighbouring matches of consecutive blocks come as one token; literals come in pieces of at most about
    /// half a megabyte and two blocks.
    ///
    /// # Errors
    /// [`SearchError`]: what the source or the sink reports.
    pub fn search<E>(
        &self,
        source: impl Read,
        mut sink: impl FnMut(Token<'_>) -> Result<(), E>,
    ) -> Result<Origin, SearchError<E>> {
        let mut origin = Origin::default();
        let mut run: Option<(u32, u32)> = None;
        let end = |run: &mut Option<(u32, u32)>| {
            run.take()
                .map(|(block, count)| Token::Match { block, count })
        };
        let stopped = self.steps(&mut Window::default(), source, |step| {
            let result = match step {
                Step::Literal(bytes) => {
                    origin.literal += bytes.len() as u64;
                    end(&mut run)
                        .map_or(Ok(()), &mut sink)
                        .and_then(|()| sink(Token::Literal(bytes)))
                }
                Step::Block(block, len) => {
                    origin.matched += u64::from(len);
                    match &mut run {
                        Some((first, count)) if first.checked_add(*count) == Some(block) => {
                            *count += 1;
                            Ok(())
                        }
                        _ => {
                            let result = end(&mut run).map_or(Ok(()), &mut sink);
                            run = Some((block, 1));
                            result
                        }
                    }
                }
            };
            match result {
                Ok(()) => ControlFlow::Continue(()),
                Err(e) => ControlFlow::Break(e),
            }
        });
        if let Some(e) = stopped.map_err(SearchError::Read)? {
            return Err(SearchError::Sink(e));
        }
        end(&mut run)
            .map_or(Ok(()), &mut sink)
            .map_err(SearchError::Sink)?;
        Ok(origin)
    }

    /// The search proper, block by block, until the source ends or `on` breaks.
    pub(super) fn steps<B>(
        &self,
        window: &mut Window,
        mut source: impl Read,
        mut on: impl FnMut(Step<'_>) -> ControlFlow<B>,
    ) -> io::Result<Option<B>> {
        let shape = self.signature.shape();
        let len = shape.block_len() as usize;
        let mut next = Some(0);
        let mut rolling = None;
        window.reset();
        loop {
            if window.ahead() <= len && !window.ended {
                if window.is_full(len)
                    && let ControlFlow::Break(b) = window.flush(&mut on)
                {
                    return Ok(Some(b));
                }
                window.fill(&mut source, len)?;
                continue;
            }
            if window.ahead() < len || window.ended && shape.full_blocks() == 0 {
                break;
            }
            if shape.full_blocks() == 0 {
                window.pass(window.ahead() - len);
                continue;
            }
            let mut here = rolling
                .take()
                .unwrap_or_else(|| Rolling::over(window.block(len)));
            if let Some(block) = self.find(here.sum(), window.block(len), next) {
                if let ControlFlow::Break(b) = window.take(block, len, &mut on) {
                    return Ok(Some(b));
                }
                next = block.checked_add(1);
            } else if window.ahead() == len {
                break;
            } else {
                let passed = self.scan(&mut here, len, window.rest());
                window.pass(passed);
                rolling = Some(here);
            }
        }
        Ok(self.tail(window, shape, on).break_value())
    }

    /// The end of the source, which no full block matches: perhaps the short last block of the basis.
    fn tail<B>(
        &self,
        window: &mut Window,
        shape: Shape,
        mut on: impl FnMut(Step<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        if let Some(short) = shape.short_len()
            && let Some(before) = window.ahead().checked_sub(short as usize)
        {
            let last = shape.count() - 1;
            let end = &window.rest()[before..];
            if self.agrees(last, weak_sum(end), &mut None, end) {
                window.pass(before);
                window.take(last, short as usize, &mut on)?;
            }
        }
        window.pass(window.ahead());
        window.flush(&mut on)
    }

    /// Moves on from a window without a match to the next that may have one, or to the end of `rest`.
    /// Returns the bytes passed, at least one where `rest` is longer than a block.
    fn scan(&self, rolling: &mut Rolling, len: usize, rest: &[u8]) -> usize {
        let moves = rest.len() - len;
        let mut passed = 0;
        let mut sums = [0; STRIDE];
        while passed < moves {
            let steps = (moves - passed).min(STRIDE);
            let (old, new) = (&rest[passed..][..steps], &rest[passed + len..][..steps]);
            rolling.roll_all(len as u32, old, new, &mut sums);
            let hit = self.table.first_hit(&sums, self.signature.weak());
            if let Some(hit) = hit.filter(|&hit| hit < steps) {
                *rolling = Rolling::with_sum(sums[hit]);
                return passed + hit + 1;
            }
            passed += steps;
        }
        passed
    }

    /// A full block that equals `data`, whose weak sum is `weak`.
    fn find(&self, weak: u32, data: &[u8], next: Option<u32>) -> Option<u32> {
        let mut digest = None;
        if let Some(next) = next.filter(|&next| next < self.signature.shape().full_blocks())
            && self.agrees(next, weak, &mut digest, data)
        {
            return Some(next);
        }
        let mut candidates = self.table.candidates(weak);
        candidates.find(|&block| self.agrees(block, weak, &mut digest, data))
    }

    /// Whether both sums agree; the strong sum of `data` is computed once, and only if need be.
    fn agrees(&self, block: u32, weak: u32, digest: &mut Option<[u8; 16]>, data: &[u8]) -> bool {
        if self.signature.weak()[block as usize] != weak {
            return false;
        }
        self.hits.fetch_add(1, Relaxed);
        let strong = self.signature.strong(block);
        let digest = digest.get_or_insert_with(|| self.signature.digest(data));
        let agrees = digest[..strong.len()] == *strong;
        if !agrees {
            self.false_alarms.fetch_add(1, Relaxed);
        }
        agrees
    }
}

/// What the search found next.
pub(super) enum Step<'a> {
    Literal(&'a [u8]),
    /// Index and length in bytes.
    Block(u32, u32),
}

/// The part of the source that is in memory: literals not yet given away, then what lies ahead.
#[derive(Default)]
pub(super) struct Window {
    buf: Vec<u8>,
    /// Start of the literals.
    start: usize,
    /// The position of the search.
    pos: usize,
    end: usize,
    /// The source has no more.
    ended: bool,
}

impl Window {
    fn reset(&mut self) {
        (self.start, self.pos, self.end, self.ended) = (0, 0, 0, false);
    }

    fn ahead(&self) -> usize {
        self.end - self.pos
    }

    fn rest(&self) -> &[u8] {
        &self.buf[self.pos..self.end]
    }

    fn block(&self, len: usize) -> &[u8] {
        &self.buf[self.pos..][..len]
    }

    fn pass(&mut self, bytes: usize) {
        self.pos += bytes;
    }

    /// Whether nothing can be read without giving away literals.
    fn is_full(&self, len: usize) -> bool {
        self.end + READ > WINDOW + 2 * len
    }

    /// Gives away the literals.
    fn flush<B>(&mut self, on: &mut impl FnMut(Step<'_>) -> ControlFlow<B>) -> ControlFlow<B> {
        let literals = &self.buf[self.start..self.pos];
        self.start = self.pos;
        if literals.is_empty() {
            return ControlFlow::Continue(());
        }
        on(Step::Literal(literals))
    }

    /// Gives away the literals and a block that matches.
    fn take<B>(
        &mut self,
        block: u32,
        len: usize,
        on: &mut impl FnMut(Step<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        self.flush(on)?;
        self.pass(len);
        self.start = self.pos;
        on(Step::Block(block, len as u32))
    }

    /// Reads once more; when full, first drops what was given away.
    fn fill(&mut self, source: &mut impl Read, len: usize) -> io::Result<()> {
        if self.is_full(len) {
            self.buf.copy_within(self.start..self.end, 0);
            (self.pos, self.end) = (self.pos - self.start, self.end - self.start);
            self.start = 0;
        }
        if self.buf.len() < self.end + READ {
            self.buf.resize(self.end + READ, 0);
        }
        match source.read(&mut self.buf[self.end..][..READ]) {
            Ok(n) => {
                self.end += n;
                self.ended = n == 0;
                Ok(())
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(e) => Err(e),
        }
    }
}
