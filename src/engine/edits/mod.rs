//! What was changed here and there since a pull: three lists compared path by path, and what a push back makes
//! of it.
//!
//! ```text
//! base   what pulls brought: the catalogue ─┐
//! here   what the mirror has                ├─▶ Edits ─▶ State of each path ─▶ Plan of a push
//! there  what the origin has               ─┘
//! ```
//!
//! Nothing here reads a disk or a wire but [`Mirror`], which settles what lists cannot tell. Changed only here
//! is sent, changed only there is kept, changed on both sides is a conflict unless both came to the same. What is
//! made in a directory that the other side removed, or made something else of, is one as well, and such a
//! directory waits until it is settled.

mod compare;
mod mirror;
mod plan;
mod state;
mod tree;

#[cfg(test)]
mod tests;

pub use compare::{Sense, same};
pub use mirror::Mirror;
pub use plan::{Plan, Settlement, top_most};
pub use state::{Change, State};
pub use tree::Edits;
