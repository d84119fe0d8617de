//! The signature of a basis: the weak and the cut strong sum of each of its blocks.

use std::io;

use rayon::prelude::*;

use super::at::{ReadAt, read_full};
use super::{BlockSum, Shape, weak_sum};

/// How much of a basis one task of the pool reads and sums, in bytes.
const SEGMENT: usize = 4 << 20;

/// The block sums of a basis, ready to be searched for or sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    shape: Shape,
    sum: BlockSum,
    sums: Sums,
}

/// The sums of consecutive blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    weak: Vec<u32>,
    /// Digests, each cut to the shape's strong length, end to end.
    strong: Vec<u8>,
}

impl Sums {
    /// Appends the sums of the blocks in `bytes`; the last may be short.
    pub(super) fn add(&mut self, bytes: &[u8], shape: Shape, sum: BlockSum) {
        for block in bytes.chunks(shape.block_len() as usize) {
            self.weak.push(weak_sum(block));
            let digest = sum.of(block);
            self.strong
                .extend_from_slice(&digest.as_bytes()[..shape.strong_len()]);
        }
    }

    fn append(&mut self, mut other: Self) {
        self.weak.append(&mut other.weak);
        self.strong.append(&mut other.strong);
    }
}

impl Signature {
    /// Sums the blocks of `basis`, large ones in parallel on the pool of the calling thread.
    ///
    /// # Errors
    /// What `basis` reports, and [`io::ErrorKind::UnexpectedEof`] if it is shorter than `shape` says.
    ///
    /// # Panics
    /// If `shape` keeps more of a strong sum than `sum` has: it was made for another checksum.
    pub fn of<R: ReadAt + ?Sized>(basis: &R, shape: Shape, sum: BlockSum) -> io::Result<Self> {
        assert!(
            shape.strong_len() <= sum.digest_len(),
            "shape of another checksum"
        );
        let segment = whole_blocks(SEGMENT, shape);
        let starts: Vec<u64> = (0..shape.basis_len()).step_by(segment).collect();
        let part = |buf: &mut Vec<u8>, at: u64| {
            let len = (shape.basis_len() - at).min(segment as u64) as usize;
            buf.resize(len, 0);
            if read_full(basis, buf, at)? < len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut sums = Sums::default();
            sums.add(buf, shape, sum);
            Ok(sums)
        };
        let parts: Vec<Sums> = if starts.len() > 1 {
            let each = starts.into_par_iter().map_init(Vec::new, part);
            each.collect::<io::Result<_>>()?
        } else {
            starts
                .into_iter()
                .map(|at| part(&mut Vec::new(), at))
                .collect::<io::Result<_>>()?
        };
        Ok(Self::from_sums(shape, sum, parts))
    }

    /// Joins sums that cover the basis in order.
    pub(super) fn from_sums(
        shape: Shape,
        sum: BlockSum,
        parts: impl IntoIterator<Item = Sums>,
    ) -> Self {
        let mut parts = parts.into_iter();
        let mut sums = parts.next().unwrap_or_default();
        parts.for_each(|part| sums.append(part));
        debug_assert_eq!(sums.weak.len(), shape.count() as usize);
        Self { shape, sum, sums }
    }

    /// Takes sums as a peer sent them: one weak sum a block, and the cut strong sums end to end.
    ///
    /// `None` if there are not exactly as many as `shape` says, or if `shape` keeps more than `sum` has.
    #[must_use]
    pub fn from_parts(
        shape: Shape,
        sum: BlockSum,
        weak: Vec<u32>,
        digests: Vec<u8>,
    ) -> Option<Self> {
        let fits = weak.len() == shape.count() as usize
            && Some(digests.len()) == weak.len().checked_mul(shape.strong_len())
            && shape.strong_len() <= sum.digest_len();
        let sums = Sums {
            weak,
            strong: digests,
        };
        fits.then_some(Self { shape, sum, sums })
    }

    /// The weak sums, and the cut strong sums end to end: what [`Signature::from_parts`] takes.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u32>, Vec<u8>) {
        (self.sums.weak, self.sums.strong)
    }

    /// How the basis is cut.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The weak sums, one a block.
    #[must_use]
    pub fn weak(&self) -> &[u32] {
        &self.sums.weak
    }

    /// The cut strong sum of a block.
    ///
    /// # Panics
    /// If there is no such block.
    #[must_use]
    pub fn strong(&self, block: u32) -> &[u8] {
        let len = self.shape.strong_len();
        &self.sums.strong[block as usize * len..][..len]
    }

    /// The strong sum of `data`; its first bytes, as many as are kept of each block's, compare with those.
    pub(super) fn digest(&self, data: &[u8]) -> [u8; 16] {
        let mut cut = [0; 16];
        let len = self.shape.strong_len().min(16);
        cut[..len].copy_from_slice(&self.sum.of(data).as_bytes()[..len]);
        cut
    }
}

/// The largest whole number of blocks that fits into `bytes`, in bytes; one block at least.
pub(super) fn whole_blocks(bytes: usize, shape: Shape) -> usize {
    let block = (shape.block_len() as usize).max(1);
    (bytes / block).max(1) * block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::{BlockLimit, Checksum, Strong};

    #[test]
    fn each_block_has_its_sums_also_across_segments() {
        let basis: Vec<u8> = (0..11_000_001u64).map(|i| ((i * i) >> 7) as u8).collect();
        let shape = Shape::for_basis(basis.len() as u64, BlockLimit::Modern, 16);
        let signature =
            Signature::of(&basis, shape, BlockSum::new(Checksum::Xxh128, 5, true)).expect("summed");
        assert_eq!(signature.weak().len(), shape.count() as usize);
        for (i, block) in basis.chunks(shape.block_len() as usize).enumerate() {
            assert_eq!(signature.weak()[i], weak_sum(block));
            let digest = Strong::Xxh128.block(5, block);
            assert_eq!(
                signature.strong(i as u32),
                &digest.as_bytes()[..shape.strong_len()]
            );
        }
    }

    #[test]
    fn a_basis_that_shrank_is_an_error() {
        let shape = Shape::for_basis(5000, BlockLimit::Modern, 16);
        let error =
            Signature::of(&vec![0; 4999], shape, Strong::Xxh128.into()).expect_err("too short");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn sums_that_do_not_fit_the_shape_are_refused() {
        let shape = Shape::for_basis(1500, BlockLimit::Modern, 8);
        let take = |weak: usize, strong: usize| {
            Signature::from_parts(shape, Strong::Xxh3.into(), vec![0; weak], vec![0; strong])
        };
        assert!(take(3, 6).is_some());
        assert!(take(2, 6).is_none());
        assert!(take(3, 7).is_none());
        let wide = shape.full_strength(16);
        assert!(
            Signature::from_parts(wide, Strong::Xxh3.into(), vec![0; 3], vec![0; 48]).is_none()
        );
    }
}
