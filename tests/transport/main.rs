//! Reaching a peer: the remote shell as rsync calls it, and a real rsync daemon.

mod daemon;
mod shell;
