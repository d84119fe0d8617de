//! Against a source, here and elsewhere.

use crate::kit::{Room, is_root, kernel_tool, skip_unless};
use crate::{FLIP, findings};

/// The other machine is this one.
const SHELL: &str = concat!(
    "-e ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/oracle/remote-shell"
);
const TREE: &str = "mkdir -p s/dir/empty s/kind; echo one > s/a; echo two > s/dir/b; echo three > s/dir/c\n\
                    echo in > s/kind/in; echo f > s/file; ln -s a s/link; : > s/none; ages s 1700000000; cp -a s d\n";

/// The source of this tree: here, on another machine with a stock rsync, and on one with resilver.
fn sources(room: &Room) -> [String; 3] {
    let far = format!("{SHELL} d far:{}/s", room.path().display());
    [
        "d s".to_owned(),
        far.clone(),
        format!("--rsync-path=\"$RESILVER\" {far}"),
    ]
}

#[test]
fn what_is_equal_is_so() {
    let room = Room::with(TREE);
    for words in sources(&room) {
        let said = room.resilver(&format!("verify {words}")).ok();
        assert_eq!(said.out, "6 files verified, 19 bytes, 0 differ\n");
        room.resilver(&format!("verify -q {words}")).ok().silent();
        let said = room.resilver(&format!("verify --json -H {words}")).ok();
        let (found, summary) = findings(&said);
        assert!(found.is_empty());
        assert_eq!(
            (&summary["files"], &summary["bytes"]),
            (&6.into(), &19.into())
        );
    }
}

#[test]
fn every_difference_has_its_word() {
    let room = Room::with(&format!(
        "{FLIP}{TREE}\
         flip d/a; echo longer >> d/dir/b; touch -d @1 d/dir/c; chmod 600 d/none; rm -r d/kind; echo x > d/kind\n\
         rm d/file; rmdir d/dir/empty; ln -snf b d/link; mkdir d/more; : > d/more/x; ages s 1700000000\n\
         touch -h -d @1700000000 d d/dir d/link"
    ));
    let before = room.tree("d");
    for words in sources(&room) {
        let said = room.resilver(&format!("verify --json {words}")).code(29);
        let expected = [
            "attributes dir/c",
            "attributes none",
            "changed dir/b",
            "changed link",
            "corrupt a",
            "extra more",
            "extra more/x",
            "missing dir/empty",
            "missing file",
            "missing kind/in",
            "type kind",
        ];
        let (found, summary) = findings(&said);
        assert_eq!(found, expected, "{said}");
        assert_eq!(summary["findings"]["extra"], 2);
        let said = room.resilver(&format!("verify {words}")).code(29);
        for line in [
            "corrupt     a: content differs, size and time are the same",
            "changed     dir/b: other content, size, time",
            "attributes  none: other permissions",
            "changed     link: other target",
            "type        kind/: file in place of directory",
            "missing     dir/empty/: not there",
            "extra       more/x: should not be there",
            "4 files verified, ",
            "11 differ",
            "resilver error: differences, or corrupt files, were found (code 29)",
        ] {
            assert!(said.text().contains(line), "{line}: {said}");
        }
    }
    crate::kit::assert_same(&before, &room.tree("d"));
}

#[test]
fn another_size_at_the_same_time_is_corruption() {
    let room = Room::with(&format!(
        "{TREE}touch -r d/a t; truncate -s 2 d/a; touch -r t d/a"
    ));
    for words in sources(&room) {
        let said = room.resilver(&format!("verify --json {words}")).code(29);
        assert_eq!(findings(&said).0, ["corrupt a"], "{said}");
        room.resilver(&format!("verify {words}"))
            .code(29)
            .says(&["a: content and size differ, the time is the same"]);
        let said = room.resilver(&format!("verify --json --no-times {words}"));
        assert_eq!(findings(&said.code(29)).0, ["changed a"]);
    }
}

