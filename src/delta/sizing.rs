//! How a basis is cut into blocks: block length, number of blocks, and how much of each strong sum is kept.

use std::ops::Range;

use thiserror::Error;

/// Basis lengths up to this (700²) get the smallest block.
const SMALL_BASIS: u64 = 490_000;
/// The smallest block length that is chosen, in bytes.
const MIN_BLOCK: u32 = 700;
/// Strong block sums are cut to this many bytes at most.
const MAX_STRONG: usize = 16;

/// How long a block may be; the limit changed with protocol 30.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockLimit {
    /// Protocol 30 and later, and local work: 2¹⁷ bytes.
    #[default]
    Modern,
    /// Protocols 27 to 29: 2²⁹ bytes.
    Old,
}

impl BlockLimit {
    /// The limit in bytes.
    #[must_use]
    pub fn bytes(self) -> u32 {
        match self {
            Self::Modern => 1 << 17,
            Self::Old => 1 << 29,
        }
    }
}

/// How a basis is cut: the four numbers that rsync calls the sum head.
///
/// A value of this type is always consistent: no block length is zero while there are blocks, and the last
/// block is no longer than the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    count: u32,
    block_len: u32,
    strong_len: u8,
    remainder: u32,
}

/// A sum head that no peer may send.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum ShapeError {
    /// Negative, or blocks without a length.
    #[error("invalid block count {0}")]
    Count(i32),
    /// Negative or above the limit.
    #[error("invalid block length {0}")]
    BlockLen(i32),
    /// Negative or above the width of the checksum.
    #[error("invalid strong sum length {0}")]
    StrongLen(i32),
    /// Negative or longer than a block.
    #[error("invalid length of the last block {0}")]
    Remainder(i32),
}

impl Shape {
    /// The cut that rsync 3.x chooses for a basis of `len` bytes and a checksum of `digest_len` bytes.
    ///
    /// An empty basis, and one with more than 2³¹−1 blocks, has no blocks at all: it cannot be matched.
    #[must_use]
    pub fn for_basis(len: u64, limit: BlockLimit, digest_len: usize) -> Self {
        let block_len = block_len(len, limit);
        Self::cut(len, block_len, strong_len(len, block_len, digest_len))
    }

    /// As [`Shape::for_basis`], with the block length that a person asked for (`--block-size`).
    ///
    /// A `block_len` of 0 stands for the default, as it does for rsync.
    #[must_use]
    pub fn with_block_len(len: u64, limit: BlockLimit, block_len: u32, digest_len: usize) -> Self {
        match block_len {
            0 => Self::for_basis(len, limit, digest_len),
            _ => Self::cut(len, block_len, strong_len(len, block_len, digest_len)),
        }
    }

    /// The same blocks with strong sums as wide as the checksum allows, as for a redo.
    #[must_use]
    pub fn full_strength(self, digest_len: usize) -> Self {
        Self {
            strong_len: digest_len.min(MAX_STRONG) as u8,
            ..self
        }
    }

    /// The same blocks with strong sums of this width in bytes.
    #[must_use]
    pub fn with_strong_len(self, strong_len: usize) -> Self {
        Self {
            strong_len: strong_len.min(MAX_STRONG) as u8,
            ..self
        }
    }

    /// The numbers as a peer sent them.
    ///
    /// # Errors
    /// [`ShapeError`] names the first number that is out of bounds.
    pub fn from_wire(
        [count, block_len, strong_len, remainder]: [i32; 4],
        limit: BlockLimit,
        digest_len: usize,
    ) -> Result<Self, ShapeError> {
        let within = |n: i32, max: u32| u32::try_from(n).ok().filter(|&n| n <= max);
        let blocks = within(count, i32::MAX as u32).ok_or(ShapeError::Count(count))?;
        let len = within(block_len, limit.bytes()).ok_or(ShapeError::BlockLen(block_len))?;
        if blocks > 0 && len == 0 {
            return Err(ShapeError::BlockLen(block_len));
        }
        let strong =
            within(strong_len, digest_len as u32).ok_or(ShapeError::StrongLen(strong_len))?;
        let rest = within(remainder, len).ok_or(ShapeError::Remainder(remainder))?;
        Ok(Self {
            count: blocks,
            block_len: len,
            strong_len: u8::try_from(strong).map_err(|_| ShapeError::StrongLen(strong_len))?,
            remainder: rest,
        })
    }

