//! One run from the operands to the commit.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::stage::{self, CommitChoice, Method, Stage};
use crate::sys::{Dir, process, signal};

use super::error::{Error, shown};
use super::event::{Event, Outcome, Report, Severity, Wants};
use super::options::{Options, Writing};
use super::point::options_for_point;
use super::remote::Peer;
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
    for path in options.sources.iter().chain([&options.dest]) {
        stage::refuse_inside_state(path)?;
    }
    let of_point = options_for_point(options)?;
    let options = of_point.as_ref().unwrap_or(options);
    let errand = Errand {
        options,
        report,
        tally: &tally,
        peer: None,
    };
    errand.complain();
    let found = sources::open(options, report, &tally)?;
    errand.carry_out(found)
}

/// Mirrors what a peer lists into the destination.
///
/// # Errors
/// As [`run`].
pub(super) fn receive(
    options: &Options,
    report: &dyn Report,
    found: Opened,
    tally: &Tally,
    peer: &Peer<'_>,
) -> Result<Outcome, Error> {
    stage::refuse_inside_state(&options.dest)?;
    let of_point = options_for_point(options)?;
    let options = of_point.as_ref().unwrap_or(options);
    let errand = Errand {
        options,
        report,
        tally,
        peer: Some(peer),
    };
    errand.complain();
    errand.carry_out(found)
}

/// Whether events have to be told in the order of the list.
pub(super) fn is_ordered(options: &Options, report: &dyn Report) -> bool {
    report.wants() != Wants::default() || options.select.list_only
}

/// What a run is to do, for whom, and with whom.
#[derive(Clone, Copy)]
struct Errand<'e, 'p> {
    options: &'e Options,
    report: &'e dyn Report,
    tally: &'e Tally,
    /// The sender at the other end, if the source is there.
    peer: Option<&'e Peer<'p>>,
}

impl<'e, 'p> Errand<'e, 'p> {
    /// Tells what is odd about the options.
    fn complain(&self) {
        let adjust = &self.options.adjust;
        for text in adjust.users.complaints().chain(adjust.groups.complaints()) {
            self.report.event(Event::Message {
                severity: Severity::Plain,
                text,
            });
        }
    }

    fn carry_out(self, found: Opened) -> Result<Outcome, Error> {
        let Errand {
            options, report, ..
        } = self;
        if let (true, Some(peer)) = (found.sources.is_empty(), self.peer) {
            // A client that has nothing to send says goodbye all the same; a server leaves.
            return match peer.far().is_told {
                true => self
                    .session(&Destination::none(), None)
                    .transfer(found, None, None),
                false => Ok(self.tally.outcome()),
            };
        }
        if options.select.list_only {
            // There is no destination.
            return self
                .session(&Destination::none(), None)
                .transfer(found, None, None);
        }
        if found.sources.is_empty() && !options.select.mkpath {
            return Ok(self.tally.outcome());
        }
        if options.point.is_none() {
            stage::points::refuse_other(&options.dest)?;
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
            return self
                .session(&destination, None)
                .transfer(found, live.as_ref(), None);
        }
        if options.stage.commit == CommitChoice::Only(Method::Direct) {
            return self.direct(&destination, found);
        }
        // Nothing is written there: files of a stage have a place of their own.
        temp_dir(&destination.root)?;
        self.staged(&destination, found)
    }

    fn direct(self, destination: &Destination, found: Opened) -> Result<Outcome, Error> {
        let Errand {
            options, report, ..
        } = self;
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
        let session = self.session(destination, None);
        let result = session.transfer(found, live.as_ref(), Some(&target));
        result.map_err(|e| match e {
            Error::Interrupted if signal::deadline_passed() => Error::Deadline { kept: false },
            other => other,
        })
    }

    fn staged(self, destination: &Destination, found: Opened) -> Result<Outcome, Error> {
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
        let result = self.staged_in(destination, found, root);
        if let (Err(_), Some(made)) = (&result, &destination.made) {
            made.unmake();
        }
        result
    }

    fn staged_in(
        self,
        destination: &Destination,
        found: Opened,
        root: stage::Root<'_>,
    ) -> Result<Outcome, Error> {
        let options = self.options;
        let stage = Stage::open(root, &options.stage)?;
        let session = self.session(destination, Some(&stage));
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
            .transfer(found, live.as_ref(), Some(&target))
            .map_err(|e| e.of_stage(&destination.root));
        session.tell_notes(&stage);
        if result.is_err() {
            stage.keep();
        }
        result
    }

    fn session<'s>(self, destination: &'s Destination, stage: Option<&'s Stage>) -> Session<'s, 'p>
    where
        'e: 's,
    {
        Session {
            options: self.options,
            report: self.report,
            tally: self.tally,
            peer: self.peer,
            destination,
            stage,
        }
    }
}

/// Tells that the destination was made, where rsync does.
fn tell_created(options: &Options, report: &dyn Report, destination: &Destination) {
    if destination.told {
        let named = sources::trimmed(&options.dest).to_owned();
        report.event(Event::CreatedDestination(named));
    }
}

struct Session<'s, 'p> {
    options: &'s Options,
    report: &'s dyn Report,
    tally: &'s Tally,
    peer: Option<&'s Peer<'p>>,
    destination: &'s Destination,
    stage: Option<&'s Stage>,
}

impl<'s, 'p> Session<'s, 'p> {
    fn tell_notes(&self, stage: &Stage) {
        for text in stage.notes() {
            self.report.event(Event::Message {
                severity: Severity::Warning,
                text,
            });
        }
    }
}
