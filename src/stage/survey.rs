//! What two trees differ in, and whose doing it is. `theirs` is the tree that others know and write to,
//! `ours` the one that takes its place; every difference that the record does not explain is somebody
//! else's: their version is carried over.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::attrs;
use super::changes::{Ident, Record, path_hash};
use super::error::{Doing, Error};
use super::journal::{is_born_since, nanos, now};
use super::layout::{Home, TMP, kind_of};
use super::level::open_own;
use super::pairs::pairs;
use crate::sys::{self, Dir, Kind, Stat, Time, as_path};
use crate::tree::MetaChange;

/// One path at which two trees differ.
#[derive(Debug)]
pub(super) struct Difference {
    pub path: PathBuf,
    pub theirs: Option<Stat>,
    pub ours: Option<Stat>,
}

/// When and where a tree was looked through: what is done to it later shows in the times of its
/// directories.
#[derive(Debug)]
pub(super) struct Seen {
    /// By the clock of the file system, nanoseconds since 1970, before the look.
    pub since: i64,
    /// Directories of `theirs`; none when there were too many to remember.
    dirs: Option<Vec<PathBuf>>,
}

/// Directories that a look remembers: some ten MiB of paths.
const REMEMBERED: usize = 200_000;

/// Finds what became different since `seen`: only directories that were written to are looked through.
pub(super) fn differences_since(
    theirs: &Dir,
    ours: &Dir,
    seen: &Seen,
) -> Result<Vec<Difference>, Error> {
    let Some(dirs) = &seen.dirs else {
        return Ok(differences(theirs, ours)?.0);
    };
    let walk = Walk::default();
    for path in dirs {
        let look = || -> io::Result<()> {
            let Some(dir) = there(theirs.open_beneath(path))? else {
                return Ok(());
            };
            if nanos(dir.stat_self()?.ctime) < seen.since {
                return Ok(());
            }
            let ours = there(ours.open_beneath(path))?;
            let subdirs = walk.names(&dir, ours.as_ref(), path)?;
            for name in subdirs.iter().filter(|s| !s.both).map(|s| &s.name) {
                walk.subdir(&dir, None, name, path);
            }
            Ok(())
        };
        look().doing("look at", path)?;
    }
    let (mut found, _) = walk.end()?;
    // A directory that only theirs has may be known and was found with its parent, too.
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

fn there(opened: io::Result<Dir>) -> io::Result<Option<Dir>> {
    match opened {
        Ok(dir) => Ok(Some(dir)),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Finds every difference of names, types, inodes, and of modes and owners of directories. What lies
/// below a directory that only `ours` has is not looked at.
pub(super) fn differences(
    theirs: &Dir,
    ours: &Dir,
) -> Result<(Vec<Difference>, Option<Vec<PathBuf>>), Error> {
    let walk = Walk::default();
    let open = || Ok((theirs.reopen()?, ours.reopen()?));
    let (theirs, ours) = open().doing("open the tree", "")?;
    walk.dir(&theirs, Some(&ours), Path::new(""));
    walk.end()
}

/// Looks through two trees; also says when and where, for [`differences_since`].
pub(super) fn look(
    home: &Home,
    theirs: &Dir,
    ours: &Dir,
) -> Result<(Vec<Difference>, Seen), Error> {
    let since = now(home)?;
    let (found, dirs) = differences(theirs, ours)?;
    Ok((found, Seen { since, dirs }))
}

#[derive(Default)]
struct Walk {
    found: Mutex<Vec<Difference>>,
    dirs: Mutex<Vec<PathBuf>>,
    failure: Mutex<Option<(PathBuf, io::Error)>>,
}

/// A directory of `theirs`.
struct Subdir {
    name: Vec<u8>,
    /// `ours` has it too.
    both: bool,
}

impl Walk {
    fn dir(&self, theirs: &Dir, ours: Option<&Dir>, path: &Path) {
        if let Err(e) = self.try_dir(theirs, ours, path) {
            let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
            failure.get_or_insert((path.to_owned(), e));
        }
    }

    fn add(&self, path: PathBuf, theirs: Option<Stat>, ours: Option<Stat>) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push(Difference { path, theirs, ours });
    }

    fn try_dir(&self, theirs: &Dir, ours: Option<&Dir>, path: &Path) -> io::Result<()> {
        let mut dirs = self.dirs.lock().unwrap_or_else(PoisonError::into_inner);
        if dirs.len() <= REMEMBERED {
            dirs.push(path.to_owned());
        }
        drop(dirs);
        let subdirs = self.names(theirs, ours, path)?;
        rayon::scope(|scope| {
            for sub in &subdirs {
                let ours = ours.filter(|_| sub.both);
                scope.spawn(move |_| self.subdir(theirs, ours, &sub.name, path));
            }
        });
        Ok(())
    }

    /// Compares one pair of directories and their names.
    fn names(&self, theirs: &Dir, ours: Option<&Dir>, path: &Path) -> io::Result<Vec<Subdir>> {
        if let Some(ours) = ours {
            let (a, b) = (theirs.stat_self()?, ours.stat_self()?);
            if Ident::of(&a) != Ident::of(&b) {
                self.add(path.to_owned(), Some(a), Some(b));
            }
        }
        let mut theirs_list = theirs.list()?;
        theirs_list.sort();
        let mut ours_list = match ours {
            Some(ours) => ours.list()?,
            None => sys::Listing::default(),
        };
        ours_list.sort();
        let mut subdirs = Vec::new();
        for (a, b) in pairs(&theirs_list, &ours_list) {
            let kind = |dir: Option<&Dir>, item: Option<sys::Listed<'_>>| match (dir, item) {
                (Some(dir), Some(item)) => kind_of(dir, &item).map(Some),
                _ => Ok(None),
            };
            let (of_a, of_b) = (kind(Some(theirs), a)?, kind(ours, b)?);
            let both = of_a == Some(Kind::Dir) && of_b == Some(Kind::Dir);
            if let (Some(a), true) = (a, of_a == Some(Kind::Dir)) {
                let name = a.name.to_vec();
                subdirs.push(Subdir { name, both });
            }
            let same = of_a == of_b && a.map(|a| a.ino) == b.map(|b| b.ino);
            if both || same {
                continue;
            }
            let Some(name) = a.or(b).map(|item| item.name) else {
                continue;
            };
            let stat = |dir: &Dir, there: bool| match there {
                true => dir.try_stat(name),
                false => Ok(None),
            };
            let of_theirs = stat(theirs, a.is_some())?;
            let of_ours = match ours {
                Some(ours) => stat(ours, b.is_some())?,
                None => None,
            };
            self.add(path.join(as_path(name)), of_theirs, of_ours);
        }
        Ok(subdirs)
    }

    /// What was found, in order of path, and the directories that were seen.
    fn end(self) -> Result<(Vec<Difference>, Option<Vec<PathBuf>>), Error> {
        fn taken<T>(lock: Mutex<T>) -> T {
            lock.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
        if let Some((path, e)) = taken(self.failure) {
            return Err(e).doing("look at", path);
        }
        let mut found = taken(self.found);
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let dirs = taken(self.dirs);
        Ok((found, (dirs.len() <= REMEMBERED).then_some(dirs)))
    }

    fn subdir(&self, theirs: &Dir, ours: Option<&Dir>, name: &[u8], path: &Path) {
        let below = path.join(as_path(name));
        let open = || -> io::Result<Option<(Dir, Option<Dir>)>> {
            let theirs = match theirs.open_dir(name) {
                // Others may remove it while we look.
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
                other => other?,
            };
            Ok(Some((
                theirs,
                ours.map(|ours| ours.open_dir(name)).transpose()?,
            )))
        };
        match open() {
            Ok(Some((theirs, ours))) => self.dir(&theirs, ours.as_ref(), &below),
            Ok(None) => {}
            Err(e) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert((below, e));
            }
        }
    }
}

/// How far carrying over may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// `ours` is private: their version always wins.
    Whole,
    /// The same, but what was made in `ours` since this time (nanoseconds since 1970) stays.
    Since(i64),
    /// `ours` is live: only what cannot hurt others is done.
    Gentle,
}

