//! What a server says to people: it goes to the client, who has the terminal.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use super::opening::on_the_way;
use crate::sys::lock;
use crate::tree::unescaped;
use crate::wire::{Converter, MAX_TEXT, Message, Severity};

/// The way from a server to its client.
pub(super) trait Outlet: Send + Sync {
    /// Takes a message along; false if the session is over.
    fn tell(&self, message: Message) -> bool;
}

/// Texts on the way to a client. What is said before the session stands is kept until then; what comes too late
/// goes to standard error.
#[derive(Default)]
pub struct Post {
    /// That of texts here, where they are in UTF-8 on the way (`--iconv`).
    charset: Option<Converter>,
    early: Mutex<Vec<Message>>,
    outlet: OnceLock<Arc<dyn Outlet>>,
}

impl Post {
    /// A way for texts in this charset.
    #[must_use]
    pub fn of_texts_in(charset: Option<Converter>) -> Post {
        Post {
            charset,
            ..Post::default()
        }
    }

    /// Sends a text of one or more lines.
    pub fn send(&self, severity: Severity, text: &[u8]) {
        for line in text.split_inclusive(|b| *b == b'\n') {
            // The client escapes what its own terminal cannot show.
            let mut told = unescaped(line);
            on_the_way(self.charset, &mut told);
            // Clients show a line end within a message as an escape.
            for piece in told.chunks(MAX_TEXT) {
                let message = Message::Text(severity, piece.to_vec());
                match self.outlet.get() {
                    None => self.lock().push(message),
                    Some(outlet) if outlet.tell(message) => {}
                    Some(_) => drop(io::Write::write_all(&mut io::stderr(), piece)),
                }
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
        lock(&self.early)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(charset: Option<&str>, text: &[u8]) -> Vec<Vec<u8>> {
        let post = Post::of_texts_in(charset.and_then(Converter::named));
        post.send(Severity::Info, text);
        let early = post.lock();
        let texts = early.iter().map(|message| match message {
            Message::Text(_, text) => text.clone(),
            other => panic!("no text: {other:?}"),
        });
        texts.collect()
    }

    #[test]
    fn texts_part_at_lines_and_long_ones_within() {
        let lines = sent(None, b"one\ntwo\nthree");
        assert_eq!(lines, [&b"one\n"[..], b"two\n", b"three"]);
        assert_eq!(sent(None, &vec![b'x'; MAX_TEXT + 1]).len(), 2);
        assert_eq!(sent(None, b"").len(), 0);
    }

    #[test]
    fn texts_are_in_utf_8_on_the_way_line_by_line() {
        assert_eq!(
            sent(Some("latin1"), b"caf\xe9\n"),
            ["caf\u{e9}\n".as_bytes()]
        );
        let long = vec![0xe9; MAX_TEXT];
        assert_eq!(
            sent(Some("latin1"), b"\\#351\\#012\n"),
            ["\u{e9}\n\n".as_bytes()]
        );
        assert_eq!(sent(Some("latin1"), &long).len(), 2, "it grows");
        let lines = sent(Some("euc-jp"), b"\xa4\n\xa4\xa2\n");
        assert_eq!(lines, [&b"\xa4\n"[..], "\u{3042}\n".as_bytes()]);
    }
}
