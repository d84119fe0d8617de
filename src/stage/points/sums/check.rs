//! Points are compared with what they were.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::coding::Entry;
use super::compare::wrong;
use super::file::{Block, Reader, Writer};
use super::hash::{Batch, Item, Summed, is_below};
use super::visit::{Known, Object, Seen, Visited, Visitor, visit};
use super::{drop_draft, half};
use crate::stage::error::Error;
use crate::stage::finding::{Finding, Told, Verified, Wrong};
use crate::stage::lock::Locks;
use crate::stage::points::manifest::{Manifest, Sum};
use crate::stage::points::series::Series;
use crate::stage::points::stamp::Stamp;
use crate::stage::policy::Policy;
use crate::stage::site::Site;
use crate::sys::{Dir, Kind, as_path};

/// How often a point is looked at anew when a run made deltas of its files meanwhile.
const TRIES: usize = 3;

/// Compares a point, or all of them, with the sums that were made with them; makes those that are missing. Paths
/// are below the directory of points. A file that points share is read once.
///
/// # Errors
/// [`Error::Io`], also where somebody asked to stop. That sums cannot be made, since a run is under way, is told.
pub fn verify(
    series: &Series,
    which: Option<Stamp>,
    tell: &mut dyn FnMut(Told),
) -> Result<Verified, Error> {
    let mut verified = Verified::default();
    let mut so_far = SoFar::default();
    if which.is_none() {
        for stamp in series.vanished()? {
            tell(Told::Finding(Finding {
                path: stamp.to_string().into(),
                kind: Kind::Dir,
                wrong: Wrong::Missing,
            }));
        }
    }
    let mut before = None;
    for stamp in series.stamps()? {
        if which.is_some_and(|which| which != stamp) {
            continue;
        }
        match series.verify_point(stamp, before, &mut so_far, tell) {
            Ok(more) => verified.add(more),
            // It was deleted meanwhile.
            Err(_) if !series.has(&stamp.name())? => continue,
            // Its sums are of no use, or not there and cannot be made now.
            Err(e @ (Error::Damaged { .. } | Error::Busy { .. })) => {
                tell(Told::Failed(e));
                before = None;
                continue;
            }
            Err(e) => return Err(e),
        }
        before = Some(stamp);
    }
    Ok(verified)
}

impl Series {
    /// `before` is the point that was verified before this one.
    fn verify_point(
        &self,
        stamp: Stamp,
        before: Option<Stamp>,
        so_far: &mut SoFar,
        tell: &mut dyn FnMut(Told),
    ) -> Result<Verified, Error> {
        let home = self.home()?;
        let unknown = Reader::open(home, stamp)?
            .map(Reader::unknown)
            .transpose()?;
        let mut locks = None;
        if unknown != Some(0) {
            let mut site = Site::resolve(self.path(), None)?;
            locks = Some(Locks::take(&mut site, &Policy::default())?);
        }
        let mut recorded = Verified::default();
        if unknown.is_none() {
            let mut made = self.sum_up(stamp, true, false)?;
            made.failed.drain(..).map(Told::Failed).for_each(&mut *tell);
            recorded = Verified {
                files: made.files,
                bytes: made.bytes,
                recorded: made.files + made.inherited,
            };
            // What was inherited is as good as it was found to be in the point before.
            if made.inherited == 0
                || before.is_some_and(|b| self.before(stamp).is_ok_and(|a| a == Some(b)))
            {
                return Ok(recorded);
            }
        }
        for attempt in 1.. {
            let deltas = Manifest::read(self.home.as_ref(), stamp)?;
            let writes = locks.is_some();
            let (verified, told) = self.look(stamp, before, &deltas, so_far, writes)?;
            let is_at_rest =
                || Manifest::read(self.home.as_ref(), stamp).is_ok_and(|now| now == deltas);
            if !self.has(&stamp.name())? {
                return Ok(Verified::default());
            }
            if told.is_empty() || attempt == TRIES || is_at_rest() {
                told.into_iter().for_each(&mut *tell);
                let files = verified.files.saturating_sub(recorded.files);
                let bytes = verified.bytes.saturating_sub(recorded.bytes);
                recorded.add(Verified {
                    files,
                    bytes,
                    ..verified
                });
                return Ok(recorded);
            }
        }
        Ok(recorded)
    }

