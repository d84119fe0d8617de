//! Carrying a plan out, forward or backward. Every step looks first whether it was done already, so that
//! a plan can be carried out again after a crash at any point; and whether its object is still the one it
//! was made for, so that nothing that somebody changed since is lost: such a step is passed over.
//!
//! Forward, what is staged goes from `next/` to its place and what was there to `previous/`; backward,
//! what is in place goes to `next/` again and the old comes back.

mod backward;

use std::io;
use std::path::{Path, PathBuf};

use super::changes::{Ident, Record};
use super::journal::Direction;
use super::layout::{kind_of, make_beneath};
use super::outcome::Refused;
use super::plan::{Mark, Step};
use super::survey::file_name;
use super::transfer::{
    BROUGHT, Done, Spot, bring, exchange, is_impossible, is_passable, is_refusal, move_to,
    put_mode_back, put_time_back, set_dir, touch,
};
use crate::sys::{self, Dir, Kind, as_path};

/// The trees that a plan moves objects between.
pub(super) struct Trees<'a> {
    pub live: &'a Dir,
    pub next: &'a Dir,
    pub previous: &'a Dir,
    /// What the run changed: tells what others put into directories that go.
    pub record: &'a Record,
    /// Take back also what somebody changed since.
    pub force: bool,
}

/// What came of carrying a plan out.
#[derive(Debug, Default)]
pub(super) struct Executed {
    /// Paths that were passed over, or of which others' parts stay.
    pub passed: Vec<PathBuf>,
    /// Paths whose change the system refused.
    pub refused: Vec<Refused>,
}

/// Carries out all steps.
pub(super) fn execute(
    steps: &[Step],
    direction: Direction,
    trees: &Trees<'_>,
) -> Result<Executed, (PathBuf, io::Error)> {
    let mut run = Run {
        trees,
        direction,
        passed: Vec::new(),
        refused: Vec::new(),
    };
    let (dir_steps, others): (Vec<&Step>, Vec<&Step>) = steps
        .iter()
        .partition(|step| matches!(step, Step::Dir { .. }));
    match direction {
        Direction::Forward => others.iter().try_for_each(|step| run.step(step))?,
        Direction::Backward => others.iter().rev().try_for_each(|step| run.step(step))?,
    }
    // Directories last, the deepest first: the steps above move their times, and their new modes may
    // shut us out.
    let mut dirs = dir_steps;
    dirs.sort_by(|a, b| b.path().cmp(a.path()));
    for step in dirs {
        run.step(step)?;
    }
    run.passed.sort_unstable();
    run.passed.dedup();
    Ok(Executed {
        passed: run.passed,
        refused: run.refused,
    })
}

