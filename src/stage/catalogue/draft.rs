//! What a pull tells of its lists while it runs, and what becomes of it when it is through.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use twox_hash::XxHash3_64;

use super::blocks::{Blocks, listing, put_block};
use super::coding::Listing;
use super::file::{Reader, Writer};
use super::{Origin, Record, Sum};
use crate::delta::{Checksum, Digest};
use crate::stage::choose::state_goes_inside;
use crate::stage::error::{Doing, Error};
use crate::stage::hold::Hold;
use crate::stage::journal::Journal;
use crate::stage::run::{Stage, make_state};
use crate::sys::{Dir, Kind, Stat, lock};

/// Bytes of a name's hash.
const HASH: usize = 8;

/// What the lists of a pull told so far. It lies in files without names, so that memory does not grow with the tree.
#[derive(Debug)]
pub struct Draft {
    origin: Origin,
    /// How files are summed on their way.
    algorithm: Checksum,
    listed: Mutex<BufWriter<File>>,
    summed: Mutex<BufWriter<File>>,
}

/// The sums of files of one directory that came.
#[derive(Debug, Default)]
pub struct Sums(Mutex<Vec<(u64, Digest)>>);

impl Sums {
    /// Takes that of the file of this name.
    pub fn put(&self, name: &[u8], digest: Digest) {
        lock(&self.0).push((XxHash3_64::oneshot(name), digest));
    }
}

/// Which entries of the lists may not have arrived, so that they are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Links, devices and the like: whether those are taken is a matter of options.
    Special,
    /// All; `times` says that a file with the size and the time that the list told has the content as well. Else a
    /// file came if it was summed, or did not change since the pull before.
    All {
        /// As above.
        times: bool,
    },
}

impl Draft {
    /// Begins one, for files that are summed by `algorithm`.
    ///
    /// # Errors
    /// There is no room for it among temporary files.
    pub fn begin(origin: &Origin, algorithm: Checksum) -> io::Result<Draft> {
        let temporary = Dir::open(&std::env::temp_dir())?;
        let file = || Ok::<_, io::Error>(Mutex::new(BufWriter::new(temporary.create_unnamed()?)));
        Ok(Draft {
            origin: origin.clone(),
            algorithm,
            listed: file()?,
            summed: file()?,
        })
    }

    /// Takes the entries of a directory, as the list has them.
    ///
    /// # Errors
    /// They could not be written.
    pub fn list<'n>(
        &self,
        dir: &Path,
        entries: impl Iterator<Item = (&'n [u8], Record)>,
    ) -> io::Result<()> {
        let mut listing = Listing(entries.collect());
        listing.sort();
        let mut block = Vec::with_capacity(48 * listing.0.len());
        listing.encode(&mut block);
        put_block(&mut *lock(&self.listed), dir, &block)
    }

    /// Takes the sums of a directory whose files are all there.
    ///
    /// # Errors
    /// They could not be written.
    pub fn sum(&self, dir: &Path, sums: &Sums) -> io::Result<()> {
        let sums = std::mem::take(&mut *lock(&sums.0));
        if sums.is_empty() || self.algorithm == Checksum::None {
            return Ok(());
        }
        let mut block = Vec::with_capacity(sums.len() * (HASH + self.algorithm.digest_len()));
        for (name, digest) in &sums {
            block.extend_from_slice(&name.to_le_bytes());
            block.extend_from_slice(digest.as_bytes());
        }
        put_block(&mut *lock(&self.summed), dir, &block)
    }

    /// Its entries and sums, to be looked up.
    fn close(&self) -> io::Result<Came> {
        Ok(Came {
            listed: close(&self.listed)?,
            summed: close(&self.summed)?,
            algorithm: self.algorithm,
        })
    }
}

fn close(file: &Mutex<BufWriter<File>>) -> io::Result<Blocks> {
    let mut to = lock(file);
    // The end.
    to.write_all(&[0])?;
    to.flush()?;
    let mut file = to.get_ref().try_clone()?;
    let len = file.stream_position()?;
    file.rewind()?;
    Blocks::find(file.try_clone()?, &mut BufReader::new(file), 0, len)
}

/// What a run listed and summed.
struct Came {
    listed: Blocks,
    summed: Blocks,
    algorithm: Checksum,
}

impl Came {
    /// The sums of files of a directory, by the hashes of their names.
    fn sums(&self, dir: &Path) -> io::Result<HashMap<u64, Sum>> {
        let block = self.summed.block(dir)?;
        let mut sums = HashMap::new();
        for one in block.chunks_exact(HASH + self.algorithm.digest_len()) {
            let (name, digest) = one.split_at(HASH);
            let name = name.try_into().map(u64::from_le_bytes);
            if let (Ok(name), Some(digest)) = (name, Digest::from_bytes(digest)) {
                let algorithm = self.algorithm;
                sums.insert(name, Sum { algorithm, digest });
            }
        }
        Ok(sums)
    }
}

