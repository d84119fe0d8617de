//! Metadata of whole objects: comparing directories, copying an object with all that belongs to it,
//! applying a change.

use std::io;

use crate::sys::content::{self, Abilities};
use crate::sys::{self, Dir, Kind, Object, Stat, xattrs};
use crate::tree::{Lack, MetaChange, give};

/// Gives the directory `to`, which has metadata `have`, all metadata of `from`, which has `want`, but its
/// name. Nothing is written where nothing differs.
pub(super) fn level_dir(from: &Dir, want: &Stat, to: &Dir, have: &Stat) -> io::Result<()> {
    let file = to.as_file();
    let owner_differs = (want.uid, want.gid) != (have.uid, have.gid);
    if owner_differs {
        let differing = |want: u32, have: u32| (want != have).then_some(want);
        sys::set_owner(
            file,
            differing(want.uid, have.uid),
            differing(want.gid, have.gid),
        )?;
    }
    xattrs::copy(Object::Open(from.as_file()), Object::Open(file))?;
    // A change of owner may take set-id bits away, an ACL may set group bits.
    if owner_differs || want.mode != to.stat_self()?.mode {
        to.set_own_mode(want.mode)?;
    }
    if want.mtime != to.stat_self()?.mtime {
        sys::set_mtime(file, want.mtime)?;
    }
    Ok(())
}

/// Makes `to_name` a new object that equals the non-directory `name` in everything but its inode.
pub(super) fn copy_object(
    from: &Dir,
    name: &[u8],
    stat: &Stat,
    to: &Dir,
    to_name: &[u8],
    abilities: &Abilities,
) -> io::Result<()> {
    match stat.kind {
        Kind::File => return copy_file(from, name, stat, to, to_name, abilities),
        Kind::Symlink => to.make_symlink(to_name, &from.read_link(name)?)?,
        Kind::Dir => return Err(io::ErrorKind::IsADirectory.into()),
        kind => to.make_node(to_name, kind, stat.mode, stat.rdev)?,
    }
    let made = to.stat(to_name)?;
    give_owner(to, to_name, stat, &made)?;
    xattrs::copy(Object::Name(from, name), Object::Name(to, to_name))?;
    if stat.kind != Kind::Symlink {
        to.set_mode(to_name, stat.mode)?;
    }
    to.set_times(to_name, Some(stat.atime), Some(stat.mtime))
}

fn copy_file(
    from: &Dir,
    name: &[u8],
    stat: &Stat,
    to: &Dir,
    to_name: &[u8],
    abilities: &Abilities,
) -> io::Result<()> {
    let source = from.open_file(name)?;
    let target = to.create_file(to_name, 0o600)?;
    content::copy_sparse(&source, &target, stat.size, abilities)?;
    finish_copy(&source, stat, &target)
}

/// Gives a copied file everything that its original has.
pub(super) fn finish_copy(
    source: &std::fs::File,
    stat: &Stat,
    target: &std::fs::File,
) -> io::Result<()> {
    let made = sys::stat_file(target)?;
    let differing = |want: u32, have: u32| (want != have).then_some(want);
    if (made.uid, made.gid) != (stat.uid, stat.gid) {
        sys::set_owner(
            target,
            differing(stat.uid, made.uid),
            differing(stat.gid, made.gid),
        )?;
    }
    xattrs::copy(Object::Open(source), Object::Open(target))?;
    sys::set_mode(target, stat.mode)?;
    sys::set_times(target, Some(stat.atime), Some(stat.mtime))
}

fn give_owner(dir: &Dir, name: &[u8], want: &Stat, have: &Stat) -> io::Result<()> {
    if (want.uid, want.gid) == (have.uid, have.gid) {
        return Ok(());
    }
    let differing = |want: u32, have: u32| (want != have).then_some(want);
    dir.set_owner(
        name,
        differing(want.uid, have.uid),
        differing(want.gid, have.gid),
    )
}

/// Copies a whole tree, or one object, to a name on another file system.
pub(super) fn copy_tree(
    from: &Dir,
    name: &[u8],
    to: &Dir,
    to_name: &[u8],
    abilities: &Abilities,
) -> io::Result<()> {
    let stat = from.stat(name)?;
    if !stat.is_dir() {
        return copy_object(from, name, &stat, to, to_name, abilities);
    }
    let source = from.open_dir(name)?;
    to.make_dir(to_name, 0o700)?;
    let target = to.open_dir(to_name)?;
    for item in source.list()?.iter() {
        copy_tree(&source, item.name, &target, item.name, abilities)?;
    }
    level_dir(&source, &stat, &target, &target.stat_self()?)
}

/// Applies a change to an object; `now` is what it has. Returns the extended attributes that it could not
/// be given.
pub(super) fn apply(object: Object<'_>, now: &Stat, change: &MetaChange) -> io::Result<Vec<Lack>> {
    let uid = change.uid.filter(|uid| *uid != now.uid);
    let gid = change.gid.filter(|gid| *gid != now.gid);
    let mode = change.mode.unwrap_or(now.mode);
    // A change of owner takes set-id bits away, one of an ACL sets the bits of the group.
    let moved = (uid.is_some() || gid.is_some()) && mode & 0o7000 != 0;
    let sets_mode = mode != now.mode || moved || change.xattrs.is_some();
    let left = MetaChange {
        mode: sets_mode.then_some(mode),
        uid,
        gid,
        mtime: change.mtime.filter(|mtime| *mtime != now.mtime),
        atime: change.atime.filter(|atime| *atime != now.atime),
        xattrs: change.xattrs.clone(),
    };
    give(object, now.kind, &left).map_err(|e| e.source)
}

/// The same for an open directory.
pub(super) fn apply_to_dir(dir: &Dir, change: &MetaChange) -> io::Result<Vec<Lack>> {
    apply(Object::Open(dir.as_file()), &dir.stat_self()?, change)
}

/// What an object will have after a change.
pub(super) fn after(now: &Stat, change: &MetaChange) -> Stat {
    Stat {
        mode: match now.kind {
            Kind::Symlink => now.mode,
            _ => change.mode.unwrap_or(now.mode),
        },
        uid: change.uid.unwrap_or(now.uid),
        gid: change.gid.unwrap_or(now.gid),
        mtime: change.mtime.unwrap_or(now.mtime),
        atime: change.atime.unwrap_or(now.atime),
        ..*now
    }
}
