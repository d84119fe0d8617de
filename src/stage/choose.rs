//! Which way a run's result can get into place, and why.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags};

use super::error::{Doing, Error};
use super::home::Home;
use super::journal::Journal;
use super::layout::{TMP, state_around};
use super::policy::{CommitChoice, Method};
use super::site::Site;
use crate::sys::{Dir, mounts, process, volume};

/// Inode number of the root of a btrfs subvolume.
const BTRFS_SUBVOLUME: u64 = 256;

/// A chosen method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub method: Method,
    /// Why not a stronger one; why this one.
    pub reason: String,
    /// State can only lie within the destination.
    pub inside: bool,
}

/// Chooses among the methods before anything is made; levelling may still find a reason against swap.
pub(super) fn choose(
    site: &Site,
    home: Option<&Home>,
    journal: Option<&Journal>,
    wish: CommitChoice,
    mirrors: bool,
) -> Result<Choice, Error> {
    let against = against_swap(site, home)?;
    let inside = state_goes_inside(site)?;
    let journal_for = |reason: String| Choice {
        method: Method::Journal,
        reason,
        inside,
    };
    match wish {
        CommitChoice::Only(Method::Direct) => Ok(Choice {
            method: Method::Direct,
            reason: "it was asked for".to_owned(),
            inside,
        }),
        CommitChoice::Only(Method::Journal) => Ok(journal_for("it was asked for".to_owned())),
        CommitChoice::Only(Method::Swap) => match against {
            Some(reason) => Err(Error::SwapImpossible {
                path: site.path.clone(),
                reason,
            }),
            None => Ok(Choice {
                method: Method::Swap,
                reason: "it was asked for".to_owned(),
                inside,
            }),
        },
        CommitChoice::Auto => {
            let reason = match against {
                Some(reason) => Some(reason),
                None => unwise(site, journal, mirrors)?,
            };
            Ok(match reason {
                Some(reason) => journal_for(reason),
                None => Choice {
                    method: Method::Swap,
                    reason: "the whole destination is resilver's to switch".to_owned(),
                    inside,
                },
            })
        }
    }
}

/// Whether state cannot lie beside the destination.
pub(super) fn state_goes_inside(site: &Site) -> Result<bool, Error> {
    if site.single.is_some() {
        return Ok(false);
    }
    let Some(parent) = &site.parent else {
        return Ok(true);
    };
    let Some(live) = site.live_stat()? else {
        return Ok(false);
    };
    let above = parent
        .dir
        .stat_self()
        .doing("look at the directory", &parent.path)?;
    let is_mount = mounts::all().contains(&site.path);
    Ok(is_mount || above.dev != live.dev || !may_write(&parent.dir))
}

/// Why one exchange cannot do it, if so.
fn against_swap(site: &Site, home: Option<&Home>) -> Result<Option<String>, Error> {
    let because = |reason: &str| Ok(Some(reason.to_owned()));
    if site.single.is_some() {
        return because("the destination is a single file");
    }
    let Some(parent) = &site.parent else {
        return because("it is the root of all");
    };
    if !may_write(&parent.dir) {
        return Ok(Some(format!(
            "this user may not write to {}",
            parent.path.display()
        )));
    }
    if home.is_some_and(Home::is_inside) {
        return because("its state lies within it");
    }
    let Some(live) = site.live_stat()? else {
        return Ok(None);
    };
    if let Some(point) = mounts::at_or_below(&site.path).into_iter().next() {
        return Ok(Some(if point == site.path {
            "it is a mount point".to_owned()
        } else {
            format!("{} is mounted in it", point.display())
        }));
    }
    let above = parent
        .dir
        .stat_self()
        .doing("look at the directory", &parent.path)?;
    if above.dev != live.dev {
        return because("it lies on another file system than its parent");
    }
    let Some(root) = &site.live else {
        return Ok(None);
    };
    if live.ino == BTRFS_SUBVOLUME && volume::type_name(root).is_ok_and(|name| name == "btrfs") {
        return because("it is the root of a subvolume");
    }
    if volume::is_immutable(root) || volume::is_immutable(&parent.dir) {
        return because("it, or its parent, is marked immutable or append-only");
    }
    if !process::is_root() {
        let me = process::uid();
        if live.uid != me {
            return Ok(Some(format!(
                "it belongs to user {}: this user cannot make another like it",
                live.uid
            )));
        }
        if above.mode & 0o1000 != 0 && above.uid != me && live.uid != me {
            return because("its parent is sticky and it belongs to another user");
        }
    }
    Ok(None)
}

