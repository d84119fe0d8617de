//! Opening and removing files of the source, by their paths within the transfer.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::shelf::Subject;
use crate::sys::{Dir, Kind, Stat};

/// The sources' directories; the one that was asked for last stays open.
pub(super) struct SourceFiles<'s> {
    /// Paths of the sources.
    pub sources: &'s [PathBuf],
    /// Whether symbolic links may lead to a directory of the transfer.
    pub follows: bool,
    /// Access times are to stay.
    pub unseen: bool,
    pub last: Option<(u16, PathBuf, Dir)>,
}

impl SourceFiles<'_> {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// The system's reason; [`io::ErrorKind::InvalidInput`] for what is no regular file any more.
    pub(super) fn open(&mut self, subject: &Subject) -> io::Result<(File, u64)> {
        let followed = subject.place.followed;
        let (dir, name) = (self.dir(subject)?, subject.name());
        let file = match followed {
            true => dir.open_target_file(name)?,
            false => dir.open_file(name)?,
        };
        let stat = crate::sys::stat_file(&file)?;
        match stat.kind {
            Kind::File => Ok((file, stat.size)),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Looks at an entry.
    ///
    /// # Errors
    /// The system's reason.
    pub(super) fn stat(&mut self, subject: &Subject) -> io::Result<Stat> {
        let followed = subject.place.followed;
        let dir = self.dir(subject)?;
        match followed {
            true => dir.stat_target(subject.name()),
            false => dir.stat(subject.name()),
        }
    }

    /// Removes an entry that is no directory.
    ///
    /// # Errors
    /// The system's reason.
    pub(super) fn remove(&mut self, subject: &Subject) -> io::Result<()> {
        self.dir(subject)?.unlink(subject.name())
    }

    fn dir(&mut self, subject: &Subject) -> io::Result<&Dir> {
        let (operand, parent) = (subject.place.operand, subject.parent());
        let is_last = |last: &(u16, PathBuf, Dir)| last.0 == operand && last.1 == parent;
        if !self.last.as_ref().is_some_and(is_last) {
            let dir = self.enter(operand, parent)?;
            self.last = Some((operand, parent.to_owned(), dir));
        }
        match &self.last {
            Some((_, _, dir)) => Ok(dir),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn enter(&self, operand: u16, path: &Path) -> io::Result<Dir> {
        let base = self.sources.get(usize::from(operand));
        let base = base.ok_or(io::ErrorKind::NotFound)?;
        let dir = match self.follows {
            true => Dir::open(&base.join(path))?,
            false => Dir::open(base)?.open_beneath(path)?,
        };
        match self.unseen {
            true => dir.reopen_unseen(),
            false => Ok(dir),
        }
    }
}
