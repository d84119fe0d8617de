//! What calls `resilver job run` in time: systemd, cron or launchd.

mod crontab;
mod launchd;
mod systemd;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::name::Name;
use super::ping::program;
use super::places::Places;
use super::schedule::Schedule;
use crate::sys::process;

/// Who calls a job in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheduler {
    /// A timer and a service of systemd: of the user, or for root of the system.
    Systemd,
    /// An entry in the user's crontab.
    Cron,
    /// An agent of launchd, on macOS.
    Launchd,
}

impl Scheduler {
    /// All of them.
    pub const ALL: [Scheduler; 3] = [Scheduler::Systemd, Scheduler::Cron, Scheduler::Launchd];

    /// The one of this machine: launchd on macOS, systemd where it runs, else crontab.
    ///
    /// # Errors
    /// [`Error::NoScheduler`].
    pub fn here() -> Result<Scheduler, Error> {
        if cfg!(target_os = "macos") {
            Ok(Scheduler::Launchd)
        } else if Path::new("/run/systemd/system").is_dir() && program("systemctl").is_some() {
            Ok(Scheduler::Systemd)
        } else if program("crontab").is_some() {
            Ok(Scheduler::Cron)
        } else {
            Err(Error::NoScheduler)
        }
    }

    /// What it is called on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scheduler::Systemd => "systemd",
            Scheduler::Cron => "cron",
            Scheduler::Launchd => "launchd",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Scheduler> {
        Scheduler::ALL
            .into_iter()
            .find(|scheduler| scheduler.name() == name)
    }
}

/// What has a job called in time.
#[derive(Clone, Debug)]
pub struct Timer<'a> {
    /// Which job.
    pub name: &'a Name,
    /// Where its files lie.
    pub places: &'a Places,
    /// The program that runs it, by its whole path.
    pub program: &'a Path,
    /// Whether it belongs to the system: root's.
    pub is_system: bool,
}

impl<'a> Timer<'a> {
    /// That of a job of whoever runs this process.
    #[must_use]
    pub fn of_user(name: &'a Name, places: &'a Places, program: &'a Path) -> Timer<'a> {
        Timer {
            name,
            places,
            program,
            is_system: process::is_root(),
        }
    }

    /// The files that a scheduler reads, by their paths: systemd's units, launchd's agent.
    #[must_use]
    pub fn files(&self, schedule: &Schedule, by: Scheduler) -> Vec<(PathBuf, String)> {
        match by {
            Scheduler::Systemd => systemd::files(self, schedule),
            Scheduler::Cron => Vec::new(),
            Scheduler::Launchd => vec![(launchd::path(self), launchd::agent(self, schedule))],
        }
    }

    /// Has the job called by its schedule from now on. Gives what the person has to know besides, as a sentence.
    ///
    /// # Errors
    /// [`Error::Scheduler`], [`Error::Io`]; nothing calls the job then.
    pub fn install(&self, schedule: &Schedule, by: Scheduler) -> Result<Option<String>, Error> {
        let installed = match by {
            Scheduler::Systemd => systemd::install(self, schedule),
            Scheduler::Cron => crontab::install(self, schedule),
            Scheduler::Launchd => launchd::install(self, schedule).map(|()| None),
        };
        if installed.is_err() {
            let _ = self.remove();
        }
        installed
    }

    /// Takes away whatever calls the job; tells whether anything did.
    ///
    /// # Errors
    /// [`Error::Scheduler`], [`Error::Io`].
    pub fn remove(&self) -> Result<bool, Error> {
        let by_systemd = systemd::remove(self)?;
        let by_launchd = launchd::remove(self)?;
        let by_cron = crontab::remove(self)?;
        Ok(by_systemd || by_launchd || by_cron)
    }

    /// The words that run the job.
    fn words(&self) -> [&str; 4] {
        let program = self.program.to_str().unwrap_or("resilver");
        [program, "job", "run", self.name.as_str()]
    }
}

/// Runs a scheduler's program with this input and gives its output.
fn call(program: &str, args: &[&str], input: Option<&str>) -> Result<String, Error> {
    let mut command = Command::new(program);
    process::give_umask_back(&mut command);
    command
        .args(args)
        .env("LC_ALL", "C")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let failed = |reason: String| Error::Scheduler {
        command: [&[program], args].concat().join(" "),
        reason,
    };
    let mut child = command
        .spawn()
        .map_err(|e| failed(crate::sys::reason(&e)))?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // One that does not listen tells by its end.
        let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
    }
    let output = child
        .wait_with_output()
        .map_err(|e| failed(e.to_string()))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => {
            let told = String::from_utf8_lossy(&output.stderr);
            let told = told.trim();
            Err(failed(match told.is_empty() {
                true => output.status.to_string(),
                false => told.to_owned(),
            }))
        }
    }
}
