//! One directory of the tree while it is worked on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::io::Errno;

use crate::stage::catalogue::Sums;
use crate::sys::{Dir, Stat, as_path};
use crate::tree::Scope;

use super::basis::Handles;
use super::extended::Sides;
use super::fake_super::Claim;
use super::likeness::Neighbours;
use super::sources::Origin;
use super::target::Place;
use super::transfer::Leftovers;

/// A directory of the transfer: where its entries come from and where changes to it go. Lives as long as
/// something below it is unfinished; the last one to finish gives the directory its final metadata.
pub(super) struct Node {
    /// The directory around it; `None` for the destination's root.
    pub parent: Option<Arc<Node>>,
    /// Path within the transfer; empty for the root.
    pub path: PathBuf,
    /// Where entries come from, the first wins. Empty for a directory that is only made.
    pub sources: Vec<Origin>,
    /// Whether all that is in it belongs to the transfer, so that other names may be removed.
    pub content: bool,
    /// Path at the destination, where it is another one: a link there leads elsewhere (`-K`).
    pub real: Option<PathBuf>,
    /// Why nothing can be made in it: a link that leads out of the destination stands for it.
    pub barred: Option<Errno>,
    /// The directory as it is at the destination now; `None` if there is none.
    pub live: Option<Dir>,
    /// Its metadata there.
    pub live_stat: Option<Stat>,
    /// The rules that hold in it at the destination, where names are to be deleted.
    pub guard: Scope,
    /// The directory as alternate directories have it.
    pub basis: Handles,
    /// Metadata to give it; `None` leaves a live one alone (the root of named sources, directories that
    /// are only on the way) and makes a missing one when its first entry is made.
    pub source_stat: Option<Stat>,
    /// What the directory at the destination claims to be, under `--fake-super`.
    pub claim: OnceLock<Box<Claim>>,
    /// ACLs and extended attributes, where they are kept.
    pub sides: OnceLock<Box<Sides>>,
    /// Whether names in it were made, replaced or removed.
    pub names_changed: AtomicBool,
    /// Whether anything at all in it, or of it, was changed in the target.
    pub touched: AtomicBool,
    /// Whether it gets its final metadata when names in it were removed at the end.
    pub ends_late: AtomicBool,
    /// Whether directories made in it inherit the set-group-id bit.
    pub gives_group: bool,
    /// Files that new ones may be like (`--fuzzy`).
    pub neighbours: Neighbours,
    /// Sums of files that came, for the catalogue.
    pub sums: Sums,
    place: OnceLock<Arc<Place>>,
    leftovers: OnceLock<Option<Leftovers>>,
    /// Jobs, subdirectories and awaited links that are not through.
    open: AtomicUsize,
}

impl Node {
    pub(super) fn new(
        parent: Option<Arc<Node>>,
        path: PathBuf,
        sources: Vec<Origin>,
        live: Option<(Dir, Stat)>,
        source_stat: Option<Stat>,
    ) -> Node {
        let (live, live_stat) = live.unzip();
        let inherits = parent.as_ref().is_some_and(|parent| parent.gives_group);
        let gives_group = live_stat.map_or(inherits, |stat| stat.mode & 0o2000 != 0);
        Node {
            parent,
            path,
            sources,
            content: false,
            real: None,
            barred: None,
            live,
            live_stat,
            guard: Scope::default(),
            basis: Handles::default(),
            source_stat,
            claim: OnceLock::new(),
            sides: OnceLock::new(),
            names_changed: AtomicBool::new(false),
            touched: AtomicBool::new(false),
            ends_late: AtomicBool::new(false),
            gives_group,
            neighbours: Neighbours::default(),
            sums: Sums::default(),
            place: OnceLock::new(),
            leftovers: OnceLock::new(),
            open: AtomicUsize::new(0),
        }
    }

    /// The same directory with what alternate directories have of it.
    pub(super) fn with_basis(mut self, basis: Handles) -> Node {
        self.basis = basis;
        self
    }

    /// Whether the directory is not at the destination yet.
    pub(super) fn fresh(&self) -> bool {
        self.live.is_none()
    }

    /// The source whose metadata are the directory's: the first of which all content takes part.
    pub(super) fn model(&self) -> Option<&Origin> {
        let content = |origin: &&Origin| origin.part.is_content();
        self.sources.iter().find(content).or(self.sources.first())
    }

    /// Its path at the destination, as it is made and changed there.
    pub(super) fn target_path(&self) -> &Path {
        self.real.as_deref().unwrap_or(&self.path)
    }

    /// The path at the destination of a name in this directory.
    pub(super) fn target_child(&self, name: &[u8]) -> PathBuf {
        self.target_path().join(as_path(name))
    }

    /// Whether it is made only when something in it is.
    pub(super) fn is_lazy(&self) -> bool {
        self.parent.is_some() && self.source_stat.is_none()
    }

    /// The path within the transfer of a name in this directory.
    pub(super) fn child(&self, name: &[u8]) -> PathBuf {
        self.path.join(as_path(name))
    }

    /// What earlier runs left of files of this directory, found once with `find`.
    pub(super) fn leftovers(&self, find: impl FnOnce() -> Option<Leftovers>) -> Option<&Leftovers> {
        self.leftovers.get_or_init(find).as_ref()
    }

    /// Where objects of this directory are made, found once with `find`.
    pub(super) fn place<E>(
        &self,
        find: impl FnOnce() -> Result<Place, E>,
    ) -> Result<Arc<Place>, E> {
        if let Some(place) = self.place.get() {
            return Ok(Arc::clone(place));
        }
        let found = Arc::new(find()?);
        Ok(Arc::clone(self.place.get_or_init(|| found)))
    }

    /// What is at the destination, or claims to be.
    pub(super) fn seen(&self) -> Option<&Stat> {
        match self.claim.get() {
            Some(claim) => Some(&claim.stat),
            None => self.live_stat.as_ref(),
        }
    }

    /// What a default ACL gives to the directory itself where it is made, as permission bits at most.
    pub(super) fn inherited(&self) -> Option<u32> {
        // Nothing is made around the root: it hands on what it was given.
        let giver = self.parent.as_deref().unwrap_or(self);
        giver.place.get().and_then(|place| place.inherited())
    }

    /// One more thing below has to finish before this directory can.
    pub(super) fn hold(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One thing below has finished; true for the last.
    pub(super) fn release(&self) -> bool {
        self.open.fetch_sub(1, Ordering::AcqRel) == 1
    }
}
