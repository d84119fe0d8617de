//! A changed file made from its old version (`--no-whole-file`).

use std::fs::File;
use std::io;

use crate::delta::{Known, LocalError, Tuning, rebuild};

/// Writes into the empty file `to` what `source` holds; returns how many bytes were new and how many were
/// found in `basis`.
pub(super) fn fill(source: &File, size: u64, basis: &File, to: &File) -> io::Result<(u64, u64)> {
    let basis_len = basis.metadata()?.len();
    let basis = Known {
        file: basis,
        len: basis_len,
    };
    let source = Known {
        file: source,
        len: size,
    };
    match rebuild(basis, source, to, &Tuning::default()) {
        Ok(origin) => Ok((origin.literal, origin.matched)),
        Err(LocalError::Write(e) | LocalError::ReadSource(e) | LocalError::ReadBasis(e)) => Err(e),
        Err(e) => Err(io::Error::other(e)),
    }
}
