//! The lines of `--progress`, per file or for the whole run, overwritten in place by a carriage return.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::numbers::Human;
use crate::engine::{Outcome, Position};

/// Updates of one file come at most this often.
const INTERVAL: Duration = Duration::from_secs(1);

/// What rsync tells first of a file: the size of its read window.
const FIRST_PIECE: u64 = 32 * 1024;

/// The file that is being transferred now.
pub struct Progress {
    human: Human,
    started: Instant,
    told: Option<Instant>,
}

impl Progress {
    /// No file yet.
    pub fn new(human: Human) -> Progress {
        Progress {
            human,
            started: Instant::now(),
            told: None,
        }
    }

    /// A file begins.
    pub fn start(&mut self, now: Instant) {
        self.started = now;
        self.told = None;
    }

    /// The update line for `done` of `size` bytes, if it is time for one.
    pub fn update(&mut self, now: Instant, done: u64, size: u64) -> Option<String> {
        if self.told.is_some_and(|told| now - told < INTERVAL) {
            return None;
        }
        self.told = Some(now);
        let rate = rate(now - self.started, done);
        let left = match rate {
            r if r > 0.0 => size.saturating_sub(done) as f64 / r,
            _ => 0.0,
        };
        Some(line(self.human, done, size, rate, left as u64) + "  ")
    }

    /// The last line of a file. A file with content has at least one update line before it.
    pub fn finish(&mut self, now: Instant, size: u64, position: Position) -> String {
        let first = match self.told {
            None if size > 0 => self.update(now, size.min(FIRST_PIECE), size),
            _ => None,
        };
        let elapsed = now.duration_since(self.started).as_secs();
        let line = line(
            self.human,
            size,
            size,
            rate(now - self.started, size),
            elapsed,
        );
        format!("{}{line} {}\n", first.unwrap_or_default(), place(position))
    }
}

/// The whole run's progress (`--info=progress2`): one line that is written over again and again.
pub struct Whole {
    human: Human,
    started: Instant,
    told: Option<Instant>,
    /// Bytes of files that are done.
    done: u64,
    /// Bytes so far of those that are not.
    moving: Vec<(PathBuf, u64)>,
    /// Characters of the line that stands there and is not ended.
    open: Option<usize>,
}

impl Whole {
    /// Nothing done yet.
    pub fn new(human: Human) -> Whole {
        Whole {
            human,
            started: Instant::now(),
            told: None,
            done: 0,
            moving: Vec::new(),
            open: None,
        }
    }

    /// The line when `done` bytes of a file are through, if it is time for one.
    pub fn moved(&mut self, now: Instant, path: &Path, done: u64, at: Position) -> Option<String> {
        match self.moving.iter_mut().find(|(moving, _)| moving == path) {
            Some((_, so_far)) => *so_far = done,
            None => self.moving.push((path.to_owned(), done)),
        }
        if self.told.is_some_and(|told| now - told < INTERVAL) {
            return None;
        }
        let done = self.done + self.moving.iter().map(|(_, done)| done).sum::<u64>();
        let rate = rate(now - self.started, done);
        let left = match rate {
            r if r > 0.0 => at.known_bytes.saturating_sub(done) as f64 / r,
            _ => 0.0,
        };
        let text = line(self.human, done, at.known_bytes, rate, left as u64) + "  ";
        Some(self.over(now, text))
    }

    /// The line when a file is through.
    pub fn finished(&mut self, now: Instant, path: &Path, size: u64, at: Position) -> String {
        self.moving.retain(|(moving, _)| moving != path);
        self.done += size;
        self.standing(now, at)
    }

    fn standing(&mut self, now: Instant, at: Position) -> String {
        let elapsed = now - self.started;
        let rate = rate(elapsed, self.done);
        let seconds = elapsed.as_secs();
        let text = line(self.human, self.done, at.known_bytes, rate, seconds);
        self.over(now, format!("{text} {}", place(at)))
    }

    /// A line that covers the one before it.
    fn over(&mut self, now: Instant, mut text: String) -> String {
        self.told = Some(now);
        let length = text.len();
        let before = self.open.replace(length).unwrap_or(0);
        text.extend(std::iter::repeat_n(' ', before.saturating_sub(length)));
        text
    }

    /// Ends the line that stands there before another text.
    pub fn end_line(&mut self) -> &'static [u8] {
        match self.open.take() {
            Some(_) => b"\n",
            None => b"",
        }
    }

    /// The last line of all.
    pub fn end(&mut self, outcome: &Outcome) -> String {
        let stats = &outcome.stats;
        self.done = stats.transferred_size;
        let at = Position {
            number: stats.transferred,
            to_check: 0,
            known: stats.listed.total(),
            known_bytes: stats.total_size,
            growing: false,
        };
        let text = self.standing(Instant::now(), at);
        self.open = None;
        text + "\n"
    }
}

