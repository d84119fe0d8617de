//! A run of a job, from its lock to its hooks.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::attempt::{Attempt, Ended};
use super::clock::Clock;
use super::config::Job;
use super::error::{Doing, Error};
use super::guard::{self, Nature};
use super::hooks;
use super::log::Log;
use super::name::Name;
use super::places;
use super::record::{Report, Runs, Tried};
use super::store::Store;
use crate::stage;
use crate::sys::{Lock, process, signal, try_lock_file};

/// Exit code of a run that a guard refused.
pub const REFUSED: u8 = 26;
/// Exit code of a run that found another one in its way.
pub const HELD: u8 = 27;
/// Exit code of a run that could not be started.
const NOT_STARTED: u8 = 3;
/// Exit codes with which all was done that could be: everything, or all but what vanished meanwhile.
const GOOD: [u8; 2] = [0, 24];
/// Exit codes that another attempt may not have: the network's, and of a destination in use.
const PASSING: [u8; 6] = [10, 12, HELD, 30, 35, 255];
/// Longest wait before another attempt.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How often and how fast a lock is asked for.
const LOCK_TRIES: u8 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Runs a job.
pub struct Runner<'a> {
    /// Where jobs are.
    pub store: &'a Store,
    /// Which one.
    pub name: &'a Name,
    /// What it is.
    pub job: &'a Job,
    /// Reads the words in the job's directory: what kind of run they ask for, or exit code and reason.
    pub nature: &'a dyn Fn() -> Result<Nature, (u8, String)>,
    /// The program that carries out the words.
    pub program: &'a Path,
    /// Time.
    pub clock: &'a dyn Clock,
    /// What an exit code means.
    pub meaning: &'a dyn Fn(u8) -> String,
}

/// How the last attempt ended, and what there is to say beyond its code.
struct Verdict {
    code: u8,
    summary: Option<Value>,
    reason: Option<String>,
}

impl Verdict {
    fn refused(code: u8, reason: String, log: &Log) -> Verdict {
        log.say(&reason);
        Verdict {
            code,
            summary: None,
            reason: Some(reason),
        }
    }
}

impl From<Ended> for Verdict {
    fn from(ended: Ended) -> Verdict {
        Verdict {
            code: ended.code,
            summary: ended.summary,
            reason: None,
        }
    }
}

