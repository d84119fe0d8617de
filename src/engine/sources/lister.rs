//! Which entries of a directory take part.

use std::io;
use std::path::{Path, PathBuf};

use super::wanted::{Found, Wish};
use super::{Origin, Part, Seat};
use crate::engine::batch::Batch;
use crate::engine::error::Error;
use crate::engine::event::Event;
use crate::engine::filter::{Asked, Filter};
use crate::engine::options::Options;
use crate::engine::select::Boundary;
use crate::engine::survey::FileId;
use crate::sys::{Dir, Kind, Listing, Stat, as_path};
use crate::tree::{MUNGED, is_unsafe_link};

/// Chooses entries, with everything that stays the same over a run.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Lister<'l> {
    pub options: &'l Options,
    pub filter: Filter<'l>,
    /// The destination's root, which is never part of its own source.
    pub own_root: Option<FileId>,
}

/// What is worth telling about an entry while it is chosen; paths are within the transfer.
pub(in crate::engine) enum Note {
    /// What a rule decided, or what is wrong with one.
    Rule(Event),
    /// Rules make no sense: the run ends.
    Fatal(Error),
    /// A link that is to be followed leads nowhere.
    NoReferent { operand: usize, path: PathBuf },
    /// A link is followed because it leads out of the transfer.
    Followed { path: PathBuf, target: PathBuf },
    /// A mount point that does not take part.
    MountPoint { path: PathBuf },
    /// A directory that is gone, or never was, if names below were given as missing.
    Vanished {
        operand: usize,
        path: PathBuf,
        never_was: bool,
    },
    /// A directory that cannot be opened.
    Closed {
        operand: usize,
        path: PathBuf,
        error: io::Error,
    },
}

/// A name as it takes part.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Seen {
    pub stat: Stat,
    /// It is a symbolic link, and `stat` tells of what it leads to.
    pub followed: bool,
}

/// Why a name could not be looked at.
#[derive(Debug)]
pub(in crate::engine) enum Unseen {
    /// The system's reason.
    Error(io::Error),
    /// It is a link that is to be followed and leads nowhere.
    NoReferent,
}

impl From<io::Error> for Unseen {
    fn from(e: io::Error) -> Unseen {
        Unseen::Error(e)
    }
}

impl<'l> Lister<'l> {
    /// Before the destination is known, and telling nobody.
    pub(in crate::engine) fn quiet(options: &'l Options) -> Lister<'l> {
        Lister {
            options,
            filter: Filter::new(options, false),
            own_root: None,
        }
    }

    /// The same, telling nobody of rules.
    pub(in crate::engine) fn telling_nobody(self) -> Lister<'l> {
        Lister {
            filter: self.filter.quiet(),
            ..self
        }
    }

    /// Lists a directory, `path` within the transfer.
    ///
    /// # Errors
    /// The number of the source that could not be listed, and the system's reason.
    pub(in crate::engine) fn batch(
        &self,
        path: &Path,
        sources: &[Origin],
        note: &mut dyn FnMut(Note),
    ) -> Result<Batch, (usize, io::Error)> {
        let mut batch = self.merge(path, sources, note)?;
        if self.options.select.prune_empty {
            batch.retain_dirs(|name, source| {
                // What is told of a directory that stays comes up again when its turn comes.
                let mut notes = Vec::new();
                let path = path.join(as_path(name));
                let holds = self.holds_any(&path, &sources[source..], name, &mut notes);
                if !holds {
                    notes.into_iter().for_each(&mut *note);
                }
                holds
            });
        }
        Ok(batch)
    }

