//! Decoding the attributes of an entry that is sent whole.

use std::io::Read;

use super::super::flags;
use super::super::{Device, Entry, FileType, IdKind, Link};
use super::{ListReader, MAX_PATH};
use crate::delta::MAX_DIGEST;
use crate::wire::error::{Error, Fault, Result, length, limit};
use crate::wire::{Protocol, ReadWire};

impl ListReader {
    pub(super) fn read_attributes<R: Read + ?Sized>(
        &mut self,
        flags: u32,
        entry: &mut Entry<'_>,
        from: &mut R,
    ) -> Result<()> {
        let last = &mut self.last;
        let size = from.read_varlong30(self.terms.protocol, 3)?;
        entry.size = limit(Fault::Refused, "size of a file", size, 0..=i64::MAX)?.cast_unsigned();
        if flags & flags::SAME_TIME == 0 {
            last.mtime = if self.terms.protocol >= Protocol::V30 {
                from.read_varlong(4)?
            } else {
                from.read_int()?.cast_unsigned().into()
            };
        }
        if self.terms.protocol >= Protocol::V31 && flags & flags::MOD_NSEC != 0 {
            let nsec = from.read_varint()?;
            let nsec = limit(
                Fault::Protocol,
                "nanoseconds of a time",
                nsec,
                0..=999_999_999,
            )?;
            entry.nsec = nsec.cast_unsigned();
        }
        if flags & flags::SAME_MODE == 0 {
            last.mode = from.read_int()? as u16;
        }
        entry.mtime = last.mtime;
        entry.mode = last.mode;
        match FileType::of(entry.mode) {
            Some(FileType::Missing) if !self.terms.fields.missing_args => {
                let why = "is 0, which was not agreed on";
                return Err(Error::invalid(Fault::Protocol, "mode of a file", why));
            }
            Some(_) => {}
            None => {
                let why = "is of no known type";
                return Err(Error::invalid(Fault::Protocol, "mode of a file", why));
            }
        }
        if self.terms.fields.atimes && !entry.is_dir() {
            if flags & flags::SAME_ATIME == 0 {
                last.atime = from.read_varlong(4)?;
            }
            entry.atime = last.atime;
        }
        let inline = self.terms.protocol >= Protocol::V30;
        for (carried, same, follows, kind, id) in [
            (
                self.terms.fields.owners,
                flags::SAME_UID,
                flags::USER_NAME_FOLLOWS,
                IdKind::User,
                &mut last.uid,
            ),
            (
                self.terms.fields.groups,
                flags::SAME_GID,
                flags::GROUP_NAME_FOLLOWS,
                IdKind::Group,
                &mut last.gid,
            ),
        ] {
            if carried && flags & same == 0 {
                *id = from.read_varint30(self.terms.protocol)?.cast_unsigned();
                if inline && flags & follows != 0 {
                    self.ids.read_name(kind, *id, from)?;
                }
            }
        }
        entry.uid = last.uid;
        entry.gid = last.gid;
        Ok(())
    }

    pub(super) fn read_rdev<R: Read + ?Sized>(
        &mut self,
        flags: u32,
        entry: &mut Entry<'_>,
        from: &mut R,
    ) -> Result<()> {
        let file_type = entry.file_type();
        let device = file_type.is_device() && self.terms.fields.devices;
        let special = file_type.is_special()
            && self.terms.fields.specials
            && self.terms.protocol < Protocol::V31;
        if file_type.is_device() {
            entry.size = 0;
        }
        let number = if self.terms.protocol.number() < 28 {
            if !device && !special {
                self.last.packed = 0;
            } else if flags & flags::SAME_RDEV_PRE28 == 0 {
                self.last.packed = from.read_int()?.cast_unsigned();
            }
            Device::from_packed(self.last.packed)
        } else if device || special {
            if flags & flags::SAME_RDEV_MAJOR == 0 {
                self.last.major = from.read_varint30(self.terms.protocol)?.cast_unsigned();
            }
            let minor = if self.terms.protocol >= Protocol::V30 {
                from.read_varint()?.cast_unsigned()
            } else if flags & flags::RDEV_MINOR_8_PRE30 != 0 {
                from.read_byte()?.into()
            } else {
                from.read_int()?.cast_unsigned()
            };
            Device {
                major: self.last.major,
                minor,
            }
        } else {
            return Ok(());
        };
        entry.device = device.then_some(number);
        Ok(())
    }

    /// Reads the target of a symlink, if there is one; whether this side can spell it.
    pub(super) fn read_target<R: Read + ?Sized>(
        &mut self,
        file_type: FileType,
        target: &mut Vec<u8>,
        from: &mut R,
    ) -> Result<Option<bool>> {
        target.clear();
        if file_type != FileType::Symlink || !self.terms.fields.links {
            return Ok(None);
        }
        let len = from.read_varint30(self.terms.protocol)?;
        let len = length(
            Fault::TooLarge,
            "length of a symlink's target",
            len,
            MAX_PATH,
        )?;
        from.read_onto(target, len)?;
        if target.contains(&0) {
            return Err(Error::invalid(
                Fault::Protocol,
                "target of a symlink",
                "holds a NUL",
            ));
        }
        if let Some(charset) = self
            .charset
            .as_mut()
            .filter(|_| self.terms.converts_targets)
        {
            let mut local = Vec::new();
            if !charset.to_local(target, &mut local) {
                return Ok(Some(false));
            }
            *target = local;
        }
        Ok(Some(true))
    }

    /// Before protocol 30 hard links are known by the numbers of their inodes.
    pub(super) fn read_inode<R: Read + ?Sized>(
        &mut self,
        flags: u32,
        entry: &mut Entry<'_>,
        from: &mut R,
    ) -> Result<()> {
        let modern = self.terms.protocol.number() >= 28;
        let marked = if modern {
            flags & flags::HLINKED != 0
        } else {
            entry.file_type() == FileType::Regular
        };
        if self.terms.protocol >= Protocol::V30 || !self.terms.fields.hard_links || !marked {
            return Ok(());
        }
        if !modern || flags & flags::SAME_DEV_PRE30 == 0 {
            self.last.link_dev = from.read_longint()?.cast_unsigned();
        }
        let ino = from.read_longint()?.cast_unsigned();
        if !entry.is_dir() {
            entry.link = Link::Inode {
                dev: self.last.link_dev.wrapping_sub(1),
                ino,
            };
        }
        Ok(())
    }

    pub(super) fn read_checksum<'a, R: Read + ?Sized>(
        &mut self,
        entry: &Entry<'_>,
        checksum: &'a mut [u8; MAX_DIGEST],
        from: &mut R,
    ) -> Result<Option<&'a [u8]>> {
        let regular = entry.file_type() == FileType::Regular;
        if !self.terms.fields.checksums || !(regular || self.terms.protocol.number() < 28) {
            return Ok(None);
        }
        let checksum = &mut checksum[..self.terms.checksum_len];
        from.read_exact(checksum)?;
        Ok(regular.then_some(checksum))
    }
}
