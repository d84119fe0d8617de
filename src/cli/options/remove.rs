//! What is removed.

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::{integer, percent};
use crate::engine::{SourceRemoval, When};

impl Asked {
    pub(super) fn take_remove(&mut self, given: Given) -> Result<(), Refusal> {
        let deletion = &mut self.engine.deletion;
        match given.opt {
            Opt::Delete => deletion.enabled = true,
            Opt::DeleteBefore => self.delete_when.before = true,
            Opt::DeleteDuring => self.delete_when.along = Some(When::During),
            Opt::DeleteDelay => self.delete_when.along = Some(When::Delay),
            Opt::DeleteAfter => self.delete_when.after = true,
            Opt::DeleteExcluded => self.delete_excluded = true,
            Opt::IgnoreErrors(on) => deletion.ignore_errors = on,
            Opt::MaxDelete => deletion.max = Some(u64::try_from(integer(&given)?).unwrap_or(0)),
            Opt::Force(on) => deletion.force = on,
            Opt::RemoveSourceFiles => self.engine.remove_source = Some(SourceRemoval::Synced),
            Opt::RemoveSentFiles => self.engine.remove_source = Some(SourceRemoval::Sent),
            Opt::DeleteGuard => self.engine.stage.delete_guard = Some(percent(&given)?),
            other => no_meaning(other),
        }
        Ok(())
    }

    /// What the options of deletion add up to.
    pub(super) fn settle_remove(&mut self) -> Result<(), Refusal> {
        let deletion = &mut self.engine.deletion;
        if let Some(when) = self.delete_when.one()? {
            deletion.when = when;
            deletion.enabled = true;
        }
        if self.delete_excluded {
            deletion.enabled = true;
            self.engine.rules.delete_excluded();
        }
        Ok(())
    }
}

/// The options that say when to delete. rsync lets the later of two that work along the way win, and no
/// others go together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeleteWhen {
    before: bool,
    along: Option<When>,
    after: bool,
}

impl DeleteWhen {
    /// Whether any of them was given.
    pub(super) fn is_said(self) -> bool {
        self.before || self.along.is_some() || self.after
    }

    fn one(self) -> Result<Option<When>, Refusal> {
        match (self.before, self.along, self.after) {
            (false, None, false) => Ok(None),
            (true, None, false) => Ok(Some(When::Before)),
            (false, Some(when), false) => Ok(Some(when)),
            (false, None, true) => Ok(Some(When::After)),
            _ => Err(Refusal::usage(
                "You may not combine multiple --delete-WHEN options.",
            )),
        }
    }
}
