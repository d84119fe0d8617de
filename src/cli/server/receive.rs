//! The far end of a push: files come in, and the switch is made before the client is told that all went well.

use std::sync::Arc;

use super::Session;
use super::voice::Voice;
use crate::cli::commands::code_of;
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::Duty;
use crate::engine::{self, Event, Report, Severity};
use crate::report;
use crate::stage::{CommitChoice, Method};
use crate::wire;

/// Receives what a client sends.
pub(super) fn receive(session: Session) -> Result<u8, Refusal> {
    let duty = match session.order.clone().receive(session.protocol) {
        Ok(duty) => duty,
        Err(refusal) => return session.refuse(wire::Way::Receives, refusal),
    };
    let secluded = session.order.is_secluded();
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
        rules,
        cvs,
        timeout,
        charset,
        ..
    } = duty;
    let post = Arc::new(engine::Post::of_texts_in(charset));
    let voice = Voice::new(
        style,
        report::Way::Receives,
        errors_in_band,
        protocol,
        &post,
    );
    let ended_early = standard.clone();
    let hang_up = Arc::new(move || ended_early.hang_up());
    let ended = engine::pull(
        &options,
        &voice.report,
        engine::Sender {
            from: Box::new(from),
            to: Box::new(to),
            offer,
            fields,
            timeout,
            code_of: voice.code_of(),
            hang_up,
            opening: engine::Opening::Server(engine::Server {
                protocol,
                capabilities,
                incremental,
                seed: seed.unwrap_or_else(super::chance),
                is_atomic: options.stage.commit != CommitChoice::Only(Method::Direct),
                filters,
                rules,
                cvs,
                post: Arc::clone(&post),
                secluded,
            }),
            names,
            charset,
            // Who pushes decides what.
            asked: engine::AskedNames::any(),
        },
    );
    let code = match ended {
        Ok(outcome) => {
            if outcome.deletions_skipped > 0 {
                let skipped = outcome.deletions_skipped;
                let text =
                    format!("Deletions stopped due to --max-delete limit ({skipped} skipped)");
                let severity = Severity::Plain;
                voice.report.event(Event::Message { severity, text });
            }
            let code = Code::of(&outcome);
            if let Some(record) = voice.record.as_ref().filter(|_| code == Code::Success) {
                record.finish(&outcome);
            }
            code
        }
        Err(e) => {
            voice.tell(&e);
            standard.drain();
            code_of(&e)
        }
    };
    voice.report.close(code.number());
    Ok(code.number())
}
