//! What a person asks of a destination's state: recover, release, tidy, status.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::error::{Doing, Error};
use super::hold::{Hold, split};
use super::journal::{Journal, Next, Phase};
use super::layout::{
    CHANGES, CHANGES_BEFORE, CHANGES_NEXT, DISPLACED, FORMER, KEPT, NEXT, ORPHAN, PLAN, PLAN_DONE,
    PREVIOUS, SALVAGE, STAGED, TMP, kind_of,
};
use super::lock;
use super::outcome::{Freed, Held, LastCommit, Recovered, Status};
use super::policy::Policy;
use super::site::Site;
use super::staged;
use crate::sys::{self, Dir, Kind};

/// Completes, or takes back, what a crash left.
///
/// # Errors
/// [`Error::Busy`], [`Error::Io`].
pub fn recover(dest: &Path, policy: &Policy) -> Result<Recovered, Error> {
    let hold = Hold::take_named(dest, policy)?;
    Ok(Recovered {
        found: hold.found,
        notes: hold.notes,
    })
}

/// Ends the hold that an undo put on a destination; says whether there was one.
///
/// # Errors
/// [`Error::Busy`], [`Error::Io`].
pub fn release(dest: &Path, policy: &Policy) -> Result<bool, Error> {
    let mut hold = Hold::take_named(dest, policy)?;
    let Ok((_, home, journal)) = hold.state() else {
        return Ok(false);
    };
    let was = std::mem::take(&mut journal.hold);
    if was {
        journal.write(home, policy.no_fsync)?;
    }
    Ok(was)
}

/// Frees what is kept beside a destination: the generation before, what an interrupted run staged, what
/// was kept of others, and state that was set aside. In a dry run only says how much.
///
/// # Errors
/// [`Error::Busy`], [`Error::Io`].
pub fn tidy(dest: &Path, policy: &Policy, dry_run: bool) -> Result<Freed, Error> {
    let mut hold = Hold::take_named(dest, policy)?;
    let mut count = Count::default();
    if hold.home.is_some() {
        let (_, home, journal) = hold.state()?;
        for name in [
            PREVIOUS, NEXT, FORMER, DISPLACED, SALVAGE, KEPT, ORPHAN, TMP,
        ] {
            if let Some(tree) = home.sub(name)? {
                count.tree(&tree).doing("look at", home.join(name))?;
            }
            if !dry_run {
                sys::cut::point("tidy.drop");
                home.drop(name)?;
            }
        }
        if !dry_run {
            for name in [
                PLAN,
                PLAN_DONE,
                CHANGES,
                CHANGES_NEXT,
                CHANGES_BEFORE,
                STAGED,
            ] {
                home.drop(name)?;
            }
            journal.phase = Phase::Idle;
            journal.next = Next::Level;
            journal.write(home, policy.no_fsync)?;
        }
    }
    for aside in hold.site.set_aside_before()? {
        let (dir, path) = (aside.dir, aside.path);
        for name in aside.names {
            if let Ok(tree) = dir.open_dir(&name) {
                count
                    .tree(&tree)
                    .doing("look at", path.join(sys::as_path(&name)))?;
            }
            if !dry_run {
                let removed = dir.remove_all(&name);
                removed.doing("remove", path.join(sys::as_path(&name)))?;
            }
        }
    }
    Ok(count.freed())
}

/// What is known of a destination's state. Changes nothing and takes no lock.
///
/// # Errors
/// [`Error::Foreign`], [`Error::Io`].
pub fn status(dest: &Path) -> Result<Status, Error> {
    let (path, single) = split(dest);
    let site = Site::resolve(path, single)?;
    let mut status = Status {
        destination: site.path.clone(),
        state: None,
        journal: "none".to_owned(),
        last_commit: None,
        on_hold: false,
        previous: None,
        interrupted: None,
        holder: None,
    };
    let Some(home) = site.find()? else {
        return Ok(status);
    };
    status.state = Some(home.path.clone());
    status.holder = lock::holder(&site, &home);
    let mut count = Count::default();
    if let Some(previous) = home.sub(PREVIOUS)? {
        count
            .tree(&previous)
            .doing("look at", home.join(PREVIOUS))?;
        status.previous = Some(count.held());
    }
    match Journal::read(&home) {
        Ok(Some(journal)) => {
            status.journal = phase_name(&journal.phase).to_owned();
            status.on_hold = journal.hold;
            status.last_commit = journal.last.map(|last| LastCommit {
                method: last.method,
                at: last.at / 1_000_000_000,
            });
            if journal.next == Next::Staged {
                let files = staged::read(&home)?;
                status.interrupted = Some(Held {
                    entries: files.len() as u64,
                    bytes: files.values().map(|file| file.size).sum(),
                });
            }
        }
        Ok(None) => {}
        Err(Error::Damaged { what, .. }) => status.journal = format!("damaged: {what}"),
        Err(other) => return Err(other),
    }
    Ok(status)
}

fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::Staging => "staging",
        Phase::Undoing => "undoing",
        Phase::SealedSwap(_) | Phase::SealedPlan { .. } => "sealed",
    }
}

/// Counts entries, and the data that only they hold.
#[derive(Default)]
struct Count {
    entries: u64,
    bytes: u64,
    /// Files with several names, by inode and file system.
    linked: HashMap<(u64, (u32, u32)), Linked>,
}

/// A file with several names.
struct Linked {
    seen: u32,
    names: u32,
    bytes: u64,
}

impl Count {
    fn tree(&mut self, dir: &Dir) -> io::Result<()> {
        for item in dir.list()?.iter() {
            self.entries += 1;
            if kind_of(dir, &item)? == Kind::Dir {
                self.tree(&dir.open_dir(item.name)?)?;
                continue;
            }
            let stat = dir.stat(item.name)?;
            let bytes = stat.allocated();
            if stat.nlink <= 1 {
                self.bytes += bytes;
            } else {
                let group = (stat.ino, stat.dev);
                let linked = self.linked.entry(group).or_insert(Linked {
                    seen: 0,
                    names: stat.nlink,
                    bytes,
                });
                linked.seen += 1;
            }
        }
        Ok(())
    }

    fn own_bytes(&self) -> u64 {
        let whole = self.linked.values().filter(|file| file.seen >= file.names);
        self.bytes + whole.map(|file| file.bytes).sum::<u64>()
    }

    fn held(&self) -> Held {
        Held {
            entries: self.entries,
            bytes: self.own_bytes(),
        }
    }

    fn freed(&self) -> Freed {
        Freed {
            entries: self.entries,
            bytes: self.own_bytes(),
        }
    }
}
