//! The source as a peer lists it: directories that fill as lists arrive.
//!
//! A directory is filled once, by the one list that is about it; who looks into it before waits. Lists are held by
//! the directories that they fill, so that memory comes free as directories are through.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use crate::sys::{Kind, Stat, Time};
use crate::wire::flist::{DirKind, Entry, FileType, IdKind, IdNames, Link, List, Name};

/// Whom the peer's ids stand for here; ids that it tells no name of stand for themselves.
pub(in crate::engine) type LocalId = dyn Fn(IdKind, u32, &[u8]) -> Option<u32> + Send + Sync;

/// What all directories of one session share.
pub(in crate::engine) struct Arrivals {
    /// Whether no list will come any more.
    over: Mutex<bool>,
    changed: Condvar,
    ids: Mutex<HashMap<(bool, u32), u32>>,
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
    /// Whether all that is in it is listed.
    content: bool,
    /// What the first list has of a directory that gets a list of its own as well.
    early: Mutex<Vec<Lot>>,
    inside: OnceLock<Vec<Lot>>,
    turn: Mutex<Option<Arc<Turn>>>,
    passed_over: AtomicBool,
}

/// What one list has of a directory, each part in the order of its names.
struct Lot {
    list: Arc<List>,
    /// How many entries were in lists before.
    before: u64,
    leaves: Vec<u32>,
    dirs: Vec<(Box<[u8]>, Child)>,
}

/// A directory as the one around it knows it. Where each has a list of its own it is let go when it is entered, so
/// that memory does not grow with the tree.
enum Child {
    Kept(Listed),
    Lent(Mutex<Lent>),
}

enum Lent {
    Waiting(Listed),
    Entered(Weak<Cell>),
}

impl Child {
    fn new(listed: Listed, lends: bool) -> Child {
        match lends {
            true => Child::Lent(Mutex::new(Lent::Waiting(listed))),
            false => Child::Kept(listed),
        }
    }

    /// The directory, if somebody still has it.
    fn peek(&self) -> Option<Listed> {
        match self {
            Child::Kept(listed) => Some(listed.clone()),
            Child::Lent(lent) => match &*lock(lent) {
                Lent::Waiting(listed) => Some(listed.clone()),
                Lent::Entered(cell) => cell.upgrade().map(Listed),
            },
        }
    }

    fn enter(&self) -> Option<Listed> {
        let listed = self.peek()?;
        if let Child::Lent(lent) = self {
            *lock(lent) = Lent::Entered(Arc::downgrade(&listed.0));
        }
        Some(listed)
    }
}

