//! One run's hold on a destination, from the lock to the first change.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::backups::Backups;
use super::changes::Recorder;
use super::choose::{Choice, choose, probe_exchange};
use super::copyup::Groups;
use super::error::{Doing, Error};
use super::hold::Hold;
use super::home::Home;
use super::journal::{Journal, Next, Phase, RootId, now};
use super::keep::{Age, Keep, demote, is_half};
use super::layout::{CHANGES_NEXT, FORMER, NEXT, PLAN, SALVAGE, STAGED, TMP};
use super::level::{Obstacle, level, strip};
use super::lock::Holder;
use super::plan::{Mark, Planner};
use super::policy::{CommitChoice, KeepPrevious, Method, Policy};
use super::site::Site;
use super::staged::StagedLog;
use crate::sys::content::Abilities;
use crate::sys::xattrs::{ACCESS_ACL, DEFAULT_ACL};
use crate::sys::{self, Dir, Object, lock, process, volume};
use crate::tree::MetaChange;

/// What a run writes to.
#[derive(Clone, Copy, Debug)]
pub struct Root<'a> {
    /// The destination directory. It may be missing; a symbolic link to a directory is resolved, and
    /// state lies beside the real directory.
    pub path: &'a Path,
    /// The destination is this one file in `path`: only that name is concerned, and the method is
    /// always [`Method::Journal`].
    pub single: Option<&'a OsStr>,
}

/// A directory in the stage in which the objects of one tree directory are made.
#[derive(Debug)]
pub struct Place {
    pub(super) dir: Dir,
    pub(super) path: PathBuf,
    pub(super) fresh: bool,
}

impl Place {
    /// Where objects are made.
    #[must_use]
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The tree directory that this stands for, relative to the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn join(&self, name: &[u8]) -> PathBuf {
        self.path.join(sys::as_path(name))
    }
}

/// One run's hold on a destination, from the lock to the commit. All methods may be called from any
/// thread.
#[derive(Debug)]
pub struct Stage {
    pub(super) policy: Policy,
    pub(super) path: PathBuf,
    live: Option<Dir>,
    pub(super) hold: Mutex<Hold>,
    pub(super) begun: OnceLock<Option<Ready>>,
    /// What the run after the commit still looks at.
    pub(super) after: Mutex<super::settle::After>,
}

/// A stage that can be written to.
#[derive(Debug)]
pub(super) struct Ready {
    pub method: Method,
    /// Why this method.
    pub reason: String,
    /// Path of the state, for messages.
    pub home: PathBuf,
    pub next: Dir,
    /// When the next tree began to be made like the live one, nanoseconds since 1970; none where no clock
    /// was to be had.
    pub began: Option<i64>,
    pub tmp: Dir,
    /// Opened before the first write: `syncfs` through it tells of every failed write since.
    pub volume: Dir,
    pub live: Option<Dir>,
    pub previous: Option<Dir>,
    pub salvage: Option<Dir>,
    pub recorder: Recorder,
    pub staged: StagedLog,
    pub plan: Planner,
    /// Backups outside of the destination, for after the switch.
    pub backups: Backups,
    pub abilities: Abilities,
    pub groups: Groups,
    /// Under journal: new directories whose parents live, with what they take the place of.
    pub tops: Mutex<HashMap<PathBuf, Option<Mark>>>,
    /// Directories of the stage that this user had to be let into, with the mode they had.
    pub opened: Mutex<HashMap<PathBuf, u32>>,
    /// Directories that their owner will not be let into, with the mode that they get in the end.
    pub closing: Mutex<HashMap<PathBuf, u32>>,
    /// Permission bits that the root gets in the end.
    pub root_mode: Mutex<Option<u32>>,
    /// Metadata changes that wait in the plan, by inode.
    pub waiting: Mutex<HashMap<u64, MetaChange>>,
    /// Under journal: what a root that is still to be made gets.
    pub root_change: Mutex<Option<MetaChange>>,
}

