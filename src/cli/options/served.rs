//! What a client asks of this program as its server, in the options that it passes on: the same as on a command line,
//! with the few meanings of their own that they have there.

use std::ffi::OsString;
use std::path::PathBuf;

use super::Asked;
use crate::cli::arguments::{self, Arguments, Read};
use crate::cli::exit::Refusal;
use crate::cli::name_list::Marked;
use crate::cli::table::Opt;
use crate::engine;
use crate::report::Style;
use crate::stage::points::Wanted;
use crate::tree::{IdMap, Ids, Rules};
use crate::wire::flist::Fields;
use crate::wire::handshake::Offer;
use crate::wire::{Capabilities, Converter, FilterNeed, Protocol, Way};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::Duration;

/// The options and paths of a server, read and not yet settled: the protocol has a say in what they mean.
#[derive(Clone, Debug)]
pub struct Order {
    asked: Asked,
    capabilities: Capabilities,
    base: OsString,
    /// Paths behind the base directory.
    pub paths: Vec<OsString>,
}

/// What a server does, once the protocol is known.
#[derive(Clone, Debug)]
pub struct Duty {
    /// For the engine.
    pub options: engine::Options,
    /// How people are told.
    pub style: Style,
    /// `--no-msgs2stderr`: errors go to the client as well.
    pub errors_in_band: bool,
    /// Paths behind the base directory: sources, or the destination.
    pub paths: Vec<OsString>,
    /// What is offered in the handshake.
    pub offer: Offer,
    /// What lists tell.
    pub fields: Fields,
    /// What the client says of itself.
    pub capabilities: Capabilities,
    /// Whether lists may come directory by directory, as far as this end is concerned.
    pub incremental: bool,
    /// The seed of checksums, if the client chose one.
    pub seed: Option<i32>,
    /// Whether the client sends filter rules.
    pub filters: FilterNeed,
    /// The names that the client is told: those of a list that is here.
    pub names: Option<Arc<engine::Names>>,
    /// Whether the client tells names.
    pub hears_names: bool,
    /// No rules yet, as those of the client are to be read.
    pub rules: Rules,
    /// `-C`.
    pub cvs: bool,
    /// How long the client may be silent.
    pub timeout: Option<Duration>,
    /// The charset of names here, where they are in UTF-8 on the way (`--iconv`).
    pub charset: Option<Converter>,
}

impl Order {
    /// Reads the words behind `--server` and `--sender`.
    ///
    /// # Errors
    /// What is no option, and what has none of the meanings that servers know.
    pub fn read(words: &[OsString]) -> Result<Order, Refusal> {
        let Read::Arguments(Arguments { options, operands }) = arguments::read(words)? else {
            return Err(Refusal::usage("--help: not an option of a server"));
        };
        let mut asked = Asked::default();
        let mut capabilities = Capabilities::default();
        for given in options {
            match given.opt {
                // No shell is started from here: the letters tell what the client can do.
                Opt::Rsh => capabilities = Capabilities::from_value(given.value.as_bytes()),
                Opt::Json | Opt::SummaryFile | Opt::Version | Opt::Protocol | Opt::GuardEdits => {
                    let name = given.name;
                    return Err(Refusal::usage(format_args!(
                        "on remote machine: --{name}: not supported by a server"
                    )));
                }
                // What a map implies is passed on besides.
                Opt::Usermap | Opt::Groupmap | Opt::Chown => {
                    let kept = asked.engine.preserve;
                    asked.take(given)?;
                    asked.engine.preserve = kept;
                }
                Opt::Append(true) => asked.append_again(),
                _ => asked.take(given)?,
            }
            if asked.answer.is_some() {
                return Err(Refusal::usage("on remote machine: help is not told here"));
            }
        }
        let mut operands = operands.into_iter();
        Ok(Order {
            asked,
            capabilities,
            base: operands.next().unwrap_or_default(),
            paths: operands.collect(),
        })
    }

    /// Whether more words come past the shell.
    pub fn is_secluded(&self) -> bool {
        self.asked.wire.secludes()
    }

    /// The charset of names here, where they are in UTF-8 on the way (`--iconv`).
    ///
    /// # Errors
    /// One that is not known.
    pub fn charset(&self) -> Result<Option<Converter>, Refusal> {
        self.asked.wire.charset_here()
    }

    /// The newest version of the protocol that is told to the client.
    pub fn version(&self) -> i32 {
        self.capabilities.server_version(Protocol::NEWEST.number())
    }

