//! What is kept beside a destination, and what subcommands did with it, as text.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;

use super::numbers::Human;
use super::when;
use crate::stage::{Diagnosis, Freed, Held, Interrupted, Recovered, Status, Undone};
use crate::tree::{Charset, push_escaped};

/// What `undo` did or, in a dry run, would do.
#[must_use]
pub fn undone(undone: &Undone, dry_run: bool) -> String {
    let what = match (undone.redo, dry_run) {
        (false, false) => "took back the last switch",
        (false, true) => "would take back the last switch",
        (true, false) => "took back the last undo",
        (true, true) => "would take back the last undo",
    };
    let mut text = String::new();
    for note in &undone.notes {
        let _ = writeln!(text, "{note}");
    }
    let _ = writeln!(
        text,
        "{what} by {}: {}",
        undone.method.name(),
        counted(undone.restored, "change", "changes")
    );
    for path in &undone.kept {
        let verb = if dry_run { "would keep" } else { "kept" };
        let _ = writeln!(text, "{verb} what was changed since: {}", shown(path));
    }
    for entry in &undone.refused {
        let (path, reason) = (shown(&entry.path), crate::sys::reason(&entry.error()));
        let _ = writeln!(text, "could not take back: {path}: {reason}");
    }
    text
}

/// What `release` did.
#[must_use]
pub fn released(was_held: bool) -> &'static str {
    if was_held {
        "released\n"
    } else {
        "was not on hold\n"
    }
}

/// What `recover` found and did.
#[must_use]
pub fn recovered(recovered: &Recovered) -> String {
    let found = match recovered.found {
        Interrupted::Nothing => "nothing was interrupted",
        Interrupted::Staging => {
            "a run was interrupted before its switch; what it staged is kept for the next"
        }
        Interrupted::Switched => "a run was interrupted after its switch; its end was made good",
        Interrupted::NotSwitched => {
            "a run was interrupted just before its switch; what it staged is kept for the next"
        }
        Interrupted::Underway => {
            "a run was interrupted within its switch; it was carried to its end"
        }
    };
    let mut text = format!("{found}\n");
    for note in &recovered.notes {
        let _ = writeln!(text, "{note}");
    }
    text
}

/// What `tidy` freed or, in a dry run, would free.
#[must_use]
pub fn freed(freed: &Freed, dry_run: bool) -> String {
    let verb = if dry_run { "would free" } else { "freed" };
    format!(
        "{verb} {} bytes in {}\n",
        Human::Thousand.bytes(freed.bytes),
        counted(freed.entries, "entry", "entries")
    )
}

/// What is known of a destination, times in `zone`.
#[must_use]
pub fn status(status: &Status, zone: TimeZone) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<16}{value}");
    };
    row("destination", shown(&status.destination));
    match &status.state {
        None => row("state", "none: nothing is kept yet".into()),
        Some(state) => row("state", format!("{} ({})", shown(state), status.journal)),
    }
    if let Some(last) = &status.last_commit {
        let at = when::spaced(last.at, zone);
        row("last switch", format!("{at} by {}", last.method.name()));
    }
    if let Some(previous) = &status.previous {
        row("kept for undo", held(previous));
    }
    if let Some(interrupted) = &status.interrupted {
        row("interrupted run", held(interrupted));
    }
    if status.on_hold {
        row("on hold", "yes, since an undo".into());
    }
    if let Some(holder) = &status.holder {
        row("in use by", holder.to_string());
    }
    text
}

/// What `doctor` found.
#[must_use]
pub fn diagnosis(diagnosis: &Diagnosis) -> String {
    let mut text = format!(
        "{} ({})\n",
        shown(&diagnosis.destination),
        diagnosis.filesystem
    );
    for check in &diagnosis.checks {
        let mark = if check.ok { "yes" } else { "no" };
        let _ = writeln!(text, "  {mark:<4}{}: {}", check.name, check.detail);
    }
    let promise = match diagnosis.guarantee {
        'A' => "one instant, every reader",
        'B' => "a short window, made good after a crash",
        _ => "file by file, as rsync",
    };
    let _ = writeln!(
        text,
        "A run would take {} (guarantee {}: {promise}): {}",
        diagnosis.method.name(),
        diagnosis.guarantee,
        diagnosis.reason
    );
    text
}

