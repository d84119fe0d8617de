//! Work in rsync's order: which directory or part of one comes first, who works on it, and whose events
//! may be told already.
//!
//! Several workers take jobs, always the first in depth-first order that is left, so they stay close
//! together. Events are told in that order all the same: those of a job that is not yet first wait in
//! memory, up to [`WINDOW`] of them; then its worker waits. The worker of the first job never waits, the
//! first job left is always taken first, and nobody waits while that is the first of all, so somebody
//! always goes on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Mutex, MutexGuard};

use super::event::{Event, Report};
use crate::sys::{Change, lock};

/// Events that may wait for their turn, over all workers.
const WINDOW: usize = 16 * 1024;

/// The place of a job in depth-first order: the numbers of its ancestors among their siblings.
pub(super) type Key = Box<[u32]>;

/// The key of the job number `index` below that of `parent`.
pub(super) fn child_key(parent: &[u32], index: usize) -> Key {
    key_behind(parent, [1, number(index)])
}

/// The key of what is left of the job with the key `whole` when it was parted so many times; ahead of all below it.
pub(super) fn rest_key(whole: &[u32], parts: usize) -> Key {
    key_behind(whole, [0, number(parts)])
}

fn key_behind(key: &[u32], numbers: [u32; 2]) -> Key {
    key.iter().copied().chain(numbers).collect()
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

struct Job<T> {
    key: Key,
    work: T,
}

impl<T> PartialEq for Job<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<T> Eq for Job<T> {}
impl<T> PartialOrd for Job<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Job<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// What a job has to tell and may not tell yet.
#[derive(Default)]
struct Held {
    events: Vec<Event>,
    finished: bool,
}

struct State<T> {
    waiting: BinaryHeap<Reverse<Job<T>>>,
    /// Every job that is waiting, running, or done with events untold.
    open: BTreeMap<Key, Held>,
    running: usize,
    /// How many of the running ones are parts that go on elsewhere.
    away: usize,
    /// Whether there was any job yet.
    begun: bool,
    held: usize,
    stopped: bool,
}

impl<T> State<T> {
    fn is_first(&self, key: &Key) -> bool {
        self.open
            .first_key_value()
            .is_some_and(|(first, _)| first == key)
    }

    /// Whether the first job of all waits for somebody to take it.
    fn is_first_left(&self) -> bool {
        let next = self.waiting.peek();
        next.is_some_and(|Reverse(job)| self.is_first(&job.key))
    }
}

/// The jobs of a run and the events that wait for their turn.
pub(super) struct Frontier<'r, T> {
    state: Mutex<State<T>>,
    /// There is work, or there will be none.
    work: Change,
    /// Another job is first, or less is held back.
    turn: Change,
    report: &'r dyn Report,
    /// Whether events have to be told in order at all.
    ordered: bool,
}

