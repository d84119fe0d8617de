//! What calls jobs: units that systemd takes, and a cron that really calls.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resilver::job::{Name, Schedule, Scheduler, Timer};

use crate::place::{Home, Said, script};

fn is_here(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .any(|dir| dir.join(program).is_file())
}

/// `systemd-analyze verify` says nothing about them, and `systemd-analyze calendar` agrees on the next time.
#[test]
fn systemd_takes_the_units() {
    if !is_here("systemd-analyze") {
        eprintln!("SKIPPED: systemd-analyze is not here, the units are not verified");
        return;
    }
    let home = Home::new();
    let odd = home.at("a dir $with \"100%\"");
    fs::create_dir(&odd).expect("a directory");
    let plain = home.at("a dir");
    fs::create_dir(&plain).expect("a directory");
    let places = home.places();
    for (at, schedule) in [
        Schedule::hourly(5),
        Schedule::daily("03:00"),
        Schedule::weekly("Sun 04:00"),
        Schedule::cron("*/7 1-5,23 1,15 jan-mar mon-fri"),
        Schedule::cron("30 2 29 2 *"),
    ]
    .into_iter()
    .enumerate()
    {
        let schedule = schedule.expect("a schedule");
        let name: Name = format!("nightly-{at}").parse().expect("a name");
        for (is_system, dir) in [(false, &odd), (true, &odd), (false, &plain)] {
            let program = dir.join("resilver");
            let _ = fs::copy(env!("CARGO_BIN_EXE_resilver"), &program);
            let timer = Timer {
                name: &name,
                places: &places,
                program: &program,
                is_system,
            };
            let mut paths = Vec::new();
            let files = timer.files(&schedule, Scheduler::Systemd);
            for (path, text) in &files {
                let path = home.at(&path.file_name().expect("a name").to_string_lossy());
                fs::write(&path, text).expect("a unit");
                paths.push(path);
            }
            let scope = if is_system { "--system" } else { "--user" };
            let verify = Command::new("systemd-analyze")
                .args(["verify", "--man=no", scope])
                .args(&paths)
                .env("XDG_RUNTIME_DIR", home.path())
                .output();
            let said = Said::of(verify.expect("systemd-analyze"));
            let ours: Vec<&str> = said
                .err
                .lines()
                .filter(|line| line.contains("resilver-nightly"))
                .collect();
            assert!(
                said.code == 0 && ours.is_empty(),
                "{schedule}: {said:?}\n{files:?}"
            );
            agrees(&schedule, &files[1].1);
        }
    }
}

/// The earliest of systemd's next times is ours.
fn agrees(schedule: &Schedule, unit: &str) {
    let base = "2026-11-22 03:10:00 UTC";
    let next = unit
        .lines()
        .filter_map(|line| line.strip_prefix("OnCalendar="))
        .filter_map(|line| {
            let calendar = Command::new("systemd-analyze")
                .args(["calendar", "--base-time", base, line])
                .env("TZ", "UTC")
                .output();
            let said = Said::of(calendar.expect("systemd-analyze"));
            let next = said
                .out
                .lines()
                .find_map(|line| line.trim().strip_prefix("Next elapse: "))?;
            // As in "Mon 2026-11-23 03:00:00 UTC".
            Some(next.get(4..20).expect(next).to_owned())
        });
    let ours = schedule.next_after(&"2026-11-22T03:10:00Z[UTC]".parse().expect("a time"));
    let ours = ours.expect("a time").strftime("%Y-%m-%d %H:%M").to_string();
    assert_eq!(next.min(), Some(ours), "{schedule}");
}

/// What a user's systemd is told, by a stand-in that writes it down.
#[test]
fn a_timer_is_started_and_stopped() {
    let home = Home::new();
    let name: Name = "j".parse().expect("a name");
    let bin = home.at("bin");
    fs::create_dir(&bin).expect("a directory");
    script(&bin.join("systemctl"), "echo \"$@\" >> \"$HOME/told\"");
    script(
        &bin.join("crontab"),
        "echo 'no crontab for you' >&2; exit 1",
    );
    // The one that was built may lie where another user cannot reach it.
    let program = home.at("resilver");
    fs::copy(env!("CARGO_BIN_EXE_resilver"), &program).expect("a program");
    let run = |args: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let mut command = home.command_of(&program, args);
        command.env("PATH", path);
        as_a_user(&mut command, &home);
        Said::of(command.output().expect("resilver"))
    };
    let words = ["--", "-a", "--delete", "source/", "mirror"];
    let add = [
        "job",
        "add",
        "j",
        "--daily",
        "03:00",
        "--scheduler",
        "systemd",
    ];
    let said = run(&[&add[..], &words].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("daily 03:00, next "), "{said:?}");
    let units = home.at(".config/systemd/user");
    let timer = fs::read_to_string(units.join("resilver-j.timer")).expect("the timer");
    assert!(
        timer.contains("\nOnCalendar=*-*-* 03:00:00\nPersistent=true\n"),
        "{timer}"
    );
    let service = fs::read_to_string(units.join("resilver-j.service")).expect("the service");
    assert!(
        service.contains(&format!("resilver job run {name}\n")),
        "{service}"
    );
    let told =
        "--user daemon-reload\n--user enable resilver-j.timer\n--user restart resilver-j.timer\n";
    assert_eq!(home.read("told"), told);
    fs::remove_file(home.at("told")).expect("a file");
    assert_eq!(run(&["job", "disable", "j"]).code, 0);
    assert_eq!(
        home.read("told"),
        "--user disable --now resilver-j.timer\n--user daemon-reload\n"
    );
    assert!(!units.join("resilver-j.timer").exists());
    let said = run(&["job", "list"]);
    assert!(said.out.contains("daily 03:00 (disabled)"), "{said:?}");
    assert_eq!(run(&["job", "enable", "j"]).code, 0);
    assert!(units.join("resilver-j.timer").exists());
    assert_eq!(run(&["job", "remove", "j"]).code, 0);
    assert!(!units.join("resilver-j.timer").exists() && !units.join("resilver-j.service").exists());
}

