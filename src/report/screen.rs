//! Standard output and standard error as a report uses them: output is gathered and written in large
//! pieces, at once where a person looks on; errors are never held back.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// Gathered bytes before they are written without being asked.
const GATHER: usize = 64 * 1024;

/// Longest time that a line waits while others follow it: a log that is watched stays alive.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// When output is written (`--outbuf`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffering {
    /// `N`: at once.
    None,
    /// `L`: at the end of a line.
    Line,
    /// `B`: in large pieces.
    Block,
}

/// What goes to standard error (`--stderr`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Errors and warnings.
    #[default]
    Errors,
    /// Everything.
    All,
}

/// The two places text goes to. A reader that went away is no reason to break off a mirror: what can
/// no longer be written is dropped. A live bar is taken out of the way for the time of a write.
pub struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    gathered: Vec<u8>,
    buffering: Buffering,
    target: Target,
    bar: Option<ProgressBar>,
    flushed: Instant,
}

impl Screen {
    /// Writes to `out` and `err`.
    pub fn new(
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
        buffering: Buffering,
    ) -> Screen {
        Screen {
            out,
            err,
            gathered: Vec::with_capacity(GATHER),
            buffering,
            target: Target::Errors,
            bar: None,
            flushed: Instant::now(),
        }
    }

    /// Writes to the process's own streams; unless told otherwise line by line on a terminal.
    pub fn standard(buffering: Option<Buffering>, target: Target) -> Screen {
        let out = io::stdout();
        let usual = if out.is_terminal() {
            Buffering::Line
        } else {
            Buffering::Block
        };
        let buffering = buffering.unwrap_or(usual);
        let err = Box::new(io::stderr());
        let mut screen = Screen::new(Box::new(Unbuffered(out)), err, buffering);
        screen.target = target;
        screen
    }

    /// Keeps a bar out of the way from now on.
    pub fn share_with(&mut self, bar: ProgressBar) {
        self.bar = Some(bar);
    }

    /// Takes the bar away.
    pub fn clear_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Appends bytes to standard output.
    pub fn out(&mut self, bytes: &[u8]) {
        if self.target == Target::All {
            return self.err(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        let due = match self.buffering {
            Buffering::None => true,
            Buffering::Line => self.gathered.contains(&b'\n'),
            Buffering::Block => {
                self.gathered.len() >= GATHER || self.flushed.elapsed() > LONGEST_WAIT
            }
        };
        if due {
            self.flush();
        }
    }

    /// Writes bytes to standard error, after everything that was said before on standard output.
    pub fn err(&mut self, bytes: &[u8]) {
        self.flush();
        let err = &mut self.err;
        let mut write = || {
            let _ = err.write_all(bytes);
            let _ = err.flush();
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Writes what was gathered.
    pub fn flush(&mut self) {
        self.flushed = Instant::now();
        if self.gathered.is_empty() {
            return;
        }
        let (out, gathered) = (&mut self.out, &mut self.gathered);
        let mut write = || {
            let _ = out.write_all(gathered);
            let _ = out.flush();
            gathered.clear();
        };
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Screen {
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
