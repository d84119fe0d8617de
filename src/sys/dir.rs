//! A directory handle, and what can be done to the names in it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use filetime::FileTime;
use rustix::fs::{
    self as rfs, Access, AtFlags, FileType, FlockOperation, Gid, Mode, OFlags, RenameFlags,
    ResolveFlags, StatxAttributes, StatxFlags, Timespec, Timestamps, UTIME_OMIT, Uid,
};
use rustix::io::Errno;

use super::stat::{Kind, Stat, Time};

const DIR: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// An open directory. Every name given to its methods is one component, resolved in this very directory
/// and never followed when it is a symbolic link.
#[derive(Debug)]
pub struct Dir(File, Reading);

/// Whether reading through a handle moves access times, where the system keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    Usual,
    /// Neither of the directory nor of what is opened in it. Only its owner and the super-user may.
    Unseen,
}

impl Reading {
    fn flags(self) -> OFlags {
        match self {
            Reading::Usual => OFlags::empty(),
            Reading::Unseen => OFlags::NOATIME,
        }
    }
}

/// An exclusive advisory lock; released when dropped or when the process ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] OwnedFd);

impl Dir {
    /// Opens a path that the operator named: symbolic links in it are followed.
    pub fn open(path: &Path) -> io::Result<Dir> {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        let file = File::from(rfs::open(path, DIR, Mode::empty())?);
        Ok(Dir(file, Reading::Usual))
    }

    /// Opens a directory in this one.
    pub fn open_dir(&self, name: &[u8]) -> io::Result<Dir> {
        self.open_reading(name, self.1)
    }

    /// Another handle on the same directory, through which reading moves no access time, neither its own
    /// nor of anything opened below it.
    pub fn reopen_unseen(&self) -> io::Result<Dir> {
        self.open_reading(b".", Reading::Unseen)
    }

    fn open_reading(&self, name: &[u8], reading: Reading) -> io::Result<Dir> {
        let flags = DIR | OFlags::NOFOLLOW | reading.flags();
        Ok(Dir(self.open_at(name, flags, 0)?, reading))
    }

    /// `mode` is that of a file that is made.
    fn open_at(&self, name: &[u8], flags: OFlags, mode: u32) -> io::Result<File> {
        let mode = Mode::from_raw_mode(mode);
        Ok(File::from(rfs::openat(&self.0, name, flags, mode)?))
    }

    /// Opens a directory anywhere below, `rel` being relative without `..`; no component may be a
    /// symbolic link. An empty path or `.` gives another handle on this directory.
    pub fn open_beneath(&self, rel: &Path) -> io::Result<Dir> {
        let rel = if rel.as_os_str().is_empty() {
            Path::new(".")
        } else {
            rel
        };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rfs::openat2(&self.0, rel, DIR, Mode::empty(), resolve) {
            Ok(fd) => Ok(Dir(File::from(fd), self.1)),
            Err(Errno::NOSYS) => self.walk_beneath(rel),
            Err(e) => Err(e.into()),
        }
    }

    /// The same component by component, for kernels before 5.6.
    fn walk_beneath(&self, rel: &Path) -> io::Result<Dir> {
        let mut dir = self.open_dir(b".")?;
        for part in rel.components() {
            match part {
                Component::CurDir => {}
                Component::Normal(name) => dir = dir.open_dir(name.as_bytes())?,
                _ => return Err(Errno::XDEV.into()),
            }
        }
        Ok(dir)
    }

    /// Another handle on the same directory, with a read position of its own.
    pub fn reopen(&self) -> io::Result<Dir> {
        self.open_dir(b".")
    }

    /// Metadata of the directory itself.
    pub fn stat_self(&self) -> io::Result<Stat> {
        self.statx(b"", AtFlags::EMPTY_PATH)
    }

