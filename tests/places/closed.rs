//! Directories that keep their own user out: mode 0000, as a plain user.

use crate::kit::{NOBODY, Room, is_root, kernel_tool, skip_unless};

/// What rsync's deletions do not wait for, a stage takes back: all of them or none.
#[test]
fn deletions_are_taken_back_where_the_source_cannot_be_read() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    for (live, closed) in [("d/x d/z", "s/sec"), ("d/x d/m/y d/z/q", "s/z")] {
        for method in ["swap", "journal", "auto"] {
            let room = Room::with(&format!(
                "mkdir -p home; cd home; mkdir -p s/m {closed} d/m
                 case '{live}' in *z/q) mkdir d/z;; esac; for f in s/a s/m/k {live}; do echo $f > $f; done
                 chmod 0 {closed}; ages s 1000000000; chown -R {NOBODY}:{NOBODY} ."
            ));
            let run = format!("-ai --delete --commit={method} home/s/ home/d/");
            let said = room.resilver_as_nobody(&run).code(23);
            let shown = format!("{method} {closed}: {said}");
            assert!(said.has(&["IO error encountered"]), "{shown}");
            assert!(!said.has(&["kept what others"]), "{shown}");
            for name in live.split(' ').chain(["d/a", "d/m/k"]) {
                assert!(room.exists(&format!("home/{name}")), "{name}, {shown}");
            }
            let mode = room.sh(&format!("cd home/d; stat -c '%a %Y' $(basename {closed})"));
            assert_eq!(mode.out, "0 1000000000\n", "{shown}");
            undone(&room, live, &shown);
            room.resilver_as_nobody("undo home/d").ok();
            let again = room.sh(&format!("cd home/d; stat -c '%a %Y' $(basename {closed})"));
            assert_eq!(again.out, mode.out, "{shown}");
        }
    }
}

/// What was there is there again, and what was not is gone.
fn undone(room: &Room, live: &str, shown: &str) {
    let undo = room.resilver_as_nobody("undo home/d").ok();
    assert!(!undo.has(&["kept"]), "{shown}\n{undo}");
    for name in live.split(' ') {
        assert_eq!(
            room.read(&format!("home/{name}")),
            format!("{name}\n"),
            "{shown}"
        );
    }
    for name in ["d/a", "d/m/k", "d/sec"] {
        assert!(
            !room.exists(&format!("home/{name}")),
            "{name}, {shown}\n{undo}"
        );
    }
    if live.contains("z/q") {
        assert_eq!(room.sh("stat -c %a home/d/z").out, "755\n", "{shown}");
    }
}

/// A live directory that cannot be listed has no second tree like it: the journal, and it stays.
#[test]
fn a_live_directory_that_cannot_be_listed() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    let room = Room::with(&format!(
        "mkdir -p home; cd home; mkdir -p s/z d/z; echo new > s/a; echo old > d/a; echo q > d/z/q; chmod 0 d/z s/z
         ages s 1000000000; chown -R {NOBODY}:{NOBODY} ."
    ));
    room.resilver_as_nobody("-a --delete --commit=swap home/s/ home/d/")
        .code(4)
        .says(&["cannot be switched", "cannot read z"]);
    assert_eq!(room.read("home/d/a"), "old\n");
    room.resilver_as_nobody("-a --delete home/s/ home/d/")
        .code(23);
    assert_eq!(room.read("home/d/a") + &room.read("home/d/z/q"), "new\nq\n");
    assert_eq!(room.method_as_nobody("home/d"), "journal");
    room.resilver_as_nobody("undo home/d").ok();
    assert_eq!(room.read("home/d/a") + &room.read("home/d/z/q"), "old\nq\n");
}