/// Why one exchange would be possible but not wise, if so.
fn unwise(site: &Site, journal: Option<&Journal>, mirrors: bool) -> Result<Option<String>, Error> {
    if site.live.is_none() {
        return Ok(around(site));
    }
    let made_here = journal
        .and_then(|journal| journal.last.as_ref())
        .is_some_and(|last| last.method == Method::Swap);
    if !mirrors && !made_here {
        return Ok(Some(
            "it was there before resilver, and others may own things in it".to_owned(),
        ));
    }
    if site.path.components().count() <= 2 {
        return Ok(Some(
            "it is a first-level directory of the system".to_owned(),
        ));
    }
    if homes().contains(&site.path) {
        return Ok(Some("it is a home directory".to_owned()));
    }
    if let Some(reason) = around(site) {
        return Ok(Some(reason));
    }
    Ok(process::user_of(&site.path).map(|user| {
        let does = match user.tie {
            process::Tie::CurrentDir => "has its current directory in it",
            process::Tie::Root => "has its root directory in it",
            process::Tie::Writing => "has a file in it open for writing",
        };
        format!("process {} ({}) {does}", user.pid, user.command)
    }))
}

fn around(site: &Site) -> Option<String> {
    state_around(&site.path)
        .map(|state| format!("it lies within another destination ({})", state.display()))
}

/// Home directories of all users of this machine.
fn homes() -> HashSet<PathBuf> {
    let table = std::fs::read("/etc/passwd").unwrap_or_default();
    // The sixth field, passwd(5).
    let listed = table
        .split(|b| *b == b'\n')
        .filter_map(|line| line.split(|b| *b == b':').nth(5))
        .map(|home| PathBuf::from(OsStr::from_bytes(home)));
    let own = std::env::var_os("HOME").map(PathBuf::from);
    listed
        .chain(own)
        .filter(|home| home.is_absolute())
        .map(|home| std::fs::canonicalize(&home).unwrap_or(home))
        .collect()
}

pub(super) fn may_write(dir: &Dir) -> bool {
    let may = Access::WRITE_OK | Access::EXEC_OK;
    rustix::fs::accessat(dir, Path::new("."), may, AtFlags::EACCESS).is_ok()
}

/// Tries an exchange for real, in the state directory; says why there can be none, if so.
pub(super) fn probe_exchange(site: &Site, home: &Home) -> Result<Option<String>, Error> {
    let tmp = home.sub_or_make(TMP)?;
    if let Err(e) = try_exchange(&tmp) {
        let why = format!("its file system cannot exchange two directories ({e})");
        return Ok(Some(why));
    }
    is_fixed(site, &tmp).doing("try to move", &site.path)
}

/// Why the live root cannot be exchanged though directories in general can: overlay cannot move one that
/// has a part in a lower layer. It is asked to, in a way in which no file system may comply: onto a
/// directory of `dir`, which is ours, that is not empty.
pub(super) fn is_fixed(site: &Site, dir: &Dir) -> std::io::Result<Option<String>> {
    let (Some(parent), Some(live)) = (&site.parent, &site.live) else {
        return Ok(None);
    };
    if !volume::is_overlay(live) {
        return Ok(None);
    }
    let full = b"probe-full";
    dir.remove_all(full)?;
    dir.make_dir(full, 0o700)?;
    dir.open_dir(full)?.make_dir(b"entry", 0o700)?;
    let tried = parent.dir.rename(&parent.name, dir, full);
    dir.remove_all(full)?;
    let fixed = tried.is_err_and(|e| e.kind() == std::io::ErrorKind::CrossesDevices);
    Ok(fixed.then(|| "part of it lies in a lower layer of an overlay".to_owned()))
}

/// Exchanges two directories, with the modes that roots may have.
pub(super) fn try_exchange(dir: &Dir) -> std::io::Result<()> {
    let (a, b) = (b"probe-a", b"probe-b");
    for name in [a, b] {
        dir.remove_all(name)?;
        dir.make_dir(name, 0o555)?;
    }
    let tried = dir.exchange(a, dir, b);
    for name in [a, b] {
        dir.remove_all(name)?;
    }
    tried
}