    /// Metadata of one name.
    pub fn stat(&self, name: &[u8]) -> io::Result<Stat> {
        self.statx(name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Metadata of one name, `None` when there is no such name.
    pub fn try_stat(&self, name: &[u8]) -> io::Result<Option<Stat>> {
        match self.stat(name) {
            Ok(stat) => Ok(Some(stat)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn statx(&self, name: &[u8], flags: AtFlags) -> io::Result<Stat> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        Ok(Stat::from_statx(&rfs::statx(&self.0, name, flags, mask)?))
    }

    /// Metadata of what a name leads to: a symbolic link is followed, out of the directory as well.
    pub fn stat_target(&self, name: &[u8]) -> io::Result<Stat> {
        self.statx(name, AtFlags::empty())
    }

    /// Metadata of what a path below leads to, links on its way being followed; `follow` says whether one
    /// at its end is.
    pub fn look_up(&self, path: &Path, follow: bool) -> io::Result<Stat> {
        let flags = if follow {
            AtFlags::empty()
        } else {
            AtFlags::SYMLINK_NOFOLLOW
        };
        self.statx(path.as_os_str().as_bytes(), flags)
    }

    /// The target of a symbolic link that a path below leads to.
    pub fn read_link_at(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_link(path.as_os_str().as_bytes())
    }

    /// Whether a name is marked immutable or append-only; false where the file system does not tell.
    pub fn is_marked(&self, name: &[u8]) -> io::Result<bool> {
        let stat = rfs::statx(
            &self.0,
            name,
            AtFlags::SYMLINK_NOFOLLOW,
            StatxFlags::empty(),
        )?;
        let marks = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
        Ok(stat.stx_attributes.intersects(marks))
    }

    /// Opens a regular file for reading.
    pub fn open_file(&self, name: &[u8]) -> io::Result<File> {
        let flags =
            OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | self.1.flags();
        self.open_at(name, flags, 0)
    }

    /// Opens what a name leads to for reading: a symbolic link is followed, out of the directory as well.
    pub fn open_target_file(&self, name: &[u8]) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | self.1.flags();
        self.open_at(name, flags, 0)
    }

    /// Opens the directory that a name leads to: a symbolic link is followed, out of this directory as well.
    pub fn open_target_dir(&self, name: &[u8]) -> io::Result<Dir> {
        let flags = DIR | self.1.flags();
        Ok(Dir(self.open_at(name, flags, 0)?, self.1))
    }

    /// Opens an existing regular file for reading and writing.
    pub fn open_file_rw(&self, name: &[u8]) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        self.open_at(name, flags, 0)
    }

    /// Makes a new regular file, open for reading and writing; fails if the name exists. `mode` is
    /// subject to the process's umask, see [`super::process::take_umask`].
    pub fn create_file(&self, name: &[u8], mode: u32) -> io::Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        self.open_at(name, flags, mode)
    }

    /// Makes a file without a name, open for reading and writing; it is gone once it is closed.
    pub fn create_unnamed(&self) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        Ok(File::from(rfs::openat(
            &self.0,
            c".",
            flags,
            Mode::RUSR | Mode::WUSR,
        )?))
    }

    /// Makes a directory.
    pub fn make_dir(&self, name: &[u8], mode: u32) -> io::Result<()> {
        Ok(rfs::mkdirat(&self.0, name, Mode::from_raw_mode(mode))?)
    }

    /// Makes a symbolic link.
    pub fn make_symlink(&self, name: &[u8], target: &[u8]) -> io::Result<()> {
        Ok(rfs::symlinkat(target, &self.0, name)?)
    }

