//! Points in time as text, in the time zone of the process.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::sys::Time;

/// `2001/09/09 01:46:40` in `zone`.
pub fn spaced(seconds: i64, zone: TimeZone) -> String {
    in_form(seconds, zone, "%Y/%m/%d %H:%M:%S")
}

/// `2001/09/09-01:46:40`.
pub fn dashed(time: Time) -> String {
    in_form(time.sec, TimeZone::system(), "%Y/%m/%d-%H:%M:%S")
}

/// `2001/09/09 01:46:40` of this moment.
pub fn now() -> String {
    spaced(Timestamp::now().as_second(), TimeZone::system())
}

fn in_form(seconds: i64, zone: TimeZone, form: &str) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.to_zoned(zone).strftime(form).to_string(),
        Err(_) => format!("{seconds} seconds since 1970"),
    }
}
