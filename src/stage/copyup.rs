//! Copy-up: an object that other trees share is never changed through the stage. A new one that keeps
//! everything takes its place there, for all its names, and is changed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::attrs;
use super::error::{Doing, Error};
use super::layout::kind_of;
use super::plan::{Mark, Step};
use super::policy::{CommitChoice, Method};
use super::run::{Place, Ready, Stage};
use super::survey::file_name;
use crate::sys::{self, Dir, Kind, Object, Stat, as_path};
use crate::sys::{content, lock};
use crate::tree::{Lack, MetaChange};

/// Above this size a metadata change is not worth a copy, where it may be put off until after the switch.
const WORTH_PUTTING_OFF: u64 = 1 << 20;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Names of one object in the live tree, found by one walk when first needed.
#[derive(Debug, Default)]
pub(super) struct Groups {
    names: OnceLock<HashMap<u64, Vec<PathBuf>>>,
    /// Held while a group gets its new object, so that it gets one only.
    changing: Mutex<()>,
}

impl Groups {
    /// All names of an inode below `live`.
    fn names(&self, live: &Dir, ino: u64) -> io::Result<&[PathBuf]> {
        let groups = match self.names.get() {
            Some(groups) => groups,
            None => {
                let found = find_groups(live)?;
                self.names.get_or_init(|| found)
            }
        };
        Ok(groups.get(&ino).map_or(&[], Vec::as_slice))
    }
}

/// Every inode that has more than one name, with its names: one walk to count, one to name.
pub(super) fn find_groups(live: &Dir) -> io::Result<HashMap<u64, Vec<PathBuf>>> {
    let mut inodes = Vec::new();
    walk(live, Path::new(""), &mut |_, ino| inodes.push(ino))?;
    inodes.sort_unstable();
    let mut groups: HashMap<u64, Vec<PathBuf>> = inodes
        .windows(2)
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| (pair[0], Vec::new()))
        .collect();
    walk(live, Path::new(""), &mut |path, ino| {
        if let Some(names) = groups.get_mut(&ino) {
            names.push(path());
        }
    })?;
    Ok(groups)
}

fn walk(dir: &Dir, path: &Path, see: &mut dyn FnMut(&dyn Fn() -> PathBuf, u64)) -> io::Result<()> {
    for item in dir.list()?.iter() {
        if kind_of(dir, &item)? == Kind::Dir {
            walk(
                &dir.open_dir(item.name)?,
                &path.join(as_path(item.name)),
                see,
            )?;
        } else {
            see(&|| path.join(as_path(item.name)), item.ino);
        }
    }
    Ok(())
}

/// Which names of an object a change of its metadata is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The one given: it gets an object of its own, as it has at the source.
    One,
    /// All that it has in the tree: they stay one object.
    All,
}

/// A change of metadata that is asked for.
struct Touch<'t> {
    old: &'t Stat,
    change: &'t MetaChange,
    names: Names,
    /// A large file's change may wait until after the switch.
    may_put_off: bool,
}

impl Stage {
    /// Changes only metadata of an existing non-directory. Where its object is shared with other trees, a
    /// copy takes its place; a large file's change is put off until right after the switch instead, if
    /// the file system cannot share extents and the choice of method is ours. Returns the extended
    /// attributes that could not be given; what is put off is told by the commit.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn touch(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
        names: Names,
    ) -> Result<Vec<Lack>, Error> {
        let ready = self.ready()?;
        let path = place.join(name);
        let may_put_off = self.policy.commit == CommitChoice::Auto;
        let touched = match ready.method {
            Method::Journal if old.nlink == 1 || names == Names::All => {
                ready.plan_touch(&path, old, change)
            }
            Method::Journal => ready.part(place, name, old, change),
            _ => ready.touch_in_stage(
                place,
                name,
                &Touch {
                    old,
                    change,
                    names,
                    may_put_off,
                },
            ),
        };
        touched.doing("change the attributes of", self.path.join(&path))
    }
}

impl Ready {
    /// The change is made in place once the plan is carried out.
    fn plan_touch(&self, path: &Path, old: &Stat, change: &MetaChange) -> io::Result<Vec<Lack>> {
        self.record(path, Some(old), Some(&attrs::after(old, change)))?;
        let mut waiting = lock(&self.waiting);
        // What it will be is all that is asked of it: values are not held in memory.
        let known = MetaChange {
            xattrs: None,
            mode: change.mode,
            uid: change.uid,
            gid: change.gid,
            mtime: change.mtime,
            atime: change.atime,
        };
        waiting.insert(old.ino, known);
        drop(waiting);
        self.plan.add(&Step::Touch {
            path: path.to_owned(),
            old: Mark::of(old),
            change: change.clone(),
        })?;
        Ok(Vec::new())
    }