#[test]
fn options_say_what_takes_part_and_what_counts() {
    let room = Room::with(&format!(
        "{FLIP}{TREE}flip d/a; chmod 600 d/dir/b; rm d/file; : > d/x.o; touch -d @1700000000 d"
    ));
    for (options, expected) in [
        ("--exclude=a --exclude=/file --exclude='*.o' --no-p", vec![]),
        (
            "--exclude=/dir --exclude=*.o",
            vec!["corrupt a", "missing file"],
        ),
        ("-f '- /a' -f '- file' -f 'P *.o'", vec!["attributes dir/b"]),
        (
            "--no-times --exclude=/dir/* --exclude=/file --exclude=*.o",
            vec!["changed a"],
        ),
    ] {
        let code = if expected.is_empty() { 0 } else { 29 };
        let said = room.resilver(&format!("verify {options} --json d s"));
        let (found, _) = findings(&said.code(code));
        assert_eq!(found, expected, "{options}");
    }
    room.sh("echo dir/b > names");
    let said = room
        .resilver("verify --json --files-from=names d s")
        .code(29);
    assert_eq!(findings(&said).0, ["attributes dir/b"]);
}

#[test]
fn hard_links_are_compared_where_they_are_kept() {
    let room = Room::with("mkdir s; echo x > s/a; ln s/a s/b; ages s 1700000000; cp -a s d");
    room.resilver("verify -H d s").ok();
    room.sh("cp -p d/b c; rm d/b; cp -p c d/b; touch -d @1700000000 d");
    room.resilver("verify d s").ok();
    let said = room.resilver("verify --json -H d s").code(29);
    assert_eq!(findings(&said).0, ["attributes b"]);
}

#[test]
fn what_cannot_be_read_is_not_corrupt() {
    skip_unless!(is_root() && kernel_tool("setpriv"), "needs another user");
    for closed in ["s/a", "d/a"] {
        let room = Room::with(TREE);
        room.sh(&format!("chmod 0 s/a d/a; chown -R 65534:65534 s d; other=$(echo {closed} | tr sd ds); chmod 400 $other"));
        for words in sources(&room) {
            let words = words.replace("\"$RESILVER\"", "./resilver-for-all");
            let words = match words.contains("rsync-path") {
                true => words.replace("./", &format!("{}/", room.path().display())),
                false => words,
            };
            let said = room.resilver_as_nobody(&format!("verify --no-p {words}"));
            let said = said.code(23).says(&["cannot read", "a\""]);
            assert!(said.out.starts_with("5 files verified"), "{said}");
            room.resilver_as_nobody(&format!("verify --no-p --json {words}"))
                .code(23)
                .says(&["\"event\":\"message\"", "cannot read"]);
            // What can be seen of it is compared.
            room.resilver_as_nobody(&format!("verify {words}"))
                .code(29)
                .says(&["attributes", "a: other permissions"]);
        }
        // A difference that is known counts more.
        room.sh("rm d/file; touch -d @1700000000 d");
        room.resilver_as_nobody("verify --no-p d s").code(29);
    }
}

#[test]
fn a_source_that_is_not_there_differs_in_nothing() {
    let room = Room::with(TREE);
    let said = room.resilver("verify d nowhere").code(23);
    assert!(!said.text().contains("extra"), "{said}");
    room.resilver(&format!("verify {SHELL} d far:/nowhere/at/all"))
        .code(23);
    room.resilver("verify -e /bin/false d far:s").code(12);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let room = Room::with(TREE);
    for (words, code) in [
        ("", 1),
        ("nowhere s", 3),
        ("d/a s", 3),
        ("d s more", 1),
        ("far:d s", 4),
        ("d far::", 1),
        ("--size-only d s", 1),
        ("--link-dest=/x d s", 1),
        ("-u d s", 1),
        ("--no-checksum d s", 1),
        ("--time-points d s", 1),
        ("--json -q d s", 1),
        ("--odd d s", 1),
        ("-H d", 1),
    ] {
        room.resilver(&format!("verify {words}")).code(code);
    }
    room.resilver("verify d s --help")
        .ok()
        .says(&["usage", "DEST [SRC]"]);
    // What only says how a mirror is brought over does not matter here.
    room.resilver("verify -aPz --delete --gate=false --delete-guard=1 d s")
        .ok();
}

#[test]
fn a_daemon_is_a_source_too() {
    let room = Room::with(&format!("{FLIP}{TREE}flip d/a"));
    room.sh("printf 'use chroot = no\n[m]\npath = %s\n' \"$PWD/s\" > conf");
    let daemon = format!(
        "rsync --server --daemon --config={} .",
        room.at("conf").display()
    );
    room.set("RSYNC_CONNECT_PROG", &daemon);
    for source in ["far::m", "rsync://far/m/", "rsync://far/m"] {
        let said = room.resilver(&format!("verify --json d {source}")).code(29);
        assert_eq!(findings(&said).0, ["corrupt a"], "{source}");
    }
}
