//! A mirror against what its pulls brought.

use std::collections::BTreeMap;
use std::path::Path;

use resilver::stage::catalogue::{Catalogue, Record};
use resilver::sys::Kind;

use crate::kit::{Room, Said, is_root, kernel_tool, skip_unless};
use crate::{FLIP, findings};

/// The other machine is this one.
const SHELL: &str = concat!(
    "-e ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/oracle/remote-shell"
);
const SOURCE: &str = "mkdir -p s/dir/empty s/more; echo one > s/a; echo two > s/dir/b; echo three > s/dir/c\n\
                      echo f > s/more/file; ln -s a s/link; mkfifo s/fifo; : > s/none; ages s 1700000000\n";

fn pull(room: &Room, options: &str) -> Said {
    let here = room.path().display();
    room.resilver(&format!("{options} {SHELL} far:{here}/s/ d"))
        .ok()
}

fn mirror(options: &str) -> Room {
    let room = Room::with(SOURCE);
    pull(&room, options);
    room
}

#[track_caller]
fn found(room: &Room, words: &str, code: i32) -> Vec<String> {
    let said = room.resilver(&format!("verify --json {words}"));
    findings(&said.code(code)).0
}

#[test]
fn what_came_is_what_is_there() {
    for options in [
        "-a",
        "-aH --commit=journal",
        "-r",
        "-rt",
        "-rlD --chmod=F600,D700",
        "-a --munge-links",
        "-a --protocol=29",
        "-aL",
        "-a --exclude=/more",
        "-a -z",
    ] {
        let room = mirror(options);
        for _ in 0..2 {
            let said = room.resilver("verify --strict d").ok();
            assert!(said.out.contains(" 0 differ"), "{options}: {said}");
        }
        room.sh(&format!("{FLIP}flip d/dir/b"));
        let word = if options == "-r" || options.starts_with("-rlD") {
            "changed"
        } else {
            "corrupt"
        };
        let code = if word == "changed" { 0 } else { 29 };
        assert_eq!(
            found(&room, "d", code),
            [format!("{word} dir/b")],
            "{options}"
        );
        assert_eq!(found(&room, "--strict d", 29).len(), 1, "{options}");
    }
}

#[test]
fn what_was_damaged_counts_and_what_was_changed_is_told() {
    let room = mirror("-a");
    room.sh(&format!(
        "{FLIP}flip d/a; rm d/more/file; rm d/dir/c; mkdir d/dir/c"
    ));
    let expected = ["corrupt a", "missing more/file", "type dir/c"];
    assert_eq!(found(&room, "d", 29), expected);
    pull(&room, "-a -c --delete");
    assert!(found(&room, "d", 0).is_empty());
    room.sh("echo more >> d/a; chmod 600 d/none; touch d/dir/b; ln -snf elsewhere d/link; : > d/new; rm -r d/dir/empty; \
             mkdir d/dir/empty");
    let expected = [
        "attributes dir/b",
        "attributes none",
        "changed a",
        "changed link",
    ];
    assert_eq!(found(&room, "d", 0), expected);
    assert_eq!(found(&room, "--strict d", 29), expected);
    let said = room.resilver("verify d").ok();
    said.says(&["changed", "a: other content, size, time"])
        .says(&["dir/b: other time"]);
    // The same size, written today.
    room.sh("echo TWO > d/dir/b");
    room.resilver("verify d")
        .ok()
        .says(&["changed", "dir/b: other content, time"]);
}

#[test]
fn another_size_at_the_same_time_is_corruption() {
    for (act, options, code) in [
        ("truncate -s 2 d/a", "-a", 29),
        ("echo more >> d/a", "-a", 29),
        ("truncate -s 2 d/a", "-r", 0),
    ] {
        let room = mirror(options);
        room.sh(&format!("touch -r d/a t; {act}; touch -r t d/a"));
        let word = if code == 0 { "changed" } else { "corrupt" };
        assert_eq!(found(&room, "d", code), [format!("{word} a")], "{act}");
    }
    let room = mirror("-a");
    room.sh("touch -r d/a t; truncate -s 2 d/a; touch -r t d/a");
    room.resilver("verify d")
        .code(29)
        .says(&["a: content and size differ, the time is the same"]);
    room.resilver("verify --json d")
        .code(29)
        .says(&["\"differs\":[\"content\",\"size\"]"]);
}

