//! The report that people read: one line an event, in rsync's words.

use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::bar::Bar;
use super::itemize;
use super::numbers::Human;
use super::progress::{Position, Progress};
use super::streams::Streams;
use super::summary;
use crate::engine::{Action, Event, Item, Outcome, Report, Severity, Skip, Verdict, Wants};
use crate::sys::Kind;
use crate::tree::{Charset, push_escaped, push_sentence};

/// The program's name in front of errors and warnings.
const PROGRAM: &str = "resilver";

/// What a person asked to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Number of `-v`.
    pub verbose: u8,
    /// Number of `-i`.
    pub itemize: u8,
    /// `-q`: nothing on standard output.
    pub quiet: bool,
    /// `-h`.
    pub human: Human,
    /// `--progress`.
    pub progress: bool,
    /// `--stats`.
    pub stats: bool,
    /// `-n`: the last line says so.
    pub dry_run: bool,
    /// `-r`: only then is the list announced.
    pub recursive: bool,
    /// The list is known whole before the first transfer.
    pub whole_list: bool,
    /// `-W`, for what `-vv` tells of the method.
    pub whole_file: bool,
}

impl Style {
    /// Whether names are printed, with or without their changes.
    fn names(&self) -> bool {
        !self.quiet && (self.verbose > 0 || self.itemize > 0 || self.progress)
    }

    /// The events that lead to text, and those that a live bar needs.
    fn wants(&self, bar: bool) -> Wants {
        let told = !self.quiet;
        Wants {
            items: self.names(),
            unchanged: told && self.unchanged(),
            deletions: self.names(),
            skips: told && self.verbose > 1,
            progress: told && (bar || (self.progress && !self.dry_run)),
            in_step: told && self.progress,
        }
    }

    /// Whether unchanged entries are itemized.
    fn unchanged(&self) -> bool {
        self.itemize > 1 || (self.itemize > 0 && self.verbose > 1)
    }
}

/// Prints events as rsync would.
pub struct Text {
    style: Style,
    charset: Charset,
    wants: Wants,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    streams: Streams,
    bar: Option<Bar>,
    progress: Progress,
    method_told: bool,
    line: Vec<u8>,
}

impl Text {
    /// A report on standard output and standard error, with a live bar where that helps: on a
    /// terminal on which no names are printed.
    #[must_use]
    pub fn new(style: Style) -> Text {
        let names_here = style.names() && io::stdout().is_terminal();
        let alive = !style.quiet && !style.progress && !names_here && io::stderr().is_terminal();
        let bar = alive.then(Bar::new);
        Text::with(style, Charset::from_env(), Streams::standard(), bar)
    }

