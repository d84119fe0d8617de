//! The other end, where it is on another machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::{Code, Refusal};
use crate::cli::name_list::Separator;
use crate::cli::operands::Ends;
use crate::cli::server_args::{self, Letters, Sender};
use crate::cli::table::Opt;
use crate::cli::values::integer;
use crate::delta::Checksum;
use crate::engine::{AskedNames, Boundary, Missing, Symlinks, When};
use crate::transport::{Address, Family, Quoting, RemoteShell};
use crate::tree::{Grammar, KeepXattrs};
use crate::wire::flist::Fields;
use crate::wire::handshake::{ChecksumWish, CompressionWish, Offer};
use crate::wire::{Capabilities, Compression, Converter, Named, Protocol, Way};

/// What was asked about the other end and the way there.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Wire {
    /// Whether the sources are on another machine.
    pub(in crate::cli) is_there: bool,
    shell: Option<OsString>,
    program: Option<OsString>,
    /// `--iconv` as typed; `-` turns it off.
    iconv: Option<OsString>,
    /// `--remote-option`, in order.
    pub(in crate::cli) remote_options: Vec<OsString>,
    compress: bool,
    pub(in crate::cli) compression: Option<Compression>,
    pub(in crate::cli) level: Option<i32>,
    pub(in crate::cli) seed: i32,
    /// `--checksum-choice`, as typed.
    pub(in crate::cli) checksum_choice: Option<OsString>,
    /// `--from0`.
    pub(in crate::cli) from0: bool,
    /// `--files-from` with a list at the other end: its path there.
    pub(in crate::cli) far_list: Option<OsString>,
    protocol: Option<Protocol>,
    pub(in crate::cli) timeout: Option<Duration>,
    secluded: Option<bool>,
    old_args: u8,
    family: Family,
}

impl Wire {
    /// The newest version of the protocol that is spoken.
    fn protocol(&self) -> Protocol {
        self.protocol.unwrap_or(Protocol::NEWEST)
    }

    /// The names of the charsets of both ends, that of the far one if it has its own.
    fn charsets(&self) -> Option<(&OsStr, Option<&OsStr>)> {
        let given = self.iconv.as_deref().filter(|given| *given != "-")?;
        let bytes = given.as_bytes();
        Some(match bytes.iter().position(|byte| *byte == b',') {
            Some(at) => (
                OsStr::from_bytes(&bytes[..at]),
                Some(OsStr::from_bytes(&bytes[at + 1..])),
            ),
            None => (given, None),
        })
    }

    /// The charset that the other end is told.
    pub(in crate::cli) fn far_charset(&self) -> Option<&OsStr> {
        let (near, far) = self.charsets()?;
        Some(far.unwrap_or(near))
    }

    /// The charset of names here.
    fn charset(&self) -> Result<Option<Converter>, Refusal> {
        let Some((near, _)) = self.charsets() else {
            return Ok(None);
        };
        let name = near.to_string_lossy();
        let charset = match &*name {
            "" | "." => Converter::of_locale(),
            name => Converter::named(name),
        };
        charset.map(Some).ok_or_else(|| {
            let text = format!("iconv_open(\"UTF-8\", \"{name}\") failed");
            Refusal::plain_with(text, Code::Unsupported)
        })
    }

    /// Whether anything is compressed.
    pub(in crate::cli) fn compresses(&self) -> bool {
        self.compress || self.level.is_some() || self.compression.is_some()
    }

    /// How much of the arguments is kept from the far shell.
    pub(in crate::cli) fn quoting(&self) -> Quoting {
        match (self.is_secluded(), self.old_args) {
            (true, _) => Quoting::Nothing,
            (false, 0) => Quoting::All,
            (false, 1) => Quoting::OptionsOnly,
            (false, _) => Quoting::Nothing,
        }
    }

    pub(in crate::cli) fn is_secluded(&self) -> bool {
        let by_environment = || {
            let value = std::env::var_os("RSYNC_PROTECT_ARGS");
            self.old_args == 0 && value.is_some_and(|value| !value.is_empty() && value != "0")
        };
        self.secluded.unwrap_or_else(by_environment)
    }
}

