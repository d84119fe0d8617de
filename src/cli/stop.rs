//! `--stop-at`: a point in time, of which the parts that are left out are the next that come.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};

/// Why a text is no time to stop at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongTime {
    /// It is no time at all.
    Invalid,
    /// It is past.
    Past,
}

/// What was given of a time.
#[derive(Clone, Copy, Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    hour: Option<i8>,
    minute: Option<i8>,
}

/// Reads `[[YY]YY-][MM-]DD[T[HH]:MM]`, `HH:MM` or `:MM`, with `/` for `-` and `t` for `T`, as a time after `now`.
pub fn parse(text: &str, now: &Zoned) -> Result<Zoned, WrongTime> {
    let parts = parts(text).ok_or(WrongTime::Invalid)?;
    let whole = parts.year.is_some();
    let first = resolve(&parts, now.datetime()).ok_or(WrongTime::Invalid)?;
    let zone = now.time_zone().clone();
    let at = |time: DateTime| zoned(time, &zone).ok_or(WrongTime::Invalid);
    let mut candidate = first;
    for _ in 0..60 {
        let found = at(candidate)?;
        if found > *now {
            return Ok(found);
        }
        if whole {
            return Err(WrongTime::Past);
        }
        candidate = next(&parts, candidate).ok_or(WrongTime::Invalid)?;
    }
    Err(WrongTime::Past)
}

fn zoned(time: DateTime, zone: &TimeZone) -> Option<Zoned> {
    time.to_zoned(zone.clone()).ok()
}

fn parts(text: &str) -> Option<Parts> {
    let (date, time) = match text.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None if text.contains(':') => ("", Some(text)),
        None => (text, None),
    };
    // `1T` is `1`; a `T` alone is nothing.
    let time = time.filter(|time| !time.is_empty());
    if date.is_empty() && time.is_none() {
        return None;
    }
    let mut parts = Parts::default();
    if !date.is_empty() {
        let mut fields = date.split(['-', '/']).rev();
        parts.day = Some(number(fields.next()?, 1..=31)?);
        parts.month = fields
            .next()
            .map(|f| number(f, 1..=12))
            .map_or(Some(None), |m| m.map(Some))?;
        parts.year = match fields.next() {
            Some(year) => Some(self::year(year)?),
            None => None,
        };
        if fields.next().is_some() {
            return None;
        }
    }
    if let Some(time) = time {
        let (hour, minute) = time.split_once(':')?;
        if !hour.is_empty() {
            parts.hour = Some(number(hour, 0..=23)?);
        }
        parts.minute = Some(number(minute, 0..=59)?);
    }
    Some(parts)
}

fn number(text: &str, range: std::ops::RangeInclusive<i8>) -> Option<i8> {
    let is_short = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let n = text.parse().ok().filter(|_| is_short)?;
    range.contains(&n).then_some(n)
}

fn year(text: &str) -> Option<i16> {
    let n: i16 = text.parse().ok()?;
    match text.len() {
        2 => Some(2000 + n),
        4 => Some(n),
        _ => None,
    }
}

/// The first candidate: what is left out is as it is now, or the first of its kind below what was given.
fn resolve(parts: &Parts, now: DateTime) -> Option<DateTime> {
    let has_date = parts.day.is_some();
    let hour = match parts.hour {
        Some(hour) => hour,
        None if has_date && parts.minute.is_none() => 0,
        None => now.hour(),
    };
    let time = jiff::civil::time(hour, parts.minute.unwrap_or(0), 0, 0);
    let mut year = parts.year.unwrap_or(now.year());
    let mut month = parts.month.unwrap_or(now.month());
    let day = parts.day.unwrap_or(now.day());
    // A day that this month does not have is one of the next month that does.
    for _ in 0..48 {
        if let Ok(date) = jiff::civil::Date::new(year, month, day) {
            return Some(date.to_datetime(time));
        }
        if parts.year.is_some() {
            return None;
        }
        if parts.month.is_some() || month == 12 {
            year += 1;
        }
        if parts.month.is_none() {
            month = month % 12 + 1;
        }
    }
    None
}

/// The next time that fits.
fn next(parts: &Parts, last: DateTime) -> Option<DateTime> {
    let step = if parts.month.is_some() {
        1.year()
    } else if parts.day.is_some() {
        1.month()
    } else if parts.hour.is_some() {
        1.day()
    } else {
        1.hour()
    };
    last.checked_add(step).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_left_out_are_the_next_that_come() {
        let now: Zoned = "2026-11-26T18:40:30[UTC]".parse().unwrap();
        for (text, at) in [
            ("23:59", "2026-11-26T23:59:00"),
            ("18:40", "2026-11-27T18:40:00"),
            (":41", "2026-11-26T18:41:00"),
            (":10", "2026-11-26T19:10:00"),
            (":5", "2026-11-26T19:05:00"),
            ("T20:00", "2026-11-26T20:00:00"),
            ("30", "2026-11-30T00:00:00"),
            ("30T", "2026-11-30T00:00:00"),
            ("1", "2026-12-01T00:00:00"),
            ("31", "2026-12-31T00:00:00"),
            ("1-2", "2027-01-02T00:00:00"),
            ("12/24t8:30", "2026-12-24T08:30:00"),
            ("27-01-01", "2027-01-01T00:00:00"),
            ("2026-11-26T19:00", "2026-11-26T19:00:00"),
        ] {
            let found = parse(text, &now).map(|found| found.datetime().to_string());
            assert_eq!(found.as_deref(), Ok(at), "{text}");
        }
        for text in [
            "foo", "32", "T", "5:", "1T5", "1T05", "T05", "", "1-1-1-1", "24:00", ":60", "-1",
        ] {
            assert_eq!(parse(text, &now), Err(WrongTime::Invalid), "{text}");
        }
        assert_eq!(parse("2020-01-01", &now), Err(WrongTime::Past));
    }
}
