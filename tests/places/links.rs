//! Where a hard link cannot be made, and what an unchanged or touched file keeps: all of it, always.

use crate::kit::{Mount, NOBODY, Room, assert_same, can_mount, is_root, kernel_tool, skip_unless};

/// A live tree with owners, attributes and ACLs that no run was asked to touch.
const ATTRIBUTES: &str = "
    mkdir -p s/dir; for n in stays touched rewritten linked; do echo $n > s/dir/$n; done
    ages s 1000000000.5; rsync -aH s/ d/
    for f in d/dir d/dir/stays d/dir/touched d/dir/linked; do
        setfattr -n user.k -v of-$(basename $f) $f; setfacl -m u:7:rwx $f; done
    ln d/dir/linked d/dir/twin; chown 3:4 d/dir/touched d/dir/stays
    ln s/dir/linked s/dir/twin; ages d/dir 1000000000.5; cp -a d oracle; ages s 1000000000.5";

fn has_attributes(room: &Room) -> bool {
    is_root()
        && kernel_tool("setfacl")
        && room
            .try_sh("touch f; setfattr -n user.k -v 1 f && setfacl -m u:7:r f")
            .code
            == 0
}

/// The same command by rsync on an equal tree is the oracle.
fn keeps_as_rsync_does(change: &str, options: &str) {
    for method in ["swap", "journal", "auto"] {
        let room = Room::new();
        skip_unless!(
            has_attributes(&room),
            "needs root, setfattr, setfacl and attributes"
        );
        room.sh(ATTRIBUTES);
        room.sh(change);
        room.sh(&format!("rsync {options} s/ oracle/"));
        room.resilver(&format!("{options} --commit={method} s/ d/"))
            .ok();
        assert_same(&room.tree("oracle"), &room.tree("d"));
        room.sh("test $(stat -c %i d/dir/linked) = $(stat -c %i d/dir/twin)");
    }
}

#[test]
fn unchanged_files_keep_all() {
    keeps_as_rsync_does(
        "echo other > s/dir/rewritten; touch -d @1100000000 s/dir/rewritten s/dir",
        "-rltH --delete",
    );
}

#[test]
fn touched_files_keep_what_is_not_asked_for() {
    keeps_as_rsync_does("chmod 640 s/dir/touched", "-rltpH --delete");
    keeps_as_rsync_does(
        "touch -d @1100000000.5 s/dir/touched s/dir/linked",
        "-rltH --size-only --delete",
    );
}

#[test]
fn files_given_to_another_owner_keep_attributes() {
    keeps_as_rsync_does(
        "chown 11:12 s/dir/touched s/dir/linked s/dir",
        "-aH --delete",
    );
}

/// What is made in a directory has the ACL that the directory gives, and a directory hands it on.
#[test]
fn new_files_inherit_the_default_acl() {
    for options in ["-rltH --delete", "-aH --delete"] {
        keeps_as_rsync_does(
            "for t in d oracle; do setfacl -d -m g:9:rw $t/dir; done; mkdir s/dir/made
             echo in > s/dir/made/in; echo new > s/dir/new; ages s/dir/made 1100000000
             touch -d @1100000000 s/dir/new s/dir",
            options,
        );
    }
}

/// And nothing of what the parent of the destination gives.
#[test]
fn the_parents_default_acl_stays_outside() {
    for method in ["swap", "journal", "auto"] {
        let room = Room::new();
        skip_unless!(
            has_attributes(&room),
            "needs root, setfattr, setfacl and attributes"
        );
        room.sh(
            "mkdir -p p p/d s/made; echo in > s/made/in; echo x > s/x; ages s 1000000000.5; cp -a p/d p/oracle
             setfacl -d -m g:9:rw p; chgrp 77 p; chmod g+s p",
        );
        room.sh("rsync -rltp s/ p/oracle/");
        room.resilver(&format!("-rltp --commit={method} s/ p/d/"))
            .ok();
        assert_same(&room.tree("p/oracle"), &room.tree("p/d"));
    }
}

/// No link at all, or not in this place: the journal, and everything as it should be.
#[test]
fn a_volume_without_hard_links() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    for error in ["EPERM", "EXDEV", "EOPNOTSUPP"] {
        let room = Room::new();
        let attributes = has_attributes(&room);
        if attributes {
            room.sh(ATTRIBUTES);
        } else {
            room.sh("mkdir s; echo a > s/a; touch -d @1 s/a; cp -a s d; cp -a d oracle");
        }
        room.sh("echo new > s/new; touch -d @1200000000.5 s/new s");
        room.sh("rsync -rlt --delete s/ oracle/");
        let fault = format!("linkat:error={error}");
        room.resilver_with_fault(&fault, "-rlt --delete --commit=swap s/ d/")
            .code(4)
            .says(&["cannot be switched", "link"]);
        room.resilver_with_fault(&fault, "-rlt --delete s/ d/").ok();
        assert_same(&room.tree("oracle"), &room.tree("d"));
        assert_eq!(room.method("d"), "journal", "{error}");
        room.resilver_with_fault(&fault, "undo d").ok();
        assert!(!room.exists("d/new"));
        room.resilver_with_fault(&fault, "-rlt --delete s/ d/").ok();
        assert_same(&room.tree("oracle"), &room.tree("d"));
    }
}

