//! One worker: takes jobs, walks directories, and hands entries on.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use crate::sys::content::Copier;
use crate::sys::{Kind, Stat, signal};

use super::batch::Batch;
use super::detail::{About, Traffic};
use super::error::Error;
use super::event::{Action, Changes, Event, Item, Skip};
use super::extended::{Sides, Unlike, Wanted};
use super::fake_super;
use super::node::Node;
use super::order::{Key, child_key};
use super::remote::{Pending, told};
use super::run::Run;
use super::sources::{Found, Listed, Turn};
use super::target::{Fault, Place};

/// Entries of a wide directory that make one job.
const CHUNK: usize = 512;
/// Events that a job collects before it hands them on.
const EVENTS: usize = 256;

/// A job.
pub(super) enum Work {
    /// The root of the destination.
    Root(Arc<Node>),
    /// A directory of the source.
    Dir {
        parent: Arc<Node>,
        name: Box<[u8]>,
        source: usize,
    },
    /// A file that was asked for, which the sender does not send.
    Unsent(Box<Pending>),
    /// Some of the entries of a wide directory.
    Chunk {
        node: Arc<Node>,
        batch: Arc<Batch>,
        range: Range<usize>,
    },
}

/// The state of one worker thread.
pub(super) struct Worker<'w> {
    pub run: &'w Run<'w>,
    pub copier: Copier,
    pub events: Vec<Event>,
    pub about: About,
    pub key: Key,
    /// The key that the job began with, and how often it was parted since.
    pub whole: Key,
    pub parts: usize,
    /// How many entries of the list are dealt with when this one is, where that is known.
    pub passed: Option<u64>,
    /// What falls due when the entries that are dealt with are through.
    pub turn: Option<Arc<Turn>>,
    /// It works where what a peer says is read, and waits for nothing.
    pub is_reader: bool,
    /// Values of extended attributes that a client is asked for with what it is told next.
    pub wanted: Vec<Wanted>,
    /// It was told already of the entry that is dealt with.
    pub told_ahead: bool,
    /// What is removed makes room for a backup, and is not kept itself.
    pub makes_room: bool,
}

