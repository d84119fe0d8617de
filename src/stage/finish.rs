//! What follows a seal, in the run that made it or, after a crash, in the next: the tree goes back, or
//! what is left to do is done. Every step looks first whether it was done already.

use std::io;
use std::path::PathBuf;

use super::carry::{Carried, Live, Reach, carry};
use super::changes::Record;
use super::error::{Doing, Error, Situation};
use super::execute::{Executed, Trees, execute};
use super::hold::Hold;
use super::home::Home;
use super::journal::{Direction, Last, Next, Origin, Phase, RootId, Swap, now};
use super::layout::{
    CHANGES, CHANGES_BEFORE, CHANGES_NEXT, DISPLACED, FORMER, NEXT, PLAN, PLAN_DONE, PREVIOUS, TMP,
};
use super::level::widen;
use super::outcome::Refused;
use super::plan;
use super::policy::Method;
use super::survey::{Seen, differences_since, wanted};
use crate::sys;

impl Hold {
    /// Moves the tree at the switch's place back to where it came from.
    pub fn move_back(&mut self, from: Origin) -> Result<(), Error> {
        let stands = self.tilde_stands()?;
        let no_fsync = self.no_fsync;
        let (site, home, journal) = self.state()?;
        let name = match from {
            Origin::Next => NEXT,
            Origin::Previous => PREVIOUS,
        };
        let parent = site.parent()?;
        if stands && home.has(name)? {
            return Err(in_the_way(parent.tilde_path()));
        }
        if stands {
            if let Ok(tree) = parent.dir.open_dir(&parent.tilde()) {
                widen(&tree).doing("open", parent.tilde_path())?;
            }
            sys::cut::point("recover.back");
            let moved = parent.dir.rename_new(&parent.tilde(), &home.dir, name);
            moved.doing("rename", parent.tilde_path())?;
        }
        match from {
            Origin::Next => {
                journal.phase = Phase::Staging;
                journal.next = Next::Staged;
            }
            Origin::Previous => journal.phase = Phase::Idle,
        }
        journal.write(home, no_fsync)
    }

    /// What follows an exchange: metadata that was put off, the rotation, the journal. Every step looks
    /// whether it was done already.
    ///
    /// `seen` is the last look at the old tree, if this run had one.
    pub fn finish_swap(&mut self, swap: &Swap, seen: Option<&mut Seen>) -> Result<Carried, Error> {
        self.site.look()?;
        let switched = |e: Error| e.in_situation(Situation::Switched);
        let (_, home, _) = self.state()?;
        let since = now(home).map_err(switched)?;
        let mut carried = self.look_back(swap, seen.as_deref()).map_err(switched)?;
        if let Some(seen) = seen {
            seen.again(since);
        }
        if let Some(direction) = swap.plan {
            // Metadata only: nothing is moved.
            let done = self.carry_out(direction, TMP, TMP, false);
            carried.refused = done.map_err(switched)?.refused;
        }
        self.rotate_swap(swap).map_err(switched)?;
        let kept = self.make_backups(swap.old, swap.from == Origin::Next);
        carried.refused.extend(kept.map_err(switched)?);
        let no_fsync = self.no_fsync;
        let (_, home, journal) = self.state()?;
        let undo = swap.from == Origin::Previous;
        journal.root = Some(swap.new);
        journal.phase = Phase::Idle;
        if !undo {
            journal.next = Next::Former;
        }
        journal.hold = undo && !journal.last.as_ref().is_some_and(|last| last.undo);
        journal.last = Some(Last {
            method: Method::Swap,
            at: swap.at,
            undo: journal.hold,
            previous_mode: swap.old_mode,
            dropped: swap.drop_old && !undo,
            before_at: journal.last.as_ref().map(|last| last.at),
        });
        sys::cut::point("switch.idle");
        journal.write(home, no_fsync).map_err(switched)?;
        Ok(carried)
    }

