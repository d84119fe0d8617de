//! Which entries of a directory take part, and where a walk goes on.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::wanted::{Found, Wish};
use super::{Listed, Origin, Part, Seat};
use crate::engine::batch::Batch;
use crate::engine::error::Error;
use crate::engine::event::Event;
use crate::engine::filter::{Asked, Filter};
use crate::engine::options::Options;
use crate::engine::select::Boundary;
use crate::engine::survey::{FileId, file_id};
use crate::sys::{Dir, Kind, Listing, Stat, as_path, process};
use crate::tree::{MUNGED, Scope, is_unsafe_link};

/// Symbolic links that the system follows on one path.
const MOST_LINKS: u8 = 40;

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

/// A directory, opened in every source that has it.
pub(in crate::engine) struct Descent {
    /// Where its entries come from; none where nothing in it takes part.
    pub sources: Vec<Origin>,
    /// Its metadata.
    pub stat: Stat,
    /// Whether all that is in it belongs to the transfer, so that other names may be removed.
    pub content: bool,
    /// Whether it takes part itself, or is only on the way to something.
    pub listed: bool,
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

    /// Opens a directory in every source that has it, `sources` being those of its parent from the first
    /// that has it on. `None` where it takes no part after all.
    pub(in crate::engine) fn descend(
        &self,
        path: &Path,
        sources: &[Origin],
        name: &[u8],
        note: &mut dyn FnMut(Note),
    ) -> Option<Descent> {
        let mut descent: Option<Descent> = None;
        for origin in sources {
            let wish = match origin.part.names() {
                None => None,
                Some(wanted) => match wanted.get(name) {
                    Some(wish) => Some(wish),
                    None => continue,
                },
            };
            let entered = match origin.part.is_absent() {
                true => Err(io::Error::from(Errno::NOENT).into()),
                false => self.enter(origin, name, path),
            };
            let opened = match entered {
                Ok(opened) => opened,
                Err(_) if descent.is_some() => continue,
                Err(Unseen::Error(error)) if error.kind() != io::ErrorKind::NotFound => {
                    let (operand, path) = (origin.operand, path.to_owned());
                    note(Note::Closed {
                        operand,
                        path,
                        error,
                    });
                    let stat = match &origin.seat {
                        Seat::Here(dir) if wish.is_some_and(Wish::is_followed) => {
                            dir.stat_target(name)
                        }
                        Seat::Here(dir) => dir.stat(name),
                        Seat::There(_) => return None,
                    };
                    // It counts as empty; whether anything is deleted on its word is another question.
                    let content = wish.map_or(self.options.recursive, |wish| wish.content);
                    descent = stat.ok().map(|stat| Descent {
                        content,
                        listed: true,
                        ..Descent::of(stat)
                    });
                    continue;
                }
                Err(_) => {
                    let (operand, path) = (origin.operand, path.to_owned());
                    let below = self.below_absent(origin, name);
                    note(Note::Vanished {
                        operand,
                        path,
                        never_was: wish.is_some_and(Wish::leads_to_missing),
                    });
                    return below;
                }
            };
            let opened = match opened {
                Entered::Here(opened) => opened,
                Entered::There(listed) => return Some(Descent::listed(origin, listed)),
            };
            if self.own_root == Some(file_id(&opened.stat)) && descent.is_none() {
                return None;
            }
            let descent = descent.get_or_insert_with(|| Descent::of(opened.stat));
            let mut events = Vec::new();
            let entered = self
                .filter
                .enter(&origin.scope, &opened.dir, path, &mut events);
            events.into_iter().for_each(|event| note(Note::Rule(event)));
            match entered {
                Ok(scope) => self.add(descent, (origin, scope), wish, opened)?,
                Err(e) => {
                    note(Note::Fatal(e));
                    return None;
                }
            }
        }
        descent
    }

    /// Adds what one source has of a directory.
    fn add(
        &self,
        descent: &mut Descent,
        (origin, scope): (&Origin, Scope),
        wish: Option<&Wish>,
        opened: Opened,
    ) -> Option<()> {
        let select = &self.options.select;
        let Opened { dir, stat, links } = opened;
        let (content, below, dev) = match wish {
            // Nothing is read of a mount point.
            None => {
                let stays = select.boundary == Boundary::None || stat.dev == origin.dev;
                (self.options.recursive && stays, None, origin.dev)
            }
            Some(wish) => (wish.content, wish.below.as_ref(), stat.dev),
        };
        descent.content |= content;
        descent.listed |= wish.is_none_or(|w| w.named.is_some() || !select.no_implied_dirs);
        let operand = origin.operand;
        if let Some(below) = below {
            descent.sources.push(Origin {
                seat: Seat::Here(dir.reopen().ok()?),
                operand,
                part: Part::Names(below.clone()),
                dev,
                scope: scope.clone(),
                links,
            });
        }
        if content {
            let part = Part::Content;
            descent.sources.push(Origin {
                seat: Seat::Here(dir),
                operand,
                part,
                dev,
                scope,
                links,
            });
        }
        Some(())
    }

    fn enter(&self, origin: &Origin, name: &[u8], path: &Path) -> Result<Entered, Unseen> {
        let around = match &origin.seat {
            Seat::Here(dir) => dir,
            Seat::There(listed) => return Ok(Entered::There(listed.enter(name)?)),
        };
        let follows =
            self.options.symlinks.follows() || wish(origin, name).is_some_and(Wish::is_followed);
        let followed = follows && self.see(origin, name, path)?.followed;
        let links = origin.links + u8::from(followed);
        if links > MOST_LINKS {
            // Every hop is a path of its own here: the system would never end a ring of links.
            return Err(io::Error::from(Errno::LOOP).into());
        }
        let dir = if followed {
            around.open_target_dir(name)?
        } else {
            around.open_dir(name)?
        };
        let stat = dir.stat_self()?;
        if stat.mode & 0o111 != 0o111 && !process::is_root() {
            // One that can be listed but not searched has nothing to give.
            dir.reopen()?;
        }
        Ok(Entered::Here(Opened { dir, stat, links }))
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

/// A directory of one source.
enum Entered {
    /// On this machine.
    Here(Opened),
    /// Of a peer.
    There(Listed),
}

/// A directory of a source on this machine.
struct Opened {
    dir: Dir,
    stat: Stat,
    links: u8,
}

impl Descent {
    pub(super) fn of(stat: Stat) -> Descent {
        Descent {
            sources: Vec::with_capacity(1),
            stat,
            content: false,
            listed: false,
        }
    }

    /// The directory in the lists of a peer, where it is there.
    pub(in crate::engine) fn peer(&self) -> Option<Listed> {
        self.sources.first()?.seat.there().cloned()
    }

    /// A directory as a peer lists it.
    fn listed(around: &Origin, listed: Listed) -> Descent {
        let content = listed.is_content();
        let stat = listed.stat();
        Descent {
            stat: stat.unwrap_or_else(|| listed.unlisted()),
            content,
            listed: stat.is_some(),
            sources: vec![Origin {
                seat: Seat::There(listed),
                operand: around.operand,
                part: Part::Listed { content },
                dev: around.dev,
                scope: around.scope.clone(),
                links: 0,
            }],
        }
    }
}

pub(super) fn wish<'o>(origin: &'o Origin, name: &[u8]) -> Option<&'o Wish> {
    origin.part.names()?.get(name)
}

fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}
