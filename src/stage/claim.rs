//! A destination that is held over several runs of this process.

use std::path::Path;

use super::error::Error;
use super::hold::Hold;
use super::home::Home;
use super::journal::{Journal, Phase};
use super::lock::{self, Holder, Locks, Pass};
use super::policy::Policy;
use super::site::Site;

/// A destination that this process holds until it is dropped.
#[derive(Debug)]
pub struct Claim {
    pass: Pass,
    notes: Vec<String>,
    _locks: Locks,
}

impl Claim {
    /// Locks a destination and puts right what a crash left. One that has no state may be held as well.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Replaced`], [`Error::Io`].
    pub fn take(dest: &Path, policy: &Policy) -> Result<Claim, Error> {
        let mut site = Site::resolve(dest, None)?;
        let mut locks = Locks::take(&mut site, policy)?;
        let home = site.find()?;
        let Some(home) = home else {
            return Ok(Claim {
                pass: Pass::default(),
                notes: Vec::new(),
                _locks: locks,
            });
        };
        refuse_other(&site, &home)?;
        let pass = locks.pass();
        // Others that look at the file find who it is even after a switch has put another root in place.
        locks.sign()?;
        let within = Policy {
            pass: Some(pass),
            ..policy.clone()
        };
        let notes = Hold::take(dest, None, &within)?.notes;
        Ok(Claim {
            pass,
            notes,
            _locks: locks,
        })
    }

    /// What lets runs of this process in.
    #[must_use]
    pub fn pass(&self) -> Pass {
        self.pass
    }

    /// What was found and put right.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Who holds a destination, for those who only look at it.
///
/// # Errors
/// [`Error::Replaced`], [`Error::Io`].
pub fn holder(dest: &Path) -> Result<Option<Holder>, Error> {
    let site = Site::resolve(dest, None)?;
    let Some(home) = site.find()? else {
        return Ok(None);
    };
    let holder = lock::holder(&site, &home);
    // A switch that is under way is no replacement.
    if holder.is_none() {
        refuse_other(&site, &home)?;
    }
    Ok(holder)
}

/// Refuses a directory that only has the name of the one whose state this is. What the journal does not tell is
/// for the recovery.
fn refuse_other(site: &Site, home: &Home) -> Result<(), Error> {
    let Ok(Some(journal)) = Journal::read(home) else {
        return Ok(());
    };
    let live = site.live_stat()?;
    let known = match &journal.phase {
        Phase::SealedSwap(swap) => vec![swap.old, Some(swap.new)],
        _ => vec![journal.root],
    };
    let is_unbound = journal.root.is_none() && journal.last.is_none();
    if is_unbound || known.iter().any(|root| journal.is_root(root, &live)) {
        return Ok(());
    }
    Err(Error::Replaced {
        path: site.path.clone(),
    })
}
