//! What a person decides about staging, and the ways in which a stage gets into place.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::lock::Pass;

/// How a run's result got, or will get, into place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A whole tree, exchanged in one instant.
    Swap,
    /// A sealed plan, carried out in a short window and rolled forward after a crash.
    Journal,
    /// rsync's classic rename per file.
    Direct,
}

impl Method {
    /// The word used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Swap => "swap",
            Method::Journal => "journal",
            Method::Direct => "direct",
        }
    }
}

/// `--commit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommitChoice {
    /// The strongest method that this destination allows.
    #[default]
    Auto,
    /// Only this one; refuse to start where it is impossible.
    Only(Method),
}

/// `--wait`: what to do while another run holds the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wait {
    /// Say who holds it and end.
    #[default]
    No,
    /// Wait as long as it takes.
    Forever,
    /// Wait at most so long.
    For(Duration),
}

/// `--previous`: whether the generation before is kept for `undo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepPrevious {
    /// The last one.
    #[default]
    One,
    /// None: undo is not possible, the space is free at once.
    None,
}

/// The part of a run's options that the stage obeys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--commit`.
    pub commit: CommitChoice,
    /// `--wait`.
    pub wait: Wait,
    /// `--previous`.
    pub previous: KeepPrevious,
    /// `--no-fsync`: quick, and unsafe against power loss.
    pub no_fsync: bool,
    /// `--gate`: shell commands that judge the finished stage.
    pub gates: Vec<OsString>,
    /// `--require-file`: names, relative to the root, that the finished tree must have.
    pub require_files: Vec<PathBuf>,
    /// `--delete-guard`: refuse to remove more than this percentage of the live tree's entries.
    pub delete_guard: Option<u8>,
    /// `--commit-only-complete`: no switch when anything could not be transferred.
    pub only_complete: bool,
    /// What this process holds already, and lets the run do.
    pub pass: Option<Pass>,
}
