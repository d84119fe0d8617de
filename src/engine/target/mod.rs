//! The tree that is written to: a stage, or the live destination itself.

mod live;
mod staged;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::stage;
use crate::sys::xattrs::DEFAULT_ACL;
use crate::sys::{Dir, Object, Stat, Time, signal};
use crate::tree::{Acl, Lack, MetaChange, NotGiven};

use super::backup::Old;
use super::error::Error;
use super::node::Node;

pub(super) use live::{Live, TempDir, Ways};
pub(super) use staged::Staged;

/// Where objects of one directory are made.
pub(super) struct Place {
    ground: Ground,
    /// What the directory's default ACL gives to new objects at most, as permission bits.
    inherited: Option<u32>,
}

/// What a place is on.
pub(super) enum Ground {
    /// In the live directory, with its path below the root.
    Live(Dir, PathBuf),
    /// In the stage.
    Staged(stage::Place),
}

impl Place {
    /// A directory that is written to at once, with its path below its root.
    pub(super) fn live(dir: Dir, path: PathBuf) -> io::Result<Place> {
        Place::new(Ground::Live(dir, path))
    }

    fn new(ground: Ground) -> io::Result<Place> {
        let acl = Object::Open(ground.dir().as_file()).get(DEFAULT_ACL)?;
        let acl = acl.as_deref().and_then(Acl::decode);
        Ok(Place {
            ground,
            inherited: acl.map(|acl| acl.bits()),
        })
    }

    pub(super) fn dir(&self) -> &Dir {
        self.ground.dir()
    }

    /// What a default ACL of the directory gives to new objects at most, as permission bits.
    pub(super) fn inherited(&self) -> Option<u32> {
        self.inherited
    }
}

impl Ground {
    fn dir(&self) -> &Dir {
        match self {
            Ground::Live(dir, _) => dir,
            Ground::Staged(place) => place.dir(),
        }
    }
}

/// A regular file that is being written.
pub(super) struct NewFile {
    pub file: File,
    /// The name it has until it is finished, where that is not its own.
    pub temporary: Option<Vec<u8>>,
}

/// A failure of a target: of one entry only, or of the run.
#[derive(Debug)]
pub(super) enum Fault {
    /// The entry is reported and skipped.
    Entry(io::Error),
    /// The same: no file could be made under this temporary name, in the directory of the entry unless it is
    /// an absolute path.
    Temporary { name: Vec<u8>, source: io::Error },
    /// The same: an attribute could not be given.
    NotGiven(NotGiven),
    /// The run ends.
    Fatal(Error),
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Fault {
        Fault::Entry(e)
    }
}

impl From<NotGiven> for Fault {
    fn from(e: NotGiven) -> Fault {
        Fault::NotGiven(e)
    }
}

impl From<Error> for Fault {
    fn from(e: Error) -> Fault {
        Fault::Fatal(e)
    }
}

impl From<stage::Error> for Fault {
    fn from(e: stage::Error) -> Fault {
        match e {
            stage::Error::Io { source, .. } if !out_of_room(&source) => Fault::Entry(source),
            other => Fault::Fatal(other.into()),
        }
    }
}

impl Fault {
    /// The system's reason, for places that know nothing of faults.
    pub(super) fn into_io(self) -> io::Error {
        match self {
            Fault::Entry(source)
            | Fault::Temporary { source, .. }
            | Fault::NotGiven(NotGiven { source, .. }) => source,
            Fault::Fatal(e) => io::Error::other(e),
        }
    }
}

/// Whether a write failed for want of space: then no other file will fare better.
pub(super) fn out_of_room(e: &io::Error) -> bool {
    [Errno::NOSPC, Errno::DQUOT, Errno::ROFS]
        .iter()
        .any(|c| e.raw_os_error() == Some(c.raw_os_error()))
}

/// Whether a file is broken off because the run is: somebody stops it, or the connection is gone.
pub(super) fn ends_the_run(why: &io::Error) -> bool {
    signal::stop_requested() || why.kind() == io::ErrorKind::ConnectionAborted
}

