//! What is left out.

use super::{Asked, Filter, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_filter(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::Include | Opt::Exclude => self.filters.push(Filter {
                include: given.opt == Opt::Include,
                pattern: given.value,
            }),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
