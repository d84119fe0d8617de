//! What differs between two points.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::series::Series;
use super::stamp::Stamp;
use crate::stage::error::{Doing, Error};
use crate::sys::{Dir, Kind, Stat};

/// What became of a path from one point to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// Only the later one has it.
    Created,
    /// Only the earlier one has it.
    Deleted,
    /// Its content, or its kind, is another.
    Content,
    /// Only its permissions or its owner are others.
    Attributes,
}

/// A path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Below the points.
    pub path: PathBuf,
    /// How.
    pub changed: Changed,
    /// As the earlier point has it.
    pub before: Option<Stat>,
    /// As the later one has it.
    pub after: Option<Stat>,
}

/// What differs from point `a` to point `b`, in the order of names, each directory before what is in it. Files
/// that share an inode, or agree in size and time, are taken as equal in content.
///
/// # Errors
/// [`Error::Io`].
pub fn compare(
    series: &Series,
    (a, b): (Stamp, Stamp),
    tell: &mut dyn FnMut(Difference),
) -> Result<(), Error> {
    let side = |stamp: Stamp| -> Result<(Dir, Manifest), Error> {
        let deltas = Manifest::read(series.home.as_ref(), stamp)?;
        Ok((series.tree(stamp)?, deltas))
    };
    let ((a, a_deltas), (b, b_deltas)) = (side(a)?, side(b)?);
    let (a, b) = (Some((&a, &a_deltas)), Some((&b, &b_deltas)));
    both(series, a, b, Path::new(""), tell)
}

/// A directory of a point, with the deltas of that point.
type Side<'s> = (&'s Dir, &'s Manifest);

fn both(
    series: &Series,
    a: Option<Side<'_>>,
    b: Option<Side<'_>>,
    path: &Path,
    tell: &mut dyn FnMut(Difference),
) -> Result<(), Error> {
    let mut names: BTreeMap<Vec<u8>, (Option<Stat>, Option<Stat>)> = BTreeMap::new();
    let at = |path: &Path| series.path.join(path);
    for (dir, is_after) in [(a, false), (b, true)] {
        let Some((dir, deltas)) = dir else { continue };
        for item in dir.list().doing("list the directory", at(path))?.iter() {
            let stat = dir.stat(item.name).doing("look at", at(path))?;
            let seen = deltas.seen(dir, path, item.name, stat);
            let Some((name, stat)) = seen.doing("look at", at(path))? else {
                continue;
            };
            let pair = names.entry(name).or_default();
            match is_after {
                false => pair.0 = Some(stat),
                true => pair.1 = Some(stat),
            }
        }
    }
    for (name, (before, after)) in names {
        let below = path.join(std::ffi::OsStr::from_bytes(&name));
        let links = || -> Result<bool, Error> {
            let read = |dir: Option<Side<'_>>| dir.map(|dir| dir.0.read_link(&name)).transpose();
            let (old, new) = (read(a), read(b));
            Ok(
                old.doing("read the link", at(&below))?
                    == new.doing("read the link", at(&below))?,
            )
        };
        let changed = match (&before, &after) {
            (Some(old), Some(new)) if old.same_object(new) => None,
            (Some(old), Some(new)) => {
                match old.kind == new.kind && same_content(old, new, links)? {
                    false => Some(Changed::Content),
                    true if attributes(old) != attributes(new) => Some(Changed::Attributes),
                    true => None,
                }
            }
            (None, _) => Some(Changed::Created),
            (_, None) => Some(Changed::Deleted),
        };
        if let Some(changed) = changed {
            tell(Difference {
                path: below.clone(),
                changed,
                before,
                after,
            });
        }
        let inner = |dir: Option<Side<'_>>, stat: &Option<Stat>| -> Result<Option<Dir>, Error> {
            match (dir, stat) {
                (Some(dir), Some(stat)) if stat.is_dir() => {
                    let opened = dir.0.open_dir(&name);
                    opened.doing("open the directory", at(&below)).map(Some)
                }
                _ => Ok(None),
            }
        };
        let (inner_a, inner_b) = (inner(a, &before)?, inner(b, &after)?);
        if inner_a.is_some() || inner_b.is_some() {
            let (a, b) = (
                inner_a.as_ref().zip(a.map(|a| a.1)),
                inner_b.as_ref().zip(b.map(|b| b.1)),
            );
            both(series, a, b, &below, tell)?;
        }
    }
    Ok(())
}

/// Whether two objects of one kind have the same content, as far as can be told without reading it.
fn same_content(
    old: &Stat,
    new: &Stat,
    links: impl Fn() -> Result<bool, Error>,
) -> Result<bool, Error> {
    Ok(match old.kind {
        Kind::File => (old.size, old.mtime) == (new.size, new.mtime),
        Kind::Symlink => links()?,
        Kind::CharDevice | Kind::BlockDevice => old.rdev == new.rdev,
        _ => true,
    })
}

fn attributes(stat: &Stat) -> (u32, u32, u32) {
    (stat.mode, stat.uid, stat.gid)
}
