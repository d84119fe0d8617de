//! Carrying a removal out: a name and everything below it that no rule protects.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::sys::{Dir, Stat, lock};
use crate::tree::{Perishable, Scope};

use super::extraneous::{Candidate, names, sort};
use crate::engine::backup::Old;
use crate::engine::error::Error;
use crate::engine::event::{Event, Severity};
use crate::engine::filter::Asked;
use crate::engine::node::Node;
use crate::engine::run::not_deleted;
use crate::engine::target::{Fault, Target};
use crate::engine::worker::{Worker, check_stop};

/// Where a name lies that is to be removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// In a directory that stays.
    Top,
    /// In a directory that is to go as well.
    Below,
}

/// What became of a name that was to be removed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Removal {
    /// It goes, with all below it.
    Whole,
    /// It stays, or something below it does.
    Kept,
}

/// What became of a directory's content.
struct Emptied {
    /// Whether something stays.
    kept: bool,
    /// Whether backups of what went lie in it.
    has_backups: bool,
    /// Names that go whole. They are removed one by one where the directory around them stays.
    gone: Vec<(Box<[u8]>, Stat)>,
}

/// A directory of the destination in which names are removed.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub dir: &'p Dir,
    /// Its path within the transfer.
    pub path: &'p Path,
    /// The rules that hold in it.
    pub guard: &'p Scope,
}

