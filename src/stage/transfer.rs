//! Moving one object between the trees of a plan, across file systems where it must be, and changing
//! metadata in place.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::attrs;
use super::plan::Mark;
use super::survey::file_name;
use crate::sys::content::Abilities;
use crate::sys::xattrs;
use crate::sys::{self, Dir, Kind, Object, Stat};
use crate::tree::{Lack, MetaChange};

/// The name under which an object from another file system waits for its turn.
pub(super) const BROUGHT: &[u8] = b".resilver-brought~";

/// What became of a step.
#[derive(PartialEq, Eq)]
pub(super) enum Done {
    Yes,
    /// But for an extended attribute, which the system refused with this number of errno(3).
    Lacking(i32),
    /// Somebody changed the object since: it stays as it is.
    PassedOver,
}

/// A name below one of the trees, with what is there.
pub(super) struct Spot {
    pub dir: Dir,
    pub name: Vec<u8>,
    pub stat: Stat,
}

impl Spot {
    pub fn find(base: &Dir, path: &Path) -> io::Result<Option<Spot>> {
        let dir = match base.open_beneath(path.parent().unwrap_or(Path::new(""))) {
            Ok(dir) => dir,
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(e) => return Err(e),
        };
        let name = file_name(path).to_vec();
        let stat = dir.try_stat(&name)?;
        Ok(stat.map(|stat| Spot { dir, name, stat }))
    }
}

/// Opens a directory; none where its mode keeps its owner out, and so everybody else who would have to
/// be asked.
pub(super) fn open_if_let(dir: &Dir, name: &[u8]) -> io::Result<Option<Dir>> {
    match dir.open_dir(name) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        opened => opened.map(Some),
    }
}

/// Moves what is staged into a live directory by `rename`, from a copy beside its place when it lies on
/// another file system.
pub(super) fn bring(
    spot: &Spot,
    dir: &Dir,
    rename: impl Fn(&Dir, &[u8]) -> io::Result<()>,
) -> io::Result<Done> {
    let objects = [(&spot.dir, &spot.name[..], &spot.stat)];
    match moving(&objects, || rename(&spot.dir, &spot.name)) {
        Err(e) if is_errno(&e, &[Errno::XDEV]) => {
            dir.remove_all(BROUGHT)?;
            attrs::copy_tree(&spot.dir, &spot.name, dir, BROUGHT, &Abilities::default())?;
            rename(dir, BROUGHT)?;
            spot.dir.remove_all(&spot.name)?;
        }
        other => other?,
    }
    Ok(Done::Yes)
}

/// Moves an object to a free name, also to another file system, also out of a directory's reach of which
/// the directory's own mode would keep it.
pub fn move_to(from: &Dir, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
    let stat = from.stat(name)?;
    let moved = moving(&[(from, name, &stat)], || from.rename(name, to, to_name));
    match moved {
        Err(e) if is_errno(&e, &[Errno::XDEV]) => {
            to.remove_all(to_name)?;
            attrs::copy_tree(from, name, to, to_name, &Abilities::default())?;
            from.remove_all(name)
        }
        other => other,
    }
}

/// Exchanges two objects.
pub(super) fn exchange(spot: &Spot, dir: &Dir, name: &[u8], now: &Stat) -> io::Result<()> {
    let objects = [(&spot.dir, &spot.name[..], &spot.stat), (dir, name, now)];
    moving(&objects, || spot.dir.exchange(&spot.name, dir, name))
}

/// Gives a directory that got another parent the time that it had: XFS takes that for a change of its own.
pub(super) fn put_time_back(dir: &Dir, name: &[u8], mark: &Mark) -> io::Result<()> {
    match dir.try_stat(name)? {
        Some(now) if mark.is_object(&now) && now.mtime != mark.mtime => {
            dir.set_mtime(name, mark.mtime)
        }
        _ => Ok(()),
    }
}

/// Gives a directory that had to be widened for its move the mode that it has by the plan, should a crash
/// have come in between.
pub(super) fn put_mode_back(dir: &Dir, name: &[u8], mark: &Mark) -> io::Result<()> {
    let narrow = mark.mode | 0o700 != mark.mode;
    if mark.kind == Kind::Dir && narrow && dir.stat(name)?.mode == mark.mode | 0o700 {
        dir.set_mode(name, mark.mode)?;
    }
    Ok(())
}

/// Makes a rename of these objects (where they are, and as they are). A directory that its owner may not
/// write to cannot get another parent: it may be written to for the moment.
fn moving(objects: &[(&Dir, &[u8], &Stat)], rename: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let refused = match rename() {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => e,
        done => return done,
    };
    let mut opened = Vec::new();
    let mut open = || -> io::Result<()> {
        for (dir, name, stat) in objects {
            if stat.is_dir() && stat.mode & 0o200 == 0 {
                dir.set_mode(name, stat.mode | 0o700)?;
                opened.push((dir.open_dir(name)?, stat.mode));
            }
        }
        Ok(())
    };
    let moved = match open() {
        Ok(()) if !opened.is_empty() => rename(),
        _ => Err(refused),
    };
    for (dir, mode) in opened {
        dir.set_own_mode(mode)?;
    }
    moved
}

