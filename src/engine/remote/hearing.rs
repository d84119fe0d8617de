//! What a sender says beside its data: texts for people, errors that it met, files that it does not send.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

use super::requests::Requests;
use crate::engine::event::{Event, Report, Severity as Tone};
use crate::engine::order::Frontier;
use crate::engine::tally::Tally;
use crate::engine::worker::Work;
use crate::wire::{IoErrors, Message, Severity};

/// Messages that may wait to be dealt with.
pub(super) const WAITING: usize = 64;

/// Hears messages where the stream is read, and hands them on.
pub(super) type Listener = Box<dyn FnMut(Message) -> io::Result<()> + Send>;

/// A listener that hands on to `heard`.
pub(super) fn listener(heard: SyncSender<Message>) -> Listener {
    Box::new(move |message| {
        // Nobody hears any more when the session is over.
        let _ = heard.send(message);
        Ok(())
    })
}

/// The code with which the sender said that it ends.
#[derive(Default)]
pub(in crate::engine) struct LastWord(Mutex<Option<u8>>);

impl LastWord {
    pub(in crate::engine) fn get(&self) -> Option<u8> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
}

impl Hearing<'_> {
    /// Deals with messages until the stream is closed.
    pub(super) fn hear(&self, from: &Receiver<Message>) {
        for message in from {
            match message {
                Message::Text(severity, text) => self.text(severity, &text),
                Message::IoErrors(errors) => take_errors(self.tally, errors),
                Message::NoSend(ndx) => self.requests.refused(ndx, self.frontier),
                Message::ErrorExit(Some(code)) => {
                    let mut last = self
                        .last_word
                        .0
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    *last = u8::try_from(code).ok();
                }
                _ => {}
            }
        }
    }

    fn text(&self, severity: Severity, text: &[u8]) {
        if severity == Severity::ErrorXfer {
            self.tally.set_partial();
        }
        let text = String::from_utf8_lossy(text);
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

/// Takes over the errors that a sender met while it listed or read.
pub(in crate::engine) fn take_errors(tally: &Tally, errors: IoErrors) {
    if errors.contains(IoErrors::GENERAL) {
        tally.set_list_error();
    }
    if errors.contains(IoErrors::VANISHED) {
        tally.set_vanished();
    }
}
