//! Time points against what they were when they were made.

use crate::kit::{Room, Said, is_root, kernel_tool, skip_unless};
use crate::{FLIP, findings};

fn night(day: u32) -> String {
    format!("2026-01-{day:02}T03-00-00Z")
}

fn make(room: &Room, day: u32, more: &str) -> Said {
    let name = night(day);
    let said = room.resilver(&format!(
        "-aH --point-time={name} {more} --time-points s/ p"
    ));
    said.ok()
}

/// Three nights: `changes` is another every night, `late` comes on the third.
fn nights(more: &str) -> Room {
    let room = Room::with(
        "mkdir -p s/dir/inner; echo still > s/still; ln s/still s/dir/name; echo deep > s/dir/inner/deep\n\
         ln -s still s/link; mkfifo s/fifo; head -c 300000 /dev/urandom > s/image; ages s 1700000000",
    );
    for day in 1..=3 {
        room.sh(&format!(
            "echo night {day} > s/changes; printf {day} | dd of=s/image conv=notrunc status=none\n\
             [ {day} != 3 ] || : > s/late; touch -d @{} s/image s/changes s",
            1_700_000_000 + day * 86400
        ));
        make(&room, day, more);
    }
    room
}

#[track_caller]
fn found(room: &Room, what: &str) -> Vec<String> {
    let said = room.resilver(&format!("verify --json {what}"));
    let (found, _) = findings(&said);
    assert_eq!(said.code, if found.is_empty() { 0 } else { 29 }, "{said}");
    found
}

fn summary(room: &Room, what: &str) -> (u64, u64) {
    let said = room.resilver(&format!("verify --json {what}")).ok();
    let (_, summary) = findings(&said);
    let number = |name: &str| summary[name].as_u64().expect("a number");
    (number("files"), number("recorded"))
}

#[test]
fn what_nobody_touched_is_as_it_was() {
    for more in ["", "--delta-threshold=100K", "--link-dest=/nowhere"] {
        let room = nights(more);
        let before = room.tree("p");
        // Two names and a file that did not change, two that changed each night, one that came.
        assert_eq!(summary(&room, "p"), (3 + 3 * 2 + 1, 0), "{more}");
        assert_eq!(summary(&room, "p/latest"), (6, 0), "{more}");
        assert_eq!(summary(&room, &format!("p/{}", night(1))), (5, 0), "{more}");
        room.resilver("verify -q p").ok().silent();
        crate::kit::assert_same(&before, &room.tree("p"));
    }
}

#[test]
fn what_was_done_to_a_point_is_found() {
    let two = night(2);
    for (act, expected) in [
        ("flip P/changes", "corrupt P/changes"),
        (
            "cp -p P/still x; flip x; touch -r P t; mv -f x P/still; touch -r t P",
            "corrupt P/still",
        ),
        ("echo more >> P/changes", "changed P/changes"),
        (
            "touch -r P/changes t; truncate -s 3 P/changes; touch -r t P/changes",
            "corrupt P/changes",
        ),
        ("touch -d @5 P/changes", "attributes P/changes"),
        ("chmod 640 P/changes", "attributes P/changes"),
        (
            "touch -r P t; rm P/changes; touch -r t P",
            "missing P/changes",
        ),
        (
            "touch -r P/dir t; : > P/dir/odd; touch -r t P/dir",
            "extra P/dir/odd",
        ),
        (
            "touch -r P t; ln -snf other P/link; touch -h -d @1700000000 P/link; touch -r t P",
            "changed P/link",
        ),
        (
            "touch -r P t; rm P/fifo; mkdir P/fifo; touch -r t P",
            "type P/fifo",
        ),
        ("chmod 711 P", "attributes P"),
    ] {
        let room = nights("");
        let act = act.replace('P', &format!("p/{two}"));
        room.sh(&format!("{FLIP}{act}"));
        let expected = expected.replace('P', &two);
        assert_eq!(found(&room, "p"), [expected.as_str()], "{act}");
        assert_eq!(found(&room, &format!("p/{two}")), [expected], "{act}");
        assert!(found(&room, "p/latest").is_empty(), "{act}");
    }
}

