//! What is known of a point besides its tree.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::stage::error::{Doing, Error};
use crate::stage::home::{Home, replace};

const RECORDS: &[u8] = b"records";
const DRAFT: &[u8] = b".draft";
/// A record is a line; more is none of ours.
const LONGEST: u64 = 64 * 1024;

/// The record of a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Version of this format.
    format: u32,
    /// The source could be read whole.
    pub complete: bool,
}

impl Record {
    pub fn new(complete: bool) -> Record {
        Record {
            format: 1,
            complete,
        }
    }

    /// Writes it, durably: a point has its record before it has its name.
    pub fn write(&self, home: &Home, stamp: Stamp, no_fsync: bool) -> Result<(), Error> {
        let records = home.sub_or_make(RECORDS)?;
        let text = serde_json::to_string(self).unwrap_or_default() + "\n";
        let name = stamp.name();
        let names = (DRAFT, &name[..]);
        let written = replace(&records, names, text.as_bytes(), no_fsync, "points.record");
        written.doing("write the record of a time point in", &home.path)
    }

    /// Reads it; none where there is none that can be read.
    pub fn read(home: &Home, stamp: Stamp) -> Result<Option<Record>, Error> {
        let Some(records) = home.sub(RECORDS)? else {
            return Ok(None);
        };
        let Ok(file) = records.open_file(&stamp.name()) else {
            return Ok(None);
        };
        let mut text = String::new();
        let read = file.take(LONGEST).read_to_string(&mut text);
        Ok(read.ok().and_then(|_| serde_json::from_str(&text).ok()))
    }

    /// Removes it.
    pub fn drop(home: &Home, stamp: Stamp) -> Result<(), Error> {
        let Some(records) = home.sub(RECORDS)? else {
            return Ok(());
        };
        let dropped = records.remove_all(&stamp.name());
        dropped.doing("remove a record in", &home.path)
    }

    /// The points that have one.
    pub fn all(home: &Home) -> Result<Vec<Stamp>, Error> {
        let Some(records) = home.sub(RECORDS)? else {
            return Ok(Vec::new());
        };
        let listed = records.list().doing("list the records in", &home.path)?;
        Ok(listed
            .iter()
            .filter_map(|item| Stamp::of_name(item.name))
            .collect())
    }
}
