//! What is told of a run besides its entries, in rsync's words: one line an event, said by whoever writes
//! text.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use jiff::tz::TimeZone;

use super::levels::{Debug, Info};
use super::style::{Style, Way};
use super::{itemize, list, summary};
use crate::engine::{Action, Event, Item, Outcome, Severity, Skip, Verdict};
use crate::sys::Kind;
use crate::tree::{Charset, push_escaped, push_sentence};

/// The program's name in front of errors and warnings.
const PROGRAM: &str = "resilver";

/// Where a sentence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// To standard output; `-q` silences it.
    Out,
    /// To standard error.
    Err,
}

/// Says what the levels of a style ask for.
pub struct Sentences {
    style: Style,
    charset: Charset,
    zone: TimeZone,
    method_told: bool,
    line: Vec<u8>,
}

impl Sentences {
    pub fn new(style: Style, charset: Charset) -> Sentences {
        Sentences {
            style,
            charset,
            zone: TimeZone::system(),
            method_told: false,
            line: Vec::new(),
        }
    }

    /// What is said of an event that is no entry's; handed to `say` with its line end.
    pub fn event(&mut self, event: &Event, say: &mut dyn FnMut(Stream, &[u8])) {
        let mut line = std::mem::take(&mut self.line);
        if by_generator(event) {
            self.method(say);
        }
        let stream = self.push(&mut line, event);
        if let Some(stream) = stream
            && !line.is_empty()
        {
            say(stream, &line);
        }
        line.clear();
        self.line = line;
    }

    /// With `-vv`, one line on how content travels, before the first entry is dealt with.
    pub fn method(&mut self, say: &mut dyn FnMut(Stream, &[u8])) {
        // Of a receiver at the other end it is that one's to tell.
        let is_mine = self.style.run.way != Way::Sends;
        if self.method_told || !is_mine || self.style.levels.debug(Debug::Flist) == 0 {
            return;
        }
        self.method_told = true;
        let text: &[u8] = if self.style.run.whole_file {
            b"delta-transmission disabled for local transfer or --whole-file\n"
        } else {
            b"delta-transmission enabled\n"
        };
        say(Stream::Out, text);
    }

    /// The plain name of an entry of which only attributes changed, where the line of entries would not
    /// tell that.
    pub fn attributes(&mut self, item: &Item, say: &mut dyn FnMut(Stream, &[u8])) {
        // A receiver at the other end tells these itself.
        let is_mine = self.style.run.way != Way::Sends;
        let told = is_mine && self.style.info(Info::Name) > 1 && !self.style.itemizes();
        let alone = item.action == Action::Attributes && item.kind != Kind::Dir;
        if told && alone && item.changes.any() {
            self.name(item, say);
        }
    }

    /// The plain name of an entry.
    pub fn name(&mut self, item: &Item, say: &mut dyn FnMut(Stream, &[u8])) {
        let mut line = std::mem::take(&mut self.line);
        itemize::push_name(&mut line, &item.path, item.kind, self.charset);
        line.push(b'\n');
        say(Stream::Out, &line);
        line.clear();
        self.line = line;
    }

    /// What deletions were left undone.
    pub fn deletions_skipped(&self, outcome: &Outcome) -> Option<String> {
        let skipped = outcome.deletions_skipped;
        (skipped > 0)
            .then(|| format!("Deletions stopped due to --max-delete limit ({skipped} skipped)\n"))
    }

    /// The work of the delta method over all files.
    pub fn delta_totals(&self, outcome: &Outcome) -> Option<String> {
        let told = self.style.levels.debug(Debug::Deltasum) > 0;
        let is_mine = self.style.run.whole_file || self.style.run.way == Way::Sends;
        (told && is_mine)
            .then(|| summary::delta_totals(outcome.stats.search, outcome.stats.literal))
    }

    fn push(&self, line: &mut Vec<u8>, event: &Event) -> Option<Stream> {
        match event {
            Event::Message { severity, text } => return Some(message(line, *severity, text)),
            Event::Searched { search, literal } => {
                line.extend_from_slice(summary::delta_totals(*search, *literal).as_bytes());
                return Some(Stream::Out);
            }
            Event::Committed(committed) => {
                for path in &committed.kept {
                    line.extend_from_slice(b"kept what others changed meanwhile: ");
                    self.push_path(line, path);
                    line.push(b'\n');
                }
                return Some(Stream::Out);
            }
            Event::CreatedDestination(dir) => {
                if self.style.info(Info::Name) == 0 && !self.style.itemizes() {
                    return None;
                }
                line.extend_from_slice(b"created directory ");
                self.push_path(line, dir);
            }
            Event::CreatedPath { count, path } => {
                if self.style.info(Info::Name) == 0 && !self.style.itemizes() {
                    return None;
                }
                let many = if *count == 1 { "y" } else { "ies" };
                line.extend_from_slice(format!("created {count} director{many} for ").as_bytes());
                self.push_path(line, path);
            }
            Event::ListEntry(entry) => {
                list::push(line, entry, self.style.human, &self.zone, self.charset);
            }
            Event::UnsafeLink {
                path,
                target,
                copied,
            } => {
                if self.style.info(Info::Symsafe) == 0 {
                    return None;
                }
                let start: &[u8] = if *copied { b"copying" } else { b"ignoring" };
                line.extend_from_slice(start);
                line.extend_from_slice(b" unsafe symlink \"");
                self.push_path(line, path);
                line.extend_from_slice(b"\" -> \"");
                self.push_path(line, target);
                line.push(b'"');
            }
            Event::Skipped { path, kind, why } => self.push_skip(line, path, *kind, *why)?,
            Event::Filtered {
                path,
                kind,
                verdict,
                rule,
            } => self.push_verdict(line, path, *kind, *verdict, &rule.reason())?,
            Event::Deleted { path, kind } => {
                if !self.style.tells_deletions() {
                    return None;
                }
                line.extend_from_slice(b"deleting ");
                itemize::push_name(line, path, *kind, self.charset);
            }
            Event::BackupDir { dir, is_new } => {
                if self.style.info(Info::Backup) == 0 {
                    return None;
                }
                let new: &[u8] = if *is_new { b"(new) " } else { b"" };
                line.extend_from_slice(new);
                line.extend_from_slice(b"backup_dir is ");
                self.push_path(line, dir);
            }
            Event::BackedUp { path, to } => {
                if self.style.info(Info::Backup) == 0 {
                    return None;
                }
                line.extend_from_slice(b"backed up ");
                self.push_path(line, path);
                line.extend_from_slice(b" to ");
                self.push_path(line, to);
            }
            Event::SourceRemoved(path) => {
                if self.style.info(Info::Remove) == 0 {
                    return None;
                }
                line.extend_from_slice(b"sender removed ");
                self.push_path(line, path);
            }
            Event::Due(_)
            | Event::ListBegins
            | Event::Listed(_)
            | Event::Item(_)
            | Event::Arrived(_)
            | Event::FileStarted { .. }
            | Event::FileProgress { .. }
            | Event::FileFinished { .. } => return None,
        }
        line.push(b'\n');
        Some(Stream::Out)
    }

