//! A second run with nothing to do moves nothing: no time, no inode, no name.

use crate::kit::{Room, assert_same};

const FIXTURE: &str = "
    mkdir -p s/sub/deep s/empty; for i in $(seq 50); do echo $i > s/sub/deep/$i; done
    echo a > s/a; ln s/a s/sub/linked; ln -s a s/soft; mkfifo s/pipe; chmod 0555 s/empty; chmod 0750 s/sub
    ages s 1000000000.5; touch -d @1000000000.123456789 s/a";

/// Name, inode, links, mode, owner, size, change, modification; and the access times of directories.
fn everything(room: &Room, paths: &str) -> String {
    let said = room.sh(&format!(
        "find {paths} -printf '%p %i %n %m %U:%G %s c%C@ m%T@ %b\\n' | sort
         find {paths} -type d -printf '%p a%A@\\n' | sort"
    ));
    said.out
}

fn is_quiet(fixture: &str, run: &str, again: &str) {
    let room = Room::with(fixture);
    if !run.is_empty() {
        room.resilver(run).ok();
    }
    // Looking at directories may move their access times: once before, so that the second look is free.
    everything(&room, "p");
    room.sh("sleep 0.02");
    let before = everything(&room, "p");
    room.resilver(again).ok().silent();
    let after = everything(&room, "p");
    let moved: Vec<_> = before
        .lines()
        .zip(after.lines())
        .filter(|(a, b)| a != b)
        .collect();
    assert!(before == after, "{run}: moved: {moved:#?}");
}

#[test]
fn after_each_method() {
    for method in ["swap", "journal", "direct", "auto"] {
        let run = format!("-aH --delete --commit={method} s/ p/d/");
        let fixture = format!("{FIXTURE}\nmkdir p");
        is_quiet(&fixture, &run, &run);
        is_quiet(&fixture, &run, &run.replace("-aH", "-aHi"));
        is_quiet(&fixture, &run, &run.replace("-aH", "-aHc"));
    }
}

/// With a generation kept, and beside an undo.
#[test]
fn from_the_second_switch_on() {
    for method in ["swap", "journal"] {
        let room = Room::with(FIXTURE);
        room.sh("mkdir p");
        let run = format!("-aH --delete --commit={method} s/ p/d/");
        room.resilver(&run).ok();
        room.sh("echo other > s/a; rm s/soft");
        room.resilver(&run).ok();
        everything(&room, "p");
        let before = everything(&room, "p");
        room.resilver(&run).ok().silent();
        assert_eq!(before, everything(&room, "p"), "{method}");
        room.resilver("undo p/d").ok();
        room.resilver("undo p/d").ok();
        let before = everything(&room, "p");
        room.resilver(&run).ok().silent();
        assert_eq!(before, everything(&room, "p"), "{method}");
    }
}

/// Where rsync or cp made the mirror, no state is made for a run that finds it good.
#[test]
fn no_state_where_none_was() {
    for make in ["rsync -aH s/ p/d/", "cp -a s p/d"] {
        for again in [
            "-aH s/ p/d/",
            "-aH --delete s/ p/d/",
            "-a --commit=journal s/ p/d",
            "-rltD --commit=swap s/ p/d",
        ] {
            let fixture = format!("{FIXTURE}\nmkdir p; {make}; touch -r s p/d");
            is_quiet(&fixture, "", again);
        }
    }
}

/// Nor by a dry run that finds much to do.
#[test]
fn a_dry_run_moves_nothing() {
    let room = Room::with(FIXTURE);
    room.sh("mkdir -p p/d; echo old > p/d/old; echo old > p/d/a");
    everything(&room, "p");
    let before = everything(&room, "p");
    room.resilver("-an --delete s/ p/d/").ok();
    room.resilver("-an s/ p/not-there/").ok();
    assert_eq!(before, everything(&room, "p"));
}

/// A single file.
#[test]
fn a_single_file() {
    let room = Room::with("mkdir p; echo a > a; touch -d @1000000000 a");
    room.resilver("-a a p/b").ok();
    everything(&room, "p");
    let before = everything(&room, "p");
    room.resilver("-a a p/b").ok().silent();
    assert_eq!(before, everything(&room, "p"));
    room.sh("cmp a p/b");
}

/// Only what changed moves: an unchanged file keeps inode and change time... of all but its link count.
#[test]
fn what_is_unchanged_stays_the_same_inode() {
    for method in ["swap", "journal"] {
        let room = Room::with(FIXTURE);
        let run = format!("-aH --delete --commit={method} s/ d/");
        room.resilver(&run).ok();
        let inodes = "find d ! -type d ! -name a ! -name linked -printf '%p %i %m %T@\\n' | sort";
        let before = room.sh(inodes).out;
        room.sh("echo changed > s/a");
        room.resilver(&run).ok();
        assert_eq!(before, room.sh(inodes).out, "{method}");
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}
