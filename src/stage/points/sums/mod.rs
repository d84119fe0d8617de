//! What a point was when it was made, down to the content of its files: by this a point is told that was tampered
//! with, or that a disk forgot.
//!
//! `sums/2026-11-22T03-00-00Z` in the state of the directory lists all of a point: names, types, permissions,
//! owners, times, targets, and of each file the first half of the SHA-256 of its content. It is made right after the
//! point, when what is new in it is still in memory: a file that is shared with the point before has its sum from
//! there and is not read. It stands alone, so that it goes with its point and no other changes.
//!
//! Numbers and byte strings are written as in the catalogue. An entry is its name, number of its kind, permissions,
//! owner, group, seconds and nanoseconds; of a file its size and its sum, an empty one where it is not known; the
//! target of a link, the numbers of a device.
//!
//! A file whose sum is not known, since it was made before there were sums or could not be read, is summed
//! when its point is verified.

mod check;
mod coding;
mod compare;
mod file;
mod hash;
mod make;
mod visit;

pub use check::verify;

use super::series::Series;
use super::stamp::Stamp;
use crate::stage::error::{Doing, Error};
use crate::stage::home::Home;

const SUMS: &[u8] = b"sums";
const DRAFT: &[u8] = b".draft";

/// The first half of the SHA-256 of a file: as good against chance and malice, and half as long.
type Half = [u8; 16];

fn half(sum: &super::manifest::Sum) -> Half {
    let mut half = Half::default();
    half.iter_mut().zip(sum).for_each(|(to, from)| *to = *from);
    half
}

/// Removes those of a point.
pub(super) fn drop(home: &Home, stamp: Stamp) -> Result<(), Error> {
    match home.sub(SUMS)? {
        Some(sums) => {
            let dropped = sums.remove_all(&stamp.name());
            dropped.doing("remove sums in", &home.path)
        }
        None => Ok(()),
    }
}

/// Removes what was not written to its end.
fn drop_draft(home: &Home) -> Result<(), Error> {
    match home.sub(SUMS)? {
        Some(sums) => {
            let gone = sums.remove_all(DRAFT);
            gone.doing("remove sums in", &home.path)
        }
        None => Ok(()),
    }
}

impl Series {
    /// Points that have sums and are not there, although nobody deleted them by way of resilver.
    fn vanished(&self) -> Result<Vec<Stamp>, Error> {
        let Some(home) = &self.home else {
            return Ok(Vec::new());
        };
        let Some(sums) = home.sub(SUMS)? else {
            return Ok(Vec::new());
        };
        let listed = sums.list().doing("list the sums in", &home.path)?;
        let (there, leftovers) = (self.stamps()?, self.leftovers()?);
        let is_known = |stamp: &Stamp| {
            there.contains(stamp) || leftovers.iter().any(|(other, _)| other == stamp)
        };
        let summed = listed.iter().filter_map(|item| Stamp::of_name(item.name));
        Ok(summed.filter(|stamp| !is_known(stamp)).collect())
    }

    /// The point before this one, if there is one.
    fn before(&self, stamp: Stamp) -> Result<Option<Stamp>, Error> {
        let stamps = self.stamps()?;
        Ok(stamps.iter().rfind(|other| **other < stamp).copied())
    }
}
