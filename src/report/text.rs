//! The report that people read on the terminal: entries in their form, sentences, progress, totals.

use std::time::Instant;

use super::format::{Format, Subject, is_significant};
use super::levels::Info;
use super::progress::{Progress, Whole};
use super::screen::Screen;
use super::sentence::{Sentences, Stream};
use super::style::{List, Style};
use super::summary;
use super::voice::Voice;
use crate::engine::{Action, Event, Item, Outcome, Wants};
use crate::tree::Charset;

/// Prints what rsync would.
pub struct Text {
    style: Style,
    charset: Charset,
    screen: Screen,
    sentences: Sentences,
    progress: Progress,
    whole: Whole,
    line: Vec<u8>,
    started: Instant,
}

impl Text {
    pub fn new(style: Style, charset: Charset, screen: Screen) -> Text {
        Text {
            sentences: Sentences::new(style.clone(), charset),
            progress: Progress::new(style.human),
            whole: Whole::new(style.human),
            style,
            charset,
            screen,
            line: Vec::new(),
            started: Instant::now(),
        }
    }

    /// One line for an entry, in the form that was asked for.
    fn item(&mut self, item: &Item) {
        let Some(format) = &self.style.format else {
            return;
        };
        let told = if format.tells_changes() {
            self.style.tells_unchanged() || item.changes.any() || item.action.changes()
        } else {
            is_significant(item)
        };
        if told {
            let setting = self.style.setting(self.charset);
            format.push(&mut self.line, Subject::Item(item), setting);
            self.end_line();
        }
    }

    /// An entry before its content, if any, is transferred.
    fn begun(&mut self, item: &Item) {
        let waits = item.action == Action::Transfer
            && self.style.format.as_ref().is_some_and(Format::waits);
        if waits {
            let names = self.style.info(Info::Name) > 0 && self.style.info(Info::Progress) > 0;
            if names {
                let Text {
                    sentences,
                    screen,
                    whole,
                    ..
                } = self;
                sentences.name(item, &mut |_, bytes| {
                    screen.out(whole.end_line());
                    screen.out(bytes);
                });
            }
            return;
        }
        self.item(item);
        self.say(|sentences, say| sentences.attributes(item, say));
    }

    /// The list is complete.
    fn listed(&mut self, entries: u64) {
        let level = self.style.info(Info::Flist);
        if level == 0 || self.style.quiet || self.style.run.list != List::Whole {
            return;
        }
        let text = match (level, entries) {
            (1, _) => "done\n".into(),
            (_, 1) if self.style.run.way.receives() => "1 file to consider\n".into(),
            _ if self.style.run.way.receives() => format!("{entries} files to consider\n"),
            (_, 1) => "\n 0 files...\r1 file to consider\n".into(),
            _ => format!("\n 0 files...\r{entries} files to consider\n"),
        };
        self.screen.out(text.as_bytes());
    }

    fn deleted(&mut self, event: &Event) {
        match (&self.style.format, event) {
            (Some(format), Event::Deleted { path, kind }) if format.tells_deletions() => {
                let setting = self.style.setting(self.charset);
                format.push(&mut self.line, Subject::Deleted(path, *kind), setting);
                self.end_line();
            }
            _ => self.say(|sentences, say| sentences.event(event, say)),
        }
    }

    /// Prints what sentences there are.
    fn say(&mut self, tell: impl FnOnce(&mut Sentences, &mut dyn FnMut(Stream, &[u8]))) {
        let Text {
            style,
            sentences,
            screen,
            whole,
            ..
        } = self;
        tell(sentences, &mut |stream, bytes| match stream {
            Stream::Err => {
                screen.out(whole.end_line());
                screen.err(bytes);
            }
            Stream::Out if style.quiet => {}
            Stream::Out => {
                screen.out(whole.end_line());
                screen.out(bytes);
            }
        });
    }

