//! What the destination operand means for these sources.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::mkpath::{self, Made};
use super::relative::ends_as_directory;
use super::wanted::Found;
use super::{Lister, Part, Source};
use crate::engine::error::{Error, shown};
use crate::engine::options::Options;
use crate::sys::{as_path, stat_path, trusted};

/// Where the transfer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Destination {
    /// The directory whose entries are written: the operand, or the directory around a single name.
    pub root: PathBuf,
    /// The single entry goes under this name instead of its own.
    pub rename: Option<Box<[u8]>>,
    /// Whether `root` is there.
    pub exists: bool,
    /// Whether it is told when `root` is made.
    pub told: bool,
    /// Directories to be made beforehand (`--mkpath`): the last one is `root`.
    pub made: Option<Made>,
}

/// The path without slashes at its end.
pub(in crate::engine) fn trimmed(path: &Path) -> &Path {
    let bytes = path.as_os_str().as_bytes();
    let end = bytes.iter().rposition(|b| *b != b'/');
    as_path(&bytes[..end.map_or(bytes.len(), |at| at + 1)])
}

pub(super) fn split(operand: &Path) -> (PathBuf, &[u8]) {
    let bytes = operand.as_os_str().as_bytes();
    match bytes.iter().rposition(|b| *b == b'/') {
        Some(at) => {
            let parent = if at == 0 { &bytes[..1] } else { &bytes[..at] };
            (PathBuf::from(OsStr::from_bytes(parent)), &bytes[at + 1..])
        }
        None => (PathBuf::from("."), bytes),
    }
}

impl Destination {
    /// No destination: nothing is compared or written.
    pub(in crate::engine) fn none() -> Destination {
        Destination {
            root: PathBuf::new(),
            rename: None,
            exists: false,
            told: false,
            made: None,
        }
    }

    /// Where a directory lies that an option names relative to the destination. A destination that is still
    /// to be made cannot be walked through: what leads out of it leads from its parent.
    pub(in crate::engine) fn beside(&self, dir: &Path) -> PathBuf {
        let root = &self.root;
        if dir.is_absolute() || std::fs::metadata(root).is_ok() {
            return root.join(dir);
        }
        let mut parts = dir.components().peekable();
        while parts.next_if_eq(&Component::CurDir).is_some() {}
        let is_out = parts.next_if_eq(&Component::ParentDir).is_some();
        match root.parent().filter(|_| is_out) {
            Some(parent) => parent.join(parts.collect::<PathBuf>()),
            None => root.join(dir),
        }
    }

    /// Whether `root` counts as there although it is made by this run.
    pub(in crate::engine) fn is_made(&self) -> bool {
        self.made.is_some() && self.rename.is_none() && !self.told
    }
}

