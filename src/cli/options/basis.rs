//! Backups and other trees.

use super::{Asked, pending};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;

impl Asked {
    pub(super) fn take_basis(&mut self, given: Given) -> Result<(), Refusal> {
        Err(pending(&given))
    }
}
