//! How a session begins: as the client that started it, or as the server that was started.

use std::io::{Read, Write};
use std::sync::Arc;

use super::error::Error;
use super::options::Options;
use super::post::Post;
use crate::tree::Rules;
use crate::wire::flist::Charset;
use crate::wire::handshake::{self, Offer, Versions};
use crate::wire::{
    Capabilities, Compat, Converter, Dialect, FilterNeed, Mux, Protocol, Role, read_filters,
    write_arguments, write_filters,
};

/// Which end of the session this is.
pub enum Opening {
    /// The one that started the other.
    Client(Client),
    /// The one that was started.
    Server(Server),
}

/// What a client brings along.
pub struct Client {
    /// How the version of the protocol is found.
    pub versions: Versions,
    /// Whether lists may come directory by directory.
    pub incremental: bool,
    /// The filter rules that the server gets, where it needs any.
    pub rules: Option<Vec<Vec<u8>>>,
    /// What it is told ahead of everything, past its shell (`--secluded-args`).
    pub secluded: Option<Vec<Vec<u8>>>,
}

/// What a server brings along. The versions are exchanged already.
pub struct Server {
    /// What is spoken.
    pub protocol: Protocol,
    /// What the client says of itself.
    pub capabilities: Capabilities,
    /// Whether lists may come directory by directory, as far as this end is concerned.
    pub incremental: bool,
    /// The seed of checksums.
    pub seed: i32,
    /// Whether the receiving end makes all changes at once.
    pub is_atomic: bool,
    /// What the client's need of filter rules is by.
    pub filters: FilterNeed,
    /// The rules that the client's come behind: none, but what they are read by.
    pub rules: Rules,
    /// `-C`: what version control leaves out comes behind the client's rules.
    pub cvs: bool,
    /// What is said to people on the way to the client.
    pub post: Arc<Post>,
    /// Whether names in arguments did not go through a shell (`--secluded-args`).
    pub secluded: bool,
}

impl Opening {
    /// Settles with the other end how the session goes; `accepts` judges what is spoken before more is said.
    ///
    /// # Errors
    /// A peer that does not agree, and what the streams report.
    pub(super) fn shake_hands(
        &self,
        offer: &Offer,
        charset: Option<Converter>,
        accepts: impl Fn(Protocol) -> Result<(), Error>,
        from: &mut (dyn Read + Send),
        to: &mut (dyn Write + Send),
    ) -> Result<Dialect, Error> {
        let client = match self {
            Opening::Client(client) => client,
            Opening::Server(server) => {
                let Server {
                    protocol,
                    capabilities,
                    incremental,
                    seed,
                    is_atomic,
                    ..
                } = server;
                accepts(*protocol)?;
                let compat = Compat::answer(*protocol, capabilities, *incremental);
                let compat = match is_atomic {
                    true => compat.with_atomic(capabilities).with_point(capabilities),
                    false => compat,
                };
                return Ok(handshake::server(
                    *protocol, offer, compat, *seed, from, to,
                )?);
            }
        };
        if let Some(mut arguments) = client.secluded.clone() {
            arguments
                .iter_mut()
                .for_each(|text| on_the_way(charset, text));
            write_arguments(&arguments, to).map_err(broken)?;
        }
        let protocol = client.versions.settle(from, to)?;
        accepts(protocol)?;
        Ok(handshake::client(
            protocol,
            offer,
            client.incremental,
            from,
            to,
        )?)
    }

    /// Says what is due ahead of the first list.
    pub(super) fn begin<W: Write>(&self, to: &mut Mux<W>) -> Result<(), Error> {
        if let Opening::Client(Client {
            rules: Some(rules), ..
        }) = self
        {
            write_filters(rules, to)?;
        }
        to.flush().map_err(broken)
    }

    /// Hears what is due ahead of the first list; a server takes on the rules of its client.
    pub(super) fn hear<R: Read>(
        &self,
        dialect: &Dialect,
        options: &mut Options,
        from: &mut R,
    ) -> Result<(), Error> {
        let Opening::Server(server) = self else {
            return Ok(());
        };
        options.rules = server.rules.clone();
        let client = dialect.side.peer().way;
        if server.filters.is_sent(client, dialect.protocol) {
            for rule in read_filters(from)? {
                take_rule(&mut options.rules, &rule, dialect.protocol)?;
            }
        }
        if server.cvs {
            options.rules.push_cvs()?;
        }
        Ok(())
    }

    /// Whether names in arguments do not go through a shell (`--secluded-args`).
    pub(super) fn is_secluded(&self) -> bool {
        match self {
            Opening::Client(client) => client.secluded.is_some(),
            Opening::Server(server) => server.secluded,
        }
    }

    pub(super) fn role(&self) -> Role {
        match self {
            Opening::Client(_) => Role::Client,
            Opening::Server(_) => Role::Server,
        }
    }
}

/// Gives a name the form that it has on the way, if it has one.
pub(super) fn on_the_way(charset: Option<Converter>, name: &mut Vec<u8>) {
    let mut told = Vec::new();
    if charset.is_some_and(|mut charset| charset.to_wire(name, &mut told)) {
        *name = told;
    }
}

/// Gives a name that came the form that it has here, if it has one.
pub(super) fn at_home(charset: Option<Converter>, name: &mut Vec<u8>) {
    let mut local = Vec::new();
    if charset.is_some_and(|mut charset| charset.to_local(name, &mut local)) {
        *name = local;
    }
}

/// Takes on a rule of a client.
fn take_rule(rules: &mut Rules, rule: &[u8], protocol: Protocol) -> Result<(), Error> {
    let text = std::os::unix::ffi::OsStrExt::from_bytes(rule);
    match rule.first() {
        _ if protocol < Protocol::V29 => rules.push_exclude(text)?,
        // A client reads files of rules itself; here they would be files of this machine.
        Some(b'-' | b'+' | b':') => rules.push_filter(text)?,
        _ => {
            return Err(Error::Wire(crate::wire::Error::Invalid {
                fault: crate::wire::Fault::Protocol,
                what: "a filter rule",
                why: "is of a kind that clients do not send",
            }));
        }
    }
    Ok(())
}

fn broken(e: std::io::Error) -> Error {
    Error::Wire(crate::wire::Error::Io(e))
}
