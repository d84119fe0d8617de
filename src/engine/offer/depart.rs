//! `--remove-source-files`: what the receiver has is removed here, if it is what was listed.

use std::io::{self, Write};

use super::serve::Serving;
use super::shelf::Subject;
use crate::engine::event::{Event, Severity};
use crate::engine::options::SourceRemoval;
use crate::sys::{Kind, Stat};
use crate::wire::Protocol;

impl<W: Write> Serving<'_, W> {
    /// The receiver has a file: its source may go.
    pub(super) fn depart(&mut self, ndx: u32) {
        let removal = self.teller.options.remove_source;
        let (Some(removal), Some(subject)) = (removal, self.shelves.find(ndx)) else {
            return;
        };
        let is_kept = subject.kind == Kind::Dir
            || (removal == SourceRemoval::Sent
                && !matches!(subject.kind, Kind::File | Kind::Symlink));
        if is_kept {
            return;
        }
        let shown = crate::tree::shown(&subject.path);
        let failed = |what: &str, e: &io::Error| {
            let reason = crate::sys::reason(e);
            self.refused(
                Severity::Error,
                format!("sender failed to {what} {shown}: {reason}"),
            );
        };
        // No link leads to what is removed.
        let dir = match self.files.enter_beneath(&subject) {
            Ok(dir) => dir,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return failed("secure-open-parent", &e),
        };
        let seen = match subject.place.followed {
            true => dir.stat_target(subject.name()),
            false => dir.stat(subject.name()),
        };
        let now = match seen {
            Ok(now) => now,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return,
            Err(e) => return failed("re-lstat", &e),
        };
        if !self.is_as_listed(&subject, &now) {
            let text = format!("ERROR: Skipping sender remove for changed file: {shown}");
            return self.refused(Severity::Plain, text);
        }
        match dir.unlink(subject.name()) {
            Ok(()) if self.teller.wants.source_removals => {
                self.teller.tell(Event::SourceRemoved(subject.path));
            }
            Ok(()) => {}
            Err(e) => failed("remove", &e),
        }
    }

    fn is_as_listed(&self, subject: &Subject, now: &Stat) -> bool {
        let is_exact = self.dialect.protocol >= Protocol::V31;
        now.mtime.sec == subject.mtime.sec
            && (!is_exact || now.mtime.nsec == subject.mtime.nsec)
            && (subject.kind != Kind::File || now.size == subject.size)
    }

    fn refused(&self, severity: Severity, text: String) {
        self.teller.tally.set_partial();
        self.teller.say(severity, text);
    }
}
