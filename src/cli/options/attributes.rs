//! Which attributes are kept.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_attributes(&mut self, given: Given) -> Result<(), Refusal> {
        let keep = &mut self.engine.preserve;
        match given.opt {
            Opt::Perms(on) => keep.perms = on,
            Opt::Times(on) => keep.times = on,
            Opt::Owner(on) => keep.owner = on,
            Opt::Group(on) => keep.group = on,
            Opt::Devices(on) => keep.devices = on,
            Opt::Specials(on) => keep.specials = on,
            Opt::DevicesAndSpecials(on) => (keep.devices, keep.specials) = (on, on),
            // Both sides of a local run read the same user database: names and numbers agree.
            Opt::NumericIds(_) => {}
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
