//! Which flags go before an entry that is sent whole.

use super::super::flags::{self, Form};
use super::super::{DirKind, Entry, Link};
use super::ListWriter;
use crate::wire::Protocol;

impl ListWriter {
    /// All flags but those that tell of names of ids.
    pub(super) fn flags(
        &mut self,
        entry: &Entry<'_>,
        wire_name: &[u8],
        first: Option<bool>,
    ) -> u32 {
        let (last, fields) = (&mut self.last, self.terms.fields);
        let begun = !last.name.is_empty();
        let mut all = match (
            entry.dir,
            entry.is_dir(),
            self.terms.protocol >= Protocol::V30,
        ) {
            (_, false, _) => 0,
            (DirKind::Top, ..) => flags::TOP_DIR,
            (DirKind::Implied, _, true) => flags::TOP_DIR | flags::NO_CONTENT_DIR,
            (DirKind::NoContent, _, true) => flags::NO_CONTENT_DIR,
            _ => 0,
        };
        let mut set = |flag: u32, on: bool| all |= if on { flag } else { 0 };
        set(flags::SAME_MODE, entry.mode == last.mode);
        set(flags::SAME_TIME, entry.mtime == last.mtime);
        set(
            flags::SAME_UID,
            !fields.owners || (begun && entry.uid == last.uid),
        );
        set(
            flags::SAME_GID,
            !fields.groups || (begun && entry.gid == last.gid),
        );
        let has_atime = fields.atimes && !entry.is_dir() && self.terms.protocol.number() >= 28;
        set(flags::SAME_ATIME, has_atime && entry.atime == last.atime);
        set(
            flags::MOD_NSEC,
            self.terms.protocol >= Protocol::V31 && entry.nsec != 0,
        );
        let shared = shared_len(&last.name, wire_name);
        set(flags::SAME_NAME, shared > 0);
        set(flags::LONG_NAME, wire_name.len() - shared > 255);
        match (first, entry.link) {
            (Some(first), _) => {
                set(flags::HLINKED, true);
                set(flags::HLINK_FIRST, first);
            }
            (None, Link::Inode { dev, .. }) if fields.hard_links && !entry.is_dir() => {
                let wide = self.terms.form == Form::Wide;
                set(flags::HLINKED, wide);
                set(
                    flags::SAME_DEV_PRE30,
                    wide && dev.wrapping_add(1) == last.link_dev,
                );
            }
            _ => {}
        }
        all | self.rdev_flags(entry)
    }

    fn rdev_flags(&mut self, entry: &Entry<'_>) -> u32 {
        let file_type = entry.file_type();
        let device = file_type.is_device() && self.terms.fields.devices;
        let special = file_type.is_special()
            && self.terms.fields.specials
            && self.terms.protocol < Protocol::V31;
        let number = entry.device.unwrap_or_default();
        let flag = |flag: u32, on: bool| if on { flag } else { 0 };
        if self.terms.protocol.number() < 28 {
            let same = special || (device && number.packed() == self.last.packed);
            if !special {
                self.last.packed = if device { number.packed() } else { 0 };
            }
            return flag(flags::SAME_RDEV_PRE28, same);
        }
        if !device && !special {
            return 0;
        }
        let byte = self.terms.protocol < Protocol::V30 && (special || number.minor <= 255);
        flag(
            flags::SAME_RDEV_MAJOR,
            special || number.major == self.last.major,
        ) | flag(flags::RDEV_MINOR_8_PRE30, byte)
    }
}

/// How many bytes two names share at their beginning, as far as one byte can tell.
pub(super) fn shared_len(last: &[u8], name: &[u8]) -> usize {
    let pairs = last.iter().zip(name).take(255);
    pairs.take_while(|(a, b)| a == b).count()
}
