//! What two trees differ in. `theirs` is the tree that others know and write to, `ours` the one that takes
//! its place.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::changes::{Ident, path_hash};
use super::error::{Doing, Error};
use super::home::Home;
use super::journal::{nanos, now};
use super::layout::kind_of;
use super::pairs::pairs;
use crate::sys::{self, Dir, Kind, Object, Stat, Time, as_path, lock};

/// One path at which two trees differ.
#[derive(Debug)]
pub(super) struct Difference {
    pub path: PathBuf,
    pub theirs: Option<Look>,
    pub ours: Option<Look>,
}

/// What is remembered of an object that was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub ident: Ident,
    pub is_dir: bool,
    pub ino: u64,
    /// When it, or one of its names, was changed last, nanoseconds since 1970.
    pub changed: i64,
    /// Its birth, nanoseconds since 1970.
    pub born: i64,
}

impl Look {
    fn at(stat: &Stat) -> Look {
        Look {
            ident: Ident::of(stat),
            is_dir: stat.is_dir(),
            ino: stat.ino,
            changed: nanos(stat.ctime),
            born: nanos(stat.btime),
        }
    }
}

/// When and where a tree was looked through: what is done to it later shows in the times of its
/// directories.
#[derive(Debug)]
pub(super) struct Seen {
    /// By the clock of the file system, nanoseconds since 1970, before the look.
    pub since: i64,
    /// The root of `theirs`, whose own times the exchange moves; none after a crash.
    root: Option<Stat>,
    /// The root of `theirs` was written to after the look.
    pub busy: bool,
    /// Directories of `theirs` in order of path; none when there were too many to remember.
    dirs: Option<Vec<SeenDir>>,
}

/// A directory of `theirs` that was looked through.
#[derive(Debug)]
struct SeenDir {
    path: PathBuf,
    /// When names in that of `ours` last changed; none where `ours` had none.
    ours: Option<Time>,
}

impl Seen {
    /// What a crash leaves of a look.
    pub fn since(since: i64) -> Seen {
        Seen {
            since,
            root: None,
            busy: false,
            dirs: None,
        }
    }

    /// The tree was looked through once more.
    pub fn again(&mut self, since: i64) {
        self.since = since;
        self.busy = false;
    }

    /// Takes note of the root just before the exchange, which moves its times.
    pub fn note_root(&mut self, theirs: &Stat) {
        self.busy |= nanos(theirs.ctime) >= self.since;
    }

    /// Whether the names in a directory of `theirs` are those that were seen.
    fn is_quiet(&self, path: &Path, theirs: &Stat) -> bool {
        if !path.as_os_str().is_empty() {
            return nanos(theirs.ctime) < self.since;
        }
        let as_seen = self.root.is_none_or(|root| root.mtime == theirs.mtime);
        !self.busy && as_seen && nanos(theirs.mtime) < self.since
    }

    /// Whether mode or owner of a directory of `theirs` may be others than those that were seen.
    fn may_differ(&self, path: &Path, theirs: &Stat) -> bool {
        if !path.as_os_str().is_empty() {
            return !self.is_quiet(path, theirs);
        }
        let root = self.root.as_ref();
        root.is_some_and(|root| Ident::of(root) != Ident::of(theirs))
    }

