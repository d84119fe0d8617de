//! Shells that stand in the destination, programs that write there, and what auto makes of them.

use std::process::{Child, Command, Stdio};

use crate::kit::{Room, assert_same};

const FIXTURE: &str = "
    mkdir -p s/sub d/sub; echo newer > s/a; echo newer > s/sub/b; echo old > d/a; echo old > d/sub/b; echo old > d/old
    ages s 1000000000";

/// A process that ends with its test.
struct Guest(Child);

impl Guest {
    /// A shell script that says `ready` when it stands where it should, and then waits.
    fn new(room: &Room, text: &str) -> Guest {
        let child = Command::new("sh")
            .args(["-c", &format!("{text}; echo > ready; exec sleep 60")])
            .env("READY", room.at("ready"))
            .current_dir(room.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("sh can be run");
        let guest = Guest(child);
        for _ in 0..400 {
            if room.exists("ready") || room.exists("d/ready") {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        guest
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn method_with(guest: &str) -> String {
    let room = Room::with(FIXTURE);
    let guest = guest.replace("echo > ready", "");
    let guest = Guest::new(&room, &guest);
    room.resilver("-a --delete s/ d/").ok();
    assert_same(&room.tree("s"), &room.tree("d"));
    drop(guest);
    room.method("d")
}

#[test]
fn auto_leaves_the_tree_in_place_for_who_works_in_it() {
    assert_eq!(method_with("true"), "swap");
    assert_eq!(method_with("exec 9<d/a"), "swap", "reading is no reason");
    assert_eq!(method_with("exec 9>>d/a"), "journal", "open for writing");
    assert_eq!(
        method_with("exec 9>>d/sub/b"),
        "journal",
        "open for writing below"
    );
}

#[test]
fn auto_leaves_the_tree_in_place_for_who_stands_in_it() {
    for inside in ["d", "d/sub"] {
        let room = Room::with(FIXTURE);
        let mut child = Command::new("sleep")
            .arg("60")
            .current_dir(room.at(inside))
            .spawn()
            .expect("sleep(1)");
        room.resilver("-a --delete s/ d/").ok();
        let method = room.method("d");
        let _ = child.kill();
        let _ = child.wait();
        assert_eq!(method, "journal", "a process stands in {inside}");
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}

/// The run's own directory counts like any other's.
#[test]
fn a_run_from_within_the_destination() {
    let room = Room::with(FIXTURE);
    room.sh("cd d; \"$RESILVER\" -a --delete ../s/ ./");
    assert_same(&room.tree("s"), &room.tree("d"));
    assert_eq!(room.method("d"), "journal");
}

/// After a switch a shell that stood in the tree stands in the old one: nothing goes out from there, nothing comes in.
#[test]
fn a_shell_left_in_the_old_tree_is_refused() {
    let pushes = [
        "./ $T/far/",
        ". $T/far",
        "sub/ $T/far/",
        "a $T/far/",
        "*  $T/far/",
        "$T/s/ ./",
        "$T/s/ .",
        "$T/s/ sub/",
        "$T/s/ new/",
        "$T/s/a a",
        "../s/ $T/far/",
        "-n ./ $T/far/",
        "--commit=direct ./ $T/far/",
    ];
    for words in pushes {
        let room = Room::with(FIXTURE);
        room.sh("mkdir far; echo far > far/a");
        room.set("T", room.path().to_str().expect("a plain path"));
        let switch = "\"$RESILVER\" -a --delete --commit=swap $T/s/ $T/d/";
        let said = room.try_sh(&format!(
            "cd d; {switch} || exit 99; exec \"$RESILVER\" -a {words}"
        ));
        assert!(said.code != 0 && said.code != 99, "{words}: {said}");
        // A name that is gone with the old tree is refused as missing; all else with the advice.
        if !words.starts_with("../s/") {
            assert!(said.has(&["cd \"$PWD\""]), "{words}: {said}");
        }
        assert_eq!(room.read("far/a"), "far\n", "{words}");
        assert_same(&room.tree("s"), &room.tree("d"));
        assert_eq!(room.read(".d.resilver/previous/a"), "old\n", "{words}");
        assert!(!room.exists(".d.resilver/previous/new"), "{words}");
    }
}

#[test]
fn the_advice_helps() {
    let room = Room::with(FIXTURE);
    room.set("T", room.path().to_str().expect("a plain path"));
    room.sh(
        "cd $T/d; \"$RESILVER\" -a --delete --commit=swap $T/s/ $T/d/
         ! \"$RESILVER\" -a ./ $T/far/
         cd \"$PWD\"; \"$RESILVER\" -a ./ $T/far/",
    );
    assert_same(&room.tree("s"), &room.tree("far"));
}

/// Subcommands from there as well: they are about the destination, never about the old tree.
#[test]
fn subcommands_from_the_old_tree() {
    for command in ["undo .", "undo ./", "tidy .", "recover .", "doctor ."] {
        let room = Room::with(FIXTURE);
        room.set("T", room.path().to_str().expect("a plain path"));
        let said = room.try_sh(&format!(
            "cd d; \"$RESILVER\" -a --delete --commit=swap $T/s/ $T/d/ || exit 99; exec \"$RESILVER\" {command}"
        ));
        assert!(said.code != 0 && said.code != 99, "{command}: {said}");
        assert!(said.has(&["cd \"$PWD\""]), "{command}: {said}");
        assert_same(&room.tree("s"), &room.tree("d"));
        assert_eq!(room.read(".d.resilver/previous/a"), "old\n", "{command}");
    }
}
