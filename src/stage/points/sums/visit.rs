//! Looks at all of a point, directory by directory, each before what is in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::coding::Entry;
use crate::stage::error::{Doing, Error};
use crate::stage::points::manifest::Manifest;
use crate::sys::{Dir, Kind, Listed, Listing, Stat, as_path};

/// An entry that is there; a delta as the file that it stands for.
pub(super) struct Seen {
    pub entry: Entry,
    /// Of what is there; none where that was known without looking.
    pub stat: Option<Stat>,
    /// The name of the delta that is there instead.
    pub delta: Option<Vec<u8>>,
}

impl Seen {
    /// The name that is there.
    pub fn name(&self) -> &[u8] {
        self.delta.as_deref().unwrap_or(&self.entry.name)
    }

    /// What is there.
    pub fn object(&self) -> Object {
        self.stat
            .map_or_else(Object::default, |stat| (stat.dev, stat.ino))
    }
}

/// Device and inode.
pub(super) type Object = ((u32, u32), u64);

/// What is known of a directory beforehand: another one that shares objects with it, and what those are.
pub(super) struct Known {
    pub names: Listing,
    pub entries: Vec<Entry>,
}

impl Known {
    /// What an object is that the other directory has under the same name.
    fn of(&self, item: Listed<'_>) -> Option<&Entry> {
        self.names
            .find(item.name)
            .filter(|other| other.ino == item.ino)?;
        let at = self
            .entries
            .binary_search_by(|entry| (*entry.name).cmp(item.name));
        let entry = &self.entries[at.ok()?];
        let is_whole = match entry.kind {
            Kind::Dir => false,
            Kind::File => entry.sum.is_some(),
            _ => true,
        };
        is_whole.then_some(entry)
    }
}

/// A directory with its entries by name; the point itself comes first in its own.
pub(super) struct Visited {
    pub path: PathBuf,
    pub dir: Arc<Dir>,
    pub entries: Vec<Seen>,
}

/// Who looks.
pub(super) trait Visitor {
    /// What is known of a directory that is about to be looked at.
    fn known(&mut self, path: &Path, dir: &Dir) -> Result<Option<Known>, Error>;
    /// A directory, before what is in it.
    fn directory(&mut self, visited: Visited) -> Result<(), Error>;
    /// A directory that cannot be looked into.
    fn closed(&mut self, path: &Path, error: Error) -> Result<(), Error>;
}

/// Visits a tree.
pub(super) fn visit(
    root: Dir,
    told: &Path,
    deltas: &Manifest,
    visitor: &mut impl Visitor,
) -> Result<(), Error> {
    let root = Arc::new(root);
    below(&root, Path::new(""), told, deltas, visitor)
}

fn below(
    dir: &Arc<Dir>,
    path: &Path,
    told: &Path,
    deltas: &Manifest,
    visitor: &mut impl Visitor,
) -> Result<(), Error> {
    let known = visitor.known(path, dir)?;
    let entries = match entries(dir, path, told, deltas, known.as_ref()) {
        Ok(entries) => entries,
        Err(e) => return visitor.closed(path, e),
    };
    let is_dir = |seen: &&Seen| seen.entry.kind == Kind::Dir && !seen.entry.name.is_empty();
    let dirs = entries.iter().filter(is_dir);
    let dirs: Vec<Box<[u8]>> = dirs.map(|seen| seen.entry.name.clone()).collect();
    visitor.directory(Visited {
        path: path.to_owned(),
        dir: Arc::clone(dir),
        entries,
    })?;
    for name in dirs {
        let inner = path.join(as_path(&name));
        match dir.open_dir(&name) {
            Ok(dir) => below(&Arc::new(dir), &inner, told, deltas, visitor)?,
            Err(e) => {
                let e = Err::<(), _>(e).doing("open the directory", told.join(&inner));
                visitor.closed(&inner, e.unwrap_err())?;
            }
        }
    }
    Ok(())
}

fn entries(
    dir: &Dir,
    path: &Path,
    told: &Path,
    deltas: &Manifest,
    known: Option<&Known>,
) -> Result<Vec<Seen>, Error> {
    let at = told.join(path);
    let mut seen = Vec::new();
    if path.as_os_str().is_empty() {
        let stat = dir.stat_self().doing("look at", &at)?;
        seen.push(Seen {
            entry: Entry::of(b"", &stat, Vec::new()),
            stat: Some(stat),
            delta: None,
        });
    }
    let listed = dir.list().doing("list the directory", &at)?;
    for item in listed.iter() {
        if let Some(entry) = known.and_then(|known| known.of(item)) {
            seen.push(Seen {
                entry: entry.clone(),
                stat: None,
                delta: None,
            });
            continue;
        }
        let stat = dir.try_stat(item.name).doing("look at", &at)?;
        let Some(stat) = stat else { continue };
        let stands_for = deltas.seen(dir, path, item.name, stat);
        let Some((name, shown)) = stands_for.doing("look at", &at)? else {
            continue;
        };
        let target = match stat.kind {
            Kind::Symlink => dir.read_link(item.name).doing("read the link", &at)?,
            _ => Vec::new(),
        };
        seen.push(Seen {
            entry: Entry::of(&name, &shown, target),
            stat: Some(stat),
            delta: (name != item.name).then(|| item.name.to_vec()),
        });
    }
    seen.sort_unstable_by(|a, b| a.entry.name.cmp(&b.entry.name));
    Ok(seen)
}
