//! One thread that owns session and channel and moves bytes both ways at once: two threads on one session
//! lock each other out for good.
//!
//! Each round tries everything without waiting: far end to reader, its errors, writer to far end. Only when
//! nothing moved it waits, for the socket in the directions that the library names and for the pipes.

use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use ssh2::{BlockDirections, Channel, Session};

use crate::transport::peer::{Heard, Peer, Status, Writer};

/// Bytes on their way in one direction.
const BUFFER: usize = 256 << 10;
/// What `ssh` exits with where the far program did not end by itself.
const LEFT: u8 = 255;
/// How long the end of a program may take to be told once its output has ended, in milliseconds.
const PATIENCE: u32 = 60_000;

/// Starts the thread; gives the far end's output and input.
pub(super) fn start(
    session: Session,
    channel: Channel,
    stream: TcpStream,
    errors: Box<dyn Write + Send>,
) -> io::Result<(Peer, Heard, Writer)> {
    let (reader, to_reader) = io::pipe()?;
    let (from_writer, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&to_reader, true)?;
    rustix::io::ioctl_fionbio(&from_writer, true)?;
    let connection = stream.try_clone()?;
    session.set_blocking(false);
    let mut pump = Pump {
        session,
        channel,
        stream,
        errors,
        inward: Flow::default(),
        outward: Flow::default(),
        to_reader: Some(to_reader),
        from_writer: Some(from_writer),
        said_eof: false,
    };
    let thread = thread::Builder::new()
        .name("ssh".into())
        .spawn(move || pump.run())?;
    Peer::thread(thread, connection, reader.into(), writer.into())
}

/// Bytes that were read and wait to be written.
struct Flow {
    bytes: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Default for Flow {
    fn default() -> Flow {
        Flow {
            bytes: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }
}

impl Flow {
    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Reads once if there is room: how much, `None` where it would wait or there is no room.
    fn fill(&mut self, from: &mut impl Read) -> io::Result<Option<usize>> {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        }
        if self.end == self.bytes.len() {
            return Ok(None);
        }
        let read = patient(from.read(&mut self.bytes[self.end..]))?;
        self.end += read.unwrap_or(0);
        Ok(read)
    }

    /// Writes once: whether anything moved.
    fn drain(&mut self, to: &mut impl Write) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(false);
        }
        let written = patient(to.write(&self.bytes[self.start..self.end]))?.unwrap_or(0);
        self.start += written;
        Ok(written > 0)
    }
}

/// `None` where the call would have to wait.
fn patient(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Ok(n) => Ok(Some(n)),
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Ok(None),
        Err(e) => Err(e),
    }
}

struct Pump {
    session: Session,
    channel: Channel,
    stream: TcpStream,
    errors: Box<dyn Write + Send>,
    inward: Flow,
    outward: Flow,
    /// `None` once our reader went away, or all was given to it.
    to_reader: Option<PipeWriter>,
    /// `None` once our writer went away.
    from_writer: Option<PipeReader>,
    said_eof: bool,
}

impl Pump {
    fn run(&mut self) -> io::Result<Status> {
        loop {
            let moved = self.receive()? | self.tell_errors()? | self.send()?;
            if self.channel.eof() && self.inward.is_empty() {
                self.to_reader = None;
                break;
            }
            if !moved {
                self.wait()?;
            }
        }
        self.end()
    }

    /// Whether something was taken off the socket that nobody has read yet: every call of the library takes
    /// all that is there, whatever it is for, and the socket does not tell of it again.
    fn has_arrived(&self) -> bool {
        let has_room = self.inward.is_empty() || self.inward.end < self.inward.bytes.len();
        has_room && self.channel.read_window().available > 0
    }

    fn receive(&mut self) -> io::Result<bool> {
        let read = self.inward.fill(&mut self.channel)?;
        let written = match &mut self.to_reader {
            Some(pipe) => match self.inward.drain(pipe) {
                Err(e) if e.kind() == ErrorKind::BrokenPipe => {
                    self.to_reader = None;
                    true
                }
                result => result?,
            },
            None => {
                self.inward.start = self.inward.end;
                false
            }
        };
        Ok(read.is_some_and(|n| n > 0) || written)
    }

    fn tell_errors(&mut self) -> io::Result<bool> {
        let mut text = [0; 4096];
        let read = patient(self.channel.stderr().read(&mut text))?.unwrap_or(0);
        // Nobody may be there to read them.
        let _ = self.errors.write_all(&text[..read]);
        Ok(read > 0)
    }

    fn send(&mut self) -> io::Result<bool> {
        let mut moved = false;
        if let Some(pipe) = &mut self.from_writer {
            match self.outward.fill(pipe)? {
                Some(0) => self.from_writer = None,
                Some(_) => moved = true,
                None => {}
            }
        }
        moved |= self.outward.drain(&mut self.channel)?;
        if self.from_writer.is_none() && self.outward.is_empty() && !self.said_eof {
            match self.channel.send_eof() {
                Ok(()) => self.said_eof = true,
                Err(e) => {
                    patient(Err(e.into()))?;
                }
            }
        }
        Ok(moved)
    }

    /// Waits until one of the directions that are stuck may move, or our reader went away.
    fn wait(&mut self) -> io::Result<()> {
        /// For what has arrived and is held up by what has to be sent before.
        const NAP: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 5_000_000,
        };
        let mut wanted = PollFlags::IN;
        let sends = matches!(
            self.session.block_directions(),
            BlockDirections::Outbound | BlockDirections::Both
        );
        if sends {
            wanted |= PollFlags::OUT;
        }
        let nap = match (self.has_arrived(), sends) {
            (true, false) => return Ok(()),
            (true, true) => Some(&NAP),
            (false, _) => None,
        };
        let room = match self.inward.is_empty() {
            true => PollFlags::empty(),
            false => PollFlags::OUT,
        };
        let mut waits = vec![PollFd::from_borrowed_fd(self.stream.as_fd(), wanted)];
        waits.extend(self.to_reader.as_ref().map(|pipe| PollFd::new(pipe, room)));
        if let (Some(pipe), true) = (&self.from_writer, self.outward.is_empty()) {
            waits.push(PollFd::new(pipe, PollFlags::IN));
        }
        match poll(&mut waits, nap) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let gone = self.to_reader.is_some() && waits[1].revents().contains(PollFlags::ERR);
        if gone {
            self.to_reader = None;
        }
        Ok(())
    }

    /// Closes the channel and finds out how the far end ended.
    fn end(&mut self) -> io::Result<Status> {
        self.session.set_blocking(true);
        self.session.set_timeout(PATIENCE);
        let _ = self.channel.close();
        if self.channel.wait_close().is_err() {
            // Gone without a word: the library would give 0.
            return Ok(Status::Exited(LEFT));
        }
        let signal = self.channel.exit_signal().ok().and_then(|s| s.exit_signal);
        // Asked first: the code is 0 where a signal ended it.
        let code = match signal {
            Some(_) => LEFT,
            None => u8::try_from(self.channel.exit_status()?).unwrap_or(u8::MAX),
        };
        let _ = self.session.disconnect(None, "done", None);
        Ok(Status::Exited(code))
    }
}
