//! How bytes reach a peer on another machine. Each way gives one reader and one writer; what they carry is
//! the business of the rooms above.
//!
//! ```text
//! [Operand::Shell]  ──▶ [Reach]: [RemoteShell] or [builtin] ──▶ [Peer] ──▶ [Link]
//! [Operand::Daemon] ──▶ [Route] ──▶ connection ──▶ [Peer] ──▶ [Link] ──▶ [greet], [enter], [send_arguments]
//! ```
//!
//! The remote shell is the system's `ssh` unless another is named, so that a person's configuration, agent
//! and jump hosts work. Its command line is rsync's to the letter: the other end is mostly a stock rsync.
//! Where there is no `ssh`, the [built-in client](builtin) takes its place.

mod ask;
mod auth;
#[cfg(feature = "ssh")]
pub mod builtin;
mod cipher;
mod connect;
mod daemon;
mod escape;
mod link;
mod operand;
mod peer;
mod pipe;
mod reach;
mod shell;
mod sockopts;
mod standard;

pub use ask::Ask;
pub use auth::Digest;
pub use connect::{ConnectError, DAEMON_PORT, Route};
pub use daemon::{
    DaemonError, Greeting, Login, Welcome, enter, greet, send_arguments, send_early_input,
};
pub use escape::{Quoting, option_value, path_argument};
pub use link::{Hold, Link};
pub use operand::{Address, Daemon, Operand, OperandError};
pub use peer::{Heard, Peer, PeerError, Status, Writer};
pub use reach::{Reach, ReachError, Way};
pub use shell::{Family, Program, RemoteShell, ShellError};
pub use sockopts::{Complaint, SocketOptions};
pub use standard::{Input, Output, Standard};