/// A scheduler that refuses leaves no job.
#[test]
fn what_cannot_be_called_is_not_added() {
    let home = Home::new();
    let bin = home.at("bin");
    fs::create_dir(&bin).expect("a directory");
    script(
        &bin.join("crontab"),
        "cat >/dev/null; echo 'you are not allowed' >&2; exit 1",
    );
    let words = [
        "job",
        "add",
        "j",
        "--hourly",
        "--scheduler",
        "cron",
        "--",
        "-a",
        "source/",
        "mirror",
    ];
    let mut command = home.command(&words);
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    let said = Said::of(command.output().expect("resilver"));
    assert_eq!(said.code, 11, "{said:?}");
    assert!(
        said.err.contains("crontab -l failed: you are not allowed"),
        "{said:?}"
    );
    assert_eq!(home.done(&["job", "list"]), "");
}

/// An entry among others, by a stand-in whose table is a file.
#[test]
fn a_crontab_keeps_what_others_wrote() {
    let home = Home::new();
    let bin = home.at("bin");
    fs::create_dir(&bin).expect("a directory");
    let table = "if [ \"$1\" = -l ]; then cat \"$HOME/table\"; else cat > \"$HOME/table\"; fi";
    script(&bin.join("crontab"), table);
    fs::write(home.at("table"), "# mine\n0 1 * * * true").expect("a table");
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
        command.env("XDG_STATE_HOME", home.at("my state"));
        Said::of(command.output().expect("resilver"))
    };
    // As one word, and as two.
    for (name, when) in [("j", &["Sun 04:00"][..]), ("k", &["Sun", "04:00"])] {
        let add = ["job", "add", "--weekly"];
        let rest = [name, "--scheduler", "cron", "--", "-a", "source/", "mirror"];
        let said = run(&[&add[..], when, &rest].concat());
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.err.contains("note: cron calls it"), "{said:?}");
    }
    let program = env!("CARGO_BIN_EXE_resilver");
    let state = home.at("my state");
    let entry = |name: &str| {
        let (home, state) = (home.path().display(), state.display());
        format!(
            "# resilver job {name}\n0 4 * * 0 HOME={home} XDG_STATE_HOME='{state}' {program} job run {name} \
             >/dev/null\n"
        )
    };
    let mine = "# mine\n0 1 * * * true\n";
    assert_eq!(
        home.read("table"),
        format!("{mine}{}{}", entry("j"), entry("k"))
    );
    // Enabled anew it has one entry still.
    assert_eq!(run(&["job", "enable", "j"]).code, 0);
    assert_eq!(
        home.read("table"),
        format!("{mine}{}{}", entry("k"), entry("j"))
    );
    assert_eq!(run(&["job", "remove", "k"]).code, 0);
    assert_eq!(run(&["job", "disable", "j"]).code, 0);
    assert_eq!(home.read("table"), mine);
}

/// Root's units lie where the whole machine sees them: this is for another user.
fn as_a_user(command: &mut Command, home: &Home) {
    use std::os::unix::process::CommandExt;
    let is_root =
        fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0);
    if !is_root {
        return;
    }
    const NOBODY: u32 = 65534;
    let owned = Command::new("chown")
        .arg("-R")
        .arg("65534:65534")
        .arg(home.path())
        .status();
    assert!(owned.expect("chown").success());
    command.uid(NOBODY).gid(NOBODY);
}

/// A real cron, in a place of its own, calls a job within the minute.
#[test]
fn cron_calls_a_job() {
    let can = Command::new("unshare").args(["--mount", "true"]).status();
    if !is_here("cron") || !can.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no cron here, or no mounts of its own; no job is called");
        return;
    }
    let home = Home::new();
    let program = Path::new(env!("CARGO_BIN_EXE_resilver"));
    // Its tables, its lock and the tables of the system lie on file systems that nobody else sees.
    let play = "set -e
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /var/spool/cron
        mkdir -m 1730 /var/spool/cron/crontabs
        mount --bind /dev/null /etc/crontab
        [ ! -d /etc/cron.d ] || mount -t tmpfs tmpfs /etc/cron.d
        \"$RESILVER\" job add j --cron '* * * * *' --scheduler cron --on-success 'touch called' -- -a source/ mirror
        cron -f & cron=$!
        n=0; while [ ! -e called ] && [ $n -lt 900 ]; do sleep 0.1; n=$((n + 1)); done
        kill $cron
        \"$RESILVER\" job remove j
        crontab -l | grep -c resilver || true";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", play])
        .current_dir(home.path());
    // cron gives its jobs the home of the account: another one stands in the entry.
    command.env("RESILVER", program).env("HOME", home.path());
    command
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME");
    let said = Said::of(command.output().expect("unshare"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(home.at("called").exists(), "{said:?}");
    assert!(home.at("mirror/9").exists());
    assert!(said.out.ends_with("\n0\n"), "{said:?}");
}
