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
//! | `error` | what can be wrong: [`Error`], [`Fault`] |

mod demux;
mod error;
mod int;
mod message;
mod mux;
mod ndx;
mod protocol;

pub use demux::Demux;
pub use error::{Error, Fault, Place, Result};
pub use int::{MAX_VSTRING, ReadWire, WriteWire};
pub use message::{IoErrors, MAX_TEXT, Message, Severity};
pub use mux::Mux;
pub use ndx::{Ndx, NdxMemory};
pub use protocol::{Protocol, Role, Side, Way};

/// The last byte of a frame's header is this and the tag (`MPLEX_BASE`).
const FRAME_BASE: u8 = 7;

#[cfg(test)]
mod frame_tests;
