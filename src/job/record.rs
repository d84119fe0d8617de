//! What is kept of a job's runs: for each a log, and a report when it has ended.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Doing, Error};
use super::log::Log;
use super::places;

/// Version of the form of reports.
const VERSION: u8 = 1;
/// The directory of runs, in a job's state.
const RUNS: &str = "runs";
/// When a run began, as its name.
const FORM: &str = "%Y-%m-%dT%H-%M-%S%.3fZ";

/// How a run of a job ended. Fields may be added under the same version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this form.
    pub version: u8,
    /// Whose run it was.
    pub job: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether all was done that could be.
    pub success: bool,
    /// Exit code of the last attempt.
    pub exit_code: u8,
    /// What that means, as a sentence.
    pub reason: String,
    /// Every attempt.
    pub attempts: Vec<Tried>,
    /// The summary of the last attempt, as `--json` has it.
    pub summary: Option<Value>,
    /// Its log.
    pub log: PathBuf,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// What it ended with.
    pub exit_code: u8,
}

impl Report {
    /// The version that reports are written in.
    pub(super) const VERSION: u8 = VERSION;

    /// How long the run took, waits included.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.started.duration_until(self.ended).as_secs_f64()
    }

    /// Size of the files that were transferred, in bytes, where the run came to tell.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.summary.as_ref()?.get("transferred_size")?.as_u64()
    }

    /// How many entries were removed, where the run came to tell.
    #[must_use]
    pub fn deleted(&self) -> Option<u64> {
        let kinds = self.summary.as_ref()?.get("deleted")?.as_object()?;
        Some(kinds.values().filter_map(Value::as_u64).sum())
    }
}

/// A run that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its log.
    pub log: PathBuf,
    /// Its report, which is there when it has ended.
    pub report: PathBuf,
}

impl Run {
    /// When it began, by its name.
    #[must_use]
    pub fn name(&self) -> String {
        let stem = self.log.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    /// Reads its report; none where it has not ended, or was killed.
    #[must_use]
    pub fn read(&self) -> Option<Report> {
        serde_json::from_slice(&fs::read(&self.report).ok()?).ok()
    }

    /// Writes its report.
    pub(super) fn write(&self, report: &Report) -> Result<(), Error> {
        // Text, numbers and tables of them always have a form.
        let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
        text.push('\n');
        places::replace(&self.report, text.as_bytes(), 0o600)
    }
}

/// All runs of a job.
#[derive(Clone, Debug)]
pub struct Runs {
    dir: PathBuf,
}

impl Runs {
    /// Those kept in a job's state.
    #[must_use]
    pub fn of(state: &Path) -> Runs {
        Runs {
            dir: state.join(RUNS),
        }
    }

    /// Begins a run: gives it its names and an open log.
    pub(super) fn begin(&self, now: Timestamp) -> Result<(Run, Log), Error> {
        places::make_dir(&self.dir)?;
        let mut at = now;
        loop {
            let run = self.run(&at.strftime(FORM).to_string());
            match Log::create(&run.log) {
                Ok(log) => return Ok((run, log)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                    at += jiff::SignedDuration::from_millis(1);
                }
                Err(e) => return Err(e).doing("write", &run.log),
            }
        }
    }

    fn run(&self, name: &str) -> Run {
        Run {
            log: self.dir.join(format!("{name}.log")),
            report: self.dir.join(format!("{name}.json")),
        }
    }

    /// All that are there, the latest first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn all(&self) -> Result<Vec<Run>, Error> {
        let entries = match fs::read_dir(&self.dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.doing("list", &self.dir)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.doing("list", &self.dir)?.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(".log"));
            names.extend(name.map(str::to_owned));
        }
        names.sort_unstable();
        Ok(names.iter().rev().map(|name| self.run(name)).collect())
    }

    /// Removes all but the latest `keep`, and the last good one.
    pub(super) fn rotate(&self, keep: u16) -> Result<(), Error> {
        let mut good_seen = false;
        for (at, run) in self.all()?.iter().enumerate() {
            let is_first_good = !good_seen && run.read().is_some_and(|report| report.success);
            good_seen |= is_first_good;
            if at >= keep.into() && !is_first_good {
                places::remove(&run.log)?;
                places::remove(&run.report)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(run: &Run, at: Timestamp, success: bool) -> Report {
        Report {
            version: VERSION,
            job: "j".into(),
            started: at,
            ended: at,
            success,
            exit_code: u8::from(!success),
            reason: String::new(),
            attempts: Vec::new(),
            summary: None,
            log: run.log.clone(),
        }
    }

    #[test]
    fn rotation_keeps_the_last_good_run() {
        let dir = tempfile::tempdir().expect("a directory");
        let runs = Runs::of(dir.path());
        for n in 0..7 {
            let at = Timestamp::from_second(1_000 + n).expect("a time");
            let (run, _) = runs.begin(at).expect("a run");
            run.write(&report(&run, at, n < 2)).expect("a report");
        }
        runs.rotate(3).expect("rotation");
        let left = runs.all().expect("the runs");
        let names: Vec<String> = left.iter().map(Run::name).collect();
        assert_eq!(
            names,
            ["46", "45", "44", "41"].map(|s| format!("1970-01-01T00-16-{s}.000Z"))
        );
        assert!(left.iter().all(|run| run.report.exists()));
    }

    #[test]
    fn two_runs_at_once_have_two_names() {
        let dir = tempfile::tempdir().expect("a directory");
        let runs = Runs::of(dir.path());
        let at = Timestamp::from_second(0).expect("a time");
        let (first, _) = runs.begin(at).expect("a run");
        let (second, _) = runs.begin(at).expect("a run");
        assert_ne!(first, second);
        assert_eq!(runs.all().expect("the runs"), [second, first]);
    }
}
