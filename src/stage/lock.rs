//! Who holds a destination.

use serde::Serialize;

/// The run that holds a destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Process number; 0 where unknown.
    pub pid: u32,
    /// Machine.
    pub host: String,
    /// When it took the lock, as a person reads it.
    pub since: String,
    /// Its command line.
    pub command: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.pid == 0 {
            return f.write_str("another run");
        }
        write!(
            f,
            "process {} on {} since {} ({})",
            self.pid, self.host, self.since, self.command
        )
    }
}
