//! `resilver why`: what it says, and that a run then does it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use filetime::FileTime;
use serde_json::Value;
use walkdir::WalkDir;

fn resilver(at: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(words)
        .current_dir(at)
        .env("HOME", at)
        .env_remove("CVSIGNORE")
        .output()
        .expect("the program runs")
}

/// Makes files, each holding its own path unless `=` says what.
fn make(at: &Path, files: &[&str]) {
    for file in files {
        let (path, text) = file.split_once('=').unwrap_or((file, file));
        let path = at.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
}

fn tree() -> tempfile::TempDir {
    let temp = tempfile::tempdir().expect("a directory");
    make(
        temp.path(),
        &[
            "s/a",
            "s/b",
            "s/c.o",
            "s/big=xxxxxxxxxx",
            "s/k/a",
            "s/k/b",
            "s/k/c.o",
            "s/k/m/a",
            "s/h/a",
            "s/h/x/b",
            "s/.rules=- b\n+ k\n",
            "s/k/.rules=- /m/a\n",
            "d/a=other",
            "d/c.o",
            "d/k/old",
            "d/k/keep",
            "d/gone/old",
            "d/gone/keep",
            "d/gone/x/c.o",
            "d/h/a",
            "d/h/z",
            "d/.rules=P keep\n",
            "rules=# first\n- c.*\n",
        ],
    );
    symlink("a", temp.path().join("s/link")).expect("a link");
    for (end, seconds) in [("s", 1_000_000_000), ("d", 1_000_000_100)] {
        let time = FileTime::from_unix_time(seconds, 0);
        for entry in WalkDir::new(temp.path().join(end)).contents_first(true) {
            let path = entry.expect("an entry").into_path();
            filetime::set_symlink_file_times(path, time, time).expect("a time");
        }
    }
    temp
}

/// Every path below both ends.
fn paths(at: &Path) -> BTreeSet<String> {
    let below = |end: &str| {
        let root = at.join(end);
        WalkDir::new(&root)
            .min_depth(1)
            .into_iter()
            .map(move |entry| {
                let path = entry.expect("an entry").into_path();
                let path = path.strip_prefix(&root).expect("below").to_owned();
                path.into_os_string().into_string().expect("text")
            })
            .collect::<BTreeSet<_>>()
    };
    &below("s") | &below("d")
}

fn exists(at: &Path, path: &str) -> bool {
    at.join(path).symlink_metadata().is_ok()
}

/// What `why` says of all paths is what the run then does.
fn check_promises(options: &[&str]) {
    let temp = tree();
    let at = temp.path();
    let all = paths(at);
    let words = [&["why", "--json"], options, &["s/", "d", "--"]].concat();
    let words: Vec<&str> = words
        .into_iter()
        .chain(all.iter().map(String::as_str))
        .collect();
    let said = resilver(at, &words);
    let answers: Vec<Value> = serde_json::from_slice(&said.stdout).expect("JSON");
    assert_eq!(answers.len(), all.len());
    let before = |path: &str| exists(at, &format!("d/{path}"));
    let there: BTreeSet<&String> = all.iter().filter(|path| before(path)).collect();
    let run = resilver(at, &[options, &["s/", "d"]].concat());
    assert!(run.status.success(), "{run:?}");
    for (path, answer) in all.iter().zip(&answers) {
        let state = |end: &str| answer[end]["state"].as_str().expect("a state");
        let now = exists(at, &format!("d/{path}"));
        let expected = match state("destination") {
            "made" | "updated" | "touched" | "equal" | "protected" | "kept" => true,
            "deleted" | "absent" => false,
            "left" => there.contains(path),
            other => panic!("{other}"),
        };
        assert_eq!(now, expected, "{options:?} {answer}");
        assert_eq!(answer["path"], **path);
        if state("source") == "takes_part" && state("destination") != "left" {
            assert!(now, "{options:?} {answer}");
        }
        if state("destination") == "made" {
            assert!(!there.contains(path), "{options:?} {answer}");
        }
    }
    let part = |answer: &Value| answer["source"]["state"] == "takes_part";
    let code = if answers.iter().all(part) { 0 } else { 23 };
    assert_eq!(said.status.code(), Some(code), "{options:?}");
}

#[test]
fn a_run_does_what_why_says() {
    for options in [
        &["-r"][..],
        &["-a", "--delete"],
        &["-rt", "--delete", "--exclude=*.o"],
        &["-rt", "--delete", "--filter=: .rules", "--filter=. rules"],
        &[
            "-a",
            "--delete",
            "--filter=:e .rules",
            "--filter=-p keep",
            "--filter=R /k/old",
        ],
        &["-a", "--existing", "--filter=H k"],
        &["-a", "--ignore-existing", "--include=/h/***", "--exclude=*"],
        &["-aC", "--update", "--delete"],
    ] {
        check_promises(options);
    }
}

#[test]
fn rules_are_named_by_option_or_by_file_and_line() {
    let temp = tree();
    let at = temp.path();
    let text = |words: &[&str]| {
        let said = resilver(at, words);
        let root = at.to_str().expect("text");
        let text = String::from_utf8(said.stdout)
            .expect("text")
            .replace(root, "AT");
        (text, said.status.code())
    };
    let run = [
        "why",
        "-rt",
        "--delete",
        "--filter=. rules",
        "--filter=: .rules",
        "--exclude=/h/x",
        "s/",
        "d",
        "--",
    ];
    for (path, answer, code) in [
        (
            "a",
            "a\n    source       takes part\n    destination  is updated: size, time\n",
            0,
        ),
        (
            "c.o",
            "c.o\n    source       left out by a rule of rules line 2\n    destination  stays, protected by a rule of rules line 2\n",
            23,
        ),
        (
            "./s/k/c.o",
            "k/c.o\n    source       left out by a rule of rules line 2\n    destination  no such entry\n",
            23,
        ),
        (
            "k/m/a",
            "k/m/a\n    source       left out by a rule of AT/s/k/.rules line 1\n    destination  no such entry\n",
            23,
        ),
        (
            "k",
            "k\n    source       takes part by a rule of AT/s/.rules line 2\n    destination  gets other attributes: time\n",
            0,
        ),
        (
            "h/x/b",
            "h/x/b\n    source       left out with h/x by the rule \"/h/x\" of --exclude\n    destination  no such entry\n",
            23,
        ),
        (
            "./d/gone/keep",
            "gone/keep\n    source       no such entry\n    destination  stays, protected by a rule of AT/d/.rules line 1\n",
            23,
        ),
        (
            "gone/old",
            "gone/old\n    source       no such entry\n    destination  is deleted\n",
            23,
        ),
        (
            "nope",
            "nope\n    source       no such entry\n    destination  no such entry\n",
            3,
        ),
        (
            "link",
            "link\n    source       left out: no regular file, and no option asks for its kind\n    destination  no such entry\n",
            23,
        ),
    ] {
        let (said, ended) = text(&[&run[..], &[path]].concat());
        assert_eq!((said.as_str(), ended), (answer, Some(code)));
    }
    for (source, path) in [("s/k", "s/k/b"), ("s/./k", "k/b"), ("./s/k/", "s/k/b")] {
        let place = ["why", "-rtR", source, "d", "--", "./s/k/b"];
        let (said, _) = text(&place);
        let begins = format!("{path}\n    source       takes part\n");
        assert!(said.starts_with(&begins), "{source} {said}");
    }
    let plain = ["why", "-r", "s/", "d", "--", "k/old"];
    let kept = "k/old\n    source       no such entry\n    destination  stays: nothing is deleted without --delete\n";
    assert_eq!(text(&plain), (kept.to_string(), Some(23)));
}

#[test]
fn nothing_is_touched_and_mistakes_are_told() {
    let temp = tree();
    let at = temp.path();
    let before = paths(at);
    assert!(
        resilver(
            at,
            &[
                "why",
                "-a",
                "--delete",
                "--delete-guard=1",
                "s/",
                "d",
                "--",
                "a"
            ]
        )
        .status
        .success()
    );
    assert_eq!(paths(at), before);
    let state = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".d");
    assert!(
        !fs::read_dir(at)
            .expect("a directory")
            .any(|entry| state(&entry.expect("an entry")))
    );
    for (words, code, says) in [
        (&["why", "-a", "s/", "d"][..], 1, "at least one path"),
        (&["why", "-a", "s/", "d", "--"], 1, "at least one path"),
        (
            &["why", "-a", "s/", "d", "--", "/etc/hosts"],
            1,
            "lies neither below a source nor",
        ),
        (
            &["why", "-a", "-f", "bogus", "s/", "d", "--", "a"],
            1,
            "Unknown filter rule: bogus",
        ),
        (
            &["why", "-a", "-f", ". nope", "s/", "d", "--", "a"],
            11,
            "failed to open exclude file nope",
        ),
        (&["why", "--", "a"], 1, "required"),
    ] {
        let said = resilver(at, words);
        let stderr = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(code), "{words:?} {stderr}");
        assert!(stderr.contains(says), "{words:?} {stderr}");
        assert!(OsStr::new("") == OsStr::new(std::str::from_utf8(&said.stdout).expect("text")));
    }
}