    fn look(
        &self,
        stamp: Stamp,
        before: Option<Stamp>,
        deltas: &Manifest,
        so_far: &mut SoFar,
        writes: bool,
    ) -> Result<(Verified, Vec<Told>), Error> {
        let home = self.home()?;
        let all = self.stamps()?;
        let at = all.iter().position(|other| *other == stamp).unwrap_or(0);
        let sums = Reader::open(home, stamp)?.ok_or_else(|| Error::Damaged {
            path: self.path_of(stamp),
            what: "its sums went meanwhile".to_owned(),
        })?;
        let before = before.and_then(|before| {
            Some(Before {
                tree: self.tree(before).ok()?,
                sums: Reader::open(home, before).ok().flatten()?,
            })
        });
        let mut checker = Checker {
            series: self,
            all: &all,
            at,
            root: stamp.to_string().into(),
            deltas,
            sums,
            before,
            batch: Batch::new(),
            writer: writes.then(|| Writer::begin(home)).transpose()?,
            closed: Vec::new(),
            strange: Vec::new(),
            so_far,
            verified: Verified::default(),
            told: Vec::new(),
        };
        let path = self.path_of(stamp);
        visit(self.tree(stamp)?, &path, deltas, &mut checker)?;
        checker.pass_to_end()?;
        checker.flush()?;
        match checker.writer.take() {
            Some(writer) if checker.verified.recorded > 0 => writer.finish(stamp, false)?,
            Some(writer) => {
                drop(writer);
                drop_draft(home)?;
            }
            None => {}
        }
        Ok((checker.verified, checker.told))
    }
}

/// The point that was verified before: what this one shares with it need not be read again.
struct Before {
    tree: Dir,
    sums: Reader,
}

/// What is known from points that were looked at.
#[derive(Default)]
struct SoFar {
    /// Files that are not what they were.
    bad: HashSet<Object>,
    summed: Summed,
}

/// What was recorded of a directory, if it was.
type Recorded = Option<Vec<Entry>>;

struct Checker<'s> {
    series: &'s Series,
    all: &'s [Stamp],
    at: usize,
    /// The point's own name, in front of all paths.
    root: PathBuf,
    deltas: &'s Manifest,
    sums: Reader,
    before: Option<Before>,
    batch: Batch<Recorded>,
    /// Where sums are to be recorded.
    writer: Option<Writer<'s>>,
    /// Directories that could not be looked into.
    closed: Vec<PathBuf>,
    /// Directories that were not there.
    strange: Vec<PathBuf>,
    so_far: &'s mut SoFar,
    verified: Verified,
    told: Vec<Told>,
}

impl Visitor for Checker<'_> {
    /// Everything is looked at.
    fn known(&mut self, _path: &Path, _dir: &Dir) -> Result<Option<Known>, Error> {
        Ok(None)
    }

    fn directory(&mut self, visited: Visited) -> Result<(), Error> {
        let mut recorded = self.recorded(&visited.path)?;
        if recorded.is_none() && !is_below(&visited.path, &self.strange) {
            // Nobody could look into it.
            let entries = visited.entries.iter().map(|seen| seen.entry.clone());
            recorded = Some(entries.collect());
        }
        self.note_strange(&visited, recorded.as_deref());
        let jobs = match &recorded {
            Some(recorded) => self.unread(&visited, recorded)?,
            None => Vec::new(),
        };
        self.add(Item {
            path: visited.path.clone(),
            visited: Some(visited),
            jobs,
            more: recorded,
        })
    }

    fn closed(&mut self, path: &Path, error: Error) -> Result<(), Error> {
        self.closed.push(path.to_owned());
        self.told.push(Told::Failed(error));
        Ok(())
    }
}

