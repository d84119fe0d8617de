//! Messages: what the two sides tell each other beside the data (`MSG_*`).

use super::error::{Error, Fault, Result, length};
use super::{Role, Side, Way};

/// The longest text of one message, in bytes; rsync refuses 5120.
pub const MAX_TEXT: usize = 5119;
/// The longest name that a deletion may tell, with the NUL behind a directory's.
const MAX_DELETED: usize = 4096;
/// The longest time limit that a daemon may set, in seconds.
const MAX_TIMEOUT: u32 = 86_400;

/// Which kind of frame: rsync's `MSG_*` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Data = 0,
    ErrorXfer = 1,
    Info = 2,
    Error = 3,
    Warning = 4,
    IoError = 22,
    IoTimeout = 33,
    Noop = 42,
    ErrorExit = 86,
    Success = 100,
    Deleted = 101,
    NoSend = 102,
}

impl Tag {
    /// The tag with this number, if it may come over the network at all: others stay within one side of rsync.
    pub(super) fn new(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Data,
            1 => Self::ErrorXfer,
            2 => Self::Info,
            3 => Self::Error,
            4 => Self::Warning,
            22 => Self::IoError,
            33 => Self::IoTimeout,
            42 => Self::Noop,
            86 => Self::ErrorExit,
            100 => Self::Success,
            101 => Self::Deleted,
            102 => Self::NoSend,
            _ => return None,
        })
    }
}

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `MSG_ERROR_XFER`: something was not transferred; the run ends with code 23.
    ErrorXfer,
    /// `MSG_INFO`: for the standard output.
    Info,
    /// `MSG_ERROR`: an error that says nothing about the transfer; from protocol 30 on.
    Error,
    /// `MSG_WARNING`: from protocol 30 on.
    Warning,
}

/// The errors that a sender met, as bits (`io_error`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IoErrors(u8);

impl IoErrors {
    /// None.
    pub const NONE: Self = Self(0);
    /// Something could not be read; nothing is deleted then.
    pub const GENERAL: Self = Self(1);
    /// A source file vanished.
    pub const VANISHED: Self = Self(2);
    /// `--max-delete` was reached.
    pub const DELETE_LIMIT: Self = Self(4);

    /// Takes a peer's bits; unknown ones are dropped.
    #[must_use]
    pub fn from_bits(bits: i32) -> Self {
        Self((bits & 7) as u8)
    }

    /// The bits as they are sent.
    #[must_use]
    pub fn bits(self) -> i32 {
        self.0.into()
    }

    /// Whether all of `other`'s bits are set.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOrAssign for IoErrors {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A message as it comes over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A text with its newline, to be shown.
    Text(Severity, Vec<u8>),
    /// The sender's errors so far.
    IoErrors(IoErrors),
    /// The daemon's limit for silence, in seconds.
    IoTimeout(u32),
    /// A sign of life of protocol 30.
    Noop,
    /// The peer ends with this code, or (without one) acknowledges that this side said so. Protocol 31 and later.
    ErrorExit(Option<i32>),
    /// The file with this index is in place: its source may be removed (`--remove-source-files`).
    Success(u32),
    /// The receiving server deleted this name.
    Deleted {
        /// The name relative to the root of the transfer.
        name: Vec<u8>,
        /// Whether it was a directory.
        directory: bool,
    },
    /// The file with this index was asked for and does not come. Protocol 30 and later.
    NoSend(u32),
}

impl Message {
    pub(super) fn tag(&self) -> Tag {
        match self {
            Self::Text(Severity::ErrorXfer, _) => Tag::ErrorXfer,
            Self::Text(Severity::Info, _) => Tag::Info,
            Self::Text(Severity::Error, _) => Tag::Error,
            Self::Text(Severity::Warning, _) => Tag::Warning,
            Self::IoErrors(_) => Tag::IoError,
            Self::IoTimeout(_) => Tag::IoTimeout,
            Self::Noop => Tag::Noop,
            Self::ErrorExit(_) => Tag::ErrorExit,
            Self::Success(_) => Tag::Success,
            Self::Deleted { .. } => Tag::Deleted,
            Self::NoSend(_) => Tag::NoSend,
        }
    }

