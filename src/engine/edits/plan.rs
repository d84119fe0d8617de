//! What a push does about each path.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::state::{Change, State, parent};
use super::tree::Edits;
use crate::sys::Kind;

/// What becomes of conflicts, and of what is corrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing: they are told.
    #[default]
    None,
    /// `--ours`: there becomes what is here.
    Ours,
    /// `--theirs`: here becomes what is there.
    Theirs,
    /// `--keep-both`: a version is kept beside the other, and what one side removed comes back.
    Both,
}

/// What is to be done, each part in the order of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Entries that are removed there.
    pub remove_there: BTreeSet<PathBuf>,
    /// Entries that are sent, each by itself.
    pub send: BTreeSet<PathBuf>,
    /// The same, with what is there kept beside them.
    pub send_beside: BTreeSet<PathBuf>,
    /// Entries that are removed here.
    pub remove_here: BTreeSet<PathBuf>,
    /// Entries that are fetched, each by itself.
    pub fetch: BTreeSet<PathBuf>,
    /// Entries that are the same on both sides by now.
    pub agreed: BTreeSet<PathBuf>,
    /// Entries that only there changed, and that stay so.
    pub kept: usize,
    /// Conflicts that are left: the path, and what was done here and there.
    pub conflicts: Vec<(PathBuf, Change, Change)>,
    /// Damaged files here that are left: the path, and what was done there, if anything.
    pub corrupt: Vec<(PathBuf, Option<Change>)>,
    /// Entries that were to be removed there and stay, since something else is in them.
    pub left: usize,
    /// Entries of which it is not known what the origin has.
    pub unknown: usize,
}

impl Plan {
    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.acted().next().is_none()
    }

    /// Takes out what was not done.
    pub fn leave_out(&mut self, undone: &BTreeSet<PathBuf>) {
        let stays = undone.intersection(&self.remove_there);
        // What lies in such a directory goes with it or not.
        let counts = |path: &&PathBuf| self.is_named(path) && !self.send.contains(*path);
        self.left += stays.filter(counts).count();
        for part in [
            &mut self.remove_there,
            &mut self.send,
            &mut self.send_beside,
            &mut self.remove_here,
            &mut self.fetch,
        ] {
            part.retain(|path| !undone.contains(path));
        }
    }

    /// Whether a path is a name of its own in a run: what lies in a directory that goes is not.
    #[must_use]
    pub fn is_named(&self, path: &Path) -> bool {
        let goes = |removed: &BTreeSet<PathBuf>| {
            removed.contains(path)
                && path
                    .ancestors()
                    .skip(1)
                    .any(|above| removed.contains(above))
        };
        !goes(&self.remove_there) && !goes(&self.remove_here)
    }

    /// Every path that something is done about, there or here.
    pub fn acted(&self) -> impl Iterator<Item = &PathBuf> {
        let parts = [
            &self.remove_there,
            &self.send,
            &self.send_beside,
            &self.remove_here,
            &self.fetch,
        ];
        parts.into_iter().flatten()
    }
}

impl Edits {
    /// What a push does, conflicts being settled so; `removes` tells whether it may remove what is gone here.
    #[must_use]
    pub fn plan(&self, settlement: Settlement, removes: bool) -> Plan {
        let mut plan = Plan::default();
        for (path, state) in self.states() {
            match state {
                State::Send(Change::Deleted) if !removes => {}
                State::Send(Change::Deleted) => drop(plan.remove_there.insert(path.to_owned())),
                State::Send(_) => drop(plan.send.insert(path.to_owned())),
                State::Keep(_) => plan.kept += 1,
                State::Agree => drop(plan.agreed.insert(path.to_owned())),
                State::Conflict { here, there } => {
                    if !self.settle(path, settlement, &mut plan) {
                        plan.conflicts.push((path.to_owned(), here, there));
                    }
                }
                State::Corrupt { there } => {
                    if !self.settle(path, settlement, &mut plan) {
                        plan.corrupt.push((path.to_owned(), there));
                    }
                }
                State::Wait { .. } => drop(self.settle(path, settlement, &mut plan)),
            }
        }
        self.complete(&mut plan, removes);
        plan
    }

