//! The other end, where it is on another machine.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use super::daemon::DaemonWords;
use super::way::{Client, port};
use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::{Code, Refusal};
use crate::cli::operands::Ends;
use crate::cli::table::Opt;
use crate::cli::values::integer;
use crate::engine::When;
use crate::transport::{Family, Quoting};
use crate::wire::{Compression, Converter, Named, Protocol};

/// What was asked about the other end and the way there.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Wire {
    /// Whether the sources are on another machine.
    pub(in crate::cli) is_there: bool,
    pub(super) shell: Option<OsString>,
    pub(super) client: Client,
    pub(super) identity: Option<OsString>,
    pub(super) port: Option<u16>,
    /// The daemon's module, where one has the other end.
    pub(in crate::cli) module: Option<OsString>,
    pub(super) daemon: DaemonWords,
    pub(super) program: Option<OsString>,
    /// `--guard-edits`.
    pub(super) guards_edits: bool,
    /// `--iconv` as typed; `-` turns it off.
    iconv: Option<OsString>,
    /// `--remote-option`, in order.
    pub(in crate::cli) remote_options: Vec<OsString>,
    compress: bool,
    pub(in crate::cli) compression: Option<Compression>,
    pub(in crate::cli) level: Option<i32>,
    /// `--skip-compress`, for a sender that knows what to do about it.
    pub(in crate::cli) skip_compress: Option<OsString>,
    pub(in crate::cli) seed: i32,
    /// `--checksum-choice`, as typed.
    pub(in crate::cli) checksum_choice: Option<OsString>,
    /// `--from0`.
    pub(in crate::cli) from0: bool,
    /// `--files-from` with a list at the other end: its path there.
    pub(in crate::cli) far_list: Option<OsString>,
    pub(super) protocol: Option<Protocol>,
    pub(in crate::cli) timeout: Option<Duration>,
    secluded: Option<bool>,
    old_args: u8,
    pub(super) family: Family,
}

impl Wire {
    /// The newest version of the protocol that is spoken.
    pub(super) fn protocol(&self) -> Protocol {
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
    pub(super) fn charset(&self) -> Result<Option<Converter>, Refusal> {
        converter(self.charsets().map(|(near, _)| near))
    }

    /// The same at a server, whose client says what there is at its other end.
    pub(super) fn charset_here(&self) -> Result<Option<Converter>, Refusal> {
        converter(self.far_charset())
    }

    /// Whether anything is compressed.
    pub(in crate::cli) fn compresses(&self) -> bool {
        self.compress || self.level.is_some() || self.compression.is_some()
    }

    /// How much of the arguments is kept from the far shell.
    pub(in crate::cli) fn quoting(&self) -> Quoting {
        match (self.is_secluded(), self.old_args) {
            (true, _) => Quoting::Nothing,
            (false, 0) if self.module.is_some() => Quoting::Daemon,
            (false, 0) => Quoting::All,
            (false, 1) => Quoting::OptionsOnly,
            (false, _) => Quoting::Nothing,
        }
    }

    /// Whether a client says that it keeps arguments from the shell.
    pub(super) fn secludes(&self) -> bool {
        self.secluded == Some(true)
    }

    /// Takes the version of the protocol that both ends came to.
    pub(super) fn speak(&mut self, protocol: Protocol) {
        self.protocol = Some(protocol);
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
            Opt::Ssh => wire.client = Client::read(&given)?,
            Opt::Identity => wire.identity = Some(given.value),
            Opt::Port => wire.port = port(&given)?,
            Opt::PasswordFile
            | Opt::Motd(_)
            | Opt::Address
            | Opt::Contimeout
            | Opt::NoContimeout
            | Opt::Sockopts
            | Opt::EarlyInput => wire.daemon.take(&given)?,
            Opt::GuardEdits => wire.guards_edits = true,
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
            Opt::CompressThreads => {
                let wanted = usize::try_from(integer(&given)?).unwrap_or(0);
                self.engine.compress_threads = NonZeroUsize::new(wanted);
            }
            Opt::SkipCompress => wire.skip_compress = Some(given.value),
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
        self.settle_deletion();
        let pushes = match ends {
            Ends::Local { .. } => {
                let option = match self.wire.charsets() {
                    _ if !self.wire.remote_options.is_empty() => "--remote-option",
                    Some(_) => "--iconv",
                    None => return Ok(()),
                };
                return Err(Refusal::unsupported(format_args!(
                    "{option} has no meaning within one machine"
                )));
            }
            Ends::Push { .. } => true,
            Ends::Pull { .. } => false,
        };
        self.wire.is_there = !pushes;
        if self.wire.iconv.is_none() {
            self.wire.iconv = std::env::var_os("RSYNC_ICONV").filter(|value| !value.is_empty());
        }
        self.settle_far();
        match pushes {
            true => self.refuse_for_receivers(),
            false => Ok(()),
        }
    }

    /// The same where one end is on another machine.
    pub(super) fn settle_far(&mut self) {
        self.settle_deletion();
        // Sending is what costs: what is there already need not come again.
        self.engine.whole_file = self.whole_file_given();
    }

    /// Old protocols delete first, unless they are told when.
    fn settle_deletion(&mut self) {
        if self.wire.protocol() < Protocol::V30 && !self.delete_when.is_said() {
            self.engine.deletion.when = When::Before;
        }
    }
}

/// The charset that has this name.
fn converter(name: Option<&OsStr>) -> Result<Option<Converter>, Refusal> {
    let Some(name) = name else {
        return Ok(None);
    };
    let name = name.to_string_lossy();
    let charset = match &*name {
        "" | "." => Converter::of_locale(),
        name => Converter::named(name),
    };
    charset.map(Some).ok_or_else(|| {
        let text = format!("iconv_open(\"UTF-8\", \"{name}\") failed");
        Refusal::plain_with(text, Code::Unsupported)
    })
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
