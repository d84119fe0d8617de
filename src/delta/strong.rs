//! Strong checksums: of one block, and of a whole file as it streams by.

use std::fmt;

use twox_hash::{XxHash3_64, XxHash3_128, XxHash64};

/// The widest digest that any checksum of rsync has (sha1).
pub const MAX_DIGEST: usize = 20;

/// A strong checksum by rsync's name for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strong {
    /// `xxh128`: 16 bytes, the first choice of rsync 3.2 and later.
    #[default]
    Xxh128,
    /// `xxh3`: 8 bytes.
    Xxh3,
    /// `xxh64` (also `xxhash`): 8 bytes.
    Xxh64,
}

impl Strong {
    /// Width of the digest in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Self::Xxh128 => 16,
            Self::Xxh3 | Self::Xxh64 => 8,
        }
    }

    /// The sum of one block. The seed of the session is sign-extended, as rsync does it.
    #[must_use]
    pub fn block(self, seed: i32, data: &[u8]) -> Digest {
        let seed = i64::from(seed).cast_unsigned();
        match self {
            Self::Xxh128 => Digest::new(&XxHash3_128::oneshot_with_seed(seed, data).to_le_bytes()),
            Self::Xxh3 => Digest::new(&XxHash3_64::oneshot_with_seed(seed, data).to_le_bytes()),
            Self::Xxh64 => Digest::new(&XxHash64::oneshot(seed, data).to_le_bytes()),
        }
    }

    /// The sum of a whole file that is at hand; never seeded.
    #[must_use]
    pub fn whole(self, data: &[u8]) -> Digest {
        self.block(0, data)
    }

    /// Starts the sum of a whole file.
    #[must_use]
    pub fn stream(self) -> Whole {
        Whole(match self {
            Self::Xxh128 => State::Xxh128(Box::default()),
            Self::Xxh3 => State::Xxh3(Box::default()),
            Self::Xxh64 => State::Xxh64(XxHash64::with_seed(0)),
        })
    }
}

/// The running sum of a whole file.
pub struct Whole(State);

enum State {
    Xxh128(Box<XxHash3_128>),
    Xxh3(Box<XxHash3_64>),
    Xxh64(XxHash64),
}

impl Whole {
    /// Takes the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        use std::hash::Hasher;
        match &mut self.0 {
            State::Xxh128(h) => h.write(data),
            State::Xxh3(h) => h.write(data),
            State::Xxh64(h) => h.write(data),
        }
    }

    /// The digest of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        use std::hash::Hasher;
        match self.0 {
            State::Xxh128(h) => Digest::new(&h.finish_128().to_le_bytes()),
            State::Xxh3(h) => Digest::new(&h.finish().to_le_bytes()),
            State::Xxh64(h) => Digest::new(&h.finish().to_le_bytes()),
        }
    }
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Xxh128(_) => "Whole(xxh128)",
            State::Xxh3(_) => "Whole(xxh3)",
            State::Xxh64(_) => "Whole(xxh64)",
        })
    }
}

/// The value of a strong checksum, in the byte order of the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    bytes: [u8; MAX_DIGEST],
    len: u8,
}

impl Digest {
    /// Takes a digest's bytes, for instance from a peer; `None` if they are more than [`MAX_DIGEST`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() <= MAX_DIGEST).then(|| Self::new(bytes))
    }

    /// The digest of what is not summed: one zero.
    pub(super) fn zero() -> Self {
        Self::new(&[0])
    }

    fn new(value: &[u8]) -> Self {
        let mut bytes = [0; MAX_DIGEST];
        bytes[..value.len()].copy_from_slice(value);
        Self {
            bytes,
            len: value.len() as u8,
        }
    }

    /// All bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|b| write!(f, "{b:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks() -> [Vec<u8>; 3] {
        let b0 = (0..700u32).map(|i| (7 * i + 3) as u8).collect();
        [b0, vec![0xff; 700], b"hello, rsync".to_vec()]
    }

    /// Sums that rsync 3.5.0 sent for these blocks.
    #[test]
    fn block_sums_are_those_of_rsync() {
        for (strong, seed, sums) in [
            (
                Strong::Xxh128,
                0x1234_5678,
                [
                    "97d266d3b99184bca43ec7cd0c698c9a",
                    "7ae56d0714ce9b1d0207e6f9b0dc6dae",
                    "3a56958ef71520996d8ce493db9b688d",
                ],
            ),
            (
                Strong::Xxh128,
                -2,
                [
                    "a3c8393ec359a737dc2bcc3f12747416",
                    "5083707d0b7e53d02ffc4a34cff699b3",
                    "bbc1db6b35bd680978f2a1c7d180e49d",
                ],
            ),
            (
                Strong::Xxh3,
                0x1234_5678,
                ["97d266d3b99184bc", "7ae56d0714ce9b1d", "6a91eedc5f3ee2f0"],
            ),
            (
                Strong::Xxh64,
                0x1234_5678,
                ["880b3aa157f83d83", "26f61502fc7624d6", "1e0e47e142ac2871"],
            ),
            (
                Strong::Xxh64,
                -2,
                ["ac737d9d384b8dae", "859aa02b220ec48a", "7a250fd20f47e2a0"],
            ),
        ] {
            for (block, sum) in blocks().iter().zip(sums) {
                assert_eq!(
                    format!("{:?}", strong.block(seed, block)),
                    sum,
                    "{strong:?} {seed}"
                );
            }
        }
    }

    #[test]
    fn whole_sums_are_those_of_rsync_in_one_piece_and_streamed() {
        let [_, b1, b2] = blocks();
        let mut file: Vec<u8> = (0..700u32).map(|i| (3 * i) as u8).collect();
        file.extend([&b1[..], &b2, b"tail"].concat());
        for (strong, sum) in [
            (Strong::Xxh128, "cd368a56e871b88e9abb9d3c33145fa5"),
            (Strong::Xxh64, "be28cc54ff8ca962"),
        ] {
            assert_eq!(format!("{:?}", strong.whole(&file)), sum);
        }
        for strong in [Strong::Xxh128, Strong::Xxh3, Strong::Xxh64] {
            let mut stream = strong.stream();
            file.chunks(97).for_each(|piece| stream.update(piece));
            let digest = stream.finish();
            assert_eq!(digest, strong.whole(&file));
            assert_eq!(digest.as_bytes().len(), strong.digest_len());
        }
    }
}
