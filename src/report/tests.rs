//! Events of known situations, and what rsync 3.5.0 printed in each.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Format, Info, Levels, List, Run, Setting, Style, Telling, Way};
use crate::engine::{
    Action, Changes, Committed, Counts, Event, Item, Outcome, Position, Report, Severity, Skip,
    Stats, Verdict,
};
use crate::stage::Method;
use crate::sys::Kind;

/// A writer whose content, and number of calls, can be looked at.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<(Vec<u8>, usize)>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.0.lock().expect("no test panics while writing");
        inner.0.extend_from_slice(bytes);
        inner.1 += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        let inner = self.0.lock().expect("no test panics while writing");
        String::from_utf8_lossy(&inner.0).into_owned()
    }

    fn calls(&self) -> usize {
        self.0.lock().expect("no test panics while writing").1
    }
}

/// Standard output and standard error of a run that emits `events` and ends with `outcome`.
fn run(style: Style, events: &[Event], outcome: Outcome) -> (String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let text = Telling::into_writers(style, Box::new(out.clone()), Box::new(err.clone()));
    text.begin();
    for event in events {
        text.event(event.clone());
    }
    text.finish(&outcome);
    (out.text(), err.text())
}

/// Standard output without the two lines of totals, whose numbers are not rsync's.
fn names(style: Style, events: &[Event]) -> String {
    let (out, err) = run(style, events, Outcome::default());
    assert_eq!(err, "");
    match out.find("\nsent ") {
        Some(end) => out[..end].to_owned(),
        None => out,
    }
}

fn item(kind: Kind, action: Action, changes: Changes, path: &str) -> Event {
    Event::Item(Item {
        path: path.into(),
        kind,
        action,
        changes,
        size: 0,
        link: (kind == Kind::Symlink).then(|| PathBuf::from("a")),
        details: None,
    })
}

fn new() -> Changes {
    Changes {
        new: true,
        ..Changes::default()
    }
}

fn time() -> Changes {
    Changes {
        time: true,
        ..Changes::default()
    }
}

fn perms() -> Changes {
    Changes {
        perms: true,
        ..Changes::default()
    }
}

fn skip(kind: Kind, why: Skip, path: &str) -> Event {
    Event::Skipped {
        path: path.into(),
        kind,
        why,
    }
}

fn deleted(kind: Kind, path: &str) -> Event {
    Event::Deleted {
        path: path.into(),
        kind,
    }
}

/// What a person asked for, with rsync's rules for what goes with it.
fn style(verbose: u8, itemize: u8, set: &[(Info, u8)]) -> Style {
    let mut levels = Levels::of_verbosity(verbose);
    for (flag, level) in set {
        levels.set(Setting {
            flag: Some(*flag),
            level: *level,
        });
    }
    let names = (levels.info(Info::Name) > 0).then(Format::names);
    Style {
        levels,
        format: (itemize > 0).then(Format::changes).or(names),
        unchanged: itemize > 1,
        run: Run {
            list: List::Incremental,
            whole_file: true,
            ..Run::default()
        },
        ..Style::default()
    }
}

fn archive() -> Style {
    style(0, 0, &[])
}

fn with_v(verbose: u8) -> Style {
    style(verbose, 0, &[])
}

fn with_i(itemize: u8) -> Style {
    style(0, itemize, &[])
}

fn with_progress() -> Style {
    style(
        0,
        0,
        &[(Info::Flist, 2), (Info::Name, 1), (Info::Progress, 1)],
    )
}

fn dry(style: Style) -> Style {
    let run = Run {
        dry: true,
        way: Way::Local,
        ..style.run
    };
    Style { run, ..style }
}

/// `rsync -aH s/ d` where there is no `d`.
fn first_run() -> Vec<Event> {
    let leader = PathBuf::from("b/hl");
    vec![
        Event::CreatedDestination("d".into()),
        item(Kind::Dir, Action::Create, new(), "."),
        item(Kind::Symlink, Action::Create, new(), "l"),
        item(Kind::Dir, Action::Create, new(), "b"),
        item(Kind::File, Action::Transfer, new(), "b/hl"),
        item(Kind::Dir, Action::Create, new(), "b/y"),
        item(Kind::File, Action::Transfer, new(), "b/y/z"),
        item(
            Kind::File,
            Action::HardLink {
                leader: Some(leader),
            },
            new(),
            "a",
        ),
    ]
}

