//! The far end of a pull.

use super::Session;
use crate::cli::exit::Refusal;
use crate::wire::Way;

/// Sends what a client asks for.
pub(super) fn send(session: Session) -> Result<u8, Refusal> {
    let duty = match session.order.clone().send(session.protocol) {
        Ok(duty) => duty,
        Err(refusal) => return session.refuse(Way::Sends, refusal),
    };
    let what = match &duty.paths[..] {
        [] => ".".into(),
        [first, ..] => first.to_string_lossy(),
    };
    let text = format!("on remote machine: --sender: not supported yet: {what}");
    session.refuse(Way::Sends, Refusal::usage(text))
}
