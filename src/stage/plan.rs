//! A plan: what is to be done to the live tree entry by entry. It is written while a run stages, sealed,
//! and then carried out, again after a crash if need be; backward it is an undo.
//!
//! Format: frames of a length (u32) and a payload: a letter, marks, metadata (of fixed size but for access
//! times and extended attributes, where there are any), the path.
//! The last frame is a seal: the number of steps and XXH3 of all bytes before it.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use twox_hash::XxHash3_64;

use super::changes::kind_code;
use super::error::{Doing, Error};
use super::home::Home;
use crate::sys::xattrs::Edit;
use crate::sys::{Kind, Stat, Time, lock};
use crate::tree::MetaChange;

/// Steps are collected to so many bytes before they are written.
const BUFFER: usize = 64 * 1024;

/// Stands for the length of a value that is missing.
const NOTHING: u32 = u32::MAX;

/// The letter of a removal.
const REMOVE: u8 = b'R';

/// What one object is, well enough to know it again and to see that somebody changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub kind: Kind,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub ino: u64,
    pub size: u64,
    pub mtime: Time,
}

impl Mark {
    pub fn of(stat: &Stat) -> Mark {
        Mark {
            kind: stat.kind,
            mode: stat.mode,
            uid: stat.uid,
            gid: stat.gid,
            ino: stat.ino,
            size: stat.size,
            mtime: stat.mtime,
        }
    }

    /// Whether this is the very object, whatever became of it.
    pub fn is_object(&self, stat: &Stat) -> bool {
        self.kind == stat.kind && self.ino == stat.ino
    }

    /// Whether this is the object as it was. A directory is so whatever its times and size.
    pub fn is_unchanged(&self, stat: &Stat) -> bool {
        self.is_object(stat) && self.is_alike(stat)
    }

    /// Whether this is such an object, as a copy would be.
    pub fn is_alike(&self, stat: &Stat) -> bool {
        let access = (self.kind, self.mode, self.uid, self.gid)
            == (stat.kind, stat.mode, stat.uid, stat.gid);
        access && (self.kind == Kind::Dir || (self.size, self.mtime) == (stat.size, stat.mtime))
    }

    /// The changeable metadata.
    pub fn meta(&self) -> MetaChange {
        MetaChange {
            mode: (self.kind != Kind::Symlink).then_some(self.mode),
            uid: Some(self.uid),
            gid: Some(self.gid),
            mtime: Some(self.mtime),
            ..MetaChange::default()
        }
    }
}

/// One step of a plan; paths are relative to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What is staged under the path takes its place in the live tree.
    Install {
        path: PathBuf,
        new: Mark,
        old: Option<Mark>,
    },
    /// The name goes, with all below it.
    Remove { path: PathBuf, old: Mark },
    /// Metadata of a non-directory.
    Touch {
        path: PathBuf,
        old: Mark,
        change: MetaChange,
    },
    /// Metadata of a directory.
    Dir {
        path: PathBuf,
        old: Mark,
        change: MetaChange,
    },
}

impl Step {
    pub fn path(&self) -> &Path {
        match self {
            Step::Install { path, .. }
            | Step::Remove { path, .. }
            | Step::Touch { path, .. }
            | Step::Dir { path, .. } => path,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        match self {
            Step::Install { new, old, .. } => {
                out.push(b'I');
                put_mark(&mut out, Some(new));
                put_mark(&mut out, old.as_ref());
            }
            Step::Remove { old, .. } => {
                out.push(REMOVE);
                put_mark(&mut out, Some(old));
            }
            Step::Touch { old, change, .. } => {
                out.push(b'T');
                put_mark(&mut out, Some(old));
                put_change(&mut out, change);
            }
            Step::Dir { old, change, .. } => {
                out.push(b'D');
                put_mark(&mut out, Some(old));
                put_change(&mut out, change);
            }
        }
        out.extend_from_slice(self.path().as_os_str().as_bytes());
        out
    }

    fn decode(payload: &[u8]) -> Option<Step> {
        let (letter, mut rest) = payload.split_first()?;
        let step = match letter {
            b'I' => {
                let (new, old) = (take_mark(&mut rest)?, take_mark(&mut rest)?);
                let (path, new) = (path_of(rest), new?);
                Step::Install { path, new, old }
            }
            &REMOVE => {
                let old = take_mark(&mut rest)??;
                let path = path_of(rest);
                Step::Remove { path, old }
            }
            b'T' | b'D' => {
                let old = take_mark(&mut rest)??;
                let change = take_change(&mut rest)?;
                let path = path_of(rest);
                match letter {
                    b'T' => Step::Touch { path, old, change },
                    _ => Step::Dir { path, old, change },
                }
            }
            _ => return None,
        };
        Some(step)
    }
}

fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(bytes))
}

const KINDS: [Kind; 7] = [
    Kind::File,
    Kind::Dir,
    Kind::Symlink,
    Kind::CharDevice,
    Kind::BlockDevice,
    Kind::Fifo,
    Kind::Socket,
];

