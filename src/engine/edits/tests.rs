use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::state::Change::{self, Changed, Created, Deleted, Retyped};
use super::{Edits, Mirror, Plan, Sense, Settlement, State, top_most};
use crate::delta::Checksum;
use crate::stage::catalogue::{Record, Sum};
use crate::sys::{Kind, Time};

const ALL: Sense = Sense {
    perms: true,
    special: true,
    times: true,
};

fn record(kind: Kind, size: u64) -> Record {
    Record {
        kind,
        mode: 0o644,
        size,
        // Who writes into a file gives it another time.
        mtime: match kind {
            Kind::File => written(size),
            _ => written(0),
        },
        target: (kind == Kind::Symlink).then(|| PathBuf::from(size.to_string())),
        rdev: (0, 0),
        sum: None,
    }
}

fn written(size: u64) -> Time {
    Time {
        sec: 100 + i64::try_from(size).expect("a size"),
        nsec: 5,
    }
}

fn file(size: u64) -> Record {
    record(Kind::File, size)
}

fn dir(mode: u32) -> Record {
    Record {
        mode,
        ..record(Kind::Dir, 0)
    }
}

/// A tree by its paths: `d/` is a directory, `l>1` a link, `f=7` a file of seven bytes.
fn tree(text: &str) -> Vec<(PathBuf, Record)> {
    let entry = |word: &str| {
        if let Some((path, mode)) = word.split_once("/=") {
            let mode = u32::from_str_radix(mode, 8).expect("a mode");
            (PathBuf::from(path), dir(mode))
        } else if let Some((path, target)) = word.split_once('>') {
            let target = target.parse().expect("a number");
            (PathBuf::from(path), record(Kind::Symlink, target))
        } else if let Some((path, size)) = word.split_once('=') {
            (PathBuf::from(path), file(size.parse().expect("a size")))
        } else {
            (PathBuf::from(word.trim_end_matches('/')), dir(0o755))
        }
    };
    text.split_whitespace().map(entry).collect()
}

fn edits(base: &str, here: &str, there: &str) -> Edits {
    let mut edits = Edits::new(ALL, tree(base).into_iter());
    for (path, record) in tree(here) {
        edits.here(path, record);
    }
    for (path, record) in tree(there) {
        edits.there(path, record);
    }
    edits
}

fn state(edits: &Edits, path: &str) -> Option<State> {
    edits.states().get(Path::new(path)).copied()
}

fn paths(text: &str) -> BTreeSet<PathBuf> {
    text.split_whitespace().map(PathBuf::from).collect()
}

fn conflict(here: Change, there: Change) -> Option<State> {
    Some(State::Conflict { here, there })
}

/// Every pair of what can happen on two sides. What is made under a path that the base has not can meet nothing
/// but the like there: its pairs with the others are about the directory that it is made in.
#[test]
fn every_pair_of_changes_has_its_state() {
    let sent = |change| Some(State::Send(change));
    let kept = |change| Some(State::Keep(change));
    let agree = Some(State::Agree);
    let cells = [
        // base, here, there, path, state
        ("p=1", "p=1", "p=1", "p", None),
        ("", "", "p=1", "p", kept(Created)),
        ("p=1", "p=1", "p=2", "p", kept(Changed)),
        ("p=1", "p=1", "", "p", kept(Deleted)),
        ("p=1", "p=1", "p>1", "p", kept(Retyped)),
        ("", "p=1", "", "p", sent(Created)),
        ("", "p=1", "p=1", "p", agree),
        ("", "p=1", "p=2", "p", conflict(Created, Created)),
        ("d/", "d/ d/p=1", "d/=700", "d/p", sent(Created)),
        ("d/", "d/ d/p=1", "", "d/p", conflict(Created, Deleted)),
        ("d/", "d/ d/p=1", "d>1", "d/p", conflict(Created, Retyped)),
        ("p=1", "p=2", "p=1", "p", sent(Changed)),
        ("d/", "d/=700", "d/ d/p=1", "d/p", kept(Created)),
        ("p=1", "p=2", "p=2", "p", agree),
        ("p=1", "p=2", "p=3", "p", conflict(Changed, Changed)),
        ("p=1", "p=2", "", "p", conflict(Changed, Deleted)),
        ("p=1", "p=2", "p>1", "p", conflict(Changed, Retyped)),
        ("p=1", "", "p=1", "p", sent(Deleted)),
        ("d/", "", "d/ d/p=1", "d/p", conflict(Deleted, Created)),
        ("p=1", "", "p=2", "p", conflict(Deleted, Changed)),
        ("p=1", "", "", "p", agree),
        ("p=1", "", "p>1", "p", conflict(Deleted, Retyped)),
        ("p=1", "p>1", "p=1", "p", sent(Retyped)),
        ("d/", "d>1", "d/ d/p=1", "d/p", conflict(Retyped, Created)),
        ("p=1", "p>1", "p=2", "p", conflict(Retyped, Changed)),
        ("p=1", "p>1", "", "p", conflict(Retyped, Deleted)),
        ("p=1", "p>1", "p>1", "p", agree),
        ("p=1", "p>1", "p>2", "p", conflict(Retyped, Retyped)),
    ];
    for (base, here, there, path, expected) in cells {
        let edits = edits(base, here, there);
        assert_eq!(state(&edits, path), expected, "{base} | {here} | {there}");
    }
}