/// A volume that cannot exchange two names: the journal.
#[test]
fn a_volume_without_exchange() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    for error in ["EINVAL", "ENOSYS", "EOPNOTSUPP"] {
        let room = Room::with(
            "mkdir s d; echo a > s/a; echo old > d/a; echo old > d/old; ages s 1000000000",
        );
        let fault = &format!("renameat2:error={error}");
        room.resilver_with_fault(fault, "-a --delete --commit=swap s/ d/")
            .code(4)
            .says(&["cannot be switched", "exchange"]);
        assert_eq!(room.read("d/a"), "old\n");
        room.resilver_with_fault(fault, "-a --delete s/ d/").ok();
        assert_same(&room.tree("s"), &room.tree("d"));
        assert_eq!(room.method("d"), "journal");
        room.resilver_with_fault(fault, "undo d").ok();
        assert_eq!(room.read("d/a") + &room.read("d/old"), "old\nold\n");
    }
}

/// ext4 gives an inode 65,000 names; one that has them all, or nearly, is copied, with everything that it has:
/// its names in the tree stay one file.
#[test]
fn a_file_with_as_many_links_as_there_can_be() {
    skip_unless!(
        can_mount() && kernel_tool("setfacl"),
        "needs root and setfacl"
    );
    for free in [0, 1] {
        let room = Room::new();
        let volume = Mount::image(room.at("m"), 64 << 20, &["mkfs.ext4", "-q"], "");
        skip_unless!(volume.is_some(), "no ext4 image");
        room.sh(
            "mkdir -p s/x; echo full > s/a; ln s/a s/b; ln s/a s/x/c; echo c > s/c; touch -d @1000000000.25 s/a s/x
             chmod 4750 s/a; chown 5:6 s/a; chmod 4750 s/a; rsync -aH s/ m/d/; mkdir m/other
             setfattr -n user.k -v kept m/d/a; setfacl -m u:7:rwx m/d/a",
        );
        many_links(&room.at("m/d/a"), &room.at("m/other"), 65_000 - free);
        room.sh("cp -a --preserve=all m/d oracle; echo new > s/c; cp -a s/c oracle/c");
        room.resilver("-rltH --delete --commit=swap s/ m/d/").ok();
        let is_as_expected = || {
            assert_same(
                &room.tree("oracle").without(&[""]),
                &room.tree("m/d").without(&[""]),
            );
        };
        is_as_expected();
        assert_eq!(room.method("m/d"), "swap");
        room.resilver("-rltHi --delete s/ m/d/").ok().silent();
        room.sh("echo newer > s/c; cp -a s/c oracle/c");
        room.resilver("-rltH --delete s/ m/d/").ok();
        is_as_expected();
        room.resilver("undo m/d").ok();
        assert_eq!(room.read("m/d/c"), "new\n");
    }
}

fn many_links(file: &std::path::Path, dir: &std::path::Path, links: u64) {
    use std::os::unix::fs::MetadataExt;
    let have = std::fs::metadata(file).expect("a file").nlink();
    for n in have..links {
        std::fs::hard_link(file, dir.join(n.to_string())).expect("a link");
    }
}

/// The kernel lets a plain user link only what is theirs: the files of others stay what they are.
#[test]
fn files_of_others_in_a_plain_users_tree() {
    let protected = std::fs::read_to_string("/proc/sys/fs/protected_hardlinks");
    skip_unless!(
        is_root() && kernel_tool("setpriv") && protected.is_ok_and(|v| v.trim() == "1"),
        "needs root, setpriv and fs.protected_hardlinks"
    );
    let room = Room::with(&format!(
        "mkdir -p s home/d/sub; chmod 755 s; for n in theirs mine late; do echo $n > s/$n; done
         touch -d @1000000000 s/*; cp -a s/theirs s/mine home/d/; cp -a s/theirs home/d/sub/; cp -a s/theirs s/sub-theirs
         mkdir s/sub; mv s/sub-theirs s/sub/theirs
         chown -R {NOBODY}:{NOBODY} home s; chown 0:0 home/d/theirs; chown 1:1 home/d/sub/theirs"
    ));
    room.resilver_as_nobody("-rlt --delete --commit=swap s/ home/d/")
        .code(4)
        .says(&["cannot be switched"]);
    room.resilver_as_nobody("-rlt --delete s/ home/d/").ok();
    assert_eq!(room.method_as_nobody("home/d"), "journal");
    let owners = room
        .sh("stat -c '%n %u:%g' home/d/theirs home/d/sub/theirs home/d/mine home/d/late")
        .out;
    assert_eq!(
        owners,
        format!(
            "home/d/theirs 0:0\nhome/d/sub/theirs 1:1\nhome/d/mine {NOBODY}:{NOBODY}\nhome/d/late {NOBODY}:{NOBODY}\n"
        )
    );
    room.resilver_as_nobody("-rlti --delete s/ home/d/")
        .ok()
        .silent();
}
