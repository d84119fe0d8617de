//! `--json`: one object a line, for programs. What stands in it is written down in the manual page under
//! *JSON*; a field may be added under the same version, nothing else changes without a new one.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::levels::Info;
use super::screen::Screen;
use super::style::Style;
use super::voice::Voice;
use crate::engine::{Action, Changes, Counts, Event, Item, Outcome, Severity, Skip, Stats, Wants};
use crate::sys::Kind;

/// Version of the form of the lines.
const VERSION: u8 = 1;

/// Tells everything as objects on standard output, messages and errors too.
pub struct Json {
    screen: Screen,
    started: Instant,
    wants: Wants,
    dry_run: bool,
    outcome: Option<Outcome>,
}

/// The summary of a run as a line.
pub(super) fn summary_line(code: u8, started: Instant, dry: bool, of: Option<Outcome>) -> Vec<u8> {
    line(Told::Summary(Box::new(Summary {
        exit_code: code,
        seconds: started.elapsed().as_secs_f64(),
        dry_run: dry,
        totals: of.map(Totals::from),
    })))
}

/// An object as a line, with the version that all of them have.
pub(super) fn line(told: impl Serialize) -> Vec<u8> {
    let line = Line {
        version: VERSION,
        told,
    };
    // Nothing in it can fail to become text.
    let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

#[derive(Serialize)]
struct Line<T> {
    version: u8,
    #[serde(flatten)]
    told: T,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told<'a> {
    Start {
        dry_run: bool,
    },
    CreatedDestination {
        #[serde(flatten)]
        path: Name<'a>,
    },
    CreatedPath {
        #[serde(flatten)]
        path: Name<'a>,
        directories: usize,
    },
    ListEntry {
        #[serde(flatten)]
        path: Name<'a>,
        r#type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        mtime: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<Name<'a>>,
    },
    UnsafeLink {
        #[serde(flatten)]
        path: Name<'a>,
        target: Name<'a>,
        copied: bool,
    },
    Item {
        #[serde(flatten)]
        path: Name<'a>,
        r#type: &'static str,
        action: &'static str,
        new: bool,
        changes: Vec<&'static str>,
        size: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<Name<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        leader: Option<Name<'a>>,
    },
    Deleted {
        #[serde(flatten)]
        path: Name<'a>,
        r#type: &'static str,
    },
    BackedUp {
        #[serde(flatten)]
        path: Name<'a>,
        to: std::borrow::Cow<'a, str>,
    },
    SourceRemoved {
        #[serde(flatten)]
        path: Name<'a>,
    },
    Skipped {
        #[serde(flatten)]
        path: Name<'a>,
        r#type: &'static str,
        reason: &'static str,
    },
    Message {
        severity: &'static str,
        text: &'a str,
    },
    Progress {
        #[serde(flatten)]
        path: Name<'a>,
        done: u64,
        size: u64,
        transferred: u64,
        to_check: u64,
        known: u64,
        growing: bool,
    },
    Committed {
        method: &'static str,
        kept: Vec<Name<'a>>,
    },
    Summary(Box<Summary>),
}

/// A path as text; where it is none, its bytes too.
#[derive(Serialize)]
pub(super) struct Name<'a> {
    path: std::borrow::Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
}

