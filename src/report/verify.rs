//! What a verification found, as text and as JSON.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde::Serialize;

use super::json::{Name, kind, line, severe};
use super::numbers::Human;
use super::screen::Screen;
use super::sentence::{Stream, message};
use super::style::Style;
use super::why::differing;
use crate::engine::{Action, Event, Item, Report, Severity, Wants};
use crate::stage::{Finding, Verified, Wrong};
use crate::sys::{Kind, lock, stat_path};
use crate::tree::{Charset, push_escaped};

/// Bytes that are read at a time.
const READ: usize = 256 << 10;

/// How many entries were found to be wrong, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Content differs, size and time do not.
    pub corrupt: u64,
    /// Content differs.
    pub changed: u64,
    /// Only attributes differ.
    pub attributes: u64,
    /// Not there.
    pub missing: u64,
    /// There, and should not be.
    pub extra: u64,
    /// Of another type.
    pub r#type: u64,
}

impl Counts {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.corrupt + self.changed + self.attributes + self.missing + self.extra + self.r#type
    }

    fn of(&mut self, wrong: &Wrong) -> &mut u64 {
        match wrong {
            Wrong::Corrupt { .. } => &mut self.corrupt,
            Wrong::Changed(_) => &mut self.changed,
            Wrong::Attributes(_) => &mut self.attributes,
            Wrong::Missing => &mut self.missing,
            Wrong::Extra => &mut self.extra,
            Wrong::Type(_) => &mut self.r#type,
        }
    }
}

/// What a trial run is about.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Where the entries lie.
    pub dest: PathBuf,
    /// What they are compared with, where that is here.
    pub source: Option<PathBuf>,
    /// Whether times are compared: else content that differs says nothing of how that came.
    pub times: bool,
}

/// Tells a verification; also listens to a trial run that is one, where whatever would change is a finding.
pub struct Verification {
    trial: Trial,
    told: Mutex<Voice>,
}

struct Voice {
    screen: Screen,
    json: bool,
    quiet: bool,
    human: Human,
    charset: Charset,
    started: Instant,
    counts: Counts,
    verified: Verified,
    /// Something could not be looked at.
    partial: bool,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Told<'a> {
    Finding {
        #[serde(flatten)]
        path: Name<'a>,
        r#type: &'static str,
        finding: &'static str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        differs: Vec<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        found_type: Option<&'static str>,
    },
    Message {
        severity: &'static str,
        text: &'a str,
    },
    Summary {
        exit_code: u8,
        seconds: f64,
        files: u64,
        bytes: u64,
        recorded: u64,
        differ: u64,
        findings: Counts,
    },
}

impl Verification {
    /// In this style; with what a trial run is about, if it listens to one.
    #[must_use]
    pub fn new(style: &Style, trial: Trial) -> Verification {
        Verification {
            trial,
            told: Mutex::new(Voice {
                screen: Screen::standard(style.buffering, style.target),
                json: style.json,
                quiet: style.quiet,
                human: style.human,
                charset: style.charset(),
                started: Instant::now(),
                counts: Counts::default(),
                verified: Verified::default(),
                partial: false,
            }),
        }
    }

