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
//!     kept/                   what others wrote into a generation that had to go
//!     tmp/                    objects on their way to a name
//! parent/.name.resilver~      the next tree or the old one, for the instant of the switch
//! ```

use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sys::{self, Dir, Kind, as_path};

/// Behind the name of a state directory that is being made.
const DRAFT: &[u8] = b".new";
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

<<<<<<< HEAD
/// A destination: where it is, and what is there.
#[derive(Debug)]
pub(super) struct Site {
    /// Its resolved path (for a single file, the directory that the file is in).
    pub path: PathBuf,
    /// The directory that holds it, with its name there; none for the root of all.
    pub parent: Option<Parent>,
    /// The live root; none while it is missing.
    pub live: Option<Dir>,
    /// Only this name in it is the destination.
    pub single: Option<Vec<u8>>,
}

/// The directory that holds a destination.
#[derive(Debug)]
pub(super) struct Parent {
    pub dir: Dir,
    pub path: PathBuf,
    pub name: Vec<u8>,
}

impl Parent {
    /// Where a tree stands for the instant of the switch.
    pub fn tilde(&self) -> Vec<u8> {
        let mut name = state_name(&self.name);
        name.push(b'~');
        name
    }

    pub fn tilde_path(&self) -> PathBuf {
        self.path.join(as_path(&self.tilde()))
    }
}

impl Site {
    /// Resolves a destination as the operator named it.
    pub fn resolve(path: &Path, single: Option<&OsStr>) -> Result<Site, Error> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let resolved = match std::fs::canonicalize(path) {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound && single.is_none() => missing(path)?,
            Err(e) => return Err(e).doing("open the directory", path),
        };
        let parent = match (resolved.parent(), resolved.file_name()) {
            (Some(parent), Some(name)) => Some(Parent {
                dir: Dir::open(parent).doing("open the directory", parent)?,
                path: parent.to_owned(),
                name: name.as_bytes().to_vec(),
            }),
            _ => None,
        };
        let mut site = Site {
            path: resolved,
            parent,
            live: None,
            single: single.map(|name| name.as_bytes().to_vec()),
        };
        site.look()?;
        Ok(site)
    }

    /// Opens the live root anew, as it is now.
    pub fn look(&mut self) -> Result<(), Error> {
        let opened = match &self.parent {
            Some(parent) => parent.dir.open_dir(&parent.name),
            None => Dir::open(&self.path),
        };
        self.live = match opened {
            Ok(dir) => Some(dir),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e).doing("open the directory", &self.path),
        };
        Ok(())
    }

    /// Metadata of the live root.
    pub fn live_stat(&self) -> Result<Option<Stat>, Error> {
        match &self.live {
            Some(live) => live
                .stat_self()
                .map(Some)
                .doing("look at the directory", &self.path),
            None => Ok(None),
        }
    }

    /// The parent, where the switch and the state beside need one.
    pub fn parent(&self) -> Result<&Parent, Error> {
        self.parent.as_ref().ok_or_else(|| Error::SwapImpossible {
            path: self.path.clone(),
            reason: "it is the root of all".to_owned(),
        })
    }

    /// The places where state may lie, the preferred one first: directory, its path, name there.
    fn places(&self) -> Vec<(&Dir, &Path, Vec<u8>)> {
        if let (Some(single), Some(live)) = (&self.single, &self.live) {
            return vec![(live, &self.path, state_name(single))];
        }
        let beside = self.parent.as_ref();
        let beside = beside.map(|p| (&p.dir, p.path.as_path(), state_name(&p.name)));
        let inside = self.live.as_ref();
        let inside = inside.map(|live| (live, self.path.as_path(), INSIDE.to_vec()));
        beside.into_iter().chain(inside).collect()
    }

    /// Finds state that is there.
    pub fn find(&self) -> Result<Option<Home>, Error> {
        for (dir, path, name) in self.places() {
            if let Some(home) = Home::open(dir, path, &name)? {
                return Ok(Some(home));
            }
        }
        Ok(None)
    }

    /// Makes a state directory, beside the destination unless it `only_inside` can be.
    pub fn make_home(&self, only_inside: bool) -> Result<Home, Error> {
        let mut last = None;
        for (dir, path, name) in self.places() {
            if only_inside && self.single.is_none() && name != INSIDE {
                continue;
            }
            match Home::make(dir, path, &name) {
                Ok(home) => return Ok(home),
                Err(e @ Error::Io { .. }) => last = last.or(Some(e)),
                Err(e) => return Err(e),
            }
        }
        Err(last.unwrap_or_else(|| Error::SwapImpossible {
            path: self.path.clone(),
            reason: "there is no place for its state".to_owned(),
        }))
    }
}

