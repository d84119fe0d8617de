//! What is for daemons only.

use std::ffi::{OsStr, OsString};
use std::net::{IpAddr, ToSocketAddrs};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use super::remote::Wire;
use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::daemon::{Line, Service};
use crate::cli::exit::{Code, Refusal};
use crate::cli::far::Place;
use crate::cli::operands::{Ends, Keeper};
use crate::cli::table::Opt;
use crate::cli::values::integer;
use crate::transport::{Address, DAEMON_PORT, Program, Route, SocketOptions};

/// What was asked about daemons.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct DaemonWords {
    password_file: Option<OsString>,
    early_input: Option<OsString>,
    no_motd: bool,
    address: Option<String>,
    contimeout: Option<i32>,
    sockets: SocketOptions,
}

impl DaemonWords {
    pub(super) fn take(&mut self, given: &Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::PasswordFile => self.password_file = Some(given.value.clone()),
            Opt::EarlyInput => self.early_input = Some(given.value.clone()),
            Opt::Motd(on) => self.no_motd = !on,
            Opt::Address => self.address = Some(given.value.to_string_lossy().into_owned()),
            Opt::Contimeout => self.contimeout = Some(integer(given)?).filter(|n| *n != 0),
            Opt::NoContimeout => self.contimeout = None,
            Opt::Sockopts => {
                let read = SocketOptions::read(&given.value.to_string_lossy());
                self.sockets = read.map_err(|name| {
                    Refusal::unsupported(format_args!("--sockopts: {name} is not supported"))
                })?;
            }
            other => no_meaning(other),
        }
        Ok(())
    }

    pub(super) fn motd(&self) -> bool {
        !self.no_motd
    }

    fn route(&self) -> Result<Route, Refusal> {
        let timeout = self.contimeout.map(|seconds| {
            // No time at all is over at once.
            let seconds = u64::try_from(seconds).unwrap_or(0);
            Duration::from_secs(seconds).max(Duration::from_nanos(1))
        });
        let local = self.address.as_deref().map(local_address).transpose()?;
        let proxy = std::env::var("RSYNC_PROXY").ok();
        Ok(Route {
            timeout,
            local,
            options: self.sockets.clone(),
            proxy: proxy.filter(|proxy| !proxy.is_empty()),
            ..Route::default()
        })
    }
}

fn local_address(name: &str) -> Result<IpAddr, Refusal> {
    if let Ok(address) = name.parse() {
        return Ok(address);
    }
    let found = (name, 0).to_socket_addrs().ok();
    let first = found.and_then(|mut found| found.next());
    first.map(|address| address.ip()).ok_or_else(|| {
        let text = format!("resilver: getaddrinfo {name}: no such address");
        Refusal::plain_with(text, Code::SocketIo)
    })
}

impl Wire {
    /// These paths as they are in the daemon's module.
    pub(super) fn within_module(&self, paths: &[OsString]) -> Vec<OsString> {
        let Some(module) = &self.module else {
            return paths.to_vec();
        };
        let within = |path: &OsString| {
            let rest = path.as_bytes().strip_prefix(module.as_bytes());
            let rest = rest.and_then(|rest| match rest {
                b"" => Some(rest),
                _ => rest.strip_prefix(b"/"),
            });
            rest.map_or_else(|| path.clone(), |rest| OsStr::from_bytes(rest).to_owned())
        };
        paths.iter().map(within).collect()
    }
}

impl Asked {
    /// What means nothing without a daemon.
    pub(super) fn check_daemon(&self, ends: &Ends) -> Result<(), Refusal> {
        let keeper = ends.keeper();
        let words = &self.wire.daemon;
        let is_daemon = matches!(keeper, Some(Keeper::Daemon(_)));
        if words.password_file.is_some() && !is_daemon {
            return Err(Refusal::plain(
                "The --password-file option may only be used when accessing an rsync daemon.",
            ));
        }
        if words.contimeout.is_some() && !(is_daemon && self.wire.shell().is_none()) {
            return Err(Refusal::plain(
                "The --contimeout option may only be used when connecting to an rsync daemon.",
            ));
        }
        Ok(())
    }

    /// Where the other end is.
    pub(super) fn place(
        &mut self,
        address: Address,
        keeper: Keeper,
        paths: &[OsString],
    ) -> Result<Place, Refusal> {
        let Keeper::Daemon(port) = keeper else {
            return Ok(Place::Shell(self.reach(address)?));
        };
        let first = paths.first().map_or(&b""[..], |path| path.as_bytes());
        if first.starts_with(b"/") {
            let why = "ERROR: The remote path must start with a module name";
            let text = match self.wire.shell() {
                Some(_) => why.to_owned(),
                None => format!("{why} not a /"),
            };
            return Err(Refusal::plain_with(text, Code::StartClient));
        }
        let module = first.split(|b| *b == b'/').next().unwrap_or_default();
        let module = OsString::from_vec(module.to_vec());
        self.wire.module = Some(module.clone());
        let user = address.user.clone();
        let line = match self.wire.shell() {
            Some(_) => self.daemon_by_shell(address)?,
            None => self.daemon_by_connection(&address, port)?,
        };
        let path = |name: &Option<OsString>| name.clone().map(PathBuf::from);
        Ok(Place::Daemon(Box::new(Service {
            line,
            module,
            user,
            password_file: path(&self.wire.daemon.password_file),
            early_input: path(&self.wire.daemon.early_input),
        })))
    }

    fn daemon_by_shell(&self, mut address: Address) -> Result<Line, Refusal> {
        // A user of the shell's own leaves the one in the address to the daemon.
        if self.wire.shell_names_user() {
            address.user = None;
        }
        let path = self.wire.program.clone().unwrap_or_else(|| "rsync".into());
        let args = ["--server", "--daemon", "."].map(OsString::from).to_vec();
        Ok(Line::Shell(self.reach(address)?, Program { path, args }))
    }

    fn daemon_by_connection(&self, address: &Address, port: Option<u16>) -> Result<Line, Refusal> {
        let host = address.host.to_string_lossy().into_owned();
        if let Some(command) = std::env::var_os("RSYNC_CONNECT_PROG") {
            return connect_program(&command, &host).map(Line::Command);
        }
        let mut route = self.wire.daemon.route()?;
        route.family = self.wire.family;
        Ok(Line::Straight {
            route,
            host,
            port: port.or(self.wire.port).unwrap_or(DAEMON_PORT),
        })
    }
}

/// The command that `RSYNC_CONNECT_PROG` is, a `%H` in it being the host and two `%` one.
fn connect_program(command: &OsStr, host: &str) -> Result<Vec<OsString>, Refusal> {
    let bytes = command.as_bytes();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:%+~-".contains(&byte);
    let is_harmless = host.bytes().all(is_plain) && !host.starts_with(['-', '+', '~', '%']);
    if bytes.contains(&b'%') && !is_harmless {
        let text = format!("resilver: RSYNC_CONNECT_PROG cannot be given the host {host:?}");
        return Err(Refusal::plain_with(text, Code::SocketIo));
    }
    let mut line = Vec::new();
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        match (byte, rest.as_slice().first()) {
            (b'%', Some(b'H')) => line.extend_from_slice(format!("'{host}'").as_bytes()),
            (b'%', Some(b'%')) => line.push(b'%'),
            _ => {
                line.push(byte);
                continue;
            }
        }
        rest.next();
    }
    let shell = std::env::var_os("RSYNC_SHELL").unwrap_or_else(|| "sh".into());
    Ok(vec![shell, "-c".into(), OsString::from_vec(line)])
}
