//! What the engine makes in the stage: places, directories, finished objects, links, removals.

use std::io;
use std::path::Path;

use super::attrs;
use super::changes::Ident;
use super::error::{Doing, Error};
use super::keep::{half_name, salvage_name};
use super::outcome::Salvage;
use super::plan::{Mark, Step};
use super::policy::Method;
use super::run::{Place, Stage};
use crate::sys::content::Abilities;
use crate::sys::{self, Dir, Kind, Stat, Time, lock};
use crate::tree::{Lack, MetaChange};

impl Stage {
    /// Where objects of the tree directory `dir` (relative, empty for the root) are made. `fresh` says
    /// that `dir` does not live as a directory. [`Stage::finish_dir`] ends what was begun with it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn place(&self, dir: &Path, fresh: bool) -> Result<Place, Error> {
        let ready = self.ready()?;
        let opened = match ready.method {
            Method::Swap => ready.open_to_change(dir),
            _ => ready.scaffold(dir),
        };
        Ok(Place {
            dir: opened.doing("open the stage of", self.path.join(dir))?,
            path: dir.to_owned(),
            // A root that is still to be made is made before its content is installed.
            fresh: fresh && !dir.as_os_str().is_empty(),
        })
    }

    /// The directory in which what is new in the tree directory `dir` waits, if there is one.
    #[must_use]
    pub fn peek(&self, dir: &Path) -> Option<Dir> {
        self.ready().ok()?.next.open_beneath(dir).ok()
    }

    /// Makes a directory, 0700 until [`Stage::finish_dir`]. A name that was there goes first; `old` is
    /// what lives under it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn make_dir(&self, parent: &Place, name: &[u8], old: Option<&Stat>) -> Result<(), Error> {
        let ready = self.ready()?;
        let path = parent.join(name);
        sys::cut::point("stage.make-dir");
        let make = || -> io::Result<()> {
            match parent.dir.make_dir(name, 0o700) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    parent.dir.remove_all(name)?;
                    parent.dir.make_dir(name, 0o700)?;
                }
                other => other?,
            }
            let was = old.map(Ident::of);
            ready.recorder.add(&path, was, Some(Ident::unfinished()))
        };
        make().doing("make the directory", self.path.join(&path))?;
        if ready.method == Method::Journal && !parent.fresh {
            let mut tops = lock(&ready.tops);
            tops.insert(path, old.map(Mark::of));
        }
        Ok(())
    }

    /// Frees a name in the stage before a non-directory is made there; also when what was begun under it
    /// will not be finished.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn clear(&self, place: &Place, name: &[u8]) -> Result<(), Error> {
        sys::cut::point("stage.clear");
        let removed = place.dir.remove_all(name);
        removed.doing("free in the stage", self.path.join(place.join(name)))
    }

    /// What an interrupted run left for the file `name` with the size and time that the source has now.
    /// Costs nothing when nothing was interrupted. A whole file takes the place of what has its name.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn salvage(
        &self,
        place: &Place,
        name: &[u8],
        size: u64,
        mtime: Time,
    ) -> Result<Salvage, Error> {
        let ready = self.ready()?;
        let Some(salvage) = &ready.salvage else {
            return Ok(Salvage::None);
        };
        let path = place.join(name);
        let take = || -> io::Result<Salvage> {
            let (whole, half) = (salvage_name(&path), half_name(&path));
            if let Some(stat) = salvage.try_stat(&whole)? {
                if (stat.size, stat.mtime) == (size, mtime) {
                    sys::cut::point("stage.salvage");
                    place.dir.remove_all(name)?;
                    salvage.rename(&whole, &place.dir, name)?;
                    return Ok(Salvage::Whole);
                }
                let file = salvage.open_file(&whole)?;
                salvage.unlink(&whole)?;
                return Ok(Salvage::Half(file));
            }
            match salvage.open_file(&half) {
                Ok(file) => {
                    // Its room is free as soon as it has served.
                    salvage.unlink(&half)?;
                    Ok(Salvage::Half(file))
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Salvage::None),
                Err(e) => Err(e),
            }
        };
        take().doing("take up again", self.path.join(&path))
    }

    /// A finished non-directory, with its final metadata `new`, stands in the stage under `name`; `old`
    /// is what lives under it: of what is below it, if it is a directory, [`Stage::note_removed`] told.
    /// The inode of `new` is not looked at.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn made(
        &self,
        place: &Place,
        name: &[u8],
        new: &Stat,
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        let ready = self.ready()?;
        let path = place.join(name);
        let mut mark_due = false;
        let mut note = || -> io::Result<()> {
            // A sealed plan names what it installs by its inode, which the caller need not know.
            let seen = if ready.method == Method::Journal && !place.fresh {
                Some(place.dir.stat(name)?)
            } else {
                None
            };
            let new = seen.as_ref().unwrap_or(new);
            ready.record(&path, old, Some(new))?;
            if new.kind == Kind::File && new.size > 0 {
                mark_due = ready.staged.add(&path, new)?;
            }
            ready.plan_install(place, &path, new, old)
        };
        note().doing("write down", self.path.join(&path))?;
        if mark_due && !self.policy.no_fsync {
            let marked = ready.staged.mark(|| ready.volume.sync_volume());
            marked.doing("make durable", &ready.home)?;
        }
        Ok(())
    }

    /// Makes `name` a hard link to another path of the next tree, staged in this run or live and
    /// unchanged. Clears the name first and records the change; `old` as in [`Stage::made`].
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn link(
        &self,
        leader: &Path,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        let ready = self.ready()?;
        let path = place.join(name);
        let link = || -> io::Result<()> {
            let (from, from_name) = ready.find(leader)?;
            let leads = from.stat(&from_name)?;
            sys::cut::point("stage.link");
            if let Some(now) = place.dir.try_stat(name)? {
                if now.same_object(&leads) {
                    // Linked already; only said now.
                    ready.record(&path, old, Some(&now))?;
                    return ready.plan_install(place, &path, &now, old);
                }
                place.dir.remove_all(name)?;
            }
            match from.link(&from_name, &place.dir, name) {
                Err(e) if may_be_copied(&e) => attrs::copy_object(
                    &from,
                    &from_name,
                    &leads,
                    &place.dir,
                    name,
                    &ready.abilities,
                )?,
                other => other?,
            }
            let new = ready.in_the_end(place.dir.stat(name)?);
            ready.record(&path, old, Some(&new))?;
            ready.plan_install(place, &path, &new, old)
        };
        link().doing("link", self.path.join(&path))
    }

    /// Makes `name` a hard link to an object that is not of this stage; `old` as in [`Stage::made`]. False
    /// where the system makes no such link; the name is free then.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn link_from(
        &self,
        object: Object<'_>,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<bool, Error> {
        let ready = self.ready()?;
        let path = place.join(name);
        let (from, from_name, new) = object;
        let link = || -> io::Result<bool> {
            sys::cut::point("stage.link-from");
            let linked = match from.link(from_name, &place.dir, name) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    place.dir.remove_all(name)?;
                    from.link(from_name, &place.dir, name)
                }
                other => other,
            };
            match linked {
                Err(e) if may_be_copied(&e) => Ok(false),
                other => {
                    other?;
                    ready.record(&path, old, Some(new))?;
                    ready.plan_install(place, &path, new, old)?;
                    Ok(true)
                }
            }
        };
        link().doing("link", self.path.join(&path))
    }

    /// Gives a live object a second name in the stage, or makes a copy where it can have none; `old` as in
    /// [`Stage::made`].
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn keep_old(
        &self,
        object: Object<'_>,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        if self.link_from(object, place, name, old)? {
            return Ok(());
        }
        let ready = self.ready()?;
        let path = place.join(name);
        let (from, from_name, stat) = object;
        let copy = || -> io::Result<()> {
            place.dir.remove_all(name)?;
            attrs::copy_object(from, from_name, stat, &place.dir, name, &ready.abilities)?;
            let new = place.dir.stat(name)?;
            ready.record(&path, old, Some(&new))?;
            ready.plan_install(place, &path, &new, old)
        };
        copy().doing("copy", self.path.join(&path))
    }

    /// Tells of one entry below something that is removed, children first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn note_removed(&self, path: &Path, old: &Stat) -> Result<(), Error> {
        let noted = self.ready()?.record(path, Some(old), None);
        noted.doing("write down", self.path.join(path))
    }

    /// Removes a name with all that is below it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(&self, place: &Place, name: &[u8], old: &Stat) -> Result<(), Error> {
        let ready = self.ready()?;
        let path = place.join(name);
        let remove = || -> io::Result<()> {
            ready.record(&path, Some(old), None)?;
            if ready.method == Method::Journal {
                let (path, old) = (path.clone(), Mark::of(old));
                return ready.plan.add(&Step::Remove { path, old });
            }
            sys::cut::point("stage.remove");
            place.dir.remove_all(name)
        };
        remove().doing("remove from the stage", self.path.join(&path))
    }

    /// Gives a directory, whose content is done, its final metadata. Without a time in `change` the time
    /// that it has by then is right. `old` is what lives, if it is a directory. To be called for every
    /// directory that [`Stage::make_dir`] made or that something was changed in. Returns the extended
    /// attributes that could not be given; those of a directory that lives are told by the commit.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn finish_dir(
        &self,
        path: &Path,
        fresh: bool,
        old: Option<&Stat>,
        change: &MetaChange,
    ) -> Result<Vec<Lack>, Error> {
        let ready = self.ready()?;
        let is_root = path.as_os_str().is_empty();
        sys::cut::point("stage.finish-dir");
        let finish = || -> io::Result<Vec<Lack>> {
            if ready.method == Method::Journal && (is_root || !fresh) {
                return ready.plan_dir(path, old, change).map(|()| Vec::new());
            }
            let dir = ready.next.open_beneath(path)?;
            let (new, lacks) = ready.set_dir(path, &dir, change)?;
            // What it was given besides is told by this as well, not to be taken for the doing of others.
            if fresh
                || change.xattrs.is_some()
                || old.is_none_or(|old| Ident::of(old) != Ident::of(&new))
            {
                ready.record(path, old, Some(&new))?;
            }
            ready.plan_top(path, &dir)?;
            Ok(lacks)
        };
        finish().doing("set the attributes of", self.path.join(path))
    }

    /// The run ends without a commit: what it staged is written down for the next.
    pub fn keep(&self) {
        if let Some(Some(ready)) = self.begun.get() {
            // The next run does with what it finds; nothing is lost but time.
            let _ = ready.staged.flush();
            let _ = ready.recorder.flush();
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.keep();
    }
}

/// An object: the directory that holds it, its name there, and its metadata.
pub type Object<'o> = (&'o Dir, &'o [u8], &'o Stat);

/// Gives an object a second name, or makes a copy where it can have none.
///
/// # Errors
/// As the system's.
pub fn second_name(object: Object<'_>, to: &Dir, name: &[u8]) -> io::Result<()> {
    let (from, from_name, _) = object;
    match from.link(from_name, to, name) {
        Err(e) if may_be_copied(&e) => second_copy(object, to, name),
        other => other,
    }
}

/// Gives an object a copy of its own, with all its attributes: for what is written over in place.
///
/// # Errors
/// The system's.
pub fn second_copy((from, from_name, stat): Object<'_>, to: &Dir, name: &[u8]) -> io::Result<()> {
    attrs::copy_object(from, from_name, stat, to, name, &Abilities::default())
}

/// Whether a link that cannot be made may be a copy instead.
#[must_use]
pub fn may_be_copied(e: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(e),
        Some(Errno::MLINK | Errno::XDEV | Errno::PERM | Errno::OPNOTSUPP)
    )
}