impl Checker<'_> {
    /// What was recorded of a directory; directories before it that are not there are noted.
    fn recorded(&mut self, path: &Path) -> Result<Recorded, Error> {
        let mut passed = Vec::new();
        let recorded = self.sums.to(path, |block| passed.push(block))?;
        self.pass(passed)?;
        Ok(recorded)
    }

    /// Notes directories of which nothing is known, since they came later.
    fn note_strange(&mut self, visited: &Visited, recorded: Option<&[Entry]>) {
        for seen in &visited.entries {
            let entry = &seen.entry;
            let was = recorded.and_then(|recorded| find(recorded, &entry.name));
            if entry.kind == Kind::Dir && was.is_none_or(|was| was.kind != Kind::Dir) {
                self.strange.push(visited.path.join(as_path(&entry.name)));
            }
        }
    }

    fn pass_to_end(&mut self) -> Result<(), Error> {
        while let Some(block) = self.sums.next()? {
            self.pass(vec![block])?;
        }
        Ok(())
    }

    fn pass(&mut self, passed: Vec<Block>) -> Result<(), Error> {
        for (path, recorded) in passed {
            self.add(Item {
                path,
                visited: None,
                jobs: Vec::new(),
                more: Some(recorded),
            })?;
        }
        Ok(())
    }

    fn add(&mut self, item: Item<Recorded>) -> Result<(), Error> {
        match self.batch.add(item) {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// The files of a directory that have to be read.
    fn unread(&mut self, visited: &Visited, recorded: &[Entry]) -> Result<Vec<usize>, Error> {
        let mut verified = None;
        if let Some(before) = &mut self.before {
            let known = before.sums.to(&visited.path, drop)?;
            let tree = before.tree.open_beneath(&visited.path).ok();
            verified = tree.zip(known);
        }
        let mut jobs = Vec::new();
        for (number, seen) in visited.entries.iter().enumerate() {
            let is_file =
                |entry: &&Entry| entry.kind == Kind::File && seen.entry.kind == Kind::File;
            let Some(was) = find(recorded, &seen.entry.name).filter(is_file) else {
                continue;
            };
            let was_verified = verified.as_ref().is_some_and(|(tree, known)| {
                let before = find(known, &seen.entry.name);
                let is_known = was.sum.is_some() && before.is_some_and(|b| b.sum == was.sum);
                let there = || tree.try_stat(seen.name()).ok().flatten();
                is_known
                    && !self.so_far.bad.contains(&seen.object())
                    && there().is_some_and(|there| (there.dev, there.ino) == seen.object())
            });
            if was.size == seen.entry.size && !was_verified {
                jobs.push(number);
            }
        }
        Ok(jobs)
    }

    fn flush(&mut self) -> Result<(), Error> {
        for (item, sums) in self
            .batch
            .sum(self.series, self.all, self.at, &self.so_far.summed)?
        {
            let is_closed = item.visited.is_none() && is_below(&item.path, &self.closed);
            let mut recorded = item.more;
            if !is_closed {
                let jobs = item.jobs.into_iter().zip(sums).collect();
                self.compare(
                    &item.path,
                    recorded.as_deref_mut(),
                    item.visited.as_ref(),
                    jobs,
                );
            }
            if let (Some(writer), Some(recorded)) = (&mut self.writer, recorded) {
                writer.put(&item.path, &recorded)?;
            }
        }
        Ok(())
    }

    /// Compares a directory; sums that were not known are put in.
    fn compare(
        &mut self,
        path: &Path,
        recorded: Option<&mut [Entry]>,
        visited: Option<&Visited>,
        jobs: Vec<(usize, Result<Sum, Error>)>,
    ) {
        let mut jobs = jobs.into_iter().peekable();
        let recorded = recorded.unwrap_or_default();
        let none = Vec::new();
        let seen = visited.map_or(&none, |visited| &visited.entries);
        for (number, seen) in seen.iter().enumerate() {
            let sum = jobs.next_if(|(job, _)| *job == number).map(|(_, sum)| sum);
            let at = recorded.binary_search_by(|entry| entry.name.cmp(&seen.entry.name));
            match at {
                Ok(at) => self.entry(path, &mut recorded[at], seen, sum),
                Err(_) => self.tell(path, &seen.entry, Wrong::Extra),
            }
        }
        for entry in recorded {
            let at = seen.binary_search_by(|seen| seen.entry.name.cmp(&entry.name));
            if at.is_err() {
                self.tell(path, entry, Wrong::Missing);
            }
        }
    }

    fn entry(
        &mut self,
        path: &Path,
        was: &mut Entry,
        seen: &Seen,
        sum: Option<Result<Sum, Error>>,
    ) {
        let is = &seen.entry;
        let is_other = match sum {
            None => false,
            Some(Err(e)) => {
                self.so_far.bad.insert(seen.object());
                match e {
                    // What a delta gives is not what it was made of.
                    Error::Damaged { .. } => true,
                    e => {
                        self.told.push(Told::Failed(e));
                        false
                    }
                }
            }
            Some(Ok(sum)) => {
                self.verified.files += 1;
                self.verified.bytes += is.size;
                let at = path.join(as_path(&is.name));
                let of_delta = self.deltas.0.get(&at).filter(|_| seen.delta.is_some());
                let is_delta_other = of_delta.is_some_and(|whole| whole.sum != sum);
                let sum = half(&sum);
                // What somebody wrote since is not what it was.
                if was.sum.is_none() && was.mtime == is.mtime {
                    was.sum = Some(sum);
                    self.verified.recorded += 1;
                }
                was.sum.is_some_and(|was| was != sum) || is_delta_other
            }
        };
        if is_other {
            self.so_far.bad.insert(seen.object());
        }
        if let Some(wrong) = wrong(was, is, is_other) {
            self.tell(path, was, wrong);
        }
    }

    fn tell(&mut self, path: &Path, entry: &Entry, wrong: Wrong) {
        let path = self.root.join(path);
        let path = match entry.name.is_empty() {
            true => path.components().collect(),
            false => path.join(as_path(&entry.name)),
        };
        self.told.push(Told::Finding(Finding {
            path,
            kind: entry.kind,
            wrong,
        }));
    }
}

fn find<'e>(entries: &'e [Entry], name: &[u8]) -> Option<&'e Entry> {
    let at = entries.binary_search_by(|entry| (*entry.name).cmp(name));
    Some(&entries[at.ok()?])
}
