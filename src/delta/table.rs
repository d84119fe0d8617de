//! Finding the blocks with a given weak sum: a bit per hash that rules out almost every position, and bounded
//! chains behind it.

use super::Signature;

/// At most so many links of a chain are followed for one position of the source, as in rsync 3.5.0: many blocks
/// with one weak sum must not make a search quadratic.
const MAX_CHAIN: usize = 1024;
/// So many links are looked at to see whether an equal block is already there.
const MAX_DEDUP: usize = 16;
/// Ends a chain.
const NONE: u32 = u32::MAX;

/// An index over the full blocks of a signature.
pub(super) struct Table {
    /// One bit per hash value: set if some block has it.
    filter: Vec<u64>,
    filter_shift: u32,
    heads: Vec<u32>,
    head_shift: u32,
    /// The next block of the same chain.
    next: Vec<u32>,
}

impl Table {
    pub(super) fn new(signature: &Signature) -> Self {
        let count = signature.shape().full_blocks();
        let head_bits = (u64::from(count) * 2)
            .next_power_of_two()
            .ilog2()
            .clamp(8, 26);
        // 32 bits a block: one position in 32 passes by chance. Above 2²⁷ bits no cache would hold it.
        let filter_bits = (u64::from(count) * 32)
            .next_power_of_two()
            .ilog2()
            .clamp(12, 27);
        let mut table = Self {
            filter: vec![0; 1 << (filter_bits - 6)],
            filter_shift: 32 - filter_bits,
            heads: vec![NONE; 1 << head_bits],
            head_shift: 32 - head_bits,
            next: vec![NONE; count as usize],
        };
        for block in 0..count {
            table.insert(signature, block);
        }
        table
    }

    fn insert(&mut self, signature: &Signature, block: u32) {
        let weak = signature.weak()[block as usize];
        let head = (spread(weak) >> self.head_shift) as usize;
        let equal = |other: u32| {
            signature.weak()[other as usize] == weak
                && signature.strong(other) == signature.strong(block)
        };
        if self.chain(self.heads[head]).take(MAX_DEDUP).any(equal) {
            return;
        }
        let bit = spread(weak) >> self.filter_shift;
        self.filter[bit as usize / 64] |= 1 << (bit % 64);
        self.next[block as usize] = self.heads[head];
        self.heads[head] = block;
    }

    fn chain(&self, first: u32) -> impl Iterator<Item = u32> {
        let link = |block: u32| (block != NONE).then_some(block);
        std::iter::successors(link(first), move |&block| link(self.next[block as usize]))
    }

    /// Whether a block may have this weak sum; rarely wrong, and only in saying yes.
    #[inline]
    pub(super) fn may_have(&self, weak: u32) -> bool {
        let bit = spread(weak) >> self.filter_shift;
        self.filter[bit as usize / 64] >> (bit % 64) & 1 != 0
    }

    /// Blocks that hash like `weak`; the caller compares. Of equal blocks one stands for all.
    pub(super) fn candidates(&self, weak: u32) -> impl Iterator<Item = u32> {
        let head = (spread(weak) >> self.head_shift) as usize;
        self.chain(self.heads[head]).take(MAX_CHAIN)
    }
}

/// Brings entropy into the high bits: weak sums of like data differ little.
#[inline]
fn spread(weak: u32) -> u32 {
    (weak ^ weak >> 15).wrapping_mul(0x9e37_79b1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::{BlockLimit, Shape, Strong};

    fn signature(count: u32, weak: impl Fn(u32) -> u32, strong: impl Fn(u32) -> u16) -> Signature {
        let shape = Shape::with_block_len(u64::from(count) * 700, BlockLimit::Modern, 700, 2);
        let digests = (0..count).flat_map(|i| strong(i).to_le_bytes()).collect();
        Signature::from_parts(
            shape,
            Strong::Xxh128,
            0,
            (0..count).map(weak).collect(),
            digests,
        )
        .expect("fits")
    }

    #[test]
    fn every_block_is_found() {
        let signature = signature(5000, |i| i.wrapping_mul(0x0101_4321), |i| i as u16);
        let table = Table::new(&signature);
        for (block, &weak) in signature.weak().iter().enumerate() {
            assert!(table.may_have(weak));
            assert!(table.candidates(weak).any(|found| found as usize == block));
        }
    }

    #[test]
    fn the_filter_rules_out_almost_all() {
        let signature = signature(5000, |i| i.wrapping_mul(0x9abc_4321), |i| i as u16);
        let table = Table::new(&signature);
        let passed = (0..100_000u32)
            .filter(|i| table.may_have(i.wrapping_mul(0x1357_9bdf)))
            .count();
        assert!(passed < 6_000, "{passed}");
    }

    #[test]
    fn chains_are_bounded_and_equal_blocks_share_a_link() {
        let equal = Table::new(&signature(50_000, |_| 7, |_| 7));
        assert_eq!(equal.candidates(7).count(), 1);
        let hostile = Table::new(&signature(50_000, |_| 7, |i| i as u16));
        assert_eq!(hostile.candidates(7).count(), MAX_CHAIN);
    }
}