#[test]
fn a_point_that_is_gone_is_missing_unless_it_was_deleted() {
    let room = nights("");
    room.resilver(&format!("time-points delete p {}", night(1)))
        .ok();
    assert!(found(&room, "p").is_empty());
    room.sh(&format!("rm -r p/{}", night(2)));
    assert_eq!(found(&room, "p"), [format!("missing {}", night(2))]);
    assert!(found(&room, "p/latest").is_empty());
}

#[test]
fn a_restore_tells_that_its_point_was_tampered_with() {
    let room = nights("");
    let two = night(2);
    room.sh(&format!("{FLIP}flip p/{two}/dir/inner/deep"));
    let said = room.resilver(&format!("time-points restore p {two} back"));
    assert_eq!(said.code, 29, "{said}");
    let told = format!("is not what it was when it was made: {two}/dir/inner/deep");
    assert!(said.err.contains(&told), "{said}");
    room.sh("cmp back/still s/still");
    // What is not wanted is nobody's concern.
    room.resilver(&format!("time-points restore p {two} some still"))
        .ok();
    let said = room.resilver(&format!("time-points restore p {two} more dir"));
    assert_eq!(said.code, 29, "{said}");
}

#[test]
fn nothing_is_taken_over_from_sums_that_were_damaged() {
    let room = nights("");
    // They are read in several steps.
    room.sh(
        "for d in $(seq 40); do mkdir -p s/m/$d; for f in $(seq 40); do : > s/m/$d/$f; done; done",
    );
    make(&room, 4, "");
    // The checksum at their end is another.
    room.sh(&format!(
        "s=p/.time-points.resilver/sums/{}; printf '\\000\\377' | dd of=$s bs=1 seek=$(( $(stat -c %s $s) - 2 )) \
         conv=notrunc status=none",
        night(4)
    ));
    make(&room, 5, "");
    assert_eq!(summary(&room, &format!("p/{}", night(5))).1, 6 + 1600);
}

#[test]
fn a_directory_that_went_lacks_all_that_was_in_it() {
    let room = nights("");
    let two = night(2);
    room.sh(&format!(
        "touch -r p/{two} t; rm -r p/{two}/dir; touch -r t p/{two}"
    ));
    let expected = ["dir", "dir/inner", "dir/inner/deep", "dir/name"];
    assert_eq!(
        found(&room, "p"),
        expected.map(|path| format!("missing {two}/{path}"))
    );
}

#[test]
fn a_directory_that_came_is_too_much_with_all_that_is_in_it() {
    let room = nights("");
    let two = night(2);
    room.sh(&format!(
        "touch -r p/{two} t; mkdir -p p/{two}/odd/inner; : > p/{two}/odd/inner/file; touch -r t p/{two}"
    ));
    let expected = ["odd", "odd/inner", "odd/inner/file"];
    assert_eq!(
        found(&room, "p"),
        expected.map(|path| format!("extra {two}/{path}"))
    );
    assert_eq!(summary(&room, "p/latest").1, 0);
}

#[test]
fn what_points_share_is_damaged_in_all_of_them() {
    let room = nights("");
    room.sh(&format!("{FLIP}flip p/{}/dir/inner/deep", night(1)));
    // A night after the damage knows what the file was.
    make(&room, 4, "");
    let expected: Vec<String> = (1..=4)
        .map(|day| format!("corrupt {}/dir/inner/deep", night(day)))
        .collect();
    assert_eq!(found(&room, "p"), expected);
}

