//! A limit on how fast content moves (`--bwlimit`), over all threads of a run.

use std::io;
use std::num::NonZeroU64;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sys::{lock, signal};

/// So much may move at once after a pause.
const BURST: Duration = Duration::from_millis(100);
/// How long a sleep lasts at most before a request to stop is looked for.
const NAP: Duration = Duration::from_millis(50);

/// Lets bytes pass at a rate: a bucket of tokens, kept as the time at which it is full again.
pub(super) struct Pace {
    rate: NonZeroU64,
    due: Mutex<Instant>,
}

impl Pace {
    pub(super) fn new(rate: NonZeroU64) -> Pace {
        Pace {
            rate,
            due: Mutex::new(Instant::now()),
        }
    }

    /// How many bytes are to be moved between two calls of [`Pace::spend`], for an even flow.
    pub(super) fn step(&self) -> u64 {
        self.rate.get() / 10
    }

    /// Waits until so many bytes may have moved.
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`] where the run is to stop.
    pub(super) fn spend(&self, bytes: u64) -> io::Result<()> {
        let takes = Duration::from_secs_f64(bytes as f64 / self.rate.get() as f64);
        let now = Instant::now();
        let due = {
            let mut due = lock(&self.due);
            *due = (*due).max(now) + takes;
            *due
        };
        let Some(until) = due.checked_sub(BURST) else {
            return Ok(());
        };
        loop {
            if signal::stop_requested() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(NAP));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_pass_at_the_rate_after_the_first_burst() {
        let pace = Pace::new(NonZeroU64::new(1_000_000).unwrap());
        let began = Instant::now();
        for _ in 0..4 {
            pace.spend(pace.step()).unwrap();
        }
        // 400,000 bytes at 1,000,000 a second, the first 100,000 of them at once.
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(299), "{took:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
