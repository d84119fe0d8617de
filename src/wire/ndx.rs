//! Index numbers ("ndx"): the one name that both sides have for an entry, and the marks that share their place.

use std::io::{Read, Write};

use super::error::{Error, Fault, Result};
use super::{Protocol, ReadWire, WriteWire};

const DONE: i32 = -1;
const FLIST_EOF: i32 = -2;
const DEL_STATS: i32 = -3;
/// A sub-list for directory number 0; others are below it.
const FLIST_OFFSET: i32 = -101;

/// What stands where an index is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ndx {
    /// The entry with this index.
    Entry(u32),
    /// `NDX_DONE`: the end of a phase, or of the oldest list.
    Done,
    /// `NDX_FLIST_EOF`: no more sub-lists.
    ListsEnd,
    /// `NDX_DEL_STATS`: the deletion statistics follow.
    DelStats,
    /// `NDX_FLIST_OFFSET`: the sub-list of the directory with this number follows.
    SubList(u32),
}

impl Ndx {
    fn from_number(number: i32) -> Result<Self> {
        match number {
            0.. => Ok(Self::Entry(number.cast_unsigned())),
            DONE => Ok(Self::Done),
            FLIST_EOF => Ok(Self::ListsEnd),
            DEL_STATS => Ok(Self::DelStats),
            ..=FLIST_OFFSET => Ok(Self::SubList(FLIST_OFFSET.abs_diff(number))),
            _ => Err(bad(i64::from(number))),
        }
    }

    fn number(self) -> Result<i32> {
        let number = match self {
            Self::Entry(index) => i64::from(index),
            Self::Done => DONE.into(),
            Self::ListsEnd => FLIST_EOF.into(),
            Self::DelStats => DEL_STATS.into(),
            Self::SubList(dir) => i64::from(FLIST_OFFSET) - i64::from(dir),
        };
        // The code holds absolute values up to 2³¹−1.
        match i32::try_from(number) {
            Ok(number) if number != i32::MIN => Ok(number),
            _ => Err(bad(number)),
        }
    }
}

fn bad(value: i64) -> Error {
    Error::Range {
        fault: Fault::Protocol,
        what: "index",
        value,
        min: FLIST_OFFSET.into(),
        max: i32::MAX.into(),
    }
}

/// The memory that one direction of a session has of the last index written or read: from protocol 30 on, indices
/// are sent as differences. It lasts for the whole session; the two directions have one each.
#[derive(Clone, Debug)]
pub struct NdxMemory {
    protocol: Protocol,
    positive: i32,
    negative: i32,
}

impl NdxMemory {
    /// The memory at the start of a session.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            positive: -1,
            negative: 1,
        }
    }

    /// Reads an index.
    ///
    /// # Errors
    /// An index that no peer may send, and what the stream reports.
    pub fn read<R: Read + ?Sized>(&mut self, from: &mut R) -> Result<Ndx> {
        if self.protocol < Protocol::V30 {
            return Ndx::from_number(from.read_int()?);
        }
        let number = match from.read_byte()? {
            0 => DONE,
            0xff => {
                let code = from.read_byte()?;
                self.negative = differ(self.negative, code, from)?;
                -self.negative
            }
            code => {
                self.positive = differ(self.positive, code, from)?;
                self.positive
            }
        };
        Ndx::from_number(number)
    }

    /// Writes an index.
    ///
    /// # Errors
    /// An index that has no code (above 2³¹−1), and what the stream reports.
    pub fn write<W: Write + ?Sized>(&mut self, ndx: Ndx, to: &mut W) -> Result<()> {
        let number = ndx.number()?;
        if self.protocol < Protocol::V30 {
            return Ok(to.write_int(number)?);
        }
        if number == DONE {
            return Ok(to.write_byte(0)?);
        }
        let mut code = [0xff; 6];
        let (memory, len) = if number < 0 {
            (&mut self.negative, 1)
        } else {
            (&mut self.positive, 0)
        };
        let value = number.abs();
        let difference = value.wrapping_sub(*memory);
        *memory = value;
        let [b0, b1, b2, b3] = value.to_le_bytes();
        let len = len
            + match difference {
                1..=0xfd => {
                    code[len] = difference as u8;
                    1
                }
                0..=0x7fff => {
                    code[len..len + 3].copy_from_slice(&[
                        0xfe,
                        (difference >> 8) as u8,
                        difference as u8,
                    ]);
                    3
                }
                _ => {
                    code[len..len + 5].copy_from_slice(&[0xfe, b3 | 0x80, b0, b1, b2]);
                    5
                }
            };
        Ok(to.write_all(&code[..len])?)
    }
}

