//! Decoding lists.

mod attributes;

use std::collections::HashSet;
use std::io::Read;

use super::acl::AclCache;
use super::flags::{self, Last, Mark};
use super::list::Cached;
use super::name::clean;
use super::terms::Terms;
use super::xattr::XattrCache;
use super::{
    Charset, DirKind, Directories, Entry, Fields, FileType, IdKind, IdNames, Link, List, Name,
    Unspelled,
};
use crate::wire::error::{Error, Fault, Place, Result, Within, length, limit};
use crate::wire::{Dialect, IoErrors, Protocol, ReadWire};

/// The longest name or target, in bytes: a path of Linux without its NUL.
const MAX_PATH: usize = 4095;

/// Decodes the lists of a session, which refer to each other: one reader for all of them.
pub struct ListReader {
    terms: Terms,
    charset: Option<Box<dyn Charset>>,
    last: Last,
    /// Before protocol 30: how much of a name a directory shares with its top directory to have content.
    hierarchy: Option<usize>,
    next_first: u32,
    /// Arrival indices of entries that others may link to.
    leaders: HashSet<u32>,
    scratch: Vec<u8>,
    target: Vec<u8>,
    directories: Directories,
    ids: IdNames,
    access_acls: AclCache,
    default_acls: AclCache,
    xattrs: XattrCache,
}