/// The resolved path of a destination that does not exist yet; its parent must.
fn missing(path: &Path) -> Result<PathBuf, Error> {
    if path.symlink_metadata().is_ok() {
        // A link that leads nowhere: making the directory would fail in just this way.
        return Err(io::Error::from(io::ErrorKind::AlreadyExists))
            .doing("make the directory", path);
    }
    let Some(name) = path.file_name() else {
        return Err(io::Error::from(io::ErrorKind::NotFound)).doing("open the directory", path);
    };
    let parent = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    Ok(std::fs::canonicalize(parent)
        .doing("make the directory", path)?
        .join(name))
}

/// A state directory.
#[derive(Debug)]
pub(super) struct Home {
    pub dir: Dir,
    pub path: PathBuf,
    /// Where it lies, to rename it: the directory and the name in it.
    pub place: Dir,
    pub name: Vec<u8>,
}

impl Home {
    /// Opens the state directory `name`, if there is one: `None` without our signature.
    fn open(place: &Dir, place_path: &Path, name: &[u8]) -> Result<Option<Home>, Error> {
        let path = place_path.join(as_path(name));
        let Some(version) = signature(place, name) else {
            return Ok(None);
        };
        if version > 1 {
            return Err(Error::Foreign {
                path,
                why: format!("is state of a newer resilver (format {version}): use that one"),
            });
        }
        let dir = place.open_dir(name).doing("open the state", &path)?;
        let owner = dir.stat_self().doing("look at the state", &path)?.uid;
        if owner != process::uid() {
            return Err(Error::Foreign {
                path,
                why: format!(
                    "belongs to user {owner}, not to user {}: run as that user, or remove it",
                    process::uid()
                ),
            });
        }
        Home::at(dir, path, place, name).map(Some)
    }

    fn at(dir: Dir, path: PathBuf, place: &Dir, name: &[u8]) -> Result<Home, Error> {
        Ok(Home {
            place: place.reopen().doing("open the directory", &path)?,
            dir,
            path,
            name: name.to_vec(),
        })
    }

    /// Makes it whole under another name first, so that a directory under the final name always has its
    /// signature. Nothing of what the parent hands down to new directories stays on it.
    fn make(place: &Dir, place_path: &Path, name: &[u8]) -> Result<Home, Error> {
        let path = place_path.join(as_path(name));
        if place
            .try_stat(name)
            .doing("look at the state", &path)?
            .is_some()
        {
            return Err(Error::Foreign {
                path,
                why: "is in the way: it has the name of resilver's state but is none".to_owned(),
            });
        }
        let mut draft = name.to_vec();
        // The lock is held: nobody else makes one, and what a crash left under this name goes first.
        draft.extend_from_slice(DRAFT);
        sys::cut::point("home.make");
        let made = (|| {
            place.remove_all(&draft)?;
            place.make_dir(&draft, 0o700)?;
            let dir = place.open_dir(&draft)?;
            plain(&dir)?;
            write_new(&dir, SIGNATURE, SIGNATURE_TEXT)?;
            write_new(&dir, TAG, TAG_TEXT)?;
            dir.sync()?;
            sys::cut::point("home.name");
            place.rename_new(&draft, place, name)?;
            Ok(dir)
        })();
        if made.is_err() {
            let _ = place.remove_all(&draft);
        }
        Home::at(
            made.doing("make the state directory", &path)?,
            path,
            place,
            name,
        )
    }

    /// Whether it lies in the destination that it describes.
    pub fn is_inside(&self) -> bool {
        self.name == INSIDE
    }

    /// The path of a name in it, for messages.
    pub fn join(&self, name: &[u8]) -> PathBuf {
        self.path.join(as_path(name))
    }

    /// A subdirectory that is there.
    pub fn sub(&self, name: &[u8]) -> Result<Option<Dir>, Error> {
        match self.dir.open_dir(name) {
            Ok(dir) => Ok(Some(dir)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e).doing("open the state", self.join(name)),
        }
    }

    /// A subdirectory, made when it is missing.
    pub fn sub_or_make(&self, name: &[u8]) -> Result<Dir, Error> {
        if let Some(dir) = self.sub(name)? {
            return Ok(dir);
        }
        sys::cut::point("home.sub");
        self.dir
            .make_dir(name, 0o700)
            .doing("make the directory", self.join(name))?;
        self.dir
            .open_dir(name)
            .doing("open the state", self.join(name))
    }

    /// Removes a name with all below it.
    pub fn drop(&self, name: &[u8]) -> Result<(), Error> {
        self.dir.remove_all(name).doing("remove", self.join(name))
    }

