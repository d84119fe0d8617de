//! The handshake: versions, compat flags, lists of algorithms, seed. Raw bytes in both directions; frames begin with
//! the byte behind the seed.

use std::io::{Read, Write};

use super::algorithm::{list, read_list, settle};
use super::error::{Error, Fault, Place, Result, Within};
use super::{
    Checksum, Checksums, Compat, Compression, Dialect, Named, Protocol, ReadWire, Role, Side, Way,
    WriteWire,
};

/// Versions that rsync takes for a peer at all; anything else is some program's output.
const PLAUSIBLE: std::ops::RangeInclusive<i32> = 20..=40;

/// What one side brings to the handshake. Both derive it from the same options: the client from those that it was
/// given, the server from its argument list.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Which way the files go.
    pub way: Way,
    /// The checksums.
    pub checksums: ChecksumWish,
    /// The compression.
    pub compression: CompressionWish,
    /// The compression's level, if one was given: 0 switches zlib off.
    pub level: Option<i32>,
    /// `--remove-source-files`: before protocol 30 it puts a pulling client's output into frames.
    pub remove_source_files: bool,
}

/// How both sides come to a version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// Each tells its newest, this one first.
    Exchange(i32),
    /// The greetings with a daemon settled it.
    Settled(Protocol),
}

impl Versions {
    /// The version that is spoken.
    ///
    /// # Errors
    /// As [`exchange_versions`].
    pub fn settle<R, W>(self, from: &mut R, to: &mut W) -> Result<Protocol>
    where
        R: Read + ?Sized,
        W: Write + ?Sized,
    {
        match self {
            Versions::Exchange(own) => exchange_versions(own, from, to),
            Versions::Settled(protocol) => Ok(protocol),
        }
    }
}

/// How a side comes to its checksums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChecksumWish {
    /// By negotiation; the list is normally [`Named::PREFERRED`].
    Negotiate(Vec<Checksum>),
    /// By `--checksum-choice`: that of transfers, and that of listed files.
    Chosen(Checksum, Checksum),
}

/// How a side comes to its compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompressionWish {
    /// Nobody asked for any.
    Off,
    /// By negotiation; the list is normally [`Named::PREFERRED`].
    Negotiate(Vec<Compression>),
    /// By `--compress-choice` and its kin.
    Chosen(Compression),
}

/// Exchanges versions: each side writes its own without waiting. Not done with a daemon, whose greeting settles it.
///
/// # Errors
/// A version that is not spoken here, and what the streams report.
pub fn exchange_versions<R, W>(own: i32, from: &mut R, to: &mut W) -> Result<Protocol>
where
    R: Read + ?Sized,
    W: Write + ?Sized,
{
    to.write_int(own)?;
    to.flush()?;
    let peer = from.read_int().within(Place::Part("handshake"))?;
    if !PLAUSIBLE.contains(&peer) {
        return Err(Error::Range {
            fault: Fault::Protocol,
            what: "protocol version mismatch (is your shell clean?): the peer's version",
            value: peer.into(),
            min: Protocol::OLDEST.number().into(),
            max: Protocol::NEWEST.number().into(),
        });
    }
    Protocol::new(peer.min(own)).ok_or(Error::Range {
        fault: Fault::Protocol,
        what: "protocol version",
        value: peer.min(own).into(),
        min: Protocol::OLDEST.number().into(),
        max: Protocol::NEWEST.number().into(),
    })
}

/// The client's part behind the versions. `incremental` tells whether it offered to take the list in pieces.
///
/// # Errors
/// A server that does what was not offered, algorithms without a common one, and what the streams report.
pub fn client<R, W>(
    protocol: Protocol,
    offer: &Offer,
    incremental: bool,
    from: &mut R,
    to: &mut W,
) -> Result<Dialect>
where
    R: Read + ?Sized,
    W: Write + ?Sized,
{
    let compat = read_flags(protocol, from).within(Place::Part("handshake"))?;
    if compat.contains(Compat::INC_RECURSE) && !incremental {
        let why = "has set incremental recursion, which was not offered";
        return Err(Error::invalid(Fault::Protocol, "the server", why));
    }
    let offered = Lists::of(offer, compat);
    offered.write(to)?;
    let (checksums, compression) = offered
        .settle(offer, protocol, Role::Client, from)
        .within(Place::Part("handshake"))?;
    let seed = from.read_int().within(Place::Part("handshake"))?;
    let settled = (protocol, compat, checksums, compression, seed);
    Ok(dialect(Side::new(Role::Client, offer.way), offer, settled))
}

