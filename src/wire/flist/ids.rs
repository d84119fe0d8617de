//! Names of owners and groups: behind an id in the list, or in lists of their own at its end.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};

use crate::wire::error::{Error, Fault, Result, length};
use crate::wire::{Protocol, ReadWire, WriteWire};

/// The most names of each kind that a session may tell.
const MAX_NAMES: usize = 1 << 18;
/// The longest name, in bytes: its length is one byte. Longer ones are cut.
const MAX_NAME: usize = 255;

/// Whether an id is an owner's or a group's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKind {
    /// Of a user.
    User,
    /// Of a group.
    Group,
}

/// The names that a peer told for its ids.
#[derive(Debug, Default)]
pub struct IdNames {
    users: HashMap<u32, Box<[u8]>>,
    groups: HashMap<u32, Box<[u8]>>,
}

impl IdNames {
    /// The name that was told for this id.
    #[must_use]
    pub fn get(&self, kind: IdKind, id: u32) -> Option<&[u8]> {
        self.table(kind).get(&id).map(|name| &name[..])
    }

    /// All ids of a kind with their names, in no order.
    pub fn iter(&self, kind: IdKind) -> impl Iterator<Item = (u32, &[u8])> {
        self.table(kind).iter().map(|(id, name)| (*id, &name[..]))
    }

    fn table(&self, kind: IdKind) -> &HashMap<u32, Box<[u8]>> {
        match kind {
            IdKind::User => &self.users,
            IdKind::Group => &self.groups,
        }
    }

    /// Reads a name behind its id. An empty one tells that the id has none.
    pub(super) fn read_name<R: Read + ?Sized>(
        &mut self,
        kind: IdKind,
        id: u32,
        from: &mut R,
    ) -> Result<()> {
        let len = from.read_byte()?.into();
        let mut name = Vec::new();
        from.read_onto(&mut name, len)?;
        let table = match kind {
            IdKind::User => &mut self.users,
            IdKind::Group => &mut self.groups,
        };
        if name.is_empty() {
            return Ok(());
        }
        if name.contains(&0) {
            return Err(Error::invalid(
                Fault::Protocol,
                "name of an id",
                "holds a NUL",
            ));
        }
        table.insert(id, name.into());
        length(
            Fault::TooLarge,
            "number of ids with names",
            table.len() as i64,
            MAX_NAMES,
        )
        .map(drop)
    }

    /// Reads the list of ids at the end of a file list; `id0` if the name of id 0 closes it.
    pub(super) fn read_list<R: Read + ?Sized>(
        &mut self,
        kind: IdKind,
        protocol: Protocol,
        id0: bool,
        from: &mut R,
    ) -> Result<()> {
        loop {
            match from.read_varint30(protocol)?.cast_unsigned() {
                0 if id0 => return self.read_name(kind, 0, from),
                0 => return Ok(()),
                id => self.read_name(kind, id, from)?,
            }
        }
    }
}

/// Tells the names of this side's ids.
pub trait NameIds {
    /// The name of this id, if it has one.
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>>;
}

impl NameIds for IdNames {
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>> {
        self.get(kind, id).map(<[u8]>::to_vec)
    }
}

/// The ids of one kind that a sender met, in the order in which it met them.
#[derive(Debug)]
pub(super) struct MetIds {
    kind: IdKind,
    order: Vec<u32>,
    seen: HashSet<u32>,
}

impl MetIds {
    pub(super) fn new(kind: IdKind) -> Self {
        Self {
            kind,
            order: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Notes an id; whether it is new.
    pub(super) fn meet(&mut self, id: u32) -> bool {
        let new = self.seen.insert(id);
        if new {
            self.order.push(id);
        }
        new
    }

    /// The name to be sent behind an id that is met now: once for each id.
    pub(super) fn first_name(&mut self, id: u32, names: &mut dyn NameIds) -> Option<Vec<u8>> {
        if !self.meet(id) {
            return None;
        }
        let mut name = names.name(self.kind, id)?;
        name.truncate(MAX_NAME);
        Some(name)
    }

    /// Writes the list of ids at the end of a file list, those met last first, as rsync does.
    pub(super) fn write_list<W: Write + ?Sized>(
        &self,
        protocol: Protocol,
        id0: bool,
        names: &mut dyn NameIds,
        to: &mut W,
    ) -> Result<()> {
        for id in self.order.iter().rev().filter(|id| **id != 0) {
            if let Some(name) = names.name(self.kind, *id) {
                to.write_varint30(protocol, id.cast_signed())?;
                write_name(&name, to)?;
            }
        }
        to.write_varint30(protocol, 0)?;
        if id0 {
            let root = names.name(self.kind, 0).unwrap_or_default();
            write_name(&root, to)?;
        }
        Ok(())
    }
}

/// Writes a name behind its id.
pub(super) fn write_name<W: Write + ?Sized>(name: &[u8], to: &mut W) -> Result<()> {
    let name = &name[..name.len().min(MAX_NAME)];
    to.write_byte(name.len() as u8)?;
    Ok(to.write_all(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lists of a small tree of root and daemon, in sessions of rsync 3.5.0.
    #[test]
    fn lists_are_those_of_rsync() {
        for (protocol, id0, bytes) in [
            (Protocol::NEWEST, true, &b"\x01\x06daemon\x00\x04root"[..]),
            (Protocol::NEWEST, false, b"\x01\x06daemon\x00"),
            (Protocol::V29, false, b"\x01\0\0\0\x06daemon\0\0\0\0"),
        ] {
            let mut names = IdNames::default();
            let mut from = bytes;
            names
                .read_list(IdKind::User, protocol, id0, &mut from)
                .expect("read");
            assert!(from.is_empty());
            assert_eq!(names.get(IdKind::User, 1), Some(&b"daemon"[..]));
            assert_eq!(names.get(IdKind::User, 0).is_some(), id0);
            assert_eq!(names.get(IdKind::Group, 1), None);
            let mut met = MetIds::new(IdKind::User);
            assert!(met.meet(0) && met.meet(1) && met.meet(77) && !met.meet(1));
            let mut back = Vec::new();
            met.write_list(protocol, id0, &mut names, &mut back)
                .expect("written");
            assert_eq!(back, bytes);
        }
    }

    #[test]
    fn a_list_of_ids_ends() {
        let mut bytes = Vec::new();
        for id in 1..=MAX_NAMES as i32 + 1 {
            bytes.write_varint(id).expect("written");
            bytes.extend(b"\x01x");
        }
        let mut names = IdNames::default();
        let read = names.read_list(IdKind::User, Protocol::NEWEST, false, &mut &bytes[..]);
        assert_eq!(read.expect_err("too many").fault(), Some(Fault::TooLarge));
    }
}
