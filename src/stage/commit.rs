//! The commit: the gates, durability, the last look at the live tree, the seal, the switch.

use std::io;
use std::path::PathBuf;

use super::carry::{Carried, Reach, carry};
use super::changes::Record;
use super::error::{Doing, Error, Situation};
use super::finish::in_the_way;
use super::hold::Hold;
use super::journal::{Direction, Origin, Phase, RootId, Swap, now};
use super::layout::{CHANGES_NEXT, DISPLACED, NEXT, PREVIOUS};
use super::level::widen;
use super::outcome::{Commit, Summary};
use super::plan::{Mark, Step};
use super::policy::{KeepPrevious, Method};
use super::run::{Ready, Stage};
use super::settle::After;
use super::survey::{Seen, look, wanted};
use crate::sys::{self, Dir, Object, lock, process, signal, volume};
use crate::tree::MetaChange;

impl Stage {
    /// Judges the finished stage, makes it durable, and switches. On a refusal nothing is changed and
    /// the stage is kept for the next run.
    ///
    /// # Errors
    /// [`Error::GateRefused`], [`Error::GuardRefused`], [`Error::Incomplete`], [`Error::Io`], whose
    /// [`Situation`] says whether the switch was made.
    pub fn commit(&self, summary: &Summary) -> Result<Commit, Error> {
        let Some(Some(ready)) = self.begun.get() else {
            // Nothing was changed, or nothing of it went through a stage.
            return Ok(Commit {
                method: Method::Direct,
                kept: Vec::new(),
                refused: Vec::new(),
            });
        };
        let ended = self.end_stage(ready);
        ended.doing("end the stage in", &ready.home)?;
        self.judge(ready, summary)?;
        self.heed()?;
        let mut hold = self.hold();
        self.still_there(ready, &mut hold)?;
        match ready.method {
            Method::Swap => self.commit_by_swap(ready, &mut hold),
            _ => self.commit_by_plan(ready, &mut hold),
        }
    }

    /// Writes down what was only in memory, and gives directories their last attributes.
    fn end_stage(&self, ready: &Ready) -> io::Result<()> {
        ready.close_opened()?;
        let tops = lock(&ready.tops);
        let unfinished: Vec<PathBuf> = tops.keys().cloned().collect();
        drop(tops);
        for path in unfinished {
            ready.plan_top(&path, &ready.next.open_beneath(&path)?)?;
        }
        ready.staged.flush()?;
        ready.recorder.flush()
    }

    /// The destination's name must still lead where it led when the run began. The handle from then
    /// tells: while it is open nothing else gets its inode, whatever becomes of the time of birth.
    fn still_there(&self, ready: &Ready, hold: &mut Hold) -> Result<(), Error> {
        hold.site.look()?;
        let live = hold.site.live_stat()?;
        let began = ready.live.as_ref().map(Dir::stat_self).transpose();
        let is_same = match (began.doing("look at", &self.path)?, live) {
            (None, None) => true,
            (Some(began), Some(live)) => began.same_object(&live),
            _ => false,
        };
        if is_same {
            let (_, _, journal) = hold.state()?;
            journal.root = live.as_ref().map(RootId::of);
            return Ok(());
        }
        Err(Error::GateRefused {
            path: self.path.clone(),
            reason: "the destination was replaced or removed during the run".to_owned(),
        })
    }

    fn commit_by_swap(&self, ready: &Ready, hold: &mut Hold) -> Result<Commit, Error> {
        let root_mode = *lock(&ready.root_mode);
        let mode = match (root_mode, &ready.live) {
            (Some(mode), _) => Some(mode),
            (None, None) => Some(0o777 & !process::take_umask()),
            (None, Some(_)) => None,
        };
        if let Some(mode) = mode {
            let set = ready.next.set_own_mode(mode);
            set.doing("set the mode of", &self.path)?;
        }
        sys::cut::point("commit.sync");
        self.sync(ready)?;
        let (carried, mut seen) = match &ready.live {
            Some(live) => look_ahead(hold, live, ready)?,
            None => (Carried::default(), None),
        };
        let closed = ready.close(&carried.late);
        if closed.doing("end the stage in", &ready.home)? || !carried.late.is_empty() {
            self.sync(ready)?;
        }
        let mut plan = None;
        if ready.plan.steps() > 0 {
            let sealed = ready.plan.seal(!self.policy.no_fsync);
            sealed.doing("write the plan in", &ready.home)?;
            plan = Some(Direction::Forward);
        }
        self.seal_backups(ready)?;
        let recorded = ready.recorder.seal(!self.policy.no_fsync);
        recorded.doing("write the record in", &ready.home)?;
        // Of what is dropped no backups can be made.
        let keeps_outside = ready.backups.any();
        let drop_old = self.policy.previous == KeepPrevious::None && !keeps_outside;
        let switch = Switch {
            from: Origin::Next,
            plan,
            drop_old,
            mode: None,
        };
        let after = switch.make(hold, &ready.next, seen.as_mut())?;
        let mut kept = carried.late;
        kept.extend(after.late);
        kept.extend(after.stays);
        kept.sort_unstable();
        kept.dedup();
        let mut replaced = carried.replaced;
        replaced.extend(after.replaced);
        self.leave(After {
            done: true,
            replaced,
            seen,
            told: kept.clone(),
            lacks_backups: keeps_outside && !after.refused.is_empty(),
        });
        Ok(Commit {
            method: Method::Swap,
            kept,
            refused: after.refused,
        })
    }