impl<'w> Worker<'w> {
    pub(super) fn new(run: &'w Run<'w>) -> Worker<'w> {
        Worker {
            run,
            copier: match &run.pace {
                Some(pace) => Copier::in_steps(pace.step()),
                None => Copier::default(),
            },
            events: Vec::new(),
            about: About::default(),
            key: Key::default(),
            whole: Key::default(),
            parts: 0,
            passed: None,
            turn: None,
            is_reader: false,
            wanted: Vec::new(),
            told_ahead: false,
            makes_room: false,
        }
    }

    /// Works until nothing is left.
    pub(super) fn work(&mut self) {
        while let Some((key, work)) = self.run.frontier.take() {
            self.key = key.clone();
            self.whole = key;
            self.parts = 0;
            if let Err(e) = self.job(work) {
                self.run.fail(e);
            }
            self.run.frontier.done(&self.key, &mut self.events);
        }
    }

    fn job(&mut self, work: Work) -> Result<(), Error> {
        match work {
            Work::Root(node) => {
                self.read_root_sides(&node);
                let changes = self.root_changes(&node);
                if node.fresh() || changes.is_some_and(|changes| changes.xattrs) {
                    let listed = node.model().and_then(|origin| origin.seat.there());
                    let sides = node.sides.get().map(|sides| &**sides);
                    // A client is asked with what it is told.
                    if self.listener().is_none() || changes.is_none() {
                        self.ask_values(sides, || listed?.index_of_self())?;
                    }
                }
                if self.run.swept.has(&node.path) {
                    node.touched.store(true, Relaxed);
                    node.names_changed.store(true, Relaxed);
                }
                self.content(&node, &node.path, changes)?;
                self.release(&node)
            }
            Work::Dir {
                parent,
                name,
                source,
            } => {
                self.directory(&parent, &name, source)?;
                self.release(&parent)
            }
            Work::Unsent(pending) => self.unsent(*pending),
            Work::Chunk { node, batch, range } => {
                self.leaves(&node, &batch, range)?;
                self.release(&node)
            }
        }
    }

    /// Tells one event when its turn comes.
    pub(super) fn tell(&mut self, event: Event) {
        self.events.push(event);
        if self.events.len() >= EVENTS {
            if !self.is_reader {
                self.wait_for_client();
            }
            self.hand_on();
        }
    }

    /// Hands on what is to be told, and waits while too much is; who reads what a peer says never does.
    fn hand_on(&mut self) {
        let frontier = self.run.frontier;
        match self.is_reader {
            true => frontier.tell_at_once(&self.key, &mut self.events),
            false => frontier.tell(&self.key, &mut self.events),
        }
    }

    /// Does something whose events are told elsewhere.
    pub(super) fn aside<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> (T, Vec<Event>) {
        if self.listener().is_some() {
            // Requests are told as they are made: what comes before them is told before.
            self.hand_on();
        }
        let told = std::mem::take(&mut self.events);
        let done = act(self);
        (done, std::mem::replace(&mut self.events, told))
    }

    /// Tells of an entry that was dealt with, if anybody wants to know.
    pub(super) fn item(
        &mut self,
        ndx: Option<u32>,
        path: &Path,
        stat: &Stat,
        action: Action,
        changes: Changes,
        link: Option<Vec<u8>>,
    ) {
        let wants = self.run.wants;
        let wanted = std::mem::take(&mut self.wanted);
        let is_wanted = wants.items && (wants.unchanged || action.changes() || changes.any());
        if !is_wanted && wanted.is_empty() {
            return;
        }
        if self.listener().is_some() {
            // Of attributes rsync tells the receiving end itself, to whom clients say nothing of them.
            let tells = is_wanted && wants.skips;
            let tells = tells && action == Action::Attributes && changes.any();
            let is_recorded = is_wanted && wants.records && !tells;
            let line = is_recorded
                .then(|| self.line(path, stat, action.clone(), changes, link.as_deref()));
            match std::mem::take(&mut self.told_ahead) {
                true => self.record(line),
                false => {
                    let item = told::item(stat.kind, &action, changes);
                    self.tell_client(ndx, item, wanted, line);
                }
            }
            if !tells {
                return;
            }
        }
        let line = self.line(path, stat, action, changes, link.as_deref());
        self.tell(Event::Item(line));
    }

    /// What is told of an entry.
    pub(super) fn line(
        &self,
        path: &Path,
        stat: &Stat,
        action: Action,
        changes: Changes,
        link: Option<&[u8]>,
    ) -> Item {
        let told = self.run.told(path);
        let path = match path.as_os_str().is_empty() {
            true => &told,
            false => path,
        };
        let details = self.details(path, stat, Traffic::default());
        Item {
            path: told,
            kind: stat.kind,
            action,
            changes,
            size: stat.size,
            link: link.map(|bytes| crate::sys::as_path(bytes).to_owned()),
            details,
        }
    }

    pub(super) fn skipped(&mut self, path: &Path, kind: Kind, why: Skip) {
        let always = matches!(why, Skip::Directory | Skip::NonRegular);
        if always || self.run.wants.skips {
            let path = if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            };
            self.tell(Event::Skipped {
                path: path.to_owned(),
                kind,
                why,
            });
        }
    }

    /// What differs about the root itself; `None` where it is not part of the transfer.
    fn root_changes(&mut self, root: &Node) -> Option<Changes> {
        let stat = root.source_stat?;
        self.run.tally.listed(Kind::Dir, 0);
        self.run.tally.pass(1);
        let changes = match root.seen() {
            None if self.run.destination.is_made() => {
                let made = self.run.planner.just_made();
                return Some(self.run.planner.differences(&stat, &made));
            }
            Some(live) => {
                let sides = root.sides.get().map(|sides| &**sides);
                self.directory_changes(&root.path, &stat, live, sides)
            }
            None => {
                let sides = root.sides.get().map(|sides| &**sides);
                self.new_directory(&stat, sides, &root.basis)
            }
        };
        if changes.new && !self.run.options.select.list_only {
            self.run.tally.created(Kind::Dir);
        }
        Some(changes)
    }

    /// What differs of a directory that is there.
    pub(super) fn dir_changes(&self, source: &Stat, live: &Stat, sides: Option<&Sides>) -> Changes {
        let planner = &self.run.planner;
        let unlike = sides.map_or_else(Unlike::default, |sides| {
            sides.unlike(planner.keeping, Kind::Dir)
        });
        unlike.and(planner.differences(source, live))
    }

    fn tell_directory(&mut self, node: &Node, path: &Path, changes: Option<Changes>) {
        let (Some(stat), Some(changes)) = (node.source_stat, changes) else {
            return;
        };
        if self.run.options.select.list_only {
            return self.list_directory(path, &stat);
        }
        let action = match node.fresh() {
            _ if changes.new => Action::Create,
            true if self.run.destination.is_made() && node.parent.is_none() => Action::Attributes,
            true => Action::Adopt,
            false => Action::Attributes,
        };
        if action == Action::Adopt && !changes.any() && self.run.wants.skips {
            self.skipped(path, Kind::Dir, Skip::UpToDate);
        }
        let listed = node.sources.first().and_then(|o| o.seat.there());
        let ndx = listed.and_then(Listed::own_index);
        if self.listener().is_some() && (node.fresh() || changes.xattrs) {
            let sides = node.sides.get().filter(|_| self.run.target.is_some());
            self.wanted = sides.map_or_else(Vec::new, |sides| sides.wanted());
        }
        self.item(ndx, path, &stat, action, changes, None);
    }

    /// Lists a directory, removes what does not belong, tells of the directory itself as rsync does by
    /// then, and deals with its entries.
    pub(super) fn content(
        &mut self,
        node: &Arc<Node>,
        path: &Path,
        changes: Option<Changes>,
    ) -> Result<(), Error> {
        let began = Instant::now();
        let read = self.read_batch(node);
        self.run.tally.listing_took(began.elapsed());
        let batch = match read {
            Ok(batch) => batch,
            Err((number, e)) => {
                let operand = node.sources.get(number).map_or(0, |o| o.operand);
                let source = self.run.source_path(operand, &node.path);
                if e.kind() == io::ErrorKind::NotFound {
                    self.vanished("directory", &source);
                } else {
                    self.list_error("readdir", &source, &e);
                }
                self.tell_directory(node, path, changes);
                return Ok(());
            }
        };
        self.run.tally.names(batch.name_bytes());
        self.catalogue(node)?;
        self.remove_extraneous(node, &batch)?;
        // The list of what is in it has the directory itself, too.
        self.turn = batch.turn.clone();
        self.tell_directory(node, path, changes);
        self.turn = None;
        let batch = Arc::new(batch);
        let first = self.spread(node, &batch);
        self.leaves(node, &batch, first)
    }

    fn read_batch(&mut self, node: &Node) -> Result<Batch, (usize, io::Error)> {
        let mut notes = Vec::new();
        let lister = self.run.lister;
        let batch = lister.batch(&node.path, &node.sources, &mut |note| notes.push(note));
        notes.into_iter().for_each(|note| self.note(note));
        batch
    }

    /// Queues all entries beyond the first part, which is left to this worker.
    fn spread(&mut self, node: &Arc<Node>, batch: &Arc<Batch>) -> Range<usize> {
        let first = 0..batch.leaves.min(CHUNK);
        let mut jobs = Vec::new();
        let mut start = first.end;
        while start < batch.leaves {
            let end = (start + CHUNK).min(batch.leaves);
            let work = Work::Chunk {
                node: Arc::clone(node),
                batch: Arc::clone(batch),
                range: start..end,
            };
            jobs.push((child_key(&self.key, jobs.len()), work));
            start = end;
        }
        for index in batch.leaves..batch.len() {
            let named = batch.get(index);
            let work = Work::Dir {
                parent: Arc::clone(node),
                name: named.name.into(),
                source: named.source,
            };
            jobs.push((child_key(&self.key, jobs.len()), work));
        }
        for _ in &jobs {
            node.hold();
        }
        self.run.frontier.push(jobs);
        first
    }

    fn leaves(
        &mut self,
        node: &Arc<Node>,
        batch: &Batch,
        range: Range<usize>,
    ) -> Result<(), Error> {
        self.turn = batch.turn.clone();
        let last = range.end == batch.leaves;
        let dirs = batch.len() - batch.leaves;
        for index in range {
            check_stop()?;
            let named = batch.get(index);
            match named.found {
                Found::Missing => {
                    self.absent(node, named.name)?;
                }
                _ => self.leaf(node, named.name, named.source)?,
            }
        }
        if last && self.run.wants.progress {
            self.run.tally.pass(dirs);
        }
        self.turn = None;
        Ok(())
    }

    /// Where changes of this directory go, found at the first change.
    pub(super) fn place(&self, node: &Arc<Node>) -> Result<Arc<Place>, Fault> {
        let Some(target) = self.run.target else {
            return Err(io::Error::other("a dry run changes nothing").into());
        };
        node.touched.store(true, Relaxed);
        node.place(|| {
            target.begin()?;
            if node.is_lazy() && node.fresh() {
                self.make_on_the_way(node)?;
            }
            target.place(node)
        })
    }

    /// The name at the destination: another one where a single entry is renamed.
    pub(super) fn target_name<'n>(&'n self, node: &Node, name: &'n [u8]) -> &'n [u8] {
        match &self.run.destination.rename {
            Some(rename) if node.parent.is_none() => rename,
            _ => name,
        }
    }

    /// One thing in a directory is through; the last one finishes the directory.
    pub(super) fn release(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        let mut node = Arc::clone(node);
        while node.release() {
            self.catalogue_sums(&node)?;
            self.finish(&node)?;
            let Some(parent) = node.parent.clone() else {
                break;
            };
            node = parent;
        }
        Ok(())
    }

    /// Whether a directory gets extended attributes whose values were asked for when its turn came.
    fn wants_values(&self, node: &Node, sides: Option<&Sides>) -> bool {
        let keeping = self.run.planner.keeping;
        let differ = |sides: &Sides| Unlike::xattrs(sides.unlike(keeping, Kind::Dir));
        sides.is_some_and(|sides| node.fresh() || differ(sides))
    }

    /// Gives a directory its final metadata.
    fn finish(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        let Some(target) = self.run.target.filter(|_| node.barred.is_none()) else {
            return Ok(());
        };
        if node.ends_late.load(Relaxed) {
            self.run.later.end_late(node);
            return Ok(());
        }
        let sides = node.sides.get().map(|sides| &**sides);
        if self.wants_values(node, sides) {
            self.await_values(sides, &node.path)?;
        }
        let planner = &self.run.planner;
        let touched = node.touched.load(Relaxed);
        let names_changed = node.names_changed.load(Relaxed);
        let sides = node.sides.get().map(|sides| &**sides);
        let mut change = match (&node.source_stat, node.seen()) {
            (Some(source), None) => {
                let mut change = planner.attributes_of_new(source, None, sides, node.inherited());
                if node.gives_group && !planner.preserve.perms {
                    change.mode = change.mode.map(|mode| mode | 0o2000);
                }
                change
            }
            (Some(source), Some(live)) => {
                let changes = self.dir_changes(source, live, sides);
                if !touched && !changes.any() {
                    return Ok(());
                }
                planner.change_for(source, live, sides, &changes)
            }
            (None, _) if node.is_lazy() && !touched => return Ok(()),
            (None, None) => crate::tree::MetaChange {
                mode: Some(planner.allowed(node.inherited())),
                ..crate::tree::MetaChange::default()
            },
            (None, _) if !touched => return Ok(()),
            (None, _) => crate::tree::MetaChange::default(),
        };
        if touched && change.mtime.is_none() {
            // Moves in the directory disturbed its time: put back what is right.
            change.mtime = match (&node.source_stat, &node.live_stat) {
                (Some(source), _) if planner.preserve.keeps_mtime(Kind::Dir) => Some(source.mtime),
                (_, Some(live)) if !names_changed => Some(live.mtime),
                _ => None,
            };
        }
        if let (Some(source), true) = (&node.source_stat, planner.keeping.is_fake()) {
            let live = node.claim.get().map(|claim| &**claim);
            change = fake_super::noted(change, source, live.zip(node.live_stat.as_ref()));
        }
        if let (Some(backup), Some(source)) = (&self.run.backup, &node.source_stat) {
            backup.note_attributes(&node.path, || {
                planner.attributes_of_new(source, node.live_stat.as_ref(), None, None)
            });
        }
        let placed = if touched {
            self.place(node).map(Some)
        } else {
            target.begin().map(|()| None).map_err(Fault::from)
        };
        let done = placed.and_then(|place| target.finish_dir(node, place.as_deref(), &change));
        match done {
            Ok(lacks) if lacks.is_empty() => Ok(()),
            Ok(lacks) => {
                self.tell_lacks(&self.run.dest_path(&node.path), &lacks);
                Ok(())
            }
            Err(fault) => self.settle(
                "recv_generator: failed to set attributes of",
                &self.run.dest_path(&node.path),
                fault,
            ),
        }
    }
}

pub(super) fn check_stop() -> Result<(), Error> {
    if signal::stop_requested() {
        Err(Error::Interrupted)
    } else {
        Ok(())
    }
}
