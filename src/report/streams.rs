//! Standard output and standard error as a report uses them: output is gathered and written in large
//! pieces, at once where a person looks on; errors are never held back.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Gathered bytes before they are written without being asked.
const GATHER: usize = 64 * 1024;

/// Longest time that a line waits while others follow it: a log that is watched stays alive.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// The two places text goes to. A reader that went away is no reason to break off a mirror: what can
/// no longer be written is dropped.
pub struct Streams {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    gathered: Vec<u8>,
    eager: bool,
    flushed: Instant,
}

impl Streams {
    /// Writes to `out` and `err`; an `eager` output is written line by line.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, eager: bool) -> Streams {
        Streams {
            out,
            err,
            gathered: Vec::with_capacity(GATHER),
            eager,
            flushed: Instant::now(),
        }
    }

    /// Writes to the process's own streams.
    pub fn standard() -> Streams {
        let out = io::stdout();
        let eager = out.is_terminal();
        Streams::new(Box::new(Unbuffered(out)), Box::new(io::stderr()), eager)
    }

    /// Whether every line is written at once, because a person looks on.
    pub fn is_eager(&self) -> bool {
        self.eager
    }

    /// Appends bytes to standard output.
    pub fn out(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        if self.eager || self.gathered.len() >= GATHER || self.flushed.elapsed() > LONGEST_WAIT {
            self.flush();
        }
    }

    /// Writes bytes to standard error, after everything that was said before on standard output.
    pub fn err(&mut self, bytes: &[u8]) {
        self.flush();
        let _ = self.err.write_all(bytes);
        let _ = self.err.flush();
    }

    /// Writes what was gathered.
    pub fn flush(&mut self) {
        if !self.gathered.is_empty() {
            let _ = self.out.write_all(&self.gathered);
            let _ = self.out.flush();
            self.gathered.clear();
        }
        self.flushed = Instant::now();
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.flush();
    }
}

/// `io::Stdout` searches what it is given for line ends and splits there; this hands over whole pieces.
struct Unbuffered(io::Stdout);

impl Write for Unbuffered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        rustix::io::write(&self.0, bytes).map_err(io::Error::from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
