//! What can be wrong with jobs.

use std::io;
use std::path::{Path, PathBuf};

use crate::tree::shown;

/// What can be wrong with jobs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that cannot be one.
    #[error(
        "\"{}\" cannot be the name of a job: at most 64 letters, digits, '.', '_' and '-', and no '.' or '-' in front",
        shown(Path::new(.0))
    )]
    Name(String),
    /// No such job.
    #[error("there is no job {name}; resilver job list names those that are there")]
    Missing {
        /// The name.
        name: String,
    },
    /// There is such a job.
    #[error("there is a job {name} already: resilver job edit {name}, or remove it first")]
    Exists {
        /// The name.
        name: String,
    },
    /// A job that makes no sense.
    #[error("{}: {reason}", shown(path))]
    Config {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A schedule that makes no sense.
    #[error("\"{text}\" is no schedule: {reason}")]
    Schedule {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It runs already.
    #[error("job {name} runs already ({holder})")]
    Running {
        /// The name.
        name: String,
        /// Who runs it.
        holder: String,
    },
    /// Nothing here can call it in time.
    #[error(
        "neither systemd nor crontab is here to call the job: install cron, or add the job without a schedule"
    )]
    NoScheduler,
    /// A scheduler's program failed.
    #[error("{command} failed: {reason}")]
    Scheduler {
        /// What was run.
        command: String,
        /// What it said.
        reason: String,
    },
    /// Where files of a user lie is not known.
    #[error("HOME is not set, nor {0}: there is no place for jobs")]
    NoHome(&'static str),
    /// The system refused something.
    #[error("cannot {doing} \"{}\": {}", shown(path), crate::sys::reason(error))]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

/// Says what was being done when the system refused.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|error| Error::Io {
            doing,
            path: path.to_owned(),
            error,
        })
    }
}
