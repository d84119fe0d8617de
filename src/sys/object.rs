//! One object, open or by its name in a directory: what is read and set of it either way.

use std::fs::File;
use std::io;

use super::dir::{self, Dir};
use super::stat::{Stat, Time};

/// An object whose attributes are read or changed.
#[derive(Clone, Copy, Debug)]
pub enum Object<'o> {
    /// An open file or directory.
    Open(&'o File),
    /// A name in a directory; a symbolic link is meant itself.
    Name(&'o Dir, &'o [u8]),
}

impl Object<'_> {
    /// Metadata.
    pub fn stat(&self) -> io::Result<Stat> {
        match self {
            Object::Open(file) => dir::stat_file(file),
            Object::Name(dir, name) => dir.stat(name),
        }
    }

    /// Sets owner and group; `None` leaves one.
    pub fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        match self {
            Object::Open(file) => dir::set_owner(file, uid, gid),
            Object::Name(dir, name) => dir.set_owner(name, uid, gid),
        }
    }

    /// Sets permission bits; not to be used on a symbolic link.
    pub fn set_mode(&self, mode: u32) -> io::Result<()> {
        match self {
            Object::Open(file) => dir::set_mode(file, mode),
            Object::Name(dir, name) => dir.set_mode(name, mode),
        }
    }

    /// Sets times of access and of modification; `None` leaves one.
    pub fn set_times(&self, atime: Option<Time>, mtime: Option<Time>) -> io::Result<()> {
        match self {
            Object::Open(file) => dir::set_times(file, atime, mtime),
            Object::Name(dir, name) => dir.set_times(name, atime, mtime),
        }
    }
}