    /// When names in a directory of `ours` had last changed at the time of the look, if that is known.
    pub fn changed(&self, path: &Path) -> Option<Time> {
        let dirs = self.dirs.as_ref()?;
        let at = dirs.binary_search_by(|dir| dir.path.as_path().cmp(path));
        dirs[at.ok()?].ours
    }
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
        return Ok(walk(theirs, ours, Some(seen), None)?.0);
    };
    let walk = Walk::new(Some(seen));
    for SeenDir { path, .. } in dirs {
        let look = || -> io::Result<()> {
            if !path.as_os_str().is_empty() && !was_changed(theirs, path, seen.since)? {
                return Ok(());
            }
            let Some(dir) = there(theirs.open_beneath(path))? else {
                return Ok(());
            };
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

/// Whether a directory was written to since; one call for each of those that were not.
fn was_changed(root: &Dir, path: &Path, since: i64) -> io::Result<bool> {
    use std::os::unix::ffi::OsStrExt;
    match root.try_stat(path.as_os_str().as_bytes()) {
        Ok(stat) => Ok(stat.is_some_and(|stat| nanos(stat.ctime) >= since)),
        Err(e) if e.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(e) => Err(e),
    }
}

/// An opened directory; none where there is no such directory.
pub(super) fn there(opened: io::Result<Dir>) -> io::Result<Option<Dir>> {
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

/// Finds every difference of names, types, inodes, and of modes and owners of directories; of those
/// that `since` does not know to be as they were. What lies below a directory that only `ours` has is
/// not looked at.
fn walk(
    theirs: &Dir,
    ours: &Dir,
    since: Option<&Seen>,
    levelled: Option<i64>,
) -> Result<(Vec<Difference>, Option<Vec<SeenDir>>), Error> {
    let walk = Walk {
        levelled,
        ..Walk::new(since)
    };
    let open = || Ok((theirs.reopen()?, ours.reopen()?));
    let (theirs, ours) = open().doing("open the tree", "")?;
    walk.dir(&theirs, Some(&ours), Path::new(""));
    walk.end()
}

/// Looks through two trees; also says when and where, for [`differences_since`]. Where `ours` was made like
/// `theirs` at a time (nanoseconds since 1970), directories are compared by their extended attributes too,
/// those of them that were changed since.
pub(super) fn look(
    home: &Home,
    theirs: &Dir,
    ours: &Dir,
    levelled: Option<i64>,
) -> Result<(Vec<Difference>, Seen), Error> {
    let since = now(home)?;
    let root = theirs.stat_self().doing("look at the tree", "")?;
    let (found, dirs) = walk(theirs, ours, None, levelled)?;
    let seen = Seen {
        root: Some(root),
        dirs,
        ..Seen::since(since)
    };
    Ok((found, seen))
}

struct Walk<'a> {
    since: Option<&'a Seen>,
    levelled: Option<i64>,
    found: Mutex<Vec<Difference>>,
    dirs: Mutex<Vec<SeenDir>>,
    failure: Mutex<Option<(PathBuf, io::Error)>>,
}

/// A directory of `theirs`.
struct Subdir {
    name: Vec<u8>,
    /// `ours` has it too.
    both: bool,
}

impl<'a> Walk<'a> {
    fn new(since: Option<&'a Seen>) -> Walk<'a> {
        Walk {
            since,
            levelled: None,
            found: Mutex::default(),
            dirs: Mutex::default(),
            failure: Mutex::default(),
        }
    }

    fn dir(&self, theirs: &Dir, ours: Option<&Dir>, path: &Path) {
        if let Err(e) = self.try_dir(theirs, ours, path) {
            let mut failure = lock(&self.failure);
            failure.get_or_insert((path.to_owned(), e));
        }
    }

    fn add(&self, path: PathBuf, theirs: Option<Stat>, ours: Option<Stat>) {
        let mut found = lock(&self.found);
        found.push(Difference {
            path,
            theirs: theirs.as_ref().map(Look::at),
            ours: ours.as_ref().map(Look::at),
        });
    }

    fn remember(&self, path: &Path, ours: Option<&Stat>) {
        let mut dirs = lock(&self.dirs);
        if dirs.len() <= REMEMBERED {
            let (path, ours) = (path.to_owned(), ours.map(|stat| stat.mtime));
            dirs.push(SeenDir { path, ours });
        }
    }

    fn try_dir(&self, theirs: &Dir, ours: Option<&Dir>, path: &Path) -> io::Result<()> {
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
        let mut quiet = false;
        let own = ours.map(Dir::stat_self).transpose()?;
        self.remember(path, own.as_ref());
        if let Some(own) = own {
            let stat = theirs.stat_self()?;
            quiet = self.since.is_some_and(|seen| seen.is_quiet(path, &stat));
            let may_differ = self.since.is_none_or(|seen| seen.may_differ(path, &stat));
            if may_differ
                && (Ident::of(&stat) != Ident::of(&own)
                    || self.has_other_xattrs(theirs, &stat, ours)?)
            {
                self.add(path.to_owned(), Some(stat), Some(own));
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
            if quiet && !both {
                continue;
            }
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

    /// Whether a directory that was changed since `ours` was made like it has other attributes now.
    fn has_other_xattrs(&self, theirs: &Dir, stat: &Stat, ours: Option<&Dir>) -> io::Result<bool> {
        let Some(ours) = ours.filter(|_| self.levelled.is_some_and(|at| nanos(stat.ctime) >= at))
        else {
            return Ok(false);
        };
        let all = |dir: &Dir| {
            let read = Object::Open(dir.as_file()).read(|_| true);
            read.map_err(|(_, e)| e)
        };
        Ok(all(theirs)? != all(ours)?)
    }

    /// What was found, in order of path, and the directories that were seen.
    fn end(self) -> Result<(Vec<Difference>, Option<Vec<SeenDir>>), Error> {
        fn taken<T>(lock: Mutex<T>) -> T {
            lock.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
        if let Some((path, e)) = taken(self.failure) {
            return Err(e).doing("look at", path);
        }
        let mut found = taken(self.found);
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut dirs = taken(self.dirs);
        dirs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
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
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                self.closed(theirs, ours, name, below);
            }
            Err(e) => self.fail(below, e),
        }
    }

    fn fail(&self, path: PathBuf, e: io::Error) {
        let mut failure = lock(&self.failure);
        failure.get_or_insert((path, e));
    }

    /// Looks at a directory that keeps this user out only from outside: what is below it is not looked at.
    fn closed(&self, theirs: &Dir, ours: Option<&Dir>, name: &[u8], path: PathBuf) {
        let Some(ours) = ours else { return };
        match (theirs.try_stat(name), ours.try_stat(name)) {
            (Ok(Some(a)), Ok(Some(b))) if Ident::of(&a) != Ident::of(&b) => {
                self.add(path, Some(a), Some(b));
            }
            (Ok(_), Ok(_)) => {}
            (Err(e), _) | (_, Err(e)) => self.fail(path, e),
        }
    }
}

/// The paths that differ, for reading no more of the record than is needed.
pub(super) fn wanted(found: &[Difference]) -> HashSet<u64> {
    found.iter().map(|d| path_hash(&d.path)).collect()
}

/// The last component of a relative path.
pub(super) fn file_name(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.file_name().map_or(b"", OsStrExt::as_bytes)
}
