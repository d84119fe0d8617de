//! The passes of a run, from the first directory to the commit.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use crate::stage;
use crate::stage::catalogue::Draft;
use crate::sys::content::Abilities;
use crate::sys::{Dir, lock};

use super::{Session, is_ordered, tell_created};
use crate::engine::backup::Backup;
use crate::engine::catalogue;
use crate::engine::error::Error;
use crate::engine::event::{Committed, Event, Outcome, Severity};
use crate::engine::filter::Filter;
use crate::engine::links::Late;
use crate::engine::node::Node;
use crate::engine::order::{Frontier, Key};
use crate::engine::pace::Pace;
use crate::engine::point;
use crate::engine::remote::{Peer, Point};
use crate::engine::removal::{Later, Swept};
use crate::engine::remove_source::Departures;
use crate::engine::run::{Run, failed};
use crate::engine::sources::{Lister, Opened, Origin};
use crate::engine::survey::{Surveyor, file_id};
use crate::engine::target::{Fault, Target};
use crate::engine::worker::Work;

use super::start::Start;

impl Session<'_, '_> {
    pub(super) fn transfer(
        &self,
        found: Opened,
        live: Option<&Dir>,
        target: Option<&dyn Target>,
    ) -> Result<Outcome, Error> {
        let planner = self.planner();
        let wants = self.report.wants();
        let around = self.options.point.as_ref().map(|point| point.around());
        let own_root = Dir::open(around.unwrap_or(&self.destination.root))
            .and_then(|dir| dir.stat_self())
            .ok()
            .map(|stat| file_id(&stat));
        let filter = Filter::new(self.options, wants.skips);
        let lister = Lister {
            options: self.options,
            filter,
            own_root,
        };
        let Start {
            root,
            links,
            total,
            incomplete,
            uncounted,
        } = self.start(&found.sources, live, lister, &planner)?;
        let own_frontier;
        let frontier = match self.peer {
            Some(peer) => peer.frontier(),
            None => {
                own_frontier = Frontier::new(self.report, is_ordered(self.options, self.report));
                &own_frontier
            }
        };
        let backup = Backup::open(self.options, self.destination, &found.sources, self.report)?;
        let run = Run {
            options: self.options,
            destination: self.destination,
            planner,
            filter,
            target,
            frontier,
            tally: self.tally,
            far: self.peer.map(Peer::far),
            wants,
            links,
            lister,
            rooted: found.rooted,
            linked: Mutex::default(),
            total,
            abilities: Abilities::default(),
            pace: self.options.content.rate.map(Pace::new),
            source_paths: found.sources.into_iter().map(|s| s.path).collect(),
            departures: Departures::default(),
            backup,
            catalogue: self.begin_catalogue()?,
            removed: Mutex::new(Vec::new()),
            later: Later::default(),
            swept: Swept::default(),
            failure: Mutex::new(None),
            late: Mutex::new(Vec::new()),
        };
        match self.peer {
            None => self.carry_through(&run, root, (incomplete, uncounted), &mut |_| Ok(()))?,
            Some(peer) => peer.attend(&run, |reached| {
                self.carry_through(&run, root, (incomplete, uncounted), reached)
            })?,
        }
        Ok(run.tally.outcome())
    }