#[test]
fn what_counts_as_a_change() {
    let one = |change: fn(&mut Record), sense: Sense, kind: Kind| {
        let base = record(kind, 1);
        let mut here = base.clone();
        change(&mut here);
        let mut edits = Edits::new(sense, [(PathBuf::from("p"), base.clone())].into_iter());
        edits.here("p".into(), here);
        edits.there("p".into(), base);
        state(&edits, "p").is_some()
    };
    let no_perms = Sense {
        perms: false,
        ..ALL
    };
    let not_special = Sense {
        special: false,
        ..ALL
    };
    for (change, sense, kind, counts) in [
        ((|r| r.size = 2) as fn(&mut Record), ALL, Kind::File, true),
        (|r| r.mtime.sec = 9, ALL, Kind::File, true),
        (|r| r.mtime.nsec = 9, ALL, Kind::File, true),
        (|r| r.mtime.nsec = 0, ALL, Kind::File, false),
        (|r| r.mtime.sec = 9, ALL, Kind::Dir, false),
        (|r| r.mtime.sec = 9, ALL, Kind::Symlink, false),
        (|r| r.mode = 0o600, ALL, Kind::File, true),
        (|r| r.mode = 0o600, ALL, Kind::Dir, true),
        (|r| r.mode = 0o777, ALL, Kind::Symlink, false),
        (|r| r.mode = 0o600, no_perms, Kind::File, false),
        (|r| r.mode = 0o4644, ALL, Kind::File, true),
        (|r| r.mode = 0o4644, not_special, Kind::File, false),
        (|r| r.mode = 0o4600, not_special, Kind::File, true),
        (|r| r.target = Some("x".into()), ALL, Kind::Symlink, true),
        (|r| r.rdev = (9, 9), ALL, Kind::CharDevice, true),
        (|r| r.size = 9, ALL, Kind::Fifo, false),
    ] {
        assert_eq!(one(change, sense, kind), counts, "{kind:?} {sense:?}");
    }
}

/// What the mirror has of a file of one byte, by its size and time; whether it is corrupt.
#[test]
fn a_file_that_nobody_wrote_is_no_edit() {
    let whole = |time: Time| Time { nsec: 0, ..time };
    let (then, later) = (written(1), written(2));
    let no_times = Sense {
        times: false,
        ..ALL
    };
    for (base, size, here, sense, is_corrupt) in [
        (then, 0, then, ALL, true),
        (then, 2, then, ALL, true),
        (then, 0, later, ALL, false),
        (then, 0, Time { nsec: 6, ..then }, ALL, false),
        (then, 0, then, no_times, false),
        // A protocol that tells whole seconds: an edit in that second has parts of one.
        (whole(then), 0, whole(then), ALL, true),
        (whole(then), 0, then, ALL, false),
        // A file system that keeps whole seconds.
        (then, 0, whole(then), ALL, true),
    ] {
        let of = |size, mtime| Record {
            mtime,
            ..file(size)
        };
        let base = of(1, base);
        let mut edits = Edits::new(sense, [(PathBuf::from("p"), base.clone())].into_iter());
        edits.here("p".into(), of(size, here));
        edits.there("p".into(), base);
        let corrupt = State::Corrupt { there: None };
        let expected = match is_corrupt {
            true => corrupt,
            false => State::Send(Changed),
        };
        assert_eq!(state(&edits, "p"), Some(expected), "{size} {here:?}");
        let plan = edits.plan(Settlement::None, true);
        assert_eq!(plan.is_idle(), is_corrupt);
        assert_eq!(plan.corrupt.is_empty(), !is_corrupt);
    }
}

