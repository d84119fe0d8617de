//! Many nights: the source changes, points come and go, and some nights go wrong.

use std::collections::BTreeSet;
use std::fs;

use crate::kit::Room;
use crate::series::{check, good_night, inode, keep, night, points, run_at};

const SOURCE: &str = "
    mkdir -p s/docs/deep s/gone
    for i in 1 2 3 4 5 6 7 8; do head -c $((i * 9000)) /dev/urandom > s/docs/file$i; done
    ln s/docs/file1 s/docs/deep/name
    ln -s docs/file2 s/link
    echo still > s/still
    mkfifo s/pipe
    truncate -s 3M s/hole
    ages s 1700000000";

/// What happens to the source before a night.
fn change(room: &Room, day: u32) {
    room.sh(&format!(
        "
        touch before
        echo {day} >> s/docs/file$(( {day} % 8 + 1 ))
        echo {day} > s/new{day}
        rm -f s/new$(( {day} - 3 ))
        chmod $(( 600 + {day} % 7 * 11 )) s/docs/file$(( ({day} + 3) % 8 + 1 ))
        mkdir -p s/dir{day}; rm -rf s/dir$(( {day} - 2 ))
        [ $(( {day} % 5 )) -ne 0 ] || {{ rm -rf s/gone; mkdir s/gone; echo {day} > s/gone/back; }}
        [ $(( {day} % 7 )) -ne 0 ] || ln -sfn docs/file$(( {day} % 8 + 1 )) s/link
        find s -newer before -exec touch -h -d @$(( 1700000000 + {day} * 86400 )) {{}} +
        "
    ));
}

fn days(of: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    of.into_iter().map(night).collect()
}

#[test]
fn thirty_nights_with_retention_and_mishaps() {
    let room = Room::with(SOURCE);
    room.set("TZ", "UTC");
    let keep_rules = "--keep=last=3,daily=7,weekly=4,yearly=all";
    for day in 1..=30 {
        change(&room, day);
        match day {
            // Killed in the middle.
            9 if cfg!(debug_assertions) => {
                room.set("RESILVER_CUT", "stage.finish-dir:2");
                let said = run_at(&room, day, keep_rules);
                room.unset();
                room.set("TZ", "UTC");
                assert_ne!(said.code, 0, "{said}");
                assert!(!points(&room).contains(&night(9)));
            }
            // The source is not there.
            13 => {
                room.sh("mv s away");
                run_at(&room, day, keep_rules).code(23);
                room.sh("mv away s");
                assert!(!points(&room).contains(&night(13)));
            }
            // Its volume is not mounted.
            17 => {
                room.sh("mv s away; mkdir s");
                run_at(&room, day, &format!("{keep_rules} --delete-guard=50"))
                    .code(26)
                    .says(&["--delete-guard"]);
                room.sh("rmdir s; mv away s");
                assert!(!points(&room).contains(&night(17)));
            }
            _ => good_night(&room, day, keep_rules),
        }
        if day > 1 {
            check(&room);
        }
    }
    // Seven days, and the last days of the weeks before: these months have 28 days, and the 18th was a Sunday.
    let expected = days([18, 24, 25, 26, 27, 28, 29, 30]);
    assert_eq!(points(&room), expected);
    let hidden: Vec<_> = fs::read_dir(room.at("p"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert_eq!(hidden, [".time-points.resilver"]);
}

#[test]
fn what_did_not_change_is_shared_and_what_did_is_not() {
    let room = Room::with(SOURCE);
    good_night(&room, 1, "");
    room.sh("echo more >> s/docs/file3; chmod 600 s/docs/file4");
    good_night(&room, 2, "");
    check(&room);
    let (a, b) = (night(1), night(2));
    for (path, is_shared) in [
        ("docs/file1", true),
        ("docs/deep/name", true),
        ("link", true),
        ("pipe", true),
        ("docs/file3", false),
        ("docs/file4", false),
    ] {
        let same = inode(&room, &format!("p/{a}/{path}")) == inode(&room, &format!("p/{b}/{path}"));
        assert_eq!(same, is_shared, "{path}");
    }
}

#[test]
fn a_point_of_an_unreadable_source_is_marked_and_costs_no_good_one() {
    let room = Room::with("mkdir s; echo 1 > s/a; echo 1 > s/b; chmod 755 s; chmod 777 .");
    let run = |day: u32, rules: &str| {
        let name = night(day);
        room.resilver_as_nobody(&format!(
            "-a --point-time={name} {rules} --time-points s/ p"
        ))
    };
    if !crate::kit::is_root() {
        println!("skipped: becoming another user needs root");
        return;
    }
    run(1, "--keep=last=1").ok();
    room.sh("echo 22 > s/b; chmod 600 s/b");
    run(2, "--keep=last=1").code(23).says(&["not complete"]);
    run(3, "--keep=last=1").code(23);
    assert_eq!(points(&room), days([1, 2, 3]));
    let list = room.resilver_as_nobody("time-points list p").ok();
    list.says(&[&night(2), "not complete"])
        .says(&[&night(3), "latest"]);
    let said = room.resilver_as_nobody("time-points delete p 2026-01-01");
    said.code(3).says(&["no good time point"]);
    room.sh("chmod 644 s/b");
    run(4, "--keep=last=1").ok();
    assert_eq!(points(&room), days([4]));
}

#[test]
fn the_rules_are_shown_by_a_dry_run() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    room.set("TZ", "UTC");
    good_night(&room, 1, "");
    good_night(&room, 2, "");
    let before = room.tree("p");
    run_at(&room, 3, "-n --keep=last=2")
        .ok()
        .says(&["would delete", &night(1)])
        .never_says(&[&night(2)]);
    assert_eq!(room.tree("p"), before);
    // Quiet without -v, as a run of rsync is.
    run_at(&room, 3, "--keep=last=2").ok().silent();
    keep(&room, 3);
    assert_eq!(points(&room), days([2, 3]));
    run_at(&room, 4, "-v --keep=last=1")
        .ok()
        .says(&["deleted", &night(2)]);
}

#[test]
fn two_runs_in_one_second_have_two_names() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    for _ in 0..3 {
        room.resilver("-a --time-points s/ p").ok();
    }
    assert_eq!(points(&room).len(), 3);
    good_night(&room, 1, "");
    run_at(&room, 1, "").code(3).says(&["already"]);
}

#[test]
fn an_older_copy_joins_in_without_being_the_latest() {
    let room = Room::with("mkdir s; echo 1 > s/a");
    good_night(&room, 5, "");
    good_night(&room, 2, "");
    check(&room);
    let latest = fs::read_link(room.at("p/latest")).unwrap();
    assert_eq!(latest.to_str(), Some(&night(5)[..]));
    let (old, new) = (night(2), night(5));
    assert_eq!(
        inode(&room, &format!("p/{old}/a")),
        inode(&room, &format!("p/{new}/a"))
    );
}
