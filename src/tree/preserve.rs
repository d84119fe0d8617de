//! Which attributes a run keeps, and a set of attributes to give to one object.

use crate::sys::Time;

/// Which kinds of entry and which attributes are kept (`-a` and its parts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preserve {
    /// `-l`: symbolic links.
    pub links: bool,
    /// `-p`: permission bits.
    pub perms: bool,
    /// `-o`: owner (given only by the super-user).
    pub owner: bool,
    /// `-g`: group.
    pub group: bool,
    /// `-t`: modification times.
    pub times: bool,
    /// `--devices`.
    pub devices: bool,
    /// `--specials`: fifos and sockets.
    pub specials: bool,
    /// `-H`: which names are one file.
    pub hard_links: bool,
}

/// Attributes to give to one object; `None` leaves what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetaChange {
    /// Permission bits, 0 to 0o7777. Ignored for symbolic links.
    pub mode: Option<u32>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Modification time.
    pub mtime: Option<Time>,
}
