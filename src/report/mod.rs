//! Events to rsync's exact text: names, itemized changes, statistics, progress.
//!
//! [`Text`] is the [`crate::engine::Report`] of a run; [`Why`] listens to one and tells what decided about some paths.
//! `Text` writes what a person reads and what other
//! programs parse, so every line is the one that rsync 3.5.0 prints for the same situation; the few
//! that differ stand in the manual page under *DIFFERENCES FROM RSYNC*.

mod bar;
mod itemize;
mod numbers;
mod progress;
pub mod state;
mod streams;
mod summary;
mod text;
mod why;

pub use numbers::Human;
pub use text::{Style, Text};
pub use why::{Answer, Asking, Why};

#[cfg(test)]
mod tests;
