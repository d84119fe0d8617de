//! Levelling: making the next tree equal to the live one. Names, types and inode numbers are compared as
//! the directories give them, so that what is equal costs no call per name; what differs is linked.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::attrs;
use super::copyup::find_groups;
use super::layout::{is_state, kind_of};
use super::pairs::pairs;
use super::survey::file_name;
use crate::sys::content::Abilities;
use crate::sys::{Dir, Kind, Stat, as_path, lock};

/// Why levelling ended early.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// The live tree cannot be mirrored by names: no switch in one instant.
    Impossible(String),
    /// A system call failed on a path.
    Failed(PathBuf, io::Error),
    /// Somebody asked to stop.
    Stopped,
}

/// What levelling asks of its caller.
pub(super) trait Keeper: Sync {
    /// A name in the next tree that the live one does not have is about to go. What is worth keeping is
    /// moved elsewhere; directories are asked about entry by entry.
    fn leftover(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()>;
    /// A copy took the place of a name, since its file has as many links as it can.
    fn copied(&self, path: &Path, live: &Stat, copy: &Stat) -> io::Result<()>;
}

/// Levels `next` with `live`, on all threads of the pool.
pub(super) fn level(live: &Dir, next: &Dir, keeper: &dyn Keeper) -> Result<(), Obstacle> {
    let stat = live
        .stat_self()
        .map_err(|e| Obstacle::Failed(PathBuf::new(), e))?;
    let work = Work {
        keeper,
        root: stat,
        next,
        copies: Mutex::default(),
        abilities: Abilities::default(),
        stop: AtomicBool::new(false),
        obstacle: Mutex::new(None),
    };
    let open = |dir: &Dir| dir.reopen();
    match (open(live), open(next)) {
        (Ok(live), Ok(next)) => work.pair(live, next, PathBuf::new()),
        (Err(e), _) | (_, Err(e)) => work.fail(Obstacle::Failed(PathBuf::new(), e)),
    }
    if !work.stopped()
        && let Err(e) = work.regroup(live)
    {
        work.fail(Obstacle::Failed(PathBuf::new(), e));
    }
    match work.obstacle.into_inner() {
        Ok(None) => Ok(()),
        Ok(Some(obstacle)) => Err(obstacle),
        Err(poisoned) => Err(poisoned.into_inner().unwrap_or(Obstacle::Stopped)),
    }
}

/// Removes everything in `next`, the keeper being asked first.
pub(super) fn strip(next: &Dir, path: &Path, keeper: &dyn Keeper) -> io::Result<()> {
    for item in next.list()?.iter() {
        let below = path.join(as_path(item.name));
        leave(next, item.name, &below, kind_of(next, &item)?, keeper)?;
    }
    Ok(())
}

/// Removes one name of the next tree, the keeper being asked about every entry that is no directory.
fn leave(dir: &Dir, name: &[u8], path: &Path, kind: Kind, keeper: &dyn Keeper) -> io::Result<()> {
    if kind != Kind::Dir {
        keeper.leftover(dir, name, path)?;
        return match dir.unlink(name) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        };
    }
    let child = open_own(dir, name)?;
    strip(&child, path, keeper)?;
    dir.remove_dir(name)
}

/// Opens a directory of ours, widening its mode where that is needed to change it.
pub(super) fn open_own(dir: &Dir, name: &[u8]) -> io::Result<Dir> {
    let child = match dir.open_dir(name) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            dir.set_mode(name, 0o700)?;
            dir.open_dir(name)?
        }
        other => other?,
    };
    widen(&child)?;
    Ok(child)
}

/// Lets its owner change a directory; the super-user may anyway.
pub(super) fn widen(dir: &Dir) -> io::Result<()> {
    if crate::sys::process::is_root() {
        return Ok(());
    }
    let mode = dir.stat_self()?.mode;
    if mode & 0o700 != 0o700 {
        dir.set_own_mode(mode | 0o700)?;
    }
    Ok(())
}

