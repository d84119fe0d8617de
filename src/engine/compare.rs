//! Comparing two files by content.

use std::fs::File;
use std::io;

use crate::delta::read_full;

/// Bytes compared at a time.
const BLOCK: usize = 128 * 1024;

/// Whether two open files hold the same bytes. Both are at hand, so
/// they are compared themselves rather than sums of them.
pub(super) fn same_bytes(a: &File, b: &File) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut at = 0;
    loop {
        let n = read_full(a, &mut left, at)?;
        let m = read_full(b, &mut right, at)?;
        if n != m || left[..n] != right[..m] {
            return Ok(false);
        }
        if n < BLOCK {
            return Ok(true);
        }
        at += n as u64;
    }
}
