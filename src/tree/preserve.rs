//! Which attributes a run keeps, and a set of attributes to give to one object.

use crate::sys::xattrs::Edit;
use crate::sys::{Kind, Stat, Time};

/// Which kinds of entry and which attributes are kept (`-a` and its parts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preserve {
    /// `-l`: symbolic links.
    pub links: bool,
    /// `-p`: permission bits.
    pub perms: bool,
    /// `-E`: whether a file can be executed, where permission bits are not kept.
    pub executability: bool,
    /// `-A`: ACLs.
    pub acls: bool,
    /// `-X`: extended attributes.
    pub xattrs: KeepXattrs,
    /// `-o`: owner (given only by the super-user).
    pub owner: bool,
    /// `-g`: group.
    pub group: bool,
    /// `-t`: modification times.
    pub times: bool,
    /// `-O`: not those of directories.
    pub omit_dir_times: bool,
    /// `-J`: not those of symbolic links.
    pub omit_link_times: bool,
    /// `-U`: access times, but of directories and symbolic links.
    pub atimes: bool,
    /// `--devices`.
    pub devices: bool,
    /// `--specials`: fifos and sockets.
    pub specials: bool,
    /// `-H`: which names are one file.
    pub hard_links: bool,
}

impl Preserve {
    /// Whether entries of this kind get the modification time of the source.
    #[must_use]
    pub fn keeps_mtime(&self, kind: Kind) -> bool {
        self.times
            && match kind {
                Kind::Dir => !self.omit_dir_times,
                Kind::Symlink => !self.omit_link_times,
                _ => true,
            }
    }

    /// Whether entries of this kind get the access time of the source.
    #[must_use]
    pub fn keeps_atime(&self, kind: Kind) -> bool {
        self.atimes && !matches!(kind, Kind::Dir | Kind::Symlink)
    }

    /// The permission bits that `dest` is to have, an object of the same kind as `source`.
    #[must_use]
    pub fn mode(&self, source: &Stat, dest: &Stat) -> u32 {
        if self.perms {
            return source.mode;
        }
        if !self.executability || source.kind != Kind::File {
            return dest.mode;
        }
        match (source.mode & 0o111 != 0, dest.mode & 0o111 != 0) {
            // Who may read it may execute it.
            (true, false) => dest.mode | (dest.mode & 0o444) >> 2,
            (false, true) => dest.mode & !0o111,
            _ => dest.mode,
        }
    }
}

/// `-X`: how much is kept of extended attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeepXattrs {
    /// None.
    #[default]
    No,
    /// `-X`: all but rsync's own notes (`user.rsync.%...`).
    Yes,
    /// `-XX`: those too.
    WithNotes,
}

/// Attributes to give to one object; `None` leaves what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetaChange {
    /// Permission bits, 0 to 0o7777. Ignored for symbolic links.
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Modification time.
    pub mtime: Option<Time>,
    /// Access time.
    pub atime: Option<Time>,
    /// Extended attributes, ACLs among them, that are set and removed. With one of an ACL comes a mode.
    pub xattrs: Option<Box<[Edit]>>,
}
