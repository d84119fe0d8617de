//! Proving to a daemon that one knows a password, which itself never travels.
//!
//! `RESPONSE = base64(DIGEST(password || challenge))`, unpadded, the challenge as the text that came.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A digest that a daemon may ask for, strongest first; the order in which rsync 3.5.0 names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-512.
    Sha512,
    /// SHA-256.
    Sha256,
    /// SHA-1.
    Sha1,
    /// MD5.
    Md5,
    /// MD4.
    Md4,
    /// MD4 behind four zero bytes: protocols below 30, where nobody names a digest.
    OldMd4,
}

impl Digest {
    /// Those that a greeting names.
    pub const NAMED: [Digest; 5] = [
        Digest::Sha512,
        Digest::Sha256,
        Digest::Sha1,
        Digest::Md5,
        Digest::Md4,
    ];

    /// Its name in a greeting.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Digest::Sha512 => "sha512",
            Digest::Sha256 => "sha256",
            Digest::Sha1 => "sha1",
            Digest::Md5 => "md5",
            Digest::Md4 | Digest::OldMd4 => "md4",
        }
    }

    /// The one to answer with: the first of ours that the daemon's greeting names, or what its protocol
    /// implies where it names none. `None` where nothing is common.
    #[must_use]
    pub fn choose(named: Option<&str>, protocol: u32) -> Option<Digest> {
        match named {
            Some(list) => Digest::NAMED.into_iter().find(|ours| {
                list.split_ascii_whitespace()
                    .any(|name| name == ours.name())
            }),
            None if protocol >= 30 => Some(Digest::Md5),
            None => Some(Digest::OldMd4),
        }
    }

    /// The answer to a challenge.
    #[must_use]
    pub fn response(self, password: &[u8], challenge: &[u8]) -> String {
        let parts: [&[u8]; 2] = [password, challenge];
        let sum = match self {
            Digest::Sha512 => sum::<sha2::Sha512>(&parts),
            Digest::Sha256 => sum::<sha2::Sha256>(&parts),
            Digest::Sha1 => sum::<sha1::Sha1>(&parts),
            Digest::Md5 => sum::<md5::Md5>(&parts),
            Digest::Md4 => sum::<md4::Md4>(&parts),
            Digest::OldMd4 => sum::<md4::Md4>(&[&[0; 4], password, challenge]),
        };
        STANDARD_NO_PAD.encode(sum)
    }
}

fn sum<D: digest::Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut digest = D::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_common_digest_is_chosen() {
        for (named, protocol, chosen) in [
            (Some("sha512 sha256 sha1 md5 md4"), 32, Some(Digest::Sha512)),
            (Some("sha1 sha512"), 32, Some(Digest::Sha512)),
            (Some("md4 md5"), 31, Some(Digest::Md5)),
            (Some("sha3"), 32, None),
            (None, 31, Some(Digest::Md5)),
            (None, 29, Some(Digest::OldMd4)),
        ] {
            assert_eq!(Digest::choose(named, protocol), chosen, "{named:?}");
        }
    }

    /// Published digests of "abc", split between password and challenge.
    #[test]
    fn a_response_is_the_digest_of_password_and_challenge() {
        for (digest, response) in [
            (Digest::Md5, "kAFQmDzST7DWlj99KOF/cg"),
            (Digest::Md4, "pEgBeq8h2FJfwQroeqZynQ"),
            (Digest::Sha1, "qZk+NkcGgWq6PiVxeFDCbJzQ2J0"),
            (
                Digest::Sha256,
                "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
            ),
        ] {
            assert_eq!(digest.response(b"a", b"bc"), response, "{digest:?}");
            assert_eq!(digest.response(b"ab", b"c"), response, "{digest:?}");
        }
        assert_ne!(
            Digest::OldMd4.response(b"a", b"bc"),
            Digest::Md4.response(b"a", b"bc")
        );
    }
}
