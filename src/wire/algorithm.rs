//! The checksums and compressions that a session can use, and how the two sides settle on one.

use super::error::{Error, Fault, Result};
pub use crate::delta::Checksum;

/// The longest list of names that may be offered, in bytes.
const MAX_LIST: usize = 255;

/// A compression by rsync's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// `zstd`: one stream for the session.
    Zstd,
    /// `lz4`: each block alone.
    Lz4,
    /// `zlibx`: a stream a file, of literal data only.
    Zlibx,
    /// `zlib`: a stream a file whose history also holds the matched data.
    Zlib,
    /// `none`.
    None,
}

/// An algorithm that is negotiated by its name.
pub trait Named: Copy + Eq + 'static {
    /// What it is called in messages.
    const WHAT: &'static str;
    /// All that can be offered, in rsync's order of preference, without `none`.
    ///
    /// A client offers them in this order only: a server of rsync 3.5.0 follows its own order, so any other would make
    /// the two sides choose differently.
    const PREFERRED: &'static [Self];
    /// No algorithm at all.
    const NONE: Self;

    /// Its name.
    fn name(self) -> &'static str;

    /// The algorithm of this name, in any case.
    fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::PREFERRED.iter().copied().chain([Self::NONE]);
        all.find(|one| one.name().eq_ignore_ascii_case(name))
    }
}

impl Named for Checksum {
    const WHAT: &'static str = "checksum";
    const PREFERRED: &'static [Self] = &[
        Self::Xxh128,
        Self::Xxh3,
        Self::Xxh64,
        Self::Md5,
        Self::Md4,
        Self::Sha1,
    ];
    const NONE: Self = Self::None;

    fn name(self) -> &'static str {
        self.name()
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::of_name(name)
    }
}

impl Named for Compression {
    const WHAT: &'static str = "compression";
    const PREFERRED: &'static [Self] = &[Self::Zstd, Self::Lz4, Self::Zlibx, Self::Zlib];
    const NONE: Self = Self::None;

    fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Zlibx => "zlibx",
            Self::Zlib => "zlib",
            Self::None => "none",
        }
    }
}

/// A list of names as it is sent; an empty one is sent as a name that nobody has, as rsync does it.
pub(super) fn list<A: Named>(offered: &[A]) -> Vec<u8> {
    let names: Vec<&str> = offered.iter().map(|one| one.name()).collect();
    if names.is_empty() {
        return b"INVALID".to_vec();
    }
    names.join(" ").into_bytes()
}

/// Reads a list of names as it was sent: the known ones, each once.
pub(super) fn read_list<A: Named, R: std::io::Read + ?Sized>(from: &mut R) -> Result<Vec<A>> {
    let text = super::ReadWire::read_vstring(from, "length of a list of algorithms", MAX_LIST)?;
    let mut known = Vec::new();
    for name in String::from_utf8_lossy(&text).split_ascii_whitespace() {
        if let Some(one) = A::from_name(name).filter(|one| !known.contains(one)) {
            known.push(one);
        }
    }
    Ok(known)
}

/// What both sides settle on: the first that the client listed and the server has.
///
/// Every client does so; it is also what a server must do to agree with clients of all versions.
pub(super) fn settle<A: Named>(client: &[A], server: &[A]) -> Result<A> {
    let common = client.iter().find(|one| server.contains(one));
    common.copied().ok_or(Error::Invalid {
        fault: Fault::Refused,
        what: A::WHAT,
        why: "negotiation failed: the two sides have none in common",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_by_alias() {
        for one in Checksum::PREFERRED {
            let name = one.name().to_ascii_uppercase();
            assert_eq!(Checksum::from_name(&name), Some(*one));
        }
        assert_eq!(Checksum::from_name("xxhash"), Some(Checksum::Xxh64));
        assert_eq!(Checksum::from_name("sha256"), None);
        assert_eq!(Compression::from_name("none"), Some(Compression::None));
        assert_eq!(Compression::from_name("md5"), None);
    }

    #[test]
    fn the_clients_order_decides() {
        let mine = [Checksum::Md5, Checksum::Xxh128];
        let theirs = [Checksum::Xxh128, Checksum::Md5];
        assert_eq!(settle(&mine, &theirs).expect("common"), Checksum::Md5);
        let error = settle(&mine, &[Checksum::Sha1]).expect_err("none in common");
        assert_eq!(error.fault(), Some(Fault::Refused));
        assert_eq!(
            error.to_string(),
            "checksum negotiation failed: the two sides have none in common"
        );
    }

    #[test]
    fn lists_are_those_of_rsync() {
        assert_eq!(list(Checksum::PREFERRED), b"xxh128 xxh3 xxh64 md5 md4 sha1");
        assert_eq!(list(Compression::PREFERRED), b"zstd lz4 zlibx zlib");
        assert_eq!(list::<Checksum>(&[]), b"INVALID");
        let mut bytes = vec![26];
        bytes.extend(b"sha512 MD5 xxhash md5 xxh3");
        let known: Vec<Checksum> = read_list(&mut &bytes[..]).expect("read");
        assert_eq!(known, [Checksum::Md5, Checksum::Xxh64, Checksum::Xxh3]);
        let long = [&[0x81, 0][..], &[b'x'; 256]].concat();
        assert!(read_list::<Checksum, _>(&mut &long[..]).is_err());
    }
}
