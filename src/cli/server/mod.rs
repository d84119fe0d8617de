//! This program as a server: what a client starts on the machine that it is told (`--server`). Standard input and
//! output are the session; people are told by the client, and on standard error, which is theirs.

mod argv;
mod globs;
mod receive;
mod send;
mod voice;

use std::ffi::OsString;
use std::io::{self, BufReader, Write};
use std::time::SystemTime;

use super::exit::Refusal;
use super::options::Order;
use crate::transport::Standard;
use crate::wire::{self, Compat, Message, Mux, Protocol, Severity, Way, handshake};
use argv::Task;
pub use argv::is_server as is_wanted;

/// What a server is to do, ahead of the handshake.
struct Session {
    order: Order,
    protocol: Protocol,
    standard: Standard,
    from: BufReader<crate::transport::Input>,
    to: crate::transport::Output,
}

/// Serves a client; `words` are those behind the program's name. Gives the exit code.
pub fn serve(words: &[OsString]) -> u8 {
    match begin(words) {
        Ok(code) => code,
        Err(refusal) => {
            let _ = write!(io::stderr(), "{refusal}");
            refusal.code().number()
        }
    }
}

fn begin(words: &[OsString]) -> Result<u8, Refusal> {
    let (standard, from, mut to) = Standard::open();
    let mut from = BufReader::new(from);
    let Task { sends, order } = argv::read(words, &mut from)?;
    let base = order.base();
    if !base.as_os_str().is_empty() {
        std::env::set_current_dir(base).map_err(|e| {
            let (base, why) = (crate::tree::shown(base), crate::sys::reason(&e));
            let text = format!("change_dir \"{base}\" failed: {why}");
            Refusal::failed(text, super::exit::Code::FileSelect)
        })?;
    }
    let protocol = handshake::exchange_versions(order.version(), &mut from, &mut to);
    let protocol = protocol.map_err(refused)?;
    let session = Session {
        order,
        protocol,
        standard,
        from,
        to,
    };
    match sends {
        true => send::send(session),
        false => receive::receive(session),
    }
}

impl Session {
    /// Ends a session that was hardly begun, so that the client ends with the code of what was refused and says why; where
    /// it cannot be told, the refusal comes back.
    fn refuse(mut self, way: Way, refusal: Refusal) -> Result<u8, Refusal> {
        let (offer, capabilities) = self.order.offer(way);
        let compat = Compat::answer(self.protocol, capabilities, false);
        let (from, to) = (&mut self.from, &mut self.to);
        let agreed = handshake::server(self.protocol, &offer, compat, 1, from, to);
        let Ok(dialect) = agreed else {
            return Err(refusal);
        };
        let mut to = Mux::new(&mut self.to);
        let is_told = to.begin_session(dialect.writes_frames).is_ok();
        if is_told && self.protocol >= Protocol::V31 {
            // A client shows a line end within a message as an escape.
            for line in refusal.to_string().split_inclusive('\n') {
                let _ = to.message(&Message::Text(Severity::Error, line.into()));
            }
            let code = refusal.code().number().into();
            let _ = to.message(&Message::ErrorExit(Some(code)));
            let _ = to.flush();
            self.standard.drain();
            return Ok(refusal.code().number());
        }
        Err(refusal)
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

fn refused(error: wire::Error) -> Refusal {
    let error = crate::engine::Error::Wire(error);
    Refusal::failed(&error, super::commands::code_of(&error))
}
