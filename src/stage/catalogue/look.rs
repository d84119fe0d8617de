//! Looks at what a destination has of what its catalogue lists, from several threads.

use std::io;
use std::path::{Path, PathBuf};

use super::check::Kept;
use super::{Record, Sum, parts};
use crate::delta::Checksum;
use crate::stage::error::{Doing, Error};
use crate::stage::reading::{UntilStopped, sum_of};
use crate::sys::{Dir, Kind, Stat, Time, as_path};

/// Bytes that are read at a time.
pub(super) const STEP: usize = 256 << 10;

/// Where entries are looked for, and how.
pub(super) struct Live<'l> {
    pub dest: &'l Path,
    pub dir: Dir,
    pub kept: &'l Kept,
}

/// What looking at an entry gave.
#[derive(Default)]
pub(super) struct Looked {
    /// None where it is not there.
    pub stat: Option<Stat>,
    pub target: Option<PathBuf>,
    pub sum: Option<Sum>,
}

impl Live<'_> {
    /// A directory of the destination; none where there is none of this path.
    pub fn open(&self, path: &Path) -> Result<Option<Dir>, Error> {
        let opened = match self.dir.open_beneath(path) {
            Err(_) if self.kept.linked_dirs => Dir::open(&self.dest.join(path)),
            opened => opened,
        };
        match opened {
            Ok(dir) => Ok(Some(dir)),
            Err(e) if is_another(&e) => Ok(None),
            Err(e) => Err(e).doing("open the directory", self.dest.join(path)),
        }
    }

    pub fn look(
        &self,
        dir: Result<&Option<Dir>, &Error>,
        path: &Path,
        record: &Record,
        buffer: &mut [u8],
    ) -> Result<Looked, Error> {
        let told = || self.dest.join(path);
        let name = parts(path).1;
        let dir = match dir {
            Ok(Some(dir)) => dir,
            Ok(None) => return Ok(Looked::default()),
            // It is told once more for every entry, which stays unverified.
            Err(e) => return Err(closed(e, told())),
        };
        let stat = match name.is_empty() {
            true => dir.stat_self().map(Some),
            false => dir.try_stat(name),
        };
        let mut looked = Looked {
            stat: stat.doing("look at", told())?,
            ..Looked::default()
        };
        match looked.stat {
            Some(stat) if stat.kind == Kind::Symlink => {
                let target = dir.read_link(name).doing("read the link", told())?;
                looked.target = Some(as_path(&target).to_owned());
            }
            Some(stat) if self.is_to_be_read(record, &stat) => {
                let algorithm = record
                    .sum
                    .map_or_else(Checksum::default, |sum| sum.algorithm);
                let mut read = || sum_of(UntilStopped(dir.open_file(name)?), algorithm, buffer);
                let digest = read().doing("read", told())?;
                looked.sum = digest.map(|digest| Sum { algorithm, digest });
            }
            _ => {}
        }
        Ok(looked)
    }

    /// Whether content says something: not of a file that was changed, unless it may have changed back.
    fn is_to_be_read(&self, record: &Record, stat: &Stat) -> bool {
        let are_files = record.kind == Kind::File && stat.kind == Kind::File;
        let is_known = record.sum.is_some();
        are_files && stat.size == record.size && (is_known || self.is_on_time(record, stat))
    }

    pub fn is_on_time(&self, record: &Record, stat: &Stat) -> bool {
        let Time { sec, nsec } = stat.mtime;
        let is_near = sec.abs_diff(record.mtime.sec) <= self.kept.window;
        // Not every file system keeps parts of seconds.
        let is_same = sec == record.mtime.sec && (nsec == record.mtime.nsec || nsec == 0);
        is_same || (self.kept.window > 0 && is_near)
    }
}

/// Whether a path cannot be opened because something else is there.
fn is_another(e: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(e);
    matches!(errno, Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP))
}

/// The same error about an entry of the directory.
fn closed(error: &Error, path: PathBuf) -> Error {
    let source = error.io().and_then(io::Error::raw_os_error);
    let source = source.map_or_else(|| io::Error::other("unknown"), io::Error::from_raw_os_error);
    let failed: Result<(), Error> = Err(source).doing("look at", path);
    failed.unwrap_err()
}
