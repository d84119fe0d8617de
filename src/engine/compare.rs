//! Comparing two files by content.

use std::fs::File;
use std::io;

use crate::delta::read_full;

/// Bytes compared at a time.
const BLOCK: usize = 128 * 1024;

/// Whether two open files hold the same bytes. Both are at hand, so
/// they are compared themselves rather than sums of them.
pub(super) fn same_bytes(a: &File, b: &File) -> io::Result<bool> {
    same_beginning(a, b, u64::MAX)
}

/// Whether the first `len` bytes of two files agree, or all of them where there are less.
pub(super) fn same_beginning(a: &File, b: &File, len: u64) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0;
    while at < len {
        let want = (len - at).min(BLOCK as u64) as usize;
        let read = read_full(a, &mut left[..want], at)?;
        if read_full(b, &mut right[..want], at)? != read || left[..read] != right[..read] {
            return Ok(false);
        }
        if read < want {
            return Ok(true);
        }
        at += want as u64;
    }
    Ok(true)
}

/// Hands on all that a file holds, piece by piece.
pub(super) fn read_through(file: &File, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let (mut block, mut at) = (vec![0; BLOCK], 0);
    loop {
        let read = read_full(file, &mut block, at)?;
        take(&block[..read]);
        at += read as u64;
        if read < BLOCK {
            return Ok(());
        }
    }
}
