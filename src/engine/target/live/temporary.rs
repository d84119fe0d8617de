//! `--temp-dir`: files are written in a directory of their own and then moved to where they belong.

use std::io;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::super::{Fault, NewFile};
use crate::engine::error::Error;
use crate::stage;
use crate::sys::Dir;

/// The directory, looked up and open.
pub(in crate::engine) struct TempDir {
    pub(super) dir: Dir,
    /// As messages show it.
    shown: PathBuf,
    /// rsync lets no file be made by a relative path with `..` in it.
    is_refused: bool,
}

impl TempDir {
    /// Opens the directory; a relative one is looked up in the destination.
    ///
    /// # Errors
    /// [`Error::TempDir`].
    pub(in crate::engine) fn open(path: &Path, dest: &Path) -> Result<TempDir, Error> {
        let at = dest.join(path);
        // An empty name is no name of the destination itself.
        let found = match path.as_os_str().is_empty() {
            true => Err(Errno::NOENT.into()),
            false => std::fs::metadata(&at),
        };
        let is_dir = found.map(|found| found.is_dir());
        match (is_dir, Dir::open(&at)) {
            (Ok(true), Ok(dir)) => Ok(TempDir {
                dir,
                shown: std::path::absolute(&at).unwrap_or(at),
                is_refused: path.is_relative()
                    && path.components().any(|part| part == Component::ParentDir),
            }),
            (Ok(false), _) => Err(Error::TempDir {
                path: path.to_owned(),
                why: "is not a directory",
            }),
            _ => Err(Error::TempDir {
                path: path.to_owned(),
                why: "does not exist",
            }),
        }
    }

    /// Makes a file in it.
    pub(super) fn new_file(&self, name: Vec<u8>, mode: u32) -> Result<NewFile, Fault> {
        let made = match self.is_refused {
            true => Err(Errno::INVAL.into()),
            false => self.dir.create_file(&name, mode),
        };
        match made {
            Ok(file) => Ok(NewFile {
                file,
                temporary: Some(name),
            }),
            Err(source) => {
                use std::os::unix::ffi::OsStrExt;
                let path = self.shown.join(crate::sys::as_path(&name));
                Err(Fault::Temporary {
                    name: path.as_os_str().as_bytes().to_vec(),
                    source,
                })
            }
        }
    }

    /// Moves a finished file into `to`, by copying it where that is another file system.
    pub(super) fn fetch(&self, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
        stage::move_to(&self.dir, name, to, to_name).inspect_err(|_| {
            let _ = self.dir.unlink(name);
            let _ = to.unlink(to_name);
        })
    }
}
