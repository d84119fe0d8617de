//! A plain push with `--guard-edits`.

use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d other; echo a > far/a; echo b > far/d/b; echo c > far/c; ages far 1600000000";

#[test]
fn a_plain_push_can_be_guarded() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh(
        "echo mine >> m/a; rm m/d/b; echo mine >> m/c; echo theirs1 >> far/c; echo new > far/new",
    );
    let to = place.far("far/");
    let push = |options: &str| place.room.resilver(&format!("{options} m/ {to}"));
    // Nothing is removed unless that is asked for.
    let said = push("-a -i --guard-edits").code(28);
    said.says(&["<f", " a"])
        .says(&["conflict: c: changed here, changed there"])
        .never_says(&["*deleting"]);
    let left = place.tree("far");
    for line in [
        "a: 644 a+mine",
        "c: 644 c+theirs1",
        "d/b: 644 b",
        "new: 644 new",
    ] {
        assert!(left.contains(&line.into()), "{left:?}");
    }
    push("-a -n -i --delete --guard-edits")
        .code(28)
        .says(&["*deleting", "d/b"]);
    assert!(place.room.exists("far/d/b"));
    push("-av --delete --guard-edits")
        .code(28)
        .says(&["deleting d/b"])
        .says(&["removed there 1, kept there 1"]);
    assert!(!place.room.exists("far/d/b"));
    assert!(place.room.exists("far/new"));
    assert_eq!(place.room.read("far/c"), "c\ntheirs1\n");
    let said = push("-a -i --delete --guard-edits").code(28);
    said.never_says(&["<f"]).never_says(&["*deleting"]);
    place.push("--ours").ok();
    push("-a --delete --guard-edits").ok().silent();
}

#[test]
fn a_removal_that_rules_leave_out_is_still_to_be_sent() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("rm -r m/c m/d; rm far/d/b");
    let to = place.far("far/");
    place
        .room
        .resilver(&format!(
            "-a --delete --exclude=/c --exclude=/d --guard-edits m/ {to}"
        ))
        .ok();
    assert!(place.room.exists("far/c") && place.room.exists("far/d"));
    place.push("--delete-guard=100").ok();
    assert!(!place.room.exists("far/c") && !place.room.exists("far/d"));
    // What is gone on both sides is forgotten, whatever rules there are.
    place.room.sh("rm m/a far/a");
    place
        .room
        .resilver(&format!("-a --delete --exclude=/z --guard-edits m/ {to}"))
        .ok();
    place.room.sh("echo anew > far/a");
    place.push("").ok().never_says(&["conflict"]);
    assert!(place.room.exists("far/a"));
}

#[test]
fn nothing_makes_room_unasked() {
    let place = Place::with(TREE);
    place.room.sh("mkdir far/empty");
    place.pull("-a");
    place
        .room
        .sh("rm -r m/d m/empty; echo file > m/d; echo file > m/empty");
    let to = place.far("far/");
    let push = |options: &str| place.room.resilver(&format!("{options} m/ {to}"));
    for options in ["-a -n --guard-edits", "-a --guard-edits"] {
        push(options).code(23).says(&["could not make way", " d"]);
        assert_eq!(place.room.read("far/d/b"), "b\n");
    }
    assert_eq!(place.room.read("far/empty"), "file\n");
    push("-a --delete --guard-edits").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
}

#[test]
fn only_the_origin_of_a_mirror_is_guarded() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo mine >> m/a");
    let push = |to: &str| place.room.resilver(&format!("-a --guard-edits m/ {to}"));
    push(&place.far("other/"))
        .code(1)
        .says(&["was pulled from", "not from"]);
    assert_eq!(place.tree("other"), [""; 0]);
    push("local/").code(1).says(&["another machine"]);
    push(&place.far("far//.")).ok();
    assert_eq!(place.room.read("far/a"), "a\nmine\n");
    // A source that goes below the destination.
    place
        .room
        .sh("mkdir n; mv m n/far; mv .m.resilver n/.far.resilver; echo more >> n/far/a");
    let up = place.far("");
    place
        .room
        .resilver(&format!("-a --guard-edits n/far {up}"))
        .ok();
    assert_eq!(place.room.read("far/a"), "a\nmine\nmore\n");
}

#[test]
fn what_would_send_less_is_refused() {
    let place = Place::with(TREE);
    place.pull("-a");
    let to = place.far("far/");
    for option in [
        "-u",
        "--existing",
        "--chmod=F600",
        "-L",
        "-R",
        "--json",
        "--size-only",
    ] {
        let said = place
            .room
            .resilver(&format!("-a {option} --guard-edits m/ {to}"));
        said.code(1)
            .says(&["--guard-edits and --", "do not go together"]);
    }
    let said = place.room.resilver(&format!("-lt --guard-edits m/ {to}"));
    said.code(1).says(&["needs --recursive"]);
}

#[test]
fn an_emptied_mirror_empties_nothing_there() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("rm -r m/*");
    let to = place.far("far/");
    let push = |options: &str| {
        let run = format!("-a --delete --guard-edits {options} m/ {to}");
        place.room.resilver(&run)
    };
    for options in ["", "-n", "--delete-guard=99"] {
        push(options).code(26).says(&["4 of 4 entries there"]);
        assert_eq!(place.tree("far").len(), 4);
    }
    push("--delete-guard=100").ok();
    assert_eq!(place.tree("far"), [""; 0]);
}
