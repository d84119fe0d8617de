//! Copying the bytes of files: shared extents where the file system can, else inside the kernel, else
//! through a buffer.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs as rfs;

/// Size of the buffer that [`Copier`] keeps: large enough to amortise calls, small enough for the cache.
const BUFFER: usize = 256 * 1024;
/// What a hole is made of: zeros are looked for in pieces of this many bytes, the size of a page and of the
/// blocks of nearly all file systems.
pub(super) const BLOCK: usize = 4096;
/// Below this size a reflink attempt costs more than it saves.
const WORTH_SHARING: u64 = 64 * 1024;

/// Copies file contents; keeps its buffer between files. One per thread.
pub struct Copier {
    pub(super) buffer: Vec<u8>,
}

/// What the destination's file system turned out not to offer; shared by all threads of a run.
#[derive(Debug, Default)]
pub struct Abilities {
    no_reflink: AtomicBool,
}

impl Abilities {
    /// For a file whose extents cannot be shared, whatever its file system.
    #[must_use]
    pub fn without_sharing() -> Abilities {
        Abilities {
            no_reflink: AtomicBool::new(true),
        }
    }
}

impl Default for Copier {
    fn default() -> Copier {
        Copier::in_steps(BUFFER as u64)
    }
}

impl Copier {
    /// A copier that moves no more than so many bytes between two reports of its progress.
    #[must_use]
    pub fn in_steps(bytes: u64) -> Copier {
        let len = bytes.clamp(BLOCK as u64, BUFFER as u64) as usize;
        Copier {
            buffer: vec![0; len / BLOCK * BLOCK],
        }
    }

    /// Copies all of `from` into the empty file `to` and returns how many bytes there were. `size` is what
    /// the listing said: it saves the read that would only find the end, and a longer or shorter file
    /// shows in the result. `progress` is told the bytes done so far, at least every few MiB.
    pub fn copy(
        &mut self,
        from: &File,
        to: &File,
        size: u64,
        abilities: &Abilities,
        progress: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> io::Result<u64> {
        if size >= WORTH_SHARING && share(from, to, abilities) {
            return Ok(super::dir::stat_file(to)?.size);
        }
        let mut done = 0;
        let (mut from, mut to) = (from, to);
        loop {
            // One byte more than expected: a file that grew is seen, one that did not needs no second read.
            let want = (size - done.min(size))
                .saturating_add(1)
                .min(self.buffer.len() as u64);
            let n = match from.read(&mut self.buffer[..want as usize]) {
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if n == 0 {
                return Ok(done);
            }
            to.write_all(&self.buffer[..n])?;
            done += n as u64;
            if done >= size && (n as u64) < want {
                return Ok(done);
            }
            progress(done)?;
        }
    }
}

/// Makes `to` share all extents of `from`; false where the file system cannot, which is remembered.
pub fn share(from: &File, to: &File, abilities: &Abilities) -> bool {
    if abilities.no_reflink.load(Ordering::Relaxed) {
        return false;
    }
    match rfs::ioctl_ficlone(to, from) {
        Ok(()) => true,
        Err(_) => {
            abilities.no_reflink.store(true, Ordering::Relaxed);
            false
        }
    }
}

/// Copies `len` bytes between positions of two files inside the kernel; falls back to a buffer.
pub fn copy_range(from: &File, from_at: u64, to: &File, to_at: u64, len: u64) -> io::Result<()> {
    let (mut source, mut target, mut left) = (from_at, to_at, len);
    while left > 0 {
        let step = usize::try_from(left).unwrap_or(usize::MAX).min(1 << 30);
        match rfs::copy_file_range(from, Some(&mut source), to, Some(&mut target), step) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => left -= n as u64,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return copy_range_buffered(from, source, to, target, left),
        }
    }
    Ok(())
}

/// Copies a file with its holes into the empty file `to`: shared where possible, else range by range.
pub fn copy_sparse(from: &File, to: &File, size: u64, abilities: &Abilities) -> io::Result<()> {
    use rustix::fs::SeekFrom;
    if size >= WORTH_SHARING && share(from, to, abilities) {
        return Ok(());
    }
    let mut at = 0;
    while at < size {
        let start = match rfs::seek(from, SeekFrom::Data(at)) {
            Ok(start) => start,
            // Only a hole is left.
            Err(rustix::io::Errno::NXIO) => break,
            // No knowledge of holes here: all is data.
            Err(rustix::io::Errno::INVAL) => at,
            Err(e) => return Err(e.into()),
        };
        let end = match rfs::seek(from, SeekFrom::Hole(start)) {
            Ok(end) => end.min(size),
            Err(_) => size,
        };
        copy_range(from, start, to, start, end - start)?;
        at = end;
    }
    to.set_len(size)
}

fn copy_range_buffered(
    from: &File,
    mut at: u64,
    to: &File,
    mut to_at: u64,
    mut left: u64,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER.min(usize::try_from(left).unwrap_or(BUFFER))];
    while left > 0 {
        let n = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        from.read_exact_at(&mut buffer[..n], at)?;
        to.write_all_at(&buffer[..n], to_at)?;
        at += n as u64;
        to_at += n as u64;
        left -= n as u64;
    }
    Ok(())
}
