//! Sources and destination: which operand is which, and what cannot stand together.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::exit::Refusal;
use crate::transport::Operand;

/// The operands of a local run; one alone is a source to be listed.
pub fn local(mut operands: Vec<OsString>) -> Result<(Vec<PathBuf>, PathBuf), Refusal> {
    let dest = match operands.len() {
        0 | 1 => None,
        _ => operands.pop(),
    };
    refuse_remote(&operands, dest.as_deref())?;
    if operands.iter().any(|source| source.is_empty()) {
        return Err(Refusal::plain("Empty source arg specified."));
    }
    if dest.as_ref().is_some_and(|dest| dest.is_empty()) {
        return Err(Refusal::plain(
            "Empty destination arg specified (use \".\" or see --old-args).",
        ));
    }
    let sources = operands.into_iter().map(PathBuf::from).collect();
    Ok((sources, dest.map(PathBuf::from).unwrap_or_default()))
}

/// What rsync says of operands on other machines that do not go together; those that do are still to come.
fn refuse_remote(sources: &[OsString], dest: Option<&OsStr>) -> Result<(), Refusal> {
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
    match sources
        .iter()
        .map(OsString::as_os_str)
        .chain(dest)
        .find(|o| Operand::is_remote(o))
    {
        Some(remote) => Err(Refusal::unsupported(format_args!(
            "remote sources and destinations are not supported yet: {}",
            remote.to_string_lossy()
        ))),
        None => Ok(()),
    }
}

/// A source beside a first one on another machine: it has to be there as well, and written alike.
fn refuse_beside(first: &OsStr, other: &OsStr) -> Result<(), Refusal> {
    if !Operand::is_remote(other) {
        return Err(Refusal::plain(format!(
            "Unexpected local arg: {}\nIf arg is a remote file/dir, prefix it with a colon (:).",
            other.to_string_lossy()
        )));
    }
    if other.as_bytes().starts_with(b":") {
        return Ok(());
    }
    let (Ok(first), Ok(other)) = (Operand::parse(first), Operand::parse(other)) else {
        return Ok(());
    };
    let host = |operand: &Operand| match operand {
        Operand::Local(_) => None,
        Operand::Shell { address, .. } => Some(address.host.clone()),
        Operand::Daemon(daemon) => Some(daemon.address.host.clone()),
    };
    if host(&first) != host(&other) {
        return Err(Refusal::plain(
            "All source args must come from the same machine.",
        ));
    }
    if matches!(first, Operand::Daemon(_)) != matches!(other, Operand::Daemon(_)) {
        return Err(Refusal::plain(
            "All source args must use the same hostspec format.",
        ));
    }
    Ok(())
}
