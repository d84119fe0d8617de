//! Ending a session that would not end by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::sys::signal;

/// Hangs up when somebody asks to stop, or when nothing moves for too long.
pub(in crate::engine) struct Watch {
    pub hang_up: Arc<dyn Fn() + Send + Sync>,
    pub timeout: Option<Duration>,
    /// Bytes that moved so far.
    pub moved: Arc<AtomicU64>,
    pub over: AtomicBool,
    pub timed_out: AtomicBool,
}

impl Watch {
    /// Watches until the run is over.
    pub(in crate::engine) fn watch(&self) {
        const NAP: Duration = Duration::from_millis(50);
        let mut last = (self.moved.load(Ordering::Relaxed), Instant::now());
        while !self.over.load(Ordering::Relaxed) {
            let moved = self.moved.load(Ordering::Relaxed);
            if moved != last.0 {
                last = (moved, Instant::now());
            }
            let is_late = self
                .timeout
                .is_some_and(|timeout| last.1.elapsed() > timeout);
            self.timed_out.store(is_late, Ordering::Relaxed);
            if is_late || signal::stop_requested() {
                return (self.hang_up)();
            }
            std::thread::park_timeout(NAP);
        }
    }
}