/// Reads what is left of a code that begins with `code`: a difference to `last`, or a value.
fn differ<R: Read + ?Sized>(last: i32, code: u8, from: &mut R) -> Result<i32> {
    let difference = if code == 0xfe {
        let high = from.read_byte()?;
        let low = from.read_byte()?;
        if high & 0x80 != 0 {
            let [b1, b2] = from.read_bytes()?;
            return Ok(i32::from_le_bytes([low, b1, b2, high & 0x7f]));
        }
        i32::from(high) << 8 | i32::from(low)
    } else {
        code.into()
    };
    let sum = last.checked_add(difference).filter(|sum| *sum >= 0);
    sum.ok_or_else(|| bad(i64::from(last) + i64::from(difference)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Codes from sessions of rsync 3.5.0 and the sequence that its description gives.
    #[test]
    fn codes_are_those_of_rsync() {
        let mut write = NdxMemory::new(Protocol::NEWEST);
        let mut read = write.clone();
        for (ndx, code) in [
            (Ndx::Entry(0), &[0x01][..]),
            (Ndx::Entry(1), &[0x01]),
            (Ndx::Entry(5), &[0x04]),
            (Ndx::Entry(5), &[0xfe, 0, 0]),
            (Ndx::Entry(4), &[0xfe, 0x80, 4, 0, 0]),
            (Ndx::Entry(258), &[0xfe, 0, 0xfe]),
            (Ndx::Entry(512), &[0xfe, 0, 0xfe]),
            (Ndx::Entry(33279), &[0xfe, 0x7f, 0xff]),
            (Ndx::Entry(100_000), &[0xfe, 0x80, 0xa0, 0x86, 0x01]),
            (Ndx::Entry(0x0102_0304), &[0xfe, 0x81, 4, 3, 2]),
            (Ndx::Done, &[0]),
            (Ndx::ListsEnd, &[0xff, 1]),
            (Ndx::SubList(0), &[0xff, 0x63]),
            (Ndx::SubList(1), &[0xff, 1]),
            (Ndx::DelStats, &[0xff, 0xfe, 0x80, 3, 0, 0]),
            (Ndx::SubList(299), &[0xff, 0xfe, 1, 0x8d]),
        ] {
            let mut bytes = Vec::new();
            write.write(ndx, &mut bytes).expect("written");
            assert_eq!(bytes, code, "{ndx:?}");
            assert_eq!(read.read(&mut &bytes[..]).expect("read"), ndx);
        }
    }

    #[test]
    fn indices_that_mean_nothing_are_refused() {
        for number in [-4, -100, -50] {
            let bytes = i32::to_le_bytes(number);
            let error = NdxMemory::new(Protocol::V29).read(&mut &bytes[..]);
            assert_eq!(error.expect_err("refused").fault(), Some(Fault::Protocol));
        }
        let over = [0xfe, 0xff, 0xff, 0xff, 0xff, 0x05];
        let mut memory = NdxMemory::new(Protocol::V30);
        let mut from = &over[..];
        assert_eq!(
            memory.read(&mut from).expect("the largest"),
            Ndx::Entry(0x7fff_ffff)
        );
        assert_eq!(
            memory.read(&mut from).expect_err("above it").to_string(),
            "index is 2147483652, allowed are -101 to 2147483647"
        );
        for ndx in [Ndx::Entry(1 << 31), Ndx::SubList(i32::MAX as u32)] {
            assert!(memory.write(ndx, &mut Vec::new()).is_err());
        }
    }

    fn any_ndx() -> impl Strategy<Value = Ndx> {
        prop_oneof![
            (0..=i32::MAX.cast_unsigned()).prop_map(Ndx::Entry),
            (0..100_000u32).prop_map(Ndx::Entry),
            (0..i32::MAX.cast_unsigned() - 101).prop_map(Ndx::SubList),
            Just(Ndx::Done),
            Just(Ndx::ListsEnd),
            Just(Ndx::DelStats),
        ]
    }

    proptest! {
        #[test]
        fn sequences_come_back(
            sequence in proptest::collection::vec(any_ndx(), 0..40),
            number in 27i32..=32,
        ) {
            let protocol = Protocol::new(number).expect("spoken");
            let mut bytes = Vec::new();
            let mut write = NdxMemory::new(protocol);
            for ndx in &sequence {
                write.write(*ndx, &mut bytes).expect("written");
            }
            let mut from = &bytes[..];
            let mut read = NdxMemory::new(protocol);
            for ndx in &sequence {
                prop_assert_eq!(read.read(&mut from).expect("read"), *ndx);
            }
            prop_assert!(from.is_empty());
        }

        #[test]
        fn any_bytes_are_indices_or_errors(bytes: Vec<u8>) {
            let mut memory = NdxMemory::new(Protocol::NEWEST);
            let mut from = &bytes[..];
            while memory.read(&mut from).is_ok() {}
        }
    }
}
