//! Removing what the source does not have.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;

use crate::sys::{Dir, Listing, Stat};
use crate::tree::{Perishable, Scope};

use super::batch::Batch;
use super::error::Error;
use super::event::{Event, Severity};
use super::filter::Asked;
use super::node::{Node, Part};
use super::run::not_deleted;
use super::target::{Fault, Target};
use super::worker::{Worker, check_stop};

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
enum Removal {
    /// It goes, with all below it.
    Whole,
    /// It stays, or something below it does.
    Kept,
}

/// A directory of the destination in which names are removed.
#[derive(Clone, Copy)]
struct Place<'p> {
    dir: &'p Dir,
    /// Its path within the transfer.
    path: &'p Path,
    /// The rules that hold in it.
    guard: &'p Scope,
}

impl Worker<'_> {
    /// Removes what this directory has at the destination and the batch does not.
    pub(super) fn remove_extraneous(
        &mut self,
        node: &Arc<Node>,
        batch: &Batch,
    ) -> Result<(), Error> {
        // A directory that could not be opened has no sources; deletion is blocked by then.
        let content = node.sources.is_empty()
            || node
                .sources
                .iter()
                .any(|origin| origin.part == Part::Content);
        let wanted = self.run.options.deletion.enabled && content;
        if !wanted || self.deletion_is_blocked() {
            return Ok(());
        }
        let Some(live) = &node.live else {
            return Ok(());
        };
        let listing = match live.list() {
            Ok(listing) => listing,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(&node.path), &e);
                return Ok(());
            }
        };
        self.run.tally.live(listing.len());
        let place = Place {
            dir: live,
            path: &node.path,
            guard: &node.guard,
        };
        let extra = self.extraneous(node, place, &listing, batch);
        for (name, _) in extra.into_iter().rev() {
            if self.remove(place, &name, node)? == Removal::Whole {
                node.names_changed.store(true, Relaxed);
            }
        }
        Ok(())
    }

    /// Names that are not in the batch and that no rule protects, in rsync's order, with whether each is a
    /// directory.
    fn extraneous(
        &mut self,
        node: &Node,
        place: Place,
        listing: &Listing,
        batch: &Batch,
    ) -> Vec<(Vec<u8>, bool)> {
        let renamed = |name: &[u8]| {
            node.parent.is_none()
                && self
                    .run
                    .destination
                    .rename
                    .as_deref()
                    .is_some_and(|r| r == name)
        };
        let asked = Asked::of_receiver(place.guard, Perishable::Counts);
        let mut extra = Vec::new();
        for (name, is_dir) in names(place.dir, listing) {
            let wanted = batch.has(name) || renamed(name);
            // What is wanted is asked about only for the telling.
            let protected = (!wanted || self.run.wants.skips)
                && self.is_protected(asked, place.path, name, is_dir);
            if !wanted && !protected {
                extra.push((name.to_vec(), is_dir));
            }
        }
        sort(&mut extra);
        extra
    }

    /// After an error in listing the source nothing is deleted on its word; said once.
    fn deletion_is_blocked(&mut self) -> bool {
        if !self.run.tally.list_error() {
            return false;
        }
        if self.run.tally.first_blocked_deletion() {
            let text = "IO error encountered -- skipping file deletion".to_owned();
            self.tell(Event::Message {
                severity: Severity::Notice,
                text,
            });
        }
        true
    }

    /// Removes one name of a live directory with everything below it that no rule protects.
    fn remove(&mut self, place: Place, name: &[u8], node: &Arc<Node>) -> Result<Removal, Error> {
        let Some((removal, stat)) = self.remove_below(place, name, Depth::Top)? else {
            return Ok(Removal::Kept);
        };
        if removal == Removal::Whole {
            self.removed_top(node, place.path, name, &stat)?;
        }
        Ok(removal)
    }

    /// The directory at `name` is emptied so that something else can take its place.
    pub(super) fn clear_way(
        &mut self,
        node: &Arc<Node>,
        name: &[u8],
        old: &Stat,
    ) -> Result<bool, Error> {
        let Some(live) = &node.live else {
            return Ok(true);
        };
        let child = match live.open_dir(name) {
            Ok(child) => child,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(&node.child(name)), &e);
                return Ok(false);
            }
        };
        let _ = old;
        let path = node.child(name);
        Ok(self.remove_content(&child, &path, &node.guard, node)? == Removal::Whole)
    }

    /// Removes everything in a directory that no lasting rule protects; tops that go whole although the
    /// directory stays are removed. `outer` are the rules that hold around it.
    fn remove_content(
        &mut self,
        dir: &Dir,
        path: &Path,
        outer: &Scope,
        node: &Arc<Node>,
    ) -> Result<Removal, Error> {
        let guard = self.enter(outer, dir, path)?;
        let listing = match dir.list() {
            Ok(listing) => listing,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(path), &e);
                return Ok(Removal::Kept);
            }
        };
        self.run.tally.live(listing.len());
        let asked = Asked::of_receiver(&guard, Perishable::Ignored);
        let mut gone = Vec::new();
        let mut kept = false;
        let mut left: Vec<(Vec<u8>, bool)> = Vec::with_capacity(listing.len());
        for (name, is_dir) in names(dir, &listing) {
            if self.is_protected(asked, path, name, is_dir) {
                kept = true;
            } else {
                left.push((name.to_vec(), is_dir));
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
                Some((Removal::Whole, stat)) => gone.push((name, stat)),
                _ => kept = true,
            }
        }
        if !kept {
            return Ok(Removal::Whole);
        }
        for (name, stat) in gone {
            self.removed_top(node, path, &name, &stat)?;
        }
        Ok(Removal::Kept)
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
        if crate::stage::is_state(dir, name) {
            return Ok(None);
        }
        if stat.is_dir() && self.empty_out(place, name, &path, &stat)? == Removal::Kept {
            self.not_empty(&path);
            // Within a directory that is to go rsync tries all the same: it counts, and fails.
            if depth == Depth::Below && self.may_delete() {
                self.not_empty(&path);
            }
            return Ok(Some((Removal::Kept, stat)));
        }
        if !self.may_delete() {
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

    fn remove_in(
        &self,
        target: &dyn Target,
        dir: &Dir,
        path: &Path,
        stat: &Stat,
    ) -> Result<(), Fault> {
        target.begin()?;
        target.remove_entry(dir, path, stat)
    }

    fn empty_out(
        &mut self,
        place: Place,
        name: &[u8],
        path: &Path,
        stat: &Stat,
    ) -> Result<Removal, Error> {
        let opened = match self.run.target {
            Some(target) => target.open_live(place.dir, name, stat),
            None => place.dir.open_dir(name),
        };
        match opened {
            Ok(child) => {
                let node = Arc::new(Node::new(None, path.to_owned(), Vec::new(), None, None));
                self.remove_content(&child, path, place.guard, &node)
            }
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(path), &e);
                Ok(Removal::Kept)
            }
        }
    }

    /// Tells that a directory stays because something is left in it.
    pub(super) fn not_empty(&mut self, path: &Path) {
        let text = format!(
            "cannot delete non-empty directory: {}",
            crate::tree::shown(path)
        );
        self.tell(Event::Message {
            severity: Severity::Notice,
            text,
        });
    }

    fn is_protected(&mut self, asked: Asked, parent: &Path, name: &[u8], is_dir: bool) -> bool {
        let filter = self.run.filter;
        let mut events = Vec::new();
        let protected = filter.excludes(asked, parent, name, is_dir, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        protected
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

    fn removed_top(
        &mut self,
        node: &Arc<Node>,
        parent: &Path,
        name: &[u8],
        stat: &Stat,
    ) -> Result<(), Error> {
        node.touched.store(true, Relaxed);
        let Some(target) = self.run.target else {
            return Ok(());
        };
        let path: PathBuf = parent.join(crate::sys::as_path(name));
        if let Err(fault) = target.removed_whole(parent, name, stat) {
            return self.settle("delete_file: unlink", &self.run.dest_path(&path), fault);
        }
        self.run
            .removed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(path);
        Ok(())
    }
}

/// The names of a listing, with whether each is a directory.
fn names<'l>(dir: &Dir, listing: &'l Listing) -> impl Iterator<Item = (&'l [u8], bool)> {
    listing.iter().map(move |listed| {
        let is_dir = match listed.kind {
            Some(kind) => kind == crate::sys::Kind::Dir,
            None => dir.stat(listed.name).is_ok_and(|s| s.is_dir()),
        };
        (listed.name, is_dir)
    })
}

/// rsync's order: names that are not directories first, each group by bytes.
fn sort(names: &mut [(Vec<u8>, bool)]) {
    names.sort_unstable_by(|(a, a_dir), (b, b_dir)| {
        crate::tree::compare_names((a, *a_dir), (b, *b_dir))
    });
}
