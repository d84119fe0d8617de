//! Entries that are not directories: decided on, made, changed.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::stage::Names;
use crate::sys::{Dir, Kind, Object, Stat, as_path, process};
use crate::tree::{MetaChange, give, is_unsafe_link};

use super::basis::Match;
use super::compare::same_bytes;
use super::decide::Decision;
use super::detail::About;
use super::error::Error;
use super::event::{Action, Changes, Event, Severity, Skip};
use super::extended::{Sides, Unlike};
use super::fake_super::{self, Claim, read_target};
use super::node::Node;
use super::options::Writing;
use super::run::{STAT, failed_to, not_linked};
use super::sides::Places;
use super::sources::{Origin, Seen, Unseen};
use super::target::{Fault, Place, Target};
use super::worker::Worker;

/// An entry of the source and what the destination has in its place.
pub(super) struct Leaf {
    /// The name at the source.
    pub name: Box<[u8]>,
    /// The name at the destination.
    pub target_name: Box<[u8]>,
    /// Path within the transfer.
    pub path: PathBuf,
    /// At the source.
    pub stat: Stat,
    /// At the destination, whatever its type.
    pub live: Option<Stat>,
    /// What that claims to be, under `--fake-super`.
    pub claim: Option<Box<Claim>>,
    /// A link's target.
    pub link: Option<Vec<u8>>,
    /// ACLs and extended attributes, where they are kept.
    pub sides: Option<Box<Sides>>,
    /// What the alternate directories have.
    pub basis: Option<Match>,
    /// At the source it is a symbolic link, and what that leads to takes its place.
    pub followed: bool,
}

impl Leaf {
    /// What is at the destination, or claims to be.
    pub(super) fn seen(&self) -> Option<&Stat> {
        match &self.claim {
            Some(claim) => Some(&claim.stat),
            None => self.live.as_ref(),
        }
    }

    /// The same, if it is of the source's family.
    pub(super) fn same_kind(&self) -> Option<&Stat> {
        self.seen().filter(|live| live.kind.is_like(self.stat.kind))
    }
}

impl Origin {
    /// Opens a file of the source for reading.
    pub(super) fn open(&self, leaf: &Leaf) -> io::Result<File> {
        if leaf.followed {
            self.dir.open_target_file(&leaf.name)
        } else {
            self.dir.open_file(&leaf.name)
        }
    }
}