/// `(xfr#1, to-chk=5/7)`.
fn place(at: Position) -> String {
    let kind = if at.growing { "ir" } else { "to" };
    let (number, to_check, known) = (at.number, at.to_check, at.known);
    format!("(xfr#{number}, {kind}-chk={to_check}/{known})")
}

/// Bytes per second; none is known in the first millisecond.
fn rate(elapsed: Duration, done: u64) -> f64 {
    if elapsed < Duration::from_millis(1) {
        return 0.0;
    }
    done as f64 / elapsed.as_secs_f64()
}

fn line(human: Human, done: u64, size: u64, rate: f64, seconds: u64) -> String {
    let percent = match size {
        0 => 100,
        _ => (u128::from(done) * 100 / u128::from(size)).min(100),
    };
    format!(
        "\r{:>15} {percent:>3}% {} {}",
        human.bytes(done),
        speed(rate),
        clock(seconds)
    )
}

/// `%7.2f` and the largest unit, of 1024, that leaves at least one.
fn speed(rate: f64) -> String {
    let kilobytes = rate / 1024.0;
    let (value, unit) = match kilobytes {
        k if k >= 1024.0 * 1024.0 => (k / (1024.0 * 1024.0), "GB/s"),
        k if k >= 1024.0 => (k / 1024.0, "MB/s"),
        k => (k, "kB/s"),
    };
    format!("{value:7.2}{unit}")
}

/// `H:MM:SS`, or question marks for more hours than four digits hold.
fn clock(seconds: u64) -> String {
    let hours = seconds / 3600;
    if hours > 9999 {
        return "  ??:??:??".into();
    }
    format!("{hours:>4}:{:02}:{:02}", seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Position = Position {
        number: 1,
        to_check: 0,
        known: 1,
        known_bytes: 0,
        growing: false,
    };

    /// `rsync -a --progress --bwlimit=60m` of one file of 200 MiB, line by line.
    #[test]
    fn a_large_file_is_told_as_rsync_tells_it() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let size = 209_715_200;
        let mut p = Progress::new(Human::Separators);
        p.start(start);
        assert_eq!(
            p.update(start, 32_768, size).as_deref(),
            Some("\r         32,768   0%    0.00kB/s    0:00:00  ")
        );
        assert_eq!(p.update(at(500), 33_000_000, size), None);
        assert_eq!(
            p.update(at(1006), 63_307_776, size).as_deref(),
            Some("\r     63,307,776  30%   60.01MB/s    0:00:02  ")
        );
        assert_eq!(
            p.finish(at(3257), size, LAST),
            "\r    209,715,200 100%   61.41MB/s    0:00:03 (xfr#1, to-chk=0/1)\n"
        );
    }

    #[test]
    fn a_small_file_has_an_update_and_a_last_line() {
        let start = Instant::now();
        let mut p = Progress::new(Human::Separators);
        p.start(start);
        assert_eq!(
            p.finish(start, 3, LAST),
            "\r              3 100%    0.00kB/s    0:00:00  \
             \r              3 100%    0.00kB/s    0:00:00 (xfr#1, to-chk=0/1)\n"
        );
        p.start(start);
        assert_eq!(
            p.finish(start, 3_145_728, LAST),
            "\r         32,768   1%    0.00kB/s    0:00:00  \
             \r      3,145,728 100%    0.00kB/s    0:00:00 (xfr#1, to-chk=0/1)\n"
        );
    }

    #[test]
    fn an_empty_file_has_its_last_line_only() {
        let start = Instant::now();
        let mut p = Progress::new(Human::Separators);
        p.start(start);
        let growing = Position {
            number: 7,
            to_check: 1049,
            known: 1111,
            known_bytes: 0,
            growing: true,
        };
        assert_eq!(
            p.finish(start, 0, growing),
            "\r              0 100%    0.00kB/s    0:00:00 (xfr#7, ir-chk=1049/1111)\n"
        );
    }

    #[test]
    fn units_and_clocks() {
        assert_eq!(speed(10.74 * 1024.0), "  10.74kB/s");
        assert_eq!(speed(742.19 * 1024.0 * 1024.0), " 742.19MB/s");
        assert_eq!(speed(3.5 * 1024.0 * 1024.0 * 1024.0), "   3.50GB/s");
        assert_eq!(clock(3 * 3600 + 62), "   3:01:02");
        assert_eq!(clock(u64::MAX), "  ??:??:??");
    }
}
