//! Extended attributes in the file list: each list of them is sent once, long values only as a digest.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use md5::{Digest as _, Md5};

use crate::wire::error::{Error, Fault, Result, length, limit};
use crate::wire::{ReadWire, WriteWire};

/// Values up to this length are sent with the list, in bytes.
const SHORT: usize = 32;
/// Width of the digest (md5) that is sent for a longer one, in bytes.
const DIGEST: usize = 16;
/// The most attributes of one entry.
const MAX_COUNT: usize = 65_536;
/// The longest name with its NUL, in bytes.
const MAX_NAME: usize = 4096;
/// The longest value, in bytes.
pub(in crate::wire) const MAX_VALUE: usize = 128 << 20;
/// All names and values of one entry, in bytes.
const MAX_LIST: usize = 512 << 20;
/// The most memory that a session's lists may take, in bytes.
const MAX_MEMORY: usize = 512 << 20;

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    /// Its whole name, as Linux has it, without a NUL.
    pub name: Vec<u8>,
    /// Its value.
    pub value: XattrValue,
}

/// The value of an extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum XattrValue {
    /// The value itself.
    Whole(Vec<u8>),
    /// Length and md5 of a value that is sent only when asked for.
    Digest(u32, [u8; DIGEST]),
}

impl XattrValue {
    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(value) => value.len(),
            Self::Digest(len, _) => *len as usize,
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether this is `value`, or what a list says of it.
    #[must_use]
    pub fn agrees(&self, value: &[u8]) -> bool {
        match self {
            Self::Whole(whole) => whole == value,
            Self::Digest(len, digest) => {
                *len as usize == value.len() && Md5::digest(value)[..] == digest[..]
            }
        }
    }
}

fn read_list<R: Read + ?Sized>(from: &mut R) -> Result<Vec<Xattr>> {
    let what = "number of xattrs";
    let count = length(Fault::Protocol, what, from.read_varint()?, MAX_COUNT)?;
    let mut list = Vec::new();
    let mut all = 0;
    for _ in 0..count {
        let name_len = from.read_varint()?;
        let what = "length of an xattr's name";
        let name_len = limit(Fault::Protocol, what, name_len, 0..=MAX_NAME as i64)? as usize;
        let what = "length of an xattr";
        let len = length(Fault::Protocol, what, from.read_varint()?, MAX_VALUE)?;
        all += name_len + len;
        length(
            Fault::Protocol,
            "length of all xattrs",
            all as i64,
            MAX_LIST,
        )?;
        let mut name = Vec::new();
        from.read_onto(&mut name, name_len)?;
        if name.pop() != Some(0) || name.is_empty() || name.contains(&0) {
            let why = "does not end in its only NUL";
            return Err(Error::invalid(Fault::Protocol, "name of an xattr", why));
        }
        let value = if len > SHORT {
            XattrValue::Digest(len as u32, from.read_bytes()?)
        } else {
            let mut value = Vec::new();
            from.read_onto(&mut value, len)?;
            XattrValue::Whole(value)
        };
        list.push(Xattr { name, value });
    }
    Ok(list)
}

/// A list as it travels behind the mark that a list follows.
fn encoded(list: &[Xattr]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let count = length(
        Fault::TooLarge,
        "number of xattrs",
        list.len() as i64,
        MAX_COUNT,
    )?;
    bytes.write_varint(count as i32)?;
    for Xattr { name, value } in list {
        let what = "length of an xattr's name";
        let name_len = length(Fault::TooLarge, what, name.len() as i64 + 1, MAX_NAME)?;
        let len = length(
            Fault::TooLarge,
            "length of an xattr",
            value.len() as i64,
            MAX_VALUE,
        )?;
        bytes.write_varint(name_len as i32)?;
        bytes.write_varint(len as i32)?;
        bytes.extend_from_slice(name);
        bytes.push(0);
        match value {
            XattrValue::Whole(whole) if len > SHORT => bytes.extend(Md5::digest(whole)),
            XattrValue::Whole(whole) => bytes.extend_from_slice(whole),
            XattrValue::Digest(_, digest) => bytes.extend(digest),
        }
    }
    Ok(bytes)
}

/// The lists that a peer sent, by their numbers.
#[derive(Debug, Default)]
pub struct XattrCache {
    known: Vec<Arc<[Xattr]>>,
    memory: usize,
}

impl XattrCache {
    /// The list of this number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&[Xattr]> {
        self.known.get(number as usize).map(|list| &list[..])
    }

    /// The lists from this number on.
    pub fn since(&self, number: usize) -> impl Iterator<Item = &Arc<[Xattr]>> {
        self.known.get(number..).unwrap_or_default().iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn check_memory(&self) -> Result<()> {
        length(
            Fault::TooLarge,
            "memory for all xattrs",
            self.memory as i64,
            MAX_MEMORY,
        )
        .map(drop)
    }

    /// Reads a list or the number of one; its number.
    pub(super) fn read<R: Read + ?Sized>(&mut self, from: &mut R) -> Result<u32> {
        let known = self.known.len();
        let what = "number of a list of xattrs";
        let number = length(Fault::Stream, what, from.read_varint()?, known)?;
        if let Some(number) = number.checked_sub(1) {
            return Ok(number as u32);
        }
        let list = read_list(from)?;
        let held = |xattr: &Xattr| size_of::<Xattr>() + xattr.name.len() + SHORT;
        self.memory += size_of::<Arc<[Xattr]>>() + list.iter().map(held).sum::<usize>();
        self.check_memory()?;
        self.known.push(list.into());
        Ok(known as u32)
    }
}

