//! What a receiver said and nobody has dealt with yet, in order.
//!
//! A thread of its own takes the stream apart, so that requests are there when their turn comes. It waits while too
//! much lies here: the receiver writes in one thread and reads in another, so it may wait as well.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::requests::Said;
use crate::sys::{Change, lock};

/// Bytes that may lie here; one piece may be larger.
const ROOM: usize = 16 << 20;

/// A queue between two threads.
#[derive(Default)]
pub(super) struct Inbox {
    state: Mutex<State>,
    changed: Change,
    /// How many [`Said::Done`]s there will be; 0 while that is not known, or nobody cares.
    dones: AtomicU32,
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
                self.changed.tell();
                state = self.changed.wait(state);
            }
            if state.closed {
                return;
            }
            state.bytes += bytes;
            state.said.push_back((said, bytes));
        }
        self.changed.tell();
    }

    /// There will be so many [`Said::Done`]s, and nothing behind them.
    pub(super) fn expect(&self, dones: u32) {
        self.dones.store(dones, Ordering::Relaxed);
    }

    /// Whether nothing follows behind so many [`Said::Done`]s.
    pub(super) fn is_last(&self, dones: u32) -> bool {
        dones > 0 && self.dones.load(Ordering::Relaxed) == dones
    }

    /// The oldest, if there is any.
    pub(super) fn take(&self) -> Option<Said> {
        let mut state = self.lock();
        self.pop(&mut state)
    }

    /// The oldest, waited for as long as `patience` lasts, if it has an end.
    pub(super) fn wait(&self, patience: Option<Duration>) -> Option<Said> {
        let mut state = self.lock();
        let until = patience.map(|patience| Instant::now() + patience);
        while state.said.is_empty() {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return None;
            }
            state = self.changed.wait_within(state, left).0;
        }
        self.pop(&mut state)
    }

    /// Nobody listens any more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.tell();
    }

    fn pop(&self, state: &mut State) -> Option<Said> {
        let (said, bytes) = state.said.pop_front()?;
        state.bytes -= bytes;
        if std::mem::take(&mut state.is_full) {
            self.changed.tell();
        }
        Some(said)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
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
