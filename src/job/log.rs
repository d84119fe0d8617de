//! The log of a run: what the run says, and what the job says about it.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::Builder;

use crate::sys::lock;

/// Bytes of a log before its middle is left out: a sender at the other end must not fill the disk.
const HEAD: u64 = 16 << 20;
/// Bytes that are kept from its end then.
const TAIL: usize = 256 << 10;
/// Bytes of a line that are looked at.
const LINE: usize = 1024;
/// What the lines begin with in which resilver says what is wrong.
const PROGRAM: &[u8] = b"resilver: ";

/// A log that is written, from several threads.
#[derive(Clone)]
pub struct Log {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    file: File,
    room: u64,
    tail: VecDeque<u8>,
    left_out: u64,
    /// The last byte was no line end.
    is_within_line: bool,
    /// The beginning of the line that is being written.
    line: Vec<u8>,
    /// The last line in which resilver said something.
    said: Option<String>,
}

impl Log {
    /// A new log at `path`, which must not be there.
    pub fn create(path: &Path) -> io::Result<Log> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(Log::of(file, HEAD))
    }

    fn of(file: File, room: u64) -> Log {
        Log {
            inner: Arc::new(Mutex::new(Inner {
                file,
                room,
                tail: VecDeque::new(),
                left_out: 0,
                is_within_line: false,
                line: Vec::new(),
                said: None,
            })),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }

    /// Adds what a program said.
    pub fn push(&self, bytes: &[u8]) {
        self.inner().push(bytes);
    }

    /// The last sentence of resilver's since this was asked last.
    pub fn take_said(&self) -> Option<String> {
        self.inner().said.take()
    }

    /// Adds a line of the job's own.
    pub fn say(&self, line: &str) {
        let mut inner = self.inner();
        if inner.is_within_line {
            inner.push(b"\n");
        }
        inner.push(format!("resilver job: {line}\n").as_bytes());
    }

    /// Adds all that a program says, in a thread; what this gives hears of its end. It is to be had before the program
    /// begins, which nobody would listen to else.
    ///
    /// # Errors
    /// The system has no room for a thread.
    pub fn listen(&self, from: impl Read + Send + 'static) -> io::Result<Receiver<()>> {
        let (through, is_through) = mpsc::channel();
        let log = self.clone();
        let drain = move || {
            log.drain(from);
            let _ = through.send(());
        };
        Builder::new().name("log".into()).spawn(drain)?;
        Ok(is_through)
    }

    fn drain(&self, mut from: impl Read) {
        let mut piece = [0; 8192];
        loop {
            match from.read(&mut piece) {
                Ok(0) => return,
                Ok(n) => self.push(&piece[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Writes what was kept of the end, if the middle was left out.
    pub fn finish(&self) {
        let mut inner = self.inner();
        let tail = std::mem::take(&mut inner.tail);
        if inner.left_out > 0 {
            let note = format!("\n[{} bytes are left out here]\n", inner.left_out);
            inner.left_out = 0;
            let _ = inner.file.write_all(note.as_bytes());
        }
        let (a, b) = tail.as_slices();
        let _ = inner
            .file
            .write_all(a)
            .and_then(|()| inner.file.write_all(b));
    }
}

impl Inner {
    fn listen(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let room = LINE.saturating_sub(self.line.len());
            self.line.extend(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                let sentence = self.line.strip_prefix(PROGRAM);
                let sentence = sentence.map(|s| String::from_utf8_lossy(s).trim_end().to_owned());
                self.said = sentence.or(self.said.take());
                self.line.clear();
            }
        }
    }

    /// A log that cannot be written does not end a run.
    fn push(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        self.is_within_line = *last != b'\n';
        self.listen(bytes);
        let fits = usize::try_from(self.room)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        let (now, later) = bytes.split_at(fits);
        self.room -= fits as u64;
        let _ = self.file.write_all(now);
        self.tail.extend(later);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.left_out += over as u64;
    }
}

/// The last lines of a log.
pub fn last_lines(path: &Path, lines: usize) -> io::Result<String> {
    use std::io::{Seek, SeekFrom};
    const MOST: u64 = 64 << 10;
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(MOST)))?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().collect();
    let kept = &all[all.len().saturating_sub(lines)..];
    Ok(kept.iter().flat_map(|line| [*line, "\n"]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_keeps_its_two_ends() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let log = Log::of(File::create(&path).expect("a file"), 10);
        log.push(b"0123456");
        log.push(&vec![b'x'; TAIL + 100]);
        log.say("over");
        log.finish();
        let text = std::fs::read_to_string(&path).expect("the log");
        assert!(
            text.starts_with("0123456xxx\n[117 bytes are left out here]\nxxx"),
            "{}",
            &text[..60]
        );
        assert!(text.ends_with("xxx\nresilver job: over\n"));
        assert_eq!(last_lines(&path, 1).expect("lines"), "resilver job: over\n");
    }

    #[test]
    fn the_last_sentence_is_known() {
        let dir = tempfile::tempdir().expect("a directory");
        let log = Log::create(&dir.path().join("log")).expect("a log");
        assert_eq!(log.take_said(), None);
        log.push(b"resilver: on");
        log.push(b"e\nresilver: two\nsomebody: three\nresilver: fo");
        assert_eq!(log.take_said().as_deref(), Some("two"));
        log.push(&[b'x'; 5000]);
        log.push(b"\n");
        let long = log.take_said().expect("a sentence");
        assert_eq!(long.len(), LINE - PROGRAM.len());
        assert_eq!(log.take_said(), None);
    }

    #[test]
    fn the_jobs_own_lines_stand_by_themselves() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let log = Log::create(&path).expect("a log");
        log.push(b"half");
        log.say("one");
        log.say("two");
        log.finish();
        let text = std::fs::read_to_string(&path).expect("the log");
        assert_eq!(text, "half\nresilver job: one\nresilver job: two\n");
    }
}
