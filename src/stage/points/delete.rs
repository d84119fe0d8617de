//! Points go: first from sight, in one step, then from the disk.

use std::path::Path;

use super::manifest::Manifest;
use super::record::Record;
use super::series::{DELETED, HOME, LATEST, Series, WHOLE, hidden_name};
use super::stamp::Stamp;
use super::sums;
use crate::stage::error::{Doing, Error};
use crate::stage::home::Home;
use crate::stage::lock::Locks;
use crate::stage::policy::Policy;
use crate::stage::site::Site;
use crate::sys::{self, as_path};

/// Deletes points of a directory, as a person asks. In a dry run only looks whether that can be.
///
/// # Errors
/// [`Error::Series`] where none that is good would stay, unless `force` is given; [`Error::Busy`], [`Error::Io`].
pub fn delete(
    series: &Series,
    stamps: &[Stamp],
    policy: &Policy,
    force: bool,
    dry_run: bool,
) -> Result<(), Error> {
    let mut site = Site::resolve(&series.path, None)?;
    let _locks = Locks::take(&mut site, policy)?;
    let points = series.points()?;
    let stays = |good: bool| {
        let mut left = points.iter().filter(|point| point.is_good() || !good);
        left.any(|point| !stamps.contains(&point.stamp))
    };
    if !force && !stays(true) {
        let what = if stays(false) { "good " } else { "" };
        return Err(series.refused(format!(
            "would have no {what}time point left: --force deletes it all the same"
        )));
    }
    if dry_run {
        return Ok(());
    }
    series.delete(stamps, policy.no_fsync)?;
    series.clear_deleted()
}

impl Series {
    /// Takes points out of sight, `latest` first, and removes them.
    pub(super) fn delete(&self, stamps: &[Stamp], no_fsync: bool) -> Result<(), Error> {
        let latest = self.latest()?;
        if latest.is_some_and(|latest| stamps.contains(&latest)) {
            let all = self.stamps()?;
            let newest = all.iter().rfind(|stamp| !stamps.contains(stamp));
            self.name_latest(newest.copied(), no_fsync)?;
        }
        let mut stamps = stamps.to_vec();
        // The oldest first: no delta is against anything in it.
        stamps.sort_unstable();
        for stamp in &stamps {
            let path = self.path_of(*stamp);
            let freed = self.free_of(*stamp, no_fsync)?;
            sys::cut::point("points.hide");
            let hidden = hidden_name(*stamp, DELETED);
            let renamed = self.dir.rename_new(&stamp.name(), &self.dir, &hidden);
            renamed.doing("delete", &path)?;
            if !no_fsync {
                self.dir.sync().doing("make durable", &self.path)?;
            }
            self.drop_records(*stamp)?;
            self.make_again(*stamp, &freed, no_fsync)?;
            sys::cut::point("points.delete");
            let removed = self.dir.remove_all(&hidden);
            removed.doing("delete", &path)?;
        }
        Ok(())
    }

    /// Drops what is known of a point that is gone.
    fn drop_records(&self, stamp: Stamp) -> Result<(), Error> {
        let Some(home) = &self.home else {
            return Ok(());
        };
        Record::drop(home, stamp)?;
        Manifest::drop(home, stamp)?;
        sums::drop(home, stamp)
    }

    /// Removes what interrupted deletions left.
    pub(super) fn clear_deleted(&self) -> Result<(), Error> {
        for (stamp, behind) in self.leftovers()? {
            if behind == DELETED {
                self.drop_records(stamp)?;
            }
            if behind == DELETED || behind == WHOLE {
                let removed = self.dir.remove_all(&hidden_name(stamp, &behind));
                removed.doing("delete", self.path_of(stamp))?;
            }
        }
        Ok(())
    }

    /// Lets `latest` name this point, in one step; without one it goes.
    pub(super) fn name_latest(&self, stamp: Option<Stamp>, no_fsync: bool) -> Result<(), Error> {
        let path = self.path.join(as_path(LATEST));
        let Some(stamp) = stamp else {
            return self.dir.remove_all(LATEST).doing("remove", path);
        };
        let home = self.home()?;
        let name = || {
            home.dir.remove_all(LATEST)?;
            home.dir.make_symlink(LATEST, &stamp.name())?;
            sys::cut::point("points.latest");
            home.dir.rename(LATEST, &self.dir, LATEST)?;
            match no_fsync {
                true => Ok(()),
                false => self.dir.sync(),
            }
        };
        name().doing("make the link", path)
    }

    /// Whether `latest` can be a link here.
    pub(super) fn try_link(&self) -> Result<(), Error> {
        let home = self.home()?;
        let tried = home
            .dir
            .remove_all(LATEST)
            .and_then(|()| home.dir.make_symlink(LATEST, LATEST))
            .and_then(|()| home.dir.unlink(LATEST));
        tried.map_err(|e| {
            let reason = sys::reason(&e);
            self.refused(format!("cannot have the link \"latest\" ({reason})"))
        })
    }

    pub(super) fn home(&self) -> Result<&Home, Error> {
        self.home.as_ref().ok_or_else(|| Error::Damaged {
            path: self.path.join(as_path(HOME)),
            what: "it is missing".to_owned(),
        })
    }

    /// Makes the directory one of time points, if it is none yet.
    pub(super) fn make_home(&mut self) -> Result<(), Error> {
        if self.home.is_none() {
            self.home = Some(Home::make(&self.dir, Path::new(&self.path), HOME)?);
        }
        Ok(())
    }
}
