//! The staging area on disk.

mod error;
mod lock;
mod outcome;
mod policy;
mod run;

use std::path::{Path, PathBuf};

pub use error::{Error, Situation};
pub use lock::Holder;
pub use outcome::{
    Check, Commit, Diagnosis, Freed, Held, Interrupted, LastCommit, Recovered, Salvage, Status,
    Summary, Undone,
};
pub use policy::{CommitChoice, KeepPrevious, Method, Policy, Wait};
pub use run::{Place, Root, Stage};

use crate::sys::Dir;

/// Takes the last switch back, as far as nobody changed things since; `force` takes the old tree whole.
/// In a dry run only says what would be done.
pub fn undo(dest: &Path, policy: &Policy, force: bool, dry_run: bool) -> Result<Undone, Error> {
    let _ = (dest, policy, force, dry_run);
    todo!()
}

/// Ends the hold that an undo put on a destination; says whether there was one.
pub fn release(dest: &Path, policy: &Policy) -> Result<bool, Error> {
    let _ = (dest, policy);
    todo!()
}

/// Completes, or takes back, what a crash left.
pub fn recover(dest: &Path, policy: &Policy) -> Result<Recovered, Error> {
    let _ = (dest, policy);
    todo!()
}

/// Frees what is kept beside a destination: the generation before and what an interrupted run staged.
pub fn tidy(dest: &Path, policy: &Policy, dry_run: bool) -> Result<Freed, Error> {
    let _ = (dest, policy, dry_run);
    todo!()
}

/// What is known of a destination's state. Changes nothing and takes no lock.
pub fn status(dest: &Path) -> Result<Status, Error> {
    let _ = dest;
    todo!()
}

/// Tries out what guarantee a destination can have. Leaves nothing behind.
pub fn doctor(dest: &Path, policy: &Policy) -> Result<Diagnosis, Error> {
    let _ = (dest, policy);
    todo!()
}

/// Whether a name in a directory is state of resilver, which no run lists, transfers or deletes.
#[must_use]
pub fn is_state(dir: &Dir, name: &[u8]) -> bool {
    let _ = (dir, name);
    false
}

/// The state directory in which a path lies, if any: an operand, or a shell whose directory became the
/// old tree.
#[must_use]
pub fn resolve_inside_state(path: &Path) -> Option<PathBuf> {
    let _ = path;
    None
}
