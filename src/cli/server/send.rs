//! The far end of a pull: lists and files go out.

use std::sync::Arc;

use super::voice::Voice;
use super::{Session, globs};
use crate::cli::commands::code_of;
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::Duty;
use crate::engine;
use crate::report;
use crate::wire::Way;

/// Sends what a client asks for.
pub(super) fn send(session: Session) -> Result<u8, Refusal> {
    let duty = match session.order.clone().send(session.protocol) {
        Ok(duty) => duty,
        Err(refusal) => return session.refuse(Way::Sends, refusal),
    };
    let Session {
        order,
        protocol,
        standard,
        from,
        to,
    } = session;
    let Duty {
        mut options,
        style,
        errors_in_band,
        offer,
        fields,
        capabilities,
        incremental,
        seed,
        filters,
        hears_names,
        rules,
        cvs,
        timeout,
        charset,
        ..
    } = duty;
    if order.is_secluded() {
        // No shell has seen them.
        options.sources = options
            .sources
            .iter()
            .flat_map(|path| globs::expand(path))
            .collect();
    }
    let post = Arc::new(engine::Post::of_texts_in(charset));
    let voice = Voice::new(style, report::Way::Sends, errors_in_band, protocol, &post);
    let ended_early = standard.clone();
    let receiver = engine::Receiver {
        from: Box::new(from),
        to: Box::new(to),
        offer,
        fields,
        timeout,
        tells_manner: false,
        wants_point: false,
        hears_names,
        charset,
        code_of: voice.code_of(),
        hang_up: Arc::new(move || ended_early.hang_up()),
        opening: engine::Opening::Server(engine::Server {
            protocol,
            capabilities,
            incremental,
            seed: seed.unwrap_or_else(super::chance),
            is_atomic: false,
            filters,
            rules,
            cvs,
            post,
            secluded: order.is_secluded(),
        }),
    };
    let code = match engine::push(&options, &voice.report, receiver) {
        Ok(outcome) => {
            if let Some(record) = &voice.record {
                record.finish(&outcome);
            }
            Code::of(&outcome)
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
