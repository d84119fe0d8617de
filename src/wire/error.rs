//! What can be wrong with what a peer says: which number or name, where, and which of rsync's kinds of fault it is.

use std::fmt;
use std::io;
use std::ops::RangeInclusive;

use thiserror::Error;

/// The outcome of encoding or decoding.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be decoded or encoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The stream ended where more had to come.
    #[error("the connection was closed in the middle of the data")]
    Ended,
    /// The stream itself failed.
    #[error(transparent)]
    Io(io::Error),
    /// A number is outside of what is allowed.
    #[error("{what} is {value}, allowed are {min} to {max}")]
    Range {
        /// Which kind of fault this is.
        fault: Fault,
        /// What the number stands for.
        what: &'static str,
        /// The number.
        value: i64,
        /// The smallest that is allowed.
        min: i64,
        /// The largest that is allowed.
        max: i64,
    },
    /// Something is wrong that is not a matter of one number.
    #[error("{what} {why}")]
    Invalid {
        /// Which kind of fault this is.
        fault: Fault,
        /// What is wrong.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A name that no peer may send.
    #[error("the name \"{}\" {why}", .name.escape_ascii())]
    Name {
        /// Which kind of fault this is.
        fault: Fault,
        /// The name as it came.
        name: Box<[u8]>,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another error, with the place where it came up.
    #[error("{place}: {source}")]
    At {
        /// Where.
        place: Place,
        /// What.
        source: Box<Error>,
    },
}

/// The kinds of fault that rsync tells apart by its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The peer breaks the protocol's rules, or speaks another one (rsync's exit code 2).
    Protocol,
    /// What the peer wants is not allowed or not supported (4).
    Refused,
    /// The stream of bytes is broken (12).
    Stream,
    /// Larger than what is ever held in memory (22).
    TooLarge,
}

/// Where in a session something came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A part of the session that comes once.
    Part(&'static str),
    /// The entry of the file list with this arrival index.
    Entry(u32),
    /// The item with this index.
    Item(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => f.write_str(part),
            Self::Entry(arrival) => write!(f, "file list, entry {arrival}"),
            Self::Item(ndx) => write!(f, "item {ndx}"),
        }
    }
}

impl Error {
    pub(super) fn invalid(fault: Fault, what: &'static str, why: &'static str) -> Self {
        Self::Invalid { fault, what, why }
    }

    /// Whether the stream ended before its time, or failed.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.fault().is_none()
    }

    /// Which kind of fault of the peer this is; `None` when the stream ended or failed.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Ended | Self::Io(_) => None,
            Self::Range { fault, .. } | Self::Invalid { fault, .. } | Self::Name { fault, .. } => {
                Some(*fault)
            }
            Self::At { source, .. } => source.fault(),
        }
    }
}

/// A fault within a frame comes up in the middle of reading, where only [`io::Error`] can pass: it is taken out again.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Ended;
        }
        match error.downcast::<Self>() {
            Ok(fault) => fault,
            Err(error) => Self::Io(error),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Io(error) => error,
            Error::Ended => io::ErrorKind::UnexpectedEof.into(),
            fault => Self::new(io::ErrorKind::InvalidData, fault),
        }
    }
}

/// Names the place where an error came up.
pub(super) trait Within<T> {
    /// Adds `place` to the error, unless a closer place is known.
    fn within(self, place: Place) -> Result<T>;
}

impl<T, E: Into<Error>> Within<T> for std::result::Result<T, E> {
    fn within(self, place: Place) -> Result<T> {
        self.map_err(|error| match error.into() {
            known @ (Error::At { .. } | Error::Io(_)) => known,
            bare => Error::At {
                place,
                source: Box::new(bare),
            },
        })
    }
}

/// Lets a number through if it is in `allowed`.
pub(super) fn limit<N: Copy + Into<i64>>(
    fault: Fault,
    what: &'static str,
    number: N,
    allowed: RangeInclusive<i64>,
) -> Result<N> {
    let value = number.into();
    if allowed.contains(&value) {
        return Ok(number);
    }
    let (min, max) = allowed.into_inner();
    Err(Error::Range {
        fault,
        what,
        value,
        min,
        max,
    })
}

/// As [`limit`], for lengths and counts: 0 to `max`.
pub(super) fn length(
    fault: Fault,
    what: &'static str,
    number: impl Into<i64>,
    max: usize,
) -> Result<usize> {
    limit(fault, what, number.into(), 0..=max as i64).map(|n| n as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_survives_the_way_through_an_io_error() {
        let fault = length(Fault::Stream, "length", 5i32, 4).expect_err("too long");
        let text = "length is 5, allowed are 0 to 4";
        assert_eq!(fault.to_string(), text);
        let back = Error::from(io::Error::from(fault));
        assert_eq!(back.fault(), Some(Fault::Stream));
        assert_eq!(back.to_string(), text);
        assert!(matches!(
            Error::from(io::Error::from(Error::Ended)),
            Error::Ended
        ));
        let plain = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(matches!(plain, Error::Io(_)) && plain.fault().is_none());
    }

    #[test]
    fn the_closest_place_is_named() {
        let fault = || Error::invalid(Fault::Protocol, "mode", "is of no known type");
        let error = Err::<(), _>(fault()).within(Place::Entry(7));
        let error = error.within(Place::Part("handshake")).expect_err("kept");
        assert_eq!(
            error.to_string(),
            "file list, entry 7: mode is of no known type"
        );
        assert_eq!(error.fault(), Some(Fault::Protocol));
        let name = Error::Name {
            fault: Fault::Refused,
            name: b"a/../\n"[..].into(),
            why: "leads outside",
        };
        assert_eq!(name.to_string(), "the name \"a/../\\n\" leads outside");
    }
}
