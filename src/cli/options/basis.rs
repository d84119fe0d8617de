//! Backups and other trees.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::engine::{Alternates, BasisUse};

/// As many alternate directories as rsync takes.
const MOST: usize = 20;

impl Asked {
    pub(super) fn take_basis(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::CompareDest => self.take_alternate(BasisUse::Compare, given),
            Opt::CopyDest => self.take_alternate(BasisUse::Copy, given),
            Opt::LinkDest => self.take_alternate(BasisUse::Link, given),
            _ => Err(pending(&given)),
        }
    }

    fn take_alternate(&mut self, how: BasisUse, given: Given) -> Result<(), Refusal> {
        let alternates = self.engine.alternates.get_or_insert(Alternates {
            how,
            dirs: Vec::new(),
        });
        if alternates.how != how {
            return Err(Refusal::usage(format_args!(
                "ERROR: the --{} option conflicts with the --{} option",
                how.option(),
                alternates.how.option()
            )));
        }
        if alternates.dirs.len() == MOST {
            return Err(Refusal::usage(format_args!(
                "ERROR: at most {MOST} --{} args may be specified",
                how.option()
            )));
        }
        alternates.dirs.push(given.value.into());
        Ok(())
    }
}
