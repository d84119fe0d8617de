//! Why a run ended without its result.

use std::io;
use std::path::{Path, PathBuf};

use crate::stage;
use crate::sys::{reason, signal};
use crate::tree;
use crate::wire;

/// A failure that ends the run; what only concerns one entry is an event instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operands do not fit together (rsync's code 3).
    #[error("{0}")]
    Select(String),
    /// An operand is written in a way that cannot be (rsync's code 1).
    #[error("{0}")]
    Syntax(String),
    /// The destination cannot be looked at (rsync's code 3).
    #[error(
        "ERROR: cannot stat destination \"{}\": {}",
        shown(path),
        reason(source)
    )]
    Destination {
        /// Which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no room for what is written, or no right to write at all (code 11).
    #[error("write failed on \"{}\": {}{}", shown(path), reason(source), kept_text(*kept))]
    Write {
        /// Which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
        /// Whether all of the run lies in a stage, which is kept.
        kept: bool,
    },
    /// A destination directory could not be made or opened (code 11).
    #[error("{action} \"{}\" failed: {}", shown(path), reason(source))]
    File {
        /// rsync's word for what was tried: `mkdir`.
        action: &'static str,
        /// Which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A note of `--fake-super` makes no sense (code 11).
    #[error("Corrupt user.rsync.%stat xattr attached to \"{path}\": \"{value}\"")]
    CorruptNote {
        /// Whose, as it is shown.
        path: String,
        /// What it is.
        value: String,
    },
    /// The directory of `--temp-dir` cannot be used (code 1).
    #[error("The temp-dir {why}: {}", tree::shown(path))]
    TempDir {
        /// As it was given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The time of `--stop-at` has come (code 30).
    #[error("stopping at requested limit{}", kept_text(*kept))]
    Deadline {
        /// Whether all of the run lies in a stage, which is kept.
        kept: bool,
    },
    /// An option names what cannot be used (code 1).
    #[error("{0}")]
    Unusable(String),
    /// What was to be replaced could not be kept (code 11).
    #[error(
        "keep_backup failed: \"{}\" -> \"{}\": {}",
        shown(path),
        tree::shown(to),
        reason(source)
    )]
    Backup {
        /// Its path.
        path: PathBuf,
        /// Where its backup was to be, as told.
        to: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The staging area could not do its part; the destination is as it was.
    #[error(transparent)]
    Stage(#[from] stage::Error),
    /// A directory's file of rules makes no sense (code 1), or names one that cannot be opened (code 11).
    #[error(transparent)]
    Rules(#[from] tree::RuleError),
    /// The peer says what it may not, or the way to it is broken (codes 2, 4, 10, 12, 22).
    #[error(transparent)]
    Wire(#[from] wire::Error),
    /// The peer speaks a protocol in which an option cannot be kept (code 2).
    #[error("{option} requires protocol {least} or higher (negotiated {spoken}).")]
    TooOld {
        /// The option.
        option: &'static str,
        /// The first protocol that has it.
        least: wire::Protocol,
        /// The one that both sides speak.
        spoken: wire::Protocol,
    },
    /// Nothing came from the peer for as long as `--timeout` allows (code 30).
    #[error("io timeout after {seconds} seconds -- exiting")]
    Silent {
        /// How long that is.
        seconds: u64,
    },
    /// The peer is gone before its time (code 12).
    #[error("connection unexpectedly closed ({received} bytes received so far) [{role}]")]
    Closed {
        /// Bytes that came behind the handshake.
        received: u64,
        /// Which part of a session this side has.
        role: &'static str,
    },
    /// The peer lists an entry that cannot be where it says (code 4).
    #[error("rejecting file-list name that is not in a listed directory: {path}")]
    Stray {
        /// Its path, as it is shown.
        path: String,
    },
    /// The peer lists an entry that was not asked for (code 4).
    #[error("ERROR: rejecting unrequested file-list name: {path}")]
    Unasked {
        /// Its path, as it is shown.
        path: String,
    },
    /// The peer lists an entry that the rules hide (code 4).
    #[error("ERROR: rejecting excluded file-list name: {}", tree::shown(path))]
    Excluded {
        /// Its path within the transfer.
        path: PathBuf,
    },
    /// The peer ended the session with an error that it told itself.
    #[error("the other end gave up (code {code})")]
    Left {
        /// Its exit code.
        code: u8,
    },
    /// The program at the other end does not make time points (code 4).
    #[error(
        "the program at the other end makes no time points; nothing was changed there. If resilver is \
         installed there, --rsync-path=resilver runs it"
    )]
    NoPoints,
    /// Somebody asked to stop (code 20).
    #[error("interrupted")]
    Interrupted,
    /// The system has no room for a thread of the session (code 14).
    #[error("cannot start a thread: {}", reason(source))]
    Thread {
        /// The system's reason.
        source: io::Error,
    },
    /// A thread of the run died; a defect of this program (code 14).
    #[error("a worker thread ended unexpectedly")]
    Worker,
}

fn kept_text(kept: bool) -> &'static str {
    if kept {
        "; the destination is unchanged, what was staged is kept for the next run"
    } else {
        ""
    }
}

impl From<super::sources::Stray> for Error {
    fn from(super::sources::Stray(path): super::sources::Stray) -> Error {
        let path = tree::shown(crate::sys::as_path(&path));
        Error::Stray { path }
    }
}

impl Error {
    /// The same failure, of a run all of which lies in the stage for `dest`.
    pub(super) fn of_stage(self, dest: &Path) -> Error {
        match self {
            Error::Write { path, source, .. } => Error::Write {
                path,
                source,
                kept: true,
            },
            Error::Interrupted if signal::deadline_passed() => Error::Deadline { kept: true },
            Error::Interrupted => stage::Error::Stopped {
                path: dest.to_owned(),
            }
            .into(),
            other => other,
        }
    }
}

/// The path as rsync shows it in messages: absolute, as typed, not resolved.
#[must_use]
pub fn shown(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    tree::shown(&absolute)
}
