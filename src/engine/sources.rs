//! What the operands mean: which names of which directories are transferred, and where to.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::{Error, shown};
use super::event::{Event, Skip};
use super::filter::{Asked, Filter};
use super::node::Part;
use super::options::Options;
use crate::sys::{Dir, Kind, Stat, as_path, stat_path};
use crate::tree::Scope;

/// One source operand that was found.
pub(super) struct Source {
    /// The directory that is read: the operand itself, or the one around it.
    pub dir: Dir,
    /// Its path as typed.
    pub path: PathBuf,
    /// What of it takes part.
    pub part: Part,
    /// Metadata of the operand.
    pub stat: Stat,
    /// The rules that hold in the directory, once it is selected.
    pub scope: Scope,
}

/// Drops operands that have nothing to give: directories without `-r`, and what a rule hides. What is to be
/// told of them goes into `events`.
///
/// # Errors
/// A file of rules in an operand makes no sense.
pub(super) fn select(
    options: &Options,
    filter: Filter,
    sources: Vec<Source>,
    events: &mut Vec<Event>,
) -> Result<Vec<Source>, Error> {
    let mut selected = Vec::with_capacity(sources.len());
    let mut first = true;
    for mut source in sources {
        let is_dir = source.stat.is_dir();
        if is_dir && !options.recursive {
            let path = match &source.part {
                Part::Content => Path::new("."),
                Part::Name(name) => as_path(name),
            };
            events.push(Event::Skipped {
                path: path.to_owned(),
                kind: Kind::Dir,
                why: Skip::Directory,
            });
            continue;
        }
        let root = Path::new("");
        source.scope = filter.around(&source.path, first && is_dir);
        first &= !is_dir;
        let hidden = match &source.part {
            Part::Content => {
                source.scope = filter.enter(&source.scope, &source.dir, root, events)?;
                false
            }
            Part::Name(name) => {
                let asked = Asked::of_sender(&source.scope);
                filter.excludes(asked, root, name, is_dir, events)
            }
        };
        if !hidden {
            selected.push(source);
        }
    }
    Ok(selected)
}

/// A source operand that could not be used.
pub(super) struct Missing {
    /// What to tell.
    pub text: String,
    /// Whether nothing may be deleted because of it (an operand that named a directory's content).
    pub blocks_deletion: bool,
}

/// Where the transfer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// The directory whose entries are written: the operand, or the directory around a single name.
    pub root: PathBuf,
    /// The single entry goes under this name instead of its own.
    pub rename: Option<Box<[u8]>>,
    /// Whether `root` is there.
    pub exists: bool,
    /// Whether it is told when `root` is made.
    pub told: bool,
}

/// Opens every source operand.
pub(super) fn open(operands: &[PathBuf]) -> (Vec<Source>, Vec<Missing>) {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for operand in operands {
        match open_one(operand) {
            Ok(source) => found.push(source),
            Err(m) => missing.push(m),
        }
    }
    (found, missing)
}

fn open_one(operand: &Path) -> Result<Source, Missing> {
    let bytes = operand.as_os_str().as_bytes();
    if names_content(bytes) {
        let fail = |e| no_entry(trimmed(operand), &e);
        let dir = Dir::open(operand).map_err(fail)?;
        let stat = dir.stat_self().map_err(fail)?;
        return Ok(Source {
            dir,
            path: operand.to_owned(),
            part: Part::Content,
            stat,
            scope: Scope::default(),
        });
    }
    let (parent, name) = split(operand);
    let fail = |e: io::Error| Missing {
        text: format!(
            "link_stat \"{}\" failed: {}",
            shown(operand),
            crate::sys::reason(&e)
        ),
        blocks_deletion: false,
    };
    let dir = Dir::open(&parent).map_err(|e| no_entry(&parent, &e))?;
    let stat = dir.stat(name).map_err(fail)?;
    Ok(Source {
        dir,
        path: parent,
        part: Part::Name(name.into()),
        stat,
        scope: Scope::default(),
    })
}

/// A directory that cannot be entered: what it holds is unknown.
fn no_entry(dir: &Path, e: &io::Error) -> Missing {
    Missing {
        text: format!(
            "change_dir \"{}\" failed: {}",
            shown(dir),
            crate::sys::reason(e)
        ),
        blocks_deletion: true,
    }
}

