//! `--mkpath`: the directories that lead to the destination.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::engine::error::Error;
use crate::sys::{process, stat_path};

/// Missing directories, the uppermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Made {
    /// The path that they complete.
    pub path: PathBuf,
    dirs: Vec<PathBuf>,
}

/// Which directories of `path` are missing, to which the destination `dest` leads; none where the path itself cannot be made, a link being there.
///
/// # Errors
/// [`Error::File`] where something else is in the way, or the path leads through `..`.
pub(super) fn missing(path: &Path, dest: &Path) -> Result<Option<Made>, Error> {
    let failed = |source: io::Error| Error::File {
        action: "mkdir",
        path: dest.to_owned(),
        source,
    };
    let mut dirs = Vec::new();
    for dir in path.ancestors() {
        if dir.as_os_str().is_empty() {
            break;
        }
        if dir.file_name().is_none() && dir.as_os_str() != "/" {
            return Err(failed(Errno::INVAL.into()));
        }
        match stat_path(dir, true) {
            Ok(stat) if stat.is_dir() => break,
            Ok(_) => return Err(failed(Errno::NOTDIR.into())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(e)),
        }
        if stat_path(dir, false).is_ok() {
            return Ok(None);
        }
        dirs.push(dir.to_owned());
    }
    dirs.reverse();
    Ok((!dirs.is_empty()).then(|| Made {
        path: path.to_owned(),
        dirs,
    }))
}

impl Made {
    /// How many directories there are.
    pub(in crate::engine) fn count(&self) -> usize {
        self.dirs.len()
    }

    /// Makes all but the last `left`.
    ///
    /// # Errors
    /// [`Error::File`] for the first that could not be made.
    pub(in crate::engine) fn make(&self, left: usize) -> Result<(), Error> {
        let mode = 0o777 & !process::take_umask();
        for dir in &self.dirs[..self.dirs.len() - left] {
            match DirBuilder::new().mode(mode).create(dir) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    return Err(Error::File {
                        action: "mkdir",
                        path: dir.clone(),
                        source,
                    });
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Removes again what is still empty, the run having come to nothing.
    pub(in crate::engine) fn unmake(&self) {
        for dir in self.dirs.iter().rev() {
            let _ = std::fs::remove_dir(dir);
        }
    }
}