#[test]
fn a_first_run() {
    assert_eq!(
        names(with_v(1), &first_run()),
        "sending incremental file list\ncreated directory d\n./\nl -> a\nb/\nb/hl\nb/y/\nb/y/z\n\
         a => b/hl\n"
    );
    assert_eq!(
        names(with_v(2), &first_run()),
        "sending incremental file list\ncreated directory d\n\
         delta-transmission disabled for local transfer or --whole-file\n\
         ./\nl -> a\nb/\nb/hl\nb/y/\nb/y/z\na => b/hl\n\
         total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
    );
    assert_eq!(
        names(with_i(1), &first_run()),
        "created directory d\ncd+++++++++ ./\ncL+++++++++ l -> a\ncd+++++++++ b/\n\
         >f+++++++++ b/hl\ncd+++++++++ b/y/\n>f+++++++++ b/y/z\nhf+++++++++ a => b/hl\n"
    );
    assert_eq!(names(archive(), &first_run()), "");
}

/// Attributes alone: `-v` names directories only, `-vv` the others too, without a link's target.
#[test]
fn attributes_alone() {
    let events = [
        item(Kind::Dir, Action::Attributes, time(), "."),
        item(Kind::File, Action::Transfer, time(), "a"),
        item(Kind::Symlink, Action::Attributes, time(), "l"),
        item(Kind::File, Action::Attributes, perms(), "b/x"),
    ];
    assert_eq!(
        names(with_v(1), &events),
        "sending incremental file list\n./\na\n"
    );
    assert_eq!(
        names(with_v(2), &events),
        "sending incremental file list\n\
         delta-transmission disabled for local transfer or --whole-file\n./\na\nl\nb/x\n\
         total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
    );
    assert_eq!(
        names(with_i(1), &events),
        ".d..t...... ./\n>f..t...... a\n.L..t...... l -> a\n.f...p..... b/x\n"
    );
}

#[test]
fn nothing_changed() {
    let unchanged = [
        item(Kind::Dir, Action::Attributes, Changes::default(), "."),
        item(Kind::File, Action::Attributes, Changes::default(), "a"),
        item(Kind::Symlink, Action::Attributes, Changes::default(), "l"),
        item(
            Kind::File,
            Action::HardLink { leader: None },
            Changes::default(),
            "b/hl",
        ),
    ];
    let with_ii = with_i(2);
    assert_eq!(
        names(with_ii.clone(), &unchanged),
        ".d          ./\n.f          a\n.L          l -> a\nhf          b/hl\n"
    );
    assert_eq!(names(with_i(1), &unchanged), "");
    assert_eq!(
        names(with_v(1), &unchanged),
        "sending incremental file list\n"
    );
    let skipped = [
        skip(Kind::File, Skip::UpToDate, "a"),
        skip(Kind::Symlink, Skip::UpToDate, "l"),
    ];
    assert_eq!(
        names(with_v(2), &skipped),
        "sending incremental file list\n\
         delta-transmission disabled for local transfer or --whole-file\n\
         a is uptodate\nl is uptodate\n\
         total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
    );
    assert!(!names(style(2, 1, &[]), &skipped).contains("uptodate"));
}

#[test]
fn what_is_wanted_follows_the_style() {
    let wants = |style: Style| {
        let (out, err) = (Sink::default(), Sink::default());
        let w = Telling::into_writers(style, Box::new(out), Box::new(err)).wants();
        [w.items, w.unchanged, w.deletions, w.skips, w.progress]
    };
    let quiet = Style {
        quiet: true,
        ..style(2, 2, &[(Info::Progress, 1)])
    };
    let both = style(2, 1, &[]);
    for (style, expected) in [
        (archive(), [false, false, false, false, false]),
        (with_v(1), [true, false, true, false, false]),
        (with_v(2), [true, false, true, true, false]),
        (with_i(1), [true, false, true, false, false]),
        (with_i(2), [true, true, true, false, false]),
        (both, [true, true, true, true, false]),
        (with_progress(), [true, false, true, false, true]),
        (dry(with_progress()), [true, false, true, false, false]),
        (quiet, [false, false, false, false, false]),
    ] {
        assert_eq!(wants(style.clone()), expected, "{style:?}");
    }
}