    /// Appends what stands behind the frame's header.
    ///
    /// # Errors
    /// Texts and names that no peer would take.
    pub(super) fn payload(&self, to: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Text(_, text) => {
                length(Fault::TooLarge, "message text", text.len() as i64, MAX_TEXT)?;
                to.extend_from_slice(text);
            }
            Self::IoErrors(errors) => to.extend(errors.bits().to_le_bytes()),
            Self::IoTimeout(seconds) => to.extend(seconds.to_le_bytes()),
            Self::Noop | Self::ErrorExit(None) => {}
            Self::ErrorExit(Some(code)) => to.extend(code.to_le_bytes()),
            Self::Success(ndx) | Self::NoSend(ndx) => to.extend(ndx.to_le_bytes()),
            Self::Deleted { name, directory } => {
                let len = (name.len() + usize::from(*directory)) as i64;
                length(Fault::TooLarge, "deleted name", len, MAX_DELETED)?;
                to.extend_from_slice(name);
                to.extend(directory.then_some(0));
            }
        }
        Ok(())
    }

    /// How long the payload behind `tag` may be, when `hearer` is the one who hears it; an error if it may not come
    /// there at all.
    pub(super) fn limits(tag: Tag, hearer: Side) -> Result<std::ops::RangeInclusive<i64>> {
        let due = match tag {
            Tag::IoTimeout => hearer.role == Role::Client,
            Tag::Success => hearer.way == Way::Sends,
            Tag::Deleted => hearer == Side::PUSHER,
            Tag::NoSend => hearer.way == Way::Receives,
            _ => true,
        };
        if !due {
            return Err(Error::invalid(
                Fault::Stream,
                "message",
                "has a tag that does not belong there",
            ));
        }
        Ok(match tag {
            Tag::Data => 0..=0x00ff_ffff,
            Tag::ErrorXfer | Tag::Info | Tag::Error | Tag::Warning => 0..=MAX_TEXT as i64,
            Tag::IoError | Tag::IoTimeout | Tag::Success | Tag::NoSend => 4..=4,
            Tag::Noop => 0..=0,
            Tag::ErrorExit => 0..=4,
            Tag::Deleted => 1..=MAX_DELETED as i64,
        })
    }

    /// Takes a payload whose length was found good. `None` for data.
    pub(super) fn decode(tag: Tag, mut payload: Vec<u8>) -> Result<Option<Self>> {
        let text = |severity, text| Self::Text(severity, text);
        Ok(Some(match tag {
            Tag::Data => return Ok(None),
            Tag::ErrorXfer => text(Severity::ErrorXfer, payload),
            Tag::Info => text(Severity::Info, payload),
            Tag::Error => text(Severity::Error, payload),
            Tag::Warning => text(Severity::Warning, payload),
            Tag::IoError => Self::IoErrors(IoErrors::from_bits(number(&payload)?)),
            Tag::IoTimeout => {
                let seconds = number(&payload)?.cast_unsigned();
                Self::IoTimeout(seconds.clamp(1, MAX_TIMEOUT))
            }
            Tag::Noop => Self::Noop,
            Tag::ErrorExit if payload.is_empty() => Self::ErrorExit(None),
            Tag::ErrorExit => Self::ErrorExit(Some(number(&payload)?)),
            Tag::Success => Self::Success(index(&payload)?),
            Tag::NoSend => Self::NoSend(index(&payload)?),
            Tag::Deleted => {
                let directory = payload.pop_if(|last| *last == 0).is_some();
                Self::Deleted {
                    name: payload,
                    directory,
                }
            }
        }))
    }
}

fn number(payload: &[u8]) -> Result<i32> {
    match payload.try_into() {
        Ok(bytes) => Ok(i32::from_le_bytes(bytes)),
        Err(_) => {
            let why = "is not of four bytes";
            Err(Error::invalid(Fault::Stream, "message", why))
        }
    }
}

fn index(payload: &[u8]) -> Result<u32> {
    let number = number(payload)?;
    length(
        Fault::Protocol,
        "index in a message",
        number,
        i32::MAX as usize,
    )
    .map(|n| n as u32)
}
