//! Whether a sender's lists held the session up.
//!
//! A stock sender lists a thousand entries ahead. One that is far away sends them, and waits until it hears of the
//! first: each thousand takes a round trip. The whole list at once takes one (`--no-inc-recursive`).

use std::time::{Duration, Instant};

use crate::engine::round_trip::{NEAR, RoundTrip};

/// Entries that a stock sender lists ahead.
const WINDOW: u64 = 1000;
/// Waiting is told from other work by this much at least.
const WORTH: Duration = Duration::from_millis(200);
/// A whole list of more entries takes too much memory, of which each takes about a hundred bytes.
const MOST: u64 = 500_000;

/// How the lists of a session come.
#[derive(Default)]
pub(super) struct Lookahead {
    round_trip: RoundTrip,
    /// How often a list or a phase was said to be through, and how often that was heard.
    said: u64,
    heard: u64,
    /// One of these that was not heard yet, and when it was said.
    sample: Option<(u64, Instant)>,
    /// When the first list was there.
    began: Option<Instant>,
    /// How long it took from there to the last one.
    took: Option<Duration>,
}

impl Lookahead {
    /// A list arrived.
    pub(super) fn listed(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// All lists arrived.
    pub(super) fn ended(&mut self) {
        self.took = self.began.map(|began| began.elapsed());
    }

    /// The sender is told that a list or a phase is through. Only while nothing `is_clear` of files on the way, it hears
    /// that at once.
    pub(super) fn said(&mut self, is_clear: bool) {
        self.said += 1;
        if is_clear {
            let number = self.said;
            self.sample.get_or_insert_with(|| (number, Instant::now()));
        }
    }

    /// The sender has heard it.
    pub(super) fn heard(&mut self) {
        self.heard += 1;
        if let Some((_, said)) = self.sample.take_if(|(number, _)| *number == self.heard) {
            self.round_trip.heard(said);
        }
    }

    /// Whether the session waited so long for lists, of so many entries in all, that the whole list at once is worth its
    /// memory; none where that is not known any better than before.
    pub(super) fn held_up(&self, entries: u64) -> Option<bool> {
        let round_trip = self.round_trip.least()?;
        if round_trip < NEAR || entries > MOST {
            return Some(false);
        }
        let windows = u32::try_from(entries / WINDOW).unwrap_or(u32::MAX);
        let waits = round_trip.saturating_mul(windows);
        // Who lists further ahead takes less time than that; more is taken by files on their way.
        let like_waits = waits / 4 * 3..waits.saturating_mul(2);
        self.took
            .map(|took| waits >= WORTH && like_waits.contains(&took))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session whose sender answers after so many milliseconds, and whose lists take so many.
    fn session(answers: u64, lists: Option<u64>) -> Lookahead {
        let before = |millis| {
            Instant::now()
                .checked_sub(Duration::from_millis(millis))
                .expect("a clock that is older")
        };
        let mut session = Lookahead::default();
        // What is heard behind a file tells nothing.
        session.said(false);
        assert_eq!(session.sample, None);
        session.heard();
        session.said(true);
        session.said(true);
        session.sample = session.sample.map(|(number, _)| (number, before(answers)));
        session.heard();
        session.heard();
        if let Some(lists) = lists {
            session.began = Some(before(lists));
            session.listed();
            session.ended();
        }
        session
    }

    #[test]
    fn a_list_that_waited_for_each_thousand_is_worth_having_at_once() {
        assert_eq!(session(50, Some(1000)).held_up(20_000), Some(true));
    }

    #[test]
    fn a_list_that_did_not_wait_comes_in_pieces() {
        // One that went further ahead, one that was held up by files, a short one, one that is near, and one that takes
        // too much memory.
        assert_eq!(session(50, Some(4000)).held_up(20_000), Some(false));
        assert_eq!(session(50, Some(200)).held_up(20_000), Some(false));
        assert_eq!(session(50, Some(400)).held_up(3_000), Some(false));
        assert_eq!(session(5, Some(1000)).held_up(20_000), Some(false));
        assert_eq!(session(50, Some(90_000)).held_up(900_000), Some(false));
    }

    #[test]
    fn a_whole_list_tells_only_that_nobody_is_far() {
        assert_eq!(session(50, None).held_up(20_000), None);
        assert_eq!(session(2, None).held_up(20_000), Some(false));
        assert_eq!(Lookahead::default().held_up(20_000), None);
    }
}
