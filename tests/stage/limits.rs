//! Where a switch cannot be had, or something stands in the way.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use resilver::stage::{CommitChoice, Error, Method, Policy, doctor, status};

use crate::driver::{How, MIRROR, mirror};
use crate::swap::{Bench, bench, swap, two_states};
use crate::trees::{grow, picture, read};

fn auto() -> Policy {
    Policy {
        no_fsync: true,
        ..Policy::default()
    }
}

/// Runs a command; false where this machine does not allow it.
fn shell(script: &str) -> bool {
    Command::new("sh")
        .arg("-c")
        .arg(script)
        .status()
        .unwrap()
        .success()
}

/// A mount that ends with the test.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn tmpfs(at: &'a Path, options: &str) -> Option<Mounted<'a>> {
        fs::create_dir_all(at).unwrap();
        shell(&format!(
            "mount -t tmpfs -o {options} none {}",
            at.display()
        ))
        .then_some(Mounted(at))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        shell(&format!("umount {}", self.0.display()));
    }
}

fn why_not(bench: &Bench) -> String {
    match mirror(&bench.src, &bench.dst, &swap(), MIRROR) {
        Err(Error::SwapImpossible { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mount_inside_means_a_plan_and_objects_cross_it() {
    let bench = bench();
    grow(&bench.src, &["a = one", "m/b = two", "m/d/c = three"]);
    let point = bench.dst.join("m");
    let Some(mounted) = Mounted::tmpfs(&point, "size=1m") else {
        eprintln!("skipped: mounting is not allowed here");
        return;
    };
    assert!(why_not(&bench).contains("is mounted in it"));
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    let commit = ran.commit.unwrap();
    assert_eq!((commit.method, commit.kept.len()), (Method::Journal, 0));
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    fs::write(bench.src.join("m/b"), "changed").unwrap();
    fs::remove_dir_all(bench.src.join("m/d")).unwrap();
    mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    resilver::stage::undo(&bench.dst, &auto(), false, false).unwrap();
    assert_eq!(read(point.join("b")), "two");
    assert_eq!(read(point.join("d/c")), "three");
    drop(mounted);
}

#[test]
fn a_mount_point_has_its_state_inside() {
    let bench = bench();
    grow(&bench.src, &["a = one", "d/b = two"]);
    let Some(_mounted) = Mounted::tmpfs(&bench.dst, "size=1m") else {
        eprintln!("skipped: mounting is not allowed here");
        return;
    };
    assert!(why_not(&bench).contains("mount point"));
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Journal);
    assert_eq!(read(bench.dst.join("d/b")), "two");
    let now = status(&bench.dst).unwrap();
    assert_eq!(now.state.unwrap(), bench.dst.join(".resilver"));
    assert!(!bench.state.exists());
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert!(ran.commit.is_none(), "state inside is never deleted");
}

#[test]
fn a_full_disk_leaves_the_destination_as_it_was() {
    let bench = bench();
    let top = bench.dst.join("top");
    let Some(_mounted) = Mounted::tmpfs(&bench.dst, "size=256k") else {
        eprintln!("skipped: mounting is not allowed here");
        return;
    };
    grow(&bench.src, &["a = one"]);
    mirror(&bench.src, &top, &swap(), MIRROR).unwrap();
    let before = picture(&top);
    fs::write(bench.src.join("large"), vec![b'x'; 1 << 20]).unwrap();
    let failed = std::panic::catch_unwind(|| mirror(&bench.src, &top, &swap(), MIRROR));
    assert!(failed.is_err(), "the driver's write fails");
    assert_eq!(picture(&top), before);
    fs::remove_file(bench.src.join("large")).unwrap();
    grow(&bench.src, &["small = x"]);
    mirror(&bench.src, &top, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&top), picture(&bench.src));
}

#[test]
fn the_state_of_another_destination_inside_means_a_plan() {
    let bench = bench();
    grow(&bench.src, &["a = one", "in/b = two"]);
    grow(&bench.dst, &["x = x"]);
    let inner = bench.dst.join("in");
    mirror(&bench.src.join("in"), &inner, &swap(), MIRROR).unwrap();
    assert!(why_not(&bench).contains("another destination"));
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Journal);
    assert!(bench.dst.join(".in.resilver/signature").exists());
    // And the inner one lies within another destination now.
    grow(&bench.src, &["in/c = three"]);
    let ran = mirror(&bench.src.join("in"), &inner, &auto(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Journal);
}

#[test]
fn a_process_inside_means_a_plan() {
    let bench = bench();
    two_states(&bench);
    let mut shell = Command::new("sleep")
        .arg("20")
        .current_dir(bench.dst.join("d"))
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Journal);
    assert!(
        ran.notes.iter().any(|n| n.contains("current directory")),
        "{:?}",
        ran.notes
    );
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    shell.kill().unwrap();
    shell.wait().unwrap();
}

#[test]
fn methods_may_alternate() {
    let bench = bench();
    let (_, second) = two_states(&bench);
    let journal = crate::journal::journal();
    mirror(&bench.src, &bench.dst, &journal, MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), second);
    grow(&bench.src, &["more = 1"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    resilver::stage::undo(&bench.dst, &swap(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), second);
    fs::write(bench.src.join("a"), "again").unwrap();
    mirror(&bench.src, &bench.dst, &journal, MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    resilver::stage::undo(&bench.dst, &journal, false, false).unwrap();
    assert_eq!(picture(&bench.dst), second);
}

#[test]
fn an_interrupted_swap_is_taken_up_by_a_plan() {
    let bench = bench();
    two_states(&bench);
    fs::write(bench.src.join("d/fresh"), "fresh").unwrap();
    let refusing = Policy {
        gates: vec!["false".into()],
        ..swap()
    };
    mirror(&bench.src, &bench.dst, &refusing, MIRROR).unwrap_err();
    let ran = mirror(&bench.src, &bench.dst, &crate::journal::journal(), MIRROR).unwrap();
    assert!(ran.salvaged > 3 && ran.copied == 0, "{ran:?}");
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}

#[test]
fn gates_and_guards_refuse_before_anything_changes() {
    let bench = bench();
    let (first, _) = two_states(&bench);
    let emptied = bench.src.with_extension("empty");
    fs::create_dir(&emptied).unwrap();
    let refuse = |policy: Policy| mirror(&emptied, &bench.dst, &policy, MIRROR).unwrap_err();
    let guard = Policy {
        delete_guard: Some(50),
        ..swap()
    };
    assert!(matches!(
        refuse(guard),
        Error::GuardRefused { percent: 50, .. }
    ));
    let required = Policy {
        require_files: vec!["d/c".into()],
        ..swap()
    };
    assert!(refuse(required.clone()).to_string().contains("d/c"));
    let by_plan = Policy {
        commit: CommitChoice::Only(Method::Journal),
        ..required.clone()
    };
    assert!(refuse(by_plan.clone()).to_string().contains("d/c"));
    let gate = Policy {
        gates: vec!["test \"$RESILVER_REMOVED\" -lt 3".into()],
        ..swap()
    };
    assert!(refuse(gate).to_string().contains("refused"));
    assert_eq!(picture(&bench.dst), first);
    mirror(&bench.src, &bench.dst, &required, MIRROR).unwrap();
    mirror(&bench.src, &bench.dst, &by_plan, MIRROR).unwrap();
}

#[test]
fn keeping_no_previous_generation_frees_it_at_once() {
    for commit in [Method::Swap, Method::Journal] {
        let bench = bench();
        let (_, second) = two_states(&bench);
        let none = Policy {
            commit: CommitChoice::Only(commit),
            previous: resilver::stage::KeepPrevious::None,
            ..swap()
        };
        mirror(&bench.src, &bench.dst, &none, MIRROR).unwrap();
        assert_eq!(picture(&bench.dst), second);
        for text in ["once", "more than once"] {
            fs::write(bench.src.join("a"), text).unwrap();
            let ran = mirror(&bench.src, &bench.dst, &none, MIRROR).unwrap();
            assert!(
                !ran.notes.iter().any(|n| n.contains("kept")),
                "{:?}",
                ran.notes
            );
        }
        assert!(!bench.state.join("previous").exists());
        let undone = resilver::stage::undo(&bench.dst, &swap(), false, false);
        assert!(
            matches!(undone, Err(Error::NothingToUndo { .. })),
            "{undone:?}"
        );
    }
}

#[test]
fn a_link_into_the_tree_is_followed_and_a_dangling_one_refused() {
    let bench = bench();
    grow(&bench.src, &["a = one"]);
    let real = bench.dst.with_file_name("real");
    fs::create_dir(&real).unwrap();
    std::os::unix::fs::symlink("real", &bench.dst).unwrap();
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert!(bench.dst.is_symlink());
    assert_eq!(read(real.join("a")), "one");
    assert!(bench.dst.with_file_name(".real.resilver").is_dir());
    fs::rename(&real, real.with_extension("gone")).unwrap();
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap_err();
}

#[test]
fn an_inode_with_all_the_links_it_can_have_is_copied() {
    let bench = bench();
    // Enough links that the next tree cannot have another; ext4 stops at 65,000, tmpfs never does.
    grow(&bench.dst, &["d/first = many"]);
    let mut n = 0;
    let full = loop {
        n += 1;
        let name = bench.dst.join(format!("d/l{n}"));
        match fs::hard_link(bench.dst.join("d/first"), name) {
            Ok(()) if n > 70_000 => break false,
            Ok(()) => {}
            Err(_) => break true,
        }
    };
    if !full {
        eprintln!("skipped: this file system sets no limit");
        return;
    }
    let how = How {
        delete: false,
        settle: false,
    };
    grow(&bench.src, &["d/new = new"]);
    mirror(&bench.src, &bench.dst, &swap(), how).unwrap();
    assert_eq!(read(bench.dst.join("d/l5")), "many");
    let names = fs::read_dir(bench.dst.join("d")).unwrap().count();
    assert_eq!(names, n + 1);
    let copies: std::collections::HashSet<_> = fs::read_dir(bench.dst.join("d"))
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().ino())
        .collect();
    assert!(
        copies.len() <= 4,
        "the new file, and few copies of one: {}",
        copies.len()
    );
}

#[test]
fn doctor_names_the_guarantee_and_leaves_nothing_behind() {
    let bench = bench();
    let found = doctor(&bench.dst, &auto()).unwrap();
    assert_eq!(
        (found.method, found.guarantee),
        (Method::Swap, 'A'),
        "{found:#?}"
    );
    assert!(found.checks.iter().all(|check| check.ok), "{found:#?}");
    let parent = bench.dst.parent().unwrap();
    assert_eq!(fs::read_dir(parent).unwrap().count(), 0);
    let system = doctor(Path::new("/etc"), &auto()).unwrap();
    assert_eq!((system.method, system.guarantee), (Method::Journal, 'B'));
}

#[test]
fn what_a_parent_hands_down_does_not_reach_the_stage() {
    let bench = bench();
    let parent = bench.dst.parent().unwrap();
    fs::set_permissions(parent, fs::Permissions::from_mode(0o2775)).unwrap();
    let set = shell(&format!(
        "chgrp 4242 {p} && setfacl -d -m u:1234:rwx {p} 2>/dev/null; chgrp 4242 {p}",
        p = parent.display()
    ));
    if !set {
        eprintln!("skipped: not allowed to change groups");
        return;
    }
    grow(&bench.src, &["a = one", "d/b = two"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let meta = fs::metadata(&bench.state).unwrap();
    assert_eq!(meta.mode() & 0o7777, 0o700);
    assert_ne!(meta.gid(), 4242);
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}
