//! What goes wrong with one entry: told, counted, and the run goes on, unless no other will fare better.

use std::io;
use std::path::Path;

use super::error::Error;
use super::event::{Event, Severity};
use super::run::{failed, failed_to};
use super::target::{Fault, out_of_room};
use super::worker::Worker;
use crate::tree::{Call, NotGiven};

impl Worker<'_> {
    /// Reports a failure that concerns one entry.
    pub(super) fn report_failure(&mut self, what: &str, path: &Path, e: &io::Error) {
        self.run.tally.set_partial();
        self.tell(failed(what, path, e));
    }

    /// Reports what concerns one entry.
    pub(super) fn report_event(&mut self, event: Event) {
        self.run.tally.set_partial();
        self.tell(event);
    }

    /// An entry's fault: told and counted, or the end of the run.
    pub(super) fn settle(
        &mut self,
        what: &'static str,
        path: &Path,
        fault: Fault,
    ) -> Result<(), Error> {
        let told = match &fault {
            Fault::Fatal(_) => None,
            Fault::Entry(e) => Some(failed(what, path, e)),
            Fault::Temporary { name, source } => {
                let path = path.with_file_name(crate::sys::as_path(name));
                Some(failed("mkstemp", &path, source))
            }
            Fault::NotGiven(e) => Some(not_given(path, e)),
        };
        let source = match fault {
            Fault::Fatal(e) => return Err(e),
            entry => entry.into_io(),
        };
        if out_of_room(&source) {
            return Err(Error::Write {
                path: path.to_owned(),
                source,
                kept: false,
            });
        }
        self.run.tally.set_partial();
        if let Some(event) = told {
            self.tell(event);
        }
        Ok(())
    }

    /// An entry's fault, with what is told where a plain call failed.
    pub(super) fn settle_with(
        &mut self,
        what: &'static str,
        path: &Path,
        fault: Fault,
        told: impl FnOnce(&io::Error) -> Event,
    ) -> Result<(), Error> {
        match fault {
            Fault::Entry(e) if !out_of_room(&e) => {
                self.report_event(told(&e));
                Ok(())
            }
            fault => self.settle(what, path, fault),
        }
    }

    pub(super) fn vanished(&mut self, what: &str, path: &Path) {
        self.run.tally.set_vanished();
        let text = format!("{what} has vanished: \"{}\"", super::error::shown(path));
        self.tell(Event::Message {
            severity: Severity::Plain,
            text,
        });
    }

    /// The source could not be listed: its silence is no reason to delete.
    pub(super) fn list_error(&mut self, what: &str, path: &Path, e: &io::Error) {
        self.run.tally.set_list_error();
        self.tell(failed(what, path, e));
    }
}

/// An event about attributes that an object could not be given.
pub(super) fn not_given(path: &Path, NotGiven { call, source }: &NotGiven) -> Event {
    match call {
        Call::Owner | Call::Group => failed(call.words(), path, source),
        Call::Mode | Call::Times => failed_to(call.words(), path, source),
    }
}
