//! A state directory: found, made, set aside.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::{Doing, Error};
use super::layout::{
    INSIDE, ORPHAN, SIGNATURE, SIGNATURE_TEXT, TAG, TAG_TEXT, is_state, signature,
};
use super::site::Site;
use crate::sys::{self, Dir, as_path, process};

/// Behind the name of a state directory that is being made.
const DRAFT: &[u8] = b".new";

/// A state directory.
#[derive(Debug)]
pub(super) struct Home {
    pub dir: Dir,
    pub path: PathBuf,
    /// Where it lies, to rename it: the directory and the name in it.
    pub place: Dir,
    pub name: Vec<u8>,
}

/// Puts a file of a state directory into place in one step, by way of the name `draft`; durable on return unless
/// `no_fsync`. `step` is the moment before that step, for those who stop a run there.
pub(super) fn replace(
    dir: &Dir,
    (draft, name): (&[u8], &[u8]),
    content: &[u8],
    no_fsync: bool,
    step: &'static str,
) -> io::Result<()> {
    dir.remove_all(draft)?;
    let mut file = dir.create_file(draft, 0o600)?;
    file.write_all(content)?;
    if !no_fsync {
        file.sync_all()?;
    }
    sys::cut::point(step);
    dir.rename(draft, dir, name)?;
    if !no_fsync {
        dir.sync()?;
    }
    Ok(())
}

impl Home {
    /// Opens the state directory `name`, if there is one: `None` without our signature.
    pub fn open(place: &Dir, place_path: &Path, name: &[u8]) -> Result<Option<Home>, Error> {
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
    pub fn make(place: &Dir, place_path: &Path, name: &[u8]) -> Result<Home, Error> {
        let path = place_path.join(as_path(name));
        if place
            .try_stat(name)
            .doing("look at the state", &path)?
            .is_some()
        {
            return Err(Error::Foreign {
                path,
                why: "is in the way, since it has the name of resilver's state but is none: \
                      move or remove it"
                    .to_owned(),
            });
        }
        let mut draft = name.to_vec();
        // The lock is held: nobody else makes one, and what a crash left under this name goes first.
        draft.extend_from_slice(DRAFT);
        sys::cut::point("home.make");
        let made = (|| {
            let mtime = place.stat_self()?.mtime;
            place.remove_all(&draft)?;
            place.make_dir(&draft, 0o700)?;
            let dir = place.open_dir(&draft)?;
            plain(&dir)?;
            write_new(&dir, SIGNATURE, SIGNATURE_TEXT)?;
            write_new(&dir, TAG, TAG_TEXT)?;
            dir.sync()?;
            sys::cut::point("home.name");
            place.rename_new(&draft, place, name)?;
            if name == INSIDE {
                // The destination's own content did not change.
                let _ = sys::set_mtime(place.as_file(), mtime);
            }
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
