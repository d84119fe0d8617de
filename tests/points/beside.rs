//! Points beside an ordinary mirror share nothing with it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

use crate::kit::{Room, assert_same};
use crate::series::{inode, night, points};

fn inodes(room: &Room, dir: &str) -> BTreeSet<u64> {
    walkdir::WalkDir::new(room.at(dir))
        .into_iter()
        .map(|entry| entry.expect("an entry").metadata().expect("metadata").ino())
        .collect()
}

fn mirror(room: &Room, day: u32, more: &str) -> crate::kit::Said {
    let name = night(day);
    room.resilver(&format!(
        "-aH --delete --point-time={name} --time-points=p {more} s/ live"
    ))
}

const SOURCE: &str = "
    mkdir -p s/d; echo 1 > s/a; echo 1 > s/d/b; ln s/a s/d/same; ln -s a s/l; truncate -s 2M s/hole
    ages s 1700000000";

#[test]
fn points_share_no_inode_with_the_mirror() {
    let room = Room::with(SOURCE);
    mirror(&room, 1, "").ok().silent();
    room.sh("echo 2 >> s/d/b; rm s/l");
    mirror(&room, 2, "").ok().silent();
    let (a, b) = (night(1), night(2));
    assert_same(&room.tree("s"), &room.tree("live"));
    assert_same(&room.tree("s"), &room.tree(&format!("p/{b}")));
    let shared = |path: &str| {
        inode(&room, &format!("p/{a}/{path}")) == inode(&room, &format!("p/{b}/{path}"))
    };
    assert!(shared("a") && shared("hole") && !shared("d/b"));
    assert!(inodes(&room, "live").is_disjoint(&inodes(&room, "p")));
    // Who edits the mirror in place rewrites no history.
    room.sh("echo edited > live/a");
    assert_eq!(room.read(&format!("p/{b}/a")), "1\n");
}

#[test]
fn rules_hold_beside_as_well_and_only_after_a_good_run() {
    let room = Room::with(SOURCE);
    mirror(&room, 1, "").ok();
    let before = room.tree("p");
    mirror(&room, 2, "-n --keep=last=1")
        .ok()
        .says(&["would delete", &night(1)]);
    assert_eq!(before, room.tree("p"));
    // One source is missing: the mirror is not complete.
    mirror(&room, 2, "--keep=last=1 nowhere").code(23);
    assert_eq!(points(&room).len(), 2);
    mirror(&room, 3, "--keep=last=1").ok();
    assert_eq!(points(&room), [night(3)].into());
}

#[test]
fn they_have_no_place_in_the_mirror() {
    let room = Room::with(SOURCE);
    let said = room.resilver("-a --time-points=live/p s/ live").code(3);
    said.says(&["part of the mirror"]);
}
