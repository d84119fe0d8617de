//! What is wrong with rules, in rsync's words.

use std::fmt;
use std::io;

use super::rule::Place;
use crate::sys::reason;

/// What is wrong with the text of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It begins with no name of a rule.
    #[error("Unknown filter rule")]
    Unknown,
    /// It ends before its pattern.
    #[error("unexpected end of filter rule")]
    NoPattern,
    /// `!` takes nothing behind it.
    #[error("'!' rule has trailing characters")]
    Trailing,
    /// A letter that this rule does not take.
    #[error("invalid modifier '{}' at position {position} in filter rule", char::from(*letter))]
    Modifier {
        /// The letter.
        letter: u8,
        /// Its place in the text, from 0.
        position: usize,
    },
    /// A side is named in a file all of whose rules have one.
    #[error("specified-side merge file contains specified-side filter")]
    Side,
}

/// A rule as messages show it: its text where the operator typed it, else only its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The text.
    Text(Box<[u8]>),
    /// Where it is written.
    Place(Place),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shown::Text(text) => f.write_str(&String::from_utf8_lossy(text)),
            Shown::Place(place) => write!(f, "<rule from {place}>"),
        }
    }
}

/// Why rules cannot be used; the run ends.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A text is no rule (code 1).
    #[error("{}", faulty(fault, rule))]
    Text {
        /// What is wrong.
        fault: Fault,
        /// With which text.
        rule: Shown,
    },
    /// A file that the command line names cannot be opened (code 11).
    #[error("resilver: failed to open {kind} file {name}: {}", reason(source))]
    Open {
        /// `exclude` or `include`.
        kind: &'static str,
        /// The file as it was named.
        name: String,
        /// The system's reason.
        source: io::Error,
    },
    /// A file that another file names cannot be opened (code 11). Neither name nor reason are told: they
    /// would tell of the file's text.
    #[error("failed to open {kind} file {rule}")]
    OpenNamed {
        /// `exclude` or `include`.
        kind: &'static str,
        /// The rule that names it.
        rule: Shown,
    },
    /// Files name files, too many in a row (code 11).
    #[error("merge-file include depth limit ({limit}) exceeded at {rule}")]
    Depth {
        /// How many are allowed.
        limit: usize,
        /// The rule that is one too many.
        rule: Shown,
    },
}

impl RuleError {
    /// Whether a file cannot be had (code 11), rather than a text understood (code 1).
    #[must_use]
    pub fn is_of_file(&self) -> bool {
        !matches!(self, RuleError::Text { .. })
    }
}

/// rsync tells which letter is wrong only of a text that the operator typed.
fn faulty(fault: &Fault, rule: &Shown) -> String {
    match (fault, rule) {
        (Fault::Modifier { .. }, Shown::Place(_)) => {
            format!("invalid modifier in filter rule: {rule}")
        }
        _ => format!("{fault}: {rule}"),
    }
}

/// What is told of rules while the run goes on without them; standard error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleNote {
    /// A pattern of 4096 bytes or more.
    #[error("discarding over-long filter: {0}")]
    TooLong(Shown),
    /// A file of rules lies behind a symbolic link of another user.
    #[error("{}", crate::sys::trusted::REFUSAL)]
    Untrusted,
}
