//! What both sides of a list know of each other's lists beforehand.

use super::Fields;
use super::flags::{self, Form};
use crate::wire::error::Result;
use crate::wire::{Compat, Dialect, Protocol};

/// How the lists of a session are said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub protocol: Protocol,
    pub form: Form,
    /// Errors of the sender are told behind each list.
    pub safe: bool,
    /// The name of id 0 is told.
    pub id0: bool,
    /// Each directory has a list of its own.
    pub incremental: bool,
    /// What entries carry.
    pub fields: Fields,
    /// Width of a file's sum (`--checksum`), in bytes.
    pub checksum_len: usize,
    /// Targets of links are converted as names are.
    pub converts_targets: bool,
}

impl Terms {
    /// Those of a session in this dialect.
    ///
    /// # Errors
    /// Fields that its protocol cannot carry.
    pub fn of(dialect: &Dialect, fields: Fields) -> Result<Terms> {
        flags::check_fields(dialect.protocol, fields)?;
        Ok(Terms {
            protocol: dialect.protocol,
            form: Form::of(dialect),
            safe: dialect.safe_lists(),
            id0: dialect.id0_names(),
            incremental: dialect.incremental(),
            fields,
            checksum_len: dialect.checksums.listing.digest_len(),
            converts_targets: dialect.compat.contains(Compat::SYMLINK_ICONV),
        })
    }
}
