//! Backups outside of the destination: written down while a run stages, made right after the switch out of
//! the old tree, before the journal is at rest. A crash in between leaves the list; the next run makes what
//! is missing. A backup takes its name in one step: it is whole, or not there.
//!
//! Format: frames of a length (u32, little-endian) and as many bytes. The first is the directory, with a
//! byte of flags in front; then the old path and the new one of each. The seal is a length of all ones, the
//! number of frames (u64) and XXH3 of all bytes before it.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::hash::Hasher as _;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use twox_hash::XxHash3_64;

use super::error::{Doing, Error};
use super::home::Home;
use super::make::second_name;
use super::outcome::Refused;
use super::run::Stage;
use super::survey::file_name;
use super::transfer::Spot;
use crate::sys::{self, Dir, Stat, lock, process};

const NAME: &[u8] = b"backups";
/// A backup before it takes its name.
const DRAFT: &[u8] = b".resilver-backup~";
/// Bytes that are collected before they are written.
const BUFFER: usize = 64 * 1024;
const SEAL: u32 = u32::MAX;

/// A directory for backups outside of the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupPlace {
    /// Its absolute path; it is made when the first backup is.
    pub path: PathBuf,
    /// Whether directories made in it get the owner of those that they stand for.
    pub owner: bool,
    /// The same for the group.
    pub group: bool,
}

/// The list of a run; no file as long as it is empty.
#[derive(Debug, Default)]
pub(super) struct Backups(Mutex<Option<List>>);

