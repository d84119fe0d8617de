//! How bytes reach a peer on another machine. Each way gives one reader and one writer; what they carry is
//! the business of the rooms above.
//!
//! ```text
//! operand ──▶ [Operand] ──▶ [RemoteShell] ──▶ argv ──▶ [Peer]: reader, writer, exit status
//! ```
//!
//! The remote shell is the system's `ssh` unless another is named, so that a person's configuration, agent
//! and jump hosts work. Its command line is rsync's to the letter: the other end is mostly a stock rsync.

mod escape;
mod operand;
mod peer;
mod shell;

pub use escape::{Quoting, option_value, path_argument};
pub use operand::{Address, Daemon, Operand, OperandError};
pub use peer::{Peer, PeerError, Status};
pub use shell::{Family, Program, RemoteShell, ShellError};
