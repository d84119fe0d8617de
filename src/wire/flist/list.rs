//! A list as it is held: compact, with the attributes that few entries have in tables beside it.

use super::{Device, DirKind, Entry, Link, Name};
use crate::wire::IoErrors;
use crate::wire::error::{Error, Fault, Result};

/// One list: all entries of a transfer, or those of one directory under incremental recursion.
///
/// About 64 bytes an entry with a name of 20 bytes. Entries have two numbers: where they stood on the wire (arrival),
/// which hard links refer to, and the index ("ndx") of all later traffic: where they stand in the protocol's order.
#[derive(Debug, Default)]
pub struct List {
    pub(super) first: u32,
    pub(super) of_dir: Option<u32>,
    pub(super) first_dir: u32,
    pub(super) io_errors: IoErrors,
    pub(super) unspelled: Vec<Unspelled>,
    /// Indices follow arrival (`--iconv`), else the order.
    pub(super) by_arrival: bool,
    /// Names, directories and targets, end to end.
    bytes: Vec<u8>,
    dirs: Vec<Span>,
    /// Users and groups, one after the other as they change.
    owners: Vec<(u32, u32)>,
    pub(super) records: Vec<Record>,
    /// Positions of arrival in the protocol's order.
    pub(super) order: Vec<u32>,
    /// Some entries were duplicates.
    pub(super) doubles: bool,
    atimes: Vec<i64>,
    checksums: Vec<u8>,
    checksum_len: usize,
    devices: Sparse<Device>,
    targets: Sparse<Span>,
    links: Sparse<Link>,
    access_acls: Sparse<u32>,
    default_acls: Sparse<u32>,
    xattrs: Sparse<u32>,
}

/// An entry that is out of use because this side cannot spell what it tells (`--iconv`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unspelled {
    /// Where it arrived.
    pub(super) at: u32,
    /// Its name, as far as it could be converted.
    pub name: Box<[u8]>,
    /// Whether it is the target of a symlink, not the name, that cannot be converted.
    pub is_target: bool,
}

/// A piece of the list's bytes.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u32,
}

/// What every entry has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    size: u64,
    mtime: i64,
    nsec: u32,
    owner: u32,
    base: u32,
    dir: u32,
    base_len: u16,
    mode: u16,
    pub(super) kind: DirKind,
    /// False for a duplicate, and for a name that this side cannot spell: the slot stays, nobody may use it.
    pub(super) active: bool,
}

/// Values of a few entries, by their positions of arrival, which only grow.
#[derive(Debug)]
struct Sparse<T> {
    at: Vec<u32>,
    values: Vec<T>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self {
            at: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<T: Copy> Sparse<T> {
    fn push(&mut self, at: u32, value: T) {
        self.at.push(at);
        self.values.push(value);
    }

    fn get(&self, at: u32) -> Option<T> {
        // An attribute that all entries have stands where they stand.
        if self.at.get(at as usize) == Some(&at) {
            return self.values.get(at as usize).copied();
        }
        let found = self.at.binary_search(&at).ok()?;
        self.values.get(found).copied()
    }
}

/// Which of the cached ACLs and xattrs an entry has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cached {
    /// Number of its access ACL.
    pub access_acl: Option<u32>,
    /// Number of its default ACL.
    pub default_acl: Option<u32>,
    /// Number of its list of xattrs.
    pub xattrs: Option<u32>,
}

impl List {
    /// An empty list whose entries begin at the index `first`.
    pub(super) fn new(first: u32, of_dir: Option<u32>) -> Self {
        Self {
            first,
            of_dir,
            ..Self::default()
        }
    }

    /// Whether names stand in it twice.
    pub fn has_doubles(&self) -> bool {
        self.doubles
    }

    /// Takes an entry in, behind all others.
    pub(super) fn push(&mut self, entry: &Entry<'_>, cached: Cached) -> Result<()> {
        let at = self.records.len() as u32;
        if self.first as usize + self.records.len() >= i32::MAX as usize {
            return Err(too_large("number of entries"));
        }
        let dir = match self.dirs.last() {
            Some(last) if self.span(*last) == entry.name.dir => self.dirs.len() - 1,
            _ => {
                let span = self.keep(entry.name.dir)?;
                self.dirs.push(span);
                self.dirs.len() - 1
            }
        };
        let owner = (entry.uid, entry.gid);
        if self.owners.last() != Some(&owner) {
            self.owners.push(owner);
        }
        let owner = self.owners.len() - 1;
        let base = self.keep(entry.name.base)?;
        if let Some(target) = entry.target {
            let span = self.keep(target)?;
            self.targets.push(at, span);
        }
        if let Some(device) = entry.device {
            self.devices.push(at, device);
        }
        if entry.link != Link::Alone {
            self.links.push(at, entry.link);
        }
        for (table, number) in [
            (&mut self.access_acls, cached.access_acl),
            (&mut self.default_acls, cached.default_acl),
            (&mut self.xattrs, cached.xattrs),
        ] {
            if let Some(number) = number {
                table.push(at, number);
            }
        }
        self.push_atime(entry.atime);
        self.push_checksum(entry.checksum);
        self.records.push(Record {
            size: entry.size,
            mtime: entry.mtime,
            nsec: entry.nsec,
            owner: owner as u32,
            base: base.start,
            dir: dir as u32,
            base_len: u16::try_from(base.len).map_err(|_| too_large("length of a name"))?,
            mode: entry.mode,
            kind: entry.dir,
            active: true,
        });
        Ok(())
    }