    fn told(&self) -> MutexGuard<'_, Voice> {
        lock(&self.told)
    }

    /// Something is wrong with an entry.
    pub fn finding(&self, finding: &Finding) {
        self.told().finding(finding);
    }

    /// Something could not be looked at, as a sentence says.
    pub fn failed(&self, text: &str) {
        let mut told = self.told();
        told.partial = true;
        told.message(Severity::Error, text);
    }

    /// Whether something could not be looked at.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.told().partial
    }

    /// A sentence for a person.
    pub fn message(&self, severity: Severity, text: &str) {
        self.told().message(severity, text);
    }

    /// So much was verified.
    pub fn add(&self, more: Verified) {
        let verified = &mut self.told().verified;
        verified.files += more.files;
        verified.bytes += more.bytes;
        verified.recorded += more.recorded;
    }

    /// What was found so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.told().counts
    }

    /// The end, with the code of the process and the line that goes with it. What came to no result has no
    /// summary for people.
    pub fn close(&self, code: u8, last_line: Option<&str>, came_to_its_end: bool) {
        self.told().close(code, last_line, came_to_its_end);
    }

    fn item(&self, item: &Item) {
        let mut is_read = item.kind == Kind::File;
        let wrong = self.wrong(item, &mut is_read);
        let mut told = self.told();
        if is_read {
            told.verified.files += 1;
            told.verified.bytes += item.size;
        }
        if let Some(wrong) = wrong {
            told.finding(&Finding {
                path: item.path.clone(),
                kind: item.kind,
                wrong,
            });
        }
    }

    /// What is wrong with an entry that a run would deal with so, and whether its content was looked at.
    fn wrong(&self, item: &Item, is_read: &mut bool) -> Option<Wrong> {
        let changes = &item.changes;
        let mut differs = differing(changes);
        if changes.new {
            *is_read = false;
            return Some(match stat_path(&self.trial.dest.join(&item.path), false) {
                Ok(there) if there.kind != item.kind => Wrong::Type(there.kind),
                Ok(_) => Wrong::Changed(vec!["content"]),
                Err(_) => Wrong::Missing,
            });
        }
        if item.action == Action::Transfer {
            let looks_corrupt =
                (changes.value || changes.size) && self.trial.times && !changes.time;
            if changes.value && !changes.size && !self.could_be_read(item, looks_corrupt) {
                *is_read = false;
                differs.retain(|what| *what != "content");
                return (!differs.is_empty()).then_some(Wrong::Attributes(differs));
            }
            if looks_corrupt {
                let is_resized = changes.size;
                return Some(Wrong::Corrupt { is_resized });
            }
            if differs.first() != Some(&"content") {
                differs.insert(0, "content");
            }
            return Some(Wrong::Changed(differs));
        }
        if changes.value {
            let what = if item.kind == Kind::Symlink {
                "target"
            } else {
                "device"
            };
            differs[0] = what;
            return Some(Wrong::Changed(differs));
        }
        if differs.is_empty() && matches!(item.action, Action::HardLink { leader: Some(_) }) {
            differs.push("links");
        }
        (!differs.is_empty()).then_some(Wrong::Attributes(differs))
    }

    /// Whether content that differs does so because it is another: a run takes what it cannot read for
    /// different. Looks into all of it, or at its beginning.
    fn could_be_read(&self, item: &Item, all: bool) -> bool {
        let sum = item
            .details
            .as_ref()
            .and_then(|told| told.checksum.as_ref());
        // What a sender cannot read has no sum.
        if sum.is_some_and(|sum| sum.bytes().all(|digit| digit == b'0')) {
            let path = crate::tree::shown(&item.path);
            self.failed(&format!("the source cannot read \"{path}\""));
            return false;
        }
        let trial = &self.trial;
        for root in trial.source.iter().chain([&trial.dest]) {
            let path = root.join(&item.path);
            let read = File::open(&path).and_then(|file| match all {
                true => io::copy(
                    &mut io::BufReader::with_capacity(READ, file),
                    &mut io::sink(),
                ),
                false => Ok(0),
            });
            if let Err(e) = read
                && e.kind() != io::ErrorKind::NotFound
            {
                let (path, why) = (crate::tree::shown(&path), crate::sys::reason(&e));
                self.failed(&format!("cannot read \"{path}\": {why}"));
                return false;
            }
        }
        true
    }
}

