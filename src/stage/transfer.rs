//! Moving one object between the trees of a plan, across file systems where it must be, and changing
//! metadata in place.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::attrs;
use super::plan::Mark;
use super::survey::file_name;
use crate::sys::content::Abilities;
use crate::sys::{self, Dir, Stat};
use crate::tree::MetaChange;

/// The name under which an object from another file system waits for its turn.
pub(super) const BROUGHT: &[u8] = b".resilver-brought~";

/// What became of a step.
#[derive(PartialEq, Eq)]
pub(super) enum Done {
    Yes,
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

/// Moves what is staged into a live directory by `rename`, from a copy beside its place when it lies on
/// another file system.
pub(super) fn bring(
    spot: &Spot,
    dir: &Dir,
    rename: impl Fn(&Dir, &[u8]) -> io::Result<()>,
) -> io::Result<Done> {
    match rename(&spot.dir, &spot.name) {
        Err(e) if is_errno(&e, &[Errno::XDEV]) => {
            dir.remove_all(BROUGHT)?;
            attrs::copy_tree(&spot.dir, &spot.name, dir, BROUGHT, &Abilities::default())?;
            rename(dir, BROUGHT)?;
            spot.dir.remove_all(&spot.name)?;
        }
        Err(e)
            if e.kind() == io::ErrorKind::PermissionDenied
                && spot.stat.is_dir()
                && spot.stat.mode & 0o200 == 0 =>
        {
            // A directory that its owner may not write to cannot get another parent.
            let own = spot.dir.open_dir(&spot.name)?;
            own.set_own_mode(spot.stat.mode | 0o700)?;
            let moved = rename(&spot.dir, &spot.name);
            own.set_own_mode(spot.stat.mode)?;
            moved?;
        }
        other => other?,
    }
    Ok(Done::Yes)
}

/// Moves an object to a free name, also to another file system, also out of a directory's reach of which
/// the directory's own mode would keep it.
pub(super) fn move_to(from: &Dir, name: &[u8], to: &Dir, to_name: &[u8]) -> io::Result<()> {
    match from.rename(name, to, to_name) {
        Err(e) if is_errno(&e, &[Errno::XDEV]) => {
            to.remove_all(to_name)?;
            attrs::copy_tree(from, name, to, to_name, &Abilities::default())?;
            from.remove_all(name)
        }
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            // A directory that its owner may not write to cannot get another parent.
            let stat = from.stat(name)?;
            if !stat.is_dir() || stat.mode & 0o200 != 0 {
                return Err(e);
            }
            let own = from.open_dir(name)?;
            own.set_own_mode(stat.mode | 0o700)?;
            let moved = from.rename(name, to, to_name);
            own.set_own_mode(stat.mode)?;
            moved
        }
        other => other,
    }
}

/// Exchanges two objects. XFS takes another parent for a change of a directory's content: its time is
/// put back.
pub(super) fn exchange(spot: &Spot, dir: &Dir, name: &[u8]) -> io::Result<()> {
    let there = dir.stat(name)?;
    spot.dir.exchange(&spot.name, dir, name)?;
    for (dir, name, was) in [(dir, name, &spot.stat), (&spot.dir, &spot.name[..], &there)] {
        if was.is_dir() && dir.stat(name)?.mtime != was.mtime {
            dir.set_mtime(name, was.mtime)?;
        }
    }
    Ok(())
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
    sys::cut::point("execute.touch");
    let change = if forward { *change } else { old.meta() };
    attrs::apply(dir, name, &now, &change)?;
    Ok(Done::Yes)
}

pub(super) fn set_dir(
    dir: &Dir,
    old: &Mark,
    change: &MetaChange,
    forward: bool,
) -> io::Result<Done> {
    let now = dir.stat_self()?;
    let either = |was: u32, to: Option<u32>, now: u32| now == was || to == Some(now);
    let known = either(old.mode, change.mode, now.mode)
        && either(old.uid, change.uid, now.uid)
        && either(old.gid, change.gid, now.gid);
    if !known {
        return Ok(Done::PassedOver);
    }
    sys::cut::point("execute.dir");
    attrs::apply_to_dir(dir, &if forward { *change } else { old.meta() })?;
    Ok(Done::Yes)
}

pub(super) fn is_errno(e: &io::Error, which: &[Errno]) -> bool {
    Errno::from_io_error(e).is_some_and(|errno| which.contains(&errno))
}

/// Errors that concern one entry only: the others are carried out all the same.
pub(super) fn is_passable(e: &io::Error) -> bool {
    is_errno(
        e,
        &[
            Errno::PERM,
            Errno::ACCESS,
            Errno::BUSY,
            Errno::NOTEMPTY,
            Errno::EXIST,
            Errno::ISDIR,
            Errno::NOTDIR,
            Errno::NOENT,
            Errno::LOOP,
        ],
    )
}
