//! Alternate directories (`--compare-dest`, `--copy-dest`, `--link-dest`): trees beside the destination that
//! may have an entry already. Their paths are relative to the live destination, whatever a stage does.
//!
//! A match has one of three levels: an object of the kind is there (its content may serve as a basis), its
//! content is right, all of it is right. The first directory with the best level is taken. Costs one call
//! per entry and directory; an entry of a new directory then costs one more to link.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::sys::{Dir, Kind, Object, Stat, trusted};

use super::decide::{Decision, NEW};
use super::error::{Error, shown};
use super::event::{Action, Changes, Event, Report, Severity, Skip};
use super::extended::Sides;
use super::leaf::Leaf;
use super::node::Node;
use super::options::{Alternates, BasisUse};
use super::sources::Destination;
use super::sources::Origin;
use super::target::{Fault, Target};
use super::worker::Worker;

/// One directory as every alternate tree has it, in the order of search; empty where none was asked for.
#[derive(Debug, Default)]
pub(super) struct Handles(Vec<Option<Handle>>);

/// A directory of an alternate tree; one that may not be opened has only its metadata.
#[derive(Debug)]
struct Handle {
    dir: Option<Dir>,
    stat: Stat,
}

/// How well an alternate directory has an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// An object of the kind is there.
    Kind,
    /// Its content is right.
    Content,
    /// Its attributes are, too.
    Exact,
}

/// What an alternate directory has for an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    /// Which of the directories.
    number: usize,
    pub level: Level,
    pub stat: Stat,
    /// What of the attributes is not right.
    changes: Changes,
}

impl Handles {
    /// Opens the roots of the alternate trees. Those that are not there are told and passed over.
    pub(super) fn open(
        alternates: Option<&Alternates>,
        destination: &Destination,
        report: &dyn Report,
    ) -> Handles {
        let Some(Alternates { how, dirs }) = alternates else {
            return Handles::default();
        };
        let open = |dir: &PathBuf| {
            let path = destination.beside(dir);
            let opened = trusted::check(&path)
                .and_then(|()| Dir::open(&path))
                .and_then(|dir| Ok((dir.stat_self()?, dir)));
            let what = match opened {
                Ok((stat, dir)) => {
                    return Some(Handle {
                        dir: Some(dir),
                        stat,
                    });
                }
                Err(e) if e.kind() == io::ErrorKind::NotADirectory => "is not a dir",
                Err(_) => "does not exist",
            };
            let path = shown(&destination.root.join(dir));
            report.event(Event::Message {
                severity: Severity::Plain,
                text: format!("--{} arg {what}: {path}", how.option()),
            });
            None
        };
        Handles(dirs.iter().map(open).collect())
    }

    /// Whether there is nothing to look into.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A directory in this one, as the alternate trees have it.
    pub(super) fn child(&self, name: &[u8]) -> Handles {
        let open = |parent: &Option<Handle>| {
            let parent = parent.as_ref()?.dir.as_ref()?;
            let dir = parent.open_dir(name).ok();
            let stat = match &dir {
                Some(dir) => dir.stat_self().ok()?,
                None => parent.stat(name).ok().filter(Stat::is_dir)?,
            };
            Some(Handle { dir, stat })
        };
        Handles(self.0.iter().map(open).collect())
    }

    /// What differs between a directory of the source and the best of these; `None` where there is none.
    fn differ(&self, differences: impl Fn(&Handle) -> Changes) -> Option<Changes> {
        let mut found = self.0.iter().flatten().map(differences);
        let first = found.next()?;
        let exact = !first.any() || found.any(|changes| !changes.any());
        Some(if exact { Changes::default() } else { first })
    }

    /// The directory as the alternate tree of this number has it.
    pub(super) fn numbered(&self, number: usize) -> Option<&Dir> {
        self.0.get(number)?.as_ref()?.dir.as_ref()
    }

    /// The directory in all alternate trees that have it.
    pub(super) fn dirs(&self) -> impl Iterator<Item = (usize, &Dir)> {
        let numbered = self.0.iter().enumerate();
        numbered.filter_map(|(number, handle)| Some((number, handle.as_ref()?.dir.as_ref()?)))
    }

    fn dir(&self, found: &Match) -> io::Result<&Dir> {
        Ok(self.numbered(found.number).ok_or(io::ErrorKind::NotFound)?)
    }

    /// Opens the file of a match.
    pub(super) fn open_file(&self, found: &Match, name: &[u8]) -> io::Result<std::fs::File> {
        self.dir(found)?.open_file(name)
    }
}