    /// What others did between the last look at the old tree and the exchange is carried into live.
    fn look_back(&mut self, swap: &Swap, seen: Option<&Seen>) -> Result<Carried, Error> {
        if !self.tilde_stands()? {
            return Ok(Carried::default());
        }
        let (site, home, _) = self.state()?;
        let parent = site.parent()?;
        let old = parent.dir.open_dir(&parent.tilde());
        let old = old.doing("open", parent.tilde_path())?;
        let Some(live) = &site.live else {
            return Ok(Carried::default());
        };
        let after_crash = Seen::since(swap.looked.unwrap_or(swap.at));
        let found = differences_since(&old, live, seen.unwrap_or(&after_crash))?;
        let paths = wanted(&found);
        let record = Record::load_where(home, CHANGES_NEXT, |path| paths.contains(&path))?;
        if !record.is_sealed() {
            // Nobody can tell their work from ours: all stays as it is.
            forget_broken_record(home)?;
            return Ok(Carried::default());
        }
        let reach = Reach::Live(Live {
            since: swap.at,
            seen,
            undo: swap.from == Origin::Previous,
        });
        carry(&found, &record, &old, live, home, reach, false)
    }

    /// Backups outside of the destination are made out of the old tree: the one with the root `old`, or
    /// the generation before. An undo makes none.
    fn make_backups(&mut self, old: Option<RootId>, forward: bool) -> Result<Vec<Refused>, Error> {
        let no_fsync = self.no_fsync;
        let (site, home, _) = self.state()?;
        let mut tree = None;
        for name in [PREVIOUS, NEXT].into_iter().filter(|_| forward) {
            let Some(dir) = home.sub(name)? else { continue };
            let stat = dir.stat_self().doing("look at", home.join(name))?;
            if old.is_none_or(|old| old.ino == stat.ino) {
                tree = Some(dir);
                break;
            }
        }
        super::backups::carry_out(home, tree.as_ref(), site.live.as_ref(), no_fsync)
    }

    fn rotate_swap(&mut self, swap: &Swap) -> Result<(), Error> {
        let stands = self.tilde_stands()?;
        let (site, home, _) = self.state()?;
        if stands {
            let parent = site.parent()?;
            let undo = swap.from == Origin::Previous;
            let to = if swap.drop_old && !undo {
                NEXT
            } else {
                PREVIOUS
            };
            if to == PREVIOUS && !undo {
                sys::cut::point("rotate.previous");
                home.rename(PREVIOUS, NEXT)?;
            }
            if let Ok(tree) = parent.dir.open_dir(&parent.tilde()) {
                widen(&tree).doing("open", parent.tilde_path())?;
            }
            sys::cut::point("rotate.old");
            let moved = parent.dir.rename_new(&parent.tilde(), &home.dir, to);
            moved.doing("rename", parent.tilde_path())?;
        }
        if !stands && !is_old(home, swap)? {
            // The old tree is gone: what `previous/` holds is older, and no undo may take it for the old one.
            home.rename(PREVIOUS, NEXT)?;
        }
        sys::cut::point("rotate.records");
        rotate_records(home, swap.plan.is_some())
    }

