//! Reading both sides of an entry, and telling what could not be read or given of ACLs and extended
//! attributes.

use std::path::Path;

use super::error::{Error, shown};
use super::event::{Event, Severity};
use super::extended::{Extended, Sides, Unreadable};
use super::failure::not_given;
use super::leaf::Leaf;
use super::node::Node;
use super::sources::Holder;
use super::worker::Worker;
use crate::sys::xattrs::{ACCESS_ACL, DEFAULT_ACL};
use crate::sys::{Object, Stat};
use crate::tree::{Lack, MetaChange, NotGiven};

/// Where the two sides of an entry are read.
pub(super) struct Places<'p> {
    pub source: (Holder<'p>, &'p Stat),
    /// An object of the same kind, if there is one.
    pub live: Option<(Object<'p>, &'p Stat)>,
    /// Which source it is.
    pub operand: usize,
    /// Path within the transfer.
    pub path: &'p Path,
}

impl Worker<'_> {
    /// Reads both sides of an entry, where anything of them is kept. The inner `None` says that nothing is;
    /// the outer that the source's could not be read: that is told, and the entry is left out.
    #[allow(clippy::option_option)]
    pub(super) fn read_sides(&mut self, places: Places<'_>) -> Option<Option<Box<Sides>>> {
        let planner = &self.run.planner;
        let keeping = planner.keeping;
        if !keeping.any() {
            return Some(None);
        }
        let rules = &self.run.options.rules;
        let (holder, stat) = places.source;
        let read = match holder {
            Holder::Here(object) => keeping.read_source(object, stat, &planner.owners, rules),
            Holder::There(attached) => {
                Ok(keeping.read_attached(&attached, stat, &planner.owners, rules))
            }
        };
        let mut source = match read {
            Ok(source) => source,
            Err(e) => {
                self.run.tally.set_list_error();
                let path = self.run.source_path(places.operand, places.path);
                self.unreadable(&path, &e);
                return None;
            }
        };
        let live = places.live.map(|(object, stat)| {
            let read = keeping.read_live(object, stat, rules).unwrap_or_else(|e| {
                self.run.tally.set_partial();
                let path = self.run.dest_path(places.path);
                self.unreadable(&path, &e);
                Extended::default()
            });
            source.find_values(&read);
            (read, stat.mode)
        });
        Some(Some(Box::new(Sides {
            source,
            mode: stat.mode,
            live,
        })))
    }

    /// The same for the destination's root, which stays without where they cannot be read.
    pub(super) fn read_root_sides(&mut self, root: &Node) {
        let Some((stat, origin)) = root.source_stat.as_ref().zip(root.model()) else {
            return;
        };
        let live = root.live.as_ref().zip(root.seen());
        let places = Places {
            source: (origin.seat.holder(), stat),
            live: live.map(|(dir, stat)| (Object::Open(dir.as_file()), stat)),
            operand: origin.operand,
            path: &root.path,
        };
        if let Some(Some(sides)) = self.read_sides(places) {
            let _ = root.sides.set(sides);
        }
    }

    /// What an interrupted run gave to an object that the source does not have any more goes.
    pub(super) fn take_back_edits(
        &self,
        object: Object<'_>,
        leaf: &Leaf,
        change: &mut MetaChange,
    ) -> std::io::Result<()> {
        let keeping = self.run.planner.keeping;
        let Some(sides) = leaf.sides.as_ref().filter(|_| !keeping.is_fake()) else {
            return Ok(());
        };
        let rules = &self.run.options.rules;
        let had = keeping.read_live(object, &object.stat()?, rules);
        let had = had.map_err(|(_, e)| e)?;
        let mode = change.mode.unwrap_or(leaf.stat.mode);
        change.xattrs = sides.edits_over(keeping, mode, &had);
        Ok(())
    }

    /// Asks for values that the peer sends only when they are asked for, of the entry with the index that `ndx` finds.
    ///
    /// # Errors
    /// The session ended.
    pub(super) fn ask_values(
        &self,
        sides: Option<&Sides>,
        ndx: impl FnOnce() -> Option<u32>,
    ) -> Result<(), Error> {
        let (Some(far), Some(sides)) = (self.run.far.filter(|_| self.run.target.is_some()), sides)
        else {
            return Ok(());
        };
        let wanted = sides.wanted();
        match (!wanted.is_empty()).then(ndx).flatten() {
            Some(ndx) => far
                .requests
                .ask_values(ndx, &wanted)
                .map_err(|_| Error::Interrupted),
            None => Ok(()),
        }
    }

    /// Waits for values that were asked for, and tells of those that do not come. Who reads what the peer says waits
    /// for nothing: what was asked for before is there.
    ///
    /// # Errors
    /// The session ended.
    pub(super) fn await_values(&mut self, sides: Option<&Sides>, path: &Path) -> Result<(), Error> {
        let (Some(far), Some(sides)) = (self.run.far.filter(|_| self.run.target.is_some()), sides)
        else {
            return Ok(());
        };
        if !self.is_reader {
            // What asks for them may be among what is not told yet.
            if far.is_told {
                self.run.frontier.tell(&self.key, &mut self.events);
            }
            let awaited = far.requests.await_values(&sides.wanted());
            awaited.map_err(|_| Error::Interrupted)?;
        }
        self.tell_missing(sides, path);
        Ok(())
    }

    /// Tells of values that do not come.
    pub(super) fn tell_missing(&mut self, sides: &Sides, path: &Path) {
        for name in sides.missing() {
            self.run.tally.set_partial();
            let name = crate::tree::shown(crate::sys::as_path(name));
            let path = shown(&self.run.dest_path(path));
            self.tell(Event::Message {
                severity: Severity::Error,
                text: format!("Missing abbreviated xattr value, {name}, for {path}"),
            });
        }
    }

    fn unreadable(&mut self, path: &Path, (name, e): &Unreadable) {
        self.tell(unreadable(path, name, e));
    }

    /// Tells what an object that was made could not be given.
    pub(super) fn tell_given(&mut self, path: &Path, given: Option<Result<Vec<Lack>, NotGiven>>) {
        match given {
            Some(Ok(lacks)) => self.tell_lacks(path, &lacks),
            Some(Err(e)) => self.report_event(not_given(path, &e)),
            None => {}
        }
    }

    /// Tells of extended attributes that an object could not be given.
    pub(super) fn tell_lacks(&mut self, path: &Path, lacks: &[Lack]) {
        for lack in lacks {
            self.run.tally.set_partial();
            let reason = crate::sys::reason(&lack.source);
            let acl = match &*lack.attribute {
                ACCESS_ACL => Some("ACL_TYPE_ACCESS"),
                DEFAULT_ACL => Some("ACL_TYPE_DEFAULT"),
                _ => None,
            };
            let text = match acl {
                Some(acl) => {
                    // As rsync has it, the path within the transfer.
                    let within = path.strip_prefix(&self.run.destination.root);
                    let within = crate::tree::shown(within.unwrap_or(path));
                    format!("set_acl: xacl_set({within}, {acl}): {reason}")
                }
                None => {
                    let call = match lack.removing {
                        true => "fremovexattr",
                        false => "fsetxattr",
                    };
                    let name = crate::tree::shown(crate::sys::as_path(&lack.attribute));
                    let path = shown(path);
                    format!("rsync_xal_set: {call}(\"{path}\",\"{name}\") failed: {reason}")
                }
            };
            self.tell(Event::Message {
                severity: Severity::Error,
                text,
            });
        }
    }
}

/// An attribute of an object could not be read; all of them, where it has no name.
pub(super) fn unreadable(path: &Path, name: &[u8], e: &std::io::Error) -> Event {
    let (path, reason) = (shown(path), crate::sys::reason(e));
    let text = match name {
        b"" => format!("rsync_xal_get: llistxattr(\"{path}\") failed: {reason}"),
        name => {
            let name = crate::tree::shown(crate::sys::as_path(name));
            format!("get_xattr_data: lgetxattr(\"{path}\",\"{name}\",0) failed: {reason}")
        }
    };
    Event::Message {
        severity: Severity::Error,
        text,
    }
}
