//! Block sums: how the basis is cut, and the sums of its blocks.

use std::io::{Read, Write};

use super::error::{Error, Fault, Result, length};
use super::{Protocol, ReadWire, WriteWire};
use crate::delta::{BlockLimit, Shape, Signature};

/// Width of the weak sum in bytes.
const WEAK: usize = 4;
/// The most that is sent of a block's strong sum; old generators send so much also of narrower checksums.
const MAX_STRONG: usize = 16;
/// The most memory that the sums of one basis may take, in bytes: as much as rsync allows.
const MAX_MEMORY: usize = 1 << 30;

/// How long a block may be.
#[must_use]
pub fn block_limit(protocol: Protocol) -> BlockLimit {
    if protocol >= Protocol::V30 {
        BlockLimit::Modern
    } else {
        BlockLimit::Old
    }
}

/// Reads a sum head. The sender sends back the same.
///
/// # Errors
/// Numbers out of bounds, and what the stream reports.
pub fn read_sum_head<R: Read + ?Sized>(
    protocol: Protocol,
    digest_len: usize,
    from: &mut R,
) -> Result<Shape> {
    let mut numbers = [0; 4];
    for number in &mut numbers {
        *number = from.read_int()?;
    }
    let widest = digest_len.max(MAX_STRONG);
    Shape::from_wire(numbers, block_limit(protocol), widest).map_err(|_| {
        let why = "has a number out of bounds";
        Error::invalid(Fault::Protocol, "sum head", why)
    })
}

/// Writes a sum head. One of an empty shape asks for the whole file.
///
/// # Errors
/// What the stream reports.
pub fn write_sum_head<W: Write + ?Sized>(shape: Shape, to: &mut W) -> Result<()> {
    let strong = shape.strong_len() as u32;
    for number in [shape.count(), shape.block_len(), strong, shape.remainder()] {
        to.write_int(number.cast_signed())?;
    }
    Ok(())
}

/// The block sums as they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockSums {
    /// The weak sums.
    pub weak: Vec<u32>,
    /// The strong sums, each cut to `strong_len` bytes, end to end.
    pub strong: Vec<u8>,
    /// Bytes kept of each strong sum.
    pub strong_len: usize,
}

impl BlockSums {
    /// Reads the sums of a basis cut like this. What an old generator sends of a strong sum beyond its checksum's width
    /// is dropped.
    ///
    /// # Errors
    /// More sums than are held, and what the stream reports.
    pub fn read<R: Read + ?Sized>(shape: Shape, digest_len: usize, from: &mut R) -> Result<Self> {
        let each = WEAK + shape.strong_len();
        let all = i64::from(shape.count()) * each as i64;
        length(Fault::TooLarge, "length of all block sums", all, MAX_MEMORY)?;
        let strong_len = shape.strong_len().min(digest_len);
        let mut sums = Self {
            strong_len,
            ..Self::default()
        };
        let mut record = [0; WEAK + u8::MAX as usize];
        for _ in 0..shape.count() {
            let record = &mut record[..each];
            from.read_exact(record)?;
            let (weak, strong) = record.split_at(WEAK);
            sums.weak
                .push(u32::from_le_bytes([weak[0], weak[1], weak[2], weak[3]]));
            sums.strong.extend_from_slice(&strong[..strong_len]);
        }
        Ok(sums)
    }

    /// Writes the sums.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn write<W: Write + ?Sized>(&self, to: &mut W) -> Result<()> {
        for (block, weak) in self.weak.iter().enumerate() {
            to.write_all(&weak.to_le_bytes())?;
            to.write_all(&self.strong[block * self.strong_len..][..self.strong_len])?;
        }
        Ok(())
    }
}

impl From<Signature> for BlockSums {
    fn from(signature: Signature) -> Self {
        let strong_len = signature.shape().strong_len();
        let (weak, strong) = signature.into_parts();
        Self {
            weak,
            strong,
            strong_len,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads_that_no_peer_may_send_are_refused() {
        for numbers in [
            [-1, 700, 2, 0],
            [1, 0, 2, 0],
            [1, 131_073, 2, 0],
            [1, 700, 17, 0],
            [1, 700, -1, 0],
            [1, 700, 2, 701],
        ] {
            let bytes: Vec<u8> = numbers.iter().flat_map(|n: &i32| n.to_le_bytes()).collect();
            let read = read_sum_head(Protocol::NEWEST, 8, &mut &bytes[..]);
            assert_eq!(
                read.expect_err("refused").fault(),
                Some(Fault::Protocol),
                "{numbers:?}"
            );
        }
        let bytes: Vec<u8> = [i32::MAX, 700, 16, 0]
            .iter()
            .flat_map(|n: &i32| n.to_le_bytes())
            .collect();
        let shape = read_sum_head(Protocol::NEWEST, 16, &mut &bytes[..]).expect("within bounds");
        let error = BlockSums::read(shape, 16, &mut &bytes[..]).expect_err("too many");
        assert_eq!(error.fault(), Some(Fault::TooLarge));
    }

    proptest! {
        #[test]
        fn sums_come_back(count in 0u32..40, strong_len in 0usize..=16, seed: u32) {
            let numbers = [count as i32, 700, strong_len as i32, 0];
            let shape = Shape::from_wire(numbers, BlockLimit::Modern, 16).expect("within bounds");
            let sums = BlockSums {
                weak: (0..count).map(|i| i.wrapping_mul(seed)).collect(),
                strong: (0..count as usize * strong_len).map(|i| (i as u32 ^ seed) as u8).collect(),
                strong_len,
            };
            let mut bytes = Vec::new();
            write_sum_head(shape, &mut bytes).expect("written");
            sums.write(&mut bytes).expect("written");
            let mut from = &bytes[..];
            let back = read_sum_head(Protocol::V30, 16, &mut from).expect("read");
            prop_assert_eq!(back, shape);
            prop_assert_eq!(BlockSums::read(back, 16, &mut from).expect("read"), sums);
            prop_assert!(from.is_empty());
        }
    }
}