impl Stage {
    /// Makes the draft the catalogue of the destination, after the switch. Entries that an earlier pull of the same
    /// sources brought stay while the destination has them. `whole` tells that this pull asked for all there is:
    /// else the command line of the earlier one stands.
    ///
    /// # Errors
    /// [`Error::Io`]; the catalogue before stands then.
    pub fn catalogue(&self, draft: &Draft, doubt: Doubt, whole: bool) -> Result<(), Error> {
        let came = draft.close().doing("read the catalogue of", &self.path)?;
        let mut hold = self.hold();
        if hold.home.is_none() {
            let inside = state_goes_inside(&hold.site)?;
            make_state(&mut hold, inside)?;
        }
        bind(&mut hold)?;
        let (_, home, _) = hold.state()?;
        let before = match Reader::open(home) {
            Err(Error::Damaged { .. }) => None,
            other => other?.filter(|before| before.origin().sources == draft.origin.sources),
        };
        let live = Dir::open(&self.path).doing("open", &self.path)?;
        let merged = Merge {
            came,
            before,
            live,
            doubt,
        };
        let origin = match &merged.before {
            Some(before) if !whole => before.origin().clone(),
            _ => draft.origin.clone(),
        };
        let mut writer = Writer::begin(home, &origin)?;
        for dir in merged.dirs() {
            merged.write(&dir, &mut writer)?;
        }
        writer.finish()
    }
}

/// Has the journal on disk say which tree the state is of: a catalogue is believed by that.
fn bind(hold: &mut Hold) -> Result<(), Error> {
    let no_fsync = hold.no_fsync;
    let (_, home, journal) = hold.state()?;
    let written = Journal::read(home)?;
    if written.is_none_or(|written| written.root != journal.root) {
        journal.write(home, no_fsync)?;
    }
    Ok(())
}

/// What came, over what was there.
struct Merge {
    came: Came,
    before: Option<Reader>,
    live: Dir,
    doubt: Doubt,
}

impl Merge {
    fn dirs(&self) -> BTreeSet<PathBuf> {
        let before = self.before.iter().flat_map(Reader::dirs);
        self.came
            .listed
            .dirs()
            .chain(before)
            .map(Path::to_owned)
            .collect()
    }

    /// Writes the entries of a directory.
    fn write(&self, dir: &Path, to: &mut Writer<'_>) -> Result<(), Error> {
        let told = self.came.listed.block(dir);
        let told = told.doing("read the catalogue of", dir)?;
        let came = listing(&told).doing("read the catalogue of", dir)?;
        let sums = self.came.sums(dir);
        let sums = sums.doing("read the catalogue of", dir)?;
        let written = match &self.before {
            Some(before) => before.block(dir)?,
            None => Vec::new(),
        };
        let before = listing(&written).doing("read the catalogue of", dir)?;
        let mut live = Live::new(&self.live, dir);
        let mut merged = Listing::default();
        for (name, record) in &before.0 {
            if came.get(name).is_none() && live.has(name, |_| true) {
                merged.0.push((name, record.clone()));
            }
        }
        for (name, mut record) in came.0 {
            let known = before.get(name);
            let summed = sums.get(&XxHash3_64::oneshot(name)).copied();
            let is_known = known.is_some_and(|known| known.has_content_of(&record));
            if !self.arrived(&mut live, name, &record, summed.is_some() || is_known) {
                if let Some(known) = known.filter(|_| live.has(name, |_| true)) {
                    merged.0.push((name, known.clone()));
                }
                continue;
            }
            if record.kind == Kind::File {
                let inherited = known.filter(|_| is_known).and_then(|known| known.sum);
                record.sum = summed.or(record.sum).or(inherited);
            }
            merged.0.push((name, record));
        }
        merged.sort();
        to.put(dir, &merged)
    }

    /// Whether the destination has what the list told; `came` says that the content is known to have come.
    fn arrived(&self, live: &mut Live<'_>, name: &[u8], record: &Record, came: bool) -> bool {
        let plain = matches!(record.kind, Kind::File | Kind::Dir);
        match self.doubt {
            Doubt::Special if plain => true,
            Doubt::Special => live.has(name, |stat| stat.kind == record.kind),
            Doubt::All { times } => live.has(name, |stat| {
                let file = record.kind == Kind::File;
                let same = !file || stat.size == record.size;
                let has_content = !file || came || (times && stat.mtime.sec == record.mtime.sec);
                stat.kind == record.kind && same && has_content
            }),
        }
    }
}

/// A directory of the destination, opened when it is first looked at.
struct Live<'l> {
    root: &'l Dir,
    path: &'l Path,
    opened: Option<Option<Dir>>,
}

impl<'l> Live<'l> {
    fn new(root: &'l Dir, path: &'l Path) -> Live<'l> {
        Live {
            root,
            path,
            opened: None,
        }
    }

    fn has(&mut self, name: &[u8], fits: impl FnOnce(&Stat) -> bool) -> bool {
        let opened = self
            .opened
            .get_or_insert_with(|| match self.path.as_os_str().is_empty() {
                true => self.root.reopen().ok(),
                false => self.root.open_beneath(self.path).ok(),
            });
        let Some(dir) = opened else { return false };
        let stat = match name.is_empty() {
            true => dir.stat_self().ok(),
            false => dir.try_stat(name).ok().flatten(),
        };
        stat.is_some_and(|stat| fits(&stat))
    }
}