#[test]
fn a_directory_that_went_and_one_that_is_a_link_now() {
    let room = mirror("-a");
    room.sh("rm -r d/dir; mv d/more elsewhere; ln -s ../elsewhere d/more");
    let expected = [
        "missing dir",
        "missing dir/b",
        "missing dir/c",
        "missing dir/empty",
        "missing more/file",
        "type more",
    ];
    assert_eq!(found(&room, "d", 29), expected);
    let room = mirror("-a");
    room.sh("mv d/more d/real; ln -s real d/more");
    pull(&room, "-aK");
    assert!(found(&room, "--strict d", 0).is_empty());
}

#[test]
fn sums_that_are_unknown_are_recorded() {
    // What was there already was not summed by the pull.
    let room = Room::with(&format!("{SOURCE}cp -a s d; rm d/a"));
    pull(&room, "-a");
    let said = room.resilver("verify d").ok();
    assert_eq!(
        said.out,
        "5 files verified, 16 bytes, 0 differ, 4 recorded now\n"
    );
    let said = room.resilver("verify d").ok();
    assert_eq!(said.out, "5 files verified, 16 bytes, 0 differ\n");
    room.sh(&format!("{FLIP}flip d/dir/c"));
    assert_eq!(found(&room, "d", 29), ["corrupt dir/c"]);
    // What was changed before it was known is not taken for what it should be.
    let room = Room::with(&format!("{SOURCE}cp -a s d; rm d/a"));
    pull(&room, "-a");
    room.sh("echo TWO > d/dir/b");
    let said = room.resilver("verify d").ok();
    said.says(&["changed", "dir/b"]).says(&["3 recorded now"]);
}

#[test]
fn what_another_pull_brought_meanwhile_stays() {
    let room = Room::with(&format!("{SOURCE}cp -a s d; rm d/a"));
    pull(&room, "-a");
    let open = || {
        Catalogue::open(&room.at("d"))
            .expect("it can be read")
            .expect("it is there")
    };
    let records = |catalogue: &Catalogue| {
        let mut all = BTreeMap::new();
        let mut each = |path: &Path, record: Record| {
            all.insert(path.to_owned(), record);
            Ok(())
        };
        catalogue.for_each(&mut each).expect("it can be read");
        all
    };
    let before = open();
    let mut learnt = records(&before);
    learnt.retain(|_, record| record.kind == Kind::File && record.sum.is_none());
    let a = records(&before)[Path::new("a")].sum;
    learnt.values_mut().for_each(|record| record.sum = a);
    room.sh("echo other > s/dir/b");
    pull(&room, "-a");
    let after = records(&open());
    before.learn(&learnt).expect("it can be written");
    let now = records(&open());
    assert_eq!(now[Path::new("dir/b")], after[Path::new("dir/b")]);
    assert_eq!(now[Path::new("dir/c")].sum, a);
    assert_eq!(now.len(), after.len());
}

#[test]
fn sums_that_cannot_be_recorded_now_are_told_of() {
    let room = Room::with(&format!("{SOURCE}cp -a s d; rm d/a"));
    pull(&room, "-a");
    let said = room
        .try_sh("flock d sh -c '\"$RESILVER\" verify d'")
        .code(23);
    assert!(
        said.has(&["5 files verified"]) && !said.has(&["recorded now"]),
        "{said}"
    );
    room.resilver("verify d").ok().says(&["4 recorded now"]);
}

#[test]
fn what_cannot_be_read_is_not_corrupt() {
    skip_unless!(is_root() && kernel_tool("setpriv"), "needs another user");
    let room = Room::with(&format!("{SOURCE}chown -R -h 65534:65534 . s"));
    let here = room.path().display().to_string();
    room.resilver_as_nobody(&format!("-a {SHELL} far:{here}/s/ d"))
        .ok();
    room.sh("chmod 0 d/a d/dir");
    let said = room.resilver_as_nobody("verify d").code(23);
    assert!(
        said.has(&["cannot read", "d/a\""]) && said.has(&["d/dir/b"]),
        "{said}"
    );
    assert!(!said.has(&["corrupt"]) && !said.has(&["missing"]), "{said}");
    assert!(said.out.contains("2 files verified"), "{said}");
    room.sh("rm -f d/none");
    room.resilver_as_nobody("verify d")
        .code(29)
        .says(&["missing", "none"]);
}

#[test]
fn without_a_record_a_source_is_asked_for() {
    let room = Room::with(&format!("{SOURCE}\"$RESILVER\" -a s/ d"));
    for dest in ["s", "d"] {
        room.resilver(&format!("verify {dest}"))
            .code(3)
            .says(&["resilver verify DEST SRC"]);
    }
}
