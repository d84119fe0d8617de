//! `--summary-file`: how a run ended, as the object that ends `--json`, whatever else is told.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Instant;

use super::json::summary_line;
use super::style::Style;
use super::voice::Voice;
use crate::engine::{Event, Outcome, Wants};
use crate::sys::process;

/// Gathers nothing but the outcome.
pub struct SummaryFile {
    path: PathBuf,
    started: Instant,
    dry_run: bool,
    outcome: Option<Outcome>,
}

impl SummaryFile {
    /// The summary file of a style.
    pub fn of(style: &Style) -> Option<SummaryFile> {
        Some(SummaryFile {
            path: style.summary_file.clone()?,
            started: Instant::now(),
            dry_run: style.run.dry,
            outcome: None,
        })
    }

    pub(super) fn boxed(self) -> Box<dyn Voice> {
        Box::new(self)
    }

    fn write(&mut self, code: u8) -> io::Result<()> {
        let line = summary_line(code, self.started, self.dry_run, self.outcome.take());
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644 & !process::take_umask())
            .open(&self.path)?;
        file.write_all(&line)
    }
}

impl Voice for SummaryFile {
    fn event(&mut self, _event: &Event) {}

    fn finish(&mut self, outcome: &Outcome) {
        self.outcome = Some(*outcome);
    }

    fn last_word(&mut self, _line: &str) {}

    fn close(&mut self, code: u8) {
        // Every stream has been flushed or is about to be: what is left is standard error itself.
        if let Err(e) = self.write(code) {
            let (path, reason) = (crate::tree::shown(&self.path), crate::sys::reason(&e));
            let text = format!("resilver: cannot write the summary to \"{path}\": {reason}\n");
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }

    fn wants(&self) -> Wants {
        Wants::default()
    }
}
