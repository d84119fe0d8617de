//! What the two programs can do beyond their protocol number: the letters that a client passes with `-e`, and the
//! compat flags with which the server answers from protocol 30 on.

use std::fmt;
use std::ops::BitOr;

use super::Protocol;

/// What a client tells of itself in the value of the server's `-e` option.
///
/// The value is `.` or, of a pre-release, `VERSION.SUBVERSION`, and then one letter for each capability. Their order
/// does not matter, and unknown ones are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<u8>);

impl Capabilities {
    /// Letters that rsync 3.5.0 sends, without `i`.
    const CLIENT: &[u8] = b"LsfxCIvu";
    /// This program's own: asks whether the server changes all at once. Others pass it over.
    const ASKS_ATOMIC: &[u8] = b"R";
    /// This program's own as well: asks for a time point. What is wished for of it stands behind, at the end, without
    /// letters: digits, commas and plus signs.
    const ASKS_POINT: u8 = b'P';

    /// What this program says of itself; `incremental` if it takes the file list in pieces.
    #[must_use]
    pub fn client(incremental: bool) -> Self {
        let i: &[u8] = if incremental { b"i" } else { b"" };
        Self([b".", i, Self::CLIENT].concat())
    }

    /// The same of a client that sends, and wants to know whether the server makes all changes at once.
    #[must_use]
    pub fn sending_client(incremental: bool) -> Self {
        let Self(value) = Self::client(incremental);
        Self([&value, Self::ASKS_ATOMIC].concat())
    }

    /// The same, asking the server to make a time point; `wanted` says in digits, commas and plus signs how.
    #[must_use]
    pub fn asking_point(mut self, wanted: &str) -> Self {
        self.0.push(Self::ASKS_POINT);
        self.0.extend_from_slice(wanted.as_bytes());
        self
    }

    /// What is wished for where the client asks for a time point.
    #[must_use]
    pub fn points(&self) -> Option<&str> {
        let at = self.0.iter().position(|byte| *byte == Self::ASKS_POINT)?;
        std::str::from_utf8(&self.0[at + 1..]).ok()
    }

    /// Takes the value of a client's `-e` option.
    #[must_use]
    pub fn from_value(value: &[u8]) -> Self {
        Self(value.to_vec())
    }

    /// The value as it stands in the argument, behind the `e`.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.0
    }

    /// Whether the client can do what this letter stands for.
    #[must_use]
    pub fn has(&self, letter: u8) -> bool {
        self.0.contains(&letter)
    }

    /// Version and sub-version of a pre-release.
    fn pre_release(&self) -> Option<(i32, i32)> {
        let text = std::str::from_utf8(&self.0).ok()?;
        let (version, rest) = text.split_once('.')?;
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (version, sub) = (version.parse().ok()?, rest[..digits].parse().ok()?);
        (version > 0 && sub > 0).then_some((version, sub))
    }

    /// The version that a server announces to this client when its own is `own`: to a pre-release of the same or an
    /// earlier version it is the one before, because a pre-release's protocol may differ from the final one.
    #[must_use]
    pub fn server_version(&self, own: i32) -> i32 {
        match self.pre_release() {
            Some((version, _)) if version <= own => version - 1,
            _ => own,
        }
    }
}

/// The compat flags (`CF_*`): sent by the server, valid for both sides, none before protocol 30.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Compat(u32);

impl Compat {
    /// Before protocol 30, and of a client without any capability.
    pub const NONE: Self = Self(0);
    /// The file list comes in pieces, a directory at a time; index numbers begin at 1.
    pub const INC_RECURSE: Self = Self(1);
    /// The receiving side can set the times of symlinks.
    pub const SYMLINK_TIMES: Self = Self(1 << 1);
    /// Targets of symlinks are converted between charsets too.
    pub const SYMLINK_ICONV: Self = Self(1 << 2);
    /// The end of a file list can tell errors.
    pub const SAFE_FLIST: Self = Self(1 << 3);
    /// Xattr requests are there for hard-linked items too.
    pub const AVOID_XATTR_OPTIM: Self = Self(1 << 4);
    /// The seed is hashed before a block's data (md5).
    pub const CHKSUM_SEED_FIX: Self = Self(1 << 5);
    /// A basis from the partial directory may be updated in place.
    pub const INPLACE_PARTIAL_DIR: Self = Self(1 << 6);
    /// Flags of file-list entries are varints, and algorithms are negotiated.
    pub const VARINT_FLIST_FLAGS: Self = Self(1 << 7);
    /// Lists of ids tell the name of id 0.
    pub const ID0_NAMES: Self = Self(1 << 8);
    /// The receiving server makes all changes at once, at the end. This program's own: only said to clients that ask.
    pub const ATOMIC: Self = Self(1 << 20);
    /// The receiving server makes a time point, as the client asks. This program's own, too.
    pub const POINT: Self = Self(1 << 21);

