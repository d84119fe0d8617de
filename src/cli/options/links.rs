//! How links are taken.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_links(&mut self, given: Given) -> Result<(), Refusal> {
        let keep = &mut self.engine.preserve;
        match given.opt {
            Opt::Links(on) => keep.links = on,
            Opt::HardLinks(on) => keep.hard_links = on,
            Opt::InsecureLinks(on) => self.engine.rules.set_insecure_links(on),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
