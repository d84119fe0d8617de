//! Putting a list in order: indices, duplicates, numbers of directories.

use std::cmp::Ordering;
use std::ops::Range;

use super::order::compare;
use super::{List, Name};
use crate::wire::Protocol;
use crate::wire::error::{Error, Fault, Result};

impl List {
    /// Puts the entries in order, which gives them their indices, and takes duplicates out of use.
    pub(super) fn arrange(&mut self, protocol: Protocol, relative: bool) {
        let mut order: Vec<u32> = (0..self.len()).collect();
        let key = |at: u32| (self.name(at), self.is_dir(at));
        // Most lists come sorted or nearly so; the sort is stable, as duplicates need it.
        order.sort_by(|a, b| compare(protocol, key(*a), key(*b)));
        self.order = order;
        self.drop_duplicates(protocol);
        if relative {
            self.make_relative();
        }
    }

    /// Of entries with one name a directory stays, else the first; their slots stay all.
    fn drop_duplicates(&mut self, protocol: Protocol) {
        let mut kept: Option<u32> = None;
        for slot in 0..self.order.len() {
            let at = self.order[slot];
            if !self.records[at as usize].active {
                continue;
            }
            let before = kept.filter(|kept| self.same(protocol, *kept, at));
            let twin = before.or_else(|| self.file_of_same_name(protocol, at));
            let Some(twin) = twin else {
                kept = Some(at);
                continue;
            };
            self.doubles = true;
            if self.is_dir(at) && !self.is_dir(twin) {
                self.records[twin as usize].active = false;
                kept = Some(at);
            } else {
                self.merge_kinds(twin, at);
                self.records[at as usize].active = false;
            }
        }
    }

    fn same(&self, protocol: Protocol, a: u32, b: u32) -> bool {
        let key = |at: u32| (self.name(at), self.is_dir(at));
        compare(protocol, key(a), key(b)) == Ordering::Equal
    }

    /// From protocol 29 on a directory and a file of one name stand apart.
    fn file_of_same_name(&self, protocol: Protocol, at: u32) -> Option<u32> {
        if protocol < Protocol::V29 || !self.is_dir(at) {
            return None;
        }
        let wanted = (self.name(at), false);
        let key = |at: u32| (self.name(at), self.is_dir(at));
        let start = self
            .order
            .partition_point(|&at| compare(protocol, key(at), wanted).is_lt());
        let same = self.order[start..].iter().copied();
        let mut same = same.take_while(|&at| compare(protocol, key(at), wanted).is_eq());
        same.find(|&at| self.records[at as usize].active)
    }

    /// Of two directories the one that stays has content if either has, and is implied only if both are.
    fn merge_kinds(&mut self, kept: u32, dropped: u32) {
        let other = self.records[dropped as usize].kind;
        let record = &mut self.records[kept as usize];
        record.kind = record.kind.merged(other);
    }

    /// Positions of arrival of the directories, in the order in which they are numbered.
    pub(super) fn directories(&self) -> impl Iterator<Item = (u32, u32)> {
        let positions = (0..self.len()).map(|slot| match self.by_arrival {
            true => (self.first + slot, slot),
            false => (self.first + slot, self.order[slot as usize]),
        });
        positions.filter(|(_, at)| self.is_dir(*at))
    }

    /// Indices of the directories with the numbers that their own lists go by (incremental recursion).
    pub fn numbered_directories(&self) -> impl Iterator<Item = (u32, u32)> {
        let indices = self.directories().map(|(ndx, _)| ndx);
        indices.zip(self.first_dir..)
    }
}

/// All directories of a session under incremental recursion, by their numbers; they are never forgotten, so each takes
/// little: its own name and the number of its parent.
#[derive(Debug, Default)]
pub struct Directories {
    names: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    name: u32,
    name_len: u16,
    state: State,
    /// Number of the directory whose list this one is in; of those in the first list, none.
    parent: Option<u32>,
    ndx: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Awaited,
    Listed,
    OutOfUse,
}

impl Directories {
    /// Numbers the directories of a list; the numbers they get.
    pub(super) fn add(&mut self, list: &mut List) -> Result<Range<u32>> {
        let start = self.slots.len() as u32;
        list.first_dir = start;
        for (ndx, at) in list.directories() {
            let Name { dir, base } = list.name(at);
            // In the first list the directory part is empty; in others it is the parent's path.
            let name = if list.of_dir.is_none() {
                [dir, base].concat()
            } else {
                base.to_vec()
            };
            // Of one that this side cannot spell, the list comes all the same.
            let is_out = !list.records[at as usize].active;
            let is_unspelled = || list.unspelled.iter().any(|one| one.at == at);
            let usable = (!is_out || is_unspelled()) && base != b".";
            let at = u32::try_from(self.names.len());
            let len = u16::try_from(name.len());
            let (Ok(at), Ok(len)) = (at, len) else {
                let why = "are more than a session can hold";
                return Err(Error::invalid(Fault::TooLarge, "directories", why));
            };
            self.names.extend_from_slice(&name);
            self.slots.push(Slot {
                name: at,
                name_len: len,
                state: if usable {
                    State::Awaited
                } else {
                    State::OutOfUse
                },
                parent: list.of_dir,
                ndx,
            });
        }
        Ok(start..self.slots.len() as u32)
    }

    /// The number of directories so far.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The index that this directory has in its parent's list.
    #[must_use]
    pub fn ndx(&self, number: u32) -> Option<u32> {
        self.slots.get(number as usize).map(|slot| slot.ndx)
    }

    /// Whether a list is still due for this directory: `.` never has one, nor does a duplicate.
    #[must_use]
    pub fn is_awaited(&self, number: u32) -> bool {
        let slot = self.slots.get(number as usize);
        slot.is_some_and(|slot| slot.state == State::Awaited)
    }

    /// The name of this directory, with a slash behind it.
    #[must_use]
    pub fn path(&self, number: u32) -> Option<Vec<u8>> {
        let mut parts = Vec::new();
        let mut next = Some(number);
        while let Some(number) = next {
            let slot = self.slots.get(number as usize)?;
            parts.push(&self.names[slot.name as usize..][..usize::from(slot.name_len)]);
            next = slot.parent;
        }
        let mut path = Vec::new();
        for part in parts.into_iter().rev() {
            path.extend_from_slice(part);
            path.push(b'/');
        }
        Some(path)
    }

    /// The list of this directory begins; an error if there is no such directory or if it had one already.
    pub(super) fn begin(&mut self, number: u32) -> Result<()> {
        let last = self.slots.len() as i64 - 1;
        let Some(slot) = self.slots.get_mut(number as usize) else {
            return Err(Error::Range {
                fault: Fault::Protocol,
                what: "number of the directory that a list is for",
                value: number.into(),
                min: 0,
                max: last,
            });
        };
        let why = match slot.state {
            State::Awaited => {
                slot.state = State::Listed;
                return Ok(());
            }
            State::Listed => "has had its list already",
            State::OutOfUse => "may have no list",
        };
        Err(Error::invalid(Fault::Protocol, "directory", why))
    }
}