fn put_mark(out: &mut Vec<u8>, mark: Option<&Mark>) {
    let Some(mark) = mark else {
        out.push(0);
        return;
    };
    out.push(kind_code(mark.kind));
    for word in [mark.mode, mark.uid, mark.gid, mark.mtime.nsec] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    for word in [mark.ino, mark.size, mark.mtime.sec.cast_unsigned()] {
        out.extend_from_slice(&word.to_le_bytes());
    }
}

/// The outer `None` is damage, the inner one "no object".
#[allow(clippy::option_option)]
fn take_mark(rest: &mut &[u8]) -> Option<Option<Mark>> {
    let code = take::<1>(rest)?[0];
    if code == 0 {
        return Some(None);
    }
    let kind = KINDS.into_iter().find(|kind| kind_code(*kind) == code)?;
    let [mode, uid, gid, nsec] = take_u32s::<4>(rest)?;
    let [ino, size, sec] = take_u64s::<3>(rest)?;
    let mtime = Time {
        sec: sec.cast_signed(),
        nsec,
    };
    Some(Some(Mark {
        kind,
        mode,
        uid,
        gid,
        ino,
        size,
        mtime,
    }))
}

fn put_change(out: &mut Vec<u8>, change: &MetaChange) {
    let flag = |there: bool, bit: u8| u8::from(there) << bit;
    out.push(
        flag(change.mode.is_some(), 0)
            | flag(change.uid.is_some(), 1)
            | flag(change.gid.is_some(), 2)
            | flag(change.mtime.is_some(), 3)
            | flag(change.atime.is_some(), 4)
            | flag(change.xattrs.is_some(), 5),
    );
    let mtime = change.mtime.unwrap_or_default();
    let words = [change.mode, change.uid, change.gid];
    for word in words.map(Option::unwrap_or_default) {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&mtime.nsec.to_le_bytes());
    out.extend_from_slice(&mtime.sec.to_le_bytes());
    if let Some(atime) = change.atime {
        out.extend_from_slice(&atime.nsec.to_le_bytes());
        out.extend_from_slice(&atime.sec.to_le_bytes());
    }
    if let Some(edits) = &change.xattrs {
        out.extend_from_slice(&(edits.len() as u32).to_le_bytes());
        for edit in edits {
            put_bytes(out, Some(&edit.name));
            put_bytes(out, edit.old.as_deref());
            put_bytes(out, edit.new.as_deref());
        }
    }
}

/// Bytes behind their number; none is a number that no value reaches.
fn put_bytes(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let len = bytes.map_or(NOTHING, |bytes| bytes.len() as u32);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes.unwrap_or_default());
}

/// The outer `None` is damage, the inner one "nothing".
#[allow(clippy::option_option)]
fn take_bytes(rest: &mut &[u8]) -> Option<Option<Box<[u8]>>> {
    let [len] = take_u32s::<1>(rest)?;
    if len == NOTHING {
        return Some(None);
    }
    let (bytes, tail) = rest.split_at_checked(len as usize)?;
    *rest = tail;
    Some(Some(bytes.into()))
}

fn take_edits(rest: &mut &[u8]) -> Option<Box<[Edit]>> {
    let [count] = take_u32s::<1>(rest)?;
    (0..count)
        .map(|_| {
            Some(Edit {
                name: take_bytes(rest)??,
                old: take_bytes(rest)?,
                new: take_bytes(rest)?,
            })
        })
        .collect()
}

fn take_change(rest: &mut &[u8]) -> Option<MetaChange> {
    let flags = take::<1>(rest)?[0];
    let [mode, uid, gid, nsec] = take_u32s::<4>(rest)?;
    let [sec] = take_u64s::<1>(rest)?;
    let has = |bit: u8| flags >> bit & 1 == 1;
    let atime = if has(4) {
        let [nsec] = take_u32s::<1>(rest)?;
        let [sec] = take_u64s::<1>(rest)?;
        let sec = sec.cast_signed();
        Some(Time { sec, nsec })
    } else {
        None
    };
    let xattrs = if has(5) {
        Some(take_edits(rest)?)
    } else {
        None
    };
    Some(MetaChange {
        mode: has(0).then_some(mode),
        uid: has(1).then_some(uid),
        gid: has(2).then_some(gid),
        mtime: has(3).then_some(Time {
            sec: sec.cast_signed(),
            nsec,
        }),
        atime,
        xattrs,
    })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*bytes)
}

fn take_u32s<const N: usize>(rest: &mut &[u8]) -> Option<[u32; N]> {
    let mut words = [0; N];
    for word in &mut words {
        *word = u32::from_le_bytes(take::<4>(rest)?);
    }
    Some(words)
}

fn take_u64s<const N: usize>(rest: &mut &[u8]) -> Option<[u64; N]> {
    let mut words = [0; N];
    for word in &mut words {
        *word = u64::from_le_bytes(take::<8>(rest)?);
    }
    Some(words)
}

/// Writes a plan.
#[derive(Debug)]
pub(super) struct Planner(Mutex<Pending>);

