//! Everything that the two sides settled on before the first file list.

use super::{Checksum, Compat, Compression, Protocol, Side};

/// The form of one session: what the handshake settled, the same for both sides but for [`Dialect::side`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Who this side is.
    pub side: Side,
    /// The version of the protocol.
    pub protocol: Protocol,
    /// What both programs can do beyond it.
    pub compat: Compat,
    /// The checksums of blocks, whole files and listed files.
    pub checksums: Checksums,
    /// How literal data is compressed.
    pub compression: Compression,
    /// The seed of block sums, chosen by the server.
    pub seed: i32,
    /// Whether what this side reads comes in frames.
    pub reads_frames: bool,
    /// Whether what this side writes goes in frames.
    pub writes_frames: bool,
}

/// The checksums of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checksums {
    /// Of blocks and of whole transferred files.
    pub transfer: Checksum,
    /// Of files in the list (`--checksum`).
    pub listing: Checksum,
    /// Nobody named them: they follow from the protocol, and so do old ways of mixing in the seed.
    pub implied: bool,
}

impl Checksums {
    /// Both kinds alike, named by somebody.
    #[must_use]
    pub const fn named(both: Checksum) -> Self {
        Self {
            transfer: both,
            listing: both,
            implied: false,
        }
    }

    /// What is used when nobody names one and nothing is negotiated.
    #[must_use]
    pub fn implied(protocol: Protocol) -> Self {
        let both = if protocol < Protocol::V30 {
            Checksum::Md4
        } else {
            Checksum::Md5
        };
        Self {
            implied: true,
            ..Self::named(both)
        }
    }
}

impl Dialect {
    /// What a puller speaks in tests, but for what they are about.
    #[cfg(test)]
    pub(crate) fn of_a_pull(compression: Compression) -> Dialect {
        Dialect {
            side: Side::PULLER,
            protocol: Protocol::NEWEST,
            compat: Compat::NONE,
            checksums: Checksums::named(Checksum::Xxh128),
            compression,
            seed: 0,
            reads_frames: true,
            writes_frames: true,
        }
    }

    /// Whether the file list comes in pieces, a directory at a time (incremental recursion).
    #[must_use]
    pub fn incremental(&self) -> bool {
        self.compat.contains(Compat::INC_RECURSE)
    }

    /// Whether the flags of file-list entries are varints.
    #[must_use]
    pub fn varint_flags(&self) -> bool {
        self.compat.contains(Compat::VARINT_FLIST_FLAGS)
    }

    /// Whether the end of a file list can tell errors.
    #[must_use]
    pub fn safe_lists(&self) -> bool {
        self.protocol >= Protocol::V31 || self.compat.contains(Compat::SAFE_FLIST)
    }

    /// Whether lists of ids end with the name of id 0.
    #[must_use]
    pub fn id0_names(&self) -> bool {
        self.compat.contains(Compat::ID0_NAMES)
    }
}
