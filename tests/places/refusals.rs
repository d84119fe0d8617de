//! Destinations that cannot be written, or not by this user, or not everywhere.

use crate::kit::{Mount, NOBODY, Room, assert_same, can_mount, is_root, kernel_tool, skip_unless};

const FIXTURE: &str = "
    mkdir -p s/sub; echo new > s/changed; echo stays > s/sub/stays; echo made > s/made
    ages s 1000000000.5";

#[test]
fn a_read_only_volume() {
    skip_unless!(can_mount(), "mounting needs root");
    for dest in ["m/d", "m"] {
        let room = Room::with(FIXTURE);
        let volume = Mount::tmpfs(room.at("m"), "size=8m").expect("a tmpfs");
        room.sh(&format!(
            "mkdir -p {dest}; echo old > {dest}/changed; echo old > {dest}/old"
        ));
        volume.remount("ro");
        let before = room.tree(dest);
        room.resilver(&format!("-a --delete s/ {dest}/"))
            .code(11)
            .says(&["Read-only file system"]);
        assert_same(&before, &room.tree(dest));
    }
}

#[test]
fn a_read_only_volume_that_is_level_is_no_error() {
    skip_unless!(can_mount(), "mounting needs root");
    for state in ["rm -rf m/.d.resilver", "true"] {
        let room = Room::with(FIXTURE);
        let volume = Mount::tmpfs(room.at("m"), "size=8m").expect("a tmpfs");
        room.resilver("-a --delete s/ m/d/").ok();
        room.sh(state);
        volume.remount("ro");
        room.resilver("-a --delete s/ m/d/").ok().silent();
    }
}

/// The parent takes no state from a plain user: it lies inside, and the way is the journal.
#[test]
fn a_parent_that_a_plain_user_cannot_write() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    let room = Room::with(FIXTURE);
    room.sh(&format!(
        "mkdir -p p/d/sub; echo old > p/d/changed; echo old > p/d/old; ages p/d 900000000; cp -a s/sub/stays p/d/sub/
         chown -R {NOBODY}:{NOBODY} p/d s"
    ));
    room.resilver_as_nobody("-a --delete s/ p/d/").ok();
    assert_same(
        &room.tree("s").without(&[""]),
        &room.tree("p/d").without(&[""]),
    );
    assert!(room.exists("p/d/.resilver") && !room.exists("p/.d.resilver"));
    assert_eq!(room.method_as_nobody("p/d"), "journal");
    room.resilver_as_nobody("-ai --delete s/ p/d/")
        .ok()
        .silent();
    room.resilver_as_nobody("-a --delete --commit=swap -I s/ p/d/")
        .code(4)
        .says(&["cannot be switched", "p"]);
    room.resilver_as_nobody("undo p/d").ok();
    assert_eq!(
        room.read("p/d/changed") + &room.read("p/d/old"),
        "old\nold\n"
    );
    assert!(!room.exists("p/d/made"));
}

/// A missing destination below a parent that is not this user's.
#[test]
fn a_destination_that_cannot_be_made() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    let room = Room::with("mkdir s p; echo x > s/x");
    let said = room.resilver_as_nobody("-a s/ p/d/");
    assert!(matches!(said.code, 3 | 11), "{said}");
    said.says(&["Permission denied", "p"]);
    assert!(!room.exists("p/d") && !room.exists("p/.d.resilver"));
}

fn ext4(room: &Room) -> Option<Mount> {
    Mount::image(room.at("m"), 24 << 20, &["mkfs.ext4", "-q"], "")
}

/// An immutable file cannot be linked: it stays as it is, and the rest gets into place by the journal.
#[test]
fn an_immutable_file_that_stays() {
    skip_unless!(
        can_mount() && kernel_tool("chattr"),
        "needs root and chattr"
    );
    let room = Room::with(FIXTURE);
    let volume = ext4(&room);
    skip_unless!(volume.is_some(), "no ext4 image");
    room.sh("cp -a s m/d; echo older > m/d/changed; rm m/d/made; chattr +i m/d/sub/stays");
    let inode = room.sh("stat -c %i m/d/sub/stays").out;
    room.resilver("-a --delete s/ m/d/").ok();
    assert_same(&room.tree("s"), &room.tree("m/d"));
    assert_eq!(room.method("m/d"), "journal");
    assert_eq!(room.sh("stat -c %i m/d/sub/stays").out, inode);
    room.sh("lsattr m/d/sub/stays | grep -q '^....i'; chattr -R -f -i m/d || true");
}

/// What has to change and may not: named, and nothing of it is lost.
#[test]
fn an_immutable_file_or_directory_that_would_change() {
    skip_unless!(
        can_mount() && kernel_tool("chattr"),
        "needs root and chattr"
    );
    for (what, flag) in [
        ("changed", "+i"),
        ("old", "+i"),
        ("sub", "+i"),
        ("sub", "+a"),
    ] {
        let room = Room::with(FIXTURE);
        let volume = ext4(&room);
        skip_unless!(volume.is_some(), "no ext4 image");
        room.sh("cp -a s m/d; echo older > m/d/changed; echo gone > m/d/old; rm m/d/made");
        room.sh("echo gone > m/d/sub/old; echo inner > s/sub/made; ages s/sub/made 1000000001; ages s/sub 1000000002; touch -d @1000000000.5 s/sub/stays");
        room.sh(&format!("chattr {flag} m/d/{what}"));
        let said = room.resilver("-a --delete s/ m/d/");
        assert!(matches!(said.code, 0 | 11 | 23), "{said}");
        if said.code == 0 {
            assert_same(&room.tree("s"), &room.tree("m/d"));
        } else {
            let named = said.has(&[what, "Operation not permitted"]);
            assert!(named, "{flag} {what} is not named: {said}");
            assert!(!said.has(&["kept what others changed"]), "{said}");
            let lost: Vec<_> = ["changed", "old", "sub/old", "sub/stays"]
                .into_iter()
                .filter(|name| !room.exists(&format!("m/d/{name}")))
                .filter(|name| !room.exists(&format!("m/.d.resilver/previous/{name}")))
                .collect();
            assert!(lost.is_empty(), "{flag} {what}: lost {lost:?}: {said}");
        }
        room.sh("chattr -R -f -i -a m || true");
        room.resilver("-a --delete s/ m/d/").ok();
        assert_same(&room.tree("s"), &room.tree("m/d"));
    }
}
