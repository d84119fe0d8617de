//! One run from the operands to the commit.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::stage::{self, CommitChoice, Method, Stage};
use crate::sys::content::Abilities;
use crate::sys::{Dir, Object, process, signal};
use crate::tree::{Owners, Powers, Scope};

use super::backup::Backup;
use super::basis::Handles;
use super::decide::Planner;
use super::error::{Error, shown};
use super::event::{Committed, Event, Outcome, Report, Severity};
use super::extended::Keeping;
use super::fake_super::Claim;
use super::filter::Filter;
use super::links::{Late, Links};
use super::node::Node;
use super::options::{Options, Privilege, Writing};
use super::order::{Frontier, Key};
use super::pace::Pace;
use super::removal::{self, Later, Swept};
use super::run::{Run, failed};
use super::sources::{self, Destination, Lister, Opened, Origin, Source};
use super::survey::{Surveyor, Totals, file_id};
use super::tally::Tally;
use super::target::{Fault, Live, Staged, Target, TempDir, Ways};
use super::worker::Work;

/// Mirrors the sources into the destination.
///
/// # Errors
/// What ended the run: the destination is then as it was, except under `--commit=direct`. What concerned
/// single entries only is told by events and shows in the [`Outcome`].
pub fn run(options: &Options, report: &dyn Report) -> Result<Outcome, Error> {
    let tally = Tally::default();
    refuse_state(options)?;
    let adjust = &options.adjust;
    for text in adjust.users.complaints().chain(adjust.groups.complaints()) {
        report.event(Event::Message {
            severity: Severity::Plain,
            text,
        });
    }
    let found = sources::open(options, report, &tally)?;
    if options.select.list_only {
        return list(options, report, found, tally);
    }
    if found.sources.is_empty() && !options.select.mkpath {
        return Ok(tally.outcome());
    }
    let destination = sources::destination(&Lister::quiet(options), &found.sources)?;
    if let Some(when) = options.content.deadline {
        signal::stop_at(when).map_err(|source| Error::File {
            action: "watch the time for",
            path: destination.root.clone(),
            source,
        })?;
    }
    // As rsync, which looks for it in a trial run too.
    let temp_dir = |root: &Path| -> Result<Option<TempDir>, Error> {
        let path = options.content.temp_dir.as_ref();
        path.map(|path| TempDir::open(path, root)).transpose()
    };
    if let Some(made) = &destination.made {
        report.event(Event::CreatedPath {
            count: made.count(),
            path: made.path.clone(),
        });
    }
    if options.dry_run {
        temp_dir(&destination.root)?;
        let live = Dir::open(&destination.root).ok();
        return Session {
            options,
            report,
            destination: &destination,
            stage: None,
        }
        .transfer(found, live.as_ref(), None, tally);
    }
    if options.stage.commit == CommitChoice::Only(Method::Direct) {
        return direct(options, report, &destination, found, tally);
    }
    // Nothing is written there: files of a stage have a place of their own.
    temp_dir(&destination.root)?;
    staged(options, report, &destination, found, tally)
}

/// A path inside the staging area is an old tree or an unfinished one: never a source or destination.
fn refuse_state(options: &Options) -> Result<(), Error> {
    for path in options.sources.iter().chain([&options.dest]) {
        stage::refuse_inside_state(path)?;
    }
    Ok(())
}

/// Tells what takes part; there is no destination.
fn list(
    options: &Options,
    report: &dyn Report,
    found: Opened,
    tally: Tally,
) -> Result<Outcome, Error> {
    let destination = Destination::none();
    Session {
        options,
        report,
        destination: &destination,
        stage: None,
    }
    .transfer(found, None, None, tally)
}

