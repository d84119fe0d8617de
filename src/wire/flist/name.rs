//! Names as they travel: cleaned, checked, in two parts.

use std::fmt;

use crate::wire::error::{Error, Fault, Result};

/// A name relative to the root of the transfer, in two parts: the directory with its slash (empty at the root), and
/// the last component.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    /// Everything up to the last slash, with it.
    pub dir: &'a [u8],
    /// The last component.
    pub base: &'a [u8],
}

impl<'a> Name<'a> {
    /// Splits a whole name.
    #[must_use]
    pub fn new(whole: &'a [u8]) -> Self {
        let slash = whole.iter().rposition(|byte| *byte == b'/');
        let (dir, base) = whole.split_at(slash.map_or(0, |at| at + 1));
        Self { dir, base }
    }

    /// Both parts joined.
    #[must_use]
    pub fn to_vec(self) -> Vec<u8> {
        [self.dir, self.base].concat()
    }

    /// Its length in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // no name is empty
    pub fn len(self) -> usize {
        self.dir.len() + self.base.len()
    }

    /// Whether this is the root of the transfer, which is listed as `.`.
    #[must_use]
    pub fn is_dot(self) -> bool {
        self.base == b"." && matches!(self.dir, b"" | b"/")
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}{}\"",
            self.dir.escape_ascii(),
            self.base.escape_ascii()
        )
    }
}

/// Checks a name from a peer and cleans it in place: no `..`, no NUL, absolute only if `absolute`; double slashes, `.`
/// within it and a slash behind it go.
pub(super) fn clean(name: &mut Vec<u8>, absolute: bool) -> Result<()> {
    let refuse = |fault, why| {
        Err(Error::Name {
            fault,
            name: name[..].into(),
            why,
        })
    };
    if name.contains(&0) {
        return refuse(Fault::Protocol, "holds a NUL");
    }
    let mut tidy = true;
    for (at, component) in name.split(|byte| *byte == b'/').enumerate() {
        match component {
            b".." => return refuse(Fault::Refused, "leads outside of the transfer"),
            b"" if at == 0 && !absolute && !name.is_empty() => {
                return refuse(Fault::Refused, "is absolute");
            }
            b"" => tidy &= at == 0,
            b"." => tidy &= name.len() == 1,
            _ => {}
        }
    }
    if name.is_empty() {
        return refuse(Fault::Protocol, "is empty");
    }
    if !tidy {
        let cleaned = cleaned(name);
        *name = cleaned;
    }
    Ok(())
}

/// The name without its idle parts; `.` if nothing is left, a `.` at the end stays.
fn cleaned(name: &[u8]) -> Vec<u8> {
    let last = name.split(|byte| *byte == b'/').count() - 1;
    let mut parts: Vec<&[u8]> = name
        .split(|byte| *byte == b'/')
        .enumerate()
        .filter(|(at, part)| !part.is_empty() && (*part != b"." || *at == last))
        .map(|(_, part)| part)
        .collect();
    if parts.is_empty() {
        parts.push(b".");
    }
    let mut whole = parts.join(&b'/');
    if name.starts_with(b"/") {
        whole.insert(0, b'/');
    }
    whole
}

/// Converts names between the charset of the wire (UTF-8 with `--iconv`) and that of this side.
pub trait Charset: Send {
    /// Appends the wire's form of a local name; false if it has none.
    fn to_wire(&mut self, local: &[u8], to: &mut Vec<u8>) -> bool;

    /// Appends the local form of a name from the wire; false if it has none.
    fn to_local(&mut self, wire: &[u8], to: &mut Vec<u8>) -> bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_last_slash() {
        for (whole, dir, base) in [
            ("a", "", "a"),
            ("a/b/c", "a/b/", "c"),
            ("/tmp", "/", "tmp"),
            (".", "", "."),
        ] {
            let name = Name::new(whole.as_bytes());
            assert_eq!((name.dir, name.base), (dir.as_bytes(), base.as_bytes()));
            assert_eq!(name.to_vec(), whole.as_bytes());
        }
    }

    #[test]
    fn names_are_cleaned() {
        for (name, absolute, cleaned) in [
            ("a/b", false, "a/b"),
            (".", false, "."),
            ("a//b", false, "a/b"),
            ("./a", false, "a"),
            ("a/./b", false, "a/b"),
            ("a/.", false, "a/."),
            ("a/", false, "a"),
            ("./", false, "."),
            ("...", false, "..."),
            ("/a", true, "/a"),
            ("//a", true, "/a"),
            ("/.", true, "/."),
        ] {
            let mut bytes = name.as_bytes().to_vec();
            clean(&mut bytes, absolute).expect("allowed");
            assert_eq!(bytes, cleaned.as_bytes(), "{name}");
        }
    }

    #[test]
    fn names_that_no_peer_may_send_are_refused() {
        for (name, fault) in [
            ("", Fault::Protocol),
            ("a\0b", Fault::Protocol),
            ("..", Fault::Refused),
            ("a/../b", Fault::Refused),
            ("a/..", Fault::Refused),
            ("/a", Fault::Refused),
            ("//a", Fault::Refused),
        ] {
            let mut bytes = name.as_bytes().to_vec();
            let error = clean(&mut bytes, false).expect_err(name);
            assert_eq!(error.fault(), Some(fault), "{name}");
        }
    }
}
