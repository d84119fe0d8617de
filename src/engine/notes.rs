//! What is told of entries while they are chosen.

use super::event::{Event, Severity, Skip};
use super::sources::Note;
use super::worker::Worker;
use crate::sys::Kind;

impl Worker<'_> {
    /// Tells and counts what came up while a directory was listed or entered.
    pub(super) fn note(&mut self, note: Note) {
        match note {
            Note::Rule(event) => self.tell(event),
            Note::Fatal(e) => self.run.fail(e),
            Note::NoReferent { operand, path } => self.no_referent(operand, &path),
            Note::Followed { path, target } => self.tell(Event::UnsafeLink {
                path,
                target,
                copied: true,
            }),
            Note::MountPoint { path } => self.skipped(&path, Kind::Dir, Skip::MountPoint),
            Note::Vanished {
                operand,
                path,
                never_was,
            } => {
                let path = self.run.source_path(operand, &path);
                self.vanished(if never_was { "file" } else { "directory" }, &path);
            }
            Note::Closed {
                operand,
                path,
                error,
            } => {
                let path = self.run.source_path(operand, &path);
                self.list_error("opendir", &path, &error);
            }
        }
    }

    /// A link that should have been followed: the list lacks what it leads to.
    pub(super) fn no_referent(&mut self, operand: usize, path: &std::path::Path) {
        let path = self.run.source_path(operand, path);
        self.run.tally.set_list_error();
        let shown = super::error::shown(&path);
        self.tell(Event::Message {
            severity: Severity::Plain,
            text: format!("symlink has no referent: \"{shown}\""),
        });
    }
}
