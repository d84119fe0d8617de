//! The log of what a run has made in its stage, from which an interrupted run's files are told complete
//! or not.
//!
//! Format: frames of a length (u32), a checksum (u32, low half of XXH3) and a payload. The payload is a
//! file: inode, size, seconds (8 bytes each), nanoseconds (4), path; or a mark: a number alone (8 bytes),
//! so many files from the beginning were made durable.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use twox_hash::XxHash3_64;

use super::error::{Doing, Error};
use super::home::Home;
use super::layout::STAGED;
use crate::sys::{Stat, Time, lock};

/// Files that are collected before they are written,
const BATCH: usize = 64;
/// unless they hold so many bytes: a killed run loses no more work than that.
const BATCH_BYTES: u64 = 4 << 20;
/// Bytes of a file's frame before the path, and of a mark.
const FIXED: usize = 28;
const MARK: usize = 8;
/// A mark is due after so long,
const MARK_AFTER: Duration = Duration::from_secs(60);
/// or after so many bytes.
const MARK_BYTES: u64 = 1 << 30;

/// Writes the log.
#[derive(Debug)]
pub(super) struct StagedLog(Mutex<Pending>);

#[derive(Debug)]
struct Pending {
    file: File,
    buffer: Vec<u8>,
    /// Files in the buffer.
    waiting: usize,
    /// Files in the log.
    total: u64,
    bytes: u64,
    /// Bytes of the files in the buffer.
    unwritten: u64,
    since: Instant,
}

/// A file that the log names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StagedFile {
    pub ino: u64,
    pub size: u64,
    pub mtime: Time,
    /// A mark covers it.
    pub durable: bool,
}

impl StagedLog {
    /// Begins a log, over one that was there.
    pub fn create(home: &Home) -> Result<StagedLog, Error> {
        let make = || {
            home.dir.remove_all(STAGED)?;
            home.dir.create_file(STAGED, 0o600)
        };
        Ok(StagedLog(Mutex::new(Pending {
            file: make().doing("make", home.join(STAGED))?,
            buffer: Vec::new(),
            waiting: 0,
            total: 0,
            bytes: 0,
            unwritten: 0,
            since: Instant::now(),
        })))
    }

    /// Adds a complete file; says whether a mark is due.
    pub fn add(&self, path: &Path, stat: &Stat) -> io::Result<bool> {
        use std::os::unix::ffi::OsStrExt;
        let path = path.as_os_str().as_bytes();
        let mut payload = Vec::with_capacity(FIXED + path.len());
        payload.extend_from_slice(&stat.ino.to_le_bytes());
        payload.extend_from_slice(&stat.size.to_le_bytes());
        payload.extend_from_slice(&stat.mtime.sec.to_le_bytes());
        payload.extend_from_slice(&stat.mtime.nsec.to_le_bytes());
        payload.extend_from_slice(path);
        let mut pending = self.lock();
        pending.frame(&payload);
        pending.waiting += 1;
        pending.total += 1;
        pending.bytes += stat.size;
        pending.unwritten += stat.size;
        if pending.waiting >= BATCH || pending.unwritten >= BATCH_BYTES {
            pending.unwritten = 0;
            pending.flush()?;
        }
        let due = pending.bytes >= MARK_BYTES || pending.since.elapsed() >= MARK_AFTER;
        if due {
            // Whoever asked first makes the mark; others go on.
            pending.bytes = 0;
            pending.since = Instant::now();
        }
        Ok(due)
    }

    /// Makes everything staged so far durable by `sync`, then says so in the log.
    pub fn mark(&self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let covered = {
            let mut pending = self.lock();
            pending.flush()?;
            pending.total
        };
        sync()?;
        let mut pending = self.lock();
        pending.frame(&covered.to_le_bytes());
        pending.flush()?;
        pending.file.sync_data()
    }

    /// Writes what is collected.
    pub fn flush(&self) -> io::Result<()> {
        self.lock().flush()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        lock(&self.0)
    }
}

impl Pending {
    fn frame(&mut self, payload: &[u8]) {
        self.buffer
            .extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.buffer
            .extend_from_slice(&checksum(payload).to_le_bytes());
        self.buffer.extend_from_slice(payload);
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        self.waiting = 0;
        Ok(())
    }
}

fn checksum(payload: &[u8]) -> u32 {
    XxHash3_64::oneshot(payload) as u32
}

/// Reads a log by path, up to its end or the first frame that was cut; the last word on a path counts.
pub(super) fn read(home: &Home) -> Result<HashMap<Vec<u8>, StagedFile>, Error> {
    let path = home.join(STAGED);
    let mut bytes = Vec::new();
    match home.dir.open_file(STAGED) {
        Ok(mut file) => file.read_to_end(&mut bytes).doing("read", &path)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(e) => return Err(e).doing("read", &path),
    };
    Ok(decode(&bytes))
}

fn decode(mut bytes: &[u8]) -> HashMap<Vec<u8>, StagedFile> {
    let mut files: HashMap<Vec<u8>, (u64, StagedFile)> = HashMap::new();
    let (mut total, mut durable) = (0, 0);
    while let Some((payload, rest)) = next_frame(bytes) {
        bytes = rest;
        let word =
            |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| payload[at + i]));
        if payload.len() == MARK {
            durable = word(0);
        } else if payload.len() > FIXED {
            let nsec = u32::from_le_bytes([24, 25, 26, 27].map(|i| payload[i]));
            let file = StagedFile {
                ino: word(0),
                size: word(8),
                mtime: Time {
                    sec: word(16).cast_signed(),
                    nsec,
                },
                durable: false,
            };
            files.insert(payload[FIXED..].to_vec(), (total, file));
            total += 1;
        }
    }
    let judged = |(path, (number, mut file)): (Vec<u8>, (u64, StagedFile))| {
        file.durable = number < durable;
        (path, file)
    };
    files.into_iter().map(judged).collect()
}

fn next_frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    (checksum(payload) == u32::from_le_bytes(*sum)).then_some((payload, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(ino: u64, path: &[u8]) -> Vec<u8> {
        let mut payload = ino.to_le_bytes().to_vec();
        payload.extend_from_slice(&[0; FIXED - 8]);
        payload.extend_from_slice(path);
        framed(&payload)
    }

    fn framed(payload: &[u8]) -> Vec<u8> {
        let mut all = (payload.len() as u32).to_le_bytes().to_vec();
        all.extend_from_slice(&checksum(payload).to_le_bytes());
        all.extend_from_slice(payload);
        all
    }

    #[test]
    fn marks_cover_what_came_before_them_and_a_torn_end_is_dropped() {
        let whole = [
            frame(7, b"a/b"),
            frame(8, b"c"),
            framed(&1u64.to_le_bytes()),
            frame(9, b"d"),
        ]
        .concat();
        let files = decode(&whole);
        let durable = |path: &[u8]| files[path].durable;
        assert!(durable(b"a/b") && !durable(b"c") && !durable(b"d"));
        let torn = decode(&whole[..whole.len() - 1]);
        assert_eq!(torn.len(), 2);
        assert_eq!(torn[&b"c"[..]].ino, 8);
    }
}
