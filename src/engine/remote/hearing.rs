//! What a sender says beside its data: texts for people, errors that it met, files that it does not send.

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use super::requests::Requests;
use crate::engine::event::{Event, Report, Severity as Tone};
use crate::engine::order::Frontier;
use crate::engine::tally::Tally;
use crate::engine::worker::Work;
use crate::sys::lock;
use crate::wire::{IoErrors, Message, Severity};

/// Hears messages where the stream is read.
pub(super) type Listener<'h> = Box<dyn FnMut(Message) -> io::Result<()> + Send + 'h>;

/// The code with which the sender said that it ends.
#[derive(Default)]
pub(in crate::engine) struct LastWord(Mutex<Option<u8>>);

impl LastWord {
    pub(in crate::engine) fn get(&self) -> Option<u8> {
        *lock(&self.0)
    }
}

/// Who is concerned by messages.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'h> {
    pub report: &'h dyn Report,
    pub tally: &'h Tally,
    pub requests: &'h Requests,
    pub frontier: &'h Frontier<'h, Work>,
    pub last_word: &'h LastWord,
    /// Whether lists tell themselves that they are not whole.
    pub lists_tell: bool,
}

impl Hearing<'_> {
    /// Deals with a message.
    pub(super) fn hear(&self, message: &Message) {
        match message {
            Message::Text(severity, text) => self.text(*severity, text),
            // Old senders have no other word for a list that is not whole, and say it ahead of the end of lists.
            Message::IoErrors(errors) if !self.lists_tell && !self.requests.lists_are_over() => {
                take_errors(self.tally, *errors);
            }
            // Those of listing come with the lists.
            Message::IoErrors(errors) => {
                if errors.contains(IoErrors::GENERAL) {
                    self.tally.set_read_error();
                }
                if errors.contains(IoErrors::VANISHED) {
                    self.tally.set_vanished();
                }
            }
            Message::IoTimeout(seconds) => {
                let seconds = u64::from(*seconds);
                self.requests.speak_within(Duration::from_secs(seconds));
            }
            Message::NoSend(ndx) => self.requests.refused(*ndx, self.frontier),
            Message::ErrorExit(Some(code)) => {
                let mut last = lock(&self.last_word.0);
                *last = u8::try_from(*code).ok();
            }
            _ => {}
        }
    }

    fn text(&self, severity: Severity, text: &[u8]) {
        if severity == Severity::ErrorXfer {
            self.tally.set_partial();
        }
        let text = legible(text);
        let severity = match severity {
            Severity::Info => Tone::Notice,
            _ => Tone::Plain,
        };
        self.report.event(Event::Message {
            severity,
            text: text.strip_suffix('\n').unwrap_or(&text).to_owned(),
        });
    }
}

/// A text with what is no UTF-8 in it as rsync shows it.
pub(in crate::engine) fn legible(text: &[u8]) -> String {
    let mut legible = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        legible.push_str(chunk.valid());
        for byte in chunk.invalid() {
            legible.push_str(&format!("\\#{byte:03o}"));
        }
    }
    legible
}

/// What is said of a name or a link's target that has no form in the other charset (`--iconv`).
pub(in crate::engine) fn inconvertible(who: &str, what: &str) -> String {
    let reason = crate::sys::reason(&rustix::io::Errno::ILSEQ.into());
    let reason = reason
        .rsplit_once(" (")
        .map_or(&reason[..], |(text, _)| text);
    format!("[{who}] cannot convert {what} ({reason})")
}

/// Takes over the errors that a sender met while it listed.
pub(in crate::engine) fn take_errors(tally: &Tally, errors: IoErrors) {
    if errors.contains(IoErrors::GENERAL) {
        tally.set_list_error();
    }
    if errors.contains(IoErrors::VANISHED) {
        tally.set_vanished();
    }
}
