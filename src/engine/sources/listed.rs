//! The source as a peer lists it: directories that fill as lists arrive.
//!
//! A directory is filled once, by the one list that is about it; who looks into it before waits. Lists are held by
//! the directories that they fill, so that memory comes free as directories are through.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::attached::{Attached, Told};
use super::wanted::Found;
use crate::delta::{Checksum, Digest};
use crate::stage::catalogue::{Record, Sum};
use crate::sys::{Change, Kind, Stat, Time, as_path, lock};
use crate::wire::flist::{
    Cached, DirKind, Entry, FileType, IdKind, IdNames, Link, List, ListReader, Name,
};

/// Whom the peer's ids stand for here; ids that it tells no name of stand for themselves.
pub(in crate::engine) type LocalId = dyn Fn(IdKind, u32, &[u8]) -> Option<u32> + Send + Sync;

/// What all directories of one session share.
pub(in crate::engine) struct Arrivals {
    /// Whether no list will come any more.
    over: Mutex<bool>,
    changed: Change,
    ids: Mutex<HashMap<(bool, u32), u32>>,
    told: Mutex<Told>,
    local: Box<LocalId>,
}

/// Something that is due when all who have to do with a list let go of it.
pub(in crate::engine) type Turn = dyn Send + Sync;

/// A directory of the peer.
#[derive(Clone)]
pub(in crate::engine) struct Listed(Arc<Cell>);

struct Cell {
    arrivals: Arc<Arrivals>,
    /// Its metadata; none where it is only on the way to others.
    stat: Option<Stat>,
    /// Its own entry, if it has one, and the index that its own list gives it.
    own: Option<Own>,
    own_ndx: OnceLock<u32>,
    /// Whether all that is in it is listed.
    content: bool,
    /// What the first list has of a directory that gets a list of its own as well.
    early: Mutex<Vec<Lot>>,
    inside: OnceLock<Vec<Lot>>,
    turn: Mutex<Option<Arc<Turn>>>,
    passed_over: AtomicBool,
}

/// The entry of a directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own {
    /// Its index.
    pub ndx: u32,
    /// What is attached to it.
    pub cached: Cached,
}

impl Own {
    pub(super) fn of(list: &List, ndx: u32) -> Own {
        Own {
            ndx,
            cached: list.cached(ndx).unwrap_or_default(),
        }
    }
}

/// What one list has of a directory, each part in the order of its names.
pub(super) struct Lot {
    list: Arc<List>,
    /// How many entries were in lists before.
    before: u64,
    pub(super) leaves: Vec<u32>,
    /// Arguments that are not there (`--delete-missing-args`).
    pub(super) missing: Vec<u32>,
    pub(super) dirs: Vec<(Box<[u8]>, Child)>,
}

/// A directory as the one around it knows it. Where each has a list of its own it is let go when it is entered, so
/// that memory does not grow with the tree.
pub(super) struct Child(Bond);

enum Bond {
    Kept(Listed),
    Lent(Mutex<Lent>),
}

enum Lent {
    Waiting(Listed),
    Entered(Weak<Cell>),
}

impl Child {
    pub(super) fn new(listed: Listed, lends: bool) -> Child {
        Child(match lends {
            true => Bond::Lent(Mutex::new(Lent::Waiting(listed))),
            false => Bond::Kept(listed),
        })
    }

    /// The directory, if somebody still has it.
    fn peek(&self) -> Option<Listed> {
        match &self.0 {
            Bond::Kept(listed) => Some(listed.clone()),
            Bond::Lent(lent) => match &*lock(lent) {
                Lent::Waiting(listed) => Some(listed.clone()),
                Lent::Entered(cell) => cell.upgrade().map(Listed),
            },
        }
    }

    fn enter(&self) -> Option<Listed> {
        let listed = self.peek()?;
        if let Bond::Lent(lent) = &self.0 {
            *lock(lent) = Lent::Entered(Arc::downgrade(&listed.0));
        }
        Some(listed)
    }
}

impl Arrivals {
    pub(in crate::engine) fn new(local: Box<LocalId>) -> Arc<Arrivals> {
        Arc::new(Arrivals {
            over: Mutex::new(false),
            changed: Change::default(),
            ids: Mutex::default(),
            told: Mutex::default(),
            local,
        })
    }

    /// Takes in the names that the peer told for its ids.
    pub(in crate::engine) fn learn(&self, names: &IdNames) {
        let mut ids = lock(&self.ids);
        for (kind, is_group) in [(IdKind::User, false), (IdKind::Group, true)] {
            for (id, name) in names.iter(kind) {
                ids.entry((is_group, id))
                    .or_insert_with(|| (self.local)(kind, id, name).unwrap_or(id));
            }
        }
    }

    /// Takes in ACLs and extended attributes that came with lists.
    pub(in crate::engine) fn learn_attached(&self, lists: &ListReader) {
        lock(&self.told).learn(lists);
    }

