//! Deltas of files in the format of `rdiff`, and the files that they give.

use std::fs::File;
use std::io;

#[cfg(feature = "rdiff")]
mod with_librsync {
    use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};

    use super::{File, io};
    use crate::delta::rdiff::{self, RdiffError, Strong};
    use crate::sys;

    /// Whether there are any.
    pub const CAN: bool = true;

    fn plain(error: RdiffError) -> io::Error {
        match error {
            RdiffError::Io(e) => e,
            other => io::Error::other(other),
        }
    }

    /// Writes what turns `basis` into `file`.
    pub fn delta(basis: &mut File, file: &mut File, out: &File) -> io::Result<()> {
        let size = sys::stat_file(basis)?.size;
        let mut sums = Vec::new();
        for read in [&mut *basis, &mut *file] {
            read.seek(SeekFrom::Start(0))?;
        }
        rdiff::signature(&mut BufReader::new(basis), size, Strong::Blake2, &mut sums)
            .map_err(plain)?;
        let mut out = BufWriter::new(out);
        rdiff::delta(&mut &sums[..], &mut BufReader::new(file), &mut out).map_err(plain)?;
        out.flush()
    }

    /// Writes what `delta` makes of `basis`.
    pub fn patch(basis: &mut File, mut delta: &File, out: &mut impl Write) -> io::Result<()> {
        basis.seek(SeekFrom::Start(0))?;
        delta.seek(SeekFrom::Start(0))?;
        let (mut basis, mut delta) = (BufReader::new(basis), BufReader::new(delta));
        rdiff::patch(&mut basis, &mut delta, out)
            .map(drop)
            .map_err(plain)
    }
}

#[cfg(not(feature = "rdiff"))]
mod without {
    use super::{File, io};

    /// Whether there are any.
    pub const CAN: bool = false;

    fn refused() -> io::Error {
        io::Error::other("this program was built without deltas (feature rdiff)")
    }

    /// There are none.
    pub fn delta(_: &mut File, _: &mut File, _: &File) -> io::Result<()> {
        Err(refused())
    }

    /// The same.
    pub fn patch(_: &mut File, _: &File, _: &mut impl io::Write) -> io::Result<()> {
        Err(refused())
    }
}

#[cfg(feature = "rdiff")]
pub(super) use with_librsync::{CAN, delta, patch};
#[cfg(not(feature = "rdiff"))]
pub(super) use without::{CAN, delta, patch};
