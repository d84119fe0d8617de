//! Files with holes: zeros that take no room, found at the source and left out at the destination.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use rustix::fs::{self as rfs, FallocateFlags, SeekFrom};
use rustix::io::Errno;

use super::content::{BLOCK, Copier};
use super::dir::stat_file;
use super::stat::Kind;

/// What a file has where zeros are to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing yet: what is not written stays a hole.
    Empty,
    /// Reserved room: it is given back where more data follows.
    Reserved,
    /// Older content.
    Old,
}

impl Copier {
    /// Copies `from` into `to`, from byte `at` to the end, with holes in place of zeros; what the source has as
    /// holes is not read. Ends with `to` as long as the source, unless it is a device. Returns the end's
    /// position. `size` is the source's where it cannot tell by itself (a device). `progress` is as for
    /// [`Copier::copy`] and counts zeros too.
    pub fn copy_with_holes(
        &mut self,
        (from, to): (&File, &File),
        mut at: u64,
        size: u64,
        ground: Ground,
        progress: &mut dyn FnMut(u64) -> io::Result<()>,
    ) -> io::Result<u64> {
        let stat = stat_file(from)?;
        let size = if stat.kind == Kind::File {
            stat.size
        } else {
            size
        };
        // Zeros seen and not yet made a hole of.
        let mut zeros = at..at;
        'whole: while at < size {
            let data = next_data(from, at, size)?;
            zeros.end = data.start;
            at = data.start;
            while at < data.end {
                let want = (data.end - at).min((self.buffer.len() - at as usize % BLOCK) as u64);
                let read = read_at_most(from, &mut self.buffer[..want as usize], at)?;
                let bytes = &self.buffer[..read];
                for (range, is_data) in pieces(bytes, at) {
                    if is_data {
                        if !zeros.is_empty() && ground != Ground::Empty {
                            punch(to, zeros.clone())?;
                        }
                        let piece = &bytes[(range.start - at) as usize..(range.end - at) as usize];
                        to.write_all_at(piece, range.start)?;
                        zeros = range.end..range.end;
                    } else {
                        zeros.end = range.end;
                    }
                }
                at += read as u64;
                if (read as u64) < want {
                    break 'whole;
                }
                progress(at)?;
            }
        }
        zeros.end = at;
        if ground == Ground::Old && !zeros.is_empty() {
            punch(to, zeros)?;
        }
        set_len(to, at)?;
        Ok(at)
    }
}

/// Writes `bytes` at `at`, leaving zeros out: on `ground` they become, or stay, holes.
pub fn write_with_holes(to: &File, bytes: &[u8], at: u64, ground: Ground) -> io::Result<()> {
    for (range, is_data) in pieces(bytes, at) {
        if is_data {
            let piece = &bytes[(range.start - at) as usize..(range.end - at) as usize];
            to.write_all_at(piece, range.start)?;
        } else if ground != Ground::Empty {
            punch(to, range)?;
        }
    }
    Ok(())
}

/// Gives a regular file its length; a device has its own.
pub fn set_len(file: &File, len: u64) -> io::Result<()> {
    match file.set_len(len) {
        Err(e) if Errno::from_io_error(&e) == Some(Errno::INVAL) => {
            if stat_file(file)?.kind == Kind::File {
                return Err(e);
            }
            Ok(())
        }
        done => done,
    }
}

/// Reserves room for a file of `size` bytes without making it longer; false where the file system cannot.
pub fn reserve(file: &File, size: u64) -> io::Result<bool> {
    if size == 0 {
        return Ok(false);
    }
    match rfs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, size) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// The size of a device in bytes: where its end is. A device without one has 0.
#[must_use]
pub fn device_size(file: &File) -> u64 {
    rfs::seek(file, SeekFrom::End(0)).unwrap_or(0)
}

/// Makes a hole; where that cannot be, the zeros are written.
fn punch(to: &File, range: Range<u64>) -> io::Result<()> {
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match rfs::fallocate(to, flags, range.start, range.end - range.start) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::PERM | Errno::NODEV) => {
            write_zeros(to, range)
        }
        Err(e) => Err(e.into()),
    }
}

