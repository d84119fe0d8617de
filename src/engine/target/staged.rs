//! The stage as a target.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Fault, Ground, NewFile, Place, Target, ends_the_run, out_of_room};
use crate::engine::backup::Old;
use crate::engine::error::Error;
use crate::engine::node::Node;
use crate::stage::{self, Salvage, Stage};
use crate::sys::{Dir, Stat, Time};
use crate::tree::{Lack, MetaChange};

/// Writes into a stage; nothing is seen until its commit.
pub(in crate::engine) struct Staged<'s> {
    stage: &'s Stage,
    /// Whether the run deletes over the whole root.
    mirrors: bool,
    begun: AtomicBool,
}

impl<'s> Staged<'s> {
    pub(in crate::engine) fn new(stage: &'s Stage, mirrors: bool) -> Staged<'s> {
        Staged {
            stage,
            mirrors,
            begun: AtomicBool::new(false),
        }
    }
}

impl Staged<'_> {
    /// Tells the stage of a finished object; looks it up where its metadata is not known beforehand.
    fn made(
        &self,
        place: &stage::Place,
        name: &[u8],
        new: Option<&Stat>,
        old: Option<&Stat>,
    ) -> Result<(), Fault> {
        match new {
            Some(new) => Ok(self.stage.made(place, name, new, old)?),
            None => Ok(self
                .stage
                .made(place, name, &place.dir().stat(name)?, old)?),
        }
    }
}

fn staged(place: &Place) -> Result<&stage::Place, Fault> {
    match &place.ground {
        Ground::Staged(place) => Ok(place),
        Ground::Live(..) => Err(io::Error::other("a live place in a staged run").into()),
    }
}

impl Target for Staged<'_> {
    fn begin(&self) -> Result<(), Error> {
        if !self.begun.load(Ordering::Acquire) {
            self.stage.begin(self.mirrors)?;
            self.begun.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn is_private(&self) -> bool {
        true
    }

    fn place(&self, node: &Node) -> Result<Place, Fault> {
        let place = self.stage.place(node.target_path(), node.fresh())?;
        Ok(Place::new(Ground::Staged(place))?)
    }

    fn next_dir(&self, path: &Path) -> Option<Dir> {
        self.stage.peek(path)
    }

    fn open_live(&self, parent: &Dir, name: &[u8], _stat: &Stat) -> io::Result<Dir> {
        parent.open_dir(name)
    }

    fn make_dir(&self, parent: &Place, name: &[u8], old: Option<&Stat>) -> Result<(), Fault> {
        Ok(self.stage.make_dir(staged(parent)?, name, old)?)
    }

    fn new_file(
        &self,
        place: &Place,
        name: &[u8],
        mode: u32,
        old: Option<&Stat>,
    ) -> Result<NewFile, Fault> {
        let place = staged(place)?;
        if old.is_some() {
            self.stage.clear(place, name)?;
        }
        Ok(NewFile {
            file: place.dir().create_file(name, mode)?,
            temporary: None,
        })
    }

    fn salvage(
        &self,
        place: &Place,
        name: &[u8],
        size: u64,
        mtime: Time,
    ) -> Result<Salvage, Fault> {
        Ok(self.stage.salvage(staged(place)?, name, size, mtime)?)
    }

    fn abandon(
        &self,
        place: &Place,
        name: &[u8],
        _new: NewFile,
        _old: Option<&Stat>,
        _change: &MetaChange,
        why: &io::Error,
    ) {
        // A part is of use to the next run, unless this one goes on without the file, or the room is needed
        // to write down what else was staged.
        if !ends_the_run(why) || out_of_room(why) {
            let _ = place.dir().unlink(name);
        }
    }

    fn conclude(&self) -> Vec<(PathBuf, io::Error)> {
        Vec::new()
    }

    fn finish_file(
        &self,
        place: &Place,
        name: &[u8],
        _temporary: Option<&[u8]>,
        new: Option<&Stat>,
        old: Option<&Stat>,
    ) -> Result<(), Fault> {
        self.made(staged(place)?, name, new, old)
    }

    fn make_node(
        &self,
        place: &Place,
        name: &[u8],
        new: Option<&Stat>,
        old: Option<&Stat>,
        make: &dyn Fn(&Dir, &[u8]) -> io::Result<bool>,
    ) -> Result<(), Fault> {
        let place = staged(place)?;
        if old.is_some() {
            self.stage.clear(place, name)?;
        }
        let as_foreseen = make(place.dir(), name)?;
        self.made(place, name, new.filter(|_| as_foreseen), old)
    }

    fn link(
        &self,
        leader: &Path,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Fault> {
        Ok(self.stage.link(leader, staged(place)?, name, old)?)
    }

    fn link_from(
        &self,
        from: &Dir,
        place: &Place,
        name: &[u8],
        new: &Stat,
        old: Option<&Stat>,
    ) -> Result<bool, Fault> {
        let object = (from, name, new);
        Ok(self.stage.link_from(object, staged(place)?, name, old)?)
    }

    fn keep(
        &self,
        old: Old<'_>,
        place: &Place,
        name: &[u8],
        there: Option<&Stat>,
    ) -> Result<(), Fault> {
        let object = (old.dir, old.name, old.stat);
        Ok(self.stage.keep_old(object, staged(place)?, name, there)?)
    }

    fn keep_outside(
        &self,
        base: &stage::BackupPlace,
        path: &Path,
        to: &Path,
    ) -> Result<bool, Fault> {
        self.stage.keep_outside(base, path, to)?;
        Ok(true)
    }

    fn touch(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
        names: stage::Names,
    ) -> Result<Vec<Lack>, Fault> {
        Ok(self.stage.touch(staged(place)?, name, old, change, names)?)
    }

    fn remove_entry(&self, _dir: &Dir, path: &Path, old: &Stat) -> Result<(), Fault> {
        Ok(self.stage.note_removed(path, old)?)
    }

    fn removed_whole(&self, parent: &Path, name: &[u8], old: &Stat) -> Result<(), Fault> {
        let place = self.stage.place(parent, false)?;
        Ok(self.stage.remove(&place, name, old)?)
    }

    fn spare(&self, removed: &[PathBuf]) -> Result<(), Error> {
        Ok(self.stage.spare(removed)?)
    }

    fn finish_dir(
        &self,
        node: &Node,
        _place: Option<&Place>,
        change: &MetaChange,
    ) -> Result<Vec<Lack>, Fault> {
        Ok(self.stage.finish_dir(
            node.target_path(),
            node.fresh(),
            node.live_stat.as_ref(),
            change,
        )?)
    }
}
