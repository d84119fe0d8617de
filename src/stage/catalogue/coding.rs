//! How entries are written: numbers, byte strings, records, the entries of a directory.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use super::{Origin, Record, Sum};
use crate::delta::{Checksum, Digest};
use crate::sys::{Kind, Time, as_path};

/// By their numbers.
pub(in crate::stage) const KINDS: [Kind; 7] = [
    Kind::File,
    Kind::Dir,
    Kind::Symlink,
    Kind::CharDevice,
    Kind::BlockDevice,
    Kind::Fifo,
    Kind::Socket,
];

/// By their numbers less one; zero stands for no sum.
const ALGORITHMS: [Checksum; 6] = [
    Checksum::Xxh128,
    Checksum::Xxh3,
    Checksum::Xxh64,
    Checksum::Md5,
    Checksum::Md4,
    Checksum::Sha1,
];

/// The entries of a directory by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing<'b>(pub Vec<(&'b [u8], Record)>);

impl<'b> Listing<'b> {
    /// Puts an entry in, or takes it out.
    pub fn set(&mut self, name: &'b [u8], record: Option<Record>) {
        let at = self.0.binary_search_by(|(known, _)| (*known).cmp(name));
        match (at, record) {
            (Ok(at), Some(record)) => self.0[at].1 = record,
            (Ok(at), None) => drop(self.0.remove(at)),
            (Err(at), Some(record)) => self.0.insert(at, (name, record)),
            (Err(_), None) => {}
        }
    }

    /// The entry of this name.
    pub fn get(&self, name: &[u8]) -> Option<&Record> {
        let at = self.0.binary_search_by(|(known, _)| (*known).cmp(name));
        Some(&self.0[at.ok()?].1)
    }

    pub fn encode(&self, out: &mut Vec<u8>) {
        for (name, record) in &self.0 {
            put_entry(out, name, record);
        }
    }

    pub fn decode(block: &'b [u8]) -> Option<Listing<'b>> {
        let mut left = Cursor(block);
        let mut listing = Listing::default();
        while !left.0.is_empty() {
            listing.0.push(left.entry()?);
        }
        Some(listing)
    }

    /// By name; quick where that is nearly so.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| a.0.cmp(b.0));
    }
}

pub(in crate::stage) fn put_uint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

