//! The mirror itself, for what lists do not tell.

use std::ffi::OsStr;
use std::hash::Hash;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::delta::{Checksum, Digest};
use crate::stage::catalogue::{Record, Sum};
use crate::stage::sum_of;
use crate::sys::{Dir, Kind, Stat, as_path, stat_file};

/// Bytes that are read at once.
const PIECE: usize = 1 << 18;

/// A tree on this machine, looked up without following links.
#[derive(Debug)]
pub struct Mirror(Dir);

impl Mirror {
    /// Opens it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(root: &Path) -> io::Result<Mirror> {
        Dir::open(root).map(Mirror)
    }

    /// Whether something is there, or may be: what cannot be looked at is not gone.
    #[must_use]
    pub fn has(&self, path: &Path) -> bool {
        match self.stat(path) {
            Ok(_) => true,
            Err(e) => !matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
    }

    /// What is there.
    #[must_use]
    pub fn record(&self, path: &Path) -> Option<Record> {
        let stat = self.stat(path).ok()?;
        let target = match stat.kind {
            Kind::Symlink => Some(self.target(path).ok()?),
            _ => None,
        };
        Some(Record::new(&stat, target))
    }

    /// What the names of one file have in common, where it has several.
    #[must_use]
    pub fn linked(&self, path: &Path) -> Option<impl Eq + Hash + use<>> {
        let stat = self.stat(path).ok()?;
        let is_linked = stat.nlink > 1 && stat.kind != Kind::Dir;
        is_linked.then_some((stat.dev, stat.ino))
    }

    /// Whether a file has this content.
    #[must_use]
    pub fn has_content(&self, path: &Path, size: u64, sum: Sum) -> bool {
        let found = self.summed(path, sum.algorithm);
        found.is_ok_and(|(stat, digest)| stat.size == size && digest == Some(sum.digest))
    }

    /// The sum of a file that is still as the record has it.
    #[must_use]
    pub fn sum(&self, path: &Path, record: &Record) -> Option<Sum> {
        let algorithm = Checksum::default();
        let (stat, digest) = self.summed(path, algorithm).ok()?;
        let as_recorded = (stat.size, stat.mtime) == (record.size, record.mtime);
        let digest = digest.filter(|_| as_recorded)?;
        Some(Sum { algorithm, digest })
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let (dir, name) = self.place(path)?;
        dir.stat(name.as_bytes())
    }

    fn target(&self, path: &Path) -> io::Result<PathBuf> {
        let (dir, name) = self.place(path)?;
        let target = dir.read_link(name.as_bytes())?;
        Ok(as_path(&target).to_owned())
    }

    fn place<'p>(&self, path: &'p Path) -> io::Result<(Dir, &'p OsStr)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let dir = path.parent().unwrap_or(Path::new(""));
        Ok((self.0.open_beneath(dir)?, name))
    }

    fn summed(&self, path: &Path, algorithm: Checksum) -> io::Result<(Stat, Option<Digest>)> {
        let (dir, name) = self.place(path)?;
        let file = dir.open_file(name.as_bytes())?;
        let digest = sum_of(&file, algorithm, &mut vec![0; PIECE])?;
        Ok((stat_file(&file)?, digest))
    }
}
