//! What a run does, and what it leaves.

use std::fs;
use std::process::{Command, Stdio};

use crate::place::{Home, script, until};

#[test]
fn a_good_run_is_written_down() {
    let home = Home::new();
    home.add("j", &[]);
    let out = home.done(&["job", "run", "j"]);
    assert!(
        out.starts_with("job j: done in 0 s, 60 bytes transferred"),
        "{out}"
    );
    assert!(home.at("mirror/9").exists());
    let report = home.report("j");
    assert_eq!(report["success"], true);
    assert_eq!(report["exit_code"], 0);
    assert_eq!(report["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["summary"]["transferred_files"], 10);
    let log = home.done(&["job", "log", "j"]);
    assert!(
        log.ends_with("resilver job: ended with code 0: success\n"),
        "{log}"
    );
    let listed = home.done(&["job", "log", "j", "--list"]);
    let name = listed.split_whitespace().next().expect("a run");
    assert_eq!(home.done(&["job", "log", "j", "--run", name]), log);
    assert_eq!(home.run(&["job", "log", "j", "--run", "never"]).code, 3);
}

#[test]
fn what_the_run_says_is_in_the_log() {
    let home = Home::new();
    home.done(&["job", "add", "j", "--", "-ai", "source/", "mirror"]);
    home.done(&["job", "run", "j"]);
    let log = home.done(&["job", "log", "j"]);
    assert!(log.contains("\n>f+++++++++ 0\n"), "{log}");
}

#[test]
fn an_empty_source_wipes_no_mirror() {
    let home = Home::new();
    home.add("j", &["--on-failure", "env > facts"]);
    home.done(&["job", "run", "j"]);
    home.empty();
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 26, "{said:?}");
    assert!(
        said.err.contains("10 of 10 entries would be removed"),
        "{said:?}"
    );
    assert!(home.at("mirror/9").exists());
    let facts = home.read("facts");
    for fact in [
        "RESILVER_JOB=j\n",
        "RESILVER_RESULT=failure\n",
        "RESILVER_EXIT_CODE=26\n",
        "RESILVER_REASON=10 of 10 entries would be removed",
        "RESILVER_ATTEMPTS=1\n",
    ] {
        assert!(facts.contains(fact), "{fact} in {facts}");
    }
    let value = |name: &str| {
        let line = facts.lines().find_map(|line| line.strip_prefix(name));
        fs::read_to_string(line.expect(name)).expect(name)
    };
    assert!(value("RESILVER_LOG=").contains("a gate refused the switch"));
    assert!(value("RESILVER_REPORT=").contains("\"exit_code\": 26"));
    // The job's own words have the last word.
    home.done(&[
        "job",
        "add",
        "k",
        "--",
        "-a",
        "--delete",
        "--delete-guard=100",
        "source/",
        "mirror",
    ]);
    home.done(&["job", "run", "k"]);
    assert!(!home.at("mirror/9").exists());
}

#[test]
fn a_marker_that_is_missing_stops_a_run() {
    let home = Home::new();
    home.add("j", &["--require-file", ".mounted"]);
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 26, "{said:?}");
    assert!(!home.at("mirror").exists());
    fs::write(home.at("source/.mounted"), "").expect("a file");
    home.done(&["job", "run", "j"]);
}

/// Nothing at the other end judges what is pushed: it is counted beforehand.
#[test]
fn an_empty_source_is_not_pushed() {
    let home = Home::new();
    script(&home.at("shell"), "shift\nexec sh -c \"$*\"");
    let shell = home.at("shell");
    let to = format!("host:{}", home.at("mirror").display());
    let words = [
        "--",
        "-a",
        "--delete",
        "-e",
        shell.to_str().expect("text"),
        "source/",
        &to,
    ];
    home.done(&[&["job", "add", "j"][..], &words].concat());
    home.done(&["job", "run", "j"]);
    assert!(home.at("mirror/9").exists());
    home.empty();
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 26, "{said:?}");
    assert!(
        said.err
            .contains("it would delete 10 of 11 entries, more than 50 percent"),
        "{said:?}"
    );
    assert!(home.at("mirror/9").exists());
    home.done(&[&["job", "add", "k", "--delete-guard", "100"][..], &words].concat());
    home.done(&["job", "run", "k"]);
    assert!(!home.at("mirror/9").exists());
}

/// So is what is written in place.
#[test]
fn an_empty_source_wipes_no_mirror_directly() {
    let home = Home::new();
    home.done(&[
        "job",
        "add",
        "j",
        "--",
        "-a",
        "--delete",
        "--inplace",
        "source/",
        "mirror",
    ]);
    home.done(&["job", "run", "j"]);
    home.empty();
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 26, "{said:?}");
    assert!(home.at("mirror/9").exists());
}

#[test]
fn an_undo_holds_jobs_back() {
    let home = Home::new();
    home.add("j", &[]);
    home.done(&["job", "run", "j"]);
    fs::write(home.at("source/0"), "another text").expect("a file");
    home.done(&["job", "run", "j"]);
    home.done(&["undo", "mirror"]);
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 26, "{said:?}");
    assert!(said.err.contains("is on hold since an undo"), "{said:?}");
    assert_eq!(home.read("mirror/0"), "file 0");
    home.done(&["release", "mirror"]);
    home.done(&["job", "run", "j"]);
    assert_eq!(home.read("mirror/0"), "another text");
}

