//! What is said to a peer and not yet written: data, and messages beside it.

use crate::wire::Message;

/// What a message takes at least.
const MESSAGE: usize = size_of::<Message>();

/// What waits to be written, in order.
#[derive(Default)]
pub(super) struct Queue {
    said: Vec<Said>,
    len: usize,
}

/// A part of it.
pub(super) enum Said {
    Data(Vec<u8>),
    Message(Message),
}

impl Queue {
    pub(super) fn push(&mut self, what: impl FnOnce(&mut Vec<u8>)) {
        if !matches!(self.said.last(), Some(Said::Data(_))) {
            self.said.push(Said::Data(Vec::new()));
        }
        if let Some(Said::Data(data)) = self.said.last_mut() {
            let before = data.len();
            what(data);
            self.len += data.len() - before;
        }
    }

    pub(super) fn push_message(&mut self, message: Message) {
        self.len += MESSAGE
            + match &message {
                Message::Text(_, text) | Message::Deleted { name: text, .. } => text.len(),
                _ => 0,
            };
        self.said.push(Said::Message(message));
    }

    /// Bytes, about.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(super) fn into_parts(self) -> Vec<Said> {
        self.said
    }
}
