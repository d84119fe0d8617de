//! One run from the operands to the commit.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::stage::{self, CommitChoice, Method, Stage};
use crate::sys::{Dir, process, signal};

use super::error::{Error, shown};
use super::event::{Event, Outcome, Report, Severity};
use super::options::{Options, Writing};
use super::sources::{self, Destination, Lister, Opened};
use super::tally::Tally;
use super::target::{Live, Staged, TempDir, Ways};

mod start;
mod transfer;

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
}
