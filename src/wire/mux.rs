//! Cuts what is written into frames, with messages in between.

use std::io::{self, IoSlice, Write};

use super::FRAME_BASE;
use super::error::{Error, Fault, Result};
use super::message::{Message, Tag};

/// The most data that one frame is given. Readers of rsync take 16 MiB; its own frames stay below 64 KiB.
const MAX_DATA: usize = 0xffff;
/// The buffer is written out when it has grown to this size, in bytes.
const BUFFER: usize = 64 << 10;
/// Data of this size or more that comes at once is not copied into the buffer.
const LARGE: usize = 16 << 10;
/// The most frames that are written in one call.
const MAX_FRAMES: usize = 8;
/// Bytes before the data of a frame.
const HEADER: usize = 4;

/// The outgoing half of a session: raw during the handshake, framed from then on.
///
/// Everything is buffered until [`Write::flush`] or until enough has come together: flush before waiting for the peer.
#[derive(Debug)]
pub struct Mux<W> {
    to: W,
    buffer: Vec<u8>,
    framed: bool,
    /// Where the header of the frame stands that still takes data.
    open: Option<usize>,
    given: u64,
}

impl<W: Write> Mux<W> {
    /// A raw stream.
    pub fn new(to: W) -> Self {
        Self {
            to,
            buffer: Vec::with_capacity(BUFFER + HEADER),
            framed: false,
            open: None,
            given: 0,
        }
    }

    /// The handshake is over and written out: counting starts, and so do frames if `framed`.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn begin_session(&mut self, framed: bool) -> io::Result<()> {
        self.write_out(&[])?;
        self.given = 0;
        self.framed = framed;
        Ok(())
    }

    /// Switches frames off (the names of `--files-from` in protocol 30) or on again.
    pub fn set_framed(&mut self, framed: bool) {
        self.close();
        self.framed = framed;
    }

    /// Bytes given since the handshake, with the frames' headers and with what is still buffered: what rsync's
    /// statistics count as written.
    #[must_use]
    pub fn given(&self) -> u64 {
        self.given + self.buffer.len() as u64
    }

    /// Sends a message behind the data so far.
    ///
    /// # Errors
    /// A message that has no form, one on a raw stream, and what the stream reports.
    pub fn message(&mut self, message: &Message) -> Result<()> {
        if !self.framed {
            let why = "cannot be sent on a stream without frames";
            return Err(Error::invalid(Fault::Protocol, "message", why));
        }
        self.close();
        let start = self.buffer.len();
        self.buffer.extend([0; HEADER]);
        match message.payload(&mut self.buffer) {
            Ok(()) => self.seal(start, message.tag()),
            Err(error) => {
                self.buffer.truncate(start);
                return Err(error);
            }
        }
        if self.buffer.len() >= BUFFER {
            self.write_out(&[])?;
        }
        Ok(())
    }

    /// Sends an empty frame of data, a sign of life that every reader passes over.
    ///
    /// # Errors
    /// As [`Mux::message`].
    pub fn keep_alive(&mut self) -> Result<()> {
        if self.framed {
            self.close();
            let start = self.buffer.len();
            self.buffer.extend([0; HEADER]);
            self.seal(start, Tag::Data);
        }
        Ok(self.flush()?)
    }

    /// The stream below; what is still buffered is lost.
    pub fn into_inner(self) -> W {
        self.to
    }

    /// Ends the frame that takes data, if there is one.
    fn close(&mut self) {
        if let Some(start) = self.open.take() {
            self.seal(start, Tag::Data);
        }
    }

    /// Writes the header of the frame from `start` to the end of the buffer.
    fn seal(&mut self, start: usize, tag: Tag) {
        let len = self.buffer.len() - start - HEADER;
        self.buffer[start..][..HEADER].copy_from_slice(&header(tag, len));
    }

    /// Writes out the buffer, and behind it these parts as they are.
    fn write_out(&mut self, parts: &[IoSlice<'_>]) -> io::Result<()> {
        self.close();
        let mut whole: Vec<_> = std::iter::once(IoSlice::new(&self.buffer))
            .chain(parts.iter().copied())
            .collect();
        self.given += whole.iter().map(|part| part.len() as u64).sum::<u64>();
        let mut left = &mut whole[..];
        // Nothing to be written is no failure.
        IoSlice::advance_slices(&mut left, 0);
        while !left.is_empty() {
            match self.to.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut left, n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        Ok(())
    }

    /// Writes out parts without copying them, so much of them as [`MAX_FRAMES`] hold; how much that is.
    fn write_large(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let all: usize = parts.iter().map(|part| part.len()).sum();
        let len = all.min(MAX_FRAMES * MAX_DATA);
        let heads: Vec<_> = (0..len)
            .step_by(MAX_DATA)
            .map(|at| header(Tag::Data, MAX_DATA.min(len - at)))
            .collect();
        let mut slices = Vec::with_capacity(parts.len() + 2 * heads.len());
        let (mut parts, mut part) = (parts.iter(), &[][..]);
        for (frame, head) in heads.iter().enumerate() {
            if self.framed {
                slices.push(IoSlice::new(head));
            }
            let mut left = MAX_DATA.min(len - frame * MAX_DATA);
            while left > 0 {
                while part.is_empty() {
                    part = parts.next().map_or(&[][..], |next| next);
                }
                let (now, later) = part.split_at(left.min(part.len()));
                slices.push(IoSlice::new(now));
                left -= now.len();
                part = later;
            }
        }
        self.write_out(&slices)?;
        Ok(len)
    }
}

impl<W: Write> Write for Mux<W> {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.len() >= LARGE {
            return self.write_large(&[IoSlice::new(data)]);
        }
        if self.buffer.len() + HEADER + data.len() > BUFFER {
            self.write_out(&[])?;
        }
        if self.framed && self.open.is_none() && !data.is_empty() {
            self.open = Some(self.buffer.len());
            self.buffer.extend([0; HEADER]);
        }
        self.buffer.extend_from_slice(data);
        Ok(data.len())
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if parts.iter().map(|part| part.len()).sum::<usize>() >= LARGE {
            return self.write_large(parts);
        }
        for part in parts {
            self.write_all(part)?;
        }
        Ok(parts.iter().map(|part| part.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_out(&[])?;
        self.to.flush()
    }
}

fn header(tag: Tag, len: usize) -> [u8; HEADER] {
    let [b0, b1, b2, _] = (len as u32).to_le_bytes();
    [b0, b1, b2, FRAME_BASE + tag as u8]
}
