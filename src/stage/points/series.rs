//! A directory of time points: what is in it.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::record::Record;
use super::stamp::{LEN, Stamp};
use crate::stage::error::{Doing, Error};
use crate::stage::home::Home;
use crate::stage::layout::{is_state, signature};
use crate::sys::{self, Dir, Kind, as_path};

/// The link to the newest point.
pub(super) const LATEST: &[u8] = b"latest";
/// What makes a directory one of time points.
pub(super) const HOME: &[u8] = b".time-points.resilver";
/// Behind the hidden name of a point that is being deleted.
pub(super) const DELETED: &[u8] = b".deleted";
/// Behind the hidden name of a point that is made whole to be restored.
pub(super) const WHOLE: &[u8] = b".whole";
/// Behind the name of a point's state.
pub(super) const STATE: &[u8] = b".resilver";

/// A time point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it was made, which is its name.
    pub stamp: Stamp,
    /// Whether its source could be read whole; none where nobody wrote it down.
    pub complete: Option<bool>,
}

impl Point {
    /// Whether it serves as the last copy there is.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.complete != Some(false)
    }
}

/// A directory of time points.
#[derive(Debug)]
pub struct Series {
    /// Resolved.
    pub(super) path: PathBuf,
    pub(super) dir: Dir,
    /// None where points were copied here without it.
    pub(super) home: Option<Home>,
}

impl Series {
    /// Opens a directory of time points.
    ///
    /// # Errors
    /// [`Error::Series`] where it is none, [`Error::Foreign`] where it belongs to another user, [`Error::Io`].
    pub fn open(dest: &Path) -> Result<Series, Error> {
        let series = Series::at(dest)?;
        if series.home.is_none() && series.stamps()?.is_empty() {
            return Err(series.refused("holds no time points"));
        }
        Ok(series)
    }

    /// The same for one that may become one.
    pub(super) fn at(dest: &Path) -> Result<Series, Error> {
        let path = std::fs::canonicalize(dest).doing("open the directory", dest)?;
        let dir = Dir::open(&path).doing("open the directory", &path)?;
        let home = Home::open(&dir, &path, HOME)?;
        Ok(Series { path, dir, home })
    }

    /// Its resolved path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where a point lies.
    #[must_use]
    pub fn path_of(&self, stamp: Stamp) -> PathBuf {
        self.path.join(stamp.to_string())
    }

    pub(super) fn refused(&self, why: impl Into<String>) -> Error {
        Error::Series {
            path: self.path.clone(),
            why: why.into(),
        }
    }

