//! An entry in the user's crontab, below a comment that tells whose it is.

use super::{Timer, call};
use crate::job::error::Error;
use crate::job::ping::program;
use crate::job::schedule::Schedule;

/// The comment above a job's entry.
fn mark(timer: &Timer<'_>) -> String {
    format!("# resilver job {}", timer.name)
}

fn entry(timer: &Timer<'_>, schedule: &Schedule) -> String {
    let variables = timer.places.variables();
    let variables = variables
        .iter()
        .map(|(name, path)| format!("{name}={}", word(&path.display().to_string())));
    let words = timer.words().map(word);
    let command: Vec<String> = variables.chain(words).collect();
    // cron takes a percent sign for a line end, and mails what is printed.
    let command = command.join(" ").replace('%', "\\%");
    format!(
        "{}\n{} {command} >/dev/null\n",
        mark(timer),
        schedule.cron_fields()
    )
}

/// A word as the shell reads it.
fn word(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-=:+@%".contains(&b);
    match text.bytes().all(plain) && !text.is_empty() {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The table without the job's entry, if it has one.
fn without(table: &str, mark: &str) -> Option<String> {
    let mut lines = table.lines();
    let mut kept = String::new();
    let mut found = false;
    while let Some(line) = lines.next() {
        if line.trim_end() == mark {
            found = true;
            lines.next();
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    found.then_some(kept)
}

fn read() -> Result<String, Error> {
    match call("crontab", &["-l"], None) {
        // It fails where there is no table yet.
        Err(Error::Scheduler { reason, .. }) if reason.contains("no crontab for") => {
            Ok(String::new())
        }
        table => table,
    }
}

/// Adds or renews the entry.
pub fn install(timer: &Timer<'_>, schedule: &Schedule) -> Result<Option<String>, Error> {
    let entry = entry(timer, schedule);
    if entry.lines().count() > 2 {
        return Err(Error::Scheduler {
            command: "crontab".to_owned(),
            reason: "a path with a line end in it cannot stand there".to_owned(),
        });
    }
    let table = read()?;
    let mut table = without(&table, &mark(timer)).unwrap_or(table);
    if !table.is_empty() && !table.ends_with('\n') {
        table.push('\n');
    }
    table.push_str(&entry);
    call("crontab", &["-"], Some(&table))?;
    let advice = "cron calls it, and makes good no run that is missed while the machine is off";
    Ok(Some(advice.to_owned()))
}

/// Removes the entry; tells whether it was there.
pub fn remove(timer: &Timer<'_>) -> Result<bool, Error> {
    if program("crontab").is_none() {
        return Ok(false);
    }
    // A table that cannot be read is none that an entry was put into.
    let Ok(table) = read() else { return Ok(false) };
    match without(&table, &mark(timer)) {
        None => Ok(false),
        Some(table) => call("crontab", &["-"], Some(&table)).map(|_| true),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::job::Name;
    use crate::job::places::Places;

    #[test]
    fn an_entry_is_added_and_taken_away() {
        let places = Places::below(Path::new("/home/u"));
        let name: Name = "nightly".parse().expect("a name");
        let timer = Timer {
            name: &name,
            places: &places,
            program: Path::new("/opt/it's 100%/resilver"),
            is_system: false,
        };
        let schedule = Schedule::weekly("Sun 04:30").expect("a schedule");
        let entry = entry(&timer, &schedule);
        assert_eq!(
            entry,
            "# resilver job nightly\n\
             30 4 * * 0 '/opt/it'\\''s 100\\%/resilver' job run nightly >/dev/null\n"
        );
        let others = "MAILTO=me\n# resilver job nightly2\n0 1 * * * true\n";
        let table = format!("{entry}{others}");
        assert_eq!(without(&table, &mark(&timer)).as_deref(), Some(others));
        assert_eq!(without(others, &mark(&timer)), None);
    }
}
