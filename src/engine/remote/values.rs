//! Values of extended attributes that were asked for and did not come yet.

use std::collections::{HashMap, VecDeque};

use crate::engine::extended::Wanted;
use crate::wire::{Error, Fault, Result};

/// The most that is held of such values in a session, in bytes: a peer sends each only once.
const MOST_HELD: usize = 2 << 30;

/// What is waited for, by the indices of the entries.
#[derive(Default)]
pub(super) struct Values {
    awaited: HashMap<u32, VecDeque<Vec<Wanted>>>,
    held: usize,
}

impl Values {
    /// Those of these that nobody asked for, as numbers; they are waited for from now on.
    pub(super) fn ask(&mut self, ndx: u32, mut wanted: Vec<Wanted>) -> Vec<u32> {
        wanted.retain(|wanted| wanted.value.is_first_to_ask());
        let numbers: Vec<u32> = wanted.iter().map(|wanted| wanted.number).collect();
        if !numbers.is_empty() {
            self.awaited.entry(ndx).or_default().push_back(wanted);
        }
        numbers
    }

    /// They came; what is left out never comes.
    ///
    /// # Errors
    /// They were not asked for, or are more than is held.
    pub(super) fn came(&mut self, ndx: u32, came: Vec<(u32, Vec<u8>)>) -> Result<()> {
        let mut wanted = self.next(ndx);
        for (number, value) in came {
            let at = wanted.iter().position(|wanted| wanted.number == number);
            let Some(at) = at else {
                return Err(wrong(
                    Fault::Protocol,
                    "value of an xattr",
                    "comes that was not asked for",
                ));
            };
            self.held += value.len();
            if self.held > MOST_HELD {
                return Err(wrong(
                    Fault::TooLarge,
                    "memory for all xattrs",
                    "is more than is held",
                ));
            }
            wanted.swap_remove(at).value.settle(Some(value));
        }
        wanted.iter().for_each(|wanted| wanted.value.settle(None));
        Ok(())
    }

    /// The next answer about an entry does not come.
    pub(super) fn give_up(&mut self, ndx: u32) {
        let wanted = self.next(ndx);
        wanted.iter().for_each(|wanted| wanted.value.settle(None));
    }

    fn next(&mut self, ndx: u32) -> Vec<Wanted> {
        let Some(waiting) = self.awaited.get_mut(&ndx) else {
            return Vec::new();
        };
        let next = waiting.pop_front().unwrap_or_default();
        if waiting.is_empty() {
            self.awaited.remove(&ndx);
        }
        next
    }
}

fn wrong(fault: Fault, what: &'static str, why: &'static str) -> Error {
    Error::Invalid { fault, what, why }
}