pub(super) fn touch(
    old: &Mark,
    change: &MetaChange,
    forward: bool,
    dir: &Dir,
    name: &[u8],
) -> io::Result<Done> {
    let Some(now) = dir.try_stat(name)? else {
        return Ok(Done::PassedOver);
    };
    let known_time = now.mtime == old.mtime || Some(now.mtime) == change.mtime;
    if !old.is_object(&now) || old.size != now.size || !known_time {
        return Ok(Done::PassedOver);
    }
    let object = Object::Name(dir, name);
    if !has_known_xattrs(object, change)? {
        return Ok(Done::PassedOver);
    }
    sys::cut::point("execute.touch");
    let lacks = attrs::apply(object, &now, &in_direction(old, change, forward))?;
    Ok(done(&lacks))
}

/// The change, or what takes it back.
fn in_direction(old: &Mark, change: &MetaChange, forward: bool) -> MetaChange {
    if forward {
        return change.clone();
    }
    let inverse = |edits: &[xattrs::Edit]| edits.iter().map(xattrs::Edit::inverse).collect();
    MetaChange {
        xattrs: change.xattrs.as_deref().map(inverse),
        ..old.meta()
    }
}

/// Whether the attributes that a change is about are as they were before it or will be after it.
fn has_known_xattrs(object: Object<'_>, change: &MetaChange) -> io::Result<bool> {
    for edit in change.xattrs.iter().flatten() {
        let now = object.get(&edit.name)?;
        if now != edit.old && now != edit.new {
            return Ok(false);
        }
    }
    Ok(true)
}

fn done(lacks: &[Lack]) -> Done {
    match lacks.first() {
        Some(lack) => Done::Lacking(lack.source.raw_os_error().unwrap_or_default()),
        None => Done::Yes,
    }
}

/// Changes the metadata of a directory: of `name`, or of `dir` itself where the name is empty.
pub(super) fn set_dir(
    old: &Mark,
    change: &MetaChange,
    forward: bool,
    dir: &Dir,
    name: &[u8],
) -> io::Result<Done> {
    let now = match name {
        b"" => Some(dir.stat_self()?),
        _ => dir.try_stat(name)?,
    };
    let Some(now) = now else {
        return Ok(Done::PassedOver);
    };
    let either = |was: u32, to: Option<u32>, now: u32| now == was || to == Some(now);
    // A crash while an ACL was set may have come before the special bits, or the owner's right to write
    // that was lent for it, were put right.
    let nearly = |mode: u32| change.xattrs.is_some() && (mode ^ now.mode) & !0o7200 == 0;
    let known = now.is_dir()
        && (either(old.mode, change.mode, now.mode) || change.mode.is_some_and(nearly))
        && either(old.uid, change.uid, now.uid)
        && either(old.gid, change.gid, now.gid);
    if !known {
        return Ok(Done::PassedOver);
    }
    sys::cut::point("execute.dir");
    let mut inner = in_direction(old, change, forward);
    let own = match name {
        b"" => dir.reopen()?,
        _ => match dir.open_dir(name) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                // Its owner may not read it; what it has to have is given to it below.
                dir.set_mode(name, now.mode | 0o500)?;
                inner.mode = Some(inner.mode.unwrap_or(now.mode));
                dir.open_dir(name)?
            }
            opened => opened?,
        },
    };
    if !has_known_xattrs(Object::Open(own.as_file()), change)? {
        return Ok(Done::PassedOver);
    }
    let lacks = attrs::apply_to_dir(&own, &inner)?;
    Ok(done(&lacks))
}

fn is_errno(e: &io::Error, which: &[Errno]) -> bool {
    Errno::from_io_error(e).is_some_and(|errno| which.contains(&errno))
}

/// Errors that tell that the file system cannot exchange two objects, or not these.
pub(super) fn is_impossible(e: &io::Error) -> bool {
    use Errno as E;
    is_errno(e, &[E::INVAL, E::NOSYS, E::OPNOTSUPP, E::XDEV])
}

/// Errors that tell that somebody else changed the entry or what is around it.
pub(super) fn is_passable(e: &io::Error) -> bool {
    is_errno(
        e,
        &[
            Errno::NOTEMPTY,
            Errno::EXIST,
            Errno::ISDIR,
            Errno::NOTDIR,
            Errno::NOENT,
            Errno::LOOP,
        ],
    )
}

/// Errors by which the system refuses this entry, while the others may be carried out all the same.
pub(super) fn is_refusal(e: &io::Error) -> bool {
    is_errno(e, &[Errno::PERM, Errno::ACCESS, Errno::BUSY])
}
