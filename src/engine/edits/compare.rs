//! When two records are of the same thing.

use crate::stage::catalogue::Record;
use crate::sys::{Kind, Time};

/// What counts when records are compared. Owners never do, nor do times of anything but regular files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sense {
    /// The mirror has the permissions of its origin.
    pub perms: bool,
    /// Set-id and sticky bits are among them: who is not the super-user cannot give them all.
    pub special: bool,
    /// The mirror has the times of its origin.
    pub times: bool,
}

impl Sense {
    /// The permission bits that count.
    fn bits(self) -> u32 {
        match (self.perms, self.special) {
            (false, _) => 0,
            (true, false) => 0o777,
            (true, true) => 0o7777,
        }
    }
}

/// How two records compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Nothing that counts differs.
    Same,
    /// Only the time of a regular file does, or its time says nothing: its content has to tell.
    InDoubt,
    /// Something does.
    Differs,
}

/// How one side compares with the base.
pub(super) fn likeness(base: &Record, other: &Record, sense: Sense) -> Likeness {
    if !same_but_time(base, other, sense) {
        return Likeness::Differs;
    }
    match base.kind {
        Kind::File if !sense.times || !same_time(base.mtime, other.mtime) => Likeness::InDoubt,
        _ => Likeness::Same,
    }
}

/// Whether a file of the mirror is damaged: who writes into a file gives it another time, and only a crash or a disk
/// cuts it short and leaves that as it is.
///
/// Times are the same as everywhere here, by whole seconds where the file has no more. So an edit in the very second
/// of the origin's last change, on a file system that keeps whole seconds, is taken for damage: it is named and left
/// until somebody settles it, where damage taken for an edit would go over what is good.
pub(super) fn is_corrupt(base: &Record, here: &Record, sense: Sense) -> bool {
    let are_files = base.kind == Kind::File && here.kind == Kind::File;
    sense.times && are_files && base.size != here.size && same_time(base.mtime, here.mtime)
}

/// Whether both sides have come to the same.
fn agree(here: &Record, there: &Record, sense: Sense) -> bool {
    let one_way = |one, other| likeness(one, other, sense) == Likeness::Same;
    one_way(here, there) || one_way(there, here)
}

/// Whether two records differ in nothing that counts, times left aside.
fn same_but_time(one: &Record, other: &Record, sense: Sense) -> bool {
    one.kind == other.kind
        && (one.kind == Kind::Symlink || (one.mode ^ other.mode) & sense.bits() == 0)
        && match one.kind {
            Kind::File => one.size == other.size,
            Kind::Symlink => one.target == other.target,
            Kind::CharDevice | Kind::BlockDevice => one.rdev == other.rdev,
            Kind::Dir | Kind::Fifo | Kind::Socket => true,
        }
}

/// Whole seconds where that side knows no more.
fn same_time(base: Time, other: Time) -> bool {
    base.sec == other.sec && (base.nsec == other.nsec || other.nsec == 0)
}

/// Whether both sides have the same, or nothing.
#[must_use]
pub fn same(here: Option<&Record>, there: Option<&Record>, sense: Sense) -> bool {
    match (here, there) {
        (None, None) => true,
        (Some(here), Some(there)) if sense.times => agree(here, there, sense),
        (Some(here), Some(there)) => same_but_time(here, there, sense),
        _ => false,
    }
}
