//! The three lists, put together path by path.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use super::compare::{Likeness, Sense, is_corrupt, likeness, same};
use super::mirror::Mirror;
use super::state::Change;
use crate::stage::catalogue::Record;
use crate::sys::Kind;

/// What was changed on two sides of a common base.
///
/// A path compares by its components, so that a directory stands right in front of what is in it.
#[derive(Debug)]
pub struct Edits {
    sense: Sense,
    pub(super) entries: BTreeMap<PathBuf, Entry>,
}

/// One path.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub base: Option<Record>,
    pub here: Side,
    pub there: Side,
}

/// What one side has under a path.
#[derive(Debug, Default)]
pub(super) enum Side {
    /// Nothing.
    #[default]
    Absent,
    /// What the base has.
    AsBase,
    /// The same as the base, unless its content says otherwise.
    InDoubt(Box<Record>),
    /// The same file, of another size although nobody wrote into it.
    Corrupt(Box<Record>),
    /// Something else.
    Other(Box<Record>),
}

impl Side {
    fn of_mirror(base: Option<&Record>, record: Record, sense: Sense) -> Side {
        match base {
            Some(base) if is_corrupt(base, &record, sense) => Side::Corrupt(Box::new(record)),
            _ => Side::of(base, record, sense, true),
        }
    }

    fn of(base: Option<&Record>, record: Record, sense: Sense, doubts: bool) -> Side {
        let likeness = base.map(|base| likeness(base, &record, sense));
        match likeness {
            Some(Likeness::Same) => Side::AsBase,
            Some(Likeness::InDoubt) if doubts && base.is_some_and(|base| base.sum.is_some()) => {
                Side::InDoubt(Box::new(record))
            }
            _ => Side::Other(Box::new(record)),
        }
    }

    pub fn record<'e>(&'e self, base: &'e Option<Record>) -> Option<&'e Record> {
        match self {
            Side::Absent => None,
            Side::AsBase => base.as_ref(),
            Side::InDoubt(record) | Side::Corrupt(record) | Side::Other(record) => Some(record),
        }
    }

    fn change(&self, base: &Option<Record>) -> Option<Change> {
        match (base, self.record(base)) {
            (None, None) => None,
            (None, Some(_)) => Some(Change::Created),
            (Some(_), None) => Some(Change::Deleted),
            (Some(base), Some(record)) if base.kind != record.kind => Some(Change::Retyped),
            (Some(_), Some(_)) => matches!(self, Side::Other(_)).then_some(Change::Changed),
        }
    }
}

impl Entry {
    pub fn here(&self) -> Option<&Record> {
        self.here.record(&self.base)
    }

    pub fn there(&self) -> Option<&Record> {
        self.there.record(&self.base)
    }

    /// What each side changed.
    pub fn changes(&self) -> (Option<Change>, Option<Change>) {
        (self.here.change(&self.base), self.there.change(&self.base))
    }

    /// Whether what is here is damaged.
    pub fn is_corrupt(&self) -> bool {
        matches!(self.here, Side::Corrupt(_))
    }

    /// Whether both sides have the same, or nothing.
    pub fn agrees(&self, sense: Sense) -> bool {
        match (self.here(), self.there()) {
            // Without times nothing tells that they are the same file.
            (Some(here), Some(_)) if here.kind == Kind::File && !sense.times => false,
            (here, there) => same(here, there, sense),
        }
    }
}

impl Edits {
    /// Takes the base; the lists of both sides come then, in any order.
    #[must_use]
    pub fn new(sense: Sense, base: impl Iterator<Item = (PathBuf, Record)>) -> Edits {
        let entry = |(path, record)| {
            let base = Some(record);
            let entry = Entry {
                base,
                ..Entry::default()
            };
            (path, entry)
        };
        Edits {
            sense,
            entries: base.map(entry).collect(),
        }
    }

    /// Takes an entry of the mirror.
    pub fn here(&mut self, path: PathBuf, record: Record) {
        let entry = self.entries.entry(path).or_default();
        entry.here = Side::of_mirror(entry.base.as_ref(), record, self.sense);
    }

    /// Takes an entry of the origin, whose times are its own.
    pub fn there(&mut self, path: PathBuf, record: Record) {
        let sense = self.sense_there();
        let entry = self.entries.entry(path).or_default();
        entry.there = Side::of(entry.base.as_ref(), record, sense, false);
    }