impl<'a> Name<'a> {
    /// Of a path.
    pub(super) fn of(path: &'a Path) -> Name<'a> {
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect();
        Name {
            path: path.to_string_lossy(),
            path_hex: path
                .to_str()
                .is_none()
                .then(|| hex(path.as_os_str().as_bytes())),
        }
    }
}

#[derive(Serialize)]
struct Summary {
    exit_code: u8,
    seconds: f64,
    dry_run: bool,
    /// Missing where the run ended before its end.
    #[serde(flatten)]
    totals: Option<Totals>,
}

#[derive(Serialize)]
struct Totals {
    listed: Kinds,
    /// Missing where a receiver at the other end does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Kinds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Kinds>,
    deletions_skipped: u64,
    transferred_files: u64,
    total_size: u64,
    transferred_size: u64,
    literal: u64,
    matched: u64,
    list_seconds: f64,
    list_bytes: u64,
    /// Over the wire, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_sent: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_received: Option<u64>,
    partial: bool,
    vanished: bool,
}

#[derive(Serialize)]
struct Kinds {
    files: u64,
    directories: u64,
    links: u64,
    devices: u64,
    specials: u64,
}

impl From<Counts> for Kinds {
    fn from(counts: Counts) -> Kinds {
        Kinds {
            files: counts.files,
            directories: counts.dirs,
            links: counts.links,
            devices: counts.devices,
            specials: counts.specials,
        }
    }
}

impl From<Outcome> for Totals {
    fn from(outcome: Outcome) -> Totals {
        let Stats {
            listed,
            created,
            deleted,
            transferred,
            total_size,
            transferred_size,
            literal,
            matched,
            list_nanos,
            list_bytes,
            search: _,
            wire,
        } = outcome.stats;
        Totals {
            listed: listed.into(),
            created: created.map(Kinds::from),
            deleted: deleted.map(Kinds::from),
            deletions_skipped: outcome.deletions_skipped,
            transferred_files: transferred,
            total_size,
            transferred_size,
            literal,
            matched,
            list_seconds: list_nanos as f64 / 1e9,
            list_bytes,
            bytes_sent: wire.map(|wire| wire.sent),
            bytes_received: wire.map(|wire| wire.received),
            partial: outcome.partial,
            vanished: outcome.vanished,
        }
    }
}

impl Json {
    /// Objects on this screen.
    pub fn new(style: &Style, screen: Screen) -> Json {
        let progress = style.info(Info::Progress) > 0 && !style.run.dry;
        let wants = Wants {
            items: true,
            unchanged: style.unchanged || style.info(Info::Name) > 1,
            deletions: true,
            skips: style.info(Info::Skip) > 0,
            backups: true,
            source_removals: true,
            progress,
            sizes: progress,
            ..Wants::default()
        };
        Json {
            screen,
            started: Instant::now(),
            wants,
            dry_run: style.run.dry,
            outcome: None,
        }
    }

    fn tell(&mut self, told: Told<'_>) {
        self.object(told);
    }

    /// An object of somebody else's.
    pub(super) fn object(&mut self, told: impl Serialize) {
        self.screen.out(&line(told));
    }

    /// The last object.
    pub(super) fn end_with(&mut self, told: impl Serialize) {
        self.object(told);
        self.screen.flush();
    }

    fn item(&mut self, item: &Item) {
        let leader = match &item.action {
            Action::HardLink { leader } => leader.as_deref(),
            _ => None,
        };
        self.tell(Told::Item {
            path: Name::of(&item.path),
            r#type: kind(item.kind),
            action: action(&item.action),
            new: item.changes.new,
            changes: changes(&item.changes),
            size: item.size,
            target: item.link.as_deref().map(Name::of),
            leader: leader.map(Name::of),
        });
    }
}

impl Voice for Json {
    fn begin(&mut self) {
        self.tell(Told::Start {
            dry_run: self.dry_run,
        });
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::CreatedDestination(path) => self.tell(Told::CreatedDestination {
                path: Name::of(path),
            }),
            Event::CreatedPath { count, path } => self.tell(Told::CreatedPath {
                path: Name::of(path),
                directories: *count,
            }),
            Event::ListEntry(entry) => self.tell(Told::ListEntry {
                path: Name::of(&entry.path),
                r#type: entry.stat.map_or("missing", |stat| kind(stat.kind)),
                mode: entry.stat.map(|stat| stat.mode),
                size: entry.stat.map(|stat| stat.size),
                mtime: entry.stat.map(|stat| stat.mtime.sec),
                target: entry.link.as_deref().map(Name::of),
            }),
            Event::UnsafeLink {
                path,
                target,
                copied,
            } => self.tell(Told::UnsafeLink {
                path: Name::of(path),
                target: Name::of(target),
                copied: *copied,
            }),
            Event::Item(item) => self.item(item),
            Event::Deleted { path, kind: of } => self.tell(Told::Deleted {
                path: Name::of(path),
                r#type: kind(*of),
            }),
            Event::BackedUp { path, to } => self.tell(Told::BackedUp {
                path: Name::of(path),
                to: to.to_string_lossy(),
            }),
            Event::SourceRemoved(path) => self.tell(Told::SourceRemoved {
                path: Name::of(path),
            }),
            Event::Skipped {
                path,
                kind: of,
                why,
            } => self.tell(Told::Skipped {
                path: Name::of(path),
                r#type: kind(*of),
                reason: reason(*why),
            }),
            Event::Message { severity, text } => self.tell(Told::Message {
                severity: severe(*severity),
                text,
            }),
            Event::FileProgress {
                path,
                done,
                size,
                position,
            } => self.tell(Told::Progress {
                path: Name::of(path),
                done: *done,
                size: *size,
                transferred: position.number,
                to_check: position.to_check,
                known: position.known,
                growing: position.growing,
            }),
            Event::FileFinished {
                path,
                size,
                position,
            } => self.tell(Told::Progress {
                path: Name::of(path),
                done: *size,
                size: *size,
                transferred: position.number,
                to_check: position.to_check,
                known: position.known,
                growing: position.growing,
            }),
            Event::Committed(committed) => self.tell(Told::Committed {
                method: committed.method.name(),
                kept: committed.kept.iter().map(|path| Name::of(path)).collect(),
            }),
            Event::BackupDir { .. }
            | Event::Due(_)
            | Event::Searched { .. }
            | Event::ListBegins
            | Event::Listed(_)
            | Event::Arrived(_)
            | Event::Filtered { .. }
            | Event::FileStarted { .. } => {}
        }
    }

