//! What is removed.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::{integer, percent};

impl Asked {
    pub(super) fn take_remove(&mut self, given: Given) -> Result<(), Refusal> {
        let deletion = &mut self.engine.deletion;
        match given.opt {
            Opt::Delete | Opt::DeleteDuring => deletion.enabled = true,
            Opt::MaxDelete => deletion.max = Some(u64::try_from(integer(&given)?).unwrap_or(0)),
            Opt::Force(on) => deletion.force = on,
            Opt::DeleteGuard => self.engine.stage.delete_guard = Some(percent(&given)?),
            _ => return Err(pending(&given)),
        }
        Ok(())
    }
}
