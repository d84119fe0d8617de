//! How far lists run ahead of what the receiver asks about.
//!
//! A receiver that is far away needs long lists, or it waits for each of them. One that is near does not: there they
//! only bring requests sooner than it can write what they bring, and the pipe between has to hold it all; where next to
//! nothing is asked for, they do no harm.

use std::time::Instant;

use crate::engine::round_trip::{NEAR, RoundTrip};

/// So many entries are always listed beyond those that are asked about.
pub(super) const AHEAD: u32 = 1000;
/// So many at most, while there is nothing else to do.
pub(super) const AHEAD_AT_REST: u32 = 10_000;
/// So many entries more for each millisecond beyond: what a receiver can look at.
const PER_MILLISECOND: u32 = 200;

/// Whether so few files were asked for, of the entries that are through, that lists are most of what is to be said.
pub(super) fn asks_little(asked: u64, passed: u64) -> bool {
    passed >= AHEAD.into() && asked * 8 < passed
}

impl RoundTrip {
    /// How many entries may be listed ahead at rest. Before the first answer the time counts since the `oldest` list.
    pub(super) fn reach(&self, oldest: Option<Instant>) -> u32 {
        let least = self.least().or_else(|| oldest.map(|made| made.elapsed()));
        let beyond = least.unwrap_or_default().saturating_sub(NEAR).as_millis();
        let beyond = u32::try_from(beyond).unwrap_or(u32::MAX);
        AHEAD_AT_REST.min(AHEAD.saturating_add(beyond.saturating_mul(PER_MILLISECOND)))
    }

    /// Whether the reach grows while nothing is heard.
    pub(super) fn is_growing(&self, oldest: Option<Instant>) -> bool {
        self.least().is_none() && self.reach(oldest) < AHEAD_AT_REST
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn before(millis: u64) -> Instant {
        Instant::now()
            .checked_sub(Duration::from_millis(millis))
            .expect("a clock that is older")
    }

    #[test]
    fn the_quickest_answer_counts() {
        let mut near = RoundTrip::default();
        near.heard(before(90));
        assert_eq!(near.reach(None), AHEAD_AT_REST);
        near.heard(Instant::now());
        near.heard(before(90));
        assert_eq!(near.reach(Some(before(90))), AHEAD);
        assert!(!near.is_growing(Some(Instant::now())));
    }

    #[test]
    fn a_mirror_that_changed_little_asks_little() {
        assert!(!asks_little(0, 21));
        assert!(asks_little(10, 1000));
        assert!(!asks_little(900, 1000));
    }

    #[test]
    fn silence_counts_until_something_is_heard() {
        let mut far = RoundTrip::default();
        assert_eq!(far.reach(None), AHEAD);
        let reach = far.reach(Some(before(30)));
        assert!((AHEAD + 20 * PER_MILLISECOND..AHEAD_AT_REST).contains(&reach));
        assert!(far.is_growing(Some(before(30))));
        assert!(!far.is_growing(Some(before(90))));
        far.heard(before(30));
        assert!(!far.is_growing(Some(before(30))));
    }
}
