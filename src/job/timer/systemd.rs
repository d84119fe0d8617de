//! A timer and a service of systemd.

use std::path::{Path, PathBuf};

use super::{Timer, call};
use crate::job::calendar::{Calendar, DAYS, Field};
use crate::job::error::Error;
use crate::job::places;
use crate::job::schedule::Schedule;

/// Where root's units lie.
const SYSTEM_UNITS: &str = "/etc/systemd/system";

fn unit(timer: &Timer<'_>, kind: &str) -> String {
    format!("resilver-{}.{kind}", timer.name)
}

fn path(timer: &Timer<'_>, kind: &str) -> PathBuf {
    let dir = match timer.is_system {
        true => PathBuf::from(SYSTEM_UNITS),
        false => timer.places.config().join("systemd/user"),
    };
    dir.join(unit(timer, kind))
}

/// Service and timer, by their paths.
pub fn files(timer: &Timer<'_>, schedule: &Schedule) -> Vec<(PathBuf, String)> {
    vec![
        (path(timer, "service"), service(timer)),
        (path(timer, "timer"), timer_unit(timer, schedule)),
    ]
}

fn service(timer: &Timer<'_>) -> String {
    let mut text = format!("[Unit]\nDescription=resilver job {}\n", timer.name);
    if timer.is_system {
        text.push_str("Wants=network-online.target\nAfter=network-online.target\n");
    }
    // Files that vanish meanwhile are no failure; a wish to stop is passed on by the job.
    text.push_str("\n[Service]\nType=oneshot\nSuccessExitStatus=24\nKillMode=mixed\n");
    let mut variables = timer.places.variables();
    // The system's manager gives its services no home.
    if timer.is_system && variables.iter().all(|(name, _)| *name != "HOME") {
        variables.push(("HOME", timer.places.home()));
    }
    for (name, path) in variables {
        let setting = word(&format!("{name}={}", path.display()));
        text.push_str(&format!("Environment={setting}\n"));
    }
    let words = timer.words();
    // systemd takes fewer characters in a program's name than in what it is given.
    let is_odd = words[0].contains(['"', '\'', '\\', '$', '%']);
    let env = is_odd.then_some("/usr/bin/env");
    let words = env.into_iter().chain(words);
    let words: Vec<String> = words.map(|text| word(text).replace('$', "$$")).collect();
    text.push_str(&format!("ExecStart={}\n", words.join(" ")));
    text
}

fn timer_unit(timer: &Timer<'_>, schedule: &Schedule) -> String {
    let mut text = format!(
        "[Unit]\nDescription=resilver job {}: {schedule}\n\n[Timer]\n",
        timer.name
    );
    for line in on_calendar(schedule.calendar()) {
        text.push_str(&format!("OnCalendar={line}\n"));
    }
    // A run that was missed while the machine was off is made good.
    text.push_str("Persistent=true\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n");
    text
}

