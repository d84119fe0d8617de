//! Files that are not under their names yet: halves that an end left (`--partial`, `--partial-dir`), and whole
//! ones that take their names at the end of all (`--delay-updates`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use super::super::{Ground, NewFile, Place};
use super::Live;
use crate::engine::options::Partial;
use crate::sys::{Dir, Kind, Object, Stat, Time, lock};
use crate::tree::{MetaChange, give};

/// Names that wait, by the path of their directory.
pub(super) type Waiting = Mutex<Names>;

type Names = BTreeMap<PathBuf, BTreeSet<Box<[u8]>>>;

/// The mode of a directory that is made for them.
const PRIVATE: u32 = 0o700;

impl Live {
    /// Keeps half a file as `--partial` has it; false where it is not to be, or cannot be, kept.
    pub(super) fn keep_part(
        &self,
        place: &Place,
        name: &[u8],
        new: &NewFile,
        old: Option<&Stat>,
        change: &MetaChange,
    ) -> bool {
        let has_content = new.file.metadata().is_ok_and(|meta| meta.len() > 0);
        let (Some(temporary), true) = (&new.temporary, has_content) else {
            return false;
        };
        let mut change = change.clone();
        let kept = match &self.ways.partial {
            Partial::Drop => return false,
            Partial::Keep => {
                // As old as can be: no run takes it for newer than the source.
                let ancient = |time: Time| Time { sec: 0, ..time };
                change.mtime = change.mtime.map(ancient);
                let _ = give(Object::Open(&new.file), Kind::File, &change);
                self.fetch(place, temporary, name)
                    .and_then(|here| self.put(place.dir(), &here, name, old))
            }
            Partial::Dir(path) => {
                change.mtime = None;
                let _ = give(Object::Open(&new.file), Kind::File, &change);
                self.fetch(place, temporary, name).and_then(|here| {
                    let dir = partial_dir(path, place.dir())?;
                    place.dir().rename(&here, &dir, name)
                })
            }
        };
        kept.is_ok()
    }

    /// Brings a file from the temporary directory, if there is one; returns its temporary name in its place.
    pub(super) fn fetch<'t>(
        &self,
        place: &Place,
        temporary: &'t [u8],
        name: &[u8],
    ) -> io::Result<Cow<'t, [u8]>> {
        match &self.ways.temp_dir {
            Some(temp_dir) => {
                let here = self.temporary(name);
                temp_dir.fetch(temporary, place.dir(), &here)?;
                Ok(here.into())
            }
            None => Ok(temporary.into()),
        }
    }

    /// A finished file waits for the end of the run.
    pub(super) fn wait(&self, place: &Place, temporary: &[u8], name: &[u8]) -> io::Result<()> {
        let here = self.fetch(place, temporary, name)?;
        let dir = self.waiting_dir(place.dir())?;
        place.dir().rename(&here, &dir, name)?;
        self.note_waiting(place, name);
        Ok(())
    }

    /// The name of a link to a file that waits waits as well.
    pub(super) fn wait_as_link(
        &self,
        parent: &Dir,
        leader: &[u8],
        place: &Place,
        name: &[u8],
    ) -> io::Result<()> {
        let dir = self.waiting_dir(place.dir())?;
        match dir.unlink(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        self.waiting_dir(parent)?.link(leader, &dir, name)?;
        self.note_waiting(place, name);
        Ok(())
    }

    /// Whether the file of this path waits.
    pub(super) fn waits(&self, path: &Path) -> bool {
        use std::os::unix::ffi::OsStrExt;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return false;
        };
        self.ways.delay
            && self
                .lock_waiting()
                .get(parent)
                .is_some_and(|names| names.contains(name.as_bytes()))
    }

    /// Everything that waited takes its name; returns what could not.
    pub(super) fn end_waiting(&self) -> Vec<(PathBuf, io::Error)> {
        let all = std::mem::take(&mut *self.lock_waiting());
        let mut failures = Vec::new();
        for (path, names) in all {
            let placed = self
                .root
                .open_beneath(&path)
                .and_then(|dir| Ok((self.waiting_dir(&dir)?, dir.stat_self()?, dir)));
            let (from, before, dir) = match placed {
                Ok(placed) => placed,
                Err(e) => {
                    failures.push((path, e));
                    continue;
                }
            };
            for name in names {
                if let Err(e) = self.take_name(&from, &dir, &name) {
                    failures.push((path.join(crate::sys::as_path(&name)), e));
                }
            }
            drop(from);
            if let Err(e) = self.clean_up(&dir, &before) {
                failures.push((path, e));
            }
        }
        failures
    }

    fn take_name(&self, from: &Dir, dir: &Dir, name: &[u8]) -> io::Result<()> {
        if dir.try_stat(name)?.is_some_and(|old| old.is_dir()) {
            dir.remove_dir(name)?;
        }
        from.rename(name, dir, name)
    }

    /// The empty directory goes, and the one around it gets back the time that it was given.
    fn clean_up(&self, dir: &Dir, before: &Stat) -> io::Result<()> {
        if let Partial::Dir(path) = &self.ways.partial
            && let (true, Some(name)) = (path.is_relative(), path.to_str())
        {
            // One that holds something else stays.
            let _ = dir.remove_dir(name.as_bytes());
        }
        match self.ways.keeps_times {
            true => crate::sys::set_mtime(dir.as_file(), before.mtime),
            false => Ok(()),
        }
    }

    fn waiting_dir(&self, dir: &Dir) -> io::Result<Dir> {
        match &self.ways.partial {
            Partial::Dir(path) => partial_dir(path, dir),
            Partial::Drop | Partial::Keep => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    fn note_waiting(&self, place: &Place, name: &[u8]) {
        let Ground::Live(_, path) = &place.ground else {
            return;
        };
        let mut waiting = self.lock_waiting();
        waiting.entry(path.clone()).or_default().insert(name.into());
    }

    fn lock_waiting(&self) -> MutexGuard<'_, Names> {
        lock(&self.waiting)
    }
}

/// Opens the partial directory that belongs to `dir`, made where it is missing.
fn partial_dir(path: &Path, dir: &Dir) -> io::Result<Dir> {
    if path.is_absolute() {
        return match std::fs::create_dir(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
            Ok(()) => {
                let opened = Dir::open(path)?;
                opened.set_own_mode(PRIVATE)?;
                Ok(opened)
            }
            Err(_) => Dir::open(path),
        };
    }
    match dir.open_beneath(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            use std::os::unix::ffi::OsStrExt;
            let above = dir.open_beneath(path.parent().unwrap_or(Path::new("")))?;
            let name = path.file_name().unwrap_or_default();
            match above.make_dir(name.as_bytes(), PRIVATE) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
                _ => dir.open_beneath(path),
            }
        }
        opened => opened,
    }
}
