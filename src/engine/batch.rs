//! The entries of one directory, merged from all its sources, in the order of the protocol.

use std::io;
use std::path::Path;

use crate::sys::{Kind, Listing};
use crate::tree::compare_names;

use super::node::{Origin, Part};

/// Names of one directory: non-directories first, then directories, as [`compare_names`] has them. The unit
/// of work, of deletion and of comparing with the disk.
#[derive(Debug, Default)]
pub(super) struct Batch {
    names: Vec<u8>,
    entries: Vec<Entry>,
    /// How many of the entries are not directories.
    pub leaves: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    len: u16,
    source: u16,
    dir: bool,
}

/// One name of a [`Batch`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a> {
    pub name: &'a [u8],
    /// Which of the directory's sources has it.
    pub source: usize,
}

impl Batch {
    /// Lists `sources` and merges them: of equal names a directory wins, else the first source. `keep`
    /// says which names take part; it is given the source, the name, and whether it is a directory.
    pub(super) fn read(
        sources: &[Origin],
        mut keep: impl FnMut(&Origin, &[u8], bool) -> bool,
    ) -> Result<Batch, (usize, io::Error)> {
        let mut batch = Batch::default();
        for (number, origin) in sources.iter().enumerate() {
            let fail = |e| (number, e);
            match &origin.part {
                Part::Content => {
                    let listing = origin.dir.list().map_err(fail)?;
                    batch
                        .take_listing(origin, &listing, number, &mut keep)
                        .map_err(fail)?;
                }
                Part::Name(name) => {
                    let is_dir = origin.dir.stat(name).map_err(fail)?.is_dir();
                    if keep(origin, name, is_dir) {
                        batch.push(name, number, is_dir).map_err(fail)?;
                    }
                }
            }
        }
        batch.arrange(sources.len() > 1);
        Ok(batch)
    }

    fn take_listing(
        &mut self,
        origin: &Origin,
        listing: &Listing,
        number: usize,
        keep: &mut impl FnMut(&Origin, &[u8], bool) -> bool,
    ) -> io::Result<()> {
        self.entries.reserve(listing.len());
        for listed in listing.iter() {
            let is_dir = match listed.kind {
                Some(kind) => kind == Kind::Dir,
                None => origin
                    .dir
                    .try_stat(listed.name)?
                    .is_some_and(|s| s.is_dir()),
            };
            if keep(origin, listed.name, is_dir) {
                self.push(listed.name, number, is_dir)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, name: &[u8], source: usize, dir: bool) -> io::Result<()> {
        let too_many = |_| io::Error::other("directory holds more than 4 GiB of names");
        let start = u32::try_from(self.names.len()).map_err(too_many)?;
        let len = u16::try_from(name.len()).map_err(too_many)?;
        let source = u16::try_from(source).map_err(too_many)?;
        self.names.extend_from_slice(name);
        self.entries.push(Entry {
            start,
            len,
            source,
            dir,
        });
        Ok(())
    }

    /// Sorts; with several sources, keeps one of equal names.
    fn arrange(&mut self, several: bool) {
        let names = &self.names;
        let bytes = |e: &Entry| &names[e.start as usize..e.start as usize + e.len as usize];
        if several {
            let rank = |e: &Entry| (!e.dir, e.source);
            self.entries
                .sort_by(|a, b| bytes(a).cmp(bytes(b)).then(rank(a).cmp(&rank(b))));
            self.entries
                .dedup_by(|later, first| bytes(later) == bytes(first));
        }
        self.entries
            .sort_unstable_by(|a, b| compare_names((bytes(a), a.dir), (bytes(b), b.dir)));
        self.leaves = self.entries.partition_point(|e| !e.dir);
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
        }
    }

    /// Whether the batch has this name, of whatever type.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        let found = |dir: bool| {
            self.entries
                .binary_search_by(|e| {
                    let start = e.start as usize;
                    let own = &self.names[start..start + e.len as usize];
                    compare_names((own, e.dir), (name, dir))
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