    fn commit_by_plan(&self, ready: &Ready, hold: &mut Hold) -> Result<Commit, Error> {
        let no_fsync = self.policy.no_fsync;
        match &hold.site.live {
            Some(live) if volume::is_overlay(live) => copy_up(hold)?,
            Some(_) => {}
            None => make_root(ready, hold)?,
        }
        let sealed = ready.plan.seal(!no_fsync);
        sealed.doing("write the plan in", &ready.home)?;
        self.seal_backups(ready)?;
        let recorded = ready.recorder.seal(!no_fsync);
        recorded.doing("write the record in", &ready.home)?;
        sys::cut::point("commit.sync");
        self.sync(ready)?;
        let direction = Direction::Forward;
        let rotate = true;
        sys::cut::point("commit.seal");
        let (_, home, _) = hold.state()?;
        home.drop(DISPLACED)?;
        home.sub_or_make(DISPLACED)?;
        hold.enter(Phase::SealedPlan { direction, rotate })?;
        let done = signal::shielded(|| hold.finish_plan(direction, rotate, false))?;
        self.leave(After {
            done: true,
            told: done.passed.clone(),
            lacks_backups: ready.backups.any() && !done.refused.is_empty(),
            ..After::default()
        });
        Ok(Commit {
            method: Method::Journal,
            kept: done.passed,
            refused: done.refused,
        })
    }

    fn seal_backups(&self, ready: &Ready) -> Result<(), Error> {
        let sealed = ready.backups.seal(!self.policy.no_fsync);
        sealed.doing("write the list of backups in", &ready.home)
    }