impl ListReader {
    /// A reader for a session in this dialect, in which entries carry these fields. With a charset, names are converted
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
            hierarchy: None,
            next_first: u32::from(dialect.incremental()),
            leaders: HashSet::new(),
            scratch: Vec::new(),
            target: Vec::new(),
            directories: Directories::default(),
            ids: IdNames::default(),
            access_acls: AclCache::default(),
            default_acls: AclCache::default(),
            xattrs: XattrCache::default(),
        })
    }

    /// Reads the first list, and what stands behind it: lists of ids, errors.
    ///
    /// # Errors
    /// Everything that no peer may send, and what the stream reports.
    pub fn read_first<R: Read + ?Sized>(&mut self, from: &mut R) -> Result<List> {
        let inside = self.terms.incremental.then(Vec::new);
        let mut list = self.read_list(None, inside.as_deref(), from)?;
        if !self.terms.incremental {
            self.read_trailer(&mut list, from)
                .within(Place::Part("end of the file list"))?;
        }
        Ok(list)
    }

    /// Reads the sub-list of the directory with this number.
    ///
    /// # Errors
    /// As [`ListReader::read_first`], and a directory that may not have a list now.
    pub fn read_sub_list<R: Read + ?Sized>(&mut self, dir: u32, from: &mut R) -> Result<List> {
        if !self.terms.incremental {
            let why = "without incremental recursion";
            return Err(Error::invalid(
                Fault::Protocol,
                "a list of a directory",
                why,
            ));
        }
        self.directories.begin(dir)?;
        let inside = self.directories.path(dir).unwrap_or_default();
        self.read_list(Some(dir), Some(&inside), from)
    }

    /// The directories listed so far (incremental recursion).
    #[must_use]
    pub fn directories(&self) -> &Directories {
        &self.directories
    }

    /// The names that the peer told for its ids.
    #[must_use]
    pub fn ids(&self) -> &IdNames {
        &self.ids
    }

    /// The access ACLs that the peer sent.
    #[must_use]
    pub fn access_acls(&self) -> &AclCache {
        &self.access_acls
    }

    /// The default ACLs that the peer sent.
    #[must_use]
    pub fn default_acls(&self) -> &AclCache {
        &self.default_acls
    }

    /// The lists of xattrs that the peer sent.
    #[must_use]
    pub fn xattrs(&self) -> &XattrCache {
        &self.xattrs
    }

    fn read_list<R: Read + ?Sized>(
        &mut self,
        of_dir: Option<u32>,
        inside: Option<&[u8]>,
        from: &mut R,
    ) -> Result<List> {
        let mut list = List::new(self.next_first, of_dir);
        list.by_arrival = self.charset.is_some();
        loop {
            let arrival = list.first.saturating_add(list.len());
            let mark = self
                .terms
                .form
                .read(self.terms.safe, from)
                .within(Place::Entry(arrival))?;
            match mark {
                Mark::Entry(flags) => {
                    let read = self.read_entry(flags, inside, &mut list, from);
                    read.within(Place::Entry(arrival))?;
                }
                Mark::End(errors) => {
                    list.io_errors |= errors;
                    break;
                }
            }
        }
        list.arrange(self.terms.protocol, self.terms.fields.relative);
        if self.terms.incremental {
            self.directories.add(&mut list)?;
        }
        self.next_first = list.first.saturating_add(list.len()).saturating_add(1);
        Ok(list)
    }

    fn read_trailer<R: Read + ?Sized>(&mut self, list: &mut List, from: &mut R) -> Result<()> {
        let (fields, id0) = (self.terms.fields, self.terms.id0);
        if !fields.numeric_ids {
            for (kind, carried) in [
                (IdKind::User, fields.owners),
                (IdKind::Group, fields.groups),
            ] {
                if carried || fields.acls {
                    self.ids.read_list(kind, self.terms.protocol, id0, from)?;
                }
            }
        }
        if self.terms.protocol < Protocol::V30 {
            list.io_errors |= IoErrors::from_bits(from.read_int()?);
        }
        Ok(())
    }

    fn read_entry<R: Read + ?Sized>(
        &mut self,
        flags: u32,
        inside: Option<&[u8]>,
        list: &mut List,
        from: &mut R,
    ) -> Result<()> {
        let arrival = list.first.saturating_add(list.len());
        let shared = self.read_name(flags, from)?;
        let usable = self.localise_name()?;
        let group = self.read_group(flags, arrival, from)?;
        let is_spelled;
        let mut name = std::mem::take(&mut self.scratch);
        let mut target = std::mem::take(&mut self.target);
        let mut checksum = [0; crate::delta::MAX_DIGEST];
        let mut entry = Entry::new(Name::new(&name), 0);
        match group.filter(|group| *group >= list.first) {
            Some(leader) => {
                let at = leader - list.first;
                is_spelled = !list
                    .unspelled
                    .iter()
                    .any(|one| one.is_target && one.at == at);
                let leader = list.entry(at);
                target.clear();
                target.extend_from_slice(leader.target.unwrap_or_default());
                let sum = leader.checksum.map(|sum| {
                    checksum[..sum.len()].copy_from_slice(sum);
                    &checksum[..sum.len()]
                });
                self.last.follow(&leader);
                entry = Entry {
                    name: entry.name,
                    target: leader.target.map(|_| &target[..]),
                    checksum: sum,
                    ..leader
                };
            }
            None => {
                self.read_attributes(flags, &mut entry, from)?;
                self.read_rdev(flags, &mut entry, from)?;
                let told = self.read_target(entry.file_type(), &mut target, from)?;
                is_spelled = told.unwrap_or(true);
                entry.target = told.is_some().then_some(&target[..]);
                self.read_inode(flags, &mut entry, from)?;
                entry.checksum = self.read_checksum(&entry, &mut checksum, from)?;
            }
        }
        if self.terms.protocol >= Protocol::V30 {
            let first = flags & flags::HLINK_FIRST != 0;
            entry.link = self.link(flags, group.or(first.then_some(arrival)), &entry)?;
        }
        entry.dir = self.dir_kind(flags, &entry, usize::from(shared));
        check_name(&entry, inside, self.terms.fields.relative)?;
        let cached = self.read_cached(&entry, from)?;
        list.push(&entry, cached)?;
        if !(usable && is_spelled) {
            let at = arrival - list.first;
            list.records[at as usize].active = false;
            list.io_errors |= IoErrors::GENERAL;
            list.unspelled.push(Unspelled {
                at,
                name: name[..].into(),
                is_target: usable,
            });
        }
        name.clear();
        self.scratch = name;
        self.target = target;
        Ok(())
    }

    /// Reads the name into `last`; how much of it is that of the entry before.
    fn read_name<R: Read + ?Sized>(&mut self, flags: u32, from: &mut R) -> Result<u8> {
        let shared = match flags & flags::SAME_NAME {
            0 => 0,
            _ => from.read_byte()?,
        };
        let rest = match flags & flags::LONG_NAME {
            0 => from.read_byte()?.into(),
            _ => from.read_varint30(self.terms.protocol)?,
        };
        let what = "length of a name's rest";
        let rest = length(Fault::TooLarge, what, rest, MAX_PATH - usize::from(shared))?;
        let what = "length of a name's shared part";
        length(Fault::Protocol, what, shared, self.last.name.len())?;
        self.last.name.truncate(shared.into());
        from.read_onto(&mut self.last.name, rest)?;
        Ok(shared)
    }

    /// Puts this side's form of the name into `scratch`; false if it has none.
    fn localise_name(&mut self) -> Result<bool> {
        self.scratch.clear();
        let usable = match &mut self.charset {
            // One by one: what is in a directory is below its name, whether that can be spelled or not.
            Some(charset) => {
                let mut usable = true;
                for (number, part) in self.last.name.split(|byte| *byte == b'/').enumerate() {
                    if number > 0 {
                        self.scratch.push(b'/');
                    }
                    let begin = self.scratch.len();
                    if !charset.to_local(part, &mut self.scratch) {
                        self.scratch.truncate(begin);
                        self.scratch.extend_from_slice(part);
                        usable = false;
                    }
                }
                usable
            }
            None => {
                self.scratch.extend_from_slice(&self.last.name);
                true
            }
        };
        clean(&mut self.scratch, self.terms.fields.relative)?;
        Ok(usable)
    }

    /// The group that an entry says it belongs to without being its first.
    fn read_group<R: Read + ?Sized>(
        &mut self,
        flags: u32,
        arrival: u32,
        from: &mut R,
    ) -> Result<Option<u32>> {
        if self.terms.protocol < Protocol::V30 || flags & flags::HLINKED == 0 {
            return Ok(None);
        }
        if flags & flags::HLINK_FIRST != 0 {
            self.leaders.insert(arrival);
            return Ok(None);
        }
        let what = "number of a group of hard links";
        let group = limit(
            Fault::Protocol,
            what,
            from.read_varint()?,
            0..=i64::from(arrival) - 1,
        )?;
        let group = group.cast_unsigned();
        if !self.leaders.contains(&group) {
            return Err(Error::invalid(
                Fault::Protocol,
                "group of hard links",
                "has no first entry",
            ));
        }
        Ok(Some(group))
    }

    fn link(&self, flags: u32, group: Option<u32>, entry: &Entry<'_>) -> Result<Link> {
        if flags & flags::HLINKED == 0 {
            return Ok(Link::Alone);
        }
        if entry.is_dir() {
            return Err(Error::invalid(
                Fault::Protocol,
                "directory",
                "is marked as a hard link",
            ));
        }
        let known = group.filter(|_| self.terms.fields.hard_links);
        Ok(known.map_or(Link::Alone, Link::Group))
    }

    fn dir_kind(&mut self, flags: u32, entry: &Entry<'_>, shared: usize) -> DirKind {
        if !entry.is_dir() {
            return DirKind::Content;
        }
        let top = flags & flags::TOP_DIR != 0;
        if self.terms.protocol >= Protocol::V30 {
            return match (top, flags & flags::NO_CONTENT_DIR != 0) {
                (true, false) => DirKind::Top,
                (false, false) => DirKind::Content,
                (true, true) => DirKind::Implied,
                (false, true) => DirKind::NoContent,
            };
        }
        let name = &self.last.name;
        if top {
            let len = match &name[..] {
                b"." => 0,
                name if self.terms.fields.relative && name.ends_with(b"/.") => name.len() - 2,
                name => name.len(),
            };
            self.hierarchy = self.terms.fields.recurse.then_some(len);
            return DirKind::Top;
        }
        let within = |len: &usize| {
            let deeper = shared >= *len && name.get(*len) == Some(&b'/');
            !self.terms.fields.relative || *len == 0 || deeper
        };
        self.hierarchy = self.hierarchy.filter(within);
        match self.hierarchy {
            Some(_) => DirKind::Content,
            None => DirKind::NoContent,
        }
    }

    fn read_cached<R: Read + ?Sized>(&mut self, entry: &Entry<'_>, from: &mut R) -> Result<Cached> {
        let mut cached = Cached::default();
        if self.terms.fields.acls && entry.file_type() != FileType::Symlink {
            cached.access_acl = Some(self.access_acls.read(&mut self.ids, from)?);
            if entry.is_dir() {
                cached.default_acl = Some(self.default_acls.read(&mut self.ids, from)?);
            }
        }
        if self.terms.fields.xattrs {
            cached.xattrs = Some(self.xattrs.read(from)?);
        }
        Ok(cached)
    }
}

/// Names that only the entry's kind and place make wrong.
fn check_name(entry: &Entry<'_>, inside: Option<&[u8]>, relative: bool) -> Result<()> {
    let Name { dir, .. } = entry.name;
    let refuse = |fault, why| {
        Err(Error::Name {
            fault,
            name: entry.name.to_vec().into(),
            why,
        })
    };
    if entry.name.is_dot() && !entry.is_dir() {
        return refuse(Fault::Protocol, "must be a directory's");
    }
    let dir = match dir.strip_prefix(b"/") {
        Some(rest) if relative => rest,
        _ => dir,
    };
    let foreign = inside.is_some_and(|inside| dir != inside);
    let own_dot = inside.is_some_and(|inside| !inside.is_empty()) && entry.name.base == b".";
    if foreign || own_dot {
        return refuse(Fault::Refused, "is not in the directory that is listed");
    }
    Ok(())
}
