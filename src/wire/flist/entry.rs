//! One entry of a file list, as a plain value.

use super::Name;

/// What of an entry's attributes is carried by the list. Both sides derive it from the server's argument list; if they
/// differ, neither understands the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is an option of rsync, on or off
pub struct Fields {
    /// `-o`: owners.
    pub owners: bool,
    /// `-g`: groups.
    pub groups: bool,
    /// `-l`: targets of symlinks.
    pub links: bool,
    /// `--devices`: numbers of devices.
    pub devices: bool,
    /// `--specials`: fifos and sockets.
    pub specials: bool,
    /// `-H`: which names are links to one file.
    pub hard_links: bool,
    /// `-c`: checksums of regular files.
    pub checksums: bool,
    /// `-U`: access times.
    pub atimes: bool,
    /// `-A`: ACLs.
    pub acls: bool,
    /// `-X`: extended attributes.
    pub xattrs: bool,
    /// `--numeric-ids`: no names of owners and groups.
    pub numeric_ids: bool,
    /// `-R`: names keep the path of their argument, and may be absolute.
    pub relative: bool,
    /// `-r`: directories come with their content.
    pub recurse: bool,
    /// `--delete-missing-args`: an entry of mode 0 stands for an argument that is not there.
    pub missing_args: bool,
}

/// What kind of file a mode tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symlink.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// Mode 0: an argument that is not there.
    Missing,
}

impl FileType {
    /// The type that the bits of a mode tell; the same numbers on all systems.
    #[must_use]
    pub fn of(mode: u16) -> Option<Self> {
        Some(match mode & 0o170_000 {
            0o100_000 => Self::Regular,
            0o040_000 => Self::Directory,
            0o120_000 => Self::Symlink,
            0o020_000 => Self::CharDevice,
            0o060_000 => Self::BlockDevice,
            0o010_000 => Self::Fifo,
            0o140_000 => Self::Socket,
            _ if mode == 0 => Self::Missing,
            _ => return None,
        })
    }

    pub(super) fn is_device(self) -> bool {
        matches!(self, Self::CharDevice | Self::BlockDevice)
    }

    pub(super) fn is_special(self) -> bool {
        matches!(self, Self::Fifo | Self::Socket)
    }
}

/// What a directory in the list is there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirKind {
    /// Met while recursing; its content is in the transfer.
    #[default]
    Content,
    /// Named by an argument; its content is in the transfer.
    Top,
    /// Parent of an argument under `-R`; only its attributes are in the transfer. Unknown before protocol 30.
    Implied,
    /// Listed without its content.
    NoContent,
}

impl DirKind {
    /// Whether the content is in the transfer, so that what is not listed may be deleted.
    #[must_use]
    pub fn has_content(self) -> bool {
        matches!(self, Self::Content | Self::Top)
    }

    /// What one directory is that is listed for two reasons.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let top = |kind| matches!(kind, Self::Top | Self::Implied);
        let implied = self == Self::Implied && other == Self::Implied;
        match (
            top(self) || top(other),
            self.has_content() || other.has_content(),
        ) {
            (_, _) if implied => Self::Implied,
            (true, true) => Self::Top,
            (false, true) => Self::Content,
            (_, false) => Self::NoContent,
        }
    }
}

/// The number of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// Its major number.
    pub major: u32,
    /// Its minor number.
    pub minor: u32,
}

impl Device {
    /// From Linux's 32-bit form, in which devices travel before protocol 28.
    #[must_use]
    pub fn from_packed(packed: u32) -> Self {
        Self {
            major: packed >> 8 & 0xfff,
            minor: packed & 0xff | packed >> 12 & 0xf_ff00,
        }
    }

    /// Linux's 32-bit form; larger numbers are cut.
    #[must_use]
    pub fn packed(self) -> u32 {
        self.minor & 0xff | (self.major & 0xfff) << 8 | (self.minor & 0xf_ff00) << 12
    }
}

/// Which other entries are the same file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Link {
    /// None that is known of.
    #[default]
    Alone,
    /// All entries with this number, which is the arrival index of the first of them. Protocol 30 and later.
    Group(u32),
    /// All entries with these numbers: the form that a sender knows, and that is sent before protocol 30.
    Inode {
        /// The number of the file system.
        dev: u64,
        /// The number of the file on it.
        ino: u64,
    },
}

/// An entry of a file list.
///
/// What the session's [`Fields`] do not carry is 0, empty or `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Its name.
    pub name: Name<'a>,
    /// Type and permissions.
    pub mode: u16,
    /// Size in bytes; of a symlink not necessarily the length of its target.
    pub size: u64,
    /// Modification time in seconds since 1970.
    pub mtime: i64,
    /// Nanoseconds of the modification time; protocol 31 and later.
    pub nsec: u32,
    /// Access time in seconds since 1970; not of directories.
    pub atime: i64,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Number of a device.
    pub device: Option<Device>,
    /// Target of a symlink.
    pub target: Option<&'a [u8]>,
    /// The same file under other names.
    pub link: Link,
    /// Checksum of a regular file.
    pub checksum: Option<&'a [u8]>,
    /// What a directory is there for.
    pub dir: DirKind,
}

impl<'a> Entry<'a> {
    /// An entry of which only name and mode are known.
    #[must_use]
    pub fn new(name: Name<'a>, mode: u16) -> Self {
        Self {
            name,
            mode,
            size: 0,
            mtime: 0,
            nsec: 0,
            atime: 0,
            uid: 0,
            gid: 0,
            device: None,
            target: None,
            link: Link::Alone,
            checksum: None,
            dir: DirKind::Content,
        }
    }

    /// The type, which every entry of a list has.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType::of(self.mode).unwrap_or(FileType::Missing)
    }

    /// Whether this is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.file_type() == FileType::Directory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_packed_as_linux_packs_them() {
        for (major, minor, packed) in [
            (1, 3, 0x103),
            (8, 300, 0x0010_082c),
            (259, 70000, 0x1111_0370),
        ] {
            let device = Device { major, minor };
            assert_eq!(device.packed(), packed);
            assert_eq!(Device::from_packed(packed), device);
        }
    }

    #[test]
    fn modes_of_no_type_are_known_as_such() {
        assert_eq!(FileType::of(0o100_644), Some(FileType::Regular));
        assert_eq!(FileType::of(0), Some(FileType::Missing));
        assert_eq!(FileType::of(0o644), None);
        assert_eq!(FileType::of(0o150_644), None);
    }
}
