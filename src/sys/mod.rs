//! The operating system as small safe functions. Names are resolved beneath a directory handle and never
//! through a symbolic link, so that a tree that changes underneath cannot lead a run elsewhere.
//!
//! Functions return plain [`std::io::Error`]s: the rooms above know which path and purpose to name.

mod beneath;
pub mod content;
pub mod cut;
mod dir;
mod listing;
mod lock;
pub mod mounts;
mod object;
pub mod process;
mod reason;
pub mod signal;
pub mod sparse;
pub mod stack;
mod stat;
pub mod terminal;
pub mod trusted;
pub mod users;
pub mod volume;
pub mod xattrs;

pub use dir::{
    Dir, Lock, as_path, set_mode, set_mtime, set_owner, set_times, stat_file, stat_path,
    try_lock_file,
};
pub use listing::{Listed, Listing};
pub use lock::{Change, lock};
pub use object::Object;
pub use reason::reason;
pub use stat::{Kind, Stat, Time};
