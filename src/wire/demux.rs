//! Takes the frames apart: what decoders see is the data, as a [`Read`]; messages go to who listens for them.

use std::io::{self, BufRead, Read};

use super::error::{Error, Fault, Result, limit};
use super::message::{Message, Tag};
use super::{FRAME_BASE, Side};

/// Size of the buffer, in bytes.
const BUFFER: usize = 256 << 10;

/// The incoming half of a session: raw during the handshake, framed from then on.
///
/// A message may stand between any two frames of data, also in the middle of an integer: it is handed to the
/// listener while the read that met it goes on. An error of the listener ends that read.
#[derive(Debug)]
pub struct Demux<R, L> {
    from: R,
    listener: L,
    hearer: Side,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes left of the data frame that is being read; `None` while the stream is raw.
    left: Option<usize>,
    taken: u64,
}

impl<R: Read, L: FnMut(Message) -> io::Result<()>> Demux<R, L> {
    /// A raw stream that `hearer` reads; what is said beside the data, once frames come, is told to `listener`.
    pub fn new(from: R, hearer: Side, listener: L) -> Self {
        Self {
            from,
            listener,
            hearer,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            left: None,
            taken: 0,
        }
    }

    /// The handshake is over: counting starts, and so do frames if `framed`.
    pub fn begin_session(&mut self, framed: bool) {
        self.taken = 0;
        self.left = framed.then_some(0);
    }

    /// Switches frames off (the names of `--files-from` in protocol 30) or on again.
    ///
    /// # Errors
    /// When the stream is in the middle of a frame.
    pub fn set_framed(&mut self, framed: bool) -> Result<()> {
        if self.left.is_some_and(|left| left > 0) {
            let why = "goes on where raw data had to begin";
            return Err(Error::invalid(Fault::Stream, "frame", why));
        }
        self.left = framed.then_some(0);
        Ok(())
    }

    /// Bytes taken since the handshake, with the frames' headers: what rsync's statistics count as read.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether something lies here that can be taken without a wait for the peer.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.start < self.end
    }

    /// The stream below and the listener. What was read ahead is lost.
    pub fn into_parts(self) -> (R, L) {
        (self.from, self.listener)
    }

    /// Makes sure that something is in the buffer; false at the end of the stream.
    fn fill(&mut self) -> io::Result<bool> {
        if self.start < self.end {
            return Ok(true);
        }
        self.start = 0;
        self.end = 0;
        self.end = retry(|| self.from.read(&mut self.buffer))?;
        Ok(self.end > 0)
    }

    /// Fills `to` with bytes as they come. False if the stream ended before the first.
    fn raw_exact(&mut self, mut to: &mut [u8]) -> io::Result<bool> {
        let whole = to.len();
        while !to.is_empty() {
            if !self.fill()? {
                return match to.len() == whole {
                    true => Ok(false),
                    false => Err(io::ErrorKind::UnexpectedEof.into()),
                };
            }
            let n = to.len().min(self.end - self.start);
            to[..n].copy_from_slice(&self.buffer[self.start..][..n]);
            self.start += n;
            self.taken += n as u64;
            to = &mut to[n..];
        }
        Ok(true)
    }

    /// How many bytes may be read as data before the next header, having gone through the headers and messages that
    /// are due; 0 at the end of the stream.
    fn data_ahead(&mut self) -> io::Result<usize> {
        while self.left == Some(0) {
            let mut header = [0; 4];
            if !self.raw_exact(&mut header)? {
                return Ok(0);
            }
            self.frame(u32::from_le_bytes(header))?;
        }
        Ok(self.left.unwrap_or(usize::MAX))
    }

    /// Begins a frame of data, or takes a whole message.
    fn frame(&mut self, header: u32) -> io::Result<()> {
        let tag = ((header >> 24) as u8)
            .checked_sub(FRAME_BASE)
            .and_then(Tag::new);
        let tag = tag.ok_or_else(|| Error::Range {
            fault: Fault::Stream,
            what: "tag of a frame",
            value: i64::from(header >> 24) - i64::from(FRAME_BASE),
            min: 0,
            max: Tag::NoSend as i64,
        })?;
        let allowed = Message::limits(tag, self.hearer)?;
        let len = limit(
            Fault::Stream,
            "length of a message",
            header & 0x00ff_ffff,
            allowed,
        )?;
        if tag == Tag::Data {
            self.left = Some(len as usize);
            return Ok(());
        }
        // At most a few kilobytes: the limits have been looked at.
        let mut payload = vec![0; len as usize];
        if !self.raw_exact(&mut payload)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match Message::decode(tag, payload)? {
            Some(message) => (self.listener)(message),
            None => Ok(()),
        }
    }

    fn took(&mut self, n: usize) {
        self.taken += n as u64;
        if let Some(left) = &mut self.left {
            *left -= n;
        }
    }
}

impl<R: Read, L: FnMut(Message) -> io::Result<()>> Read for Demux<R, L> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        let most = self.data_ahead()?.min(to.len());
        let n = if self.start == self.end && most >= BUFFER {
            retry(|| self.from.read(&mut to[..most]))?
        } else if most > 0 && self.fill()? {
            let n = most.min(self.end - self.start);
            to[..n].copy_from_slice(&self.buffer[self.start..][..n]);
            self.start += n;
            n
        } else {
            0
        };
        self.took(n);
        if n == 0 && self.left.is_some_and(|left| left > 0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(n)
    }

    #[inline]
    fn read_exact(&mut self, mut to: &mut [u8]) -> io::Result<()> {
        let here = self.left.unwrap_or(usize::MAX).min(self.end - self.start);
        if to.len() <= here {
            to.copy_from_slice(&self.buffer[self.start..][..to.len()]);
            self.start += to.len();
            self.took(to.len());
            return Ok(());
        }
        while !to.is_empty() {
            match self.read(to)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => to = &mut to[n..],
            }
        }
        Ok(())
    }
}

impl<R: Read, L: FnMut(Message) -> io::Result<()>> BufRead for Demux<R, L> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let most = self.data_ahead()?;
        if most == 0 {
            return Ok(&[]);
        }
        if !self.fill()? && self.left.is_some() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let n = most.min(self.end - self.start);
        Ok(&self.buffer[self.start..][..n])
    }

    fn consume(&mut self, n: usize) {
        self.start += n;
        self.took(n);
    }
}

/// Reads again when a signal came in between.
fn retry(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