    /// No list will come any more, whether all came or the peer is gone.
    pub(in crate::engine) fn end(&self) {
        *lock(&self.over) = true;
        self.changed.tell();
    }

    pub(super) fn id(&self, is_group: bool, id: u32) -> u32 {
        lock(&self.ids).get(&(is_group, id)).copied().unwrap_or(id)
    }

    /// Metadata of a directory; none where it is only on the way.
    pub(super) fn stat_of_dir(&self, entry: &Entry<'_>, passes_implied: bool) -> Option<Stat> {
        let is_passed = passes_implied && entry.dir == DirKind::Implied;
        (!is_passed).then(|| self.stat(entry))
    }

    pub(super) fn stat(&self, entry: &Entry<'_>) -> Stat {
        let kind = match entry.file_type() {
            FileType::Regular | FileType::Missing => Kind::File,
            FileType::Directory => Kind::Dir,
            FileType::Symlink => Kind::Symlink,
            FileType::CharDevice => Kind::CharDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => Kind::Socket,
        };
        // The names of one file are told apart from all others by a number of their own.
        let (dev, ino) = match entry.link {
            Link::Alone => ((0, 0), 0),
            Link::Group(number) => ((0, 1), number.into()),
            Link::Inode { dev, ino } => (((dev >> 32) as u32, dev as u32), ino),
        };
        let time = |sec, nsec| Time { sec, nsec };
        Stat {
            kind,
            mode: u32::from(entry.mode) & 0o7777,
            uid: self.id(false, entry.uid),
            gid: self.id(true, entry.gid),
            size: entry.size,
            atime: time(entry.atime, 0),
            mtime: time(entry.mtime, entry.nsec),
            ctime: Time::default(),
            btime: Time::default(),
            rdev: entry
                .device
                .map_or((0, 0), |device| (device.major, device.minor)),
            dev,
            ino,
            nlink: if entry.link == Link::Alone { 1 } else { 2 },
            blocks: 0,
        }
    }
}

impl Lot {
    pub(super) fn new(list: &Arc<List>, before: u64) -> Lot {
        Lot {
            list: Arc::clone(list),
            before,
            leaves: Vec::new(),
            missing: Vec::new(),
            dirs: Vec::new(),
        }
    }

    fn base(&self, ndx: u32) -> &[u8] {
        self.list.base(ndx).unwrap_or_default()
    }

    /// Sorts by name: the protocol's order is nearly that.
    pub(super) fn arrange(&mut self) {
        let list = Arc::clone(&self.list);
        let base = |ndx: &u32| list.base(*ndx).unwrap_or_default();
        self.leaves.sort_by(|a, b| base(a).cmp(base(b)));
        self.dirs.sort_by(|a, b| a.0.cmp(&b.0));
    }

    fn leaf(&self, name: &[u8]) -> Option<u32> {
        let at = self
            .leaves
            .binary_search_by(|ndx| self.base(*ndx).cmp(name));
        Some(self.leaves[at.ok()?])
    }

    fn dir(&self, name: &[u8]) -> Option<&Child> {
        let at = self.dirs.binary_search_by(|(base, _)| (**base).cmp(name));
        Some(&self.dirs[at.ok()?].1)
    }
}

impl Listed {
    pub(super) fn new(
        arrivals: &Arc<Arrivals>,
        (stat, own): (Option<Stat>, Option<Own>),
        content: bool,
    ) -> Listed {
        Listed(Arc::new(Cell {
            arrivals: Arc::clone(arrivals),
            stat,
            own,
            own_ndx: OnceLock::new(),
            content,
            early: Mutex::default(),
            inside: OnceLock::new(),
            turn: Mutex::default(),
            passed_over: AtomicBool::new(false),
        }))
    }

    /// Metadata of the directory itself, if it is listed.
    pub(in crate::engine) fn stat(&self) -> Option<Stat> {
        self.0.stat
    }

    /// What stands for metadata of a directory that is not listed: nobody looks at it.
    pub(in crate::engine) fn unlisted(&self) -> Stat {
        let name = Name {
            dir: b"",
            base: b"",
        };
        self.0.arrivals.stat(&Entry::new(name, 0o040_700))
    }

    /// The list that is to fill it begins with this index: the one before it is the directory's.
    pub(super) fn filled_from(&self, first: u32) {
        let _ = self.0.own_ndx.set(first.saturating_sub(1));
    }

    /// By which index the peer knows the directory itself, once it is filled.
    pub(in crate::engine) fn own_index(&self) -> Option<u32> {
        let own = || self.0.own.map(|own| own.ndx);
        self.0.own_ndx.get().copied().or_else(own)
    }

    /// Whether all that is in it belongs to the transfer.
    pub(in crate::engine) fn is_content(&self) -> bool {
        self.0.content
    }