    /// Settles a conflict, or what waits for one or is corrupt; tells whether it could.
    fn settle(&self, path: &Path, settlement: Settlement, plan: &mut Plan) -> bool {
        let path = path.to_owned();
        let (here, there) = (self.kind_here(&path), self.kind_there(&path));
        let into = match (settlement, here, there) {
            (Settlement::None, ..) => return false,
            (Settlement::Ours, Some(_), _) => &mut plan.send,
            (Settlement::Ours, None, _) => &mut plan.remove_there,
            (Settlement::Theirs, _, Some(_)) => &mut plan.fetch,
            (Settlement::Theirs, _, None) => &mut plan.remove_here,
            (Settlement::Both, Some(_), None) if self.has_way(&path, Edits::kind_there) => {
                &mut plan.send
            }
            (Settlement::Both, None, Some(_)) if self.has_way(&path, Edits::kind_here) => {
                &mut plan.fetch
            }
            (Settlement::Both, Some(here), Some(there))
                if here != Kind::Dir && there != Kind::Dir =>
            {
                &mut plan.send_beside
            }
            (Settlement::Both, ..) => return false,
        };
        into.insert(path);
        true
    }

    /// Whether nothing but directories is on the way to a path on one side.
    fn has_way(&self, path: &Path, kind: fn(&Edits, &Path) -> Option<Kind>) -> bool {
        let mut above = path.ancestors().skip(1);
        above.all(|above| kind(self, above).is_none_or(|kind| kind == Kind::Dir))
    }

    /// Adds the directories on the way to what is sent or fetched, and what has to make room; what cannot be
    /// removed whole stays, and without `removes` what has to make room, unless it is empty.
    fn complete(&self, plan: &mut Plan, removes: bool) {
        for path in plan.send.clone().iter().chain(&plan.send_beside) {
            let missing = self.missing(path, Edits::kind_there);
            plan.send.extend(missing.map(Path::to_owned));
        }
        for path in plan.fetch.clone() {
            let missing = self.missing(&path, Edits::kind_here);
            plan.fetch.extend(missing.map(Path::to_owned));
        }
        for path in &plan.send {
            let makes_room = self.kind_there(path) == Some(Kind::Dir);
            if removes && makes_room && self.kind_here(path) != Some(Kind::Dir) {
                let all = self.whole(path, Edits::kind_there);
                plan.remove_there.extend(all.map(Path::to_owned));
            }
        }
        for path in &plan.fetch {
            let makes_room = self.kind_here(path) == Some(Kind::Dir);
            if makes_room && self.kind_there(path) != Some(Kind::Dir) {
                let all = self.whole(path, Edits::kind_here);
                plan.remove_here.extend(all.map(Path::to_owned));
            }
        }
        self.keep_occupied(&mut plan.remove_there, Edits::kind_there);
        self.keep_occupied(&mut plan.remove_here, Edits::kind_here);
    }

    /// The directories on the way to a path that one side lacks.
    fn missing<'p>(
        &self,
        path: &'p Path,
        kind: fn(&Edits, &Path) -> Option<Kind>,
    ) -> impl Iterator<Item = &'p Path> {
        let above = std::iter::successors(parent(path), |above| parent(above));
        above.filter(move |above| kind(self, above) != Some(Kind::Dir))
    }

    /// A path and all that one side has below it.
    fn whole<'e>(
        &'e self,
        path: &'e Path,
        kind: fn(&Edits, &Path) -> Option<Kind>,
    ) -> impl Iterator<Item = &'e Path> {
        let below = self.below(path).map(|(path, _)| path.as_path());
        let all = std::iter::once(path).chain(below);
        all.filter(move |path| kind(self, path).is_some())
    }

    /// Takes out directories in which something stays.
    fn keep_occupied(
        &self,
        removed: &mut BTreeSet<PathBuf>,
        kind: fn(&Edits, &Path) -> Option<Kind>,
    ) {
        let mut occupied = BTreeSet::new();
        for dir in removed.iter() {
            let mut below = self.whole(dir, kind).skip(1);
            if below.any(|path| !removed.contains(path)) {
                occupied.insert(dir.clone());
            }
        }
        removed.retain(|path| !occupied.contains(path));
    }
}

/// The paths that lie in no other of them.
pub fn top_most(paths: &BTreeSet<PathBuf>) -> impl Iterator<Item = &PathBuf> {
    let mut top: Option<&PathBuf> = None;
    paths.iter().filter(move |path| {
        let is_below = top.is_some_and(|top| path.starts_with(top));
        if !is_below {
            top = Some(*path);
        }
        !is_below
    })
}
