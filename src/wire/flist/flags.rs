//! The flags before each entry (`XMIT_*`), in their three forms, and the end of a list, which stands in their place.

use std::io::{Read, Write};

use crate::wire::error::{Error, Fault, Result};
use crate::wire::{Dialect, IoErrors, Protocol, ReadWire, WriteWire};

pub(super) const TOP_DIR: u32 = 0x0001;
pub(super) const SAME_MODE: u32 = 0x0002;
/// Before protocol 28.
pub(super) const SAME_RDEV_PRE28: u32 = 0x0004;
/// From protocol 28 on: a second byte follows. As a varint it only tells "no flags" from the end.
const EXTENDED: u32 = 0x0004;
pub(super) const SAME_UID: u32 = 0x0008;
pub(super) const SAME_GID: u32 = 0x0010;
pub(super) const SAME_NAME: u32 = 0x0020;
pub(super) const LONG_NAME: u32 = 0x0040;
pub(super) const SAME_TIME: u32 = 0x0080;
/// Of devices, and of specials before protocol 31.
pub(super) const SAME_RDEV_MAJOR: u32 = 0x0100;
/// Of directories, from protocol 30 on.
pub(super) const NO_CONTENT_DIR: u32 = 0x0100;
pub(super) const HLINKED: u32 = 0x0200;
/// Protocols 28 and 29.
pub(super) const SAME_DEV_PRE30: u32 = 0x0400;
/// From protocol 30 on.
pub(super) const USER_NAME_FOLLOWS: u32 = 0x0400;
/// Protocols 28 and 29.
pub(super) const RDEV_MINOR_8_PRE30: u32 = 0x0800;
/// From protocol 30 on.
pub(super) const GROUP_NAME_FOLLOWS: u32 = 0x0800;
/// From protocol 30 on, with [`HLINKED`].
pub(super) const HLINK_FIRST: u32 = 0x1000;
/// With [`EXTENDED`] and nothing else: the end of the list, and errors.
const IO_ERROR_ENDLIST: u32 = 0x1000;
pub(super) const MOD_NSEC: u32 = 0x2000;
pub(super) const SAME_ATIME: u32 = 0x4000;

/// In which form a session's flags travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A varint; 0 is the end, and always followed by the errors.
    Varint,
    /// One byte, or two if there are flags in the second (protocol 28 and later).
    Wide,
    /// One byte (protocol 27).
    Narrow,
}

/// What stands where an entry may begin.
pub(super) enum Mark {
    Entry(u32),
    End(IoErrors),
}

impl Form {
    pub(super) fn of(dialect: &Dialect) -> Self {
        if dialect.varint_flags() {
            Self::Varint
        } else if dialect.protocol.number() >= 28 {
            Self::Wide
        } else {
            Self::Narrow
        }
    }

    pub(super) fn read<R: Read + ?Sized>(self, safe: bool, from: &mut R) -> Result<Mark> {
        if self == Self::Varint {
            return Ok(match from.read_varint()?.cast_unsigned() {
                0 => Mark::End(IoErrors::from_bits(from.read_varint()?)),
                flags => Mark::Entry(flags),
            });
        }
        let mut flags = u32::from(from.read_byte()?);
        if flags == 0 {
            return Ok(Mark::End(IoErrors::NONE));
        }
        if self == Self::Wide && flags & EXTENDED != 0 {
            flags |= u32::from(from.read_byte()?) << 8;
        }
        if self == Self::Narrow || flags != EXTENDED | IO_ERROR_ENDLIST {
            return Ok(Mark::Entry(flags));
        }
        if safe {
            return Ok(Mark::End(IoErrors::from_bits(from.read_varint()?)));
        }
        let why = "tells errors, which was not agreed on";
        Err(Error::invalid(Fault::Protocol, "the end of a list", why))
    }

    /// Writes the flags of an entry; those that were really written, as they decide what follows.
    pub(super) fn write<W: Write + ?Sized>(
        self,
        mut flags: u32,
        is_dir: bool,
        to: &mut W,
    ) -> Result<u32> {
        match self {
            Self::Varint => {
                let flags = if flags == 0 { EXTENDED } else { flags };
                to.write_varint(flags.cast_signed())?;
            }
            Self::Wide => {
                if flags == 0 && !is_dir {
                    flags |= TOP_DIR;
                }
                if flags & 0xff00 != 0 || flags == 0 {
                    flags |= EXTENDED;
                    to.write_short(flags as u16)?;
                } else {
                    to.write_byte(flags as u8)?;
                }
            }
            Self::Narrow => {
                flags &= 0xff;
                if flags == 0 {
                    flags = if is_dir { LONG_NAME } else { TOP_DIR };
                }
                to.write_byte(flags as u8)?;
            }
        }
        Ok(flags)
    }

    /// Writes the end of a list. Errors that it cannot tell have to be told in a message.
    pub(super) fn write_end<W: Write + ?Sized>(
        self,
        safe: bool,
        errors: IoErrors,
        to: &mut W,
    ) -> Result<()> {
        match self {
            Self::Varint => {
                to.write_varint(0)?;
                to.write_varint(errors.bits())?;
            }
            Self::Wide if safe && errors != IoErrors::NONE => {
                to.write_short((EXTENDED | IO_ERROR_ENDLIST) as u16)?;
                to.write_varint(errors.bits())?;
            }
            Self::Wide | Self::Narrow => to.write_byte(0)?,
        }
        Ok(())
    }
}

/// What an entry is compared with to leave out what is the same: the one before, in the whole session.
#[derive(Debug, Default)]
pub(super) struct Last {
    /// The name as it was on the wire.
    pub(super) name: Vec<u8>,
    pub(super) mode: u16,
    pub(super) mtime: i64,
    pub(super) atime: i64,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) major: u32,
    /// Before protocol 28.
    pub(super) packed: u32,
    /// Protocols 28 and 29; 0 is none.
    pub(super) link_dev: u64,
}

impl Last {
    /// After an entry that only refers to `leader`.
    pub(super) fn follow(&mut self, leader: &super::Entry<'_>) {
        self.mode = leader.mode;
        self.mtime = leader.mtime;
        self.uid = leader.uid;
        self.gid = leader.gid;
        if !leader.is_dir() {
            self.atime = leader.atime;
        }
        if let Some(device) = leader.device {
            self.major = device.major;
        }
    }
}

/// Whether ACLs and xattrs can travel at all.
pub(super) fn check_fields(protocol: Protocol, fields: super::Fields) -> Result<()> {
    let what = match (fields.acls, fields.xattrs) {
        _ if protocol >= Protocol::V30 => return Ok(()),
        (true, _) => "preserving ACLs",
        (_, true) => "preserving xattrs",
        _ => return Ok(()),
    };
    let why = "requires protocol 30 or later";
    Err(Error::invalid(Fault::Protocol, what, why))
}
