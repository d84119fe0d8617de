//! Running a program on another machine, whichever way leads there.

use std::ffi::OsString;
#[cfg(feature = "ssh")]
use std::path::PathBuf;

use super::ask::Ask;
#[cfg(feature = "ssh")]
use super::builtin::{self, SshError, Target};
#[cfg(feature = "ssh")]
use super::connect::Route;
use super::link::Link;
use super::operand::Address;
use super::peer::{Peer, PeerError};
use super::shell::{Family, Program, RemoteShell};

/// A machine, and the way there.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Which machine, and who one is there.
    pub address: Address,
    /// By which kind of address.
    pub family: Family,
    /// How.
    pub way: Way,
}

/// How programs are run there.
#[derive(Clone, Debug)]
pub enum Way {
    /// By a remote shell.
    Shell(RemoteShell),
    /// By the built-in SSH client.
    #[cfg(feature = "ssh")]
    BuiltIn {
        /// The port, where it is not the configuration's.
        port: Option<u16>,
        /// `--identity`.
        identity: Option<PathBuf>,
        /// How long the server may be silent until the program runs.
        timeout: Option<std::time::Duration>,
    },
}

/// Why the program does not run there.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// The remote shell could not be started (exit code 14).
    #[error(transparent)]
    Shell(#[from] PeerError),
    /// There is no SSH session (255, as `ssh` has it).
    #[cfg(feature = "ssh")]
    #[error(transparent)]
    Ssh(#[from] SshError),
}

impl Reach {
    /// Starts a program there. Its standard error goes where ours goes.
    ///
    /// # Errors
    /// See [`ReachError`].
    pub fn run(&self, program: &Program, ask: &mut dyn Ask) -> Result<Link, ReachError> {
        match &self.way {
            Way::Shell(shell) => {
                let _ = ask;
                let argv = shell.command(&self.address, self.family, program);
                Ok(Link::new(Peer::start(&argv)?))
            }
            #[cfg(feature = "ssh")]
            Way::BuiltIn {
                port,
                identity,
                timeout,
            } => {
                let target = Target::find(&self.address, *port, identity.as_deref())?;
                let route = Route {
                    family: self.family,
                    timeout: *timeout,
                    ..Route::default()
                };
                let errors = Box::new(std::io::stderr());
                let line = builtin::line(program)?;
                let started = builtin::run(&target, &route, &line, ask, errors)?;
                Ok(Link::new(started))
            }
        }
    }

    /// The words of the command that is run, for a person to see.
    #[must_use]
    pub fn words(&self, program: &Program) -> Vec<OsString> {
        match &self.way {
            Way::Shell(shell) => shell.command(&self.address, self.family, program),
            #[cfg(feature = "ssh")]
            Way::BuiltIn { .. } => {
                let host = self.address.host.clone();
                let mut words = vec!["(built-in ssh)".into(), host, program.path.clone()];
                words.extend(program.args.iter().cloned());
                words
            }
        }
    }
}