impl Stage {
    /// Finds state, locks the destination, recovers what a crash left, and sets state aside that does
    /// not belong to this destination. Makes nothing yet: a run that finds nothing to do touches nothing.
    ///
    /// # Errors
    /// [`Error::Busy`] when another run holds the destination, [`Error::Foreign`] when its state belongs
    /// to another user or program, [`Error::Io`].
    pub fn open(root: Root<'_>, policy: &Policy) -> Result<Stage, Error> {
        let hold = Hold::take(root.path, root.single, policy)?;
        let live = match &hold.site.live {
            Some(live) => Some(live.reopen().doing("open", &hold.site.path)?),
            None => None,
        };
        Ok(Stage {
            policy: policy.clone(),
            path: hold.site.path.clone(),
            live,
            hold: Mutex::new(hold),
            begun: OnceLock::new(),
            after: Mutex::default(),
        })
    }

    /// Sentences for a person since the last call: what was found, recovered and kept, and a method
    /// that differs from the last one, with its reason.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut self.hold().notes)
    }

    /// Why the method that [`Stage::begin`] chose was chosen.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        let ready = self.begun.get()?.as_ref()?;
        Some(&ready.reason)
    }

    /// The live root; `None` while it is missing.
    #[must_use]
    pub fn live(&self) -> Option<&Dir> {
        self.live.as_ref()
    }

    /// Called before the first change, by any worker and as often as one likes; one of them does the
    /// work, the others wait. Chooses the method, makes state, levels the next tree. `mirrors` says that
    /// the run deletes, over the whole root, what the source does not have.
    ///
    /// # Errors
    /// [`Error::SwapImpossible`] when only swap was wished for, [`Error::Io`]; nothing is changed then.
    pub fn begin(&self, mirrors: bool) -> Result<Method, Error> {
        let method = |begun: &Option<Ready>| begun.as_ref().map_or(Method::Direct, |r| r.method);
        if let Some(begun) = self.begun.get() {
            return Ok(method(begun));
        }
        let mut hold = self.hold();
        if let Some(begun) = self.begun.get() {
            return Ok(method(begun));
        }
        let ready = begin(&mut hold, &self.policy, mirrors)?;
        Ok(method(self.begun.get_or_init(|| ready)))
    }

    pub(super) fn hold(&self) -> MutexGuard<'_, Hold> {
        lock(&self.hold)
    }

    /// The stage that `begin` made.
    pub(super) fn ready(&self) -> Result<&Ready, Error> {
        let begun = self.begun.get().and_then(Option::as_ref);
        begun.ok_or_else(|| Error::Damaged {
            path: self.path.clone(),
            what: "no stage was begun".to_owned(),
        })
    }
}