fn write_zeros(to: &File, mut range: Range<u64>) -> io::Result<()> {
    const ZEROS: [u8; BLOCK] = [0; BLOCK];
    while !range.is_empty() {
        let len = (range.end - range.start).min(BLOCK as u64);
        to.write_all_at(&ZEROS[..len as usize], range.start)?;
        range.start += len;
    }
    Ok(())
}

/// The next stretch that may hold something else than zeros, within `at..end`; empty at `end` if there is none.
fn next_data(from: &File, at: u64, end: u64) -> io::Result<Range<u64>> {
    let start = match rfs::seek(from, SeekFrom::Data(at)) {
        Ok(start) => start.min(end),
        // Only a hole is left.
        Err(Errno::NXIO) => return Ok(end..end),
        // No knowledge of holes here: all is data.
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(at..end),
        Err(e) => return Err(e.into()),
    };
    let stop = rfs::seek(from, SeekFrom::Hole(start)).map_or(end, |hole| hole.min(end));
    Ok(start..stop)
}

/// `bytes`, which stand at `at`, as runs of whole blocks that are zeros throughout and of others.
fn pieces(bytes: &[u8], at: u64) -> impl Iterator<Item = (Range<u64>, bool)> {
    let end = at + bytes.len() as u64;
    let mut next = at;
    let block = move |from: u64| (from + 1).next_multiple_of(BLOCK as u64).min(end);
    let has_data = move |from: u64, to: u64| {
        let piece = &bytes[(from - at) as usize..(to - at) as usize];
        // Folded by the line, the comparison runs at the speed of memory.
        !piece
            .chunks(64)
            .all(|line| line.iter().fold(0, |all, byte| all | byte) == 0)
    };
    std::iter::from_fn(move || {
        if next >= end {
            return None;
        }
        let start = next;
        next = block(start);
        let is_data = has_data(start, next);
        while next < end && has_data(next, block(next)) == is_data {
            next = block(next);
        }
        Some((start..next, is_data))
    })
}

fn read_at_most(from: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match from.read_at(&mut buffer[done..], at + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn pieces_are_whole_blocks_of_zeros_and_what_lies_between() {
        let mut bytes = vec![0; 3 * BLOCK + 10];
        bytes[BLOCK + 5] = 1;
        let block = BLOCK as u64;
        let got: Vec<_> = pieces(&bytes, 2 * block).collect();
        assert_eq!(
            got,
            [
                (2 * block..3 * block, false),
                (3 * block..4 * block, true),
                (4 * block..5 * block + 10, false),
            ]
        );
        assert_eq!(pieces(&[], 7).count(), 0);
        let across: Vec<_> = pieces(&[1; 20], block - 10).collect();
        assert_eq!(across, [(block - 10..block + 10, true)]);
    }

    #[test]
    fn zeros_become_holes_on_every_ground() {
        let source = tempfile::tempfile().unwrap();
        source.write_all_at(&[7; 100], 0).unwrap();
        source.write_all_at(&vec![0; 1 << 20], 4096).unwrap();
        source.write_all_at(&[8; 5000], (1 << 20) + 4096).unwrap();
        source.set_len(4 << 20).unwrap();
        for (ground, blocks) in [
            (Ground::Empty, 24),
            (Ground::Reserved, 24 + 2 * (3 << 10) - 24),
            (Ground::Old, 24),
        ] {
            let to = tempfile::tempfile_in("/dev/shm").unwrap();
            match ground {
                Ground::Empty => {}
                Ground::Reserved => assert!(reserve(&to, 4 << 20).unwrap()),
                Ground::Old => to.write_all_at(&vec![9; 5 << 20], 0).unwrap(),
            }
            let end = Copier::in_steps(10_000)
                .copy_with_holes((&source, &to), 0, 0, ground, &mut |_| Ok(()))
                .unwrap();
            assert_eq!(end, 4 << 20);
            let (mut a, mut b) = (vec![0; 4 << 20], vec![1; 4 << 20]);
            source.read_exact_at(&mut a, 0).unwrap();
            to.read_exact_at(&mut b, 0).unwrap();
            assert!(a == b, "{ground:?}");
            let meta = to.metadata().unwrap();
            assert_eq!(meta.len(), 4 << 20);
            let slack = if ground == Ground::Reserved { 64 } else { 0 };
            assert!(
                meta.blocks().abs_diff(blocks) <= slack,
                "{ground:?}: {}",
                meta.blocks()
            );
        }
    }
}
