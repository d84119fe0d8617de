//! Large files that change a little: older versions are deltas, and all that is asked of points sees through them.

use std::os::unix::fs::MetadataExt;

use crate::kit::{Mount, Room, can_mount, kernel_tool, skip_unless};
use crate::series::{check_restored, good_night, names, night, points, run_at};

/// What a person does.
type Act<'a> = dyn Fn(&Room) -> crate::kit::Said + 'a;

/// An image of 4 MiB, half of it a hole.
const SOURCE: &str = "
    mkdir -p s/d; head -c 2097152 /dev/urandom > s/d/img; truncate -s 4M s/d/img
    echo small > s/small; ages s 1700000000";
const DELTAS: &str = "--delta-threshold=1M";

/// Some bytes of the image are others by this night, and all of it has moved a little.
fn edit(room: &Room, day: u32) {
    room.sh(&format!(
        "for i in 1 2 3; do
            printf 'night {day}' | dd of=s/d/img bs=1 seek=$(( ({day} * 7919 + i * 611953) % 2000000 )) conv=notrunc status=none
         done
         (printf {day}; cat s/d/img) > moved; truncate -s 4M moved; cp --sparse=always moved s/d/img
         chmod $(( 600 + {day} % 7 * 11 )) s/d/img
         touch -d @$(( 1700000000 + {day} * 86400 )) s/d/img s/d"
    ));
}

/// Nights, every third of them without a change.
fn nights(days: std::ops::RangeInclusive<u32>) -> Room {
    let room = Room::with(SOURCE);
    for day in days {
        if day % 3 != 0 {
            edit(&room, day);
        }
        good_night(&room, day, DELTAS);
    }
    room
}

fn is_delta(room: &Room, day: u32) -> bool {
    let name = night(day);
    let delta = room.exists(&format!("p/{name}/d/img.rdiff"));
    assert_ne!(delta, room.exists(&format!("p/{name}/d/img")), "{name}");
    delta
}

#[test]
fn older_versions_are_deltas_and_come_back_exactly() {
    let room = nights(1..=7);
    for day in 1..=6 {
        // The sixth night changed nothing: its version is that of the fifth.
        assert!(is_delta(&room, day), "{day}");
    }
    assert!(!is_delta(&room, 7));
    check_restored(&room);
    let hole = std::fs::metadata(room.at("back/d/img")).expect("a file");
    assert!(hole.blocks() * 512 < 3 << 20, "{} blocks", hole.blocks());
    assert_eq!(names(&room.at("p")).len(), 9, "something was left");
    // Three nights of one version hold one delta.
    let inode = |day| crate::series::inode(&room, &format!("p/{}/d/img.rdiff", night(day)));
    assert_eq!(inode(2), inode(3));
    assert_ne!(inode(1), inode(2));
}

#[test]
fn diff_and_find_see_through_them() {
    let room = nights(1..=5);
    let said = room
        .resilver("time-points diff p 2026-01-02 2026-01-03")
        .ok();
    said.silent();
    let said = room
        .resilver("time-points diff p 2026-01-01 2026-01-02")
        .ok();
    assert_eq!(said.out, "changed     d/img\n");
    let said = room.resilver("time-points find p img --json").ok();
    assert_eq!(said.out.lines().count(), 4, "{said}");
    assert!(
        said.out
            .lines()
            .all(|line| line.contains("\"size\":4194304")),
        "{said}"
    );
    room.resilver("time-points find p '*.rdiff'")
        .code(23)
        .silent();
}

#[test]
fn deletion_keeps_what_others_are_made_of() {
    for days in [
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 5],
        [5, 6],
        [6, 5],
        [1, 6],
        [2, 5],
    ] {
        let room = nights(1..=6);
        for day in days {
            room.resilver(&format!("time-points delete p {}", night(day)))
                .ok();
            check_restored(&room);
        }
        let newest = points(&room).into_iter().next_back().expect("a point");
        assert!(
            room.exists(&format!("p/{newest}/d/img")),
            "{newest} is not whole"
        );
        if days.contains(&5) && days.contains(&6) {
            // The newest was a delta; made whole, it has its hole again.
            let whole = room.at(&format!("p/{newest}/d/img"));
            let blocks = std::fs::metadata(whole).expect("a file").blocks();
            assert!(blocks * 512 < 3 << 20, "{blocks} blocks");
        }
        edit(&room, 8);
        good_night(&room, 8, DELTAS);
        check_restored(&room);
        // All but the newest are deltas again.
        let whole = points(&room)
            .into_iter()
            .filter(|name| room.exists(&format!("p/{name}/d/img")))
            .count();
        assert_eq!(whole, 1, "{days:?}");
    }
}

#[test]
fn an_image_of_64_mib_grows_by_less_than_a_twentieth_a_night() {
    skip_unless!(can_mount(), "mounting needs root");
    let room = Room::new();
    let make = ["mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0"];
    let volume = Mount::image(room.at("m"), 400 << 20, &make, "");
    skip_unless!(volume.is_some(), "no ext4 image");
    room.sh("mkdir s m/p; ln -s m/p p; head -c 67108864 /dev/urandom > s/img");
    let used = || {
        let said = room.sh("sync -f m; df --output=used -B1 m | tail -1");
        said.out.trim().parse::<u64>().expect("a number")
    };
    // The default threshold is just this size.
    run_at(&room, 1, "").ok();
    for day in 2..=4 {
        room.sh(&format!(
            "for i in $(seq 20); do
                printf 'night {day}' | dd of=s/img bs=1 seek=$(( ({day} * 7919 + i * 3119531) % 67000000 )) conv=notrunc status=none
             done; touch -d @$(( 1700000000 + {day} * 86400 )) s/img"
        ));
        let before = used();
        run_at(&room, day, "").ok();
        let grown = used() - before;
        assert!(grown < (64 << 20) / 20, "night {day}: {grown} bytes");
    }
}

