//! Events to rsync's exact text: names, itemized changes, statistics, progress.
//!
//! [`Text`] is the one [`crate::engine::Report`] here. It writes what a person reads and what other
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

pub use numbers::Human;
pub use text::{Style, Text};

#[cfg(test)]
mod tests;