    fn cut(len: u64, block_len: u32, strong_len: u8) -> Self {
        let count = len.div_ceil(block_len.into());
        if count == 0 || count > i32::MAX as u64 {
            return Self::default();
        }
        Self {
            count: count as u32,
            block_len,
            strong_len,
            remainder: (len % u64::from(block_len)) as u32,
        }
    }

    /// Number of blocks.
    #[must_use]
    pub fn count(self) -> u32 {
        self.count
    }

    /// Length of every block but perhaps the last, in bytes.
    #[must_use]
    pub fn block_len(self) -> u32 {
        self.block_len
    }

    /// Bytes kept of each strong sum.
    #[must_use]
    pub fn strong_len(self) -> usize {
        self.strong_len.into()
    }

    /// Length of the last block as it stands on the wire: 0 when it is a full one.
    #[must_use]
    pub fn remainder(self) -> u32 {
        self.remainder
    }

    /// Number of blocks that have the full length.
    #[must_use]
    pub fn full_blocks(self) -> u32 {
        self.count - u32::from(self.short_len().is_some())
    }

    /// Length of the last block if it is shorter than the others.
    #[must_use]
    pub fn short_len(self) -> Option<u32> {
        (self.count > 0 && self.remainder != 0 && self.remainder != self.block_len)
            .then_some(self.remainder)
    }

    /// Length of the basis in bytes.
    #[must_use]
    pub fn basis_len(self) -> u64 {
        u64::from(self.full_blocks()) * u64::from(self.block_len)
            + u64::from(self.short_len().unwrap_or(0))
    }

    /// The bytes of the basis that `count` blocks from `block` on cover; `None` if there are no such blocks.
    #[must_use]
    pub fn bytes_of(self, block: u32, count: u32) -> Option<Range<u64>> {
        let end = block.checked_add(count).filter(|&end| end <= self.count)?;
        let at = |block: u32| (u64::from(block) * u64::from(self.block_len)).min(self.basis_len());
        Some(at(block)..at(end))
    }
}

/// √len rounded down to a multiple of 8, between 700 and the limit.
fn block_len(len: u64, limit: BlockLimit) -> u32 {
    let max = limit.bytes();
    if len <= SMALL_BASIS {
        return MIN_BLOCK;
    }
    let half_log = len.ilog2() / 2;
    if half_log >= max.ilog2() {
        return max;
    }
    // Below the limit's square, so the root fits.
    ((len.isqrt() as u32) & !7).max(MIN_BLOCK)
}