#[test]
fn a_run_that_cannot_begin_has_its_report() {
    let home = Home::new();
    fs::write(home.at("rules"), "- x").expect("a file");
    home.done(&[
        "job",
        "add",
        "j",
        "--",
        "-a",
        "--exclude-from=rules",
        "source/",
        "mirror",
    ]);
    fs::remove_file(home.at("rules")).expect("a file");
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 11, "{said:?}");
    assert_eq!(home.report("j")["exit_code"], 11);
    let gone = home.at("gone");
    fs::create_dir(&gone).expect("a directory");
    let mut add = home.command(&[
        "job",
        "add",
        "k",
        "--on-failure",
        "echo called",
        "--",
        "-a",
        "/tmp/x/",
        "m",
    ]);
    assert!(add.current_dir(&gone).status().expect("resilver").success());
    fs::remove_dir(&gone).expect("a directory");
    let said = home.run(&["job", "run", "k"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert!(
        said.err.contains("cannot change to the directory"),
        "{said:?}"
    );
    assert!(said.err.contains("\ncalled\n"), "{said:?}");
}

#[test]
fn the_run_has_the_jobs_environment_and_niceness() {
    let home = Home::new();
    let gate = "echo \"$TOKEN of $RESILVER_JOB at $(nice)\"";
    home.done(&[
        "job",
        "add",
        "j",
        "--nice",
        "7",
        "--env",
        "TOKEN=a b",
        "--",
        "-a",
        "--gate",
        gate,
        "source/",
        "mirror",
    ]);
    home.done(&["job", "run", "j"]);
    let log = home.done(&["job", "log", "j"]);
    assert!(log.contains("\na b of j at 7\n"), "{log}");
}

/// A run that waits in its gate until `go` is there.
fn waiting(home: &Home) -> std::process::Child {
    let gate = "echo $PPID > pid; while [ ! -e go ]; do sleep 0.02; done";
    home.done(&[
        "job",
        "add",
        "j",
        "--retries",
        "0",
        "--",
        "-a",
        "--gate",
        gate,
        "source/",
        "mirror",
    ]);
    let mut command = home.command(&["job", "run", "j"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    until("the gate", || home.at("pid").exists());
    child.expect("resilver")
}

#[test]
fn one_at_a_time() {
    let home = Home::new();
    let mut first = waiting(&home);
    let said = home.run(&["job", "run", "j"]);
    assert_eq!(said.code, 27, "{said:?}");
    let pid = first.id();
    assert!(
        said.err
            .contains(&format!("job j runs already (process {pid} since ")),
        "{said:?}"
    );
    let said = home.run(&["job", "status"]);
    assert!(
        said.out.contains(&format!("running (process {pid} since ")),
        "{said:?}"
    );
    fs::write(home.at("go"), "").expect("a file");
    assert!(first.wait().expect("its end").success());
    // The one that was refused is no run.
    assert_eq!(home.runs("j", ".log").len(), 1);
}

#[test]
fn a_killed_run_leaves_the_lock_free() {
    let home = Home::new();
    let mut first = waiting(&home);
    first.kill().expect("a signal");
    first.wait().expect("its end");
    let said = home.run(&["job", "status"]);
    assert!(said.out.contains("killed"), "{said:?}");
    // What it had started was asked to stop.
    fs::write(home.at("go"), "").expect("a file");
    let pid = home.read("pid");
    until("the end of what it started", || {
        !fs::exists(format!("/proc/{}", pid.trim())).expect("/proc")
    });
    assert!(!home.at("mirror").exists());
    home.done(&["job", "run", "j"]);
    assert!(home.at("mirror/9").exists());
    let listed = home.done(&["job", "log", "j", "--list"]);
    assert!(listed.contains("  did not end\n"), "{listed}");
}

#[test]
fn a_wish_to_stop_is_passed_on() {
    let home = Home::new();
    let first = waiting(&home);
    let pid = first.id().to_string();
    let status = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(status.expect("kill").success());
    std::thread::sleep(std::time::Duration::from_millis(200));
    fs::write(home.at("go"), "").expect("a file");
    let output = first.wait_with_output().expect("its end");
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    assert_eq!(home.report("j")["exit_code"], 20);
    assert!(!home.at("mirror").exists());
}

#[test]
fn old_runs_go() {
    let home = Home::new();
    home.add("j", &["--keep-runs", "3"]);
    home.done(&["job", "run", "j"]);
    let good = home.runs("j", ".log");
    home.empty();
    for _ in 0..5 {
        assert_eq!(home.run(&["job", "run", "j"]).code, 26);
    }
    let (logs, reports) = (home.runs("j", ".log"), home.runs("j", ".json"));
    assert_eq!((logs.len(), reports.len()), (4, 4));
    // The last good run is not among the three.
    assert_eq!(logs[0], good[0]);
}
