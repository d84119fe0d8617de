//! Backups (`-b`): what is replaced or removed is kept under another name, beside its place, in a directory
//! of the destination, or in one outside of it.
//!
//! What is kept within the destination is part of the new tree: a stage gives the old object a second name
//! there, so that it comes with the switch, and an undo takes it back. What is kept outside of it is written
//! down while a run stages, and kept right after the switch.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::stage::{self, BackupPlace};
use crate::sys::{Dir, Kind, Object, Stat, as_path, lock, process, stat_path, trusted};
use crate::tree::{MetaChange, give};

use super::error::Error;
use super::event::{Event, Report};
use super::node::Node;
use super::options::{Options, Writing};
use super::sources::{Destination, Part, Source};
use super::target::{Fault, Place, Target};
use super::worker::Worker;

/// Where backups go in this run.
#[derive(Debug)]
pub(super) struct Backup {
    suffix: Vec<u8>,
    /// The directory as typed.
    dir: Option<PathBuf>,
    ground: Ground,
    holders: Mutex<Holders>,
}

#[derive(Debug)]
enum Ground {
    /// Every backup lies beside what it is of.
    Beside,
    /// In this directory of the destination, relative to its root.
    Inside(PathBuf),
    /// In this directory.
    Outside(BackupPlace),
}

/// Directories that hold backups, by the path below the backup directory.
#[derive(Default)]
struct Holders {
    /// Within the destination, by their path there.
    inside: BTreeMap<PathBuf, Arc<Node>>,
    /// Attributes of those that were made, by the path of what they are of.
    made: BTreeMap<PathBuf, MetaChange>,
    /// The directory outside.
    outside: Option<Dir>,
}

impl std::fmt::Debug for Holders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holders")
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

/// What is to be kept: a live object that is no directory.
#[derive(Clone, Copy)]
pub(super) struct Old<'o> {
    /// The live directory that holds it, and its path within the transfer.
    pub dir: &'o Dir,
    pub parent: &'o Path,
    pub name: &'o [u8],
    pub stat: &'o Stat,
    /// Its content goes away from under it: a run in place writes into this object next.
    pub written_over: bool,
}

impl Backup {
    /// Finds out where backups go; `None` where none are made.
    ///
    /// # Errors
    /// The directory for them is something else.
    pub(super) fn open(
        options: &Options,
        destination: &Destination,
        found: &[Source],
        report: &dyn Report,
    ) -> Result<Option<Backup>, Error> {
        let Some(asked) = &options.backups else {
            return Ok(None);
        };
        let ground = match &asked.dir {
            None => Ground::Beside,
            Some(dir) => {
                let path = destination.beside(dir);
                stage::refuse_inside_state(&path)?;
                let there = trusted::check(&path).and_then(|()| stat_path(&path, true));
                let is_new = match there {
                    Ok(stat) if stat.is_dir() => false,
                    Err(e) if e.kind() == io::ErrorKind::NotFound => true,
                    Err(source) if source.kind() != io::ErrorKind::NotADirectory => {
                        let action = "open";
                        return Err(Error::File {
                            action,
                            path,
                            source,
                        });
                    }
                    _ => {
                        let dir = crate::tree::shown(dir);
                        return Err(Error::Unusable(format!(
                            "The backup-dir is not a directory: {dir}"
                        )));
                    }
                };
                if report.wants().backups {
                    report.event(Event::BackupDir {
                        dir: dir.clone(),
                        is_new,
                    });
                }
                match within(&destination.root, &path) {
                    Some(rel) if rel.as_os_str().is_empty() => Ground::Beside,
                    Some(rel) if !is_brought(&rel, found) => Ground::Inside(rel),
                    _ => Ground::Outside(BackupPlace {
                        path: std::path::absolute(&path).unwrap_or(path),
                        owner: options.preserve.owner && process::is_root(),
                        group: options.preserve.group && process::is_root(),
                    }),
                }
            }
        };
        Ok(Some(Backup {
            suffix: asked.suffix.as_bytes().to_vec(),
            dir: asked.dir.clone(),
            ground,
            holders: Mutex::default(),
        }))
    }