/// Enough bytes that a false match of a weak and a cut strong sum together stays unlikely.
fn strong_len(len: u64, block_len: u32, digest_len: usize) -> u8 {
    let cap = digest_len.min(MAX_STRONG);
    let bits = 10 + 2 * len.max(1).ilog2();
    let bits = bits.saturating_sub(block_len.max(1).ilog2());
    let bytes = bits.saturating_sub(24) / 8;
    (bytes as usize).max(2).min(cap) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sum heads that rsync 3.5.0 sent: length, then count, block length, strong length, remainder.
    #[test]
    fn sum_heads_are_those_of_rsync() {
        use BlockLimit::{Modern, Old};
        for (limit, len, head) in [
            (Modern, 0, [0, 0, 0, 0]),
            (Modern, 1, [1, 700, 2, 1]),
            (Modern, 700, [1, 700, 2, 0]),
            (Modern, 10_000, [15, 700, 2, 200]),
            (Modern, 490_000, [700, 700, 2, 0]),
            (Modern, 490_001, [701, 700, 2, 1]),
            (Modern, 500_000, [711, 704, 2, 160]),
            (Modern, 518_399, [729, 712, 2, 63]),
            (Modern, 518_400, [720, 720, 2, 0]),
            (Modern, 1_000_000, [1000, 1000, 2, 0]),
            (Modern, 1 << 21, [1449, 1448, 2, 448]),
            (Modern, 10_000_000, [3165, 3160, 2, 1760]),
            (Modern, 100_000_000, [10_000, 10_000, 3, 0]),
            (Modern, 1_000_000_000, [31_630, 31_616, 3, 17_536]),
            (Modern, (1 << 31) - 1, [46_346, 46_336, 3, 41_727]),
            (Modern, 1 << 31, [46_346, 46_336, 4, 41_728]),
            (Modern, (1 << 34) - 1, [131_081, 131_064, 4, 63]),
            (Modern, 1 << 34, [131_072, 131_072, 4, 0]),
            (Modern, 20_000_000_000, [152_588, 131_072, 4, 116_736]),
            (Modern, 100_000_000_000, [762_940, 131_072, 5, 59_392]),
            (Modern, 1 << 40, [8_388_608, 131_072, 6, 0]),
            (Modern, 10_000_000_000_000, [76_293_946, 131_072, 6, 40_960]),
            (Old, 20_000_000_000, [141_427, 141_416, 4, 100_784]),
            (Old, 100_000_000_000, [316_232, 316_224, 5, 168_256]),
            (Old, 1 << 40, [1_048_576, 1_048_576, 5, 0]),
            (
                Old,
                10_000_000_000_000,
                [3_162_284, 3_162_272, 6, 1_013_024],
            ),
        ] {
            let shape = Shape::for_basis(len, limit, 16);
            let got = [
                shape.count(),
                shape.block_len(),
                u32::from(shape.strong_len),
                shape.remainder(),
            ];
            assert_eq!(got, head, "{limit:?} {len}");
            assert_eq!(shape.basis_len(), len);
        }
    }

    #[test]
    fn an_absurd_basis_has_no_blocks() {
        assert_eq!(
            Shape::for_basis(u64::MAX, BlockLimit::Modern, 16),
            Shape::default()
        );
    }

    #[test]
    fn strong_sums_are_never_wider_than_the_checksum() {
        let shape = Shape::for_basis(10_000, BlockLimit::Modern, 16);
        assert_eq!(shape.full_strength(8).strong_len(), 8);
        assert_eq!(shape.full_strength(20).strong_len(), 16);
        assert_eq!(
            Shape::for_basis(10_000, BlockLimit::Modern, 1).strong_len(),
            1
        );
    }

    #[test]
    fn hostile_heads_are_refused() {
        let read = |head| Shape::from_wire(head, BlockLimit::Modern, 16);
        assert_eq!(read([0, 0, 0, 0]), Ok(Shape::default()));
        assert_eq!(read([-1, 700, 2, 0]), Err(ShapeError::Count(-1)));
        assert_eq!(read([1, 0, 2, 0]), Err(ShapeError::BlockLen(0)));
        assert_eq!(read([1, 131_073, 2, 0]), Err(ShapeError::BlockLen(131_073)));
        assert_eq!(read([1, 700, 17, 0]), Err(ShapeError::StrongLen(17)));
        assert_eq!(read([1, 700, 2, 701]), Err(ShapeError::Remainder(701)));
        assert_eq!(
            read([i32::MAX, 131_072, 16, 1]).map(Shape::basis_len),
            Ok(((1 << 31) - 2) * 131_072 + 1)
        );
    }

    #[test]
    fn blocks_cover_the_basis_and_no_more() {
        let shape = Shape::for_basis(1500, BlockLimit::Modern, 16);
        assert_eq!(shape.bytes_of(0, 1), Some(0..700));
        assert_eq!(shape.bytes_of(1, 2), Some(700..1500));
        assert_eq!(shape.bytes_of(2, 2), None);
        assert_eq!(shape.bytes_of(u32::MAX, 1), None);
        assert_eq!(shape.short_len(), Some(100));
    }
}
