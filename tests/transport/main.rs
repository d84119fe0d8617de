//! Reaching a peer: the remote shell as rsync calls it, a real rsync daemon, a real sshd.

mod daemon;
mod pull;
mod push;
mod shell;
mod sshd;
