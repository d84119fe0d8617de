//! A destination that is held: resolved, locked, its journal read, and what a crash left put right.
//!
//! | cut while | the journal says | the next run finds and does |
//! | --- | --- | --- |
//! | the stage is made | staging | keeps what was staged for salvage |
//! | `next/` was moved to the switch's place | staging | moves it back |
//! | the switch is sealed, live is the old root | sealed | moves the tree back; it is judged anew |
//! | the exchange was made | sealed, live is the new root | finishes the rotation |
//! | an undo moved `previous/` out | undoing | moves it back |
//! | a plan is carried out | sealed plan | carries it to its end |
//! | the rotation is done | idle | nothing to do but levelling |

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::{Doing, Error};
use super::home::Home;
use super::journal::{Journal, Origin, Phase, RootId};
use super::layout::{NEXT, PREVIOUS};
use super::lock::Locks;
use super::outcome::{Interrupted, Refused};
use super::policy::Policy;
use super::site::Site;
use super::sound;
use crate::sys;

/// A destination that this process holds.
#[derive(Debug)]
pub(super) struct Hold {
    pub site: Site,
    pub home: Option<Home>,
    /// There is one whenever there is a home.
    pub journal: Option<Journal>,
    pub locks: Locks,
    pub notes: Vec<String>,
    /// What was put right.
    pub found: Interrupted,
    pub no_fsync: bool,
}

impl Hold {
    /// Resolves, locks and recovers. Makes nothing where nothing is.
    pub fn take(path: &Path, single: Option<&OsStr>, policy: &Policy) -> Result<Hold, Error> {
        let mut site = Site::resolve(path, single)?;
        let locks = Locks::take(&mut site, policy)?;
        let home = site.find()?;
        let mut hold = Hold {
            site,
            home,
            journal: None,
            locks,
            notes: Vec::new(),
            found: Interrupted::Nothing,
            no_fsync: policy.no_fsync,
        };
        hold.load()?;
        hold.recover()?;
        Ok(hold)
    }

    /// The same for a destination as a person names it: a directory, or a single file.
    pub fn take_named(dest: &Path, policy: &Policy) -> Result<Hold, Error> {
        let (path, single) = split(dest);
        Hold::take(path, single, policy)
    }

