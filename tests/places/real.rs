//! A real tree: what a Debian machine has in `/usr/share`, or the part of it that a test has time for.

use std::fs;
use std::path::Path;

use crate::kit::{Room, assert_same, skip_unless};

/// About how many entries a debug build gets through in the time.
const ENTRIES: usize = 60_000;

#[test]
fn usr_share() {
    let source = Path::new("/usr/share");
    skip_unless!(source.is_dir(), "there is no /usr/share");
    let room = Room::new();
    let rules = rules(source);
    let run = format!("-aH --delete {rules} /usr/share/ d/");
    room.resilver(&run).ok().silent();
    room.sh(&format!("rsync -aHXA {rules} /usr/share/ expected/"));
    let expected = room.tree("expected");
    println!("{} entries", expected.len());
    assert_same(&expected.without_xattrs(), &room.tree("d").without_xattrs());
    let list = "find d .d.resilver -printf '%p %i %n %m %s %C@ %T@\\n' | sort";
    let before = room.sh(list).out;
    room.resilver(&run.replace("-aH", "-aHi")).ok().silent();
    assert!(before == room.sh(list).out, "a second run moved something");
    // The other way round: rsync finds nothing to do either.
    room.sh(&format!("rsync -aHi --delete {rules} /usr/share/ d/"))
        .silent();
}

/// Leaves out top directories until the rest is small enough.
fn rules(source: &Path) -> String {
    let mut tops: Vec<_> = fs::read_dir(source)
        .expect("a directory")
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            (
                walkdir::WalkDir::new(entry.path()).into_iter().count(),
                entry.file_name(),
            )
        })
        .collect();
    tops.sort();
    let mut left = ENTRIES;
    tops.retain(|(count, _)| {
        let fits = *count <= left;
        left = left.saturating_sub(if fits { *count } else { 0 });
        !fits
    });
    tops.iter()
        .map(|(_, name)| format!("--exclude='/{}'", name.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}
