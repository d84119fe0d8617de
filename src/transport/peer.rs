//! A peer that runs as a child process: the remote shell, or any program that speaks on its standard
//! streams. What it says on standard error goes where ours goes.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::sys::process;

/// Why a peer could not be started (exit code 14, as rsync has it).
#[derive(Debug, thiserror::Error)]
#[error("Failed to exec {}: {}", .program.to_string_lossy(), crate::sys::reason(.source))]
pub struct PeerError {
    /// The first word of its command.
    pub program: OsString,
    /// The system's reason.
    pub source: io::Error,
}

/// How a peer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this code.
    Exited(u8),
    /// By this signal.
    Killed(i32),
}

/// A running peer. Dropping it ends the process, and whoever still reads from it is at the end.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    gone: Arc<AtomicBool>,
}

/// What a peer writes. Its end comes with the peer's, also where a child of its own keeps the stream open.
#[derive(Debug)]
pub struct Heard {
    from: ChildStdout,
    gone: Arc<AtomicBool>,
}

impl Heard {
    fn new(from: ChildStdout, gone: &Arc<AtomicBool>) -> io::Result<Heard> {
        rustix::io::ioctl_fionbio(&from, true)?;
        let gone = Arc::clone(gone);
        Ok(Heard { from, gone })
    }
}

impl Read for Heard {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        /// How long a look for the peer's end may be late.
        const NAP: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        loop {
            match self.from.read(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.gone.load(Ordering::Relaxed) {
                return Ok(0);
            }
            let mut ready = [PollFd::new(&self.from, PollFlags::IN)];
            match poll(&mut ready, Some(&NAP)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
}

impl Peer {
    /// Starts a command, its program first; gives what is read from it and written to it.
    ///
    /// # Errors
    /// The program could not be run.
    pub fn start(argv: &[OsString]) -> Result<(Peer, Heard, ChildStdin), PeerError> {
        let (program, args) = argv.split_first().ok_or_else(|| PeerError {
            program: OsString::new(),
            source: io::ErrorKind::InvalidInput.into(),
        })?;
        let failed = |source| PeerError {
            program: program.clone(),
            source,
        };
        let mut command = Command::new(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        process::give_umask_back(&mut command);
        let mut child = command.spawn().map_err(failed)?;
        match (child.stdout.take(), child.stdin.take()) {
            (Some(reader), Some(writer)) => {
                let gone: Arc<AtomicBool> = Arc::default();
                let reader = Heard::new(reader, &gone).map_err(failed)?;
                Ok((Peer { child, gone }, reader, writer))
            }
            _ => Err(failed(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Gives it so long to end by itself, then ends it.
    pub fn end_within(mut self, patience: Duration) {
        const NAP: Duration = Duration::from_millis(5);
        let until = Instant::now() + patience;
        while Instant::now() < until && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(NAP);
        }
    }

    /// Waits until it ends by itself. Its streams have to be dropped first, or it may wait for us.
    ///
    /// # Errors
    /// The system cannot tell how it ended.
    pub fn finish(mut self) -> io::Result<Status> {
        self.child.wait().map(status)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing is left to do about one that cannot be ended; one that was waited for is not there.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.gone.store(true, Ordering::Relaxed);
    }
}

fn status(status: ExitStatus) -> Status {
    match status.code() {
        Some(code) => Status::Exited(u8::try_from(code).unwrap_or(u8::MAX)),
        None => Status::Killed(status.signal().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn start(words: &[&str]) -> Result<(Peer, Heard, ChildStdin), PeerError> {
        let argv: Vec<OsString> = words.iter().map(OsString::from).collect();
        Peer::start(&argv)
    }

    #[test]
    fn bytes_go_there_and_back() {
        let (peer, mut reader, mut writer) = start(&["cat"]).expect("cat");
        writer.write_all(b"\0\x01there").expect("room");
        drop(writer);
        let mut back = Vec::new();
        reader.read_to_end(&mut back).expect("the bytes");
        assert_eq!(back, b"\0\x01there");
        assert_eq!(peer.finish().expect("an end"), Status::Exited(0));
    }

    #[test]
    fn its_end_is_told() {
        let (peer, ..) = start(&["sh", "-c", "exit 7"]).expect("sh");
        assert_eq!(peer.finish().expect("an end"), Status::Exited(7));
        let (peer, ..) = start(&["sh", "-c", "kill -9 $$"]).expect("sh");
        assert_eq!(peer.finish().expect("an end"), Status::Killed(9));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = start(&["/nonexistent/shell"]).expect_err("no such program");
        assert_eq!(
            error.to_string(),
            "Failed to exec /nonexistent/shell: No such file or directory (2)"
        );
    }

    #[test]
    fn a_dropped_peer_is_gone() {
        let (peer, mut reader, _writer) = start(&["sleep", "600"]).expect("sleep");
        drop(peer);
        assert_eq!(reader.read(&mut [0; 1]).expect("the end"), 0);
    }

    /// Whatever ours is set to while a run goes on, others get the one that the program began with.
    #[test]
    fn it_has_the_umask_that_we_began_with() {
        let mask = process::take_umask();
        let (_peer, mut reader, _writer) = start(&["sh", "-c", "umask"]).expect("sh");
        let mut told = String::new();
        reader.read_to_string(&mut told).expect("text");
        assert_eq!(u32::from_str_radix(told.trim(), 8), Ok(mask));
    }
}
