//! Named jobs: a mirror run that is repeated by itself, looks after its own failures, and can be asked how it is.
//!
//! ```text
//! config.toml ─▶ Job ─┬─▶ timer     systemd units, a crontab entry, a launchd agent: what calls `job run`
//!                     ├─▶ run       lock ─▶ guard ─▶ attempts (a resilver each) ─▶ report ─▶ hooks ─▶ rotation
//!                     └─▶ status    the reports and the schedule: last success, next run, overdue
//! ```
//!
//! A job is a file of TOML that people may write by hand ([`Job`]). What it has done lies apart from it, in the
//! state directory ([`Places`]). Which words a run may have is not known here: whoever parses them says what
//! kind of run they are ([`Nature`]). Time comes in through [`Clock`].

mod attempt;
mod calendar;
mod child;
mod clock;
mod config;
mod error;
mod guard;
mod hooks;
mod log;
mod name;
mod ping;
mod places;
mod record;
mod run;
mod schedule;
mod status;
mod store;
mod timer;

pub use clock::{Clock, SystemClock};
pub use config::{Guards, History, Hooks, Job, Limits, Retry};
pub use error::Error;
pub use guard::{Nature, words as guard_words};
pub use hooks::check_here as check_hooks;
pub use log::last_lines;
pub use name::Name;
pub use places::Places;
pub use record::{Report, Run, Runs, Tried};
pub use run::{HELD, REFUSED, Runner};
pub use schedule::Schedule;
pub use status::{Last, Status};
pub use store::Store;
pub use timer::{Scheduler, Timer};
