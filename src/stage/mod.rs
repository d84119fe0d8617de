//! The staging area on disk.

mod attrs;
mod carry;
mod changes;
mod choose;
mod commit;
mod copyup;
mod doctor;
mod error;
mod execute;
mod finish;
mod gate;
mod hold;
mod home;
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
mod site;
mod spare;
mod staged;
mod survey;
mod transfer;
mod undo;
mod upkeep;

pub use copyup::Names;
pub use doctor::doctor;
pub use error::{Error, Situation};
pub use layout::{is_state, refuse_inside_state};
pub use lock::Holder;
pub use outcome::{
    Check, Commit, Diagnosis, Freed, Held, Interrupted, LastCommit, Recovered, Salvage, Status,
    Summary, Undone,
};
pub use policy::{CommitChoice, KeepPrevious, Method, Policy, Wait};
pub use run::{Place, Root, Stage};
pub use undo::undo;
pub use upkeep::{recover, release, status, tidy};