    /// All names with what they stand for; waits for the list. A directory may be missing as well: it is told once.
    ///
    /// # Errors
    /// The session ended before the list came.
    pub(in crate::engine) fn names(&self) -> io::Result<impl Iterator<Item = (&[u8], Found)>> {
        let lots = self.inside()?.iter();
        Ok(lots.flat_map(|lot| {
            let leaves = lot.leaves.iter().map(|ndx| (lot.base(*ndx), Found::Leaf));
            let missing = lot.missing.iter().map(|ndx| lot.base(*ndx));
            let missing = missing.filter(|name| lot.dir(name).is_none());
            let dirs = lot.dirs.iter().map(|(name, _)| (&**name, Found::Dir));
            let missing = missing.map(|name| (name, Found::Missing));
            leaves.chain(missing).chain(dirs)
        }))
    }

    /// What a catalogue has of its entries: nothing of directories that are only on the way, nor of what is missing.
    /// Sums that are listed (`--checksum`) are made by `algorithm`. Waits for the list.
    ///
    /// # Errors
    /// As [`Listed::names`].
    pub(in crate::engine) fn records(
        &self,
        algorithm: Option<Checksum>,
    ) -> io::Result<impl Iterator<Item = (&[u8], Record)>> {
        let lots = self.inside()?.iter();
        Ok(lots.flat_map(move |lot| {
            let entries = lot.leaves.iter().filter_map(|ndx| lot.list.get(*ndx));
            let leaves = entries.map(move |entry| {
                let target = entry.target.map(|target| as_path(target).to_owned());
                let stat = self.0.arrivals.stat(&entry);
                let mut record = Record::new(&stat, target);
                record.sum = entry.checksum.and_then(|sum| listed_sum(algorithm?, sum));
                (entry.name.base, record)
            });
            let dirs = lot.dirs.iter().filter_map(|(name, child)| {
                let stat = child.peek()?.stat()?;
                Some((&**name, Record::new(&stat, None)))
            });
            leaves.chain(dirs)
        }))
    }

    /// How many entries are below it, as far as is known without waiting; no more than two are counted.
    pub(in crate::engine) fn count(&self) -> usize {
        let lots = self.0.inside.get().into_iter().flatten();
        let mut count = 0;
        for lot in lots {
            count += lot.leaves.len() + lot.missing.len() + lot.dirs.len();
            // What stands there twice counts twice.
            count += usize::from(lot.list.has_doubles());
            if count == 1 {
                count += lot
                    .dirs
                    .iter()
                    .filter_map(|(_, dir)| dir.peek())
                    .map(|dir| dir.count())
                    .sum::<usize>();
            }
        }
        count.min(2)
    }

    /// What falls due when the entries of the directory are dealt with; given once.
    pub(in crate::engine) fn take_turn(&self) -> Option<Arc<Turn>> {
        lock(&self.0.turn).take()
    }

    /// Whether a name in it is an argument that is not there.
    pub(in crate::engine) fn is_missing(&self, name: &[u8]) -> bool {
        let lots = self.0.inside.get().into_iter().flatten();
        let mut missing = lots.flat_map(|lot| lot.missing.iter().map(|ndx| lot.base(*ndx)));
        missing.any(|base| base == name)
    }

    /// Whether names below it are missing, and nothing else of it is listed; then, whether some are right in it.
    pub(in crate::engine) fn holds_missing_only(&self) -> Option<bool> {
        let lots = self.0.inside.get()?;
        let is_empty = |lot: &Lot| lot.leaves.is_empty();
        let dirs = || lots.iter().flat_map(|lot| &lot.dirs);
        let below = |child: &Child| child.peek()?.holds_missing_only();
        let holds = self.stat().is_none()
            && lots.iter().all(is_empty)
            && dirs().all(|(_, child)| below(child).is_some());
        let right_in_it = lots.iter().any(|lot| !lot.missing.is_empty());
        (holds && (right_in_it || dirs().next().is_some())).then_some(right_in_it)
    }

    /// Whether it has this name.
    pub(in crate::engine) fn has(&self, name: &[u8]) -> bool {
        self.see(name).is_ok()
    }

