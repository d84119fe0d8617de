//! Values of options: what each accepts, and what is said when it is something else.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::arguments::Given;
use super::exit::Refusal;
use super::number::{self, Wrong};
use super::size;
use crate::stage::{CommitChoice, KeepPrevious, Method, Wait};

/// A 32-bit integer in rsync's notation.
pub fn integer(given: &Given) -> Result<i32, Refusal> {
    let text = given.value.to_string_lossy();
    number::parse(&text).map_err(|wrong| {
        let what = match wrong {
            Wrong::Invalid => "invalid numeric value",
            Wrong::Range => "number too large or too small",
        };
        Refusal::usage(format_args!("{}: {what}", given.word.to_string_lossy()))
    })
}

/// `--threads`: a number that a machine may have.
pub fn threads(given: &Given) -> Result<usize, Refusal> {
    match integer(given)? {
        n @ 1..=1024 => Ok(n.unsigned_abs() as usize),
        _ => Err(invalid(given, "a number from 1 to 1024")),
    }
}

/// `--commit`.
pub fn commit(given: &Given) -> Result<CommitChoice, Refusal> {
    match given.value.to_str() {
        Some("auto") => Ok(CommitChoice::Auto),
        Some("swap") => Ok(CommitChoice::Only(Method::Swap)),
        Some("journal") => Ok(CommitChoice::Only(Method::Journal)),
        Some("direct") => Ok(CommitChoice::Only(Method::Direct)),
        _ => Err(invalid(given, "auto, swap, journal or direct")),
    }
}

/// `--wait[=SECONDS]`.
pub fn wait(given: &Given) -> Result<Wait, Refusal> {
    if given.value.is_empty() {
        return Ok(Wait::Forever);
    }
    match u64::try_from(integer(given)?) {
        Ok(0) => Ok(Wait::No),
        Ok(seconds) => Ok(Wait::For(Duration::from_secs(seconds))),
        Err(_) => Err(invalid(given, "a number of seconds")),
    }
}

/// `--previous`.
pub fn previous(given: &Given) -> Result<KeepPrevious, Refusal> {
    match given.value.to_str() {
        Some("one") => Ok(KeepPrevious::One),
        Some("none") => Ok(KeepPrevious::None),
        _ => Err(invalid(given, "one or none")),
    }
}

/// A size; `unit` is the letter that counts where none is given.
pub fn size(given: &Given, unit: u8) -> Result<u64, Refusal> {
    let text = given.value.to_string_lossy();
    size::parse(&text, unit).map_err(|wrong| {
        let what = match wrong {
            size::Wrong::Invalid => "is invalid",
            size::Wrong::TooLarge => "is too large",
        };
        Refusal::usage(format_args!("--{}={text} {what}", given.name))
    })
}

/// A value that is not empty.
pub fn not_empty(given: &Given) -> Result<OsString, Refusal> {
    if given.value.is_empty() {
        return Err(invalid(given, "a value that is not empty"));
    }
    Ok(given.value.clone())
}

/// A path that cannot leave the tree it is looked up in.
pub fn name_inside(given: &Given) -> Result<PathBuf, Refusal> {
    let path = Path::new(&given.value);
    let inside = path
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if path.as_os_str().is_empty() || !inside {
        return Err(invalid(
            given,
            "a path below the destination, without \"..\"",
        ));
    }
    Ok(path.to_path_buf())
}

/// A percentage, with or without its sign.
pub fn percent(given: &Given) -> Result<u8, Refusal> {
    let text = given.value.to_string_lossy();
    let digits = text.strip_suffix('%').unwrap_or(&text);
    digits
        .parse::<u8>()
        .ok()
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| invalid(given, "a percentage from 0 to 100"))
}

fn invalid(given: &Given, wanted: &str) -> Refusal {
    Refusal::usage(format_args!(
        "--{}={}: expected {wanted}",
        given.name,
        given.value.to_string_lossy()
    ))
}
