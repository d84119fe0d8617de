//! The sync: decides per entry, applies to a target, tells what happened.

mod event;
mod options;

pub use event::*;
pub use options::{Compare, Deletion, Options};
