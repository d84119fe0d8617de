//! Which digest a session's checksums are, seed and all.

use super::{Checksum, Checksums, Compat, Dialect, Protocol};
use crate::delta::{BlockSum, Digest, Summing};

/// How blocks and files are summed in a session.
///
/// | checksum | block | whole file |
/// | --- | --- | --- |
/// | xxh128, xxh3, xxh64 | seeded | not seeded |
/// | md5 | seed, data; without `CHKSUM_SEED_FIX` and not named: data, seed | data |
/// | sha1 | seed, data | data |
/// | md4 | data, seed | data; before protocol 30 and not named: seed, data |
/// | none | nothing | one zero |
///
/// A seed of 0 stands for no bytes at all, but before a whole file of the old md4 it is four zeros.
#[derive(Clone, Copy, Debug)]
pub struct Sums {
    checksum: Checksum,
    seed: i32,
    seed_first: bool,
    seeds_files: bool,
}

impl Sums {
    /// The sums of transfers.
    #[must_use]
    pub fn of_transfers(dialect: &Dialect) -> Self {
        let Checksums {
            transfer, implied, ..
        } = dialect.checksums;
        let fixed = dialect.compat.contains(Compat::CHKSUM_SEED_FIX);
        Self {
            checksum: transfer,
            seed: dialect.seed,
            seed_first: match transfer {
                Checksum::Md5 => fixed || !implied,
                Checksum::Md4 => false,
                _ => true,
            },
            seeds_files: implied && dialect.protocol < Protocol::V30,
        }
    }

    /// The sums of files in the list (`--checksum`): of whole files, never seeded.
    #[must_use]
    pub fn of_listings(dialect: &Dialect) -> Self {
        Self {
            checksum: dialect.checksums.listing,
            seed: 0,
            seed_first: true,
            seeds_files: false,
        }
    }

    /// How whole files are summed, where that tells of their content alone.
    #[must_use]
    pub fn of_content(&self) -> Option<Checksum> {
        let tells = !self.seeds_files && self.checksum != Checksum::None;
        tells.then_some(self.checksum)
    }

    /// Width of a whole file's sum in bytes.
    #[must_use]
    pub fn digest_len(&self) -> usize {
        self.checksum.digest_len()
    }

    /// How blocks are summed.
    #[must_use]
    pub fn block_sum(&self) -> BlockSum {
        BlockSum::new(self.checksum, self.seed, self.seed_first)
    }

    /// Starts the sum of a whole file.
    #[must_use]
    pub fn file(&self) -> FileSum {
        let mut sum = self.checksum.stream();
        if let Some(sum) = sum.as_mut().filter(|_| self.seeds_files) {
            sum.update(&self.seed.to_le_bytes());
        }
        FileSum(sum)
    }
}

/// The running sum of a whole file.
pub struct FileSum(Option<Summing>);

impl FileSum {
    /// Takes the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        if let Some(sum) = &mut self.0 {
            sum.update(data);
        }
    }

    /// The sum of all bytes taken; one zero where nothing is summed.
    #[must_use]
    pub fn finish(self) -> Digest {
        self.0.map_or_else(|| digest(&[0]), Summing::finish)
    }
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(bytes).expect("no digest is wider than sha1's")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Compression, Side};

    fn sums(checksum: Checksum, implied: bool, number: i32, compat: u32) -> Sums {
        Sums::of_transfers(&Dialect {
            side: Side::PULLER,
            protocol: Protocol::new(number).expect("spoken"),
            compat: Compat::from_bits(compat),
            checksums: Checksums {
                implied,
                ..Checksums::named(checksum)
            },
            compression: Compression::None,
            seed: 0x1234_5678,
            reads_frames: true,
            writes_frames: true,
        })
    }

    /// Sums that rsync 3.5.0 sent for these blocks and this file.
    #[test]
    fn sums_are_those_of_rsync() {
        let b0: Vec<u8> = (0..700u32).map(|i| (7 * i + 3) as u8).collect();
        let mut file: Vec<u8> = (0..700u32).map(|i| (3 * i) as u8).collect();
        file.extend([&[0xff; 700][..], b"hello, rsync", b"tail"].concat());
        let (md5, md4, sha1) = (Checksum::Md5, Checksum::Md4, Checksum::Sha1);
        let md5_file = "cc9645d7b60fb363f82a1582361944a4";
        for (sums, block, whole) in [
            (
                sums(md5, false, 32, 0x1ff),
                "b44ce33ab5c643de191e3169d1d1592c",
                md5_file,
            ),
            (
                sums(md5, true, 30, 0x3e),
                "b44ce33ab5c643de191e3169d1d1592c",
                md5_file,
            ),
            (
                sums(md5, false, 30, 0x06),
                "b44ce33ab5c643de191e3169d1d1592c",
                md5_file,
            ),
            (
                sums(md5, true, 30, 0x06),
                "5b968e73dab5a342ab427898f7057d98",
                md5_file,
            ),
            (
                sums(md4, false, 32, 0x1ff),
                "c8f67131d2b34bc33d834830306c57e4",
                "e711f500e4e9ab28f417a5eb4975f8f9",
            ),
            (
                sums(md4, true, 29, 0),
                "c8f67131d2b34bc33d834830306c57e4",
                "c5cecb4e3293460f251e9a05025e9905",
            ),
            (
                sums(sha1, false, 32, 0x1ff),
                "8552673c078a32245ec1b1121b684e6c",
                "5fa09c40c6d49973fb56b06bbbbd5faaea1bf011",
            ),
            (
                sums(Checksum::Xxh128, false, 32, 0x1ff),
                "97d266d3b99184bca43ec7cd0c698c9a",
                "cd368a56e871b88e9abb9d3c33145fa5",
            ),
        ] {
            let digits = format!("{:?}", sums.block_sum().of(&b0));
            assert_eq!(digits[..block.len()], *block, "{sums:?}");
            let mut sum = sums.file();
            file.chunks(99).for_each(|piece| sum.update(piece));
            assert_eq!(format!("{:?}", sum.finish()), whole, "{sums:?}");
        }
        let none = sums(Checksum::None, false, 32, 0);
        assert_eq!(none.file().finish().as_bytes(), [0]);
    }
}
