//! What the stage tells those who drive it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lock::Holder;
use super::policy::Method;

/// What an interrupted run left for a file that is wanted now.
#[derive(Debug)]
pub enum Salvage {
    /// Nothing.
    None,
    /// The complete, verified file: it stands under its name in the stage. Its metadata is still to be
    /// set and [`super::Stage::made`] to be called.
    Whole,
    /// A part, or a file that nobody vouches for: a basis for a delta. It has no name in the stage.
    Half(File),
}

/// What the engine counted, for the gates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries that the live tree has.
    pub live_entries: u64,
    /// Entries that are removed.
    pub removed: u64,
    /// No error occurred and nothing vanished.
    pub complete: bool,
}

/// A switch that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// How.
    pub method: Method,
    /// Relative paths of late arrivals and edits of others, carried over or kept.
    pub kept: Vec<PathBuf>,
    /// Entries that the system did not let be changed: they are as they were, all else is in place.
    pub refused: Vec<Refused>,
}

/// An entry of the destination that the system did not let be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Its relative path.
    pub path: PathBuf,
    /// The system's reason, as a number of errno(3).
    pub errno: i32,
}

impl Refused {
    pub(super) fn new(path: &Path, e: &io::Error) -> Refused {
        Refused {
            path: path.to_owned(),
            errno: e.raw_os_error().unwrap_or_default(),
        }
    }

    /// The system's reason.
    #[must_use]
    pub fn error(&self) -> io::Error {
        io::Error::from_raw_os_error(self.errno)
    }
}

/// What `undo` did or, in a dry run, would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// How.
    pub method: Method,
    /// Number of changes taken back.
    pub restored: u64,
    /// Relative paths that changed since the switch and stay as they are.
    pub kept: Vec<PathBuf>,
    /// Entries that the system did not let be changed.
    pub refused: Vec<Refused>,
    /// Sentences about what was found first: what a crash left, state that was set aside.
    pub notes: Vec<String>,
    /// Whether this took back an earlier undo.
    pub redo: bool,
}

/// What `recover` found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// What a crash had left.
    pub found: Interrupted,
    /// Sentences about what was done.
    pub notes: Vec<String>,
}

/// What a crash had left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interrupted {
    /// Nothing: the destination is at rest.
    Nothing,
    /// A stage that was not finished; kept for the next run.
    Staging,
    /// A switch that had been made; its rotation was completed.
    Switched,
    /// A switch that had not been made; its stage was kept for the next run.
    NotSwitched,
    /// A sealed plan; it was carried to its end.
    Underway,
}

/// What `tidy` freed or, in a dry run, would free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Freed {
    /// Bytes of data that only the removed entries held.
    pub bytes: u64,
    /// Entries removed.
    pub entries: u64,
}

/// What is known of a destination's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The destination, resolved.
    pub destination: PathBuf,
    /// Its state directory; none before the first change.
    pub state: Option<PathBuf>,
    /// `idle`, `staging`, `sealed`, or what is wrong.
    pub journal: String,
    /// The last switch.
    pub last_commit: Option<LastCommit>,
    /// Whether an undo put it on hold for jobs.
    pub on_hold: bool,
    /// What the generation before holds.
    pub previous: Option<Held>,
    /// What an interrupted run staged.
    pub interrupted: Option<Held>,
    /// Who holds the destination now.
    pub holder: Option<Holder>,
}

/// The last switch of a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LastCommit {
    /// How.
    pub method: Method,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// What a tree in the state directory holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Entries.
    pub entries: u64,
    /// Bytes of data of its own, shared with no other tree.
    pub bytes: u64,
}

/// What `doctor` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The destination, resolved.
    pub destination: PathBuf,
    /// Type of its file system.
    pub filesystem: String,
    /// What was tried, in order.
    pub checks: Vec<Check>,
    /// The method that a run would take.
    pub method: Method,
    /// `A`, `B` or `C`, see the table of methods.
    pub guarantee: char,
    /// Why this method.
    pub reason: String,
}

/// One thing that `doctor` tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was tried.
    pub name: &'static str,
    /// Whether it works, or is as one would wish.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
}
