//! The operating system as small safe functions. Names are resolved beneath a directory handle and never
//! through a symbolic link, so that a tree that changes underneath cannot lead a run elsewhere.

mod stat;

pub use stat::{Kind, Stat, Time};
