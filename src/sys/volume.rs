//! File systems: their type, their free space, and flags that make an object unchangeable.

use std::io;

use rustix::fs::{self as rfs, IFlags};

use super::dir::Dir;

/// Free room of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that an ordinary user may still write.
    pub bytes: u64,
    /// Inodes that may still be made; `None` where the file system does not count them.
    pub inodes: Option<u64>,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

/// Free room where this directory lies.
pub fn room(dir: &Dir) -> io::Result<Room> {
    let v = rfs::fstatvfs(dir)?;
    Ok(Room {
        bytes: v.f_bavail.saturating_mul(v.f_frsize),
        inodes: (v.f_files > 0).then_some(v.f_favail),
        read_only: v.f_flag.contains(rfs::StatVfsMountFlags::RDONLY),
    })
}

/// A word for the type of the file system, for people; its number in hexadecimal where unknown here.
pub fn type_name(dir: &Dir) -> io::Result<String> {
    let magic = rfs::fstatfs(dir)?.f_type;
    // Numbers as in statfs(2).
    let name = match magic as u32 {
        0xEF53 => "ext4",
        0x5846_5342 => "xfs",
        0x9123_683E => "btrfs",
        0x0102_1994 => "tmpfs",
        0x794C_7630 => "overlay",
        0x6969 => "nfs",
        0x6573_5546 => "fuse",
        0x2FC1_2FC1 => "zfs",
        0x4D44 => "vfat",
        0x2011_BAB0 => "exfat",
        0xFF53_4D42 | 0xFE53_4D42 => "cifs",
        other => return Ok(format!("type 0x{other:x}")),
    };
    Ok(name.to_owned())
}

/// Whether the directory lies on an overlay of several layers.
#[must_use]
pub fn is_overlay(dir: &Dir) -> bool {
    type_name(dir).is_ok_and(|name| name == "overlay")
}

/// Whether the directory is marked immutable or append-only; false where such flags are unknown.
#[must_use]
pub fn is_immutable(dir: &Dir) -> bool {
    rfs::ioctl_getflags(dir).is_ok_and(|f| f.intersects(IFlags::IMMUTABLE | IFlags::APPEND))
}
