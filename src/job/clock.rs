//! Where time comes from.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::sys::signal;

/// Time as a job sees it. Tests have their own.
pub trait Clock: Sync {
    /// This moment.
    fn now(&self) -> Timestamp;

    /// The time zone in which a schedule counts.
    fn zone(&self) -> TimeZone;

    /// Waits; ends early when the process was asked to stop.
    fn sleep(&self, time: Duration);

    /// This moment where the schedule counts.
    fn here(&self) -> Zoned {
        self.now().to_zoned(self.zone())
    }
}

/// The time of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::system()
    }

    fn sleep(&self, time: Duration) {
        const SLICE: Duration = Duration::from_millis(200);
        let mut left = time;
        while !left.is_zero() && !signal::stop_requested() {
            let slice = left.min(SLICE);
            std::thread::sleep(slice);
            left -= slice;
        }
    }
}