    /// A copy with the change takes the place of a name whose object has other names that stay as they are.
    fn part(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
    ) -> io::Result<Vec<Lack>> {
        let path = place.join(name);
        let parent = path.parent().unwrap_or(Path::new(""));
        let live = self
            .live
            .as_ref()
            .ok_or(io::ErrorKind::NotFound)?
            .open_beneath(parent)?;
        place.dir.remove_all(name)?;
        attrs::copy_object(&live, name, old, &place.dir, name, &self.abilities)?;
        let made = Object::Name(&place.dir, name);
        let lacks = attrs::apply(made, &made.stat()?, change)?;
        let new = made.stat()?;
        self.record(&path, Some(old), Some(&new))?;
        self.plan_install(place, &path, &new, Some(old))?;
        Ok(lacks)
    }

    fn touch_in_stage(
        &self,
        place: &Place,
        name: &[u8],
        touch: &Touch<'_>,
    ) -> io::Result<Vec<Lack>> {
        let (dir, path) = (&place.dir, &place.join(name));
        let Touch {
            old,
            change,
            names,
            may_put_off,
        } = *touch;
        let mut now = dir.stat(name)?;
        let others = match now.ino == old.ino {
            true => self.other_names(path, &now)?,
            false => Some(&[][..]),
        };
        let alone = others.is_some_and(<[_]>::is_empty);
        let _one_at_a_time = (!alone).then(|| {
            let changing = self.groups.changing.lock();
            changing.unwrap_or_else(PoisonError::into_inner)
        });
        if !alone {
            now = dir.stat(name)?;
        }
        if now.ino != old.ino {
            // This run's own: another name of its group was changed before.
            let lacks = attrs::apply(Object::Name(dir, name), &now, change)?;
            self.record(path, Some(old), Some(&dir.stat(name)?))?;
            return Ok(lacks);
        }
        let large = now.kind == Kind::File && now.size > WORTH_PUTTING_OFF;
        let mut copied = false;
        let tmp = temporary();
        if large && may_put_off && alone {
            copied = self.share(dir, name, &now, &tmp)?;
            if !copied {
                return self.plan_touch(path, old, change);
            }
        }
        if !copied {
            let copy = attrs::copy_object(dir, name, &now, &self.tmp, &tmp, &self.abilities);
            match copy {
                // It has what this user cannot give to another object: it stays itself.
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied && may_put_off && alone => {
                    self.tmp.remove_all(&tmp)?;
                    return self.plan_touch(path, old, change);
                }
                done => done?,
            }
        }
        let copy = Object::Name(&self.tmp, &tmp);
        let lacks = attrs::apply(copy, &copy.stat()?, change)?;
        let new = copy.stat()?;
        let others = if names == Names::All {
            others.unwrap_or_default()
        } else {
            &[]
        };
        for other in others.iter().filter(|o| *o != path) {
            self.relink(other, &now, &tmp)?;
            self.record(other, Some(&now), Some(&new))?;
        }
        let mtime = dir.stat_self()?.mtime;
        sys::cut::point("stage.copy-up");
        self.tmp.rename(&tmp, dir, name)?;
        // Only the name's object changed, not what the directory holds.
        sys::set_mtime(dir.as_file(), mtime)?;
        self.record(path, Some(old), Some(&new))?;
        Ok(lacks)
    }

    /// A copy that shares its extents; false where the file system cannot.
    fn share(&self, dir: &Dir, name: &[u8], now: &Stat, tmp: &[u8]) -> io::Result<bool> {
        let source = dir.open_file(name)?;
        let target = self.tmp.create_file(tmp, 0o600)?;
        if content::share(&source, &target, &self.abilities) {
            attrs::finish_copy(&source, now, &target)?;
            return Ok(true);
        }
        self.tmp.unlink(tmp)?;
        Ok(false)
    }

    /// Other names of an object in the live tree; `None` when it has some that are not in it.
    fn other_names(&self, path: &Path, now: &Stat) -> io::Result<Option<&[PathBuf]>> {
        let mut ours = 2; // live and next
        if let Some(previous) = &self.previous {
            let parent = path.parent().unwrap_or(Path::new(""));
            let there = previous
                .open_beneath(parent)
                .and_then(|dir| dir.try_stat(file_name(path)));
            ours += u32::from(matches!(there, Ok(Some(stat)) if stat.same_object(now)));
        }
        if now.nlink <= ours {
            return Ok(Some(&[]));
        }
        let Some(live) = &self.live else {
            return Ok(None);
        };
        let names = self.groups.names(live, now.ino)?;
        if names.is_empty() {
            return Ok(None);
        }
        Ok(Some(names))
    }

    /// Puts the new object in the place of another name of the old one, if it still is that.
    fn relink(&self, path: &Path, old: &Stat, tmp: &[u8]) -> io::Result<()> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let dir = match self.open_to_change(parent) {
            Ok(dir) => dir,
            // This run removed it.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        let name = file_name(path);
        if dir.try_stat(name)?.is_none_or(|now| now.ino != old.ino) {
            return Ok(());
        }
        let mtime = dir.stat_self()?.mtime;
        let link = temporary();
        self.tmp.link(tmp, &self.tmp, &link)?;
        self.tmp.rename(&link, &dir, name)?;
        sys::set_mtime(dir.as_file(), mtime)
    }
}

/// A name in `tmp/` that nobody uses.
fn temporary() -> Vec<u8> {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = b"touch-".to_vec();
    name.extend_from_slice(number.to_string().as_bytes());
    name
}
