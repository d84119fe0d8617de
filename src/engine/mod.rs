//! The sync: walks the sources and the live destination side by side, decides per entry, applies to a
//! target, and tells what happened as events. It never prints and never parses.
//!
//! ```text
//! operands ─▶ sources ─▶ [frontier of directories] ─▶ worker: batch ─▶ decide ─▶ target ─▶ commit
//!                              ▲      │ in rsync's order                    │
//!                              └──────┘                                     └─▶ events ─▶ report
//! ```
//!
//! Work flows directory by directory, in depth-first order, over a few threads. Memory is bounded by the
//! widest directory plus what is in flight, never by the tree; only `-H` keeps a line for every file with
//! several names, and a run keeps 24 bytes for every change it makes.

mod absent;
mod backup;
mod basis;
mod batch;
mod catalogue;
mod compare;
mod decide;
mod delta;
mod detail;
mod directory;
mod dirlinks;
pub mod edits;
mod error;
mod event;
mod extended;
mod failure;
mod fake_super;
mod filter;
mod leaf;
mod likeness;
mod line;
mod links;
mod listing;
mod node;
mod notes;
mod offer;
mod opening;
mod options;
mod order;
mod pace;
mod point;
mod post;
mod remote;
mod removal;
mod remove_source;
mod round_trip;
mod run;
mod select;
mod session;
mod sides;
mod sources;
mod survey;
mod tally;
mod target;
mod transfer;
mod worker;
mod workforce;

pub use error::Error;
pub use event::*;
pub use line::HangUp;
pub use offer::{Receiver, push};
pub use opening::{Client, Opening, Server};
pub use options::{
    Adjust, Alternates, Backups, BasisUse, Compare, Content, Deletion, Fuzzy, Options, Partial,
    Privilege, SourceRemoval, Sums, When, Writing,
};
pub use post::Post;
pub use remote::{AskedNames, CodeOf, Sender, pull};
pub use select::{Boundary, Missing, Names, Select, Symlinks};
pub use session::run;