    fn holders(&self) -> MutexGuard<'_, Holders> {
        lock(&self.holders)
    }

    /// The path of a backup as it is told.
    fn told(&self, path: &Path) -> PathBuf {
        let path = with_suffix(path, &self.suffix);
        match &self.dir {
            Some(dir) => dir.join(path),
            None => path,
        }
    }

    /// Whether a name that is removed is a backup itself, which is not kept again.
    pub(super) fn is_one(&self, name: &[u8]) -> bool {
        self.dir.is_none() && name.ends_with(&self.suffix)
    }

    /// Whether what was kept of a directory's content lies in it.
    pub(super) fn lies_in(&self, path: &Path) -> bool {
        match &self.ground {
            Ground::Beside => true,
            Ground::Inside(base) => base.starts_with(path),
            Ground::Outside(_) => false,
        }
    }

    /// The final attributes of a directory whose backups lie in one that was made for them.
    pub(super) fn note_attributes(&self, path: &Path, change: impl FnOnce() -> MetaChange) {
        if let Some(noted) = self.holders().made.get_mut(path) {
            *noted = MetaChange {
                mtime: None,
                atime: None,
                xattrs: None,
                ..change()
            };
        }
    }

    /// Gives the directories that were made their attributes, the deepest first.
    pub(super) fn finish(&self, target: &dyn Target) -> Result<(), Fault> {
        let holders = std::mem::take(&mut *self.holders());
        for (path, node) in holders.inside.iter().rev() {
            let Ground::Inside(base) = &self.ground else {
                break;
            };
            let of = path.strip_prefix(base).unwrap_or(Path::new(""));
            let change = holders.made.get(of).filter(|_| node.fresh()).cloned();
            target.finish_dir(node, None, &change.unwrap_or_default())?;
        }
        let Some(outside) = holders.outside else {
            return Ok(());
        };
        for (path, change) in holders.made.iter().rev() {
            let dir = outside.open_beneath(path)?;
            give(Object::Open(dir.as_file()), Kind::Dir, change).map_err(|e| e.source)?;
        }
        Ok(())
    }
}

/// The path relative to the destination's root of what lies in it.
fn within(root: &Path, path: &Path) -> Option<PathBuf> {
    let relative = real(path)?.strip_prefix(real(root)?).ok()?.to_owned();
    Some(relative)
}

/// The real path of what need not be there: of its end only names are known.
fn real(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let mut end = PathBuf::new();
    for start in path.ancestors() {
        if let Ok(start) = start.canonicalize() {
            let plain = end.components().all(|c| matches!(c, Component::Normal(_)));
            return plain.then(|| start.join(&end));
        }
        end = Path::new(start.components().next_back()?.as_os_str()).join(&end);
    }
    None
}

/// Whether a source has something where backups go: then they are none of the stage's to make.
fn is_brought(rel: &Path, found: &[Source]) -> bool {
    let Some(first) = rel.components().next() else {
        return false;
    };
    let first = first.as_os_str().as_bytes();
    found.iter().any(|source| match &source.part {
        Part::Names(wanted) => wanted.get(first).is_some(),
        Part::Absent(_) => false,
        Part::Content | Part::Listed { .. } => source.seat.has(first),
    })
}

fn with_suffix(path: &Path, suffix: &[u8]) -> PathBuf {
    let mut bytes = path.as_os_str().as_bytes().to_vec();
    bytes.extend_from_slice(suffix);
    as_path(&bytes).to_owned()
}

