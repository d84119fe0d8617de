//! A peer that is spoken to: a child process (the remote shell, or any program that speaks on its standard
//! streams; what it says on standard error goes where ours goes), a daemon behind a connection, or what the
//! built-in client's thread reaches.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "ssh")]
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::pipe::widen;
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

/// A running peer. Dropping it ends it, and whoever still reads from it is at the end.
#[derive(Debug)]
pub struct Peer {
    running: Running,
    end: Arc<End>,
}

/// What tells a reader that nothing comes any more, though the stream is open.
#[derive(Debug, Default)]
struct End {
    /// The peer was ended, or waited for.
    is_gone: AtomicBool,
    /// It is told nothing any more.
    is_told_all: AtomicBool,
    /// The process that it is.
    process: Option<Pid>,
}

impl End {
    /// Whether the peer has ended. A process that was told all there is to tell may have left a child of its own, which
    /// keeps the stream open; one that is told more may have left its work to that child.
    fn has_come(&self) -> bool {
        let left = |pid| {
            let how = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            !matches!(waitid(WaitId::Pid(pid), how), Ok(None))
        };
        self.is_gone.load(Ordering::Relaxed)
            || (self.is_told_all.load(Ordering::Relaxed) && self.process.is_some_and(left))
    }
}

#[derive(Debug)]
enum Running {
    Child(Child),
    /// A daemon: how it ends nobody hears.
    Daemon(TcpStream),
    /// The thread ends with its connection.
    #[cfg(feature = "ssh")]
    Thread(Option<JoinHandle<io::Result<Status>>>, TcpStream),
}

/// What a peer writes. Its end comes with the peer's, also where a child of its own keeps the stream open.
#[derive(Debug)]
pub struct Heard {
    from: From,
    end: Arc<End>,
}

#[derive(Debug)]
enum From {
    /// Never waited for in a read.
    Pipe(File),
    Daemon(TcpStream),
}

/// What a peer is told. Dropping it tells that there is no more; a daemon is told by the end of the peer.
#[derive(Debug)]
pub struct Writer {
    to: File,
    end: Arc<End>,
}

