//! Making the new file from a basis and tokens. Nothing that a peer says is trusted: indices are checked, and the
//! whole file's checksum has the last word.

use std::io::{self, Write};

use thiserror::Error;

use super::at::{ReadAt, read_full};
use super::strong::Whole;
use super::{Digest, Origin, Shape, Strong, Token};

/// How much of a run of blocks is copied at once, in bytes.
const COPY: u64 = 256 << 10;

/// Why a patch cannot be applied.
#[derive(Debug, Error)]
pub enum PatchError {
    /// A token names blocks that the basis does not have.
    #[error("invalid block {block} (+{count}) of a basis with {blocks} blocks")]
    NoSuchBlock {
        /// First block of the token.
        block: u32,
        /// Number of blocks of the token.
        count: u32,
        /// Number of blocks that there are.
        blocks: u32,
    },
    /// The basis became shorter since it was cut into blocks.
    #[error("the old file is shorter than it was: nothing at byte {0}")]
    BasisShrank(u64),
    /// The basis could not be read.
    #[error("reading the old file failed: {0}")]
    Read(#[source] io::Error),
    /// The result could not be written.
    #[error("writing the new file failed: {0}")]
    Write(#[source] io::Error),
    /// The checksum of the result is not that of the source.
    #[error("the new file's checksum {found:?} is not the source's {expected:?}")]
    Checksum {
        /// What the sender said.
        expected: Digest,
        /// What was made.
        found: Digest,
    },
}

/// A new file in the making.
pub struct Patch<'a, R: ?Sized, W> {
    basis: &'a R,
    shape: Shape,
    out: W,
    whole: Whole,
    origin: Origin,
    buf: Vec<u8>,
}

impl<'a, R: ReadAt + ?Sized, W: Write> Patch<'a, R, W> {
    /// Starts a new file on `basis`, which is cut as `shape` says; `strong` is the whole file's checksum.
    pub fn new(basis: &'a R, shape: Shape, strong: Strong, out: W) -> Self {
        Self {
            basis,
            shape,
            out,
            whole: strong.stream(),
            origin: Origin::default(),
            buf: Vec::new(),
        }
    }

    /// Appends what one token stands for.
    ///
    /// # Errors
    /// [`PatchError`], all but `Checksum`.
    pub fn apply(&mut self, token: Token<'_>) -> Result<(), PatchError> {
        match token {
            Token::Literal(bytes) => {
                self.origin.literal += bytes.len() as u64;
                self.whole.update(bytes);
                self.out.write_all(bytes).map_err(PatchError::Write)
            }
            Token::Match { block, count } => self.copy(block, count),
        }
    }

    fn copy(&mut self, block: u32, count: u32) -> Result<(), PatchError> {
        let mut range = self
            .shape
            .bytes_of(block, count)
            .ok_or(PatchError::NoSuchBlock {
                block,
                count,
                blocks: self.shape.count(),
            })?;
        self.origin.matched += range.end - range.start;
        while !range.is_empty() {
            let len = (range.end - range.start).min(COPY) as usize;
            self.buf.resize(len, 0);
            let read =
                read_full(self.basis, &mut self.buf, range.start).map_err(PatchError::Read)?;
            if read < len {
                return Err(PatchError::BasisShrank(range.start + read as u64));
            }
            self.whole.update(&self.buf);
            self.out.write_all(&self.buf).map_err(PatchError::Write)?;
            range.start += len as u64;
        }
        Ok(())
    }

    /// Ends the new file: gives back the writer and the bytes by origin if the checksum is the expected one.
    ///
    /// # Errors
    /// [`PatchError::Checksum`]: what was written is not the source and must not be used.
    pub fn finish(self, expected: &Digest) -> Result<(W, Origin), PatchError> {
        let found = self.whole.finish();
        if found != *expected {
            return Err(PatchError::Checksum {
                expected: *expected,
                found,
            });
        }
        Ok((self.out, self.origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::BlockLimit;

    fn patch(
        basis: &[u8],
        len: u64,
        tokens: &[Token<'_>],
        new: &[u8],
    ) -> Result<Vec<u8>, PatchError> {
        let shape = Shape::for_basis(len, BlockLimit::Modern, 16);
        let mut patch = Patch::new(basis, shape, Strong::Xxh128, Vec::new());
        tokens.iter().try_for_each(|&token| patch.apply(token))?;
        patch.finish(&Strong::Xxh128.whole(new)).map(|(out, _)| out)
    }

    #[test]
    fn tokens_in_any_order_make_the_file() {
        let basis: Vec<u8> = (0..1500u32).map(|i| (i / 7) as u8).collect();
        let new = [&basis[1400..], b"new", &basis[..1400], &basis[1400..]].concat();
        let tokens = [
            Token::Match { block: 2, count: 1 },
            Token::Literal(b"new"),
            Token::Match { block: 0, count: 3 },
        ];
        assert_eq!(patch(&basis, 1500, &tokens, &new).expect("patched"), new);
    }

    #[test]
    fn blocks_that_are_not_there_are_refused() {
        for (block, count) in [
            (3, 1),
            (2, 2),
            (0, u32::MAX),
            (u32::MAX, 1),
            (u32::MAX, u32::MAX),
        ] {
            let error = patch(&[0; 1500], 1500, &[Token::Match { block, count }], b"");
            assert!(
                matches!(error, Err(PatchError::NoSuchBlock { blocks: 3, .. })),
                "{block} {count}"
            );
        }
    }

    #[test]
    fn a_basis_that_shrank_is_told() {
        let error = patch(
            &[0; 1450],
            1500,
            &[Token::Match { block: 0, count: 3 }],
            b"",
        );
        assert!(matches!(error, Err(PatchError::BasisShrank(1450))));
    }

    #[test]
    fn a_wrong_result_is_not_given_away() {
        let error = patch(&[0; 1500], 1500, &[Token::Literal(b"a")], b"b");
        assert!(matches!(error, Err(PatchError::Checksum { .. })));
    }
}
