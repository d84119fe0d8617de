//! What can go wrong with a stage; every sentence says what state things are in.

use std::io;
use std::path::{Path, PathBuf};

use super::lock::Holder;
use crate::sys::reason;
use crate::tree::shown;

/// An error of the staging area.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another run holds the destination.
    #[error("{} is in use by {holder}; nothing was changed", shown(path))]
    Busy {
        /// The destination.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The directory of a destination was put in the place of the one that its state is about.
    #[error(
        "{} is another directory than the one that was pulled into, so that nothing tells what was changed in it; \
         nothing was done: keep elsewhere what was edited in it, and pull into it again",
        shown(path)
    )]
    Replaced {
        /// The destination.
        path: PathBuf,
    },
    /// A `--gate` command or `--require-file` refused the finished stage.
    #[error(
        "{reason}; {} is unchanged, what was staged is kept for the next run",
        shown(path)
    )]
    GateRefused {
        /// The destination.
        path: PathBuf,
        /// What refused, and how.
        reason: String,
    },
    /// `--delete-guard` refused.
    #[error(
        "{removed} of {live} entries would be removed, more than --delete-guard allows ({percent} %); \
         {} is unchanged, what was staged is kept: run again with a higher --delete-guard to go on",
        shown(path)
    )]
    GuardRefused {
        /// The destination.
        path: PathBuf,
        /// Entries that would go.
        removed: u64,
        /// Entries that the live tree has.
        live: u64,
        /// What the guard allows.
        percent: u8,
    },
    /// `--commit-only-complete`, and something could not be transferred.
    #[error(
        "something could not be transferred, and --commit-only-complete was given; {} is unchanged, \
         what was staged is kept for the next run",
        shown(path)
    )]
    Incomplete {
        /// The destination.
        path: PathBuf,
    },
    /// `--commit=swap` where it cannot be had.
    #[error(
        "{} cannot be switched in one instant: {reason}; nothing was changed",
        shown(path)
    )]
    SwapImpossible {
        /// The destination.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Somebody asked to stop before the switch.
    #[error(
        "interrupted; {} is unchanged, what was staged is kept for the next run",
        shown(path)
    )]
    Stopped {
        /// The destination.
        path: PathBuf,
    },
    /// A system call failed.
    #[error("cannot {doing} \"{}\": {}; {state}", shown(path), reason(source))]
    Io {
        /// What was attempted, as after "cannot".
        doing: &'static str,
        /// The path in question.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
        /// What state things are in.
        state: Situation,
    },
    /// The state directory cannot be understood.
    #[error(
        "{} is damaged: {what}; the destination itself is unchanged",
        shown(path)
    )]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// An operand that lies in a state directory, as a shell does that was in the tree before a switch.
    #[error(
        "\"{}\" lies in the state directory \"{}\": this is an old tree, not the live one. If a shell stands \
         in it, type `cd \"$PWD\"` and try again",
        shown(path),
        shown(state)
    )]
    InsideState {
        /// The operand.
        path: PathBuf,
        /// The state directory.
        state: PathBuf,
    },
    /// State of another user, or of a newer program.
    #[error("{} {why}; nothing was changed", shown(path))]
    Foreign {
        /// The state directory.
        path: PathBuf,
        /// What makes it foreign, and what to do.
        why: String,
    },
    /// A directory of time points that is none, or does not have what was asked for.
    #[error("{} {why}; nothing was changed", shown(path))]
    Series {
        /// The directory.
        path: PathBuf,
        /// What is in the way, and what to do.
        why: String,
    },
    /// There is nothing to undo.
    #[error("there is nothing to undo at {}: {why}", shown(path))]
    NothingToUndo {
        /// The destination.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// What state things are in after an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Situation {
    /// Nothing under the destination was changed; what was staged is kept.
    #[default]
    Unchanged,
    /// The switch was made; only what follows it failed.
    Switched,
    /// A sealed plan is partly carried out; the next run or `resilver recover` completes it.
    Underway,
}

impl std::fmt::Display for Situation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Situation::Unchanged => "the destination is unchanged",
            Situation::Switched => "the destination shows the new state",
            Situation::Underway => {
                "the change was begun: the next run or `resilver recover` completes it"
            }
        })
    }
}

impl Error {
    /// The system's error, where one is the cause.
    #[must_use]
    pub fn io(&self) -> Option<&io::Error> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Whether the volume, or this user's share of it, is full.
    #[must_use]
    pub(super) fn is_out_of_room(&self) -> bool {
        self.io().is_some_and(|e| {
            matches!(
                e.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            )
        })
    }

    /// The same error, told as having come in another situation.
    #[must_use]
    pub(super) fn in_situation(mut self, now: Situation) -> Error {
        if let Error::Io { state, .. } = &mut self {
            *state = now;
        }
        self
    }
}

/// Names what was attempted on which path when a system call fails.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str, path: impl AsRef<Path>) -> Result<T, Error>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: impl AsRef<Path>) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            doing,
            path: path.as_ref().to_owned(),
            source,
            state: Situation::Unchanged,
        })
    }
}
