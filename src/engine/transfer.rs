//! Bringing the content of one regular file over.

mod arrive;
pub(super) mod ask;
mod fill;
mod into;
mod over;
mod partial;
mod unread;

use std::fs::File;
use std::io::{self, Seek};
use std::sync::Arc;

use crate::stage::Salvage;
use crate::sys::{Kind, Object, Stat, process, signal};
use crate::tree::{MetaChange, give};

use super::detail::Traffic;
use super::error::Error;
use super::event::{Action, Changes, Event};
use super::leaf::{Leaf, foreseen};
use super::node::Node;
use super::options::Writing;
use super::run::failed_to;
use super::sources::Origin;
use super::target::{Fault, NewFile, Place, Target};
use super::worker::Worker;

pub(super) use partial::Leftovers;

/// What moved.
#[derive(Clone, Copy, Default)]
pub(super) struct Moved {
    pub literal: u64,
    pub matched: u64,
}

/// A file to be written, and where.
#[derive(Clone, Copy)]
struct Job<'j> {
    node: &'j Arc<Node>,
    place: &'j Place,
    leaf: &'j Leaf,
    source: &'j File,
}

impl Worker<'_> {
    /// Transfers a file and tells of it; true if the destination has it then.
    pub(super) fn transfer(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        changes: Changes,
    ) -> Result<bool, Error> {
        let Some(target) = self.run.target else {
            self.run.tally.transferred(leaf.stat.size, 0, 0);
            self.tell_transfer(node, leaf, changes);
            self.sum_transferred(None);
            self.arrived(&leaf.path, &leaf.stat, changes, Traffic::default());
            return Ok(true);
        };
        if let Some(far) = self.run.far {
            return self.ask(far, target, node, leaf, changes);
        }
        match self.bring(target, node, leaf, origin, changes)? {
            Ok(Some(moved)) => {
                self.count(leaf, moved);
                self.tell_arrival(node, leaf, changes, moved);
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(fault) => {
                self.settle("write", &self.run.dest_path(&leaf.path), fault)?;
                Ok(false)
            }
        }
    }

    fn tell_transfer(&mut self, node: &Node, leaf: &Leaf, changes: Changes) {
        let ndx = self.index(node, leaf);
        let action = Action::Transfer;
        self.item(ndx, &leaf.path, &leaf.stat, action, changes, None);
    }

    fn tell_arrival(&mut self, node: &Node, leaf: &Leaf, changes: Changes, moved: Moved) {
        let looked_in = !self.run.options.whole_file && node.live.is_some();
        let traffic = Traffic {
            moved: moved.literal,
            basis: leaf
                .same_kind()
                .filter(|_| looked_in)
                .map_or(0, |live| live.size),
            // Sums are counted where they are received.
            any: self.run.far.is_none(),
        };
        self.arrived(&leaf.path, &leaf.stat, changes, traffic);
    }

    fn count(&mut self, leaf: &Leaf, moved: Moved) {
        let tally = &self.run.tally;
        tally.transferred(leaf.stat.size, moved.literal, moved.matched);
        if self.run.wants.progress {
            self.tell(Event::FileFinished {
                path: leaf.path.clone(),
                size: leaf.stat.size,
                position: self.run.position(self.passed),
            });
        }
    }

    /// `None` where the source could not be read; that is reported then.
    fn bring(
        &mut self,
        target: &dyn Target,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        changes: Changes,
    ) -> Result<Result<Option<Moved>, Fault>, Error> {
        let source = match origin.open(leaf) {
            Ok(file) => file,
            Err(e) => {
                let path = self.run.source_path(origin.operand, &leaf.path);
                if e.kind() == io::ErrorKind::NotFound {
                    self.vanished("file", &path);
                } else {
                    self.run.tally.set_read_error();
                    self.tell(failed_to("send_files failed to open", &path, &e));
                }
                return Ok(Ok(None));
            }
        };
        let place = match self.place(node) {
            Ok(place) => place,
            Err(fault) => return Ok(Err(fault)),
        };
        // As rsync: told when it begins, above its progress and above what may go wrong with it.
        self.tell_transfer(node, leaf, changes);
        if self.run.wants.progress {
            self.tell(Event::FileStarted {
                path: leaf.path.clone(),
                size: leaf.stat.size,
            });
            self.run.frontier.tell(&self.key, &mut self.events);
        }
        self.back_up(node, &leaf.target_name, leaf.live.as_ref())?;
        let written = self.write(target, node, &place, leaf, &source);
        self.sum_transferred(Some(&source));
        if signal::stop_requested() {
            return Err(Error::Interrupted);
        }
        Ok(written.map(Some))
    }

    /// Whether the source lost some of what was read of it before all was, which is told: what was read is no state
    /// that it was ever in, and is read once more.
    fn was_cut(&mut self, job: Job<'_>, moved: Moved) -> io::Result<bool> {
        let mut source = job.source;
        let read = moved.literal + moved.matched;
        if read >= job.leaf.stat.size || source.metadata()?.len() >= read {
            return Ok(false);
        }
        let operand = job.node.sources[job.leaf.source].operand;
        let path = self.run.source_path(operand, &job.leaf.path);
        self.run.tally.set_read_error();
        let e = rustix::io::Errno::NODATA.into();
        self.tell(failed_to("read errors mapping", &path, &e));
        source.rewind()?;
        Ok(true)
    }

    /// Fills a new file, and fills it again if the source was cut short meanwhile.
    fn fill_whole(&mut self, job: Job<'_>, mut to: &File, half: Option<File>) -> io::Result<Moved> {
        let moved = self.fill(job, to, half)?;
        if !self.was_cut(job, moved)? {
            return Ok(moved);
        }
        to.set_len(0)?;
        to.rewind()?;
        self.fill(job, to, None)
    }

    pub(super) fn write(
        &mut self,
        target: &dyn Target,
        node: &Arc<Node>,
        place: &Place,
        leaf: &Leaf,
        source: &File,
    ) -> Result<Moved, Fault> {
        let job = Job {
            node,
            place,
            leaf,
            source,
        };
        let change = self.attributes_of_new(leaf, place);
        if self.run.options.content.writing != Writing::Anew
            && let Some(live) = leaf.same_kind()
        {
            let moved = self.write_into(job, live, &change)?;
            if !self.was_cut(job, moved)? {
                return Ok(moved);
            }
            let live = Stat {
                size: moved.literal + moved.matched,
                ..*live
            };
            return self.write_into(job, &live, &change);
        }
        let name = &leaf.target_name[..];
        let half = match self.salvage(target, node, place, leaf)? {
            Salvage::Whole => return self.take_whole(target, node, place, leaf),
            Salvage::Half(file) => Some(file),
            Salvage::None => self.leftover(node, leaf),
        };
        let inherits = place.inherited().is_some();
        // In place, a file that is not whole yet is its owner's alone.
        let in_place = self.run.options.content.writing != Writing::Anew;
        let birth = Birth::of(&change, node.gives_group, inherits || in_place);
        let new = target.new_file(place, name, birth.mode, leaf.live.as_ref())?;
        let moved = match self.fill_whole(job, &new.file, half) {
            Ok(moved) => moved,
            Err(e) => {
                let old = leaf.live.as_ref();
                target.abandon(place, name, new, old, &birth.left(&change), &e);
                return Err(e.into());
            }
        };
        self.complete((node, place, leaf), target, new, (&change, &birth), moved)?;
        Ok(moved)
    }

    /// Gives a file that has its content the rest, and its name.
    fn complete(
        &mut self,
        (node, place, leaf): (&Arc<Node>, &Place, &Leaf),
        target: &dyn Target,
        new: NewFile,
        (change, birth): (&MetaChange, &Birth),
        moved: Moved,
    ) -> Result<(), Fault> {
        let left = birth.left(change);
        let given = give(Object::Open(&new.file), Kind::File, &left);
        // A file that changed while it was read has the size that was read.
        let size = moved.literal + moved.matched;
        let made = foreseen(&Stat { size, ..leaf.stat }, change, node.gives_group)
            .filter(|_| given.is_ok());
        if !matches!(&given, Ok(lacks) if lacks.is_empty()) {
            self.tell_given(&self.run.dest_path(&leaf.path), Some(given));
        }
        target.finish_file(
            place,
            &leaf.target_name,
            new.temporary.as_deref(),
            made.as_ref(),
            leaf.live.as_ref(),
        )?;
        if !self.run.options.content.delay_updates {
            self.drop_leftover(node, leaf)?;
        }
        Ok(())
    }

    /// What an interrupted run left of a file. Where size and time do not vouch for content, its own has to.
    fn salvage(
        &self,
        target: &dyn Target,
        node: &Node,
        place: &Place,
        leaf: &Leaf,
    ) -> Result<Salvage, Fault> {
        let (name, stat) = (&leaf.target_name[..], &leaf.stat);
        let found = target.salvage(place, name, stat.size, stat.mtime)?;
        let compare = &self.run.options.compare;
        if !matches!(found, Salvage::Whole) || !(compare.checksum || compare.ignore_times) {
            return Ok(found);
        }
        let origin = &node.sources[leaf.source];
        let file = place.dir().open_file(name);
        let is_same = |file: &File| self.same_file_content(origin, leaf, file).unwrap_or(false);
        if compare.checksum && file.as_ref().is_ok_and(is_same) {
            return Ok(Salvage::Whole);
        }
        place.dir().unlink(name)?;
        Ok(file.map_or(Salvage::None, Salvage::Half))
    }

    /// Takes a file over that an interrupted run left complete.
    fn take_whole(
        &mut self,
        target: &dyn Target,
        node: &Node,
        place: &Place,
        leaf: &Leaf,
    ) -> Result<Moved, Fault> {
        let mut change = self.attributes_of_new(leaf, place);
        let name = &leaf.target_name[..];
        let object = Object::Name(place.dir(), name);
        self.take_back_edits(object, leaf, &mut change)?;
        let given = give(object, Kind::File, &change)?;
        self.tell_lacks(&self.run.dest_path(&leaf.path), &given);
        let made = foreseen(&leaf.stat, &change, node.gives_group);
        target.finish_file(place, name, None, made.as_ref(), leaf.live.as_ref())?;
        Ok(Moved {
            literal: 0,
            matched: leaf.stat.size,
        })
    }
}

