//! Files are read and summed, several at a time, for some directories together.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use super::visit::{Object, Visited};
use crate::stage::error::{Doing, Error};
use crate::stage::points::manifest::Sum;
use crate::stage::points::series::Series;
use crate::stage::points::stamp::Stamp;
use crate::stage::points::whole::{STEP, sum_with};
use crate::stage::reading::{UntilStopped, interrupted};
use crate::sys::{Dir, Stat, as_path, lock, signal};

/// Directories, and entries, that are waited for before their files are read.
const MOST_DIRS: usize = 128;
const MOST_ENTRIES: usize = 8192;
/// Sums that are kept for when the file is met again.
const MOST_KNOWN: usize = 1 << 16;

/// What is wanted of a directory.
pub(super) struct Item<T> {
    /// Its path below the point.
    pub path: PathBuf,
    /// None of one that is not there.
    pub visited: Option<Visited>,
    /// Which of its entries are to be summed.
    pub jobs: Vec<usize>,
    /// What goes with it.
    pub more: T,
}

/// Directories whose files are to be summed.
pub(super) struct Batch<T> {
    items: Vec<Item<T>>,
    entries: usize,
}

/// Sums of files that are met under other names, or in other points.
#[derive(Default)]
pub(super) struct Summed {
    names: Known,
    /// What deltas give: that of an old point takes those of all later ones.
    deltas: Known,
}

/// Sums of some files, which take no more room than they may.
#[derive(Default)]
struct Known(Mutex<HashMap<Object, Sum>>);

impl Known {
    fn of(&self, object: Object) -> Option<Sum> {
        lock(&self.0).get(&object).copied()
    }

    fn insert(&self, object: Object, sum: Sum) {
        let mut known = lock(&self.0);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(object, sum);
    }
}

/// What the files of an item gave, by the order of its jobs.
pub(super) type Sums = Vec<Result<Sum, Error>>;

impl<T: Send + Sync> Batch<T> {
    /// An empty one.
    pub fn new() -> Batch<T> {
        Batch {
            items: Vec::new(),
            entries: 0,
        }
    }

    /// One more; says whether it is time to sum them.
    pub fn add(&mut self, item: Item<T>) -> bool {
        self.entries += item.visited.as_ref().map_or(0, |v| v.entries.len());
        self.items.push(item);
        self.items.len() >= MOST_DIRS || self.entries >= MOST_ENTRIES
    }

    /// Sums all of it up, for the point number `at` of `all`, and leaves it empty.
    ///
    /// # Errors
    /// [`Error::Io`] where somebody asked to stop.
    pub fn sum(
        &mut self,
        series: &Series,
        all: &[Stamp],
        at: usize,
        summed: &Summed,
    ) -> Result<Vec<(Item<T>, Sums)>, Error> {
        let items = std::mem::take(&mut self.items);
        self.entries = 0;
        let jobs: Vec<(&Visited, usize)> = items
            .iter()
            .filter_map(|item| Some((item.visited.as_ref()?, &item.jobs)))
            .flat_map(|(visited, jobs)| jobs.iter().map(move |job| (visited, *job)))
            .collect();
        let buffer = || vec![0; STEP];
        let one = |buffer: &mut Vec<u8>, (visited, job): &(&Visited, usize)| {
            one(series, all, at, (visited, *job), summed, buffer)
        };
        let jobs = jobs.par_iter().with_max_len(1);
        let mut sums = jobs.map_init(buffer, one).collect::<Vec<_>>();
        if signal::stop_requested() {
            return Err(interrupted()).doing("sum up", series.path_of(all[at]));
        }
        let mut sums = sums.drain(..);
        let with_sums = |item: Item<T>| {
            let own = sums.by_ref().take(item.jobs.len()).collect();
            (item, own)
        };
        Ok(items.into_iter().map(with_sums).collect())
    }
}

fn one(
    series: &Series,
    all: &[Stamp],
    at: usize,
    (visited, job): (&Visited, usize),
    summed: &Summed,
    buffer: &mut [u8],
) -> Result<Sum, Error> {
    let seen = &visited.entries[job];
    let path = visited.path.join(as_path(&seen.entry.name));
    let told = || series.path_of(all[at]).join(&path);
    let object = seen.object();
    if seen.delta.is_some() {
        if let Some(sum) = summed.deltas.of(object) {
            return Ok(sum);
        }
        let mut tell = |delta: &Stat, sum| summed.deltas.insert((delta.dev, delta.ino), sum);
        return series.sum_of_delta(all, at, &path, &mut tell);
    }
    let has_others = seen.stat.is_some_and(|stat| stat.nlink > 1);
    if has_others && let Some(sum) = summed.names.of(object) {
        return Ok(sum);
    }
    let sum = read(&visited.dir, &seen.entry.name, buffer).doing("read", told())?;
    if has_others {
        summed.names.insert(object, sum);
    }
    Ok(sum)
}

fn read(dir: &Dir, name: &[u8], buffer: &mut [u8]) -> io::Result<Sum> {
    sum_with(UntilStopped(dir.open_file(name)?), buffer)
}

/// Whether a path is one of these or lies below one.
pub(super) fn is_below(path: &Path, tops: &[PathBuf]) -> bool {
    tops.iter().any(|top| path.starts_with(top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let known = Known::default();
        let sums = 0..=MOST_KNOWN as u64;
        sums.for_each(|number| known.insert(((0, 0), number), Sum::default()));
        assert_eq!(lock(&known.0).len(), 1);
        assert!(known.of(((0, 0), MOST_KNOWN as u64)).is_some());
    }
}