    fn finish(&mut self, outcome: &Outcome) {
        self.outcome = Some(*outcome);
    }

    fn last_word(&mut self, line: &str) {
        self.tell(Told::Message {
            severity: severe(Severity::Plain),
            text: line,
        });
    }

    fn close(&mut self, code: u8) {
        let outcome = self.outcome.take();
        let line = summary_line(code, self.started, self.dry_run, outcome);
        self.screen.out(&line);
        self.screen.flush();
    }

    fn wants(&self) -> Wants {
        self.wants
    }
}

/// The word for a kind of entry.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Dir => "directory",
        Kind::Symlink => "symlink",
        Kind::CharDevice => "character device",
        Kind::BlockDevice => "block device",
        Kind::Fifo => "fifo",
        Kind::Socket => "socket",
    }
}

fn action(action: &Action) -> &'static str {
    match action {
        Action::Transfer => "transfer",
        Action::Create => "create",
        Action::HardLink { .. } => "link",
        Action::Adopt => "adopt",
        Action::Attributes => "attributes",
    }
}

fn reason(why: Skip) -> &'static str {
    match why {
        Skip::Directory => "directory",
        Skip::NonRegular => "non-regular",
        Skip::Newer => "newer",
        Skip::Exists => "exists",
        Skip::NotCreating => "not creating",
        Skip::UpToDate => "up to date",
        Skip::TooLarge => "too large",
        Skip::TooSmall => "too small",
        Skip::MountPoint => "mount point",
    }
}

/// The word for how serious a message is.
pub(super) fn severe(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Warning => "warning",
        Severity::Error | Severity::Plain => "error",
    }
}

fn changes(changes: &Changes) -> Vec<&'static str> {
    [
        (changes.value, "value"),
        (changes.size, "size"),
        (changes.time || changes.time_now, "time"),
        (changes.perms, "permissions"),
        (changes.owner, "owner"),
        (changes.group, "group"),
        (changes.atime, "access time"),
        (changes.acl, "acl"),
        (changes.xattrs, "xattrs"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn a_name_that_is_no_text_has_its_bytes_beside_it() {
        let text = |name: &Name| serde_json::to_string(name).expect("JSON");
        let plain = Name::of(Path::new("dir/é\n"));
        assert_eq!(text(&plain), "{\"path\":\"dir/é\\n\"}");
        let odd = Name::of(Path::new(OsStr::from_bytes(b"a\xff")));
        assert_eq!(text(&odd), "{\"path\":\"a\u{fffd}\",\"path_hex\":\"61ff\"}");
    }
}