    /// The directory that paths are seen from.
    pub fn base(&self) -> &std::path::Path {
        std::path::Path::new(&self.base)
    }

    /// What is offered to the client even where its options cannot be carried out.
    pub fn offer(&self, way: Way) -> (Offer, &Capabilities) {
        (self.asked.offer(way), &self.capabilities)
    }

    /// What that means where files come in.
    ///
    /// # Errors
    /// Options that do not go together, or do not work over the wire.
    pub fn receive(self, protocol: Protocol) -> Result<Duty, Refusal> {
        let dest = match &self.paths[..] {
            [] => PathBuf::from("."),
            [dest] if dest.is_empty() => {
                return Err(Refusal::usage(
                    "on remote machine: the destination is empty",
                ));
            }
            [dest] => PathBuf::from(dest),
            [_, more, ..] => {
                return Err(Refusal::usage(format_args!(
                    "on remote machine: one destination is enough: {}",
                    more.to_string_lossy()
                )));
            }
        };
        let mut duty = self.settle(protocol, Way::Receives)?;
        duty.options.dest = dest;
        Ok(duty)
    }

    /// What that means where files go out.
    ///
    /// # Errors
    /// Options that do not go together, or do not work over the wire.
    pub fn send(self, protocol: Protocol) -> Result<Duty, Refusal> {
        let mut duty = self.settle(protocol, Way::Sends)?;
        duty.options.sources = match &duty.paths[..] {
            [] => vec![PathBuf::from(".")],
            paths => paths.iter().map(PathBuf::from).collect(),
        };
        Ok(duty)
    }

    fn settle(self, protocol: Protocol, way: Way) -> Result<Duty, Refusal> {
        let Order {
            mut asked,
            capabilities,
            paths,
            ..
        } = self;
        asked.wire.speak(protocol);
        let filters = FilterNeed {
            delete: asked.engine.deletion.enabled
                || asked.delete_when.is_said()
                || asked.delete_excluded,
            delete_excluded: asked.delete_excluded,
            prune_empty_dirs: asked.engine.select.prune_empty,
        };
        if way == Way::Receives {
            // The client has made its rules of that already.
            asked.engine.deletion.enabled |= asked.delete_excluded;
            asked.delete_excluded = false;
            asked.cvs = false;
        }
        let charset = asked.wire.charset_here()?;
        asked.settle_remove()?;
        asked.settle_what()?;
        asked.settle_content()?;
        asked.check()?;
        if let (Way::Receives, Some(wanted)) = (way, capabilities.points()) {
            let wanted = Wanted::of_digits(wanted).ok_or_else(|| {
                Refusal::usage(
                    "on remote machine: what is wished for of time points cannot be understood",
                )
            })?;
            asked.serve_points(wanted);
        }
        asked.settle_points()?;
        let marked = match way {
            Way::Receives => Marked::Name,
            Way::Sends => Marked::Comment,
        };
        let names = asked.list_for_client(marked)?;
        let hears_names = way == Way::Sends && asked.hears_names();
        if way == Way::Sends {
            asked.engine.select.files_from.clone_from(&names);
        }
        asked.settle_far();
        asked.settle_backups()?;
        asked.settle_attributes()?;
        // They are the client's to say.
        let mut rules = Asked::no_rules();
        if filters.delete_excluded {
            rules.delete_excluded();
        }
        asked.engine.rules = Asked::no_rules();
        asked.engine.whole_list |= asked.engine.deletion.needs_whole_list();
        asked.apply_checksum_choice()?;
        let (style, errors_in_band) = asked.served_style();
        let incremental = match way {
            Way::Receives => asked.takes_pieces(),
            Way::Sends => asked.engine.recursive && !asked.engine.whole_list,
        };
        let offer = asked.offer(way);
        let fields = asked.fields();
        if way == Way::Receives {
            asked.leave_to_sender(incremental);
            // Owners that lists do not tell are not mapped either.
            let adjust = &mut asked.engine.adjust;
            if !fields.owners {
                adjust.users = IdMap::none(Ids::Users);
            }
            if !fields.groups {
                adjust.groups = IdMap::none(Ids::Groups);
            }
        }
        Ok(Duty {
            style,
            errors_in_band,
            paths,
            offer,
            fields,
            capabilities,
            incremental,
            seed: Some(asked.wire.seed).filter(|seed| *seed != 0),
            filters,
            names: names.filter(|_| way == Way::Receives),
            hears_names,
            rules,
            cvs: asked.cvs,
            charset,
            timeout: asked.wire.timeout,
            options: asked.engine,
        })
    }
}
