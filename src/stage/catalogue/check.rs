//! A destination is compared with its catalogue: a file that changed although its time did not is corrupt.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::look::{Live, Looked, STEP};
use super::{Catalogue, Record, parts};
use crate::stage::error::{Doing, Error};
use crate::stage::finding::{Finding, Told, Verified, Wrong};
use crate::stage::reading::interrupted;
use crate::sys::{self, Dir, Kind, signal};

/// Entries that are looked at together.
const MOST: usize = 1024;
/// Sums that are kept before they are recorded.
const MOST_LEARNT: usize = 1 << 16;

/// What of a record the destination has, by the options of the pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Permissions.
    pub perms: bool,
    /// Times of files; without them content that differs may have been changed by anybody.
    pub times: bool,
    /// Seconds that times may differ by.
    pub window: u64,
    /// Targets of links as they were told.
    pub targets: bool,
    /// Types, but of files and directories.
    pub types: bool,
    /// Links to directories may stand for these.
    pub linked_dirs: bool,
}

impl Default for Kept {
    /// Content and times, which most pulls keep.
    fn default() -> Kept {
        Kept {
            perms: false,
            times: true,
            window: 0,
            targets: false,
            types: false,
            linked_dirs: true,
        }
    }
}

/// Compares all that the catalogue lists with what is there, and records the sums of files of which it knows none.
/// What it does not list is not looked at. What somebody changed is told as changed.
///
/// # Errors
/// [`Error::Io`], also where somebody asked to stop.
pub fn verify(
    catalogue: &Catalogue,
    kept: &Kept,
    tell: &mut dyn FnMut(Told),
) -> Result<Verified, Error> {
    let dest = &catalogue.dest;
    let dir = Dir::open(dest).doing("open the directory", dest)?;
    let root = dir.stat_self().doing("look at", dest)?;
    let mut checker = Checker {
        catalogue,
        live: Live { dest, dir, kept },
        batch: Vec::new(),
        learnt: BTreeMap::new(),
        verified: Verified::default(),
        tell,
    };
    catalogue.for_each(&mut |path, record| checker.add(path, record))?;
    checker.flush()?;
    checker.record()?;
    let verified = checker.verified;
    let now = sys::stat_path(dest, true).doing("look at", dest)?;
    if !now.same_object(&root) {
        tell(Told::Failed(Error::Series {
            path: dest.clone(),
            why: "was switched meanwhile: what was said is about the tree before, verify it again"
                .to_owned(),
        }));
    }
    Ok(verified)
}

struct Checker<'c> {
    catalogue: &'c Catalogue,
    live: Live<'c>,
    batch: Vec<(PathBuf, Record)>,
    /// Records with sums that were not known.
    learnt: BTreeMap<PathBuf, Record>,
    verified: Verified,
    tell: &'c mut dyn FnMut(Told),
}

impl Checker<'_> {
    fn add(&mut self, path: &Path, record: Record) -> Result<(), Error> {
        self.batch.push((path.to_owned(), record));
        match self.batch.len() >= MOST {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let batch = std::mem::take(&mut self.batch);
        let live = &self.live;
        // One directory after the other, each opened once.
        let same_dir =
            |a: &(PathBuf, Record), b: &(PathBuf, Record)| parts(&a.0).0 == parts(&b.0).0;
        let dirs: Vec<_> = batch
            .chunk_by(same_dir)
            .map(|entries| (live.open(parts(&entries[0].0).0), entries))
            .collect();
        let jobs: Vec<_> = dirs
            .iter()
            .flat_map(|(dir, entries)| entries.iter().map(move |entry| (dir, entry)))
            .collect();
        let looked: Vec<_> = jobs
            .par_iter()
            .with_max_len(1)
            .map_init(
                || vec![0; STEP],
                |buffer, (dir, (path, record))| live.look(dir.as_ref(), path, record, buffer),
            )
            .collect();
        drop(dirs);
        if signal::stop_requested() {
            return Err(interrupted()).doing("verify", &self.catalogue.dest);
        }
        for ((path, record), looked) in batch.into_iter().zip(looked) {
            match looked {
                Ok(looked) => self.compare(path, record, &looked),
                Err(e) => (self.tell)(Told::Failed(e)),
            }
        }
        match self.learnt.len() >= MOST_LEARNT {
            true => self.record(),
            false => Ok(()),
        }
    }

    fn compare(&mut self, path: PathBuf, mut record: Record, looked: &Looked) {
        let kept = self.live.kept;
        let Some(stat) = &looked.stat else {
            return self.find(path, &record, Wrong::Missing);
        };
        let is_plain = matches!(record.kind, Kind::File | Kind::Dir);
        if !is_plain && !kept.types {
            return;
        }
        if record.kind != stat.kind {
            let stands_for = record.kind == Kind::Dir && stat.kind == Kind::Symlink;
            if !(stands_for && kept.linked_dirs) {
                self.find(path, &record, Wrong::Type(stat.kind));
            }
            return;
        }
        let is_file = record.kind == Kind::File;
        let is_late = is_file && kept.times && !self.live.is_on_time(&record, stat);
        let is_other_target =
            kept.targets && record.target.is_some() && record.target != looked.target;
        let is_other_sum = record.sum.is_some() && looked.sum.is_some() && record.sum != looked.sum;
        let is_other_size = is_file && record.size != stat.size;
        let has_perms = kept.perms && record.kind != Kind::Symlink;
        let differs: Vec<&'static str> = [
            (is_other_size || is_other_sum, "content"),
            (is_other_target, "target"),
            (
                record.kind.is_device() && record.rdev != stat.rdev,
                "device",
            ),
            (is_other_size, "size"),
            (is_late, "time"),
            (
                has_perms && (record.mode ^ stat.mode) & 0o777 != 0,
                "permissions",
            ),
        ]
        .into_iter()
        .filter_map(|(is, word)| is.then_some(word))
        .collect();
        if let Some(sum) = looked.sum {
            self.verified.files += 1;
            self.verified.bytes += stat.size;
            if record.sum.is_none() {
                record.sum = Some(sum);
                self.learnt.insert(path.clone(), record.clone());
            }
        }
        let is_silent = is_file && kept.times && !is_late;
        match differs.first() {
            None => {}
            Some(&"content") if is_silent => {
                let is_resized = is_other_size;
                self.find(path, &record, Wrong::Corrupt { is_resized });
            }
            Some(&("content" | "target" | "device")) => {
                self.find(path, &record, Wrong::Changed(differs));
            }
            // Nobody knows what it was.
            Some(&"time") if record.sum.is_none() => {
                self.find(path, &record, Wrong::Changed(differs));
            }
            Some(_) => self.find(path, &record, Wrong::Attributes(differs)),
        }
    }

    fn find(&mut self, path: PathBuf, record: &Record, wrong: Wrong) {
        let path = match path.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => path,
        };
        let kind = record.kind;
        (self.tell)(Told::Finding(Finding { path, kind, wrong }));
    }

    /// Records what was learnt; that it cannot be is told.
    fn record(&mut self) -> Result<(), Error> {
        let learnt = std::mem::take(&mut self.learnt);
        if learnt.is_empty() {
            return Ok(());
        }
        match self.catalogue.learn(&learnt) {
            Ok(()) => self.verified.recorded += learnt.len() as u64,
            Err(e) => (self.tell)(Told::Failed(e)),
        }
        Ok(())
    }
}
