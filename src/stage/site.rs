//! A destination: where it is, what is there, and where its state can lie.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::{Doing, Error};
use super::home::Home;
use super::layout::{INSIDE, state_name};
use crate::sys::{Dir, Stat, as_path};

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

/// State that was set aside: where it lies, and its names there.
pub(super) struct SetAside<'a> {
    pub dir: &'a Dir,
    pub path: &'a Path,
    pub names: Vec<Vec<u8>>,
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
                Err(e) if may_not_write(&e) => last = last.or(Some(e)),
                Err(e) => return Err(e),
            }
        }
        Err(last.unwrap_or_else(|| Error::SwapImpossible {
            path: self.path.clone(),
            reason: "there is no place for its state".to_owned(),
        }))
    }
}

impl Site {
    /// State of this destination that was set aside: where it lies, and its names there.
    pub fn set_aside_before(&self) -> Result<Vec<SetAside<'_>>, Error> {
        let mut found = Vec::new();
        for (dir, path, name) in self.places() {
            let names = Home::set_aside_before(dir, &name).doing("list the directory", path)?;
            found.push(SetAside { dir, path, names });
        }
        Ok(found)
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

/// Whether it is the right that is missing: then another place may do.
fn may_not_write(e: &Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    e.io()
        .is_some_and(|e| matches!(e.kind(), PermissionDenied | ReadOnlyFilesystem))
}
