//! Reaching a peer: the remote shell as rsync calls it, a real rsync daemon, a real sshd.

#[cfg(feature = "ssh")]
mod builtin;
#[cfg(feature = "ssh")]
mod builtin_pull;
mod daemon;
mod daemon_pull;
mod far;
mod operands;
mod pull;
mod push;
mod rsyncd;
mod shell;
mod sshd;
#[cfg(feature = "ssh")]
mod terminal;
