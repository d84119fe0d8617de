//! What a tree is, read through one handle on its root, and how two of them differ.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, readlinkat, statat};
use rustix::io::{Errno, Result};
use twox_hash::XxHash3_128;

/// One entry. Sizes of directories, link counts and change times are nobody's promise.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    kind: FileType,
    mode: u32,
    owner: (u32, u32),
    mtime: (i64, i64),
    device: u64,
    /// Size and hash of a file's content.
    content: Option<(u64, u128)>,
    target: Vec<u8>,
    /// The first path that names the same inode; empty for an entry of its own.
    leader: Vec<u8>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Entry {
    /// A file that has a size but nothing but zeros in it.
    pub fn is_zeros(&self) -> bool {
        let Some((size, hash)) = self.content else {
            return false;
        };
        let zeros = vec![0; size as usize];
        size > 0 && hash == XxHash3_128::oneshot(&zeros)
    }

    /// Whether two entries are of one type and hold the same.
    pub fn has_content_of(&self, other: &Entry) -> bool {
        (self.kind, &self.content, &self.target) == (other.kind, &other.content, &other.target)
    }

    /// Makes a time of today equal to any other such time.
    pub fn forget_recent_time(&mut self) {
        const LATELY: i64 = 1_700_000_000;
        if self.mtime.0 > LATELY {
            self.mtime = (LATELY, 0);
        }
    }

    /// A file without content.
    pub fn is_empty(&self) -> bool {
        self.content.is_some_and(|(size, _)| size == 0)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} {:04o} {:?} @{}.{:09}",
            self.kind, self.mode, self.owner, self.mtime.0, self.mtime.1
        )?;
        if let Some((size, hash)) = self.content {
            write!(f, " {size} bytes #{:08x}", hash as u32)?;
        }
        if !self.target.is_empty() {
            write!(f, " -> {}", String::from_utf8_lossy(&self.target))?;
        }
        if !self.leader.is_empty() {
            write!(f, " == {}", String::from_utf8_lossy(&self.leader))?;
        }
        if !self.xattrs.is_empty() {
            write!(f, " {} attributes", self.xattrs.len())?;
        }
        Ok(())
    }
}

/// The root (under the empty path) and everything below it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<Vec<u8>, Entry>);

impl Tree {
    /// Reads the tree at a path.
    #[track_caller]
    pub fn read(root: &Path) -> Tree {
        let fd = open(CWD, root.as_os_str().as_encoded_bytes())
            .unwrap_or_else(|e| panic!("open {}: {e}", root.display()));
        Tree::read_at(&fd).unwrap_or_else(|e| panic!("read {}: {e}", root.display()))
    }

    /// The tree at a path, or none where nothing is.
    #[track_caller]
    pub fn find(root: &Path) -> Option<Tree> {
        root.symlink_metadata().ok()?;
        Some(Tree::read(root))
    }

    /// Reads a tree by a handle on its root, and by handles only from there.
    pub fn read_at(root: &OwnedFd) -> Result<Tree> {
        let mut reader = Reader::default();
        let entry = reader.entry(root.as_fd(), b"", b"")?;
        reader.entries.insert(Vec::new(), entry);
        reader.directory(root, b"")?;
        Ok(reader.finish())
    }

    /// In what `got` differs from this, a line for each entry.
    pub fn differences(&self, got: &Tree) -> Vec<String> {
        let paths: std::collections::BTreeSet<_> = self.0.keys().chain(got.0.keys()).collect();
        let line = |path: &&Vec<u8>| {
            let name = String::from_utf8_lossy(path);
            match (self.0.get(*path), got.0.get(*path)) {
                (Some(one), Some(other)) if one == other => None,
                (Some(one), Some(other)) => Some(format!("  {name}: {one}\n    but {other}")),
                (Some(one), None) => Some(format!("  {name}: {one}\n    is missing")),
                (None, Some(other)) => Some(format!("  {name}: extra {other}")),
                (None, None) => None,
            }
        };
        paths.iter().filter_map(line).collect()
    }