fn direct(
    options: &Options,
    report: &dyn Report,
    destination: &Destination,
    found: Opened,
    tally: Tally,
) -> Result<Outcome, Error> {
    if let Some(option) = options.why_direct {
        report.event(Event::Message {
            severity: Severity::Warning,
            text: format!("committing directly: {option} writes into the destination itself"),
        });
    }
    if let Some(made) = &destination.made {
        made.make(0)?;
    } else if !destination.exists {
        let mode = 0o777 & !process::take_umask();
        DirBuilder::new()
            .mode(mode)
            .create(&destination.root)
            .map_err(|source| Error::File {
                action: "mkdir",
                path: std::path::absolute(&destination.root).unwrap_or_default(),
                source,
            })?;
    }
    let open = || {
        Dir::open(&destination.root).map_err(|e| {
            Error::Select(format!(
                "change_dir#1 \"{}\" failed: {}",
                shown(&destination.root),
                crate::sys::reason(&e)
            ))
        })
    };
    let content = &options.content;
    let temp_dir = match &content.temp_dir {
        Some(path) => Some(TempDir::open(path, &destination.root).inspect_err(|_| {
            if !destination.exists {
                tell_created(options, report, destination);
            }
        })?),
        None => None,
    };
    let ways = Ways {
        in_place: content.writing != Writing::Anew,
        partial: content.partial.clone(),
        delay: content.delay_updates,
        temp_dir,
        keeps_times: options.preserve.times,
    };
    let target = Live::new(open()?, ways);
    let live = if destination.exists {
        Some(open()?)
    } else {
        None
    };
    let session = Session {
        options,
        report,
        destination,
        stage: None,
    };
    let result = session.transfer(found, live.as_ref(), Some(&target), tally);
    result.map_err(|e| match e {
        Error::Interrupted if signal::deadline_passed() => Error::Deadline { kept: false },
        other => other,
    })
}

/// Tells that the destination was made, where rsync does.
fn tell_created(options: &Options, report: &dyn Report, destination: &Destination) {
    if destination.told {
        let named = sources::trimmed(&options.dest).to_owned();
        report.event(Event::CreatedDestination(named));
    }
}

fn staged(
    options: &Options,
    report: &dyn Report,
    destination: &Destination,
    found: Opened,
    tally: Tally,
) -> Result<Outcome, Error> {
    let single = destination
        .rename
        .as_deref()
        .map(|name| crate::sys::as_path(name).as_os_str());
    let root = stage::Root {
        path: &destination.root,
        single,
    };
    if let Some(made) = &destination.made {
        // The stage makes the destination itself; a file is staged into a directory that is there.
        made.make(usize::from(destination.rename.is_none()))?;
    }
    let result = staged_in(options, report, destination, found, tally, root);
    if let (Err(_), Some(made)) = (&result, &destination.made) {
        made.unmake();
    }
    result
}

fn staged_in(
    options: &Options,
    report: &dyn Report,
    destination: &Destination,
    found: Opened,
    tally: Tally,
    root: stage::Root<'_>,
) -> Result<Outcome, Error> {
    let stage = Stage::open(root, &options.stage)?;
    let session = Session {
        options,
        report,
        destination,
        stage: Some(&stage),
    };
    session.tell_notes(&stage);
    let mirrors = options.deletion.enabled
        && options.recursive
        && found.sources.iter().any(|s| s.part.is_content());
    let target = Staged::new(&stage, mirrors);
    let live = stage
        .live()
        .map(Dir::reopen)
        .transpose()
        .map_err(|source| Error::File {
            action: "open",
            path: destination.root.clone(),
            source,
        })?;
    let result = session
        .transfer(found, live.as_ref(), Some(&target), tally)
        .map_err(|e| e.of_stage(&destination.root));
    session.tell_notes(&stage);
    if result.is_err() {
        stage.keep();
    }
    result
}

/// What a transfer begins with.
struct Start<'s> {
    /// The destination's root.
    root: Arc<Node>,
    links: Option<Links>,
    /// What the whole list holds, where it was counted.
    total: OnceLock<Totals>,
    /// Some directory of the list could not be read, as far as it was looked through.
    incomplete: bool,
    /// Where they are to be counted beside the transfer, and whether the root is one of them.
    uncounted: Option<(Surveyor<'s>, Vec<Origin>, bool)>,
}

struct Session<'s> {
    options: &'s Options,
    report: &'s dyn Report,
    destination: &'s Destination,
    stage: Option<&'s Stage>,
}

impl<'s> Session<'s> {
    fn tell_notes(&self, stage: &Stage) {
        for text in stage.notes() {
            self.report.event(Event::Message {
                severity: Severity::Warning,
                text,
            });
        }
    }