struct List {
    file: File,
    buffer: Vec<u8>,
    sum: XxHash3_64,
    frames: u64,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List")
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl List {
    fn create(home: &Dir) -> io::Result<List> {
        home.remove_all(NAME)?;
        Ok(List {
            file: home.create_file(NAME, 0o600)?,
            buffer: Vec::new(),
            sum: XxHash3_64::new(),
            frames: 0,
        })
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.buffer.extend_from_slice(&len.to_le_bytes());
        self.buffer.extend_from_slice(bytes);
        self.frames += 1;
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sum.write(&self.buffer);
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    fn seal(&mut self, durable: bool) -> io::Result<()> {
        self.flush()?;
        let mut seal = SEAL.to_le_bytes().to_vec();
        seal.extend_from_slice(&self.frames.to_le_bytes());
        seal.extend_from_slice(&self.sum.finish().to_le_bytes());
        self.file.write_all(&seal)?;
        if durable {
            self.file.sync_all()
        } else {
            Ok(())
        }
    }
}

impl Backups {
    /// Whether there is something to be kept.
    pub fn any(&self) -> bool {
        lock(&self.0).is_some()
    }

    /// Ends the list, before the switch is sealed.
    pub fn seal(&self, durable: bool) -> io::Result<()> {
        let mut list = lock(&self.0);
        list.as_mut().map_or(Ok(()), |list| list.seal(durable))
    }
}

impl Stage {
    /// Writes down that the old object at `path` is kept as `to` in a directory outside of the destination,
    /// once the switch is made.
    ///
    /// # Errors
    /// [`Error::Io`], also where that directory cannot be written to as far as one can tell now.
    pub fn keep_outside(&self, place: &BackupPlace, path: &Path, to: &Path) -> Result<(), Error> {
        let ready = self.ready()?;
        let mut list = lock(&ready.backups.0);
        let mut add = || -> io::Result<()> {
            if list.is_none() {
                check_writable(&place.path)?;
                let mut new = List::create(&ready.volume)?;
                let flags = u8::from(place.owner) | u8::from(place.group) << 1;
                new.add(&[&[flags], place.path.as_os_str().as_bytes()].concat())?;
                *list = Some(new);
            }
            let Some(list) = list.as_mut() else {
                return Ok(());
            };
            list.add(path.as_os_str().as_bytes())?;
            list.add(to.as_os_str().as_bytes())
        };
        add().doing("keep a backup in", &place.path)
    }
}

/// Whether backups can be made there, as far as permissions tell.
fn check_writable(path: &Path) -> io::Result<()> {
    for there in path.ancestors() {
        match Dir::open(there) {
            Ok(dir) if dir.is_writable() => return Ok(()),
            Ok(_) => return Err(rustix::io::Errno::ACCESS.into()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Opens a directory for backups outside of the destination, which is made where it is missing.
///
/// # Errors
/// As the system's.
pub fn open_backup_dir(path: &Path) -> io::Result<Dir> {
    let mode = 0o777 & !process::take_umask();
    let made = DirBuilder::new().recursive(true).mode(mode).create(path);
    made.and_then(|()| Dir::open(path))
}

/// A sealed list that was read.
struct Sealed {
    place: BackupPlace,
    pairs: Vec<u8>,
}

/// Reads the list; `None` where none was sealed.
fn read(home: &Home) -> io::Result<Option<Sealed>> {
    let mut bytes = Vec::new();
    match home.dir.open_file(NAME) {
        Ok(mut file) => file.read_to_end(&mut bytes)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let Some(at) = bytes.len().checked_sub(20) else {
        return Ok(None);
    };
    let seal = bytes.split_off(at);
    let mut sum = XxHash3_64::new();
    sum.write(&bytes);
    let is_sealed = seal[..4] == SEAL.to_le_bytes() && seal[12..] == sum.finish().to_le_bytes();
    let mut rest = &bytes[..];
    let first = take(&mut rest).filter(|_| is_sealed);
    Ok(first.and_then(|first| {
        let (flags, path) = first.split_first()?;
        let place = BackupPlace {
            path: OsStr::from_bytes(path).into(),
            owner: flags & 1 != 0,
            group: flags & 2 != 0,
        };
        let pairs = rest.to_vec();
        Some(Sealed { place, pairs })
    }))
}

fn take<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (len, tail) = rest.split_first_chunk::<4>()?;
    let (bytes, tail) = tail.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    *rest = tail;
    Some(bytes)
}

/// Makes the backups of a switch that was made; `old` is the tree before it, `new` the one after. What is
/// made already stays. Returns what could not be made.
pub(super) fn carry_out(
    home: &Home,
    old: Option<&Dir>,
    new: Option<&Dir>,
    no_fsync: bool,
) -> Result<Vec<Refused>, Error> {
    let sealed = read(home).doing("read", home.join(NAME))?;
    let mut refused = Vec::new();
    if let (Some(Sealed { place, pairs }), Some(old)) = (sealed, old) {
        let mut keeper = Keeper {
            place: &place,
            old,
            new,
            root: None,
            last: None,
            made: Vec::new(),
        };
        let mut rest = &pairs[..];
        while let (Some(path), Some(to)) = (take(&mut rest), take(&mut rest)) {
            let path = Path::new(OsStr::from_bytes(path));
            sys::cut::point("backups.keep");
            if let Err(e) = keeper.keep(path, Path::new(OsStr::from_bytes(to))) {
                refused.push(Refused::new(path, &e));
            }
        }
        let ended = keeper.finish(no_fsync);
        ended.doing("make backups durable in", &place.path)?;
    }
    sys::cut::point("backups.done");
    home.drop(NAME)?;
    Ok(refused)
}

struct Keeper<'k> {
    place: &'k BackupPlace,
    old: &'k Dir,
    new: Option<&'k Dir>,
    root: Option<Dir>,
    /// The directory that the last backup went to.
    last: Option<(PathBuf, Dir)>,
    /// Directories that were made, with the mode that they get.
    made: Vec<(Dir, u32)>,
}

impl Keeper<'_> {
    fn keep(&mut self, path: &Path, to: &Path) -> io::Result<()> {
        // What somebody changed meanwhile was not replaced.
        let Some(spot) = Spot::find(self.old, path)? else {
            return Ok(());
        };
        let parent = to.parent().unwrap_or(Path::new(""));
        if self.last.as_ref().is_none_or(|(last, _)| last != parent) {
            let dir = self.enter(parent)?;
            self.last = Some((parent.to_owned(), dir));
        }
        let Some((_, dir)) = &self.last else {
            return Ok(());
        };
        let name = file_name(to);
        let there = dir.try_stat(name)?;
        if there.is_some_and(|there| there.same_object(&spot.stat)) {
            return Ok(());
        }
        dir.remove_all(DRAFT)?;
        second_name((&spot.dir, &spot.name, &spot.stat), dir, DRAFT)?;
        if there.is_some_and(|there| there.is_dir()) {
            dir.remove_all(name)?;
        }
        sys::cut::point("backups.name");
        dir.rename(DRAFT, dir, name)
    }

    /// Opens a directory of backups, which is made as the one that it stands for.
    fn enter(&mut self, path: &Path) -> io::Result<Dir> {
        let mut dir = match &self.root {
            Some(root) => root.reopen()?,
            None => {
                let root = open_backup_dir(&self.place.path)?;
                self.root = Some(root.reopen()?);
                root
            }
        };
        let mut so_far = PathBuf::new();
        for component in path.components() {
            let name = component.as_os_str().as_bytes();
            so_far.push(component);
            dir = match dir.open_dir(name) {
                Ok(child) => child,
                Err(_) => self.make(&dir, name, &so_far)?,
            };
        }
        Ok(dir)
    }

    fn make(&mut self, parent: &Dir, name: &[u8], path: &Path) -> io::Result<Dir> {
        if parent.try_stat(name)?.is_some_and(|stat| !stat.is_dir()) {
            parent.unlink(name)?;
        }
        parent.make_dir(name, 0o700)?;
        let made = parent.open_dir(name)?;
        if let Some(stat) = self.stat_of(path) {
            let uid = self.place.owner.then_some(stat.uid);
            let gid = self.place.group.then_some(stat.gid);
            if uid.is_some() || gid.is_some() {
                sys::set_owner(made.as_file(), uid, gid)?;
            }
            made.set_own_mode(stat.mode | 0o700)?;
            self.made.push((made.reopen()?, stat.mode));
        }
        Ok(made)
    }

    /// The directory that one is made for: as it is now, or, if it is gone, as it was.
    fn stat_of(&self, path: &Path) -> Option<Stat> {
        let look = |tree: &Dir| tree.open_beneath(path).and_then(|dir| dir.stat_self());
        let now = self.new.and_then(|new| look(new).ok());
        now.or_else(|| look(self.old).ok())
    }

    fn finish(self, no_fsync: bool) -> io::Result<()> {
        for (dir, mode) in self.made.iter().rev() {
            if mode & 0o700 != 0o700 {
                dir.set_own_mode(*mode)?;
            }
        }
        match self.root {
            Some(root) if !no_fsync => root.sync_volume(),
            _ => Ok(()),
        }
    }
}