/// What came of carrying over.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// Paths of others that were carried over.
    pub late: Vec<PathBuf>,
    /// Paths whose version of others stays where it is, since taking it over could hurt.
    pub stays: Vec<PathBuf>,
    /// Objects of `theirs` that our work replaces or removes, as they were.
    pub replaced: Vec<(PathBuf, Ident)>,
    /// Differences that are our work.
    pub ours: u64,
}

/// Sorts differences into our work and that of others, and carries the latter over into `ours`.
pub(super) fn carry(
    found: &[Difference],
    record: &Record,
    theirs: &Dir,
    ours: &Dir,
    home: &Home,
    reach: Reach,
    dry_run: bool,
) -> Result<Carried, Error> {
    let mut work = Carry {
        record,
        theirs,
        ours,
        home,
        reach,
        dry_run,
        out: Carried::default(),
        late: HashSet::new(),
        times: BTreeMap::new(),
        made: Vec::new(),
    };
    for difference in found {
        work.one(difference).doing("carry over", &difference.path)?;
    }
    work.finish().doing("set the times of directories", "")?;
    Ok(work.out)
}

/// The paths that differ, for reading no more of the record than is needed.
pub(super) fn wanted(found: &[Difference]) -> HashSet<u64> {
    found.iter().map(|d| path_hash(&d.path)).collect()
}

