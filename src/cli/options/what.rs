//! What is copied.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_what(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::Archive => self.archive(),
            Opt::Recursive(on) => self.engine.recursive = on,
            Opt::From0(on) => self.engine.rules.set_from0(on),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }

    fn archive(&mut self) {
        self.engine.recursive = true;
        let keep = &mut self.engine.preserve;
        for part in [
            &mut keep.links,
            &mut keep.perms,
            &mut keep.times,
            &mut keep.group,
            &mut keep.owner,
            &mut keep.devices,
            &mut keep.specials,
        ] {
            *part = true;
        }
    }
}
