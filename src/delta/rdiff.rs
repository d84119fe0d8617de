//! Signatures, deltas and patches as files, in the format of `rdiff` and librsync: made here and applied
//! there, or the other way round. Nothing of it goes over rsync's wire, whose format is another.

use std::io::{self, BufRead, Read, Seek, Write};

use librsync::{SignatureType, whole};

/// Smallest block of a signature: smaller ones make it larger than what they save.
const SMALLEST_BLOCK: u64 = 2048;
/// Largest block, which keeps the signature of any file below a sum for each 64 KiB.
const LARGEST_BLOCK: u64 = 64 << 10;
/// Blocks begin at multiples of this.
const BLOCK_STEP: u64 = 128;

/// The strong checksum in a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strong {
    /// BLAKE2, 32 bytes: librsync 1.0 and later.
    #[default]
    Blake2,
    /// MD4, 16 bytes: readable by every librsync, not safe against made-up files.
    Md4,
}

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RdiffError {
    /// Reading or writing failed.
    #[error("{}", crate::sys::reason(.0))]
    Io(#[source] io::Error),
    /// A signature or delta is none, is damaged, or does not belong to this file.
    #[error("it is damaged, or not in rdiff's format")]
    Malformed,
    /// There was no memory for the signature.
    #[error("there is not enough memory for its signature")]
    Memory,
}

impl From<librsync::Error> for RdiffError {
    fn from(error: librsync::Error) -> RdiffError {
        match error {
            // The library's own errors come wrapped in one of the system's.
            librsync::Error::Io(e) => match e.downcast::<librsync::Error>() {
                Ok(own) => own.into(),
                Err(e) if e.raw_os_error().is_none() => RdiffError::Malformed,
                Err(e) => RdiffError::Io(e),
            },
            librsync::Error::Mem => RdiffError::Memory,
            _ => RdiffError::Malformed,
        }
    }
}

/// Writes the signature of `basis`, of `size` bytes; gives the bytes written.
///
/// # Errors
/// See [`RdiffError`].
pub fn signature(
    basis: &mut impl BufRead,
    size: u64,
    strong: Strong,
    out: &mut impl Write,
) -> Result<u64, RdiffError> {
    let kind = match strong {
        Strong::Blake2 => SignatureType::Blake2,
        Strong::Md4 => SignatureType::MD4,
    };
    let block = block_size(size);
    Ok(whole::signature_with_options(basis, out, block, 0, kind)?)
}

/// The square root of the file's size balances what a signature and a changed byte cost.
fn block_size(size: u64) -> usize {
    let block = (size.isqrt() / BLOCK_STEP * BLOCK_STEP).clamp(SMALLEST_BLOCK, LARGEST_BLOCK);
    usize::try_from(block).unwrap_or(SMALLEST_BLOCK as usize)
}

/// Writes what turns the file of `signature` into `new`; gives the bytes written. Keeps the signature in
/// memory, and nothing else.
///
/// # Errors
/// See [`RdiffError`].
pub fn delta(
    signature: &mut impl Read,
    new: &mut impl Read,
    out: &mut impl Write,
) -> Result<u64, RdiffError> {
    Ok(whole::delta(new, signature, out)?)
}

/// Writes the file that `delta` makes of `basis`; gives the bytes written. Which file the delta was made
/// for is not in it: a wrong basis of the right size gives a wrong file.
///
/// # Errors
/// See [`RdiffError`].
pub fn patch(
    basis: &mut (impl Read + Seek),
    delta: &mut impl Read,
    out: &mut impl Write,
) -> Result<u64, RdiffError> {
    Ok(whole::patch(basis, delta, out)?)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn there_and_back(old: &[u8], new: &[u8], strong: Strong) -> (Vec<u8>, usize) {
        let (mut sums, mut diff, mut back) = (Vec::new(), Vec::new(), Vec::new());
        let size = old.len() as u64;
        signature(&mut &old[..], size, strong, &mut sums).expect("a signature");
        delta(&mut &sums[..], &mut &new[..], &mut diff).expect("a delta");
        patch(&mut Cursor::new(old), &mut &diff[..], &mut back).expect("a patch");
        (back, diff.len())
    }

    #[test]
    fn a_small_change_is_a_small_delta() {
        let old: Vec<u8> = (0..2_000_000_u32)
            .map(|n| (n.wrapping_mul(n) >> 7) as u8)
            .collect();
        let mut new = old.clone();
        new.splice(700_000..700_010, *b"inserted here");
        for strong in [Strong::Blake2, Strong::Md4] {
            let (back, size) = there_and_back(&old, &new, strong);
            assert!(back == new);
            assert!(size < 5000, "{size}");
        }
    }

    #[test]
    fn what_is_no_delta_is_refused() {
        let garbage = |bytes: &[u8]| {
            let mut out = Vec::new();
            patch(&mut Cursor::new(b"basis"), &mut &bytes[..], &mut out)
        };
        let error = garbage(b"not a delta").expect_err("garbage");
        assert!(matches!(error, RdiffError::Malformed), "{error:?}");
        // A copy beyond the basis: command 0x45 has one byte each for start and length.
        assert!(garbage(b"rs\x026\x45\x7f\x7f\0").is_err());
        assert!(garbage(b"rs\x026\x05abc").is_err());
        let sums = delta(&mut &b"xxxxxxxxxxxx"[..], &mut &b"new"[..], &mut Vec::new());
        assert!(matches!(sums, Err(RdiffError::Malformed)));
    }

    #[test]
    fn blocks_grow_with_the_file() {
        for (size, block) in [
            (0, 2048),
            (1 << 20, 2048),
            (1 << 26, 8192),
            (1 << 50, 65536),
        ] {
            assert_eq!(block_size(size), block, "{size}");
        }
    }

    proptest! {
        #[test]
        fn any_file_comes_from_any_other(old: Vec<u8>, new: Vec<u8>) {
            prop_assert_eq!(there_and_back(&old, &new, Strong::Blake2).0, new);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let mut framed = b"rs\x026".to_vec();
            framed.extend(&bytes);
            let _ = patch(&mut Cursor::new(b"basis"), &mut &framed[..], &mut io::sink());
            let _ = delta(&mut &bytes[..], &mut &b"new"[..], &mut io::sink());
        }
    }
}