impl Arrivals {
    pub(in crate::engine) fn new(local: Box<LocalId>) -> Arc<Arrivals> {
        Arc::new(Arrivals {
            over: Mutex::new(false),
            changed: Condvar::new(),
            ids: Mutex::default(),
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

    /// No list will come any more, whether all came or the peer is gone.
    pub(in crate::engine) fn end(&self) {
        *lock(&self.over) = true;
        self.changed.notify_all();
    }

    fn id(&self, is_group: bool, id: u32) -> u32 {
        lock(&self.ids).get(&(is_group, id)).copied().unwrap_or(id)
    }

    /// Metadata of a directory; none where it is only on the way.
    fn stat_of_dir(&self, entry: &Entry<'_>, passes_implied: bool) -> Option<Stat> {
        let is_passed = passes_implied && entry.dir == DirKind::Implied;
        (!is_passed).then(|| self.stat(entry))
    }

    fn stat(&self, entry: &Entry<'_>) -> Stat {
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
    fn new(list: &Arc<List>, before: u64) -> Lot {
        Lot {
            list: Arc::clone(list),
            before,
            leaves: Vec::new(),
            dirs: Vec::new(),
        }
    }

    fn base(&self, ndx: u32) -> &[u8] {
        self.list.get(ndx).map_or(&[], |entry| entry.name.base)
    }

    /// Sorts by name: the protocol's order is nearly that.
    fn arrange(&mut self) {
        let list = Arc::clone(&self.list);
        let base = |ndx: &u32| list.get(*ndx).map_or(&[][..], |entry| entry.name.base);
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
    fn new(arrivals: &Arc<Arrivals>, stat: Option<Stat>, content: bool) -> Listed {
        Listed(Arc::new(Cell {
            arrivals: Arc::clone(arrivals),
            stat,
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

    /// Whether all that is in it belongs to the transfer.
    pub(in crate::engine) fn is_content(&self) -> bool {
        self.0.content
    }

    /// All names with whether they are directories; waits for the list.
    ///
    /// # Errors
    /// The session ended before the list came.
    pub(in crate::engine) fn names(&self) -> io::Result<impl Iterator<Item = (&[u8], bool)>> {
        let lots = self.inside()?.iter();
        Ok(lots.flat_map(|lot| {
            let leaves = lot.leaves.iter().map(|ndx| (lot.base(*ndx), false));
            leaves.chain(lot.dirs.iter().map(|(name, _)| (&**name, true)))
        }))
    }

    /// How many entries are below it, as far as is known without waiting; no more than two are counted.
    pub(in crate::engine) fn count(&self) -> usize {
        let lots = self.0.inside.get().into_iter().flatten();
        let mut count = 0;
        for lot in lots {
            count += lot.leaves.len() + lot.dirs.len();
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
            over = arrivals
                .changed
                .wait(over)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fill(&self, lot: Option<Lot>, turn: Option<Arc<Turn>>) {
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
        cell.arrivals.changed.notify_all();
        if passed_over {
            self.pass_over();
        }
    }
}

/// Puts the lists of a session together to directories.
pub(in crate::engine) struct Assembly {
    arrivals: Arc<Arrivals>,
    /// Whether each directory gets a list of its own.
    incremental: bool,
    /// `--no-implied-dirs`: directories that are listed only because something below them was named are on the way.
    passes_implied: bool,
    /// Entries of all lists so far.
    listed: u64,
    /// Directories whose list is still to come, by their numbers.
    awaited: HashMap<u32, Listed>,
}

/// A list has an entry that nothing can be done with; the path is within the transfer.
#[derive(Debug)]
pub(in crate::engine) struct Stray(pub Vec<u8>);

impl Assembly {
    pub(in crate::engine) fn new(
        arrivals: Arc<Arrivals>,
        incremental: bool,
        passes_implied: bool,
    ) -> Assembly {
        Assembly {
            arrivals,
            incremental,
            passes_implied,
            listed: 0,
            awaited: HashMap::new(),
        }
    }

    /// Takes in the first list, all of the tree or its top; gives the root, which is on the way to what is
    /// listed unless it is listed itself.
    ///
    /// # Errors
    /// An entry that lies in something that is no directory.
    pub(in crate::engine) fn first(
        &mut self,
        list: &Arc<List>,
        turn: Option<Arc<Turn>>,
    ) -> Result<Listed, Stray> {
        self.listed = u64::from(list.len());
        let own = list.iter().find(|(_, entry)| is_root(entry));
        let stat = own.as_ref().map(|(_, entry)| self.arrivals.stat(entry));
        let content = own.is_some_and(|(_, entry)| entry.dir.has_content());
        let root = Listed::new(&self.arrivals, stat, content);
        let mut growing = Growing {
            arrivals: &self.arrivals,
            passes_implied: self.passes_implied,
            incremental: self.incremental,
            list,
            dirs: vec![(root.clone(), Lot::new(list, 0))],
            by_path: HashMap::from([(Box::from(&b""[..]), 0)]),
        };
        let mut numbered = Vec::new();
        for (ndx, entry) in list.iter().filter(|(_, entry)| !is_root(entry)) {
            let parent = growing.find(entry.name.dir)?;
            if entry.is_dir() {
                let at = growing.add(parent, entry.name.base, Some(&entry), entry.name.dir)?;
                numbered.push((ndx, at));
            } else if entry.file_type() != FileType::Missing {
                growing.dirs[parent].1.leaves.push(ndx);
            }
        }
        let Growing { dirs, .. } = growing;
        let mut waits = vec![false; dirs.len()];
        if self.incremental {
            let numbers = numbers(list);
            for (ndx, at) in numbered {
                let listed = &dirs[at].0;
                if let Some(number) = numbers.get(&ndx) {
                    waits[at] = true;
                    self.awaited.insert(*number, listed.clone());
                }
            }
        }
        let mut turn = Some(turn).flatten();
        for ((listed, mut lot), waits) in dirs.into_iter().zip(waits) {
            lot.arrange();
            match waits {
                true => lock(&listed.0.early).push(lot),
                false => listed.fill(Some(lot), turn.clone()),
            }
        }
        drop(turn.take());
        Ok(root)
    }

    /// Takes in the list of the directory with this number.
    ///
    /// # Errors
    /// An entry that is not of that directory.
    pub(in crate::engine) fn arrived(
        &mut self,
        number: u32,
        list: &Arc<List>,
        turn: Arc<Turn>,
    ) -> Result<(), Stray> {
        let before = self.listed;
        self.listed += u64::from(list.len());
        let Some(listed) = self.awaited.remove(&number) else {
            // Nobody looks into it: it is a name that stands twice in a list, say.
            return Ok(());
        };
        let mut lot = Lot::new(list, before);
        let numbers = numbers(list);
        let mut inside: Option<&[u8]> = None;
        for (ndx, entry) in list.iter() {
            if *inside.get_or_insert(entry.name.dir) != entry.name.dir {
                return Err(Stray([entry.name.dir, b"/", entry.name.base].concat()));
            }
            if entry.is_dir() {
                let content = entry.dir.has_content();
                let stat = self.arrivals.stat_of_dir(&entry, self.passes_implied);
                let dir = Listed::new(&self.arrivals, stat, content);
                match numbers.get(&ndx) {
                    Some(number) => drop(self.awaited.insert(*number, dir.clone())),
                    None => dir.fill(None, None),
                }
                lot.dirs
                    .push((entry.name.base.into(), Child::new(dir, true)));
            } else if entry.file_type() != FileType::Missing {
                lot.leaves.push(ndx);
            }
        }
        lot.arrange();
        listed.fill(Some(lot), Some(turn));
        Ok(())
    }

    /// All lists came: what still waits for one has none.
    pub(in crate::engine) fn end(&mut self) {
        for (_, listed) in self.awaited.drain() {
            listed.fill(None, None);
        }
        self.arrivals.end();
    }
}

/// The first list while it is put together.
struct Growing<'g> {
    arrivals: &'g Arc<Arrivals>,
    passes_implied: bool,
    incremental: bool,
    list: &'g Arc<List>,
    dirs: Vec<(Listed, Lot)>,
    by_path: HashMap<Box<[u8]>, usize>,
}

impl Growing<'_> {
    /// The directory with this path, made where it is not listed but only on the way.
    fn find(&mut self, path: &[u8]) -> Result<usize, Stray> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        if let Some(at) = self.by_path.get(path) {
            return Ok(*at);
        }
        let (parent, base) = match path.iter().rposition(|b| *b == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        let at = self.find(parent)?;
        self.add(at, base, None, parent)
    }

    fn add(
        &mut self,
        parent: usize,
        base: &[u8],
        entry: Option<&Entry<'_>>,
        dir: &[u8],
    ) -> Result<usize, Stray> {
        let path = match dir.strip_suffix(b"/").unwrap_or(dir) {
            b"" => base.to_vec(),
            dir => [dir, b"/", base].concat(),
        };
        if base.is_empty() || self.by_path.contains_key(&path[..]) {
            return Err(Stray(path));
        }
        let stat = entry.and_then(|entry| self.arrivals.stat_of_dir(entry, self.passes_implied));
        let content = entry.is_some_and(|entry| entry.dir.has_content());
        let listed = Listed::new(self.arrivals, stat, content);
        let at = self.dirs.len();
        let child = Child::new(listed.clone(), self.incremental);
        self.dirs[parent].1.dirs.push((base.into(), child));
        self.dirs.push((listed, Lot::new(self.list, 0)));
        self.by_path.insert(path.into(), at);
        Ok(at)
    }
}

fn is_root(entry: &Entry<'_>) -> bool {
    entry.name.dir.is_empty() && entry.name.base == b"."
}

/// The numbers of a list's directories, by their indices.
fn numbers(list: &List) -> HashMap<u32, u32> {
    list.numbered_directories().collect()
}

fn lock<T: ?Sized>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