impl Writer {
    fn new(to: OwnedFd, end: &Arc<End>) -> Writer {
        Writer {
            to: to.into(),
            end: Arc::clone(end),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.to.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end.is_told_all.store(true, Ordering::Relaxed);
    }
}

impl Heard {
    fn pipe(from: impl Into<OwnedFd>, end: &Arc<End>) -> io::Result<Heard> {
        let from: OwnedFd = from.into();
        rustix::io::ioctl_fionbio(from.as_fd(), true)?;
        widen(&from);
        Ok(Heard {
            from: From::Pipe(from.into()),
            end: Arc::clone(end),
        })
    }
}

impl Read for Heard {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        /// How long a look for the peer's end may be late.
        const NAP: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let from = match &mut self.from {
            From::Pipe(from) => from,
            // Both directions of a connection wait, or none does; its end is the peer's.
            From::Daemon(from) => return from.read(buf),
        };
        let mut is_over = false;
        loop {
            match from.read(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if is_over {
                return Ok(0);
            }
            // What it said right before its end is still to be read.
            is_over = self.end.has_come();
            if is_over {
                continue;
            }
            let mut ready = [PollFd::new(from, PollFlags::IN)];
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
    pub fn start(argv: &[OsString]) -> Result<(Peer, Heard, Writer), PeerError> {
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
                let end = Arc::new(End {
                    process: Some(Pid::from_child(&child)),
                    ..End::default()
                });
                let reader = Heard::pipe(reader, &end).map_err(failed)?;
                let running = Running::Child(child);
                widen(&writer);
                let writer = Writer::new(writer.into(), &end);
                Ok((Peer { running, end }, reader, writer))
            }
            _ => Err(failed(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// A daemon at the other end of a connection.
    ///
    /// # Errors
    /// The system has no room for another descriptor.
    pub fn daemon(stream: TcpStream) -> io::Result<(Peer, Heard, Writer)> {
        let end: Arc<End> = Arc::default();
        let writer = Writer::new(stream.try_clone()?.into(), &end);
        let reader = Heard {
            from: From::Daemon(stream.try_clone()?),
            end: Arc::clone(&end),
        };
        let running = Running::Daemon(stream);
        Ok((Peer { running, end }, reader, writer))
    }

    /// A peer that a thread speaks to over `connection`, by the other ends of these pipes.
    #[cfg(feature = "ssh")]
    pub(super) fn thread(
        thread: JoinHandle<io::Result<Status>>,
        connection: TcpStream,
        reader: OwnedFd,
        writer: OwnedFd,
    ) -> io::Result<(Peer, Heard, Writer)> {
        let end: Arc<End> = Arc::default();
        let reader = Heard::pipe(reader, &end)?;
        let running = Running::Thread(Some(thread), connection);
        let writer = Writer::new(writer, &end);
        Ok((Peer { running, end }, reader, writer))
    }

    /// Gives it so long to end by itself, and tells how it did; else it is ended.
    pub fn end_within(mut self, patience: Duration) -> Option<Status> {
        const NAP: Duration = Duration::from_millis(5);
        let until = Instant::now() + patience;
        while self.runs() {
            if Instant::now() >= until {
                return None;
            }
            std::thread::sleep(NAP);
        }
        self.finish().ok().flatten()
    }

    /// Whether it may still end by itself and tell.
    fn runs(&mut self) -> bool {
        match &mut self.running {
            Running::Child(child) => matches!(child.try_wait(), Ok(None)),
            Running::Daemon(_) => false,
            #[cfg(feature = "ssh")]
            Running::Thread(thread, _) => thread.as_ref().is_some_and(|t| !t.is_finished()),
        }
    }

    /// Waits until it ends by itself; none for a daemon, of which nothing is heard. Its streams have to be
    /// dropped first, or it may wait for us.
    ///
    /// # Errors
    /// The system cannot tell how it ended.
    pub fn finish(mut self) -> io::Result<Option<Status>> {
        match &mut self.running {
            Running::Child(child) => child.wait().map(status).map(Some),
            Running::Daemon(_) => Ok(None),
            #[cfg(feature = "ssh")]
            Running::Thread(thread, _) => match thread.take().map(JoinHandle::join) {
                Some(Ok(ended)) => ended.map(Some),
                _ => Err(io::Error::other("the ssh thread failed")),
            },
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing is left to do about one that cannot be ended; one that was waited for is not there.
        match &mut self.running {
            Running::Child(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Running::Daemon(connection) => {
                let _ = connection.shutdown(Shutdown::Both);
            }
            #[cfg(feature = "ssh")]
            Running::Thread(thread, connection) => {
                let _ = connection.shutdown(Shutdown::Both);
                // The reader is told before the thread, which may wait for it.
                self.end.is_gone.store(true, Ordering::Relaxed);
                let _ = thread.take().map(JoinHandle::join);
            }
        }
        self.end.is_gone.store(true, Ordering::Relaxed);
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
    use super::*;

    fn start(words: &[&str]) -> Result<(Peer, Heard, Writer), PeerError> {
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
        assert_eq!(peer.finish().expect("an end"), Some(Status::Exited(0)));
    }

    #[test]
    fn its_end_is_told() {
        let (peer, ..) = start(&["sh", "-c", "exit 7"]).expect("sh");
        assert_eq!(peer.finish().expect("an end"), Some(Status::Exited(7)));
        let (peer, ..) = start(&["sh", "-c", "kill -9 $$"]).expect("sh");
        assert_eq!(peer.finish().expect("an end"), Some(Status::Killed(9)));
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
    fn what_a_peer_leaves_behind_is_not_waited_for() {
        let words = ["sh", "-c", "sleep 600 & echo $!; exec cat"];
        let (peer, mut reader, mut writer) = start(&words).expect("sh");
        writer.write_all(b"last words").expect("room");
        drop(writer);
        let mut said = String::new();
        reader.read_to_string(&mut said).expect("the end");
        let (child, last) = said.split_once('\n').expect("a line");
        let killed = Command::new("kill").arg(child).status();
        assert!(killed.is_ok_and(|status| status.success()), "{child}");
        assert_eq!(last, "last words");
        assert_eq!(peer.finish().expect("an end"), Some(Status::Exited(0)));
    }

    /// One that is still told something may have left its work to its child.
    #[test]
    fn a_peer_that_leaves_its_work_behind_is_heard() {
        let words = ["sh", "-c", "(sleep 0.3; echo late) & exec true"];
        let (_peer, mut reader, _writer) = start(&words).expect("sh");
        let mut said = String::new();
        reader.read_to_string(&mut said).expect("the end");
        assert_eq!(said, "late\n");
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