    /// Carries a sealed plan to its end and closes the journal; returns what could not be done.
    pub fn finish_plan(
        &mut self,
        direction: Direction,
        rotate: bool,
        force: bool,
    ) -> Result<Executed, Error> {
        let underway = |e: Error| e.in_situation(Situation::Underway);
        let keep = if rotate { DISPLACED } else { PREVIOUS };
        let (_, home, _) = self.state()?;
        // A plan that was rotated was carried out before.
        let mut done = match rotate && !home.has(DISPLACED)? {
            true => Executed::default(),
            false => self
                .carry_out(direction, NEXT, keep, force)
                .map_err(underway)?,
        };
        if !self.no_fsync {
            let (site, ..) = self.state()?;
            if let Some(live) = &site.live {
                let synced = live.sync_volume().doing("make durable", &site.path);
                synced.map_err(underway)?;
            }
        }
        let no_fsync = self.no_fsync;
        let (_, home, _) = self.state()?;
        if rotate {
            if home.has(DISPLACED)? {
                forget_broken_record(home)?;
                if home.has(PREVIOUS)? {
                    home.drop(FORMER)?;
                    sys::cut::point("rotate.former");
                    home.rename(PREVIOUS, FORMER)?;
                }
                sys::cut::point("rotate.displaced");
                home.rename(DISPLACED, PREVIOUS)?;
            }
            rotate_records(home, true)?;
        }
        let undo = direction == Direction::Backward;
        let kept = self.make_backups(None, !undo).map_err(underway)?;
        done.refused.extend(kept);
        let (_, home, journal) = self.state()?;
        journal.phase = Phase::Idle;
        journal.next = Next::Level;
        journal.hold = undo;
        journal.last = Some(Last {
            method: Method::Journal,
            at: now(home)?,
            undo,
            previous_mode: None,
            dropped: false,
            before_at: journal.last.as_ref().map(|last| last.at),
        });
        sys::cut::point("switch.idle");
        journal.write(home, no_fsync).map_err(underway)?;
        Ok(done)
    }

    fn carry_out(
        &mut self,
        direction: Direction,
        next: &[u8],
        keep: &[u8],
        force: bool,
    ) -> Result<Executed, Error> {
        let (site, home, _) = self.state()?;
        let name = if home.has(PLAN)? { PLAN } else { PLAN_DONE };
        let steps = plan::read(home, name)?;
        let record = if home.has(CHANGES_NEXT)? && name == PLAN {
            Record::load(home, CHANGES_NEXT)?
        } else {
            Record::load(home, CHANGES)?
        };
        let Some(live) = &site.live else {
            return Err(io::Error::from(io::ErrorKind::NotFound)).doing("open", &site.path);
        };
        let trees = Trees {
            live,
            next: &home.sub_or_make(next)?,
            previous: &home.sub_or_make(keep)?,
            record: &record,
            force,
        };
        execute(&steps, direction, &trees)
            .map_err(|(path, e)| (site.path.join(path), e))
            .or_else(|(path, e)| Err(e).doing("change", path))
    }
}

/// Whether `previous/` is the old tree of a switch, or will be missed by nobody.
fn is_old(home: &Home, swap: &Swap) -> Result<bool, Error> {
    let previous = home.dir.try_stat(PREVIOUS);
    let previous = previous.doing("look at", home.join(PREVIOUS))?;
    Ok(match (previous, swap.old) {
        (Some(stat), Some(old)) => stat.ino == old.ino,
        _ => true,
    })
}

/// A record that others broke must not be followed, nor the one before it taken for it: an undo that finds
/// none says so.
fn forget_broken_record(home: &Home) -> Result<(), Error> {
    if !Record::load_where(home, CHANGES_NEXT, |_| false)?.is_sealed() {
        home.drop(CHANGES_NEXT)?;
        home.drop(CHANGES)?;
    }
    Ok(())
}

/// What stands at the switch's place is not ours.
pub(super) fn in_the_way(path: PathBuf) -> Error {
    Error::Foreign {
        path,
        why: "is in the way, since the switch takes place there: move or remove it".to_owned(),
    }
}

/// The records of the switch that was made take the place of those of the one before.
fn rotate_records(home: &Home, with_plan: bool) -> Result<(), Error> {
    if home.has(CHANGES_NEXT)? {
        home.rename(CHANGES, CHANGES_BEFORE)?;
        sys::cut::point("rotate.changes");
        home.rename(CHANGES_NEXT, CHANGES)?;
    }
    if with_plan {
        home.rename(PLAN, PLAN_DONE)
    } else {
        home.drop(PLAN)?;
        home.drop(PLAN_DONE)
    }
}
