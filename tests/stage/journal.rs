//! Changing by a plan: what is done, kept, passed over, taken back.

use std::fs;
use std::path::PathBuf;

use resilver::stage::{CommitChoice, Method, Policy, Root, Stage, undo};
use resilver::sys::Dir;

use crate::driver::{How, MIRROR, Moment, mirror, mirror_with};
use crate::swap::{Bench, bench, change};
use crate::trees::{grow, picture, read};

pub fn journal() -> Policy {
    Policy {
        commit: CommitChoice::Only(Method::Journal),
        no_fsync: true,
        ..Policy::default()
    }
}

/// A first tree mirrored by a plan, and a source that differs in every way.
pub fn two_states(bench: &Bench) -> (String, String) {
    grow(
        &bench.src,
        &[
            "a = one",
            "b = two",
            "d/c = three",
            "d/e/f = four",
            "l -> a",
            "h == b",
            "empty",
        ],
    );
    mirror(&bench.src, &bench.dst, &journal(), MIRROR).unwrap();
    let first = picture(&bench.src);
    assert_eq!(picture(&bench.dst), first);
    change(&bench.src);
    (first, picture(&bench.src))
}

#[test]
fn a_plan_makes_the_destination_equal_and_undo_takes_it_back() {
    let bench = bench();
    let (first, second) = two_states(&bench);
    let ran = mirror(&bench.src, &bench.dst, &journal(), MIRROR).unwrap();
    let commit = ran.commit.unwrap();
    assert_eq!((commit.method, commit.kept.len()), (Method::Journal, 0));
    assert_eq!(picture(&bench.dst), second);
    assert_eq!(read(bench.state.join("previous/a")), "one");
    let shown = undo(&bench.dst, &journal(), false, true).unwrap();
    assert_eq!(picture(&bench.dst), second, "a dry run changes nothing");
    let undone = undo(&bench.dst, &journal(), false, false).unwrap();
    assert_eq!(shown, undone);
    assert_eq!(undone.kept, Vec::<PathBuf>::new());
    assert_eq!(picture(&bench.dst), first);
    assert!(undo(&bench.dst, &journal(), false, false).unwrap().redo);
    assert_eq!(picture(&bench.dst), second);
    undo(&bench.dst, &journal(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), first);
    mirror(&bench.src, &bench.dst, &journal(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), second);
}

#[test]
fn what_others_do_before_the_plan_is_carried_out_stays() {
    let bench = bench();
    two_states(&bench);
    let dst = bench.dst.clone();
    let ran = mirror_with(&bench.src, &bench.dst, &journal(), MIRROR, &mut |moment| {
        if moment == Moment::Staged {
            fs::write(dst.join("new"), "new").unwrap();
            fs::write(dst.join("a"), "edited in place").unwrap();
            fs::write(dst.join("empty/late"), "late").unwrap();
        }
    })
    .unwrap();
    let kept = ran.commit.unwrap().kept;
    assert_eq!(kept, [PathBuf::from("a"), "empty/late".into()]);
    assert_eq!(read(bench.dst.join("a")), "edited in place");
    assert_eq!(read(bench.dst.join("empty/late")), "late");
    assert_eq!(read(bench.dst.join("new")), "new");
    assert_eq!(read(bench.dst.join("h/now/a")), "dir");
}

#[test]
fn undo_keeps_what_people_did_since() {
    let bench = bench();
    two_states(&bench);
    mirror(&bench.src, &bench.dst, &journal(), MIRROR).unwrap();
    fs::write(bench.dst.join("a"), "edited since").unwrap();
    fs::write(bench.dst.join("n/mine"), "mine").unwrap();
    fs::write(bench.dst.join("other"), "other").unwrap();
    let undone = undo(&bench.dst, &journal(), false, false).unwrap();
    assert_eq!(undone.kept, [PathBuf::from("a"), "n/mine".into()]);
    assert_eq!(read(bench.dst.join("a")), "edited since");
    assert_eq!(read(bench.dst.join("n/mine")), "mine");
    assert_eq!(read(bench.dst.join("other")), "other");
    assert!(!bench.dst.join("n/m").exists());
    assert_eq!(read(bench.dst.join("d/e/f")), "four");
}

#[test]
fn a_merge_leaves_alone_what_is_not_in_the_source() {
    let bench = bench();
    grow(&bench.dst, &["theirs/x = x", "shared/y = y"]);
    grow(&bench.src, &["shared/z = z", "top = t"]);
    let how = How {
        delete: false,
        settle: true,
    };
    let auto = Policy {
        no_fsync: true,
        ..Policy::default()
    };
    let ran = mirror(&bench.src, &bench.dst, &auto, how).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Journal);
    assert_eq!(read(bench.dst.join("theirs/x")), "x");
    assert_eq!(read(bench.dst.join("shared/y")), "y");
    assert_eq!(read(bench.dst.join("shared/z")), "z");
    assert!(!bench.state.join("next").exists());
}

#[test]
fn a_single_file_has_state_of_its_own() {
    let bench = bench();
    grow(&bench.dst, &["one = old", "two = x"]);
    let root = Root {
        path: &bench.dst,
        single: Some("one".as_ref()),
    };
    let stage = Stage::open(root, &Policy::default()).unwrap();
    assert_eq!(stage.begin(false).unwrap(), Method::Journal);
    let place = stage.place("".as_ref(), false).unwrap();
    let live = Dir::open(&bench.dst).unwrap();
    let old = live.stat(b"one").unwrap();
    use std::io::Write;
    let mut file = place.dir().create_file(b"one", 0o644).unwrap();
    file.write_all(b"new").unwrap();
    let new = place.dir().stat(b"one").unwrap();
    stage.made(&place, b"one", &new, Some(&old)).unwrap();
    stage.commit(&resilver::stage::Summary::default()).unwrap();
    stage.settle().unwrap();
    drop(stage);
    assert_eq!(read(bench.dst.join("one")), "new");
    let kept = bench.dst.join(".one.resilver/previous/one");
    assert_eq!(read(kept), "old");
    undo(&bench.dst.join("one"), &Policy::default(), false, false).unwrap();
    assert_eq!(read(bench.dst.join("one")), "old");
}
