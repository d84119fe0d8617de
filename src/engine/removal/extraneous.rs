//! What a directory of the destination has and the source does not.

use std::path::Path;

use crate::sys::{Dir, Kind, Listing};
use crate::tree::{Perishable, compare_names};

use super::carry_out::Place;
use crate::engine::batch::Batch;
use crate::engine::filter::Asked;
use crate::engine::node::Node;
use crate::engine::worker::Worker;

impl Worker<'_> {
    /// Names that are not in the batch and that no rule protects, in rsync's order; `None` where the
    /// directory cannot be read, which is told.
    pub(super) fn extraneous(
        &mut self,
        node: &Node,
        place: Place,
        batch: &Batch,
    ) -> Option<Vec<Candidate>> {
        let asked = Asked::of_receiver(place.guard, Perishable::Counts);
        self.candidates(node, place, batch, |worker, name, is_dir| {
            !worker.is_protected(asked, place.path, name, is_dir)
        })
    }

    /// Names that are not in the batch and that `goes` takes, in rsync's order. It is asked, as rsync asks, in
    /// the order of the listing.
    pub(super) fn candidates(
        &mut self,
        node: &Node,
        place: Place,
        batch: &Batch,
        goes: impl Fn(&mut Self, &[u8], bool) -> bool,
    ) -> Option<Vec<Candidate>> {
        let listing = match place.dir.list() {
            Ok(listing) => listing,
            Err(e) => {
                self.report_failure("opendir", &self.run.dest_path(place.path), &e);
                return None;
            }
        };
        self.run.tally.live(listing.len());
        let renamed = match node.parent {
            None => self.run.destination.rename.as_deref(),
            Some(_) => None,
        };
        let mut candidates = Vec::new();
        for (name, is_dir) in names(place.dir, &listing) {
            if batch.has(name) || renamed == Some(name) {
                self.ask_for_the_telling(place, name, is_dir);
            } else if goes(self, name, is_dir) {
                candidates.push((name.into(), is_dir));
            }
        }
        sort(&mut candidates);
        Some(candidates)
    }

    /// Those that no rule protects by now.
    pub(super) fn unprotected(
        &mut self,
        place: Place,
        mut candidates: Vec<Candidate>,
    ) -> Vec<Candidate> {
        let asked = Asked::of_receiver(place.guard, Perishable::Counts);
        candidates.retain(|(name, is_dir)| !self.is_protected(asked, place.path, name, *is_dir));
        candidates
    }

    /// rsync asks the rules about names that stay, too; somebody may want to hear it.
    fn ask_for_the_telling(&mut self, place: Place, name: &[u8], is_dir: bool) {
        if self.run.wants.skips {
            let asked = Asked::of_receiver(place.guard, Perishable::Counts);
            self.is_protected(asked, place.path, name, is_dir);
        }
    }

    pub(in crate::engine) fn is_protected(
        &mut self,
        asked: Asked,
        parent: &Path,
        name: &[u8],
        is_dir: bool,
    ) -> bool {
        let filter = self.run.filter;
        let mut events = Vec::new();
        let protected = filter.excludes(asked, parent, name, is_dir, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        protected
    }
}

/// A name that may have to go, and whether it is a directory.
pub(super) type Candidate = (Box<[u8]>, bool);

/// The names of a listing, with whether each is a directory.
pub(super) fn names<'l>(dir: &Dir, listing: &'l Listing) -> impl Iterator<Item = (&'l [u8], bool)> {
    listing.iter().map(move |listed| {
        let is_dir = match listed.kind {
            Some(kind) => kind == Kind::Dir,
            None => dir.stat(listed.name).is_ok_and(|s| s.is_dir()),
        };
        (listed.name, is_dir)
    })
}

/// rsync's order: names that are not directories first, each group by bytes.
pub(super) fn sort(names: &mut [Candidate]) {
    names.sort_unstable_by(|(a, a_dir), (b, b_dir)| compare_names((a, *a_dir), (b, *b_dir)));
}