    /// A report into the given writers, in UTF-8 and without a bar.
    #[must_use]
    pub fn into_writers(
        style: Style,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Text {
        Text::with(style, Charset::Utf8, Streams::new(out, err, false), None)
    }

    fn with(style: Style, charset: Charset, streams: Streams, bar: Option<Bar>) -> Text {
        let wants = style.wants(bar.is_some());
        let state = State {
            streams,
            bar,
            progress: Progress::new(style.human),
            method_told: false,
            line: Vec::new(),
        };
        Text {
            style,
            charset,
            wants,
            started: Instant::now(),
            state: Mutex::new(state),
        }
    }

    /// Says that the list is on its way; to be called once, before the engine runs.
    pub fn begin(&self) {
        let asked = self.style.verbose > 0 || self.style.progress;
        if asked && self.style.recursive && !self.style.quiet {
            self.state().say(match self.style.whole_list {
                true => b"building file list ... done\n",
                false => b"sending incremental file list\n",
            });
        }
    }

    /// Tells totals and statistics; to be called once, after the engine ran.
    pub fn finish(&self, outcome: &Outcome) {
        let mut state = self.state();
        state.drop_bar();
        let skipped = outcome.deletions_skipped;
        if skipped > 0 {
            let text = format!("Deletions stopped due to --max-delete limit ({skipped} skipped)\n");
            state.complain(text.as_bytes());
        }
        if !self.style.quiet {
            let text = self.closing(outcome);
            self.tell_method(&mut state);
            state.say(text.as_bytes());
        }
        state.streams.flush();
    }

    /// The end of standard output: work of the delta method, statistics, totals.
    fn closing(&self, outcome: &Outcome) -> String {
        let Style { human, .. } = self.style;
        let stats = &outcome.stats;
        let mut text = String::new();
        if self.style.verbose > 1 && self.style.whole_file {
            text += &format!(
                "total: matches=0  hash_hits=0  false_alarms=0 data={}\n",
                stats.literal
            );
        }
        if self.style.stats {
            text += &summary::block(stats, human);
        }
        if self.style.verbose > 0 || self.style.stats {
            let elapsed = self.started.elapsed();
            text += &summary::totals(stats, human, elapsed, self.style.dry_run);
        }
        text
    }

    /// Prints a line on standard error as it stands: the last word of a failed run.
    pub fn last_word(&self, line: &str) {
        let mut state = self.state();
        state.drop_bar();
        state.complain(format!("{line}\n").as_bytes());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// With `-vv`, one line on how content travels, before the first entry is dealt with.
    fn tell_method(&self, state: &mut State) {
        if state.method_told || self.style.quiet || self.style.verbose < 2 {
            return;
        }
        state.method_told = true;
        state.say(if self.style.whole_file {
            b"delta-transmission disabled for local transfer or --whole-file\n"
        } else {
            b"delta-transmission enabled\n"
        });
    }

    fn item(&self, state: &mut State, item: &Item) {
        let changed = item.changes.any() || item.action.changes();
        if self.style.itemize > 0 {
            if changed || self.style.unchanged() {
                state.line.extend_from_slice(&itemize::columns(item));
                state.line.push(b' ');
                itemize::push_name(&mut state.line, &item.path, item.kind, self.charset);
                itemize::push_tail(&mut state.line, item, self.charset);
                state.end_line();
            }
            return;
        }
        let attributes = item.action == Action::Attributes;
        let only_with_vv = attributes && item.kind != Kind::Dir;
        if changed && (!only_with_vv || self.style.verbose > 1) {
            itemize::push_name(&mut state.line, &item.path, item.kind, self.charset);
            if !attributes {
                itemize::push_tail(&mut state.line, item, self.charset);
            }
            state.end_line();
        }
    }

    fn deleted(&self, state: &mut State, path: &Path, kind: Kind) {
        let word: &[u8] = match self.style {
            Style { itemize: 1.., .. } => b"*deleting   ",
            _ if self.style.names() => b"deleting ",
            _ => return,
        };
        state.line.extend_from_slice(word);
        itemize::push_name(&mut state.line, path, kind, self.charset);
        state.end_line();
    }

    fn skipped(&self, state: &mut State, path: &Path, kind: Kind, why: Skip) {
        let always = matches!(why, Skip::Directory | Skip::NonRegular);
        let itemized = why == Skip::UpToDate && self.style.itemize > 0;
        if !always && (self.style.verbose < 2 || itemized) {
            return;
        }
        let (before, after) = match why {
            Skip::Directory => ("skipping directory ".into(), ""),
            Skip::NonRegular => ("skipping non-regular file \"".into(), "\""),
            Skip::Newer => (String::new(), " is newer"),
            Skip::Exists => (String::new(), " exists"),
            Skip::NotCreating => (format!("not creating new {} \"", noun(kind)), "\""),
            Skip::UpToDate => (String::new(), " is uptodate"),
        };
        state.line.extend_from_slice(before.as_bytes());
        let kind = if why == Skip::UpToDate {
            kind
        } else {
            Kind::File
        };
        itemize::push_name(&mut state.line, path, kind, self.charset);
        state.line.extend_from_slice(after.as_bytes());
        state.end_line();
    }

    fn filtered(&self, state: &mut State, path: &Path, kind: Kind, verdict: Verdict, rule: &[u8]) {
        if self.style.verbose < 2 {
            return;
        }
        let (side, verb) = match verdict {
            Verdict::Hide => ("sender", "hiding"),
            Verdict::Show => ("sender", "showing"),
            Verdict::Protect => ("generator", "protecting"),
            Verdict::Risk => ("generator", "risking"),
        };
        let start = format!("[{side}] {verb} {} ", noun(kind));
        state.line.extend_from_slice(start.as_bytes());
        push_escaped(&mut state.line, path.as_os_str().as_bytes(), self.charset);
        state.line.extend_from_slice(b" because of pattern ");
        push_escaped(&mut state.line, rule, self.charset);
        state.end_line();
    }

    /// Names what other programs wrote meanwhile and what was therefore not removed.
    fn kept(&self, state: &mut State, paths: &[PathBuf]) {
        for path in paths {
            state
                .line
                .extend_from_slice(b"kept what others changed meanwhile: ");
            push_escaped(&mut state.line, path.as_os_str().as_bytes(), self.charset);
            state.end_line();
        }
    }

    fn message(&self, state: &mut State, severity: Severity, text: &str) {
        let named = text.starts_with(PROGRAM);
        let mut bytes = Vec::with_capacity(text.len() + PROGRAM.len() + 3);
        if matches!(severity, Severity::Error | Severity::Warning) && !named {
            bytes.extend_from_slice(PROGRAM.as_bytes());
            bytes.extend_from_slice(b": ");
        }
        push_sentence(&mut bytes, text);
        bytes.push(b'\n');
        match severity {
            Severity::Notice if self.style.quiet => {}
            Severity::Notice => state.say(&bytes),
            Severity::Error | Severity::Warning | Severity::Plain => state.complain(&bytes),
        }
    }

    fn moving(&self, state: &mut State, done: u64, size: u64) {
        if self.style.progress {
            if let Some(text) = state.progress.update(Instant::now(), done, size) {
                state.say(text.as_bytes());
                state.streams.flush();
            }
        } else if let Some(bar) = &mut state.bar {
            bar.moved(done);
        }
    }

    fn moved(&self, state: &mut State, size: u64, position: Position) {
        if self.style.progress {
            let text = state.progress.finish(Instant::now(), size, position);
            state.say(text.as_bytes());
        } else if let Some(bar) = &mut state.bar {
            bar.finished(size, position);
        }
    }
}

/// What rsync calls an entry in a sentence.
fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Dir => "directory",
        _ => "file",
    }
}

