//! The way to another machine: a remote shell, or the built-in SSH client.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use super::Asked;
use super::remote::Wire;
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::values::integer;
use crate::transport::{Address, Reach, RemoteShell, Way};

/// Which SSH client reaches the other machine (`--ssh`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Client {
    /// The system's, or the built-in one where there is none.
    #[default]
    Either,
    /// The system's.
    System,
    /// The built-in one.
    BuiltIn,
}

impl Client {
    pub(super) fn read(given: &Given) -> Result<Client, Refusal> {
        match given.value.to_str() {
            Some("auto") => Ok(Client::Either),
            Some("system") => Ok(Client::System),
            Some("builtin") if cfg!(feature = "ssh") => Ok(Client::BuiltIn),
            Some("builtin") => Err(Refusal::unsupported(
                "--ssh=builtin: this program was built without the built-in SSH client",
            )),
            _ => Err(Refusal::usage(format_args!(
                "--ssh is auto, system or builtin, not {}",
                given.value.to_string_lossy()
            ))),
        }
    }
}

/// The number of a port; none for 0, which stands for the usual one.
pub(super) fn port(given: &Given) -> Result<Option<u16>, Refusal> {
    let number = integer(given)?;
    let port = u16::try_from(number);
    let port = port.map_err(|_| Refusal::usage(format_args!("--port={number}: no such port")))?;
    Ok((port > 0).then_some(port))
}

impl Wire {
    /// The remote shell that was named.
    pub(super) fn shell(&self) -> Option<OsString> {
        self.shell.clone().filter(|shell| !shell.is_empty())
    }

    /// Whether the remote shell is told whom to be there by its own words.
    pub(super) fn shell_names_user(&self) -> bool {
        let shell = self.shell().unwrap_or_default();
        let words = shell.as_bytes().split(|b| *b == b' ');
        words.into_iter().any(|word| word == b"-l")
    }
}

impl Asked {
    /// How this machine is reached.
    pub(super) fn reach(&self, address: Address) -> Result<Reach, Refusal> {
        let family = self.wire.family;
        let way = match self.way()? {
            Way::Shell(shell) => Way::Shell(shell.with_quick_cipher(&address, family)),
            #[cfg(feature = "ssh")]
            built_in @ Way::BuiltIn { .. } => built_in,
        };
        Ok(Reach {
            address,
            family,
            way,
        })
    }

    fn way(&self) -> Result<Way, Refusal> {
        let wire = &self.wire;
        let named = match (wire.shell(), wire.client) {
            (None, Client::Either | Client::System) => {
                std::env::var_os("RSYNC_RSH").filter(|shell| !shell.is_empty())
            }
            (named, _) => named,
        };
        if wire.client == Client::BuiltIn && named.as_ref().is_some_and(|name| name != "ssh") {
            return Err(Refusal::usage(
                "--ssh=builtin and --rsh (-e) with another command do not go together",
            ));
        }
        let built_in = match (wire.client, &named) {
            (Client::BuiltIn, _) => true,
            (Client::Either, None) => !is_on_path("ssh"),
            _ => false,
        };
        #[cfg(feature = "ssh")]
        if built_in {
            return Ok(Way::BuiltIn {
                port: wire.port,
                identity: wire.identity.clone().map(Into::into),
                timeout: wire.timeout,
            });
        }
        let _ = built_in;
        let shell = match named {
            Some(command) => RemoteShell::parse(&command).map_err(Refusal::usage)?,
            None => RemoteShell::default(),
        };
        let Some(identity) = &wire.identity else {
            return Ok(Way::Shell(shell));
        };
        let with = shell.with_identity(identity).ok_or_else(|| {
            Refusal::usage("--identity is for ssh; another --rsh (-e) has its own words for a key")
        })?;
        Ok(Way::Shell(with))
    }
}

/// Whether a program of this name is found where programs are looked for.
fn is_on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsStr::new("/bin:/usr/bin").into());
    std::env::split_paths(&path).any(|dir| {
        let found = dir.join(name).metadata();
        found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}
