//! How the result gets into place.

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::{commit, name_inside, not_empty, previous, threads, wait};
use crate::stage::KeepPrevious;

impl Asked {
    pub(super) fn take_switch(&mut self, given: Given) -> Result<(), Refusal> {
        let stage = &mut self.engine.stage;
        match given.opt {
            Opt::Commit => stage.commit = commit(&given)?,
            Opt::Wait => stage.wait = wait(&given)?,
            Opt::Previous => {
                stage.previous = previous(&given)?;
                self.previous_given = stage.previous == KeepPrevious::One;
            }
            Opt::Fsync(on) => (stage.no_fsync, self.fsync_given) = (!on, on),
            Opt::Gate => stage.gates.push(not_empty(&given)?),
            Opt::RequireFile => stage.require_files.push(name_inside(&given)?),
            Opt::CommitOnlyComplete => stage.only_complete = true,
            Opt::Threads => self.engine.threads = threads(&given)?,
            other => no_meaning(other),
        }
        Ok(())
    }
}
