//! The built-in SSH client, for machines without an `ssh` program: host, port, user and keys from
//! `~/.ssh/config`, host keys checked strictly, one session and one command.
//!
//! The system's `ssh` stays the default: it knows certificates, jump hosts, proxies and `Match`, which this
//! one refuses by name, and it is quicker.
//!
//! ```text
//! [Target::find] ──▶ connect ──▶ known_hosts ──▶ log in ──▶ command ──▶ pump ──▶ [super::Peer]
//! ```

mod known;
mod login;
mod pump;
mod target;

use std::ffi::OsString;
use std::io::Write;
use std::net::TcpStream;

use ssh2::Session;

pub use target::Target;

use super::ask::Ask;
use super::connect::{ConnectError, Route};
use super::peer::{Heard, Peer, Writer};
use super::shell::Program;

/// Bytes that the far end may send before it waits for us: what keeps a long line with much delay busy.
const WINDOW: u32 = 8 << 20;
/// Largest packet, as OpenSSH has it.
const PACKET: u32 = 32 << 10;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SshError {
    /// The configuration asks for what this client cannot do.
    #[error("{host}: {what} is not supported by the built-in ssh client; use the system's ssh")]
    Unsupported {
        /// The host as typed.
        host: String,
        /// The setting, or the kind of line.
        what: String,
    },
    /// A file of the configuration cannot be read.
    #[error("{file}: {reason}")]
    Config {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// Nobody answers.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The host's key is not the known one: perhaps somebody stands in between.
    #[error(
        "the host key of {host} has changed ({fingerprint}); if that is right, remove the old one: \
         ssh-keygen -R '{host}'"
    )]
    HostChanged {
        /// The host as the file of known hosts has it.
        host: String,
        /// Of the key that came.
        fingerprint: String,
    },
    /// Nobody vouches for the host's key.
    #[error(
        "the host key of {host} is not known ({fingerprint}); connect once with ssh, or add it to {file}"
    )]
    HostUnknown {
        /// The host as the file of known hosts has it.
        host: String,
        /// Of the key that came.
        fingerprint: String,
        /// Where it would stand.
        file: String,
    },
    /// No way to log in succeeded.
    #[error("{user}@{host}: permission denied (tried: {tried})")]
    Denied {
        /// The user.
        user: String,
        /// The host.
        host: String,
        /// The ways that were tried.
        tried: String,
    },
    /// The protocol failed.
    #[error("ssh to {host}: {source}")]
    Session {
        /// The host.
        host: String,
        /// The library's reason.
        source: ssh2::Error,
    },
    /// A word of the command that is not UTF-8, which the library cannot send.
    #[error(
        "the built-in ssh client cannot send {0:?}, which is not UTF-8; --secluded-args hands names on past it"
    )]
    Command(OsString),
    /// The system refused what the client needs.
    #[error("built-in ssh client: {}", crate::sys::reason(.0))]
    Io(#[from] std::io::Error),
}

/// A command as one line for the far shell.
///
/// # Errors
/// A word of it is not UTF-8.
pub fn line(program: &Program) -> Result<String, SshError> {
    let text = |word: &OsString| word.clone().into_string().map_err(SshError::Command);
    let words = std::iter::once(&program.path).chain(&program.args);
    let words: Vec<String> = words.map(text).collect::<Result<_, _>>()?;
    Ok(words.join(" "))
}

/// Runs `command`, one line for the far shell, on `target`; what it says on standard error goes to `errors`.
///
/// # Errors
/// See [`SshError`].
pub fn run(
    target: &Target,
    route: &Route,
    command: &str,
    ask: &mut dyn Ask,
    errors: Box<dyn Write + Send>,
) -> Result<(Peer, Heard, Writer), SshError> {
    let stream = route.connect(&target.host, target.port, &mut |_| {})?;
    let fail = |source| SshError::Session {
        host: target.host.clone(),
        source,
    };
    let mut session = Session::new().map_err(fail)?;
    let patience = route.timeout.map_or(0, |timeout| timeout.as_millis());
    session.set_timeout(u32::try_from(patience).unwrap_or(u32::MAX));
    session.set_tcp_stream(stream.try_clone()?);
    let known = known::Known::read(&session, target)?;
    known.prefer(&session).map_err(fail)?;
    session.handshake().map_err(fail)?;
    known.check(&session, ask)?;
    login::log_in(&session, target, ask)?;
    start(session, stream, command, errors, target)
}

fn start(
    session: Session,
    stream: TcpStream,
    command: &str,
    errors: Box<dyn Write + Send>,
    target: &Target,
) -> Result<(Peer, Heard, Writer), SshError> {
    let fail = |source| SshError::Session {
        host: target.host.clone(),
        source,
    };
    let mut channel = session
        .channel_open("session", WINDOW, PACKET, None)
        .map_err(fail)?;
    channel.exec(command).map_err(fail)?;
    Ok(pump::start(session, channel, stream, errors)?)
}