impl Asked {
    pub(super) fn take_remote(&mut self, given: Given) -> Result<(), Refusal> {
        let wire = &mut self.wire;
        match given.opt {
            Opt::Rsh => wire.shell = Some(given.value),
            Opt::RsyncPath => wire.program = Some(given.value),
            Opt::Iconv => wire.iconv = Some(given.value),
            Opt::NoIconv => wire.iconv = Some("-".into()),
            Opt::RemoteOption if given.value.as_bytes().starts_with(b"-") => {
                wire.remote_options.push(given.value);
            }
            Opt::RemoteOption => {
                let option = given.value.to_string_lossy();
                let text = format!("resilver: Remote option must start with a dash: {option}");
                return Err(Refusal::plain_with(text, Code::Syntax));
            }
            Opt::Compress(on) => {
                // A second one asks for the kind that new programs have.
                if on && wire.compress {
                    wire.compression = Some(Compression::Zlibx);
                }
                wire.compress = on;
                if !on {
                    wire.compression = None;
                }
            }
            Opt::CompressChoice => wire.compression = compression(&given)?,
            Opt::NewCompress => wire.compression = Some(Compression::Zlibx),
            Opt::OldCompress => wire.compression = Some(Compression::Zlib),
            Opt::CompressLevel => wire.level = Some(integer(&given)?),
            Opt::ChecksumSeed => wire.seed = integer(&given)?,
            Opt::Protocol => {
                let number = integer(&given)?;
                let (oldest, newest) = (Protocol::OLDEST, Protocol::NEWEST);
                let refused = || {
                    let text = format!("--protocol must be {oldest} to {newest}, not {number}.");
                    Refusal::plain_with(text, Code::Protocol)
                };
                wire.protocol = Some(Protocol::new(number).ok_or_else(refused)?);
            }
            Opt::Timeout => {
                let seconds = u64::try_from(integer(&given)?).unwrap_or(0);
                wire.timeout = (seconds > 0).then(|| Duration::from_secs(seconds));
            }
            Opt::NoTimeout => wire.timeout = None,
            Opt::SecludedArgs(on) => wire.secluded = Some(on),
            Opt::OldArgs(true) => wire.old_args = wire.old_args.saturating_add(1),
            Opt::OldArgs(false) => wire.old_args = 0,
            Opt::Ipv4 => wire.family = Family::V4,
            Opt::Ipv6 => wire.family = Family::V6,
            other => no_meaning(other),
        }
        Ok(())
    }

    /// What another machine at one end changes.
    pub(super) fn settle_end(&mut self, ends: &Ends) -> Result<(), Refusal> {
        if matches!(ends, Ends::Local { .. }) {
            let option = match self.wire.charsets() {
                _ if !self.wire.remote_options.is_empty() => "--remote-option",
                Some(_) => "--iconv",
                None => return Ok(()),
            };
            return Err(Refusal::unsupported(format_args!(
                "{option} has no meaning within one machine"
            )));
        }
        self.wire.is_there = true;
        if self.wire.iconv.is_none() {
            self.wire.iconv = std::env::var_os("RSYNC_ICONV").filter(|value| !value.is_empty());
        }
        // Old ends delete first, unless they are told when.
        if self.wire.protocol() < Protocol::V30 && !self.delete_when.is_said() {
            self.engine.deletion.when = When::Before;
        }
        // Sending is what costs: what is there already need not come again.
        self.engine.whole_file = self.whole_file_given();
        Ok(())
    }