#[test]
fn reasons_for_passing_over() {
    let events = [
        skip(Kind::Fifo, Skip::NonRegular, "ff"),
        skip(Kind::Dir, Skip::Directory, "b"),
        skip(Kind::File, Skip::Newer, "n"),
        skip(Kind::File, Skip::Exists, "e"),
        skip(Kind::File, Skip::NotCreating, "f"),
        skip(Kind::Dir, Skip::NotCreating, "empty"),
    ];
    let always = "skipping non-regular file \"ff\"\nskipping directory b\n";
    assert_eq!(names(archive(), &events), always);
    assert_eq!(names(with_i(1), &events), always);
    for style in [with_v(2), style(2, 1, &[])] {
        assert_eq!(
            names(style, &events),
            format!(
                "sending incremental file list\n\
                 delta-transmission disabled for local transfer or --whole-file\n{always}\
                 n is newer\ne exists\nnot creating new file \"f\"\n\
                 not creating new directory \"empty\"\n\
                 total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
            )
        );
    }
}

/// `rsync -avvn --delete` with `--exclude` and `--include`.
#[test]
fn rules_that_decided() {
    let filtered = |kind, verdict, path: &str, pattern: &str| Event::Filtered {
        path: path.into(),
        kind,
        verdict,
        rule: crate::tree::RuleName::typed("--filter", pattern.as_bytes()),
    };
    let events = [
        filtered(Kind::File, Verdict::Show, "b", "b"),
        filtered(Kind::File, Verdict::Hide, "a.c", "/*.c"),
        filtered(Kind::Dir, Verdict::Hide, "y", "y/"),
        filtered(Kind::File, Verdict::Protect, "p", "p"),
        filtered(Kind::Dir, Verdict::Risk, "q", "q"),
    ];
    assert_eq!(
        names(with_v(2), &events),
        "sending incremental file list\n\
         [sender] showing file b because of pattern b\n\
         [sender] hiding file a.c because of pattern /*.c\n\
         [sender] hiding directory y because of pattern y/\n\
         delta-transmission disabled for local transfer or --whole-file\n\
         [generator] protecting file p because of pattern p\n\
         [generator] risking directory q because of pattern q\n\
         total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
    );
    assert_eq!(names(with_i(1), &events), "");
}

#[test]
fn deletions() {
    let events = [
        deleted(Kind::File, "xd/q/w"),
        deleted(Kind::Dir, "xd/q"),
        deleted(Kind::File, "n\x07"),
    ];
    assert_eq!(
        names(with_v(1), &events),
        "sending incremental file list\ndeleting xd/q/w\ndeleting xd/q/\ndeleting n\\#007\n"
    );
    assert_eq!(
        names(with_i(1), &events),
        "*deleting   xd/q/w\n*deleting   xd/q/\n*deleting   n\\#007\n"
    );
    assert_eq!(names(archive(), &events), "");
}

/// `rsync -a --progress`: names and progress, no totals.
#[test]
fn progress_without_v() {
    let events = [
        item(Kind::File, Action::Transfer, new(), "a"),
        Event::FileStarted {
            path: "a".into(),
            size: 3,
        },
        Event::FileFinished {
            path: "a".into(),
            size: 3,
            position: Position {
                number: 1,
                to_check: 6,
                known: 8,
                ..Position::default()
            },
        },
        deleted(Kind::Dir, "old"),
    ];
    assert_eq!(
        names(with_progress(), &events),
        "sending incremental file list\na\n\
         \r              3 100%    0.00kB/s    0:00:00  \
         \r              3 100%    0.00kB/s    0:00:00 (xfr#1, to-chk=6/8)\ndeleting old/\n"
    );
}

#[test]
fn only_a_recursive_run_announces_its_list() {
    let run = Run::default();
    let style = Style { run, ..with_v(1) };
    let events = [item(Kind::File, Action::Transfer, new(), "a")];
    assert_eq!(names(style, &events), "a\n");
}

#[test]
fn the_delta_method_is_announced() {
    let with_vv = with_v(2);
    let style = Style {
        run: Run {
            whole_file: false,
            ..with_vv.run
        },
        ..with_vv
    };
    let events = [skip(Kind::File, Skip::UpToDate, "a")];
    assert_eq!(
        names(style, &events),
        "sending incremental file list\ndelta-transmission enabled\na is uptodate\n"
    );
}

