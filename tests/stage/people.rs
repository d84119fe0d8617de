//! Ordinary users, large files, other boots: what the run may not or need not do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use resilver::stage::{Method, Policy, undo};

use crate::driver::{MIRROR, mirror};
use crate::swap::{Bench, bench, swap};
use crate::trees::{grow, picture, read, still};

/// A user with no rights beyond its own.
const NOBODY: u32 = 65534;

fn auto() -> Policy {
    Policy {
        no_fsync: true,
        ..Policy::default()
    }
}

/// Gives everything of a bench to an ordinary user; false where this user may not.
fn give_away(bench: &Bench) -> bool {
    let root = bench.dst.parent().unwrap();
    walkdir::WalkDir::new(root)
        .into_iter()
        .all(|e| std::os::unix::fs::lchown(e.unwrap().path(), Some(NOBODY), Some(NOBODY)).is_ok())
}

/// Runs the child of the crash tests as an ordinary user.
fn as_nobody(bench: &Bench, method: &str, does: &str) -> bool {
    let ids = NOBODY.to_string();
    Command::new("setpriv")
        .args(["--reuid", &ids, "--regid", &ids, "--clear-groups"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--test-threads=1"])
        .env("CHILD_SRC", &bench.src)
        .env("CHILD_DST", &bench.dst)
        .env("CHILD_METHOD", method)
        .env("CHILD_DOES", does)
        .stdout(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn narrow_modes(method: &str) {
    let bench = bench();
    grow(
        &bench.src,
        &["a = one", "d/b = two", "d/e/c = three", "g/h = four"],
    );
    set_mode(&bench.src.join("d/e"), 0o555);
    set_mode(&bench.src.join("d"), 0o500);
    set_mode(&bench.src, 0o555);
    if !give_away(&bench) {
        eprintln!("skipped: only the super-user can become another");
        return;
    }
    assert!(as_nobody(&bench, method, "mirror"));
    let first = picture(&bench.src);
    assert_eq!(picture(&bench.dst), first);
    fs::write(bench.src.join("d/e/c"), "changed").unwrap();
    fs::write(bench.src.join("d/new"), "new").unwrap();
    fs::remove_dir_all(bench.src.join("g")).unwrap();
    fs::create_dir(bench.src.join("n")).unwrap();
    fs::write(bench.src.join("n/x"), "x").unwrap();
    set_mode(&bench.src.join("n"), 0o555);
    set_mode(&bench.src.join("a"), 0o400);
    still(&bench.src);
    assert!(give_away(&bench));
    assert!(as_nobody(&bench, method, "mirror"));
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    assert!(as_nobody(&bench, method, "undo"));
    assert_eq!(picture(&bench.dst), first);
    assert!(as_nobody(&bench, method, "mirror"));
    assert!(as_nobody(&bench, method, "mirror"));
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}

#[test]
fn an_ordinary_user_switches_trees_that_nobody_may_write_to() {
    narrow_modes("swap");
}

#[test]
fn an_ordinary_user_carries_out_plans_in_trees_that_nobody_may_write_to() {
    narrow_modes("journal");
}

#[test]
fn state_of_another_user_is_refused() {
    let bench = bench();
    grow(&bench.src, &["a = one"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    if !give_away(&bench) {
        eprintln!("skipped: only the super-user can give things away");
        return;
    }
    grow(&bench.src, &["b = two"]);
    let error = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap_err();
    assert!(
        error.to_string().contains("belongs to user 65534"),
        "{error}"
    );
    assert!(!bench.dst.join("b").exists());
}

#[test]
fn a_large_file_is_not_copied_for_its_mode_alone() {
    let bench = bench();
    grow(&bench.src, &["small = s"]);
    fs::write(bench.src.join("large"), vec![7; 3 << 20]).unwrap();
    still(&bench.src);
    mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    let first = picture(&bench.dst);
    let inode = |name: &str| fs::metadata(bench.dst.join(name)).unwrap().ino();
    let (small, large) = (inode("small"), inode("large"));
    for name in ["small", "large"] {
        set_mode(&bench.src.join(name), 0o600);
    }
    let ran = mirror(&bench.src, &bench.dst, &auto(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Swap);
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    assert_ne!(inode("small"), small, "copied");
    assert_eq!(inode("large"), large, "changed in place after the switch");
    undo(&bench.dst, &auto(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), first);
    undo(&bench.dst, &auto(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}

#[test]
fn after_another_boot_only_what_is_durable_is_taken_as_it_is() {
    let bench = bench();
    grow(&bench.src, &["a = one", "d/b = two"]);
    let refusing = Policy {
        gates: vec!["false".into()],
        ..swap()
    };
    mirror(&bench.src, &bench.dst, &refusing, MIRROR).unwrap_err();
    let journal = bench.state.join("journal");
    let text = read(&journal);
    let (_, body) = text.split_once('\n').unwrap();
    let boot = resilver::sys::process::boot_id();
    let body = body.replace(&boot, "00000000-another-boot");
    let sum = twox_hash::XxHash3_64::oneshot(body.as_bytes());
    fs::write(&journal, format!("resilver journal 1 {sum:016x}\n{body}")).unwrap();
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!((ran.salvaged, ran.copied), (0, 2));
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}