    /// The sender that is to be started; what it decides is taken out of the engine's options.
    pub(super) fn sender(
        &mut self,
        address: Address,
        paths: &[OsString],
    ) -> Result<Sender, Refusal> {
        let shell = self
            .wire
            .shell
            .clone()
            .or_else(|| std::env::var_os("RSYNC_RSH"));
        let shell = match shell.filter(|shell| !shell.is_empty()) {
            Some(command) => RemoteShell::parse(&command).map_err(Refusal::usage)?,
            None => RemoteShell::default(),
        };
        let protocol = self.wire.protocol();
        let incremental = self.takes_pieces();
        let letters = Letters {
            verbose: self.told.verbose,
            quiet: self.told.is_quiet(),
            backup: self.engine.backups.is_some(),
            whole_file: self.whole_file_given(),
            dirs: !self.engine.recursive && self.names_dirs(),
            cvs: self.cvs,
            compress: self.wire.compresses() && self.wire.compression.is_none(),
            capabilities: (protocol >= Protocol::V30).then(|| Capabilities::client(incremental)),
        };
        let quoting = self.wire.quoting();
        self.wire.from0 = self.separator == Separator::Zero;
        let (args, secluded) = server_args::for_sender(&self.engine, &self.wire, &letters, paths);
        let grammar = match protocol {
            _ if protocol < Protocol::V29 => Grammar::Old,
            _ if protocol < Protocol::V30 => Grammar::Typed,
            _ => Grammar::Full,
        };
        let rules = self.engine.rules.for_sender(grammar, self.cvs);
        let rules = rules.map_err(|e| Refusal::plain_with(e.to_string(), Code::Protocol))?;
        let engine = &self.engine;
        let sums = engine.compare.sums;
        let checksums = match self.wire.checksum_choice.is_some() {
            true => ChecksumWish::Chosen(sums.transfer, sums.compare),
            false => ChecksumWish::Negotiate(Checksum::PREFERRED.to_vec()),
        };
        let compression = match self.wire.compression {
            Some(chosen) => CompressionWish::Chosen(chosen),
            None if self.wire.compresses() => {
                CompressionWish::Negotiate(Compression::PREFERRED.to_vec())
            }
            None => CompressionWish::Off,
        };
        let keep = &engine.preserve;
        let fields = Fields {
            owners: keep.owner,
            groups: keep.group,
            links: keep.links,
            devices: keep.devices,
            specials: keep.specials,
            hard_links: keep.hard_links,
            checksums: engine.compare.checksum,
            atimes: keep.atimes,
            acls: keep.acls,
            xattrs: keep.xattrs != KeepXattrs::No,
            numeric_ids: engine.adjust.users.is_numeric(),
            relative: engine.select.relative,
            recurse: engine.recursive,
            missing_args: engine.select.missing == Missing::Delete,
        };
        let charset = self.wire.charset()?;
        let program = self.wire.program.clone().unwrap_or_else(|| "rsync".into());
        let family = self.wire.family;
        let names = engine.select.files_from.clone();
        let asked = match (&names, &self.wire.far_list) {
            (Some(names), _) => AskedNames::listed(names, engine.select.relative),
            (None, Some(_)) => AskedNames::any(),
            (None, None) => AskedNames::new(
                paths,
                engine.select.relative,
                quoting != Quoting::OptionsOnly,
            ),
        };
        self.leave_to_sender(incremental);
        Ok(Sender {
            shell,
            address,
            family,
            program,
            args,
            secluded,
            version: protocol.number(),
            offer: Offer {
                way: Way::Receives,
                checksums,
                compression,
                level: self.wire.level,
                remove_source_files: self.engine.remove_source.is_some(),
            },
            incremental,
            fields,
            rules,
            names,
            asked,
            charset,
            timeout: self.wire.timeout,
        })
    }

    /// Whether rsync would have the whole list first.
    pub(super) fn rsync_lists_whole(&self) -> bool {
        let engine = &self.engine;
        self.wire.protocol() < Protocol::V30
            || engine.whole_list
            || engine.deletion.needs_whole_list()
            || engine.content.delay_updates
            || engine.select.prune_empty
    }

    /// Whether lists may come directory by directory.
    fn takes_pieces(&self) -> bool {
        let engine = &self.engine;
        engine.recursive
            && !self.rsync_lists_whole()
            // Known of the whole list only: the names of one file, and where links of the destination meet.
            && !engine.preserve.hard_links
            && !engine.symlinks.keep_dirs
            // The sender forgets lists that are through, and could not remove what stood in them.
            && engine.remove_source.is_none()
    }

    fn leave_to_sender(&mut self, incremental: bool) {
        let engine = &mut self.engine;
        engine.symlinks = Symlinks {
            follow: false,
            follow_dirs: false,
            follow_unsafe: false,
            ..engine.symlinks
        };
        engine.select.boundary = Boundary::None;
        engine.select.files_from = None;
        engine.content.copy_devices = false;
        // The sender keeps to it.
        engine.content.rate = None;
        engine.whole_list |= !incremental;
    }
}

/// The name of a compression; none for `auto`.
fn compression(given: &Given) -> Result<Option<Compression>, Refusal> {
    let name = given.value.to_string_lossy();
    if name.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    match Compression::from_name(&name) {
        Some(chosen) => Ok(Some(chosen)),
        None => Err(Refusal::unsupported_plain(format!(
            "unknown compress name: {name}"
        ))),
    }
}
