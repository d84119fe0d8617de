//! Carrying out what was decided on an entry that is no directory: it is made, changed, or left.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::stage::Names;
use crate::sys::{Dir, Kind, Object, Stat, process};
use crate::tree::{MetaChange, give};

use crate::engine::decide::Decision;
use crate::engine::error::Error;
use crate::engine::event::{Action, Changes, Event, Severity, Skip};
use crate::engine::fake_super::{self};
use crate::engine::node::Node;
use crate::engine::options::Writing;
use crate::engine::remote::told;
use crate::engine::run::not_linked;
use crate::engine::sources::Origin;
use crate::engine::target::{Fault, Place, Target};
use crate::engine::transfer::ask::index;
use crate::engine::worker::Worker;

use super::Leaf;

impl Worker<'_> {
    /// Carries out a decision; true if the destination has the entry then.
    pub(in crate::engine) fn carry_out(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        decision: Decision,
    ) -> Result<bool, Error> {
        if matches!(decision, Decision::Make(_)) && self.is_longer(leaf) {
            return Ok(true);
        }
        let arrived = self.apply(node, leaf, origin, decision)?;
        self.depart(leaf, node, origin, decision, arrived)?;
        Ok(arrived)
    }

    fn apply(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        decision: Decision,
    ) -> Result<bool, Error> {
        if !matches!(decision, Decision::Make(_))
            && leaf.stat.kind == Kind::File
            && let Err(fault) = self.drop_leftover(node, leaf)
        {
            self.settle("unlink", &self.run.dest_path(&leaf.path), fault)?;
        }
        let wants_values = match decision {
            Decision::Touch(changes) => changes.xattrs,
            // Those of a file that is asked for come with it.
            Decision::Make(_) => leaf.stat.kind != Kind::File,
            Decision::Adopt(_) => true,
            _ => false,
        };
        if wants_values {
            let sides = leaf.sides.as_deref();
            if !self.tell_ahead(node, leaf, &decision) {
                self.ask_values(sides, || index(node, leaf).map(|(ndx, _)| ndx))?;
            }
            self.await_values(sides, &leaf.path)?;
        }
        let done = self.act_on(node, leaf, origin, decision);
        self.told_ahead = false;
        done
    }

    /// Tells a client of an entry before it is dealt with, if values of its extended attributes are to be asked for with
    /// that.
    fn tell_ahead(&mut self, node: &Node, leaf: &Leaf, decision: &Decision) -> bool {
        let (action, changes) = match decision {
            Decision::Touch(changes) => (Action::Attributes, self.as_touched(leaf, *changes)),
            Decision::Make(changes) => (Action::Create, *changes),
            Decision::Adopt(changes) => match self.linked_basis(leaf) {
                Some(_) => (Action::HardLink { leader: None }, *changes),
                None => (Action::Adopt, *changes),
            },
            _ => return false,
        };
        let wanted = leaf.sides.as_ref().map(|sides| sides.wanted());
        let Some(wanted) = wanted.filter(|wanted| !wanted.is_empty()) else {
            return false;
        };
        let changes = Changes {
            xattrs: true,
            ..changes
        };
        let item = told::item(leaf.stat.kind, &action, changes);
        let ndx = self.index(node, leaf);
        let can_ask = self.run.target.is_some()
            && self
                .listener()
                .is_some_and(|far| item.has_xattrs(far.dialect));
        if ndx.is_none() || !can_ask {
            return false;
        }
        self.tell_client(ndx, item, wanted, None);
        self.told_ahead = true;
        true
    }

    /// What is told of an entry that gets attributes, by what it has before.
    fn as_touched(&self, leaf: &Leaf, changes: Changes) -> Changes {
        let Some(live) = leaf.live.as_ref().filter(|_| leaf.claim.is_none()) else {
            return changes;
        };
        let planner = &self.run.planner;
        let seen = leaf.seen().unwrap_or(live);
        let change = planner.change_for(&leaf.stat, seen, leaf.sides.as_deref(), &changes);
        as_told(changes, live, &change, planner.preserve.perms)
    }

    fn act_on(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        decision: Decision,
    ) -> Result<bool, Error> {
        match decision {
            Decision::Skip(why) => {
                self.skipped(&leaf.path, leaf.stat.kind, why);
                Ok(false)
            }
            Decision::Keep => {
                if self.run.wants.skips {
                    self.skipped(&leaf.path, leaf.stat.kind, Skip::UpToDate);
                }
                self.item(
                    self.index(node, leaf),
                    &leaf.path,
                    &leaf.stat,
                    Action::Attributes,
                    Changes::default(),
                    leaf.link.clone(),
                );
                Ok(true)
            }
            Decision::Touch(changes) => self.touch(node, leaf, changes),
            Decision::Make(changes) => self.make(node, leaf, origin, changes),
            Decision::Adopt(changes) => self.adopt(node, leaf, changes),
            Decision::LeaveOut => self.leave_out(node, leaf).map(|()| false),
        }
    }

    /// Whether `--append` has nothing to do: it passes over such files without a word, whatever differs.
    fn is_longer(&self, leaf: &Leaf) -> bool {
        leaf.stat.kind == Kind::File
            && matches!(self.run.options.content.writing, Writing::Append { .. })
            && leaf
                .same_kind()
                .is_some_and(|live| live.size >= leaf.stat.size)
    }

    /// Names that are one file at the source stay one; others part, so that each becomes what it is there.
    fn names_of(&self, leaf: &Leaf) -> Names {
        let group = self
            .run
            .links
            .as_ref()
            .and_then(|links| links.turn(&leaf.stat));
        if group.is_some() {
            Names::All
        } else {
            Names::One
        }
    }

    fn touch(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        mut changes: Changes,
    ) -> Result<bool, Error> {
        if let (Some(target), Some(live)) = (self.run.target, &leaf.live) {
            let planner = &self.run.planner;
            let (sides, seen) = (leaf.sides.as_deref(), leaf.seen().unwrap_or(live));
            let mut change = planner.change_for(&leaf.stat, seen, sides, &changes);
            if let Some(claim) = &leaf.claim {
                change = fake_super::noted(change, &leaf.stat, Some((claim, live)));
            }
            let touched = self.place(node).and_then(|place| {
                target.touch(
                    &place,
                    &leaf.target_name,
                    live,
                    &change,
                    self.names_of(leaf),
                )
            });
            if leaf.claim.is_none() {
                changes = as_told(changes, live, &change, planner.preserve.perms);
            }
            let path = || self.run.dest_path(&leaf.path);
            match touched {
                Ok(lacks) if lacks.is_empty() => {}
                Ok(lacks) => self.tell_lacks(&path(), &lacks),
                Err(fault) => self.settle("failed to set attributes of", &path(), fault)?,
            }
        }
        self.item(
            self.index(node, leaf),
            &leaf.path,
            &leaf.stat,
            Action::Attributes,
            changes,
            leaf.link.clone(),
        );
        Ok(true)
    }

    fn make(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        changes: Changes,
    ) -> Result<bool, Error> {
        if !self.make_way(node, leaf)? {
            return Ok(false);
        }
        let changes = match leaf.stat.kind {
            Kind::File => self.by_what_is_readable(node, leaf, changes),
            _ => changes,
        };
        let made = match leaf.stat.kind {
            Kind::File => self.transfer(node, leaf, origin, changes)?,
            _ => self.make_special(node, leaf, changes)?,
        };
        if made {
            if changes.new {
                self.run.tally.created(leaf.stat.kind);
            }
            node.names_changed.store(true, Relaxed);
        }
        Ok(made)
    }

    /// A directory with content gives way only where deletion is allowed.
    pub(in crate::engine) fn make_way(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
    ) -> Result<bool, Error> {
        let (Some(old), Some(live)) = (&leaf.live, &node.live) else {
            return Ok(true);
        };
        if !old.is_dir() {
            return Ok(true);
        }
        let empty = live
            .open_dir(&leaf.target_name)
            .and_then(|dir| dir.list())
            .is_ok_and(|l| l.is_empty());
        let deletion = &self.run.options.deletion;
        let cleared = empty
            || ((deletion.enabled || deletion.force) && self.clear_way(node, &leaf.target_name)?);
        if !cleared {
            let what = match leaf.stat.kind {
                Kind::File => "regular file",
                Kind::Symlink => "symlink",
                Kind::CharDevice | Kind::BlockDevice => "device file",
                _ => "special file",
            };
            self.run.tally.set_partial();
            self.not_empty(&leaf.path);
            let text = format!(
                "could not make way for new {what}: {}",
                crate::tree::shown(&leaf.path)
            );
            self.tell(Event::Message {
                severity: Severity::Plain,
                text,
            });
        }
        Ok(cleared)
    }

    /// Makes a symbolic link, device or special and tells of it; true if the destination has it then.
    fn make_special(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        changes: Changes,
    ) -> Result<bool, Error> {
        self.back_up(node, &leaf.target_name, leaf.live.as_ref())?;
        if let Some(target) = self.run.target
            && let Err(fault) = self.make_node(target, node, leaf)
        {
            let path = self.run.dest_path(&leaf.path);
            match leaf.link.as_deref().map(crate::sys::as_path) {
                Some(to) => {
                    let other = format!("-> \"{}\"", crate::tree::shown(to));
                    self.settle_with("symlink", &path, fault, |e| {
                        not_linked("symlink", &path, &other, e)
                    })?;
                }
                None => self.settle("mknod", &path, fault)?,
            }
            return Ok(false);
        }
        self.item(
            self.index(node, leaf),
            &leaf.path,
            &leaf.stat,
            Action::Create,
            changes,
            leaf.link.clone(),
        );
        Ok(true)
    }

    /// The attributes of the object that is made for a leaf.
    pub(in crate::engine) fn attributes_of_new(&self, leaf: &Leaf, place: &Place) -> MetaChange {
        let planner = &self.run.planner;
        let sides = leaf.sides.as_deref();
        let change = planner.attributes_of_new(&leaf.stat, leaf.model(), sides, place.inherited());
        match planner.keeping.is_fake() {
            true => fake_super::noted(change, &leaf.stat, None),
            false => change,
        }
    }

    pub(in crate::engine) fn make_node(
        &mut self,
        target: &dyn Target,
        node: &Arc<Node>,
        leaf: &Leaf,
    ) -> Result<(), Fault> {
        let place = self.place(node)?;
        let change = self.attributes_of_new(leaf, &place);
        let fake = self.run.planner.keeping.is_fake();
        // The mode is given at birth; a new owner may clear bits of it, an ACL others.
        let owned = change.uid.is_some() || change.gid.is_some();
        let again = fake || owned || change.xattrs.is_some() || place.inherited().is_some();
        let left = MetaChange {
            mode: change.mode.filter(|_| again),
            ..change.clone()
        };
        let given = Cell::new(None);
        let make = |dir: &Dir, name: &[u8]| -> io::Result<bool> {
            match &leaf.link {
                link if fake => fake_super::make(dir, name, link.as_deref())?,
                Some(to) => dir.make_symlink(name, to)?,
                None => dir.make_node(
                    name,
                    leaf.stat.kind,
                    change.mode.unwrap_or(0o600),
                    leaf.stat.rdev,
                )?,
            }
            let kind = if fake { Kind::File } else { leaf.stat.kind };
            let done = give(Object::Name(dir, name), kind, &left);
            let as_foreseen = done.is_ok() && !fake;
            given.set(Some(done));
            Ok(as_foreseen)
        };
        let new = foreseen(&leaf.stat, &change, node.gives_group);
        target.make_node(
            &place,
            &leaf.target_name,
            new.as_ref(),
            leaf.live.as_ref(),
            &make,
        )?;
        self.tell_given(&self.run.dest_path(&leaf.path), given.take());
        Ok(())
    }
}

