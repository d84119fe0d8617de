//! Removing what the source does not have, and when.
//!
//! | when | names are found | names go, and are told |
//! | --- | --- | --- |
//! | before | by a sweep over both trees ahead of the transfer | there and then |
//! | during | when a directory's turn comes | there and then |
//! | delay | when a directory's turn comes | when all else is done |
//! | after | when a directory's turn comes; rules are asked at the end | when all else is done |
//!
//! In a stage nobody sees when a name goes: it always goes when it is found, and only the telling waits.

mod carry_out;
mod extraneous;
mod later;
mod sweep;

pub(super) use later::Later;
pub(super) use sweep::Swept;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::sys::{Dir, Stat};
use crate::tree::Scope;

use super::batch::Batch;
use super::error::Error;
use super::event::{Event, Severity};
use super::node::Node;
use super::options::{Options, When};
use super::select::Boundary;
use super::sources::Origin;
use super::worker::Worker;
use carry_out::{Place, Removal};
use extraneous::Candidate;

impl Worker<'_> {
    /// A directory's turn has come: what it has at the destination and the batch does not is removed, or
    /// noted for later.
    pub(super) fn remove_extraneous(
        &mut self,
        node: &Arc<Node>,
        batch: &Batch,
    ) -> Result<(), Error> {
        let deletion = &self.run.options.deletion;
        let wanted = deletion.enabled && deletion.when != When::Before;
        if !wanted || !self.is_mirrored(node) {
            return Ok(());
        }
        if !deletion.when.is_late() {
            return self.remove_now(node, batch);
        }
        if deletion.when == When::Delay && self.deletion_is_blocked() {
            return Ok(());
        }
        let private = self.run.target.map(|target| target.is_private());
        // The rules that a peer sends are known when they are there.
        let rules_come =
            self.run.far.is_some() && asks_next_rules(self.run.options, private == Some(true));
        if private == Some(false) || rules_come {
            return self.note_for_later(node, batch);
        }
        if deletion.when == When::After && self.run.deletion_is_blocked() {
            // Said at the end.
            return Ok(());
        }
        let (removed, events) = self.aside(|worker| worker.remove_now(node, batch));
        self.run.later.tell(self.key.clone(), events);
        removed
    }

    /// Whether the directory's content is part of the transfer, so that other names have to go. With `-x`
    /// nothing goes on other file systems.
    fn is_mirrored(&self, node: &Node) -> bool {
        node.content && !node.live_stat.is_some_and(|stat| self.is_elsewhere(&stat))
    }

    /// With `-x`, whether something of the destination lies on another file system.
    fn is_elsewhere(&self, stat: &Stat) -> bool {
        let root = self.run.lister.own_root;
        self.run.options.select.boundary != Boundary::None
            && root.is_some_and(|(dev, _)| stat.dev != dev)
    }

    /// Removes one name of a directory, whatever the sources say; true if it goes whole.
    pub(super) fn remove_named(&mut self, node: &Arc<Node>, name: &[u8]) -> Result<bool, Error> {
        let Some(live) = &node.live else {
            return Ok(false);
        };
        let place = Place {
            dir: live,
            path: &node.path,
            guard: &node.guard,
        };
        Ok(self.remove(place, name, node)? == Removal::Whole)
    }

    /// Finds and removes.
    fn remove_now(&mut self, node: &Arc<Node>, batch: &Batch) -> Result<(), Error> {
        if self.deletion_is_blocked() {
            return Ok(());
        }
        let Some(live) = &node.live else {
            return Ok(());
        };
        let place = Place {
            dir: live,
            path: &node.path,
            guard: &node.guard,
        };
        let Some(extra) = self.extraneous(node, place, batch) else {
            return Ok(());
        };
        self.remove_all(node, place, extra)
    }

    /// Removes names of one directory, the last first.
    fn remove_all(
        &mut self,
        node: &Arc<Node>,
        place: Place,
        names: Vec<Candidate>,
    ) -> Result<(), Error> {
        for (name, _) in names.into_iter().rev() {
            if self.remove(place, &name, node)? == Removal::Whole {
                node.names_changed.store(true, Relaxed);
            }
        }
        Ok(())
    }

    /// After an error in listing the source nothing is deleted on its word; said once.
    fn deletion_is_blocked(&mut self) -> bool {
        let blocked = self.run.deletion_is_blocked();
        if blocked && self.run.tally.first_blocked_deletion() {
            self.tell(blocked_event());
        }
        blocked
    }

    /// The rules that hold in a directory of the destination: read before anything in it changes, and only
    /// where names are to be deleted. In a stage `--delete-after` asks those that will hold.
    pub(super) fn guard(
        &mut self,
        outer: &Scope,
        live: Option<&Dir>,
        sources: &[Origin],
        path: &Path,
    ) -> Result<Scope, Error> {
        let run = self.run;
        if !run.options.deletion.enabled || live.is_none() {
            return Ok(outer.clone());
        }
        let private = run.target.is_none_or(|target| target.is_private());
        if !asks_next_rules(run.options, private) {
            return live.map_or_else(|| Ok(outer.clone()), |live| self.enter(outer, live, path));
        }
        let mut events = Vec::new();
        let guard = run
            .filter
            .enter_next(outer, live, sources, path, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        guard
    }
}

impl super::run::Run<'_> {
    /// Whether what went wrong so far forbids to delete on the word of the source's list. A file that could
    /// not be read counts only where all is found at the end.
    pub(super) fn deletion_is_blocked(&self) -> bool {
        let deletion = &self.options.deletion;
        let blocked =
            self.tally.list_error() || (deletion.when == When::After && self.tally.read_error());
        blocked && !deletion.ignore_errors
    }
}

/// Whether deletion goes by the rules that the transfer brings, although it is done along the way, where
/// nobody sees it.
pub(super) fn asks_next_rules(options: &Options, private: bool) -> bool {
    options.deletion.when == When::After && private && options.rules.has_per_dir()
}

/// What is said once where deletion is held back.
pub(super) fn blocked_event() -> Event {
    Event::Message {
        severity: Severity::Notice,
        text: "IO error encountered -- skipping file deletion".to_owned(),
    }
}
