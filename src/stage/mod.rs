//! The staging area on disk.

mod attrs;
mod changes;
mod choose;
mod commit;
mod copyup;
mod error;
mod execute;
mod gate;
mod hold;
mod journal;
mod keep;
mod layout;
mod level;
mod lock;
mod make;
mod outcome;
mod pairs;
mod plan;
mod policy;
mod run;
mod settle;
mod staged;
mod survey;

use std::path::Path;

pub use error::{Error, Situation};
pub use layout::{is_state, resolve_inside_state};
pub use lock::Holder;
pub use outcome::{
    Check, Commit, Diagnosis, Freed, Held, Interrupted, LastCommit, Recovered, Salvage, Status,
    Summary, Undone,
};
pub use policy::{CommitChoice, KeepPrevious, Method, Policy, Wait};
pub use run::{Place, Root, Stage};

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