struct Pending {
    file: File,
    buffer: Vec<u8>,
    hash: XxHash3_64,
    steps: u64,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

impl Planner {
    /// Begins a plan under `name`, over one that was there.
    pub fn create(home: &Home, name: &[u8]) -> Result<Planner, Error> {
        let make = || {
            home.dir.remove_all(name)?;
            home.dir.create_file(name, 0o600)
        };
        Ok(Planner(Mutex::new(Pending {
            file: make().doing("make", home.join(name))?,
            buffer: Vec::with_capacity(BUFFER),
            hash: XxHash3_64::new(),
            steps: 0,
        })))
    }

    /// Adds a step.
    pub fn add(&self, step: &Step) -> io::Result<()> {
        let mut pending = self.lock();
        pending.steps += 1;
        pending.frame(&step.encode());
        if pending.buffer.len() >= BUFFER {
            pending.flush()?;
        }
        Ok(())
    }

    /// Takes every removal out again.
    pub fn drop_removals(&self) -> io::Result<()> {
        let mut pending = self.lock();
        pending.flush()?;
        let mut bytes = Vec::new();
        pending.file.seek(SeekFrom::Start(0))?;
        pending.file.read_to_end(&mut bytes)?;
        pending.file.seek(SeekFrom::Start(0))?;
        pending.file.set_len(0)?;
        pending.hash = XxHash3_64::new();
        pending.steps = 0;
        let mut rest = &bytes[..];
        while let Some(payload) = next_frame(&mut rest) {
            if !payload.starts_with(&[REMOVE]) {
                pending.steps += 1;
                pending.frame(payload);
            }
        }
        pending.flush()
    }

    /// Number of steps.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    /// Ends the plan; durable on return if `sync`.
    pub fn seal(&self, sync: bool) -> io::Result<()> {
        let mut pending = self.lock();
        let (steps, hash) = (pending.steps, pending.hash.finish());
        let mut seal = vec![b'.'];
        seal.extend_from_slice(&steps.to_le_bytes());
        seal.extend_from_slice(&hash.to_le_bytes());
        pending.frame(&seal);
        pending.flush()?;
        if sync {
            pending.file.sync_all()?;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        lock(&self.0)
    }
}

impl Pending {
    fn frame(&mut self, payload: &[u8]) {
        let len = (payload.len() as u32).to_le_bytes();
        for part in [&len[..], payload] {
            self.hash.write(part);
            self.buffer.extend_from_slice(part);
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

/// Reads a sealed plan; one without its seal is damaged.
pub(super) fn read(home: &Home, name: &[u8]) -> Result<Vec<Step>, Error> {
    let path = home.join(name);
    let mut bytes = Vec::new();
    home.dir
        .open_file(name)
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .doing("read", &path)?;
    decode(&bytes).ok_or_else(|| Error::Damaged {
        path,
        what: "its seal does not agree".to_owned(),
    })
}

fn next_frame<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = u32::from_le_bytes(take::<4>(rest)?) as usize;
    let (payload, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(payload)
}

fn decode(bytes: &[u8]) -> Option<Vec<Step>> {
    let (mut steps, mut rest) = (Vec::new(), bytes);
    loop {
        let before = bytes.len() - rest.len();
        let payload = next_frame(&mut rest)?;
        if let Some(mut seal) = payload.strip_prefix(b".") {
            let [count, hash] = take_u64s::<2>(&mut seal)?;
            let whole =
                count == steps.len() as u64 && hash == XxHash3_64::oneshot(&bytes[..before]);
            return whole.then_some(steps);
        }
        steps.push(Step::decode(payload)?);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(kind: Kind) -> Mark {
        Mark {
            kind,
            mode: 0o4755,
            uid: 1,
            gid: 2,
            ino: 1 << 40,
            size: 5,
            mtime: Time { sec: -3, nsec: 9 },
        }
    }

    #[test]
    fn steps_come_back_as_they_went() {
        let path = || PathBuf::from(OsStr::from_bytes(b"a/\xff b"));
        let change = MetaChange {
            mode: Some(0o600),
            mtime: Some(Time { sec: 7, nsec: 8 }),
            ..MetaChange::default()
        };
        let steps = [
            Step::Install {
                path: path(),
                new: mark(Kind::File),
                old: None,
            },
            Step::Install {
                path: path(),
                new: mark(Kind::Dir),
                old: Some(mark(Kind::Symlink)),
            },
            Step::Remove {
                path: path(),
                old: mark(Kind::Dir),
            },
            Step::Touch {
                path: path(),
                old: mark(Kind::Fifo),
                change: change.clone(),
            },
            Step::Touch {
                path: path(),
                old: mark(Kind::File),
                change: MetaChange {
                    atime: Some(Time { sec: -9, nsec: 1 }),
                    xattrs: Some(Box::new([
                        Edit {
                            name: b"user.a"[..].into(),
                            old: None,
                            new: Some([7; 300][..].into()),
                        },
                        Edit {
                            name: b"trusted.b"[..].into(),
                            old: Some(b""[..].into()),
                            new: None,
                        },
                    ])),
                    ..change
                },
            },
            Step::Dir {
                path: PathBuf::new(),
                old: mark(Kind::Dir),
                change: MetaChange::default(),
            },
        ];
        for step in steps {
            assert_eq!(Step::decode(&step.encode()), Some(step));
        }
    }
}
