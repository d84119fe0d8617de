//! The staging area on disk.

mod policy;

pub use policy::{CommitChoice, KeepPrevious, Method, Policy, Wait};
