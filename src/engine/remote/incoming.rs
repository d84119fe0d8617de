//! The content of one file as it comes in: literal bytes, and blocks of the basis.

use std::fs::File;
use std::io::{self, BufRead};

use super::behind::{Hand, Pieces};
use crate::delta::{Digest, MAX_DIGEST, Shape, Token, read_full};
use crate::engine::transfer::Moved;
use crate::sys::sparse::{self, Ground};
use crate::wire::{FileSum, Sums, TokenReader};

/// Bytes that are written at a time.
const PIECE: usize = 256 * 1024;
/// Files from this length on are written by a thread of their own.
const LARGE: u64 = 4 * 1024 * 1024;

/// The tokens of one file, not yet read.
pub(in crate::engine) struct Incoming<'i> {
    pub from: &'i mut dyn BufRead,
    pub tokens: &'i mut TokenReader,
    pub sums: Sums,
    /// How the sender says that the basis is cut.
    pub shape: Shape,
}

/// Why what came is not the file.
pub(in crate::engine) enum Unfit {
    /// It does not agree with its checksum; this is what moved.
    Wrong(Moved),
    /// It could not be written; the rest was read over.
    Unwritten(io::Error),
}

/// Where a file goes, and what of it is there already.
pub(in crate::engine) struct Bed<'b> {
    /// Nowhere, where it cannot be made.
    pub to: Option<&'b File>,
    /// How long it is to be, as far as is known.
    pub len: u64,
    pub basis: Option<&'b File>,
    /// How it is written.
    pub manner: Manner,
    pub sparse: bool,
    pub ground: Ground,
    /// Told how much is there, every piece.
    pub progress: &'b mut dyn FnMut(u64),
}

/// How the content is written to its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Manner {
    /// To a new one.
    New,
    /// Over the basis, which has its length afterwards.
    Over,
    /// Behind the basis of this length.
    Behind {
        /// In bytes.
        len: u64,
        /// Whether the sum is that of the whole file.
        sums_all: bool,
    },
}

impl Incoming<'_> {
    /// Reads all of it into a file; what moved, and the sum of all.
    ///
    /// # Errors
    /// What no peer may send, and what the stream reports.
    pub(in crate::engine) fn fill(
        self,
        bed: Bed<'_>,
    ) -> crate::wire::Result<Result<(Moved, Digest), Unfit>> {
        let hand = Hand {
            to: bed.to,
            sparse: bed.sparse,
            ground: bed.ground,
        };
        // What is written over itself is written where it is read.
        if bed.to.is_none() || bed.len < LARGE || bed.manner != Manner::New {
            return self.fill_by(Pieces::AtOnce(hand), bed);
        }
        std::thread::scope(|scope| self.fill_by(Pieces::behind(hand, scope), bed))
    }

    fn fill_by(
        self,
        pieces: Pieces<'_>,
        bed: Bed<'_>,
    ) -> crate::wire::Result<Result<(Moved, Digest), Unfit>> {
        let Incoming {
            from,
            tokens,
            sums,
            shape,
        } = self;
        let mut filling = Filling {
            to: bed.to,
            sparse: bed.sparse,
            pieces,
            piece: Vec::with_capacity(PIECE),
            at: 0,
            sum: sums.file(),
            moved: Moved::default(),
            failed: None,
            progress: bed.progress,
        };
        let mut block = Vec::new();
        let mut is_wrong = false;
        if let Manner::Behind { len, sums_all } = bed.manner {
            filling.at = len;
            is_wrong = sums_all && !filling.sum_ahead(bed.basis, len);
        }
        tokens.begin_file(shape);
        loop {
            let token = match tokens.next(from) {
                Ok(Some(token)) => token,
                Ok(None) => break,
                Err(e) => {
                    // What came so far is of use to the next run.
                    filling.write();
                    return Err(e);
                }
            };
            let (first, count) = match token {
                Token::Literal(bytes) => {
                    filling.moved.literal += bytes.len() as u64;
                    filling.add(bytes);
                    continue;
                }
                Token::Match { block, count } => (block, count),
            };
            for number in first..first.saturating_add(count) {
                let range = shape.bytes_of(number, 1).unwrap_or_default();
                block.resize((range.end - range.start) as usize, 0);
                let read = match bed.basis {
                    Some(basis) => read_full(basis, &mut block, range.start).unwrap_or(0),
                    None => 0,
                };
                // A basis that changed meanwhile: the checksum would tell, too.
                is_wrong |= read < block.len();
                filling.moved.matched += block.len() as u64;
                match bed.manner == Manner::Over && range.start == filling.end() {
                    true => filling.leave(&block),
                    false => filling.add(&block),
                }
                tokens.matched(&block)?;
            }
        }
        filling.write();
        if bed.manner == Manner::Over {
            filling.cut();
        }
        let mut told = [0; MAX_DIGEST];
        let told = &mut told[..sums.digest_len()];
        from.read_exact(told)?;
        let digest = filling.sum.finish();
        Ok(match filling.failed {
            Some(e) => Err(Unfit::Unwritten(e)),
            None if is_wrong || digest.as_bytes() != told => Err(Unfit::Wrong(filling.moved)),
            None => Ok((filling.moved, digest)),
        })
    }

    /// Reads over all of it.
    ///
    /// # Errors
    /// As [`Incoming::fill`].
    pub(in crate::engine) fn pass_over(self) -> crate::wire::Result<()> {
        let nowhere = Bed {
            to: None,
            basis: None,
            manner: Manner::New,
            len: 0,
            sparse: false,
            ground: Ground::Empty,
            progress: &mut |_| {},
        };
        self.fill(nowhere).map(drop)
    }
}