impl<'r, T> Frontier<'r, T> {
    pub(super) fn new(report: &'r dyn Report, ordered: bool) -> Self {
        let state = State {
            waiting: BinaryHeap::new(),
            open: BTreeMap::new(),
            running: 0,
            away: 0,
            begun: false,
            held: 0,
            stopped: false,
        };
        Frontier {
            state: Mutex::new(state),
            work: Change::default(),
            turn: Change::default(),
            report,
            ordered,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }

    /// Adds jobs; each key must be greater than that of the job that adds it.
    pub(super) fn push(&self, jobs: impl IntoIterator<Item = (Key, T)>) {
        let mut state = self.lock();
        state.begun = true;
        for (key, work) in jobs {
            if self.ordered {
                state.open.insert(key.clone(), Held::default());
            }
            state.waiting.push(Reverse(Job { key, work }));
        }
        self.work.tell();
    }

    /// Takes the first job that is left; waits while others may still add some; `None` at the end.
    pub(super) fn take(&self) -> Option<(Key, T)> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            if let Some(Reverse(job)) = state.waiting.pop() {
                state.running += 1;
                return Some((job.key, job.work));
            }
            if state.running == 0 {
                self.work.tell();
                return None;
            }
            state = self.work.wait(state);
        }
    }

    /// Tells events of a running job, now or when its turn comes.
    pub(super) fn tell(&self, key: &Key, events: &mut Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        if !self.has_turn(&state, key) {
            drop(state);
            return self.tell_last(events);
        }
        // One that was given back may be first: who waited for it could be the only one to take it.
        while state.held >= WINDOW
            && !(state.is_first(key) || state.is_first_left() || state.stopped)
        {
            state = self.turn.wait(state);
        }
        if state.is_first(key) {
            // What this job held back before it became first was told when it did.
            for event in events.drain(..) {
                self.report.event(event);
            }
        } else {
            state.held += events.len();
            if let Some(held) = state.open.get_mut(key) {
                held.events.append(events);
            }
        }
    }

    /// Parts a running job: what it was goes on elsewhere and still counts as running, with `events` in front of
    /// all that it will tell; what comes behind that has the key `next`.
    pub(super) fn part(&self, key: &Key, next: Key, events: &mut Vec<Event>) {
        let mut state = self.lock();
        let state = &mut *state;
        state.running += 1;
        state.away += 1;
        if self.ordered {
            state.open.insert(next, Held::default());
            if let Some(held) = state.open.get_mut(key) {
                state.held += events.len();
                held.events.append(events);
            }
        }
    }

    /// The same for what has to tell nothing in order: the job keeps its key, the part tells at once.
    pub(super) fn part_aside(&self) {
        let mut state = self.lock();
        state.running += 1;
        state.away += 1;
    }

    /// Waits until the events of a running job are told at once; false if the run was stopped.
    pub(super) fn wait_for_turn(&self, key: &Key) -> bool {
        let mut state = self.lock();
        while self.has_turn(&state, key) && !state.is_first(key) && !state.stopped {
            state = self.turn.wait(state);
        }
        !state.stopped
    }

    /// Whether the events of a job have a place in the order.
    fn has_turn(&self, state: &State<T>, key: &Key) -> bool {
        self.ordered && state.open.contains_key(key)
    }

    /// Gives a running job back, to be taken again.
    pub(super) fn put_back(&self, key: Key, work: T) {
        let mut state = self.lock();
        state.running -= 1;
        state.away -= 1;
        state.waiting.push(Reverse(Job { key, work }));
        self.work.tell();
        self.turn.tell();
    }

    /// Tells events of a running job, now or when its turn comes, and never waits: for who reads what a peer says.
    pub(super) fn tell_at_once(&self, key: &Key, events: &mut Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let mut state = self.lock();
        if !self.has_turn(&state, key) {
            self.tell_last(events);
        } else if state.is_first(key) {
            // What was told when the job was parted may still be held back.
            let held = state
                .open
                .get_mut(key)
                .map(|held| std::mem::take(&mut held.events));
            let held = held.unwrap_or_default();
            state.held -= held.len();
            for event in held.into_iter().chain(events.drain(..)) {
                self.report.event(event);
            }
        } else {
            state.held += events.len();
            if let Some(held) = state.open.get_mut(key) {
                held.events.append(events);
            }
        }
    }

    /// Waits until all that is left of the running jobs goes on elsewhere; false if the run was stopped.
    pub(super) fn wait_for_parts(&self) -> bool {
        let mut state = self.lock();
        let is_through = |s: &State<T>| s.begun && s.waiting.is_empty() && s.running == s.away;
        while !(state.stopped || is_through(&state)) {
            state = self.work.wait(state);
        }
        !state.stopped
    }

    /// Ends a part of a job that went on elsewhere.
    pub(super) fn part_done(&self, key: &Key, events: &mut Vec<Event>) {
        self.tell_at_once(key, events);
        let mut state = self.lock();
        state.running -= 1;
        state.away -= 1;
        self.ended(&mut state, key);
        // Who waits for parts waits for jobs: an end of one is no news but the last.
        if state.running == 0 {
            self.work.tell();
        }
    }

    /// Ends a running job.
    pub(super) fn done(&self, key: &Key, events: &mut Vec<Event>) {
        self.tell(key, events);
        let mut state = self.lock();
        state.running -= 1;
        self.ended(&mut state, key);
        if state.running == state.away {
            self.work.tell();
        }
    }

    fn ended(&self, state: &mut State<T>, key: &Key) {
        if self.ordered {
            self.close(state, key);
            self.turn.tell();
        }
    }

    /// Removes a finished job; when it was first, what the next ones held back is told.
    fn close(&self, state: &mut State<T>, key: &Key) {
        if let Some(held) = state.open.get_mut(key) {
            held.finished = true;
        }
        while let Some(mut first) = state.open.first_entry() {
            let events = std::mem::take(&mut first.get_mut().events);
            let finished = first.get().finished;
            if finished {
                first.remove();
            }
            state.held -= events.len();
            for event in events {
                self.report.event(event);
            }
            if !finished {
                break;
            }
        }
    }

    /// Makes every worker end at its next step.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.work.tell();
        self.turn.tell();
    }

    /// Tells what is left when no job is.
    pub(super) fn tell_last(&self, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            self.report.event(event);
        }
    }

    /// Tells one event at once, out of order.
    pub(super) fn tell_now(&self, event: Event) {
        self.report.event(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{Severity, Wants};

    struct Collect(Mutex<Vec<String>>);

    impl Report for Collect {
        fn event(&self, event: Event) {
            if let Event::Message { text, .. } = event {
                self.0.lock().unwrap().push(text);
            }
        }
        fn wants(&self) -> Wants {
            Wants::default()
        }
    }

    fn note(text: String) -> Event {
        Event::Message {
            severity: Severity::Notice,
            text,
        }
    }

    /// A tree of jobs `depth` levels deep, every one telling its key before and after it adds children.
    fn play(workers: usize, fan: usize, depth: usize, noisy: usize) -> Vec<String> {
        let report = Collect(Mutex::default());
        let frontier: Frontier<'_, usize> = Frontier::new(&report, true);
        frontier.push([(Key::default(), 0)]);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some((key, level)) = frontier.take() {
                        let mut events: Vec<Event> =
                            (0..noisy).map(|n| note(format!("{key:?} {n}"))).collect();
                        frontier.tell(&key, &mut events);
                        if level < depth {
                            let children = (0..fan).map(|i| (child_key(&key, i), level + 1));
                            frontier.push(children.collect::<Vec<_>>());
                        }
                        frontier.done(&key, &mut events);
                    }
                });
            }
        });
        report.0.into_inner().unwrap()
    }

    #[test]
    fn events_come_in_depth_first_order_whoever_works() {
        let expected = play(1, 4, 4, 3);
        assert_eq!(expected.len(), (1 + 4 + 16 + 64 + 256) * 3);
        assert!(expected[0].starts_with("[] 0") && expected[3].starts_with("[1, 0] 0"));
        for _ in 0..20 {
            assert_eq!(play(4, 4, 4, 3), expected);
        }
    }

    #[test]
    fn a_full_window_holds_workers_back_and_never_for_good() {
        let told = play(4, 6, 2, WINDOW / 4);
        assert_eq!(told.len(), (1 + 6 + 36) * (WINDOW / 4));
    }

    #[test]
    fn a_parted_job_tells_in_its_place() {
        let report = Collect(Mutex::default());
        let frontier: Frontier<'_, &str> = Frontier::new(&report, true);
        let top = Key::default();
        let say = |text: &str| vec![note(text.into())];
        frontier.push([(top.clone(), "top"), (child_key(&top, 0), "below")]);
        assert!(frontier.take().is_some());
        let rest = rest_key(&top, 0);
        frontier.part(&top, rest.clone(), &mut say("first"));
        frontier.done(&rest, &mut say("third"));
        let (below, _) = frontier.take().expect("a job");
        frontier.done(&below, &mut say("last"));
        // Nothing is left to take, but the part that went on elsewhere comes back.
        frontier.put_back(top.clone(), "again");
        assert_eq!(frontier.take(), Some((top.clone(), "again")));
        frontier.done(&top, &mut say("second"));
        assert!(frontier.take().is_none());
        let told = report.0.into_inner().unwrap();
        assert_eq!(told, ["first", "second", "third", "last"]);
    }

    /// Nobody would ever take it, if the only worker waited for its turn.
    #[test]
    fn a_job_that_is_given_back_is_waited_for_by_nobody_who_could_take_it() {
        let (done, waits) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let report = Collect(Mutex::default());
            let frontier: Frontier<'_, &str> = Frontier::new(&report, true);
            let top = Key::default();
            let rest = rest_key(&top, 0);
            frontier.push([(top.clone(), "top")]);
            assert!(frontier.take().is_some());
            frontier.part(&top, rest.clone(), &mut Vec::new());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for number in 0..=WINDOW {
                        frontier.tell(&rest, &mut vec![note(number.to_string())]);
                    }
                    frontier.done(&rest, &mut Vec::new());
                    let (key, work) = frontier.take().expect("a job");
                    frontier.done(&key, &mut vec![note(work.into())]);
                });
                while frontier.lock().held < WINDOW {
                    std::thread::yield_now();
                }
                frontier.put_back(top.clone(), "again");
            });
            let told = report.0.into_inner().unwrap();
            let _ = done.send((told.len(), told[0].clone()));
        });
        let told = waits.recv_timeout(std::time::Duration::from_secs(20));
        assert_eq!(told, Ok((WINDOW + 2, "again".to_owned())));
    }

    #[test]
    fn stopping_ends_every_worker() {
        let report = Collect(Mutex::default());
        let frontier: Frontier<'_, ()> = Frontier::new(&report, true);
        frontier.push([(Key::default(), ()), (child_key(&[], 0), ())]);
        assert!(frontier.take().is_some());
        frontier.stop();
        assert!(frontier.take().is_none());
    }
}