/// Finds out what the destination operand means for these sources; rsync's table of states.
pub(in crate::engine) fn destination(
    lister: &Lister<'_>,
    sources: &[Source],
) -> Result<Destination, Error> {
    let options = lister.options;
    let dest = &options.dest;
    if !options.symlinks.insecure {
        trusted::check(dest).map_err(|e| {
            let error = not_entered("change_dir#1", dest, &e);
            Error::Select(format!("{error}\n{}", trusted::REFUSAL))
        })?;
    }
    let slash = ends_as_directory(dest.as_os_str().as_bytes());
    let single = !slash && counts_as_one(lister, sources);
    let content = sources.iter().any(|source| source.part.is_content());
    // A directory without content takes the new name itself: nothing is told of a directory made for it.
    let told = !(single && content);
    let enter = |exists, made| Destination {
        root: dest.clone(),
        rename: None,
        exists,
        told,
        made,
    };
    match stat_path(dest, true) {
        Ok(stat) if stat.is_dir() => Ok(enter(true, None)),
        Ok(_) if !single => Err(Error::Select(
            "ERROR: destination must be a directory when copying more than 1 file".into(),
        )),
        Ok(_) if sources.iter().any(is_dir) => Err(Error::Select(
            "ERROR: cannot overwrite non-directory with a directory".into(),
        )),
        Ok(_) => into_single(options),
        Err(e) if e.kind() == io::ErrorKind::NotFound && single => {
            let named = into_single(options)?;
            Ok(if content {
                enter(false, named.made)
            } else {
                named
            })
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && options.select.mkpath => {
            let made = mkpath::missing(trimmed(dest), dest)?;
            let mut entered = enter(false, made);
            entered.told = options.dry_run;
            Ok(entered)
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            check_parent(options)?;
            Ok(enter(false, None))
        }
        Err(_) if options.select.mkpath && single => into_single(options),
        Err(source) if options.select.mkpath => Err(Error::File {
            action: "mkdir",
            path: dest.clone(),
            source,
        }),
        Err(source) => Err(Error::Destination {
            path: dest.clone(),
            source,
        }),
    }
}

/// Whether a single source is a directory.
fn is_dir(source: &Source) -> bool {
    match &source.part {
        Part::Content => true,
        Part::Listed { content } => {
            let names = source.seat.there().and_then(|listed| listed.names().ok());
            *content || names.is_some_and(|mut names| names.any(|(_, found)| found == Found::Dir))
        }
        Part::Names(wanted) | Part::Absent(wanted) => wanted
            .only()
            .is_none_or(|(_, wish)| wish.found() == Found::Dir),
    }
}

/// A destination that is to be made needs its parent, unless nothing is made.
fn check_parent(options: &Options) -> Result<(), Error> {
    let failed = |source| Error::File {
        action: "mkdir",
        path: trimmed(&options.dest).to_owned(),
        source,
    };
    if options.dry_run {
        return Ok(());
    }
    if stat_path(&options.dest, false).is_ok() {
        return Err(failed(rustix::io::Errno::EXIST.into()));
    }
    let (parent, _) = split(trimmed(&options.dest));
    match stat_path(&parent, true) {
        Ok(stat) if stat.is_dir() => Ok(()),
        Ok(_) => Err(failed(rustix::io::Errno::NOTDIR.into())),
        Err(e) => Err(failed(e)),
    }
}

fn into_single(options: &Options) -> Result<Destination, Error> {
    let (parent, name) = split(&options.dest);
    let made = match stat_path(&parent, true) {
        Ok(stat) if stat.is_dir() => None,
        Ok(_) if options.select.mkpath => {
            return Err(Error::File {
                action: "mkdir",
                path: options.dest.clone(),
                source: rustix::io::Errno::EXIST.into(),
            });
        }
        Ok(_) => {
            let e = rustix::io::Errno::NOTDIR.into();
            return Err(not_entered("change_dir#3", &parent, &e));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && options.select.mkpath => {
            match mkpath::missing(&parent, &options.dest)? {
                None => return Err(not_entered("change_dir#3", &parent, &e)),
                made => made,
            }
        }
        Err(e) => return Err(not_entered("change_dir#3", &parent, &e)),
    };
    Ok(Destination {
        root: parent,
        rename: Some(name.into()),
        exists: made.is_none(),
        told: false,
        made,
    })
}

fn not_entered(what: &str, dir: &Path, e: &io::Error) -> Error {
    Error::Select(format!(
        "{what} \"{}\" failed: {}",
        shown(dir),
        crate::sys::reason(e)
    ))
}

/// Whether the list has just one entry: then a missing destination becomes its new name.
fn counts_as_one(lister: &Lister<'_>, sources: &[Source]) -> bool {
    let [only] = sources else { return false };
    let Ok(seat) = only.seat.reopen() else {
        return false;
    };
    if let Some(listed) = seat.there() {
        // The root counts as well.
        return listed.count() + usize::from(only.top.is_some()) == 1;
    }
    let origin = only.origin(0, seat);
    // Where empty directories are left out, the list counts as one of many.
    let prunes = lister.options.select.prune_empty;
    let is_empty = |path: &Path, sources: &[_]| {
        let batch = lister.batch(path, sources, &mut |_| {});
        !prunes && batch.is_ok_and(|batch| batch.len() == 0)
    };
    match &only.part {
        Part::Content | Part::Listed { .. } => is_empty(Path::new(""), &[origin]),
        Part::Names(_) | Part::Absent(_) if only.top.is_some() => false,
        Part::Names(wanted) | Part::Absent(wanted) => match wanted.only() {
            None => false,
            Some((_, wish)) if wish.found() != Found::Dir => true,
            Some((_, wish)) if !wish.content => !prunes,
            Some((name, _)) => {
                let path = as_path(name);
                let descent = lister.descend(path, &[origin], name, &mut |_| {});
                descent.is_some_and(|descent| is_empty(path, &descent.sources))
            }
        },
    }
}
