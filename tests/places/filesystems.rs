//! The life of a mirror on every file system that can be had, and across mounts.

use crate::kit::{Mount, Room, assert_same, can_mount, kernel_tool, skip_unless};

/// All types of entry, links, attributes; and a second state of the same.
const FIRST: &str = "
    mkdir -p s/sub/deep s/gone s/empty; cd s
    for i in $(seq 40); do echo file $i > sub/deep/$i; done
    echo one > one; ln one sub/linked; ln -s one soft; mkfifo pipe; echo g > gone/g
    head -c 300000 /dev/urandom > big; truncate -s 1000000 holes; echo end >> holes; ages . 950000000.75
    chmod 4711 one; chmod 2750 sub/deep; chmod 0555 empty
    touch -d @1000000000.123456789 one sub/deep/1 gone/g; touch -hd @1000000001.5 soft
    touch -d @1000000002.25 sub/deep sub gone empty .; cd ..";
const SECOND: &str = "
    cd s; rm -r gone sub/deep/7; echo other > sub/deep/8; ln sub/deep/9 nine; rm soft; mkdir soft
    echo in > soft/in; chmod 640 big; touch -d @1100000000.9 holes; rmdir empty; echo e > empty
    ages soft 1000000004; ages empty 1000000005; touch -d @1000000006 sub/deep/8
    touch -d @1000000003.125 sub/deep sub .; cd ..";

/// Mirror, mirror what changed, nothing to do, take it back, and back again.
fn lives(room: &Room, dest: &str, method: &str) {
    room.sh(FIRST);
    room.sh("rsync -aH s/ one/");
    room.resilver(&format!("-aH --delete s/ {dest}/")).ok();
    let equal = |to: &str| {
        let inside = room.exists(&format!("{dest}/.resilver"));
        let trim = |t: crate::kit::Tree| {
            let t = t.without_xattrs().without(&["lost+found"]);
            if inside { t.without(&[""]) } else { t }
        };
        assert_same(&trim(room.tree(to)), &trim(room.tree(dest)));
    };
    equal("s");
    room.sh(SECOND);
    room.resilver(&format!("-aH --delete s/ {dest}/")).ok();
    equal("s");
    assert_eq!(room.method(dest), method, "{dest}");
    room.resilver(&format!("-aHi --delete s/ {dest}/"))
        .ok()
        .silent();
    room.resilver(&format!("undo {dest}")).ok();
    equal("one");
    room.resilver(&format!("undo {dest}")).ok();
    equal("s");
    room.resilver(&format!("tidy {dest}")).ok();
    equal("s");
}

fn on_image(size: u64, make: &[&str]) {
    skip_unless!(can_mount(), "mounting needs root");
    for (dest, method) in [("m/d", "swap"), ("m", "journal")] {
        let room = Room::new();
        let volume = Mount::image(room.at("m"), size, make, "");
        skip_unless!(volume.is_some(), "this file system is not to be had");
        lives(&room, dest, method);
    }
}

#[test]
fn life_on_ext4() {
    on_image(32 << 20, &["mkfs.ext4", "-q"]);
}

#[test]
fn life_on_xfs() {
    on_image(320 << 20, &["mkfs.xfs", "-q"]);
}

#[test]
fn life_on_btrfs() {
    on_image(128 << 20, &["mkfs.btrfs", "-q"]);
}

#[test]
fn life_on_tmpfs() {
    skip_unless!(can_mount(), "mounting needs root");
    for (dest, method) in [("m/d", "swap"), ("m", "journal")] {
        let room = Room::new();
        let _volume = Mount::tmpfs(room.at("m"), "size=32m");
        lives(&room, dest, method);
    }
}

/// A directory of the lower layer cannot be exchanged; one made in the upper layer can.
#[test]
fn life_on_overlay() {
    skip_unless!(can_mount(), "mounting needs root");
    for (dest, below, method) in [
        ("m/new", "true", "swap"),
        (
            "m/d",
            "mkdir low/d; echo old > low/d/old; echo one > low/d/one",
            "journal",
        ),
    ] {
        let room = Room::with(&format!("mkdir low up work; {below}"));
        let volume = overlay(&room);
        skip_unless!(volume.is_some(), "no overlay");
        let told = room.resilver(&format!("doctor {dest}")).ok();
        assert!(told.has(&["would take", method]), "{told}");
        lives(&room, dest, method);
    }
}

/// `low` and `up`, mounted on `m`.
fn overlay(room: &Room) -> Option<Mount> {
    let at = |name: &str| room.at(name).to_str().expect("a plain path").to_owned();
    let layers = format!(
        "lowerdir={},upperdir={},workdir={}",
        at("low"),
        at("up"),
        at("work")
    );
    Mount::new(room.at("m"), &["-t", "overlay", "-o", &layers, "overlay"])
}

/// The first change gives a directory of the lower layer another time of birth: it stays the one that the
/// state belongs to, also after a crash within that change, and when it is mounted again.
#[test]
fn a_directory_of_a_lower_layer_stays_the_same() {
    skip_unless!(can_mount(), "mounting needs root");
    for step in ["execute.install", "execute.remove", "rotate.displaced"] {
        let room = Room::with(
            "mkdir -p low/d up work s; echo old > low/d/old; echo one > low/d/a; echo two > s/a; ages s 1000000000",
        );
        let mut volume = overlay(&room);
        skip_unless!(volume.is_some(), "no overlay");
        room.set("RESILVER_CUT", step);
        assert_ne!(room.resilver("-a --delete s/ m/d/").code, 0, "{step}");
        room.unset();
        room.resilver("recover m/d").ok().never_says(&["aside"]);
        assert_same(&room.tree("s"), &room.tree("m/d"));
        drop(volume.take());
        let again = overlay(&room);
        assert!(again.is_some(), "it was mounted before");
        room.resilver("undo m/d").ok().never_says(&["aside"]);
        assert_eq!(room.read("m/d/a") + &room.read("m/d/old"), "one\nold\n");
    }
}

