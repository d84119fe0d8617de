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
    let lines = text.lines().map(|line| match line.find(" at main.c(") {
        Some(end) => &line[..end],
        None => line,
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
        &["-V", "--bogus"],
        &["--bogus", "--help"],
        &["--delete", "s/", "d"],
        &["-a", "", "d"],
        &["-a", "s", ""],
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

#[test]
fn only_a_first_word_is_a_subcommand() {
    let undo = resilver(&["undo", "--help"]);
    assert!(String::from_utf8_lossy(&undo.stdout).contains("resilver undo [OPTIONS] <DEST>"));
    let missing = resilver(&["undo"]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("<DEST>"));
    let operand = resilver(&["-a", "undo"]);
    let told = String::from_utf8_lossy(&operand.stderr).into_owned();
    assert!(told.contains("listing a source"), "{told}");
}
