//! One run's hold on a destination: the calls that the engine makes while it stages.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::outcome::{Commit, Salvage, Summary};
use super::policy::{Method, Policy};
use crate::sys::{Dir, Stat, Time};
use crate::tree::MetaChange;

/// What a run writes to.
#[derive(Clone, Copy, Debug)]
pub struct Root<'a> {
    /// The destination directory. It may be missing; a symbolic link to a directory is resolved, and
    /// state lies beside the real directory.
    pub path: &'a Path,
    /// The destination is this one file in `path`: only that name is concerned, and the method is
    /// always [`Method::Journal`].
    pub single: Option<&'a OsStr>,
}

/// A directory in the stage in which the objects of one tree directory are made.
#[derive(Debug)]
pub struct Place {
    dir: Dir,
    path: PathBuf,
}

impl Place {
    /// Where objects are made.
    #[must_use]
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The tree directory that this stands for, relative to the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// One run's hold on a destination, from the lock to the commit. All methods may be called from any
/// thread.
#[derive(Debug)]
pub struct Stage {
    policy: Policy,
}

impl Stage {
    /// Finds state, locks the destination, recovers what a crash left, and sets state aside that does
    /// not belong to this destination. Makes nothing yet: a run that finds nothing to do touches nothing.
    pub fn open(root: Root<'_>, policy: &Policy) -> Result<Stage, Error> {
        let _ = root;
        Ok(Stage {
            policy: policy.clone(),
        })
    }

    /// Sentences for a person since the last call: what was found, recovered and kept, and the chosen
    /// method with its reason.
    pub fn notes(&self) -> Vec<String> {
        let _ = &self.policy;
        todo!()
    }

    /// The live root; `None` while it is missing.
    #[must_use]
    pub fn live(&self) -> Option<&Dir> {
        todo!()
    }

    /// Called before the first change, by any worker and as often as one likes; one of them does the
    /// work, the others wait. Chooses the method, makes state, levels the next tree. `mirrors` says that
    /// the run deletes, over the whole root, what the source does not have.
    pub fn begin(&self, mirrors: bool) -> Result<Method, Error> {
        let _ = mirrors;
        todo!()
    }

    /// Where objects of the tree directory `dir` (relative, empty for the root) are made. `fresh` says
    /// that `dir` does not live as a directory.
    pub fn place(&self, dir: &Path, fresh: bool) -> Result<Place, Error> {
        let _ = (dir, fresh);
        todo!()
    }

    /// Makes a directory, 0700 until [`Stage::finish_dir`]. A name that was there goes first.
    pub fn make_dir(&self, parent: &Place, name: &[u8], old: Option<&Stat>) -> Result<(), Error> {
        let _ = (parent, name, old);
        todo!()
    }

    /// Frees a name in the stage before a non-directory is made there.
    pub fn clear(&self, place: &Place, name: &[u8]) -> Result<(), Error> {
        let _ = (place, name);
        todo!()
    }

    /// What an interrupted run left for the file `name` with the size and time that the source has now.
    /// Costs nothing when nothing was interrupted. The name must be clear.
    pub fn salvage(
        &self,
        place: &Place,
        name: &[u8],
        size: u64,
        mtime: Time,
    ) -> Result<Salvage, Error> {
        let _ = (place, name, size, mtime);
        todo!()
    }

    /// A finished non-directory, with its final metadata `new`, stands in the stage under `name`.
    pub fn made(
        &self,
        place: &Place,
        name: &[u8],
        new: &Stat,
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        let _ = (place, name, new, old);
        todo!()
    }

    /// Makes `name` a hard link to another path of the next tree, staged in this run or live and
    /// unchanged. Clears the name first and records the change.
    pub fn link(
        &self,
        leader: &Path,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        let _ = (leader, place, name, old);
        todo!()
    }

    /// Changes only metadata of an existing non-directory.
    pub fn touch(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
    ) -> Result<(), Error> {
        let _ = (place, name, old, change);
        todo!()
    }

    /// Tells of one entry below something that is removed, children first.
    pub fn note_removed(&self, path: &Path, old: &Stat) -> Result<(), Error> {
        let _ = (path, old);
        todo!()
    }

    /// Removes a name with all that is below it.
    pub fn remove(&self, place: &Place, name: &[u8], old: &Stat) -> Result<(), Error> {
        let _ = (place, name, old);
        todo!()
    }

    /// Gives a directory, whose content is done, its final metadata. Without a time in `change` the time
    /// that it has by then is right. `old` is what lives, if it is a directory.
    pub fn finish_dir(
        &self,
        path: &Path,
        fresh: bool,
        old: Option<&Stat>,
        change: &MetaChange,
    ) -> Result<(), Error> {
        let _ = (path, fresh, old, change);
        todo!()
    }

    /// Judges the finished stage, makes it durable, and switches. On a refusal nothing is changed and
    /// the stage is kept for the next run.
    pub fn commit(&self, summary: &Summary) -> Result<Commit, Error> {
        let _ = summary;
        todo!()
    }

    /// After the commit was told: frees what only the tree before the last one held and makes the next
    /// stage ready. May be cut at any moment.
    pub fn settle(&self) -> Result<(), Error> {
        todo!()
    }

    /// The run ends without a commit: what it staged is written down for the next.
    pub fn keep(&self) {
        todo!()
    }
}