/// A subvolume is a file system of its own: nothing is exchanged with it or around it.
#[test]
fn btrfs_subvolumes() {
    skip_unless!(can_mount() && kernel_tool("btrfs"), "needs root and btrfs");
    let room = Room::new();
    let volume = Mount::image(room.at("m"), 128 << 20, &["mkfs.btrfs", "-q"], "");
    skip_unless!(volume.is_some(), "no btrfs image");
    room.sh("btrfs subvolume create m/v");
    lives(&room, "m/v", "journal");
    room.sh("mkdir m/d; btrfs subvolume create m/d/vol; echo mine > m/d/vol/mine");
    room.resilver("-aH s/ m/d/").ok();
    assert_eq!(room.method("m/d"), "journal");
    assert_eq!(room.read("m/d/vol/mine"), "mine\n");
    room.resilver("-aH --delete s/ m/d/").ok();
    assert_same(
        &room.tree("s").without_xattrs().without_dir_times(),
        &room.tree("m/d").without_dir_times(),
    );
    // The volume had nothing of the source in it and went; with another one in its place there is no switch.
    room.sh("btrfs subvolume create m/d/vol");
    room.resilver("-a -I --delete --commit=swap s/ m/d/")
        .code(4);
}

#[test]
fn source_and_destination_on_different_volumes() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let _far = Mount::tmpfs(room.at("far"), "size=32m");
    room.sh("mkdir far/s; ln -s far/s s");
    room.sh(FIRST);
    room.resilver("-aH --delete s/ d/").ok();
    assert_same(&room.tree("far/s"), &room.tree("d"));
    assert_eq!(room.method("d"), "swap");
    room.sh("mv far/s/one far/s/uno");
    room.resilver("-aH --delete far/s/ d/").ok();
    assert_same(&room.tree("far/s"), &room.tree("d"));
}

/// A mount inside: what is below it is mirrored too, by the journal, and the mount stays.
#[test]
fn a_destination_with_a_mount_inside() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::with(
        "mkdir -p s/inner/sub d/inner; echo a > s/a; echo b > s/inner/b; echo c > s/inner/sub/c; ages s 1000000000
         echo old > d/a; echo old > d/old",
    );
    let _inner = Mount::tmpfs(room.at("d/inner"), "size=4m");
    room.sh("echo old > d/inner/b; echo old > d/inner/old");
    room.resilver("-a -I --delete --commit=swap s/ d/")
        .code(4)
        .says(&["cannot be switched", "mounted in it"]);
    assert_eq!(room.read("d/a") + &room.read("d/inner/b"), "old\nold\n");
    room.resilver("-a --delete s/ d/").ok();
    assert_same(
        &room.tree("s").without_dir_times(),
        &room.tree("d").without_dir_times(),
    );
    assert_eq!(room.method("d"), "journal");
    room.sh("mountpoint -q d/inner");
    room.resilver("-ai --delete s/ d/").ok().silent();
    room.resilver("undo d").ok();
    let all = ["a", "old", "inner/b", "inner/old"].map(|n| room.read(&format!("d/{n}")));
    assert_eq!(all.concat(), "old\nold\nold\nold\n");
    assert!(!room.exists("d/inner/sub"));
}

/// A destination that was switched so far and cannot be any more: the change of method is told.
#[test]
fn a_change_of_method_is_told() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::with("mkdir -p s/inner; echo a > s/a; ages s 1000000000");
    room.resilver("-a --delete s/ d/").ok().silent();
    room.sh("echo b > s/b");
    {
        let _inner = Mount::tmpfs(room.at("d/inner"), "size=4m");
        room.resilver("-a --delete s/ d/")
            .ok()
            .says(&["journal", "mounted in it"]);
        assert_eq!(room.read("d/b"), "b\n");
    }
    room.sh("echo c > s/c");
    room.resilver("-a --delete s/ d/").ok().says(&["swap"]);
    assert_same(&room.tree("s"), &room.tree("d"));
    room.resilver("-a --delete -I s/ d/")
        .ok()
        .never_says(&["swap"]);
}

/// A symbolic link leads to the destination: the link stays, state lies beside the real directory.
#[test]
fn a_symlinked_destination() {
    for (link, dest) in [
        ("ln -s real/d d", "d/"),
        ("ln -s real/d d", "d"),
        ("ln -s $PWD/real/d d", "d/"),
        ("ln -s real/d way; ln -s way d", "d"),
        ("ln -s real way; ln -s way/d d", "d/"),
    ] {
        let room = Room::with(&format!(
            "mkdir -p s real/d; echo a > s/a; echo old > real/d/old; echo old > real/d/a; ages s 1000000000; {link}"
        ));
        room.resilver(&format!("-a --delete s/ {dest}")).ok();
        assert_same(&room.tree("s"), &room.tree("real/d"));
        room.sh("test -L d; test -e real/.d.resilver; ! test -e .d.resilver; ! test -e real/.real.resilver");
        assert_eq!(room.method("d"), "swap", "{link}");
        room.resilver("undo d").ok();
        assert_eq!(room.read("real/d/a"), "old\n");
        room.sh("test -L d");
    }
}
