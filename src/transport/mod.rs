//! How bytes reach a peer on another machine. Each way gives one reader and one writer; what they carry is
//! the business of the rooms above.
//!
//! ```text
//! [Operand::Shell]  ──▶ [RemoteShell] ──▶ argv ──▶ [Peer]: reader, writer, exit status
//! [Operand::Daemon] ──▶ [Route] ──▶ connection ──▶ [greet], [enter], [send_arguments]
//! ```
//!
//! The remote shell is the system's `ssh` unless another is named, so that a person's configuration, agent
//! and jump hosts work. Its command line is rsync's to the letter: the other end is mostly a stock rsync.

mod auth;
mod connect;
mod daemon;
mod escape;
mod operand;
mod peer;
mod shell;
mod standard;

pub use auth::Digest;
pub use connect::{ConnectError, DAEMON_PORT, Route};
pub use daemon::{DaemonError, Greeting, Login, Welcome, enter, greet, send_arguments};
pub use escape::{Quoting, option_value, path_argument};
pub use operand::{Address, Daemon, Operand, OperandError};
pub use peer::{Heard, Peer, PeerError, Status};
pub use shell::{Family, Program, RemoteShell, ShellError};
pub use standard::{Input, Output, Standard};
