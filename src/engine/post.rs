//! What a server says to people: it goes to the client, who has the terminal.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::wire::{MAX_TEXT, Message, Severity};

/// The way from a server to its client.
pub(super) trait Outlet: Send + Sync {
    /// Takes a message along; false if the session is over.
    fn tell(&self, message: Message) -> bool;
}

/// Texts on the way to a client. What is said before the session stands is kept until then; what comes too late
/// goes to standard error.
#[derive(Default)]
pub struct Post {
    early: Mutex<Vec<Message>>,
    outlet: OnceLock<Arc<dyn Outlet>>,
}

impl Post {
    /// Sends a text of one or more lines.
    pub fn send(&self, severity: Severity, text: &[u8]) {
        for piece in pieces(text) {
            let message = Message::Text(severity, piece.to_vec());
            match self.outlet.get() {
                None => self.lock().push(message),
                Some(outlet) if outlet.tell(message) => {}
                Some(_) => drop(io::Write::write_all(&mut io::stderr(), piece)),
            }
        }
    }

    /// The session stands.
    pub(super) fn begin(&self, outlet: Arc<dyn Outlet>) {
        let mut early = self.lock();
        for message in early.drain(..) {
            outlet.tell(message);
        }
        let _ = self.outlet.set(outlet);
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
