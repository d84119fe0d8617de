//! Sums are made.

use std::path::Path;

use super::file::{Reader, Writer};
use super::hash::{Batch, Item, Summed};
use super::visit::{Known, Visited, Visitor, visit};
use super::{drop_draft, half};
use crate::stage::error::Error;
use crate::stage::home::Home;
use crate::stage::points::manifest::Manifest;
use crate::stage::points::series::Series;
use crate::stage::points::stamp::Stamp;
use crate::sys::{Dir, Kind};

/// How the sums of a point came to be.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Files that were read.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Files that have their sum from the point before.
    pub inherited: u64,
    /// What could not be read, and has none.
    pub failed: Vec<Error>,
}

impl Series {
    /// Makes the sums of a point. What it shares with the point before has its sum from there; where that one knows
    /// none, it is read only if `reads_all`.
    pub(in crate::stage::points) fn make_sums(
        &self,
        stamp: Stamp,
        reads_all: bool,
        no_fsync: bool,
    ) -> Result<(), Error> {
        self.sum_up(stamp, reads_all, no_fsync).map(|_| ())
    }

    /// The same, which tells how.
    pub(super) fn sum_up(
        &self,
        stamp: Stamp,
        reads_all: bool,
        no_fsync: bool,
    ) -> Result<Made, Error> {
        let made = self.sum_all(stamp, reads_all, no_fsync);
        if made.is_err() {
            // What is left of it does no harm.
            let _ = drop_draft(self.home()?);
        }
        made
    }

    fn sum_all(&self, stamp: Stamp, reads_all: bool, no_fsync: bool) -> Result<Made, Error> {
        let home = self.home()?;
        let all = self.stamps()?;
        let at = all.iter().position(|other| *other == stamp).unwrap_or(0);
        let before = match self.before(stamp)? {
            Some(before) => Some(Before {
                tree: self.tree(before)?,
                sums: whole_sums(home, before),
            }),
            None => None,
        };
        let deltas = Manifest::read(self.home.as_ref(), stamp)?;
        let mut maker = Maker {
            series: self,
            all: &all,
            at,
            before,
            reads_all,
            batch: Batch::new(),
            summed: Summed::default(),
            writer: Writer::begin(home)?,
            made: Made::default(),
        };
        visit(self.tree(stamp)?, &self.path_of(stamp), &deltas, &mut maker)?;
        maker.flush()?;
        maker.writer.finish(stamp, no_fsync)?;
        Ok(maker.made)
    }
}

/// The sums of a point, from their beginning; what is torn is as good as none. Damage may show at their end only, and
/// nothing is taken over from before it.
fn whole_sums(home: &Home, stamp: Stamp) -> Option<Reader> {
    Reader::open(home, stamp).ok()??.unknown().ok()?;
    Reader::open(home, stamp).ok()?
}

/// The point before.
struct Before {
    tree: Dir,
    sums: Option<Reader>,
}

struct Maker<'s> {
    series: &'s Series,
    all: &'s [Stamp],
    at: usize,
    before: Option<Before>,
    reads_all: bool,
    batch: Batch<()>,
    summed: Summed,
    writer: Writer<'s>,
    made: Made,
}

impl Maker<'_> {
    /// The files that are to be read: those that the point before does not share, or of which it knows nothing that
    /// holds.
    fn unread(&mut self, visited: &Visited) -> Vec<usize> {
        let before = self.before.as_ref();
        let has_sums = before.is_some_and(|before| before.sums.is_some());
        let tree = before.and_then(|before| before.tree.open_beneath(&visited.path).ok());
        let mut jobs = Vec::new();
        for (number, seen) in visited.entries.iter().enumerate() {
            if seen.entry.kind != Kind::File {
                continue;
            }
            let Some(stat) = seen.stat else {
                self.made.inherited += 1;
                continue;
            };
            let is_shared = || {
                let tree = tree.as_ref().filter(|_| stat.nlink > 1);
                let there = tree.and_then(|tree| tree.try_stat(seen.name()).ok().flatten());
                there.is_some_and(|there| there.same_object(&stat))
            };
            if has_sums || self.reads_all || !is_shared() {
                jobs.push(number);
            }
        }
        jobs
    }

    fn flush(&mut self) -> Result<(), Error> {
        for (item, sums) in self
            .batch
            .sum(self.series, self.all, self.at, &self.summed)?
        {
            let Some(visited) = item.visited else {
                continue;
            };
            let mut entries: Vec<_> = visited.entries.into_iter().map(|seen| seen.entry).collect();
            for (job, sum) in item.jobs.into_iter().zip(sums) {
                match sum {
                    Ok(sum) => {
                        entries[job].sum = Some(half(&sum));
                        self.made.files += 1;
                        self.made.bytes += entries[job].size;
                    }
                    Err(e) => self.made.failed.push(e),
                }
            }
            self.writer.put(&item.path, &entries)?;
        }
        Ok(())
    }
}

impl Visitor for Maker<'_> {
    /// What the point before shares is what it was when that was made.
    fn known(&mut self, path: &Path, dir: &Dir) -> Result<Option<Known>, Error> {
        let Some(before) = &mut self.before else {
            return Ok(None);
        };
        let Some(sums) = &mut before.sums else {
            return Ok(None);
        };
        let entries = match sums.to(path, drop) {
            Ok(Some(entries)) => entries,
            Ok(None) => return Ok(None),
            Err(Error::Damaged { .. }) => {
                before.sums = None;
                return Ok(None);
            }
            Err(e) => return Err(e),
        };
        let names = || {
            let other = before.tree.open_beneath(path).ok()?;
            let devices = (other.stat_self().ok()?.dev, dir.stat_self().ok()?.dev);
            let mut names = other.list().ok()?;
            names.sort();
            (devices.0 == devices.1).then_some(names)
        };
        Ok(names().map(|names| Known { names, entries }))
    }

    fn directory(&mut self, visited: Visited) -> Result<(), Error> {
        let jobs = self.unread(&visited);
        let is_due = self.batch.add(Item {
            path: visited.path.clone(),
            visited: Some(visited),
            jobs,
            more: (),
        });
        match is_due {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Without a list of its own it is known to be unknown.
    fn closed(&mut self, _path: &Path, error: Error) -> Result<(), Error> {
        self.made.failed.push(error);
        Ok(())
    }
}
