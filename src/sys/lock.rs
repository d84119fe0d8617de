//! What several threads share: locks, and changes that others wait for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a mutex holds, also where a thread died that held it: such a run ends with an error of its own.
pub fn lock<T: ?Sized>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A change of what a mutex holds, that others wait for. Telling it is a system call only where somebody waits: most
/// changes are of no news to anybody.
#[derive(Debug, Default)]
pub struct Change {
    told: Condvar,
    /// How many wait. Counted under the mutex: who changes something behind it sees all that did not see the change.
    waiting: AtomicUsize,
}

impl Change {
    /// Lets go of the mutex until a change is told, or nothing was.
    pub fn wait<'g, T>(&self, guard: MutexGuard<'g, T>) -> MutexGuard<'g, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = self.told.wait(guard);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard.unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for no longer than `patience`, if it has an end; true if it had.
    pub fn wait_within<'g, T>(
        &self,
        guard: MutexGuard<'g, T>,
        patience: Option<Duration>,
    ) -> (MutexGuard<'g, T>, bool) {
        let Some(patience) = patience else {
            return (self.wait(guard), false);
        };
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let waited = self.told.wait_timeout(guard, patience);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        let (guard, out_of_time) = waited.unwrap_or_else(PoisonError::into_inner);
        (guard, out_of_time.timed_out())
    }

    /// Tells all who wait of a change that was made under the mutex.
    pub fn tell(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.told.notify_all();
        }
    }
}
