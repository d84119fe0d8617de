//! Everybody who tells a run, fed from one stream of events.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use super::bar::Bar;
use super::json::Json;
use super::log::LogFile;
use super::screen::{Buffering, Screen};
use super::style::Style;
use super::summary_file::SummaryFile;
use super::text::Text;
use crate::engine::{Event, Outcome, Report, Wants};
use crate::sys::lock;
use crate::tree::Charset;

/// One way of telling a run.
pub(super) trait Voice: Send {
    /// Before the engine runs.
    fn begin(&mut self) {}
    /// One event, in rsync's order.
    fn event(&mut self, event: &Event);
    /// The engine came to its end.
    fn finish(&mut self, outcome: &Outcome);
    /// The last line of a run that failed.
    fn last_word(&mut self, line: &str);
    /// The process is about to exit with this code; nothing follows.
    fn close(&mut self, _code: u8) {}
    /// The events it makes use of.
    fn wants(&self) -> Wants;
}

/// The report of a run: all its voices.
pub struct Telling {
    voices: Mutex<Vec<Box<dyn Voice>>>,
    wants: Wants,
    /// The log file of a server, which has more than its voices tell.
    record: Option<Record>,
}

/// The log file of a server; what it tells in its ways goes into one.
#[derive(Clone)]
pub struct Record(Arc<Mutex<LogFile>>);

impl Record {
    /// Opens the one that a style asks for. Where that cannot be done, standard error is told.
    #[must_use]
    pub fn open(style: &Style) -> Option<Record> {
        let (out, err) = (Box::new(io::stderr()), Box::new(io::stderr()));
        let mut screen = Screen::new(out, err, Buffering::Line);
        let file = LogFile::of(style, &mut screen)?;
        Some(Record(Arc::new(Mutex::new(file))))
    }

    fn file(&self) -> MutexGuard<'_, LogFile> {
        lock(&self.0)
    }

    /// Writes the totals of a run that came to its end.
    pub fn finish(&self, outcome: &Outcome) {
        self.file().finish(outcome);
    }
}

impl Telling {
    /// A report on standard output and standard error, into a log file where one is wanted, with a live
    /// bar where that helps: on a terminal on which nothing else is printed.
    #[must_use]
    pub fn new(style: Style) -> Telling {
        let mut screen = Screen::standard(style.buffering, style.target);
        let mut voices: Vec<Box<dyn Voice>> = Vec::new();
        if let Some(bar) = Bar::for_style(&style) {
            screen.share_with(bar.handle());
            voices.push(Box::new(bar));
        }
        voices.extend(LogFile::of(&style, &mut screen).map(LogFile::boxed));
        voices.extend(SummaryFile::of(&style).map(SummaryFile::boxed));
        voices.push(match style.json {
            true => Box::new(Json::new(&style, screen)),
            false => Box::new(Text::new(style.clone(), style.charset(), screen)),
        });
        Telling::of(voices)
    }

    /// A report into two streams, without a bar.
    #[must_use]
    pub fn into_streams(
        style: Style,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        buffering: Buffering,
    ) -> Telling {
        let screen = Screen::new(out, err, buffering);
        let charset = style.charset();
        Telling::of(vec![Box::new(Text::new(style, charset, screen))])
    }

    /// A report into the given writers, in UTF-8 and without a bar.
    #[must_use]
    pub fn into_writers(
        style: Style,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Telling {
        let screen = Screen::new(out, err, Buffering::Block);
        Telling::of(vec![match style.json {
            true => Box::new(Json::new(&style, screen)),
            false => Box::new(Text::new(style, Charset::Utf8, screen)),
        }])
    }

    /// The same, with a record beside it.
    #[must_use]
    pub fn recorded(self, record: Option<Record>) -> Telling {
        Telling { record, ..self }
    }

    fn of(voices: Vec<Box<dyn Voice>>) -> Telling {
        let wants = voices
            .iter()
            .fold(Wants::default(), |wants, voice| wants.or(voice.wants()));
        Telling {
            voices: Mutex::new(voices),
            wants,
            record: None,
        }
    }

    fn voices(&self) -> MutexGuard<'_, Vec<Box<dyn Voice>>> {
        lock(&self.voices)
    }

    /// Says that the list is on its way; to be called once, before the engine runs.
    pub fn begin(&self) {
        self.voices().iter_mut().for_each(|voice| voice.begin());
    }

    /// Tells totals and statistics; to be called once, after the engine ran.
    pub fn finish(&self, outcome: &Outcome) {
        let mut voices = self.voices();
        voices.iter_mut().for_each(|voice| voice.finish(outcome));
    }

    /// Tells a line as it stands: the last word of a failed run.
    pub fn last_word(&self, line: &str) {
        let mut voices = self.voices();
        voices.iter_mut().for_each(|voice| voice.last_word(line));
        if let Some(record) = &self.record {
            record.file().last_word(line);
        }
    }

    /// Says that the process is about to exit with this code; to be called last.
    pub fn close(&self, code: u8) {
        let mut voices = self.voices();
        voices.iter_mut().for_each(|voice| voice.close(code));
    }
}

impl Report for Telling {
    fn event(&self, event: Event) {
        let mut voices = self.voices();
        voices.iter_mut().for_each(|voice| voice.event(&event));
        drop(voices);
        self.record(event);
    }

    fn wants(&self) -> Wants {
        self.wants
    }

    fn record(&self, event: Event) {
        if let Some(record) = &self.record {
            record.file().event(&event);
        }
    }

    fn record_wants(&self) -> Wants {
        let record = self.record.as_ref();
        record.map_or_else(Wants::default, |record| record.file().wants())
    }
}