    /// The flags with these bits; unknown ones stay.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other`'s bits are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The same, telling a client that asks that the receiving server makes all changes at once.
    #[must_use]
    pub fn with_atomic(self, client: &Capabilities) -> Self {
        let asks = Capabilities::ASKS_ATOMIC
            .iter()
            .all(|letter| client.has(*letter));
        match asks && self != Self::NONE {
            true => self | Self::ATOMIC,
            false => self,
        }
    }

    /// The same, telling a client that asks for a time point that it gets one.
    #[must_use]
    pub fn with_point(self, client: &Capabilities) -> Self {
        match client.points() {
            Some(_) if self != Self::NONE => self | Self::POINT,
            _ => self,
        }
    }

    /// A server's answer to a client, `incremental` if the server's own options allow pieces.
    #[must_use]
    pub fn answer(protocol: Protocol, client: &Capabilities, incremental: bool) -> Self {
        if protocol < Protocol::V30 {
            return Self::NONE;
        }
        let letters = [
            (b'f', Self::SAFE_FLIST),
            (b'x', Self::AVOID_XATTR_OPTIM),
            (b'C', Self::CHKSUM_SEED_FIX),
            (b'I', Self::INPLACE_PARTIAL_DIR),
            (b'v', Self::VARINT_FLIST_FLAGS),
            (b'u', Self::ID0_NAMES),
        ];
        let known = letters
            .into_iter()
            .filter(|(letter, _)| client.has(*letter));
        let pieces = (incremental && client.has(b'i')).then_some(Self::INC_RECURSE);
        known
            .map(|(_, flag)| flag)
            .chain(pieces)
            .fold(Self::SYMLINK_TIMES | Self::SYMLINK_ICONV, |all, flag| {
                all | flag
            })
    }
}

impl BitOr for Compat {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Compat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compat({:#x})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flags that servers of rsync 3.5.0 answered.
    #[test]
    fn a_server_answers_as_rsync_does() {
        for (value, flags) in [
            (".iLsfxCIvu", 0x1ff),
            (".LsfxCIvu", 0x1fe),
            (".iLsfxCI", 0x7f),
            (".iLsfxCIv", 0xff),
            (".LsfxC", 0x3e),
            (".Ls", 0x06),
            (".", 0x06),
            ("", 0x06),
        ] {
            let client = Capabilities::from_value(value.as_bytes());
            assert_eq!(
                Compat::answer(Protocol::V30, &client, true).bits(),
                flags,
                "{value}"
            );
            assert_eq!(Compat::answer(Protocol::V29, &client, true), Compat::NONE);
        }
        let full = Capabilities::client(true);
        assert_eq!(full.value(), b".iLsfxCIvu");
        assert_eq!(Compat::answer(Protocol::NEWEST, &full, false).bits(), 0x1fe);
        assert_eq!(Capabilities::client(false).value(), b".LsfxCIvu");
    }

    /// What is asked of this program's own changes nothing of what others answer.
    #[test]
    fn a_time_point_is_asked_for_and_promised() {
        let asks = Capabilities::sending_client(true).asking_point("67108864,7,,14,,,+");
        assert_eq!(asks.points(), Some("67108864,7,,14,,,+"));
        assert_eq!(asks.server_version(32), 32);
        let plain = Compat::answer(Protocol::V30, &asks, true);
        assert_eq!(plain.bits(), 0x1ff);
        assert!(plain.with_point(&asks).contains(Compat::POINT));
        let other = Capabilities::sending_client(true);
        assert_eq!(other.points(), None);
        assert_eq!(plain.with_point(&other), plain);
        let old = Compat::answer(Protocol::V29, &asks, true);
        assert_eq!(old.with_point(&asks), Compat::NONE);
    }

    /// Versions that servers of rsync 3.5.0 announced to such clients.
    #[test]
    fn a_pre_release_gets_the_version_before() {
        for (value, version) in [
            ("32.1iLs", 31),
            ("31.1iLs", 30),
            ("30.5", 29),
            ("33.1iLs", 32),
            (".iLs", 32),
            ("32.0iLs", 32),
            ("x.1", 32),
        ] {
            let client = Capabilities::from_value(value.as_bytes());
            assert_eq!(client.server_version(32), version, "{value}");
        }
    }
}
