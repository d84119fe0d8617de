//! The entries of one directory, merged from all its sources, in the order of the protocol.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::tree::compare_names;

use super::sources::{Found, Turn};

/// Names of one directory: non-directories first, then directories, as [`compare_names`] has them. The unit
/// of work, of deletion and of comparing with the disk.
#[derive(Default)]
pub(super) struct Batch {
    names: Vec<u8>,
    entries: Vec<Entry>,
    /// How many of the entries are not directories.
    pub leaves: usize,
    /// What falls due when all entries that are no directories are dealt with.
    pub turn: Option<Arc<Turn>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u16,
    source: u16,
    found: Found,
}

impl Entry {
    fn is_dir(&self) -> bool {
        self.found == Found::Dir
    }
}

/// One name of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub name: &'a [u8],
    /// Which of the directory's sources has it.
    pub source: usize,
    /// What it was taken for.
    pub found: Found,
}

impl Batch {
    /// Room for so many names more.
    pub(super) fn reserve(&mut self, names: usize) {
        self.entries.reserve(names);
    }

    /// Adds a name of the source with this number.
    pub(super) fn push(&mut self, name: &[u8], source: usize, found: Found) -> io::Result<()> {
        let too_many = |_| io::Error::other("directory holds more than 4 GiB of names");
        let start = u32::try_from(self.names.len()).map_err(too_many)?;
        let len = u16::try_from(name.len()).map_err(too_many)?;
        let source = u16::try_from(source).map_err(too_many)?;
        self.names.extend_from_slice(name);
        self.entries.push(Entry {
            start,
            len,
            source,
            found,
        });
        Ok(())
    }

    /// Sorts; of equal names that several sources have, a directory stays, else the first.
    pub(super) fn arrange(&mut self, several: bool) {
        let names = &self.names;
        let bytes = |e: &Entry| &names[e.start as usize..e.start as usize + e.len as usize];
        if several {
            let rank = |e: &Entry| (!e.is_dir(), e.source);
            self.entries
                .sort_by(|a, b| bytes(a).cmp(bytes(b)).then(rank(a).cmp(&rank(b))));
            self.entries
                .dedup_by(|later, first| bytes(later) == bytes(first));
        }
        self.entries
            .sort_unstable_by(|a, b| compare_names((bytes(a), a.is_dir()), (bytes(b), b.is_dir())));
        self.leaves = self.entries.partition_point(|e| !e.is_dir());
    }

    /// Keeps only the directories that `keep`, given name and source, says yes to.
    pub(super) fn retain_dirs(&mut self, mut keep: impl FnMut(&[u8], usize) -> bool) {
        let names = &self.names;
        self.entries.retain(|e| {
            let name = &names[e.start as usize..e.start as usize + e.len as usize];
            !e.is_dir() || keep(name, e.source.into())
        });
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all names.
    pub(super) fn name_bytes(&self) -> usize {
        self.names.len()
    }

    /// The entry at `index`.
    pub(super) fn get(&self, index: usize) -> Named<'_> {
        let entry = &self.entries[index];
        let start = entry.start as usize;
        Named {
            name: &self.names[start..start + entry.len as usize],
            source: entry.source.into(),
            found: entry.found,
        }
    }

    /// Whether the batch has this name, of whatever type.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let found = |dir: bool| {
            self.entries
                .binary_search_by(|e| {
                    let start = e.start as usize;
                    let own = &self.names[start..start + e.len as usize];
                    compare_names((own, e.is_dir()), (name, dir))
                })
                .is_ok()
        };
        found(false) || found(true)
    }
}

/// The path of `name` in `dir` as filter rules see it.
pub(super) fn rule_path(dir: &Path, name: &[u8]) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let dir = dir.as_os_str().as_bytes();
    let mut path = Vec::with_capacity(dir.len() + 1 + name.len());
    path.extend_from_slice(dir);
    if !dir.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}
