//! How a session begins: as the client that started it, or as the server that was started.

use std::io::{Read, Write};
use std::sync::Arc;

use super::Post;
use super::asked::AskedNames;
use crate::engine::error::Error;
use crate::engine::options::{Options, When};
use crate::engine::select::Names;
use crate::tree::{RuleError, Rules};
use crate::wire::handshake::{self, Offer};
use crate::wire::{
    Capabilities, Compat, Dialect, FilterNeed, Mux, Protocol, Role, Way, end_names, read_filters,
    write_arguments, write_filters, write_name,
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
    /// The newest version of the protocol that is spoken (`--protocol`).
    pub version: i32,
    /// Whether lists may come directory by directory.
    pub incremental: bool,
    /// The filter rules that the sender gets.
    pub rules: Vec<Vec<u8>>,
    /// What it is told ahead of everything, past its shell (`--secluded-args`).
    pub secluded: Option<Vec<Vec<u8>>>,
    /// The names that it is told, below the one source (`--files-from`).
    pub names: Option<Arc<Names>>,
    /// The names that may stand at the top of its list.
    pub asked: AskedNames,
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
    /// Whether the client sends filter rules.
    pub filters: FilterNeed,
    /// The names that the client is told (`--files-from` with a list here).
    pub names: Option<Arc<Names>>,
    /// What is said to people on the way to the client.
    pub post: Arc<Post>,
}

impl Opening {
    /// Settles with the other end how the session goes.
    ///
    /// # Errors
    /// A peer that does not agree, and what the streams report.
    pub(super) fn shake_hands(
        &self,
        offer: &Offer,
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
                    ..
                } = server;
                let compat = Compat::answer(*protocol, capabilities, *incremental);
                return Ok(handshake::server(
                    *protocol, offer, compat, *seed, from, to,
                )?);
            }
        };
        if let Some(arguments) = &client.secluded {
            write_arguments(arguments, to).map_err(broken)?;
        }
        let protocol = handshake::exchange_versions(client.version, from, to)?;
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
        if let Opening::Client(client) = self {
            write_filters(&client.rules, to)?;
        }
        to.flush().map_err(broken)
    }

    /// Hears what is due ahead of the first list; a server takes on the rules of its client.
    pub(super) fn hear<R: Read>(&self, options: &mut Options, from: &mut R) -> Result<(), Error> {
        let Opening::Server(server) = self else {
            return Ok(());
        };
        if !server.filters.is_sent(Way::Sends, server.protocol) {
            return Ok(());
        }
        let mut rules = Rules::default();
        if server.filters.delete_excluded {
            rules.delete_excluded();
        }
        std::mem::swap(&mut options.rules, &mut rules);
        for rule in read_filters(from)? {
            let rules = &mut options.rules;
            let text = std::os::unix::ffi::OsStrExt::from_bytes(&rule);
            let pushed: Result<(), RuleError> = match rule.first() {
                _ if server.protocol < Protocol::V29 => rules.push_exclude(text),
                // A client reads files of rules itself; here they would be files of this machine.
                Some(b'-' | b'+' | b':') => rules.push_filter(text),
                _ => {
                    let why = "is of a kind that clients do not send";
                    return Err(super::answers::unexpected("a filter rule", why));
                }
            };
            pushed?;
        }
        if options.deletion.when == When::After && options.rules.has_per_dir() {
            return Err(Error::Unusable(
                "resilver: on remote machine: --delete-after by rules that directories have is not supported yet"
                    .into(),
            ));
        }
        Ok(())
    }

    /// The names that may stand at the top of a list.
    pub(super) fn asked(&self) -> AskedNames {
        match self {
            Opening::Client(client) => client.asked.clone(),
            // Who pushes decides what.
            Opening::Server(_) => AskedNames::any(),
        }
    }

    /// Tells the sender names, raw ones before protocol 31. That it does not hear them shows where it is read.
    pub(super) fn tell_names<W: Write>(&self, dialect: &Dialect, to: &mut Mux<W>) {
        let (Opening::Client(Client { names, .. }) | Opening::Server(Server { names, .. })) = self;
        let Some(names) = names else { return };
        let is_framed = dialect.writes_frames && dialect.protocol >= Protocol::V31;
        let flushed = to.flush();
        to.set_framed(is_framed);
        let told = flushed.and_then(|()| names.iter().try_for_each(|name| write_name(name, to)));
        let _ = told.and_then(|()| end_names(to));
        to.set_framed(dialect.writes_frames);
    }

    pub(super) fn role(&self) -> Role {
        match self {
            Opening::Client(_) => Role::Client,
            Opening::Server(_) => Role::Server,
        }
    }
}

fn broken(e: std::io::Error) -> Error {
    Error::Wire(crate::wire::Error::Io(e))
}