/// Changes of an object that is there as rsync tells them when it has begun to make them: an ACL that was
/// set has set the usual bits as well; where a new owner took set-id bits away, it looks again, and finds
/// only those missing.
fn as_told(changes: Changes, live: &Stat, change: &MetaChange, keeps_perms: bool) -> Changes {
    let mut told = changes;
    if (told.owner || told.group) && live.mode & 0o6000 != 0 && live.kind != Kind::Symlink {
        (told.owner, told.group) = (false, false);
        let set_group = if live.mode & 0o010 != 0 { 0o2000 } else { 0 };
        let left = live.mode & !(0o4000 | set_group);
        told.perms = keeps_perms && change.mode.is_some_and(|mode| mode != left);
    }
    if told.acl {
        told.perms = change
            .mode
            .is_some_and(|mode| (mode ^ live.mode) & 0o7000 != 0);
    }
    told
}

/// The metadata that an object made for `source` has with `change`, but for its inode, as far as that is
/// known without asking: without a time or a group given it has what the system gave it.
pub(in crate::engine) fn foreseen(
    source: &Stat,
    change: &MetaChange,
    gives_group: bool,
) -> Option<Stat> {
    let gid = change.gid.or_else(|| (!gives_group).then(process::gid))?;
    let mode = if source.kind == Kind::Symlink {
        source.mode
    } else {
        change.mode?
    };
    let uid = change.uid.unwrap_or_else(process::uid);
    Some(Stat {
        mode,
        uid,
        gid,
        mtime: change.mtime?,
        ino: 0,
        nlink: 1,
        ..*source
    })
}