    /// Makes a device, fifo or socket.
    pub fn make_node(
        &self,
        name: &[u8],
        kind: Kind,
        mode: u32,
        rdev: (u32, u32),
    ) -> io::Result<()> {
        let kind = match kind {
            Kind::CharDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            Kind::Fifo => FileType::Fifo,
            Kind::Socket => FileType::Socket,
            Kind::File | Kind::Dir | Kind::Symlink => {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        };
        let dev = rfs::makedev(rdev.0, rdev.1);
        Ok(rfs::mknodat(
            &self.0,
            name,
            kind,
            Mode::from_raw_mode(mode),
            dev,
        )?)
    }

    /// The target of a symbolic link.
    pub fn read_link(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        Ok(rfs::readlinkat(&self.0, name, Vec::with_capacity(256))?.into_bytes())
    }

    /// Gives the object `name` a second name in `to`; a symbolic link is linked itself.
    pub fn link(&self, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
        Ok(rfs::linkat(
            &self.0,
            name,
            &to.0,
            to_name,
            AtFlags::empty(),
        )?)
    }

    /// Renames, replacing what `to_name` was.
    pub fn rename(&self, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
        Ok(rfs::renameat(&self.0, name, &to.0, to_name)?)
    }

    /// Renames; fails if `to_name` exists. File systems that cannot do this in one step (NFS) are asked
    /// first.
    pub fn rename_new(&self, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
        let flags = RenameFlags::NOREPLACE;
        match rfs::renameat_with(&self.0, name, &to.0, to_name, flags) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match to.try_stat(to_name)? {
                Some(_) => Err(io::ErrorKind::AlreadyExists.into()),
                None => self.rename(name, to, to_name),
            },
            other => Ok(other?),
        }
    }

    /// Exchanges two names in one instant.
    pub fn exchange(&self, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
        Ok(rfs::renameat_with(
            &self.0,
            name,
            &to.0,
            to_name,
            RenameFlags::EXCHANGE,
        )?)
    }

