//! The walk over the sources that makes lists: all in one, or one for each directory as they are wanted.
//!
//! Directories come depth first, as rsync has them. A level is kept for each directory on the way down, with what is
//! still to be visited in it.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;

use super::shelf::{Place, Shelf, Subject};
use super::tell::Teller;
use crate::delta::Digest;
use crate::engine::batch::Batch;
use crate::engine::compare::read_through;
use crate::engine::error::Error;
use crate::engine::sources::{Found, Lister, Note, Origin, Source, Unseen, Want};
use crate::sys::{Kind, Stat, as_path, process, signal, users};
use crate::wire::flist::{
    Attached, Device, DirKind, Entry, Fields, IdKind, Link, ListWriter, Name, NameIds,
};
use crate::wire::{Dialect, IoErrors, Mux, Ndx, NdxMemory, Protocol, Sums};

/// Makes the lists of a session.
pub(super) struct Walk<'w> {
    teller: &'w Teller<'w>,
    lister: Lister<'w>,
    dialect: &'w Dialect,
    fields: Fields,
    writer: ListWriter,
    /// The directories from the root down to the one whose list came last.
    levels: Vec<Level>,
    places: Vec<Place>,
    /// The errors that were told already.
    told: IoErrors,
    /// The rules make no sense: the run ends.
    fatal: Option<Error>,
    ended: bool,
}

/// A directory whose own directories are still to be visited.
struct Level {
    path: PathBuf,
    sources: Vec<Origin>,
    batch: Batch,
    /// Directories that are listed, in the order of their lists: number, and place in the batch.
    dirs: std::vec::IntoIter<(u32, u32)>,
}

