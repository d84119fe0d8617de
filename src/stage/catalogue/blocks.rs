//! Blocks in a file: the entries of each directory behind its path.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::coding::{Listing, put_uint, read_uint};
use crate::sys::as_path;

/// A file of blocks, and where each directory's lie.
#[derive(Debug)]
pub(super) struct Blocks {
    file: File,
    by_dir: BTreeMap<PathBuf, Vec<Range<u64>>>,
}

/// Writes a block; zero in the place of a path's length plus one is the end.
pub(super) fn put_block(to: &mut impl Write, dir: &Path, block: &[u8]) -> io::Result<()> {
    let path = dir.as_os_str().as_bytes();
    let mut head = Vec::with_capacity(path.len() + 16);
    put_uint(&mut head, path.len() as u64 + 1);
    head.extend_from_slice(path);
    put_uint(&mut head, block.len() as u64);
    to.write_all(&head)?;
    to.write_all(block)
}

impl Blocks {
    /// Finds the blocks in a file of this length, of which the reader is at this position.
    pub fn find(file: File, from: &mut impl Read, at: u64, len: u64) -> io::Result<Blocks> {
        let mut from = Counting { from, at, len };
        let mut by_dir: BTreeMap<PathBuf, Vec<Range<u64>>> = BTreeMap::new();
        let mut scratch = Vec::new();
        while let Some(path) = read_uint(&mut from)?.checked_sub(1) {
            from.fill(&mut scratch, path)?;
            let dir = as_path(&scratch).to_owned();
            let block = read_uint(&mut from)?;
            let start = from.at;
            from.fill(&mut scratch, block)?;
            by_dir.entry(dir).or_default().push(start..from.at);
        }
        Ok(Blocks { file, by_dir })
    }

    /// The directories, by path.
    pub fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.by_dir.keys().map(PathBuf::as_path)
    }

    /// The entries of a directory, as they are written; none of one that is not there.
    pub fn block(&self, dir: &Path) -> io::Result<Vec<u8>> {
        let mut block = Vec::new();
        for range in self.by_dir.get(dir).into_iter().flatten() {
            let at = block.len();
            let len = usize::try_from(range.end - range.start).map_err(|_| torn())?;
            block.resize(at + len, 0);
            self.file.read_exact_at(&mut block[at..], range.start)?;
        }
        Ok(block)
    }
}

/// Reads the entries of a directory, which may have been told in several parts.
pub(super) fn listing(block: &[u8]) -> io::Result<Listing<'_>> {
    let mut listing = Listing::decode(block).ok_or_else(torn)?;
    listing.sort();
    Ok(listing)
}

/// What no writer of ours leaves.
pub(super) fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is torn")
}

/// A reader that knows how much can come.
pub(super) struct Counting<'r, R> {
    pub from: &'r mut R,
    /// Where it is.
    pub at: u64,
    /// Where it ends.
    pub len: u64,
}

impl<R: Read> Counting<'_, R> {
    /// The next bytes, in place of what was there before.
    pub fn fill(&mut self, to: &mut Vec<u8>, len: u64) -> io::Result<()> {
        if len > self.len.saturating_sub(self.at) {
            return Err(torn());
        }
        to.resize(usize::try_from(len).map_err(|_| torn())?, 0);
        self.read_exact(to)
    }
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(to)?;
        self.at += read as u64;
        Ok(read)
    }
}