    /// Removes a name that is not a directory.
    pub fn unlink(&self, name: &[u8]) -> io::Result<()> {
        Ok(rfs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Removes an empty directory.
    pub fn remove_dir(&self, name: &[u8]) -> io::Result<()> {
        Ok(rfs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Sets owner and group of a name; `None` leaves one.
    pub fn set_owner(&self, name: &[u8], uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
        Ok(rfs::chownat(
            &self.0,
            name,
            uid,
            gid,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// Sets permission bits of a name that is not a symbolic link. The object is pinned first, since the
    /// system call proper would follow a link that somebody put there meanwhile.
    pub fn set_mode(&self, name: &[u8], mode: u32) -> io::Result<()> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let pinned = rfs::openat(&self.0, name, flags, Mode::empty())?;
        let path = format!("/proc/self/fd/{}", pinned.as_raw_fd());
        Ok(rfs::chmod(path.as_str(), Mode::from_raw_mode(mode))?)
    }

    /// Sets permission bits of this directory.
    pub fn set_own_mode(&self, mode: u32) -> io::Result<()> {
        Ok(rfs::fchmod(&self.0, Mode::from_raw_mode(mode))?)
    }

    /// Sets the modification time of a name, leaving its access time.
    pub fn set_mtime(&self, name: &[u8], mtime: Time) -> io::Result<()> {
        self.set_times(name, None, Some(mtime))
    }

    /// Sets times of access and of modification of a name; `None` leaves one.
    pub fn set_times(
        &self,
        name: &[u8],
        atime: Option<Time>,
        mtime: Option<Time>,
    ) -> io::Result<()> {
        Ok(rfs::utimensat(
            &self.0,
            name,
            &Timestamps {
                last_access: stamp(atime),
                last_modification: stamp(mtime),
            },
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// Removes a name and, when it is a directory, everything below it. Directories that lack permission
    /// for it get it first. Nothing outside is reached through links.
    pub fn remove_all(&self, name: &[u8]) -> io::Result<()> {
        match self.unlink(name) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => match self.try_stat(name)? {
                Some(stat) if stat.is_dir() => {}
                Some(_) => return Err(e),
                None => return Ok(()),
            },
        }
        let child = match self.open_dir(name) {
            Ok(child) => child,
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                self.set_mode(name, 0o700)?;
                self.open_dir(name)?
            }
            Err(e) => return Err(e),
        };
        child.clear()?;
        drop(child);
        self.remove_dir(name)
    }

    /// Removes everything in this directory.
    pub fn clear(&self) -> io::Result<()> {
        let mut opened = false;
        for item in self.list()?.iter() {
            let first = self.remove_all(item.name);
            if let Err(e) = first {
                if opened || e.kind() != io::ErrorKind::PermissionDenied {
                    return Err(e);
                }
                self.set_own_mode(0o700)?;
                opened = true;
                self.remove_all(item.name)?;
            }
        }
        Ok(())
    }

    /// Whether this process may make and remove names here.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        let access = Access::WRITE_OK | Access::EXEC_OK;
        rfs::accessat(&self.0, c".", access, AtFlags::EACCESS).is_ok()
    }

    /// Makes the entries of this directory durable.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rfs::fsync(&self.0)?)
    }

    /// Makes everything on this file system durable.
    pub fn sync_volume(&self) -> io::Result<()> {
        Ok(rfs::syncfs(&self.0)?)
    }

    /// Takes the exclusive lock of this directory, if it is free; `None` when another process holds it.
    pub fn try_lock(&self) -> io::Result<Option<Lock>> {
        flock(self.reopen()?.0, FlockOperation::NonBlockingLockExclusive)
    }

    /// Takes a lock of this directory that others of this kind may have too.
    pub fn try_lock_shared(&self) -> io::Result<Option<Lock>> {
        flock(self.reopen()?.0, FlockOperation::NonBlockingLockShared)
    }

    /// The path by which the system knows this directory now.
    pub fn path(&self) -> io::Result<PathBuf> {
        std::fs::read_link(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }

    /// The handle as a file, for calls on descriptors (attributes, extended attributes).
    #[must_use]
    pub fn as_file(&self) -> &File {
        &self.0
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Takes the exclusive lock of an open file, if it is free; `None` when another process holds it. It is
/// held until the lock and the file are both dropped.
pub fn try_lock_file(file: &File) -> io::Result<Option<Lock>> {
    flock(file.try_clone()?, FlockOperation::NonBlockingLockExclusive)
}

fn flock(file: File, operation: FlockOperation) -> io::Result<Option<Lock>> {
    match rfs::flock(&file, operation) {
        Ok(()) => Ok(Some(Lock(file.into()))),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Sets owner and group of an open file.
pub fn set_owner(file: &File, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    Ok(rfs::fchown(
        file,
        uid.map(Uid::from_raw),
        gid.map(Gid::from_raw),
    )?)
}

/// Sets permission bits of an open file.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(rfs::fchmod(file, Mode::from_raw_mode(mode))?)
}

/// Sets the modification time of an open file, leaving its access time.
pub fn set_mtime(file: &File, mtime: Time) -> io::Result<()> {
    set_times(file, None, Some(mtime))
}

/// Sets times of access and of modification of an open file; `None` leaves one.
pub fn set_times(file: &File, atime: Option<Time>, mtime: Option<Time>) -> io::Result<()> {
    let file_time = |time: Time| FileTime::from_unix_time(time.sec, time.nsec);
    filetime::set_file_handle_times(file, atime.map(file_time), mtime.map(file_time))
}

/// Metadata of an open file.
pub fn stat_file(file: &File) -> io::Result<Stat> {
    let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    Ok(Stat::from_statx(&rfs::statx(
        file,
        c"",
        AtFlags::EMPTY_PATH,
        mask,
    )?))
}

/// Metadata of a path that the operator named; `follow` says whether a final link is followed.
pub fn stat_path(path: &Path, follow: bool) -> io::Result<Stat> {
    let flags = if follow {
        AtFlags::empty()
    } else {
        AtFlags::SYMLINK_NOFOLLOW
    };
    let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    Ok(Stat::from_statx(&rfs::statx(rfs::CWD, path, flags, mask)?))
}

fn stamp(time: Option<Time>) -> Timespec {
    match time {
        Some(time) => Timespec {
            tv_sec: time.sec,
            tv_nsec: time.nsec.into(),
        },
        None => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
    }
}

/// A name as a path, for messages.
#[must_use]
pub fn as_path(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}