    /// The points, oldest first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn points(&self) -> Result<Vec<Point>, Error> {
        let point = |stamp| {
            let record = match &self.home {
                Some(home) => Record::read(home, stamp)?,
                None => None,
            };
            Ok(Point {
                stamp,
                complete: record.map(|record| record.complete),
            })
        };
        self.stamps()?.into_iter().map(point).collect()
    }

    pub(super) fn stamps(&self) -> Result<Vec<Stamp>, Error> {
        let listed = self.dir.list().doing("list the directory", &self.path)?;
        let mut stamps = Vec::new();
        for item in listed.iter() {
            if let Some(stamp) = Stamp::of_name(item.name)
                && self.has(item.name)?
            {
                stamps.push(stamp);
            }
        }
        stamps.sort_unstable();
        Ok(stamps)
    }

    /// Whether a directory of this name is there.
    pub(super) fn has(&self, name: &[u8]) -> Result<bool, Error> {
        let found = self.dir.try_stat(name);
        let found = found.doing("look at", self.path.join(as_path(name)))?;
        Ok(found.is_some_and(|stat| stat.is_dir()))
    }

    /// What `latest` names, if it is there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn latest(&self) -> Result<Option<Stamp>, Error> {
        let path = || self.path.join(as_path(LATEST));
        match self.dir.read_link(LATEST) {
            Ok(target) => match Stamp::of_name(&target) {
                Some(stamp) if self.has(&target)? => Ok(Some(stamp)),
                _ => Ok(None),
            },
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) if e.kind() == io::ErrorKind::InvalidInput => {
                Err(self.refused("has something else under the name \"latest\": move it away"))
            }
            Err(e) => Err(e).doing("read the link", path()),
        }
    }

    /// The point that a person means: a name, the beginning of one that is the only one to begin so, or `latest`.
    ///
    /// # Errors
    /// [`Error::Series`] where that is none or several.
    pub fn named(&self, word: &str) -> Result<Stamp, Error> {
        if word.as_bytes() == LATEST {
            let newest = || Ok(self.stamps()?.last().copied());
            let found = self
                .latest()?
                .map_or_else(newest, |stamp| Ok(Some(stamp)))?;
            return found.ok_or_else(|| self.refused("holds no time points"));
        }
        let all = self.stamps()?;
        let mut begin = all
            .iter()
            .filter(|stamp| !word.is_empty() && stamp.to_string().starts_with(word));
        match (begin.next(), begin.next()) {
            (Some(stamp), None) => Ok(*stamp),
            (Some(first), Some(second)) => Err(self.refused(format!(
                "has more than one time point that begins with \"{word}\": {first}, {second}"
            ))),
            (None, _) => Err(self.refused(format!("has no time point \"{word}\""))),
        }
    }

    /// Names that runs and deletions leave: what is behind the stamp, by stamp, the newest first.
    pub(super) fn leftovers(&self) -> Result<Vec<(Stamp, Vec<u8>)>, Error> {
        let listed = self.dir.list().doing("list the directory", &self.path)?;
        let mut found = Vec::new();
        for item in listed.iter() {
            let Some((stamp, behind)) = hidden(item.name) else {
                continue;
            };
            if behind == DELETED || behind == WHOLE || is_state(&self.dir, item.name) {
                found.push((stamp, behind.to_vec()));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    /// Refuses a directory that serves another purpose.
    pub(super) fn refuse_strangers(&self) -> Result<(), Error> {
        if self.home.is_some() {
            return Ok(());
        }
        let listed = self.dir.list().doing("list the directory", &self.path)?;
        let is_ours = |name: &[u8]| {
            name == LATEST
                || name == b"lost+found"
                || Stamp::of_name(name).is_some()
                || hidden(name).is_some()
                || name.starts_with(HOME)
        };
        match listed.iter().find(|item| !is_ours(item.name)) {
            Some(item) => Err(self.refused(format!(
                "has \"{}\" in it and is no directory of time points: give it one of its own, new or empty",
                crate::tree::shown(as_path(item.name))
            ))),
            None => Ok(()),
        }
    }
}

/// The name under which what belongs to a point is out of sight.
pub(super) fn hidden_name(stamp: Stamp, behind: &[u8]) -> Vec<u8> {
    [b".".as_slice(), &stamp.name(), behind].concat()
}

/// The stamp in a hidden name, and what is behind it.
fn hidden(name: &[u8]) -> Option<(Stamp, &[u8])> {
    let (stamp, behind) = name.strip_prefix(b".")?.split_at_checked(LEN)?;
    Some((Stamp::of_name(stamp)?, behind))
}

/// The directory of time points that a path is, or the one that it is a point of, with that point; none for
/// what has nothing to do with time points.
///
/// # Errors
/// [`Error::Foreign`] where it belongs to another user, [`Error::Io`].
pub fn series_of(path: &Path) -> Result<Option<(Series, Option<Stamp>)>, Error> {
    let series = Series::at(path)?;
    if series.home.is_some() {
        return Ok(Some((series, None)));
    }
    let stamp = series.path.file_name().map(OsStrExt::as_bytes);
    let Some((stamp, parent)) = stamp.and_then(Stamp::of_name).zip(series.path.parent()) else {
        return Ok(None);
    };
    let around = Series::at(parent)?;
    Ok(around.home.is_some().then_some((around, Some(stamp))))
}

/// Refuses to mirror over a directory of time points.
///
/// # Errors
/// [`Error::Series`].
pub fn refuse_other(dest: &Path) -> Result<(), Error> {
    let is_one = Dir::open(dest).is_ok_and(|dir| signature(&dir, HOME).is_some());
    if !is_one {
        return Ok(());
    }
    Err(Error::Series {
        path: dest.to_owned(),
        why: "is a directory of time points: --time-points adds one to it".to_owned(),
    })
}

/// Visits all that is below a directory of a point, a delta as the file that it stands for.
pub(super) fn walk(
    dir: &Dir,
    path: &Path,
    deltas: &Manifest,
    visit: &mut dyn FnMut(&Path, &sys::Stat),
) -> Result<(), Error> {
    let listed = dir.list().doing("list the directory", path)?;
    for item in listed.iter() {
        let stat = dir.stat(item.name);
        let stat = stat.doing("look at", path.join(as_path(item.name)))?;
        let seen = deltas.seen(dir, path, item.name, stat);
        let Some((name, stat)) = seen.doing("look at", path)? else {
            continue;
        };
        let below = path.join(as_path(&name));
        visit(&below, &stat);
        if stat.kind == Kind::Dir {
            let inner = dir.open_dir(item.name);
            walk(
                &inner.doing("open the directory", &below)?,
                &below,
                deltas,
                visit,
            )?;
        }
    }
    Ok(())
}
