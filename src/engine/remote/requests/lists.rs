//! Lists that came, until all that they ask for is asked.

use std::sync::Arc;

use super::Requests;
use crate::engine::sources::Turn;
use crate::sys::lock;

/// A list that is dealt with; when all let go of it, that is said.
struct ListTurn {
    requests: Arc<Requests>,
    number: usize,
}

impl Drop for ListTurn {
    fn drop(&mut self) {
        self.requests.list_through(self.number);
    }
}

impl Requests {
    /// A list arrived: it is said to be through when all let go of what this gives, and those before it are.
    pub(in crate::engine) fn list_arrived(self: &Arc<Self>) -> Arc<Turn> {
        let mut state = lock(&self.state);
        state.lookahead.listed();
        state.lists.push_back(false);
        Arc::new(ListTurn {
            requests: Arc::clone(self),
            number: state.gone + state.lists.len() - 1,
        })
    }

    fn list_through(&self, number: usize) {
        let mut state = lock(&self.state);
        let at = number - state.gone;
        if let Some(through) = state.lists.get_mut(at) {
            *through = true;
        }
        while state.lists.front() == Some(&true) {
            state.lists.pop_front();
            state.gone += 1;
            state.say_done();
        }
        self.call_writer(&state);
        if state.lists.is_empty() {
            self.changed.tell();
        }
    }

    /// No list will come any more.
    pub(in crate::engine) fn lists_over(&self) {
        let mut state = lock(&self.state);
        state.lookahead.ended();
        state.lists_over = true;
        drop(state);
        self.changed.tell();
    }

    /// Whether what the sender says by now is no word on its lists: it has told their end, or answered for all that
    /// one whole list has.
    pub(in crate::engine) fn lists_are_over(&self) -> bool {
        let state = lock(&self.state);
        state.lists_over || state.answered
    }

    /// The sender has heard that a list or a phase is through.
    pub(in crate::engine) fn done_was_heard(&self) {
        lock(&self.state).lookahead.heard();
    }

    /// As [`Lookahead::held_up`](super::lookahead::Lookahead::held_up).
    pub(in crate::engine) fn held_up(&self, entries: u64) -> Option<bool> {
        lock(&self.state).lookahead.held_up(entries)
    }

    /// Waits until all lists came and are through; false if they never will.
    pub(in crate::engine) fn wait_for_lists(&self) -> bool {
        let mut state = lock(&self.state);
        while !(state.ended || state.lists_over && state.lists.is_empty()) {
            state = self.changed.wait(state);
        }
        !state.ended
    }
}
