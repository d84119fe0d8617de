//! Taking removals back before the commit: the source turned out not to be readable in full, so its
//! silence about a name is no reason to remove it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::{Doing, Error};
use super::level::{Keeper, Obstacle, level};
use super::policy::Method;
use super::run::{Ready, Stage};
use super::survey::file_name;
use crate::sys::{self, Dir, Stat};

/// Nothing of ours is in the way of what comes back.
struct Back;

impl Keeper for Back {
    fn leftover(&self, _dir: &Dir, _name: &[u8], _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn copied(&self, _path: &Path, _live: &Stat, _copy: &Stat) -> io::Result<()> {
        Ok(())
    }
}

impl Stage {
    /// Takes back every [`Stage::remove`] of this run; `removed` are the paths that it was called for.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn spare(&self, removed: &[PathBuf]) -> Result<(), Error> {
        let ready = self.ready()?;
        if ready.method == Method::Journal {
            return ready
                .plan
                .drop_removals()
                .doing("rewrite the plan of", &self.path);
        }
        for path in removed {
            ready
                .spare(path)
                .doing("bring back", self.path.join(path))?;
        }
        Ok(())
    }
}

impl Ready {
    /// Gives the next tree a name of the live one again.
    fn spare(&self, path: &Path) -> io::Result<()> {
        let Some(live) = &self.live else {
            return Ok(());
        };
        let parent = path.parent().unwrap_or(Path::new(""));
        let name = file_name(path);
        let (from, to) = (live.open_beneath(parent)?, self.open_to_change(parent)?);
        let Some(stat) = from.try_stat(name)? else {
            return Ok(());
        };
        let mtime = to.stat_self()?.mtime;
        sys::cut::point("stage.spare");
        if stat.is_dir() {
            to.make_dir(name, 0o700)?;
            level(&from.open_dir(name)?, &to.open_dir(name)?, &Back).map_err(|obstacle| {
                match obstacle {
                    Obstacle::Failed(_, e) => e,
                    Obstacle::Impossible(why) => io::Error::other(why),
                    Obstacle::Stopped => io::ErrorKind::Interrupted.into(),
                }
            })?;
        } else {
            from.link(name, &to, name)?;
        }
        sys::set_mtime(to.as_file(), mtime)
    }
}
