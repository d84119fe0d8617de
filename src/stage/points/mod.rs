//! Time points: every run makes a whole tree of its own beside the earlier ones, which shares what did not
//! change with the one before by hard links.
//!
//! ```text
//! dest/2026-11-22T03-00-00Z/              a time point, named by its second in UTC
//! dest/latest                             a symbolic link to the newest
//! dest/.time-points.resilver/             the directory is one of time points
//!     signature, CACHEDIR.TAG             as in any state
//!     records/2026-11-22T03-00-00Z        what a point's tree does not tell: whether its source could be read whole
//!     deltas/2026-11-22T03-00-00Z         which of its files are there as deltas
//!     sums/2026-11-22T03-00-00Z           what it was when it was made, with sums of its files
//!     tmp/                                files on their way into points
//! dest/.2026-11-22T03-00-00Z.resilver/    state of the run that makes this point, while it is under way
//! dest/.2026-11-22T03-00-00Z.deleted/     a point that is being deleted
//! ```
//!
//! A large file that changed is there as a delta in the points before: `image.rdiff` in the place of `image`,
//! against what the next point has, which may be a delta itself. The newest point is whole. Where both names are
//! there, an interrupted run left the delta, which is nothing.
//!
//! A point is a destination that is still to be made, with the points before it as alternate trees: all that
//! is said of the switch by swap holds. What an interrupted run finds and does:
//!
//! | cut after | there is | the next run |
//! | --- | --- | --- |
//! | staging | the state of a point that is not there | gives the state its own point's name and takes up what was staged |
//! | the record | the same, and a record without a point | the same; the record goes |
//! | the switch | the state of a point that is there | ends the switch, lets `latest` name it, drops the state |
//! | `latest` | the same | drops the state; the point has no sums |
//! | a point got its hidden name | that | removes it |

mod coding;
mod compare;
mod delete;
mod find;
mod manifest;
mod new;
mod record;
mod retention;
mod reverse;
mod series;
mod size;
mod stamp;
mod sums;
mod whole;

pub use compare::{Changed, Difference, compare};
pub use delete::delete;
pub use find::{Found, find};
pub use new::{Finished, NewPoint, Wanted};
pub use retention::Retention;
pub use series::{Point, Series, refuse_other, series_of};
pub use size::{Sized, sizes};
pub use stamp::Stamp;
pub use sums::verify;
pub use whole::WholeTree;
