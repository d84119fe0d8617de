//! What was changed here and there, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::Serialize;

use super::json::Name;
use crate::engine::edits::{Change, Plan, State};
use crate::stage::Holder;
use crate::tree::{Charset, push_escaped, shown};

/// Columns of what was done on a side.
const WIDTH: usize = 14;

/// What differs from what was pulled.
pub struct Differences<'e> {
    states: Vec<(&'e Path, State)>,
    unknown: usize,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    path: Name<'a>,
    here: Option<&'static str>,
    there: Option<&'static str>,
    push: &'static str,
}

#[derive(Serialize)]
struct All<'a> {
    version: u32,
    send: usize,
    remove: usize,
    keep: usize,
    wait: usize,
    conflicts: usize,
    corrupt: usize,
    unknown: usize,
    entries: Vec<Told<'a>>,
}

impl<'e> Differences<'e> {
    /// Of these states, and so many entries of which it is not known what the origin has; what both sides came to
    /// is none.
    #[must_use]
    pub fn of(states: &BTreeMap<&'e Path, State>, unknown: usize) -> Differences<'e> {
        let states = states.iter().filter(|(_, state)| **state != State::Agree);
        Differences {
            states: states.map(|(path, state)| (*path, *state)).collect(),
            unknown,
        }
    }

    /// How many conflicts there are.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.count("conflict")
    }

    /// How many files here are corrupt.
    #[must_use]
    pub fn corrupt(&self) -> usize {
        self.count("corrupt")
    }

    fn count(&self, push: &str) -> usize {
        let is_so = |(_, state): &&(&Path, State)| does(*state) == push;
        self.states.iter().filter(is_so).count()
    }

    /// One a line, and a summary.
    #[must_use]
    pub fn as_text(&self) -> Vec<u8> {
        if self.states.is_empty() {
            return match self.unknown {
                0 => b"nothing was changed since the pull\n".to_vec(),
                count => not_known(count),
            };
        }
        let charset = Charset::from_env();
        let mut text = row("here", "there", "push", Path::new("path"), charset);
        for (path, state) in &self.states {
            let (here, there) = sides(*state);
            let (here, there) = (here.unwrap_or("-"), there.unwrap_or("-"));
            text.extend(row(here, there, does(*state), path, charset));
        }
        let summary = format!(
            "{} to send, {} to remove there, {} kept there, {}{}\n",
            self.count("send"),
            self.count("remove"),
            self.count("keep"),
            left(self.conflicts(), self.corrupt()),
            match self.count("wait") {
                0 => String::new(),
                1 => ", 1 waits for that".into(),
                count => format!(", {count} wait for that"),
            }
        );
        text.extend_from_slice(summary.as_bytes());
        text.extend(not_known(self.unknown));
        text
    }

    /// The same as one object.
    #[must_use]
    pub fn as_json(&self) -> Vec<u8> {
        let told = self.states.iter().map(|(path, state)| {
            let (here, there) = sides(*state);
            Told {
                path: Name::of(path),
                here,
                there,
                push: does(*state),
            }
        });
        let all = All {
            version: 1,
            send: self.count("send"),
            remove: self.count("remove"),
            keep: self.count("keep"),
            wait: self.count("wait"),
            conflicts: self.conflicts(),
            corrupt: self.corrupt(),
            unknown: self.unknown,
            entries: told.collect(),
        };
        let mut text = serde_json::to_vec_pretty(&all).unwrap_or_default();
        text.push(b'\n');
        text
    }
}

/// That another run holds a mirror that is only looked at.
#[must_use]
pub fn in_use(mirror: &Path, holder: &Holder) -> Vec<u8> {
    let mirror = shown(mirror);
    format!("{mirror} is in use by {holder}: what is told here may be another thing by then\n")
        .into()
}

/// That an incomplete list is none of what was deleted.
pub(super) fn not_known(count: usize) -> Vec<u8> {
    match count {
        0 => Vec::new(),
        1 => b"1 entry is not known there: nothing is done about it\n".to_vec(),
        _ => format!("{count} entries are not known there: nothing is done about them\n").into(),
    }
}