#[test]
fn what_is_corrupt_is_settled_as_conflicts_are() {
    let settled = |there: &str, settlement| {
        let mut edits = edits("d/ d/p=9", "d/", there);
        let cut = Record { size: 4, ..file(9) };
        edits.here("d/p".into(), cut);
        edits.plan(settlement, true)
    };
    let p = paths("d/p");
    for (there, change) in [
        ("d/ d/p=9", None),
        ("d/ d/p=8", Some(Changed)),
        ("d/", Some(Deleted)),
        ("d/ d/p/", Some(Retyped)),
    ] {
        let plan = settled(there, Settlement::None);
        assert!(plan.is_idle(), "{plan:?}");
        assert_eq!(plan.corrupt, [("d/p".into(), change)]);
        assert_eq!(settled(there, Settlement::Ours).send, p, "{there}");
        let theirs = settled(there, Settlement::Theirs);
        let here = match change {
            Some(Deleted) => &theirs.remove_here,
            _ => &theirs.fetch,
        };
        assert_eq!(here, &p, "{there}");
        let both = settled(there, Settlement::Both);
        let (sent, left) = match change {
            Some(Deleted) => (&both.send, 0),
            Some(Retyped) => (&both.send, 1),
            _ => (&both.send_beside, 0),
        };
        assert_eq!((sent == &p, both.corrupt.len()), (left == 0, left));
    }
    // Both sides have the same by now, whatever it is.
    let mut same = edits("p=9", "", "");
    let cut = Record { size: 4, ..file(9) };
    same.here("p".into(), cut.clone());
    same.there("p".into(), cut);
    assert_eq!(state(&same, "p"), Some(State::Agree));
}

#[test]
fn content_decides_where_only_the_time_differs() {
    let room = tempfile::tempdir().expect("a directory");
    for name in ["same", "other", "hidden"] {
        std::fs::write(room.path().join(name), b"x\n").expect("a file");
    }
    let mut sum = Checksum::Md5.stream().expect("a sum");
    sum.update(b"x\n");
    let known = Sum {
        algorithm: Checksum::Md5,
        digest: sum.finish(),
    };
    let other = Checksum::Md5.stream().expect("a sum").finish();
    let with = |digest| Record {
        sum: Some(Sum { digest, ..known }),
        ..file(2)
    };
    let base = [
        ("same", with(known.digest)),
        ("other", with(other)),
        ("hidden", file(2)),
        ("gone", file(2)),
    ];
    let base = base.map(|(path, record)| (PathBuf::from(path), record));
    let mut edits = Edits::new(ALL, base.clone().into_iter());
    for name in ["same", "other"] {
        let mtime = Time { sec: 7, nsec: 0 };
        edits.here(name.into(), Record { mtime, ..file(2) });
    }
    for (path, record) in base {
        edits.there(path, record);
    }
    edits.look(&Mirror::open(room.path()).expect("a directory"));
    assert_eq!(state(&edits, "same"), None);
    assert_eq!(state(&edits, "other"), Some(State::Send(Changed)));
    // What is there and was not listed is not gone.
    assert_eq!(state(&edits, "hidden"), None);
    assert_eq!(state(&edits, "gone"), Some(State::Send(Deleted)));
}

