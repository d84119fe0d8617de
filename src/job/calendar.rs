//! The points in time of a schedule: minutes of days of months, as cron has them.

use jiff::Zoned;
use jiff::civil::{Date, Weekday};

/// How far ahead the next time is looked for: past the longest gap between two leap days.
const DAYS_AHEAD: usize = 366 * 9;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
/// From Sunday, as cron counts.
pub(super) const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// A field of cron: which values count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The bit of each value that counts.
    values: u64,
    /// It was written with a star in front: it restricts nothing by itself.
    pub is_star: bool,
    first: u8,
    last: u8,
}

impl Field {
    fn parse(text: &str, first: u8, last: u8, names: &[&str]) -> Result<Field, String> {
        let value = |word: &str| -> Result<u8, String> {
            let named = names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(word));
            let number = match named {
                // Months count from one, days of the week from nought.
                Some(at) => u8::try_from(at).ok().map(|at| at + first),
                None => word.parse().ok(),
            };
            number
                .filter(|number| (first..=last).contains(number))
                .ok_or_else(|| format!("\"{word}\" is not one of {first} to {last}"))
        };
        let mut values = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(step)),
                None => (part, None),
            };
            let (low, high) = match range.split_once('-') {
                _ if range == "*" => (first, last),
                Some((low, high)) => (value(low)?, value(high)?),
                None => match step {
                    Some(_) => (value(range)?, last),
                    None => (value(range)?, value(range)?),
                },
            };
            let step = match step.map(str::parse::<u8>) {
                None => 1,
                Some(Ok(step)) if step > 0 => step,
                Some(_) => return Err(format!("\"{part}\" has no step that counts")),
            };
            if low > high {
                return Err(format!("\"{range}\" ends before it begins"));
            }
            values |= (low..=high)
                .step_by(step.into())
                .fold(0_u64, |bits, value| bits | 1 << value);
        }
        Ok(Field {
            values,
            is_star: text.starts_with('*'),
            first,
            last,
        })
    }

    /// Whether a value counts.
    #[must_use]
    pub fn has(&self, value: u8) -> bool {
        value < 64 && self.values >> value & 1 == 1
    }

    /// The values that count, in order.
    pub fn values(&self) -> impl Iterator<Item = u8> {
        (self.first..=self.last).filter(|value| self.has(*value))
    }

    /// Whether every value counts.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.values().count() == usize::from(self.last - self.first) + 1
    }
}

/// The five fields of cron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Of an hour.
    pub minutes: Field,
    /// Of a day.
    pub hours: Field,
    /// Of a month, from one.
    pub days: Field,
    /// Of a year, from one.
    pub months: Field,
    /// From Sunday, which is nought.
    pub weekdays: Field,
}

