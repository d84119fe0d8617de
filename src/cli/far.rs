//! The other end of a run: the way there, and what is run there.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::exit::Code;
use super::person::Person;
use crate::engine::{Event, Report, Severity};
use crate::sys::signal;
use crate::transport::{Link, Program, Reach, ReachError};

/// The other end, as a command line has it.
#[derive(Clone, Debug)]
pub struct Far {
    /// The way there.
    pub reach: Reach,
    /// What is run there, its arguments as the far shell is to see them.
    pub program: Program,
    /// Arguments that it is told past its shell.
    pub secluded: Option<Vec<OsString>>,
    /// The newest version of the protocol that is spoken.
    pub version: i32,
}

impl Far {
    /// Starts it; what a person is told of that goes to `report` where `tells` is set (`--debug=CMD`).
    ///
    /// # Errors
    /// It does not run.
    pub fn open(&self, report: &dyn Report, tells: bool) -> Result<Link, FarError> {
        if tells {
            let words = self.reach.words(&self.program);
            let shown: Vec<_> = words.iter().map(quoted).collect();
            report.event(Event::Message {
                severity: Severity::Notice,
                text: format!(
                    "opening connection using: {}  ({} args)",
                    shown.join(" "),
                    shown.len()
                ),
            });
        }
        let far = self.clone();
        unless_stopped(move || Ok(far.reach.run(&far.program, &mut Person)?))
    }

    /// The arguments that it is told past its shell, as bytes.
    pub fn secluded(&self) -> Option<Vec<Vec<u8>>> {
        let bytes = |words: &Vec<OsString>| words.iter().map(|w| w.as_bytes().to_vec()).collect();
        self.secluded.as_ref().map(bytes)
    }
}

/// A word of a command as rsync shows it.
fn quoted(word: &OsString) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b",.-_=+@/".contains(b);
    match word.as_bytes().iter().all(is_plain) {
        true => word.to_string_lossy().into_owned(),
        false => format!("\"{}\"", word.to_string_lossy()),
    }
}

/// Does what may wait for a network, or for a person, as long as nobody asks to stop.
fn unless_stopped<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FarError> + Send + 'static,
) -> Result<T, FarError> {
    const NAP: Duration = Duration::from_millis(50);
    let (done, waits) = mpsc::channel();
    // Nothing that it holds outlives the process, which ends when somebody asks to stop.
    std::thread::spawn(move || done.send(work()));
    loop {
        match waits.recv_timeout(NAP) {
            _ if signal::stop_requested() => return Err(FarError::Stopped),
            Ok(result) => return result,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(FarError::Stopped),
        }
    }
}

/// Why there is nothing to talk with.
#[derive(Debug, thiserror::Error)]
pub enum FarError {
    /// There is no way there.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
}

impl FarError {
    /// What a run ends with that could not begin.
    pub fn code(&self) -> Code {
        match self {
            FarError::Stopped => Code::Signal,
            FarError::Reach(ReachError::Shell(_)) => Code::Ipc,
            #[cfg(feature = "ssh")]
            FarError::Reach(ReachError::Ssh(_)) => Code::Unexplained,
        }
    }
}
