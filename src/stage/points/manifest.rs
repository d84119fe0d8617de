//! Which files of a point are there as deltas, and what they were.
//!
//! `deltas/2026-11-22T03-00-00Z` in the state of the directory: a line `resilver deltas 1`, then of each file the
//! SHA-256 of its content, its size, and its path below the point, with blanks between them and a zero byte
//! behind. The delta itself stands in the point, in the place of the file, under its name with `.rdiff` behind.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::stamp::Stamp;
use crate::stage::error::{Doing, Error};
use crate::stage::home::{Home, replace};
use crate::sys::{Dir, Stat, as_path};

const DELTAS: &[u8] = b"deltas";
const DRAFT: &[u8] = b".draft";
const HEAD: &[u8] = b"resilver deltas 1\n";
/// Behind the name of a file that is there as a delta.
pub(super) const SUFFIX: &[u8] = b".rdiff";

/// SHA-256 of a file.
pub(super) type Sum = [u8; 32];

/// A file that is there as a delta, as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub size: u64,
    pub sum: Sum,
}

/// The deltas of a point, by the path of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest(pub BTreeMap<PathBuf, Whole>);

impl Manifest {
    /// Reads that of a point; empty where there is none.
    pub fn read(home: Option<&Home>, stamp: Stamp) -> Result<Manifest, Error> {
        let Some(home) = home else {
            return Ok(Manifest::default());
        };
        let Some(deltas) = home.sub(DELTAS)? else {
            return Ok(Manifest::default());
        };
        let path = home.join(DELTAS).join(stamp.to_string());
        let mut bytes = Vec::new();
        match deltas.open_file(&stamp.name()) {
            Ok(mut file) => file.read_to_end(&mut bytes).doing("read", &path)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Manifest::default()),
            Err(e) => return Err(e).doing("read", &path),
        };
        decode(&bytes).ok_or_else(|| Error::Damaged {
            path,
            what: "it is no list of deltas".to_owned(),
        })
    }

    /// Writes it, durably, in one step.
    pub fn write(&self, home: &Home, stamp: Stamp, no_fsync: bool) -> Result<(), Error> {
        let deltas = home.sub_or_make(DELTAS)?;
        let name = stamp.name();
        let written = match self.0.is_empty() {
            true => deltas.remove_all(&name),
            false => {
                let names = (DRAFT, &name[..]);
                replace(&deltas, names, &self.encode(), no_fsync, "points.manifest")
            }
        };
        written.doing("write the list of deltas in", &home.path)
    }

    /// Removes that of a point.
    pub fn drop(home: &Home, stamp: Stamp) -> Result<(), Error> {
        match home.sub(DELTAS)? {
            Some(deltas) => {
                let dropped = deltas.remove_all(&stamp.name());
                dropped.doing("remove a list of deltas in", &home.path)
            }
            None => Ok(()),
        }
    }

    /// What a listed object of the point stands for: for a delta the name and metadata of its file. Where both
    /// are there, which an interrupted run leaves, the delta is nothing.
    pub fn seen(
        &self,
        dir: &Dir,
        parent: &Path,
        name: &[u8],
        stat: Stat,
    ) -> io::Result<Option<(Vec<u8>, Stat)>> {
        let whole = name.strip_suffix(SUFFIX).filter(|_| !self.0.is_empty());
        let whole = whole.and_then(|file| Some((file, self.0.get(&parent.join(as_path(file)))?)));
        let Some((file, whole)) = whole else {
            return Ok(Some((name.to_vec(), stat)));
        };
        if dir.try_stat(file)?.is_some() {
            return Ok(None);
        }
        let size = whole.size;
        Ok(Some((file.to_vec(), Stat { size, ..stat })))
    }

    fn encode(&self) -> Vec<u8> {
        let mut text = HEAD.to_vec();
        for (path, whole) in &self.0 {
            for byte in whole.sum {
                text.extend_from_slice(format!("{byte:02x}").as_bytes());
            }
            text.extend_from_slice(format!(" {} ", whole.size).as_bytes());
            text.extend_from_slice(path.as_os_str().as_bytes());
            text.push(0);
        }
        text
    }
}

fn decode(bytes: &[u8]) -> Option<Manifest> {
    let mut manifest = Manifest::default();
    let entries = bytes.strip_prefix(HEAD)?;
    for entry in entries.split_inclusive(|byte| *byte == 0) {
        let entry = entry.strip_suffix(b"\0")?;
        let mut parts = entry.splitn(3, |byte| *byte == b' ');
        let (sum, size, path) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = Whole {
            size: std::str::from_utf8(size).ok()?.parse().ok()?,
            sum: unhex(sum)?,
        };
        manifest.0.insert(as_path(path).to_owned(), whole);
    }
    Some(manifest)
}

fn unhex(text: &[u8]) -> Option<Sum> {
    let mut sum = [0; 32];
    if text.len() != 2 * sum.len() {
        return None;
    }
    for (byte, digits) in sum.iter_mut().zip(text.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut manifest = Manifest::default();
        let whole = Whole {
            size: 1 << 40,
            sum: [0xa5; 32],
        };
        for path in ["a", "dir/with blank\n", "é/x.rdiff"] {
            manifest.0.insert(path.into(), whole);
        }
        let bytes = manifest.encode();
        assert_eq!(decode(&bytes), Some(manifest));
        assert_eq!(decode(HEAD), Some(Manifest::default()));
        for end in 0..bytes.len() {
            let cut = decode(&bytes[..end]);
            assert!(cut.is_none_or(|cut| cut.0.len() < 3), "{end}");
        }
        assert_eq!(decode(b"resilver deltas 1\nxyz 1 a\0"), None);
    }
}
