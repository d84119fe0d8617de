//! Points of a source elsewhere, and points elsewhere.

use crate::kit::{Room, assert_same};
use crate::series::points;

/// The other machine is this one.
const SHELL: &str = concat!(
    "-e ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/oracle/remote-shell"
);
const SOURCE: &str = "mkdir -p s/d; echo 1 > s/a; echo 1 > s/d/b; ln s/a s/same; ages s 1700000000";

#[track_caller]
fn two_points(room: &Room, run: impl Fn() -> crate::kit::Said) {
    run().ok();
    room.sh("echo 2 >> s/d/b");
    run().ok();
    let all: Vec<String> = points(room).into_iter().collect();
    assert_eq!(all.len(), 2, "{all:?}");
    assert_same(&room.tree("s"), &room.tree(&format!("p/{}", all[1])));
    let inode =
        |at: usize, path: &str| crate::series::inode(room, &format!("p/{}/{path}", all[at]));
    assert_eq!(inode(0, "a"), inode(1, "a"));
    assert_ne!(inode(0, "d/b"), inode(1, "d/b"));
}

#[test]
fn a_pull_from_a_stock_rsync() {
    let room = Room::with(SOURCE);
    let here = room.path().display().to_string();
    two_points(&room, || {
        room.resilver(&format!("-aH {SHELL} --time-points far:{here}/s/ p"))
    });
}

#[test]
fn a_push_to_a_resilver() {
    let room = Room::with(SOURCE);
    let here = room.path().display().to_string();
    let push = |more: &str| {
        room.resilver(&format!(
            "-aH {SHELL} --rsync-path=\"$RESILVER\" --time-points {more} s/ far:{here}/p"
        ))
    };
    two_points(&room, || push(""));
    push("-n --keep=last=1").ok().says(&["would delete"]);
    assert_eq!(points(&room).len(), 2);
    push("-v --keep=last=1,yearly=all")
        .ok()
        .says(&["deleted time point"]);
    assert_eq!(points(&room).len(), 1);
}

#[test]
fn a_push_to_a_stock_rsync_is_refused_before_anything_changes() {
    let room = Room::with(SOURCE);
    let here = room.path().display().to_string();
    for more in ["", "--keep=last=7,weekly=all", "--delete --protocol=29"] {
        let push = format!("-aH {SHELL} --time-points {more} s/ far:{here}/p");
        room.resilver(&push).code(4).says(&["makes no time points"]);
        assert!(!room.exists("p"), "{more}");
    }
    let beside = format!("-a {SHELL} --time-points=q s/ far:{here}/p");
    room.resilver(&beside).code(4).says(&["--time-points=DIR"]);
}