/// The lists that this side sent, in the form in which they were sent.
#[derive(Debug, Default)]
pub(super) struct SentXattrs {
    numbers: HashMap<Arc<[u8]>, u32>,
    known: Vec<Arc<[u8]>>,
}

impl SentXattrs {
    /// Writes a list, or its number if it was sent before.
    pub(super) fn write<W: Write + ?Sized>(&mut self, list: &[Xattr], to: &mut W) -> Result<u32> {
        let bytes = encoded(list)?;
        if let Some(&number) = self.numbers.get(&bytes[..]) {
            to.write_varint(number as i32 + 1)?;
            return Ok(number);
        }
        to.write_varint(0)?;
        to.write_all(&bytes)?;
        let number = self.known.len() as u32;
        let bytes: Arc<[u8]> = bytes.into();
        self.numbers.insert(Arc::clone(&bytes), number);
        self.known.push(bytes);
        Ok(number)
    }

    /// The names of long values of a list, by their numbers as they were asked for.
    ///
    /// # Errors
    /// Numbers that stand for nothing, or for what was sent already.
    pub(super) fn names_of(&self, list: Option<u32>, wanted: &[u32]) -> Result<Vec<Vec<u8>>> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let known = list.and_then(|list| self.known.get(list as usize));
        let mut list = match known {
            Some(bytes) => read_list(&mut &bytes[..])?,
            None => Vec::new(),
        };
        let mut names = Vec::with_capacity(wanted.len());
        for number in wanted {
            let at = (*number as usize).wrapping_sub(1);
            match list.get_mut(at) {
                Some(Xattr {
                    name,
                    value: XattrValue::Digest(..),
                }) => names.push(std::mem::take(name)),
                _ => {
                    let why = "stands for no value that is still to be sent";
                    return Err(Error::invalid(Fault::Protocol, "number of an xattr", why));
                }
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(name: &str, value: &[u8]) -> Xattr {
        Xattr {
            name: name.into(),
            value: XattrValue::Whole(value.to_vec()),
        }
    }

    #[test]
    fn short_values_travel_and_long_ones_as_their_digest() {
        let list = [
            whole("user.b", &[7; 32]),
            whole("user.c", &[7; 33]),
            whole("user.e", b""),
        ];
        let mut sent = SentXattrs::default();
        let mut bytes = Vec::new();
        assert_eq!(sent.write(&[], &mut bytes).expect("written"), 0);
        assert_eq!(bytes, [0, 0]);
        assert_eq!(sent.write(&list, &mut bytes).expect("written"), 1);
        assert_eq!(sent.write(&list, &mut bytes).expect("written"), 1);
        assert_eq!(bytes.last(), Some(&2));
        assert_eq!(bytes[2..12], *b"\0\x03\x07\x20user.b");
        let mut cache = XattrCache::default();
        let mut from = &bytes[..];
        let numbers: Vec<u32> = (0..3)
            .map(|_| cache.read(&mut from).expect("read"))
            .collect();
        assert_eq!(numbers, [0, 1, 1]);
        let back = cache.get(1).expect("known");
        assert_eq!(back[0], list[0]);
        assert_eq!(back[2], list[2]);
        assert!(matches!(back[1].value, XattrValue::Digest(33, _)));
        assert!(back[1].value.agrees(&[7; 33]) && !back[1].value.agrees(&[8; 33]));
    }

    #[test]
    fn lists_that_no_peer_may_send_are_refused() {
        let huge = [0xf0, 0xff, 0xff, 0xff, 0x7f];
        let list = |rest: &[u8]| [&[0, 1][..], rest].concat();
        for (bytes, fault) in [
            (vec![1], Fault::Stream),
            ([&[0][..], &huge].concat(), Fault::Protocol),
            (list(&huge), Fault::Protocol),
            (list(&[&[3][..], &huge].concat()), Fault::Protocol),
            (list(b"\x00\x00"), Fault::Protocol),
            (list(b"\x01\x00\x00"), Fault::Protocol),
            (list(b"\x02\x00ab"), Fault::Protocol),
            (list(b"\x03\x00\x00a\x00"), Fault::Protocol),
        ] {
            let error = XattrCache::default()
                .read(&mut &bytes[..])
                .expect_err("refused");
            assert_eq!(error.fault(), Some(fault), "{bytes:x?}");
        }
    }

    fn any_xattr() -> impl Strategy<Value = Xattr> {
        let value = proptest::collection::vec(any::<u8>(), 0..40);
        ("user[.][a-z]{0,5}", value).prop_map(|(name, value)| whole(&name, &value))
    }

    proptest! {
        #[test]
        fn lists_come_back(lists in proptest::collection::vec(proptest::collection::vec(any_xattr(), 0..4), 0..6)) {
            let mut sent = SentXattrs::default();
            let mut bytes = Vec::new();
            for list in &lists {
                sent.write(list, &mut bytes).expect("written");
            }
            let mut from = &bytes[..];
            let mut cache = XattrCache::default();
            for list in &lists {
                let number = cache.read(&mut from).expect("read");
                let back = cache.get(number).expect("known");
                prop_assert_eq!(back.len(), list.len());
                for (back, xattr) in back.iter().zip(list) {
                    let XattrValue::Whole(value) = &xattr.value else { unreachable!() };
                    prop_assert_eq!(&back.name, &xattr.name);
                    prop_assert!(back.value.agrees(value));
                }
            }
            // What was read is written the same again.
            let mut again = Vec::new();
            let mut sent = SentXattrs::default();
            let mut from = &bytes[..];
            let mut cache = XattrCache::default();
            for _ in &lists {
                let number = cache.read(&mut from).expect("read");
                sent.write(cache.get(number).expect("known"), &mut again).expect("written");
            }
            prop_assert_eq!(again, bytes);
        }
    }
}