impl Worker<'_> {
    /// Deals with one name that is not a directory.
    pub(super) fn leaf(
        &mut self,
        node: &Arc<Node>,
        name: &[u8],
        source: usize,
    ) -> Result<(), Error> {
        let origin = &node.sources[source];
        self.about = About {
            operand: origin.operand,
            checksum: None,
        };
        if self.run.wants.progress {
            self.run.tally.pass(1);
        }
        let Some(leaf) = self.look(node, name, origin)? else {
            return Ok(());
        };
        if leaf.stat.nlink > 1
            && let Some(links) = &self.run.links
        {
            return match links.turn(&leaf.stat) {
                Some(group) => self.member(node, leaf, source, group),
                None => self.single(node, &leaf, origin).map(|_| ()),
            };
        }
        self.single(node, &leaf, origin).map(|_| ())
    }

    /// Looks at both sides of a name.
    fn look(&mut self, node: &Node, name: &[u8], origin: &Origin) -> Result<Option<Leaf>, Error> {
        let path = node.child(name);
        let Seen { stat, followed } = match self.run.lister.see(origin, name, &path) {
            Ok(seen) => seen,
            Err(Unseen::NoReferent) => {
                self.no_referent(origin.operand, &path);
                return Ok(None);
            }
            Err(Unseen::Error(e)) => {
                let shown = self.run.source_path(origin.operand, &path);
                if e.kind() == io::ErrorKind::NotFound {
                    self.vanished("file", &shown);
                } else {
                    self.run.tally.set_list_error();
                    let (path, reason) = (super::error::shown(&shown), crate::sys::reason(&e));
                    self.tell(Event::Message {
                        severity: Severity::Error,
                        text: format!("readlink_stat(\"{path}\") failed: {reason}"),
                    });
                }
                return Ok(None);
            }
        };
        let stat = match self.run.options.content.copy_devices && stat.kind.is_device() {
            true => Self::content_of_device(&origin.dir, name, stat),
            false => stat,
        };
        let real = stat;
        let shown = || self.run.source_path(origin.operand, &path);
        let opened = match followed && self.run.planner.keeping.any() {
            // Attributes are those of what the link leads to.
            true => origin.dir.open_target_file(name).ok(),
            false => None,
        };
        let object = match &opened {
            Some(file) => Object::Open(file),
            None => Object::Name(&origin.dir, name),
        };
        let claim = self.claim(object, real, shown)?;
        let stat = self.run.planner.adjust(claim.stat);
        self.run.tally.listed(stat.kind, stat.size);
        if self.run.options.select.list_only {
            let is_file = real.kind == Kind::File;
            let lister = self.run.lister;
            let link = || read_target(&origin.dir, name, is_file).map(|to| lister.unmunge(to));
            self.list(path, &stat, link);
            return Ok(None);
        }
        if !self.run.planner.takes(stat.kind) {
            self.skipped(&path, stat.kind, Skip::NonRegular);
            return Ok(None);
        }
        let target_name: Box<[u8]> = self.target_name(node, name).into();
        let link = if stat.kind == Kind::Symlink {
            let is_file = real.kind == Kind::File;
            match read_target(&origin.dir, name, is_file).map(|to| self.run.lister.unmunge(to)) {
                Ok(target) if self.leaves_out(&target, &path) => return Ok(None),
                Ok(target) => Some(target),
                Err(e) => {
                    self.report_failure(
                        "readlink",
                        &self.run.source_path(origin.operand, &path),
                        &e,
                    );
                    return Ok(None);
                }
            }
        } else {
            None
        };
        if let Some(barred) = node.barred {
            self.tell_barred(&path, link.as_deref(), barred);
            return Ok(None);
        }
        let live = match node
            .live
            .as_ref()
            .map_or(Ok(None), |live| live.try_stat(&target_name))
        {
            Ok(live) => live.map(|found| match &node.live {
                Some(dir)
                    if self.run.options.content.write_devices
                        && stat.kind == Kind::File
                        && found.kind.is_device() =>
                {
                    Self::content_of_device(dir, &target_name, found)
                }
                _ => found,
            }),
            Err(e) => {
                let event = failed_to(STAT, &self.run.dest_path(&path), &e);
                self.report_event(event);
                return Ok(None);
            }
        };
        let claim = match (&node.live, live) {
            (Some(dir), Some(live)) if self.run.planner.keeping.is_fake() => {
                let shown = || self.run.dest_path(&path);
                let claim = self.claim(Object::Name(dir, &target_name), live, shown)?;
                Some(Box::new(claim))
            }
            _ => None,
        };
        let seen = claim.as_ref().map(|claim| claim.stat).or(live);
        let same_kind = seen.filter(|live| live.kind.is_like(stat.kind));
        let live_object = node.live.as_ref().zip(same_kind.as_ref());
        let places = Places {
            source: (object, &stat),
            live: live_object.map(|(dir, stat)| (Object::Name(dir, &target_name), stat)),
            operand: origin.operand,
            path: &path,
        };
        let Some(sides) = self.read_sides(&places) else {
            return Ok(None);
        };
        let mut leaf = Leaf {
            name: name.into(),
            target_name,
            path,
            stat,
            live,
            claim,
            link,
            sides,
            basis: None,
            followed,
        };
        leaf.basis = self.find_basis(node, &leaf, origin);
        Ok(Some(leaf))
    }

    /// With `--safe-links`, whether a link is left out because of where it leads.
    fn leaves_out(&mut self, target: &[u8], path: &Path) -> bool {
        let leaves = self.run.options.symlinks.leave_unsafe
            && is_unsafe_link(target, path.as_os_str().as_bytes());
        if leaves {
            self.tell(Event::UnsafeLink {
                path: path.to_owned(),
                target: as_path(target).to_owned(),
                copied: false,
            });
        }
        leaves
    }

    /// Decides on a leaf; failures to compare are reported and count as different.
    pub(super) fn decide(&mut self, node: &Node, leaf: &Leaf, origin: &Origin) -> Decision {
        self.sum_compared(leaf.stat.kind, || origin.open(leaf));
        let same_content = || match (leaf.stat.kind, &node.live) {
            (Kind::Symlink, Some(live)) => {
                let is_file = leaf.live.is_some_and(|live| live.kind == Kind::File);
                let target = read_target(live, &leaf.target_name, is_file)?;
                Ok(Some(target) == leaf.link)
            }
            (Kind::File, Some(live)) => {
                same_bytes(&origin.open(leaf)?, &live.open_file(&leaf.target_name)?)
            }
            _ => Ok(false),
        };
        let decision =
            self.run
                .planner
                .decide(&leaf.stat, leaf.seen(), self.unlike(leaf), same_content);
        let decision = decision.unwrap_or(Decision::Make(Changes {
            value: true,
            ..Changes::default()
        }));
        match &leaf.basis {
            Some(found) => decision.or_by(|| self.decide_by(found, leaf)),
            None => decision,
        }
    }

    /// What differs of ACLs and extended attributes.
    pub(super) fn unlike(&self, leaf: &Leaf) -> Unlike {
        let keeping = self.run.planner.keeping;
        let sides = leaf.sides.as_deref();
        sides.map_or_else(Unlike::default, |sides| {
            sides.unlike(keeping, leaf.stat.kind)
        })
    }

    /// Deals with an entry on its own; true if the destination has it then.
    pub(super) fn single(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
    ) -> Result<bool, Error> {
        let decision = self.decide(node, leaf, origin);
        self.carry_out(node, leaf, origin, decision)
    }

    /// Carries out a decision; true if the destination has the entry then.
    pub(super) fn carry_out(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
        decision: Decision,
    ) -> Result<bool, Error> {
        if matches!(decision, Decision::Make(_)) && self.is_longer(leaf) {
            return Ok(true);
        }
        if !matches!(decision, Decision::Make(_)) && leaf.stat.kind == Kind::File {
            let path = self.run.dest_path(&leaf.path);
            if let Err(fault) = self.drop_leftover(node, leaf) {
                self.settle("unlink", &path, fault)?;
            }
        }
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

    /// A device as the file that its content makes; what keeps it from being opened is told when it is read.
    fn content_of_device(dir: &Dir, name: &[u8], stat: Stat) -> Stat {
        let size = dir
            .open_file(name)
            .map_or(0, |file| crate::sys::sparse::device_size(&file));
        Stat {
            kind: Kind::File,
            size,
            rdev: (0, 0),
            ..stat
        }
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
    pub(super) fn make_way(&mut self, node: &Arc<Node>, leaf: &Leaf) -> Result<bool, Error> {
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
            &leaf.path,
            &leaf.stat,
            Action::Create,
            changes,
            leaf.link.clone(),
        );
        Ok(true)
    }

    /// The attributes of the object that is made for a leaf.
    pub(super) fn attributes_of_new(&self, leaf: &Leaf, place: &Place) -> MetaChange {
        let planner = &self.run.planner;
        let sides = leaf.sides.as_deref();
        let change = planner.attributes_of_new(&leaf.stat, leaf.model(), sides, place.inherited());
        match planner.keeping.is_fake() {
            true => fake_super::noted(change, &leaf.stat, None),
            false => change,
        }
    }

    pub(super) fn make_node(
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
pub(super) fn foreseen(source: &Stat, change: &MetaChange, gives_group: bool) -> Option<Stat> {
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
