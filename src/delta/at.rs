//! Reading and writing at a position, so that several threads can work on one file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// Something that can be read at any position, by several threads at once.
pub trait ReadAt: Sync {
    /// Reads at `offset` (in bytes from the start) into `buf`; 0 bytes mean the end, as for [`Read`].
    ///
    /// # Errors
    /// Whatever the medium reports.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
}

/// Something that can be written at any position, by several threads at once.
pub trait WriteAt: Sync {
    /// Writes all of `bytes` at `offset` (in bytes from the start).
    ///
    /// # Errors
    /// Whatever the medium reports.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
}

impl ReadAt for File {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buf, offset)
    }
}

impl WriteAt for File {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        FileExt::write_all_at(self, bytes, offset)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|at| self.get(at..))
            .unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.as_slice().read_at(buf, offset)
    }
}

/// Reads until `buf` is full or the end is reached; returns the bytes read.
pub fn read_full<R: ReadAt + ?Sized>(from: &R, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match from.read_at(&mut buf[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// A stretch of a positional reader as a plain [`Read`].
pub(super) struct Stretch<'a, R: ?Sized> {
    pub from: &'a R,
    pub at: u64,
    pub end: u64,
}

impl<R: ReadAt + ?Sized> Read for Stretch<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (self.end - self.at).min(buf.len() as u64) as usize;
        let n = self.from.read_at(&mut buf[..n], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
