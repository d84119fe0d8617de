//! Locking what several threads share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a mutex holds, also where a thread died that held it: such a run ends with an error of its own.
pub(super) fn lock<T: ?Sized>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
