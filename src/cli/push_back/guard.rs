//! A plain push with `--guard-edits`: its options, and only what was changed here and not there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::MOST_REMOVED;
use super::lists::Lists;
use super::options::{Fate, fate, refuse_in_guarded};
use super::past::Past;
use super::sessions::Sessions;
use crate::cli::arguments::{self, Arguments, Given, Read};
use crate::cli::commands::refused;
use crate::cli::exit::Refusal;
use crate::cli::options::Sync;
use crate::cli::table::{Opt, Part};
use crate::engine::edits::{Sense, Settlement};
use crate::stage::Policy;
use crate::stage::catalogue::Catalogue;
use crate::transport::Operand;
use crate::tree::shown;

/// Carries out a push of these words, which were read as this run.
pub fn push(words: &[OsString], run: &Sync) -> Result<u8, Refusal> {
    let Read::Arguments(Arguments { options, operands }) = arguments::read(words)? else {
        return Err(Refusal::usage("--guard-edits is about a run"));
    };
    options.iter().try_for_each(refuse_in_guarded)?;
    if !run.options.recursive {
        return Err(Refusal::usage("--guard-edits needs --recursive (-r)"));
    }
    let [source, dest] = operands.as_slice() else {
        return Err(Refusal::usage(
            "--guard-edits is about one mirror: name one source",
        ));
    };
    let (tree, origin, is_named) = ends(source, dest);
    let mut past = past(&tree, &run.options.stage)?;
    check_origin(&past, &origin)?;
    let of = |wanted: &dyn Fn(&Given) -> bool| {
        let options = options.iter().filter(|given| wanted(given));
        options.cloned().collect::<Vec<_>>()
    };
    let preserve = run.options.preserve;
    past.origin = origin;
    past.is_named = is_named;
    past.ways = of(&|given| fate(given) == Fate::Way && given.opt != Opt::GuardEdits);
    past.choice = of(&|given| fate(given) == Fate::Choice);
    past.kept = of(&|given| fate(given) == Fate::Kept);
    past.preserve = preserve;
    past.sense = Sense {
        perms: past.sense.perms && preserve.perms,
        ..past.sense
    };
    let lists = Lists::of(&past, None)?;
    let sessions = Sessions {
        past: &past,
        manner: of(&|given| {
            matches!(fate(given), Fate::Left | Fate::Place) && given.part != Part::Remove
        }),
        dry_run: run.options.dry_run,
        json: None,
    };
    let percent = run.options.stage.delete_guard.unwrap_or(MOST_REMOVED);
    let is_told = options.iter().any(|given| given.opt == Opt::Verbose);
    let wish = (Settlement::None, run.options.deletion.enabled);
    super::carry_out(lists, &sessions, wish, percent, !is_told)
}

/// The directory that is pushed, where its content goes, and whether it is named itself.
fn ends(source: &OsStr, dest: &OsStr) -> (PathBuf, OsString, bool) {
    let bytes = source.as_bytes();
    let is_content = [&b"/"[..], b"/.", b"/.."]
        .iter()
        .any(|end| bytes.ends_with(end));
    let path = Path::new(source);
    match path.file_name().filter(|_| !is_content && source != ".") {
        None => (path.to_owned(), content_of(dest), false),
        Some(name) => {
            let mut below = content_of(dest);
            below.push(name);
            below.push("/");
            (path.to_owned(), below, true)
        }
    }
}

/// A destination as a directory whose content is meant.
fn content_of(dest: &OsStr) -> OsString {
    let mut content = dest.to_owned();
    if !dest.as_bytes().ends_with(b"/") && !dest.as_bytes().ends_with(b":") {
        content.push("/");
    }
    content
}

/// The past of a directory, which is held: the destination of a pull, or what a pull made in its destination.
fn past(tree: &Path, policy: &Policy) -> Result<Past, Refusal> {
    let real = tree.canonicalize().unwrap_or_else(|_| tree.to_owned());
    let above = match Catalogue::open(&real).map_err(refused)? {
        Some(_) => None,
        None => real.parent(),
    };
    if let (Some(above), Some(name)) = (above, real.file_name())
        && Catalogue::open(above).map_err(refused)?.is_some()
        && Past::of(above)?.prefix == Path::new(name)
    {
        return Past::held(above, policy, None);
    }
    let past = Past::held(&real, policy, None)?;
    match past.prefix.as_os_str().is_empty() {
        true => Ok(past),
        false => Err(Refusal::usage(format_args!(
            "what was pulled is {}: push that",
            shown(&tree.join(&past.prefix))
        ))),
    }
}

/// Refuses another origin than that of the mirror.
fn check_origin(past: &Past, origin: &OsStr) -> Result<(), Refusal> {
    if place(&past.origin) == place(origin) {
        return Ok(());
    }
    Err(Refusal::usage(format_args!(
        "{} was pulled from {}, not from {}: what was changed there is not known",
        shown(&past.tree),
        past.origin.to_string_lossy(),
        origin.to_string_lossy()
    )))
}

/// What an operand names, however it is spelled.
fn place(operand: &OsStr) -> Option<Operand> {
    let plain = |path: &OsStr| {
        let mut bytes = path.as_bytes();
        while let Some(rest) = bytes.strip_suffix(b"/.").or(bytes.strip_suffix(b"/")) {
            bytes = rest;
        }
        let is_root = bytes.is_empty() && path.as_bytes().starts_with(b"/");
        OsString::from_vec(if is_root {
            b"/".to_vec()
        } else {
            bytes.to_vec()
        })
    };
    Some(match Operand::parse(operand).ok()? {
        Operand::Local(path) => Operand::Local(plain(&path)),
        Operand::Shell { address, path } => Operand::Shell {
            address,
            path: plain(&path),
        },
        Operand::Daemon(mut daemon) => {
            daemon.path = plain(&daemon.path);
            Operand::Daemon(daemon)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_a_slash_goes_below() {
        for (source, dest, tree, origin, is_named) in [
            ("m/", "h:/d/", "m/", "h:/d/", false),
            ("m", "h:/d", "m", "h:/d/m/", true),
            ("a/m", "h:/d/", "a/m", "h:/d/m/", true),
            ("m", "h:", "m", "h:m/", true),
            (".", "h:d", ".", "h:d/", false),
            ("a/..", "h:d", "a/..", "h:d/", false),
        ] {
            let found = ends(source.as_ref(), dest.as_ref());
            let expected = (PathBuf::from(tree), OsString::from(origin), is_named);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_place_is_one_however_it_is_spelled() {
        let same = |one: &str, other: &str| place(one.as_ref()) == place(other.as_ref());
        assert!(same("h:/d", "h:/d//"));
        assert!(same("h:/d/.", "h:/d/"));
        assert!(same("h:", "h:./"));
        assert!(same("h:/", "h:/."));
        assert!(!same("h:/", "h:"));
        assert!(!same("h:/d", "i:/d"));
        assert!(!same("u@h:/d", "h:/d"));
        assert!(!same("h::m/d", "h:m/d"));
    }
}
