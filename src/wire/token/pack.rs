//! Compressing and decompressing literal bytes, each algorithm with the state that it keeps.

use flate2::{Compress, Decompress, FlushCompress, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, Encoder, InBuffer, Operation, OutBuffer};

use super::MAX_PACKED;
use crate::wire::error::{Error, Fault, Result};
use crate::wire::{Compression, Protocol};

/// What ends a flush of deflate; it is left out on the wire.
pub(super) const SYNC_MARK: [u8; 4] = [0, 0, 0xff, 0xff];
/// Window of deflate, as a power of two.
const WINDOW_BITS: u8 = 15;
/// The most that is inserted into the history at once, in bytes: the length of a stored block.
const MAX_STORED: usize = 0xffff;
/// Room for what one block of lz4 may hold, in bytes: as much as rsync has.
const LZ4_ROOM: usize = 32_912;
/// Room for decompressed bytes, and for compressed ones while a run is open.
pub(super) const ROOM: usize = 64 << 10;
const NOT_DEFLATED: &str = "could not be compressed (zlib)";
const NO_ZSTD: &str = "could not be compressed (zstd)";
/// The largest window of zstd that is decoded, as a power of two: rsync's limit too.
const ZSTD_WINDOW: u32 = 27;

fn broken(why: &'static str) -> Error {
    Error::invalid(Fault::Stream, "compressed data", why)
}

/// No error of input and output: that would be taken for a peer that went away, and this one still waits.
fn unmade(why: &'static str) -> Error {
    Error::invalid(Fault::Stream, "data", why)
}

/// Parts of a matched block in the form in which old `zlib` puts them into its history: consecutive pieces, but before
/// protocol 31 each from the block's beginning.
fn history(protocol: Protocol, block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let pieces = block.chunks(MAX_STORED);
    pieces.map(move |piece| match protocol >= Protocol::V31 {
        true => piece,
        false => &block[..piece.len()],
    })
}

/// Decompresses.
pub(super) enum Unpack {
    Deflate {
        state: Box<Decompress>,
        learns: bool,
    },
    Zstd(Box<Decoder<'static>>),
    Lz4,
}

impl Unpack {
    /// `None` for plain tokens.
    pub(super) fn new(compression: Compression) -> Result<Option<Self>> {
        let deflate = |learns| Self::Deflate {
            state: Box::new(Decompress::new_with_window_bits(false, WINDOW_BITS)),
            learns,
        };
        Ok(Some(match compression {
            Compression::None => return Ok(None),
            Compression::Zlib => deflate(true),
            Compression::Zlibx => deflate(false),
            Compression::Lz4 => Self::Lz4,
            Compression::Zstd => {
                let mut decoder = Decoder::new()?;
                decoder.set_parameter(zstd::zstd_safe::DParameter::WindowLogMax(ZSTD_WINDOW))?;
                Self::Zstd(Box::new(decoder))
            }
        }))
    }

    /// Deflate begins anew with every file.
    pub(super) fn begin_file(&mut self) {
        if let Self::Deflate { state, .. } = self {
            state.reset(false);
        }
    }

    /// Whether the mark that ends a run is left out on the wire.
    pub(super) fn wants_mark(&self) -> bool {
        matches!(self, Self::Deflate { .. })
    }

    /// Decompresses some of `input` into `room`, which has [`ROOM`] bytes; how much was taken and made. Nothing made: all
    /// is taken.
    pub(super) fn step(&mut self, input: &[u8], room: &mut [u8]) -> Result<(usize, usize)> {
        match self {
            Self::Deflate { state, .. } => {
                let (taken, made) = (state.total_in(), state.total_out());
                let status = state.decompress(input, room, FlushDecompress::Sync);
                let status = status.map_err(|_| broken("cannot be decompressed (zlib)"))?;
                if status == Status::StreamEnd {
                    return Err(broken("ends within a file (zlib)"));
                }
                let taken = (state.total_in() - taken) as usize;
                let made = (state.total_out() - made) as usize;
                if made == 0 && taken < input.len() {
                    return Err(broken("stands still (zlib)"));
                }
                Ok((taken, made))
            }
            Self::Zstd(decoder) => {
                let mut from = InBuffer::around(input);
                let mut to = OutBuffer::around(room);
                let step = decoder.run(&mut from, &mut to);
                step.map_err(|_| broken("cannot be decompressed (zstd)"))?;
                let (taken, made) = (from.pos(), to.pos());
                if taken == 0 && made == 0 && !input.is_empty() {
                    return Err(broken("stands still (zstd)"));
                }
                Ok((taken, made))
            }
            Self::Lz4 if input.is_empty() => Ok((0, 0)),
            Self::Lz4 => {
                let made = lz4_flex::block::decompress_into(input, &mut room[..LZ4_ROOM]);
                let made = made.map_err(|_| broken("cannot be decompressed (lz4)"))?;
                Ok((input.len(), made))
            }
        }
    }