/// What a run does to a tree. Names are single components in the place given.
pub(super) trait Target: Sync {
    /// Called before every first change in a directory; makes the target ready once.
    fn begin(&self) -> Result<(), Error>;
    /// Whether it was.
    fn has_begun(&self) -> bool;
    /// Whether nobody sees what is done until the commit.
    fn is_private(&self) -> bool;
    /// Where objects of this directory are made; its own directory exists by then.
    fn place(&self, node: &Node) -> Result<Place, Fault>;
    /// A directory in which what was made for this path waits for the commit.
    fn next_dir(&self, path: &Path) -> Option<Dir>;
    /// Opens a directory of the destination, whose metadata is `stat`. One that its owner may not read and
    /// search is made so where the target works in it; finishing the directory takes that back.
    fn open_live(&self, parent: &Dir, name: &[u8], stat: &Stat) -> io::Result<Dir>;
    /// Makes a directory in place of `old`, whatever that was; closed to others until finished.
    fn make_dir(&self, parent: &Place, name: &[u8], old: Option<&Stat>) -> Result<(), Fault>;
    /// Opens a new regular file that will stand for `name`.
    fn new_file(
        &self,
        place: &Place,
        name: &[u8],
        mode: u32,
        old: Option<&Stat>,
    ) -> Result<NewFile, Fault>;
    /// What an interrupted run left of a file, finished under its name in `place`.
    fn salvage(
        &self,
        place: &Place,
        name: &[u8],
        size: u64,
        mtime: Time,
    ) -> Result<stage::Salvage, Fault>;
    /// A file that cannot be finished, because of `why`. What is of use later stays, with the attributes in
    /// `change`.
    fn abandon(
        &self,
        place: &Place,
        name: &[u8],
        new: NewFile,
        old: Option<&Stat>,
        change: &MetaChange,
        why: &io::Error,
    );
    /// All entries are dealt with: what waited for that takes its name. Returns what could not.
    fn conclude(&self) -> Vec<(PathBuf, io::Error)>;
    /// A file, complete with its metadata, takes its name.
    fn finish_file(
        &self,
        place: &Place,
        name: &[u8],
        temporary: Option<&[u8]>,
        new: Option<&Stat>,
        old: Option<&Stat>,
    ) -> Result<(), Fault>;
    /// Makes a symbolic link, device or special with `make` under the name it is given, which gives it its
    /// metadata and says whether that is `new`.
    fn make_node(
        &self,
        place: &Place,
        name: &[u8],
        new: Option<&Stat>,
        old: Option<&Stat>,
        make: &dyn Fn(&Dir, &[u8]) -> io::Result<bool>,
    ) -> Result<(), Fault>;
    /// Makes a hard link to another path of the tree.
    fn link(
        &self,
        leader: &Path,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Fault>;
    /// Makes a hard link to the object `name` of a directory outside of the tree, whose metadata is `new`;
    /// false where no such link can be.
    fn link_from(
        &self,
        from: &Dir,
        place: &Place,
        name: &[u8],
        new: &Stat,
        old: Option<&Stat>,
    ) -> Result<bool, Fault>;
    /// Gives a live object a second name in `place`, or makes a copy where no such link can be or would not keep
    /// it; `there` lives under that name.
    fn keep(
        &self,
        old: Old<'_>,
        place: &Place,
        name: &[u8],
        there: Option<&Stat>,
    ) -> Result<(), Fault>;
    /// Writes down that `path` of the old tree is to be kept as `to` in a directory outside of it; false
    /// where that is to be done at once.
    fn keep_outside(
        &self,
        base: &stage::BackupPlace,
        path: &Path,
        to: &Path,
    ) -> Result<bool, Fault>;
    /// Changes metadata of what is there; returns the extended attributes that it could not be given.
    fn touch(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
        names: stage::Names,
    ) -> Result<Vec<Lack>, Fault>;
    /// Removes one entry; directories are empty of all that was removed before. `dir` is the live
    /// directory that holds it.
    fn remove_entry(&self, dir: &Dir, path: &Path, old: &Stat) -> Result<(), Fault>;
    /// All below `path`, and `path` itself, went through [`Target::remove_entry`].
    fn removed_whole(&self, parent: &Path, name: &[u8], old: &Stat) -> Result<(), Fault>;
    /// Takes back the removal of these paths, where they were not removed from the live tree itself.
    fn spare(&self, removed: &[PathBuf]) -> Result<(), Error>;
    /// Gives a directory its final metadata; returns the extended attributes that it could not be given.
    fn finish_dir(
        &self,
        node: &Node,
        place: Option<&Place>,
        change: &MetaChange,
    ) -> Result<Vec<Lack>, Fault>;
}