    /// Fails with the differences, if there are any.
    #[track_caller]
    pub fn expect_equal(&self, got: &Tree, what: impl fmt::Display) {
        let lines = self.differences(got);
        let shown = lines.len().min(12);
        assert!(
            lines.is_empty(),
            "{what}: {} entries differ\n{}",
            lines.len(),
            lines[..shown].join("\n")
        );
    }
}

#[derive(Default)]
struct Reader {
    leaders: BTreeMap<u64, Vec<u8>>,
    inodes: BTreeMap<Vec<u8>, u64>,
    entries: BTreeMap<Vec<u8>, Entry>,
}

impl Reader {
    fn directory(&mut self, dir: &OwnedFd, path: &[u8]) -> Result<()> {
        for found in Dir::read_from(dir)? {
            let found = found?;
            let name = found.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let here = match path {
                b"" => name.to_vec(),
                _ => [path, b"/", name].concat(),
            };
            let entry = self.entry(dir.as_fd(), name, &here)?;
            let kind = entry.kind;
            self.entries.insert(here.clone(), entry);
            if kind == FileType::Directory {
                self.directory(&open(dir.as_fd(), name)?, &here)?;
            }
        }
        Ok(())
    }

    /// The entry `name` of a directory; an empty name is the directory itself.
    fn entry(&mut self, dir: BorrowedFd<'_>, name: &[u8], here: &[u8]) -> Result<Entry> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
        let stat = statat(dir, name, flags)?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind != FileType::Directory && stat.st_nlink > 1 {
            self.inodes.insert(here.to_vec(), stat.st_ino);
            let leader = self
                .leaders
                .entry(stat.st_ino)
                .or_insert_with(|| here.to_vec());
            if here < &leader[..] {
                *leader = here.to_vec();
            }
        }
        let is_device = matches!(kind, FileType::CharacterDevice | FileType::BlockDevice);
        Ok(Entry {
            kind,
            mode: stat.st_mode & 0o7777,
            owner: (stat.st_uid, stat.st_gid),
            mtime: (stat.st_mtime, stat.st_mtime_nsec as i64),
            device: if is_device { stat.st_rdev } else { 0 },
            content: match kind {
                FileType::RegularFile => Some(content(dir, name)?),
                _ => None,
            },
            target: match kind {
                FileType::Symlink => readlinkat(dir, name, Vec::new())?.into_bytes(),
                _ => Vec::new(),
            },
            leader: Vec::new(),
            xattrs: match kind {
                FileType::RegularFile | FileType::Directory => xattrs(dir, name),
                _ => BTreeMap::new(),
            },
        })
    }

    /// Names link groups by the first of their paths in this tree: names elsewhere (a former tree shares
    /// its files with this one) count for nothing.
    fn finish(mut self) -> Tree {
        let mut names: BTreeMap<u64, usize> = BTreeMap::new();
        for inode in self.inodes.values() {
            *names.entry(*inode).or_default() += 1;
        }
        for (path, inode) in &self.inodes {
            if let (true, Some(entry)) = (names[inode] > 1, self.entries.get_mut(path)) {
                entry.leader.clone_from(&self.leaders[inode]);
            }
        }
        Tree(self.entries)
    }
}

fn open(dir: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(dir, name, flags, Mode::empty())
}

fn content(dir: BorrowedFd<'_>, name: &[u8]) -> Result<(u64, u128)> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = std::fs::File::from(openat(dir, name, flags, Mode::empty())?);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
    Ok((bytes.len() as u64, XxHash3_128::oneshot(&bytes)))
}

/// Extended attributes; most have none, which one call on the open object tells.
fn xattrs(dir: BorrowedFd<'_>, name: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let path = Path::new("/proc/self/fd")
        .join(dir.as_raw_fd().to_string())
        .join(OsStr::from_bytes(name));
    if rustix::fs::llistxattr(&path, &mut [0u8; 0]) == Ok(0) {
        return BTreeMap::new();
    }
    let Ok(names) = xattr::list(&path) else {
        return BTreeMap::new();
    };
    names
        .map(|name| {
            let value = xattr::get(&path, &name).ok().flatten().unwrap_or_default();
            (name.into_encoded_bytes(), value)
        })
        .collect()
}
