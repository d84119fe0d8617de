//! Encoding lists.

mod attributes;
mod chosen_flags;

use std::collections::HashMap;
use std::io::Write;

use super::acl::SentAcls;
use super::flags::{self, Last};
use super::ids::MetIds;
use super::terms::Terms;
use super::xattr::SentXattrs;
use super::{Acl, Charset, Directories, Entry, Fields, IdKind, Link, List, Name, NameIds, Xattr};
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

    /// Whether the target of a link can be said in the session's charset.
    pub fn can_tell_target(&mut self, target: &[u8]) -> bool {
        let charset = self.target_charset();
        charset.is_none_or(|charset| charset.to_wire(target, &mut Vec::new()))
    }
}
