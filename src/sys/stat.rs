//! What the system knows of one name: the result of `statx`, kept small.

use rustix::fs::{FileType, Statx};

/// The type of a file system object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

impl Kind {
    /// Whether it is a character or block device.
    #[must_use]
    pub fn is_device(self) -> bool {
        matches!(self, Kind::CharDevice | Kind::BlockDevice)
    }

    /// Whether it is a named pipe or a socket.
    #[must_use]
    pub fn is_special(self) -> bool {
        matches!(self, Kind::Fifo | Kind::Socket)
    }

    /// Whether the two are of one family: rsync tells devices from specials, not devices from devices.
    #[must_use]
    pub fn is_like(self, other: Kind) -> bool {
        self == other
            || (self.is_device() && other.is_device())
            || (self.is_special() && other.is_special())
    }

    /// The kind that a raw `st_mode` names; an unknown type counts as a file.
    #[must_use]
    pub fn from_file_type(t: FileType) -> Option<Kind> {
        Some(match t {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Dir,
            FileType::Symlink => Kind::Symlink,
            FileType::CharacterDevice => Kind::CharDevice,
            FileType::BlockDevice => Kind::BlockDevice,
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => Kind::Socket,
            FileType::Unknown => return None,
        })
    }
}

/// A point in time: seconds and nanoseconds since 1970, seconds may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Whole seconds since 1970-01-01 00:00:00 UTC.
    pub sec: i64,
    /// Nanoseconds within the second, 0 to 999,999,999.
    pub nsec: u32,
}

impl Time {
    /// Its whole seconds: all that rsync keeps of access times.
    #[must_use]
    pub fn whole(self) -> Time {
        Time { nsec: 0, ..self }
    }
}

/// Metadata of one object, never following a symbolic link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Type.
    pub kind: Kind,
    /// Permission bits with set-id and sticky bits: 0 to 0o7777.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes (the length of the target for a symbolic link).
    pub size: u64,
    /// Time of the last access.
    pub atime: Time,
    /// Time of the last change of content.
    pub mtime: Time,
    /// Time of the last change of anything; cannot be set.
    pub ctime: Time,
    /// Time of birth where the file system keeps it, else zero.
    pub btime: Time,
    /// Major and minor number of a device.
    pub rdev: (u32, u32),
    /// File system the object lies on (major, minor).
    pub dev: (u32, u32),
    /// Inode number.
    pub ino: u64,
    /// Number of names.
    pub nlink: u32,
    /// Space used, in units of 512 bytes.
    pub blocks: u64,
}

impl Stat {
    /// Space used, in bytes.
    #[must_use]
    pub fn allocated(&self) -> u64 {
        self.blocks * 512
    }

    pub(super) fn from_statx(s: &Statx) -> Stat {
        let time = |t: &rustix::fs::StatxTimestamp| Time {
            sec: t.tv_sec,
            nsec: t.tv_nsec,
        };
        Stat {
            kind: Kind::from_file_type(FileType::from_raw_mode(s.stx_mode.into()))
                .unwrap_or(Kind::File),
            mode: u32::from(s.stx_mode) & 0o7777,
            uid: s.stx_uid,
            gid: s.stx_gid,
            size: s.stx_size,
            atime: time(&s.stx_atime),
            mtime: time(&s.stx_mtime),
            ctime: time(&s.stx_ctime),
            btime: time(&s.stx_btime),
            rdev: (s.stx_rdev_major, s.stx_rdev_minor),
            dev: (s.stx_dev_major, s.stx_dev_minor),
            ino: s.stx_ino,
            nlink: s.stx_nlink,
            blocks: s.stx_blocks,
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.kind == Kind::Dir
    }

    /// Whether both name the same object: equal device and inode.
    #[must_use]
    pub fn same_object(&self, other: &Stat) -> bool {
        self.ino == other.ino && self.dev == other.dev
    }
}
