//! # resilver: to make a mirror true again
//!
//! An rsync-compatible incremental mirror tool whose destination changes in **one switch**: a reader
//! sees the whole old tree or the whole new tree, whatever interrupts the run.
//!
//! ## Tenets, in the order in which they win
//! 1. Never lose data.
//! 2. Never show half a state.
//! 3. Be rsync where rsync is known.
//! 4. Be quick.
//! 5. Be small.
//!
//! ## The house
//! Rooms from the ground up; a room imports only from rooms above it in this list.
//!
//! | room | what lives there |
//! | --- | --- |
//! | [`sys`] | the operating system as small safe functions on directory handles |
//! | [`tree`] | entries, names and their order, filter rules, metadata |
//! | [`delta`] | rolling and strong checksums, block sizing, matching, patching: pure functions on bytes |
//! | [`wire`] | the rsync protocol as pure encoding and decoding |
//! | [`transport`] | how bytes reach a peer: operands, the remote shell's command line, child processes |
//! | [`stage`] | the staging area on disk: layout, lock, journal, levelling, switch, recovery, undo, time points, catalogues |
//! | [`engine`] | the sync: planner, workers, targets, deletion, statistics; tells what happens as events |
//! | [`report`] | events to rsync's exact text, statistics and progress |
//! | [`job`] | named jobs: configuration, schedule, run, hooks, status |
//! | [`cli`] | what a person types: options, argument semantics, subcommands, exit codes |
//!
//! `engine` never prints and never parses; `stage` knows nothing of rsync; only `report` and `cli` write
//! to the terminal. A later room has its place: `store` beside `report`.

pub mod cli;
pub mod delta;
pub mod engine;
pub mod job;
pub mod report;
pub mod stage;
pub mod sys;
pub mod transport;
pub mod tree;
pub mod wire;
