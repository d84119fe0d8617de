//! What is told.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_output(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::DryRun => self.engine.dry_run = true,
            Opt::Verbose => self.verbose = self.verbose.saturating_add(1),
            Opt::NoVerbose => self.verbose = 0,
            Opt::Quiet => self.quiet = true,
            Opt::Itemize => self.itemize = self.itemize.saturating_add(1),
            Opt::NoItemize => self.itemize = 0,
            Opt::Human => self.human = self.human.saturating_add(1),
            Opt::NoHuman => self.human = 0,
            Opt::Progress(on) => self.progress = on,
            Opt::Stats => self.stats = true,
            Opt::Version => self.versions = self.versions.saturating_add(1),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
