//! `--log-file`: what is done, each line with the time and the process, whatever the terminal is told.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Instant;

use super::format::{Subject, is_significant};
use super::levels::Info;
use super::screen::Screen;
use super::sentence::Sentences;
use super::style::{Log, Style};
use super::voice::Voice;
use super::{summary, when};
use crate::engine::{Action, Event, Item, Outcome, Skip, Wants};
use crate::sys::process;
use crate::tree::Charset;

/// Bytes that are gathered before they are written.
const GATHER: usize = 32 * 1024;

/// A log file that is open.
pub struct LogFile {
    style: Style,
    log: Log,
    charset: Charset,
    sentences: Sentences,
    lines: Lines,
    line: Vec<u8>,
    started: Instant,
}

/// The lines of a log file.
struct Lines {
    file: File,
    gathered: Vec<u8>,
    pid: u32,
    /// The second that `stamp` tells.
    second: Instant,
    stamp: String,
}

impl LogFile {
    /// The log file of a style, opened for appending. Where it cannot be opened that is said, and the run
    /// goes on without it.
    pub fn of(style: &Style, screen: &mut Screen) -> Option<LogFile> {
        let charset = Charset::Bytes;
        let log = style.log.clone()?;
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o644 & !process::take_umask())
            .open(&log.path);
        let file = match opened {
            Ok(file) => file,
            Err(e) => {
                let path = crate::tree::shown(&log.path);
                let reason = crate::sys::reason(&e);
                let text = format!("resilver: failed to open log-file {path}: {reason}\n");
                screen.err(text.as_bytes());
                if !style.quiet {
                    screen.out(b"Ignoring \"log file\" setting.\n");
                }
                return None;
            }
        };
        let now = Instant::now();
        Some(LogFile {
            sentences: Sentences::new(style.clone(), charset),
            style: style.clone(),
            log,
            charset,
            lines: Lines {
                file,
                gathered: Vec::with_capacity(GATHER),
                pid: std::process::id(),
                second: now,
                stamp: when::now(),
            },
            line: Vec::new(),
            started: now,
        })
    }

    pub(super) fn boxed(self) -> Box<dyn Voice> {
        Box::new(self)
    }

    /// rsync logs what its sender is told: attributes alone only where the terminal is told what changed.
    fn tells(&self, item: &Item) -> bool {
        let run = &self.style.run;
        // Of a trial run, a server logs nothing.
        let is_idle = run.dry && (run.is_served || item.action == Action::Transfer);
        if self.log.format.is_empty() || is_idle {
            return false;
        }
        if run.is_served && item.action != Action::Transfer {
            let sees = self.style.itemizes() || self.log.format.tells_changes();
            let differs = item.changes.any() || item.action.changes();
            return sees && (differs || self.style.tells_unchanged());
        }
        let by_changes = self.style.itemizes()
            && (self.style.tells_unchanged() || item.changes.any() || item.action.changes());
        by_changes || is_significant(item)
    }

    fn item(&mut self, item: &Item) {
        if self.tells(item) {
            self.subject(Subject::Item(item));
        }
    }

    fn subject(&mut self, subject: Subject<'_>) {
        let setting = self.style.setting(self.charset);
        self.log.format.push(&mut self.line, subject, setting);
        self.lines.push(&self.line);
        self.line.clear();
    }

    fn say(&mut self, tell: impl FnOnce(&mut Sentences, &mut dyn FnMut(&[u8]))) {
        let LogFile {
            sentences, lines, ..
        } = self;
        tell(sentences, &mut |bytes| lines.push(bytes));
    }

    fn deleted(&mut self, event: &Event) {
        let Event::Deleted { path, kind } = event else {
            return;
        };
        if self.log.format.tells_deletions() {
            self.subject(Subject::Deleted(path, *kind));
        } else {
            self.line.extend_from_slice(b"deleting ");
            super::itemize::push_name(&mut self.line, path, *kind, self.charset);
            self.lines.push(&self.line);
            self.line.clear();
        }
    }
}

impl Voice for LogFile {
    fn begin(&mut self) {
        self.lines.push(match self.style.run.way.receives() {
            false => b"building file list",
            true => b"receiving file list",
        });
        self.lines.flush();
    }

    fn event(&mut self, event: &Event) {
        let waits = self.log.format.waits();
        match event {
            Event::ListBegins => self.begin(),
            Event::Item(item) => {
                self.say(|sentences, say| sentences.event(event, &mut |_, bytes| say(bytes)));
                if !(waits && item.action == Action::Transfer) {
                    self.item(item);
                }
                self.say(|sentences, say| sentences.attributes(item, &mut |_, bytes| say(bytes)));
            }
            Event::Arrived(item) if waits => self.item(item),
            Event::Deleted { .. } => {
                self.say(|sentences, say| sentences.method(&mut |_, bytes| say(bytes)));
                if !self.style.run.dry {
                    self.deleted(event);
                }
            }
            // What a client says as well, and this side for its sake.
            Event::Skipped {
                why: Skip::UpToDate,
                ..
            } if self.style.run.is_served => {}
            _ => self.say(|sentences, say| sentences.event(event, &mut |_, bytes| say(bytes))),
        }
    }

    fn finish(&mut self, outcome: &Outcome) {
        self.say(|sentences, say| sentences.method(&mut |_, bytes| say(bytes)));
        let human = self.style.human;
        let stats = &outcome.stats;
        if self.style.run.is_served {
            self.lines.push(summary::logged(stats).as_bytes());
            return self.lines.flush();
        }
        let level = self.style.info(Info::Stats);
        if let Some(text) = self.sentences.delta_totals(outcome) {
            self.lines.push(text.as_bytes());
        }
        if level > 1 {
            self.lines.push(summary::block(stats, human).as_bytes());
        }
        let text = if level > 0 {
            summary::totals(stats, human, self.started.elapsed(), self.style.run.dry)
        } else {
            summary::logged(stats)
        };
        self.lines.push(text.as_bytes());
        self.lines.flush();
    }

    fn last_word(&mut self, line: &str) {
        self.lines.push(line.as_bytes());
        self.lines.flush();
    }

    fn wants(&self) -> Wants {
        let terminal = Style {
            quiet: false,
            ..self.style.clone()
        };
        let wants = terminal.wants();
        Wants {
            items: true,
            deletions: true,
            skips: wants.skips,
            backups: wants.backups,
            source_removals: wants.source_removals,
            unchanged: wants.unchanged,
            details: self.log.format.tells_details(),
            arrivals: self.log.format.waits(),
            checksum: self.log.format.tells_checksum(),
            ..Wants::default()
        }
    }
}

impl Lines {
    /// Appends text, every line of it with its stamp.
    fn push(&mut self, text: &[u8]) {
        let now = Instant::now();
        if now.duration_since(self.second).as_millis() > 200 {
            self.second = now;
            self.stamp = when::now();
        }
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for line in text.split(|byte| *byte == b'\n') {
            let head = format!("{} [{}] ", self.stamp, self.pid);
            self.gathered.extend_from_slice(head.as_bytes());
            self.gathered.extend_from_slice(line);
            self.gathered.push(b'\n');
        }
        if self.gathered.len() >= GATHER {
            self.flush();
        }
    }

    /// A log that cannot be written is no reason to break off a mirror.
    fn flush(&mut self) {
        let _ = self.file.write_all(&self.gathered);
        self.gathered.clear();
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.flush();
    }
}