#[test]
fn deltas_are_seen_through() {
    let one = night(1);
    for (act, nights_hit) in [
        (format!("flip p/{one}/image.rdiff"), vec![1]),
        (format!("flip p/{}/image.rdiff", night(2)), vec![1, 2]),
        (format!("flip p/{}/image", night(3)), vec![1, 2, 3]),
        (format!("chmod 400 p/{one}/image.rdiff"), vec![]),
    ] {
        let room = nights("--delta-threshold=100K");
        assert!(room.exists(&format!("p/{one}/image.rdiff")));
        // Content that is carried in the delta, and the byte of the basis that it leaves in place.
        let flip = "flip() { touch -r \"$1\" t; printf '\\377' | dd of=\"$1\" bs=1 seek=$(( $(stat -c %s \"$1\") - 20 )) \
                    conv=notrunc status=none; touch -r t \"$1\"; }\n";
        room.sh(&format!("{flip}{act}"));
        let hit = found(&room, "p");
        let expected: Vec<String> = nights_hit
            .iter()
            .map(|day| format!("corrupt {}/image", night(*day)))
            .collect();
        match expected.is_empty() {
            true => assert_eq!(hit, [format!("attributes {one}/image")]),
            false => assert_eq!(hit, expected, "{act}"),
        }
    }
    let room = nights("--delta-threshold=100K");
    room.sh(&format!(
        "touch -r p/{one} t; rm p/{one}/image.rdiff; touch -r t p/{one}"
    ));
    assert_eq!(found(&room, "p"), [format!("missing {one}/image")]);
}

#[test]
fn sums_that_are_missing_are_made() {
    let room = nights("");
    room.sh("rm -r p/.time-points.resilver/sums");
    // A run reads what is new; what was there before is left to a verification.
    make(&room, 4, "");
    let said = room.resilver(&format!("verify p/{}", night(4))).ok();
    assert_eq!(
        said.out.split(", ").last(),
        Some("6 recorded now\n"),
        "{said}"
    );
    let (files, recorded) = summary(&room, "p");
    assert_eq!((files, recorded), (10, 16));
    assert_eq!(summary(&room, "p").1, 0);
    room.sh(&format!("{FLIP}flip p/{}/changes", night(1)));
    assert_eq!(found(&room, "p"), [format!("corrupt {}/changes", night(1))]);
    // One alone, whose files others know.
    room.sh(&format!(
        "{FLIP}rm p/.time-points.resilver/sums/{}; flip p/{}/dir/inner/deep",
        night(2),
        night(2)
    ));
    assert_eq!(
        found(&room, &format!("p/{}", night(2))),
        [format!("corrupt {}/dir/inner/deep", night(2))]
    );
}

