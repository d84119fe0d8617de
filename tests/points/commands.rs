//! `resilver time-points`: list, diff, restore, find, delete.

use std::os::unix::fs::MetadataExt;

use crate::kit::{Room, assert_same};
use crate::series::{check, good_night, night, points};

/// Three nights: a file grows, one goes, one gets other permissions.
fn three_nights() -> Room {
    let room = Room::with(
        "mkdir -p s/d; echo 1 > s/a; head -c 100000 /dev/urandom > s/d/b; echo x > s/gone; ln s/a s/d/same
         truncate -s 4M s/hole; setfattr -n user.note -v kept s/a || true; ages s 1700000000",
    );
    good_night(&room, 1, "-X");
    room.sh("echo 22 >> s/d/b; rm s/gone");
    good_night(&room, 2, "-X");
    room.sh("chmod 600 s/a; echo new > s/new");
    good_night(&room, 3, "-X");
    check(&room);
    room
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_list_tells_what_each_holds_alone() {
    let room = three_nights();
    let list = json(&room.resilver("time-points list --json p").ok().out);
    let all = list["time_points"].as_array().expect("an array");
    let own = |at: usize| all[at]["own_bytes"].as_u64().expect("a number");
    let names: Vec<_> = all
        .iter()
        .map(|point| point["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, [night(1), night(2), night(3)]);
    // The first has the file before it grew, the second shares all.
    assert!(own(0) >= 100_000 && own(0) < 150_000, "{list}");
    assert!(own(1) < 20_000, "{list}");
    assert!(all[1]["bytes"].as_u64() >= Some(100_000), "{list}");
    assert_eq!(all[2]["latest"], true);
    // What is freed is what was foretold.
    let used = || {
        let meta = walkdir::WalkDir::new(room.at("p")).into_iter();
        let mut inodes = std::collections::BTreeMap::new();
        for meta in meta.map(|entry| entry.expect("an entry").metadata().expect("metadata")) {
            inodes.insert(meta.ino(), meta.blocks() * 512);
        }
        inodes.values().sum::<u64>()
    };
    let (before, foretold) = (used(), own(0));
    room.resilver("time-points delete p 2026-01-01").ok();
    let freed = before - used();
    assert!(
        freed >= foretold && freed < foretold + 20_000,
        "{freed} of {foretold}"
    );
}

#[test]
fn a_diff_names_what_differs() {
    let room = three_nights();
    let said = room
        .resilver("time-points diff p 2026-01-01 2026-01-02")
        .ok();
    assert_eq!(said.out, "changed     d/b\ndeleted     gone\n");
    let said = room.resilver("time-points diff p 2026-01-02").ok();
    assert_eq!(
        said.out,
        "attributes  a\nattributes  d/same\ncreated     new\n"
    );
    let said = room
        .resilver("time-points diff --json p 2026-01-01 2026-01-02")
        .ok();
    let line = json(said.out.lines().next().expect("a line"));
    assert_eq!(
        (&line["path"], &line["change"]),
        (&"d/b".into(), &"content".into())
    );
    assert_eq!(line["after"]["size"], 100_003);
    room.resilver("time-points diff p latest latest")
        .ok()
        .silent();
}

#[test]
fn a_restore_gives_exactly_what_was_there() {
    let room = three_nights();
    for day in 1..=3 {
        let name = night(day);
        room.resilver(&format!("time-points restore p {name} back{day}"))
            .ok();
        assert_same(
            &room.tree(&format!("kept/{name}")),
            &room.tree(&format!("back{day}")),
        );
        let hole = std::fs::metadata(room.at(&format!("back{day}/hole"))).expect("a file");
        assert!(hole.blocks() < 64, "{} blocks", hole.blocks());
    }
    // Into a tree that moved on.
    room.sh("cp -a s now; echo junk > now/junk");
    room.resilver("time-points restore p 2026-01-01 now --delete")
        .ok();
    assert_same(&room.tree(&format!("kept/{}", night(1))), &room.tree("now"));
    // Single paths; nothing without being asked.
    room.resilver("time-points restore -n -v p 2026-01-01 some gone")
        .ok()
        .says(&["gone"]);
    assert!(!room.exists("some"));
    room.resilver("time-points restore p 2026-01-01 some gone /d/b")
        .ok();
    assert_eq!(room.read("some/gone"), "x\n");
    assert!(room.exists("some/d/b") && !room.exists("some/a"));
    room.resilver("time-points restore p latest some ../s/a")
        .code(1);
    room.resilver("time-points restore p latest some nothing")
        .code(23);
}

#[test]
fn what_is_restored_is_judged_however_it_is_spelled() {
    let room = Room::with("mkdir -p s/d; echo 1 > s/d/a; echo 2 > s/b");
    good_night(&room, 1, "");
    room.sh("f=$(echo p/2026*/d/a); touch -r $f ref; printf 'X\\n' > $f; touch -r ref $f");
    for (number, path) in [".", "./d", "./d/a", "/d", "d//a", "d/./a"]
        .iter()
        .enumerate()
    {
        room.resilver(&format!("time-points restore p latest back{number} {path}"))
            .code(29)
            .says(&["is not what it was when it was made"]);
    }
    room.resilver("time-points restore p latest good ./b").ok();
}

#[test]
fn a_path_is_found_in_its_versions() {
    let room = three_nights();
    let said = room.resilver("time-points find p gone").ok();
    assert_eq!(said.out.lines().count(), 1, "{said}");
    said.says(&["gone", &night(1)]);
    let said = room.resilver("time-points find p 'd/*' --json").ok();
    let lines: Vec<_> = said.out.lines().map(json).collect();
    let versions: Vec<_> = lines.iter().filter(|line| line["path"] == "d/b").collect();
    assert_eq!(versions.len(), 2, "{said}");
    assert_eq!(versions[1]["first"], night(2));
    assert_eq!(versions[1]["points"], 2);
    room.resilver("time-points find p nowhere")
        .code(23)
        .silent();
}

#[test]
fn deletion_leaves_the_others_as_they_are() {
    let room = three_nights();
    room.resilver("time-points delete -n p latest")
        .ok()
        .says(&["would delete", &night(3)]);
    assert_eq!(points(&room).len(), 3);
    room.resilver("time-points delete p latest latest").ok();
    check(&room);
    room.resilver("time-points delete p 2026")
        .code(3)
        .says(&["more than one"]);
    room.resilver("time-points delete p 2031")
        .code(3)
        .says(&["no time point"]);
    room.resilver("time-points delete p --keep=last=1")
        .ok()
        .says(&[&night(1)]);
    check(&room);
    assert_eq!(points(&room), [night(2)].into());
    room.resilver("time-points delete p latest")
        .code(3)
        .says(&["--force"]);
    room.resilver("time-points delete p latest --force").ok();
    assert!(points(&room).is_empty() && !room.exists("p/latest"));
    good_night(&room, 9, "-X");
    check(&room);
}

#[test]
fn points_that_were_copied_without_their_records_are_points() {
    let room = three_nights();
    room.sh("rm -r p/.time-points.resilver");
    room.resilver("time-points list p").ok().says(&[&night(1)]);
    good_night(&room, 4, "-X --keep=last=2");
    check(&room);
    assert_eq!(points(&room), [night(3), night(4)].into());
    room.resilver("time-points list s")
        .code(3)
        .says(&["holds no time points"]);
}
