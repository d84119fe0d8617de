//! What `doctor` says of a destination is what a run then does.

use crate::kit::{Mount, NOBODY, Room, can_mount, is_root, kernel_tool, skip_unless};

/// `doctor` names the method and its guarantee, a mirror run with `--delete` then takes it.
fn agrees(room: &Room, dest: &str, method: &str) {
    run_as_told(room, dest, method);
    let wished = room.resilver(&format!("-a -I --delete --commit=swap s/ {dest}/"));
    assert_eq!(
        wished.code,
        if method == "swap" { 0 } else { 4 },
        "{dest}: {wished}"
    );
}

fn run_as_told(room: &Room, dest: &str, method: &str) {
    room.sh("mkdir -p s; echo new > s/new; ages s 1000000000");
    let said = room.resilver(&format!("doctor {dest}")).ok();
    let other = if method == "swap" { "journal" } else { "swap" };
    let verdict = verdict(&said.out);
    assert!(verdict.contains(method), "{dest}: {said}");
    assert!(!verdict.contains(other), "{dest}: {said}");
    room.resilver(&format!("-a --delete s/ {dest}/")).ok();
    assert_eq!(room.method(dest), method, "{dest}, after: {said}");
    let again = room.resilver(&format!("doctor {dest}")).ok();
    assert!(
        self::verdict(&again.out).contains(method),
        "{dest}: {again}"
    );
}

/// The line that says what a run will do.
fn verdict(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| line.contains("guarantee") || line.contains("method"));
    line.unwrap_or_else(|| panic!("no verdict: {text}"))
        .to_owned()
}

#[test]
fn plain_directories() {
    agrees(&Room::with("mkdir d; echo mine > d/mine"), "d", "swap");
    agrees(&Room::new(), "not-there", "swap");
    agrees(&Room::with("mkdir real; ln -s real d"), "d", "swap");
}

#[test]
fn mount_points_and_mounts_inside() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let _volume = Mount::tmpfs(room.at("m"), "size=8m");
    agrees(&room, "m/d", "swap");
    agrees(&room, "m", "journal");
    let room = Room::with("mkdir -p d/inner s/inner");
    let _volume = Mount::tmpfs(room.at("d/inner"), "size=8m");
    agrees(&room, "d", "journal");
}

#[test]
fn a_destination_within_another() {
    let room = Room::with("mkdir -p s/in; echo a > s/a");
    room.resilver("-a s/ d/").ok();
    run_as_told(&room, "d/in", "journal");
}

#[test]
fn a_destination_that_somebody_writes_in() {
    let room = Room::with("mkdir d; echo a > d/a");
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .current_dir(room.at("d"))
        .spawn()
        .expect("sleep(1)");
    let said = room.resilver("doctor d").ok();
    let number = child.id().to_string();
    let _ = child.kill();
    let _ = child.wait();
    assert!(verdict(&said.out).contains("journal"), "{said}");
    said.says(&[&number]);
}

#[test]
fn volumes_with_images() {
    skip_unless!(can_mount(), "mounting needs root");
    for (size, make) in [
        (16, &["mkfs.ext4", "-q"][..]),
        (320, &["mkfs.xfs", "-q"]),
        (128, &["mkfs.btrfs", "-q"]),
    ] {
        let room = Room::new();
        let Some(_volume) = Mount::image(room.at("m"), size << 20, make, "") else {
            println!("skipped: {make:?}");
            continue;
        };
        let said = room.resilver("doctor m/d").ok();
        let name = make[0].trim_start_matches("mkfs.");
        assert!(said.has(&[name]), "the type of the file system: {said}");
        agrees(&room, "m/d", "swap");
        agrees(&room, "m", "journal");
    }
}

#[test]
fn immutable_files() {
    skip_unless!(
        can_mount() && kernel_tool("chattr"),
        "needs root and chattr"
    );
    let room = Room::new();
    let volume = Mount::image(room.at("m"), 16 << 20, &["mkfs.ext4", "-q"], "");
    skip_unless!(volume.is_some(), "no ext4 image");
    room.sh("mkdir m/d; echo i > m/d/i; mkdir s; cp -a m/d/i s/i; chattr +i m/d/i");
    let said = room.resilver("doctor m/d").ok();
    room.resilver("-a --delete s/ m/d/").ok();
    room.sh("echo new > s/new");
    room.resilver("-a --delete s/ m/d/").ok();
    let did = room.method("m/d");
    room.sh("chattr -i m/d/i");
    assert!(
        verdict(&said.out).contains(&did),
        "a run took {did}: {said}"
    );
}

#[test]
fn a_parent_that_cannot_be_written() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    let room = Room::with(&format!("mkdir -p p/d s; echo a > s/a; chown {NOBODY} p/d"));
    let said = room.resilver_as_nobody("doctor p/d").ok();
    assert!(verdict(&said.out).contains("journal"), "{said}");
    room.resilver_as_nobody("-rt --delete s/ p/d/").ok();
    assert_eq!(room.method_as_nobody("p/d"), "journal");
}

/// The system's own places: told, never tried.
#[test]
fn first_level_directories_and_homes() {
    let room = Room::new();
    room.set("HOME", room.path().to_str().expect("a plain path"));
    for dest in ["/tmp", "."] {
        let said = room.resilver(&format!("doctor {dest}"));
        assert!(
            said.code != 0 || !verdict(&said.out).contains("swap"),
            "{dest}: {said}"
        );
    }
    assert_eq!(room.sh("ls -A").out, "");
}

/// Where a run could do nothing at all, doctor says so too.
#[test]
fn a_read_only_volume() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::with("mkdir s; echo a > s/a");
    let volume = Mount::tmpfs(room.at("m"), "size=8m").expect("a tmpfs");
    room.sh("mkdir m/d");
    volume.remount("ro");
    let said = room.resilver("doctor m/d");
    assert!(said.has(&["read-only"]), "{said}");
}
