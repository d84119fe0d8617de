//! `resilver why`: what a run would do about some paths, and what decides it.
//!
//! The words are those of a run, then `--`, then the paths. The run is tried, as with `--dry-run`, and listened
//! to: no answer is made up beside it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::commands::code_of;
use super::exit::{Code, Refusal};
use super::options::{self, Request, Sync};
use crate::engine;
use crate::report::{Answer, Asking, Why};

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The words of the run.
    pub run: Vec<OsString>,
    /// The paths, as they were typed.
    pub paths: Vec<OsString>,
    /// For programs.
    pub json: bool,
}

/// The answers as a text, and the exit code: whether all of the paths take part.
pub fn answer(question: &Question) -> Result<(String, Code), Refusal> {
    let sync = match options::parse(&question.run)? {
        Request::Sync(sync) if !sync.options.select.list_only => sync,
        _ => {
            return Err(Refusal::usage(
                "why needs the options, sources and destination of a run before \"--\"",
            ));
        }
    };
    let options = trial(*sync);
    let paths = question.paths.iter();
    let paths = paths
        .map(|path| within(&options, path))
        .collect::<Result<_, _>>()?;
    let asking = Asking {
        compare: options.compare,
        deletes: options.deletion.enabled,
    };
    let why = Why::new(asking, paths);
    engine::run(&options, &why).map_err(|e| Refusal::plain_with(e.to_string(), code_of(&e)))?;
    let exists = |path: &Path| options.dest.join(path).symlink_metadata().is_ok();
    let answers = why.answers(exists);
    let text = match question.json {
        true => {
            serde_json::to_string_pretty(&answers).map_err(|e| Refusal::failed(e, Code::FileIo))?
                + "\n"
        }
        false => answers.iter().map(Answer::to_string).collect(),
    };
    Ok((text, code(&answers)))
}

fn code(answers: &[Answer]) -> Code {
    if answers.iter().any(Answer::is_nowhere) {
        Code::FileSelect
    } else if answers.iter().all(Answer::takes_part) {
        Code::Success
    } else {
        Code::Partial
    }
}

/// The run as it is tried: nothing changes, nothing is refused, everything is told.
fn trial(sync: Sync) -> engine::Options {
    let mut options = sync.options;
    options.dry_run = true;
    options.stage.delete_guard = None;
    options
}

/// A path within the transfer: as typed, or, where it begins with `/`, `./` or `../`, by its place in the file
/// system, below a source or the destination.
fn within(options: &engine::Options, typed: &OsStr) -> Result<PathBuf, Refusal> {
    let path = Path::new(typed);
    let first = path.components().next();
    let is_place = matches!(
        first,
        Some(Component::RootDir | Component::CurDir | Component::ParentDir)
    );
    if !is_place || typed == "." {
        return Ok(path.components().collect());
    }
    let place = crate::tree::clean(path);
    let found = options
        .sources
        .iter()
        .map(|source| base(source, options.select.relative))
        .chain([crate::tree::clean(&options.dest)])
        .find_map(|base| place.strip_prefix(base).ok().map(Path::to_owned));
    found.ok_or_else(|| {
        Refusal::usage(format_args!(
            "{} lies neither below a source nor below the destination",
            crate::tree::shown(path)
        ))
    })
}

/// The directory that names of this operand are relative to.
fn base(operand: &Path, relative: bool) -> PathBuf {
    let bytes = operand.as_os_str().as_bytes();
    if relative {
        let named = bytes.windows(3).position(|part| part == b"/./");
        let before = match named {
            Some(at) => &bytes[..=at],
            None if bytes.first() == Some(&b'/') => b"/",
            None => &bytes[..upwards(bytes)],
        };
        return crate::tree::clean(&Path::new(".").join(crate::sys::as_path(before)));
    }
    let clean = crate::tree::clean(operand);
    let last = bytes.rsplit(|b| *b == b'/').next().unwrap_or_default();
    match (last, clean.parent()) {
        (b"" | b"." | b"..", _) | (_, None) => clean,
        (_, Some(parent)) => parent.to_owned(),
    }
}

/// How much of a relative path leads up, which `-R` leaves out of names.
fn upwards(path: &[u8]) -> usize {
    let ups = path.split_inclusive(|b| *b == b'/');
    ups.take_while(|part| [&b"../"[..], b"..", b"./"].contains(part))
        .map(<[u8]>::len)
        .sum()
}