    /// Metadata of a name.
    ///
    /// # Errors
    /// There is no such name, or the session ended before the list came.
    pub(in crate::engine) fn see(&self, name: &[u8]) -> io::Result<Stat> {
        if let Some((list, ndx)) = self.leaf(name)?
            && let Some(entry) = list.get(ndx)
        {
            return Ok(self.0.arrivals.stat(&entry));
        }
        let dir = self.inside()?.iter().find_map(|lot| lot.dir(name)?.peek());
        let dir = dir.ok_or(io::ErrorKind::NotFound)?;
        dir.stat().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The target of a symbolic link.
    ///
    /// # Errors
    /// As [`Listed::see`].
    pub(in crate::engine) fn target(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        let leaf = self.leaf(name)?;
        let target = leaf.and_then(|(list, ndx)| list.get(ndx)?.target.map(<[u8]>::to_vec));
        target.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The index of an entry that is no directory, and how many entries are ahead of it.
    pub(in crate::engine) fn index(&self, name: &[u8]) -> Option<(u32, u64)> {
        let lots = self.inside().ok()?;
        let (lot, ndx) = lots.iter().find_map(|lot| Some((lot, lot.leaf(name)?)))?;
        Some((ndx, lot.before + u64::from(ndx - lot.list.first())))
    }

    /// What is attached to the directory.
    pub(in crate::engine) fn attached(&self) -> Attached {
        let cached = self.0.own.map(|own| own.cached).unwrap_or_default();
        lock(&self.0.arrivals.told).of(&self.0.arrivals, cached)
    }

    /// What is attached to a name in it that is no directory.
    pub(in crate::engine) fn attached_to(&self, name: &[u8]) -> Attached {
        let leaf = self.leaf(name).ok().flatten();
        let cached = leaf.and_then(|(list, ndx)| list.cached(ndx));
        lock(&self.0.arrivals.told).of(&self.0.arrivals, cached.unwrap_or_default())
    }

    /// The index by which the directory is spoken of: the one ahead of its own list, where it has one. Waits for that.
    pub(in crate::engine) fn index_of_self(&self) -> Option<u32> {
        let lots = self.inside().ok()?;
        let mut own = lots.iter().filter(|lot| lot.list.of_dir().is_some());
        let before = own.next().and_then(|lot| lot.list.first().checked_sub(1));
        before.or(self.0.own.map(|own| own.ndx))
    }

    /// The checksum that the peer tells of a file (`--checksum`).
    pub(in crate::engine) fn checksum(&self, name: &[u8]) -> Option<Vec<u8>> {
        let (list, ndx) = self.leaf(name).ok()??;
        list.get(ndx)?.checksum.map(<[u8]>::to_vec)
    }

    /// A directory in this one.
    ///
    /// # Errors
    /// As [`Listed::see`].
    pub(in crate::engine) fn enter(&self, name: &[u8]) -> io::Result<Listed> {
        let dir = self.inside()?.iter().find_map(|lot| lot.dir(name)?.enter());
        dir.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Nothing in it will be looked at: lists of it and of what is below it are through as they arrive.
    pub(in crate::engine) fn pass_over(&self) {
        let mut below = vec![self.clone()];
        while let Some(Listed(cell)) = below.pop() {
            let over = lock(&cell.arrivals.over);
            cell.passed_over.store(true, Relaxed);
            let turn = lock(&cell.turn).take();
            drop(over);
            drop(turn);
            let lots = cell.inside.get().into_iter().flatten();
            below.extend(
                lots.flat_map(|lot| &lot.dirs)
                    .filter_map(|(_, dir)| dir.peek()),
            );
        }
    }

    fn leaf(&self, name: &[u8]) -> io::Result<Option<(&Arc<List>, u32)>> {
        let lots = self.inside()?;
        Ok(lots
            .iter()
            .find_map(|lot| Some((&lot.list, lot.leaf(name)?))))
    }

    fn inside(&self) -> io::Result<&[Lot]> {
        if let Some(inside) = self.0.inside.get() {
            return Ok(inside);
        }
        let arrivals = &self.0.arrivals;
        let mut over = lock(&arrivals.over);
        loop {
            if let Some(inside) = self.0.inside.get() {
                return Ok(inside);
            }
            if *over {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            over = arrivals.changed.wait(over);
        }
    }

    /// What the first list has of it, where a list of its own is still to come.
    pub(super) fn fill_early(&self, lot: Lot) {
        lock(&self.0.early).push(lot);
    }

    /// Its list is there; `turn` falls due when its entries are dealt with.
    pub(super) fn fill(&self, lot: Option<Lot>, turn: Option<Arc<Turn>>) {
        let cell = &self.0;
        let mut lots = std::mem::take(&mut *lock(&cell.early));
        lots.extend(lot);
        let over = lock(&cell.arrivals.over);
        let passed_over = cell.passed_over.load(Relaxed);
        if !passed_over {
            *lock(&cell.turn) = turn;
        }
        let _ = cell.inside.set(lots);
        drop(over);
        cell.arrivals.changed.tell();
        if passed_over {
            self.pass_over();
        }
    }
}

/// The sum of a file as it is listed; zeros stand for one that could not be read.
fn listed_sum(algorithm: Checksum, sum: &[u8]) -> Option<Sum> {
    let is_told = sum.iter().any(|byte| *byte != 0);
    let digest = Digest::from_bytes(sum).filter(|_| is_told)?;
    Some(Sum { algorithm, digest })
}