/// The path without slashes at its end.
pub(super) fn trimmed(path: &Path) -> &Path {
    let bytes = path.as_os_str().as_bytes();
    let end = bytes.iter().rposition(|b| *b != b'/');
    as_path(&bytes[..end.map_or(bytes.len(), |at| at + 1)])
}

/// Whether an operand stands for what is in a directory: a trailing slash, `.` or `..` at the end.
fn names_content(operand: &[u8]) -> bool {
    let last = operand.rsplit(|b| *b == b'/').next().unwrap_or_default();
    last.is_empty() || last == b"." || last == b".."
}

fn split(operand: &Path) -> (PathBuf, &[u8]) {
    let bytes = operand.as_os_str().as_bytes();
    match bytes.iter().rposition(|b| *b == b'/') {
        Some(at) => {
            let parent = if at == 0 { &bytes[..1] } else { &bytes[..at] };
            (PathBuf::from(OsStr::from_bytes(parent)), &bytes[at + 1..])
        }
        None => (PathBuf::from("."), bytes),
    }
}

/// Finds out what the destination operand means for these sources; rsync's table of states.
pub(super) fn destination(
    options: &Options,
    filter: Filter,
    sources: &[Source],
) -> Result<Destination, Error> {
    let dest = &options.dest;
    let bytes = dest.as_os_str().as_bytes();
    let slash = names_content(bytes);
    let single = !slash && counts_as_one(options, filter, sources);
    let content = sources.iter().any(|source| source.part == Part::Content);
    // A directory without content takes the new name itself: nothing is told of a directory made for it.
    let told = !(single && content);
    let enter = |exists| Destination {
        root: dest.clone(),
        rename: None,
        exists,
        told,
    };
    match stat_path(dest, true) {
        Ok(stat) if stat.is_dir() => Ok(enter(true)),
        Ok(_) if !single => Err(Error::Select(
            "ERROR: destination must be a directory when copying more than 1 file".into(),
        )),
        Ok(_) if sources.iter().any(|s| s.stat.is_dir()) => Err(Error::Select(
            "ERROR: cannot overwrite non-directory with a directory".into(),
        )),
        Ok(_) => into_single(dest),
        Err(e) if e.kind() == io::ErrorKind::NotFound && single => {
            let named = into_single(dest)?;
            Ok(if content { enter(false) } else { named })
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            check_parent(options)?;
            Ok(enter(false))
        }
        Err(source) => Err(Error::Destination {
            path: dest.clone(),
            source,
        }),
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

fn into_single(dest: &Path) -> Result<Destination, Error> {
    let (parent, name) = split(dest);
    match stat_path(&parent, true) {
        Ok(stat) if stat.is_dir() => Ok(Destination {
            root: parent,
            rename: Some(name.into()),
            exists: true,
            told: false,
        }),
        Ok(_) => Err(change_dir(&parent, &rustix::io::Errno::NOTDIR.into())),
        Err(e) => Err(change_dir(&parent, &e)),
    }
}

fn change_dir(parent: &Path, e: &io::Error) -> Error {
    Error::Select(format!(
        "change_dir#3 \"{}\" failed: {}",
        shown(parent),
        crate::sys::reason(e)
    ))
}

/// Whether the list has just one entry: then a missing destination becomes its new name.
fn counts_as_one(options: &Options, filter: Filter, sources: &[Source]) -> bool {
    let [only] = sources else { return false };
    if !only.stat.is_dir() {
        return true;
    }
    if !options.recursive {
        return false;
    }
    let inner = match &only.part {
        Part::Content => only.dir.reopen(),
        Part::Name(name) => only.dir.open_dir(name),
    };
    let path: &Path = match &only.part {
        Part::Content => Path::new(""),
        Part::Name(name) => as_path(name),
    };
    let Ok(dir) = inner else { return false };
    let unheard = &mut Vec::new();
    let scope = match &only.part {
        Part::Content => Ok(only.scope.clone()),
        Part::Name(_) => filter.enter(&only.scope, &dir, path, unheard),
    };
    let Ok(scope) = scope else { return false };
    dir.list().is_ok_and(|names| {
        names.iter().all(|listed| {
            let is_dir = listed.kind == Some(Kind::Dir);
            filter.excludes(Asked::of_sender(&scope), path, listed.name, is_dir, unheard)
        })
    })
}
