//! `push --json`: what programs are promised, line by line.

use serde_json::{Value, json};

use crate::kit::Said;
use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d far/g; echo a > far/a; echo b > far/b; echo c > far/c; echo e > far/e; \
                    echo k > far/k; echo xyz > far/x; echo d > far/d/d; echo o > far/g/g.o; ages far 1600000000";
/// Something of everything: `g` holds what the pull left out.
const EDITS: &str = "echo mine >> m/a; rm m/b; echo mine >> m/c; echo theirs1 >> far/c; rm m/e; echo theirs >> far/e; \
                     echo theirs >> far/k; touch -r m/x stamp; printf x > m/x; touch -r stamp m/x; \
                     mkdir m/n; echo new > m/n/n; rmdir m/g";

/// The lines, each an object, without what differs from run to run.
#[track_caller]
fn lines(said: &Said) -> Vec<Value> {
    // A stock rsync at the other end has that standard error, too.
    let is_of_rsync = |line: &str| line.starts_with("rsync");
    assert!(said.err.lines().all(is_of_rsync), "{said}");
    let line = |line: &str| {
        let mut value: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}: {said}"));
        let object = value.as_object_mut().expect("an object");
        assert_eq!(object.remove("version"), Some(1.into()), "{line}");
        if object["event"] == "summary" {
            assert!(
                object
                    .remove("seconds")
                    .is_some_and(|seconds| seconds.is_f64())
            );
        }
        value
    };
    said.out.lines().map(line).collect()
}

fn entry(path: &str, (here, there): (&str, &str), push: &str, done: Option<bool>) -> Value {
    let side = |word: &str| (word != "-").then(|| word.to_owned());
    let mut entry = json!({
        "event": "entry", "path": path, "here": side(here), "there": side(there), "push": push,
    });
    if let Some(done) = done {
        entry["done"] = done.into();
    }
    entry
}

fn of<'l>(lines: &'l [Value], event: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

fn edited() -> Place {
    let place = Place::with(TREE);
    place.pull("-a --exclude='*.o'");
    place.room.sh(EDITS);
    place
}

#[test]
fn a_push_line_by_line() {
    let place = edited();
    let entries = |done: bool, is_left: bool| {
        [
            entry("a", ("changed", "-"), "send", Some(done)),
            entry("b", ("deleted", "-"), "remove", Some(done)),
            entry("c", ("changed", "changed"), "conflict", None),
            entry("e", ("deleted", "changed"), "conflict", None),
            entry("g", ("deleted", "-"), "remove", Some(done && !is_left)),
            entry("k", ("-", "changed"), "keep", None),
            entry("n", ("created", "-"), "send", Some(done)),
            entry("n/n", ("created", "-"), "send", Some(done)),
            entry("x", ("corrupt", "-"), "corrupt", None),
        ]
    };
    let said = place.push("--json -n").code(28);
    let told = lines(&said);
    assert_eq!(told[0], json!({"event": "start", "dry_run": true}));
    let expected = entries(false, true);
    assert_eq!(of(&told, "entry"), expected.iter().collect::<Vec<_>>());
    let summary = json!({
        "event": "summary", "exit_code": 28, "dry_run": true, "sent": 3, "removed": 2, "fetched": 0,
        "removed_here": 0, "kept": 1, "left": 0, "conflicts": 2, "corrupt": 1, "unknown": 0,
    });
    assert_eq!(told.last(), Some(&summary));
    assert_eq!(place.room.read("far/a"), "a\n");

    let said = place.push("--json").code(28);
    let told = lines(&said);
    assert_eq!(told[0], json!({"event": "start", "dry_run": false}));
    let expected = entries(true, true);
    assert_eq!(of(&told, "entry"), expected.iter().collect::<Vec<_>>());
    let summary = json!({
        "event": "summary", "exit_code": 28, "dry_run": false, "sent": 3, "removed": 1, "fetched": 0,
        "removed_here": 0, "kept": 1, "left": 1, "conflicts": 2, "corrupt": 1, "unknown": 0,
    });
    assert_eq!(told.last(), Some(&summary));
    // What the other end says, and what is to be said at the end, is said in objects.
    let told = of(&told, "message");
    let texts: Vec<&str> = told.iter().filter_map(|m| m["text"].as_str()).collect();
    assert_eq!(
        texts,
        [
            "cannot delete non-empty directory: g",
            "2 conflicts, 1 corrupt: resilver diff tells how; resilver push settles with --ours, --theirs or \
             --keep-both",
            "resilver error: both sides changed something (code 28)",
        ],
        "{said}"
    );
    assert_eq!(place.room.read("far/a"), "a\nmine\n");
}

