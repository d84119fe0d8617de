//! The catalogue of a destination: what its pulls brought, and from where.
//!
//! It is what a later comparison of here and there starts from: what differs from it was changed since. It lies in
//! the state of the destination as `catalogue`, is written after the switch, and may be lost without harm: what
//! differs then has no common past. An undo drops it, since the tree that comes back is not what was pulled last.
//!
//! ```text
//! resilver catalogue 1\n       the format
//! words, sources               lists of byte strings: the command line, and the sources in it
//! path, block                  of each directory, by path: its entries by name
//! 0, hash                      the end; XXH3 of all before, 8 bytes, the lowest first
//! ```
//!
//! Numbers are LEB128, signed ones zigzag; byte strings and blocks have their length in front,
//! the path of a block one more than its length.

mod blocks;
mod check;
pub(super) mod coding;
mod draft;
mod file;
mod look;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::delta::{Checksum, Digest};
use crate::sys::{Kind, Stat, Time, as_path};

use super::error::Error;
use super::hold::Hold;
use super::home::Home;
use super::journal::Journal;
use super::layout::CATALOGUE;
use super::lock::Pass;
use super::policy::Policy;
use super::site::Site;
use coding::Listing;
use file::{Reader, Writer};

pub use check::{Kept, verify};
pub use draft::{Doubt, Draft, Sums};

/// What a destination's pulls brought.
#[derive(Debug)]
pub struct Catalogue {
    dest: PathBuf,
    reader: Reader,
}

/// Where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The pull's command line behind the program's name, as typed.
    pub words: Vec<OsString>,
    /// The sources in it.
    pub sources: Vec<OsString>,
}

/// An entry as the sender's list told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// Permission bits, the low twelve.
    pub mode: u32,
    /// Bytes of a regular file.
    pub size: u64,
    /// When its content changed last; whole seconds before protocol 31.
    pub mtime: Time,
    /// What a symbolic link leads to.
    pub target: Option<PathBuf>,
    /// Major and minor number of a device.
    pub rdev: (u32, u32),
    /// The sum of a regular file's content, where it is known.
    pub sum: Option<Sum>,
}

/// The sum of a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// How it was made.
    pub algorithm: Checksum,
    /// What it is.
    pub digest: Digest,
}

impl Record {
    /// What a list tells of an entry, `target` being where a symbolic link leads.
    #[must_use]
    pub fn new(stat: &Stat, target: Option<PathBuf>) -> Record {
        Record {
            kind: stat.kind,
            mode: stat.mode,
            size: if stat.kind == Kind::File {
                stat.size
            } else {
                0
            },
            mtime: stat.mtime,
            target,
            rdev: if stat.kind.is_device() {
                stat.rdev
            } else {
                (0, 0)
            },
            sum: None,
        }
    }

    /// Whether the other is the same content by size and time.
    fn has_content_of(&self, other: &Record) -> bool {
        let known = |record: &Record| (record.kind, record.size, record.mtime);
        known(self) == known(other)
    }
}

impl Catalogue {
    /// The catalogue of a destination; none where no pull made one.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Foreign`], [`Error::Io`].
    pub fn open(dest: &Path) -> Result<Option<Catalogue>, Error> {
        let Some(home) = home_of(dest)? else {
            return Ok(None);
        };
        let reader = Reader::open(&home)?;
        Ok(reader.map(|reader| Catalogue {
            dest: dest.to_owned(),
            reader,
        }))
    }

    /// Where the entries came from.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.reader.origin()
    }

    /// All entries, directory by directory, with their paths below the destination; the root's is empty.
    ///
    /// # Errors
    /// [`Error::Io`], and those of `each`, which end it.
    pub fn for_each(
        &self,
        each: &mut dyn FnMut(&Path, Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for dir in self.reader.dirs() {
            let block = self.reader.block(dir)?;
            for (name, record) in self.reader.listing(&block)?.0 {
                each(&dir.join(as_path(name)), record)?;
            }
        }
        Ok(())
    }

    /// The destination.
    #[must_use]
    pub fn dest(&self) -> &Path {
        &self.dest
    }

    /// Puts entries in, and takes those out that have none; a pass says that this process holds the destination.
    ///
    /// # Errors
    /// [`Error::Busy`] while another run holds the destination, [`Error::Io`]; it is as it was then.
    pub fn amend(
        &self,
        changes: &BTreeMap<PathBuf, Option<Record>>,
        pass: Option<Pass>,
    ) -> Result<(), Error> {
        self.rewrite(changes, pass, |listing, name, record| {
            listing.set(name, record.clone());
        })
    }

    /// Puts sums in: records that are as they stand here but for that. Where another pull brought something else
    /// meanwhile, that stays.
    ///
    /// # Errors
    /// As above.
    pub fn learn(&self, records: &BTreeMap<PathBuf, Record>) -> Result<(), Error> {
        self.rewrite(records, None, |listing, name, record| {
            let unsummed = Record {
                sum: None,
                ..record.clone()
            };
            if listing.get(name) == Some(&unsummed) {
                listing.set(name, Some(record.clone()));
            }
        })
    }

    fn rewrite<C>(
        &self,
        changes: &BTreeMap<PathBuf, C>,
        pass: Option<Pass>,
        change: impl for<'b> Fn(&mut Listing<'b>, &'b [u8], &C),
    ) -> Result<(), Error> {
        let policy = Policy {
            pass,
            ..Policy::default()
        };
        let mut hold = Hold::take(&self.dest, None, &policy)?;
        let (_, home, _) = hold.state()?;
        let Some(reader) = Reader::open(home)? else {
            return Ok(());
        };
        let mut by_dir: BTreeMap<&Path, Vec<(&[u8], &C)>> = BTreeMap::new();
        for (path, changed) in changes {
            let (dir, name) = parts(path);
            by_dir.entry(dir).or_default().push((name, changed));
        }
        let mut writer = Writer::begin(home, reader.origin())?;
        let known = reader.dirs().map(Path::to_owned);
        let mut dirs: Vec<PathBuf> = known
            .chain(by_dir.keys().map(|p| (*p).to_owned()))
            .collect();
        dirs.sort_unstable();
        dirs.dedup();
        for dir in &dirs {
            let block = reader.block(dir)?;
            let mut listing = reader.listing(&block)?;
            for (name, changed) in by_dir.get(&**dir).into_iter().flatten() {
                change(&mut listing, name, changed);
            }
            writer.put(dir, &listing)?;
        }
        writer.finish()
    }
}

/// The state of a destination. What is told of another tree is not believed: a catalogue's words are commands.
pub(super) fn home_of(dest: &Path) -> Result<Option<Home>, Error> {
    let site = Site::resolve(dest, None)?;
    let Some(home) = site.find()? else {
        return Ok(None);
    };
    let live = site.live_stat()?;
    let is_its = |journal: Journal| live.is_some() && journal.is_root(&journal.root, &live);
    let is_its = Journal::read(&home)?.is_some_and(is_its);
    Ok(Some(home).filter(|_| is_its))
}

/// Drops the catalogue.
pub(super) fn drop(home: &Home) -> Result<(), Error> {
    home.drop(CATALOGUE)
}

/// The directory of an entry and its name in it; the root is in itself, without a name.
fn parts(path: &Path) -> (&Path, &[u8]) {
    use std::os::unix::ffi::OsStrExt;
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => (parent, name.as_bytes()),
        _ => (Path::new(""), b""),
    }
}

#[cfg(test)]
mod tests;