    /// Reads the journal; state that it does not explain is set aside.
    fn load(&mut self) -> Result<(), Error> {
        let Some(home) = &self.home else {
            return Ok(());
        };
        if let Some(what) = sound::misplaced(home)? {
            return self.set_aside(&format!("it is damaged: {what}"));
        }
        match Journal::read(home) {
            Ok(Some(journal)) => self.journal = Some(journal),
            Ok(None) if self.is_bare(home)? => {
                let root = self.site.live_stat()?.as_ref().map(RootId::of);
                self.journal = Some(Journal::new(root));
            }
            Ok(None) => self.set_aside("its journal is missing")?,
            Err(Error::Damaged { what, .. }) => {
                self.set_aside(&format!("its journal is damaged: {what}"))?;
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Whether a state directory holds no tree yet.
    fn is_bare(&self, home: &Home) -> Result<bool, Error> {
        Ok(!home.has(NEXT)? && !home.has(PREVIOUS)? && !self.tilde_stands()?)
    }

    /// Whether a tree stands at the switch's place.
    pub fn tilde_stands(&self) -> Result<bool, Error> {
        let beside = self.home.as_ref().is_some_and(|home| !home.is_inside());
        match &self.site.parent {
            Some(parent) if beside && self.site.single.is_none() => {
                let stat = parent.dir.try_stat(&parent.tilde());
                Ok(stat.doing("look at", parent.tilde_path())?.is_some())
            }
            _ => Ok(false),
        }
    }

    fn set_aside(&mut self, why: &str) -> Result<(), Error> {
        if let Some(home) = self.home.take() {
            let aside = home.set_aside(&self.site)?;
            self.notes.push(format!(
                "the state of {} was set aside, since {why}: it is {} now",
                self.site.path.display(),
                aside.display()
            ));
        }
        self.journal = None;
        Ok(())
    }

    /// Puts right what a crash left.
    fn recover(&mut self) -> Result<(), Error> {
        let Some(journal) = self.journal.clone() else {
            return Ok(());
        };
        let live = self.site.live_stat()?;
        let at_root = journal.is_root(&journal.root, &live);
        let lost = match &self.home {
            Some(home) if at_root => sound::lost_plan(home, &journal.phase)?,
            _ => None,
        };
        if let Some(why) = lost {
            return self.set_aside(&why);
        }
        match journal.phase {
            Phase::SealedSwap(ref swap) => {
                if journal.is_root(&Some(swap.new), &live) {
                    let carried = self.finish_swap(swap, None)?;
                    for path in carried.late.iter().chain(&carried.stays) {
                        self.say(&format!(
                            "\"{}\" was changed by others meanwhile and is kept",
                            path.display()
                        ));
                    }
                    self.say_refused(&carried.refused);
                    self.found = Interrupted::Switched;
                    self.say("an interrupted run had switched it; what was left to do was done");
                } else if journal.is_root(&swap.old, &live) {
                    self.move_back(swap.from)?;
                    self.found = Interrupted::NotSwitched;
                    self.say("an interrupted run had not switched it; what it staged is kept");
                } else {
                    self.set_aside("another directory has the destination's name now")?;
                }
            }
            Phase::SealedPlan { direction, rotate } if at_root => {
                let done = self.finish_plan(direction, rotate, false)?;
                self.found = Interrupted::Underway;
                self.say("an interrupted change was carried to its end");
                for path in done.passed {
                    self.say(&format!(
                        "\"{}\" was changed meanwhile and stays as it is",
                        path.display()
                    ));
                }
                self.say_refused(&done.refused);
            }
            Phase::Undoing if at_root => {
                self.move_back(Origin::Previous)?;
                self.found = Interrupted::NotSwitched;
            }
            Phase::Staging if at_root || self.may_adopt(&journal)? => {
                if self.tilde_stands()? {
                    self.move_back(Origin::Next)?;
                }
                self.adopt(live.as_ref().map(RootId::of));
                self.say("an earlier run did not get to its switch; what it staged is taken up");
                self.found = Interrupted::Staging;
            }
            Phase::Idle if at_root || self.may_adopt(&journal)? => {
                self.adopt(live.as_ref().map(RootId::of));
            }
            _ if live.is_none() => self.set_aside("the destination is gone")?,
            _ => self.set_aside("another directory has the destination's name now")?,
        }
        Ok(())
    }

    /// State from before the first switch is bound to no tree yet.
    fn may_adopt(&self, journal: &Journal) -> Result<bool, Error> {
        let has_previous = match &self.home {
            Some(home) => home.has(PREVIOUS)?,
            None => false,
        };
        Ok(journal.root.is_none() && journal.last.is_none() && !has_previous)
    }

    fn adopt(&mut self, root: Option<RootId>) {
        if let Some(journal) = &mut self.journal {
            journal.root = root;
        }
    }

    /// Adds a note about the destination.
    pub fn say(&mut self, what: &str) {
        self.notes
            .push(format!("{}: {what}", self.site.path.display()));
    }

    fn say_refused(&mut self, refused: &[Refused]) {
        for entry in refused {
            self.say(&format!(
                "\"{}\" cannot be changed: {}",
                entry.path.display(),
                sys::reason(&entry.error())
            ));
        }
    }

    /// Tells where things of others went that were in a generation that had its time.
    pub fn tell_kept(&mut self, kept: &[PathBuf]) {
        let Some(home) = self.home.as_ref().map(|home| home.path.clone()) else {
            return;
        };
        for path in kept {
            let at = home.join(path);
            self.say(&format!(
                "somebody wrote to an old generation after the switch: it is kept as \"{}\"",
                at.display()
            ));
        }
    }

    /// The state directory and its journal.
    pub fn state(&mut self) -> Result<(&Site, &Home, &mut Journal), Error> {
        match (&self.home, &mut self.journal) {
            (Some(home), Some(journal)) => Ok((&self.site, home, journal)),
            _ => Err(Error::Damaged {
                path: self.site.path.clone(),
                what: "it has no state".to_owned(),
            }),
        }
    }

    /// Enters a phase, durably.
    pub fn enter(&mut self, phase: Phase) -> Result<(), Error> {
        self.locks.sign()?;
        let no_fsync = self.no_fsync;
        let (_, home, journal) = self.state()?;
        journal.phase = phase;
        journal.write(home, no_fsync)
    }
}

/// A destination as a person names it: a directory, or a file in one.
pub(super) fn split(dest: &Path) -> (&Path, Option<&OsStr>) {
    let is_file = std::fs::metadata(dest).is_ok_and(|meta| !meta.is_dir());
    match (is_file, dest.parent(), dest.file_name()) {
        (true, Some(parent), Some(name)) => (parent, Some(name)),
        _ => (dest, None),
    }
}
