//! The lists that are in force, so that what a receiver says of an index can be understood.

use std::collections::VecDeque;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::ahead::{AHEAD_AT_REST, asks_little};
use crate::engine::round_trip::RoundTrip;
use crate::sys::{Kind, Stat, Time, as_path};
use crate::wire::flist::{Entry, FileType, List};

/// Where an entry comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Which source.
    pub operand: u16,
    /// It is a symbolic link there, and what that leads to takes its place.
    pub followed: bool,
}

/// One list.
pub(super) struct Shelf {
    pub list: List,
    /// Where its entries come from, in order of arrival.
    pub places: Vec<Place>,
    /// The directory that it is of, if it is not the first.
    pub dir: Option<Subject>,
    /// How many entries are listed before it.
    pub before: u64,
    /// When it was made.
    pub made: Instant,
}

/// What an index stands for.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Path within the transfer; empty for the root.
    pub path: PathBuf,
    pub place: Place,
    pub kind: Kind,
    pub mode: u32,
    pub size: u64,
    pub mtime: Time,
    pub uid: u32,
    pub gid: u32,
    pub target: Option<Vec<u8>>,
    /// Of a regular file, where lists carry it.
    pub checksum: Option<Vec<u8>>,
    /// The number of its list of xattrs, where there are any.
    pub xattrs: Option<u32>,
}

impl Subject {
    /// A directory; nothing else is known of one that is gone.
    pub(super) fn directory(
        path: PathBuf,
        place: Place,
        stat: Option<&Stat>,
        xattrs: Option<u32>,
    ) -> Subject {
        let of = |value: fn(&Stat) -> u32| stat.map_or(0, value);
        Subject {
            path,
            place,
            kind: Kind::Dir,
            mode: of(|stat| stat.mode),
            size: stat.map_or(0, |stat| stat.size),
            mtime: stat.map_or(Time::default(), |stat| stat.mtime),
            uid: of(|stat| stat.uid),
            gid: of(|stat| stat.gid),
            target: None,
            checksum: None,
            xattrs,
        }
    }

    fn of(entry: &Entry<'_>, place: Place, xattrs: Option<u32>) -> Option<Subject> {
        let path = match entry.name.is_dot() {
            true => PathBuf::new(),
            false => as_path(entry.name.dir).join(as_path(entry.name.base)),
        };
        Some(Subject {
            path,
            place,
            kind: kind(entry.file_type())?,
            mode: u32::from(entry.mode) & 0o7777,
            size: entry.size,
            mtime: Time {
                sec: entry.mtime,
                nsec: entry.nsec,
            },
            uid: entry.uid,
            gid: entry.gid,
            target: entry.target.map(<[u8]>::to_vec),
            checksum: entry.checksum.map(<[u8]>::to_vec),
            xattrs,
        })
    }

    /// The directory around it, within the transfer.
    pub(super) fn parent(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Its own name.
    pub(super) fn name(&self) -> &[u8] {
        self.path.file_name().unwrap_or_default().as_bytes()
    }
}

fn kind(file_type: FileType) -> Option<Kind> {
    Some(match file_type {
        FileType::Regular => Kind::File,
        FileType::Directory => Kind::Dir,
        FileType::Symlink => Kind::Symlink,
        FileType::CharDevice => Kind::CharDevice,
        FileType::BlockDevice => Kind::BlockDevice,
        FileType::Fifo => Kind::Fifo,
        FileType::Socket => Kind::Socket,
        FileType::Missing => return None,
    })
}

/// All lists in force, the oldest first.
#[derive(Default)]
pub(super) struct Shelves {
    lists: VecDeque<Shelf>,
    /// The index behind the last list.
    end: u32,
    /// How many entries are listed.
    entries: u64,
    /// How many lists there were.
    made: u32,
    /// The index behind the list that was asked for last.
    reached: u32,
    round_trip: RoundTrip,
    /// How many entries were in lists that are through.
    passed: u64,
    /// How many files were asked for.
    asked: u64,
}

impl Shelves {
    pub(super) fn add(&mut self, mut shelf: Shelf) {
        self.made += 1;
        shelf.before = self.entries;
        self.entries += u64::from(shelf.list.len());
        self.end = shelf.list.first() + shelf.list.len();
        self.lists.push_back(shelf);
    }

    /// How many lists there were so far.
    pub(super) fn made(&self) -> u32 {
        self.made
    }

    /// The oldest list is through.
    pub(super) fn drop_oldest(&mut self) {
        if let Some(oldest) = self.lists.pop_front() {
            self.passed += u64::from(oldest.list.len());
            self.reach(oldest.list.first() + oldest.list.len(), oldest.made);
        }
    }

    /// Something was said of the list that ends here.
    fn reach(&mut self, end: u32, made: Instant) {
        if end > self.reached {
            self.reached = end;
            self.round_trip.heard(made);
        }
    }

    /// How many entries are listed beyond the list that was asked for last.
    pub(super) fn ahead(&self) -> u32 {
        self.end.saturating_sub(self.reached)
    }

    /// How many of them there may be while there is nothing else to do.
    pub(super) fn ahead_at_rest(&self) -> u32 {
        match asks_little(self.asked, self.passed) {
            true => AHEAD_AT_REST,
            false => self.round_trip.reach(self.oldest()),
        }
    }

    /// A file is asked for.
    pub(super) fn ask(&mut self) {
        self.asked += 1;
    }

    /// Whether there may be more of them soon, if nothing is heard.
    pub(super) fn is_ahead_growing(&self) -> bool {
        self.round_trip.is_growing(self.oldest())
    }

    fn oldest(&self) -> Option<Instant> {
        self.lists.front().map(|oldest| oldest.made)
    }

    /// How many entries are listed beyond this index.
    pub(super) fn beyond(&self, ndx: u32) -> u64 {
        let passed = self.shelf(ndx).map_or(0, |shelf| {
            let position = (ndx + 1).saturating_sub(shelf.list.first());
            shelf.before + u64::from(position)
        });
        self.entries.saturating_sub(passed)
    }

    /// The list that an index is of, or stands right before.
    fn shelf(&self, ndx: u32) -> Option<&Shelf> {
        let next = ndx.saturating_add(1);
        let at = self
            .lists
            .partition_point(|shelf| shelf.list.first() <= next);
        self.lists.get(at.checked_sub(1)?)
    }

    /// What an index stands for. The one before a list is the list's directory.
    pub(super) fn find(&mut self, ndx: u32) -> Option<Subject> {
        let shelf = self.shelf(ndx)?;
        let list = &shelf.list;
        let end = list.first() + list.len();
        let found = match &shelf.dir {
            _ if ndx >= list.first() => subject(shelf, ndx),
            Some(dir) => Some(dir.clone()),
            None => root(shelf),
        };
        let made = shelf.made;
        self.reach(end, made);
        found
    }
}

/// The root of the transfer, if it takes part.
fn root(first: &Shelf) -> Option<Subject> {
    subject(first, first.list.first()).filter(|subject| subject.path.as_os_str().is_empty())
}

fn subject(shelf: &Shelf, ndx: u32) -> Option<Subject> {
    let entry = shelf.list.get(ndx)?;
    let arrival = shelf.list.arrival_of(ndx)?;
    let place = shelf.places[arrival as usize];
    Subject::of(&entry, place, shelf.list.cached_at(arrival).xattrs)
}
