//! When a job runs, as people say it.

use std::fmt;

use jiff::civil::Time;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::calendar::{Calendar, DAYS};
use super::error::Error;

/// When a job runs, in local time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Said", into = "Said")]
pub struct Schedule {
    said: Said,
    cron: String,
    calendar: Calendar,
}

/// The ways to say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    /// At this minute of every hour.
    Hourly(u8),
    /// `HH:MM`.
    Daily(String),
    /// `DAY HH:MM`.
    Weekly(String),
    /// Five fields, or cron's words.
    Cron(String),
}

impl Schedule {
    /// At a minute of every hour.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn hourly(minute: u8) -> Result<Schedule, Error> {
        Schedule::try_from(Said::Hourly(minute))
    }

    /// Every day at `HH:MM`.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn daily(time: &str) -> Result<Schedule, Error> {
        Schedule::try_from(Said::Daily(time.to_owned()))
    }

    /// Every week at `DAY HH:MM`.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn weekly(day_and_time: &str) -> Result<Schedule, Error> {
        Schedule::try_from(Said::Weekly(day_and_time.to_owned()))
    }

    /// As cron says it.
    ///
    /// # Errors
    /// [`Error::Schedule`].
    pub fn cron(fields: &str) -> Result<Schedule, Error> {
        Schedule::try_from(Said::Cron(fields.to_owned()))
    }

    /// The points in time.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Its five fields for a crontab.
    #[must_use]
    pub fn cron_fields(&self) -> &str {
        &self.cron
    }

    /// The first time after this one.
    #[must_use]
    pub fn next_after(&self, after: &Zoned) -> Option<Zoned> {
        self.calendar.next_after(after)
    }

    /// When a job without success since `since` counts as overdue: when half of the time between the run that was
    /// due and the one after it has passed.
    #[must_use]
    pub fn overdue_at(&self, since: &Zoned) -> Option<Timestamp> {
        let due = self.next_after(since)?;
        let following = self.next_after(&due)?;
        let gap = due.timestamp().duration_until(following.timestamp());
        due.timestamp().checked_add(gap / 2).ok()
    }
}

impl TryFrom<Said> for Schedule {
    type Error = Error;

    fn try_from(said: Said) -> Result<Schedule, Error> {
        let text = said.to_string();
        let refused = |reason: &str| Error::Schedule {
            text: text.clone(),
            reason: reason.to_owned(),
        };
        let cron = match &said {
            Said::Hourly(minute) => format!("{minute} * * * *"),
            Said::Daily(at) => {
                let at = time(at).ok_or_else(|| refused("a time of day is written 03:00"))?;
                format!("{} {} * * *", at.minute(), at.hour())
            }
            Said::Weekly(at) => {
                let parts = at.split_once(' ').and_then(|(day, at)| {
                    let is = |name: &&str| name.eq_ignore_ascii_case(day.get(..3)?).then_some(());
                    let number = DAYS.iter().position(|name| is(name).is_some())?;
                    let whole = LONG_DAYS[number];
                    let is_whole = day.len() == 3 || whole.eq_ignore_ascii_case(day);
                    is_whole.then_some((number, time(at.trim())?))
                });
                let (day, at) =
                    parts.ok_or_else(|| refused("a time of the week is written Sun 04:00"))?;
                format!("{} {} * * {day}", at.minute(), at.hour())
            }
            Said::Cron(fields) => fields
                .split_ascii_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        };
        let calendar = Calendar::parse(&cron).map_err(|reason| refused(&reason))?;
        Ok(Schedule {
            said,
            cron,
            calendar,
        })
    }
}

const LONG_DAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let fits =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !fits(hour) || minute.len() != 2 || !fits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

impl From<Schedule> for Said {
    fn from(schedule: Schedule) -> Said {
        schedule.said
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Said::Hourly(0) => f.write_str("hourly"),
            Said::Hourly(minute) => write!(f, "hourly at :{minute:02}"),
            Said::Daily(at) => write!(f, "daily {at}"),
            Said::Weekly(at) => write!(f, "weekly {at}"),
            Said::Cron(fields) => write!(f, "cron {fields}"),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.said.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_say_it_has_its_fields() {
        for (schedule, fields, text) in [
            (Schedule::hourly(0), "0 * * * *", "hourly"),
            (Schedule::hourly(7), "7 * * * *", "hourly at :07"),
            (Schedule::daily("03:00"), "0 3 * * *", "daily 03:00"),
            (Schedule::daily("3:05"), "5 3 * * *", "daily 3:05"),
            (
                Schedule::weekly("Sun 04:00"),
                "0 4 * * 0",
                "weekly Sun 04:00",
            ),
            (
                Schedule::weekly("friday 23:59"),
                "59 23 * * 5",
                "weekly friday 23:59",
            ),
            (
                Schedule::cron("*/5  2 * * 1-5"),
                "*/5 2 * * 1-5",
                "cron */5  2 * * 1-5",
            ),
            (Schedule::cron("@daily"), "@daily", "cron @daily"),
        ] {
            let schedule = schedule.expect(text);
            assert_eq!(schedule.cron_fields(), fields);
            assert_eq!(schedule.to_string(), text);
        }
        for bad in [
            Schedule::hourly(60),
            Schedule::daily("24:00"),
            Schedule::daily("3"),
            Schedule::daily("+3:00"),
            Schedule::weekly("04:00"),
            Schedule::weekly("Sund 04:00"),
            Schedule::weekly("é 04:00"),
            Schedule::cron("* * * *"),
        ] {
            let text = bad.expect_err("refused").to_string();
            assert!(text.contains("is no schedule: "), "{text}");
        }
    }

    #[test]
    fn half_of_the_time_to_the_next_run_is_grace() {
        let daily = Schedule::daily("03:00").expect("a schedule");
        let done: Zoned = "2026-11-22T03:10:00Z[UTC]".parse().expect("a time");
        let overdue = daily.overdue_at(&done).expect("a time");
        assert_eq!(overdue.to_string(), "2026-11-23T15:00:00Z");
    }
}
