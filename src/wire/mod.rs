//! The rsync protocol, versions 27 to 32, as pure encoding and decoding.
//!
//! Nothing here opens a file, starts a thread or prints: everything reads from a [`std::io::Read`] and writes to a
//! [`std::io::Write`], so that all of it can be tested and fuzzed alone. What comes from a peer is an attack until it is
//! checked: every length, count and index has a limit, an [`Error`] names what broke it and where, and no memory is set
//! aside on a claim alone.
//!
//! | part | what it knows |
//! | --- | --- |
//! | `protocol` | versions, and who is who: [`Protocol`], [`Side`] |
//! | `int` | integers and strings: [`ReadWire`], [`WriteWire`] |
//! | `ndx` | index numbers and their memory: [`Ndx`], [`NdxMemory`] |
//! | `message` | what is said beside the data: [`Message`] |
//! | `demux`, `mux` | the frames that carry data and messages: [`Demux`], [`Mux`] |
//! | `compat` | what programs can do beyond their version: [`Capabilities`], [`Compat`] |
//! | `algorithm` | checksums and compressions by name: [`Checksum`], [`Compression`] |
//! | [`handshake`] | versions, flags, lists of algorithms and the seed, which settle the [`Dialect`] |
//! | `names` | secluded arguments and the names of `--files-from` |
//! | `filters` | the filter rules that a client sends: [`FilterNeed`] |
//! | [`flist`] | the file list |
//! | `item` | what is said of one entry: [`Item`]; xattrs asked for and sent |
//! | `sums` | block sums and their head: [`BlockSums`] |
//! | `token` | files as literals and blocks, compressed or not: [`TokenReader`], [`TokenWriter`] |
//! | `digest` | which digest the checksums are: [`Sums`], [`FileSum`] |
//! | `phase` | what each `NDX_DONE` means: [`Phases`] |
//! | `stats` | the numbers at the end: [`Statistics`], [`DeletionStats`] |
//! | `error` | what can be wrong: [`Error`], [`Fault`] |

mod algorithm;
mod charset;
mod compat;
mod demux;
mod dialect;
mod digest;
mod error;
mod filters;
pub mod flist;
pub mod handshake;
mod int;
mod item;
mod message;
mod mux;
mod names;
mod ndx;
mod phase;
mod protocol;
mod stats;
mod sums;
mod token;

pub use algorithm::{Checksum, Compression, Named};
pub use charset::Converter;
pub use compat::{Capabilities, Compat};
pub use demux::Demux;
pub use dialect::{Checksums, Dialect};
pub use digest::{FileSum, Sums};
pub use error::{Error, Fault, Place, Result};
pub use filters::{FilterNeed, read_filters, write_filters};
pub use int::{MAX_VSTRING, ReadWire, WriteWire};
pub use item::{
    Basis, Item, ItemFlags, read_xattr_requests, read_xattr_values, write_xattr_requests,
    write_xattr_values,
};
pub use message::{IoErrors, MAX_TEXT, Message, Severity};
pub use mux::Mux;
pub use names::{end_names, read_arguments, read_name, write_arguments, write_name};
pub use ndx::{Ndx, NdxMemory};
pub use phase::{
    Ended, Phase, Phases, dones_of_generator, goodbyes_of_generator, goodbyes_of_sender,
};
pub use protocol::{Protocol, Role, Side, Way};
pub use stats::{DeletionStats, Statistics};
pub use sums::{BlockSums, block_limit, read_sum_head, write_sum_head};
pub use token::{Draft, Packer, TokenReader, TokenSink, TokenWriter};

/// The last byte of a frame's header is this and the tag (`MPLEX_BASE`).
const FRAME_BASE: u8 = 7;

#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod handshake_tests;
