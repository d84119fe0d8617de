//! The way to the receiver: what is compressed, and what stands between.
//!
//! Where nothing is compressed, or nothing waits to be, bytes go straight on. Behind literal bytes that wait, all that
//! follows waits with them, until so much has come together that it is worth a thread, or somebody has to hear it.

use std::io::{self, IoSlice, Write};

use super::lanes::Lanes;
use crate::wire::{self, Dialect, Draft, Message, Mux, Result, TokenSink};

/// A packer that is free gets so many bytes at least.
const PIECE: usize = 256 << 10;
/// Bytes that come together while it is busy, before another one begins with them. It begins without knowing what came
/// before: text gets three or four per cent longer by that at this size, half as much at twice the size.
const JOB: usize = 4 << 20;

/// A stream to a receiver.
pub(super) struct Outflow<W> {
    to: Mux<W>,
    way: Way,
}

/// What becomes of data on its way.
enum Way {
    /// Nothing is compressed.
    Straight,
    Packed(Box<Packing>),
    /// Something of it could not be compressed: what would follow stands for nothing without it.
    Broken,
}

/// What waits to be compressed.
struct Packing {
    open: Draft,
    lanes: Lanes,
}

impl<W: Write> Outflow<W> {
    /// A stream for a session in this dialect; the level is the compression's own, which takes so many threads at most.
    ///
    /// # Errors
    /// When the compressor cannot be had.
    pub(super) fn new(
        to: Mux<W>,
        dialect: &Dialect,
        level: Option<i32>,
        threads: usize,
    ) -> Result<Self> {
        let lanes = Lanes::new(dialect, level, threads)?;
        let way = lanes.map_or(Way::Straight, |lanes| {
            let open = Draft::default();
            Way::Packed(Box::new(Packing { open, lanes }))
        });
        Ok(Self { to, way })
    }

    /// As [`Mux::message`]; it comes through behind broken data too.
    ///
    /// # Errors
    /// As [`Mux::message`].
    pub(super) fn message(&mut self, message: &Message) -> Result<()> {
        self.settle()?;
        self.to.message(message)
    }

    /// As [`Mux::keep_alive`].
    ///
    /// # Errors
    /// As [`Mux::keep_alive`].
    pub(super) fn keep_alive(&mut self) -> Result<()> {
        self.settle()?;
        self.to.keep_alive()
    }

    /// As [`Mux::given`].
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub(super) fn given(&mut self) -> Result<u64> {
        self.settle()?;
        Ok(self.to.given())
    }

    /// Compresses all that waits.
    fn settle(&mut self) -> Result<()> {
        match &mut self.way {
            Way::Packed(packing) => {
                let settled = packing.settle(&mut self.to);
                self.unless_broken(settled)
            }
            Way::Straight | Way::Broken => Ok(()),
        }
    }

    fn pack(&mut self, add: impl FnOnce(&mut Draft) -> io::Result<()>) -> io::Result<()> {
        let Way::Packed(packing) = &mut self.way else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let packed = add(&mut packing.open).map_err(wire::Error::from);
        let packed = packed.and_then(|()| packing.go_on(&mut self.to));
        Ok(self.unless_broken(packed)?)
    }

    /// What waits is dropped where something before it is missing.
    fn unless_broken(&mut self, packed: Result<()>) -> Result<()> {
        if packed.is_err() {
            self.way = Way::Broken;
        }
        packed
    }
}

impl Packing {
    /// Whether what is written now has to wait behind what is to be compressed.
    fn waits(&self) -> bool {
        !self.open.is_empty() || !self.lanes.are_idle()
    }

    /// Sends on its way what has come together, and writes what is through.
    fn go_on<W: Write>(&mut self, to: &mut Mux<W>) -> Result<()> {
        while self.lanes.have_packed() {
            self.lanes.collect(to)?;
        }
        if self.open.size() < PIECE || (self.open.size() < JOB && !self.lanes.are_ready()) {
            return Ok(());
        }
        while self.lanes.are_full() {
            if self.open.size() < JOB {
                return Ok(());
            }
            self.lanes.collect(to)?;
        }
        self.lanes.send(&mut self.open)
    }

    fn settle<W: Write>(&mut self, to: &mut Mux<W>) -> Result<()> {
        if self.lanes.are_idle() {
            self.lanes.run_here(&self.open, to)?;
            self.open.clear();
            return Ok(());
        }
        if !self.open.is_empty() {
            while self.lanes.are_full() {
                self.lanes.collect(to)?;
            }
            self.lanes.send(&mut self.open)?;
        }
        while !self.lanes.are_idle() {
            self.lanes.collect(to)?;
        }
        Ok(())
    }
}

impl<W: Write> TokenSink for Outflow<W> {
    fn literal(&mut self, data: &[u8]) -> io::Result<()> {
        self.pack(|draft| draft.literal(data))
    }

    fn end_run(&mut self) -> io::Result<()> {
        self.pack(TokenSink::end_run)
    }

    fn matched(&mut self, data: &[u8]) -> io::Result<()> {
        self.pack(|draft| draft.matched(data))
    }

