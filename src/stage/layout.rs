//! Where state lies and what it is called.
//!
//! ```text
//! parent/name/                the destination
//! parent/.name.resilver/      its state, or name/.resilver/ where the parent cannot take it
//!     signature               `resilver state 1`: a directory without it is none of ours
//!     CACHEDIR.TAG            asks backup programs to pass over it
//!     lock                    who holds the destination
//!     journal                 what the rest means
//!     next/                   the tree being staged
//!     previous/               the generation before the live one
//!     changes                 what the last switch changed; changes.next of the run under way,
//!                             changes.before of the switch before the last
//!     staged                  what the run under way has made
//!     plan                    sealed renames and removals; plan.done: carried out, for undo
//!     salvage/                files of an interrupted run, by hash of their path
//!     displaced/, former/     the next and the last but one `previous/`, while a plan is carried out
//!     backups                 what is kept outside of the destination once the switch is made
//!     catalogue               what pulls brought, and from where
//!     held-up                 the last pull waited for its sender's lists
//!     kept/                   what others wrote into a generation that had to go
//!     tmp/                    objects on their way to a name
//! parent/.name.resilver~      the next tree or the old one, for the instant of the switch
//! ```

use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::sys::{self, Dir, Kind, as_path};

pub(super) const CATALOGUE: &[u8] = b"catalogue";
pub(super) const CATALOGUE_NEXT: &[u8] = b"catalogue.next";
pub(super) const HELD_UP: &[u8] = b"held-up";
pub(super) const JOURNAL: &[u8] = b"journal";
pub(super) const LOCK: &[u8] = b"lock";
pub(super) const NEXT: &[u8] = b"next";
pub(super) const PREVIOUS: &[u8] = b"previous";
/// A plan puts here what it displaces; it becomes `previous`.
pub(super) const DISPLACED: &[u8] = b"displaced";
/// A generation that had its time, to be dropped.
pub(super) const FORMER: &[u8] = b"former";
pub(super) const SALVAGE: &[u8] = b"salvage";
pub(super) const KEPT: &[u8] = b"kept";
pub(super) const TMP: &[u8] = b"tmp";
pub(super) const STAGED: &[u8] = b"staged";
pub(super) const CHANGES: &[u8] = b"changes";
pub(super) const CHANGES_NEXT: &[u8] = b"changes.next";
pub(super) const CHANGES_BEFORE: &[u8] = b"changes.before";
pub(super) const PLAN: &[u8] = b"plan";
pub(super) const PLAN_DONE: &[u8] = b"plan.done";
/// A tree that was found at the switch's place without a journal to explain it.
pub(super) const ORPHAN: &[u8] = b"orphan";

pub(super) const SIGNATURE: &[u8] = b"signature";
pub(super) const SIGNATURE_TEXT: &[u8] = b"resilver state 1\n";
/// As <https://bford.info/cachedir/> has it.
pub(super) const TAG: &[u8] = b"CACHEDIR.TAG";
pub(super) const TAG_TEXT: &[u8] =
    b"Signature: 8a477f597d28d172789f06886806bc55\n# State of resilver; see `resilver status`.\n";

/// State within the destination itself.
pub(super) const INSIDE: &[u8] = b".resilver";
const SUFFIX: &[u8] = b".resilver";
/// Longest name that file systems take.
const NAME_MAX: usize = 255;
/// Room for the dot, the suffixes and a number.
const DECORATION: usize = 32;

/// The name of a destination's state beside it. Names too long for it are cut and hashed.
pub(super) fn state_name(name: &[u8]) -> Vec<u8> {
    let mut state = b".".to_vec();
    if name.len() + DECORATION <= NAME_MAX {
        state.extend_from_slice(name);
    } else {
        state.extend_from_slice(&name[..NAME_MAX - 2 * DECORATION]);
        let hash = twox_hash::XxHash3_64::oneshot(name);
        state.extend_from_slice(format!("-{hash:016x}").as_bytes());
    }
    state.extend_from_slice(SUFFIX);
    state
}

/// The format version that the signature in directory `name` gives; `None` where it is no state.
pub(super) fn signature(place: &Dir, name: &[u8]) -> Option<u32> {
    let dir = place.open_dir(name).ok()?;
    let mut text = String::new();
    let file = dir.open_file(SIGNATURE).ok()?;
    file.take(64).read_to_string(&mut text).ok()?;
    text.strip_prefix("resilver state ")?.trim().parse().ok()
}

