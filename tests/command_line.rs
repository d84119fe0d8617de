//! The program as a whole: what goes to which stream, and how it exits. The real rsync is asked the
//! same questions; it must be installed, because a frozen answer would not show when both drift apart.

use std::io::Read;
use std::process::{Command, Output, Stdio};

fn resilver(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(words)
        .output()
        .expect("the program starts")
}

fn rsync(words: &[&str]) -> Output {
    Command::new("rsync")
        .args(words)
        .output()
        .expect("rsync is installed: these tests compare with it")
}

/// rsync's messages under our name, without the place in its source.
fn as_ours(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr).replace("rsync", "resilver");
    let lines = text.lines().map(|line| match line.rsplit_once(" at ") {
        Some((start, place)) if place.contains(".c(") => start,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn mistakes_end_as_they_do_in_rsync() {
    let table: &[&[&str]] = &[
        &["--bogus", "s", "d"],
        &["--bogus=3", "s", "d"],
        &["-aQ", "s", "d"],
        &["-Qa", "s", "d"],
        &["--recurs", "s", "d"],
        &["--no-delete", "s", "d"],
        &["--no-archive", "s", "d"],
        &["---a", "s", "d"],
        &["--delete=yes", "s", "d"],
        &["--stats=1", "s", "d"],
        &["--no-p=3", "s", "d"],
        &["-a=3", "s", "d"],
        &["-vh=1", "s", "d"],
        &["-a", "--exclude"],
        &["-@"],
        &["-a@"],
        &["--max-delete=5s", "s", "d"],
        &["--max-delete=09", "s", "d"],
        &["--modify-window=99999999999", "s", "d"],
        &["-@x", "s", "d"],
        &["-a@x", "s", "d"],
        &["-@=x", "s", "d"],
        &["-a@", "x", "s", "d"],
        &["--max-delete", "99999999999", "s", "d"],
        &["-V", "--bogus"],
        &["--bogus", "--help"],
        &["--delete", "s/", "d"],
        &["-a", "", "d"],
        &["-a", "s", ""],
        &["-a", "--exclude=- ", "s", "d"],
    ];
    for words in table {
        let (theirs, ours) = (rsync(words), resilver(words));
        assert_eq!(ours.status.code(), theirs.status.code(), "{words:?}");
        assert_eq!(
            String::from_utf8_lossy(&ours.stderr),
            as_ours(&theirs.stderr),
            "{words:?}"
        );
        assert!(ours.stdout.is_empty(), "{words:?}");
    }
}

/// Which stream the help goes to, and the code: as in rsync, whatever the text.
#[test]
fn help_goes_where_it_goes_in_rsync() {
    let table: &[&[&str]] = &[
        &[],
        &["-a"],
        &["--"],
        &["-n", "-h"],
        &["-h"],
        &["-vhh"],
        &["--help"],
        &["-a", "--help", "--bogus"],
        &["-V"],
        &["-VV"],
        &["--version"],
    ];
    for words in table {
        let (theirs, ours) = (rsync(words), resilver(words));
        let shape = |o: &Output| (o.status.code(), o.stdout.is_empty(), o.stderr.is_empty());
        assert_eq!(shape(&ours), shape(&theirs), "{words:?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for words in [&["--help"][..], &["man"], &["completions", "bash"], &["-V"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut child = Command::new(env!("CARGO_BIN_EXE_resilver"))
            .args(words)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut told = String::new();
        let mut stderr = child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut told).expect("text");
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), told.as_str()), (Some(0), ""), "{words:?}");
    }
}

/// A tree of 500 small files, and where its mirror goes.
fn tree() -> (tempfile::TempDir, String, String) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let source = dir.path().join("s");
    std::fs::create_dir(&source).expect("a directory");
    for i in 0..500 {
        let name = source.join(format!("a-rather-long-name-to-fill-a-pipe-{i:04}"));
        std::fs::write(name, "x").expect("a file");
    }
    let source = format!("{}/", source.display());
    let dest = dir.path().join("d").display().to_string();
    (dir, source, dest)
}

#[test]
fn a_log_that_is_closed_does_not_end_a_mirror() {
    let (_dir, source, dest) = tree();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(["-avv", "--commit=direct", &source, &dest])
        .stdout(writer)
        .status()
        .expect("the program starts");
    assert_eq!(status.code(), Some(0));
    let made = std::fs::read_dir(dest).expect("it is there").count();
    assert_eq!(made, 500);
}

#[test]
fn without_options_a_pipe_sees_nothing() {
    let (_dir, source, dest) = tree();
    let output = resilver(&["-a", "--commit=direct", &source, &dest]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn only_a_first_word_is_a_subcommand() {
    let undo = resilver(&["undo", "--help"]);
    assert!(String::from_utf8_lossy(&undo.stdout).contains("resilver undo [OPTIONS] <DEST>"));
    let missing = resilver(&["undo"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("<DEST>"));
    let operand = resilver(&["-a", "undo"]);
    let told = String::from_utf8_lossy(&operand.stderr).into_owned();
    assert!(told.contains("link_stat"), "{told}");
}

/// With `POSIXLY_CORRECT` options end at the first operand: what follows is a path, known or not.
#[test]
fn posix_ends_options_at_the_first_operand() {
    let programs = [
        ("rsync", &[][..]),
        (env!("CARGO_BIN_EXE_resilver"), &["--commit=direct"][..]),
    ];
    for (name, leading) in programs {
        let told = |posix: bool, words: &[&str]| {
            let mut command = Command::new(name);
            if posix {
                command.env("POSIXLY_CORRECT", "1");
            }
            let output = command.args(leading).args(words).output();
            String::from_utf8_lossy(&output.expect("it starts").stderr).into_owned()
        };
        let unknown = ["-n", "--delete", "no-such-source", "--bogus"];
        assert!(
            told(false, &unknown).contains("--bogus: unknown option"),
            "{name}"
        );
        assert!(
            told(true, &unknown).contains("--delete does not work"),
            "{name}"
        );
        let known = ["-n", "no-such-source", "d", "--delete"];
        assert!(
            told(false, &known).contains("--delete does not work"),
            "{name}"
        );
        assert!(told(true, &known).contains("link_stat"), "{name}");
    }
}
