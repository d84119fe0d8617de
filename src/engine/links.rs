//! Hard links (`-H`): which names of the source are one file, and who brings its content.
//!
//! A pass over the source counts, before the transfer, how many names each file with several links has
//! within it. While the tree is worked on, the first name that is at the destination leads its group,
//! brought up to date where it has to be; where none is, the last name does. Of other kinds of object than
//! files the first name leads. All others become links to the leader.
//!
//! Those passed before the leader follow it in reverse order. rsync's links to a file that is transferred
//! wait for it to arrive, so they are told at the very end, the names behind the leader first.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::sys::{Kind, Stat, lock};

use super::decide::{Decision, NEW};
use super::detail::About;
use super::error::Error;
use super::event::{Action, Changes, Event, Skip};
use super::leaf::Leaf;
use super::node::Node;
use super::options::Writing;
use super::run::not_linked;
use super::survey::FileId;
use super::worker::Worker;

/// One file with several names.
pub(super) struct Group(Mutex<Members>);

#[derive(Default)]
struct Members {
    /// Names that were not met yet.
    to_come: usize,
    leader: Option<Leader>,
    /// Names that wait for a leader.
    waiting: Vec<Waiting>,
}

struct Waiting {
    node: Arc<Node>,
    leaf: Leaf,
    /// Which of the node's sources has it.
    source: usize,
}

/// What is told of the links to a file that was transferred, when all else is done.
#[derive(Default)]
pub(super) struct Late {
    /// Of names behind the leader.
    behind: Vec<Event>,
    /// Of names before the leader.
    before: Vec<Event>,
}

impl Late {
    /// What is told in the order in which it came.
    pub(super) fn behind_mut(&mut self) -> &mut Vec<Event> {
        &mut self.behind
    }

    /// All events in the order in which they are told.
    pub(super) fn into_events(self) -> impl Iterator<Item = Event> {
        self.behind.into_iter().chain(self.before)
    }
}

#[derive(Clone)]
struct Leader {
    /// Path in the destination.
    target: PathBuf,
    /// Path within the transfer, as told.
    path: PathBuf,
    /// The inode it keeps at the destination, when it was right as it was or was written into.
    kept: Option<Stat>,
    /// Its extended attributes were changed.
    edited: bool,
    /// Its number among those whose links are told late.
    late: Option<usize>,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Members> {
        lock(&self.0)
    }
}

/// All groups of a run.
pub(super) struct Links(HashMap<FileId, Arc<Group>>);

impl Links {
    /// The groups of the files of which `counts` says how many names they have.
    pub(super) fn new(counts: HashMap<FileId, usize>) -> Links {
        let several = counts.into_iter().filter(|(_, count)| *count > 1);
        let group = |count| {
            Arc::new(Group(Mutex::new(Members {
                to_come: count,
                ..Members::default()
            })))
        };
        Links(several.map(|(id, count)| (id, group(count))).collect())
    }

    /// All groups.
    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.0.values().map(Arc::as_ref)
    }

    /// The group of a file, if it has several names in the transfer.
    pub(super) fn turn(&self, stat: &Stat) -> Option<Arc<Group>> {
        self.0.get(&(stat.dev, stat.ino)).cloned()
    }
}

