//! What a push did, as text and as objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use serde::Serialize;

use super::edits::{does, not_known, sides, word};
use super::json::{Json, Name};
use super::screen::Screen;
use super::style::Style;
use super::voice::Voice;
use crate::engine::edits::{Plan, State};
use crate::engine::{Event, Report, Severity, Wants};
use crate::sys::lock;
use crate::tree::{Charset, push_escaped};

/// How many entries a push did what about or, in a dry run, would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Counts {
    sent: usize,
    removed: usize,
    fetched: usize,
    removed_here: usize,
    kept: usize,
    left: usize,
    conflicts: usize,
    corrupt: usize,
    unknown: usize,
}

impl Counts {
    fn of(plan: &Plan) -> Counts {
        Counts {
            sent: plan.send.len() + plan.send_beside.len(),
            removed: alone(&plan.remove_there, &plan.send),
            fetched: plan.fetch.len(),
            removed_here: alone(&plan.remove_here, &plan.fetch),
            kept: plan.kept,
            left: plan.left,
            conflicts: plan.conflicts.len(),
            corrupt: plan.corrupt.len(),
            unknown: plan.unknown,
        }
    }
}

/// How many are removed for good, not to make room.
fn alone(removed: &BTreeSet<PathBuf>, made: &BTreeSet<PathBuf>) -> usize {
    removed.difference(made).count()
}

/// What a push did or, in a dry run, would do: conflicts and what is corrupt one a line and, unless `quiet`, a
/// summary.
#[must_use]
pub fn as_text(plan: &Plan, dry_run: bool, quiet: bool) -> Vec<u8> {
    let charset = Charset::from_env();
    let mut text = Vec::new();
    let mut line = |what: &[u8], path: &Path, how: &str| {
        text.extend_from_slice(what);
        push_escaped(&mut text, path.as_os_str().as_bytes(), charset);
        text.extend_from_slice(how.as_bytes());
    };
    for (path, here, there) in &plan.conflicts {
        let how = format!(": {} here, {} there\n", word(*here), word(*there));
        line(b"conflict: ", path, &how);
    }
    for (path, there) in &plan.corrupt {
        let there = there.map_or(String::new(), |there| format!("; {} there", word(there)));
        let how = format!(": another size here, and the same time{there}\n");
        line(b"corrupt: ", path, &how);
    }
    text.extend(not_known(plan.unknown));
    if !quiet {
        text.extend(summary(&Counts::of(plan), dry_run));
    }
    text
}

fn summary(counts: &Counts, dry_run: bool) -> Vec<u8> {
    let would = if dry_run { "would have " } else { "" };
    let mut summary = String::new();
    for (count, what) in [
        (counts.sent, "sent"),
        (counts.removed, "removed there"),
        (counts.fetched, "fetched"),
        (counts.removed_here, "removed here"),
        (counts.kept, "kept there"),
        (counts.left, "left there"),
    ] {
        if count > 0 {
            let comma = if summary.is_empty() { would } else { ", " };
            let _ = write!(summary, "{comma}{what} {count}");
        }
    }
    if summary.is_empty() {
        summary.push_str("nothing was pushed");
    }
    summary.push('\n');
    summary.into()
}

/// What a push had removed before its way broke.
#[must_use]
pub fn broken(count: usize) -> String {
    format!("removed there {count} before the way broke: the next push does what is left")
}

/// Tells a push as objects; also listens to the runs that it is made of, which are not told by themselves.
pub struct Pushing {
    told: Mutex<Told>,
    wants: Wants,
    dry_run: bool,
    started: Instant,
}

struct Told {
    json: Json,
    /// Of a push that came to its end.
    counts: Option<Counts>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Entry {
        #[serde(flatten)]
        path: Name<'a>,
        here: Option<&'static str>,
        there: Option<&'static str>,
        push: &'static str,
        /// Missing where nothing is to be done.
        #[serde(skip_serializing_if = "Option::is_none")]
        done: Option<bool>,
    },
    Summary {
        exit_code: u8,
        seconds: f64,
        dry_run: bool,
        /// Missing where the push ended before its end.
        #[serde(flatten)]
        counts: Option<Counts>,
    },
}

impl Pushing {
    /// In this style, which is one of objects.
    #[must_use]
    pub fn new(style: &Style) -> Pushing {
        let screen = Screen::standard(style.buffering, style.target);
        Pushing::on(style, screen)
    }

