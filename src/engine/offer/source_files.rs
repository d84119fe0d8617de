//! Opening files of the source, by their paths within the transfer.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::shelf::Subject;
use crate::sys::{Dir, Kind, Object, sparse};

/// The sources' directories; the one that was asked for last stays open.
pub(super) struct SourceFiles<'s> {
    /// Paths of the sources.
    pub sources: &'s [PathBuf],
    /// Whether symbolic links may lead to a directory of the transfer.
    pub follows: bool,
    /// Devices are sent by their content.
    pub devices: bool,
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
            kind if self.devices && kind.is_device() => {
                let size = sparse::device_size(&file);
                Ok((file, size))
            }
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// Looks at what has an entry's attributes.
    ///
    /// # Errors
    /// The system's reason.
    pub(super) fn look<T>(
        &mut self,
        subject: &Subject,
        look: impl FnOnce(Object<'_>) -> T,
    ) -> io::Result<T> {
        if subject.path.as_os_str().is_empty() {
            let base = self.base(subject.place.operand)?;
            return Ok(look(Object::Open(base.as_file())));
        }
        let follows = self.follows;
        let (dir, name) = (self.dir(subject)?, subject.name());
        if subject.place.followed {
            let file = dir.open_target_file(name)?;
            return Ok(look(Object::Open(&file)));
        }
        if follows && subject.kind == Kind::Dir {
            let dir = dir.open_target_dir(name)?;
            return Ok(look(Object::Open(dir.as_file())));
        }
        Ok(look(Object::Name(dir, name)))
    }

    /// The directory around an entry; no symbolic link leads there.
    ///
    /// # Errors
    /// The system's reason.
    pub(super) fn enter_beneath(&self, subject: &Subject) -> io::Result<Dir> {
        self.base(subject.place.operand)?
            .open_beneath(subject.parent())
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
        let dir = match self.follows {
            true => Dir::open(&self.path(operand)?.join(path))?,
            false => self.base(operand)?.open_beneath(path)?,
        };
        match self.unseen {
            true => dir.reopen_unseen(),
            false => Ok(dir),
        }
    }

    fn base(&self, operand: u16) -> io::Result<Dir> {
        Dir::open(self.path(operand)?)
    }

    fn path(&self, operand: u16) -> io::Result<&Path> {
        let path = self.sources.get(usize::from(operand));
        Ok(path.ok_or(io::ErrorKind::NotFound)?)
    }
}