    fn transfer(
        &self,
        found: Opened,
        live: Option<&Dir>,
        target: Option<&dyn Target>,
        tally: Tally,
    ) -> Result<Outcome, Error> {
        let planner = self.planner();
        let wants = self.report.wants();
        let ordered = wants != super::event::Wants::default() || self.options.select.list_only;
        let own_root = Dir::open(&self.destination.root)
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
        let backup = Backup::open(self.options, self.destination, &found.sources, self.report)?;
        let run = Run {
            options: self.options,
            destination: self.destination,
            planner,
            filter,
            target,
            frontier: Frontier::new(self.report, ordered),
            tally,
            wants,
            links,
            lister,
            rooted: found.rooted,
            linked: Mutex::default(),
            total,
            abilities: Abilities::default(),
            pace: self.options.content.rate.map(Pace::new),
            source_paths: found.sources.into_iter().map(|s| s.path).collect(),
            backup,
            removed: Mutex::new(Vec::new()),
            later: Later::default(),
            swept: Swept::default(),
            failure: Mutex::new(None),
            late: Mutex::new(Vec::new()),
        };
        self.begin_root(&run, &root)?;
        run.sweep(&root, incomplete)?;
        root.hold();
        run.frontier
            .push([(Key::default(), Work::Root(Arc::clone(&root)))]);
        drop(root);
        run.work(uncounted);
        self.tell_late(&run);
        if !run.has_failed() {
            run.finish_removals()?;
            self.finish_backups(&run)?;
        }
        let failure = run
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match failure {
            Some(e) => return Err(e),
            None => {
                self.conclude(&run);
                self.commit(&run)?;
            }
        }
        Ok(run.tally.outcome())
    }

    fn planner(&self) -> Planner {
        let options = self.options;
        let (is_super, is_fake) = match options.privilege {
            Privilege::AsIs => (process::is_root(), false),
            Privilege::Super => (true, false),
            Privilege::Plain => (false, false),
            Privilege::Fake => (true, true),
        };
        let powers = if is_super {
            Powers::Any
        } else {
            Powers::Groups(process::groups())
        };
        let adjust = &options.adjust;
        Planner {
            preserve: options.preserve,
            compare: options.compare,
            powers,
            umask: process::take_umask(),
            chmod: adjust.chmod.clone(),
            owners: Owners::new(adjust.users.clone(), adjust.groups.clone()),
            keeping: Keeping::new(&options.preserve, is_super, is_fake),
        }
    }

