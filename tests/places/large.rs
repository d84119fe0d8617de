//! Trees that are deep, and files that are large enough for a run to be killed among them.

use crate::kit::{Room, assert_same};

/// Thousands of levels below one name: every walk of a run and of an undo goes down there.
#[test]
fn a_deep_tree_is_mirrored_updated_and_undone() {
    let room = Room::new();
    let dive = "for i in $(seq 700); do echo $i > f; mkdir d; cd d; done";
    room.sh(&format!("mkdir s; (cd s; {dive})"));
    for update in [
        "true",
        "echo more > s/t",
        "rm -r s/d/d/d",
        "echo less > s/t",
    ] {
        room.sh(update);
        room.resilver("-a --delete s/ d/").ok();
        room.resilver("-ai --delete s/ d/").ok().silent();
    }
    room.resilver("undo d").ok();
    room.resilver("tidy d").ok();
}

/// A run that waits for the one that makes the destination goes on from what that one made.
#[test]
fn waiting_for_the_run_that_makes_the_destination() {
    let room = Room::with("mkdir s; echo a > s/a; echo b > s/b; ages s 1000000000");
    room.sh(
        "\"$RESILVER\" -a --delete --gate=': > at-gate; until [ -e go ]; do sleep .02; done' s/ d/ & first=$!
         n=0; until [ -e at-gate ]; do sleep .02; n=$((n+1)); [ $n -lt 500 ] || exit 99; done
         (sleep .5; : > go) & echo c > s/c; \"$RESILVER\" -a --delete --wait s/ d/ || exit 97; wait $first",
    );
    assert_same(&room.tree("s"), &room.tree("d"));
    assert!(!room.exists(".d.resilver.stale-1"), "state was set aside");
}

/// Large files that were complete when the run was killed are known again.
#[test]
fn complete_large_files_survive_a_kill() {
    let room = Room::new();
    room.sh(
        "mkdir s; for i in 1 2 3 4 5 6; do head -c 8M /dev/zero > s/$i; done; ages s 1000000000",
    );
    room.set("RESILVER_CUT", "stage.finish-dir");
    assert_ne!(
        room.try_sh("\"$RESILVER\" -a s/ d/").code,
        0,
        "it was not cut"
    );
    room.unset();
    let status = room.status("d");
    let entries = status["interrupted"]["entries"].as_u64();
    if cfg!(debug_assertions) {
        assert!(entries >= Some(5), "{status}");
    }
    room.resilver("-a s/ d/").ok();
    assert_same(&room.tree("s"), &room.tree("d"));
}
