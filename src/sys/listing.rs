//! The names of one directory, read with `getdents` into one buffer.

use std::io;
use std::mem::MaybeUninit;

use rustix::fs::{RawDir, SeekFrom};

use super::dir::Dir;
use super::stat::Kind;

/// Bytes asked of the kernel at once: some 600 names.
const CHUNK: usize = 32 * 1024;

/// Names with inode and type as the directory itself gives them: no call per name was made.
#[derive(Debug, Default)]
pub struct Listing {
    names: Vec<u8>,
    items: Vec<Item>,
}

#[derive(Clone, Copy, Debug)]
struct Item {
    ino: u64,
    start: u32,
    len: u16,
    kind: Option<Kind>,
}

/// One name of a [`Listing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The name: one component, never `.` or `..`.
    pub name: &'a [u8],
    /// Inode number.
    pub ino: u64,
    /// Type, where the file system keeps it in the directory.
    pub kind: Option<Kind>,
}

impl Dir {
    /// Reads all names, in the order in which the file system gives them.
    #[inline(never)] // Its buffer must not lie on the stack of every level of a recursion.
    pub fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        rustix::fs::seek(self, SeekFrom::Start(0))?;
        let mut buffer = [MaybeUninit::uninit(); CHUNK];
        let mut raw = RawDir::new(self, &mut buffer);
        while let Some(entry) = raw.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                listing.push(name, entry.ino(), Kind::from_file_type(entry.file_type()))?;
            }
        }
        Ok(listing)
    }
}

impl Listing {
    fn push(&mut self, name: &[u8], ino: u64, kind: Option<Kind>) -> io::Result<()> {
        let too_large = |_| io::Error::other("directory holds more than 4 GiB of names");
        let start = u32::try_from(self.names.len()).map_err(too_large)?;
        // The kernel limits a name to 255 bytes.
        let len = u16::try_from(name.len()).map_err(too_large)?;
        self.names.extend_from_slice(name);
        self.items.push(Item {
            ino,
            start,
            len,
            kind,
        });
        Ok(())
    }

    /// Number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The name at `index`, which must be below [`Listing::len`].
    #[must_use]
    pub fn get(&self, index: usize) -> Listed<'_> {
        self.view(&self.items[index])
    }

    fn view(&self, item: &Item) -> Listed<'_> {
        let start = item.start as usize;
        Listed {
            name: &self.names[start..start + item.len as usize],
            ino: item.ino,
            kind: item.kind,
        }
    }

    /// All names.
    pub fn iter(&self) -> impl Iterator<Item = Listed<'_>> {
        self.items.iter().map(|item| self.view(item))
    }

    /// Sorts by bytes of the name.
    pub fn sort(&mut self) {
        let names = &self.names;
        let bytes = |i: &Item| &names[i.start as usize..i.start as usize + i.len as usize];
        self.items.sort_unstable_by(|a, b| bytes(a).cmp(bytes(b)));
    }

    /// The name `name` in a listing that was sorted by [`Listing::sort`].
    #[must_use]
    pub fn find(&self, name: &[u8]) -> Option<Listed<'_>> {
        let at = self
            .items
            .binary_search_by(|item| self.view(item).name.cmp(name))
            .ok()?;
        Some(self.get(at))
    }
}