/// Makes a stage; none under direct.
fn begin(hold: &mut Hold, policy: &Policy, mirrors: bool) -> Result<Option<Ready>, Error> {
    let mut choice = choose(
        &hold.site,
        hold.home.as_ref(),
        hold.journal.as_ref(),
        policy.commit,
        mirrors,
    )?;
    if choice.method == Method::Direct {
        return Ok(None);
    }
    make_state(hold, choice.inside)?;
    let (site, home, journal) = hold.state()?;
    if choice.method == Method::Swap {
        let reason = if home.is_inside() {
            Some("its state can only lie within it".to_owned())
        } else if needs_no_exchange(site, policy) {
            None
        } else {
            probe_exchange(site, home)?
        };
        if let Some(reason) = reason {
            fall_back(&mut choice, policy, &site.path, reason)?;
        }
    }
    let all_new = choice.method == Method::Swap && site.live.is_none();
    home.drop(CHANGES_NEXT)?;
    let recorder = match all_new {
        true => Recorder::none(),
        false => Recorder::create(home, CHANGES_NEXT)?,
    };
    prepare(home, journal, policy.no_fsync)?;
    // A full disk may refuse this, and must not keep the run from making room.
    let began = now(home).ok();
    let before = journal.clone();
    let next = match make_next(hold, policy, &mut choice, &recorder) {
        Err(e) if e.is_out_of_room() && before.next == Next::Staged => {
            give_up(hold)?;
            make_next(hold, policy, &mut choice, &recorder)?
        }
        other => other?,
    };
    let (site, home, journal) = hold.state()?;
    journal.next = Next::Staged;
    journal.staged_boot = process::boot_id();
    if *journal != before {
        journal.write(home, policy.no_fsync)?;
    }
    if let Some(salvage) = home.sub(SALVAGE)? {
        make_room(&salvage).doing("make room in", home.join(SALVAGE))?;
    }
    let told = journal
        .last
        .as_ref()
        .is_some_and(|last| last.method != choice.method);
    let ready = Ready {
        method: choice.method,
        reason: choice.reason.clone(),
        home: home.path.clone(),
        next,
        began,
        tmp: fresh_sub(home, TMP)?,
        volume: home.dir.reopen().doing("open the state", &home.path)?,
        live: match &site.live {
            Some(live) => Some(live.reopen().doing("open", &site.path)?),
            None => None,
        },
        previous: home.sub(super::layout::PREVIOUS)?,
        salvage: home.sub(SALVAGE)?,
        recorder,
        staged: StagedLog::create(home)?,
        plan: Planner::create(home, PLAN)?,
        backups: Backups::default(),
        abilities: Abilities::default(),
        groups: Groups::default(),
        tops: Mutex::default(),
        opened: Mutex::default(),
        closing: Mutex::default(),
        root_mode: Mutex::default(),
        waiting: Mutex::default(),
        root_change: Mutex::default(),
    };
    if told {
        hold.say(&format!(
            "changes get into place by {} now: {}",
            choice.method.name(),
            choice.reason
        ));
    }
    Ok(Some(ready))
}

/// Whether the tree takes a name that is free, and nobody will want the one before it back.
fn needs_no_exchange(site: &Site, policy: &Policy) -> bool {
    let never_again = policy.previous == KeepPrevious::None;
    site.live.is_none() && never_again && policy.commit == CommitChoice::Only(Method::Swap)
}

/// Makes the state directory where there is none.
pub(super) fn make_state(hold: &mut Hold, inside: bool) -> Result<(), Error> {
    if hold.home.is_some() {
        return Ok(());
    }
    if let Some(home) = hold.site.find()? {
        // A run that began when this one did was quicker; what this one looked at has changed.
        hold.locks.add_home(&home, &hold.site)?;
        return Err(Error::Busy {
            path: hold.site.path.clone(),
            holder: Holder::default(),
        });
    }
    let home = hold.site.make_home(inside)?;
    hold.locks.add_home(&home, &hold.site)?;
    let root = hold.site.live_stat()?.as_ref().map(RootId::of);
    hold.journal = Some(Journal::new(root));
    hold.home = Some(home);
    Ok(())
}

/// The journal enters staging. What it says of `next/` stays true until levelling is through.
fn prepare(home: &Home, journal: &mut Journal, no_fsync: bool) -> Result<(), Error> {
    if journal.staged_boot != process::boot_id()
        && let Some(salvage) = home.sub(SALVAGE)?
    {
        demote(&salvage).doing("rename in", home.join(SALVAGE))?;
    }
    if journal.next == Next::Level {
        home.drop(STAGED)?;
    }
    if journal.phase == Phase::Staging && journal.next == Next::Staged {
        // As the interrupted run left it: nothing to write, which a full disk might refuse.
        return Ok(());
    }
    journal.phase = Phase::Staging;
    sys::cut::point("begin.journal");
    journal.write(home, no_fsync)
}

/// Parts of files are of use only where there is room for the whole beside them.
fn make_room(salvage: &Dir) -> std::io::Result<()> {
    let mut halves = Vec::new();
    let mut bytes = 0;
    for item in salvage.list()?.iter().filter(|item| is_half(item.name)) {
        bytes += salvage.stat(item.name)?.allocated();
        halves.push(item.name.to_vec());
    }
    if bytes > volume::room(salvage)?.bytes {
        halves.iter().try_for_each(|name| salvage.unlink(name))?;
    }
    Ok(())
}

