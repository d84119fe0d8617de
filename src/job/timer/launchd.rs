//! An agent of launchd, for macOS. Its text is tested; it has not been run there.

use std::path::PathBuf;

use super::{Timer, call};
use crate::job::calendar::{Calendar, Field};
use crate::job::error::Error;
use crate::job::places;
use crate::job::schedule::Schedule;
use crate::sys::process;

fn label(timer: &Timer<'_>) -> String {
    format!("resilver.job.{}", timer.name)
}

/// Where the agent's file lies.
pub fn path(timer: &Timer<'_>) -> PathBuf {
    let file = format!("{}.plist", label(timer));
    match timer.is_system {
        true => PathBuf::from("/Library/LaunchDaemons").join(file),
        false => timer.places.home().join("Library/LaunchAgents").join(file),
    }
}

/// The agent.
pub fn agent(timer: &Timer<'_>, schedule: &Schedule) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n",
    );
    text.push_str(&format!(
        "  <key>Label</key>\n  <string>{}</string>\n",
        label(timer)
    ));
    text.push_str("  <key>ProgramArguments</key>\n  <array>\n");
    for word in timer.words() {
        text.push_str(&format!("    <string>{}</string>\n", escaped(word)));
    }
    text.push_str("  </array>\n");
    let mut variables = timer.places.variables();
    if timer.is_system && variables.iter().all(|(name, _)| *name != "HOME") {
        variables.push(("HOME", timer.places.home()));
    }
    if !variables.is_empty() {
        text.push_str("  <key>EnvironmentVariables</key>\n  <dict>\n");
        for (name, path) in variables {
            let value = escaped(&path.display().to_string());
            text.push_str(&format!(
                "    <key>{name}</key>\n    <string>{value}</string>\n"
            ));
        }
        text.push_str("  </dict>\n");
    }
    text.push_str("  <key>StartCalendarInterval</key>\n  <array>\n");
    for moment in moments(schedule.calendar()) {
        text.push_str("    <dict>\n");
        for (key, value) in moment {
            text.push_str(&format!(
                "      <key>{key}</key>\n      <integer>{value}</integer>\n"
            ));
        }
        text.push_str("    </dict>\n");
    }
    text + "  </array>\n</dict>\n</plist>\n"
}

/// The points in time: a key that is missing stands for every value.
fn moments(calendar: &Calendar) -> Vec<Vec<(&'static str, u8)>> {
    let Calendar {
        minutes,
        hours,
        days,
        months,
        weekdays,
    } = calendar;
    let time = [("Minute", minutes), ("Hour", hours), ("Month", months)];
    let (month, week) = (("Day", days), ("Weekday", weekdays));
    let with = |more: &[(&'static str, &Field)]| product(&[&time[..], more].concat());
    match calendar.has_either_day() {
        true => [with(&[month]), with(&[week])].concat(),
        false => with(&[month, week]),
    }
}

fn product(fields: &[(&'static str, &Field)]) -> Vec<Vec<(&'static str, u8)>> {
    let restricted = fields.iter().filter(|(_, field)| !field.is_all());
    restricted.fold(vec![Vec::new()], |moments, (key, field)| {
        moments
            .iter()
            .flat_map(|moment| {
                field.values().map(|value| {
                    let mut moment = moment.clone();
                    moment.push((*key, value));
                    moment
                })
            })
            .collect()
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The domain in which the agent runs.
fn domain(timer: &Timer<'_>) -> String {
    match timer.is_system {
        true => "system".to_owned(),
        false => format!("gui/{}", process::uid()),
    }
}

/// Writes the agent and loads it.
pub fn install(timer: &Timer<'_>, schedule: &Schedule) -> Result<(), Error> {
    remove(timer)?;
    let path = path(timer);
    places::make_dir(path.parent().unwrap_or(&path))?;
    places::replace(&path, agent(timer, schedule).as_bytes(), 0o644)?;
    let file = path.display().to_string();
    call("launchctl", &["bootstrap", &domain(timer), &file], None).map(drop)
}

/// Unloads the agent and removes it; tells whether it was there.
pub fn remove(timer: &Timer<'_>) -> Result<bool, Error> {
    let path = path(timer);
    if !path.exists() {
        return Ok(false);
    }
    let service = format!("{}/{}", domain(timer), label(timer));
    // One that is not loaded cannot be unloaded.
    let _ = call("launchctl", &["bootout", &service], None);
    places::remove(&path)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::job::Name;
    use crate::job::places::Places;

    #[test]
    fn an_agent_says_what_runs_and_when() {
        let places = Places::below(Path::new("/Users/u"));
        let name: Name = "nightly".parse().expect("a name");
        let timer = Timer {
            name: &name,
            places: &places,
            program: Path::new("/opt/a&b/resilver"),
            is_system: false,
        };
        let schedule = Schedule::weekly("Sun 04:30").expect("a schedule");
        assert_eq!(
            path(&timer),
            Path::new("/Users/u/Library/LaunchAgents/resilver.job.nightly.plist")
        );
        let text = agent(&timer, &schedule);
        let body = text.split_once("<dict>\n").expect("a body").1;
        assert_eq!(
            body,
            "  <key>Label</key>\n  <string>resilver.job.nightly</string>\n\
             \x20 <key>ProgramArguments</key>\n  <array>\n    <string>/opt/a&amp;b/resilver</string>\n\
             \x20   <string>job</string>\n    <string>run</string>\n    <string>nightly</string>\n  </array>\n\
             \x20 <key>StartCalendarInterval</key>\n  <array>\n    <dict>\n\
             \x20     <key>Minute</key>\n      <integer>30</integer>\n\
             \x20     <key>Hour</key>\n      <integer>4</integer>\n\
             \x20     <key>Weekday</key>\n      <integer>0</integer>\n\
             \x20   </dict>\n  </array>\n</dict>\n</plist>\n"
        );
    }

    #[test]
    fn either_day_is_a_reason() {
        let calendar = Calendar::parse("0 1 13 * fri").expect("a calendar");
        assert_eq!(
            moments(&calendar),
            [
                vec![("Minute", 0), ("Hour", 1), ("Day", 13)],
                vec![("Minute", 0), ("Hour", 1), ("Weekday", 5)]
            ]
        );
        let every_minute = Calendar::parse("* * * * *").expect("a calendar");
        assert_eq!(moments(&every_minute), [vec![]]);
    }
}