    fn push_path(&self, line: &mut Vec<u8>, path: &Path) {
        push_escaped(line, path.as_os_str().as_bytes(), self.charset);
    }

    fn push_skip(&self, line: &mut Vec<u8>, path: &Path, kind: Kind, why: Skip) -> Option<()> {
        let told = match why {
            Skip::Directory => true,
            Skip::NonRegular => self.style.info(Info::Nonreg) > 0,
            Skip::UpToDate => self.style.info(Info::Name) > 1 && !self.style.itemizes(),
            Skip::MountPoint => self.style.info(Info::Mount) > 0,
            Skip::Newer | Skip::Exists | Skip::NotCreating | Skip::TooLarge | Skip::TooSmall => {
                self.style.info(Info::Skip) > 0
            }
        };
        let (before, after) = match why {
            Skip::Directory => ("skipping directory ".into(), ""),
            Skip::NonRegular => ("skipping non-regular file \"".into(), "\""),
            Skip::Newer => (String::new(), " is newer"),
            Skip::Exists => (String::new(), " exists"),
            Skip::NotCreating => (format!("not creating new {} \"", noun(kind)), "\""),
            Skip::UpToDate => (String::new(), " is uptodate"),
            Skip::TooLarge => (String::new(), " is over max-size"),
            Skip::TooSmall => (String::new(), " is under min-size"),
            Skip::MountPoint => ("[sender] skipping mount-point dir ".into(), ""),
        };
        line.extend_from_slice(before.as_bytes());
        let kind = match why {
            Skip::UpToDate => kind,
            // Without the slash of a directory.
            _ => Kind::File,
        };
        itemize::push_name(line, path, kind, self.charset);
        line.extend_from_slice(after.as_bytes());
        told.then_some(())
    }

    fn push_verdict(
        &self,
        line: &mut Vec<u8>,
        path: &Path,
        kind: Kind,
        verdict: Verdict,
        rule: &[u8],
    ) -> Option<()> {
        if self.style.levels.debug(Debug::Filter) == 0 {
            return None;
        }
        let (side, verb) = match verdict {
            Verdict::Hide => ("sender", "hiding"),
            Verdict::Show => ("sender", "showing"),
            Verdict::Protect => ("generator", "protecting"),
            Verdict::Risk => ("generator", "risking"),
        };
        let start = format!("[{side}] {verb} {} ", noun(kind));
        line.extend_from_slice(start.as_bytes());
        self.push_path(line, path);
        line.extend_from_slice(b" because of pattern ");
        push_escaped(line, rule, self.charset);
        Some(())
    }
}

/// Whether rsync's generator says it, which first tells how content travels.
fn by_generator(event: &Event) -> bool {
    match event {
        Event::Skipped { why, .. } => *why != Skip::MountPoint,
        Event::Deleted { .. }
        | Event::BackedUp { .. }
        | Event::Due(_)
        | Event::Item(_)
        | Event::ListEntry(_) => true,
        Event::UnsafeLink { copied, .. } => !copied,
        Event::Filtered { verdict, .. } => matches!(verdict, Verdict::Protect | Verdict::Risk),
        _ => false,
    }
}

/// Appends a sentence for a person; gives where it goes.
pub fn message(line: &mut Vec<u8>, severity: Severity, text: &str) -> Stream {
    let names_itself = text.starts_with(PROGRAM);
    if matches!(severity, Severity::Error | Severity::Warning) && !names_itself {
        line.extend_from_slice(PROGRAM.as_bytes());
        line.extend_from_slice(b": ");
    }
    push_sentence(line, text);
    line.push(b'\n');
    match severity {
        Severity::Notice => Stream::Out,
        Severity::Error | Severity::Warning | Severity::Plain => Stream::Err,
    }
}

/// What rsync calls an entry in a sentence.
fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Dir => "directory",
        _ => "file",
    }
}