    /// From the root to the commit; `reach` is called when a point is reached that a peer has a part in.
    fn carry_through<'r>(
        &self,
        run: &Run<'r>,
        root: Arc<Node>,
        (incomplete, uncounted): (bool, Option<(Surveyor<'_>, Vec<Origin>, bool)>),
        reach: &mut dyn FnMut(Point) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let whole = root.content;
        self.begin_root(run, &root)?;
        run.sweep(&root, incomplete)?;
        root.hold();
        run.frontier
            .push([(Key::default(), Work::Root(Arc::clone(&root)))]);
        drop(root);
        run.work(uncounted);
        self.tell_late(run);
        if !run.has_failed() {
            reach(Point::Transferred)?;
            run.finish_removals()?;
            self.finish_backups(run)?;
        }
        match run.take_failure() {
            Some(e) => Err(e),
            None => {
                let unnamed = self.conclude(run);
                self.commit(run, &unnamed)?;
                let reached = reach(Point::Committed);
                if let Some(stage) = self.stage {
                    catalogue::keep(run, stage, whole, self.report);
                }
                reached
            }
        }
    }

    /// A directory that is pulled into has a catalogue.
    fn begin_catalogue(&self) -> Result<Option<Draft>, Error> {
        let is_dir = self.destination.rename.is_none();
        match self.stage.filter(|_| is_dir) {
            Some(_) => catalogue::begin(self.options, self.peer.map(Peer::far)),
            None => Ok(None),
        }
    }

    /// Makes the target ready where the root itself is missing.
    fn begin_root(&self, run: &Run<'_>, root: &Arc<Node>) -> Result<(), Error> {
        if root.fresh() && !self.options.select.list_only {
            if let Some(target) = run.target {
                target.begin()?;
            }
            tell_created(self.options, self.report, self.destination);
            root.touched.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Files that waited for it take their names; which did not get theirs.
    fn conclude(&self, run: &Run<'_>) -> Vec<PathBuf> {
        let mut unnamed = Vec::new();
        for (path, e) in run.target.iter().flat_map(|target| target.conclude()) {
            run.tally.set_partial();
            let shown = run.dest_path(&path);
            self.report.event(failed("rename", &shown, &e));
            unnamed.push(path);
        }
        unnamed
    }

    /// What was held back to the end.
    fn tell_late(&self, run: &Run<'_>) {
        let late = std::mem::take(&mut *lock(&run.late));
        for event in late.into_iter().flat_map(Late::into_events) {
            self.report.event(event);
        }
    }

    /// Where deletion turns out to be forbidden, what was removed before comes back: none instead of some.
    fn spare(&self, run: &Run<'_>, target: &dyn Target) -> Result<(), Error> {
        let removed = std::mem::take(&mut *lock(&run.removed));
        if removed.is_empty() || !run.deletion_is_blocked() {
            return Ok(());
        }
        target.spare(&removed)?;
        let count = run.tally.forget_deletions();
        if self.options.deletion.when.is_late() {
            // Nothing was told of them yet.
            return Ok(());
        }
        let text = format!("IO error encountered -- {count} deletions were taken back");
        self.report.event(Event::Message {
            severity: Severity::Notice,
            text,
        });
        Ok(())
    }

    /// Directories that were made for backups get their attributes.
    fn finish_backups(&self, run: &Run<'_>) -> Result<(), Error> {
        let (Some(backup), Some(target)) = (&run.backup, run.target) else {
            return Ok(());
        };
        backup.finish(target).map_err(|fault| match fault {
            Fault::Fatal(e) => e,
            entry => Error::File {
                action: "set attributes in the backup-dir of",
                path: self.destination.root.clone(),
                source: entry.into_io(),
            },
        })
    }

    fn commit(&self, run: &Run<'_>, unnamed: &[PathBuf]) -> Result<(), Error> {
        let summary = || stage::Summary {
            live_entries: run.tally.live_entries(),
            removed: run.tally.deletions(),
            complete: run.tally.complete(),
        };
        if self.options.dry_run {
            // The one gate that can be judged beforehand.
            stage::guard(&self.options.stage, &summary(), &self.destination.root)?;
            if let Some(point) = &self.options.point {
                point::finish(point, run.tally.complete(), true, self.report)?;
            }
        }
        let unnamed = || unnamed.iter().map(PathBuf::as_path).collect();
        let (Some(stage), Some(target)) = (self.stage, run.target) else {
            return self.remove_sources(run, &unnamed());
        };
        if !target.has_begun() {
            return self.remove_sources(run, &unnamed());
        }
        self.spare(run, target)?;
        let mut summary = summary();
        if let Some(point) = &self.options.point {
            point.record(summary.complete)?;
            if self.options.stage.delete_guard.is_some() {
                let tree = stage.peek(Path::new(""));
                summary = point::summary_of_point(point, tree.as_ref(), summary)?;
            }
        }
        let commit = stage.commit(&summary)?;
        if let Some(point) = &self.options.point {
            point.publish()?;
        }
        self.tell_notes(stage);
        for entry in &commit.refused {
            run.tally.set_partial();
            let path = run.dest_path(&entry.path);
            self.report
                .event(failed("change of", &path, &entry.error()));
        }
        // The content of others is there, or what was there before.
        let kept = commit.kept.iter().map(PathBuf::as_path);
        let refused = commit.refused.iter().map(|entry| &*entry.path);
        let others = kept.chain(refused);
        let others = others.filter(|path| !path.as_os_str().is_empty()).collect();
        self.report.event(Event::Committed(Committed {
            method: commit.method,
            kept: commit.kept.clone(),
        }));
        self.remove_sources(run, &others)?;
        stage.settle()?;
        match &self.options.point {
            Some(point) => point::finish(point, summary.complete, false, self.report),
            None => Ok(()),
        }
    }

    /// The destination has by now what it is to have: its sources may go.
    fn remove_sources(&self, run: &Run<'_>, others: &HashSet<&Path>) -> Result<(), Error> {
        let removed = run.remove_sources(others, &mut |event| self.report.event(event));
        removed.map_err(|source| Error::File {
            action: "read the list of sources in",
            path: std::env::temp_dir(),
            source,
        })
    }
}
