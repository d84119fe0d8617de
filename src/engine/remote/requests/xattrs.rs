//! Values of extended attributes: asked for, waited for, settled.

use super::{Over, Requests, UNWRITTEN};
use crate::engine::extended::Wanted;
use crate::sys::lock;
use crate::wire::{Item, ItemFlags, Ndx, write_xattr_requests};

impl Requests {
    /// Asks for values of an entry's extended attributes, as far as nobody did.
    pub(in crate::engine) fn ask_values(&self, ndx: u32, wanted: &[Wanted]) -> Result<(), Over> {
        let mut state = lock(&self.state);
        while !state.ended && state.unwritten.len() > UNWRITTEN {
            state = self.changed.wait(state);
        }
        if state.ended {
            return Err(Over);
        }
        let numbers = state.values.ask(ndx, wanted.to_vec());
        if !numbers.is_empty() {
            state.say(|memory, to| {
                memory.write(Ndx::Entry(ndx), to)?;
                Item {
                    flags: ItemFlags::REPORT_XATTR,
                    ..Item::default()
                }
                .write(self.protocol, to)?;
                write_xattr_requests(&numbers, to)
            });
            self.call_writer(&state);
        }
        Ok(())
    }

    /// Waits until it is known what becomes of values that were asked for.
    pub(in crate::engine) fn await_values(&self, wanted: &[Wanted]) -> Result<(), Over> {
        let mut state = lock(&self.state);
        while !wanted.iter().all(|wanted| wanted.value.is_settled()) {
            if state.ended {
                return Err(Over);
            }
            state = self.changed.wait(state);
        }
        Ok(())
    }

    /// Values came that were asked for.
    ///
    /// # Errors
    /// They were not, or are more than is held.
    pub(in crate::engine) fn values_came(
        &self,
        ndx: u32,
        came: Vec<(u32, Vec<u8>)>,
    ) -> crate::wire::Result<()> {
        let settled = lock(&self.state).values.came(ndx, came);
        self.changed.tell();
        settled
    }
}