/// Drops what an interrupted run staged: there is not even room to sort it.
fn give_up(hold: &mut Hold) -> Result<(), Error> {
    let (_, home, journal) = hold.state()?;
    journal.next = Next::Level;
    for name in [STAGED, SALVAGE, TMP, NEXT] {
        sys::cut::point("begin.give-up");
        home.drop(name)?;
    }
    hold.say("what an earlier run staged was dropped: it left no room to go on");
    Ok(())
}

/// Makes `next/` level with live, or empty; may find that swap is impossible.
fn make_next(
    hold: &mut Hold,
    policy: &Policy,
    choice: &mut Choice,
    recorder: &Recorder,
) -> Result<Dir, Error> {
    let (site, home, journal) = hold.state()?;
    let keep = Keep::new(home, journal, Some(recorder))?;
    let next = home.sub_or_make(NEXT)?;
    let root = site.path.clone();
    let failed = |path: PathBuf, e: std::io::Error| -> Result<(), Error> {
        Err(e).doing("make the stage level at", root.join(path))
    };
    let mut levelled = false;
    if choice.method == Method::Swap {
        sys::cut::point("begin.level");
        let done = match &site.live {
            Some(live) => level(live, &next, &keep),
            None => {
                strip(&next, Path::new(""), &keep).map_err(|e| Obstacle::Failed(PathBuf::new(), e))
            }
        };
        match done {
            Ok(()) => levelled = true,
            Err(Obstacle::Impossible(reason)) => {
                fall_back(choice, policy, &root, reason)?;
            }
            Err(Obstacle::Failed(path, e)) => failed(path, e)?,
            Err(Obstacle::Stopped) => {
                return Err(Error::Stopped {
                    path: site.path.clone(),
                });
            }
        }
    }
    if !levelled {
        sys::cut::point("begin.strip");
        strip(&next, Path::new(""), &keep).or_else(|e| failed(PathBuf::new(), e))?;
    }
    if site.live.is_none() {
        let parent = site.parent()?;
        inherit(&parent.dir, &next).doing("make ready", home.join(NEXT))?;
    }
    let kept = keep.kept();
    if let Some(former) = home.sub(FORMER)? {
        let keep = Keep::former(home, journal, Age::Before)?;
        strip(&former, Path::new(""), &keep).or_else(|e| failed(PathBuf::new(), e))?;
        home.drop(FORMER)?;
    }
    hold.tell_kept(&kept);
    Ok(next)
}

/// Gives a root that is still to be made what the directory around it would give it at birth: ACLs, and the
/// group with its bit.
fn inherit(parent: &Dir, root: &Dir) -> std::io::Result<()> {
    let (from, to) = (Object::Open(parent.as_file()), Object::Open(root.as_file()));
    let acl = from.get(DEFAULT_ACL)?;
    for name in [DEFAULT_ACL, ACCESS_ACL] {
        match &acl {
            Some(acl) => to.set(name, acl)?,
            // An earlier run may have left some.
            None if to.get(name)?.is_some() => to.remove(name)?,
            None => {}
        }
    }
    let around = parent.stat_self()?;
    let gives_group = around.mode & 0o2000 != 0;
    if gives_group {
        sys::set_owner(root.as_file(), None, Some(around.gid))?;
    }
    // Closed to others until it is finished: the group's bits are the ACL's mask.
    root.set_own_mode(if gives_group { 0o2700 } else { 0o700 })
}

/// Takes the weaker method where that is allowed.
fn fall_back(
    choice: &mut Choice,
    policy: &Policy,
    path: &Path,
    reason: String,
) -> Result<(), Error> {
    if policy.commit == CommitChoice::Only(Method::Swap) {
        return Err(Error::SwapImpossible {
            path: path.to_owned(),
            reason,
        });
    }
    choice.method = Method::Journal;
    choice.reason = reason;
    Ok(())
}

/// A subdirectory of the state, empty.
fn fresh_sub(home: &Home, name: &[u8]) -> Result<Dir, Error> {
    home.drop(name)?;
    home.sub_or_make(name)
}
