//! Time points as text and as JSON.

use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::json::{Name, kind};
use super::numbers::Human;
use super::when;
use crate::stage::points::{Changed, Difference, Found, Sized, Stamp};
use crate::sys::{Kind, Stat};
use crate::tree::{Charset, push_escaped};

/// The points of a directory, one a line.
#[must_use]
pub fn list(points: &[Sized]) -> String {
    let mut text = format!(
        "{:<22}{:>10}{:>11}{:>11}\n",
        "time point", "entries", "size", "its own"
    );
    let size = |bytes| Human::Thousand.bytes(bytes);
    for point in points {
        let entries = Human::Separators.count(point.entries);
        let _ = write!(
            text,
            "{:<22}{entries:>10}{:>11}{:>11}",
            point.name.to_string(),
            size(point.bytes),
            size(point.own_bytes)
        );
        for (is, word) in [
            (point.latest, "latest"),
            (point.complete == Some(false), "not complete"),
        ] {
            if is {
                let _ = write!(text, "  {word}");
            }
        }
        text.push('\n');
    }
    text
}

#[derive(Serialize)]
struct Listed<'a> {
    version: u32,
    #[serde(flatten)]
    directory: Name<'a>,
    time_points: &'a [Sized],
}

/// The same as one object.
#[must_use]
pub fn list_as_json(directory: &Path, points: &[Sized]) -> String {
    as_json(&Listed {
        version: 1,
        directory: Name::of(directory),
        time_points: points,
    })
}

/// Points that were deleted or, in a dry run, would be, one a line.
#[must_use]
pub fn deleted(stamps: &[Stamp], dry_run: bool) -> String {
    let verb = if dry_run { "would delete" } else { "deleted" };
    stamps
        .iter()
        .map(|stamp| format!("{verb} time point {stamp}\n"))
        .collect()
}

/// What differs between two points, collected.
#[derive(Debug)]
pub struct Differences {
    json: bool,
    text: Vec<u8>,
    charset: Charset,
}

#[derive(Serialize)]
struct Side {
    size: u64,
    mtime: String,
    mode: u32,
    uid: u32,
    gid: u32,
}

#[derive(Serialize)]
struct Different<'a> {
    #[serde(flatten)]
    path: Name<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    change: Changed,
    before: Option<Side>,
    after: Option<Side>,
}

impl Side {
    fn of(stat: &Stat) -> Side {
        Side {
            size: stat.size,
            mtime: instant(stat),
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
        }
    }
}

impl Differences {
    /// None yet; as JSON, one object a line, or as text.
    #[must_use]
    pub fn new(json: bool) -> Differences {
        Differences {
            json,
            text: Vec::new(),
            charset: Charset::from_env(),
        }
    }

    /// One more.
    pub fn add(&mut self, difference: &Difference) {
        let newest = difference.after.or(difference.before);
        let of = newest.map_or(Kind::File, |stat| stat.kind);
        if self.json {
            let told = Different {
                path: Name::of(&difference.path),
                kind: kind(of),
                change: difference.changed,
                before: difference.before.as_ref().map(Side::of),
                after: difference.after.as_ref().map(Side::of),
            };
            let line = serde_json::to_string(&told).unwrap_or_default();
            self.text.extend_from_slice(line.as_bytes());
            self.text.push(b'\n');
            return;
        }
        let word: &[u8] = match difference.changed {
            Changed::Created => b"created     ",
            Changed::Deleted => b"deleted     ",
            Changed::Content => b"changed     ",
            Changed::Attributes => b"attributes  ",
        };
        self.text.extend_from_slice(word);
        push_escaped(
            &mut self.text,
            difference.path.as_os_str().as_bytes(),
            self.charset,
        );
        if of == Kind::Dir {
            self.text.push(b'/');
        }
        self.text.push(b'\n');
    }

    /// All that was collected.
    #[must_use]
    pub fn end(self) -> Vec<u8> {
        self.text
    }
}

/// Versions of paths, one a line, times in `zone`.
#[must_use]
pub fn found(found: &[Found], zone: &TimeZone) -> String {
    let mut text = String::new();
    for version in found {
        let span = match version.points {
            1 => version.first.to_string(),
            many => format!("{} .. {} ({many} points)", version.first, version.last),
        };
        let size = match version.stat.kind {
            Kind::File => Human::Separators.count(version.stat.size),
            other => kind(other).to_owned(),
        };
        let _ = writeln!(
            text,
            "{}  {size}  {}  {span}",
            crate::tree::shown(&version.path),
            when::spaced(version.stat.mtime.sec, zone.clone())
        );
    }
    text
}

#[derive(Serialize)]
struct Version<'a> {
    #[serde(flatten)]
    path: Name<'a>,
    #[serde(rename = "type")]
    kind: &'static str,
    size: u64,
    mtime: String,
    first: Stamp,
    last: Stamp,
    points: u64,
}

/// The same as JSON, one object a line.
#[must_use]
pub fn found_as_json(found: &[Found]) -> String {
    let told = |version: &Found| {
        let told = Version {
            path: Name::of(&version.path),
            kind: kind(version.stat.kind),
            size: version.stat.size,
            mtime: instant(&version.stat),
            first: version.first,
            last: version.last,
            points: version.points,
        };
        serde_json::to_string(&told).unwrap_or_default() + "\n"
    };
    found.iter().map(told).collect()
}

/// A time of modification as in RFC 3339, in UTC.
fn instant(stat: &Stat) -> String {
    let time = jiff::Timestamp::new(stat.mtime.sec, stat.mtime.nsec.cast_signed());
    time.map_or_else(|_| stat.mtime.sec.to_string(), |time| time.to_string())
}

fn as_json(told: &impl Serialize) -> String {
    serde_json::to_string_pretty(told).unwrap_or_default() + "\n"
}