    /// Whether a name is there.
    pub fn has(&self, name: &[u8]) -> Result<bool, Error> {
        let stat = self.dir.try_stat(name).doing("look at", self.join(name))?;
        Ok(stat.is_some())
    }

    /// Renames within the state, over what was there; a missing `from` is passed over.
    pub fn rename(&self, from: &[u8], to: &[u8]) -> Result<(), Error> {
        match self.dir.rename(from, &self.dir, to) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(e).doing("rename", self.join(from))
            }
            _ => Ok(()),
        }
    }

    /// Sets the whole state aside under a name that nothing uses, with the tree that stood at the
    /// switch's place, if any; returns where it is now.
    pub fn set_aside(&self, site: &Site) -> Result<PathBuf, Error> {
        if let (Some(parent), false) = (&site.parent, self.is_inside()) {
            let tilde = parent.tilde();
            let stands = parent
                .dir
                .try_stat(&tilde)
                .doing("look at", parent.tilde_path())?;
            if stands.is_some() && !self.has(ORPHAN)? {
                parent
                    .dir
                    .rename_new(&tilde, &self.dir, ORPHAN)
                    .doing("rename", parent.tilde_path())?;
            }
        }
        for n in 1.. {
            let mut aside = self.name.clone();
            aside.extend_from_slice(format!(".stale-{n}").as_bytes());
            match self.place.rename_new(&self.name, &self.place, &aside) {
                Ok(()) => return Ok(self.path.with_file_name(as_path(&aside))),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && n < 10_000 => {}
                Err(e) => return Err(e).doing("set aside", &self.path),
            }
        }
        unreachable!("the range has no end")
    }

    /// State of this destination that was set aside, and drafts of state that a crash left: names in
    /// the directory that the state lies in.
    pub fn set_aside_before(place: &Dir, name: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut stale = name.to_vec();
        stale.extend_from_slice(b".stale-");
        let mut draft = name.to_vec();
        draft.extend_from_slice(DRAFT);
        let all = place.list()?;
        Ok(all
            .iter()
            .filter(|item| item.name.starts_with(&stale) || item.name.starts_with(&draft))
            .filter(|item| is_state(place, item.name))
            .map(|item| item.name.to_vec())
            .collect())
    }
}

impl Site {
    /// State of this destination that was set aside: where it lies, and its names there.
    pub fn set_aside_before(&self) -> Result<Vec<(&Dir, &Path, Vec<Vec<u8>>)>, Error> {
        let mut found = Vec::new();
        for (dir, path, name) in self.places() {
            let names = Home::set_aside_before(dir, &name).doing("list the directory", path)?;
            found.push((dir, path, names));
        }
        Ok(found)
    }
}

/// Takes from a directory what its parent handed down: ACLs, the set-group-id bit and the group.
fn plain(dir: &Dir) -> io::Result<()> {
    use xattr::FileExt;
    for acl in ["system.posix_acl_default", "system.posix_acl_access"] {
        match dir.as_file().remove_xattr(acl) {
            Ok(()) => {}
            // No such attribute, or no ACLs here at all.
            Err(e)
                if matches!(
                    rustix::io::Errno::from_io_error(&e),
                    Some(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP)
                ) => {}
            Err(e) => return Err(e),
        }
    }
    if dir.stat_self()?.gid != process::gid() {
        sys::set_owner(dir.as_file(), None, Some(process::gid()))?;
    }
    dir.set_own_mode(0o700)
}

fn write_new(dir: &Dir, name: &[u8], text: &[u8]) -> io::Result<()> {
    let mut file = dir.create_file(name, 0o600)?;
    file.write_all(text)?;
    file.sync_data()
}

=======
>>>>>>> stage
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
    if !name.starts_with(b".") {
        return false;
    }
    if let Some(state) = name.strip_suffix(b"~") {
        return state.ends_with(SUFFIX) && signature(dir, state).is_some();
    }
    let may_be = name.ends_with(SUFFIX)
        || find(name, b".resilver.stale-").is_some()
        || find(name, b".resilver.new-").is_some();
    may_be && signature(dir, name).is_some()
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// The state directory in which a path lies, if any: an operand, or a shell whose directory became the
/// old tree at a switch.
#[must_use]
pub fn resolve_inside_state(path: &Path) -> Option<PathBuf> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    // What does not exist yet lies where its parent lies.
    let resolved = std::fs::canonicalize(path)
        .or_else(|_| std::fs::canonicalize(path.parent().unwrap_or(Path::new("."))))
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
        let state = resolve_inside_state(&inside).unwrap();
        assert!(state.ends_with(".a.resilver"));
        assert_eq!(resolve_inside_state(tmp.path()), None);
    }
}