#[test]
fn a_directory_goes_as_long_as_nothing_new_is_in_it() {
    let base = "d/ d/a=1 d/e/ d/e/b=1 k=1";
    let plan = edits(base, "k=1", base).plan(Settlement::None, true);
    assert_eq!(plan.remove_there, paths("d d/a d/e d/e/b"));
    assert_eq!(
        top_most(&plan.remove_there).collect::<Vec<_>>(),
        [Path::new("d")]
    );
    // Something was changed in it: it stays, and so does what is on the way to that.
    let changed = edits(base, "k=1", "d/ d/a=1 d/e/ d/e/b=2 k=1");
    let plan = changed.plan(Settlement::None, true);
    assert_eq!(plan.remove_there, paths("d/a"));
    assert_eq!(plan.conflicts, [("d/e/b".into(), Deleted, Changed)]);
    let plan = changed.plan(Settlement::Ours, true);
    assert_eq!(plan.remove_there, paths("d d/a d/e d/e/b"));
    let plan = changed.plan(Settlement::Theirs, true);
    assert_eq!(plan.remove_there, paths("d/a"));
    assert_eq!(plan.fetch, paths("d d/e d/e/b"));
    assert_eq!(plan, changed.plan(Settlement::Both, true));
    // Removing was not asked for.
    let plan = edits(base, "k=1", base).plan(Settlement::None, false);
    assert!(plan.is_idle());
}

#[test]
fn a_directory_that_is_a_conflict_takes_its_content_with_it() {
    let base = "d/ d/a=1 d/b=1";
    // Gone here, other permissions there.
    let gone = edits(base, "", "d/=700 d/a=1 d/b=1");
    let plan = gone.plan(Settlement::None, true);
    assert!(plan.is_idle());
    assert_eq!(plan.conflicts, [("d".into(), Deleted, Changed)]);
    let plan = gone.plan(Settlement::Ours, true);
    assert_eq!(plan.remove_there, paths("d d/a d/b"));
    let plan = gone.plan(Settlement::Theirs, true);
    assert_eq!(plan.fetch, paths("d d/a d/b"));
    // The other way round.
    let gone = edits(base, "d/=700 d/a=1 d/b=1", "");
    let plan = gone.plan(Settlement::None, true);
    assert!(plan.is_idle());
    let plan = gone.plan(Settlement::Ours, true);
    assert_eq!(plan.send, paths("d d/a d/b"));
    let plan = gone.plan(Settlement::Theirs, true);
    assert_eq!(plan.remove_here, paths("d d/a d/b"));
}

#[test]
fn what_makes_room_is_removed_first() {
    let base = "d/ d/a=1 f=1";
    let both = edits(base, "d=1 f/ f/n=1", base);
    let plan = both.plan(Settlement::None, true);
    assert_eq!(plan.remove_there, paths("d d/a"));
    assert_eq!(plan.send, paths("d f f/n"));
    assert!(plan.conflicts.is_empty());
    // Removing was not asked for: what receives it makes room for itself, or says that it cannot.
    let plan = both.plan(Settlement::None, false);
    assert!(plan.remove_there.is_empty());
    assert_eq!(plan.send, paths("d f f/n"));
    // Somebody made something in the directory meanwhile.
    let there = "d/ d/a=1 d/new=1 f=1";
    let plan = edits(base, "d=1 f=1", there).plan(Settlement::None, true);
    assert!(plan.is_idle());
    let expected = [
        ("d".into(), Retyped, Changed),
        ("d/new".into(), Retyped, Created),
    ];
    assert_eq!(plan.conflicts, expected);
    let plan = edits(base, "d=1 f=1", there).plan(Settlement::Ours, true);
    assert_eq!(plan.remove_there, paths("d d/a d/new"));
    assert_eq!(plan.send, paths("d"));
    let plan = edits(base, "d=1 f=1", there).plan(Settlement::Theirs, true);
    assert_eq!(plan.fetch, paths("d d/a d/new"));
    assert!(plan.remove_here.is_empty());
    // The same the other way round.
    let plan = edits(base, "d/ d/a=1 d/new=1 f=1", "d=1 f=1").plan(Settlement::Theirs, true);
    assert_eq!(plan.remove_here, paths("d/new"));
}

