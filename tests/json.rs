//! `--json`: what programs are promised, line by line.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(args)
        .current_dir(dir)
        .output()
        .expect("resilver")
}

/// The lines, each an object, without what differs from run to run.
fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    text.lines()
        .map(|line| {
            let mut value: Value = serde_json::from_str(line).expect(line);
            let object = value.as_object_mut().expect("an object");
            assert_eq!(object.remove("version"), Some(1.into()), "{line}");
            for clock in ["seconds", "list_seconds"] {
                object.remove(clock);
            }
            value
        })
        .collect()
}

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    fs::create_dir_all(at("s/sub")).expect("a directory");
    fs::create_dir_all(at("d")).expect("a directory");
    fs::write(at("s/a"), "hello").expect("a file");
    fs::write(at("d/gone"), "x").expect("a file");
    std::os::unix::fs::symlink("a", at("s/l")).expect("a link");
    dir
}

/// The whole of a run, as the manual page shows it.
#[test]
fn a_run_line_by_line() {
    let dir = tree();
    let output = run(dir.path(), &["-rl", "--delete", "--json", "s/", "d"]);
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
    let expected = r#"[
        {"event": "start", "dry_run": false},
        {"event": "deleted", "path": "gone", "type": "file"},
        {"event": "item", "path": "a", "type": "file", "action": "transfer", "new": true, "changes": [], "size": 5},
        {"event": "item", "path": "l", "type": "symlink", "action": "create", "new": true, "changes": [], "size": 1,
         "target": {"path": "a"}},
        {"event": "item", "path": "sub", "type": "directory", "action": "create", "new": true, "changes": [], "size": 4096},
        {"event": "committed", "method": "swap", "kept": []},
        {"event": "summary", "exit_code": 0, "dry_run": false,
         "listed": {"files": 1, "directories": 2, "links": 1, "devices": 0, "specials": 0},
         "created": {"files": 1, "directories": 1, "links": 1, "devices": 0, "specials": 0},
         "deleted": {"files": 1, "directories": 0, "links": 0, "devices": 0, "specials": 0},
         "deletions_skipped": 0, "transferred_files": 1, "total_size": 6, "transferred_size": 5,
         "literal": 5, "matched": 0, "list_bytes": 5, "partial": false, "vanished": false}
    ]"#;
    let mut expected: Vec<Value> = serde_json::from_str(expected).expect("JSON");
    let mut told = lines(&output);
    for line in expected.iter_mut().chain(&mut told) {
        // The size of a directory is the file system's affair.
        if line["type"] == "directory" {
            line["size"] = Value::Null;
        }
    }
    assert_eq!(told, expected);
}

#[test]
fn errors_are_told_and_the_code_is_in_the_summary() {
    let dir = tree();
    let output = run(dir.path(), &["-a", "--json", "s/", "nope", "d"]);
    assert_eq!(output.status.code(), Some(23));
    assert!(output.stderr.is_empty());
    let told = lines(&output);
    let of = |event: &str| {
        told.iter()
            .filter(|line| line["event"] == event)
            .collect::<Vec<_>>()
    };
    let text = of("message")[0]["text"].as_str().expect("text");
    assert!(text.contains("nope"), "{text}");
    assert_eq!(of("message")[0]["severity"], "error");
    assert_eq!(of("summary")[0]["exit_code"], 23);
    assert_eq!(of("summary")[0]["partial"], true);
    assert_eq!(told.last().expect("a line")["event"], "summary");
}

#[test]
fn a_run_that_cannot_begin_has_a_summary_without_totals() {
    let dir = tree();
    let output = run(dir.path(), &["-a", "--json", "s/", "no/such/place"]);
    assert_eq!(output.status.code(), Some(11));
    let told = lines(&output);
    let summary = told.last().expect("a line");
    assert_eq!(summary["exit_code"], 11);
    assert!(summary.get("listed").is_none(), "{summary}");
}

#[test]
fn skips_and_unchanged_entries_come_when_asked_for() {
    let dir = tree();
    assert!(run(dir.path(), &["-a", "s/", "d"]).status.success());
    let quiet = lines(&run(dir.path(), &["-a", "--json", "s/", "d"]));
    assert_eq!(quiet.len(), 2, "{quiet:?}");
    let told = lines(&run(dir.path(), &["-aii", "--json", "s/", "d"]));
    assert!(
        told.iter()
            .any(|line| line["path"] == "a" && line["action"] == "attributes")
    );
    let told = lines(&run(
        dir.path(),
        &["-avv", "--ignore-existing", "--json", "s/", "d"],
    ));
    assert!(
        told.iter()
            .any(|line| line["reason"] == "exists" && line["path"] == "a")
    );
}

#[test]
fn progress_comes_when_asked_for() {
    let dir = tree();
    let told = lines(&run(dir.path(), &["-a", "--progress", "--json", "s/", "d"]));
    let progress = told
        .iter()
        .find(|line| line["event"] == "progress")
        .expect("progress");
    assert_eq!(
        (&progress["done"], &progress["size"]),
        (&5.into(), &5.into())
    );
    assert_eq!(progress["transferred"], 1);
}
