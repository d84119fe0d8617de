//! Large files that change a little: the older version becomes a delta against the newer one.

use std::io;
use std::path::{Path, PathBuf};

use super::coding;
use super::manifest::{Manifest, Whole};
use super::series::{Series, walk};
use super::stamp::Stamp;
use super::whole::{delta_name, patch, sum_of, within};
use crate::stage::attrs::finish_copy;
use crate::stage::error::{Doing, Error};
use crate::stage::layout::TMP;
use crate::stage::survey::file_name;
use crate::sys::{self, Kind, Stat};

/// Longest name that file systems take.
const NAME_MAX: usize = 255;

/// A file that is to become a delta.
struct Old<'a> {
    path: &'a Path,
    stat: Stat,
    /// The points that have it, by number: these and those between them.
    first: usize,
    last: usize,
}

impl Series {
    /// Makes deltas of the files of the point before `newest`, from `threshold` bytes on, that are others there.
    /// A file for which that cannot be stays whole: those are named.
    pub(super) fn make_deltas(
        &self,
        newest: Stamp,
        threshold: u64,
        no_fsync: bool,
    ) -> Result<Vec<(PathBuf, Error)>, Error> {
        let all = self.stamps()?;
        let at = all.iter().position(|stamp| *stamp == newest);
        // A point that is dated back has no part in it.
        let is_last = all.last() == Some(&newest);
        let Some(before) = at
            .and_then(|at| at.checked_sub(1))
            .filter(|_| is_last && coding::CAN)
        else {
            return Ok(Vec::new());
        };
        let mut large = Vec::new();
        let none = Manifest::default();
        let tree = self.tree(all[before])?;
        walk(&tree, Path::new(""), &none, &mut |path, stat| {
            if stat.kind == Kind::File && stat.size >= threshold {
                large.push(path.to_owned());
            }
        })?;
        let mut failed = Vec::new();
        for path in large {
            if let Err(e) = self.make_delta(&all, before, &path, no_fsync) {
                failed.push((path, e));
            }
        }
        self.home()?.drop(TMP)?;
        Ok(failed)
    }

    /// Makes a delta of one file of the point number `at`, where the next one has another version.
    pub(super) fn make_delta(
        &self,
        all: &[Stamp],
        at: usize,
        path: &Path,
        no_fsync: bool,
    ) -> Result<(), Error> {
        let Some(old) = self.worth_a_delta(all, at, path)? else {
            return Ok(());
        };
        let told = self.path_of(all[at]).join(path);
        let mut new = self.content(all, at + 1, path)?;
        let mut file = self.content(all, at, path)?.file;
        let (delta, name) = self.temporary()?;
        let mut make = || -> io::Result<Option<Whole>> {
            coding::delta(&mut new.file, &mut file, &delta)?;
            if sys::stat_file(&delta)?.blocks * 4 > old.stat.blocks * 3 {
                // It would save next to nothing.
                return Ok(None);
            }
            let whole = Whole {
                size: old.stat.size,
                sum: sum_of(&mut file)?,
            };
            if patch(&mut new.file, &delta, None)? != whole.sum {
                return Err(io::Error::other("its delta does not give it back"));
            }
            finish_copy(&file, &old.stat, &delta)?;
            if !no_fsync {
                delta.sync_all()?;
            }
            Ok(Some(whole))
        };
        let made = make();
        if let Some(temporary) = new.made {
            self.forget(&temporary)?;
        }
        match made.doing("make a delta of", &told) {
            Ok(Some(whole)) => self.put_delta(all, &old, (&name, whole), no_fsync)?,
            Ok(None) => {}
            Err(e) => {
                self.forget(&name)?;
                return Err(e);
            }
        }
        self.forget(&name)
    }

