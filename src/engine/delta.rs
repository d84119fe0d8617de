//! A changed file made from its old version (`--no-whole-file`), beside it or in it.

use std::fs::File;
use std::io;
use std::num::NonZeroU64;

use crate::delta::{Known, LocalError, Output, Tuning, WriteAt, rebuild};
use crate::sys::content::copy_range;
use crate::sys::signal;
use crate::sys::sparse::{self, Ground};

use super::pace::Pace;

/// What a delta is made of besides its basis.
pub(super) struct Delta<'a> {
    /// The new content.
    pub source: &'a File,
    /// Its size in bytes.
    pub size: u64,
    /// The file that is written.
    pub to: &'a File,
    /// Zeros become holes.
    pub sparse: bool,
    /// `--block-size`.
    pub block_len: u32,
    pub pace: Option<&'a Pace>,
}

impl Delta<'_> {
    /// Makes the new content in an empty file; returns how many bytes were new and how many were found in
    /// `basis`.
    pub(super) fn beside(&self, basis: &File, basis_len: u64) -> io::Result<(u64, u64)> {
        self.run(basis, basis_len, Some(basis))
    }

    /// Turns the content of `to`, `len` bytes, into the new one. Blocks that are right already are not written.
    pub(super) fn within(&self, len: u64) -> io::Result<(u64, u64)> {
        self.run(self.to, len, None)
    }

    fn run(&self, basis: &File, basis_len: u64, other: Option<&File>) -> io::Result<(u64, u64)> {
        let known = Known {
            file: basis,
            len: basis_len,
        };
        let source = Known {
            file: self.source,
            len: self.size,
        };
        let tuning = Tuning {
            block_len: self.block_len,
            in_place: other.is_none(),
            ..Tuning::default()
        };
        let sink = Sink {
            delta: self,
            basis: other,
        };
        let origin = match rebuild(known, source, &sink, &tuning) {
            Ok(origin) => origin,
            Err(LocalError::Write(e) | LocalError::ReadSource(e) | LocalError::ReadBasis(e)) => {
                return Err(e);
            }
            Err(e) => return Err(io::Error::other(e)),
        };
        if self.sparse || other.is_none() {
            sparse::set_len(self.to, self.size)?;
        }
        Ok((origin.literal, origin.matched))
    }
}

/// Where the new content goes.
struct Sink<'a> {
    delta: &'a Delta<'a>,
    /// The old file where it is another one.
    basis: Option<&'a File>,
}

impl WriteAt for Sink<'_> {
    fn write_all_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        if signal::stop_requested() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        if let Some(pace) = self.delta.pace {
            pace.spend(bytes.len() as u64)?;
        }
        let ground = match self.basis {
            Some(_) => Ground::Empty,
            None => Ground::Old,
        };
        match self.delta.sparse {
            true => sparse::write_with_holes(self.delta.to, bytes, at, ground),
            false => self.delta.to.write_all_at(bytes, at),
        }
    }
}

impl Output for Sink<'_> {
    fn granule(&self) -> Option<NonZeroU64> {
        // In place, what is equal stays as it is. Under a limit, what is equal does not count.
        let told_apart = self.basis.is_none() || self.delta.pace.is_some();
        told_apart.then_some(NonZeroU64::MIN)
    }

    fn share(&self, from: u64, to: u64, len: u64) -> io::Result<bool> {
        if signal::stop_requested() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match self.basis {
            None => Ok(from == to),
            Some(_) if self.delta.sparse => Ok(false),
            Some(basis) => copy_range(basis, from, self.delta.to, to, len).map(|()| true),
        }
    }
}
