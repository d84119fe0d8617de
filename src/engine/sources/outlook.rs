//! What a directory is in a list, before anybody enters it.

use std::path::Path;

use super::lister::{Lister, Unseen, wish};
use super::wanted::{Found, Wish};
use super::{Origin, Part};
use crate::engine::select::Boundary;
use crate::sys::Stat;
use crate::wire::flist::DirKind;

/// What a name that is not there was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Want {
    /// The destination's entry is to go.
    pub itself: bool,
    /// So are some that it has below it.
    pub below: bool,
}

impl Lister<'_> {
    /// What is wanted of a name that is not there (`--delete-missing-args`).
    pub(in crate::engine) fn missing(&self, origin: &Origin, name: &[u8]) -> Want {
        let wish = wish(origin, name);
        Want {
            itself: wish.is_some_and(|wish| wish.named == Some(Found::Missing)),
            below: wish.is_some_and(Wish::leads_to_missing),
        }
    }

    /// Metadata of a directory and what it is listed for, `sources` being those of its parent from the first that has
    /// it on.
    ///
    /// # Errors
    /// Why it takes no part.
    pub(in crate::engine) fn outlook(
        &self,
        path: &Path,
        sources: &[Origin],
        name: &[u8],
    ) -> Result<(Stat, DirKind), Unseen> {
        let mut found: Option<(Stat, DirKind)> = None;
        for origin in sources {
            if let Part::Absent(_) = &origin.part {
                continue;
            }
            let wish = wish(origin, name);
            if origin.part.names().is_some() && wish.is_none() {
                continue;
            }
            let stat = match self.see(origin, name, path) {
                Ok(seen) if seen.stat.is_dir() => seen.stat,
                Ok(_) => continue,
                Err(_) if found.is_some() => continue,
                Err(e) => return Err(e),
            };
            let kind = match wish {
                // Nothing is read of a mount point.
                None => {
                    let stays =
                        self.options.select.boundary == Boundary::None || stat.dev == origin.dev;
                    match self.options.recursive && stays {
                        true => DirKind::Content,
                        false => DirKind::NoContent,
                    }
                }
                Some(wish) if wish.content => DirKind::Top,
                Some(wish) if wish.named.is_some() => DirKind::NoContent,
                Some(_) => DirKind::Implied,
            };
            found = match found {
                None => Some((stat, kind)),
                Some((first, before)) => Some((first, before.merged(kind))),
            };
        }
        found.ok_or_else(|| Unseen::Error(std::io::ErrorKind::NotFound.into()))
    }
}
