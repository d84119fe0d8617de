//! Compressing drafts: the bytes of a stream as they go out.

use std::io::Write;

use super::draft::{Draft, Kind};
use super::pack::Pack;
use super::{DEFLATED_DATA, MAX_PACKED};
use crate::wire::error::Result;
use crate::wire::{Compression, Dialect, Protocol};

/// Compresses the drafts of one direction of a session, one behind the other.
///
/// Several may do so by turns, where each leaves before the next begins: a decompressor takes what they make for one
/// stream.
pub struct Packer {
    protocol: Protocol,
    pack: Pack,
    /// Compressed bytes that are too few for a piece yet.
    out: Vec<u8>,
}

impl Packer {
    /// A packer for a session in this dialect, if it compresses; the level is the compression's own.
    ///
    /// # Errors
    /// When the compressor cannot be had.
    pub fn new(dialect: &Dialect, level: Option<i32>) -> Result<Option<Self>> {
        let pack = Pack::new(dialect.compression, level)?;
        Ok(pack.map(|pack| Self {
            protocol: dialect.protocol,
            pack,
            out: Vec::new(),
        }))
    }

    /// Whether another packer may go on behind this draft. With zstd the end of what one made is a part of a run of
    /// literal bytes.
    #[must_use]
    pub fn may_leave(compression: Compression, draft: &Draft) -> bool {
        match compression {
            Compression::Zlib | Compression::Zlibx => draft.ends_file(),
            Compression::Zstd => draft.last_run().is_some(),
            Compression::None | Compression::Lz4 => true,
        }
    }

    /// Writes a draft, behind those before. Compressed bytes may stay behind until the run of literal bytes ends.
    ///
    /// With zstd, where another packer may go on, `leaves` is asked once, as late as can be, whether one does. If so
    /// nothing stays behind, and this packer begins anew.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub fn run<W: Write + ?Sized>(
        &mut self,
        draft: &Draft,
        leaves: impl FnOnce() -> bool,
        to: &mut W,
    ) -> Result<()> {
        let last_run = draft.last_run().filter(|_| self.pack.ends_with_runs());
        let mut leaves = Some(leaves);
        let mut leaves = || leaves.take().is_some_and(|leaves| leaves());
        for (at, (kind, bytes)) in draft.parts().enumerate() {
            match kind {
                Kind::Plain => to.write_all(bytes)?,
                Kind::Literal => {
                    let held_back = self.pack.held_back();
                    self.pack.literal(bytes, &mut self.out, |out, all| {
                        let least = if all { 1 } else { MAX_PACKED };
                        write_packed(out, least, held_back, to)
                    })?;
                }
                Kind::RunEnd if last_run == Some(at) && leaves() => self.leave(to)?,
                Kind::RunEnd => {
                    self.pack.flush(&mut self.out)?;
                    write_packed(&mut self.out, 1, 0, to)?;
                }
                Kind::Matched => self.pack.learn(self.protocol, bytes)?,
                Kind::FileEnd => self.pack.begin_file(),
            }
        }
        if last_run == Some(draft.parts().count()) && leaves() {
            self.leave(to)?;
        }
        Ok(())
    }

    fn leave<W: Write + ?Sized>(&mut self, to: &mut W) -> Result<()> {
        self.pack.leave(&mut self.out)?;
        write_packed(&mut self.out, 1, 0, to)
    }
}

/// Writes out compressed data while there are `least` bytes of it, but for those held back.
fn write_packed<W: Write + ?Sized>(
    out: &mut Vec<u8>,
    least: usize,
    held_back: usize,
    to: &mut W,
) -> Result<()> {
    let mut written = 0;
    while out.len() - written >= least + held_back {
        let piece = (out.len() - written - held_back).min(MAX_PACKED);
        to.write_all(&[DEFLATED_DATA | (piece >> 8) as u8, piece as u8])?;
        to.write_all(&out[written..][..piece])?;
        written += piece;
    }
    out.drain(..written);
    Ok(())
}
