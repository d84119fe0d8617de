//! Encoding the parts of an entry that is sent whole.

use std::io::Write;

use super::super::acl::Inline;
use super::super::flags::{self, Form};
use super::super::ids::write_name;
use super::super::list::Cached;
use super::super::{Charset, Entry, FileType, IdKind, Link, NameIds};
use super::chosen_flags::shared_len;
use super::{Attached, ListWriter, MAX_PATH};
use crate::wire::error::{Fault, Result, length};
use crate::wire::{Protocol, WriteWire};

impl ListWriter {
    pub(super) fn write_name<W: Write + ?Sized>(
        &mut self,
        flags: u32,
        name: Vec<u8>,
        to: &mut W,
    ) -> Result<()> {
        let shared = shared_len(&self.last.name, &name);
        if flags & flags::SAME_NAME != 0 {
            to.write_byte(shared as u8)?;
        }
        let rest = &name[shared..];
        if flags & flags::LONG_NAME != 0 {
            to.write_varint30(self.terms.protocol, rest.len() as i32)?;
        } else {
            to.write_byte(rest.len() as u8)?;
        }
        to.write_all(rest)?;
        self.last.name = name;
        Ok(())
    }

    pub(super) fn write_attributes<W: Write + ?Sized>(
        &mut self,
        flags: u32,
        entry: &Entry<'_>,
        (user, group): (Option<Vec<u8>>, Option<Vec<u8>>),
        to: &mut W,
    ) -> Result<()> {
        let size = i64::try_from(entry.size).unwrap_or(i64::MAX);
        to.write_varlong30(self.terms.protocol, size, 3)?;
        if flags & flags::SAME_TIME == 0 {
            if self.terms.protocol >= Protocol::V30 {
                to.write_varlong(entry.mtime, 4)?;
            } else {
                to.write_int(entry.mtime as i32)?;
            }
        }
        if flags & flags::MOD_NSEC != 0 && self.terms.protocol >= Protocol::V31 {
            to.write_varint(entry.nsec.cast_signed())?;
        }
        if flags & flags::SAME_MODE == 0 {
            to.write_int(entry.mode.into())?;
        }
        if self.terms.fields.atimes && !entry.is_dir() && flags & flags::SAME_ATIME == 0 {
            to.write_varlong(entry.atime, 4)?;
        }
        for (carried, same, id, name) in [
            (self.terms.fields.owners, flags::SAME_UID, entry.uid, user),
            (self.terms.fields.groups, flags::SAME_GID, entry.gid, group),
        ] {
            if carried && flags & same == 0 {
                to.write_varint30(self.terms.protocol, id.cast_signed())?;
                if let Some(name) = name {
                    write_name(&name, to)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn write_rdev<W: Write + ?Sized>(
        &mut self,
        flags: u32,
        entry: &Entry<'_>,
        to: &mut W,
    ) -> Result<()> {
        let file_type = entry.file_type();
        let device = file_type.is_device() && self.terms.fields.devices;
        let special = file_type.is_special()
            && self.terms.fields.specials
            && self.terms.protocol < Protocol::V31;
        if !device && !special {
            return Ok(());
        }
        let number = entry.device.filter(|_| device).unwrap_or_default();
        if self.terms.protocol.number() < 28 {
            if flags & flags::SAME_RDEV_PRE28 == 0 {
                to.write_int(number.packed().cast_signed())?;
            }
            return Ok(());
        }
        if flags & flags::SAME_RDEV_MAJOR == 0 {
            to.write_varint30(self.terms.protocol, number.major.cast_signed())?;
        }
        if self.terms.protocol >= Protocol::V30 {
            to.write_varint(number.minor.cast_signed())?;
        } else if flags & flags::RDEV_MINOR_8_PRE30 != 0 {
            to.write_byte(number.minor as u8)?;
        } else {
            to.write_int(number.minor.cast_signed())?;
        }
        Ok(())
    }

    pub(super) fn target_charset(&mut self) -> Option<&mut Box<dyn Charset>> {
        let converts = self.terms.converts_targets;
        self.charset.as_mut().filter(|_| converts)
    }

    pub(super) fn write_target<W: Write + ?Sized>(
        &mut self,
        entry: &Entry<'_>,
        to: &mut W,
    ) -> Result<()> {
        if entry.file_type() != FileType::Symlink || !self.terms.fields.links {
            return Ok(());
        }
        let target = entry.target.unwrap_or_default();
        let mut converted = Vec::new();
        let charset = self.target_charset();
        let spoken = charset.is_some_and(|charset| charset.to_wire(target, &mut converted));
        let target = if spoken { &converted } else { target };
        let what = "length of a symlink's target";
        let len = length(Fault::TooLarge, what, target.len() as i64, MAX_PATH)?;
        to.write_varint30(self.terms.protocol, len as i32)?;
        Ok(to.write_all(target)?)
    }

    pub(super) fn write_inode<W: Write + ?Sized>(
        &mut self,
        flags: u32,
        entry: &Entry<'_>,
        to: &mut W,
    ) -> Result<()> {
        let due = match self.terms.form {
            Form::Narrow => self.terms.fields.hard_links && entry.file_type() == FileType::Regular,
            _ => self.terms.protocol < Protocol::V30 && flags & flags::HLINKED != 0,
        };
        if !due {
            return Ok(());
        }
        let (dev, ino) = match entry.link {
            Link::Inode { dev, ino } => (dev.wrapping_add(1), ino),
            _ => (0, 0),
        };
        if self.terms.form == Form::Narrow || flags & flags::SAME_DEV_PRE30 == 0 {
            to.write_longint(dev.cast_signed())?;
        }
        self.last.link_dev = dev;
        Ok(to.write_longint(ino.cast_signed())?)
    }

    pub(super) fn write_checksum<W: Write + ?Sized>(
        &mut self,
        entry: &Entry<'_>,
        to: &mut W,
    ) -> Result<()> {
        let regular = entry.file_type() == FileType::Regular;
        if !self.terms.fields.checksums || !(regular || self.terms.protocol.number() < 28) {
            return Ok(());
        }
        let zeros = [0; crate::delta::MAX_DIGEST];
        let checksum = entry
            .checksum
            .filter(|sum| regular && sum.len() == self.terms.checksum_len);
        Ok(to.write_all(checksum.unwrap_or(&zeros[..self.terms.checksum_len]))?)
    }

    pub(super) fn write_cached<W: Write + ?Sized>(
        &mut self,
        entry: &Entry<'_>,
        attached: Attached<'_>,
        names: &mut dyn NameIds,
        to: &mut W,
    ) -> Result<Cached> {
        let mut cached = Cached::default();
        if self.terms.fields.acls && entry.file_type() != FileType::Symlink {
            let acl = attached.access_acl.map(|acl| acl.stripped(entry.mode));
            let default = attached.default_acl.cloned();
            let acls = [(&mut self.access_acls, acl, &mut cached.access_acl)].into_iter();
            let dir = entry.is_dir().then_some((
                &mut self.default_acls,
                default,
                &mut cached.default_acl,
            ));
            for (sent, acl, number) in acls.chain(dir) {
                let acl = acl.unwrap_or_default();
                let mut inline = Inline {
                    users: &mut self.users,
                    groups: &mut self.group_ids,
                    names,
                };
                let inline = (self.terms.incremental && !self.terms.fields.numeric_ids)
                    .then_some(&mut inline);
                *number = Some(sent.write(&acl, inline, to)?);
                for named in acl.named {
                    match named.kind {
                        IdKind::User => self.users.meet(named.id),
                        IdKind::Group => self.group_ids.meet(named.id),
                    };
                }
            }
        }
        if self.terms.fields.xattrs {
            cached.xattrs = Some(self.xattrs.write(attached.xattrs, to)?);
        }
        Ok(cached)
    }
}
