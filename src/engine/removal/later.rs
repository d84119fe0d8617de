//! What is removed or told when all else is done.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use crate::sys::{Dir, Stat, lock};
use crate::tree::Scope;

use super::blocked_event;
use super::carry_out::Place;
use super::extraneous::Candidate;
use crate::engine::batch::Batch;
use crate::engine::error::Error;
use crate::engine::event::Event;
use crate::engine::extended::Sides;
use crate::engine::fake_super::Claim;
use crate::engine::node::Node;
use crate::engine::options::When;
use crate::engine::order::Key;
use crate::engine::run::Run;
use crate::engine::worker::Worker;

/// Removals that wait for the end, by the place of their directories in rsync's order. Grows with what is
/// removed, not with the tree.
#[derive(Default)]
pub(in crate::engine) struct Later {
    /// Told at the end, done already.
    events: Mutex<BTreeMap<Key, Vec<Event>>>,
    /// Done at the end.
    names: Mutex<BTreeMap<Key, Names>>,
    /// Directories that get their final metadata only then: whether anything of them was changed, and whether names
    /// in them were.
    unfinished: Mutex<BTreeMap<PathBuf, (bool, bool)>>,
}

/// What one directory may have to lose.
struct Names {
    path: PathBuf,
    candidates: Vec<Candidate>,
    /// The rules that hold in it, as they were.
    guard: Scope,
    /// The outermost directory around it, or itself, whose rules hold in it.
    first: PathBuf,
    /// What it is to become.
    source_stat: Option<Stat>,
    sides: Option<Box<Sides>>,
    claim: Option<Box<Claim>>,
}

impl Later {
    /// Keeps what was to be told of one directory.
    pub(super) fn tell(&self, key: Key, events: Vec<Event>) {
        if !events.is_empty() {
            lock(&self.events).entry(key).or_default().extend(events);
        }
    }

    /// A directory is through but for what is removed at the end.
    pub(in crate::engine) fn end_late(&self, node: &Node) {
        let state = (node.touched.load(Relaxed), node.names_changed.load(Relaxed));
        lock(&self.unfinished).insert(node.path.clone(), state);
    }

    /// Everything that was to be told, in order.
    pub(in crate::engine) fn take_events(&self) -> impl Iterator<Item = Event> {
        std::mem::take(&mut *lock(&self.events))
            .into_values()
            .flatten()
    }
}

