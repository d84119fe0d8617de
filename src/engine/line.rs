//! The line to the other end of a session: its bytes counted, and watched, so that a session ends that would not end by
//! itself.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::error::Error;
use super::workforce::{caught, start};
use crate::sys::signal;

/// Ends a session, so that whoever reads from the other end or writes to it does not wait for ever.
pub type HangUp = dyn Fn() + Send + Sync;

/// What went over a line.
#[derive(Clone, Default)]
pub(super) struct Line {
    received: Arc<AtomicU64>,
    /// What went through [`Line::counts`].
    sent: Arc<AtomicU64>,
    /// All bytes whose coming or going is a sign of life.
    moved: Arc<AtomicU64>,
}

impl Line {
    /// The stream from the other end.
    pub(super) fn reads(&self, from: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
        let line = self.clone();
        Box::new(Reading { from, line })
    }

    /// The stream to the other end, where it is a sign of life that it takes something.
    pub(super) fn writes(&self, to: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        let count = Arc::clone(&self.moved);
        Box::new(Writing { to, count })
    }

    /// The stream to the other end, which is no sign of life.
    pub(super) fn counts(&self, to: Box<dyn Write + Send>) -> Box<dyn Write + Send> {
        let count = Arc::clone(&self.sent);
        Box::new(Writing { to, count })
    }

    /// What was said before the session does not count.
    pub(super) fn begin_session(&self) {
        self.received.store(0, Ordering::Relaxed);
    }

    /// Bytes that came so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes that went so far.
    pub(super) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Watches a session: hangs up when somebody asks to stop, or when nothing moves for `timeout`. `role` is the part
    /// that this side has, when the other end is gone.
    ///
    /// # Errors
    /// What ended the session.
    pub(super) fn attend<T>(
        &self,
        timeout: Option<Duration>,
        hang_up: &HangUp,
        role: impl FnOnce() -> &'static str,
        session: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (is_over, is_late) = (AtomicBool::new(false), AtomicBool::new(false));
        let result = std::thread::scope(|scope| {
            let watch = || self.watch(timeout, hang_up, (&is_over, &is_late));
            let watcher = start(scope, "watcher", watch)?;
            // Whatever becomes of it, the watcher is told that it is over.
            let result = caught(session);
            is_over.store(true, Ordering::Relaxed);
            watcher.thread().unpark();
            result
        });
        match result {
            Err(Error::Wire(_)) if signal::stop_requested() => Err(Error::Interrupted),
            Err(Error::Wire(_)) if is_late.load(Ordering::Relaxed) => Err(Error::Silent {
                seconds: timeout.unwrap_or_default().as_secs(),
            }),
            Err(Error::Wire(e)) if e.is_end() => Err(Error::Closed {
                received: self.received(),
                role: role(),
            }),
            result => result,
        }
    }

    fn watch(
        &self,
        timeout: Option<Duration>,
        hang_up: &HangUp,
        (is_over, is_late): (&AtomicBool, &AtomicBool),
    ) {
        const NAP: Duration = Duration::from_millis(50);
        let moved = || self.moved.load(Ordering::Relaxed);
        let mut last = (moved(), Instant::now());
        while !is_over.load(Ordering::Relaxed) {
            if moved() != last.0 {
                last = (moved(), Instant::now());
            }
            let late = timeout.is_some_and(|timeout| last.1.elapsed() > timeout);
            is_late.store(late, Ordering::Relaxed);
            if late || signal::stop_requested() {
                return hang_up();
            }
            std::thread::park_timeout(NAP);
        }
    }
}

struct Reading {
    from: Box<dyn Read + Send>,
    line: Line,
}

impl Read for Reading {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buf)?;
        self.line.received.fetch_add(read as u64, Ordering::Relaxed);
        self.line.moved.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

struct Writing {
    to: Box<dyn Write + Send>,
    count: Arc<AtomicU64>,
}

impl Write for Writing {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(buf)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = self.to.write_vectored(slices)?;
        self.count.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_session_that_dies_is_over() {
        let (done, waits) = mpsc::channel();
        std::thread::spawn(move || {
            let session = || -> Result<(), Error> { panic!("it dies") };
            let ended = Line::default().attend(None, &|| {}, || "receiver", session);
            let _ = done.send(matches!(ended, Err(Error::Worker)));
        });
        assert_eq!(waits.recv_timeout(Duration::from_secs(10)), Ok(true));
    }
}
