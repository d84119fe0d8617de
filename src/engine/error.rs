//! Why a run ended without its result.

use std::io;
use std::path::{Path, PathBuf};

use crate::stage;
use crate::tree;

/// A failure that ends the run; what only concerns one entry is an event instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operands do not fit together (rsync's code 3).
    #[error("{0}")]
    Select(String),
    /// The destination cannot be looked at (rsync's code 3).
    #[error(
        "ERROR: cannot stat destination \"{}\": {}",
        shown(path),
        os_text(source)
    )]
    Destination {
        /// Which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A destination directory could not be made, or a write failed (code 11).
    #[error("{action} \"{}\" failed: {}", shown(path), os_text(source))]
    File {
        /// rsync's word for what was tried: `mkdir`, `write failed on`.
        action: &'static str,
        /// Which path.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The staging area could not do its part; the destination is as it was.
    #[error(transparent)]
    Stage(#[from] stage::Error),
    /// Somebody asked to stop (code 20).
    #[error("interrupted; the destination is unchanged and the next run goes on from here")]
    Interrupted,
    /// A thread of the run died; a defect of this program (code 14).
    #[error("a worker thread ended unexpectedly")]
    Worker,
}

/// The system's reason in rsync's form: `No such file or directory (2)`.
#[must_use]
pub fn os_text(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(code) => {
            let text = e.to_string();
            let reason = text.split(" (os error").next().unwrap_or_default();
            format!("{reason} ({code})")
        }
        None => e.to_string(),
    }
}

/// The path as rsync shows it in messages: absolute, as typed, not resolved.
#[must_use]
pub fn shown(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    tree::shown(&absolute)
}
