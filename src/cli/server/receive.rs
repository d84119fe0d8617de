//! The far end of a push: files come in, and the switch is made before the client is told that all went well.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use super::Session;
use crate::cli::commands::{code_of, tell_error};
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::Duty;
use crate::engine::{self, Event, Report, Severity};
use crate::report::{Buffering, Target, Telling};
use crate::wire::{self, Protocol};

/// Receives what a client sends.
pub(super) fn receive(session: Session) -> Result<u8, Refusal> {
    let duty = match session.order.clone().receive(session.protocol) {
        Ok(duty) => duty,
        Err(refusal) => return session.refuse(wire::Way::Receives, refusal),
    };
    let Session {
        protocol,
        standard,
        from,
        to,
        ..
    } = session;
    let Duty {
        options,
        style,
        errors_in_band,
        offer,
        fields,
        capabilities,
        incremental,
        seed,
        filters,
        names,
        timeout,
        ..
    } = duty;
    let post: Arc<engine::Post> = Arc::default();
    let in_band = |severity| -> Box<dyn Write + Send> {
        let post = Arc::clone(&post);
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
    let report = Telling::into_streams(style.clone(), out, err, Buffering::Line);
    // A client that is told the code leaves at once, and hears no more of standard error.
    let last_words = (protocol >= Protocol::V31).then(|| {
        let (out, err) = (io::sink(), in_band(wire::Severity::Error));
        Telling::into_streams(style, Box::new(out), err, Buffering::Line)
    });
    let are_told: Arc<AtomicBool> = Arc::default();
    let told = Arc::clone(&are_told);
    let code_of_run = move |e: &engine::Error| {
        let is_of_session = matches!(
            e,
            engine::Error::Wire(_) | engine::Error::Interrupted | engine::Error::Worker
        );
        if let Some(report) = last_words.as_ref().filter(|_| !is_of_session)
            && !told.swap(true, Ordering::Relaxed)
        {
            say_why(e, report);
        }
        code_of(e).number()
    };
    let ended_early = standard.clone();
    let hang_up = Arc::new(move || ended_early.hang_up());
    let ended = engine::pull(
        &options,
        &report,
        engine::Sender {
            from: Box::new(from),
            to: Box::new(to),
            offer,
            fields,
            timeout,
            code_of: Arc::new(code_of_run),
            hang_up,
            opening: engine::Opening::Server(engine::Server {
                protocol,
                capabilities,
                incremental,
                seed: seed.unwrap_or_else(chance),
                filters,
                names,
                post: Arc::clone(&post),
            }),
        },
    );
    let code = match ended {
        Ok(outcome) => {
            if outcome.deletions_skipped > 0 {
                let skipped = outcome.deletions_skipped;
                let text =
                    format!("Deletions stopped due to --max-delete limit ({skipped} skipped)");
                let severity = Severity::Plain;
                report.event(Event::Message { severity, text });
            }
            Code::of(&outcome)
        }
        Err(e) => {
            if !are_told.load(Ordering::Relaxed) {
                say_why(&e, &report);
            }
            standard.drain();
            code_of(&e)
        }
    };
    report.close(code.number());
    Ok(code.number())
}

fn say_why(error: &engine::Error, report: &Telling) {
    tell_error(error, report);
    if let Some(line) = code_of(error).last_line() {
        report.last_word(&line);
    }
}

/// A seed that nobody can foresee before the session.
fn chance() -> i32 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let [a, b, c, d, ..] = (now.as_secs() ^ u64::from(std::process::id()) << 6).to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
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
