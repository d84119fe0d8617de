//! What follows a commit: old data is freed, and the next stage made ready. May be cut at any moment.

use std::io;
use std::path::{Path, PathBuf};

use super::changes::Ident;
use super::error::{Doing, Error, Situation};
use super::hold::Hold;
use super::home::Home;
use super::journal::Next;
use super::keep::{Age, Keep};
use super::late::name_late;
use super::layout::{
    CHANGES, CHANGES_BEFORE, CHANGES_NEXT, FORMER, NEXT, PLAN, PLAN_DONE, PREVIOUS, SALVAGE,
    STAGED, TMP,
};
use super::level::{Obstacle, level, strip};
use super::policy::KeepPrevious;
use super::run::Stage;
use super::survey::Seen;
use crate::sys;
use crate::sys::lock;

/// What is still to be looked at after a commit.
#[derive(Debug, Default)]
pub(super) struct After {
    /// A commit was made.
    pub done: bool,
    /// Objects of the old tree that were replaced or removed, as they were.
    pub replaced: Vec<(PathBuf, Ident)>,
    /// The last look at the old tree.
    pub seen: Option<Seen>,
    /// Paths of others that were named already.
    pub told: Vec<PathBuf>,
    /// A backup may be missing: the tree before is all that has what it was to be of.
    pub lacks_backups: bool,
}

impl Stage {
    /// After the commit was told: frees what only the tree before the last one held and makes the next
    /// stage ready. May be cut at any moment.
    ///
    /// # Errors
    /// [`Error::Io`]; the switch stands.
    pub fn settle(&self) -> Result<(), Error> {
        let after = std::mem::take(&mut *lock(&self.after));
        if !after.done {
            return Ok(());
        }
        let mut hold = self.hold();
        let switched = |e: Error| e.in_situation(Situation::Switched);
        let previous = match after.lacks_backups {
            true => KeepPrevious::One,
            false => self.policy.previous,
        };
        let settled = settle(&mut hold, previous);
        // As late as can be: whoever holds a handle may write until the run ends.
        let named = name_late(&mut hold, &after);
        settled.and(named).map_err(switched)
    }
}

/// Levels or drops what the switch left behind.
pub(super) fn settle(hold: &mut Hold, previous: KeepPrevious) -> Result<(), Error> {
    let no_fsync = hold.no_fsync;
    let (_, home, _) = hold.state()?;
    sys::cut::point("settle.drop");
    for name in [SALVAGE, STAGED, TMP, PLAN, CHANGES_NEXT] {
        home.drop(name)?;
    }
    drop_former(hold, FORMER, Age::Before)?;
    if previous == KeepPrevious::None {
        // After a swap the old tree is `next/`; what lies here is older.
        let (_, _, journal) = hold.state()?;
        let swapped = journal.last.as_ref().is_some_and(|last| last.dropped);
        let age = if swapped { Age::Before } else { Age::Last };
        drop_former(hold, PREVIOUS, age)?;
    }
    level_next(hold)?;
    let (_, home, journal) = hold.state()?;
    journal.next = Next::Level;
    sys::cut::point("settle.journal");
    journal.write(home, no_fsync)?;
    home.drop(CHANGES_BEFORE)?;
    if previous == KeepPrevious::None {
        for name in [CHANGES, PLAN_DONE] {
            home.drop(name)?;
        }
    }
    Ok(())
}

/// Drops a generation, but for what others wrote into it.
fn drop_former(hold: &mut Hold, name: &[u8], age: Age) -> Result<(), Error> {
    let (_, home, journal) = hold.state()?;
    let Some(tree) = home.sub(name)? else {
        return Ok(());
    };
    let keep = Keep::former(home, journal, age)?;
    sys::cut::point("settle.former");
    super::level::widen(&tree)
        .and_then(|()| strip(&tree, Path::new(""), &keep))
        .doing("free", home.join(name))?;
    home.drop(name)?;
    let kept = keep.kept();
    hold.tell_kept(&kept);
    Ok(())
}

/// Makes the generation before the last one level with the live tree, so that it holds nothing of its
/// own. Where that cannot be, it goes.
fn level_next(hold: &mut Hold) -> Result<(), Error> {
    let (site, home, journal) = hold.state()?;
    if journal.next != Next::Former {
        return clear_next(home);
    }
    let (Some(live), Some(next)) = (&site.live, home.sub(NEXT)?) else {
        return Ok(());
    };
    let keep = Keep::new(home, journal, None)?;
    sys::cut::point("settle.level");
    match level(live, &next, &keep) {
        Ok(()) => {}
        Err(Obstacle::Stopped) => return Ok(()),
        Err(Obstacle::Failed(path, e)) if e.kind() == io::ErrorKind::NotFound => {
            // Others change the live tree meanwhile: the next run levels again.
            let _ = path;
        }
        Err(Obstacle::Failed(path, e)) => {
            return Err(e).doing("make the stage level at", site.path.join(path));
        }
        Err(Obstacle::Impossible(_)) => {
            strip(&next, Path::new(""), &keep).doing("free", home.join(NEXT))?;
        }
    }
    let kept = keep.kept();
    hold.tell_kept(&kept);
    Ok(())
}

/// After a plan was carried out, the stage has only scaffolding left.
fn clear_next(home: &Home) -> Result<(), Error> {
    home.drop(NEXT)
}