    /// The points that have a file, if a delta can take its place in all of them.
    fn worth_a_delta<'a>(
        &self,
        all: &[Stamp],
        at: usize,
        path: &'a Path,
    ) -> Result<Option<Old<'a>>, Error> {
        let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
        let told = self.path_of(all[at]).join(path);
        let look = |at: usize, name: &[u8]| -> Result<Option<Stat>, Error> {
            let Some(stamp) = all.get(at) else {
                return Ok(None);
            };
            match self.tree(*stamp)?.open_beneath(parent) {
                Ok(dir) => dir.try_stat(name).doing("look at", &told),
                Err(_) => Ok(None),
            }
        };
        let Some(stat) = look(at, name)?.filter(|stat| stat.kind == Kind::File) else {
            return Ok(None);
        };
        let next = match look(at + 1, name)? {
            None => {
                let manifest = match all.get(at + 1) {
                    Some(next) => Manifest::read(self.home.as_ref(), *next)?,
                    None => Manifest::default(),
                };
                let delta = look(at + 1, &delta_name(name))?;
                delta.filter(|_| manifest.0.contains_key(path))
            }
            file => file,
        };
        let is_other = next.is_some_and(|next| next.kind == Kind::File && !next.same_object(&stat));
        if !is_other || name.len() + delta_name(b"").len() > NAME_MAX {
            return Ok(None);
        }
        let mut first = at;
        for before in (0..at).rev() {
            if look(before, name)?.is_none_or(|other| !other.same_object(&stat)) {
                break;
            }
            first = before;
        }
        // Other names in a point, or of others, keep it whole; so does a file that has the delta's name.
        let is_ours = stat.nlink as usize == at - first + 1;
        for at in first..=at {
            if look(at, &delta_name(name))?.is_some() {
                return Ok(None);
            }
        }
        let old = Old {
            path,
            stat,
            first,
            last: at,
        };
        Ok(Some(old).filter(|old| is_ours && old.stat.blocks > 0))
    }

    /// Puts a delta in the place of a file, in all points that have it.
    fn put_delta(
        &self,
        all: &[Stamp],
        old: &Old<'_>,
        (delta, whole): (&[u8], Whole),
        no_fsync: bool,
    ) -> Result<(), Error> {
        let parent = old.path.parent().unwrap_or(Path::new(""));
        let name = file_name(old.path);
        let home = self.home()?;
        let tmp = home.sub_or_make(TMP)?;
        let points = &all[old.first..=old.last];
        for stamp in points {
            let mut manifest = Manifest::read(self.home.as_ref(), *stamp)?;
            manifest.0.insert(old.path.to_owned(), whole);
            manifest.write(home, *stamp, no_fsync)?;
        }
        // Both stand there before any file goes, and the newest goes first: a delta is against what the next
        // point has.
        for removes in [false, true] {
            for stamp in points.iter().rev() {
                let told = self.path_of(*stamp).join(old.path);
                let dir = self.tree(*stamp)?.open_beneath(parent);
                let dir = dir.doing("open the directory of", &told)?;
                sys::cut::point("points.delta");
                let put = within(&dir, |dir| {
                    match removes {
                        false => tmp.link(delta, dir, &delta_name(name))?,
                        true => dir.unlink(name)?,
                    }
                    match no_fsync {
                        true => Ok(()),
                        false => dir.sync(),
                    }
                });
                put.doing("put a delta in place of", &told)?;
            }
        }
        Ok(())
    }

    /// Removes deltas that an interrupted run left beside their files.
    pub(super) fn clear_deltas(&self, no_fsync: bool) -> Result<(), Error> {
        for stamp in self.stamps()? {
            let mut manifest = Manifest::read(self.home.as_ref(), stamp)?;
            let mut nothing = Vec::new();
            for path in manifest.0.keys() {
                let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
                let told = self.path_of(stamp).join(path);
                let dir = self.tree(stamp)?.open_beneath(parent);
                let dir = dir.doing("open the directory of", &told)?;
                if dir.try_stat(name).doing("look at", &told)?.is_some() {
                    let gone = within(&dir, |dir| dir.remove_all(&delta_name(name)));
                    gone.doing("remove a delta beside", &told)?;
                    nothing.push(path.clone());
                }
            }
            if !nothing.is_empty() {
                manifest.0.retain(|path, _| !nothing.contains(path));
                manifest.write(self.home()?, stamp, no_fsync)?;
            }
        }
        self.home()?.drop(TMP)
    }

    /// After a point went: what was made whole becomes a delta against the point behind it.
    pub(super) fn make_again(
        &self,
        gone: Stamp,
        paths: &[PathBuf],
        no_fsync: bool,
    ) -> Result<(), Error> {
        if paths.is_empty() {
            return Ok(());
        }
        let all = self.stamps()?;
        let before = all.iter().rposition(|stamp| *stamp < gone);
        for path in paths {
            if let Some(at) = before {
                // Else it stays whole, which costs room and nothing else.
                let _ = self.make_delta(&all, at, path, no_fsync);
            }
        }
        self.home()?.drop(TMP)
    }

    /// Before a point goes: what is a delta against a file that only it has is made whole. Gives the paths.
    pub(super) fn free_of(&self, stamp: Stamp, no_fsync: bool) -> Result<Vec<PathBuf>, Error> {
        let all = self.stamps()?;
        let Some(at) = all
            .iter()
            .position(|other| *other == stamp)
            .filter(|at| *at > 0)
        else {
            return Ok(Vec::new());
        };
        let mut freed = Vec::new();
        for path in Manifest::read(self.home.as_ref(), all[at - 1])?.0.keys() {
            let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
            let object = |at: usize, name: &[u8]| -> Option<Stat> {
                let dir = self.tree(*all.get(at)?).ok()?.open_beneath(parent).ok()?;
                dir.try_stat(name).ok()?
            };
            if object(at - 1, name).is_some() {
                continue;
            }
            let same = |a: usize, b: usize, name: &[u8]| match (object(a, name), object(b, name)) {
                (Some(a), Some(b)) => a.same_object(&b),
                _ => false,
            };
            let delta = delta_name(name);
            let is_against_it = !same(at - 1, at, &delta);
            let lives_on = same(at, at + 1, name) || same(at, at + 1, &delta);
            if is_against_it && !lives_on {
                self.make_whole(&all, at - 1, path, no_fsync)?;
                freed.push(path.clone());
            }
        }
        Ok(freed)
    }
}