/// A directory that is visited.
struct Entered {
    number: u32,
    path: PathBuf,
    operand: usize,
    /// None of one that is gone.
    stat: Option<Stat>,
    sources: Vec<Origin>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(
        teller: &'w Teller<'w>,
        lister: Lister<'w>,
        dialect: &'w Dialect,
        fields: Fields,
    ) -> Result<Walk<'w>, Error> {
        Ok(Walk {
            teller,
            lister,
            dialect,
            fields,
            writer: ListWriter::new(dialect, fields, None)?,
            levels: Vec::new(),
            places: Vec::new(),
            told: IoErrors::NONE,
            fatal: None,
            ended: !dialect.incremental(),
        })
    }

    /// Whether more lists may come.
    pub(super) fn is_over(&self) -> bool {
        self.ended
    }

    /// Writes the first list; it is the only one where they do not come in pieces.
    pub(super) fn first<W: Write>(
        &mut self,
        found: &[Source],
        to: &mut Mux<W>,
    ) -> Result<Shelf, Error> {
        let origins = found.iter().enumerate().map(|(operand, source)| {
            let opened = match &source.seat.here() {
                Some(dir) if self.lister.options.open_noatime => {
                    dir.reopen_unseen().map(crate::engine::sources::Seat::Here)
                }
                _ => source.seat.reopen(),
            };
            let opened = opened.map_err(|e| Error::File {
                action: "opendir",
                path: source.path.clone(),
                source: e,
            });
            Ok(source.origin(operand, opened?))
        });
        let origins = origins.collect::<Result<Vec<_>, Error>>()?;
        let top = found.iter().enumerate();
        let mut top = top.filter_map(|(operand, source)| Some((operand, source.top?)));
        if let Some((operand, stat)) = top.next() {
            let is_content = found
                .iter()
                .any(|source| source.top.is_some() && source.part.is_content());
            let kind = if is_content {
                DirKind::Top
            } else {
                DirKind::Implied
            };
            self.directory(Name::new(b"."), &stat, kind, place(operand, false)?, to)?;
        }
        self.fill(PathBuf::new(), origins, to)?;
        while !self.dialect.incremental()
            && let Some(entered) = self.descend()?
        {
            self.fill(entered.path, entered.sources, to)?;
        }
        let shelf = self.end(None, to)?;
        Ok(shelf)
    }

    /// Writes the list of the next directory; `None` where that was all, which is written then.
    pub(super) fn next<W: Write>(
        &mut self,
        memory: &mut NdxMemory,
        to: &mut Mux<W>,
    ) -> Result<Option<Shelf>, Error> {
        if self.ended {
            return Ok(None);
        }
        let Some(Entered {
            number,
            path,
            operand,
            stat,
            sources,
        }) = self.descend()?
        else {
            self.ended = true;
            memory.write(Ndx::ListsEnd, to)?;
            return Ok(None);
        };
        memory.write(Ndx::SubList(number), to)?;
        self.writer.begin_sub_list(number)?;
        let dir = Subject::directory(path.clone(), place(operand, false)?, stat.as_ref());
        self.fill(path, sources, to)?;
        self.end(Some(dir), to).map(Some)
    }

    /// Enters the next directory that is to be visited.
    fn descend(&mut self) -> Result<Option<Entered>, Error> {
        if signal::stop_requested() {
            return Err(Error::Interrupted);
        }
        while let Some(level) = self.levels.last_mut() {
            let Some((number, at)) = level.dirs.next() else {
                self.levels.pop();
                continue;
            };
            let named = level.batch.get(at as usize);
            let path = level.path.join(as_path(named.name));
            let (teller, fatal) = (self.teller, &mut self.fatal);
            let note = &mut |note| take(note, teller, fatal);
            let sources = &level.sources[named.source..];
            let descent = self.lister.descend(&path, sources, named.name, note);
            if let Some(e) = self.fatal.take() {
                return Err(e);
            }
            return Ok(Some(Entered {
                number,
                path,
                operand: sources[0].operand,
                stat: descent.as_ref().map(|descent| descent.stat),
                sources: descent.map_or_else(Vec::new, |descent| descent.sources),
            }));
        }
        Ok(None)
    }

    /// Writes the entries of a directory, and keeps what is to be visited in it.
    fn fill<W: Write>(
        &mut self,
        path: PathBuf,
        sources: Vec<Origin>,
        to: &mut Mux<W>,
    ) -> Result<(), Error> {
        let began = Instant::now();
        let (teller, fatal) = (self.teller, &mut self.fatal);
        let note = &mut |note| take(note, teller, fatal);
        let batch = match self.lister.batch(&path, &sources, note) {
            Ok(batch) => batch,
            Err((number, e)) => {
                let operand = sources.get(number).map_or(0, |origin| origin.operand);
                self.teller.unlisted(operand, &path, &e);
                Batch::default()
            }
        };
        if let Some(e) = self.fatal.take() {
            return Err(e);
        }
        self.teller.tally.names(batch.name_bytes());
        let mut prefix = path.as_os_str().as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let sums = self.sums(&path, &sources, &batch);
        for at in 0..batch.leaves {
            let named = batch.get(at);
            let name = Name {
                dir: &prefix,
                base: named.name,
            };
            if named.found == Found::Missing {
                self.write(&Entry::new(name, 0), place(0, false)?, to)?;
                continue;
            }
            let sum = sums.get(at).copied().flatten();
            self.leaf(&sources[named.source], name, &path, sum, to)?;
        }
        // Numbers are given when the list is in order.
        let mut dirs = Vec::new();
        for at in batch.leaves..batch.len() {
            let named = batch.get(at);
            let name = Name {
                dir: &prefix,
                base: named.name,
            };
            let arrival = self.places.len() as u32;
            let is_visited = self.outlook(&path, &sources[named.source..], name, to)?;
            if is_visited {
                dirs.push((arrival, at as u32));
            }
        }
        self.teller.tally.listing_took(began.elapsed());
        self.levels.push(Level {
            path,
            sources,
            batch,
            dirs: dirs.into_iter(),
        });
        Ok(())
    }

    /// Ends a list: its order is known, and with it the numbers of its directories.
    fn end<W: Write>(&mut self, dir: Option<Subject>, to: &mut Mux<W>) -> Result<Shelf, Error> {
        let errors = self.errors_to_tell(to)?;
        let list = self.writer.end(errors, &mut LocalNames, to)?;
        if let Some(level) = self
            .levels
            .last_mut()
            .filter(|_| self.dialect.incremental())
        {
            let arrivals: Vec<(u32, u32)> = std::mem::take(&mut level.dirs).collect();
            let number_of = |arrival: u32| {
                let index = arrivals.binary_search_by_key(&arrival, |(arrival, _)| *arrival);
                index.ok().map(|index| arrivals[index].1)
            };
            let directories = self.writer.directories();
            let numbered = list.numbered_directories().filter_map(|(ndx, number)| {
                let at = number_of(list.arrival_of(ndx)?)?;
                directories.is_awaited(number).then_some((number, at))
            });
            let dirs: Vec<_> = numbered.collect();
            level.dirs = dirs.into_iter();
        }
        Ok(Shelf {
            list,
            places: std::mem::take(&mut self.places),
            dir,
            before: 0,
        })
    }

    /// The errors that the end of a list tells: those that are new. Where it cannot tell any, a message does.
    fn errors_to_tell<W: Write>(&mut self, to: &mut Mux<W>) -> Result<IoErrors, Error> {
        let errors = self.teller.errors();
        if errors == self.told || self.lister.options.deletion.ignore_errors {
            return Ok(IoErrors::NONE);
        }
        self.told = errors;
        if !self.writer.tells_errors() {
            to.message(&crate::wire::Message::IoErrors(errors))?;
        }
        Ok(errors)
    }

    /// Sums all regular files of a directory, where lists carry that.
    fn sums(&self, path: &Path, sources: &[Origin], batch: &Batch) -> Vec<Option<Digest>> {
        if !self.fields.checksums {
            return Vec::new();
        }
        let sums = Sums::of_listings(self.dialect);
        let lister = self.lister.telling_nobody();
        let sum = |at: usize| -> Option<Digest> {
            let named = batch.get(at);
            let origin = &sources[named.source];
            let dir = origin.seat.here()?;
            let path = path.join(as_path(named.name));
            let seen = lister.see(origin, named.name, &path).ok()?;
            let file = match seen.stat.kind {
                Kind::File if seen.followed => dir.open_target_file(named.name),
                Kind::File => dir.open_file(named.name),
                _ => return None,
            };
            let mut sum = sums.file();
            read_through(&file.ok()?, |data| sum.update(data)).ok()?;
            Some(sum.finish())
        };
        (0..batch.leaves).into_par_iter().map(sum).collect()
    }

    /// Writes an entry that is no directory.
    fn leaf<W: Write>(
        &mut self,
        origin: &Origin,
        name: Name<'_>,
        path: &Path,
        sum: Option<Digest>,
        to: &mut Mux<W>,
    ) -> Result<(), Error> {
        let path = path.join(as_path(name.base));
        let seen = match self.lister.see(origin, name.base, &path) {
            Ok(seen) => seen,
            Err(Unseen::NoReferent) => {
                let operand = origin.operand;
                take(
                    Note::NoReferent { operand, path },
                    self.teller,
                    &mut self.fatal,
                );
                return Ok(());
            }
            Err(Unseen::Error(e)) => {
                self.teller.unseen(origin.operand, &path, &e);
                return Ok(());
            }
        };
        let stat = seen.stat;
        let mut target = None;
        if stat.kind == Kind::Symlink {
            match self.lister.target(&origin.seat, name.base, false) {
                Ok(to) => target = Some(to),
                Err(e) => {
                    self.teller.unread_link(origin.operand, &path, &e);
                    return Ok(());
                }
            }
        }
        let link = self.fields.hard_links
            && (stat.nlink > 1
                // Where every file tells its numbers, zeros would make links of all that are alone.
                || (self.dialect.protocol.number() < 28 && stat.kind == Kind::File));
        let entry = Entry {
            size: match stat.kind {
                Kind::File | Kind::Symlink => stat.size,
                _ => 0,
            },
            device: stat.kind.is_device().then_some(Device {
                major: stat.rdev.0,
                minor: stat.rdev.1,
            }),
            target: target.as_deref(),
            link: match link {
                true => Link::Inode {
                    dev: u64::from(stat.dev.0) << 32 | u64::from(stat.dev.1),
                    ino: stat.ino,
                },
                false => Link::Alone,
            },
            checksum: sum.as_ref().map(Digest::as_bytes),
            ..self.plain(name, &stat)
        };
        self.teller.tally.listed(stat.kind, stat.size);
        self.write(&entry, place(origin.operand, seen.followed)?, to)
    }

    /// Writes what a directory is, without entering it; false if it takes no part.
    fn outlook<W: Write>(
        &mut self,
        path: &Path,
        sources: &[Origin],
        name: Name<'_>,
        to: &mut Mux<W>,
    ) -> Result<bool, Error> {
        let path = path.join(as_path(name.base));
        match self.lister.outlook(&path, sources, name.base) {
            Ok((stat, kind)) => {
                // Before protocol 30 there is no way to tell that nothing but the name counts.
                let passes = kind == DirKind::Implied
                    && self.lister.options.select.no_implied_dirs
                    && self.dialect.protocol < Protocol::V30;
                if !passes {
                    let place = place(sources[0].operand, false)?;
                    self.directory(name, &stat, kind, place, to)?;
                }
                Ok(true)
            }
            Err(Unseen::NoReferent) => Ok(false),
            Err(Unseen::Error(e)) => {
                let want = self.lister.missing(&sources[0], name.base);
                if want.itself {
                    self.write(&Entry::new(name, 0), place(0, false)?, to)?;
                }
                // Where lists come one by one there is none to hang what is below it on.
                let is_lost = want.below && self.dialect.incremental();
                if want == Want::default() || is_lost {
                    self.teller.unseen(sources[0].operand, &path, &e);
                }
                Ok(want.below && !is_lost)
            }
        }
    }

    fn directory<W: Write>(
        &mut self,
        name: Name<'_>,
        stat: &Stat,
        kind: DirKind,
        place: Place,
        to: &mut Mux<W>,
    ) -> Result<(), Error> {
        self.teller.tally.listed(Kind::Dir, 0);
        let entry = Entry {
            dir: kind,
            size: stat.size,
            ..self.plain(name, stat)
        };
        self.write(&entry, place, to)
    }

    /// What every entry tells.
    fn plain<'n>(&self, name: Name<'n>, stat: &Stat) -> Entry<'n> {
        let chmod = &self.lister.options.adjust.chmod;
        let changed = match stat.kind {
            Kind::File | Kind::Dir => chmod.apply(stat.mode, stat.is_dir(), process::take_umask()),
            _ => stat.mode,
        };
        let mode = kind_bits(stat.kind) | (changed & 0o7777) as u16;
        Entry {
            mtime: stat.mtime.sec,
            nsec: stat.mtime.nsec,
            atime: stat.atime.sec,
            uid: stat.uid,
            gid: stat.gid,
            ..Entry::new(name, mode)
        }
    }

    fn write<W: Write>(
        &mut self,
        entry: &Entry<'_>,
        place: Place,
        to: &mut Mux<W>,
    ) -> Result<(), Error> {
        let attached = Attached::default();
        if self.writer.write(entry, attached, &mut LocalNames, to)? {
            self.places.push(place);
        }
        Ok(())
    }
}

/// The type as it travels in modes.
fn kind_bits(kind: Kind) -> u16 {
    match kind {
        Kind::File => 0o100_000,
        Kind::Dir => 0o040_000,
        Kind::Symlink => 0o120_000,
        Kind::CharDevice => 0o020_000,
        Kind::BlockDevice => 0o060_000,
        Kind::Fifo => 0o010_000,
        Kind::Socket => 0o140_000,
    }
}

fn place(operand: usize, followed: bool) -> Result<Place, Error> {
    let too_many = |_| Error::Select("more source operands than a session can hold".into());
    let operand = u16::try_from(operand).map_err(too_many)?;
    Ok(Place { operand, followed })
}

/// Deals with what came up while names were chosen.
fn take(note: Note, teller: &Teller<'_>, fatal: &mut Option<Error>) {
    if let Note::Fatal(e) = note {
        fatal.get_or_insert(e);
    } else {
        teller.note(note);
    }
}

/// Names of ids as this system has them.
struct LocalNames;

impl NameIds for LocalNames {
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>> {
        match kind {
            IdKind::User => users::user_name(id),
            IdKind::Group => users::group_name(id),
        }
    }
}

/// A directory could be listed, but not to its end, or not at all.
pub(super) fn has_vanished(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotFound
}
