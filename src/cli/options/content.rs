//! How content is written.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_content(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::WholeFile(on) => self.engine.whole_file = on,
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
