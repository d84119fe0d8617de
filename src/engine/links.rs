//! Hard links (`-H`): which names of the source are one file, and who brings its content.
//!
//! A pass over the source counts, before the transfer, how many names each file with several links has
//! within it. While the tree is worked on, the first name whose file is already right at the destination
//! leads its group; failing that, the last name does, and its content is transferred. The others become
//! links to the leader, those passed before in reverse order, as rsync tells them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::{Kind, Stat};

use super::decide::{Decision, NEW};
use super::error::Error;
use super::event::{Action, Changes};
use super::leaf::Leaf;
use super::node::{Node, Origin};
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
    waiting: Vec<(Arc<Node>, Leaf)>,
}

#[derive(Clone)]
struct Leader {
    /// Path in the destination.
    target: PathBuf,
    /// Path within the transfer, as told.
    path: PathBuf,
    /// The inode it keeps at the destination, when it was right as it was.
    kept: Option<Stat>,
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        origin: &Origin,
        group: Arc<Group>,
    ) -> Result<(), Error> {
        let mut members = group.lock();
        members.to_come = members.to_come.saturating_sub(1);
        if let Some(leader) = members.leader.clone() {
            drop(members);
            return self.follow(node, &leaf, &leader);
        }
        let decision = self.decide(node, &leaf, origin);
        let right = matches!(decision, Decision::Keep | Decision::Touch(_));
        if !right && members.to_come > 0 && !matches!(decision, Decision::Skip(_)) {
            node.hold();
            members.waiting.push((Arc::clone(node), leaf));
            return Ok(());
        }
        // The group stays locked: who comes meanwhile has to wait for the leader anyway.
        if !self.carry_out(node, &leaf, origin, decision)? {
            return self.abandon(&mut members);
        }
        let leader = Leader {
            target: node.path.join(crate::sys::as_path(&leaf.target_name)),
            path: leaf.path.clone(),
            kept: leaf.live.filter(|_| right),
        };
        members.leader = Some(leader.clone());

        let told = std::mem::take(&mut self.events);
        for (node, leaf) in std::mem::take(&mut members.waiting).into_iter().rev() {
            self.follow(&node, &leaf, &leader)?;
            self.release(&node)?;
        }
        let mut late = self.run.late.lock().unwrap_or_else(PoisonError::into_inner);
        late.append(&mut self.events);
        self.events = told;
        Ok(())
    }

    /// The leader failed: with nobody left to come, those that wait are given up.
    fn abandon(&mut self, members: &mut Members) -> Result<(), Error> {
        if members.to_come == 0 {
            for (node, _) in std::mem::take(&mut members.waiting) {
                self.release(&node)?;
            }
        }
        Ok(())
    }

    /// Makes a name a link to its leader.
    fn follow(&mut self, node: &Arc<Node>, leaf: &Leaf, leader: &Leader) -> Result<(), Error> {
        let linked = leader
            .kept
            .zip(leaf.live)
            .is_some_and(|(a, b)| a.same_object(&b));
        let action = Action::HardLink {
            leader: leader.path.clone(),
        };
        if linked {
            self.item(&leaf.path, &leaf.stat, action, Changes::default(), None);
            return Ok(());
        }
        if self.run.options.compare.ignore_existing && leaf.live.is_some() {
            self.skipped(&leaf.path, leaf.stat.kind, super::event::Skip::Exists);
            return Ok(());
        }
        if !self.make_way(node, leaf)? {
            return Ok(());
        }
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
                return self.settle("link", &self.run.dest_path(&leaf.path), fault);
            }
        }
        node.names_changed.store(true, Relaxed);
        let changes = match leaf.same_kind() {
            None => {
                self.run.tally.created(leaf.stat.kind);
                NEW
            }
            Some(live) => Changes {
                size: leaf.stat.kind == Kind::File && live.size != leaf.stat.size,
                ..self.run.planner.differences(&leaf.stat, live)
            },
        };
        self.item(&leaf.path, &leaf.stat, action, changes, None);
        Ok(())
    }
}
