//! Integers and strings as they stand on the wire, all little-endian.
//!
//! | method | bytes | for |
//! | --- | --- | --- |
//! | `byte`, `short`, `int` | 1, 2, 4 | item flags, modes, sum heads, token lengths |
//! | `longint` | 4, or 12 outside of 0 to 2³¹−1 | sizes and statistics before protocol 30 |
//! | `varint` | 1 to 5 | ids, counts, flags from protocol 30 on |
//! | `varlong(min)` | `min` to 9 | sizes (3) and times (4) from protocol 30 on |
//! | `vstring` | 1 or 2, and the text | negotiated names, names within items |
//!
//! In a varint and a varlong the number of leading one bits of the first byte tells how many bytes follow beyond
//! the least number; its other bits are the most significant ones of the value.

use std::io::{self, Read, Write};

use super::Protocol;
use super::error::{Error, Fault, Result, length};

/// The longest text that a vstring's length can tell.
pub const MAX_VSTRING: usize = 0x7fff;
/// How much is set aside at once for bytes whose number the peer claims, so that a claim alone costs nothing.
const PIECE: usize = 32 << 10;

/// Reads the wire's integers and strings.
pub trait ReadWire: Read {
    /// One byte.
    #[inline]
    fn read_byte(&mut self) -> Result<u8> {
        self.read_bytes::<1>().map(|[byte]| byte)
    }

    /// Two bytes, unsigned.
    #[inline]
    fn read_short(&mut self) -> Result<u16> {
        self.read_bytes().map(u16::from_le_bytes)
    }

    /// Four bytes, signed.
    #[inline]
    fn read_int(&mut self) -> Result<i32> {
        self.read_bytes().map(i32::from_le_bytes)
    }

    /// Four bytes; all ones announce eight more.
    #[inline]
    fn read_longint(&mut self) -> Result<i64> {
        match self.read_int()? {
            -1 => self.read_bytes().map(i64::from_le_bytes),
            short => Ok(short.into()),
        }
    }