/// A path for one line of text.
fn shown(path: impl AsRef<Path>) -> String {
    let mut line = Vec::new();
    let bytes = path.as_ref().as_os_str().as_bytes();
    push_escaped(&mut line, bytes, Charset::from_env());
    String::from_utf8_lossy(&line).into_owned()
}

fn counted(n: u64, one: &str, many: &str) -> String {
    let noun = if n == 1 { one } else { many };
    format!("{} {noun}", Human::Separators.count(n))
}

fn held(held: &Held) -> String {
    format!(
        "{}, {} bytes of its own",
        counted(held.entries, "entry", "entries"),
        Human::Thousand.bytes(held.bytes)
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::stage::{Check, Holder, LastCommit, Method};

    #[test]
    fn an_undo_names_what_it_kept() {
        let done = Undone {
            method: Method::Swap,
            restored: 1200,
            kept: vec![PathBuf::from("b/late\n")],
            refused: vec![],
            notes: vec![],
            redo: false,
        };
        assert_eq!(
            undone(&done, false),
            "took back the last switch by swap: 1,200 changes\n\
             kept what was changed since: b/late\\#012\n"
        );
        let redone = Undone {
            restored: 1,
            redo: true,
            ..done
        };
        assert_eq!(
            undone(&redone, true),
            "would take back the last undo by swap: 1 change\n\
             would keep what was changed since: b/late\\#012\n"
        );
    }

    #[test]
    fn tidying_says_how_much() {
        let some = Freed {
            bytes: 5_000_000,
            entries: 12,
        };
        assert_eq!(freed(&some, false), "freed 5.00M bytes in 12 entries\n");
        let one = Freed {
            bytes: 7,
            entries: 1,
        };
        assert_eq!(freed(&one, true), "would free 7 bytes in 1 entry\n");
    }

    #[test]
    fn a_recovery_says_what_it_found() {
        let found = Recovered {
            found: Interrupted::Underway,
            notes: vec!["b was left alone: it was changed".into()],
        };
        assert_eq!(
            recovered(&found),
            "a run was interrupted within its switch; it was carried to its end\n\
             b was left alone: it was changed\n"
        );
    }

    #[test]
    fn a_status_has_a_row_for_what_is_there() {
        let full = Status {
            destination: "/d".into(),
            state: Some("/.d.resilver".into()),
            journal: "staging".into(),
            last_commit: Some(LastCommit {
                method: Method::Journal,
                at: 1_000_000_000,
            }),
            on_hold: true,
            previous: Some(Held {
                entries: 3,
                bytes: 10,
            }),
            interrupted: Some(Held {
                entries: 1,
                bytes: 2_000,
            }),
            holder: Some(Holder {
                pid: 7,
                host: "h".into(),
                since: "noon".into(),
                command: "resilver a b".into(),
            }),
        };
        assert_eq!(
            status(&full, TimeZone::UTC),
            "destination     /d\n\
             state           /.d.resilver (staging)\n\
             last switch     2001/09/09 01:46:40 by journal\n\
             kept for undo   3 entries, 10 bytes of its own\n\
             interrupted run 1 entry, 2.00K bytes of its own\n\
             on hold         yes, since an undo\n\
             in use by       process 7 on h since noon (resilver a b)\n"
        );
        let bare = Status {
            state: None,
            last_commit: None,
            on_hold: false,
            previous: None,
            interrupted: None,
            holder: None,
            ..full
        };
        assert_eq!(
            status(&bare, TimeZone::UTC),
            "destination     /d\nstate           none: nothing is kept yet\n"
        );
    }

    #[test]
    fn a_diagnosis_ends_with_its_reason() {
        let found = Diagnosis {
            destination: "/d".into(),
            filesystem: "ext4".into(),
            checks: vec![
                Check {
                    name: "exchange",
                    ok: true,
                    detail: "two directories changed places".into(),
                },
                Check {
                    name: "no mount inside",
                    ok: false,
                    detail: "/d/proc".into(),
                },
            ],
            method: Method::Journal,
            guarantee: 'B',
            reason: "something is mounted inside".into(),
        };
        assert_eq!(
            diagnosis(&found),
            "/d (ext4)\n  yes exchange: two directories changed places\n\
             \x20 no  no mount inside: /d/proc\n\
             A run would take journal (guarantee B: a short window, made good after a crash): \
             something is mounted inside\n"
        );
    }
}
