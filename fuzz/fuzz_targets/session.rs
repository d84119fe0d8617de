// What a session settled, from the first bytes of the input; shared by the targets.

use resilver::wire::flist::Fields;
use resilver::wire::{Checksum, Checksums, Compat, Compression, Dialect, Protocol, Side};

/// The dialect that the first five bytes choose, the fields that they choose, and the rest of the input.
pub fn open(input: &[u8], side: Side) -> Option<(Dialect, Fields, &[u8])> {
    let ([version, compat, sum, options, more], rest) = input.split_first_chunk()?;
    let protocol = Protocol::new(27 + i32::from(version % 6))?;
    let sums = [
        Checksum::Xxh128,
        Checksum::Xxh64,
        Checksum::Md5,
        Checksum::Md4,
        Checksum::Sha1,
        Checksum::None,
    ];
    let packs = [
        Compression::None,
        Compression::Zlib,
        Compression::Zlibx,
        Compression::Lz4,
        Compression::Zstd,
    ];
    let modern = protocol >= Protocol::V30;
    let dialect = Dialect {
        side,
        protocol,
        compat: if modern {
            Compat::from_bits(u32::from(*compat) | u32::from(more & 1) << 8)
        } else {
            Compat::NONE
        },
        checksums: Checksums::named(sums[usize::from(sum & 15) % sums.len()]),
        compression: packs[usize::from(sum >> 4) % packs.len()],
        seed: 1,
        reads_frames: false,
        writes_frames: false,
    };
    let bit = |byte: u8, at: u8| byte >> at & 1 != 0;
    let fields = Fields {
        owners: bit(*options, 0),
        groups: bit(*options, 1),
        links: bit(*options, 2),
        devices: bit(*options, 3),
        specials: bit(*options, 3),
        hard_links: bit(*options, 4),
        checksums: bit(*options, 5),
        atimes: bit(*options, 6),
        acls: modern && bit(*options, 7),
        xattrs: modern && bit(*more, 1),
        numeric_ids: bit(*more, 2),
        relative: bit(*more, 3),
        recurse: bit(*more, 4),
        missing_args: bit(*more, 5),
    };
    Some((dialect, fields, rest))
}