    fn merge(
        &self,
        path: &Path,
        sources: &[Origin],
        note: &mut dyn FnMut(Note),
    ) -> Result<Batch, (usize, io::Error)> {
        let mut batch = Batch::default();
        for (number, origin) in sources.iter().enumerate() {
            let fail = |e| (number, e);
            match &origin.part {
                Part::Content => {
                    if let Seat::Here(dir) = &origin.seat {
                        let listing = dir.list().map_err(fail)?;
                        self.take(&mut batch, path, (dir, &listing), (origin, number), note)
                            .map_err(fail)?;
                    }
                }
                // The peer has chosen already.
                Part::Listed { .. } => {
                    if let Seat::There(listed) = &origin.seat {
                        for (name, found) in listed.names().map_err(fail)? {
                            if found == Found::Dir && crate::stage::may_be_state(name) {
                                let state = listed.enter(name).map_err(fail)?;
                                state.pass_over();
                                continue;
                            }
                            if self.had_to_hide(path, name, found, origin) {
                                note(Note::Fatal(Error::Excluded {
                                    path: path.join(as_path(name)),
                                }));
                                return Ok(batch);
                            }
                            batch.push(name, number, found).map_err(fail)?;
                        }
                        batch.turn = listed.take_turn();
                    }
                }
                Part::Names(wanted) | Part::Absent(wanted) => {
                    for (name, wish) in wanted.iter() {
                        batch.push(name, number, wish.found()).map_err(fail)?;
                    }
                }
            }
        }
        batch.arrange(sources.len() > 1);
        Ok(batch)
    }

    fn take(
        &self,
        batch: &mut Batch,
        path: &Path,
        (dir, listing): (&Dir, &Listing),
        (origin, number): (&Origin, usize),
        note: &mut dyn FnMut(Note),
    ) -> io::Result<()> {
        batch.reserve(listing.len());
        let follows = self.options.symlinks.follows();
        for listed in listing.iter() {
            if crate::stage::is_state(dir, listed.name) {
                continue;
            }
            let is_dir = match listed.kind {
                Some(Kind::Symlink) if follows => {
                    match self.leads_to_dir(path, listed.name, origin, note) {
                        Some(is_dir) => is_dir,
                        None => continue,
                    }
                }
                Some(kind) => kind == Kind::Dir,
                None => match dir.try_stat(listed.name)? {
                    Some(stat) if stat.kind == Kind::Symlink && follows => {
                        match self.leads_to_dir(path, listed.name, origin, note) {
                            Some(is_dir) => is_dir,
                            None => continue,
                        }
                    }
                    stat => stat.is_some_and(|s| s.is_dir()),
                },
            };
            if self.is_excluded(path, listed.name, is_dir, origin, note)
                || (is_dir && self.is_beyond(path, listed.name, origin, note))
            {
                continue;
            }
            let found = if is_dir { Found::Dir } else { Found::Leaf };
            batch.push(listed.name, number, found)?;
        }
        Ok(())
    }

    /// Whether a peer lists a name that the rules which it was told hide. Of those that are only on the way to
    /// others (`-R`) it asks none.
    fn had_to_hide(&self, path: &Path, name: &[u8], found: Found, origin: &Origin) -> bool {
        let rules = &self.options.rules;
        let may_be_on_the_way = self.options.select.relative && found != Found::Missing;
        if rules.is_empty() || !rules.are_plain() || may_be_on_the_way {
            return false;
        }
        let is_dir = found == Found::Dir;
        let asked = Asked::of_sender(&origin.scope);
        let filter = self.filter.quiet();
        filter.excludes(asked, path, name, is_dir, &mut Vec::new())
    }

    fn is_excluded(
        &self,
        path: &Path,
        name: &[u8],
        is_dir: bool,
        origin: &Origin,
        note: &mut dyn FnMut(Note),
    ) -> bool {
        let mut events = Vec::new();
        let asked = Asked::of_sender(&origin.scope);
        let excluded = self.filter.excludes(asked, path, name, is_dir, &mut events);
        events.into_iter().for_each(|event| note(Note::Rule(event)));
        excluded
    }

    /// Whether a link leads to a directory that takes its place; `None` where it leads nowhere.
    fn leads_to_dir(
        &self,
        path: &Path,
        name: &[u8],
        origin: &Origin,
        note: &mut dyn FnMut(Note),
    ) -> Option<bool> {
        let path = path.join(as_path(name));
        let operand = origin.operand;
        if self.options.symlinks.follow_unsafe
            && !self.options.symlinks.follow
            && let Ok(target) = origin.seat.target(name, false)
            && is_unsafe_link(&target, path_bytes(&path))
        {
            note(Note::Followed {
                path: path.clone(),
                target: as_path(&target).to_owned(),
            });
        }
        match self.see(origin, name, &path) {
            Ok(seen) => Some(seen.stat.is_dir()),
            Err(Unseen::NoReferent) => {
                note(Note::NoReferent { operand, path });
                None
            }
            // Gone meanwhile, or the like: told when its turn comes.
            Err(Unseen::Error(_)) => Some(false),
        }
    }