    fn end_file(&mut self) -> io::Result<()> {
        self.pack(TokenSink::end_file)
    }
}

impl<W: Write> Write for Outflow<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match &self.way {
            Way::Packed(packing) if packing.waits() => {
                self.pack(|draft| draft.write_all(data))?;
                Ok(data.len())
            }
            Way::Packed(_) | Way::Straight => self.to.write(data),
            Way::Broken => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if matches!(self.way, Way::Straight) {
            return self.to.write_vectored(parts);
        }
        for part in parts {
            self.write_all(part)?;
        }
        Ok(parts.iter().map(|part| part.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.settle()?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::{BlockLimit, Shape, Token};
    use crate::wire::{Compression, TokenReader, TokenWriter};

    /// Lengths of files: small ones, and some that are several jobs.
    const FILES: [usize; 6] = [10, 1_500_000, 0, 9 << 20, 70_000, 1_000_000];

    fn open_size<W>(out: &Outflow<W>) -> usize {
        match &out.way {
            Way::Packed(packing) => packing.open.size(),
            Way::Straight | Way::Broken => 0,
        }
    }

    /// Files of words that are others in each.
    fn files() -> Vec<Vec<u8>> {
        let file = |(seed, len): (usize, &usize)| {
            let mut text = Vec::with_capacity(len + 16);
            let mut word = seed as u64 + 1;
            while text.len() < *len {
                word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 3;
                let letters = (word % 4096 * 0x0101_0101_0101).to_le_bytes();
                text.extend_from_slice(&letters[..(word % 7) as usize + 1]);
            }
            text.truncate(*len);
            text
        };
        FILES.iter().enumerate().map(file).collect()
    }

    /// The files as a stream, a mark of one byte before each.
    fn stream(files: &[Vec<u8>], dialect: &Dialect, threads: usize) -> Vec<u8> {
        let mut out = Outflow::new(Mux::new(Vec::new()), dialect, None, threads).expect("packers");
        let mut tokens = TokenWriter::new(dialect);
        for (number, file) in files.iter().enumerate() {
            out.write_all(b"f").expect("written");
            for piece in file.chunks(100_000) {
                tokens.literal(piece, &mut out).expect("written");
                let waits = open_size(&out);
                assert!(waits <= JOB + 100_000, "{waits} bytes wait");
            }
            tokens.end(&mut out).expect("written");
            if number == 4 {
                out.flush().expect("flushed");
            }
        }
        out.flush().expect("flushed");
        assert_eq!(open_size(&out), 0);
        out.to.into_inner()
    }

    #[test]
    fn what_several_threads_compress_is_one_stream() {
        let files = files();
        for compression in [
            Compression::None,
            Compression::Zlib,
            Compression::Lz4,
            Compression::Zstd,
        ] {
            let dialect = Dialect::of_a_pull(compression);
            for threads in [1, 3] {
                let bytes = stream(&files, &dialect, threads);
                let mut from = &bytes[..];
                let mut reader = TokenReader::new(&dialect).expect("a decompressor");
                let shape = Shape::from_wire([0, 700, 2, 0], BlockLimit::Modern, 16).expect("none");
                for (number, file) in files.iter().enumerate() {
                    assert_eq!(from[0], b'f', "{compression:?} {threads} {number}");
                    from = &from[1..];
                    reader.begin_file(shape);
                    let mut back = Vec::new();
                    while let Some(token) = reader.next(&mut from).expect("a token") {
                        match token {
                            Token::Literal(data) => back.extend_from_slice(data),
                            Token::Match { .. } => panic!("no block was sent"),
                        }
                    }
                    assert!(back == *file, "{compression:?} {threads} {number}");
                }
                assert!(from.is_empty());
            }
        }
    }

    /// Only the compressor can fail here: bytes for its history come in the middle of a run.
    #[test]
    fn behind_what_could_not_be_compressed_only_messages_go_out() {
        for threads in [1, 3] {
            let dialect = Dialect::of_a_pull(Compression::Zlib);
            let mut to = Mux::new(Vec::new());
            to.begin_session(true).expect("begun");
            let mut out = Outflow::new(to, &dialect, None, threads).expect("packers");
            let text = &files()[1][..PIECE];
            out.literal(text).expect("goes on its way");
            out.matched(b"a block").expect("waits");
            out.write_all(b"behind it").expect("waits");
            let failed = wire::Error::from(out.flush().expect_err("no compressed data"));
            assert_eq!(failed.fault(), Some(wire::Fault::Stream), "{failed}");
            out.write_all(b"more").expect_err("nothing can follow");
            out.literal(b"more").expect_err("nothing can follow");
            let before = out.given().expect("counted");
            out.message(&Message::ErrorExit(Some(12)))
                .expect("a message");
            out.flush().expect("written out");
            assert_eq!(out.given().expect("counted") - before, 8);
            let bytes = out.to.into_inner();
            let is_there = |what: &[u8]| bytes.windows(what.len()).any(|there| there == what);
            assert!(!is_there(b"behind it") && !is_there(b"more"));
            assert_eq!(bytes[bytes.len() - 4..], [12, 0, 0, 0]);
        }
    }
}
