//! Rolling and strong checksums, block sizing, matching, patching: pure functions on bytes.
//!
//! Nothing here opens a file, prints, or decides what to do about an error. What is computed is what rsync
//! computes, so that the same code serves the wire (block sums, tokens, whole-file sums) and the local
//! `--no-whole-file`.
//!
//! | part | what it knows |
//! | --- | --- |
//! | `weak` | the rolling sum: [`weak_sum`], [`Rolling`] |
//! | `strong` | strong sums of blocks and of whole files: [`Strong`], [`Whole`], [`Digest`] |
//! | `block_sum` | the strong sum of a block in a session: [`BlockSum`] |
//! | `checksum` | sums of whole files, of every kind that rsync has: [`Checksum`] |
//! | `sizing` | how a basis is cut into blocks: [`Shape`], the four numbers of rsync's sum head |
//! | `signature` | the sums of all blocks of a basis: [`Signature`] |
//! | `table`, `search` | from a signature and a source to [`Token`]s: [`Matcher`] |
//! | `patch` | from a basis and tokens to the new file: [`Patch`] |
//! | `local` | two files at hand to the new file and its byte counts, on all cores: [`rebuild`] |
//! | `rdiff` | signatures, deltas and patches as files of their own |
//! | `at` | reading and writing at positions: [`ReadAt`], [`WriteAt`] |

mod at;
mod block_sum;
mod checksum;
mod local;
mod patch;
#[cfg(feature = "rdiff")]
pub mod rdiff;
mod search;
mod signature;
mod sizing;
mod strong;
mod table;
mod weak;

pub use at::{ReadAt, WriteAt, read_full};
pub use block_sum::BlockSum;
pub use checksum::{Checksum, Summing};
pub use local::{Known, LocalError, Output, Tuning, rebuild};
pub use patch::{Patch, PatchError};
pub use search::{Matcher, Origin, SearchError, Token, Tries};
pub use signature::Signature;
pub use sizing::{BlockLimit, Shape, ShapeError};
pub use strong::{Digest, MAX_DIGEST, Strong, Whole};
pub use weak::{Rolling, weak_sum};

#[cfg(test)]
mod tests;