    fn on(style: &Style, screen: Screen) -> Pushing {
        let json = Json::new(style, screen);
        let Wants {
            progress, sizes, ..
        } = json.wants();
        Pushing {
            told: Mutex::new(Told { json, counts: None }),
            wants: Wants {
                progress,
                sizes,
                ..Wants::default()
            },
            dry_run: style.run.dry,
            started: Instant::now(),
        }
    }

    /// Says that it begins.
    pub fn begin(&self) {
        lock(&self.told).json.begin();
    }

    /// A sentence for a person.
    pub fn message(&self, severity: Severity, text: &str) {
        let text = text.to_owned();
        self.event(Event::Message { severity, text });
    }

    /// Tells each entry that is not on both sides as it was pulled: its state, what was to be done about it, and
    /// whether it was. What was not is in the one plan and not in the other; of a way that broke nothing is known.
    pub fn entries(
        &self,
        states: &BTreeMap<&Path, State>,
        (wanted, done): (&Plan, &Plan),
        is_through: bool,
    ) {
        let differ = states.iter().filter(|(_, state)| **state != State::Agree);
        let mut entries: BTreeMap<&Path, Option<State>> =
            differ.map(|(path, state)| (*path, Some(*state))).collect();
        for path in wanted.acted() {
            entries.entry(path).or_default();
        }
        let mut told = lock(&self.told);
        for (path, state) in entries {
            let (here, there) = state.map_or((None, None), sides);
            let deed = deed(wanted, path);
            let is_done =
                |deed| is_through && !self.dry_run && self::deed(done, path) == Some(deed);
            told.json.object(Line::Entry {
                path: Name::of(path),
                here,
                there,
                push: deed.or(state.map(does)).unwrap_or("keep"),
                done: deed.map(is_done),
            });
        }
        told.counts = is_through.then(|| Counts::of(done));
    }

    /// The end, with the code of the process and the line that goes with it.
    pub fn close(&self, code: u8, last_line: Option<&str>) {
        let mut told = lock(&self.told);
        if let Some(line) = last_line {
            told.json.last_word(line);
        }
        let counts = told.counts;
        told.json.end_with(Line::Summary {
            exit_code: code,
            seconds: self.started.elapsed().as_secs_f64(),
            dry_run: self.dry_run,
            counts,
        });
    }
}

/// What a plan does about a path.
fn deed(plan: &Plan, path: &Path) -> Option<&'static str> {
    let deeds = [
        (&plan.send, "send"),
        (&plan.send_beside, "keep both"),
        (&plan.fetch, "fetch"),
        (&plan.remove_there, "remove"),
        (&plan.remove_here, "remove here"),
    ];
    let mut deeds = deeds.into_iter();
    deeds.find_map(|(paths, word)| paths.contains(path).then_some(word))
}

impl Report for Pushing {
    fn event(&self, event: Event) {
        if matches!(
            event,
            Event::Message { .. } | Event::FileProgress { .. } | Event::FileFinished { .. }
        ) {
            lock(&self.told).json.event(&event);
        }
    }

    fn wants(&self) -> Wants {
        self.wants
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::edits::Change;

    #[test]
    fn a_push_names_conflicts_and_counts_the_rest() {
        let paths = |text: &str| text.split(' ').map(PathBuf::from).collect();
        let plan = Plan {
            send: paths("a d"),
            remove_there: paths("d d/x e"),
            kept: 3,
            conflicts: vec![("c".into(), Change::Deleted, Change::Changed)],
            corrupt: vec![("f".into(), None), ("g".into(), Some(Change::Deleted))],
            ..Plan::default()
        };
        let text = |dry, quiet| String::from_utf8(as_text(&plan, dry, quiet)).expect("text");
        let conflict = "\
conflict: c: deleted here, changed there
corrupt: f: another size here, and the same time
corrupt: g: another size here, and the same time; deleted there
";
        assert_eq!(text(false, true), conflict);
        let whole = format!("{conflict}sent 2, removed there 2, kept there 3\n");
        assert_eq!(text(false, false), whole);
        let would = format!("{conflict}would have sent 2, removed there 2, kept there 3\n");
        assert_eq!(text(true, false), would);
        let idle = as_text(&Plan::default(), false, false);
        assert_eq!(idle, b"nothing was pushed\n");
    }
}