impl Worker<'_> {
    /// Finds what the directory may have to lose, and leaves it for the end.
    pub(super) fn note_for_later(&mut self, node: &Arc<Node>, batch: &Batch) -> Result<(), Error> {
        let Some(live) = node.live.as_ref().filter(|_| self.is_mirrored(node)) else {
            return Ok(());
        };
        let place = Place {
            dir: live,
            path: &node.path,
            guard: &node.guard,
        };
        let found = match self.run.options.deletion.when {
            When::Delay => self.extraneous(node, place, batch),
            _ => self.candidates(node, place, batch, |_, _, _| true),
        };
        let Some(candidates) = found else {
            return Ok(());
        };
        if !candidates.is_empty() {
            let names = Names {
                path: node.path.clone(),
                candidates,
                guard: node.guard.clone(),
                first: first_guarded(node),
                source_stat: node.source_stat,
                sides: node.sides.get().cloned(),
                claim: node.claim.get().cloned(),
            };
            if self.run.target.is_some_and(|target| target.is_private()) {
                node.ends_late.store(true, Relaxed);
            }
            lock(&self.run.later.names).insert(self.key.clone(), names);
        }
        Ok(())
    }

    /// Removes what was left for the end.
    fn remove_noted(&mut self, root: &Dir, names: Names, guards: &mut Guards) -> Result<(), Error> {
        let Ok((dir, live_stat)) = self.open_again(root, &names.path) else {
            // It went away meanwhile, with all it had.
            return Ok(());
        };
        let guard = match self.run.options.deletion.when {
            When::After => self.guard_now(root, &names, guards)?,
            _ => names.guard,
        };
        let live = dir.reopen().ok().map(|dir| (dir, live_stat));
        let mut node = Node::new(
            None,
            names.path.clone(),
            Vec::new(),
            live,
            names.source_stat,
        );
        node.guard = guard;
        if let Some((touched, changed)) = lock(&self.run.later.unfinished).remove(&names.path) {
            node.touched = touched.into();
            node.names_changed = changed.into();
            names.sides.map(|sides| node.sides.set(sides));
            names.claim.map(|claim| node.claim.set(claim));
        }
        let node = Arc::new(node);
        let place = Place {
            dir: &dir,
            path: &names.path,
            guard: &node.guard,
        };
        let left = match self.run.options.deletion.when {
            When::After => self.unprotected(place, names.candidates),
            _ => names.candidates,
        };
        self.remove_all(&node, place, left)?;
        node.hold();
        self.release(&node)
    }

    /// Opens a directory that is finished; its final mode may close it to its own owner.
    fn open_again(&self, root: &Dir, path: &std::path::Path) -> std::io::Result<(Dir, Stat)> {
        use std::os::unix::ffi::OsStrExt;
        let (Some(parent), Some(name), Some(target)) =
            (path.parent(), path.file_name(), self.run.target)
        else {
            return Ok((root.reopen()?, root.stat_self()?));
        };
        let parent = root.open_beneath(parent)?;
        let stat = parent.stat(name.as_bytes())?;
        Ok((target.open_live(&parent, name.as_bytes(), &stat)?, stat))
    }

    /// The rules that hold in a directory by now: the transfer may have brought new files of rules. Those
    /// around it were read when their turn came, before anything there was removed.
    fn guard_now(
        &mut self,
        root: &Dir,
        names: &Names,
        guards: &mut Guards,
    ) -> Result<Scope, Error> {
        if !self.run.options.rules.has_per_dir() {
            return Ok(names.guard.clone());
        }
        let path = &names.path;
        guards.retain(|(around, _)| path.starts_with(around));
        let outwards = path
            .ancestors()
            .take_while(|at| at.starts_with(&names.first));
        let mut inwards: Vec<&Path> = outwards.collect();
        inwards.reverse();
        for at in inwards.into_iter().skip(guards.len()) {
            let root_path = &self.run.destination.root;
            let outer = match guards.last() {
                Some((_, guard)) => guard.clone(),
                None => self.run.filter.around_destination(root_path),
            };
            let next = self.run.target.and_then(|target| target.next_dir(at));
            let guard = match root.open_beneath(at) {
                Ok(dir) => self.enter_by_now(&outer, (next.as_ref(), &dir), at)?,
                Err(_) => outer,
            };
            guards.push((at.to_owned(), guard));
        }
        let last = guards.last();
        Ok(last.map_or_else(Scope::default, |(_, guard)| guard.clone()))
    }
}

/// The rules of a directory and of those around it, from the first one inwards.
type Guards = Vec<(PathBuf, Scope)>;

fn first_guarded(node: &Node) -> PathBuf {
    let mut first = node;
    while let Some(around) = first
        .parent
        .as_deref()
        .filter(|node| node.guard.is_inside())
    {
        first = around;
    }
    first.path.clone()
}

impl Run<'_> {
    /// Carries out and tells what was left for the end.
    pub(in crate::engine) fn finish_removals(&self) -> Result<(), Error> {
        let names = std::mem::take(&mut *lock(&self.later.names));
        if !self.options.deletion.when.is_late() || !self.options.deletion.enabled {
            return Ok(());
        }
        let mut worker = Worker::new(self);
        let is_blocked = self.options.deletion.when == When::After && self.deletion_is_blocked();
        if is_blocked {
            self.tally.forget_skipped();
            if self.tally.first_blocked_deletion() {
                worker.tell(blocked_event());
            }
            self.frontier.tell_last(&mut worker.events);
            if lock(&self.later.unfinished).is_empty() {
                return Ok(());
            }
        }
        // In a stage they are taken back as a whole then.
        if !is_blocked && (!self.deletion_is_blocked() || self.target.is_none()) {
            for event in self.later.take_events() {
                worker.tell(event);
                self.frontier.tell_last(&mut worker.events);
            }
        }
        if !names.is_empty() {
            let root = Dir::open(&self.destination.root).map_err(|source| Error::File {
                action: "open",
                path: self.destination.root.clone(),
                source,
            })?;
            let mut guards = Guards::new();
            for mut names in names.into_values() {
                if is_blocked {
                    names.candidates.clear();
                }
                worker.remove_noted(&root, names, &mut guards)?;
                self.frontier.tell_last(&mut worker.events);
            }
        }
        Ok(())
    }
}
