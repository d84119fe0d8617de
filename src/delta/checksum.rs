//! Checksums of whole files, by rsync's names for them (`--checksum-choice`).

use digest::Digest as _;
use md4::Md4;
use md5::Md5;
use sha1::Sha1;

use super::{Digest, Strong, Whole};

/// A checksum of a whole file; never seeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Checksum {
    /// `xxh128`: 16 bytes, the first choice of rsync 3.2 and later.
    #[default]
    Xxh128,
    /// `xxh3`: 8 bytes.
    Xxh3,
    /// `xxh64`, also `xxhash`: 8 bytes.
    Xxh64,
    /// `md5`: 16 bytes.
    Md5,
    /// `md4`: 16 bytes.
    Md4,
    /// `sha1`: 20 bytes.
    Sha1,
    /// `none`: one byte, always zero on the wire, shown as blanks.
    None,
}

impl Checksum {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Checksum::Xxh128 => "xxh128",
            Checksum::Xxh3 => "xxh3",
            Checksum::Xxh64 => "xxh64",
            Checksum::Md5 => "md5",
            Checksum::Md4 => "md4",
            Checksum::Sha1 => "sha1",
            Checksum::None => "none",
        }
    }

    /// What a person asks for: a name, or `auto`.
    #[must_use]
    pub fn named(name: &str) -> Option<Checksum> {
        match name.eq_ignore_ascii_case("auto") {
            true => Some(Checksum::default()),
            false => Checksum::of_name(name),
        }
    }

    /// The checksum of this name; letters may be large or small.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Checksum> {
        Some(match name.to_ascii_lowercase().as_str() {
            "xxh128" => Checksum::Xxh128,
            "xxh3" => Checksum::Xxh3,
            "xxh64" | "xxhash" => Checksum::Xxh64,
            "md5" => Checksum::Md5,
            "md4" => Checksum::Md4,
            "sha1" => Checksum::Sha1,
            "none" => Checksum::None,
            _ => return None,
        })
    }

    /// Width of the digest in bytes.
    #[must_use]
    pub fn digest_len(self) -> usize {
        match self {
            Checksum::Xxh128 | Checksum::Md5 | Checksum::Md4 => 16,
            Checksum::Xxh3 | Checksum::Xxh64 => 8,
            Checksum::Sha1 => 20,
            Checksum::None => 1,
        }
    }

    /// Starts a sum; `None` where there is nothing to sum.
    #[must_use]
    pub fn stream(self) -> Option<Summing> {
        Some(match self {
            Checksum::Xxh128 => Summing::Strong(Strong::Xxh128.stream()),
            Checksum::Xxh3 => Summing::Strong(Strong::Xxh3.stream()),
            Checksum::Xxh64 => Summing::Strong(Strong::Xxh64.stream()),
            Checksum::Md5 => Summing::Md5(Md5::new()),
            Checksum::Md4 => Summing::Md4(Md4::new()),
            Checksum::Sha1 => Summing::Sha1(Sha1::new()),
            Checksum::None => return None,
        })
    }

    /// A digest as rsync shows it: those of the xxhash family as numbers, the highest byte first.
    #[must_use]
    pub fn hex(self, digest: &Digest) -> String {
        let mut bytes = digest.as_bytes().to_vec();
        if matches!(self, Checksum::Xxh128 | Checksum::Xxh3 | Checksum::Xxh64) {
            bytes.reverse();
        }
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The running sum of a whole file.
#[allow(missing_docs)] // As in [`Checksum`].
pub enum Summing {
    Strong(Whole),
    Md5(Md5),
    Md4(Md4),
    Sha1(Sha1),
}

impl Summing {
    /// Takes the next bytes of the file.
    pub fn update(&mut self, data: &[u8]) {
        match self {
            Summing::Strong(whole) => whole.update(data),
            Summing::Md5(sum) => sum.update(data),
            Summing::Md4(sum) => sum.update(data),
            Summing::Sha1(sum) => sum.update(data),
        }
    }

    /// The digest of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        let known = "no digest is wider than the widest";
        match self {
            Summing::Strong(whole) => whole.finish(),
            Summing::Md5(sum) => Digest::from_bytes(&sum.finalize()).expect(known),
            Summing::Md4(sum) => Digest::from_bytes(&sum.finalize()).expect(known),
            Summing::Sha1(sum) => Digest::from_bytes(&sum.finalize()).expect(known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rsync -a --checksum-choice=NAME --out-format=%C` of a file that holds `x` and a line end.
    #[test]
    fn sums_are_rsyncs() {
        for (name, digest) in [
            ("xxh128", "2528250d92619b8e1bf67208bddf1edb"),
            ("xxh3", "1bf67208bddf1edb"),
            ("XXHash", "0ac3482722e9fdae"),
            ("md5", "401b30e3b8b5d629635a5c613cdb7919"),
            ("md4", "31eb83de8c830404769b546ebe798288"),
            ("sha1", "6fcf9dfbd479ed82697fee719b9f8c610a11ff2a"),
        ] {
            let checksum = Checksum::named(name).expect(name);
            let mut sum = checksum.stream().expect(name);
            sum.update(b"x");
            sum.update(b"\n");
            let made = sum.finish();
            assert_eq!(checksum.hex(&made), digest, "{name}");
            assert_eq!(made.as_bytes().len(), checksum.digest_len(), "{name}");
        }
        assert_eq!(Checksum::named("auto"), Some(Checksum::default()));
        assert_eq!(Checksum::named("sha256"), None);
        assert!(Checksum::None.stream().is_none());
    }
}