    /// Prints the line that was built and empties it.
    fn end_line(&mut self) {
        self.screen.out(self.whole.end_line());
        self.line.push(b'\n');
        self.screen.out(&self.line);
        self.line.clear();
    }

    fn progress(&mut self, event: &Event) {
        let now = Instant::now();
        let whole = self.style.info(Info::Progress) > 1;
        let text = match event {
            _ if self.style.quiet || self.style.info(Info::Progress) == 0 => None,
            Event::FileProgress {
                path,
                done,
                position,
                ..
            } if whole => self.whole.moved(now, path, *done, *position),
            Event::FileFinished {
                path,
                size,
                position,
            } if whole => Some(self.whole.finished(now, path, *size, *position)),
            Event::FileStarted { .. } if !whole => {
                self.progress.start(now);
                None
            }
            Event::FileProgress { done, size, .. } => self.progress.update(now, *done, *size),
            Event::FileFinished { size, position, .. } => {
                Some(self.progress.finish(now, *size, *position))
            }
            _ => None,
        };
        if let Some(text) = text {
            self.screen.out(text.as_bytes());
            // A file that is done ends its line; other lines wait for a person to see them move.
            if !text.ends_with('\n') {
                self.screen.flush();
            }
        }
    }

    /// The end of standard output: work of the delta method, statistics, totals.
    fn closing(&self, outcome: &Outcome) -> String {
        let human = self.style.human;
        let stats = &outcome.stats;
        let level = self.style.info(Info::Stats);
        let mut text = self.sentences.delta_totals(outcome).unwrap_or_default();
        if level > 1 {
            text += "\n";
            text += &summary::block(stats, human);
        }
        if level > 0 {
            let elapsed = self.started.elapsed();
            text += "\n";
            text += &summary::totals(stats, human, elapsed, self.style.run.dry);
        }
        text
    }
}

impl Voice for Text {
    fn begin(&mut self) {
        if self.style.info(Info::Flist) == 0 || self.style.quiet {
            return;
        }
        self.screen
            .out(match (self.style.run.list, self.style.run.way.receives()) {
                (List::Untold, _) => b"",
                (List::Incremental, false) => b"sending incremental file list\n",
                (List::Incremental, true) => b"receiving incremental file list\n",
                (List::Whole, false) => b"building file list ... ",
                (List::Whole, true) => b"receiving file list ... ",
            });
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::FileStarted { .. } | Event::FileProgress { .. } | Event::FileFinished { .. } => {
                self.progress(event)
            }
            Event::ListBegins => self.begin(),
            Event::Listed(entries) => self.listed(*entries),
            Event::Item(_) | Event::Arrived(_) if self.style.quiet => {}
            Event::Item(item) => {
                self.say(|sentences, say| sentences.event(event, say));
                self.begun(item);
            }
            Event::Arrived(item) => {
                if self.style.format.as_ref().is_some_and(Format::waits) {
                    self.item(item);
                }
            }
            Event::Deleted { .. } if self.style.quiet => {}
            Event::Deleted { .. } => {
                self.say(|sentences, say| sentences.method(say));
                self.deleted(event);
            }
            _ => self.say(|sentences, say| sentences.event(event, say)),
        }
    }

    fn finish(&mut self, outcome: &Outcome) {
        self.screen.clear_bar();
        if self.style.info(Info::Progress) > 1 && !self.style.quiet {
            let text = self.whole.end(outcome);
            self.screen.out(text.as_bytes());
        }
        if let Some(text) = self.sentences.deletions_skipped(outcome) {
            self.screen.err(text.as_bytes());
        }
        if !self.style.quiet {
            self.say(|sentences, say| sentences.method(say));
            let text = self.closing(outcome);
            self.screen.out(text.as_bytes());
        }
        self.screen.flush();
    }

    fn last_word(&mut self, line: &str) {
        self.screen.clear_bar();
        self.screen.out(self.whole.end_line());
        self.screen.err(format!("{line}\n").as_bytes());
    }

    fn wants(&self) -> Wants {
        self.style.wants()
    }
}