struct Carry<'a> {
    record: &'a Record,
    theirs: &'a Dir,
    ours: &'a Dir,
    home: &'a Home,
    reach: Reach,
    dry_run: bool,
    out: Carried,
    late: HashSet<PathBuf>,
    /// Times and modes of directories in `ours` that carrying moves, to be put back.
    times: BTreeMap<PathBuf, (Time, u32)>,
    /// Directories made for what is carried.
    made: Vec<PathBuf>,
}

impl Carry<'_> {
    fn one(&mut self, d: &Difference) -> io::Result<()> {
        let recorded = self.record.get(&d.path);
        let theirs = d.theirs.as_ref();
        match (theirs, recorded) {
            (None, Some((_, Some(_)))) => self.explained(d),
            // It is gone in theirs, and was never ours.
            (None, _) => return self.gone(d),
            (Some(stat), Some((Some(old), _))) if old == Ident::of(stat) => self.explained(d),
            // A directory that goes and was only given other metadata.
            (Some(stat), Some((Some(_), None))) if stat.is_dir() => self.explained(d),
            (Some(stat), _) => return self.late(d, stat),
        }
        Ok(())
    }

    fn explained(&mut self, d: &Difference) {
        self.out.ours += 1;
        if let Some(stat) = d.theirs.as_ref().filter(|stat| !stat.is_dir()) {
            self.out.replaced.push((d.path.clone(), Ident::of(stat)));
        }
    }

    fn gone(&mut self, d: &Difference) -> io::Result<()> {
        let Some(stat) = &d.ours else { return Ok(()) };
        match self.reach {
            Reach::Gentle => return Ok(()),
            Reach::Since(since) if is_born_since(stat, since) => {
                self.out.stays.push(d.path.clone());
                return Ok(());
            }
            _ => {}
        }
        self.name(&d.path);
        if self.dry_run {
            return Ok(());
        }
        let Some((dir, name)) = self.open_ours(&d.path)? else {
            return Ok(());
        };
        sys::cut::point("carry.gone");
        if stat.is_dir() {
            self.prune(&dir, &name, &d.path)?;
            return Ok(());
        }
        dir.unlink(&name)
    }

    /// Removes from a directory that others removed what is not our work; says whether all went.
    fn prune(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<bool> {
        let child = open_own(dir, name)?;
        let mut all = true;
        for item in child.list()?.iter() {
            let below = path.join(as_path(item.name));
            let is_ours = matches!(self.record.get(&below), Some((_, Some(_))));
            if is_ours {
                all = false;
            } else if kind_of(&child, &item)? == Kind::Dir {
                all &= self.prune(&child, item.name, &below)?;
            } else {
                child.unlink(item.name)?;
            }
        }
        if all {
            dir.remove_dir(name)?;
        }
        Ok(all)
    }

    fn late(&mut self, d: &Difference, stat: &Stat) -> io::Result<()> {
        if self.reach == Reach::Gentle && !self.is_gentle(d) {
            self.out.stays.push(d.path.clone());
            return Ok(());
        }
        self.name(&d.path);
        if self.dry_run {
            return Ok(());
        }
        sys::cut::point("carry.late");
        if d.path.as_os_str().is_empty() {
            return set_access(self.ours, stat);
        }
        let parent = d.path.parent().unwrap_or(Path::new(""));
        let Some(dir) = self.make_parents(parent)? else {
            self.out.late.retain(|path| *path != d.path);
            self.out.stays.push(d.path.clone());
            return Ok(());
        };
        let name = file_name(&d.path);
        let now = dir.try_stat(name)?;
        if stat.is_dir() {
            if now.is_some_and(|now| now.is_dir()) {
                return set_access(&open_own(&dir, name)?, stat);
            }
            dir.remove_all(name)?;
            dir.make_dir(name, 0o700)?;
            self.made.push(d.path.clone());
            return Ok(());
        }
        if now.is_some_and(|now| now.is_dir()) {
            dir.remove_all(name)?;
        }
        let source = self.theirs.open_beneath(parent)?;
        let tmp = self
            .home
            .sub_or_make(TMP)
            .map_err(|e| io::Error::other(e.to_string()))?;
        tmp.remove_all(b"late")?;
        source.link(name, &tmp, b"late")?;
        sys::cut::point("carry.place");
        tmp.rename(b"late", &dir, name)
    }

    /// Whether putting their version into the live tree cannot undo what somebody did there since.
    fn is_gentle(&self, d: &Difference) -> bool {
        match (&d.theirs, &d.ours) {
            (Some(_), None) => true,
            (Some(theirs), Some(ours)) if !theirs.is_dir() && !ours.is_dir() => {
                matches!(self.record.get(&d.path), Some((_, Some(new))) if new == Ident::of(ours))
            }
            (Some(theirs), Some(ours)) => theirs.is_dir() && ours.is_dir(),
            _ => false,
        }
    }

    fn name(&mut self, path: &Path) {
        let with_parent = path
            .parent()
            .is_some_and(|parent| !path.as_os_str().is_empty() && self.late.contains(parent));
        if !with_parent {
            self.out.late.push(path.to_owned());
        }
        self.late.insert(path.to_owned());
    }

    fn open_ours(&mut self, path: &Path) -> io::Result<Option<(Dir, Vec<u8>)>> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let dir = match self.ours.open_beneath(parent) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        self.note_time(&dir, parent)?;
        Ok(Some((dir, file_name(path).to_vec())))
    }

    fn note_time(&mut self, dir: &Dir, path: &Path) -> io::Result<()> {
        if !self.times.contains_key(path) && !self.made.iter().any(|made| made == path) {
            let stat = dir.stat_self()?;
            self.times.insert(path.to_owned(), (stat.mtime, stat.mode));
        }
        super::level::widen(dir)
    }

    /// Opens a directory of `ours`, made like theirs where it is missing; a non-directory in the way
    /// goes, unless `ours` is live.
    fn make_parents(&mut self, path: &Path) -> io::Result<Option<Dir>> {
        let mut dir = self.ours.reopen()?;
        let mut so_far = PathBuf::new();
        self.note_time(&dir, &so_far)?;
        for part in path.components() {
            so_far.push(part);
            let name = file_name(&so_far);
            match dir.open_dir(name) {
                Ok(child) => dir = child,
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => return Err(e),
                Err(_) if self.reach == Reach::Gentle && dir.try_stat(name)?.is_some() => {
                    return Ok(None);
                }
                Err(_) => {
                    dir.remove_all(name)?;
                    dir.make_dir(name, 0o700)?;
                    dir = dir.open_dir(name)?;
                    self.made.push(so_far.clone());
                }
            }
            self.note_time(&dir, &so_far)?;
        }
        Ok(Some(dir))
    }

    /// Metadata of directories last, the deepest first.
    fn finish(&mut self) -> io::Result<()> {
        self.made.sort_unstable();
        self.made.dedup();
        for path in self.made.iter().rev() {
            let (theirs, ours) = (self.theirs.open_beneath(path), self.ours.open_beneath(path));
            if let (Ok(theirs), Ok(ours)) = (theirs, ours) {
                attrs::level_dir(&theirs, &theirs.stat_self()?, &ours, &ours.stat_self()?)?;
            }
        }
        for (path, (mtime, mode)) in self.times.iter().rev() {
            if let Ok(dir) = self.ours.open_beneath(path) {
                let change = MetaChange {
                    mode: Some(*mode),
                    mtime: Some(*mtime),
                    ..MetaChange::default()
                };
                attrs::apply_to_dir(&dir, &change)?;
            }
        }
        Ok(())
    }
}

fn set_access(dir: &Dir, like: &Stat) -> io::Result<()> {
    let change = MetaChange {
        mode: Some(like.mode),
        uid: Some(like.uid),
        gid: Some(like.gid),
        mtime: None,
    };
    attrs::apply_to_dir(dir, &change)
}

pub(super) fn file_name(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.file_name().map_or(b"", OsStrExt::as_bytes)
}
