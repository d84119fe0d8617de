//! The point that a run makes, from the look around beforehand to what follows its switch.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::manifest::Manifest;
use super::record::Record;
use super::retention::Retention;
use super::series::{DELETED, Point, STATE, Series, WHOLE, hidden_name};
use super::stamp::Stamp;
use super::sums;
use crate::stage::error::{Doing, Error, Situation};
use crate::stage::hold::Hold;
use crate::stage::layout::kind_of;
use crate::stage::lock::Locks;
use crate::stage::policy::Policy;
use crate::stage::site::Site;
use crate::sys::{self, Dir, Kind, process};

/// What is wished for of time points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `--point-time`: the second to name the point by, in place of this one.
    pub at: Option<Stamp>,
    /// `--keep`: what goes after a good run.
    pub keep: Option<Retention>,
    /// The tree that it is made of is not complete.
    pub of_incomplete: bool,
    /// `--delta-threshold`: of files of so many bytes and more older versions become deltas; none makes no deltas.
    pub delta_threshold: Option<u64>,
}

/// `--delta-threshold` where it is not given.
const DELTA_THRESHOLD: u64 = 64 << 20;

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted {
            at: None,
            keep: None,
            of_incomplete: false,
            delta_threshold: Some(DELTA_THRESHOLD),
        }
    }
}

impl Wanted {
    /// What of it another machine is told, without any letter: the threshold of deltas, empty for none, and
    /// behind a comma the rules, if there are any.
    #[must_use]
    pub fn digits(&self) -> String {
        let threshold = self.delta_threshold.map(|size| size.to_string());
        let keep = self.keep.as_ref().map(|keep| format!(",{}", keep.digits()));
        threshold.unwrap_or_default() + &keep.unwrap_or_default()
    }

    /// Reads what [`Wanted::digits`] writes.
    #[must_use]
    pub fn of_digits(text: &str) -> Option<Wanted> {
        let (threshold, keep) = match text.split_once(',') {
            Some((threshold, keep)) => (threshold, Some(Retention::of_digits(keep)?)),
            None => (text, None),
        };
        let delta_threshold = match threshold {
            "" => None,
            size => Some(size.parse().ok()?),
        };
        Some(Wanted {
            keep,
            delta_threshold,
            ..Wanted::default()
        })
    }
}

/// A point that is being made. Other runs are kept from the directory of points as long as there is one.
#[derive(Debug)]
pub struct NewPoint {
    /// None where there is no directory of points yet, in a dry run.
    series: Option<Series>,
    stamp: Stamp,
    path: PathBuf,
    before: Vec<PathBuf>,
    wanted: Wanted,
    no_fsync: bool,
    _locks: Option<Locks>,
}

impl NewPoint {
    /// Looks around in a directory of points, which is made if it is missing (with all above it, if `mkpath`),
    /// puts right what interrupted runs left, and finds a name. A dry run changes nothing.
    ///
    /// # Errors
    /// [`Error::Series`] where the directory serves another purpose or has a point of this second,
    /// [`Error::Busy`], [`Error::Foreign`], [`Error::Io`].
    pub fn begin(
        dest: &Path,
        wanted: &Wanted,
        policy: &Policy,
        mkpath: bool,
        dry_run: bool,
    ) -> Result<NewPoint, Error> {
        let is_missing =
            matches!(std::fs::metadata(dest), Err(e) if e.kind() == io::ErrorKind::NotFound);
        let new = |series, stamp: Stamp, path, before, locks| NewPoint {
            series,
            stamp,
            path,
            before,
            wanted: wanted.clone(),
            no_fsync: policy.no_fsync,
            _locks: locks,
        };
        if is_missing && dry_run {
            let stamp = wanted.at.unwrap_or_else(Stamp::now);
            let path = dest.join(stamp.to_string());
            return Ok(new(None, stamp, path, Vec::new(), None));
        }
        if is_missing {
            let mut builder = DirBuilder::new();
            builder
                .mode(0o777 & !process::take_umask())
                .recursive(mkpath);
            builder.create(dest).doing("make the directory", dest)?;
        }
        let mut series = Series::at(dest)?;
        series.refuse_strangers()?;
        let mut locks = None;
        if !dry_run {
            locks = Some(Locks::take(
                &mut Site::resolve(&series.path, None)?,
                policy,
            )?);
            series.make_home()?;
            series.try_link()?;
            series.clear_deleted()?;
            series.clear_deltas(policy.no_fsync)?;
        }
        let stamp = series.free(wanted.at)?;
        series.refuse_between(stamp)?;
        if !dry_run {
            series.take_up(stamp, policy)?;
        }
        let before = series.bases(stamp)?;
        let path = series.path_of(stamp);
        Ok(new(Some(series), stamp, path, before, locks))
    }

