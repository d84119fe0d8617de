//! `resilver job`: its words, what they ask for, and the answers.

mod act;
mod prose;
mod told;
mod words;

pub use act::carry_out;
pub use prose::JOBS;
pub use words::{command, joined, read};

use crate::job::{Job, Name};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A new job.
    Add(Name, Box<Job>),
    /// Their names.
    List,
    /// What one is.
    Show(Name),
    /// To change one in an editor.
    Edit(Name),
    /// To run one now.
    Run(Name),
    /// To run one by its schedule from now on.
    Enable(Name),
    /// No longer to.
    Disable(Name),
    /// To take one away.
    Remove {
        /// Which.
        name: Name,
        /// Its logs and reports too.
        all: bool,
    },
    /// What one has told.
    Log {
        /// Which.
        name: Name,
        /// The run, by when it began; the last one without.
        run: Option<String>,
        /// In which form.
        form: LogForm,
    },
    /// How they are.
    Status {
        /// Which; all without.
        name: Option<Name>,
        /// For programs.
        json: bool,
    },
}

/// What of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// What it told.
    Text,
    /// The report.
    Report,
    /// Which runs there are.
    List,
}
