//! Comparing two files by content.

use std::fs::File;
use std::io::{self, Read};

/// Bytes compared at a time.
const BLOCK: usize = 128 * 1024;

/// Whether two open files hold the same bytes from their positions to their ends. Both are at hand, so
/// they are compared themselves rather than sums of them.
pub(super) fn same_bytes(mut a: &File, mut b: &File) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; BLOCK], vec![0; BLOCK]);
    loop {
        let n = read_full(&mut a, &mut left)?;
        let m = read_full(&mut b, &mut right)?;
        if n != m || left[..n] != right[..m] {
            return Ok(false);
        }
        if n < BLOCK {
            return Ok(true);
        }
    }
}

fn read_full(file: &mut &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read(&mut buffer[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}