#[test]
fn statistics_come_before_totals() {
    let stats = Stats {
        listed: Counts {
            files: 1,
            ..Counts::default()
        },
        literal: 3,
        list_bytes: 1,
        total_size: 3,
        ..Stats::default()
    };
    let outcome = Outcome {
        stats,
        ..Outcome::default()
    };
    let (out, _) = run(dry(style(0, 0, &[(Info::Stats, 2)])), &[], outcome);
    assert!(out.starts_with("\nNumber of files: 1 (reg: 1)\n"), "{out}");
    assert!(
        out.ends_with(
            "Total bytes received: 0\n\n\
             sent 4 bytes  received 0 bytes  8.00 bytes/sec\n\
             total size is 3  speedup is 0.75 (DRY RUN)\n"
        ),
        "{out}"
    );
}

#[test]
fn messages_go_where_they_belong() {
    let message = |severity, text: &str| Event::Message {
        severity,
        text: text.into(),
    };
    let events = [
        message(Severity::Notice, "cannot delete non-empty directory: xd"),
        message(Severity::Error, "link_stat \"/x\x1b\" failed"),
        message(Severity::Warning, "resilver: two\nlines"),
    ];
    let (out, err) = run(archive(), &events, Outcome::default());
    assert_eq!(out, "cannot delete non-empty directory: xd\n");
    assert_eq!(
        err,
        "resilver: link_stat \"/x\\#033\" failed\nresilver: two\nlines\n"
    );
    let quiet = Style {
        quiet: true,
        ..with_v(2)
    };
    let (out, quiet_err) = run(quiet, &events, Outcome::default());
    assert_eq!((out.as_str(), quiet_err), ("", err));
}

#[test]
fn quiet_wins_over_everything() {
    let style = Style {
        quiet: true,
        ..style(2, 1, &[(Info::Progress, 1), (Info::Stats, 2)])
    };
    let mut events = first_run();
    events.push(skip(Kind::Fifo, Skip::NonRegular, "ff"));
    let (out, err) = run(style, &events, Outcome::default());
    assert_eq!((out.as_str(), err.as_str()), ("", ""));
}

#[test]
fn stopped_deletions_are_an_error() {
    let outcome = Outcome {
        deletions_skipped: 2,
        ..Outcome::default()
    };
    let (out, err) = run(archive(), &[], outcome);
    assert_eq!(out, "");
    assert_eq!(
        err,
        "Deletions stopped due to --max-delete limit (2 skipped)\n"
    );
}

#[test]
fn what_others_changed_is_named() {
    let events = [Event::Committed(Committed {
        method: Method::Swap,
        kept: vec!["b/late".into()],
    })];
    let (out, _) = run(archive(), &events, Outcome::default());
    assert_eq!(out, "kept what others changed meanwhile: b/late\n");
}

/// A hundred thousand names are written in pieces of 64 KiB, not one by one.
#[test]
fn names_are_gathered() {
    let (out, err) = (Sink::default(), Sink::default());
    let text = Telling::into_writers(with_v(1), Box::new(out.clone()), Box::new(err));
    text.begin();
    for i in 0..100_000 {
        text.event(item(
            Kind::File,
            Action::Transfer,
            new(),
            &format!("dir{}/name{i:06}", i / 1000),
        ));
    }
    text.finish(&Outcome::default());
    let (bytes, calls) = (out.text().len(), out.calls());
    assert_eq!(out.text().lines().count(), 100_000 + 4);
    assert!(
        calls <= bytes / 65_536 + 20,
        "{calls} calls for {bytes} bytes"
    );
}

/// What stands on standard error comes after what was told before it.
#[test]
fn an_error_does_not_overtake_names() {
    let both = Sink::default();
    let text = Telling::into_writers(with_i(1), Box::new(both.clone()), Box::new(both.clone()));
    text.event(item(Kind::File, Action::Transfer, new(), "a"));
    text.event(Event::Message {
        severity: Severity::Error,
        text: "bad".into(),
    });
    text.event(item(Kind::File, Action::Transfer, new(), "b"));
    text.finish(&Outcome::default());
    assert_eq!(both.text(), ">f+++++++++ a\nresilver: bad\n>f+++++++++ b\n");
}