impl Calendar {
    /// Reads `MINUTE HOUR DAY MONTH WEEKDAY`, or one of cron's words such as `@daily`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Calendar, String> {
        let text = match text.trim() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            text => text,
        };
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err("it takes five fields: minute, hour, day, month, day of the week".into());
        };
        let mut weekdays = Field::parse(weekday, 0, 7, &DAYS)?;
        weekdays.values |= weekdays.values >> 7 & 1;
        weekdays.values &= 0x7f;
        weekdays.last = 6;
        let calendar = Calendar {
            minutes: Field::parse(minute, 0, 59, &[])?,
            hours: Field::parse(hour, 0, 23, &[])?,
            days: Field::parse(day, 1, 31, &[])?,
            months: Field::parse(month, 1, 12, &MONTHS)?,
            weekdays,
        };
        let leap_year = Date::constant(2024, 1, 1);
        let fits = |date: Date| calendar.has_day(date);
        match leap_year
            .series(jiff::Span::new().days(1))
            .take(366 * 8)
            .any(fits)
        {
            true => Ok(calendar),
            false => Err("there is no such day".into()),
        }
    }

    /// Whether a day of the month and a day of the week each are a reason by themselves, as cron has it where both
    /// are restricted.
    #[must_use]
    pub fn has_either_day(&self) -> bool {
        !self.days.is_star && !self.weekdays.is_star
    }

    fn has_day(&self, date: Date) -> bool {
        let weekday = match date.weekday() {
            Weekday::Sunday => 0,
            day => day.to_monday_one_offset(),
        };
        let number = |n: i8| u8::try_from(n).unwrap_or(u8::MAX);
        let (of_month, of_week) = (
            self.days.has(number(date.day())),
            self.weekdays.has(number(weekday)),
        );
        let fits = match self.has_either_day() {
            true => of_month || of_week,
            false => of_month && of_week,
        };
        self.months.has(number(date.month())) && fits
    }

    /// The first point in time after this one. A time that the clock passes over in spring is taken as far later as
    /// the clock jumps.
    #[must_use]
    pub fn next_after(&self, after: &Zoned) -> Option<Zoned> {
        let days = after.date().series(jiff::Span::new().days(1));
        days.take(DAYS_AHEAD)
            .filter(|date| self.has_day(*date))
            .find_map(|date| {
                let times = self
                    .hours
                    .values()
                    .flat_map(|hour| self.minutes.values().map(move |minute| (hour, minute)));
                times
                    .filter_map(|(hour, minute)| {
                        let time = date.at(hour.cast_signed(), minute.cast_signed(), 0, 0);
                        after.time_zone().to_zoned(time).ok()
                    })
                    .filter(|time| time > after)
                    .min()
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, after: &str) -> String {
        let calendar = Calendar::parse(cron).expect(cron);
        let after: Zoned = after.parse().expect(after);
        let next = calendar.next_after(&after).expect("a next time");
        next.strftime("%a %Y-%m-%d %H:%M %z").to_string()
    }

    #[test]
    fn the_next_time_is_the_first_that_fits() {
        for (cron, after, expected) in [
            (
                "0 3 * * *",
                "2026-11-22T02:59:59Z[UTC]",
                "Sun 2026-11-22 03:00 +0000",
            ),
            (
                "0 3 * * *",
                "2026-11-22T03:00:00Z[UTC]",
                "Mon 2026-11-23 03:00 +0000",
            ),
            (
                "*/20 * * * *",
                "2026-11-22T03:05:00Z[UTC]",
                "Sun 2026-11-22 03:20 +0000",
            ),
            (
                "0 4 * * Sun",
                "2026-11-22T04:00:01Z[UTC]",
                "Sun 2026-11-29 04:00 +0000",
            ),
            (
                "0 4 * * 7",
                "2026-11-23T04:00:01Z[UTC]",
                "Sun 2026-11-29 04:00 +0000",
            ),
            (
                "30 1 29 feb *",
                "2026-11-22T04:00:01Z[UTC]",
                "Tue 2028-02-29 01:30 +0000",
            ),
            // Both days restricted: either is a reason.
            (
                "0 0 1 * mon",
                "2026-11-24T04:00:01Z[UTC]",
                "Mon 2026-11-30 00:00 +0000",
            ),
            (
                "0 0 1 * mon",
                "2026-11-30T04:00:01Z[UTC]",
                "Tue 2026-12-01 00:00 +0000",
            ),
            // A star with a step restricts beside the other one.
            (
                "0 0 */2 * mon",
                "2026-11-24T04:00:01Z[UTC]",
                "Mon 2026-12-07 00:00 +0000",
            ),
            (
                "@hourly",
                "2026-11-22T23:30:00Z[UTC]",
                "Mon 2026-11-23 00:00 +0000",
            ),
        ] {
            assert_eq!(next(cron, after), expected, "{cron} after {after}");
        }
    }

    #[test]
    fn a_time_that_the_clock_skips_comes_later() {
        let spring = "2026-03-29T01:30:00+01:00[Europe/Berlin]";
        assert_eq!(next("30 2 * * *", spring), "Sun 2026-03-29 03:30 +0200");
        let autumn = "2026-10-25T01:30:00+02:00[Europe/Berlin]";
        assert_eq!(next("30 2 * * *", autumn), "Sun 2026-10-25 02:30 +0200");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "* * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "* * 31 2 *",
            "-1 * * * *",
            "1,,2 * * * *",
            "*/300 * * * *",
        ] {
            assert!(Calendar::parse(bad).is_err(), "{bad}");
        }
    }
}
