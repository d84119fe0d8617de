//! Giving an object its attributes, in the order in which none takes away what another gave: a new owner
//! clears set-id bits and capabilities, an ACL sets the bits of the group, and whoever may not write any
//! more cannot set attributes.

use std::io;

use super::MetaChange;
use crate::sys::xattrs::Edit;
use crate::sys::{Kind, Object};

/// Which call was refused; what comes after it was not given either.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", call.words())]
pub struct NotGiven {
    /// What was tried.
    pub call: Call,
    /// The system's reason.
    pub source: io::Error,
}

/// A call that gives attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Owner, and group with it.
    Owner,
    /// Only the group.
    Group,
    /// Permission bits.
    Mode,
    /// Times.
    Times,
}

impl Call {
    /// rsync's words for it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Call::Owner => "chown",
            Call::Group => "chgrp",
            Call::Mode => "failed to set permissions on",
            Call::Times => "failed to set times on",
        }
    }

    fn refused(self) -> impl Fn(io::Error) -> NotGiven {
        move |source| NotGiven { call: self, source }
    }
}

/// An extended attribute that could not be set or removed; everything else was given.
#[derive(Debug)]
pub struct Lack {
    /// Its name.
    pub attribute: Box<[u8]>,
    /// It was to be removed.
    pub removing: bool,
    /// The system's reason.
    pub source: io::Error,
}

/// Gives `object` all that `change` asks for; returns the extended attributes that it lacks.
pub fn give(object: Object<'_>, kind: Kind, change: &MetaChange) -> Result<Vec<Lack>, NotGiven> {
    if change.uid.is_some() || change.gid.is_some() {
        let call = match change.uid {
            Some(_) => Call::Owner,
            None => Call::Group,
        };
        object
            .set_owner(change.uid, change.gid)
            .map_err(call.refused())?;
    }
    let mut mode = change.mode.filter(|_| kind != Kind::Symlink);
    let lacks = match &change.xattrs {
        Some(edits) => edit(object, kind, edits, &mut mode).map_err(Call::Mode.refused())?,
        None => Vec::new(),
    };
    if let Some(mode) = mode {
        object.set_mode(mode).map_err(Call::Mode.refused())?;
    }
    if change.mtime.is_some() || change.atime.is_some() {
        object
            .set_times(change.atime, change.mtime)
            .map_err(Call::Times.refused())?;
    }
    Ok(lacks)
}

/// Carries edits out. An owner who may not write gets the right for the moment; `mode` then says what to
/// set afterwards.
fn edit(
    object: Object<'_>,
    kind: Kind,
    edits: &[Edit],
    mode: &mut Option<u32>,
) -> io::Result<Vec<Lack>> {
    let mut lacks = Vec::new();
    let mut opened = kind == Kind::Symlink;
    for edit in edits {
        let mut done = edit.apply(object);
        if let Err(e) = &done
            && e.kind() == io::ErrorKind::PermissionDenied
            && !opened
        {
            opened = true;
            let now = object.stat()?.mode;
            if now & 0o200 == 0 && object.set_mode(now | 0o200).is_ok() {
                mode.get_or_insert(now);
                done = edit.apply(object);
            }
        }
        if let Err(source) = done {
            lacks.push(Lack {
                attribute: edit.name.clone(),
                removing: edit.new.is_none(),
                source,
            });
        }
    }
    Ok(lacks)
}
