//! Lines of a list-only run: `PERMS SIZE DATE TIME NAME -> TARGET`.

use std::os::unix::ffi::OsStrExt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::numbers::Human;
use crate::engine::ListEntry;
use crate::sys::{Kind, Stat, Time};
use crate::tree::{Charset, push_escaped};

/// Columns of a size; without separators three fewer.
const SIZE_WIDTH: usize = 14;

/// Columns of date and time.
const TIME_WIDTH: usize = 19;

/// Appends the line of one entry, without its end.
pub fn push(
    line: &mut Vec<u8>,
    listed: &ListEntry,
    human: Human,
    zone: &TimeZone,
    charset: Charset,
) {
    let width = match human {
        Human::Plain => SIZE_WIDTH - 3,
        _ => SIZE_WIDTH,
    };
    let columns = match &listed.stat {
        Some(stat) => format!(
            "{} {:>width$} {} ",
            permissions(stat),
            human.bytes(size(stat)),
            time(stat.mtime, zone)
        ),
        None => format!("{:<10} {:width$} {:TIME_WIDTH$} ", "*missing", "", ""),
    };
    line.extend_from_slice(columns.as_bytes());
    push_escaped(line, listed.path.as_os_str().as_bytes(), charset);
    if let Some(link) = &listed.link {
        line.extend_from_slice(b" -> ");
        push_escaped(line, link.as_os_str().as_bytes(), charset);
    }
}

/// A size as it is listed: devices, fifos and sockets have none.
fn size(stat: &Stat) -> u64 {
    match stat.kind {
        Kind::File | Kind::Dir | Kind::Symlink => stat.size,
        _ => 0,
    }
}

/// Type and permissions as ten characters.
fn permissions(stat: &Stat) -> String {
    let mut text = String::with_capacity(10);
    text.push(match stat.kind {
        Kind::File => '-',
        Kind::Dir => 'd',
        Kind::Symlink => 'l',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
        Kind::Fifo => 'p',
        Kind::Socket => 's',
    });
    // Each class with what stands in its third place where set-id or sticky is on: with x, and without.
    for (shift, special, with, without) in [
        (6, 0o4000, 's', 'S'),
        (3, 0o2000, 's', 'S'),
        (0, 0o1000, 't', 'T'),
    ] {
        let bits = stat.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (stat.mode & special != 0, bits & 1 != 0) {
            (true, true) => with,
            (true, false) => without,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

fn time(time: Time, zone: &TimeZone) -> String {
    // A time beyond the calendar stands for its nearest end.
    let instant = Timestamp::from_second(time.sec).unwrap_or(if time.sec < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    let local = instant.to_zoned(zone.clone());
    local.strftime("%Y/%m/%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn line(stat: Option<Stat>, human: Human) -> String {
        let listed = ListEntry {
            path: PathBuf::from("a\nb"),
            stat,
            link: None,
        };
        let mut line = Vec::new();
        push(&mut line, &listed, human, &TimeZone::UTC, Charset::Utf8);
        String::from_utf8(line).unwrap()
    }

    fn stat(kind: Kind, mode: u32, size: u64, sec: i64) -> Stat {
        let time = Time { sec, nsec: 0 };
        Stat {
            kind,
            mode,
            uid: 0,
            gid: 0,
            size,
            atime: time,
            mtime: time,
            ctime: time,
            btime: time,
            rdev: (0, 0),
            dev: (0, 0),
            ino: 1,
            nlink: 1,
            blocks: 0,
        }
    }

    /// `rsync -a s/` of such entries.
    #[test]
    fn lines_are_rsyncs() {
        let file = |mode, size| Some(stat(Kind::File, mode, size, 1_000_000_000));
        for (stat, human, expected) in [
            (
                file(0o644, 1500),
                Human::Separators,
                "-rw-r--r--          1,500 2001/09/09 01:46:40 a\\#012b",
            ),
            (
                file(0o6644, 1500),
                Human::Plain,
                "-rwSr-Sr--        1500 2001/09/09 01:46:40 a\\#012b",
            ),
            (
                file(0o1755, 1500),
                Human::Thousand,
                "-rwxr-xr-t          1.50K 2001/09/09 01:46:40 a\\#012b",
            ),
            (
                Some(stat(Kind::Dir, 0o7777, 60, -157_755_355)),
                Human::Separators,
                "drwsrwsrwt             60 1965/01/01 03:04:05 a\\#012b",
            ),
            (
                Some(stat(Kind::CharDevice, 0o600, 7, 0)),
                Human::Separators,
                "crw-------              0 1970/01/01 00:00:00 a\\#012b",
            ),
            (
                None,
                Human::Separators,
                "*missing                                      a\\#012b",
            ),
            (
                None,
                Human::Plain,
                "*missing                                   a\\#012b",
            ),
        ] {
            assert_eq!(line(stat, human), expected);
        }
    }
}
