//! Full disks, quotas, failing disks: the run ends with a clear word, live is as it was, the next goes on.

use crate::kit::{Mount, Room, assert_same, can_mount, kernel_tool, skip_unless};

/// Ten files of a mebibyte to mirror, a live tree with other ten, and one that stays.
const SOURCE: &str = "
    mkdir s
    for i in 0 1 2 3 4 5 6 7 8 9; do head -c 1048577 /dev/urandom > s/new$i; done
    echo stays > s/stays; touch -d @1000000000 s/stays; chmod 750 s; ages s 1000000000.5";
const LIVE: &str = "
    mkdir -p $D
    for i in 0 1 2; do head -c 1048576 /dev/urandom > $D/new$i; done
    echo old > $D/old; cp -a s/stays $D/stays; ages $D 900000000; touch -r s/stays $D/stays";

/// Files that a run took over from an interrupted one, by the log of steps that debug builds write.
fn salvaged(room: &Room) -> usize {
    let log = room.read("steps");
    log.lines().filter(|line| *line == "stage.salvage").count()
}

/// A run into too little room, then one into enough.
fn runs_full_then_resumes(room: &Room, dest: &str, word: &str, make_room: impl FnOnce()) {
    // State inside the destination moves the time of its root.
    let inside: &[&str] = if dest == "m" { &[""] } else { &[] };
    let before = room.tree(dest).without(inside);
    let full = room.resilver(&format!("-a --delete s/ {dest}/")).code(11);
    full.says(&[word]).says(&["unchanged"]);
    assert_same(&before, &room.tree(dest).without(inside));
    assert!(
        !room.status(dest)["interrupted"].is_null(),
        "nothing to resume"
    );
    make_room();
    room.set(
        "RESILVER_CUT_LOG",
        room.at("steps").to_str().expect("a plain path"),
    );
    room.resilver(&format!("-a --delete s/ {dest}/")).ok();
    room.unset();
    same_but_root(room, dest);
    if cfg!(debug_assertions) {
        assert!(salvaged(room) > 0, "the second run began anew");
    }
    room.resilver(&format!("-ai --delete s/ {dest}/"))
        .ok()
        .silent();
}

/// Equal to the source; where state lies inside, the time of the root says nothing.
fn same_but_root(room: &Room, dest: &str) {
    let (expected, got) = (room.tree("s"), room.tree(dest));
    if room.exists(&format!("{dest}/.resilver")) {
        assert_same(&expected.without(&[""]), &got.without(&["", "lost+found"]));
    } else {
        assert_same(&expected, &got.without(&["lost+found"]));
    }
}

/// Fills a volume but for five mebibytes, and says how to make room again.
fn filled(room: &Room, dest: &str) {
    room.sh(SOURCE);
    room.sh(&format!("D={dest}{LIVE}"));
    room.sh(
        "free=$(df --output=avail -B1 m | tail -1); fallocate -l $((free - 5242880)) m/ballast",
    );
}

#[test]
fn a_full_tmpfs() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let _volume = Mount::tmpfs(room.at("m"), "size=24m");
    filled(&room, "m/d");
    runs_full_then_resumes(&room, "m/d", "No space left on device", || {
        room.sh("rm m/ballast");
    });
    assert_eq!(room.method("m/d"), "swap");
}

#[test]
fn a_full_tmpfs_that_is_the_destination_itself() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let volume = Mount::tmpfs(room.at("m"), "size=8m").expect("a tmpfs");
    room.sh(SOURCE);
    room.sh(&format!("D=m{LIVE}"));
    runs_full_then_resumes(&room, "m", "No space left on device", || {
        volume.remount("size=64m");
    });
    assert_eq!(room.method("m"), "journal");
}

#[test]
fn a_full_ext4() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let make = ["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0"];
    let volume = Mount::image(room.at("m"), 40 << 20, &make, "");
    skip_unless!(volume.is_some(), "no ext4 image");
    filled(&room, "m/d");
    runs_full_then_resumes(&room, "m/d", "No space left on device", || {
        room.sh("rm m/ballast; sync -f m");
    });
}

