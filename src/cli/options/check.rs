//! When a file is sent anew.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::integer;

impl Asked {
    pub(super) fn take_check(&mut self, given: Given) -> Result<(), Refusal> {
        let compare = &mut self.engine.compare;
        match given.opt {
            Opt::Checksum(on) => compare.checksum = on,
            Opt::IgnoreTimes => compare.ignore_times = true,
            Opt::SizeOnly => compare.size_only = true,
            Opt::Update => compare.update = true,
            Opt::Existing => compare.existing = true,
            Opt::IgnoreExisting => compare.ignore_existing = true,
            Opt::ModifyWindow => compare.modify_window = integer(&given)?.into(),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
