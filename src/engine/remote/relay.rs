//! The report of a session that receives: a client can tell much of it itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::requests::Requests;
use crate::engine::event::{Action, Due, Event, Item, Report, Wants};
use crate::engine::opening::on_the_way;
use crate::engine::post::Outlet;
use crate::wire::{Converter, Message, Protocol};

/// The report of a session: carries out what falls due, and lets a client tell what it can tell itself.
pub(super) struct Relay<'r> {
    pub report: &'r dyn Report,
    /// Where the other end is a client: the way there.
    pub client: Option<(Arc<Requests>, Protocol)>,
    /// The charset of names here, where they are in UTF-8 on the way (`--iconv`).
    pub charset: Option<Converter>,
    /// Whether entries are dealt with by now.
    pub begun: AtomicBool,
}

impl Relay<'_> {
    /// Of attributes alone rsync's client is told nothing that it could tell.
    fn is_told_here(&self, item: &Item) -> bool {
        self.report.wants().skips && item.action == Action::Attributes && item.changes.any()
    }
}

impl Report for Relay<'_> {
    fn record(&self, event: Event) {
        self.report.record(event);
    }

    fn event(&self, event: Event) {
        let deals_with_entries = matches!(event, Event::Due(_) | Event::Deleted { .. });
        if deals_with_entries && !self.begun.swap(true, Ordering::Relaxed) {
            self.report.event(Event::Due(Due::new(|| {})));
        }
        match (event, &self.client) {
            (Event::Due(due), _) => due.carry_out(),
            (Event::Deleted { path, kind }, Some((requests, protocol)))
                if *protocol >= Protocol::V29 =>
            {
                use std::os::unix::ffi::OsStrExt;
                let mut name = path.as_os_str().as_bytes().to_vec();
                on_the_way(self.charset, &mut name);
                requests.tell(Message::Deleted {
                    name,
                    directory: kind == crate::sys::Kind::Dir,
                });
                self.report.record(Event::Deleted { path, kind });
            }
            (Event::Item(item), Some(_)) if !self.is_told_here(&item) => {
                self.report.record(Event::Item(item));
            }
            (event @ (Event::ListBegins | Event::Listed(_)), Some(_)) => self.report.record(event),
            (event, _) => self.report.event(event),
        }
    }

    fn wants(&self) -> Wants {
        let (wants, record) = (self.report.wants(), self.report.record_wants());
        match self.client {
            None => wants,
            Some(_) => Wants {
                items: true,
                deletions: true,
                progress: false,
                in_step: false,
                sizes: false,
                list: false,
                details: false,
                arrivals: false,
                checksum: false,
                records: record.items,
                ..wants
            }
            .or(record),
        }
    }
}

impl Outlet for Requests {
    fn tell(&self, message: Message) -> bool {
        Requests::tell(self, message)
    }
}