struct Work<'a> {
    keeper: &'a dyn Keeper,
    root: Stat,
    next: &'a Dir,
    abilities: Abilities,
    /// Copies of files that cannot have more links, by inode: the path of the first.
    copies: Mutex<HashMap<u64, PathBuf>>,
    stop: AtomicBool,
    obstacle: Mutex<Option<Obstacle>>,
}

impl Work<'_> {
    fn fail(&self, obstacle: Obstacle) {
        self.stop.store(true, Ordering::Relaxed);
        if let Ok(mut first) = self.obstacle.lock() {
            first.get_or_insert(obstacle);
        }
    }

    fn stopped(&self) -> bool {
        if crate::sys::signal::stop_requested() {
            self.fail(Obstacle::Stopped);
        }
        self.stop.load(Ordering::Relaxed)
    }

    fn subdir(&self, live: &Dir, next: &Dir, name: &[u8], path: &Path) {
        if self.stopped() {
            return;
        }
        let below = path.join(as_path(name));
        match (live.open_dir(name), open_own(next, name)) {
            (Ok(live), Ok(next)) => self.pair(live, next, below),
            (Err(e), _) if e.kind() == io::ErrorKind::PermissionDenied => self.fail(
                Obstacle::Impossible(format!("this user cannot read {}", below.display())),
            ),
            (Err(e), _) | (_, Err(e)) => self.fail(Obstacle::Failed(below, e)),
        }
    }

    /// Levels one pair of directories, their subdirectories side by side.
    fn pair(&self, live: Dir, next: Dir, path: PathBuf) {
        if let Err(obstacle) = self.try_pair(&live, &next, &path) {
            self.fail(obstacle);
        }
    }

    fn try_pair(&self, live: &Dir, next: &Dir, path: &Path) -> Result<(), Obstacle> {
        let failed = |e| Obstacle::Failed(path.to_owned(), e);
        let want = live.stat_self().map_err(failed)?;
        if want.dev != self.root.dev {
            return Err(Obstacle::Impossible(format!(
                "{} lies on another file system",
                path.display()
            )));
        }
        let have = next.stat_self().map_err(failed)?;
        widen(next).map_err(failed)?;
        let subdirs = self.names(live, next, path)?;
        rayon::scope(|scope| {
            for name in &subdirs {
                // Opened only when their turn comes: handles are scarce.
                scope.spawn(move |_| self.subdir(live, next, name, path));
            }
        });
        if self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        // Times last: what was linked above moved them.
        attrs::level_dir(live, &want, next, &have).map_err(|e| match e.kind() {
            io::ErrorKind::PermissionDenied => Obstacle::Impossible(format!(
                "this user cannot make a directory like {} (owner {}:{})",
                shown(path),
                want.uid,
                want.gid
            )),
            _ => failed(e),
        })
    }

    /// Levels the names of one directory; returns the names of its subdirectories.
    fn names(&self, live: &Dir, next: &Dir, path: &Path) -> Result<Vec<Vec<u8>>, Obstacle> {
        let failed = |name: &[u8], e| Obstacle::Failed(path.join(as_path(name)), e);
        let list = |dir: &Dir| {
            let mut listing = dir.list().map_err(|e| failed(b"", e))?;
            listing.sort();
            Ok(listing)
        };
        let (theirs, ours) = (list(live)?, list(next)?);
        let mut subdirs = Vec::new();
        for (a, b) in pairs(&theirs, &ours) {
            let ours = match b {
                Some(b) => Some((b, kind_of(next, &b).map_err(|e| failed(b.name, e))?)),
                None => None,
            };
            let Some(a) = a else {
                if let Some((b, kind)) = ours {
                    self.leave(next, b.name, path, kind)?;
                }
                continue;
            };
            let kind = kind_of(live, &a).map_err(|e| failed(a.name, e))?;
            match ours {
                Some((_, Kind::Dir)) if kind == Kind::Dir => {}
                Some((b, of_b)) if of_b == kind && a.ino == b.ino => continue,
                Some((b, of_b)) => {
                    self.leave(next, b.name, path, of_b)?;
                    self.take(live, next, a.name, kind, path)?;
                }
                None => self.take(live, next, a.name, kind, path)?,
            }
            if kind == Kind::Dir {
                subdirs.push(a.name.to_vec());
            }
        }
        Ok(subdirs)
    }

    fn leave(&self, next: &Dir, name: &[u8], path: &Path, kind: Kind) -> Result<(), Obstacle> {
        let path = path.join(as_path(name));
        leave(next, name, &path, kind, self.keeper).map_err(|e| Obstacle::Failed(path, e))
    }

    /// Gives the next tree a name that only the live one has.
    fn take(
        &self,
        live: &Dir,
        next: &Dir,
        name: &[u8],
        kind: Kind,
        path: &Path,
    ) -> Result<(), Obstacle> {
        let failed = |e| Obstacle::Failed(path.join(as_path(name)), e);
        if kind == Kind::Dir {
            if is_state(live, name) {
                return Err(Obstacle::Impossible(format!(
                    "the state of another destination lies in it ({})",
                    path.join(as_path(name)).display()
                )));
            }
            return next.make_dir(name, 0o700).map_err(failed);
        }
        match live.link(name, next, name) {
            Ok(()) => Ok(()),
            // Somebody removed it just now: so it is level.
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => match rustix::io::Errno::from_io_error(&e) {
                Some(rustix::io::Errno::MLINK) => self.copy(live, next, name, path).map_err(failed),
                Some(
                    rustix::io::Errno::PERM
                    | rustix::io::Errno::ACCESS
                    | rustix::io::Errno::XDEV
                    | rustix::io::Errno::OPNOTSUPP,
                ) => Err(Obstacle::Impossible(format!(
                    "{} cannot have a second name ({e})",
                    path.join(as_path(name)).display()
                ))),
                _ => Err(failed(e)),
            },
        }
    }

    /// Makes a copy of a file that has all the links it can have; names of one file share one copy, as
    /// far as that has links left.
    fn copy(&self, live: &Dir, next: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        let stat = live.stat(name)?;
        let mut copies = lock(&self.copies);
        let shared = copies.get(&stat.ino).is_some_and(|first| {
            let parent = first.parent().unwrap_or(Path::new(""));
            self.next
                .open_beneath(parent)
                .is_ok_and(|dir| dir.link(file_name(first), next, name).is_ok())
        });
        if !shared {
            attrs::copy_object(live, name, &stat, next, name, &self.abilities)?;
            copies.insert(stat.ino, path.join(as_path(name)));
        }
        drop(copies);
        self.keeper
            .copied(&path.join(as_path(name)), &stat, &next.stat(name)?)
    }
}

