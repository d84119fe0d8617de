//! How far away a peer is, by the quickest of its answers.

use std::time::{Duration, Instant};

/// Who answers within this time is near.
pub(super) const NEAR: Duration = Duration::from_millis(10);

/// How long it takes from what is said to what is said of it, by the quickest answer so far.
#[derive(Default)]
pub(super) struct RoundTrip(Option<Duration>);

impl RoundTrip {
    /// The first thing was heard of what was said then.
    pub(super) fn heard(&mut self, said: Instant) {
        let took = said.elapsed();
        self.0 = Some(self.0.map_or(took, |least| least.min(took)));
    }

    /// The quickest answer, if there was any.
    pub(super) fn least(&self) -> Option<Duration> {
        self.0
    }
}