impl Runner<'_> {
    /// Runs it: as often as it takes and may, then what follows. Whatever became of it is in the report.
    ///
    /// # Errors
    /// [`Error::Running`]; [`Error::Io`] where nothing can be noted down.
    pub fn run(&self) -> Result<Report, Error> {
        let state = self.store.places().state(self.name);
        places::make_dir(&state)?;
        let _lock = self.lock(&state)?;
        let started = self.clock.now();
        let runs = Runs::of(&state);
        let (run, log) = runs.begin(started)?;
        if let Err(e) = process::set_niceness(self.job.limits.nice) {
            log.say(&format!("the niceness stays as it is: {e}"));
        }
        let mut attempts = Vec::new();
        let verdict = self.attempts(&state, &log, &mut attempts);
        let report = Report {
            version: Report::VERSION,
            job: self.name.to_string(),
            started,
            ended: self.clock.now(),
            success: GOOD.contains(&verdict.code),
            exit_code: verdict.code,
            reason: verdict
                .reason
                .unwrap_or_else(|| (self.meaning)(verdict.code)),
            attempts,
            summary: verdict.summary,
            log: run.log.clone(),
        };
        log.say(&format!(
            "ended with code {}: {}",
            report.exit_code, report.reason
        ));
        // Somebody has to hear of it on a full disk, too.
        if let Err(e) = run.write(&report) {
            log.say(&e.to_string());
        }
        hooks::follow(self.job, &report, &run, &log);
        if let Err(e) = runs.rotate(self.job.history.runs) {
            log.say(&e.to_string());
        }
        log.finish();
        Ok(report)
    }

    fn lock(&self, state: &Path) -> Result<Lock, Error> {
        let path = state.join("lock");
        let mut file: File = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .doing("open", &path)?;
        let mut lock = None;
        // Whoever asks for the job's status has the lock for a moment.
        for _ in 0..LOCK_TRIES {
            lock = try_lock_file(&file).doing("lock", &path)?;
            if lock.is_some() {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        let Some(lock) = lock else {
            return Err(Error::Running {
                name: self.name.to_string(),
                holder: holder(state).unwrap_or_else(|| "by another process".into()),
            });
        };
        let text = format!(
            "process {} since {:.0}\n",
            std::process::id(),
            self.clock.now()
        );
        // The lock holds without the name of its holder.
        let _ = file
            .set_len(0)
            .and_then(|()| file.write_all(text.as_bytes()));
        Ok(lock)
    }

    fn attempts(&self, state: &Path, log: &Log, tried: &mut Vec<Tried>) -> Verdict {
        let nature = match (self.nature)() {
            Ok(nature) => nature,
            Err((code, reason)) => return Verdict::refused(code, reason, log),
        };
        if let Some(reason) = self.on_hold(&nature) {
            return Verdict::refused(REFUSED, reason, log);
        }
        let words = match guard::words(self.job, &nature) {
            Ok(words) => words,
            Err(reason) => return Verdict::refused(REFUSED, reason, log),
        };
        let rehearses = guard::needs_rehearsal(self.job, &nature);
        let summary = state.join("summary");
        let attempt = Attempt {
            program: self.program,
            name: self.name,
            job: self.job,
            summary: &summary,
            log,
        };
        let most = usize::from(self.job.retry.times) + 1;
        loop {
            let (started, clock) = (self.clock.now(), Instant::now());
            let number = tried.len() + 1;
            log.say(&format!("attempt {number} of {most}, {:.0}", started));
            let verdict = self.attempt(&attempt, &words, rehearses);
            tried.push(Tried {
                started,
                seconds: clock.elapsed().as_secs_f64(),
                exit_code: verdict.code,
            });
            let may_pass = PASSING.contains(&verdict.code) && !signal::stop_requested();
            if !may_pass || number >= most {
                return verdict;
            }
            let wait = self.wait_before(number);
            let what = (self.meaning)(verdict.code);
            log.say(&format!(
                "code {} ({what}); the next attempt follows in {} seconds",
                verdict.code,
                wait.as_secs()
            ));
            self.clock.sleep(wait);
            if signal::stop_requested() {
                return verdict;
            }
        }
    }

    /// How long to wait before the attempt that follows this many.
    fn wait_before(&self, attempts: usize) -> Duration {
        let doubled = u32::try_from(attempts - 1).unwrap_or(u32::MAX).min(31);
        let wait = u64::from(self.job.retry.wait) << doubled;
        Duration::from_secs(wait).min(LONGEST_WAIT)
    }

    fn attempt(&self, attempt: &Attempt<'_>, words: &[String], rehearses: bool) -> Verdict {
        if rehearses {
            attempt
                .log
                .say("a rehearsal first, to count what would be deleted");
            let rehearsal: Vec<String> = ["--dry-run".into(), "--stats".into()]
                .into_iter()
                .chain(words.iter().cloned())
                .collect();
            let mut rehearsed = started(attempt.run(&rehearsal));
            if !GOOD.contains(&rehearsed.code) {
                rehearsed.reason = rehearsed.reason.or(attempt.log.take_said());
                return rehearsed;
            }
            let none = Value::Null;
            let told = rehearsed.summary.as_ref().unwrap_or(&none);
            if let Err(reason) = guard::judge(told, self.job.guards.delete) {
                attempt.log.say(&reason);
                return Verdict {
                    code: REFUSED,
                    reason: Some(reason),
                    ..rehearsed
                };
            }
        }
        attempt.log.take_said();
        let ended = started(attempt.run(words));
        // It says more than the code does.
        let said = attempt.log.take_said().filter(|_| ended.code != 0);
        Verdict {
            reason: ended.reason.or(said),
            ..ended
        }
    }

    /// Why the destination must be left as it is: somebody took back its last switch.
    fn on_hold(&self, nature: &Nature) -> Option<String> {
        let dest = self.job.directory.join(nature.dest.as_ref()?);
        let is_held = stage::status(&dest).is_ok_and(|status| status.on_hold);
        let shown = crate::tree::shown(&dest);
        is_held.then(|| format!("{shown} is on hold since an undo; resilver release ends that"))
    }
}

fn started(ended: std::io::Result<Ended>) -> Verdict {
    match ended {
        Ok(ended) => ended.into(),
        Err(e) => Verdict {
            code: NOT_STARTED,
            summary: None,
            reason: Some(format!(
                "the run could not be started in its directory: {e}"
            )),
        },
    }
}

/// Who holds the lock of a job, if somebody does.
pub(super) fn holder(state: &Path) -> Option<String> {
    let mut text = String::new();
    let file = File::open(state.join("lock")).ok()?;
    match try_lock_file(&file) {
        Ok(None) => {}
        _ => return None,
    }
    std::io::Read::read_to_string(&mut std::io::Read::take(file, 256), &mut text).ok()?;
    Some(text.trim().to_owned())
}
