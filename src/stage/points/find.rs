//! Which points have a path, and in which versions.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::series::{Series, walk};
use super::stamp::Stamp;
use crate::stage::error::Error;
use crate::sys::Stat;
use crate::tree::{Begin, Glob};

/// One version of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Below the points.
    pub path: PathBuf,
    /// The first of the points in a row that have it.
    pub first: Stamp,
    /// The last of them.
    pub last: Stamp,
    /// How many those are.
    pub points: u64,
    /// Its metadata in the first.
    pub stat: Stat,
}

/// The versions of all paths that a pattern meets, by path, the oldest first. A pattern without a slash is
/// for names, one with a slash for whole paths below a point.
///
/// # Errors
/// [`Error::Io`].
pub fn find(series: &Series, pattern: &[u8]) -> Result<Vec<Found>, Error> {
    let trimmed = pattern.strip_prefix(b"/").unwrap_or(pattern);
    let Some(glob) = Glob::compile(trimmed) else {
        return Ok(Vec::new());
    };
    let whole = pattern.contains(&b'/');
    let mut versions: BTreeMap<PathBuf, Vec<(usize, Found)>> = BTreeMap::new();
    for (number, stamp) in series.stamps()?.into_iter().enumerate() {
        let tree = series.tree(stamp)?;
        let deltas = Manifest::read(series.home.as_ref(), stamp)?;
        walk(&tree, Path::new(""), &deltas, &mut |path, stat| {
            let text = match whole {
                true => path.as_os_str(),
                false => path.file_name().unwrap_or_default(),
            };
            if !glob.matches(text.as_bytes(), 0, Begin::Start) {
                return;
            }
            let known = versions.entry(path.to_owned()).or_default();
            if let Some((before, found)) = known.last_mut()
                && *before + 1 == number
                && is_same(&found.stat, stat)
            {
                (*before, found.last) = (number, stamp);
                found.points += 1;
                return;
            }
            let found = Found {
                path: path.to_owned(),
                first: stamp,
                last: stamp,
                points: 1,
                stat: *stat,
            };
            known.push((number, found));
        })?;
    }
    let all = versions.into_values().flatten();
    Ok(all.map(|(_, found)| found).collect())
}

/// Whether two points have one version.
fn is_same(a: &Stat, b: &Stat) -> bool {
    let version = |s: &Stat| (s.kind, s.size, s.mtime, s.mode, s.uid, s.gid);
    a.same_object(b) || (a.is_dir() && b.is_dir()) || version(a) == version(b)
}