    /// Stops here if somebody asked for it: from the seal on it is too late.
    fn heed(&self) -> Result<(), Error> {
        if signal::stop_requested() {
            return Err(Error::Stopped {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    fn sync(&self, ready: &Ready) -> Result<(), Error> {
        if self.policy.no_fsync {
            return Ok(());
        }
        let synced = ready.volume.sync_volume();
        synced.doing("make durable what was staged in", &ready.home)?;
        self.heed()
    }

    fn leave(&self, after: After) {
        *lock(&self.after) = after;
    }
}

/// Carries over what others did to the live tree since it was levelled.
fn look_ahead(
    hold: &mut Hold,
    live: &Dir,
    ready: &Ready,
) -> Result<(Carried, Option<Seen>), Error> {
    let next = &ready.next;
    let (_, home, _) = hold.state()?;
    sys::cut::point("commit.look");
    let (found, seen) = look(home, live, next, ready.began)?;
    let paths = wanted(&found);
    let record = Record::load_where(home, CHANGES_NEXT, |path| paths.contains(&path))?;
    let carried = carry(&found, &record, live, next, home, Reach::Whole, false)?;
    Ok((carried, Some(seen)))
}

/// On overlay, the first change of a directory that lies in a lower layer copies it to the upper one and
/// gives it another time of birth. That is brought about before the seal, which names it by that time.
fn copy_up(hold: &mut Hold) -> Result<(), Error> {
    let live = hold.site.live_stat()?;
    if let (Some(root), Some(stat)) = (&hold.site.live, live) {
        // Who may not even do this will not change the root itself, and what is changed in it by then
        // has copied it up as well.
        let _ = root.set_own_mode(stat.mode);
    }
    let live = hold.site.live_stat()?;
    let (_, _, journal) = hold.state()?;
    journal.root = live.as_ref().map(RootId::of);
    Ok(())
}

/// Under journal a missing root is made empty and private, then filled.
fn make_root(ready: &Ready, hold: &mut Hold) -> Result<(), Error> {
    let path = hold.site.path.clone();
    let parent = hold.site.parent()?;
    sys::cut::point("commit.make-root");
    let made = parent.dir.make_dir(&parent.name, 0o700);
    made.doing("make the directory", &path)?;
    hold.site.look()?;
    let stat = hold.site.live_stat()?;
    let (_, _, journal) = hold.state()?;
    journal.root = stat.as_ref().map(RootId::of);
    let mut change = lock(&ready.root_change).take().unwrap_or(MetaChange {
        mode: Some(0o777 & !process::take_umask()),
        ..MetaChange::default()
    });
    if let (Some(stat), Some(root)) = (stat, &hold.site.live) {
        // What the directory around it gave it at birth is what is changed.
        for edit in change.xattrs.iter_mut().flatten() {
            let had = Object::Open(root.as_file()).get(&edit.name);
            edit.old = had.doing("look at", &path)?;
        }
        let step = Step::Dir {
            path: PathBuf::new(),
            old: Mark::of(&stat),
            change,
        };
        let added = ready.plan.add(&step);
        added.doing("write the plan in", &ready.home)?;
    }
    Ok(())
}

/// A tree of the state directory that is about to become the live one.
pub(super) struct Switch {
    pub from: Origin,
    /// Metadata that is changed right after.
    pub plan: Option<Direction>,
    pub drop_old: bool,
    /// Permission bits for the new root, where it does not have them yet.
    pub mode: Option<u32>,
}

impl Switch {
    /// Moves the tree to the switch's place, seals, exchanges, and does what follows.
    pub fn make(
        &self,
        hold: &mut Hold,
        tree: &Dir,
        mut seen: Option<&mut Seen>,
    ) -> Result<Carried, Error> {
        self.move_out(hold, tree)?;
        let looked = seen.as_ref().map(|seen| seen.since);
        let swap = self.seal(hold, tree, looked).inspect_err(|_| {
            // The next run would do it, too.
            let _ = hold.move_back(self.from);
        })?;
        signal::shielded(|| {
            self.exchange(hold, &swap, seen.as_deref_mut())?;
            hold.finish_swap(&swap, seen)
        })
    }

    fn move_out(&self, hold: &mut Hold, tree: &Dir) -> Result<(), Error> {
        let no_fsync = hold.no_fsync;
        if hold.tilde_stands()? {
            return Err(in_the_way(hold.site.parent()?.tilde_path()));
        }
        hold.locks.add_root(tree);
        let (site, home, _) = hold.state()?;
        let parent = site.parent()?;
        let name = match self.from {
            Origin::Next => NEXT,
            Origin::Previous => PREVIOUS,
        };
        let move_out = || -> io::Result<()> {
            let mode = self.mode.unwrap_or(tree.stat_self()?.mode);
            // A directory that its owner may not write to cannot get another parent.
            widen(tree)?;
            sys::cut::point("switch.move-out");
            home.dir.rename_new(name, &parent.dir, &parent.tilde())?;
            if tree.stat_self()?.mode != mode {
                tree.set_own_mode(mode)?;
            }
            if !no_fsync {
                parent.dir.sync()?;
                home.dir.sync()?;
            }
            Ok(())
        };
        move_out().doing("move the new tree to", parent.tilde_path())
    }

    fn seal(&self, hold: &mut Hold, tree: &Dir, looked: Option<i64>) -> Result<Swap, Error> {
        let (site, home, _) = hold.state()?;
        let live = site.live_stat()?;
        let new = tree.stat_self().doing("look at", &site.path)?;
        let narrow = live.filter(|live| !process::is_root() && live.mode & 0o700 != 0o700);
        let swap = Swap {
            old: live.as_ref().map(RootId::of),
            new: RootId::of(&new),
            from: self.from,
            at: now(home)?,
            looked,
            old_mode: narrow.map(|live| live.mode),
            plan: self.plan,
            drop_old: self.drop_old,
        };
        sys::cut::point("switch.seal");
        hold.enter(Phase::SealedSwap(swap.clone()))?;
        Ok(swap)
    }

    fn exchange(&self, hold: &mut Hold, swap: &Swap, seen: Option<&mut Seen>) -> Result<(), Error> {
        let no_fsync = hold.no_fsync;
        let (site, ..) = hold.state()?;
        let parent = site.parent()?;
        sys::cut::point("switch.exchange");
        if let (Some(seen), Some(root)) = (seen, site.live_stat()?) {
            seen.note_root(&root);
        }
        let exchanged = match swap.old {
            Some(_) => parent
                .dir
                .exchange(&parent.tilde(), &parent.dir, &parent.name),
            None => parent
                .dir
                .rename_new(&parent.tilde(), &parent.dir, &parent.name),
        };
        if let Err(e) = exchanged {
            let path = site.path.clone();
            hold.move_back(self.from)?;
            return Err(e).doing("switch", path);
        }
        sys::cut::point("switch.sync");
        if !no_fsync {
            let synced = parent.dir.sync().doing("make durable", &parent.path);
            synced.map_err(|e| e.in_situation(Situation::Switched))?;
        }
        Ok(())
    }
}
