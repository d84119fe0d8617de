//! What is told of jobs, as text.

use std::fmt::Write;
use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::cli::exit::Refusal;
use crate::job::{Clock, Error, Job, Name, Report, Run, Status};
use crate::report::Human;

/// What `add` did.
pub fn added(name: &Name, job: &Job, next: Option<&Zoned>, file: &Path) -> String {
    let when = match (&job.schedule, next) {
        (Some(schedule), Some(next)) => format!("{schedule}, next {}", moment(next)),
        _ => format!("without a schedule: resilver job run {name}"),
    };
    format!(
        "job {name} was added ({}): {when}\n",
        crate::tree::shown(file)
    )
}

/// A line of `list`.
pub fn listed(name: &Name, job: &Result<Job, Error>, enabled: bool) -> String {
    let when = match job {
        Err(_) => "its file makes no sense".to_owned(),
        Ok(job) => match &job.schedule {
            None => "no schedule".to_owned(),
            Some(schedule) if enabled => schedule.to_string(),
            Some(schedule) => format!("{schedule} (disabled)"),
        },
    };
    let words = job
        .as_ref()
        .map(|job| line(&job.arguments))
        .unwrap_or_default();
    format!("{:<16} {when:<24} {words}\n", name.as_str())
}

/// What a job comes to: the words of a run with its guards, and the next times.
pub fn comes_to(
    job: &Job,
    words: &Result<Result<Vec<String>, String>, Refusal>,
    clock: &impl Clock,
) -> String {
    let mut text = String::from("\n");
    match words {
        Ok(Ok(words)) => {
            let all: Vec<String> = words.iter().chain(&job.arguments).cloned().collect();
            let _ = writeln!(text, "# runs: resilver {}", line(&all));
        }
        Ok(Err(reason)) => {
            let _ = writeln!(text, "# cannot run: {reason}");
        }
        Err(refusal) => {
            let _ = writeln!(text, "# cannot run: {}", refusal.text());
        }
    }
    if let Some(schedule) = &job.schedule {
        let first = schedule.next_after(&clock.here());
        let times = std::iter::successors(first, |last| schedule.next_after(last)).take(3);
        let times: Vec<String> = times.map(|time| moment(&time)).collect();
        let _ = writeln!(text, "# next, if enabled: {}", times.join(", "));
    }
    text
}

/// How a run ended, in one line.
pub fn ended(report: &Report) -> String {
    let Report { job, log, .. } = report;
    let took = span(report.seconds());
    let log = crate::tree::shown(log);
    match report.success {
        true => {
            let bytes = report
                .bytes()
                .map_or(String::new(), |n| format!(", {} transferred", size(n)));
            format!("job {job}: done in {took}{bytes} (log: {log})\n")
        }
        false => format!(
            "job {job} failed with code {} after {took}: {} (log: {log})\n",
            report.exit_code, report.reason
        ),
    }
}

/// A line of `log --list`.
pub fn run(run: &Run) -> String {
    let how = match run.read() {
        None => "did not end".to_owned(),
        Some(report) => {
            let took = span(report.seconds());
            format!("code {:<3} {took:>7}  {}", report.exit_code, report.reason)
        }
    };
    format!("{}  {how}\n", run.name())
}

/// All of `status`.
pub fn statuses(all: &[Status], clock: &impl Clock) -> String {
    const NOTHING: &str = "-";
    if all.is_empty() {
        return "there are no jobs\n".to_owned();
    }
    let mut rows = vec![
        [
            "JOB",
            "STATE",
            "LAST SUCCESS",
            "AGE",
            "TOOK",
            "BYTES",
            "NEXT RUN",
        ]
        .map(str::to_owned),
    ];
    let at = |time: Option<Timestamp>, zone: TimeZone| {
        time.map_or(NOTHING.to_owned(), |time| moment(&time.to_zoned(zone)))
    };
    for status in all {
        let or = |text: Option<String>| text.unwrap_or(NOTHING.to_owned());
        rows.push([
            status.job.clone(),
            state(status),
            at(status.last_success, clock.zone()),
            or(status.age_seconds.map(|s| span(s as f64))),
            or(status.duration_seconds.map(span)),
            or(status.bytes.map(size)),
            at(status.next_run, clock.zone()),
        ]);
    }
    table(&rows)
}

fn state(status: &Status) -> String {
    let mut words = Vec::new();
    if status.error.is_some() {
        words.push("its file makes no sense".to_owned());
    }
    if status.overdue && status.error.is_none() {
        words.push("overdue".to_owned());
    }
    if let Some(who) = &status.running {
        words.push(format!("running ({who})"));
    }
    match &status.last_run {
        Some(last) if !last.success => words.push(match last.exit_code {
            Some(code) => format!("failed with code {code}"),
            None => "killed".to_owned(),
        }),
        None if status.running.is_none() => words.push("not run yet".to_owned()),
        _ => {}
    }
    if !status.enabled {
        words.push("disabled".to_owned());
    }
    match words.is_empty() {
        true => "good".to_owned(),
        false => words.join(", "),
    }
}

/// Columns as wide as they have to be.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        let cells: Vec<String> = cells.collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}

fn moment(time: &Zoned) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

fn size(bytes: u64) -> String {
    format!("{} bytes", Human::Thousand.bytes(bytes))
}

/// A length of time, to one unit.
fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..120 => format!("{whole} s"),
        120..7_200 => format!("{} min", whole / 60),
        7_200..172_800 => format!("{} h", whole / 3_600),
        _ => format!("{} days", whole / 86_400),
    }
}

/// Words as a shell would take them.
fn line(words: &[String]) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-=:+@%,~".contains(&b);
    let quoted = words
        .iter()
        .map(|word| match word.bytes().all(plain) && !word.is_empty() {
            true => word.clone(),
            false => format!("'{}'", word.replace('\'', "'\\''")),
        });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_one_unit() {
        for (seconds, text) in [
            (0.2, "0 s"),
            (119.0, "119 s"),
            (120.0, "2 min"),
            (7_200.0, "2 h"),
            (172_800.0, "2 days"),
        ] {
            assert_eq!(span(seconds), text);
        }
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let words = ["-a", "it's", "", "a b"].map(str::to_owned);
        assert_eq!(line(&words), "-a 'it'\\''s' '' 'a b'");
    }
}
