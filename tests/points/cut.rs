//! Runs and deletions killed at every step: no half point, `latest` always valid, and the next run comes through.

use crate::kit::Room;
use crate::series::{check, good_night, keep, names, night, points, run_at};

const SOURCE: &str = "
    mkdir -p s/d
    for i in 1 2 3; do head -c 200000 /dev/urandom > s/d/f$i; done
    echo still > s/still; ln s/still s/d/still
    ages s 1700000000";

/// The names of all steps that a command passes, in order.
fn steps(room: &Room, act: impl Fn(&Room)) -> usize {
    room.sh("rm -f steps");
    let log = room.at("steps");
    room.set("RESILVER_CUT_LOG", log.to_str().expect("a plain path"));
    act(room);
    room.unset();
    room.read("steps").lines().count()
}

#[test]
fn a_run_killed_at_any_step() {
    if !cfg!(debug_assertions) {
        println!("skipped: release builds are not cut");
        return;
    }
    let begin = || {
        let room = Room::with(SOURCE);
        good_night(&room, 1, "");
        good_night(&room, 2, "");
        room.sh("echo more >> s/d/f1; head -c 200000 /dev/urandom > s/d/f4");
        room
    };
    let count = steps(&begin(), |room| {
        run_at(room, 3, "--keep=last=1").ok();
    });
    assert!(count > 20, "{count} steps");
    for step in 1..=count {
        let room = begin();
        room.set("RESILVER_CUT", &step.to_string());
        let said = run_at(&room, 3, "--keep=last=1");
        room.unset();
        assert_ne!(said.code, 0, "step {step} of {count} was not cut: {said}");
        keep(&room, 3);
        check(&room);
        // The next night, of a source that changed once more.
        room.sh("echo again >> s/d/f2");
        good_night(&room, 4, "--keep=last=2");
        check(&room);
        let now = points(&room);
        assert!(
            now.contains(&night(4)) && now.len() == 2,
            "step {step}: {now:?}"
        );
        let left = names(&room.at("p"));
        assert_eq!(left.len(), 4, "step {step} left {left:?}");
    }
}

#[test]
fn what_was_staged_is_taken_up() {
    if !cfg!(debug_assertions) {
        println!("skipped: release builds are not cut");
        return;
    }
    let room = Room::with(
        "mkdir s; for i in 1 2 3 4 5 6; do head -c 5000000 /dev/urandom > s/f$i; done; ages s 1700000000",
    );
    room.set("RESILVER_CUT", "commit.sync");
    let said = run_at(&room, 1, "");
    room.unset();
    assert_ne!(said.code, 0, "{said}");
    assert!(points(&room).is_empty());
    let log = room.at("steps");
    room.set("RESILVER_CUT_LOG", log.to_str().expect("a plain path"));
    good_night(&room, 2, "");
    room.unset();
    check(&room);
    let taken = room.read("steps");
    let taken = taken
        .lines()
        .filter(|step| *step == "stage.salvage")
        .count();
    assert_eq!(taken, 6);
}

#[test]
fn a_deletion_killed_at_any_step() {
    if !cfg!(debug_assertions) {
        println!("skipped: release builds are not cut");
        return;
    }
    let begin = || {
        let room = Room::with(SOURCE);
        for day in 1..=3 {
            good_night(&room, day, "");
        }
        room
    };
    let delete = |room: &Room| room.resilver("time-points delete p 2026-01-01 2026-01-03");
    let count = steps(&begin(), |room| {
        delete(room).ok();
    });
    assert!(count > 3, "{count} steps");
    for step in 1..=count {
        let room = begin();
        room.set("RESILVER_CUT", &step.to_string());
        let said = delete(&room);
        room.unset();
        assert_ne!(said.code, 0, "step {step} of {count} was not cut: {said}");
        check(&room);
        for name in points(&room) {
            if name != night(2) {
                room.resilver(&format!("time-points delete p {name}")).ok();
            }
        }
        check(&room);
        good_night(&room, 4, "");
        let left = names(&room.at("p"));
        assert_eq!(left.len(), 4, "step {step} left {left:?}");
    }
}