    /// Where it will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of points, which a walk of the sources passes over.
    #[must_use]
    pub fn around(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Points that have what did not change since, the likeliest first.
    #[must_use]
    pub fn before(&self) -> &[PathBuf] {
        &self.before
    }

    /// Its name.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Whether other points may go after this one.
    #[must_use]
    pub fn is_kept_by_rules(&self) -> bool {
        self.wanted.keep.is_some()
    }

    /// Entries of the likeliest point before that this tree, which is to become the point, does not have; and
    /// how many that one has.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn lost(&self, tree: &Dir) -> Result<(u64, u64), Error> {
        let (Some(series), Some(before)) = (&self.series, self.before.first()) else {
            return Ok((0, 0));
        };
        let before = Dir::open(before).doing("open the directory", before)?;
        missing(series, &before, Some(tree), Path::new(""))
    }

    /// To be called right before the switch: writes down whether the source could be read whole.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn record(&self, complete: bool) -> Result<(), Error> {
        match &self.series {
            Some(series) => {
                let record = Record::new(complete && !self.wanted.of_incomplete);
                record.write(series.home()?, self.stamp, self.no_fsync)
            }
            None => Ok(()),
        }
    }

    /// To be called right after the switch: `latest` names it.
    ///
    /// # Errors
    /// [`Error::Io`]; the point is there.
    pub fn publish(&self) -> Result<(), Error> {
        let Some(series) = &self.series else {
            return Ok(());
        };
        // The clock may have been put back, but what is new is the latest. One of another time is not new.
        let newest = match self.wanted.at {
            Some(_) => series.stamps()?.last().copied(),
            None => Some(self.stamp),
        };
        series.name_latest(newest, self.no_fsync)
    }

    /// Which points go by `--keep` once this one is there, the oldest first.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn goes(&self, complete: bool) -> Result<Vec<Stamp>, Error> {
        let Some(keep) = self
            .wanted
            .keep
            .as_ref()
            .filter(|_| complete && !self.wanted.of_incomplete)
        else {
            return Ok(Vec::new());
        };
        let points = match &self.series {
            Some(series) => series.points()?,
            None => Vec::new(),
        };
        let others = points.iter().filter(|point| point.stamp != self.stamp);
        let mut all: Vec<_> = others.map(|p: &Point| (p.stamp, p.is_good())).collect();
        all.push((self.stamp, true));
        let mut goes = keep.goes(&all, &TimeZone::system());
        // Made a moment ago, it may be the oldest all the same.
        goes.retain(|stamp| *stamp != self.stamp);
        Ok(goes)
    }

    /// The last of a run whose switch was made: its state goes, and these points; it gets its sums, and large files
    /// of the point before become deltas.
    ///
    /// # Errors
    /// [`Error::Io`]; the point is there.
    pub fn finish(&self, goes: &[Stamp]) -> Result<Finished, Error> {
        let Some(series) = &self.series else {
            return Ok(Finished::default());
        };
        series.drop_state(self.stamp)?;
        // What did not change has its sums from a point that may go.
        let summed = series.make_sums(self.stamp, false, self.no_fsync);
        series.delete(goes, self.no_fsync)?;
        let whole = match self.wanted.delta_threshold {
            Some(threshold) => series.make_deltas(self.stamp, threshold, self.no_fsync)?,
            None => Vec::new(),
        };
        Ok(Finished {
            whole,
            without_sums: summed.err().map(|e| e.in_situation(Situation::Switched)),
        })
    }
}

/// What could not be done after a point was made, which does it no harm.
#[derive(Debug, Default)]
pub struct Finished {
    /// Files that stay whole in the point before, and why.
    pub whole: Vec<(PathBuf, Error)>,
    /// Why it has no sums: it gets them when it is verified.
    pub without_sums: Option<Error>,
}