#[test]
fn sums_go_with_their_point() {
    let room = nights("");
    let sums = || {
        let said = room.sh("ls p/.time-points.resilver/sums");
        said.out.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(sums(), [night(1), night(2), night(3)]);
    room.resilver("time-points delete p 2026-01-02").ok();
    assert_eq!(sums(), [night(1), night(3)]);
    // The one that the next shares with goes at once.
    room.sh(&format!("{FLIP}flip p/{}/still", night(3)));
    make(&room, 4, "--keep=last=1");
    assert_eq!(sums(), [night(4)]);
    let found = found(&room, "p");
    let expected = ["dir/name", "still"].map(|path| format!("corrupt {}/{path}", night(4)));
    assert_eq!(found, expected);
}

#[test]
fn a_run_cut_before_its_sums_are_there() {
    if !cfg!(debug_assertions) {
        println!("skipped: release builds are not cut");
        return;
    }
    let room = nights("");
    room.set("RESILVER_CUT", "points.sums");
    let name = night(4);
    let run = format!("-aH --point-time={name} --time-points s/ p");
    assert_ne!(room.resilver(&run).code, 0);
    room.unset();
    assert!(room.exists(&format!("p/{name}")));
    let said = room.resilver("verify p").ok();
    said.says(&["6 recorded now"]);
    make(&room, 5, "");
    assert_eq!(summary(&room, "p"), (10, 0));
}

#[test]
fn sums_that_are_damaged_are_said_to_be() {
    for act in [
        "truncate -s 30 F",
        "printf x >> F",
        "printf '\\377' | dd of=F bs=1 seek=60 conv=notrunc status=none",
        ": > F",
    ] {
        let room = nights("");
        let file = format!("p/.time-points.resilver/sums/{}", night(2));
        room.sh(&act.replace('F', &file));
        let said = room.resilver("verify p").code(23);
        let said = said.says(&["sums", &night(2), "damaged"]);
        // The others are looked at all the same.
        assert!(said.out.starts_with("11 files verified"), "{act}: {said}");
        room.sh(&format!("rm {file}"));
        room.resilver("verify p").ok();
    }
}

#[test]
fn what_cannot_be_read_is_told_and_is_not_corrupt() {
    skip_unless!(is_root() && kernel_tool("setpriv"), "needs another user");
    let room = Room::with(
        "mkdir -p s/shut; echo a > s/a; echo b > s/b; echo c > s/shut/c; mkdir p; chown -R 65534:65534 s p",
    );
    room.resilver_as_nobody("-a --time-points s/ p").ok();
    room.sh("chmod 0 p/2*/a");
    let said = room.resilver_as_nobody("verify --no-8 p").code(29);
    assert!(
        said.has(&["cannot read", "/a\""]) && said.has(&["attributes", "/a:"]),
        "{said}"
    );
    assert!(said.out.contains("2 files verified"), "{said}");
    room.sh("chmod 644 p/2*/a; chmod 0 p/2*/shut");
    let said = room.resilver_as_nobody("verify p").code(29);
    assert!(
        said.has(&["cannot open", "shut"]) && !said.has(&["missing"]),
        "{said}"
    );
    // What cannot be seen when the sums are made is unknown until it can.
    room.sh("rm -r p/.time-points.resilver/sums; chmod 0 p/2*/b");
    let said = room.resilver_as_nobody("verify p").code(23);
    assert!(
        said.has(&["cannot open", "shut"]) && said.has(&["cannot read", "/b"]),
        "{said}"
    );
    room.sh("chmod 755 p/2*/shut; chmod 644 p/2*/b");
    let said = room.resilver_as_nobody("verify p").code(29);
    assert!(
        said.has(&["attributes", "shut"]) && said.has(&["attributes", "/b:"]),
        "{said}"
    );
    said.never_says(&["extra"]).says(&["2 recorded now"]);
    room.resilver_as_nobody("verify p")
        .code(29)
        .never_says(&["recorded"]);
}

#[test]
fn sums_are_made_only_while_no_run_is_under_way() {
    let room = nights("");
    let held = |words: &str| room.try_sh(&format!("flock p sh -c '\"$RESILVER\" {words}'"));
    held("verify p").ok();
    room.sh("rm -r p/.time-points.resilver/sums");
    held("verify p").code(23).says(&["in use"]);
    room.resilver("verify p").ok().says(&["recorded now"]);
}

#[test]
fn a_copy_of_the_points_is_verified_like_them() {
    let room = nights("--delta-threshold=100K");
    room.sh("cp -a p q");
    assert_eq!(summary(&room, "q"), (10, 0));
    room.resilver(&format!("-aH --point-time={} --time-points s/ q", night(4)))
        .ok();
    assert_eq!(summary(&room, "q"), (10, 0));
    // Without what belongs to them nothing is known of them.
    room.sh("rm -r q/.time-points.resilver");
    room.resilver("verify q").code(3);
}

#[test]
fn a_point_is_compared_with_a_source_as_a_mirror_is() {
    let room = nights("");
    room.resilver("verify -H p/latest s").ok();
    let said = room.resilver(&format!("verify --json p/{} s", night(2)));
    let (found, _) = findings(&said.code(29));
    assert!(found.contains(&"missing late".to_owned()), "{found:?}");
    room.resilver("verify p s")
        .code(3)
        .says(&["name one of them"]);
}
