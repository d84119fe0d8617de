//! Whose entries are there, and stay.

use std::os::unix::fs::MetadataExt;

use crate::kit::{NOBODY, can_mount, is_root, kernel_tool, skip_unless};
use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d far/p; echo a > far/a; echo b > far/d/b; echo c > far/d/c; \
                    echo f > far/f; ln -s a far/l; ages far 1600000000";
/// Some that have no name here, and some that have one.
const OWNED: &str = "chown -h 3001:3002 far/a far/f far/l far/p; chown 2:3 far/d far/d/b";
const EDITS: &str = "echo mine >> m/a; chmod 700 m/d; echo mine >> m/d/b; ln -sfn d m/l; \
                     rm m/f; mkdir m/f; echo new > m/f/n; rmdir m/p; echo new > m/p; \
                     mkdir m/new; echo new > m/new/n; echo new > m/d/n; \
                     chown -h 1:2 m/a m/d m/l m/f/n m/new/n m/d/n";

fn owner(place: &Place, path: &str) -> (u32, u32) {
    let meta = std::fs::symlink_metadata(place.room.at(path)).expect(path);
    (meta.uid(), meta.gid())
}

#[track_caller]
fn owners_are(place: &Place, expected: &[(&str, (u32, u32))]) {
    for (path, expected) in expected {
        assert_eq!(owner(place, path), *expected, "{path}");
    }
}

/// What every push leaves as it is, whatever the mirror has.
const KEPT: &[(&str, (u32, u32))] = &[
    ("far/a", (3001, 3002)),
    ("far/l", (3001, 3002)),
    ("far/f", (3001, 3002)),
    ("far/p", (3001, 3002)),
    ("far/d", (2, 3)),
    ("far/d/b", (2, 3)),
    ("far/d/c", (0, 0)),
];
/// Of what is new.
const NEW: [&str; 3] = ["far/f/n", "far/new/n", "far/d/n"];

#[test]
fn what_exists_there_keeps_its_owner() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    for (pull, of_new) in [
        ("-a", (1, 2)),
        ("-a --numeric-ids", (1, 2)),
        // Without owners in the mirror as well: what a stock receiver replaces would be root's.
        ("-rlpt", (0, 0)),
        ("-a --chown=7:7", (0, 0)),
    ] {
        let place = Place::with(TREE);
        place.pull(pull);
        place.room.sh(&format!("{OWNED}; {EDITS}"));
        let said = place.push("-n -i --delete-guard=100").ok();
        for line in said.out.lines().filter(|line| line.starts_with(['<', '.'])) {
            assert!(!line[1..11].contains(['o', 'g']), "{pull}: {said}");
        }
        place.push("--delete-guard=100").ok();
        assert_eq!(place.tree("far"), place.tree("m"), "{pull}");
        owners_are(&place, KEPT);
        for path in NEW {
            assert_eq!(owner(&place, path), of_new, "{pull}: {path}");
        }
        assert_eq!(place.diff(), []);
        place.push("").ok().says(&["nothing was pushed"]);
    }
}

#[test]
fn it_keeps_the_one_that_it_has_right_before() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo mine >> m/a; echo mine >> m/d/b");
    // The second connection is the look right before.
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\n[ $(wc -l < calls) = 2 ] && chown 3001:3002 far/a\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("chmod 755 shell");
    place.push("-e ./shell").ok().says(&["sent 2"]);
    assert_eq!(place.room.read("far/a"), "a\nmine\n");
    owners_are(&place, &[("far/a", (3001, 3002)), ("far/d/b", (0, 0))]);
}

#[test]
fn settled_conflicts_leave_owners_alone() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    for settlement in ["--ours", "--keep-both"] {
        let place = Place::with(TREE);
        place.pull("-a");
        place
            .room
            .sh("echo mine >> m/a; echo theirs1 >> far/a; chown 1:2 m/a; chown 3001:3002 far/a");
        place.push(settlement).ok();
        assert_eq!(place.room.read("far/a"), "a\nmine\n");
        owners_are(&place, &[("far/a", (3001, 3002))]);
        if settlement == "--keep-both" {
            place
                .room
                .sh("[ \"$(stat -c %u:%g far/a.theirs-*)\" = 3001:3002 ]");
        }
    }
}

#[test]
fn a_guarded_push_leaves_owners_alone() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    for options in ["-a", "-rlpt"] {
        let place = Place::with(TREE);
        place.pull("-a");
        place.room.sh(&format!("{OWNED}; {EDITS}"));
        let to = place.far("far/");
        let run = format!("{options} --delete --delete-guard=100 --guard-edits m/ {to}");
        place.room.resilver(&run).ok();
        assert_eq!(place.tree("far"), place.tree("m"));
        owners_are(&place, KEPT);
    }
}

#[test]
fn names_of_one_file_stay_together() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    for pull in ["-aH", "-rlptH"] {
        links_are_kept(pull);
    }
}

fn links_are_kept(pull: &str) {
    let place = Place::with(TREE);
    place.pull(pull);
    // One that exists and a new one in a new directory; two new ones; two that exist.
    place.room.sh(
        "echo mine >> m/a; mkdir m/0; ln m/a m/0/link; echo new > m/n; ln m/n m/o; echo b >> m/d/b; ln -f m/d/b m/d/c; \
         chown 3001:3002 far/a",
    );
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    owners_are(&place, &[("far/a", (3001, 3002)), ("far/n", (0, 0))]);
    for (one, other) in [
        ("far/a", "far/0/link"),
        ("far/n", "far/o"),
        ("far/d/b", "far/d/c"),
    ] {
        let inode = |path| std::fs::metadata(place.room.at(path)).expect(path).ino();
        assert_eq!(inode(one), inode(other), "{one} {other}");
    }
    assert_eq!(place.diff(), []);
}

