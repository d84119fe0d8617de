//! What a receiver said and nobody has dealt with yet, in order.
//!
//! A thread of its own takes the stream apart, so that requests are there when their turn comes. It waits while too
//! much lies here: the receiver writes in one thread and reads in another, so it may wait as well.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::requests::Said;

/// Bytes that may lie here; one piece may be larger.
const ROOM: usize = 16 << 20;

/// A queue between two threads.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    said: VecDeque<(Said, usize)>,
    bytes: usize,
    /// Who puts in waits for room.
    is_full: bool,
    closed: bool,
}

impl Inbox {
    /// Puts in pieces, each with the bytes that it takes. Once nobody listens any more they are dropped.
    pub(super) fn put_all(&self, pieces: impl Iterator<Item = (Said, usize)>) {
        let mut state = self.lock();
        for (said, bytes) in pieces {
            while state.bytes > 0 && state.bytes + bytes > ROOM && !state.closed {
                state.is_full = true;
                self.changed.notify_all();
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            state.bytes += bytes;
            state.said.push_back((said, bytes));
        }
        // Who takes out waits only where nothing lies here; a call too many costs little.
        self.changed.notify_all();
    }

    /// The oldest, if there is any.
    pub(super) fn take(&self) -> Option<Said> {
        let mut state = self.lock();
        self.pop(&mut state)
    }

    /// The oldest, waited for as long as `patience` lasts, if it has an end.
    pub(super) fn wait(&self, patience: Option<Duration>) -> Option<Said> {
        let mut state = self.lock();
        if state.said.is_empty() {
            let is_empty = |state: &mut State| state.said.is_empty();
            state = match patience {
                None => self
                    .changed
                    .wait_while(state, is_empty)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let waited = self.changed.wait_timeout_while(state, patience, is_empty);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        self.pop(&mut state)
    }

    /// Nobody listens any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn pop(&self, state: &mut State) -> Option<Said> {
        let (said, bytes) = state.said.pop_front()?;
        state.bytes -= bytes;
        if std::mem::take(&mut state.is_full) {
            self.changed.notify_all();
        }
        Some(said)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_puts_in_waits_for_room() {
        let inbox = Inbox::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..8 {
                    inbox.put_all([(Said::Done, ROOM / 2)].into_iter());
                }
            });
            for _ in 0..8 {
                assert!(matches!(inbox.wait(None), Some(Said::Done)));
                assert!(inbox.lock().bytes <= ROOM);
            }
        });
        assert!(inbox.take().is_none());
        assert!(inbox.wait(Some(Duration::from_millis(1))).is_none());
    }

    #[test]
    fn nobody_waits_for_a_closed_one() {
        let inbox = Inbox::default();
        inbox.put_all([(Said::Done, ROOM)].into_iter());
        std::thread::scope(|scope| {
            scope.spawn(|| inbox.put_all([(Said::Done, ROOM)].into_iter()));
            inbox.close();
        });
    }
}
