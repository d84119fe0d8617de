//! Cuts what is written into frames, with messages in between.

use std::io::{self, IoSlice, Write};

use super::FRAME_BASE;
use super::error::{Error, Fault, Result};
use super::message::{Message, Tag};

/// The most data that one frame is given. Readers of rsync take 16 MiB; its own frames stay below 64 KiB.
const MAX_DATA: usize = 0xffff;
/// The buffer is written out when it has grown to this size, in bytes.
const BUFFER: usize = 64 << 10;
/// Data that comes in pieces of this size or more is not copied into the buffer.
const LARGE: usize = 16 << 10;
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

    /// Writes out the buffer and `data` behind it.
    fn write_out(&mut self, mut data: &[u8]) -> io::Result<()> {
        self.close();
        self.given += (self.buffer.len() + data.len()) as u64;
        let mut buffered = &self.buffer[..];
        while !buffered.is_empty() || !data.is_empty() {
            let slices = [IoSlice::new(buffered), IoSlice::new(data)];
            match self.to.write_vectored(&slices) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    let first = n.min(buffered.len());
                    buffered = &buffered[first..];
                    data = &data[n - first..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        Ok(())
    }

    /// Writes out a piece of at most [`MAX_DATA`] bytes without copying it.
    fn write_large(&mut self, data: &[u8]) -> io::Result<()> {
        self.close();
        if self.framed {
            self.buffer.extend(header(Tag::Data, data.len()));
        }
        self.write_out(data)
    }
}

impl<W: Write> Write for Mux<W> {
    #[inline]
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.len() >= LARGE {
            let n = data.len().min(MAX_DATA);
            self.write_large(&data[..n])?;
            return Ok(n);
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

    fn flush(&mut self) -> io::Result<()> {
        self.write_out(&[])?;
        self.to.flush()
    }
}

fn header(tag: Tag, len: usize) -> [u8; HEADER] {
    let [b0, b1, b2, _] = (len as u32).to_le_bytes();
    [b0, b1, b2, FRAME_BASE + tag as u8]
}
