//! Events to rsync's exact text, to a log file, to objects for programs, to a live bar.
//!
//! ```text
//!                      ┌─▶ text   standard output and error: entries (format), sentences, progress, summary
//! engine ─▶ telling ───┼─▶ log    the same for a log file
//!        (one stream)  ├─▶ json   one object an event
//!                      ├─▶ summary file   the last of these objects alone
//!                      └─▶ bar    on a terminal on which nothing else is printed
//! ```
//!
//! [`Telling`] is the [`crate::engine::Report`] of a run; it asks the engine for what its voices want and for
//! nothing else. [`Why`] listens to a trial run and tells what decided about some paths, [`Verification`] takes what
//! a trial run would change for findings, and [`pushed`] to the runs of a push. What is told is the
//! [`Style`]: the [`Levels`] of `--info` and `--debug`, and the [`Format`] of an entry's line. Every line of
//! text is the one that rsync 3.5.0 prints for the same situation; the few that differ stand in the manual
//! page under *DIFFERENCES FROM RSYNC*.

mod bar;
pub mod edits;
mod format;
mod itemize;
mod json;
mod levels;
mod list;
mod log;
mod numbers;
pub mod points;
mod progress;
pub mod pushed;
mod screen;
mod sentence;
pub mod state;
mod style;
mod summary;
mod summary_file;
mod text;
mod verify;
mod voice;
mod when;
mod why;

pub use format::Format;
pub use levels::{Debug, Flag, HIGHEST, Info, Levels, Setting};
pub use numbers::Human;
pub use screen::{Buffering, Target};
pub use style::{List, Log, Run, Style, Way};
pub use verify::{Counts, Trial, Verification};
pub use voice::{Record, Telling};
pub use why::{Answer, Asking, Why};

#[cfg(test)]
mod tests;
