//! Further attempts, with time that passes at once.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use resilver::job::{Clock, Job, Name, Nature, Report, Runner, Store};

use crate::place::{Home, script};

/// Time that passes only by waiting.
pub struct Fake {
    now: Mutex<Timestamp>,
    waits: Mutex<Vec<u64>>,
}

impl Fake {
    pub fn at(text: &str) -> Fake {
        Fake {
            now: Mutex::new(text.parse().expect("a time")),
            waits: Mutex::default(),
        }
    }

    pub fn set(&self, text: &str) {
        *self.now.lock().expect("the clock") = text.parse().expect("a time");
    }
}

impl Clock for Fake {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("the clock")
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }

    fn sleep(&self, time: Duration) {
        self.waits.lock().expect("the waits").push(time.as_secs());
        *self.now.lock().expect("the clock") += time;
    }
}

/// Runs a job whose program is `program`.
pub fn run(home: &Home, name: &str, job: &Job, program: &Path, clock: &Fake) -> Report {
    let name: Name = name.parse().expect("a name");
    let store = Store::new(home.places());
    if !store.has(&name) {
        store.add(&name, job, clock.now()).expect("a job");
    }
    let nature = Nature {
        is_staged: true,
        deletes: true,
        dest: None,
    };
    let runner = Runner {
        store: &store,
        name: &name,
        job,
        nature: &|| Ok(nature.clone()),
        program,
        clock,
        meaning: &|code| format!("meaning {code}"),
    };
    runner.run().expect("a report")
}

/// A program that ends with these codes, one after the other.
fn ends_with(home: &Home, codes: &[u8]) -> std::path::PathBuf {
    let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
    fs::write(home.at("codes"), codes.join("\n") + "\n").expect("a file");
    let program = home.at("program");
    script(
        &program,
        "read code < codes || exit 99\nsed -i 1d codes\necho \"$@\" >> words\nexit \"$code\"",
    );
    program
}

fn job(home: &Home, times: u8) -> Job {
    let mut job = Job::new(vec!["a".into(), "b".into()], home.path().to_owned());
    job.retry.times = times;
    job.limits.nice = 0;
    job
}

fn played(codes: &[u8], times: u8) -> (Report, Vec<u64>) {
    let home = Home::new();
    let program = ends_with(&home, codes);
    let clock = Fake::at("2026-11-22T03:00:00Z");
    let report = run(&home, "j", &job(&home, times), &program, &clock);
    assert_eq!(home.read("codes"), "", "attempts that were not made");
    let waits = clock.waits.lock().expect("the waits").clone();
    (report, waits)
}

#[test]
fn a_network_that_comes_back_is_waited_for() {
    let (report, waits) = played(&[255, 10, 12, 0], 3);
    assert!(report.success);
    assert_eq!(waits, [30, 60, 120]);
    let codes: Vec<u8> = report
        .attempts
        .iter()
        .map(|tried| tried.exit_code)
        .collect();
    assert_eq!(codes, [255, 10, 12, 0]);
    assert_eq!(report.seconds(), 210.0);
    for code in [30, 35, 27] {
        assert!(played(&[code, 0], 1).0.success, "{code}");
    }
}

#[test]
fn one_that_does_not_is_given_up() {
    let (report, waits) = played(&[30, 30, 30], 2);
    assert_eq!((report.success, report.exit_code), (false, 30));
    assert_eq!(report.reason, "meaning 30");
    assert_eq!(waits, [30, 60]);
    let (_, waits) = played(&[10; 12], 11);
    assert_eq!(waits[6..], [1920, 3600, 3600, 3600, 3600]);
    assert_eq!(played(&[10], 0).1, [0; 0]);
}

#[test]
fn what_another_attempt_would_not_change_has_none() {
    for code in [1, 3, 11, 20, 23, 25, 26, 127] {
        let (report, waits) = played(&[code], 3);
        assert_eq!(
            (report.success, report.exit_code, waits.len()),
            (false, code, 0)
        );
    }
    // Files that vanish are a warning.
    assert!(played(&[24], 3).0.success);
}

#[test]
fn guards_and_limits_are_words_in_front() {
    let home = Home::new();
    let program = ends_with(&home, &[0]);
    let mut job = job(&home, 0);
    job.guards.delete = 20;
    job.guards.require_files = vec!["x y".into()];
    job.limits.bandwidth = Some("3m".into());
    run(
        &home,
        "j",
        &job,
        &program,
        &Fake::at("2026-11-22T03:00:00Z"),
    );
    let words = home.read("words");
    let (summary, words) = words.split_once(' ').expect("words");
    assert!(summary.starts_with("--summary-file=/"), "{summary}");
    assert_eq!(
        words,
        "--delete-guard=20 --require-file=x y --bwlimit=3m a b\n"
    );
}

/// As on a full disk.
#[test]
fn a_report_that_cannot_be_written_does_not_keep_from_telling() {
    let home = Home::new();
    let program = home.at("program");
    script(&program, "rm -r .local/state/resilver/jobs/j/runs; exit 11");
    let mut job = job(&home, 0);
    job.on_failure.command = Some("echo \"$RESILVER_EXIT_CODE\" > told".into());
    let clock = Fake::at("2026-11-22T03:00:00Z");
    let report = run(&home, "j", &job, &program, &clock);
    assert_eq!(report.exit_code, 11);
    assert_eq!(home.read("told"), "11\n");
}
