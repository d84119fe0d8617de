//! How jobs are, by day and night.

use resilver::job::{Job, Name, Schedule, Status, Store};

use crate::place::{Home, script};
use crate::retry::{Fake, run};

fn status(home: &Home, clock: &Fake) -> Status {
    let name: Name = "j".parse().expect("a name");
    Store::new(home.places())
        .status(&name, clock)
        .expect("a status")
}

fn nightly(home: &Home) -> Job {
    let mut job = Job::new(vec!["a".into(), "b".into()], home.path().to_owned());
    job.schedule = Some(Schedule::daily("03:00").expect("a schedule"));
    job.limits.nice = 0;
    job
}

#[test]
fn a_job_that_stays_away_is_overdue() {
    let home = Home::new();
    let (good, bad) = (home.at("good"), home.at("bad"));
    script(
        &good,
        "for word; do case $word in --summary-file=*) echo '{\"transferred_size\": 1234}' > \"${word#*=}\";; esac; done",
    );
    script(&bad, "exit 23");
    let clock = Fake::at("2026-11-22T12:00:00Z");
    let job = nightly(&home);
    let store = Store::new(home.places());
    let name: Name = "j".parse().expect("a name");
    store
        .add(&name, &job, "2026-11-22T12:00:00Z".parse().expect("a time"))
        .expect("a job");

    // Added at noon: nothing is due before the night, and half a day later it is overdue.
    let new = status(&home, &clock);
    assert_eq!((new.last_success, new.overdue), (None, false));
    assert_eq!(
        new.next_run.map(|at| at.to_string()).as_deref(),
        Some("2026-11-23T03:00:00Z")
    );
    clock.set("2026-11-23T14:59:59Z");
    assert!(!status(&home, &clock).overdue);
    clock.set("2026-11-23T15:00:00Z");
    assert!(status(&home, &clock).overdue);

    clock.set("2026-11-24T03:00:00Z");
    assert!(run(&home, "j", &job, &good, &clock).success);
    clock.set("2026-11-24T05:00:00Z");
    let done = status(&home, &clock);
    assert_eq!(
        (done.overdue, done.age_seconds, done.bytes),
        (false, Some(7_200), Some(1_234))
    );
    assert_eq!(done.last_run.map(|last| last.success), Some(true));

    // A run that fails is no success, however often it is.
    for night in ["2026-11-25T03:00:00Z", "2026-11-25T10:00:00Z"] {
        clock.set(night);
        assert!(!run(&home, "j", &job, &bad, &clock).success);
    }
    let failed = status(&home, &clock);
    assert_eq!(
        failed.last_success.map(|at| at.to_string()).as_deref(),
        Some("2026-11-24T03:00:00Z")
    );
    assert_eq!(
        (
            failed.overdue,
            failed.last_run.and_then(|last| last.exit_code)
        ),
        (false, Some(23))
    );
    clock.set("2026-11-25T15:00:00Z");
    assert!(status(&home, &clock).overdue);

    // Switched off it is expected no more; switched on it is from then on.
    store.disable(&name).expect("the mark");
    let off = status(&home, &clock);
    assert_eq!(
        (off.enabled, off.overdue, off.next_run),
        (false, false, None)
    );
    store
        .enable(&name, "2026-11-25T15:00:00Z".parse().expect("a time"))
        .expect("no mark");
    assert!(!status(&home, &clock).overdue);
}

#[test]
fn a_monitor_reads_code_and_objects() {
    let home = Home::new();
    assert_eq!(home.done(&["job", "status"]), "there are no jobs\n");
    let store = Store::new(home.places());
    let name: Name = "j".parse().expect("a name");
    store
        .add(
            &name,
            &nightly(&home),
            "2020-01-01T00:00:00Z".parse().expect("a time"),
        )
        .expect("a job");
    let said = home.run(&["job", "status"]);
    assert_eq!(said.code, 1, "{said:?}");
    let expected = "JOB  STATE                 LAST SUCCESS  AGE  TOOK  BYTES  NEXT RUN\n\
                    j    overdue, not run yet  -             -    -     -      ";
    assert!(said.out.starts_with(expected), "{}", said.out);
    let said = home.run(&["job", "status", "j", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let all: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let one = &all[0];
    assert_eq!((&one["job"], &one["overdue"]), (&"j".into(), &true.into()));
    assert_eq!(one["schedule"], "daily 03:00");
    assert_eq!(home.run(&["job", "status", "other"]).code, 3);
}
