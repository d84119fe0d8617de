//! The file of a point's sums: a line `resilver sums 1`, then a zstd frame with a checksum. In it, of each directory,
//! one more than the length of its path below the point, the path, the length of its entries and those; a zero ends
//! it. A directory stands before what is in it, others by the bytes of their names.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use super::coding::{Entry, decode, encode};
use super::{DRAFT, SUMS};
use crate::stage::catalogue::coding::{put_bytes, put_uint, read_uint};
use crate::stage::error::{Doing, Error};
use crate::stage::home::Home;
use crate::stage::points::stamp::Stamp;
use crate::sys::{self, Dir, Kind, as_path};

const HEAD: &[u8] = b"resilver sums 1\n";
/// Names compress well at once; sums never do.
const LEVEL: i32 = 1;
/// The largest window that is decoded, as a power of two.
const WINDOW: u32 = 24;

/// Sums that are being written. What is not finished is nothing.
pub(super) struct Writer<'h> {
    home: &'h Home,
    dir: Dir,
    to: Encoder<'static, BufWriter<File>>,
}

impl<'h> Writer<'h> {
    /// Begins a file; the directory of points is held.
    pub fn begin(home: &'h Home) -> Result<Writer<'h>, Error> {
        let dir = home.sub_or_make(SUMS)?;
        let begun = || {
            dir.remove_all(DRAFT)?;
            let mut file = BufWriter::new(dir.create_file(DRAFT, 0o600)?);
            file.write_all(HEAD)?;
            let mut to = Encoder::new(file, LEVEL)?;
            to.include_checksum(true)?;
            Ok(to)
        };
        let to = begun().doing("write sums in", &home.path)?;
        Ok(Writer { home, dir, to })
    }

    /// The entries of one more directory.
    pub fn put(&mut self, path: &Path, entries: &[Entry]) -> Result<(), Error> {
        let bytes = path.as_os_str().as_bytes();
        let mut block = Vec::new();
        put_uint(&mut block, bytes.len() as u64 + 1);
        block.extend_from_slice(bytes);
        put_bytes(&mut block, &encode(entries));
        let put = self.to.write_all(&block);
        put.doing("write sums in", &self.home.path)
    }

    /// Makes them those of a point.
    pub fn finish(self, stamp: Stamp, no_fsync: bool) -> Result<(), Error> {
        let Writer { home, dir, mut to } = self;
        let mut end = || {
            to.write_all(&[0])?;
            to.do_finish()?;
            let file = to.get_mut();
            file.flush()?;
            if !no_fsync {
                file.get_ref().sync_all()?;
            }
            sys::cut::point("points.sums");
            dir.rename(DRAFT, &dir, &stamp.name())?;
            match no_fsync {
                true => Ok(()),
                false => dir.sync(),
            }
        };
        end().doing("write sums in", &home.path)
    }
}

/// The entries of a directory, with its path.
pub(super) type Block = (PathBuf, Vec<Entry>);

/// Reads sums from their beginning.
pub(super) struct Reader {
    from: BufReader<Decoder<'static, BufReader<File>>>,
    path: PathBuf,
    /// Read and not yet asked for.
    ahead: Option<Block>,
    is_through: bool,
}

impl Reader {
    /// Those of a point; none where there are none.
    pub fn open(home: &Home, stamp: Stamp) -> Result<Option<Reader>, Error> {
        let Some(dir) = home.sub(SUMS)? else {
            return Ok(None);
        };
        let path = home.join(SUMS).join(stamp.to_string());
        let file = match dir.open_file(&stamp.name()) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).doing("open", path),
        };
        let begin = |path: &Path| -> Result<_, Error> {
            let mut file = BufReader::new(file);
            let mut head = [0; HEAD.len()];
            file.read_exact(&mut head).map_err(|e| wrong(e, path))?;
            if head != HEAD {
                return Err(wrong(torn(), path));
            }
            let mut from = Decoder::with_buffer(file).map_err(|e| wrong(e, path))?;
            from.window_log_max(WINDOW).map_err(|e| wrong(e, path))?;
            Ok(BufReader::new(from))
        };
        Ok(Some(Reader {
            from: begin(&path)?,
            path,
            ahead: None,
            is_through: false,
        }))
    }

    /// Reads all there is; how many files have no sum, and directories no list.
    pub fn unknown(mut self) -> Result<u64, Error> {
        // The point itself is a directory of its own list.
        let (mut files, mut dirs, mut lists) = (0, 0_u64, 0);
        while let Some((_, entries)) = self.next()? {
            lists += 1;
            for entry in &entries {
                files += u64::from(entry.kind == Kind::File && entry.sum.is_none());
                dirs += u64::from(entry.kind == Kind::Dir);
            }
        }
        Ok(files + dirs.saturating_sub(lists))
    }

    /// The next directory.
    pub fn next(&mut self) -> Result<Option<Block>, Error> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        if self.is_through {
            return Ok(None);
        }
        let block = self.block().map_err(|e| wrong(e, &self.path))?;
        self.is_through = block.is_none();
        Ok(block)
    }

    /// The entries of this directory, if it is there; others before it are handed to `passed`.
    pub fn to(
        &mut self,
        path: &Path,
        mut passed: impl FnMut(Block),
    ) -> Result<Option<Vec<Entry>>, Error> {
        while let Some(block) = self.next()? {
            match block.0.as_path().cmp(path) {
                std::cmp::Ordering::Less => passed(block),
                std::cmp::Ordering::Equal => return Ok(Some(block.1)),
                std::cmp::Ordering::Greater => {
                    self.ahead = Some(block);
                    break;
                }
            }
        }
        Ok(None)
    }

    fn block(&mut self) -> io::Result<Option<Block>> {
        let Some(len) = read_uint(&mut self.from)?.checked_sub(1) else {
            // With the end of the frame its checksum is looked at.
            return match self.from.fill_buf()?.is_empty() {
                true => Ok(None),
                false => Err(torn()),
            };
        };
        let path = self.bytes(len)?;
        let len = read_uint(&mut self.from)?;
        let entries = decode(&self.bytes(len)?).ok_or_else(torn)?;
        Ok(Some((as_path(&path).to_owned(), entries)))
    }

    /// No more room is taken than there are bytes.
    fn bytes(&mut self, len: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(len).read_to_end(&mut bytes)?;
        match read as u64 == len {
            true => Ok(bytes),
            false => Err(torn()),
        }
    }
}

fn torn() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Whatever is not the system's is damage.
fn wrong(e: io::Error, path: &Path) -> Error {
    match e.raw_os_error() {
        Some(_) => Err::<(), _>(e).doing("read", path).unwrap_err(),
        None => Error::Damaged {
            path: path.to_owned(),
            what: "it is no list of sums that was written to its end; without it the sums are made anew"
                .to_owned(),
        },
    }
}