/// A word as systemd reads it: quoted where it has to be, `%` doubled.
fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-=:+@".contains(&b);
    if text.bytes().all(plain) && !text.is_empty() {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// The points in time as systemd writes them.
fn on_calendar(calendar: &Calendar) -> Vec<String> {
    let Calendar {
        minutes,
        hours,
        days,
        months,
        weekdays,
    } = calendar;
    let list = |field: &Field| match field.is_all() {
        true => "*".to_owned(),
        false => {
            let values: Vec<String> = field.values().map(|value| format!("{value:02}")).collect();
            values.join(",")
        }
    };
    let week = match weekdays.is_all() {
        true => String::new(),
        false => {
            let names: Vec<&str> = weekdays
                .values()
                .filter_map(|day| DAYS.get(usize::from(day)).copied())
                .collect();
            names.join(",") + " "
        }
    };
    let line = |week: &str, days: &str| {
        format!(
            "{week}*-{}-{days} {}:{}:00",
            list(months),
            list(hours),
            list(minutes)
        )
    };
    match calendar.has_either_day() {
        // There, both must fit; here, either is a reason.
        true => vec![line("", &list(days)), line(&week, "*")],
        false => vec![line(&week, &list(days))],
    }
}

fn systemctl(timer: &Timer<'_>, words: &[&str]) -> Result<(), Error> {
    let user = ["--user"];
    let manager = if timer.is_system { &[][..] } else { &user[..] };
    let called = call("systemctl", &[manager, words].concat(), None);
    called.map(drop).map_err(|e| match e {
        Error::Scheduler { command, reason } => Error::Scheduler {
            command,
            reason: format!("{reason}; --scheduler cron goes by the crontab instead"),
        },
        e => e,
    })
}

/// Writes both and starts the timer.
pub fn install(timer: &Timer<'_>, schedule: &Schedule) -> Result<Option<String>, Error> {
    for (path, text) in files(timer, schedule) {
        places::make_dir(path.parent().unwrap_or(&path))?;
        places::replace(&path, text.as_bytes(), 0o644)?;
    }
    systemctl(timer, &["daemon-reload"])?;
    let unit = unit(timer, "timer");
    systemctl(timer, &["enable", &unit])?;
    // One that ran already goes by its new times only when it is started anew.
    systemctl(timer, &["restart", &unit])?;
    let user = std::env::var("USER").unwrap_or_default();
    let lingers = Path::new("/var/lib/systemd/linger").join(&user).exists();
    let advice =
        "it runs while you are logged in; \"loginctl enable-linger\" lets it run at any time";
    Ok((!timer.is_system && !lingers).then(|| advice.to_owned()))
}

/// Stops the timer and removes both; tells whether they were there.
pub fn remove(timer: &Timer<'_>) -> Result<bool, Error> {
    let (service, unit_file) = (path(timer, "service"), path(timer, "timer"));
    if !service.exists() && !unit_file.exists() {
        return Ok(false);
    }
    // A manager that is not there has no timer that runs.
    let stopped = systemctl(timer, &["disable", "--now", &unit(timer, "timer")]);
    places::remove(&unit_file)?;
    places::remove(&service)?;
    let _ = systemctl(timer, &["daemon-reload"]);
    match stopped {
        Err(e) if Path::new("/run/systemd/system").is_dir() => Err(e),
        _ => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::places::Places;

    fn timer_at<'a>(
        places: &'a Places,
        name: &'a crate::job::Name,
        program: &'a str,
        root: bool,
    ) -> Timer<'a> {
        Timer {
            name,
            places,
            program: Path::new(program),
            is_system: root,
        }
    }

    #[test]
    fn units_say_what_runs_and_when() {
        let places = Places::below(Path::new("/home/u"));
        let name = "nightly".parse().expect("a name");
        let timer = timer_at(&places, &name, "/opt/my \"100%\" $tools/resilver", false);
        let schedule = Schedule::daily("03:00").expect("a schedule");
        let files = files(&timer, &schedule);
        let [(service_path, service), (timer_path, timer)] = files.as_slice() else {
            panic!("{files:?}");
        };
        assert_eq!(
            service_path,
            Path::new("/home/u/.config/systemd/user/resilver-nightly.service")
        );
        assert_eq!(
            timer_path,
            Path::new("/home/u/.config/systemd/user/resilver-nightly.timer")
        );
        assert_eq!(
            service,
            "[Unit]\nDescription=resilver job nightly\n\n[Service]\nType=oneshot\nSuccessExitStatus=24\n\
             KillMode=mixed\nExecStart=/usr/bin/env \"/opt/my \\\"100%%\\\" $$tools/resilver\" job run nightly\n"
        );
        assert_eq!(
            timer,
            "[Unit]\nDescription=resilver job nightly: daily 03:00\n\n[Timer]\nOnCalendar=*-*-* 03:00:00\n\
             Persistent=true\nAccuracySec=1s\n\n[Install]\nWantedBy=timers.target\n"
        );
    }

    #[test]
    fn roots_units_are_the_systems() {
        let places = Places::below(Path::new("/root"));
        let name = "n".parse().expect("a name");
        let timer = timer_at(&places, &name, "/usr/bin/resilver", true);
        let schedule = Schedule::hourly(0).expect("a schedule");
        let (path, service) = &files(&timer, &schedule)[0];
        assert_eq!(path, Path::new("/etc/systemd/system/resilver-n.service"));
        assert!(service.contains("\nEnvironment=HOME=/root\n"), "{service}");
        assert!(
            service.contains("\nAfter=network-online.target\n"),
            "{service}"
        );
    }

    #[test]
    fn every_schedule_has_its_form() {
        for (cron, lines) in [
            ("0 * * * *", &["*-*-* *:00:00"][..]),
            ("0 4 * * sun", &["Sun *-*-* 04:00:00"]),
            ("*/30 1,3 1 jan *", &["*-01-01 01,03:00,30:00"]),
            ("0 0 * * 1-5", &["Mon,Tue,Wed,Thu,Fri *-*-* 00:00:00"]),
            ("5 6 13 * fri", &["*-*-13 06:05:00", "Fri *-*-* 06:05:00"]),
        ] {
            let calendar = Calendar::parse(cron).expect(cron);
            assert_eq!(on_calendar(&calendar), lines, "{cron}");
        }
    }
}
