//! Sources and destination: which operand is which, and what cannot stand together.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::exit::Refusal;
use crate::transport::{Address, Operand, OperandError};

/// Where the two ends of a run are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Both here; without a destination the sources are listed.
    Local {
        /// As typed.
        sources: Vec<PathBuf>,
        /// As typed; empty where there is none.
        dest: PathBuf,
    },
    /// The destination on another machine.
    Push {
        /// As typed.
        sources: Vec<PathBuf>,
        /// Which.
        address: Address,
        /// Who has it there.
        keeper: Keeper,
        /// The path there.
        path: OsString,
    },
    /// The sources on another machine.
    Pull {
        /// Which.
        address: Address,
        /// Who has them there.
        keeper: Keeper,
        /// Paths there.
        paths: Vec<OsString>,
        /// As typed; empty where there is none.
        dest: PathBuf,
    },
}

/// Who is talked with on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A program that is run there.
    Program,
    /// A daemon, at this port or the usual one. Paths begin with the name of a module.
    Daemon(Option<u16>),
}

impl Ends {
    /// The sources as messages show them.
    pub fn sources(&self) -> Vec<PathBuf> {
        match self {
            Ends::Local { sources, .. } | Ends::Push { sources, .. } => sources.clone(),
            Ends::Pull { paths, .. } => paths.iter().map(PathBuf::from).collect(),
        }
    }

    /// Who is talked with on another machine.
    pub fn keeper(&self) -> Option<Keeper> {
        match self {
            Ends::Local { .. } => None,
            Ends::Push { keeper, .. } | Ends::Pull { keeper, .. } => Some(*keeper),
        }
    }

    /// The destination.
    pub fn dest(&self) -> &Path {
        match self {
            Ends::Push { path, .. } => Path::new(path),
            Ends::Local { dest, .. } | Ends::Pull { dest, .. } => dest,
        }
    }
}

/// Tells operands apart; one alone is a source to be listed.
pub fn ends(mut operands: Vec<OsString>) -> Result<Ends, Refusal> {
    let dest = match operands.len() {
        0 | 1 => None,
        _ => operands.pop(),
    };
    check_remote(&operands, dest.as_deref())?;
    if dest.as_ref().is_some_and(|dest| dest.is_empty()) {
        return Err(Refusal::plain(
            "Empty destination arg specified (use \".\" or see --old-args).",
        ));
    }
    let there = dest
        .as_ref()
        .map(|dest| Operand::parse(dest).map_err(Refusal::usage))
        .transpose()?;
    let dest = dest.map(PathBuf::from).unwrap_or_default();
    if let Some(first) = operands.first().filter(|first| Operand::is_remote(first)) {
        let refused = |e: OperandError| Refusal::usage(e);
        let (address, keeper) = match Operand::parse(first).map_err(refused)? {
            Operand::Daemon(daemon) => (daemon.address, Keeper::Daemon(daemon.port)),
            Operand::Shell { address, .. } => (address, Keeper::Program),
            Operand::Local(path) => return Err(unexpected_local(&path)),
        };
        let path =
            |source: &OsString| -> Result<OsString, Refusal> {
                // One of the same machine may leave it out.
                let of_first = source.as_bytes().strip_prefix(b":");
                match Operand::parse(source).map_err(refused)? {
                    Operand::Shell { path, .. } => Ok(path),
                    Operand::Daemon(daemon) => Ok(daemon.path),
                    _ => Ok(of_first
                        .map_or_else(|| source.clone(), |path| OsStr::from_bytes(path).into())),
                }
            };
        let paths = operands.iter().map(path).collect::<Result<_, _>>()?;
        return Ok(Ends::Pull {
            address,
            keeper,
            paths,
            dest,
        });
    }
    if operands.iter().any(|source| source.is_empty()) {
        return Err(Refusal::plain("Empty source arg specified."));
    }
    let sources = operands.into_iter().map(PathBuf::from).collect();
    Ok(match there {
        Some(Operand::Shell { address, path }) => Ends::Push {
            sources,
            address,
            keeper: Keeper::Program,
            path,
        },
        Some(Operand::Daemon(daemon)) => Ends::Push {
            sources,
            address: daemon.address,
            keeper: Keeper::Daemon(daemon.port),
            path: daemon.path,
        },
        _ => Ends::Local { sources, dest },
    })
}

fn unexpected_local(operand: &OsStr) -> Refusal {
    Refusal::plain(format!(
        "Unexpected local arg: {}\nIf arg is a remote file/dir, prefix it with a colon (:).",
        operand.to_string_lossy()
    ))
}

/// What rsync says of operands on other machines that do not go together, and what is still to come.
fn check_remote(sources: &[OsString], dest: Option<&OsStr>) -> Result<(), Refusal> {
    let to_remote = dest.is_some_and(Operand::is_remote);
    let Some((first, others)) = sources.split_first() else {
        return Ok(());
    };
    if Operand::is_remote(first) {
        if to_remote {
            return Err(Refusal::plain(
                "The source and destination cannot both be remote.",
            ));
        }
        for other in others {
            refuse_beside(first, other)?;
        }
    } else if let Some(remote) = others.iter().find(|other| Operand::is_remote(other)) {
        return Err(Refusal::plain(format!(
            "Unexpected remote arg: {}",
            remote.to_string_lossy()
        )));
    }
    Ok(())
}

/// A source beside a first one on another machine: it has to be there as well, and written alike.
fn refuse_beside(first: &OsStr, other: &OsStr) -> Result<(), Refusal> {
    if !Operand::is_remote(other) {
        return Err(unexpected_local(other));
    }
    let leaves_out = other.as_bytes().starts_with(b":");
    let (Ok(first), Ok(other)) = (Operand::parse(first), Operand::parse(other)) else {
        return Ok(());
    };
    let place = |operand: &Operand| match operand {
        Operand::Local(_) => None,
        Operand::Shell { address, .. } => Some(address.clone()),
        Operand::Daemon(daemon) => Some(daemon.address.clone()),
    };
    if !leaves_out && place(&first) != place(&other) {
        return Err(Refusal::plain(
            "All source args must come from the same machine.",
        ));
    }
    match (&first, &other) {
        (Operand::Daemon(first), Operand::Daemon(other))
            if other.port.is_some() && first.port != other.port =>
        {
            let text = "All source args must use the same port number.";
            Err(Refusal::plain(text))
        }
        (Operand::Daemon(_), Operand::Daemon(_))
        | (Operand::Shell { .. }, Operand::Shell { .. }) => Ok(()),
        _ => Err(Refusal::plain(
            "All source args must use the same hostspec format.",
        )),
    }
}
