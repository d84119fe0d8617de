//! State that belongs to another tree, and other destinations inside or around.

use crate::kit::{Room, assert_same};

const FIXTURE: &str = "mkdir -p s/sub; echo one > s/a; echo one > s/sub/b; ages s 1000000000";

/// Another directory under the destination's name: its state is set aside and told, never used.
#[test]
fn live_replaced_by_another_directory() {
    for method in ["swap", "journal", "auto"] {
        let room = Room::with(FIXTURE);
        let options = format!("-a --delete --commit={method} s/ d/");
        room.resilver(&options).ok();
        room.sh("echo two > s/a; ages s/a 1100000000");
        room.resilver(&options).ok();
        room.sh("mv d elsewhere; mkdir d; echo stranger > d/stranger");
        let stranger = room.tree("d");
        room.resilver(&options).ok().says(&["aside"]);
        assert_same(&room.tree("s"), &room.tree("d"));
        assert_eq!(room.read("elsewhere/a"), "two\n");
        room.resilver("undo d").ok();
        assert_same(&stranger, &room.tree("d"));
    }
}

/// Undo is about the directory that was switched, not about another of its name.
#[test]
fn undo_of_another_directory() {
    let room = Room::with(FIXTURE);
    room.resilver("-a --delete s/ d/").ok();
    room.sh("echo two > s/a; ages s/a 1100000000");
    room.resilver("-a --delete s/ d/").ok();
    room.sh("mv d elsewhere; mkdir d; echo stranger > d/stranger");
    let stranger = room.tree("d");
    let undo = room.resilver("undo d");
    assert_ne!(undo.code, 0, "{undo}");
    assert!(undo.has(&["aside"]), "{undo}");
    assert_same(&stranger, &room.tree("d"));
}

/// The old destination moved away and came back is the same one, with its state.
#[test]
fn live_moved_away_and_back() {
    let room = Room::with(FIXTURE);
    room.resilver("-a --delete s/ d/").ok();
    room.sh("echo two > s/a; ages s/a 1100000000");
    room.resilver("-a --delete s/ d/").ok();
    room.sh("mv d x; mv x d");
    room.resilver("undo d").ok().never_says(&["aside"]);
    assert_eq!(room.read("d/a"), "one\n");
}

/// The destination is gone: the next run makes it anew, whatever the state says.
#[test]
fn live_removed() {
    let room = Room::with(FIXTURE);
    room.resilver("-a --delete s/ d/").ok();
    room.sh("echo two > s/a; ages s/a 1100000000");
    room.resilver("-a --delete s/ d/").ok();
    room.sh("rm -r d");
    room.resilver("-a --delete s/ d/").ok();
    assert_same(&room.tree("s"), &room.tree("d"));
    room.resilver("-ai --delete s/ d/").ok().silent();
}

/// A copy of a destination made by another program, its state copied along: that state is none of the copy's.
#[test]
fn state_that_was_copied_along() {
    let room = Room::with(FIXTURE);
    room.sh("mkdir p");
    room.resilver("-a --delete s/ p/d/").ok();
    room.sh("echo two > s/a; ages s/a 1100000000");
    room.resilver("-a --delete s/ p/d/").ok();
    room.sh("cp -a p q");
    let before = room.tree("q/d");
    let undo = room.resilver("undo q/d");
    assert_ne!(undo.code, 0, "{undo}");
    assert_same(&before, &room.tree("q/d"));
    room.sh("echo three > s/a");
    room.resilver("-a --delete s/ q/d/").ok();
    assert_same(&room.tree("s"), &room.tree("q/d"));
    assert_eq!(room.read("p/d/a"), "two\n");
    room.resilver("undo p/d").ok();
    assert_eq!(room.read("p/d/a"), "one\n");
}

/// A destination within another: its state is not listed, transferred or deleted, and nothing is switched over it.
#[test]
fn a_destination_within_another() {
    let room = Room::with(FIXTURE);
    room.sh("mkdir inner; echo inner > inner/i");
    room.resilver("-a --delete s/ d/").ok();
    room.resilver("-a --delete inner/ d/inner/").ok();
    room.sh("echo inner two > inner/i");
    room.resilver("-a --delete inner/ d/inner/").ok();
    assert_eq!(room.method("d/inner"), "journal");
    room.sh("echo two > s/a; ages s/a 1100000000");
    let said = room.resilver("-av --delete --exclude=/inner s/ d/").ok();
    assert!(!said.out.contains(".inner"), "{said}");
    assert_eq!(room.method("d"), "journal");
    assert_eq!(room.read("d/a"), "two\n");
    assert_eq!(room.read("d/inner/i"), "inner two\n");
    room.resilver("undo d/inner").ok();
    assert_eq!(room.read("d/inner/i"), "inner\n");
    room.resilver("-a -I --delete --exclude=/inner --commit=swap s/ d/")
        .code(4)
        .says(&["cannot be switched"]);
}

/// Deleting a destination within the destination removes its tree, and leaves what it keeps.
#[test]
fn state_inside_is_never_deleted() {
    let room = Room::with(FIXTURE);
    room.sh("mkdir inner; echo inner > inner/i; mkdir d");
    room.resilver("-a inner/ d/sub/").ok();
    room.sh("echo inner two > inner/i");
    room.resilver("-a inner/ d/sub/").ok();
    room.resilver("-a --delete s/ d/").ok();
    assert_eq!(room.read("d/sub/b"), "one\n");
    assert!(room.exists("d/.sub.resilver/signature"));
    assert!(!room.exists("d/sub/i"));
}

/// A source that holds destinations: their state stays at home. What only looks like state is a directory like any.
#[test]
fn state_in_the_source_is_not_transferred() {
    let room = Room::with(FIXTURE);
    room.sh("mkdir home");
    room.resilver("-a s/ home/d/").ok();
    assert!(room.exists("home/.d.resilver/signature"));
    room.sh("mkdir home/.mine.resilver; echo mine > home/.mine.resilver/file; echo f > home/.f.resilver");
    room.resilver("-av home/ far/")
        .ok()
        .never_says(&[".d.resilver"]);
    assert_same(&room.tree("home/d"), &room.tree("far/d"));
    assert!(!room.exists("far/.d.resilver"));
    assert_eq!(
        room.read("far/.mine.resilver/file") + &room.read("far/.f.resilver"),
        "mine\nf\n"
    );
    room.resilver("-a --delete s/ far/").ok();
    assert!(!room.exists("far/.mine.resilver") && !room.exists("far/.f.resilver"));
}
