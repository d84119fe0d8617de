//! A stretch of a stream whose literal bytes are still to be compressed.

use std::io::{self, Write};

/// What takes compressed tokens: what is written to it as it is, and what is compressed in between.
pub trait TokenSink: Write {
    /// Takes literal bytes, which are compressed.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    fn literal(&mut self, data: &[u8]) -> io::Result<()>;

    /// Ends a run of literal bytes: what came so far can be decompressed before anything comes behind it.
    ///
    /// # Errors
    /// As [`TokenSink::literal`].
    fn end_run(&mut self) -> io::Result<()>;

    /// A block with these bytes was matched: old zlib's history knows them.
    ///
    /// # Errors
    /// As [`TokenSink::literal`].
    fn matched(&mut self, data: &[u8]) -> io::Result<()>;

    /// Ends a file.
    ///
    /// # Errors
    /// As [`TokenSink::literal`].
    fn end_file(&mut self) -> io::Result<()>;
}

/// Parts of a stream in their order.
#[derive(Debug, Default)]
pub struct Draft {
    bytes: Vec<u8>,
    parts: Vec<Part>,
    /// It ends within a file of which bytes are known to the compression.
    within_file: bool,
    /// It ends within a run of literal bytes.
    within_run: bool,
}

#[derive(Debug)]
struct Part {
    kind: Kind,
    /// Where its bytes end.
    end: usize,
}

/// What becomes of the bytes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// They are written as they are.
    Plain,
    /// They are compressed.
    Literal,
    /// Whatever was compressed goes out.
    RunEnd,
    /// They are put into the history.
    Matched,
    /// The history ends, where it is one of a file.
    FileEnd,
}

impl Draft {
    /// How many bytes of memory it takes: many small parts take more than their content.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len() + self.parts.len() * size_of::<Part>()
    }

    /// All its bytes, none of them compressed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Takes all that is in it; it goes on in the room of another, whose content is dropped.
    #[must_use]
    pub fn cut(&mut self, mut room: Draft) -> Draft {
        room.clear();
        (room.within_file, room.within_run) = (self.within_file, self.within_run);
        std::mem::replace(self, room)
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.parts.clear();
    }

    /// Whether it ends behind all that the compression knows of a file.
    pub(super) fn ends_file(&self) -> bool {
        !self.within_file
    }

    /// The last part that ends a run of literal bytes: one more than there are, where a run is not at its end.
    pub(super) fn last_run(&self) -> Option<usize> {
        if self.within_run {
            return Some(self.parts.len());
        }
        self.parts
            .iter()
            .rposition(|part| part.kind == Kind::RunEnd)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        let mut start = 0;
        self.parts.iter().map(move |part| {
            let bytes = &self.bytes[start..part.end];
            start = part.end;
            (part.kind, bytes)
        })
    }

    fn add(&mut self, kind: Kind, data: &[u8]) {
        self.bytes.extend_from_slice(data);
        let end = self.bytes.len();
        match self.parts.last_mut() {
            // Matched blocks are put into the history one by one.
            Some(last) if last.kind == kind && kind != Kind::Matched => last.end = end,
            _ => self.parts.push(Part { kind, end }),
        }
        match kind {
            Kind::Plain => {}
            Kind::Literal => (self.within_file, self.within_run) = (true, true),
            Kind::RunEnd => self.within_run = false,
            Kind::Matched => self.within_file = true,
            Kind::FileEnd => self.within_file = false,
        }
    }
}

impl TokenSink for Draft {
    fn literal(&mut self, data: &[u8]) -> io::Result<()> {
        self.add(Kind::Literal, data);
        Ok(())
    }

    fn end_run(&mut self) -> io::Result<()> {
        self.add(Kind::RunEnd, &[]);
        Ok(())
    }

    fn matched(&mut self, data: &[u8]) -> io::Result<()> {
        self.add(Kind::Matched, data);
        Ok(())
    }

    fn end_file(&mut self) -> io::Result<()> {
        self.add(Kind::FileEnd, &[]);
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if !data.is_empty() {
            self.add(Kind::Plain, data);
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
