//! The staging area on disk: a complete next tree beside the live one, put in its place in one instant,
//! or, where that cannot be, a sealed plan of changes that is carried out and survives a crash.
//!
//! A run opens a [`Stage`], which locks the destination and puts right what a crash left; calls
//! [`Stage::begin`] before its first change; makes what is new in the [`Place`]s that the stage gives it,
//! telling what it made, linked, touched and removed; and ends with [`Stage::commit`], told to the person,
//! then [`Stage::settle`]. Nothing under the destination changes before the commit.
//!
//! ## What lies where
//! State lies in `parent/.name.resilver/`, or in `name/.resilver/` where the parent cannot take it; a
//! single file has `.file.resilver/` beside it. The module `layout` lists what is in there.
//!
//! ## Levelling
//! `next/` is made equal to live by names, types and inode numbers as the directories give them, so that
//! what is equal costs no call per name. On tmpfs, 100,000 files in 1,000 directories, two threads on a
//! busy machine: 0.07 s when it is level, 0.42 s when every name is linked anew; the last looks of a
//! commit that changed 1,000 files 0.09 s. (`tests/stage/measure.rs` prints these.)
//!
//! ## The switch by swap, and what the next run finds when it was cut
//! | step | cut after it, the journal says | the next run |
//! | --- | --- | --- |
//! | level, stage | staging | takes up what was staged |
//! | gates, `syncfs`, last look at live | staging | the same |
//! | `next/` moved to `parent/.name.resilver~` | staging | moves it back, takes up |
//! | seal: the old root and the new one by inode and birth | sealed, live is the old root | moves it back, takes up |
//! | exchange, parent synced | sealed, live is the new root | goes on from here |
//! | look back: what others did since the last look | the same | the same |
//! | metadata that was put off | the same | the same |
//! | `previous/` to `next/`, old tree to `previous/` | the same | the same |
//! | records rotated, journal idle | idle | levels `next/` |
//!
//! An undo moves `previous/` out instead, and back if it was cut before its exchange.
//!
//! ## The switch by plan
//! | step | cut after it, the journal says | the next run |
//! | --- | --- | --- |
//! | stage what changes, write the plan | staging | takes up what was staged |
//! | `syncfs`, seal | sealed plan | carries the whole plan out |
//! | any step of the plan | sealed plan | passes over what is done, carries out the rest |
//! | displaced objects become `previous/` | sealed plan | rotates what is left to rotate |
//! | journal idle | idle | nothing |
//!
//! A step whose object somebody changed since is passed over and named. An undo is the same plan
//! backward.
//!
//! ## Catalogues
//! What a pull brought, and from where, is written down behind its switch: [`catalogue`] tells.
//!
//! ## Time points
//! A generation kept on purpose is a destination of its own that never existed before: [`points`] tells.
//!
//! ## Verification
//! What a pull brought stands in the [`catalogue`] of its destination, what a time point was in the sums of its
//! directory: both are compared with what is there by reading it, and tell a [`Finding`] of each entry that differs.
//!
//! ## Whose doing is it?
//! Every change of a run is recorded: hash of the path, of what was there, of what is there now. A
//! difference between two trees that the record does not explain is somebody else's: before the switch and
//! right after it, it is carried over; at an undo it stays; in a generation that had its time it goes to
//! `kept/`, and is named.

mod attrs;
mod backups;
mod carry;
pub mod catalogue;
mod changes;
mod choose;
mod claim;
mod commit;
mod copyup;
mod doctor;
mod error;
mod execute;
mod finding;
mod finish;
mod gate;
mod held_up;
mod hold;
mod home;
mod journal;
mod keep;
mod late;
mod layout;
mod level;
mod lock;
mod make;
mod outcome;
mod pairs;
mod plan;
pub mod points;
mod policy;
mod reading;
mod ready;
mod run;
mod settle;
mod site;
mod sound;
mod spare;
mod staged;
mod survey;
mod transfer;
mod undo;
mod upkeep;

pub use backups::{BackupPlace, open_backup_dir};
pub use claim::{Claim, holder};
pub use copyup::Names;
pub use doctor::doctor;
pub use error::{Error, Situation};
pub use finding::{Finding, Told, Verified, Wrong};
pub use gate::guard;
pub use held_up::was_held_up;
pub use layout::{is_state, may_be_state, refuse_inside_state};
pub use lock::{Holder, Pass};
pub use make::{Object, may_be_copied, second_copy, second_name};
pub use outcome::{
    Check, Commit, Diagnosis, Freed, Held, Interrupted, LastCommit, Recovered, Refused, Salvage,
    Status, Summary, Undone,
};
pub use policy::{CommitChoice, KeepPrevious, Method, Policy, Wait};
pub use reading::sum_of;
pub use run::{Place, Root, Stage};
pub use transfer::move_to;
pub use undo::undo;
pub use upkeep::{recover, release, status, tidy};
