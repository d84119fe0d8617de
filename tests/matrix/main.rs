//! Every way in which two ends can talk: ways, programs, protocols, compressions, options and what is there before,
//! each compared with what two stock rsyncs do.

mod cells;
#[cfg(feature = "ssh")]
mod cut;
mod moved;
mod place;
mod play;
#[path = "../transport/sshd.rs"]
#[allow(dead_code)]
mod sshd;

const RESILVER: &str = env!("CARGO_BIN_EXE_resilver");
const STOCK: &str = "/usr/bin/rsync";
/// Stands for a remote shell: plain pipes to a program here.
const PIPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");