    /// Access times have a column from the first that is not 0 on.
    fn push_atime(&mut self, atime: i64) {
        if atime != 0 || !self.atimes.is_empty() {
            self.atimes.resize(self.records.len(), 0);
            self.atimes.push(atime);
        }
    }

    /// Checksums have a column from the first on; all are of one width.
    fn push_checksum(&mut self, checksum: Option<&[u8]>) {
        if let Some(checksum) = checksum {
            self.checksum_len = checksum.len();
            self.checksums
                .resize(self.records.len() * self.checksum_len, 0);
            self.checksums.extend_from_slice(checksum);
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<Span> {
        let start = u32::try_from(self.bytes.len()).map_err(|_| too_large("names of a list"))?;
        self.bytes.extend_from_slice(bytes);
        Ok(Span {
            start,
            len: bytes.len() as u32,
        })
    }

    fn span(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// Takes leading slashes off all names, once the order is known.
    pub(super) fn make_relative(&mut self) {
        for dir in &mut self.dirs {
            while dir.len > 0 && self.bytes[dir.start as usize] == b'/' {
                dir.start += 1;
                dir.len -= 1;
            }
        }
    }

    /// The index of the first entry.
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// The number of slots, also of those that are out of use.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.records.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The number of the directory that this list is of, if it is a sub-list.
    #[must_use]
    pub fn of_dir(&self) -> Option<u32> {
        self.of_dir
    }

    /// The number of the first directory in this list.
    #[must_use]
    pub fn first_dir(&self) -> u32 {
        self.first_dir
    }

    /// The errors that the sender told at the end of this list.
    #[must_use]
    pub fn io_errors(&self) -> IoErrors {
        self.io_errors
    }

    /// Entries that this side cannot spell.
    #[must_use]
    pub fn unspelled(&self) -> &[Unspelled] {
        &self.unspelled
    }

    /// The entry with this index; `None` if it is not of this list or out of use.
    #[must_use]
    pub fn get(&self, ndx: u32) -> Option<Entry<'_>> {
        let at = self.arrival_of(ndx)?;
        self.records[at as usize].active.then(|| self.entry(at))
    }

    /// The last component of the name of the entry with this index, as [`List::get`] has it, without all else.
    #[must_use]
    pub fn base(&self, ndx: u32) -> Option<&[u8]> {
        let record = &self.records[self.arrival_of(ndx)? as usize];
        record.active.then(|| {
            self.span(Span {
                start: record.base,
                len: record.base_len.into(),
            })
        })
    }

    /// The ACLs and xattrs of the entry with this index.
    #[must_use]
    pub fn cached(&self, ndx: u32) -> Option<Cached> {
        self.arrival_of(ndx).map(|at| self.cached_at(at))
    }

    /// The position at which the entry with this index arrived.
    #[must_use]
    pub fn arrival_of(&self, ndx: u32) -> Option<u32> {
        let slot = ndx.checked_sub(self.first)?;
        if self.by_arrival {
            (slot < self.len()).then_some(slot)
        } else {
            self.order.get(slot as usize).copied()
        }
    }

    /// All entries in use with their indices, in the protocol's order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Entry<'_>)> {
        let slots = self.order.iter().zip(self.first..);
        slots
            .filter(|(at, _)| self.records[**at as usize].active)
            .map(|(&at, slot)| {
                let ndx = if self.by_arrival {
                    self.first + at
                } else {
                    slot
                };
                (ndx, self.entry(at))
            })
    }

    /// The entry that arrived at this position, also if it is out of use.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn entry(&self, at: u32) -> Entry<'_> {
        let record = &self.records[at as usize];
        let checksum = self.checksums.get(at as usize * self.checksum_len..);
        let checksum = checksum.and_then(|rest| rest.get(..self.checksum_len));
        let (uid, gid) = self.owners[record.owner as usize];
        Entry {
            name: self.name(at),
            mode: record.mode,
            size: record.size,
            mtime: record.mtime,
            nsec: record.nsec,
            atime: self.atimes.get(at as usize).copied().unwrap_or(0),
            uid,
            gid,
            device: self.devices.get(at),
            target: self.targets.get(at).map(|span| self.span(span)),
            link: self.links.get(at).unwrap_or_default(),
            checksum: checksum
                .filter(|sum| !sum.is_empty() && record.mode & 0o170_000 == 0o100_000),
            dir: record.kind,
        }
    }

    /// The ACLs and xattrs of the entry that arrived at this position.
    #[must_use]
    pub fn cached_at(&self, at: u32) -> Cached {
        Cached {
            access_acl: self.access_acls.get(at),
            default_acl: self.default_acls.get(at),
            xattrs: self.xattrs.get(at),
        }
    }

    pub(super) fn name(&self, at: u32) -> Name<'_> {
        let record = &self.records[at as usize];
        Name {
            dir: self.span(self.dirs[record.dir as usize]),
            base: self.span(Span {
                start: record.base,
                len: record.base_len.into(),
            }),
        }
    }

    pub(super) fn is_dir(&self, at: u32) -> bool {
        self.records[at as usize].mode & 0o170_000 == 0o040_000
    }

    /// Takes the entry with this index out of use; its slot stays.
    pub fn deactivate(&mut self, ndx: u32) {
        if let Some(at) = self.arrival_of(ndx) {
            self.records[at as usize].active = false;
        }
    }
}

fn too_large(what: &'static str) -> Error {
    Error::invalid(Fault::TooLarge, what, "is more than a list can hold")
}