/// A file that is being written.
struct Filling<'f> {
    to: Option<&'f File>,
    sparse: bool,
    pieces: Pieces<'f>,
    piece: Vec<u8>,
    /// Where the piece begins.
    at: u64,
    sum: FileSum,
    moved: Moved,
    failed: Option<io::Error>,
    progress: &'f mut dyn FnMut(u64),
}

impl Filling<'_> {
    /// Where the next byte goes.
    fn end(&self) -> u64 {
        self.at + self.piece.len() as u64
    }

    /// These bytes stand where they belong.
    fn leave(&mut self, bytes: &[u8]) {
        if !self.piece.is_empty() {
            self.write_piece();
        }
        if self.failed.is_none() {
            self.sum.update(bytes);
        }
        self.at += bytes.len() as u64;
    }

    /// Sums what is ahead of all that comes; false if it cannot be read.
    fn sum_ahead(&mut self, basis: Option<&File>, len: u64) -> bool {
        let Some(basis) = basis else { return len == 0 };
        let mut piece = vec![0; PIECE];
        let mut at = 0;
        while at < len {
            let wanted = usize::try_from(len - at).map_or(PIECE, |left| left.min(PIECE));
            match read_full(basis, &mut piece[..wanted], at) {
                Ok(read) if read == wanted => self.sum.update(&piece[..read]),
                _ => return false,
            }
            at += wanted as u64;
        }
        true
    }

    /// What was longer ends with what came.
    fn cut(&mut self) {
        if let Some(to) = self.to.filter(|_| self.failed.is_none()) {
            self.failed = sparse::set_len(to, self.at).err();
        }
    }

    fn add(&mut self, mut bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        self.sum.update(bytes);
        while !bytes.is_empty() {
            let room = PIECE - self.piece.len();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.write_piece();
            }
        }
    }

    fn write_piece(&mut self) {
        if self.failed.is_some() {
            return self.piece.clear();
        }
        let (at, len) = (self.at, self.piece.len() as u64);
        self.failed = self.pieces.put(&mut self.piece, at).err();
        self.at += len;
        (self.progress)(self.at);
    }

    /// Writes what is left; the file then has its size.
    fn write(&mut self) {
        if !self.piece.is_empty() {
            self.write_piece();
        }
        let settled = self.pieces.settle();
        self.failed = self.failed.take().or(settled.err());
        if let Some(to) = self.to.filter(|_| self.sparse && self.failed.is_none()) {
            self.failed = sparse::set_len(to, self.at).err();
        }
    }
}
