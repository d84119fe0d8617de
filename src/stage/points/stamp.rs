//! The name of a time point: the second it was made in, in UTC, so that names sort as time goes.

use std::fmt;

use jiff::Timestamp;

/// The second that a time point is of: `2026-11-22T03-00-00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(Timestamp);

/// Where the name has a dash and the usual notation a colon: some systems take no colon in names.
const COLONS: [usize; 2] = [13, 16];
/// Bytes of a name.
pub(super) const LEN: usize = 20;

impl Stamp {
    /// This second.
    #[must_use]
    pub fn now() -> Stamp {
        Stamp(whole(Timestamp::now()))
    }

    /// Reads a name; `None` for what is none.
    #[must_use]
    pub fn of_name(name: &[u8]) -> Option<Stamp> {
        let mut text = name.to_vec();
        for at in COLONS {
            match text.get_mut(at) {
                Some(byte) if *byte == b'-' => *byte = b':',
                _ => return None,
            }
        }
        let time = std::str::from_utf8(&text).ok()?.parse().ok()?;
        let stamp = Stamp(whole(time));
        // One spelling a point: whatever else stands for the same second is no name.
        (stamp.to_string().as_bytes() == name).then_some(stamp)
    }

    /// Reads what a person writes: a name, or an instant as in RFC 3339. `None` for what is neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Stamp> {
        let named = Stamp::of_name(text.as_bytes());
        named.or_else(|| {
            let stamp = Stamp(whole(text.parse().ok()?));
            // A year of more or fewer than four digits has no name.
            Stamp::of_name(stamp.to_string().as_bytes())
        })
    }

    /// The instant.
    #[must_use]
    pub fn at(self) -> Timestamp {
        self.0
    }

    pub(super) fn name(self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H-%M-%SZ"))
    }
}

impl serde::Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_is_written_as() {
        let name = "2026-11-22T03-00-00Z";
        let stamp = Stamp::of_name(name.as_bytes()).unwrap();
        assert_eq!(stamp.to_string(), name);
        assert_eq!(name.len(), LEN);
        assert_eq!(Stamp::read("2026-11-22T04:00:00.5+01:00"), Some(stamp));
        for other in [
            "",
            "latest",
            "2026-11-22",
            "2026-11-22T03:00:00Z",
            "2026-11-22T03-00-00.5Z",
            "2026-11-22T03-00-00+00",
            "2026-13-22T03-00-00Z",
            "2026-11-22T03-00-00Z~",
        ] {
            assert_eq!(Stamp::of_name(other.as_bytes()), None, "{other}");
        }
    }
}