    /// With `-xx`, whether a directory lies on another file system.
    fn is_beyond(
        &self,
        path: &Path,
        name: &[u8],
        origin: &Origin,
        note: &mut dyn FnMut(Note),
    ) -> bool {
        if self.options.select.boundary != Boundary::BeforeMounts {
            return false;
        }
        let target = origin.seat.here().map(|dir| dir.stat_target(name));
        let other = target.is_some_and(|stat| stat.is_ok_and(|stat| stat.dev != origin.dev));
        if other {
            let path = path.join(as_path(name));
            note(Note::MountPoint { path });
        }
        other
    }

    /// Looks at a name, through a link where links of its kind are followed. `path` is its path within the
    /// transfer.
    ///
    /// # Errors
    /// Why it takes no part.
    pub(in crate::engine) fn see(
        &self,
        origin: &Origin,
        name: &[u8],
        path: &Path,
    ) -> Result<Seen, Unseen> {
        let dir = match &origin.seat {
            Seat::Here(dir) => dir,
            Seat::There(listed) => {
                let stat = listed.see(name)?;
                let followed = false;
                return Ok(Seen { stat, followed });
            }
        };
        let stat = dir.stat(name)?;
        let links = &self.options.symlinks;
        let plain = Seen {
            stat,
            followed: false,
        };
        if stat.kind != Kind::Symlink {
            return Ok(plain);
        }
        let asked = wish(origin, name).is_some_and(Wish::is_followed);
        if !asked && !links.follows() {
            return Ok(plain);
        }
        let unsafe_one = || -> io::Result<bool> {
            Ok(links.follow_unsafe && is_unsafe_link(&dir.read_link(name)?, path_bytes(path)))
        };
        if asked || links.follow || unsafe_one()? {
            return match dir.stat_target(name) {
                Ok(stat) => Ok(Seen {
                    stat,
                    followed: true,
                }),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Err(Unseen::NoReferent),
                Err(e) => Err(e.into()),
            };
        }
        match dir.stat_target(name) {
            Ok(stat) if links.follow_dirs && stat.is_dir() => Ok(Seen {
                stat,
                followed: true,
            }),
            _ => Ok(plain),
        }
    }

    /// The target of a link as it takes part; `is_file` where one is noted in a file (`--fake-super`).
    pub(in crate::engine) fn target(
        &self,
        seat: &Seat,
        name: &[u8],
        is_file: bool,
    ) -> io::Result<Vec<u8>> {
        let mut target = seat.target(name, is_file)?;
        match seat {
            _ if !self.options.symlinks.munge => {}
            Seat::There(_) => drop(target.splice(..0, MUNGED.iter().copied())),
            Seat::Here(_) if target.starts_with(MUNGED) => drop(target.drain(..MUNGED.len())),
            Seat::Here(_) => {}
        }
        Ok(target)
    }

    /// Whether anything but directories takes part below a directory.
    fn holds_any(
        &self,
        path: &Path,
        sources: &[Origin],
        name: &[u8],
        notes: &mut Vec<Note>,
    ) -> bool {
        let Some(descent) = self.descend(path, sources, name, &mut |note| notes.push(note)) else {
            return false;
        };
        let batch = match self.merge(path, &descent.sources, &mut |note| notes.push(note)) {
            Ok(batch) => batch,
            Err((number, error)) => {
                notes.push(Note::Closed {
                    operand: descent.sources[number].operand,
                    path: path.to_owned(),
                    error,
                });
                return false;
            }
        };
        batch.leaves > 0
            || (batch.leaves..batch.len()).any(|index| {
                let dir = batch.get(index);
                let path = path.join(as_path(dir.name));
                self.holds_any(&path, &descent.sources[dir.source..], dir.name, notes)
            })
    }
}

pub(super) fn wish<'o>(origin: &'o Origin, name: &[u8]) -> Option<&'o Wish> {
    origin.part.names()?.get(name)
}

fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}
