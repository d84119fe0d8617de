//! The walk over the sources that makes lists: all in one, or one for each directory as they are wanted.
//!
//! Directories come depth first, as rsync has them. A level is kept for each directory on the way down, with what is
//! still to be visited in it.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::entries::{LocalNames, place};
use super::outflow::Outflow;
use super::shelf::{Place, Shelf, Subject};
use super::tell::Teller;
use crate::engine::batch::Batch;
use crate::engine::error::Error;
use crate::engine::extended::{Keeping, Sent};
use crate::engine::options::Privilege;
use crate::engine::sources::{Found, Lister, Note, Origin, Part, Source};
use crate::sys::{Stat, as_path, signal};
use crate::wire::flist::{Charset, DirKind, Entry, Fields, ListWriter, Name};
use crate::wire::{Converter, Dialect, IoErrors, Ndx, NdxMemory};

/// Makes the lists of a session.
pub(super) struct Walk<'w> {
    pub(super) teller: &'w Teller<'w>,
    pub(super) lister: Lister<'w>,
    pub(super) dialect: &'w Dialect,
    pub(super) fields: Fields,
    /// What is told of ACLs and extended attributes.
    pub(super) keeping: Keeping,
    pub(super) writer: ListWriter,
    /// The directories from the root down to the one whose list came last.
    levels: Vec<Level>,
    pub(super) places: Vec<Place>,
    /// The errors that were told already.
    told: IoErrors,
    /// The rules make no sense: the run ends.
    pub(super) fatal: Option<Error>,
    ended: bool,
}

/// A directory whose own directories are still to be visited.
struct Level {
    path: PathBuf,
    sources: Vec<Origin>,
    batch: Batch,
    /// Directories that are listed, in the order of their lists.
    dirs: std::vec::IntoIter<ListedDir>,
}

/// A directory that is listed.
struct ListedDir {
    /// Among all directories.
    number: u32,
    /// Its place in the batch.
    at: u32,
    /// The number of its list of xattrs.
    xattrs: Option<u32>,
}

/// A directory that is visited.
struct Entered {
    number: u32,
    path: PathBuf,
    operand: usize,
    /// None of one that is gone.
    stat: Option<Stat>,
    xattrs: Option<u32>,
    sources: Vec<Origin>,
}

impl<'w> Walk<'w> {
    pub(super) fn new(
        teller: &'w Teller<'w>,
        lister: Lister<'w>,
        (dialect, fields): (&'w Dialect, Fields),
        charset: Option<Converter>,
    ) -> Result<Walk<'w>, Error> {
        let options = lister.options;
        let keeping = Keeping::of_sender(&options.preserve, options.privilege == Privilege::Fake);
        let spelling = charset.map(|charset| Box::new(charset) as Box<dyn Charset>);
        Ok(Walk {
            teller,
            keeping,
            lister,
            dialect,
            fields,
            writer: ListWriter::new(dialect, fields, spelling)?,
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
        to: &mut Outflow<W>,
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
            let place = place(operand, false)?;
            let object = origins[operand].seat.object();
            let path = Path::new("");
            let stat = self.claimed(object, stat, operand, path)?;
            if let Some(sent) = self.attributes(object, &stat, operand, path) {
                let _ = self.directory(Name::new(b"."), &stat, (kind, &sent), place, to)?;
            }
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
        to: &mut Outflow<W>,
    ) -> Result<Option<Shelf>, Error> {
        if self.ended {
            return Ok(None);
        }
        let Some(Entered {
            number,
            path,
            operand,
            stat,
            xattrs,
            sources,
        }) = self.descend()?
        else {
            self.ended = true;
            memory.write(Ndx::ListsEnd, to)?;
            return Ok(None);
        };
        memory.write(Ndx::SubList(number), to)?;
        self.writer.begin_sub_list(number)?;
        let dir = Subject::directory(path.clone(), place(operand, false)?, stat.as_ref(), xattrs);
        self.fill(path, sources, to)?;
        self.end(Some(dir), to).map(Some)
    }

    /// Enters the next directory that is to be visited.
    fn descend(&mut self) -> Result<Option<Entered>, Error> {
        if signal::stop_requested() {
            return Err(Error::Interrupted);
        }
        while let Some(level) = self.levels.last_mut() {
            let Some(ListedDir { number, at, xattrs }) = level.dirs.next() else {
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
                xattrs,
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
        to: &mut Outflow<W>,
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
                let place = place(0, false)?;
                let _ = self.write(&Entry::new(name, 0), &Sent::default(), place, to)?;
                continue;
            }
            let sum = sums.get(at).copied().flatten();
            let origin = &sources[named.source];
            self.leaf(origin, name, &path, sum, to)?;
            // Who gets the list has to know that it was more than one: the destination is a directory then.
            if batch.len() == 1 && path.as_os_str().is_empty() && is_doubled(&sources, named.name) {
                self.leaf(origin, name, &path, sum, to)?;
            }
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
                dirs.push(ListedDir {
                    number: arrival,
                    at: at as u32,
                    xattrs: None,
                });
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
    fn end<W: Write>(&mut self, dir: Option<Subject>, to: &mut Outflow<W>) -> Result<Shelf, Error> {
        let errors = self.errors_to_tell(to)?;
        let list = self.writer.end(errors, &mut LocalNames, to)?;
        if let Some(level) = self
            .levels
            .last_mut()
            .filter(|_| self.dialect.incremental())
        {
            let arrivals: Vec<ListedDir> = std::mem::take(&mut level.dirs).collect();
            let place_of = |arrival: u32| {
                let index = arrivals.binary_search_by_key(&arrival, |dir| dir.number);
                index.ok().map(|index| arrivals[index].at)
            };
            let directories = self.writer.directories();
            let numbered = list.numbered_directories().filter_map(|(ndx, number)| {
                let arrival = list.arrival_of(ndx)?;
                let at = place_of(arrival)?;
                directories.is_awaited(number).then(|| ListedDir {
                    number,
                    at,
                    xattrs: list.cached_at(arrival).xattrs,
                })
            });
            let dirs: Vec<_> = numbered.collect();
            level.dirs = dirs.into_iter();
        }
        Ok(Shelf {
            list,
            places: std::mem::take(&mut self.places),
            dir,
            before: 0,
            made: Instant::now(),
        })
    }

    /// The errors that the end of a list tells: those that are new. Where it cannot tell any, a message does.
    fn errors_to_tell<W: Write>(&mut self, to: &mut Outflow<W>) -> Result<IoErrors, Error> {
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
}

/// Deals with what came up while names were chosen.
pub(super) fn take(note: Note, teller: &Teller<'_>, fatal: &mut Option<Error>) {
    if let Note::Fatal(e) = note {
        fatal.get_or_insert(e);
    } else {
        teller.note(note);
    }
}

/// Whether sources name a name more than once.
fn is_doubled(sources: &[Origin], name: &[u8]) -> bool {
    let wishes = sources.iter().filter_map(|origin| match &origin.part {
        Part::Names(wanted) | Part::Absent(wanted) => wanted.get(name),
        Part::Content | Part::Listed { .. } => None,
    });
    let times = wishes.map(|wish| 1 + usize::from(wish.again));
    times.sum::<usize>() > 1
}

/// A directory could be listed, but not to its end, or not at all.
pub(super) fn has_vanished(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::NotFound
}
