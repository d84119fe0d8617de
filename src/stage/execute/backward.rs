//! The way back: what is in place goes to the stage again, and the old comes back.

use std::io;
use std::path::Path;

use super::Run;
use crate::stage::changes::Ident;
use crate::stage::layout::{kind_of, make_beneath};
use crate::stage::plan::Mark;
use crate::stage::survey::file_name;
use crate::stage::transfer::{
    Done, Spot, exchange, is_impossible, move_to, open_if_let, put_mode_back,
};
use crate::sys::{self, Dir, Kind, Stat, as_path};

impl Run<'_> {
    pub(super) fn uninstall(
        &mut self,
        path: &Path,
        new: &Mark,
        old: Option<&Mark>,
        dir: &Dir,
        name: &[u8],
    ) -> io::Result<Done> {
        let now = dir.try_stat(name)?;
        let kept = Spot::find(self.trees.previous, path)?;
        // What crossed file systems is known again by its likeness.
        let foreign = dir.stat_self()?.dev != self.trees.next.stat_self()?.dev;
        let same = |mark: &Mark, stat: &Stat| match foreign {
            true => mark.is_alike(stat),
            false => mark.is_object(stat),
        };
        let untouched = |now: &Stat| same(new, now) && new.is_alike(now);
        let back = |spot: &Spot| old.is_some_and(|old| same(old, &spot.stat));
        let in_place = |now: &Stat| old.is_some_and(|old| same(old, now));
        match now {
            Some(now) if in_place(&now) => {
                // The exchange was made; what was ours goes back to the stage.
                if let Some(spot) = kept.filter(|spot| same(new, &spot.stat)) {
                    if let Some(old) = old {
                        put_mode_back(dir, name, old)?;
                    }
                    self.unstage(&spot.dir, &spot.name, path)?;
                }
                return Ok(Done::Yes);
            }
            None if old.is_none() => return Ok(Done::Yes),
            // Somebody removed it since; unless a crash came between taking it away and bringing back
            // the old one.
            None if !self.trees.force && !self.was_unstaged(path, new)? => {
                return Ok(Done::PassedOver);
            }
            Some(now) if !untouched(&now) && !self.trees.force => {
                return Ok(Done::PassedOver);
            }
            _ => {}
        }
        sys::cut::point("execute.uninstall");
        let Some(spot) = kept.filter(back) else {
            if old.is_some() {
                // The old one is lost to us: what is there stays.
                return Ok(Done::PassedOver);
            }
            return self.take_away(path, dir, name);
        };
        let Some(now) = now else {
            move_to(&spot.dir, &spot.name, dir, name)?;
            return Ok(Done::Yes);
        };
        match exchange(&spot, dir, name, &now) {
            Ok(()) => {
                sys::cut::point("execute.unstage");
                self.unstage(&spot.dir, &spot.name, path)?;
            }
            Err(e) if is_impossible(&e) => {
                self.unstage(dir, name, path)?;
                move_to(&spot.dir, &spot.name, dir, name)?;
            }
            Err(e) => return Err(e),
        }
        Ok(Done::Yes)
    }

    /// Takes away what the run added; what others put into such a directory stays, with the
    /// directories it needs.
    fn take_away(&mut self, path: &Path, dir: &Dir, name: &[u8]) -> io::Result<Done> {
        let inner = match dir.stat(name)?.is_dir() && !self.trees.force {
            true => open_if_let(dir, name)?,
            false => None,
        };
        let theirs = match inner {
            Some(inner) if !self.is_all_ours(&inner, path)? => Some(inner),
            _ => None,
        };
        let Some(inner) = theirs else {
            self.unstage(dir, name, path)?;
            return Ok(Done::Yes);
        };
        for item in inner.list()?.iter() {
            let below = path.join(as_path(item.name));
            if kind_of(&inner, &item)? == Kind::Dir {
                self.take_away(&below, &inner, item.name)?;
            } else if self.is_made(&inner, item.name, &below)? {
                self.unstage(&inner, item.name, &below)?;
            } else {
                self.passed.push(below);
            }
        }
        Ok(Done::Yes)
    }

    fn is_made(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<bool> {
        let stat = dir.stat(name)?;
        Ok(matches!(self.trees.record.get(path), Some((_, Some(new))) if new == Ident::of(&stat)))
    }

    fn is_all_ours(&self, dir: &Dir, path: &Path) -> io::Result<bool> {
        for item in dir.list()?.iter() {
            let below = path.join(as_path(item.name));
            let ours = if kind_of(dir, &item)? == Kind::Dir {
                self.trees.record.get(&below).is_some()
                    && match open_if_let(dir, item.name)? {
                        Some(inner) => self.is_all_ours(&inner, &below)?,
                        None => true,
                    }
            } else {
                self.is_made(dir, item.name, &below)?
            };
            if !ours {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Moves an object back to the stage.
    fn unstage(&mut self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let stage = make_beneath(self.trees.next, parent)?;
        stage.remove_all(file_name(path))?;
        move_to(dir, name, &stage, file_name(path))
    }

    pub(super) fn restore(
        &mut self,
        path: &Path,
        old: &Mark,
        dir: &Dir,
        name: &[u8],
    ) -> io::Result<Done> {
        let Some(spot) = Spot::find(self.trees.previous, path)? else {
            return Ok(match dir.try_stat(name)? {
                Some(now) if old.is_object(&now) => Done::Yes,
                _ => Done::PassedOver,
            });
        };
        sys::cut::point("execute.restore");
        self.bring_back(&spot.dir, &spot.name, path, dir, name)
    }

    /// Brings a removed object back; a directory that lives (again) takes what it lacks.
    fn bring_back(
        &mut self,
        from: &Dir,
        from_name: &[u8],
        path: &Path,
        dir: &Dir,
        name: &[u8],
    ) -> io::Result<Done> {
        let Some(now) = dir.try_stat(name)? else {
            return match move_to(from, from_name, dir, name) {
                Ok(()) => Ok(Done::Yes),
                Err(e) => Err(e),
            };
        };
        if !now.is_dir() || !from.stat(from_name)?.is_dir() {
            return Ok(Done::PassedOver);
        }
        let (source, target) = (from.open_dir(from_name)?, dir.open_dir(name)?);
        for item in source.list()?.iter() {
            let below = path.join(as_path(item.name));
            if self.bring_back(&source, item.name, &below, &target, item.name)? == Done::PassedOver
            {
                self.passed.push(below);
            }
        }
        Ok(Done::Yes)
    }
}