    /// A block of the basis was matched: old `zlib` puts it into its history.
    pub(super) fn learn(&mut self, protocol: Protocol, block: &[u8]) -> Result<()> {
        if let Self::Deflate {
            state,
            learns: true,
        } = self
        {
            for piece in history(protocol, block) {
                let learnt = state.set_dictionary(piece);
                learnt.map_err(|_| broken("has no place for a matched block (zlib)"))?;
            }
        }
        Ok(())
    }
}

/// Compresses.
pub(super) enum Pack {
    Deflate { state: Box<Compress>, learns: bool },
    Zstd(Box<Encoder<'static>>),
    Lz4,
}

impl Pack {
    /// `None` for plain tokens.
    pub(super) fn new(compression: Compression, level: Option<i32>) -> Result<Option<Self>> {
        let deflate = |learns| {
            let level = match level {
                None | Some(-1) => 6,
                Some(level) => level.clamp(1, 9) as u32,
            };
            let level = flate2::Compression::new(level);
            Self::Deflate {
                state: Box::new(Compress::new_with_window_bits(level, false, WINDOW_BITS)),
                learns,
            }
        };
        Ok(Some(match compression {
            Compression::None => return Ok(None),
            Compression::Zlib => deflate(true),
            Compression::Zlibx => deflate(false),
            Compression::Lz4 => Self::Lz4,
            Compression::Zstd => {
                let level = level.unwrap_or(0).clamp(-131_072, 22);
                let encoder = Encoder::new(level).map_err(|_| unmade(NO_ZSTD))?;
                Self::Zstd(Box::new(encoder))
            }
        }))
    }

    pub(super) fn begin_file(&mut self) {
        if let Self::Deflate { state, .. } = self {
            state.reset();
        }
    }

    /// Compresses literal bytes; what comes out of it now is appended to `to`. Each piece of lz4 stands alone and is put
    /// out by `emit` at once.
    pub(super) fn literal(
        &mut self,
        mut data: &[u8],
        to: &mut Vec<u8>,
        mut emit: impl FnMut(&mut Vec<u8>, bool) -> Result<()>,
    ) -> Result<()> {
        while !data.is_empty() {
            let taken = match self {
                Self::Deflate { state, .. } => {
                    let before = state.total_in();
                    to.reserve(ROOM);
                    state
                        .compress_vec(data, to, FlushCompress::None)
                        .map_err(|_| unmade(NOT_DEFLATED))?;
                    (state.total_in() - before) as usize
                }
                Self::Zstd(encoder) => {
                    let mut from = InBuffer::around(data);
                    let run = encoder.run(&mut from, &mut behind(to));
                    run.map_err(|_| unmade(NO_ZSTD))?;
                    from.pos()
                }
                Self::Lz4 => {
                    let mut len = data.len().min(MAX_PACKED);
                    loop {
                        let packed = lz4_flex::block::compress(&data[..len]);
                        if packed.len() <= MAX_PACKED {
                            to.extend_from_slice(&packed);
                            break len;
                        }
                        len /= 2;
                    }
                }
            };
            data = &data[taken..];
            emit(to, matches!(self, Self::Lz4))?;
        }
        Ok(())
    }

    /// Ends a run of literal bytes: all of it can be decompressed from what is in `to` then.
    pub(super) fn flush(&mut self, to: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Deflate { state, .. } => {
                loop {
                    to.reserve(ROOM);
                    state
                        .compress_vec(&[], to, FlushCompress::Sync)
                        .map_err(|_| unmade(NOT_DEFLATED))?;
                    if to.len() < to.capacity() {
                        break;
                    }
                }
                if to.ends_with(&SYNC_MARK) {
                    to.truncate(to.len() - SYNC_MARK.len());
                    return Ok(());
                }
                Err(unmade(NOT_DEFLATED))
            }
            Self::Zstd(encoder) => {
                while encoder
                    .flush(&mut behind(to))
                    .map_err(|_| unmade(NO_ZSTD))?
                    > 0
                {}
                Ok(())
            }
            Self::Lz4 => Ok(()),
        }
    }

    /// Whether another packer can go on behind a run only where [`Pack::leave`] ended it.
    pub(super) fn ends_with_runs(&self) -> bool {
        matches!(self, Self::Zstd(_))
    }

    /// As [`Pack::flush`], and what comes next does not know what came so far.
    pub(super) fn leave(&mut self, to: &mut Vec<u8>) -> Result<()> {
        let Self::Zstd(encoder) = self else {
            return self.flush(to);
        };
        let mut finish = |encoder: &mut Encoder<'_>| encoder.finish(&mut behind(to), true);
        while finish(encoder).map_err(|_| unmade(NO_ZSTD))? > 0 {}
        encoder.reinit().map_err(|_| unmade(NO_ZSTD))
    }

    /// As [`Unpack::learn`].
    pub(super) fn learn(&mut self, protocol: Protocol, block: &[u8]) -> Result<()> {
        if let Self::Deflate {
            state,
            learns: true,
        } = self
        {
            for piece in history(protocol, block) {
                let learnt = state.set_dictionary(piece);
                learnt.map_err(|_| broken("has no place for a matched block (zlib)"))?;
            }
        }
        Ok(())
    }

    /// Bytes that stay behind while a run is open: they may be the mark that is left out.
    pub(super) fn held_back(&self) -> usize {
        match self {
            Self::Deflate { .. } => SYNC_MARK.len(),
            _ => 0,
        }
    }
}

/// Room of at least [`ROOM`] bytes behind what there is.
fn behind(to: &mut Vec<u8>) -> OutBuffer<'_, Vec<u8>> {
    to.reserve(ROOM);
    let at = to.len();
    OutBuffer::around_pos(to, at)
}