impl Work<'_> {
    /// Some names of a file may still have found a link free before it was copied: they get the copy as
    /// well, since all its names are one file.
    fn regroup(&self, live: &Dir) -> io::Result<()> {
        let copies = std::mem::take(&mut *lock(&self.copies));
        if copies.is_empty() {
            return Ok(());
        }
        let groups = find_groups(live)?;
        for (ino, first) in &copies {
            let names = groups.get(ino).into_iter().flatten();
            for path in names.filter(|path| *path != first) {
                self.relink(*ino, first, path)?;
            }
        }
        Ok(())
    }

    /// Makes a name that is still a link to the live inode one to the copy at `first`.
    fn relink(&self, ino: u64, first: &Path, path: &Path) -> io::Result<()> {
        let open = |path: &Path| {
            self.next
                .open_beneath(path.parent().unwrap_or(Path::new("")))
        };
        let (from, dir) = (open(first)?, open(path)?);
        let name = file_name(path);
        let Some(linked) = dir.try_stat(name)?.filter(|stat| stat.ino == ino) else {
            return Ok(());
        };
        let mtime = dir.stat_self()?.mtime;
        dir.unlink(name)?;
        from.link(file_name(first), &dir, name)?;
        crate::sys::set_mtime(dir.as_file(), mtime)?;
        self.keeper.copied(path, &linked, &dir.stat(name)?)
    }
}

fn shown(path: &Path) -> String {
    if path.as_os_str().is_empty() {
        "its root".to_owned()
    } else {
        path.display().to_string()
    }
}