    /// A varint; a first byte that announces more than four others is a broken stream.
    #[inline]
    fn read_varint(&mut self) -> Result<i32> {
        let first = self.read_byte()?;
        if first < 0x80 {
            return Ok(first.into());
        }
        let extra = first.leading_ones() as usize;
        if extra > 4 {
            let why = "is longer than five bytes";
            return Err(Error::invalid(Fault::Stream, "integer", why));
        }
        let mut bytes = [0; 5];
        self.read_exact(&mut bytes[..extra])?;
        bytes[extra] = first & low_bits(extra);
        Ok(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// A varlong of at least `min` bytes (3 to 8); more than nine are a broken stream.
    #[inline]
    fn read_varlong(&mut self, min: usize) -> Result<i64> {
        let first = self.read_byte()?;
        let extra = (first.leading_ones() as usize).min(6);
        if min + extra > 9 {
            let why = "is longer than nine bytes";
            return Err(Error::invalid(Fault::Stream, "long integer", why));
        }
        let mut bytes = [0; 9];
        let low = min - 1 + extra;
        self.read_exact(&mut bytes[..low])?;
        bytes[low] = first & low_bits(extra);
        let [value @ .., _] = bytes;
        Ok(i64::from_le_bytes(value))
    }

    /// A varint from protocol 30 on, four bytes before.
    #[inline]
    fn read_varint30(&mut self, protocol: Protocol) -> Result<i32> {
        if protocol >= Protocol::V30 {
            self.read_varint()
        } else {
            self.read_int()
        }
    }

    /// A varlong from protocol 30 on, a longint before.
    #[inline]
    fn read_varlong30(&mut self, protocol: Protocol, min: usize) -> Result<i64> {
        if protocol >= Protocol::V30 {
            self.read_varlong(min)
        } else {
            self.read_longint()
        }
    }

    /// A text of at most `max` bytes behind its length.
    fn read_vstring(&mut self, what: &'static str, max: usize) -> Result<Vec<u8>> {
        let mut len = u16::from(self.read_byte()?);
        if len >= 0x80 {
            len = (len & 0x7f) << 8 | u16::from(self.read_byte()?);
        }
        let len = length(Fault::Stream, what, len, max)?;
        let mut text = Vec::new();
        self.read_onto(&mut text, len)?;
        Ok(text)
    }

    /// Appends exactly `len` bytes to `to`. Memory grows with what arrives, not with what is claimed.
    fn read_onto(&mut self, to: &mut Vec<u8>, mut len: usize) -> Result<()> {
        while len > 0 {
            let (start, piece) = (to.len(), len.min(PIECE));
            to.resize(start + piece, 0);
            self.read_exact(&mut to[start..])?;
            len -= piece;
        }
        Ok(())
    }

    /// Exactly `N` bytes.
    #[inline]
    fn read_bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: Read + ?Sized> ReadWire for R {}

/// Writes the wire's integers and strings, each in its only or shortest form.
pub trait WriteWire: Write {
    /// One byte.
    #[inline]
    fn write_byte(&mut self, value: u8) -> io::Result<()> {
        self.write_all(&[value])
    }

    /// Two bytes.
    #[inline]
    fn write_short(&mut self, value: u16) -> io::Result<()> {
        self.write_all(&value.to_le_bytes())
    }

    /// Four bytes.
    #[inline]
    fn write_int(&mut self, value: i32) -> io::Result<()> {
        self.write_all(&value.to_le_bytes())
    }

    /// Four bytes for 0 to 2³¹−1, else twelve.
    #[inline]
    fn write_longint(&mut self, value: i64) -> io::Result<()> {
        match i32::try_from(value) {
            Ok(short @ 0..) => self.write_int(short),
            _ => {
                self.write_int(-1)?;
                self.write_all(&value.to_le_bytes())
            }
        }
    }

    /// A varint.
    #[inline]
    fn write_varint(&mut self, value: i32) -> io::Result<()> {
        self.write_variable(i64::from(value.cast_unsigned()), 1)
    }

    /// A varlong of at least `min` bytes (3 to 8).
    #[inline]
    fn write_varlong(&mut self, value: i64, min: usize) -> io::Result<()> {
        self.write_variable(value, min)
    }

    /// A varint from protocol 30 on, four bytes before.
    #[inline]
    fn write_varint30(&mut self, protocol: Protocol, value: i32) -> io::Result<()> {
        if protocol >= Protocol::V30 {
            self.write_varint(value)
        } else {
            self.write_int(value)
        }
    }

    /// A varlong from protocol 30 on, a longint before.
    #[inline]
    fn write_varlong30(&mut self, protocol: Protocol, value: i64, min: usize) -> io::Result<()> {
        if protocol >= Protocol::V30 {
            self.write_varlong(value, min)
        } else {
            self.write_longint(value)
        }
    }

    /// A text behind its length; [`MAX_VSTRING`] bytes at most, more is an error of kind `InvalidInput`.
    fn write_vstring(&mut self, text: &[u8]) -> io::Result<()> {
        match text.len() {
            len @ ..0x80 => self.write_byte(len as u8)?,
            len @ ..=MAX_VSTRING => self.write_all(&[(len >> 8) as u8 | 0x80, len as u8])?,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        self.write_all(text)
    }

    /// The common form of varint (`min` 1) and varlong.
    #[inline]
    fn write_variable(&mut self, value: i64, min: usize) -> io::Result<()> {
        let mut bytes = [0; 9];
        bytes[1..].copy_from_slice(&value.to_le_bytes());
        let used = 8 - value.leading_zeros() as usize / 8;
        let len = used.max(min);
        let extra = len - min;
        let top = bytes[len];
        // The top byte shares the first one with the length's marker if it leaves room for it.
        if u32::from(top) < 1 << (7 - extra) {
            bytes[0] = top | !low_bits(extra);
            self.write_all(&bytes[..len])
        } else {
            bytes[0] = !low_bits(extra + 1);
            self.write_all(&bytes[..=len])
        }
    }
}

impl<W: Write + ?Sized> WriteWire for W {}

/// The bits of a first byte that are left for the value below `ones` leading marker bits.
#[inline]
fn low_bits(ones: usize) -> u8 {
    ((1u16 << (8 - ones)) - 1) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("memory takes all");
        bytes
    }

    fn hex(text: &str) -> Vec<u8> {
        let byte = |pair| u8::from_str_radix(pair, 16).expect("hex");
        text.split(' ').map(byte).collect()
    }

    /// Bytes seen in sessions of rsync 3.5.0.
    #[test]
    fn varints_are_those_of_rsync() {
        for (value, bytes) in [
            (0, "00"),
            (127, "7f"),
            (128, "80 80"),
            (255, "80 ff"),
            (256, "81 00"),
            (300, "81 2c"),
            (511, "81 ff"),
            (16383, "bf ff"),
            (16384, "c0 00 40"),
            (65534, "c0 fe ff"),
            (2_097_151, "df ff ff"),
            (2_097_152, "e0 00 00 20"),
            (268_435_456, "f0 00 00 00 10"),
            (-1, "f0 ff ff ff ff"),
            (4_000_000_000u32.cast_signed(), "f0 00 28 6b ee"),
        ] {
            assert_eq!(written(|w| w.write_varint(value)), hex(bytes), "{value}");
            assert_eq!(hex(bytes).as_slice().read_varint().expect("read"), value);
        }
    }

    #[test]
    fn varlongs_are_those_of_rsync() {
        for (value, three, four) in [
            (0, "00 00 00", "00 00 00 00"),
            (6, "00 06 00", "00 06 00 00"),
            (65535, "00 ff ff", "00 ff ff 00"),
            (65536, "01 00 00", "00 00 00 01"),
            (8_388_608, "80 00 00 80", "00 00 00 80"),
            (16_777_216, "81 00 00 00", "01 00 00 00"),
            (1_704_164_645, "c0 25 7d 93 65", "65 25 7d 93"),
            (1 << 31, "c0 00 00 00 80", "80 00 00 00 80"),
            (1 << 32, "c1 00 00 00 00", "81 00 00 00 00"),
            (1 << 40, "e1 00 00 00 00 00", "c1 00 00 00 00 00"),
            (1 << 43, "e8 00 00 00 00 00", "c8 00 00 00 00 00"),
            (
                -1,
                "fc ff ff ff ff ff ff ff ff",
                "f8 ff ff ff ff ff ff ff ff",
            ),
            (
                -86400,
                "fc 80 ae fe ff ff ff ff ff",
                "f8 80 ae fe ff ff ff ff ff",
            ),
        ] {
            for (min, bytes) in [(3, three), (4, four)] {
                assert_eq!(
                    written(|w| w.write_varlong(value, min)),
                    hex(bytes),
                    "{value}"
                );
                assert_eq!(
                    hex(bytes).as_slice().read_varlong(min).expect("read"),
                    value
                );
            }
        }
    }

    #[test]
    fn longints_are_those_of_rsync() {
        for (value, bytes) in [
            (6, "06 00 00 00"),
            (i64::from(i32::MAX), "ff ff ff 7f"),
            (1 << 31, "ff ff ff ff 00 00 00 80 00 00 00 00"),
            (1 << 40, "ff ff ff ff 00 00 00 00 00 01 00 00"),
            (-1, "ff ff ff ff ff ff ff ff ff ff ff ff"),
        ] {
            assert_eq!(written(|w| w.write_longint(value)), hex(bytes), "{value}");
            assert_eq!(hex(bytes).as_slice().read_longint().expect("read"), value);
        }
        let negative = [0, 0, 0, 0x80];
        assert_eq!(
            (&negative[..]).read_longint().expect("read"),
            i64::from(i32::MIN)
        );
    }

    #[test]
    fn integers_that_never_end_are_refused() {
        for first in 0xf8..=0xffu8 {
            let error = (&[first; 12][..]).read_varint().expect_err("too long");
            assert_eq!(error.fault(), Some(Fault::Stream));
        }
        let error = (&[0xff; 12][..]).read_varlong(4).expect_err("too long");
        assert_eq!(error.to_string(), "long integer is longer than nine bytes");
        assert!(matches!((&[0x80][..]).read_varint(), Err(Error::Ended)));
    }

    #[test]
    fn a_string_may_have_either_length_but_not_any() {
        assert_eq!(written(|w| w.write_vstring(b"ab")), b"\x02ab");
        assert_eq!(
            (&b"\x80\x02ab"[..]).read_vstring("text", 2).expect("read"),
            b"ab"
        );
        let long = vec![b'x'; 300];
        let bytes = written(|w| w.write_vstring(&long));
        assert_eq!(bytes[..2], [0x81, 0x2c]);
        assert_eq!(
            bytes.as_slice().read_vstring("text", 300).expect("read"),
            long
        );
        let error = bytes
            .as_slice()
            .read_vstring("text", 299)
            .expect_err("too long");
        assert_eq!(error.to_string(), "text is 300, allowed are 0 to 299");
        assert!(Vec::new().write_vstring(&[0; MAX_VSTRING + 1]).is_err());
    }

    #[test]
    fn a_claimed_length_alone_costs_no_memory() {
        let mut to = Vec::new();
        assert!((&[0; 10][..]).read_onto(&mut to, 1 << 40).is_err());
        assert!(to.capacity() <= 64 << 10);
    }

    proptest! {
        #[test]
        fn numbers_come_back(value: i64, min in 3usize..=8, small: i32) {
            let bytes = written(|w| w.write_varlong(value, min));
            prop_assert_eq!(bytes.as_slice().read_varlong(min).expect("read"), value);
            let bytes = written(|w| w.write_longint(value));
            prop_assert_eq!(bytes.as_slice().read_longint().expect("read"), value);
            let bytes = written(|w| w.write_varint(small));
            prop_assert_eq!(bytes.as_slice().read_varint().expect("read"), small);
        }

        #[test]
        fn any_bytes_are_a_number_or_an_error(bytes: Vec<u8>, min in 3usize..=8) {
            let _ = bytes.as_slice().read_varint();
            let _ = bytes.as_slice().read_varlong(min);
            let _ = bytes.as_slice().read_longint();
            let _ = bytes.as_slice().read_vstring("text", 255);
        }
    }
}