/// In which order a new file gets its attributes without ever being open to the wrong people.
struct Birth {
    /// Mode at birth.
    mode: u32,
    /// Whether the owner or group differs from what a new file gets.
    owned: bool,
    /// Whether the mode has to be set again.
    again: bool,
}

impl Birth {
    fn of(change: &MetaChange, gives_group: bool, inherits: bool) -> Birth {
        let uid = change.uid.is_some_and(|uid| uid != process::uid());
        // A set-group-id directory gives its group to what is made in it.
        let gid = change
            .gid
            .is_some_and(|gid| gid != process::gid() || gives_group);
        let mode = change.mode.unwrap_or(0o600);
        let (owned, edited) = (uid || gid, change.xattrs.is_some());
        // Writing takes set-id bits away from who may not give them freely.
        let again = owned || edited || inherits || mode & 0o6000 != 0;
        // Who may not write may not set attributes.
        let write = if edited { 0o200 } else { 0 };
        Birth {
            mode: if again { mode & 0o700 | write } else { mode },
            owned,
            again,
        }
    }

    /// What is still to be given to the file.
    fn left(&self, change: &MetaChange) -> MetaChange {
        MetaChange {
            mode: change.mode.or(Some(0o600)).filter(|_| self.again),
            uid: change.uid.filter(|_| self.owned),
            gid: change.gid.filter(|_| self.owned),
            mtime: change.mtime,
            atime: change.atime,
            xattrs: change.xattrs.clone(),
        }
    }
}