#[test]
fn both_are_kept_where_that_makes_sense() {
    let plan = |base, here, there| edits(base, here, there).plan(Settlement::Both, true);
    let both = plan("p=1 l=1", "p=2 l>1", "p=3 l=2");
    assert_eq!(both.send_beside, paths("l p"));
    // What one side removed comes back.
    let back = plan("p=1 q=1", "p=2", "q=2");
    assert_eq!((&back.send, &back.fetch), (&paths("p"), &paths("q")));
    // A directory against a file, a directory that is a file there: no.
    for (base, here, there) in [
        ("", "p=1", "p/"),
        ("d/", "d/ d/p=1", "d=1"),
        ("d/ d/a=1", "d=1", "d/ d/a=2"),
        ("d/", "d/=700", "d/=711"),
    ] {
        let plan = plan(base, here, there);
        assert!(plan.is_idle(), "{plan:?}");
        assert!(!plan.conflicts.is_empty(), "{plan:?}");
    }
}

#[test]
fn what_an_incomplete_list_has_not_takes_no_part() {
    let base = "a=1 d/ d/x=1 d/y=1 e/ e/z=1 g=1";
    // Gone from the list: what is in `d`, and `a`; `e` became a file there, and so took its content with it.
    let mut edits = edits(base, "a=2 d/ d/x=2 d/new=1 e/ e/z=1 n=1", "d/ e=1 g=1");
    assert_eq!(edits.leave_out_unknown(), 4);
    let left: Vec<_> = edits.states().into_iter().collect();
    let expected = [
        ("e", State::Keep(Retyped)),
        ("e/z", State::Keep(Deleted)),
        ("g", State::Send(Deleted)),
    ];
    let expected = expected.map(|(path, state)| (Path::new(path), state));
    assert_eq!(left, expected);
}

#[test]
fn no_directory_goes_by_an_incomplete_list() {
    let base = "d/ d/x=1 f/ f/x=1 g=1";
    let mut edits = edits(base, "f=1", base);
    assert_eq!(edits.leave_out_unknown(), 4);
    let plan = edits.plan(Settlement::Ours, true);
    assert_eq!(plan.remove_there, paths("g"));
    assert!(plan.send.is_empty() && plan.conflicts.is_empty());
}

/// Whatever happens on two sides: what is done never touches what is not on the list for it.
#[test]
fn nothing_that_others_made_is_touched() {
    let trees = [
        "",
        "d/",
        "d/ d/a=1",
        "d/ d/a=2",
        "d/ d/a=1 d/b=1",
        "d/=700 d/a=1",
        "d=1",
        "d>1",
        "d/ d/a/ d/a/x=1",
        "d/ d/a/ d/a/x=1 d/a/y=1",
    ];
    for base in trees {
        for here in trees {
            for there in trees {
                let edits = edits(base, here, there);
                check(&edits, &edits.plan(Settlement::None, true));
                for settlement in [Settlement::Ours, Settlement::Theirs] {
                    let plan = edits.plan(settlement, true);
                    assert!(plan.conflicts.is_empty(), "{base} | {here} | {there}");
                }
            }
        }
    }

    fn check(edits: &Edits, plan: &Plan) {
        for path in plan.remove_there.iter().chain(&plan.send) {
            let entry = &edits.entries[path.as_path()];
            let (_, there) = entry.changes();
            assert_eq!(there, None, "{path:?} of {edits:?}");
        }
        assert!(plan.fetch.is_empty() && plan.remove_here.is_empty());
        // What is removed there is removed whole.
        for path in &plan.remove_there {
            for (below, entry) in edits.below(path) {
                let goes = entry.there().is_none() || plan.remove_there.contains(below);
                assert!(goes, "{below:?} of {edits:?}");
            }
        }
        // What is sent has a directory to go into.
        for path in &plan.send {
            let parent = path.parent().unwrap_or(Path::new(""));
            let is_dir = edits.kind_there(parent) == Some(Kind::Dir);
            let has = parent.as_os_str().is_empty() || is_dir || plan.send.contains(parent);
            assert!(has, "{path:?} of {edits:?}");
        }
    }
}