impl Report for Text {
    fn event(&self, event: Event) {
        let mut state = self.state();
        let state = &mut *state;
        match event {
            Event::Message { severity, text } => self.message(state, severity, &text),
            Event::FileProgress { done, size, .. } => self.moving(state, done, size),
            Event::FileStarted { .. } => state.progress.start(Instant::now()),
            Event::FileFinished {
                size,
                number,
                to_check,
                known,
                growing,
                ..
            } => {
                let position = Position {
                    number,
                    to_check,
                    known,
                    growing,
                };
                self.moved(state, size, position);
            }
            _ if self.style.quiet => {}
            Event::Committed(committed) => self.kept(state, &committed.kept),
            Event::CreatedDestination(dir) => {
                if self.style.names() {
                    state.line.extend_from_slice(b"created directory ");
                    push_escaped(&mut state.line, dir.as_os_str().as_bytes(), self.charset);
                    state.end_line();
                }
            }
            Event::Skipped { path, kind, why } => {
                self.tell_method(state);
                self.skipped(state, &path, kind, why);
            }
            Event::Item(item) => {
                self.tell_method(state);
                if self.style.names() {
                    self.item(state, &item);
                }
            }
            Event::Filtered {
                path,
                kind,
                verdict,
                rule,
            } => {
                if matches!(verdict, Verdict::Protect | Verdict::Risk) {
                    self.tell_method(state);
                }
                self.filtered(state, &path, kind, verdict, &rule.reason());
            }
            Event::Deleted { path, kind } => {
                self.tell_method(state);
                self.deleted(state, &path, kind);
            }
        }
    }

    fn wants(&self) -> Wants {
        self.wants
    }
}

impl State {
    /// Prints the line that was built and empties it.
    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.push(b'\n');
        self.say(&line);
        line.clear();
        self.line = line;
    }

    fn say(&mut self, bytes: &[u8]) {
        let streams = &mut self.streams;
        match &self.bar {
            Some(bar) if streams.is_eager() => bar.aside(|| streams.out(bytes)),
            _ => streams.out(bytes),
        }
    }

    fn complain(&mut self, bytes: &[u8]) {
        let streams = &mut self.streams;
        match &self.bar {
            Some(bar) => bar.aside(|| streams.err(bytes)),
            None => streams.err(bytes),
        }
    }

    fn drop_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.clear();
        }
    }
}
