//! A directory of time points under test, with the copies that say what is right.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::kit::{Room, Said, assert_same};

/// A night's name.
pub fn night(day: u32) -> String {
    let (month, day) = ((day - 1) / 28 + 1, (day - 1) % 28 + 1);
    format!("2026-{month:02}-{day:02}T03-00-00Z")
}

/// A run at a night's time, of `s/` into `p`.
pub fn run_at(room: &Room, day: u32, more: &str) -> Said {
    let name = night(day);
    room.resilver(&format!(
        "-aH --point-time={name} {more} --time-points s/ p"
    ))
}

/// The same, which must succeed; what the source is by then is kept.
#[track_caller]
pub fn good_night(room: &Room, day: u32, more: &str) {
    run_at(room, day, more).ok();
    keep(room, day);
}

/// Keeps what the source is.
pub fn keep(room: &Room, day: u32) {
    let name = night(day);
    room.sh(&format!("mkdir -p kept; cp -a s kept/{name}"));
}

/// The points that are there.
pub fn points(room: &Room) -> BTreeSet<String> {
    names(&room.at("p"))
        .into_iter()
        .filter(|name| !name.starts_with('.') && name != "latest" && name != "lost+found")
        .collect()
}

/// All names in a directory.
pub fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| {
            entry
                .expect("a name")
                .file_name()
                .into_string()
                .expect("UTF-8")
        })
        .collect()
}

/// Every point is what was kept of its night, and `latest` is one of them.
#[track_caller]
pub fn check(room: &Room) {
    for name in points(room) {
        assert_same(
            &room.tree(&format!("kept/{name}")),
            &room.tree(&format!("p/{name}")),
        );
    }
    let latest = fs::read_link(room.at("p/latest")).expect("a link");
    let latest = latest.to_str().expect("UTF-8").to_owned();
    assert!(points(room).contains(&latest), "{latest} is not there");
}

/// Every point, as it is restored, is what was kept of its night.
#[track_caller]
pub fn check_restored(room: &Room) {
    for name in points(room) {
        room.sh("rm -rf back");
        room.resilver(&format!("time-points restore p {name} back"))
            .ok();
        assert_same(&room.tree(&format!("kept/{name}")), &room.tree("back"));
    }
}

/// Inode of a path.
pub fn inode(room: &Room, path: &str) -> u64 {
    let meta = fs::symlink_metadata(room.at(path));
    meta.unwrap_or_else(|e| panic!("{path}: {e}")).ino()
}