pub(in crate::stage) fn put_int(out: &mut Vec<u8>, number: i64) {
    put_uint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

pub(in crate::stage) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn put_entry(out: &mut Vec<u8>, name: &[u8], record: &Record) {
    put_bytes(out, name);
    let kind = KINDS.iter().position(|kind| *kind == record.kind);
    put_uint(out, kind.unwrap_or_default() as u64);
    put_uint(out, record.mode.into());
    put_int(out, record.mtime.sec);
    put_uint(out, record.mtime.nsec.into());
    match record.kind {
        Kind::File => {
            put_uint(out, record.size);
            let sum = record.sum.as_ref().and_then(|sum| {
                let number = ALGORITHMS.iter().position(|known| *known == sum.algorithm);
                Some((number? + 1, sum.digest))
            });
            put_uint(out, sum.map_or(0, |(number, _)| number as u64));
            if let Some((_, digest)) = sum {
                put_bytes(out, digest.as_bytes());
            }
        }
        Kind::Symlink => {
            let target = record
                .target
                .as_deref()
                .map(|path| path.as_os_str().as_bytes());
            put_bytes(out, target.unwrap_or_default());
        }
        Kind::CharDevice | Kind::BlockDevice => {
            put_uint(out, record.rdev.0.into());
            put_uint(out, record.rdev.1.into());
        }
        Kind::Dir | Kind::Fifo | Kind::Socket => {}
    }
}

pub(super) fn put_origin(out: &mut Vec<u8>, origin: &Origin) {
    for words in [&origin.words, &origin.sources] {
        put_uint(out, words.len() as u64);
        words
            .iter()
            .for_each(|word| put_bytes(out, word.as_bytes()));
    }
}

/// Reads a number.
///
/// # Errors
/// It is no number of 64 bits, or the stream is at its end.
pub(in crate::stage) fn read_uint(from: &mut impl Read) -> io::Result<u64> {
    let (mut bytes, mut len) = ([0; 10], 0);
    for byte in &mut bytes {
        from.read_exact(std::slice::from_mut(byte))?;
        len += 1;
        if *byte < 0x80 {
            break;
        }
    }
    let number = Cursor(&bytes[..len]).uint();
    number.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What is left to be read.
pub(in crate::stage) struct Cursor<'b>(pub &'b [u8]);

impl<'b> Cursor<'b> {
    pub fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, left) = self.0.split_at_checked(len)?;
        self.0 = left;
        Some(taken)
    }

    pub fn uint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(self.take(1)?[0]);
            let part = byte & 0x7f;
            if part << shift >> shift != part {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub fn int(&mut self) -> Option<i64> {
        let number = self.uint()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub fn small(&mut self) -> Option<u32> {
        self.uint()?.try_into().ok()
    }

    pub fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = self.uint()?.try_into().ok()?;
        self.take(len)
    }

    fn words(&mut self) -> Option<Vec<OsString>> {
        let count = self.uint()?;
        let word = |_| Some(OsString::from_vec(self.bytes()?.to_vec()));
        (0..count).map(word).collect()
    }

    pub fn origin(&mut self) -> Option<Origin> {
        Some(Origin {
            words: self.words()?,
            sources: self.words()?,
        })
    }

    fn entry(&mut self) -> Option<(&'b [u8], Record)> {
        let name = self.bytes()?;
        let kind = *KINDS.get(usize::try_from(self.uint()?).ok()?)?;
        let mode = self.small()?;
        let mtime = Time {
            sec: self.int()?,
            nsec: self.small()?,
        };
        let mut record = Record {
            kind,
            mode,
            size: 0,
            mtime,
            target: None,
            rdev: (0, 0),
            sum: None,
        };
        match kind {
            Kind::File => {
                record.size = self.uint()?;
                record.sum = self.sum()?;
            }
            Kind::Symlink => {
                let target: PathBuf = as_path(self.bytes()?).to_owned();
                record.target = Some(target).filter(|path| !path.as_os_str().is_empty());
            }
            Kind::CharDevice | Kind::BlockDevice => record.rdev = (self.small()?, self.small()?),
            Kind::Dir | Kind::Fifo | Kind::Socket => {}
        }
        Some((name, record))
    }

    #[allow(clippy::option_option)] // What cannot be read, and what is not there.
    fn sum(&mut self) -> Option<Option<Sum>> {
        let Some(number) = self.uint()?.checked_sub(1) else {
            return Some(None);
        };
        let algorithm = *ALGORITHMS.get(usize::try_from(number).ok()?)?;
        let digest = self.bytes()?;
        let fits = digest.len() == algorithm.digest_len();
        let digest = Digest::from_bytes(digest).filter(|_| fits)?;
        Some(Some(Sum { algorithm, digest }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 0x7f, 0x80, 1 << 35, u64::MAX] {
            let mut bytes = Vec::new();
            put_uint(&mut bytes, number);
            bytes.push(1);
            let mut from = &bytes[..];
            assert_eq!(read_uint(&mut from).expect("a number"), number);
            assert_eq!(from, [1]);
        }
        // More than 64 bits, and no end of them.
        let [mut large, endless] = [[0xff; 10], [0x80; 10]];
        large[9] = 2;
        for bytes in [large, endless] {
            let e = read_uint(&mut &bytes[..]).expect_err("no number");
            assert_eq!(e.kind(), io::ErrorKind::InvalidData);
        }
        let e = read_uint(&mut &[0x80][..]).expect_err("an end");
        assert_eq!(e.kind(), io::ErrorKind::UnexpectedEof);
    }
}
