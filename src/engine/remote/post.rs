//! What a server says to people: it goes to the client, who has the terminal.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::requests::Requests;
use crate::engine::event::{Due, Event, Report, Wants};
use crate::wire::{MAX_TEXT, Message, Protocol, Severity};

/// Texts on the way to a client. What is said before the session stands is kept until then; what comes too late
/// goes to standard error.
#[derive(Default)]
pub struct Post {
    early: Mutex<Vec<Message>>,
    requests: OnceLock<Arc<Requests>>,
}

impl Post {
    /// Sends a text of one or more lines.
    pub fn send(&self, severity: Severity, text: &[u8]) {
        for piece in pieces(text) {
            let message = Message::Text(severity, piece.to_vec());
            match self.requests.get() {
                None => self.lock().push(message),
                Some(requests) if requests.tell(message) => {}
                Some(_) => drop(io::Write::write_all(&mut io::stderr(), piece)),
            }
        }
    }

    /// The session stands.
    pub(super) fn begin(&self, requests: &Arc<Requests>) {
        let mut early = self.lock();
        for message in early.drain(..) {
            requests.tell(message);
        }
        let _ = self.requests.set(Arc::clone(requests));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Message>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines of a text, in pieces as long as one message may be: clients show a line end within one as an escape.
fn pieces(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|b| *b == b'\n')
        .flat_map(|line| line.chunks(MAX_TEXT))
}

/// The report of a session: carries out what falls due, and lets a client tell what it can tell itself.
pub(super) struct Relay<'r> {
    pub report: &'r dyn Report,
    /// Where the other end is a client: the way there.
    pub client: Option<(Arc<Requests>, Protocol)>,
    /// Whether entries are dealt with by now.
    pub begun: AtomicBool,
}

impl Report for Relay<'_> {
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
                requests.tell(Message::Deleted {
                    name: path.as_os_str().as_bytes().to_vec(),
                    directory: kind == crate::sys::Kind::Dir,
                });
            }
            (Event::ListBegins | Event::Listed(_), Some(_)) => {}
            (event, _) => self.report.event(event),
        }
    }

    fn wants(&self) -> Wants {
        let wants = self.report.wants();
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
                ..wants
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_part_at_lines_and_long_ones_within() {
        let lines: Vec<&[u8]> = pieces(b"one\ntwo\nthree").collect();
        assert_eq!(lines, [&b"one\n"[..], b"two\n", b"three"]);
        let endless = vec![b'x'; MAX_TEXT + 1];
        assert_eq!(pieces(&endless).count(), 2);
        assert_eq!(pieces(b"").count(), 0);
    }
}