impl Series {
    /// A name that no point has: of this very second or, if that is taken, of the next one.
    fn free(&self, at: Option<Stamp>) -> Result<Stamp, Error> {
        if let Some(at) = at {
            return match self.has(&at.name())? {
                true => Err(self.refused(format!("has a time point {at} already"))),
                false => Ok(at),
            };
        }
        loop {
            let now = Stamp::now();
            if !self.has(&now.name())? {
                return Ok(now);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Refuses a name before that of a point whose files are the basis of deltas: each is against the file in the
    /// point that follows.
    fn refuse_between(&self, stamp: Stamp) -> Result<(), Error> {
        let stamps = self.stamps()?;
        let Some(newest) = stamps.last().filter(|newest| **newest > stamp) else {
            return Ok(());
        };
        for other in &stamps {
            if !Manifest::read(self.home.as_ref(), *other)?.0.is_empty() {
                return Err(self.refused(format!(
                    "has deltas, so that none can be made before its newest time point {newest}"
                )));
            }
        }
        Ok(())
    }

    /// Points to look into for what did not change: the latest, and the newest before `stamp`.
    fn bases(&self, stamp: Stamp) -> Result<Vec<PathBuf>, Error> {
        let stamps = self.stamps()?;
        let newest = stamps.iter().rfind(|other| **other < stamp);
        let mut bases: Vec<Stamp> = self.latest()?.into_iter().chain(newest.copied()).collect();
        if bases.is_empty() {
            bases.extend(stamps.first());
        }
        bases.dedup();
        Ok(bases.iter().map(|stamp| self.path_of(*stamp)).collect())
    }

    /// Puts right what interrupted runs left: a point that got its name has all that goes with it, and what
    /// was staged for one that did not serves `next`.
    fn take_up(&self, next: Stamp, policy: &Policy) -> Result<(), Error> {
        let mut taken = false;
        for (stamp, behind) in self.leftovers()? {
            if behind == DELETED || behind == WHOLE {
                continue;
            }
            let name = hidden_name(stamp, &behind);
            if behind != STATE {
                // At the switch's place, it goes where it belongs with the state; the rest is of no use.
                if behind != [STATE, b"~"].concat() {
                    self.remove(&name)?;
                }
                continue;
            }
            // Puts right what a cut within the switch left.
            drop(Hold::take(&self.path_of(stamp), None, policy)?);
            if self.has(&stamp.name())? {
                let is_latest = self.latest()?.is_some_and(|latest| latest >= stamp);
                if !is_latest {
                    self.name_latest(Some(stamp), policy.no_fsync)?;
                }
                self.drop_state(stamp)?;
            } else if taken || stamp == next {
                if stamp != next {
                    self.remove(&name)?;
                }
                taken = true;
            } else {
                sys::cut::point("points.take-up");
                match self
                    .dir
                    .rename_new(&name, &self.dir, &hidden_name(next, STATE))
                {
                    Ok(()) => taken = true,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e).doing("take up", self.path.join(sys::as_path(&name))),
                }
            }
        }
        let home = self.home()?;
        for stamp in Record::all(home)? {
            if !self.has(&stamp.name())? {
                Record::drop(home, stamp)?;
                Manifest::drop(home, stamp)?;
                sums::drop(home, stamp)?;
            }
        }
        Ok(())
    }

    /// Removes the state of a run whose point is there.
    fn drop_state(&self, stamp: Stamp) -> Result<(), Error> {
        sys::cut::point("points.drop-state");
        self.remove(&hidden_name(stamp, STATE))
    }

    fn remove(&self, name: &[u8]) -> Result<(), Error> {
        let removed = self.dir.remove_all(name);
        removed.doing("remove", self.path.join(sys::as_path(name)))
    }

    /// The handle of a point.
    pub(super) fn tree(&self, stamp: Stamp) -> Result<Dir, Error> {
        let tree = self.dir.open_dir(&stamp.name());
        tree.doing("open the directory", self.path_of(stamp))
    }
}

/// How many entries of one tree another has not, and how many there are.
fn missing(
    series: &Series,
    before: &Dir,
    now: Option<&Dir>,
    path: &Path,
) -> Result<(u64, u64), Error> {
    let at = |path: &Path| series.path.join(path);
    let listed = before.list().doing("list the directory", at(path))?;
    let (mut lost, mut entries) = (0, 0);
    for item in listed.iter() {
        let below = path.join(sys::as_path(item.name));
        let there = match now {
            Some(now) => now.try_stat(item.name).doing("look at", at(&below))?,
            None => None,
        };
        entries += 1;
        lost += u64::from(there.is_none());
        if kind_of(before, &item).doing("look at", at(&below))? != Kind::Dir {
            continue;
        }
        let inner = before.open_dir(item.name);
        let inner = inner.doing("open the directory", at(&below))?;
        let is_dir = there.is_some_and(|stat| stat.is_dir());
        let other = now.filter(|_| is_dir).map(|now| now.open_dir(item.name));
        let other = other.transpose().doing("open the directory", at(&below))?;
        let (more_lost, more) = missing(series, &inner, other.as_ref(), &below)?;
        (lost, entries) = (lost + more_lost, entries + more);
    }
    Ok((lost, entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_machine_is_told_it_reads() {
        let keep = Retention::read("last=7,yearly=all").ok();
        for (keep, delta_threshold) in [
            (None, None),
            (None, Some(1)),
            (keep.clone(), None),
            (keep, Some(1 << 40)),
        ] {
            let wanted = Wanted {
                keep,
                delta_threshold,
                ..Wanted::default()
            };
            assert_eq!(Wanted::of_digits(&wanted.digits()), Some(wanted));
        }
        for wrong in ["x", "1,", "1,2", "-1", "1,,,,,,,"] {
            assert_eq!(Wanted::of_digits(wrong), None, "{wrong}");
        }
    }
}
