//! What has no meaning with time points, or would cost some.

use crate::kit::{Room, assert_same};
use crate::series::good_night;

#[test]
fn what_does_not_go_together_is_said() {
    let room = Room::with("mkdir s o; echo 1 > s/a");
    for (words, code, said) in [
        ("-a --time-points --inplace s/ p", 1, "--inplace"),
        (
            "-a --time-points --commit=direct s/ p",
            1,
            "--commit=direct",
        ),
        (
            "-a --time-points --commit=journal s/ p",
            1,
            "--commit=journal",
        ),
        ("-a --time-points --copy-dest=o s/ p", 1, "--copy-dest"),
        ("-a --time-points --existing s/ p", 1, "--existing"),
        ("-a --time-points --time-points=q s/ p", 1, "go together"),
        ("-a --time-points s/", 1, "needs a destination"),
        ("-a --keep=last=1 s/ p", 1, "--keep"),
        ("-a --time-points --keep=often s/ p", 1, "often"),
        (
            "-a --point-time=2026-01-01T00:00:00Z s/ p",
            1,
            "--point-time",
        ),
        (
            "-a --time-points --point-time=yesterday s/ p",
            1,
            "yesterday",
        ),
    ] {
        room.resilver(words).code(code).says(&[said]);
        assert!(!room.exists("p"), "{words}");
    }
}

#[test]
fn a_directory_that_serves_another_purpose_is_left_alone() {
    let room = Room::with("mkdir s d; echo 1 > s/a; echo mine > d/mine");
    let before = room.tree("d");
    let said = room.resilver("-a --time-points s/ d").code(3);
    said.says(&["\"mine\"", "no directory of time points"]);
    assert_same(&before, &room.tree("d"));
}

#[test]
fn an_ordinary_run_does_not_go_over_time_points() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    good_night(&room, 1, "");
    let before = room.tree("p");
    for words in ["-a --delete s/ p", "-a s/ p", "-a --commit=direct s/a p/"] {
        room.resilver(words).code(3).says(&["time points"]);
    }
    assert_same(&before, &room.tree("p"));
}

#[test]
fn points_within_their_own_source_are_not_copied_into_each_other() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    for day in 1..=2 {
        let name = crate::series::night(day);
        room.resilver(&format!("-a --point-time={name} --time-points s/ s/p"))
            .ok();
        assert!(room.exists(&format!("s/p/{name}/a")));
        assert!(!room.exists(&format!("s/p/{name}/p")), "{name}");
    }
}

#[test]
fn another_run_holds_the_points() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    good_night(&room, 1, "");
    let said = room.try_sh("flock -x p sh -c 'exec \"$RESILVER\" -a --time-points s/ p'");
    said.code(27).says(&["in use"]);
    let said =
        room.try_sh("flock -x p sh -c 'exec \"$RESILVER\" time-points delete p latest --force'");
    said.code(27).says(&["in use"]);
    // A run makes deltas of files that are being restored, and a deletion takes them away.
    let said =
        room.try_sh("flock -x p sh -c 'exec \"$RESILVER\" time-points restore p latest back'");
    said.code(27).says(&["in use"]);
    assert!(!room.exists("back"));
}
