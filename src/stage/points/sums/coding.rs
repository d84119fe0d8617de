//! An entry of a point, and how the entries of a directory are written.

use super::Half;
use crate::stage::catalogue::coding::{Cursor, KINDS, put_bytes, put_int, put_uint};
use crate::sys::{Kind, Stat, Time};

/// An entry as it was when its point was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Empty for the point itself, which stands in its own list.
    pub name: Box<[u8]>,
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub mtime: Time,
    /// Of a file.
    pub size: u64,
    /// Of a symbolic link.
    pub target: Box<[u8]>,
    /// Of a device.
    pub rdev: (u32, u32),
    /// Of a file, where it is known.
    pub sum: Option<Half>,
}

impl Entry {
    /// What is there.
    pub fn of(name: &[u8], stat: &Stat, target: Vec<u8>) -> Entry {
        let is_file = stat.kind == Kind::File;
        Entry {
            name: name.into(),
            kind: stat.kind,
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            mtime: stat.mtime,
            size: if is_file { stat.size } else { 0 },
            target: target.into(),
            rdev: if stat.kind.is_device() {
                stat.rdev
            } else {
                (0, 0)
            },
            sum: None,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, &self.name);
        let kind = KINDS.iter().position(|kind| *kind == self.kind);
        put_uint(out, kind.unwrap_or_default() as u64);
        for number in [self.mode, self.uid, self.gid] {
            put_uint(out, number.into());
        }
        put_int(out, self.mtime.sec);
        put_uint(out, self.mtime.nsec.into());
        match self.kind {
            Kind::File => {
                put_uint(out, self.size);
                put_bytes(out, self.sum.as_ref().map_or(&[], |sum| &sum[..]));
            }
            Kind::Symlink => put_bytes(out, &self.target),
            Kind::CharDevice | Kind::BlockDevice => {
                put_uint(out, self.rdev.0.into());
                put_uint(out, self.rdev.1.into());
            }
            Kind::Dir | Kind::Fifo | Kind::Socket => {}
        }
    }
}

/// The entries of a directory as bytes.
pub(super) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut block = Vec::with_capacity(64 * entries.len());
    entries.iter().for_each(|entry| entry.encode(&mut block));
    block
}

/// Reads what [`encode`] writes; none where it is not that.
pub(super) fn decode(block: &[u8]) -> Option<Vec<Entry>> {
    let (mut left, mut entries) = (Cursor(block), Vec::new());
    while !left.0.is_empty() {
        entries.push(entry(&mut left)?);
    }
    let in_order = |two: &[Entry]| two[0].name < two[1].name;
    entries.windows(2).all(in_order).then_some(entries)
}

fn entry(left: &mut Cursor<'_>) -> Option<Entry> {
    let name = left.bytes()?.into();
    let kind = *KINDS.get(usize::try_from(left.uint()?).ok()?)?;
    let (mode, uid, gid) = (left.small()?, left.small()?, left.small()?);
    let mtime = Time {
        sec: left.int()?,
        nsec: left.small().filter(|nsec| *nsec < 1_000_000_000)?,
    };
    let mut entry = Entry {
        name,
        kind,
        mode,
        uid,
        gid,
        mtime,
        size: 0,
        target: Box::default(),
        rdev: (0, 0),
        sum: None,
    };
    match kind {
        Kind::File => {
            entry.size = left.uint()?;
            entry.sum = match left.bytes()? {
                [] => None,
                sum => Some(sum.try_into().ok()?),
            };
        }
        Kind::Symlink => entry.target = left.bytes()?.into(),
        Kind::CharDevice | Kind::BlockDevice => entry.rdev = (left.small()?, left.small()?),
        Kind::Dir | Kind::Fifo | Kind::Socket => {}
    }
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let of = |name: &str, kind| Entry {
            name: name.as_bytes().into(),
            kind,
            mode: 0o7777,
            uid: u32::MAX,
            gid: 0,
            mtime: Time {
                sec: -1,
                nsec: 999_999_999,
            },
            size: 0,
            target: Box::default(),
            rdev: (0, 0),
            sum: None,
        };
        let mut all: Vec<Entry> = KINDS
            .iter()
            .zip(["", "a", "b", "c", "d", "e", "f"])
            .map(|(kind, name)| of(name, *kind))
            .collect();
        all[0].size = u64::MAX;
        all[2].target = b"to \xff".as_slice().into();
        all[3].rdev = (8, 1 << 20);
        all.push(Entry {
            sum: Some([7; 16]),
            ..of("g", Kind::File)
        });
        all
    }

    #[test]
    fn what_is_written_is_read_and_what_is_cut_is_not() {
        let all = entries();
        let block = encode(&all);
        assert_eq!(decode(&block), Some(all.clone()));
        for end in 0..block.len() {
            let cut = decode(&block[..end]);
            assert!(cut.is_none_or(|cut| cut.len() < all.len()), "{end}");
        }
    }

    #[test]
    fn what_is_in_disorder_is_refused() {
        let mut all = entries();
        all.swap(1, 2);
        assert_eq!(decode(&encode(&all)), None);
        assert_eq!(decode(&[0, 9, 0, 0, 0, 0, 0]), None);
        assert_eq!(decode(&[0x80; 12]), None);
    }
}
