//! The sources: what the operands and lists mean, and which entries of each directory take part.

mod absent;
mod assembly;
mod attached;
mod descent;
mod destination;
mod listed;
mod lister;
mod mkpath;
mod open;
mod outlook;
mod relative;
mod seat;
mod wanted;

use std::path::PathBuf;
use std::sync::Arc;

pub(super) use absent::Absence;
pub(super) use assembly::{Assembly, Stray};
pub(super) use attached::{Attached, Listing as ListedXattr, LongValue};
pub(super) use descent::Descent;
pub(super) use destination::{Destination, destination, trimmed};
pub(super) use listed::{Arrivals, Listed, Turn};
pub(super) use lister::{Lister, Note, Seen, Unseen};
pub(super) use open::{Opened, open};
pub(super) use outlook::Want;
pub(super) use seat::{Holder, Seat};
pub(super) use wanted::Found;
use wanted::Wanted;

use crate::sys::Stat;
use crate::tree::Scope;

/// What of a source directory takes part.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// All of its content.
    Content,
    /// Only these names.
    Names(Arc<Wanted>),
    /// Names below it that are missing, as it is itself: the directory stands for the nearest one around it,
    /// and nothing is looked up in it.
    Absent(Arc<Wanted>),
    /// What a peer lists of it; all of its content, or only some names.
    Listed {
        /// Whether it is all.
        content: bool,
    },
}

impl Part {
    pub(super) fn is_content(&self) -> bool {
        matches!(self, Part::Content | Part::Listed { content: true })
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Part::Absent(_))
    }

    /// The names that take part; `None` where all do that are there.
    pub(super) fn names(&self) -> Option<&Wanted> {
        match self {
            Part::Content | Part::Listed { .. } => None,
            Part::Names(names) | Part::Absent(names) => Some(names),
        }
    }
}

/// A source operand that was found, or several that lie in one directory.
pub(super) struct Source {
    /// The directory that is read: the operand itself, or the one around it.
    pub seat: Seat,
    /// Its path as typed.
    pub path: PathBuf,
    /// What of it takes part.
    pub part: Part,
    /// Metadata of the directory, where it takes part itself.
    pub top: Option<Stat>,
    /// The file system that it lies on.
    pub dev: (u32, u32),
    /// The rules that hold in it.
    pub scope: Scope,
}

/// A directory that entries come from.
pub(super) struct Origin {
    /// The directory.
    pub seat: Seat,
    /// Which source it belongs to.
    pub operand: usize,
    /// What of it takes part.
    pub part: Part,
    /// The file system that `-x` keeps to.
    pub dev: (u32, u32),
    /// The rules that hold in it.
    pub scope: Scope,
    /// Symbolic links that led here from the operand.
    pub links: u8,
}

impl Source {
    /// The source number `operand` as what the root's entries come from, read by `seat`.
    pub(super) fn origin(&self, operand: usize, seat: Seat) -> Origin {
        Origin {
            seat,
            scope: self.scope.clone(),
            operand,
            part: self.part.clone(),
            dev: self.dev,
            links: 0,
        }
    }
}
