//! The session of a server: its standard input and output. Both can be ended from outside, so that nobody waits for a
//! client that is silent or does not read.

use std::io::{self, IoSlice, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::pipe::widen;
use crate::sys::lock;

/// How long the client has to hear the last words when the session is ended.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a look for the end may be late.
const NAP: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
/// Bytes that are read at a time when nothing of them matters.
const PIECE: usize = 4096;

/// Whether somebody waits beyond the end of the session.
#[derive(Clone, Copy, Debug)]
enum Patience {
    None,
    Some,
}

/// Both streams of a session.
#[derive(Clone, Debug)]
pub struct Standard(Arc<Mutex<Option<Instant>>>);

/// What the client says. Ends when the session is ended.
#[derive(Debug)]
pub struct Input {
    from: io::Stdin,
    standard: Standard,
}

/// What the client hears.
#[derive(Debug)]
pub struct Output {
    to: io::Stdout,
    standard: Standard,
}

impl Standard {
    /// The streams of this process.
    #[must_use]
    pub fn open() -> (Standard, Input, Output) {
        let standard = Standard(Arc::default());
        let input = Input {
            from: io::stdin(),
            standard: standard.clone(),
        };
        let output = Output {
            to: io::stdout(),
            standard: standard.clone(),
        };
        widen(&input.from);
        widen(&output.to);
        // Where it stays blocking, a client that does not read keeps this end from leaving, and no more.
        let _ = rustix::io::ioctl_fionbio(&output.to, true);
        (standard, input, output)
    }

    /// Ends the session: nothing more is heard of the client, who has a little time to hear what was said.
    pub fn hang_up(&self) {
        self.lock().get_or_insert_with(|| Instant::now() + PATIENCE);
    }

    /// Ends the session, and hears the client out: it has to read the last words before it finds nobody there.
    pub fn drain(&self) {
        self.hang_up();
        let from = io::stdin();
        let mut rest = [0; PIECE];
        let is_late = || self.is_over(Patience::Some);
        while self
            .wait([PollFd::new(&from, PollFlags::IN)], is_late)
            .is_ok_and(|ready| ready)
            && rustix::io::read(&from, &mut rest).is_ok_and(|read| read > 0)
        {}
    }

    fn is_over(&self, patience: Patience) -> bool {
        match (*self.lock(), patience) {
            (None, _) => false,
            (Some(_), Patience::None) => true,
            (Some(until), Patience::Some) => Instant::now() >= until,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        lock(&self.0)
    }

    /// Waits until a stream is ready; false if the session is over before.
    fn wait(&self, mut ready: [PollFd<'_>; 1], is_over: impl Fn() -> bool) -> io::Result<bool> {
        while !is_over() {
            match poll(&mut ready, Some(&NAP)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(e) => return Err(e.into()),
            }
        }
        Ok(false)
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Others may write there when this process is gone.
        let _ = rustix::io::ioctl_fionbio(&self.to, false);
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let ready = [PollFd::new(&self.from, PollFlags::IN)];
            let is_over = || self.standard.is_over(Patience::None);
            if !self.standard.wait(ready, is_over)? {
                return Ok(0);
            }
            match rustix::io::read(&self.from, &mut *buf) {
                Err(Errno::AGAIN | Errno::INTR) => {}
                read => return Ok(read?),
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        loop {
            match rustix::io::writev(&self.to, slices) {
                Err(Errno::AGAIN) => {}
                Err(Errno::INTR) => continue,
                written => return Ok(written?),
            }
            let ready = [PollFd::new(&self.to, PollFlags::OUT)];
            let is_over = || self.standard.is_over(Patience::Some);
            if !self.standard.wait(ready, is_over)? {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