struct Run<'a> {
    trees: &'a Trees<'a>,
    direction: Direction,
    passed: Vec<PathBuf>,
    refused: Vec<Refused>,
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<(), (PathBuf, io::Error)> {
        let path = step.path();
        match self.within(path, |run, dir, name| run.try_step(step, dir, name)) {
            Ok(Done::Yes) => Ok(()),
            Ok(Done::Lacking(errno)) => {
                let path = path.to_owned();
                self.refused.push(Refused { path, errno });
                Ok(())
            }
            Ok(Done::PassedOver) => {
                self.passed.push(path.to_owned());
                Ok(())
            }
            Err(e) if is_passable(&e) => {
                self.passed.push(path.to_owned());
                Ok(())
            }
            Err(e) if is_refusal(&e) => {
                self.refused.push(Refused::new(path, &e));
                Ok(())
            }
            Err(e) => Err((path.to_owned(), e)),
        }
    }

    /// Runs an action in the live directory that holds a path, which is opened to this user for the
    /// moment where it must be.
    fn within(
        &mut self,
        path: &Path,
        mut action: impl FnMut(&mut Self, &Dir, &[u8]) -> io::Result<Done>,
    ) -> io::Result<Done> {
        if path.as_os_str().is_empty() {
            return action(self, self.trees.live, b"");
        }
        let parent = path.parent().unwrap_or(Path::new(""));
        let dir = match self.trees.live.open_beneath(parent) {
            Ok(dir) => dir,
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(Done::PassedOver);
            }
            Err(e) => return Err(e),
        };
        match action(self, &dir, file_name(path)) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                let mode = dir.stat_self()?.mode;
                if mode & 0o700 == 0o700 || dir.set_own_mode(mode | 0o700).is_err() {
                    return Err(e);
                }
                let done = action(self, &dir, file_name(path));
                dir.set_own_mode(mode)?;
                done
            }
            done => done,
        }
    }

    fn try_step(&mut self, step: &Step, dir: &Dir, name: &[u8]) -> io::Result<Done> {
        let done = self.carry_out(step, dir, name)?;
        if done == Done::Yes {
            self.put_times_back(step, dir, name)?;
        }
        Ok(done)
    }

    /// Gives the directories that a step moved the times that they had.
    fn put_times_back(&self, step: &Step, dir: &Dir, name: &[u8]) -> io::Result<()> {
        let (path, new, old) = match step {
            Step::Install { path, new, old } => (path, Some(new), old.as_ref()),
            Step::Remove { path, old } => (path, None, Some(old)),
            Step::Touch { .. } | Step::Dir { .. } => return Ok(()),
        };
        let marks = [new, old].into_iter().flatten();
        for mark in marks.filter(|mark| mark.kind == Kind::Dir) {
            put_time_back(dir, name, mark)?;
            for tree in [self.trees.next, self.trees.previous] {
                if let Some(spot) = Spot::find(tree, path)? {
                    put_time_back(&spot.dir, &spot.name, mark)?;
                }
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, step: &Step, dir: &Dir, name: &[u8]) -> io::Result<Done> {
        let forward = self.direction == Direction::Forward;
        match step {
            Step::Install { path, new, old } if forward => {
                self.install(path, new, old.as_ref(), dir, name)
            }
            Step::Install { path, new, old } => self.uninstall(path, new, old.as_ref(), dir, name),
            Step::Remove { path, old } if forward => self.remove(path, old, dir, name),
            Step::Remove { path, old } => self.restore(path, old, dir, name),
            Step::Touch { old, change, .. } => touch(old, change, forward, dir, name),
            Step::Dir { old, change, .. } => set_dir(old, change, forward, dir, name),
        }
    }

    fn install(
        &mut self,
        path: &Path,
        new: &Mark,
        old: Option<&Mark>,
        dir: &Dir,
        name: &[u8],
    ) -> io::Result<Done> {
        let now = dir.try_stat(name)?;
        let staged = Spot::find(self.trees.next, path)?;
        let waits = staged
            .as_ref()
            .is_some_and(|spot| new.is_object(&spot.stat));
        match now {
            Some(now) if new.is_object(&now) || (!waits && new.is_alike(&now)) => {
                // In place already; the old one may not be where it belongs yet.
                put_mode_back(dir, name, new)?;
                if let Some(spot) = staged {
                    if let Some(old) = old.filter(|old| old.is_object(&spot.stat)) {
                        put_mode_back(&spot.dir, &spot.name, old)?;
                    }
                    self.stash(&spot.dir, &spot.name, path)?;
                }
                let _ = dir.remove_all(BROUGHT);
                return Ok(Done::Yes);
            }
            Some(now) if !old.is_some_and(|old| old.is_unchanged(&now)) => {
                return Ok(Done::PassedOver);
            }
            _ => {}
        }
        let Some(spot) = staged.filter(|_| waits) else {
            return Ok(Done::PassedOver);
        };
        sys::cut::point("execute.install");
        let Some(now) = now else {
            bring(&spot, dir, |from, from_name| {
                from.rename_new(from_name, dir, name)
            })?;
            put_mode_back(dir, name, new)?;
            return Ok(Done::Yes);
        };
        match exchange(&spot, dir, name, &now) {
            Ok(()) => {
                sys::cut::point("execute.stash");
                put_mode_back(dir, name, new)?;
                self.stash(&spot.dir, &spot.name, path)?;
                Ok(Done::Yes)
            }
            Err(e) if is_impossible(&e) => self.replace_without_exchange(&spot, path, dir, name),
            Err(e) => Err(e),
        }
    }

    /// Where the file system cannot exchange: the old object gets its place in `previous/` first.
    fn replace_without_exchange(
        &mut self,
        spot: &Spot,
        path: &Path,
        dir: &Dir,
        name: &[u8],
    ) -> io::Result<Done> {
        let keep = self.keep_place(path)?;
        let old = dir.stat(name)?;
        let linked = !old.is_dir() && dir.link(name, &keep, file_name(path)).is_ok();
        if !linked {
            sys::cut::point("execute.away");
            move_to(dir, name, &keep, file_name(path))?;
        }
        sys::cut::point("execute.in");
        bring(spot, dir, |from, from_name| {
            from.rename(from_name, dir, name)
        })
    }

    /// The directory of `previous/` in which a path has its place, the place being free.
    fn keep_place(&self, path: &Path) -> io::Result<Dir> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let keep = make_beneath(self.trees.previous, parent)?;
        keep.remove_all(file_name(path))?;
        Ok(keep)
    }

    /// Moves what was replaced to `previous/`; names it where somebody was quicker than the last look.
    fn stash(&mut self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        let keep = self.keep_place(path)?;
        move_to(dir, name, &keep, file_name(path))?;
        let kept = keep.stat(file_name(path))?;
        if kept.is_dir() {
            if let Ok(kept) = keep.open_dir(file_name(path)) {
                self.name_strangers(&kept, path)?;
            }
            return Ok(());
        }
        let was = self.trees.record.get(path).and_then(|(old, _)| old);
        if was.is_some_and(|was| was != Ident::of(&kept)) {
            self.passed.push(path.to_owned());
        }
        Ok(())
    }

    /// Names what others put into a directory before it went as a whole.
    fn name_strangers(&mut self, dir: &Dir, path: &Path) -> io::Result<()> {
        for item in dir.list()?.iter() {
            let below = path.join(as_path(item.name));
            match self.trees.record.get(&below) {
                None => self.passed.push(below),
                Some(_) if kind_of(dir, &item)? == Kind::Dir => {
                    self.name_strangers(&dir.open_dir(item.name)?, &below)?;
                }
                Some((old, _)) => {
                    if old != Some(Ident::of(&dir.stat(item.name)?)) {
                        self.passed.push(below);
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether what a plan had installed was moved back to the stage.
    fn was_unstaged(&self, path: &Path, new: &Mark) -> io::Result<bool> {
        let back = Spot::find(self.trees.next, path)?;
        Ok(back.is_some_and(|spot| new.is_alike(&spot.stat)))
    }

    fn remove(&mut self, path: &Path, old: &Mark, dir: &Dir, name: &[u8]) -> io::Result<Done> {
        let Some(now) = dir.try_stat(name)? else {
            return Ok(Done::Yes);
        };
        if !old.is_object(&now) || (!now.is_dir() && !old.is_unchanged(&now)) {
            return Ok(Done::PassedOver);
        }
        sys::cut::point("execute.remove");
        if !now.is_dir() || self.was_all_known(&dir.open_dir(name)?, path)? {
            self.stash(dir, name, path)?;
            return Ok(Done::Yes);
        }
        // Others put something into it meanwhile: what was there goes piece by piece, theirs stays.
        let inner = dir.open_dir(name)?;
        for item in inner.list()?.iter() {
            let below = path.join(as_path(item.name));
            let stat = inner.stat(item.name)?;
            match self.trees.record.get(&below) {
                Some((Some(old), None)) if stat.is_dir() || old == Ident::of(&stat) => {
                    if self.remove(&below, &Mark::of(&stat), &inner, item.name)? == Done::PassedOver
                    {
                        self.passed.push(below);
                    }
                }
                _ => self.passed.push(below),
            }
        }
        Ok(Done::Yes)
    }

    fn was_all_known(&self, dir: &Dir, path: &Path) -> io::Result<bool> {
        for item in dir.list()?.iter() {
            let below = path.join(as_path(item.name));
            let known = match self.trees.record.get(&below) {
                Some((Some(_), None)) if kind_of(dir, &item)? == Kind::Dir => {
                    self.was_all_known(&dir.open_dir(item.name)?, &below)?
                }
                Some((Some(old), None)) => old == Ident::of(&dir.stat(item.name)?),
                _ => false,
            };
            if !known {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