impl Report for Verification {
    fn event(&self, event: Event) {
        match event {
            Event::Item(item) => self.item(&item),
            Event::Deleted { path, kind } => self.finding(&Finding {
                path,
                kind,
                wrong: Wrong::Extra,
            }),
            Event::Message { severity, text } if severity != Severity::Notice => {
                self.message(severity, &text);
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            items: true,
            unchanged: true,
            deletions: true,
            // Here a sum would have to be made first.
            details: self.trial.source.is_none(),
            checksum: self.trial.source.is_none(),
            ..Wants::default()
        }
    }
}

impl Voice {
    fn object(&mut self, told: Told<'_>) {
        self.screen.out(&line(told));
    }

    fn finding(&mut self, finding: &Finding) {
        *self.counts.of(&finding.wrong) += 1;
        let (word, differs, found) = match &finding.wrong {
            Wrong::Corrupt { is_resized: false } => ("corrupt", vec!["content"], None),
            Wrong::Corrupt { is_resized: true } => ("corrupt", vec!["content", "size"], None),
            Wrong::Changed(differs) => ("changed", differs.clone(), None),
            Wrong::Attributes(differs) => ("attributes", differs.clone(), None),
            Wrong::Missing => ("missing", Vec::new(), None),
            Wrong::Extra => ("extra", Vec::new(), None),
            Wrong::Type(is) => ("type", Vec::new(), Some(kind(*is))),
        };
        if self.json {
            return self.object(Told::Finding {
                path: Name::of(&finding.path),
                r#type: kind(finding.kind),
                finding: word,
                differs,
                found_type: found,
            });
        }
        if self.quiet {
            return;
        }
        let mut line = format!("{word:<12}").into_bytes();
        push_escaped(&mut line, finding.path.as_os_str().as_bytes(), self.charset);
        if finding.kind == Kind::Dir {
            line.push(b'/');
        }
        let why = match (&finding.wrong, found) {
            (Wrong::Corrupt { is_resized: false }, _) => {
                "content differs, size and time are the same".to_owned()
            }
            (Wrong::Corrupt { is_resized: true }, _) => {
                "content and size differ, the time is the same".to_owned()
            }
            (Wrong::Missing, _) => "not there".to_owned(),
            (Wrong::Extra, _) => "should not be there".to_owned(),
            (_, Some(is)) => format!("{is} in place of {}", kind(finding.kind)),
            _ => format!("other {}", differs.join(", ")),
        };
        line.extend_from_slice(format!(": {why}\n").as_bytes());
        self.screen.out(&line);
    }

    fn message(&mut self, severity: Severity, text: &str) {
        if self.json {
            let severity = severe(severity);
            return self.object(Told::Message { severity, text });
        }
        let mut line = Vec::new();
        match message(&mut line, severity, text) {
            Stream::Out if self.quiet => {}
            Stream::Out => self.screen.out(&line),
            Stream::Err => self.screen.err(&line),
        }
    }

    fn close(&mut self, code: u8, last_line: Option<&str>, came_to_its_end: bool) {
        if !self.json && !self.quiet && came_to_its_end {
            let text = self.summary();
            self.screen.out(text.as_bytes());
        }
        if let Some(line) = last_line {
            self.message(Severity::Plain, line);
        }
        if self.json {
            let Verified {
                files,
                bytes,
                recorded,
            } = self.verified;
            self.object(Told::Summary {
                exit_code: code,
                seconds: self.started.elapsed().as_secs_f64(),
                files,
                bytes,
                recorded,
                differ: self.counts.total(),
                findings: self.counts,
            });
        }
        self.screen.flush();
    }

    fn summary(&self) -> String {
        let number = |n: u64, one: &str, many: &str| {
            let word = if n == 1 { one } else { many };
            format!("{} {word}", self.human.count(n))
        };
        let Verified {
            files,
            bytes,
            recorded,
        } = self.verified;
        let mut text = format!(
            "{}, {} bytes, {}",
            number(files, "file verified", "files verified"),
            self.human.bytes(bytes),
            number(self.counts.total(), "differs", "differ"),
        );
        if recorded > 0 {
            text += &format!(", {} recorded now", self.human.count(recorded));
        }
        text + "\n"
    }
}