#[test]
fn what_is_settled_is_told_as_it_was_done() {
    let state = |said: &Said| -> Vec<(String, Value, Value)> {
        let told = lines(said);
        let each = |line: &&Value| {
            let path = line["path"].as_str().expect("a path").to_owned();
            (path, line["push"].clone(), line["done"].clone())
        };
        of(&told, "entry").iter().map(each).collect()
    };
    for (settlement, expected) in [
        ("--ours", [("c", "send"), ("e", "remove"), ("x", "send")]),
        ("--theirs", [("c", "fetch"), ("e", "fetch"), ("x", "fetch")]),
        (
            "--keep-both",
            [("c", "keep both"), ("e", "fetch"), ("x", "keep both")],
        ),
    ] {
        let place = edited();
        let said = place.push(&format!("--json {settlement}")).ok();
        let told = state(&said);
        for (path, push) in expected {
            let expected = (path.to_owned(), push.into(), true.into());
            assert!(told.contains(&expected), "{settlement} {path}: {said}");
        }
    }
    let place = edited();
    place.room.sh("rm far/c");
    let said = place.push("--json --theirs").ok();
    let expected = ("c".to_owned(), "remove here".into(), true.into());
    assert!(state(&said).contains(&expected), "{said}");
    assert!(!place.room.exists("m/c"));
}

#[test]
fn nothing_to_do_is_a_start_and_a_summary() {
    let place = Place::with(TREE);
    place.pull("-a");
    let said = place.push("--json").ok();
    let told = lines(&said);
    let events: Vec<&Value> = told.iter().map(|line| &line["event"]).collect();
    assert_eq!(events, ["start", "summary"]);
    assert_eq!(told[1]["exit_code"], 0);
    assert_eq!(told[1]["sent"], 0);
}

#[test]
fn refusals_are_objects_too() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("rm -r m/*; mkdir other");
    let check = |said: &Said, code: i32, text: &str| {
        let told = lines(said);
        let messages = of(&told, "message");
        let is_error = |m: &&&Value| m["severity"] == "error";
        let has = |m: &&Value| m["text"].as_str().is_some_and(|found| found.contains(text));
        assert!(messages.iter().filter(is_error).any(has), "{said}");
        let expected = json!({"event": "summary", "exit_code": code, "dry_run": false});
        assert_eq!(told.last(), Some(&expected), "{said}");
    };
    let said = place.push("--json").code(26);
    check(&said, 26, "10 of 10 entries there would be removed");
    let said = place.room.resilver("push --json other").code(3);
    check(&said, 3, "other: no catalogue says where this came from");
    place.room.sh("mv far away");
    let said = place.push("--json --delete-guard=100").code(23);
    check(&said, 23, "could not be listed");
}

#[test]
fn a_way_that_breaks_tells_what_is_known() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo mine >> m/a; rm m/b");
    // The fourth connection is what is sent.
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\n[ $(wc -l < calls) = 4 ] && exit 255\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("chmod 755 shell");
    let said = place.push("--json -e ./shell").code(255);
    let told = lines(&said);
    let expected = [
        entry("a", ("changed", "-"), "send", Some(false)),
        entry("b", ("deleted", "-"), "remove", Some(false)),
    ];
    assert_eq!(of(&told, "entry"), expected.iter().collect::<Vec<_>>());
    let removed = "removed there 1 before the way broke: the next push does what is left";
    assert!(of(&told, "message").iter().any(|m| m["text"] == removed));
    let summary = json!({"event": "summary", "exit_code": 255, "dry_run": false});
    assert_eq!(told.last(), Some(&summary));
}

#[test]
fn how_far_files_are_is_told_if_asked_for() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("head -c 300000 /dev/zero > m/big");
    let told = lines(&place.push("--json --progress").ok());
    let progress = of(&told, "progress");
    let last = progress.last().expect("progress");
    assert_eq!(
        (&last["path"], &last["done"]),
        (&"big".into(), &300_000.into())
    );
    for option in ["-v", "-i", "-q"] {
        let said = place.push(&format!("--json {option}")).code(1);
        said.says(&["--json", "cannot be used with"]);
    }
}
