//! The block sums of a basis, as a sender wants them.

use std::fs::File;
use std::io;

use rayon::prelude::*;

use crate::delta::{Shape, read_full, weak_sum};
use crate::wire::{BlockSums, Sums};

/// How much of a basis one task of the pool reads and sums, in bytes.
const SEGMENT: u64 = 4 << 20;

/// Sums the blocks of `basis`, large ones in parallel.
///
/// # Errors
/// What the file reports, and [`io::ErrorKind::UnexpectedEof`] if it is shorter than `shape` says.
pub(in crate::engine) fn block_sums(
    basis: &File,
    shape: Shape,
    sums: &Sums,
) -> io::Result<BlockSums> {
    if shape.count() == 0 {
        return Ok(BlockSums::default());
    }
    let block = u64::from(shape.block_len());
    let segment = SEGMENT.div_ceil(block) * block;
    let starts: Vec<u64> = (0..shape.basis_len()).step_by(segment as usize).collect();
    let of = |buf: &mut Vec<u8>, at: u64| -> io::Result<BlockSums> {
        let len = (shape.basis_len() - at).min(segment) as usize;
        buf.resize(len, 0);
        if read_full(basis, buf, at)? < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut part = BlockSums {
            strong_len: shape.strong_len(),
            ..BlockSums::default()
        };
        for block in buf.chunks(shape.block_len() as usize) {
            part.weak.push(weak_sum(block));
            let digest = sums.block(block);
            part.strong
                .extend_from_slice(&digest.as_bytes()[..shape.strong_len()]);
        }
        Ok(part)
    };
    let mut parts: Vec<BlockSums> = match starts.len() {
        1 => vec![of(&mut Vec::new(), 0)?],
        _ => starts
            .into_par_iter()
            .map_init(Vec::new, of)
            .collect::<io::Result<_>>()?,
    };
    let mut whole = parts.remove(0);
    for part in parts {
        whole.weak.extend(part.weak);
        whole.strong.extend(part.strong);
    }
    Ok(whole)
}
