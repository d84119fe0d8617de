//! A stage that can be written to: its directories are opened and closed, its changes recorded and planned.

use std::io;
use std::path::{Path, PathBuf};

use super::attrs;
use super::changes::Ident;
use super::layout::make_beneath;
use super::plan::{Mark, Step};
use super::policy::Method;
use super::run::{Place, Ready};
use super::survey::file_name;
use crate::sys::{self, Dir, Stat, lock, process, xattrs};
use crate::tree::{Lack, MetaChange};

impl Ready {
    /// Opens a directory of the next tree so that this user can change it.
    pub fn open_to_change(&self, path: &Path) -> io::Result<Dir> {
        let dir = match self.next.open_beneath(path) {
            // It came to live after the stage was levelled; the last look before the switch sees to it.
            Err(e) if e.kind() == io::ErrorKind::NotFound => make_beneath(&self.next, path)?,
            other => other?,
        };
        if process::is_root() {
            return Ok(dir);
        }
        let mode = dir.stat_self()?.mode;
        if mode & 0o700 != 0o700 {
            let mut opened = lock(&self.opened);
            opened.entry(path.to_owned()).or_insert(mode);
            dir.set_own_mode(mode | 0o700)?;
        }
        Ok(dir)
    }

    /// Under journal, a directory that stands for a live one: what is made in it gets from it what it would
    /// get there.
    pub(super) fn scaffold(&self, path: &Path) -> io::Result<Dir> {
        let live = self
            .live
            .as_ref()
            .and_then(|live| live.open_beneath(path).ok());
        if let Some(live) = &live
            && !live.is_writable()
            && live.stat_self()?.uid != process::uid()
        {
            // One's own is opened for the moment when the plan is carried out.
            return Err(rustix::io::Errno::ACCESS.into());
        }
        let dir = make_beneath(&self.next, path)?;
        let Some(live) = live else {
            return Ok(dir);
        };
        xattrs::copy_default_acl(live.as_file(), dir.as_file())?;
        let stat = live.stat_self()?;
        if stat.mode & 0o2000 != 0 {
            sys::set_owner(dir.as_file(), None, Some(stat.gid))?;
            dir.set_own_mode(0o2700)?;
        }
        Ok(dir)
    }

    /// Records a change of one path.
    pub fn record(&self, path: &Path, old: Option<&Stat>, new: Option<&Stat>) -> io::Result<()> {
        self.recorder
            .add(path, old.map(Ident::of), new.map(Ident::of))
    }

    /// Under journal, what was made in a directory that lives is installed one by one; what was made in
    /// a new directory comes with it.
    pub fn plan_install(
        &self,
        place: &Place,
        path: &Path,
        new: &Stat,
        old: Option<&Stat>,
    ) -> io::Result<()> {
        if self.method != Method::Journal || place.fresh {
            return Ok(());
        }
        self.plan.add(&Step::Install {
            path: path.to_owned(),
            new: Mark::of(new),
            old: old.map(Mark::of),
        })
    }

    /// Under journal, a new directory whose parent lives is installed once it is finished.
    pub fn plan_top(&self, path: &Path, dir: &Dir) -> io::Result<()> {
        let mut tops = lock(&self.tops);
        let Some(old) = tops.remove(path) else {
            return Ok(());
        };
        let (path, new) = (path.to_owned(), Mark::of(&dir.stat_self()?));
        self.plan.add(&Step::Install { path, new, old })
    }

    pub(super) fn plan_dir(
        &self,
        path: &Path,
        old: Option<&Stat>,
        change: &MetaChange,
    ) -> io::Result<()> {
        let Some(old) = old else {
            let mut root = lock(&self.root_change);
            *root = Some(change.clone());
            return Ok(());
        };
        let new = attrs::after(old, change);
        if Ident::of(&new) != Ident::of(old) {
            self.record(path, Some(old), Some(&new))?;
        }
        if *change == MetaChange::default() {
            return Ok(());
        }
        let (path, old, change) = (path.to_owned(), Mark::of(old), change.clone());
        self.plan.add(&Step::Dir { path, old, change })
    }

