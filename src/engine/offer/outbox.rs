//! What a server that sends says to people: it goes to the client between two pieces of data.

use std::sync::Mutex;

use crate::engine::event::{Event, Report, Wants};
use crate::engine::post::Outlet;
use crate::sys::lock;
use crate::wire::Message;

/// Messages that wait for their turn; none once the session is over.
pub(super) struct Outbox(Mutex<Option<Vec<Message>>>);

impl Default for Outbox {
    fn default() -> Outbox {
        Outbox(Mutex::new(Some(Vec::new())))
    }
}

impl Outbox {
    /// All that wait.
    pub(super) fn take(&self) -> Vec<Message> {
        let mut waiting = lock(&self.0);
        waiting.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes no more.
    pub(super) fn close(&self) {
        *lock(&self.0) = None;
    }
}

impl Outlet for Outbox {
    fn tell(&self, message: Message) -> bool {
        let mut waiting = lock(&self.0);
        waiting.as_mut().is_some_and(|waiting| {
            waiting.push(message);
            true
        })
    }
}

/// The report of a server that sends: the client tells of entries itself.
pub(super) struct Reserved<'r>(pub &'r dyn Report);

impl Report for Reserved<'_> {
    fn event(&self, event: Event) {
        match event {
            Event::ListBegins | Event::Listed(_) | Event::Item(_) | Event::Arrived(_) => {
                self.0.record(event);
            }
            event => self.0.event(event),
        }
    }

    fn wants(&self) -> Wants {
        let wants = self.0.wants();
        Wants {
            skips: wants.skips,
            search: wants.search,
            source_removals: wants.source_removals,
            ..Wants::default()
        }
        .or(self.0.record_wants())
    }
}
