//! What the manual page says of jobs.

use crate::cli::prose::Paragraph::{self, Item, Text};

/// Mirrors that run by themselves.
pub const JOBS: &[Paragraph] = &[
    Text(
        "A job is a mirror run that is repeated by itself. resilver job add nightly --daily 03:00 -- -a --delete \
         host:/data/ dataCopy/ checks the words behind --, writes them into a file, and has them run every night: by \
         a timer of systemd (of the user; for root of the system) that makes good what was missed while the machine \
         was off, or where there is no systemd by the user's crontab. Times are local. Relative paths begin in the \
         directory where the job was added.",
    ),
    Text(
        "The file is ~/.config/resilver/jobs/NAME.toml, for its owner alone; resilver job edit checks what is \
         changed there, and after a change by hand resilver job enable NAME takes over its schedule. It holds \
         arguments and directory, scheduler (systemd, cron or launchd) where that is not the machine's own, and these \
         tables, all of which may be left out:",
    ),
    Item(
        "[schedule]",
        "One of daily = \"03:00\", hourly = 0 (the minute), weekly = \"Sun 04:00\", cron = \"*/20 8-18 * * 1-5\".",
    ),
    Item(
        "[guards]",
        "delete = 50: percent of what is there that a run may remove, 100 for all. By default a run that would remove \
         more is refused with code 26 and changes nothing, so that an empty or unmounted source wipes no mirror. Where \
         the switch is made here the run itself judges (--delete-guard); before a push, and before a run that commits \
         directly, a rehearsal (--dry-run) counts. require-files: as --require-file, where the switch is made here.",
    ),
    Item("[limits]", "bandwidth, as --bwlimit has it; nice = 10."),
    Item(
        "[retry]",
        "times = 3, wait = 30: after the codes 10, 12, 30, 35 and 255, with which the network fails, and 27, the run \
         is tried again, first after so many seconds, then after twice as many, up to an hour.",
    ),
    Item(
        "[history]",
        "runs = 30: of how many runs log and report are kept; those of the last good one are, besides.",
    ),
    Item(
        "[on-success], [on-failure]",
        "command: for the shell, ten minutes at most. mail: an address that is told by sendmail. ping: a URL that is \
         asked for; http is spoken by resilver, https by curl. What becomes of them stands in the log and does not \
         change the exit code. 0 and 24 are a success.",
    ),
    Item(
        "[environment]",
        "Variables for the run and its hooks. There is no ssh agent at night: name a key by --identity.",
    ),
    Text(
        "Words of the job count more than its guards and limits: --delete-guard=90 behind -- does. A run under way is \
         not joined by another one (code 27), and a destination on hold since an undo is left alone (code 26). A run \
         that ends, however it does, gives back its lock.",
    ),
    Text(
        "A command finds in its environment RESILVER_JOB, RESILVER_RESULT (success or failure), RESILVER_EXIT_CODE, \
         RESILVER_REASON, RESILVER_STARTED, RESILVER_SECONDS, RESILVER_ATTEMPTS, RESILVER_BYTES (of the files that \
         were transferred), RESILVER_DELETED (entries), RESILVER_LOG and RESILVER_REPORT (files). What the run \
         did not come to tell is empty.",
    ),
    Text(
        "resilver job status tells of every job when it last succeeded and when it runs next. One that has not \
         succeeded when half of the time between the run that was due and the next one has passed is overdue, and \
         the exit code is 1; so it is where a job's file makes no sense. With --json each is an object: job, schedule, \
         enabled, running, last_success, age_seconds, duration_seconds, bytes, last_run (run, ended, success, \
         exit_code, reason), next_run, overdue, and error. A report, as resilver job log --report prints it, has \
         version (now 1), job, started, ended, success, exit_code, reason, attempts (started, seconds, exit_code), \
         summary (see JSON) and log.",
    ),
];
