//! Volumes: a full one, and one that has no links.

use crate::kit::{Mount, Room, can_mount, skip_unless};
use crate::series::{check, good_night, night, points, run_at};

#[test]
fn a_night_with_the_disk_full() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::with(
        "mkdir s; for i in 1 2 3 4; do head -c 1048576 /dev/urandom > s/f$i; done; ages s 1700000000",
    );
    let _volume = Mount::tmpfs(room.at("m"), "size=14m");
    room.sh("mkdir m/p; ln -s m/p p");
    good_night(&room, 1, "");
    room.sh("for i in 1 2 3 4; do head -c 1048576 /dev/urandom > s/f$i; done");
    room.sh("fallocate -l $(( $(df --output=avail -B1 m | tail -1) - 2621440 )) m/ballast");
    run_at(&room, 2, "").code(11).says(&["No space left"]);
    check(&room);
    assert_eq!(points(&room).len(), 1);
    // Even then the list can be read.
    room.resilver("time-points list p").ok().says(&[&night(1)]);
    room.sh("rm m/ballast");
    good_night(&room, 3, "");
    check(&room);
    assert_eq!(points(&room).len(), 2);
}

#[test]
fn a_file_system_without_symbolic_links_is_refused() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::with("mkdir s; echo 1 > s/a; ages s 1700000000");
    let volume = Mount::image(room.at("m"), 40 << 20, &["mkfs.vfat"], "");
    skip_unless!(volume.is_some(), "no vfat here");
    let name = night(1);
    let run = format!("-rt --point-time={name} --time-points s/ m/p");
    room.resilver(&run).code(3).says(&["latest"]);
    assert!(!room.exists(&format!("m/p/{name}")));
}
