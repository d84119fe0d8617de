//! Tokens: a file as literal bytes and blocks of the basis, plain or compressed.
//!
//! | part | what it knows |
//! | --- | --- |
//! | `reader` | decoding: [`TokenReader`] |
//! | `writer` | encoding: [`TokenWriter`] |
//! | `draft` | what is to be compressed, and what stands between: [`Draft`] |
//! | `packer` | compressing drafts: [`Packer`] |
//! | `pack` | compressing and decompressing literal bytes: zlib, zlibx, zstd, lz4 |
//!
//! Plain, a token is four bytes: a number of literal bytes, or the complement of a block's index, or 0 for the end.
//! Compressed, it is a flag byte and what belongs to it; runs of consecutive blocks take three bytes.

mod draft;
mod pack;
mod packer;
mod reader;
mod writer;

pub use draft::{Draft, TokenSink};
pub use packer::Packer;
pub use reader::TokenReader;
pub use writer::TokenWriter;

/// The end of a file.
const END: u8 = 0;
/// A block follows as four bytes.
const TOKEN_LONG: u8 = 0x20;
/// The first of a run of blocks follows as four bytes, then how many more.
const TOKENRUN_LONG: u8 = 0x21;
/// Compressed data follows; the flag's low six bits are the high ones of its length.
const DEFLATED_DATA: u8 = 0x40;
/// A block, so far behind the last one as the low six bits tell.
const TOKEN_REL: u8 = 0x80;
/// The first of a run of blocks, so told, then how many more.
const TOKENRUN_REL: u8 = 0xc0;
/// The most compressed data behind one flag, in bytes.
const MAX_PACKED: usize = 0x3fff;
/// The most literal bytes in one plain token; some versions of rsync refuse more.
const MAX_LITERAL: usize = 32 << 10;

#[cfg(test)]
mod tests;