#[test]
fn who_is_not_the_super_user_there_keeps_groups() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    let place = Place::with(TREE);
    place.pull("-a");
    let text = format!(
        "#!/bin/sh\nshift\nexec setpriv --reuid={NOBODY} --regid={NOBODY} --groups={NOBODY},3002 sh -c \"$*\"\n"
    );
    std::fs::write(place.room.at("nrsh"), text).expect("a script");
    place.room.sh(&format!(
        "chmod 755 nrsh .; chown {NOBODY}:{NOBODY} far far/d; chown {NOBODY}:3002 far/a; chown 3001:3004 far/f; \
         echo mine >> m/a; echo mine >> m/f; echo new > m/new"
    ));
    place.push("-e ./nrsh").ok().says(&["sent 3"]);
    let nobody = NOBODY.parse().expect("a number");
    // A file of another's is replaced by one of one's own, as by any program that does not write into it.
    let mine = (nobody, nobody);
    let expected = [
        ("far/a", (nobody, 3002)),
        ("far/f", mine),
        ("far/new", mine),
    ];
    owners_are(&place, &expected);
    assert_eq!(place.diff(), []);
}

#[test]
fn directories_open_and_close_for_what_is_new_in_them() {
    skip_unless!(is_root(), "who logs in there is not to be the super-user");
    for pull in ["-a", "-rlpt"] {
        directories_open_and_close(pull);
    }
}

fn directories_open_and_close(pull: &str) {
    let place = Place::with(&format!(
        "{TREE}; mkdir far/e; echo e > far/e/e; chmod 555 far/e"
    ));
    place.pull(pull);
    let text = format!(
        "#!/bin/sh\nshift\nexec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups sh -c \"$*\"\n"
    );
    std::fs::write(place.room.at("nrsh"), text).expect("a script");
    place.room.sh(&format!(
        "chmod 755 nrsh .; chown -R {NOBODY}:{NOBODY} far; mkdir m/d/new; echo new > m/d/new/n; echo new > m/e/n; \
         echo mine >> m/d/b; chmod 755 m/e; chmod 555 m/d"
    ));
    place.push("-e ./nrsh").ok().says(&["sent 6"]);
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}

/// Numbers have other names there: what goes by name goes to whom the name belongs to.
#[test]
fn names_stand_for_other_numbers_there() {
    skip_unless!(can_mount(), "needs another list of users");
    skip_unless!(kernel_tool("setfacl"), "needs ACLs");
    let place = Place::with(TREE);
    let at = place.room.path().display();
    let text = format!(
        "#!/bin/sh\nshift\nCOMMAND=\"$*\"\nexport COMMAND\n\
         exec unshare -m sh -c 'mount --bind {at}/passwd /etc/passwd && exec sh -c \"$COMMAND\"'\n"
    );
    std::fs::write(place.room.at("namesh"), text).expect("a script");
    place.room.sh(
        "chmod 755 namesh; \
         awk -F: -v OFS=: '$1 == \"daemon\" {$3 = 2} $1 == \"bin\" {$3 = 1} {print}' /etc/passwd > passwd; \
         chown 1 far/a far/d/b; setfacl -m u:1:rw far/d/c",
    );
    let from = format!("-e ./namesh here:{at}/far/");
    place.room.resilver(&format!("-aA {from} m")).ok();
    assert_eq!(owner(&place, "m/a").0, 2);
    place.room.sh(
        "getfacl -cn m/d/c | grep -qx user:2:rw-; echo mine >> m/a; echo mine >> m/d/b; echo mine >> m/d/c; \
         echo new > m/new; chown 1 m/new; chown 2 far/d/b",
    );
    place.push("").ok();
    let owners = ["far/a", "far/d/b", "far/new"].map(|path| owner(&place, path).0);
    assert_eq!(owners, [1, 2, 2]);
    place.room.sh("getfacl -cn far/d/c | grep -qx user:1:rw-");
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}

#[test]
fn a_resilver_there_keeps_owners_too() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    let place = Place::with(TREE);
    place.pull("-a --rsync-path=\"$RESILVER\"");
    place.room.sh(&format!("{OWNED}; {EDITS}"));
    place.push("--delete-guard=100").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    owners_are(&place, KEPT);
}

#[test]
fn a_daemon_of_an_older_protocol_keeps_owners_too() {
    skip_unless!(is_root(), "owners are the super-user's to give");
    let place = Place::with(TREE);
    let at = place.room.path().display().to_string();
    let conf = format!(
        "use chroot = no\nuid = root\ngid = root\nlog file = {at}/log\n[pub]\npath = {at}/far\nread only = no\n"
    );
    std::fs::write(place.room.at("conf"), conf).expect("a file");
    let program = format!("exec rsync --config={at}/conf --server --daemon --protocol=30 .");
    place.room.set("RSYNC_CONNECT_PROG", &program);
    place.room.resilver("-a here::pub/ m").ok();
    place
        .room
        .sh("echo mine >> m/a; chown 1:2 m/a; chown 3001:3002 far/a; echo mine >> m/d/b; echo theirs1 >> far/d/b");
    place.push("--theirs").ok().says(&["sent 1, fetched 1"]);
    owners_are(&place, &[("far/a", (3001, 3002))]);
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}
