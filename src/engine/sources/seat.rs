//! Where a directory of the source lies: on this machine, or in the lists of a peer.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::attached::Attached;
use super::listed::Listed;
use crate::engine::fake_super::read_target;
use crate::sys::{Dir, Object, Stat};

/// A directory of the source.
pub(in crate::engine) enum Seat {
    /// On this machine.
    Here(Dir),
    /// At the other end of a session.
    There(Listed),
}

/// What has ACLs and extended attributes.
pub(in crate::engine) enum Holder<'h> {
    /// An object on this machine.
    Here(Object<'h>),
    /// An entry of a peer's lists.
    There(Attached),
}

impl Seat {
    /// The directory itself, where it is on this machine.
    pub(in crate::engine) fn here(&self) -> Option<&Dir> {
        match self {
            Seat::Here(dir) => Some(dir),
            Seat::There(_) => None,
        }
    }

    /// The directory as the peer lists it, where it is there.
    pub(in crate::engine) fn there(&self) -> Option<&Listed> {
        match self {
            Seat::Here(_) => None,
            Seat::There(listed) => Some(listed),
        }
    }

    /// Another handle on the same directory.
    pub(in crate::engine) fn reopen(&self) -> io::Result<Seat> {
        Ok(match self {
            Seat::Here(dir) => Seat::Here(dir.reopen()?),
            Seat::There(listed) => Seat::There(listed.clone()),
        })
    }

    /// The directory as an object with attributes; a peer's comes with them in its lists.
    pub(in crate::engine) fn object(&self) -> Option<Object<'_>> {
        self.here().map(|dir| Object::Open(dir.as_file()))
    }

    /// A name in it as an object with attributes.
    pub(in crate::engine) fn object_of<'s>(&'s self, name: &'s [u8]) -> Option<Object<'s>> {
        self.here().map(|dir| Object::Name(dir, name))
    }

    /// What has the directory's ACLs and extended attributes.
    pub(in crate::engine) fn holder(&self) -> Holder<'_> {
        match self {
            Seat::Here(dir) => Holder::Here(Object::Open(dir.as_file())),
            Seat::There(listed) => Holder::There(listed.attached()),
        }
    }

    /// What has those of a name in it that is no directory.
    pub(in crate::engine) fn holder_of<'s>(&'s self, name: &'s [u8]) -> Holder<'s> {
        match self {
            Seat::Here(dir) => Holder::Here(Object::Name(dir, name)),
            Seat::There(listed) => Holder::There(listed.attached_to(name)),
        }
    }

    /// Whether it has something of this name.
    pub(in crate::engine) fn has(&self, name: &[u8]) -> bool {
        match self {
            Seat::Here(dir) => dir.try_stat(name).is_ok_and(|stat| stat.is_some()),
            Seat::There(listed) => listed.has(name),
        }
    }

    /// Whether it has a directory at this path below it.
    pub(in crate::engine) fn has_dir(&self, path: &Path) -> bool {
        match self {
            Seat::Here(dir) => dir.open_beneath(path).is_ok(),
            Seat::There(listed) => path
                .components()
                .try_fold(listed.clone(), |at, name| {
                    at.enter(name.as_os_str().as_bytes())
                })
                .is_ok(),
        }
    }

    /// Metadata of the directory.
    pub(in crate::engine) fn stat_self(&self) -> io::Result<Stat> {
        match self {
            Seat::Here(dir) => dir.stat_self(),
            Seat::There(listed) => listed.stat().ok_or_else(|| io::ErrorKind::NotFound.into()),
        }
    }

    /// The target of a symbolic link in it; `is_file` where one is noted in a file (`--fake-super`).
    pub(in crate::engine) fn target(&self, name: &[u8], is_file: bool) -> io::Result<Vec<u8>> {
        match self {
            Seat::Here(dir) => read_target(dir, name, is_file),
            Seat::There(listed) => listed.target(name),
        }
    }
}
