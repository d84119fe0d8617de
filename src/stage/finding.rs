//! How an entry is not what it should be: what a verification finds.

use std::path::PathBuf;

use super::error::Error;
use crate::sys::Kind;

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The content of a file is another although its time is the same: nobody's doing that is known of.
    Corrupt {
        /// Its size is another too.
        is_resized: bool,
    },
    /// The content of a file, or what a link or device leads to, is another, and it shows: these differ.
    Changed(Vec<&'static str>),
    /// Only these differ.
    Attributes(Vec<&'static str>),
    /// It is not there.
    Missing,
    /// It is there and should not be.
    Extra,
    /// Something of this kind is in its place.
    Type(Kind),
}

/// An entry with which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Below what is verified.
    pub path: PathBuf,
    /// As it should be; where it should not be at all, as it is.
    pub kind: Kind,
    /// What.
    pub wrong: Wrong,
}

/// What a verification says as it goes.
#[derive(Debug)]
pub enum Told {
    /// Something is wrong with an entry.
    Finding(Finding),
    /// Something could not be looked at, and is not verified.
    Failed(Error),
}

/// How much was verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files whose content was looked at.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Files of which no sum was known, and now is.
    pub recorded: u64,
}

impl Verified {
    /// Both together.
    pub(super) fn add(&mut self, more: Verified) {
        self.files += more.files;
        self.bytes += more.bytes;
        self.recorded += more.recorded;
    }
}