/// What can be done about conflicts, and about what is corrupt.
#[must_use]
pub fn advice(plan: &Plan) -> String {
    let (conflicts, corrupt) = (plan.conflicts.len(), plan.corrupt.len());
    match (conflicts, corrupt) {
        (0, _) => format!(
            "{corrupt} corrupt, which is no edit: the next pull, or resilver push --theirs, brings what is there; \
             --ours sends what is here"
        ),
        _ => format!(
            "{}: resilver diff tells how; resilver push settles with --ours, --theirs or --keep-both",
            left(conflicts, corrupt)
        ),
    }
}

/// What is left to be settled.
fn left(conflicts: usize, corrupt: usize) -> String {
    let mut text = match conflicts {
        1 => "1 conflict".to_owned(),
        _ => format!("{conflicts} conflicts"),
    };
    if corrupt > 0 {
        let _ = write!(text, ", {corrupt} corrupt");
    }
    text
}

fn row(here: &str, there: &str, push: &str, path: &Path, charset: Charset) -> Vec<u8> {
    let mut row = format!("{here:<WIDTH$}{there:<WIDTH$}{push:<10}").into_bytes();
    push_escaped(&mut row, path.as_os_str().as_bytes(), charset);
    row.push(b'\n');
    row
}

/// What was done here, and there.
pub(super) fn sides(state: State) -> (Option<&'static str>, Option<&'static str>) {
    match state {
        State::Send(here) => (Some(word(here)), None),
        State::Keep(there) => (None, Some(word(there))),
        State::Agree => (None, None),
        State::Conflict { here, there } => (Some(word(here)), Some(word(there))),
        State::Corrupt { there } => (Some("corrupt"), there.map(word)),
        State::Wait { here, there } => (here.map(word), there.map(word)),
    }
}

/// What a push does about it.
pub(super) fn does(state: State) -> &'static str {
    match state {
        State::Send(Change::Deleted) => "remove",
        State::Send(_) => "send",
        State::Keep(_) => "keep",
        State::Agree => "agree",
        State::Conflict { .. } => "conflict",
        State::Corrupt { .. } => "corrupt",
        State::Wait { .. } => "wait",
    }
}

pub(super) fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Changed => "changed",
        Change::Retyped => "type changed",
        Change::Deleted => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(states: &[(&'static str, State)]) -> Differences<'static> {
        let states = states
            .iter()
            .map(|(path, state)| (Path::new(*path), *state));
        Differences::of(&states.collect(), 0)
    }

    fn all() -> Differences<'static> {
        let conflict = State::Conflict {
            here: Change::Changed,
            there: Change::Retyped,
        };
        let waits = State::Wait {
            here: Some(Change::Deleted),
            there: None,
        };
        differences(&[
            ("a", State::Send(Change::Created)),
            ("b", State::Send(Change::Deleted)),
            ("c", State::Keep(Change::Changed)),
            ("d", conflict),
            ("e", waits),
            ("f", State::Agree),
            ("g", State::Corrupt { there: None }),
        ])
    }

    #[test]
    fn each_line_has_both_sides() {
        let text = String::from_utf8(all().as_text()).expect("text");
        let expected = "\
here          there         push      path
created       -             send      a
deleted       -             remove    b
-             changed       keep      c
changed       type changed  conflict  d
deleted       -             wait      e
corrupt       -             corrupt   g
1 to send, 1 to remove there, 1 kept there, 1 conflict, 1 corrupt, 1 waits for that
";
        assert_eq!(text, expected);
        let nothing = differences(&[("f", State::Agree)]).as_text();
        assert_eq!(nothing, b"nothing was changed since the pull\n");
    }

    #[test]
    fn programs_get_the_same() {
        let told: serde_json::Value = serde_json::from_slice(&all().as_json()).expect("an object");
        assert_eq!(
            (&told["version"], &told["conflicts"]),
            (&1.into(), &1.into())
        );
        let first = serde_json::json!({
            "path": "a", "here": "created", "there": null, "push": "send",
        });
        assert_eq!(told["entries"][0], first);
        let corrupt = serde_json::json!({
            "path": "g", "here": "corrupt", "there": null, "push": "corrupt",
        });
        assert_eq!(
            (&told["corrupt"], &told["entries"][5]),
            (&1.into(), &corrupt)
        );
        assert_eq!(told["entries"].as_array().map(Vec::len), Some(6));
    }
}
