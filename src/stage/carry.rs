//! Whose doing a difference is: every one that the record does not explain is somebody else's, and their
//! version is carried over.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::attrs;
use super::changes::{Ident, Record};
use super::error::{Doing, Error};
use super::home::Home;
use super::journal::nanos;
use super::layout::{TMP, kind_of};
use super::level::open_own;
use super::outcome::Refused;
use super::survey::{Difference, Look, Seen, file_name, there};
use crate::sys::{self, Dir, Kind, Object, Stat, Time, as_path, xattrs};
use crate::tree::MetaChange;

/// The name of what is on its way into a tree.
const LATE: &[u8] = b"late";
/// The name of what is on its way out.
const OUT: &[u8] = b"out";

/// How far carrying over may go.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reach<'a> {
    /// `ours` is private: their version always wins.
    Whole,
    /// The same, but what was made in `ours` since this time (nanoseconds since 1970) stays.
    Since(i64),
    /// `ours` is live: only what cannot hurt others is done.
    Live(Live<'a>),
}

/// What tells, in a tree that lives already, what came from its own life.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live<'a> {
    /// Before this time (nanoseconds since 1970) it did not live yet.
    pub since: i64,
    /// The last look before.
    pub seen: Option<&'a Seen>,
    /// The switch was an undo: what people removed stays removed.
    pub undo: bool,
}

/// What came of carrying over.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// Paths of others that were carried over.
    pub late: Vec<PathBuf>,
    /// Paths whose version of others stays where it is, since taking it over could hurt.
    pub stays: Vec<PathBuf>,
    /// Entries whose metadata, put off until after the switch, could not be changed.
    pub refused: Vec<Refused>,
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
    reach: Reach<'_>,
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