    /// The node of the destination's root, and what a survey of the sources found where one is needed.
    fn start(
        &self,
        found: &[Source],
        live: Option<&Dir>,
        lister: Lister<'s>,
        planner: &Planner,
    ) -> Result<Start<'s>, Error> {
        let failed = |source| Error::File {
            action: "open",
            path: self.destination.root.clone(),
            source,
        };
        let origins = || -> Result<Vec<Origin>, Error> {
            let numbered = found.iter().enumerate();
            numbered
                .map(|(operand, source)| Ok(source.origin(operand, self.open_source(source)?)))
                .collect()
        };
        let top = found.iter().find_map(|source| source.top);
        let hard_links = self.options.preserve.hard_links;
        let wants = self.report.wants();
        let surveyor = Surveyor {
            lister: lister.telling_nobody(),
            files: hard_links || wants.sizes,
        };
        let (mut links, total) = (None, OnceLock::new());
        let (mut uncounted, mut incomplete) = (None, false);
        // Only what goes by the whole list, or is told of it, is worth a pass of its own.
        let whole_list =
            self.options.whole_list && (wants.list || self.options.deletion.needs_whole_list());
        if hard_links || wants.in_step || whole_list {
            let survey = surveyor.survey(&origins()?, top.is_some(), &AtomicBool::new(false));
            let _ = total.set(survey.totals);
            incomplete = survey.incomplete;
            if self.options.whole_list {
                self.report.event(Event::Listed(survey.totals.entries));
            }
            links = hard_links.then(|| Links::new(survey.names));
        } else if wants.progress {
            uncounted = Some((surveyor, origins()?, top.is_some()));
        }
        let live = match live {
            Some(dir) => {
                let stat = dir.stat_self().map_err(failed)?;
                Some((dir.reopen().map_err(failed)?, stat))
            }
            None => None,
        };
        let mut top = top;
        let mut claim = None;
        if planner.keeping.is_fake() {
            if let Some((stat, source)) = top.as_mut().zip(found.iter().find(|s| s.top.is_some())) {
                let object = Object::Open(source.dir.as_file());
                *stat = Claim::of(object, *stat, || source.path.clone())?.stat;
            }
            if let Some((dir, stat)) = &live {
                let path = || self.destination.root.clone();
                claim = Some(Claim::of(Object::Open(dir.as_file()), *stat, path)?);
            }
        }
        let top = top.map(|stat| planner.adjust(stat));
        let mut node = Node::new(None, Path::new("").to_owned(), origins()?, live, top);
        node.content = found.iter().any(|source| source.part.is_content());
        node.guard = self.guard(&node, found)?;
        if let Some(claim) = claim {
            let _ = node.claim.set(Box::new(claim));
        }
        if node.fresh() {
            node.gives_group = gives_group_around(&self.destination.root);
        }
        let basis = Handles::open(
            self.options.alternates.as_ref(),
            self.destination,
            self.report,
        );
        let node = node.with_basis(basis);
        Ok(Start {
            root: Arc::new(node),
            links,
            total,
            incomplete,
            uncounted,
        })
    }

    /// The rules that hold in the root at the destination; around it where its content is not transferred.
    fn guard(&self, root: &Node, found: &[Source]) -> Result<Scope, Error> {
        let filter = Filter::new(self.options, false);
        let around = filter.around_destination(&self.destination.root);
        let mirrored =
            self.options.deletion.enabled && found.iter().any(|source| source.part.is_content());
        let Some(live) = root.live.as_ref().filter(|_| mirrored) else {
            return Ok(around);
        };
        let (mut events, top) = (Vec::new(), Path::new(""));
        let private = self.stage.is_some() || self.options.dry_run;
        let guard = if removal::asks_next_rules(self.options, private) {
            filter.enter_next(&around, Some(live), &root.sources, top, &mut events)
        } else {
            filter.enter(&around, live, top, &mut events)
        };
        events
            .into_iter()
            .for_each(|event| self.report.event(event));
        guard
    }

    /// A handle on the directory of an operand, through which reading is seen or not.
    fn open_source(&self, source: &Source) -> Result<Dir, Error> {
        let opened = match self.options.open_noatime {
            false => source.dir.reopen(),
            true => source.dir.reopen_unseen(),
        };
        opened.map_err(|e| Error::File {
            action: "opendir",
            path: source.path.clone(),
            source: e,
        })
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

    /// Files that waited for it take their names.
    fn conclude(&self, run: &Run<'_>) {
        for (path, e) in run.target.iter().flat_map(|target| target.conclude()) {
            run.tally.set_partial();
            let path = run.dest_path(&path);
            self.report.event(failed("rename", &path, &e));
        }
    }

    /// What was held back to the end.
    fn tell_late(&self, run: &Run<'_>) {
        let late = std::mem::take(&mut *run.late.lock().unwrap_or_else(PoisonError::into_inner));
        for event in late.into_iter().flat_map(Late::into_events) {
            self.report.event(event);
        }
    }

    /// Where deletion turns out to be forbidden, what was removed before comes back: none instead of some.
    fn spare(&self, run: &Run<'_>, target: &dyn Target) -> Result<(), Error> {
        let removed =
            std::mem::take(&mut *run.removed.lock().unwrap_or_else(PoisonError::into_inner));
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

    fn commit(&self, run: &Run<'_>) -> Result<(), Error> {
        let summary = || stage::Summary {
            live_entries: run.tally.live_entries(),
            removed: run.tally.deletions(),
            complete: run.tally.complete(),
        };
        if self.options.dry_run {
            // The one gate that can be judged beforehand.
            stage::guard(&self.options.stage, &summary(), &self.destination.root)?;
        }
        let (Some(stage), Some(target)) = (self.stage, run.target) else {
            return Ok(());
        };
        if !target.has_begun() {
            return Ok(());
        }
        self.spare(run, target)?;
        let commit = stage.commit(&summary())?;
        self.tell_notes(stage);
        for entry in &commit.refused {
            run.tally.set_partial();
            let path = run.dest_path(&entry.path);
            self.report
                .event(failed("change of", &path, &entry.error()));
        }
        self.report.event(Event::Committed(Committed {
            method: commit.method,
            kept: commit.kept,
        }));
        stage.settle()?;
        Ok(())
    }
}

/// Whether the directory around a root that is still to be made gives it its group.
fn gives_group_around(root: &Path) -> bool {
    let parent = sources::trimmed(root).parent();
    let parent = match parent {
        Some(path) if !path.as_os_str().is_empty() => path,
        _ => Path::new("."),
    };
    Dir::open(parent)
        .and_then(|dir| dir.stat_self())
        .is_ok_and(|stat| stat.mode & 0o2000 != 0)
}