impl Worker<'_> {
    /// Removes one name of a live directory with everything below it that no rule protects.
    pub(super) fn remove(
        &mut self,
        place: Place,
        name: &[u8],
        node: &Arc<Node>,
    ) -> Result<Removal, Error> {
        let Some((removal, stat)) = self.remove_below(place, name, Depth::Top)? else {
            return Ok(Removal::Kept);
        };
        if removal == Removal::Whole {
            node.touched.store(true, Relaxed);
            self.removed_top(place.path, name, &stat)?;
        }
        Ok(removal)
    }

    /// The directory at `name` is emptied so that something else can take its place.
    pub(in crate::engine) fn clear_way(
        &mut self,
        node: &Arc<Node>,
        name: &[u8],
    ) -> Result<bool, Error> {
        let Some(live) = &node.live else {
            return Ok(true);
        };
        let path = node.child(name);
        let child = match live.open_dir(name) {
            Ok(child) => child,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(&path), &e);
                return Ok(false);
            }
        };
        let emptied = self.empty(&child, &path, &node.guard)?;
        if emptied.kept || emptied.has_backups {
            self.remove_apart(&path, emptied)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Removes, as far as events and notes go, everything in a directory that no lasting rule protects.
    /// `outer` are the rules that hold around it.
    fn empty(&mut self, dir: &Dir, path: &Path, outer: &Scope) -> Result<Emptied, Error> {
        let mut emptied = Emptied {
            kept: false,
            has_backups: false,
            gone: Vec::new(),
        };
        let guard = self.enter(outer, dir, path)?;
        let listing = match dir.list() {
            Ok(listing) => listing,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(path), &e);
                emptied.kept = true;
                return Ok(emptied);
            }
        };
        self.run.tally.live(listing.len());
        let asked = Asked::of_receiver(&guard, Perishable::Ignored);
        let mut left: Vec<Candidate> = Vec::with_capacity(listing.len());
        for (name, is_dir) in names(dir, &listing) {
            if self.is_protected(asked, path, name, is_dir) {
                emptied.kept = true;
            } else {
                left.push((name.into(), is_dir));
            }
        }
        sort(&mut left);
        let guard = &guard;
        let place = Place { dir, path, guard };
        for (name, _) in left.into_iter().rev() {
            check_stop()?;
            if crate::stage::is_state(dir, &name) {
                self.tell_state_in_the_way(&path.join(crate::sys::as_path(&name)));
            }
            match self.remove_below(place, &name, Depth::Below)? {
                Some((Removal::Whole, stat)) => {
                    emptied.has_backups |= self.has_backup_in(path, &name, &stat);
                    emptied.gone.push((name, stat));
                }
                _ => emptied.kept = true,
            }
        }
        Ok(emptied)
    }

    /// The directory stays: what of its content goes, goes by itself.
    fn remove_apart(&mut self, path: &Path, emptied: Emptied) -> Result<(), Error> {
        for (name, stat) in emptied.gone {
            self.removed_top(path, &name, &stat)?;
        }
        Ok(())
    }

    /// State of another destination keeps a directory from going; nobody sees it otherwise.
    fn tell_state_in_the_way(&mut self, path: &Path) {
        let text = format!(
            "{} is the state of a destination, and is kept: see `resilver tidy`",
            crate::tree::shown(path)
        );
        self.tell(Event::Message {
            severity: Severity::Warning,
            text,
        });
    }

    /// Removes a name as far as events and notes go; `None` where it must stay.
    fn remove_below(
        &mut self,
        place: Place,
        name: &[u8],
        depth: Depth,
    ) -> Result<Option<(Removal, Stat)>, Error> {
        let dir = place.dir;
        let path = place.path.join(crate::sys::as_path(name));
        let stat = match dir.try_stat(name) {
            Ok(Some(stat)) => stat,
            Ok(None) => return Ok(None),
            Err(e) => {
                self.report_failure("delete_file: stat", &self.run.dest_path(&path), &e);
                return Ok(None);
            }
        };
        if crate::stage::is_state(dir, name) || (stat.is_dir() && self.is_elsewhere(&stat)) {
            return Ok(None);
        }
        let emptied = match stat.is_dir() {
            true => Some(self.empty_out(place, name, &path, &stat)?),
            false => None,
        };
        if emptied.as_ref().is_some_and(|emptied| emptied.kept) {
            self.not_empty(&path);
            // Within a directory that is to go rsync tries all the same: it counts, and fails.
            if depth == Depth::Below && self.may_delete() {
                self.not_empty(&path);
            }
            self.stays(&path, emptied)?;
            return Ok(Some((Removal::Kept, stat)));
        }
        if !self.may_delete() {
            self.stays(&path, emptied)?;
            return Ok(None);
        }
        if emptied.as_ref().is_some_and(|emptied| emptied.has_backups) {
            self.not_empty(&path);
            self.stays(&path, emptied)?;
            return Ok(Some((Removal::Kept, stat)));
        }
        let old = Old {
            dir,
            parent: place.path,
            name,
            stat: &stat,
            written_over: false,
        };
        if let Err(fault) = self.back_up_removed(old) {
            self.not_backed_up(&path, fault)?;
            return Ok(None);
        }
        if let Some(target) = self.run.target
            && let Err(fault) = self.remove_in(target, dir, &path, &stat)
        {
            self.settle_with(
                "delete_file: unlink",
                &self.run.dest_path(&path),
                fault,
                |e| not_deleted(&path, stat.is_dir(), e),
            )?;
            self.stays(&path, emptied)?;
            return Ok(None);
        }
        self.run.tally.deleted(stat.kind);
        if self.run.wants.deletions {
            self.tell(Event::Deleted {
                path,
                kind: stat.kind,
            });
        }
        Ok(Some((Removal::Whole, stat)))
    }

    /// Whether the backup of a name that went keeps the directory that it was in.
    fn has_backup_in(&self, path: &Path, name: &[u8], stat: &Stat) -> bool {
        let keeps = self.run.target.is_some() && !self.makes_room;
        let backup = self.run.backup.as_ref().filter(|_| keeps);
        backup.is_some_and(|backup| !stat.is_dir() && !backup.is_one(name) && backup.lies_in(path))
    }

    fn not_backed_up(&mut self, path: &Path, fault: Fault) -> Result<(), Error> {
        let shown = crate::tree::shown(path);
        let told = |e: &std::io::Error| Event::Message {
            severity: Severity::Error,
            text: format!(
                "delete_file: make_backup({shown}) failed: {}",
                crate::sys::reason(e)
            ),
        };
        self.settle_with("make_backup", &self.run.dest_path(path), fault, told)
    }

    fn remove_in(
        &self,
        target: &dyn Target,
        dir: &Dir,
        path: &Path,
        stat: &Stat,
    ) -> Result<(), Fault> {
        target.begin()?;
        target.remove_entry(dir, &self.run.at_target(path), stat)
    }

    fn stays(&mut self, path: &Path, emptied: Option<Emptied>) -> Result<(), Error> {
        emptied.map_or(Ok(()), |emptied| self.remove_apart(path, emptied))
    }

    fn empty_out(
        &mut self,
        place: Place,
        name: &[u8],
        path: &Path,
        stat: &Stat,
    ) -> Result<Emptied, Error> {
        let opened = match self.run.target {
            Some(target) => target.open_live(place.dir, name, stat),
            None => place.dir.open_dir(name),
        };
        match opened {
            Ok(child) => self.empty(&child, path, place.guard),
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(path), &e);
                Ok(Emptied {
                    kept: true,
                    has_backups: false,
                    gone: Vec::new(),
                })
            }
        }
    }

    /// Tells that a directory stays because something is left in it.
    pub(in crate::engine) fn not_empty(&mut self, path: &Path) {
        let text = format!(
            "cannot delete non-empty directory: {}",
            crate::tree::shown(path)
        );
        self.tell(Event::Message {
            severity: Severity::Notice,
            text,
        });
    }

    /// Whether `--max-delete` allows one more.
    fn may_delete(&self) -> bool {
        let allowed = self
            .run
            .options
            .deletion
            .max
            .is_none_or(|max| self.run.tally.deletions() < max);
        if !allowed {
            self.run.tally.deletion_skipped();
        }
        allowed
    }

    fn removed_top(&mut self, parent: &Path, name: &[u8], stat: &Stat) -> Result<(), Error> {
        let Some(target) = self.run.target else {
            return Ok(());
        };
        let parent = self.run.at_target(parent);
        let path: PathBuf = parent.join(crate::sys::as_path(name));
        if let Err(fault) = target.removed_whole(&parent, name, stat) {
            return self.settle("delete_file: unlink", &self.run.dest_path(&path), fault);
        }
        lock(&self.run.removed).push(path);
        Ok(())
    }
}
