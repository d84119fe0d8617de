//! What a record has of entries of which a client tells people: it is written when the client has heard of them, as
//! rsync's receiver does.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::engine::event::Item;
use crate::sys::lock;

/// Lines that wait for the client, by the indices that it knows the entries by.
#[derive(Default)]
pub(in crate::engine) struct Records(Mutex<HashMap<u32, Item>>);

impl Records {
    pub(in crate::engine) fn keep(&self, ndx: u32, item: Item) {
        lock(&self.0).insert(ndx, item);
    }

    pub(super) fn take(&self, ndx: u32) -> Option<Item> {
        lock(&self.0).remove(&ndx)
    }
}
