//! Undo: what resilver did is taken back, what others did since stays.

use std::io;
use std::path::{Path, PathBuf};

use super::carry::{Reach, carry};
use super::catalogue;
use super::changes::Record;
use super::commit::Switch;
use super::error::{Doing, Error};
use super::execute::Executed;
use super::hold::Hold;
use super::journal::{Direction, Last, Origin, Phase};
use super::layout::{CHANGES, CHANGES_NEXT, PLAN, PLAN_DONE, PREVIOUS};
use super::outcome::Undone;
use super::plan::{self, Step};
use super::policy::{Method, Policy};
use super::survey::{file_name, look};
use crate::sys::{Dir, Stat, signal};

/// Takes the last switch back, as far as nobody changed things since; `force` takes the old tree whole.
/// In a dry run only says what would be done. Undoing an undo does it again. The destination is on hold
/// for jobs afterwards.
///
/// # Errors
/// [`Error::NothingToUndo`], [`Error::Busy`], [`Error::Io`].
pub fn undo(dest: &Path, policy: &Policy, force: bool, dry_run: bool) -> Result<Undone, Error> {
    let mut hold = Hold::take_named(dest, policy)?;
    let nothing = |hold: &Hold, why: &str| Error::NothingToUndo {
        path: hold.site.path.clone(),
        why: [&[why.to_owned()], &hold.notes[..]].concat().join("; "),
    };
    let Ok((_, home, journal)) = hold.state() else {
        return Err(nothing(&hold, "resilver never switched it"));
    };
    let Some(last) = journal.last.clone() else {
        return Err(nothing(&hold, "resilver never switched it"));
    };
    let kept = match last.method {
        Method::Swap => home.has(PREVIOUS)?,
        _ => home.has(PLAN_DONE)? && home.has(PREVIOUS)?,
    };
    if !kept {
        return Err(nothing(
            &hold,
            "no earlier generation of it is kept (it was made by the last run, or freed since)",
        ));
    }
    if !force && !Record::load_where(home, CHANGES, |_| false)?.is_sealed() {
        return Err(Error::Damaged {
            path: home.join(CHANGES),
            what: "it does not tell what resilver changed and what others did since; \
                   `resilver undo --force` takes the former tree whole"
                .to_owned(),
        });
    }
    match last.method {
        Method::Swap => undo_swap(&mut hold, &last, force, dry_run),
        _ => undo_plan(&mut hold, &last, force, dry_run),
    }
}

fn undo_swap(hold: &mut Hold, last: &Last, force: bool, dry_run: bool) -> Result<Undone, Error> {
    let no_fsync = hold.no_fsync;
    let (site, home, _) = hold.state()?;
    let (Some(live), Some(previous)) = (&site.live, home.sub(PREVIOUS)?) else {
        return Err(io::Error::from(io::ErrorKind::NotFound)).doing("open", &site.path);
    };
    let live = live.reopen().doing("open", &site.path)?;
    let mut record = Record::load(home, CHANGES)?.inverse();
    let (found, mut seen) = look(home, &live, &previous, None)?;
    if force {
        // All is taken for resilver's doing, also when it is done again.
        record = record.explain(&found);
    }
    let has_plan = home.has(PLAN_DONE)?;
    let put_off = if has_plan {
        plan::read(home, PLAN_DONE)?.len() as u64
    } else {
        0
    };
    if !dry_run {
        record.write(home, CHANGES_NEXT, !no_fsync)?;
        hold.enter(Phase::Undoing)?;
    }
    let (_, home, _) = hold.state()?;
    let reach = Reach::Since(last.at);
    let carried = carry(&found, &record, &live, &previous, home, reach, dry_run)?;
    let undone = Undone {
        method: Method::Swap,
        restored: carried.ours + put_off,
        kept: carried.late,
        refused: Vec::new(),
        notes: std::mem::take(&mut hold.notes),
        redo: last.undo,
    };
    if dry_run {
        return Ok(undone);
    }
    let (_, home, _) = hold.state()?;
    home.drop(PLAN)?;
    if !no_fsync {
        let synced = previous.sync_volume();
        synced.doing("make durable", &hold.site.path)?;
    }
    let back = if last.undo {
        Direction::Forward
    } else {
        Direction::Backward
    };
    let switch = Switch {
        from: Origin::Previous,
        plan: has_plan.then_some(back),
        drop_old: false,
        mode: last.previous_mode,
    };
    let after = switch.make(hold, &previous, Some(&mut seen))?;
    forget_pulls(hold)?;
    let mut kept = undone.kept;
    kept.extend(after.late);
    kept.extend(after.stays);
    Ok(Undone {
        kept,
        refused: after.refused,
        ..undone
    })
}

fn undo_plan(hold: &mut Hold, last: &Last, force: bool, dry_run: bool) -> Result<Undone, Error> {
    let (site, home, _) = hold.state()?;
    let steps = plan::read(home, PLAN_DONE)?;
    let direction = if last.undo {
        Direction::Forward
    } else {
        Direction::Backward
    };
    let done = if dry_run {
        let live = site.live.as_ref();
        let changed =
            |step: &&Step| !force && live.is_some_and(|l| !is_as_left(step, l, direction));
        let changed = steps.iter().filter(changed);
        Executed {
            passed: changed.map(|step| step.path().to_owned()).collect(),
            refused: Vec::new(),
        }
    } else {
        home.drop(PLAN)?;
        let rotate = false;
        hold.enter(Phase::SealedPlan { direction, rotate })?;
        let done = signal::shielded(|| hold.finish_plan(direction, rotate, force))?;
        forget_pulls(hold)?;
        done
    };
    let left = done.passed.len() + done.refused.len();
    Ok(Undone {
        method: Method::Journal,
        restored: steps.len().saturating_sub(left) as u64,
        kept: done.passed,
        refused: done.refused,
        notes: std::mem::take(&mut hold.notes),
        redo: last.undo,
    })
}

/// What is there now is not what was pulled last.
fn forget_pulls(hold: &mut Hold) -> Result<(), Error> {
    let (_, home, _) = hold.state()?;
    catalogue::drop(home)
}

/// Whether what a step concerns is as the plan left it.
fn is_as_left(step: &Step, live: &Dir, back: Direction) -> bool {
    let path = step.path();
    let now = stat_at(live, path);
    let backward = back == Direction::Backward;
    match (step, now) {
        (Step::Install { old: None, .. }, None) if backward => true,
        (Step::Install { new, .. }, Some(now)) if backward => new.is_unchanged(&now),
        (Step::Install { old, .. }, now) if !backward => match (old, now) {
            (None, None) => true,
            (Some(old), Some(now)) => old.is_unchanged(&now),
            _ => false,
        },
        (Step::Remove { .. }, now) if backward => now.is_none(),
        (Step::Remove { old, .. } | Step::Touch { old, .. } | Step::Dir { old, .. }, Some(now)) => {
            old.is_object(&now)
        }
        _ => false,
    }
}

fn stat_at(root: &Dir, path: &Path) -> Option<Stat> {
    if path.as_os_str().is_empty() {
        return root.stat_self().ok();
    }
    let parent: PathBuf = path.parent().map(Path::to_owned).unwrap_or_default();
    root.open_beneath(&parent)
        .ok()?
        .try_stat(file_name(path))
        .ok()?
}
