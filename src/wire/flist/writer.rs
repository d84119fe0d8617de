//! Encoding lists.

use std::collections::HashMap;
use std::io::Write;

use super::acl::{Inline, SentAcls};
use super::flags::{self, Form, Last};
use super::ids::{MetIds, write_name};
use super::list::Cached;
use super::terms::Terms;
use super::xattr::SentXattrs;
use super::{
    Acl, Charset, DirKind, Directories, Entry, Fields, FileType, IdKind, Link, List, Name, NameIds,
    Xattr,
};
use crate::wire::error::{Error, Fault, Result, length};
use crate::wire::{Dialect, IoErrors, Protocol, WriteWire};

/// The longest name or target, in bytes.
const MAX_PATH: usize = 4095;

/// What an entry has beside its plain attributes. Empty where the session's [`Fields`] do not carry it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attached<'a> {
    /// The access ACL, whole: what follows from the mode is left out here.
    pub access_acl: Option<&'a Acl>,
    /// The default ACL of a directory.
    pub default_acl: Option<&'a Acl>,
    /// The extended attributes, by name.
    pub xattrs: &'a [Xattr],
}

/// Encodes the lists of a session, which refer to each other: one writer for all of them.
///
/// A list that is being written is also kept, so that the sender knows its entries by their indices afterwards.
pub struct ListWriter {
    terms: Terms,
    charset: Option<Box<dyn Charset>>,
    last: Last,
    next_first: u32,
    /// Arrival index of the first entry of each group of hard links.
    groups: HashMap<Link, u32>,
    users: MetIds,
    group_ids: MetIds,
    access_acls: SentAcls,
    default_acls: SentAcls,
    xattrs: SentXattrs,
    directories: Directories,
    list: Option<List>,
}

impl ListWriter {
    /// A writer for a session in this dialect, in which entries carry these fields. With a charset, names are converted
    /// and indices follow the order of arrival.
    ///
    /// # Errors
    /// Fields that this protocol cannot carry.
    pub fn new(
        dialect: &Dialect,
        fields: Fields,
        charset: Option<Box<dyn Charset>>,
    ) -> Result<Self> {
        Ok(Self {
            terms: Terms::of(dialect, fields)?,
            charset,
            last: Last::default(),
            next_first: u32::from(dialect.incremental()),
            groups: HashMap::new(),
            users: MetIds::new(IdKind::User),
            group_ids: MetIds::new(IdKind::Group),
            access_acls: SentAcls::default(),
            default_acls: SentAcls::default(),
            xattrs: SentXattrs::default(),
            directories: Directories::default(),
            list: None,
        })
    }

    /// Begins the sub-list of the directory with this number; the first list begins by itself.
    ///
    /// # Errors
    /// A directory that may not have a list now.
    pub fn begin_sub_list(&mut self, dir: u32) -> Result<()> {
        self.directories.begin(dir)?;
        self.list = Some(List::new(self.next_first, Some(dir)));
        Ok(())
    }

    /// The directories listed so far (incremental recursion).
    #[must_use]
    pub fn directories(&self) -> &Directories {
        &self.directories
    }

    /// The names of extended attributes whose values are asked for by their numbers in a list of them.
    ///
    /// # Errors
    /// Numbers that stand for nothing, or for what was sent with the list.
    pub fn wanted_xattrs(&self, list: Option<u32>, numbers: &[u32]) -> Result<Vec<Vec<u8>>> {
        self.xattrs.names_of(list, numbers)
    }

    /// Writes an entry. False, and nothing written, if its name cannot be said in the session's charset.
    ///
    /// # Errors
    /// An entry that has no form in this session, and what the stream reports.
    pub fn write<W: Write + ?Sized>(
        &mut self,
        entry: &Entry<'_>,
        attached: Attached<'_>,
        names: &mut dyn NameIds,
        to: &mut W,
    ) -> Result<bool> {
        let Some(wire_name) = self.wire_name(entry.name)? else {
            return Ok(false);
        };
        let list = self
            .list
            .take()
            .unwrap_or_else(|| List::new(self.next_first, None));
        let arrival = list.first + list.len();
        let group = self.group(entry, arrival)?;
        let leader = group.filter(|group| (list.first..arrival).contains(group));
        // What a later link says of itself is not sent: its first link was.
        let leader = leader.map(|leader| list.entry(leader - list.first));
        let said = leader.unwrap_or(*entry);
        let carried = said.file_type().is_device() && self.terms.fields.devices;
        let said = Entry {
            name: entry.name,
            device: said.device.filter(|_| carried),
            ..said
        };
        let flags = self.flags(&said, &wire_name, group.map(|group| group == arrival));
        let user = self.inline(IdKind::User, flags, said.uid, names);
        let group_name = self.inline(IdKind::Group, flags, said.gid, names);
        let follows = |name: &Option<Vec<u8>>, flag| if name.is_some() { flag } else { 0 };
        let flags = flags
            | follows(&user, flags::USER_NAME_FOLLOWS)
            | follows(&group_name, flags::GROUP_NAME_FOLLOWS);
        let flags = self.terms.form.write(flags, said.is_dir(), to)?;
        self.write_name(flags, wire_name, to)?;
        if let Some(group) = group.filter(|group| *group != arrival) {
            to.write_varint(group.cast_signed())?;
        }
        if leader.is_none() {
            self.write_attributes(flags, &said, (user, group_name), to)?;
            self.write_rdev(flags, &said, to)?;
            self.write_target(&said, to)?;
            self.write_inode(flags, &said, to)?;
            self.write_checksum(&said, to)?;
        }
        self.last.follow(&said);
        let cached = self.write_cached(&said, attached, names, to)?;
        let kept = Entry {
            link: group.map_or(said.link, Link::Group),
            ..said
        };
        // `said` may borrow the list it goes into.
        let target = kept.target.map(<[u8]>::to_vec);
        let checksum = kept.checksum.map(<[u8]>::to_vec);
        let kept = Entry {
            name: entry.name,
            target: target.as_deref(),
            checksum: checksum.as_deref(),
            ..kept
        };
        let mut list = list;
        list.push(&kept, cached)?;
        self.list = Some(list);
        Ok(true)
    }

