//! Finding the blocks with a given weak sum: a bit per hash that rules out almost every position, and bounded
//! chains behind it.

use multiversion::multiversion;

use super::Signature;
use super::weak::STRIDE;

/// At most so many links of a chain are followed for one position of the source, as in rsync 3.5.0: many blocks
/// with one weak sum must not make a search quadratic.
const MAX_CHAIN: usize = 1024;
/// So many links are looked at to see whether an equal block is already there.
const MAX_DEDUP: usize = 16;
/// Ends a chain.
const NONE: u32 = u32::MAX;

/// An index over the full blocks of a signature.
pub(super) struct Table {
    /// Two bits in one word per block, chosen by the hash of its weak sum.
    filter: Vec<u64>,
    /// Takes a hash to the number of its word.
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
        // 32 bits a block, of which two are set: one position in some hundred passes by chance. Above 16 MiB no
        // cache would hold it.
        let word_bits = (u64::from(count) / 2)
            .next_power_of_two()
            .ilog2()
            .clamp(6, 21);
        let mut table = Self {
            filter: vec![0; 1 << word_bits],
            filter_shift: 32 - word_bits,
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
        let hash = spread(weak);
        self.filter[(hash >> self.filter_shift) as usize] |= bits(hash);
        self.next[block as usize] = self.heads[head];
        self.heads[head] = block;
    }

    fn chain(&self, first: u32) -> impl Iterator<Item = u32> {
        let link = |block: u32| (block != NONE).then_some(block);
        std::iter::successors(link(first), move |&block| link(self.next[block as usize]))
    }

    /// The first of `sums` that a block has; `weak` are those of the signature.
    pub(super) fn first_hit(&self, sums: &[u32; STRIDE], weak: &[u32]) -> Option<usize> {
        let has = |&at: &usize| {
            self.candidates(sums[at])
                .any(|block| weak[block as usize] == sums[at])
        };
        let passed = passes(&self.filter, self.filter_shift, sums);
        let (groups, _) = passed.as_chunks::<8>();
        for (i, group) in groups.iter().enumerate() {
            if u64::from_ne_bytes(*group) != 0 {
                let hit = (i * 8..i * 8 + 8).filter(|&at| passed[at] != 0).find(has);
                if hit.is_some() {
                    return hit;
                }
            }
        }
        None
    }

    /// Blocks that hash like `weak`; the caller compares. Of equal blocks one stands for all.
    pub(super) fn candidates(&self, weak: u32) -> impl Iterator<Item = u32> {
        let head = (spread(weak) >> self.head_shift) as usize;
        self.chain(self.heads[head]).take(MAX_CHAIN)
    }
}

/// Which of `sums` the filter lets pass: 1 where it does. Only the look into the filter goes one by one.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+bmi2",
    "x86_64+avx2+bmi2",
    "aarch64+neon"
))]
fn passes(filter: &[u64], shift: u32, sums: &[u32; STRIDE]) -> [u8; STRIDE] {
    let hashes = sums.map(spread);
    let numbers = hashes.map(|hash| hash >> shift);
    let mut words = [0; STRIDE];
    for (word, number) in words.iter_mut().zip(numbers) {
        *word = filter[number as usize];
    }
    let mut passed = [0; STRIDE];
    for ((passed, word), hash) in passed.iter_mut().zip(words).zip(hashes) {
        *passed = u8::from(bits(hash) & !word == 0);
    }
    passed
}

/// The two bits of a hash within its word.
#[inline]
fn bits(hash: u32) -> u64 {
    1 << (hash >> 8 & 63) | 1 << (hash & 63)
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
            Strong::Xxh128.into(),
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
            let mut sums = [!weak; STRIDE];
            sums[77] = weak;
            assert_eq!(table.first_hit(&sums, signature.weak()), Some(77));
            assert!(table.candidates(weak).any(|found| found as usize == block));
        }
    }

    #[test]
    fn the_filter_rules_out_almost_all() {
        let signature = signature(5000, |i| i.wrapping_mul(0x9abc_4321), |i| i as u16);
        let table = Table::new(&signature);
        let mut sum = 1u32;
        let passed = (0..400).map(|_| {
            let sums = [0; STRIDE].map(|_: u32| {
                sum = sum.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                sum
            });
            passes(&table.filter, table.filter_shift, &sums)
                .map(usize::from)
                .iter()
                .sum::<usize>()
        });
        let passed: usize = passed.sum();
        assert!(passed < 2_000, "{passed}");
    }

    #[test]
    fn chains_are_bounded_and_equal_blocks_share_a_link() {
        let equal = Table::new(&signature(50_000, |_| 7, |_| 7));
        assert_eq!(equal.candidates(7).count(), 1);
        let hostile = Table::new(&signature(50_000, |_| 7, |i| i as u16));
        assert_eq!(hostile.candidates(7).count(), MAX_CHAIN);
    }
}
