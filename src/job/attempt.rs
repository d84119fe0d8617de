//! One run of resilver for a job.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::child;
use super::config::Job;
use super::log::Log;
use super::name::Name;
use crate::sys::{process, signal, terminal};

/// How long what a run leaves running may go on to write into the log.
const LINGER: Duration = Duration::from_secs(2);
/// How long a run that has heard of the wish to stop itself may take to do so: a second one ends it at once.
const HEARING: Duration = Duration::from_secs(5);
/// What a run that a signal killed counts as: a part of the program was ended.
const KILLED: u8 = 16;

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its exit code.
    pub code: u8,
    /// Its summary, if it came to write one.
    pub summary: Option<Value>,
}

/// What an attempt is made of.
pub struct Attempt<'a> {
    /// The program to run.
    pub program: &'a Path,
    /// Whose attempt it is.
    pub name: &'a Name,
    /// Its job.
    pub job: &'a Job,
    /// Where its summary is to be written.
    pub summary: &'a Path,
    /// Where it tells.
    pub log: &'a Log,
}

impl Attempt<'_> {
    /// Runs the program with these words and then those of the job; passes on a wish to stop.
    ///
    /// # Errors
    /// It could not be run at all.
    pub fn run(&self, words: &[String]) -> io::Result<Ended> {
        let _ = fs::remove_file(self.summary);
        let (told, tells) = io::pipe()?;
        let mut summary = std::ffi::OsString::from("--summary-file=");
        summary.push(self.summary);
        let mut command = Command::new(self.program);
        process::give_umask_back(&mut command);
        process::end_with_parent(&mut command);
        command
            .arg(summary)
            .args(words)
            .args(&self.job.arguments)
            .current_dir(&self.job.directory)
            .envs(&self.job.environment)
            .env("RESILVER_JOB", self.name.as_str())
            .stdin(Stdio::null())
            .stdout(tells.try_clone()?)
            .stderr(tells);
        let is_through = self.log.listen(told)?;
        let mut child = command.spawn()?;
        // It holds the writing end of the pipe.
        drop(command);
        let mut wished: Option<Instant> = None;
        let mut is_asked = false;
        let patience = if terminal::is_in_foreground() {
            HEARING
        } else {
            Duration::ZERO
        };
        let status = child::wait(&mut child, None, |child| {
            if !signal::stop_requested() || is_asked {
                return;
            }
            if wished.get_or_insert_with(Instant::now).elapsed() >= patience {
                is_asked = true;
                let _ = process::ask_to_stop(child);
            }
        })?;
        let _ = is_through.recv_timeout(LINGER);
        let code = status
            .code()
            .map_or(KILLED, |code| u8::try_from(code).unwrap_or(u8::MAX));
        let summary = fs::read(self.summary).ok();
        let _ = fs::remove_file(self.summary);
        Ok(Ended {
            code,
            summary: summary.and_then(|bytes| serde_json::from_slice(&bytes).ok()),
        })
    }
}