impl Worker<'_> {
    /// Keeps what lives under a name that is about to be replaced, where that is asked for. Without its
    /// backup nothing is replaced: the run ends.
    pub(super) fn back_up(
        &mut self,
        node: &Arc<Node>,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Error> {
        let run = self.run;
        let (Some(backup), Some(target), Some(old), Some(dir)) =
            (&run.backup, run.target, old, &node.live)
        else {
            return Ok(());
        };
        if old.is_dir() {
            return Ok(());
        }
        let old = Old {
            dir,
            parent: &node.path,
            name,
            stat: old,
            written_over: run.options.content.writing != Writing::Anew && old.kind == Kind::File,
        };
        match self.keep_old(backup, target, old, Some(node)) {
            Ok(()) => Ok(()),
            Err(Fault::Fatal(e)) => Err(e),
            Err(fault) => Err(Error::Backup {
                path: run.dest_path(&node.child(name)),
                to: backup.told(&node.child(name)),
                source: fault.into_io(),
            }),
        }
    }

    /// Keeps what is about to be removed.
    pub(super) fn back_up_removed(&mut self, old: Old<'_>) -> Result<(), Fault> {
        match (&self.run.backup, self.run.target) {
            (Some(backup), Some(target))
                if !self.makes_room && !old.stat.is_dir() && !backup.is_one(old.name) =>
            {
                self.keep_old(backup, target, old, None)
            }
            _ => Ok(()),
        }
    }

    fn keep_old(
        &mut self,
        backup: &Backup,
        target: &dyn Target,
        old: Old<'_>,
        node: Option<&Arc<Node>>,
    ) -> Result<(), Fault> {
        let path = old.parent.join(as_path(old.name));
        target.begin()?;
        match &backup.ground {
            Ground::Outside(base) => {
                let to = with_suffix(&path, &backup.suffix);
                if !target.keep_outside(base, &path, &to)? {
                    let place = Place::live(
                        self.outside(backup, &base.path, old)?,
                        old.parent.to_path_buf(),
                    )?;
                    let name = [old.name, &backup.suffix].concat();
                    let there = place.dir().try_stat(&name)?;
                    target.keep(old, &place, &name, there.as_ref())?;
                }
            }
            ground => {
                let holder = match (ground, node) {
                    (Ground::Inside(base), _) => self.inside(backup, target, base, old.parent)?,
                    (_, Some(node)) => Arc::clone(node),
                    (_, None) => plain_node(old.parent, Some(old.dir.reopen()?))?,
                };
                self.keep_in(target, old, &holder, &[old.name, &backup.suffix].concat())?;
            }
        }
        if self.run.wants.backups {
            let to = backup.told(&path);
            self.tell(Event::BackedUp { path, to });
        }
        Ok(())
    }

    /// Keeps an object in a directory of the new tree.
    fn keep_in(
        &mut self,
        target: &dyn Target,
        old: Old<'_>,
        holder: &Arc<Node>,
        name: &[u8],
    ) -> Result<(), Fault> {
        let there = match &holder.live {
            Some(live) => live.try_stat(name)?,
            None => None,
        };
        if there.is_some_and(|there| there.same_object(old.stat)) {
            return Ok(());
        }
        if there.is_some_and(|there| there.is_dir()) && !self.make_room(holder, name)? {
            return Err(io::Error::from(io::ErrorKind::DirectoryNotEmpty).into());
        }
        let place = self.place(holder)?;
        holder.names_changed.store(true, Relaxed);
        target.keep(old, &place, name, there.as_ref())
    }

    /// A directory goes that has a backup's name, and nothing of it is kept.
    fn make_room(&mut self, holder: &Arc<Node>, name: &[u8]) -> Result<bool, Error> {
        self.makes_room = true;
        let cleared = self.clear_way(holder, name);
        self.makes_room = false;
        cleared
    }

    /// The directory for backups of what lies in `of`, within the destination.
    fn inside(
        &self,
        backup: &Backup,
        target: &dyn Target,
        base: &Path,
        of: &Path,
    ) -> Result<Arc<Node>, Fault> {
        let mut holders = backup.holders();
        let wanted = base.join(of);
        if let Some(node) = holders.inside.get(&wanted) {
            return Ok(Arc::clone(node));
        }
        let mut node = plain_node(Path::new(""), Dir::open(&self.run.destination.root).ok())?;
        for component in wanted.components() {
            let name = component.as_os_str().as_bytes();
            let path = node.child(name);
            if let Some(known) = holders.inside.get(&path) {
                node = Arc::clone(known);
                continue;
            }
            let there = match &node.live {
                Some(live) => live.try_stat(name)?,
                None => None,
            };
            let live = match (&node.live, there) {
                (Some(live), Some(stat)) if stat.is_dir() => Some(live.open_dir(name)?),
                _ => None,
            };
            if live.is_none() {
                target.make_dir(&*self.place(&node)?, name, there.as_ref())?;
                let of = path.strip_prefix(base).unwrap_or(Path::new(""));
                let change = self.attributes_of_holder(of);
                holders.made.entry(of.to_owned()).or_insert(change);
            }
            node = plain_node(&path, live)?;
            holders.inside.insert(path, Arc::clone(&node));
        }
        Ok(node)
    }

    /// The directory for backups of what lies beside `old`, outside of the destination.
    fn outside(&self, backup: &Backup, base: &Path, old: Old<'_>) -> io::Result<Dir> {
        let mut holders = backup.holders();
        if holders.outside.is_none() {
            holders.outside = Some(stage::open_backup_dir(base)?);
        }
        let mut path = PathBuf::new();
        let mut dir = match &holders.outside {
            Some(dir) => dir.reopen()?,
            None => Dir::open(base)?,
        };
        for component in old.parent.components() {
            let name = component.as_os_str().as_bytes();
            path.push(component);
            dir = match dir.open_dir(name) {
                Ok(child) => child,
                Err(_) => {
                    if dir.try_stat(name)?.is_some_and(|stat| !stat.is_dir()) {
                        dir.unlink(name)?;
                    }
                    dir.make_dir(name, 0o700)?;
                    let change = self.attributes_of_holder(&path);
                    holders.made.insert(path.clone(), change);
                    dir.open_dir(name)?
                }
            };
        }
        Ok(dir)
    }

    /// What a directory that is made for backups gets: what the one that they are of has.
    fn attributes_of_holder(&self, of: &Path) -> MetaChange {
        let planner = &self.run.planner;
        let root = Dir::open(&self.run.destination.root);
        let stat = match of.as_os_str().is_empty() {
            true => None,
            false => root
                .and_then(|root| root.open_beneath(of)?.stat_self())
                .ok(),
        };
        match stat {
            Some(stat) => MetaChange {
                mode: Some(stat.mode),
                uid: (planner.preserve.owner && planner.powers.gives_owner()).then_some(stat.uid),
                gid: (planner.preserve.group && planner.powers.gives_group(stat.gid))
                    .then_some(stat.gid),
                ..MetaChange::default()
            },
            None => MetaChange {
                mode: Some(0o777 & !planner.umask),
                ..MetaChange::default()
            },
        }
    }
}

/// A directory that takes no part in the transfer itself.
fn plain_node(path: &Path, live: Option<Dir>) -> io::Result<Arc<Node>> {
    let live = match live {
        Some(dir) => {
            let stat = dir.stat_self()?;
            Some((dir, stat))
        }
        None => None,
    };
    Ok(Arc::new(Node::new(
        None,
        path.to_owned(),
        Vec::new(),
        live,
        None,
    )))
}
