//! `signature`, `delta` and `patch` beside Debian's `rdiff`: each reads what the other wrote.
#![cfg(feature = "rdiff")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn resilver(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(args)
        .current_dir(dir)
        .output()
        .expect("resilver")
}

fn done(dir: &Path, args: &[&str]) {
    let output = resilver(dir, args);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
}

fn rdiff(dir: &Path, args: &[&str]) {
    let status = Command::new("rdiff")
        .args(args)
        .current_dir(dir)
        .status()
        .expect("rdiff, see tests/run.sh");
    assert!(status.success(), "{args:?}");
}

/// An old file and a new one that shares most of it.
fn files() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let old: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 9) as u8)
        .collect();
    let mut new = old.clone();
    new.splice(1_000_000..1_000_100, *b"something else");
    new.extend(b"and an end");
    fs::write(dir.path().join("old"), old).expect("a file");
    fs::write(dir.path().join("new"), new).expect("a file");
    dir
}

fn equal(dir: &Path, a: &str, b: &str) {
    let read = |name| fs::read(dir.join(name)).expect("a file");
    assert!(read(a) == read(b), "{a} is not {b}");
}

#[test]
fn rdiff_patches_with_our_delta() {
    let dir = files();
    let dir = dir.path();
    done(dir, &["signature", "old", "sums"]);
    done(dir, &["delta", "sums", "new", "diff"]);
    rdiff(dir, &["patch", "old", "diff", "made"]);
    equal(dir, "made", "new");
    let size = fs::metadata(dir.join("diff")).expect("the delta").len();
    assert!(size < 20_000, "{size}");
}

#[test]
fn we_patch_with_the_delta_of_rdiff() {
    let dir = files();
    let dir = dir.path();
    for (hash, roll) in [("md4", "rollsum"), ("blake2", "rollsum")] {
        rdiff(
            dir,
            &["-f", "-H", hash, "-R", roll, "signature", "old", "sums"],
        );
        rdiff(dir, &["-f", "delta", "sums", "new", "diff"]);
        done(dir, &["patch", "--force", "old", "diff", "made"]);
        equal(dir, "made", "new");
        done(dir, &["delta", "-f", "sums", "new", "diff2"]);
        done(dir, &["patch", "-f", "old", "diff2", "made"]);
        equal(dir, "made", "new");
    }
}

#[test]
fn an_old_rdiff_reads_an_md4_signature() {
    let dir = files();
    let dir = dir.path();
    done(dir, &["signature", "--md4", "old", "sums"]);
    rdiff(dir, &["delta", "sums", "new", "diff"]);
    rdiff(dir, &["patch", "old", "diff", "made"]);
    equal(dir, "made", "new");
}

#[test]
fn a_file_that_is_there_stays_unless_forced() {
    let dir = files();
    let dir = dir.path();
    fs::write(dir.join("sums"), "mine").expect("a file");
    let output = resilver(dir, &["signature", "old", "sums"]);
    assert_eq!(output.status.code(), Some(11));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "resilver: cannot write \"sums\": it is there already; --force writes over it\n\
         resilver error: error in file IO (code 11)\n"
    );
    assert_eq!(fs::read(dir.join("sums")).expect("a file"), b"mine");
    done(dir, &["signature", "--force", "old", "sums"]);
}

#[test]
fn what_cannot_be_used_is_named_and_nothing_is_left() {
    let dir = files();
    let dir = dir.path();
    fs::write(dir.join("bad"), "no delta at all").expect("a file");
    for (args, told) in [
        (
            ["patch", "old", "bad", "made"],
            "cannot use \"bad\": it is damaged, or not in rdiff's format",
        ),
        (
            ["delta", "bad", "new", "made"],
            "cannot use \"bad\": it is damaged, or not in rdiff's format",
        ),
        (
            ["patch", "old", "none", "made"],
            "cannot open \"none\": No such file or directory (2)",
        ),
    ] {
        let output = resilver(dir, &args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.starts_with(&format!("resilver: {told}\n")),
            "{stderr}"
        );
        assert_eq!(output.status.code(), Some(11));
    }
    let names = fs::read_dir(dir).expect("the directory").count();
    assert_eq!(names, 3, "a file that was begun is gone");
}

#[test]
fn without_a_name_it_goes_to_standard_output() {
    let dir = files();
    let dir = dir.path();
    done(dir, &["signature", "old", "sums"]);
    let output = resilver(dir, &["signature", "old"]);
    assert!(output.stdout == fs::read(dir.join("sums")).expect("a file"));
}