impl Worker<'_> {
    /// What becomes of an entry that alternate directories have.
    fn how(&self) -> Option<BasisUse> {
        Some(self.run.options.alternates.as_ref()?.how)
    }

    /// Looks an entry up in the alternate directories.
    pub(super) fn find_basis(&self, node: &Node, leaf: &Leaf, origin: &Origin) -> Option<Match> {
        let how = self.how().filter(|_| !node.basis.is_empty())?;
        let least = match (&leaf.live, leaf.stat.kind) {
            (None, _) => Level::Kind,
            (Some(live), Kind::File) if live.kind != Kind::File => Level::Kind,
            // A file that is there makes way only for one that is right in everything.
            (Some(_), Kind::File) if how != BasisUse::Copy => Level::Exact,
            _ => return None,
        };
        let mut best: Option<Match> = None;
        for (number, handle) in node.basis.0.iter().enumerate() {
            let Some(dir) = handle.as_ref().and_then(|handle| handle.dir.as_ref()) else {
                continue;
            };
            let Some(stat) = dir.try_stat(&leaf.target_name).ok().flatten() else {
                continue;
            };
            let Some((level, changes)) = self.level(dir, &stat, leaf, origin) else {
                continue;
            };
            // What is that very object stays as it is.
            let is_linked =
                how == BasisUse::Link && leaf.live.is_some_and(|live| live.same_object(&stat));
            if level >= least && !is_linked && best.is_none_or(|best| level > best.level) {
                best = Some(Match {
                    number,
                    level,
                    stat,
                    changes,
                });
            }
            if level == Level::Exact {
                break;
            }
        }
        best
    }

    fn level(
        &self,
        dir: &Dir,
        stat: &Stat,
        leaf: &Leaf,
        origin: &Origin,
    ) -> Option<(Level, Changes)> {
        if !stat.kind.is_like(leaf.stat.kind) {
            return None;
        }
        let (planner, name) = (&self.run.planner, &leaf.target_name);
        let same = match leaf.stat.kind {
            Kind::File => planner.same_file(&leaf.stat, stat, || {
                self.same_file_content(origin, leaf, &dir.open_file(name)?)
            }),
            Kind::Symlink => dir.read_link(name).map(|to| Some(to) == leaf.link),
            Kind::CharDevice | Kind::BlockDevice => {
                Ok(stat.kind == leaf.stat.kind && stat.rdev == leaf.stat.rdev)
            }
            _ => Ok(stat.kind == leaf.stat.kind),
        };
        let mut changes = planner.differences(&leaf.stat, stat);
        if let Some(sides) = &leaf.sides {
            let there = (Object::Name(dir, name), stat);
            let unlike =
                sides.unlike_at(planner.keeping, stat.kind, there, &self.run.options.rules);
            changes = unlike.and(changes);
        }
        let level = match same {
            Ok(true) if !changes.any() => Level::Exact,
            Ok(true) => Level::Content,
            _ => Level::Kind,
        };
        Some((level, changes))
    }

    /// The decision on an entry that an alternate directory has.
    pub(super) fn decide_by(&self, found: &Match, leaf: &Leaf) -> Decision {
        let mut changes = found.changes;
        match (found.level, leaf.stat.kind) {
            (Level::Exact, _) if self.how() == Some(BasisUse::Compare) => Decision::LeaveOut,
            (Level::Exact, _) if self.links() => Decision::Adopt(changes),
            (Level::Exact, _) | (Level::Content, Kind::File) => {
                changes.time_now = leaf.stat.kind == Kind::File && !self.run.planner.preserve.times;
                Decision::Adopt(changes)
            }
            // It is no file of the destination's, which alone can be passed over for being there, or newer.
            (Level::Kind, Kind::File) => {
                let planner = &self.run.planner;
                Decision::Make(planner.brought(&leaf.stat, &found.stat, changes))
            }
            _ => {
                changes.value = true;
                Decision::Make(changes)
            }
        }
    }

    /// What is new about a directory that is not there.
    pub(super) fn new_directory(
        &self,
        stat: &Stat,
        sides: Option<&Sides>,
        basis: &Handles,
    ) -> Changes {
        let planner = &self.run.planner;
        let differences = |handle: &Handle| {
            let changes = planner.differences(stat, &handle.stat);
            match (sides, &handle.dir) {
                (Some(sides), Some(dir)) => {
                    let there = (Object::Open(dir.as_file()), &handle.stat);
                    sides
                        .unlike_at(planner.keeping, Kind::Dir, there, &self.run.options.rules)
                        .and(changes)
                }
                _ => changes,
            }
        };
        basis.differ(differences).unwrap_or(NEW)
    }

    /// Whether alternate directories are linked to.
    pub(super) fn links(&self) -> bool {
        self.how() == Some(BasisUse::Link)
    }

    /// Where an alternate directory has an entry, as it is shown.
    pub(super) fn alternate_path(&self, found: &Match, leaf: &Leaf) -> PathBuf {
        let alternates = self.run.options.alternates.as_ref();
        let dir = alternates.and_then(|alternates| alternates.dirs.get(found.number));
        let root = &self.run.destination.root;
        dir.map_or_else(|| root.clone(), |dir| root.join(dir))
            .join(&leaf.path)
    }

    /// The object that an adopted entry becomes a link to, if it is linked at all.
    pub(super) fn linked_basis(&self, leaf: &Leaf) -> Option<Stat> {
        let found = leaf
            .basis
            .filter(|found| found.level == Level::Exact && self.links())?;
        Some(found.stat)
    }

    /// Takes an entry over from an alternate directory; true if the destination has it then.
    pub(super) fn adopt(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        changes: Changes,
    ) -> Result<bool, Error> {
        let Some(found) = leaf.basis else {
            return Ok(false);
        };
        if !self.make_way(node, leaf)? {
            return Ok(false);
        }
        if leaf.same_kind().is_none() {
            self.back_up(node, &leaf.target_name, leaf.live.as_ref())?;
        }
        let mut linked = self.linked_basis(leaf).is_some();
        if let Some(target) = self.run.target {
            let adopted = self.link_or_copy(target, node, leaf, &found, &mut linked);
            if let Err(fault) = adopted {
                let path = self.run.dest_path(&leaf.path);
                self.settle("failed to take over", &path, fault)?;
                return Ok(false);
            }
        }
        node.names_changed.store(true, Relaxed);
        if self.run.wants.skips && !changes.any() {
            self.skipped(&leaf.path, leaf.stat.kind, Skip::UpToDate);
        }
        let action = if linked {
            Action::HardLink { leader: None }
        } else {
            Action::Adopt
        };
        let (ndx, link) = (self.index(node, leaf), leaf.link.clone());
        self.item(ndx, &leaf.path, &leaf.stat, action, changes, link);
        Ok(true)
    }

    /// Links where that is wished for and can be, else copies.
    fn link_or_copy(
        &mut self,
        target: &dyn Target,
        node: &Arc<Node>,
        leaf: &Leaf,
        found: &Match,
        linked: &mut bool,
    ) -> Result<(), Fault> {
        let place = self.place(node)?;
        let (name, dir) = (&leaf.target_name, node.basis.dir(found)?);
        if *linked {
            *linked = target.link_from(dir, &place, name, &found.stat, leaf.live.as_ref())?;
        }
        match leaf.stat.kind {
            _ if *linked => Ok(()),
            Kind::File => {
                let basis = dir.open_file(name)?;
                self.write(target, node, &place, leaf, &basis).map(drop)
            }
            _ => self.make_node(target, node, leaf),
        }
    }

    /// Leaves an entry out that an alternate directory has: what the destination has of it goes.
    pub(super) fn leave_out(&mut self, node: &Arc<Node>, leaf: &Leaf) -> Result<(), Error> {
        if let (Some(old), Some(live)) = (&leaf.live, &node.live) {
            if !self.make_way(node, leaf)? {
                return Ok(());
            }
            if let Some(target) = self.run.target {
                let path = node.child(&leaf.target_name);
                let removed = self.place(node).and_then(|_| {
                    target.remove_entry(live, &path, old)?;
                    target.removed_whole(&node.path, &leaf.target_name, old)
                });
                if let Err(fault) = removed {
                    let path = self.run.dest_path(&path);
                    self.settle("delete_file: unlink", &path, fault)?;
                    return Ok(());
                }
            }
            node.names_changed.store(true, Relaxed);
        }
        if self.run.wants.skips {
            self.skipped(&leaf.path, leaf.stat.kind, Skip::UpToDate);
        }
        let none = Changes::default();
        self.item(
            self.index(node, leaf),
            &leaf.path,
            &leaf.stat,
            Action::Attributes,
            none,
            leaf.link.clone(),
        );
        Ok(())
    }

    /// What differs about a name that becomes a link to `leader`, compared with the alternate directories:
    /// none of it is new where they have it as it will be.
    pub(super) fn follower_changes(&self, leaf: &Leaf, leader: Option<&Stat>) -> Option<Changes> {
        let found = leaf.basis.as_ref()?;
        let has = match self.how()? {
            BasisUse::Link => leader.is_some_and(|leader| leader.same_object(&found.stat)),
            BasisUse::Compare | BasisUse::Copy => found.level >= Level::Content,
        };
        has.then_some(found.changes)
    }
}

impl Leaf {
    /// What a new object is measured by: the old one, or what an alternate directory has of its content.
    pub(super) fn model(&self) -> Option<&Stat> {
        let basis = self.basis.as_ref();
        let begun =
            basis.filter(|found| found.level == Level::Kind && self.stat.kind == Kind::File);
        self.seen().or(begun.map(|found| &found.stat))
    }

    /// Whether its content comes from an alternate directory.
    pub(super) fn is_adopted(&self) -> bool {
        self.basis
            .is_some_and(|found| found.level >= Level::Content)
    }
}