#[test]
fn rdiff_makes_one_whole_by_the_words_of_the_manual() {
    skip_unless!(kernel_tool("rdiff"), "no rdiff here");
    let room = nights(1..=3);
    let (old, new) = (night(1), night(3));
    let next = night(2);
    room.sh(&format!(
        "rdiff patch p/{new}/d/img p/{old}/d/img.rdiff img && cmp img kept/{old}/d/img"
    ));
    // Two nights of one version: either serves.
    room.sh(&format!("cmp p/{next}/d/img p/{new}/d/img"));
    let sum = room.sh(&format!(
        "tr '\\0' '\\n' < p/.time-points.resilver/deltas/{old}"
    ));
    let wanted = room.sh("sha256sum img").out;
    assert!(sum.out.contains(&wanted[..64]), "{sum}");
}

#[test]
fn a_delta_that_was_tampered_with_is_not_restored() {
    let room = nights(1..=2);
    let name = night(1);
    room.sh(&format!(
        "printf x | dd of=p/{name}/d/img.rdiff bs=1 seek=20 conv=notrunc status=none"
    ));
    let said = room.resilver(&format!("time-points restore p {name} back"));
    assert_ne!(said.code, 0, "{said}");
    said.says(&["d/img"]);
    assert!(!room.exists("back"));
}

#[test]
fn what_no_delta_can_stand_for_stays_whole() {
    let room = Room::with(SOURCE);
    room.sh(
        "ln s/d/img s/d/name; head -c 1500000 /dev/urandom > s/other; echo mine > s/other.rdiff",
    );
    good_night(&room, 1, DELTAS);
    edit(&room, 2);
    room.sh("echo more >> s/other; touch -d @1700100000 s/other");
    good_night(&room, 2, DELTAS);
    crate::series::check(&room);
    room.resilver("time-points diff p 2026-01-01 2026-01-02")
        .ok()
        .says(&["other"]);
    // All of it is other: a delta would save nothing.
    let room = Room::with(SOURCE);
    good_night(&room, 1, DELTAS);
    room.sh("head -c 4194304 /dev/urandom > s/d/img; touch -d @1700100000 s/d/img");
    good_night(&room, 2, DELTAS);
    crate::series::check(&room);
    // Nor are there any where none are wished for.
    let room = Room::with(SOURCE);
    good_night(&room, 1, "--delta-threshold=0");
    edit(&room, 2);
    good_night(&room, 2, "--delta-threshold=0");
    crate::series::check(&room);
}

#[test]
fn no_point_comes_between_a_delta_and_what_it_is_against() {
    let room = nights(2..=3);
    edit(&room, 5);
    good_night(&room, 5, DELTAS);
    run_at(&room, 1, "").code(3).says(&["deltas"]);
    assert_eq!(points(&room).len(), 3);
}

#[test]
fn points_beside_a_mirror_have_deltas_too() {
    let room = Room::with(SOURCE);
    for day in 1..=3 {
        edit(&room, day);
        let name = night(day);
        room.resilver(&format!(
            "-a {DELTAS} --point-time={name} --time-points=p s/ live"
        ))
        .ok();
        crate::series::keep(&room, day);
    }
    assert!(is_delta(&room, 1) && is_delta(&room, 2) && !is_delta(&room, 3));
    check_restored(&room);
}

#[test]
fn a_run_or_a_deletion_killed_at_any_step_loses_no_version() {
    if !cfg!(debug_assertions) {
        println!("skipped: release builds are not cut");
        return;
    }
    let rules = format!("{DELTAS} --keep=last=3");
    // The second and the third night have one version, which two points hold.
    let acts: [(u32, &Act); 3] = [
        (3, &|room| run_at(room, 5, &rules)),
        (4, &|room| run_at(room, 5, &rules)),
        (4, &|room| {
            room.resilver(&format!("time-points delete p {} {}", night(1), night(4)))
        }),
    ];
    for (number, (nights_before, act)) in acts.iter().enumerate() {
        let begin = || {
            let room = nights(1..=*nights_before);
            edit(&room, 5);
            crate::series::keep(&room, 5);
            room
        };
        let room = begin();
        let log = room.at("steps");
        room.set("RESILVER_CUT_LOG", log.to_str().expect("a plain path"));
        act(&room).ok();
        room.unset();
        let steps: Vec<String> = room.read("steps").lines().map(str::to_owned).collect();
        for (step, name) in steps.iter().enumerate() {
            // What comes before is cut elsewhere.
            if !name.starts_with("points.") {
                continue;
            }
            let room = begin();
            room.set("RESILVER_CUT", &(step + 1).to_string());
            let said = act(&room);
            room.unset();
            assert_ne!(said.code, 0, "act {number}, step {step} {name}: {said}");
            check_restored(&room);
            edit(&room, 6);
            good_night(&room, 6, DELTAS);
            check_restored(&room);
            for day in points(&room) {
                let both = ["", ".rdiff"].map(|end| room.exists(&format!("p/{day}/d/img{end}")));
                assert_ne!(both[0], both[1], "{day} after step {step} {name}");
            }
        }
    }
}
