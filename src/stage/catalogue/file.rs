//! The file itself: written in one pass, directory by directory, and read where it is asked for.

use std::fs::File;
use std::hash::Hasher;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_64;

use super::Origin;
use super::blocks::{self, Blocks, Counting, put_block, torn};
use super::coding::{Cursor, Listing, put_bytes, put_origin, put_uint, read_uint};
use crate::stage::error::{Doing, Error};
use crate::stage::home::Home;
use crate::stage::layout::{CATALOGUE, CATALOGUE_NEXT};
use crate::sys;

const HEAD: &[u8] = b"resilver catalogue 1\n";
/// Bytes of the hash at the end.
const HASH: u64 = 8;
/// A command line is no longer than the system takes one: 2 MiB of words.
const LONGEST_ORIGIN: u64 = 8 << 20;

/// A catalogue that is being written. What is not finished is nothing.
pub(super) struct Writer<'h> {
    home: &'h Home,
    to: BufWriter<Hashing<File>>,
}

impl<'h> Writer<'h> {
    pub fn begin(home: &'h Home, origin: &Origin) -> Result<Writer<'h>, Error> {
        home.drop(CATALOGUE_NEXT)?;
        let begun = || {
            let file = home.dir.create_file(CATALOGUE_NEXT, 0o600)?;
            let mut to = BufWriter::new(Hashing::new(file));
            let (mut head, mut words) = (HEAD.to_vec(), Vec::new());
            put_origin(&mut words, origin);
            put_bytes(&mut head, &words);
            to.write_all(&head)?;
            Ok(to)
        };
        let to = begun().doing("write", home.join(CATALOGUE_NEXT))?;
        Ok(Writer { home, to })
    }

    /// Writes the entries of a directory, if it has any.
    pub fn put(&mut self, dir: &Path, listing: &Listing<'_>) -> Result<(), Error> {
        if listing.0.is_empty() {
            return Ok(());
        }
        let mut block = Vec::new();
        listing.encode(&mut block);
        let put = put_block(&mut self.to, dir, &block);
        put.doing("write", self.home.join(CATALOGUE_NEXT))
    }

    /// Puts it in the place of the one before. A crash may lose it, but leaves none that is torn.
    pub fn finish(mut self) -> Result<(), Error> {
        let mut end = || {
            let mut zero = Vec::new();
            put_uint(&mut zero, 0);
            self.to.write_all(&zero)?;
            self.to.flush()?;
            let hashing = self.to.get_mut();
            let hash = hashing.hasher.finish().to_le_bytes();
            hashing.inner.write_all(&hash)
        };
        end().doing("write", self.home.join(CATALOGUE_NEXT))?;
        sys::cut::point("catalogue.rename");
        self.home.rename(CATALOGUE_NEXT, CATALOGUE)
    }
}

/// A catalogue that is there.
#[derive(Debug)]
pub(super) struct Reader {
    origin: Origin,
    blocks: Blocks,
    path: PathBuf,
}

impl Reader {
    /// Opens it and looks whether it is whole; none where there is none.
    pub fn open(home: &Home) -> Result<Option<Reader>, Error> {
        let path = home.join(CATALOGUE);
        let file = match home.dir.open_file(CATALOGUE) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).doing("open", &path),
        };
        match read(file) {
            Ok((origin, blocks)) => Ok(Some(Reader {
                origin,
                blocks,
                path,
            })),
            Err(e) if is_damage(&e) => Err(Error::Damaged {
                path,
                what:
                    "it is no catalogue that was written to its end: the next pull makes a new one"
                        .to_owned(),
            }),
            Err(e) => Err(e).doing("read", &path),
        }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn dirs(&self) -> impl Iterator<Item = &Path> {
        self.blocks.dirs()
    }

    /// The entries of a directory, as they are written.
    pub fn block(&self, dir: &Path) -> Result<Vec<u8>, Error> {
        self.blocks.block(dir).doing("read", &self.path)
    }

    /// Reads the entries in a block.
    pub fn listing<'b>(&self, block: &'b [u8]) -> Result<Listing<'b>, Error> {
        blocks::listing(block).doing("read", &self.path)
    }
}

fn is_damage(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

fn read(file: File) -> io::Result<(Origin, Blocks)> {
    let len = file.metadata()?.len();
    let mut from = BufReader::new(Hashing::new(file.try_clone()?).take(len.saturating_sub(HASH)));
    let mut head = [0; HEAD.len()];
    from.read_exact(&mut head)?;
    if head != HEAD {
        return Err(torn());
    }
    let (at, len) = (HEAD.len() as u64, len.saturating_sub(HASH));
    let mut counting = Counting {
        from: &mut from,
        at,
        len,
    };
    let words_len = read_uint(&mut counting)?;
    if words_len > LONGEST_ORIGIN {
        return Err(torn());
    }
    let mut words = Vec::new();
    counting.fill(&mut words, words_len)?;
    let origin = Cursor(&words).origin().ok_or_else(torn)?;
    let at = counting.at;
    let blocks = Blocks::find(file, &mut from, at, len)?;
    let mut rest = [0];
    if from.read(&mut rest)? != 0 {
        return Err(torn());
    }
    let mut hashing = from.into_inner().into_inner();
    let mut hash = [0; 8];
    hashing.inner.read_exact(&mut hash)?;
    match u64::from_le_bytes(hash) == hashing.hasher.finish() {
        true => Ok((origin, blocks)),
        false => Err(torn()),
    }
}

/// Hashes what passes through.
struct Hashing<F> {
    inner: F,
    hasher: XxHash3_64,
}

impl<F> Hashing<F> {
    fn new(inner: F) -> Hashing<F> {
        Hashing {
            inner,
            hasher: XxHash3_64::with_seed(0),
        }
    }
}

impl<F: Write> Write for Hashing<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.write(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<F: Read> Read for Hashing<F> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(bytes)?;
        self.hasher.write(&bytes[..read]);
        Ok(read)
    }
}
