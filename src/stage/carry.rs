//! Whose doing a difference is: every one that the record does not explain is somebody else's, and their
//! version is carried over.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::attrs;
use super::changes::{Ident, Record};
use super::error::{Doing, Error};
use super::home::Home;
use super::layout::{TMP, kind_of};
use super::level::open_own;
use super::outcome::Refused;
use super::survey::{Difference, Look, file_name};
use crate::sys::{self, Dir, Kind, Stat, Time, as_path};
use crate::tree::MetaChange;

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

    fn gone(&mut self, d: &Difference) -> io::Result<()> {
        let Some(look) = &d.ours else { return Ok(()) };
        match self.reach {
            Reach::Gentle => return Ok(()),
            Reach::Since(since) if look.born >= since => {
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

    fn late(&mut self, d: &Difference, look: &Look) -> io::Result<()> {
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
            return set_access(self.ours, &self.theirs.stat_self()?);
        }
        let parent = d.path.parent().unwrap_or(Path::new(""));
        let Some(dir) = self.make_parents(parent)? else {
            self.out.late.retain(|path| *path != d.path);
            self.out.stays.push(d.path.clone());
            return Ok(());
        };
        let name = file_name(&d.path);
        let now = dir.try_stat(name)?;
        if look.is_dir {
            if now.is_some_and(|now| now.is_dir()) {
                let theirs = self.theirs.open_beneath(&d.path)?.stat_self()?;
                return set_access(&open_own(&dir, name)?, &theirs);
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
            (Some(theirs), Some(ours)) if !theirs.is_dir && !ours.is_dir => {
                matches!(self.record.get(&d.path), Some((_, Some(new))) if new == ours.ident)
            }
            (Some(theirs), Some(ours)) => theirs.is_dir && ours.is_dir,
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
