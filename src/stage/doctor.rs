//! What guarantee a destination can have: tried for real, in a directory that is gone afterwards.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::choose::{choose, is_fixed, may_write, try_exchange};
use super::error::{Doing, Error};
use super::journal::Journal;
use super::layout::{is_state, kind_of};
use super::outcome::{Check, Diagnosis};
use super::policy::{CommitChoice, Method, Policy};
use super::site::Site;
use crate::sys::{Dir, Kind, as_path, mounts, process, volume};

/// Tries out what guarantee a destination can have. Leaves nothing behind.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Io`] when not even a directory for trying can be made or looked at.
pub fn doctor(dest: &Path, policy: &Policy) -> Result<Diagnosis, Error> {
    let site = Site::resolve(dest, None)?;
    let home = site.find()?;
    let journal = home.as_ref().and_then(|h| Journal::read(h).ok().flatten());
    let (base, base_path) = base(&site)?;
    let mut checks = Vec::new();
    let mut against = try_all(&site, &base, &base_path, &mut checks);
    look_around(&site, &base, &mut checks)?;
    if let Some(live) = &site.live
        && let Some(found) = obstacle_inside(live)
    {
        against = against.or(Some(found));
    }
    let wish = match policy.commit {
        CommitChoice::Only(Method::Swap) => CommitChoice::Auto,
        wish => wish,
    };
    let mut choice = choose(&site, home.as_ref(), journal.as_ref(), wish, true)?;
    if let (Method::Swap, Some(reason)) = (choice.method, against) {
        choice.method = Method::Journal;
        choice.reason = reason;
    }
    Ok(Diagnosis {
        destination: site.path.clone(),
        filesystem: volume::type_name(&base).doing("look at the file system of", &base_path)?,
        checks,
        method: choice.method,
        guarantee: match choice.method {
            Method::Swap => 'A',
            Method::Journal => 'B',
            Method::Direct => 'C',
        },
        reason: choice.reason,
    })
}

/// Where things are tried: beside the destination, or in it where the parent cannot be written to.
fn base(site: &Site) -> Result<(Dir, PathBuf), Error> {
    let beside = site.parent.as_ref().filter(|p| may_write(&p.dir));
    match (beside, &site.live) {
        (Some(parent), _) => Ok((
            parent.dir.reopen().doing("open", &parent.path)?,
            parent.path.clone(),
        )),
        (None, Some(live)) => Ok((live.reopen().doing("open", &site.path)?, site.path.clone())),
        (None, None) => Err(io::Error::from(io::ErrorKind::PermissionDenied))
            .doing("make the directory", &site.path),
    }
}

/// Tries everything in a directory of its own; returns what speaks against a switch.
fn try_all(site: &Site, base: &Dir, path: &Path, checks: &mut Vec<Check>) -> Option<String> {
    let name = format!(".resilver-probe-{}", std::process::id()).into_bytes();
    let made = base
        .remove_all(&name)
        .and_then(|()| base.make_dir(&name, 0o700))
        .and_then(|()| base.open_dir(&name));
    let probe = match made {
        Ok(probe) => probe,
        Err(e) => {
            let detail = format!("nothing can be made in {}: {e}", path.display());
            checks.push(Check {
                name: "write",
                ok: false,
                detail: detail.clone(),
            });
            return Some(detail);
        }
    };
    let mut against = None;
    let mut note = |name: &'static str, tried: io::Result<()>, good: &str, bad: &str| {
        let ok = tried.is_ok();
        let detail = match tried {
            Ok(()) => good.to_owned(),
            Err(e) => format!("{bad} ({e})"),
        };
        checks.push(Check { name, ok, detail });
        ok
    };
    if !note(
        "exchange",
        try_exchange(&probe),
        "two directories are exchanged in one instant",
        "the file system cannot exchange two directories",
    ) {
        against = Some("its file system cannot exchange two directories".to_owned());
    }
    if !note(
        "hard links",
        try_link(&probe),
        "files can have several names",
        "files cannot have several names",
    ) {
        against = Some("its file system has no hard links".to_owned());
    }
    note(
        "attributes",
        try_xattr(&probe),
        "extended attributes are kept",
        "extended attributes cannot be kept",
    );
    note(
        "sync",
        probe.sync_volume(),
        "what is staged can be made durable in one call",
        "the file system cannot be made durable in one call",
    );
    if against.is_none() {
        against = is_fixed(site, &probe).unwrap_or_default();
    }
    let _ = base.remove_all(&name);
    against
}

fn try_link(probe: &Dir) -> io::Result<()> {
    drop(probe.create_file(b"file", 0o600)?);
    probe.link(b"file", probe, b"second")
}

fn try_xattr(probe: &Dir) -> io::Result<()> {
    use xattr::FileExt;
    let file: File = probe.create_file(b"attributes", 0o600)?;
    file.set_xattr("user.resilver", b"tried")
}

/// What is seen without trying.
fn look_around(site: &Site, base: &Dir, checks: &mut Vec<Check>) -> Result<(), Error> {
    let mut note = |name, ok, detail: String| checks.push(Check { name, ok, detail });
    let points = mounts::at_or_below(&site.path);
    note(
        "mounts",
        points.is_empty(),
        match points.first() {
            None => "nothing is mounted at or below it".to_owned(),
            Some(point) => format!("{} is mounted", point.display()),
        },
    );
    let user = process::user_of(&site.path);
    note(
        "processes",
        user.is_none(),
        match user {
            None => "no other process is at home in it".to_owned(),
            Some(user) => format!("process {} ({}) uses it", user.pid, user.command),
        },
    );
    let immutable = site.live.as_ref().is_some_and(volume::is_immutable);
    note(
        "flags",
        !immutable,
        match immutable {
            false => "it is not marked immutable or append-only".to_owned(),
            true => "it is marked immutable or append-only".to_owned(),
        },
    );
    let room = volume::room(base).doing("look at the room of", &site.path)?;
    let inodes = match room.inodes {
        Some(inodes) => format!(", {inodes} inodes"),
        None => String::new(),
    };
    note(
        "room",
        !room.read_only && room.bytes > 0,
        match room.read_only {
            true => "it is mounted read-only".to_owned(),
            false => format!("{} bytes{inodes} are free", room.bytes),
        },
    );
    Ok(())
}

/// What within a destination cannot be switched or linked: state of another one, another file system, what
/// this user cannot read, a file that its flags keep as it is.
fn obstacle_inside(live: &Dir) -> Option<String> {
    let dev = live.stat_self().ok()?.dev;
    search(live, Path::new(""), dev)
}

fn search(dir: &Dir, path: &Path, dev: (u32, u32)) -> Option<String> {
    for item in dir.list().ok()?.iter() {
        let below = path.join(as_path(item.name));
        if kind_of(dir, &item).ok() != Some(Kind::Dir) {
            if dir.is_marked(item.name).unwrap_or(false) {
                let what = below.display();
                return Some(format!(
                    "{what} is marked immutable or append-only and cannot have a second name"
                ));
            }
            continue;
        }
        if is_state(dir, item.name) {
            let what = below.display();
            return Some(format!(
                "the state of another destination lies in it ({what})"
            ));
        }
        let Ok(child) = dir.open_dir(item.name) else {
            return Some(format!("this user cannot read {}", below.display()));
        };
        if child.stat_self().is_ok_and(|stat| stat.dev != dev) {
            return Some(format!("{} lies on another file system", below.display()));
        }
        if let Some(found) = search(&child, &below, dev) {
            return Some(found);
        }
    }
    None
}