struct Carry<'a> {
    record: &'a Record,
    theirs: &'a Dir,
    ours: &'a Dir,
    home: &'a Home,
    reach: Reach<'a>,
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
            // People removed what a run had changed: taking that back must not bring it again.
            (None, Some((Some(_), Some(_)))) if self.takes_back() => return self.gone(d),
            (None, Some((_, Some(_)))) => self.explained(d),
            // It is gone in theirs, and was never ours.
            (None, _) => return self.gone(d),
            (Some(look), Some((Some(old), _))) if old == look.ident => self.explained(d),
            // A directory that goes and was only given other metadata.
            (Some(look), Some((Some(_), None))) if look.is_dir => self.explained(d),
            (Some(look), _) => return self.late(d, look),
        }
        Ok(())
    }

    fn explained(&mut self, d: &Difference) {
        self.out.ours += 1;
        if let Some(look) = d.theirs.as_ref().filter(|look| !look.is_dir) {
            self.out.replaced.push((d.path.clone(), look.ident));
        }
    }

    fn takes_back(&self) -> bool {
        matches!(
            self.reach,
            Reach::Since(_) | Reach::Live(Live { undo: true, .. })
        )
    }

    fn gone(&mut self, d: &Difference) -> io::Result<()> {
        let Some(look) = &d.ours else { return Ok(()) };
        let reach = self.reach;
        match reach {
            Reach::Since(since) if look.born >= since => {
                self.out.stays.push(d.path.clone());
                return Ok(());
            }
            Reach::Live(live) if look.born >= live.since => return Ok(()),
            Reach::Live(live) if !self.is_calm(live, parent_of(&d.path))? => {
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
        if look.is_dir {
            self.prune(&dir, &name, &d.path)?;
        } else if !self.take_out(&dir, &name, look.ino)? {
            self.leave(&d.path);
        }
        Ok(())
    }

    /// Removes from a directory that others removed what is not our work; says whether all went.
    fn prune(&mut self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<bool> {
        let child = open_own(dir, name)?;
        if let Reach::Live(live) = self.reach
            && !self.is_calm(live, path)?
        {
            return Ok(false);
        }
        let mut all = true;
        for item in child.list()?.iter() {
            let below = path.join(as_path(item.name));
            let is_ours = matches!(self.record.get(&below), Some((_, Some(_))));
            if is_ours {
                all = false;
            } else if kind_of(&child, &item)? == Kind::Dir {
                all &= self.prune(&child, item.name, &below)?;
            } else {
                let stat = child.stat(item.name)?;
                all &= self.take_out(&child, item.name, stat.ino)?;
            }
        }
        if all {
            self.times.remove(path);
            dir.remove_dir(name)?;
        }
        Ok(all)
    }

    /// Removes a name that is not a directory; one that others took for something else meanwhile is
    /// theirs again. Says whether it went.
    fn take_out(&self, dir: &Dir, name: &[u8], ino: u64) -> io::Result<bool> {
        if !matches!(self.reach, Reach::Live(_)) {
            return dir.unlink(name).map(|()| true);
        }
        let tmp = self.tmp()?;
        match dir.rename(name, &tmp, OUT) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(true),
            other => other?,
        }
        if tmp.stat(OUT)?.ino == ino {
            return tmp.unlink(OUT).map(|()| true);
        }
        tmp.rename_new(OUT, dir, name)?;
        Ok(false)
    }

    /// A directory of the state, with free names for what is on its way.
    fn tmp(&self) -> io::Result<Dir> {
        let tmp = self.home.sub_or_make(TMP);
        let tmp = tmp.map_err(|e| io::Error::other(e.to_string()))?;
        tmp.remove_all(LATE)?;
        tmp.remove_all(OUT)?;
        Ok(tmp)
    }

    fn late(&mut self, d: &Difference, look: &Look) -> io::Result<()> {
        if !self.may_take(d)? {
            self.out.stays.push(d.path.clone());
            return Ok(());
        }
        self.name(&d.path);
        if self.dry_run {
            return Ok(());
        }
        sys::cut::point("carry.late");
        if d.path.as_os_str().is_empty() {
            return self.set_access(&d.path, self.ours, self.theirs);
        }
        let parent = parent_of(&d.path);
        let Some(dir) = self.make_parents(parent)? else {
            self.leave(&d.path);
            return Ok(());
        };
        let name = file_name(&d.path);
        let now = dir.try_stat(name)?;
        let done = match &now {
            Some(now) if look.is_dir && now.is_dir() => {
                let theirs = self.theirs.open_beneath(&d.path)?;
                return self.set_access(&d.path, &open_own(&dir, name)?, &theirs);
            }
            _ if !self.is_still(now.as_ref(), d.ours.as_ref()) => false,
            Some(now) if look.is_dir || now.is_dir() => {
                let free = self.make_free(&dir, name, now, &d.path)?;
                free && self.put(look, parent, &dir, name, None)?
            }
            now => self.put(look, parent, &dir, name, now.as_ref())?,
        };
        if !done {
            self.leave(&d.path);
        }
        Ok(())
    }

    /// Gives a directory owner and mode of theirs, and their extended attributes, unless the run gave it some.
    fn set_access(&self, path: &Path, dir: &Dir, theirs: &Dir) -> io::Result<()> {
        if self.record.get(path).is_none() {
            let (from, to) = (Object::Open(theirs.as_file()), Object::Open(dir.as_file()));
            match xattrs::copy(from, to) {
                // What this user may not give.
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {}
                copied => copied?,
            }
        }
        copy_access(dir, &theirs.stat_self()?)
    }

    /// Whether a name in a live tree is what it was when it was looked at.
    fn is_still(&self, now: Option<&Stat>, seen: Option<&Look>) -> bool {
        let same = now.map(|now| now.ino) == seen.map(|seen| seen.ino);
        same || !matches!(self.reach, Reach::Live(_))
    }

    /// Gives `ours` what theirs is, a directory without its content; says whether it got it.
    fn put(
        &mut self,
        look: &Look,
        parent: &Path,
        dir: &Dir,
        name: &[u8],
        now: Option<&Stat>,
    ) -> io::Result<bool> {
        if !look.is_dir {
            return self.place(parent, dir, name, now);
        }
        match dir.make_dir(name, 0o700) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            other => other?,
        }
        self.made.push(parent.join(as_path(name)));
        Ok(true)
    }

    /// Frees a name for something of another kind; says whether it is free.
    fn make_free(&mut self, dir: &Dir, name: &[u8], now: &Stat, path: &Path) -> io::Result<bool> {
        match self.reach {
            Reach::Live(_) if now.is_dir() => self.prune(dir, name, path),
            Reach::Live(_) => self.take_out(dir, name, now.ino),
            _ => dir.remove_all(name).map(|()| true),
        }
    }

    /// Gives their object its name in `ours` too, where `now` is; says whether it got it.
    fn place(&self, parent: &Path, dir: &Dir, name: &[u8], now: Option<&Stat>) -> io::Result<bool> {
        let tmp = self.tmp()?;
        match self.theirs.open_beneath(parent)?.link(name, &tmp, LATE) {
            // They took it away again.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        }
        sys::cut::point("carry.place");
        let (Reach::Live(_), Some(now)) = (self.reach, now) else {
            return match tmp.rename_new(LATE, dir, name) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                Err(_) if matches!(self.reach, Reach::Live(_)) => Ok(false),
                Err(_) => tmp.rename(LATE, dir, name).map(|()| true),
                Ok(()) => Ok(true),
            };
        };
        match tmp.exchange(LATE, dir, name) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        }
        if tmp.stat(LATE)?.same_object(now) {
            return Ok(true);
        }
        // Somebody put something there in this very moment: that stays.
        tmp.exchange(LATE, dir, name)?;
        Ok(false)
    }

    /// Whether putting their version into `ours` cannot undo what somebody did there since.
    fn may_take(&mut self, d: &Difference) -> io::Result<bool> {
        let Reach::Live(live) = self.reach else {
            return Ok(true);
        };
        Ok(match (&d.theirs, &d.ours) {
            (_, None) => true,
            (Some(theirs), Some(ours)) if theirs.is_dir && ours.is_dir => true,
            (_, Some(ours)) => match self.record.get(&d.path) {
                Some((_, Some(new))) if !ours.is_dir => new == ours.ident,
                _ => self.is_calm(live, parent_of(&d.path))?,
            },
        })
    }

    /// Whether no name in a directory of `ours` was changed since it came to live.
    fn is_calm(&mut self, live: Live<'_>, path: &Path) -> io::Result<bool> {
        if self.made.iter().any(|made| made == path) {
            return Ok(true);
        }
        let Some(dir) = there(self.ours.open_beneath(path))? else {
            return Ok(false);
        };
        self.note_time(&dir, path)?;
        let Some((now, _)) = self.times.get(path) else {
            return Ok(false);
        };
        Ok(match live.seen.and_then(|seen| seen.changed(path)) {
            Some(then) => then == *now,
            None => nanos(*now) < live.since,
        })
    }

    /// Their version stays where it is after all.
    fn leave(&mut self, path: &Path) {
        self.out.late.retain(|late| late != path);
        self.out.stays.push(path.to_owned());
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
                Err(_) if matches!(self.reach, Reach::Live(_)) && dir.try_stat(name)?.is_some() => {
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
                drop(attrs::apply_to_dir(&dir, &change)?);
            }
        }
        Ok(())
    }
}

fn parent_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn copy_access(dir: &Dir, like: &Stat) -> io::Result<()> {
    let change = MetaChange {
        mode: Some(like.mode),
        uid: Some(like.uid),
        gid: Some(like.gid),
        ..MetaChange::default()
    };
    attrs::apply_to_dir(dir, &change).map(drop)
}