/// Whether a name in a directory is state of resilver, which no run lists, transfers or deletes.
#[must_use]
pub fn is_state(dir: &Dir, name: &[u8]) -> bool {
    may_be_state(name) && signature(dir, name.strip_suffix(b"~").unwrap_or(name)).is_some()
}

/// Whether a directory of this name may be state. One that comes from another machine is never taken in: state that
/// somebody else made would be believed.
#[must_use]
pub fn may_be_state(name: &[u8]) -> bool {
    let stands = name.strip_suffix(b"~").unwrap_or(name);
    name.starts_with(b".")
        && (stands.ends_with(SUFFIX)
            || find(name, b".resilver.stale-").is_some()
            || find(name, b".resilver.new").is_some())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Refuses a path that lies in a state directory: an operand, or a shell whose directory became the old
/// tree at a switch.
///
/// # Errors
/// [`Error::InsideState`].
pub fn refuse_inside_state(path: &Path) -> Result<(), Error> {
    match inside_state(path) {
        None => Ok(()),
        Some(state) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            Err(Error::InsideState { path, state })
        }
    }
}

fn inside_state(path: &Path) -> Option<PathBuf> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    // What does not exist yet lies where its parent lies.
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let resolved = std::fs::canonicalize(path)
        .or_else(|_| std::fs::canonicalize(parent))
        .ok()?;
    resolved
        .ancestors()
        .filter(|p| state_at(p))
        .last()
        .map(Path::to_owned)
}

fn state_at(path: &Path) -> bool {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return false;
    };
    name.as_bytes().starts_with(b".")
        && find(name.as_bytes(), SUFFIX).is_some()
        && Dir::open(parent).is_ok_and(|dir| is_state(&dir, name.as_bytes()))
}

/// State of another destination around this one: beside one of the directories that it lies in.
pub(super) fn state_around(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|outer| {
        let (parent, name) = (outer.parent()?, outer.file_name()?);
        let state = state_name(name.as_bytes());
        let dir = Dir::open(parent).ok()?;
        signature(&dir, &state).map(|_| parent.join(as_path(&state)))
    })
}

/// Makes the directories of `rel` below `base` as needed, private, and opens the last.
pub(super) fn make_beneath(base: &Dir, rel: &Path) -> io::Result<Dir> {
    match base.open_beneath(rel) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let mut dir = base.reopen()?;
    for part in rel.components() {
        let name = part.as_os_str().as_bytes();
        match dir.make_dir(name, 0o700) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => dir = dir.open_dir(name)?,
        }
    }
    Ok(dir)
}

/// Kind of a listed name, asked of the system where the directory does not tell.
pub(super) fn kind_of(dir: &Dir, item: &sys::Listed<'_>) -> io::Result<Kind> {
    match item.kind {
        Some(kind) => Ok(kind),
        None => Ok(dir.stat(item.name)?.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (a, b) = (vec![b'x'; 255], [vec![b'x'; 254], vec![b'y']].concat());
        assert!(state_name(&a).len() + DECORATION <= NAME_MAX + SUFFIX.len());
        assert_ne!(state_name(&a), state_name(&b));
        assert_eq!(state_name(b"data"), b".data.resilver");
    }

    #[test]
    fn only_a_signature_makes_state() {
        let tmp = tempfile::tempdir().unwrap();
        let dir = Dir::open(tmp.path()).unwrap();
        std::fs::create_dir(tmp.path().join(".a.resilver")).unwrap();
        assert!(!is_state(&dir, b".a.resilver"));
        std::fs::write(tmp.path().join(".a.resilver/signature"), "nonsense").unwrap();
        assert!(!is_state(&dir, b".a.resilver"));
        std::fs::write(tmp.path().join(".a.resilver/signature"), SIGNATURE_TEXT).unwrap();
        std::fs::create_dir_all(tmp.path().join(".a.resilver/previous/sub")).unwrap();
        assert!(is_state(&dir, b".a.resilver") && is_state(&dir, b".a.resilver~"));
        let inside = tmp.path().join(".a.resilver/previous/sub");
        let state = inside_state(&inside).unwrap();
        assert!(state.ends_with(".a.resilver"));
        assert_eq!(inside_state(tmp.path()), None);
    }
}
