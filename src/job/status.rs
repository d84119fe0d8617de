//! How jobs are.

use jiff::Timestamp;
use serde::Serialize;

use super::clock::Clock;
use super::config::Job;
use super::error::Error;
use super::name::Name;
use super::record::{Report, Runs};
use super::run::holder;
use super::store::Store;

/// How a job is. Fields may be added; programs pass over those that they do not know.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// Its name.
    pub job: String,
    /// When it runs by itself.
    pub schedule: Option<String>,
    /// Whether it does.
    pub enabled: bool,
    /// Who runs it now.
    pub running: Option<String>,
    /// When the last good run ended.
    pub last_success: Option<Timestamp>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<i64>,
    /// How long it took, in seconds.
    pub duration_seconds: Option<f64>,
    /// Size of the files that it transferred.
    pub bytes: Option<u64>,
    /// The last run that was begun and is not going on.
    pub last_run: Option<Last>,
    /// When the next one is due.
    pub next_run: Option<Timestamp>,
    /// Whether a good run should have been by now.
    pub overdue: bool,
    /// What is wrong with its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Last {
    /// Its name, which is when it began.
    pub run: String,
    /// When it ended; none if it was killed.
    pub ended: Option<Timestamp>,
    /// Whether all was done.
    pub success: bool,
    /// Its exit code; none if it was killed.
    pub exit_code: Option<u8>,
    /// What became of it.
    pub reason: String,
}

impl Store {
    /// How a job is.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Io`]. A file that makes no sense is told in the status.
    pub fn status(&self, name: &Name, clock: &dyn Clock) -> Result<Status, Error> {
        let (job, error) = match self.load(name) {
            Ok(job) => (Some(job), None),
            Err(e @ Error::Config { .. }) => (None, Some(e.to_string())),
            Err(e) => return Err(e),
        };
        let state = self.places().state(name);
        let running = holder(&state);
        let runs = Runs::of(&state).all()?;
        let is_going_on = running.is_some() && runs.first().is_some_and(|run| run.read().is_none());
        let over = &runs[usize::from(is_going_on)..];
        let last_run = over.first().map(|run| last(run.name(), run.read()));
        let good = over
            .iter()
            .filter_map(|run| run.read())
            .find(|report| report.success);
        let last_success = good.as_ref().map(|report| report.ended);
        let enabled = self.is_enabled(name);
        let schedule = job.as_ref().and_then(|job: &Job| job.schedule.as_ref());
        let live = schedule.filter(|_| enabled);
        let now = clock.now();
        let age = |at: Timestamp| at.duration_until(now).as_secs();
        // A run that began late in its time counts for that time: what follows is due after its begin.
        let begun = good.as_ref().map(|report| report.started);
        let since = begun
            .max(self.since(name))
            .map(|at| at.to_zoned(clock.zone()));
        let overdue_at = live.and_then(|schedule| schedule.overdue_at(&since?));
        Ok(Status {
            job: name.to_string(),
            schedule: schedule.map(ToString::to_string),
            enabled,
            running,
            last_success,
            age_seconds: last_success.map(age),
            duration_seconds: good.as_ref().map(Report::seconds),
            bytes: good.as_ref().and_then(Report::bytes),
            last_run,
            next_run: live
                .and_then(|schedule| schedule.next_after(&clock.here()))
                .map(|next| next.timestamp()),
            overdue: overdue_at.is_some_and(|at| at <= now) || (error.is_some() && enabled),
            error,
        })
    }
}

fn last(run: String, report: Option<Report>) -> Last {
    match report {
        Some(report) => Last {
            run,
            ended: Some(report.ended),
            success: report.success,
            exit_code: Some(report.exit_code),
            reason: report.reason,
        },
        None => Last {
            run,
            ended: None,
            success: false,
            exit_code: None,
            reason: "it was killed, the machine went down, or the disk was full".into(),
        },
    }
}
