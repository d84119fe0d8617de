//! The record of what a run changes: for every path, what was there and what is there now, as hashes.
//! It tells our own work from that of others: before and after the switch, at an undo, and when a
//! generation has had its time.
//!
//! Format: 24 bytes per change, little-endian: hash of the path, of the old object, of the new one; zero
//! for none. Several changes of one path are one: the first old and the last new. A record that is complete
//! ends with a seal: a path of all ones, the number of changes, and XXH3 of all their bytes.

use std::collections::HashSet;
use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;

use twox_hash::XxHash3_64;

use super::error::{Doing, Error};
use super::home::Home;
use super::survey::{Difference, Look};
use crate::sys::{Kind, Stat, lock};

const LEN: usize = 24;
/// Changes that are collected before they are written.
const BUFFER: usize = 2048 * LEN;
/// Stands in a seal where a change has its path.
const SEAL: u64 = u64::MAX;

/// What tells one state of an object from another, as a hash. Link counts and the time of the last
/// status change are no part of it: our own links move them; nor is the inode, which a run does not ask
/// for file by file: size, time to the nanosecond, mode and owner tell enough. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ident(u64);

impl Ident {
    /// The state of an object. A directory is its kind, mode and owner: it has no inode of its own in
    /// every tree, and its times follow from its content.
    pub fn of(stat: &Stat) -> Ident {
        let mut bytes = [0u8; 40];
        bytes[0] = kind_code(stat.kind);
        bytes[4..8].copy_from_slice(&stat.mode.to_le_bytes());
        bytes[8..12].copy_from_slice(&stat.uid.to_le_bytes());
        bytes[12..16].copy_from_slice(&stat.gid.to_le_bytes());
        if !stat.is_dir() {
            bytes[16..24].copy_from_slice(&stat.size.to_le_bytes());
            bytes[24..32].copy_from_slice(&stat.mtime.sec.to_le_bytes());
            bytes[32..36].copy_from_slice(&stat.mtime.nsec.to_le_bytes());
        }
        Ident(XxHash3_64::oneshot(&bytes).max(1))
    }

    /// A directory that is not finished yet.
    pub fn unfinished() -> Ident {
        Ident(1)
    }

    pub fn raw(this: Option<Ident>) -> u64 {
        this.map_or(0, |ident| ident.0)
    }

    pub fn from_raw(raw: u64) -> Option<Ident> {
        (raw != 0).then_some(Ident(raw))
    }
}

pub(super) fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::File => 1,
        Kind::Dir => 2,
        Kind::Symlink => 3,
        Kind::CharDevice => 4,
        Kind::BlockDevice => 5,
        Kind::Fifo => 6,
        Kind::Socket => 7,
    }
}

/// The hash of a relative path.
pub(super) fn path_hash(path: &Path) -> u64 {
    use std::os::unix::ffi::OsStrExt;
    XxHash3_64::oneshot(path.as_os_str().as_bytes())
}

/// One change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub path: u64,
    pub old: Option<Ident>,
    pub new: Option<Ident>,
}

impl Change {
    fn encode(&self) -> [u8; LEN] {
        let mut bytes = [0; LEN];
        bytes[..8].copy_from_slice(&self.path.to_le_bytes());
        bytes[8..16].copy_from_slice(&Ident::raw(self.old).to_le_bytes());
        bytes[16..].copy_from_slice(&Ident::raw(self.new).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; LEN]) -> Change {
        let word = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| bytes[at + i]));
        Change {
            path: word(0),
            old: Ident::from_raw(word(8)),
            new: Ident::from_raw(word(16)),
        }
    }
}

/// Writes the record of a run; none where nothing lives that a change could be told from.
#[derive(Debug)]
pub(super) struct Recorder(Option<Mutex<Pending>>);

#[derive(Debug)]
struct Pending {
    file: File,
    buffer: Vec<u8>,
    sum: Sum,
}

/// What a seal says of the changes before it.
#[derive(Default)]
struct Sum {
    changes: u64,
    hash: XxHash3_64,
}

impl Sum {
    fn add(&mut self, change: &[u8; LEN]) {
        self.changes += 1;
        self.hash.write(change);
    }

    fn seal(&self) -> [u8; LEN] {
        let words = [SEAL, self.changes, self.hash.finish()];
        let mut bytes = [0; LEN];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sum({} changes)", self.changes)
    }
}

impl Recorder {
    /// Begins a record under `name`, over one that was there.
    pub fn create(home: &Home, name: &[u8]) -> Result<Recorder, Error> {
        let make = || {
            home.dir.remove_all(name)?;
            home.dir.create_file(name, 0o600)
        };
        Ok(Recorder(Some(Mutex::new(Pending {
            file: make().doing("make", home.join(name))?,
            buffer: Vec::with_capacity(BUFFER),
            sum: Sum::default(),
        }))))
    }

    /// Records nothing.
    pub fn none() -> Recorder {
        Recorder(None)
    }