impl Worker<'_> {
    /// Deals with one name of a group.
    pub(super) fn member(
        &mut self,
        node: &Arc<Node>,
        leaf: Leaf,
        source: usize,
        group: Arc<Group>,
    ) -> Result<(), Error> {
        let mut members = group.lock();
        members.to_come = members.to_come.saturating_sub(1);
        if let Some(leader) = members.leader.clone() {
            drop(members);
            return self.follow_late(node, &leaf, &leader, |late| &mut late.behind);
        }
        // The group stays locked: who comes meanwhile has to wait for the leader anyway.
        let decision = self.decide(node, &leaf, &node.sources[source]);
        if matches!(decision, Decision::Skip(_) | Decision::LeaveOut) {
            self.carry_out(node, &leaf, &node.sources[source], decision)?;
            return self.lead_last(&mut members);
        }
        let has_none = leaf.same_kind().is_none() && leaf.basis.is_none();
        let waits = leaf.stat.kind == Kind::File && has_none;
        if waits && members.to_come > 0 {
            node.hold();
            members.waiting.push(Waiting {
                node: Arc::clone(node),
                leaf,
                source,
            });
            return Ok(());
        }
        if !self.lead(&mut members, node, leaf, source, decision)? {
            self.lead_last(&mut members)?;
        }
        Ok(())
    }

    /// Makes a name the leader and lets those that wait follow; false where it could not be brought over.
    fn lead(
        &mut self,
        members: &mut Members,
        node: &Arc<Node>,
        leaf: Leaf,
        source: usize,
        decision: Decision,
    ) -> Result<bool, Error> {
        let linked = match decision {
            Decision::Adopt(_) => self.linked_basis(&leaf),
            _ => None,
        };
        let (carried, mut own) =
            self.aside(|worker| worker.carry_out(node, &leaf, &node.sources[source], decision));
        if linked.is_none() {
            self.events.append(&mut own);
        }
        if !carried? {
            return Ok(false);
        }
        let kept = match decision {
            Decision::Keep | Decision::Touch(_) => leaf.live,
            // What is written into keeps its inode, and with it its other names.
            Decision::Make(_) if self.run.options.content.writing != Writing::Anew => leaf
                .same_kind()
                .copied()
                .filter(|_| leaf.stat.kind == Kind::File),
            _ => linked,
        };
        let transferred = matches!(decision, Decision::Make(_))
            && leaf.stat.kind == Kind::File
            && self.run.target.is_some();
        let leader = Leader {
            target: node.target_child(&leaf.target_name),
            path: leaf.path.clone(),
            kept,
            edited: matches!(decision, Decision::Touch(changes) if changes.xattrs),
            late: transferred.then(|| self.run.begin_late()),
        };
        members.leader = Some(leader.clone());
        for Waiting { node, leaf, source } in std::mem::take(&mut members.waiting).into_iter().rev()
        {
            self.about = About::of(&node.sources[source]);
            self.follow_late(&node, &leaf, &leader, |late| &mut late.before)?;
            self.release(&node)?;
        }
        // A link to an alternate directory is told behind those that waited for it.
        self.events.append(&mut own);
        Ok(true)
    }

    /// With nobody left to come, those that wait lead in turn, the last one first.
    fn lead_last(&mut self, members: &mut Members) -> Result<(), Error> {
        while members.to_come == 0 {
            let Some(Waiting { node, leaf, source }) = members.waiting.pop() else {
                break;
            };
            self.about = About::of(&node.sources[source]);
            let decision = self.decide(&node, &leaf, &node.sources[source]);
            self.lead(members, &node, leaf, source, decision)?;
            self.release(&node)?;
        }
        Ok(())
    }

    /// Deals with what still waits when all names were met.
    pub(super) fn lead_leftovers(&mut self) -> Result<(), Error> {
        let run = self.run;
        for group in run.links.iter().flat_map(Links::groups) {
            let mut members = group.lock();
            members.to_come = 0;
            self.lead_last(&mut members)?;
        }
        run.frontier.tell_last(&mut self.events);
        Ok(())
    }

    /// Follows a leader; where its links are told late, so is this one, in the list that `among` picks.
    fn follow_late(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        leader: &Leader,
        among: fn(&mut Late) -> &mut Vec<Event>,
    ) -> Result<(), Error> {
        let Some(number) = leader.late else {
            return self.follow(node, leaf, leader);
        };
        let (followed, events) = self.aside(|worker| worker.follow(node, leaf, leader));
        self.run.tell_late(number, events, among);
        followed
    }

    /// Makes a name a link to its leader.
    fn follow(&mut self, node: &Arc<Node>, leaf: &Leaf, leader: &Leader) -> Result<(), Error> {
        let linked = leader
            .kept
            .zip(leaf.live)
            .is_some_and(|(a, b)| a.same_object(&b));
        if linked {
            let action = Action::HardLink { leader: None };
            let link = leaf.link.clone();
            // As rsync: what it read of the other name before it was changed.
            let changes = Changes {
                xattrs: leader.edited,
                ..Changes::default()
            };
            if self.run.wants.skips && !changes.any() {
                self.skipped(&leaf.path, leaf.stat.kind, Skip::UpToDate);
            }
            let ndx = self.index(node, leaf);
            self.item(ndx, &leaf.path, &leaf.stat, action, changes, link);
            return self.depart_link(leaf, node);
        }
        if self.run.options.compare.existing && leaf.live.is_none() {
            self.skipped(&leaf.path, leaf.stat.kind, Skip::NotCreating);
            return Ok(());
        }
        if self.run.options.compare.ignore_existing && leaf.live.is_some() {
            self.skipped(&leaf.path, leaf.stat.kind, Skip::Exists);
            return Ok(());
        }
        if !self.make_way(node, leaf)? {
            return Ok(());
        }
        self.back_up(node, &leaf.target_name, leaf.live.as_ref())?;
        if let Some(target) = self.run.target {
            let done = self.place(node).and_then(|place| {
                target.link(
                    &leader.target,
                    &place,
                    &leaf.target_name,
                    leaf.live.as_ref(),
                )
            });
            if let Err(fault) = done {
                let path = self.run.dest_path(&leaf.path);
                let other = format!("=> {}", crate::tree::shown(&leader.path));
                return self.settle_with("link", &path, fault, |e| {
                    not_linked("link", &path, &other, e)
                });
            }
        }
        node.names_changed.store(true, Relaxed);
        self.depart_link(leaf, node)?;
        let by_basis = self.follower_changes(leaf, leader.kept.as_ref());
        let changes = match leaf.same_kind() {
            None if by_basis.is_some() => by_basis.unwrap_or_default(),
            None => {
                self.run.tally.created(leaf.stat.kind);
                NEW
            }
            Some(live) => Changes {
                size: leaf.stat.kind == Kind::File && live.size != leaf.stat.size,
                ..self
                    .unlike(leaf)
                    .and(self.run.planner.differences(&leaf.stat, live))
            },
        };
        let action = Action::HardLink {
            leader: Some(leader.path.clone()),
        };
        if self.links() && by_basis.is_some() && !self.run.wants.unchanged {
            return Ok(());
        }
        let ndx = self.index(node, leaf);
        self.item(ndx, &leaf.path, &leaf.stat, action, changes, None);
        Ok(())
    }
}