#[test]
fn an_ext4_without_inodes() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let make = ["mkfs.ext4", "-q", "-O", "^has_journal", "-N", "128"];
    let volume = Mount::image(room.at("m"), 16 << 20, &make, "");
    skip_unless!(volume.is_some(), "no ext4 image");
    room.sh("mkdir s m/d; for i in $(seq 200); do echo $i > s/$i; done; echo old > m/d/old; ages s 1000000000");
    let before = room.tree("m/d");
    room.resilver("-a --delete s/ m/d/")
        .code(11)
        .says(&["No space left on device", "unchanged"]);
    assert_same(&before, &room.tree("m/d"));
    room.sh("rm s/1*");
    room.resilver("-a --delete s/ m/d/").ok();
    assert_same(&room.tree("s"), &room.tree("m/d"));
}

#[test]
fn a_first_mirror_onto_a_full_disk_makes_nothing() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let volume = Mount::tmpfs(room.at("m"), "size=6m").expect("a tmpfs");
    room.sh(SOURCE);
    room.resilver("-a s/ m/d/")
        .code(11)
        .says(&["No space left"]);
    assert!(!room.exists("m/d"), "half a mirror is there");
    volume.remount("size=64m");
    room.resilver("-a s/ m/d/").ok();
    assert_same(&room.tree("s"), &room.tree("m/d"));
}

#[test]
fn a_quota() {
    skip_unless!(can_mount() && kernel_tool("btrfs"), "needs root and btrfs");
    let room = Room::new();
    let make = ["mkfs.btrfs", "-q"];
    let volume = Mount::image(room.at("m"), 256 << 20, &make, "");
    skip_unless!(volume.is_some(), "no btrfs image");
    let quota = room.try_sh(
        "set -e; btrfs quota enable m; btrfs subvolume create m/v; btrfs qgroup limit 8m m/v",
    );
    skip_unless!(quota.code == 0, "no quota on btrfs");
    room.sh(SOURCE);
    room.sh(&format!("D=m/v/d{LIVE}; sync -f m"));
    runs_full_then_resumes(&room, "m/v/d", "Disk quota exceeded", || {
        room.sh("btrfs qgroup limit none m/v");
    });
}

/// A failing call of each kind, once: nothing is switched, and the next run is whole.
#[test]
fn a_disk_that_fails() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    for inject in [
        "syncfs:error=EIO:when=1",
        "fsync,fdatasync:error=EIO:when=1",
    ] {
        let room = Room::new();
        room.sh(SOURCE);
        room.sh(&format!("D=d{LIVE}"));
        let before = room.tree("d");
        let said = room.resilver_with_fault(inject, "-a --delete --commit=swap s/ d/");
        let said = said.code(11);
        assert!(said.has(&["unchanged"]), "{inject}: {said}");
        assert_same(&before, &room.tree("d"));
        room.resilver("-a --delete --commit=swap s/ d/").ok();
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}

/// Where the backup of what is replaced cannot be made, the old tree is all that has it: it is not dropped.
#[test]
fn what_no_backup_could_be_made_of_is_not_dropped() {
    for method in ["swap", "journal"] {
        // With its suffix the name is too long.
        let room = Room::with(
            "n=$(printf 'n%.0s' $(seq 253)); mkdir s d b
             echo newer > s/$n; echo newer > s/short; echo old > d/$n; echo old > d/short",
        );
        let run = format!(
            "-a --commit={method} --previous=none --backup --backup-dir=../b --suffix=.bak s/ d/"
        );
        room.resilver(&run).code(23);
        let kept = "cat b/short.bak d/short d/nnn* .d.resilver/previous/nnn*";
        assert_eq!(room.sh(kept).out, "old\nnewer\nnewer\nold\n", "{method}");
        // Where all were made, nothing is kept.
        room.sh("mv d/nnn* d/other; mv s/nnn* s/other; echo newest > s/other");
        room.resilver(&run).ok();
        assert_eq!(room.sh("cat b/other.bak").out, "newer\n", "{method}");
        assert!(!room.exists(".d.resilver/previous"), "{method}");
    }
}