    /// Sets the metadata of a directory of the stage; returns what it will have, and what it lacks.
    pub(super) fn set_dir(
        &self,
        path: &Path,
        dir: &Dir,
        change: &MetaChange,
    ) -> io::Result<(Stat, Vec<Lack>)> {
        let mut opened = lock(&self.opened);
        let had = opened.remove(path);
        drop(opened);
        let mut change = change.clone();
        change.mode = change.mode.or(had);
        if !path.as_os_str().is_empty() {
            return self.set_subdir(path, dir, change);
        }
        // The root's mode comes last of all: it could keep the tree from being moved.
        let wanted = change.mode.unwrap_or(dir.stat_self()?.mode);
        let mut root_mode = lock(&self.root_mode);
        *root_mode = Some(wanted);
        change.mode = Some(wanted | 0o700);
        let lacks = attrs::apply_to_dir(dir, &change)?;
        let made = Stat {
            mode: wanted,
            ..dir.stat_self()?
        };
        Ok((made, lacks))
    }

    /// Sets the metadata of a directory that is not the root. One that would not let its owner in gets its
    /// mode after the last look at the stage.
    fn set_subdir(
        &self,
        path: &Path,
        dir: &Dir,
        mut change: MetaChange,
    ) -> io::Result<(Stat, Vec<Lack>)> {
        let waits = self.method == Method::Swap && !process::is_root();
        let mode = change.mode.filter(|mode| waits && mode & 0o500 != 0o500);
        let mut closing = lock(&self.closing);
        match mode {
            Some(mode) => {
                closing.insert(path.to_owned(), mode);
                change.mode = Some(mode | 0o700);
            }
            None => drop(closing.remove(path)),
        }
        drop(closing);
        let lacks = attrs::apply_to_dir(dir, &change)?;
        let made = dir.stat_self()?;
        let made = Stat {
            mode: mode.unwrap_or(made.mode),
            ..made
        };
        Ok((made, lacks))
    }

    /// Gives directories the modes that would have kept their owner out before; not those in `others`,
    /// which are as somebody else has them. Says whether there were any.
    pub fn close(&self, others: &[PathBuf]) -> io::Result<bool> {
        let mut closing = lock(&self.closing);
        let mut all: Vec<(PathBuf, u32)> = closing.drain().collect();
        // The deepest first: what is below one of them is out of reach afterwards.
        all.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (path, mode) in all.iter().filter(|(path, _)| !others.contains(path)) {
            match self.next.open_beneath(path) {
                Ok(dir) => dir.set_own_mode(*mode)?,
                // Others removed it meanwhile.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        Ok(!all.is_empty())
    }

    /// What an object will be once the changes that wait for it were made.
    pub(super) fn in_the_end(&self, stat: Stat) -> Stat {
        let waiting = lock(&self.waiting);
        match waiting.get(&stat.ino) {
            Some(change) => attrs::after(&stat, change),
            None => stat,
        }
    }

    /// Gives directories back the mode that they had, if nobody finished them.
    pub fn close_opened(&self) -> io::Result<()> {
        let mut opened = lock(&self.opened);
        let mut all: Vec<(PathBuf, u32)> = opened.drain().collect();
        all.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (path, mode) in all {
            if path.as_os_str().is_empty() {
                let mut root_mode = lock(&self.root_mode);
                root_mode.get_or_insert(mode);
            } else if let Ok(dir) = self.next.open_beneath(&path) {
                dir.set_own_mode(mode)?;
            }
        }
        Ok(())
    }

    /// A path of the next tree: in the stage, or, under journal, live.
    pub(super) fn find(&self, path: &Path) -> io::Result<(Dir, Vec<u8>)> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let name = file_name(path);
        let staged = self.next.open_beneath(parent);
        match (&self.live, self.method) {
            (Some(live), Method::Journal) => match staged {
                Ok(dir) if dir.try_stat(name)?.is_some() => Ok((dir, name.to_vec())),
                _ => Ok((live.open_beneath(parent)?, name.to_vec())),
            },
            _ => Ok((staged?, name.to_vec())),
        }
    }
}