    /// Takes what the origin has under a path by now; tells whether it had something else.
    pub fn there_by_now(&mut self, path: &Path, now: Option<Record>) -> bool {
        if same(now.as_ref(), self.record_there(path), self.sense_there()) {
            return false;
        }
        match (now, self.entries.get_mut(path)) {
            (Some(record), _) => self.there(path.to_owned(), record),
            (None, Some(entry)) => entry.there = Side::Absent,
            (None, None) => {}
        }
        true
    }

    fn sense_there(&self) -> Sense {
        Sense {
            special: true,
            times: true,
            ..self.sense
        }
    }

    /// Settles what the lists leave open: whether a file of another time has another content, and whether what
    /// is not listed is gone. What is there and is not listed takes no part.
    pub fn look(&mut self, mirror: &Mirror) {
        let mut unlisted = Vec::new();
        for (path, entry) in &self.entries {
            let gone_here = matches!(entry.here, Side::Absent);
            if gone_here && !self.lies_in_other(path, Edits::kind_here) && mirror.has(path) {
                unlisted.push(path.clone());
            }
        }
        for path in unlisted {
            self.entries.remove(&path);
        }
        for (path, entry) in &mut self.entries {
            let Side::InDoubt(record) = &entry.here else {
                continue;
            };
            let sum = entry.base.as_ref().and_then(|base| base.sum);
            entry.here = match sum.is_some_and(|sum| mirror.has_content(path, record.size, sum)) {
                true => Side::AsBase,
                false => Side::Other(record.clone()),
            };
        }
    }

    /// Takes out what only the origin ever had and no pull brings, its kind not being taken: unless something is
    /// here under that name, that is nobody's business.
    pub fn leave_out_others(&mut self, takes: impl Fn(Kind) -> bool) {
        self.entries.retain(|_, entry| {
            let is_only_there = entry.base.is_none() && matches!(entry.here, Side::Absent);
            !is_only_there || entry.there().is_none_or(|there| takes(there.kind))
        });
    }

    /// Takes out what is not known, the list of the origin being incomplete: what it has not may be there all the
    /// same, and so may be more in a directory that is none here. Gives how many entries those are.
    pub fn leave_out_unknown(&mut self) -> usize {
        let mut unknown = Vec::new();
        for (path, entry) in &self.entries {
            let is_dir_here = entry.here().is_some_and(|here| here.kind == Kind::Dir);
            match entry.there().map(|there| there.kind) {
                None if !self.lies_in_other(path, Edits::kind_there) => unknown.push(path.clone()),
                Some(Kind::Dir) if !is_dir_here => {
                    unknown.push(path.clone());
                    unknown.extend(self.below(path).map(|(path, _)| path.clone()));
                }
                _ => {}
            }
        }
        let taken = unknown.iter().filter_map(|path| self.entries.remove(path));
        let is_somewhere = |entry: &Entry| entry.here().is_some() || entry.there().is_some();
        taken.filter(is_somewhere).count()
    }

    /// Whether something on the way to a path is listed on a side and is no directory.
    fn lies_in_other(&self, path: &Path, kind: fn(&Edits, &Path) -> Option<Kind>) -> bool {
        let above = path.ancestors().skip(1);
        let listed = above.filter_map(|above| kind(self, above));
        listed.take(1).any(|kind| kind != Kind::Dir)
    }

    /// How many entries the origin has.
    #[must_use]
    pub fn count_there(&self) -> usize {
        let entries = self.entries.values();
        entries.filter(|entry| entry.there().is_some()).count()
    }

    /// What counts.
    #[must_use]
    pub fn sense(&self) -> Sense {
        self.sense
    }

    /// What the mirror has under a path.
    #[must_use]
    pub fn record_here(&self, path: &Path) -> Option<&Record> {
        self.entries.get(path).and_then(Entry::here)
    }

    /// What the origin has under a path.
    #[must_use]
    pub fn record_there(&self, path: &Path) -> Option<&Record> {
        self.entries.get(path).and_then(Entry::there)
    }

    pub(super) fn kind_here(&self, path: &Path) -> Option<Kind> {
        self.record_here(path).map(|record| record.kind)
    }

    pub(super) fn kind_there(&self, path: &Path) -> Option<Kind> {
        self.record_there(path).map(|record| record.kind)
    }

    /// Everything in a directory, however deep, in order.
    pub(super) fn below<'e>(
        &'e self,
        dir: &'e Path,
    ) -> impl Iterator<Item = (&'e PathBuf, &'e Entry)> {
        let behind = (Bound::Excluded(dir), Bound::Unbounded);
        let behind = self.entries.range::<Path, _>(behind);
        behind.take_while(move |(path, _)| path.starts_with(dir))
    }
}