    /// Ends the list that is being written, and behind the first one writes what belongs there.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn end<W: Write + ?Sized>(
        &mut self,
        errors: IoErrors,
        names: &mut dyn NameIds,
        to: &mut W,
    ) -> Result<List> {
        let mut list = self
            .list
            .take()
            .unwrap_or_else(|| List::new(self.next_first, None));
        list.by_arrival = self.charset.is_some();
        list.io_errors = errors;
        self.terms.form.write_end(self.terms.safe, errors, to)?;
        if !self.terms.incremental {
            self.write_trailer(errors, names, to)?;
        }
        list.arrange(self.terms.protocol, self.terms.fields.relative);
        if self.terms.incremental {
            self.directories.add(&mut list)?;
        }
        self.next_first = list.first + list.len() + 1;
        Ok(list)
    }

    /// Whether the end of a list tells errors; if not, they are told in a message.
    #[must_use]
    pub fn tells_errors(&self) -> bool {
        self.terms.safe || self.terms.protocol < Protocol::V30
    }

    fn write_trailer<W: Write + ?Sized>(
        &mut self,
        errors: IoErrors,
        names: &mut dyn NameIds,
        to: &mut W,
    ) -> Result<()> {
        if !self.terms.fields.numeric_ids {
            for (met, carried) in [
                (&self.users, self.terms.fields.owners),
                (&self.group_ids, self.terms.fields.groups),
            ] {
                if carried || self.terms.fields.acls {
                    met.write_list(self.terms.protocol, self.terms.id0, names, to)?;
                }
            }
        }
        if self.terms.protocol < Protocol::V30 {
            to.write_int(errors.bits())?;
        }
        Ok(())
    }

    fn wire_name(&mut self, name: Name<'_>) -> Result<Option<Vec<u8>>> {
        let whole = match &mut self.charset {
            None => name.to_vec(),
            Some(charset) => {
                let mut whole = Vec::new();
                if !charset.to_wire(name.dir, &mut whole) || !charset.to_wire(name.base, &mut whole)
                {
                    return Ok(None);
                }
                whole
            }
        };
        length(
            Fault::TooLarge,
            "length of a name",
            whole.len() as i64,
            MAX_PATH,
        )?;
        Ok(Some(whole))
    }

    /// The group of hard links that an entry is in, from protocol 30 on: its own arrival index if it is the first.
    fn group(&mut self, entry: &Entry<'_>, arrival: u32) -> Result<Option<u32>> {
        if !self.terms.fields.hard_links || entry.link == Link::Alone || entry.is_dir() {
            return Ok(None);
        }
        if self.terms.protocol >= Protocol::V30 {
            return Ok(Some(*self.groups.entry(entry.link).or_insert(arrival)));
        }
        match entry.link {
            Link::Group(_) => {
                let why = "needs the numbers of its inode before protocol 30";
                Err(Error::invalid(Fault::Protocol, "hard link", why))
            }
            _ => Ok(None),
        }
    }

    /// All flags but those that tell of names of ids.
    fn flags(&mut self, entry: &Entry<'_>, wire_name: &[u8], first: Option<bool>) -> u32 {
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

    /// Notes an id, and tells the name that goes with it (incremental recursion).
    fn inline(
        &mut self,
        kind: IdKind,
        flags: u32,
        id: u32,
        names: &mut dyn NameIds,
    ) -> Option<Vec<u8>> {
        let (met, same) = match kind {
            IdKind::User => (&mut self.users, flags::SAME_UID),
            IdKind::Group => (&mut self.group_ids, flags::SAME_GID),
        };
        if flags & same != 0 {
            return None;
        }
        if self.terms.incremental && !self.terms.fields.numeric_ids {
            return met.first_name(id, names);
        }
        met.meet(id);
        None
    }

    fn write_name<W: Write + ?Sized>(
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

    fn write_attributes<W: Write + ?Sized>(
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

    fn write_rdev<W: Write + ?Sized>(
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

    /// Whether the target of a link can be said in the session's charset.
    pub fn can_tell_target(&mut self, target: &[u8]) -> bool {
        let charset = self.target_charset();
        charset.is_none_or(|charset| charset.to_wire(target, &mut Vec::new()))
    }

    fn target_charset(&mut self) -> Option<&mut Box<dyn Charset>> {
        let converts = self.terms.converts_targets;
        self.charset.as_mut().filter(|_| converts)
    }

    fn write_target<W: Write + ?Sized>(&mut self, entry: &Entry<'_>, to: &mut W) -> Result<()> {
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

    fn write_inode<W: Write + ?Sized>(
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

    fn write_checksum<W: Write + ?Sized>(&mut self, entry: &Entry<'_>, to: &mut W) -> Result<()> {
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

    fn write_cached<W: Write + ?Sized>(
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

/// How many bytes two names share at their beginning, as far as one byte can tell.
fn shared_len(last: &[u8], name: &[u8]) -> usize {
    let pairs = last.iter().zip(name).take(255);
    pairs.take_while(|(a, b)| a == b).count()
}