/// The server's part behind the versions, with the flags it answers and the seed it chose.
///
/// # Errors
/// Algorithms without a common one, and what the streams report.
pub fn server<R, W>(
    protocol: Protocol,
    offer: &Offer,
    compat: Compat,
    seed: i32,
    from: &mut R,
    to: &mut W,
) -> Result<Dialect>
where
    R: Read + ?Sized,
    W: Write + ?Sized,
{
    if protocol >= Protocol::V30 {
        to.write_varint(compat.bits().cast_signed())?;
    }
    let mut offered = Lists::of(offer, compat);
    // Only a server may be asked to do without.
    offered
        .checksums
        .iter_mut()
        .for_each(|all| all.push(Checksum::None));
    offered
        .compressions
        .iter_mut()
        .for_each(|all| all.push(Compression::None));
    offered.write(to)?;
    let (checksums, compression) = offered
        .settle(offer, protocol, Role::Server, from)
        .within(Place::Part("handshake"))?;
    to.write_int(seed)?;
    to.flush()?;
    let settled = (protocol, compat, checksums, compression, seed);
    Ok(dialect(Side::new(Role::Server, offer.way), offer, settled))
}

fn read_flags<R: Read + ?Sized>(protocol: Protocol, from: &mut R) -> Result<Compat> {
    if protocol < Protocol::V30 {
        return Ok(Compat::NONE);
    }
    from.read_varint()
        .map(|bits| Compat::from_bits(bits.cast_unsigned()))
}

/// The lists that are really exchanged.
struct Lists {
    checksums: Option<Vec<Checksum>>,
    compressions: Option<Vec<Compression>>,
}

impl Lists {
    fn of(offer: &Offer, compat: Compat) -> Self {
        let negotiates = compat.contains(Compat::VARINT_FLIST_FLAGS);
        Self {
            checksums: match &offer.checksums {
                ChecksumWish::Negotiate(all) if negotiates => Some(all.clone()),
                _ => None,
            },
            compressions: match &offer.compression {
                CompressionWish::Negotiate(all) if negotiates => Some(all.clone()),
                _ => None,
            },
        }
    }

    /// All lists are written before any is read.
    fn write<W: Write + ?Sized>(&self, to: &mut W) -> Result<()> {
        if let Some(checksums) = &self.checksums {
            to.write_vstring(&list(checksums))?;
        }
        if let Some(compressions) = &self.compressions {
            to.write_vstring(&list(compressions))?;
        }
        Ok(to.flush()?)
    }

    /// Reads the peer's lists and settles what they leave open.
    fn settle<R: Read + ?Sized>(
        &self,
        offer: &Offer,
        protocol: Protocol,
        role: Role,
        from: &mut R,
    ) -> Result<(Checksums, Compression)> {
        let checksums = match (&self.checksums, &offer.checksums) {
            (Some(mine), _) => Checksums::named(common(role, mine, &read_list(from)?)?),
            (None, ChecksumWish::Chosen(transfer, listing)) => Checksums {
                transfer: *transfer,
                listing: *listing,
                implied: false,
            },
            (None, ChecksumWish::Negotiate(allowed)) => {
                let implied = Checksums::implied(protocol);
                settle(&[implied.transfer], allowed)?;
                implied
            }
        };
        let compression = match (&self.compressions, &offer.compression) {
            (Some(mine), _) => common(role, mine, &read_list(from)?)?,
            (None, CompressionWish::Chosen(chosen)) => *chosen,
            (None, CompressionWish::Negotiate(allowed)) => settle(&[Compression::Zlib], allowed)?,
            (None, CompressionWish::Off) => Compression::None,
        };
        let switched_off =
            matches!(compression, Compression::Zlib | Compression::Zlibx) && offer.level == Some(0);
        let compression = if switched_off {
            Compression::None
        } else {
            compression
        };
        Ok((checksums, compression))
    }
}

fn common<A: Named>(role: Role, mine: &[A], theirs: &[A]) -> Result<A> {
    match role {
        Role::Client => settle(mine, theirs),
        Role::Server => settle(theirs, mine),
    }
}

fn dialect(
    side: Side,
    offer: &Offer,
    (protocol, compat, checksums, compression, seed): (
        Protocol,
        Compat,
        Checksums,
        Compression,
        i32,
    ),
) -> Dialect {
    let remove = offer.remove_source_files;
    Dialect {
        side,
        protocol,
        compat,
        checksums,
        compression,
        seed,
        reads_frames: side.peer().writes_frames(protocol, remove),
        writes_frames: side.writes_frames(protocol, remove),
    }
}
