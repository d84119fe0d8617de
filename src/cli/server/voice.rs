//! How a server tells people: through the client, who has the terminal, or on standard error, which is theirs.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::commands::{code_of, tell_error};
use crate::cli::exit::Code;
use crate::engine;
use crate::report::{Buffering, Record, Run, Style, Target, Telling, Way};
use crate::sys::signal;
use crate::wire::{self, Protocol};

/// What is told of a session.
pub(super) struct Voice {
    pub report: Telling,
    /// `--log-file`.
    pub record: Option<Record>,
    /// A client that is told the code leaves at once, and hears no more of standard error.
    last_words: Option<Arc<Telling>>,
    /// Why the session ends was said.
    is_told: Arc<AtomicBool>,
}

impl Voice {
    pub(super) fn new(
        style: Style,
        way: Way,
        errors_in_band: bool,
        protocol: Protocol,
        post: &Arc<engine::Post>,
    ) -> Voice {
        let record = Record::open(&Style {
            run: Run { way, ..style.run },
            ..style.clone()
        });
        let in_band = |severity| -> Box<dyn Write + Send> {
            let post = Arc::clone(post);
            Box::new(Letter { post, severity })
        };
        let out = match style.target {
            Target::All => Box::new(io::stderr()),
            Target::Errors => in_band(wire::Severity::Info),
        };
        // Older clients know no errors that leave the exit code alone.
        let err = match errors_in_band && protocol >= Protocol::V30 {
            true => in_band(wire::Severity::Error),
            false => Box::new(io::stderr()),
        };
        let last_words = (protocol >= Protocol::V31).then(|| {
            let (out, err) = (Box::new(io::sink()), in_band(wire::Severity::Error));
            let telling = Telling::into_streams(style.clone(), out, err, Buffering::Line);
            Arc::new(telling.recorded(record.clone()))
        });
        Voice {
            report: Telling::into_streams(style, out, err, Buffering::Line)
                .recorded(record.clone()),
            record,
            last_words,
            is_told: Arc::default(),
        }
    }

    /// Tells the code of a session that an error ends, having said why where the client is there to hear it.
    pub(super) fn code_of(&self) -> Arc<engine::CodeOf> {
        let (last_words, is_told) = (self.last_words.clone(), Arc::clone(&self.is_told));
        Arc::new(move |e| {
            let is_of_session = matches!(
                e,
                engine::Error::Wire(_) | engine::Error::Interrupted | engine::Error::Worker
            );
            if let Some(report) = last_words.as_ref().filter(|_| !is_of_session)
                && !is_told.swap(true, Ordering::Relaxed)
            {
                say_why(e, report);
            }
            match e {
                // The stream broke because this end was told to stop.
                engine::Error::Wire(_) if signal::stop_requested() => Code::Signal.number(),
                e => code_of(e).number(),
            }
        })
    }

    /// Tells why a session ends, if that was not said.
    pub(super) fn tell(&self, error: &engine::Error) {
        let knows = matches!(error, engine::Error::Left { .. });
        if !knows && !self.is_told.load(Ordering::Relaxed) {
            say_why(error, &self.report);
        }
    }
}

fn say_why(error: &engine::Error, report: &Telling) {
    tell_error(error, report);
    if let Some(line) = code_of(error).last_line() {
        report.last_word(&line);
    }
}

/// Lines for people at the client's end.
struct Letter {
    post: Arc<engine::Post>,
    severity: wire::Severity,
}

impl Write for Letter {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.post.send(self.severity, text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
