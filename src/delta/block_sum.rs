//! The strong sum of a block, with the seed of the session in it.

use super::{Checksum, Digest, Strong};

/// How blocks are summed: by which checksum, and with which seed where.
///
/// The xxhash family takes a seed itself; of the others it is hashed before the data or behind it. A seed of 0 stands
/// for no bytes at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSum {
    checksum: Checksum,
    seed: i32,
    seed_first: bool,
}

impl BlockSum {
    /// By this checksum; `seed_first` where the seed is hashed before the data.
    #[must_use]
    pub fn new(checksum: Checksum, seed: i32, seed_first: bool) -> Self {
        Self {
            checksum,
            seed,
            seed_first,
        }
    }

    /// Width of a sum in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        self.checksum.digest_len()
    }

    /// The sum of a block; one zero where nothing is summed.
    #[must_use]
    pub fn of(self, data: &[u8]) -> Digest {
        let seeded = |strong: Strong| strong.block(self.seed, data);
        match self.checksum {
            Checksum::Xxh128 => seeded(Strong::Xxh128),
            Checksum::Xxh3 => seeded(Strong::Xxh3),
            Checksum::Xxh64 => seeded(Strong::Xxh64),
            mixed => {
                let seed = self.seed.to_le_bytes();
                let seed = if self.seed == 0 { &[][..] } else { &seed };
                let (first, last) = match self.seed_first {
                    true => (seed, data),
                    false => (data, seed),
                };
                let Some(mut sum) = mixed.stream() else {
                    return Digest::zero();
                };
                sum.update(first);
                sum.update(last);
                sum.finish()
            }
        }
    }
}

impl From<Strong> for BlockSum {
    /// Without a seed.
    fn from(strong: Strong) -> Self {
        let checksum = match strong {
            Strong::Xxh128 => Checksum::Xxh128,
            Strong::Xxh3 => Checksum::Xxh3,
            Strong::Xxh64 => Checksum::Xxh64,
        };
        Self::new(checksum, 0, true)
    }
}