    /// Records one change.
    pub fn add(&self, path: &Path, old: Option<Ident>, new: Option<Ident>) -> io::Result<()> {
        let Some(pending) = &self.0 else {
            return Ok(());
        };
        let change = Change {
            path: path_hash(path),
            old,
            new,
        };
        let mut pending = lock(pending);
        let bytes = change.encode();
        pending.sum.add(&bytes);
        pending.buffer.extend_from_slice(&bytes);
        if pending.buffer.len() >= BUFFER {
            pending.flush()?;
        }
        Ok(())
    }

    /// Writes what is collected.
    pub fn flush(&self) -> io::Result<()> {
        let Some(pending) = &self.0 else {
            return Ok(());
        };
        let mut pending = lock(pending);
        pending.flush()
    }

    /// Writes what is collected and says that this was all; durable on return if `sync`.
    pub fn seal(&self, sync: bool) -> io::Result<()> {
        let Some(pending) = &self.0 else {
            return Ok(());
        };
        let mut pending = lock(pending);
        let seal = pending.sum.seal();
        pending.buffer.extend_from_slice(&seal);
        pending.flush()?;
        if sync {
            pending.file.sync_data()?;
        }
        Ok(())
    }
}

impl Pending {
    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

/// A record that was read back: one change per path, in order of the paths' hashes.
#[derive(Debug, Default)]
pub(super) struct Record {
    changes: Vec<Change>,
    /// It was written to its end, and read as it was written.
    sealed: bool,
}

impl Record {
    /// Reads the record `name`; empty when there is none.
    pub fn load(home: &Home, name: &[u8]) -> Result<Record, Error> {
        Record::load_where(home, name, |_| true)
    }

    /// Reads only the changes of the paths that `wanted` knows.
    pub fn load_where(
        home: &Home,
        name: &[u8],
        wanted: impl Fn(u64) -> bool,
    ) -> Result<Record, Error> {
        let mut file = match home.dir.open_file(name) {
            Ok(file) => io::BufReader::with_capacity(BUFFER, file),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(e) => return Err(e).doing("read", home.join(name)),
        };
        let mut changes = Vec::new();
        let mut bytes = [0; LEN];
        let (mut sum, mut sealed) = (Sum::default(), false);
        loop {
            match file.read_exact(&mut bytes) {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(e) => return Err(e).doing("read", home.join(name)),
            }
            let change = Change::decode(&bytes);
            if change.path == SEAL {
                sealed = bytes == sum.seal();
                continue;
            }
            sealed = false;
            sum.add(&bytes);
            if wanted(change.path) {
                changes.push(change);
            }
        }
        Ok(Record::of(changes, sealed))
    }

    /// Orders changes, earlier ones of a path first, and makes one of several of a path.
    fn of(mut changes: Vec<Change>, sealed: bool) -> Record {
        changes.sort_by_key(|change| change.path);
        changes.dedup_by(|later, first| {
            let same = later.path == first.path;
            if same {
                first.new = later.new;
            }
            same
        });
        Record { changes, sealed }
    }

    /// Whether it is whole: what it does not name was not our work.
    pub fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// What was changed at a path: what was there, and what we made.
    pub fn get(&self, path: &Path) -> Option<(Option<Ident>, Option<Ident>)> {
        let hash = path_hash(path);
        let at = self
            .changes
            .binary_search_by_key(&hash, |change| change.path);
        at.ok()
            .map(|at| (self.changes[at].old, self.changes[at].new))
    }

    /// The record of taking all this back.
    pub fn inverse(mut self) -> Record {
        for change in &mut self.changes {
            std::mem::swap(&mut change.old, &mut change.new);
        }
        self
    }

    /// Takes all these differences for recorded ones.
    pub fn explain(self, found: &[Difference]) -> Record {
        let ident = |look: &Option<Look>| look.as_ref().map(|look| look.ident);
        let explained = found.iter().map(|d| Change {
            path: path_hash(&d.path),
            old: ident(&d.theirs),
            new: ident(&d.ours),
        });
        let known: HashSet<u64> = found.iter().map(|d| path_hash(&d.path)).collect();
        let others = self
            .changes
            .into_iter()
            .filter(|c| !known.contains(&c.path));
        Record::of(explained.chain(others).collect(), self.sealed)
    }

    /// Writes it; durable on return if `sync`.
    pub fn write(&self, home: &Home, name: &[u8], sync: bool) -> Result<(), Error> {
        let write = || {
            home.dir.remove_all(name)?;
            let mut file = io::BufWriter::new(home.dir.create_file(name, 0o600)?);
            let mut sum = Sum::default();
            for change in &self.changes {
                let bytes = change.encode();
                sum.add(&bytes);
                file.write_all(&bytes)?;
            }
            file.write_all(&sum.seal())?;
            file.flush()?;
            if sync {
                file.get_ref().sync_data()?;
            }
            Ok(())
        };
        write().doing("write", home.join(name))
    }
}
