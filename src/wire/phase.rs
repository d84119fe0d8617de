//! How a session comes to its end: what each `NDX_DONE` means.
//!
//! The generator says `NDX_DONE` at the end of each list (incremental recursion) and of each phase; the sender says it
//! back when all answers to what came before are written. Phase 0 is the first attempts, phase 1 the files whose
//! checksum did not agree, phase 2 (from protocol 29 on) delayed updates, in which no data is asked for. Then the sender
//! leaves its loop, and the two say goodbye:
//!
//! | protocol | of the generator | of the sender | goodbye |
//! | --- | --- | --- | --- |
//! | 27, 28 | 3 | 2 | one of the generator |
//! | 29, 30 | lists + 3 | lists + 2 | one of the generator |
//! | 31, 32 | lists + 4 | lists + 3 | one of the generator, one of the sender, one of the generator |
//!
//! The sending server's statistics stand behind the `NDX_DONE` with which it leaves its loop.

use super::Protocol;
use super::error::{Error, Fault, Result};

/// A phase of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// First attempts.
    #[default]
    Transfer,
    /// Files whose checksum did not agree, with full-width block sums.
    Redo,
    /// Delayed updates: nothing is transferred.
    Delayed,
}

/// What an `NDX_DONE` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The oldest list; others are left.
    List,
    /// A phase: this one has begun.
    Phase(Phase),
    /// The last phase: the sender answers with its last `NDX_DONE` of the loop, and the goodbye begins.
    Loop,
}

/// Follows one direction's `NDX_DONE`s: the sender those of the generator, the receiver those of the sender.
#[derive(Clone, Copy, Debug)]
pub struct Phases {
    last: Phase,
    lists: u32,
    phase: Option<Phase>,
}

impl Phases {
    /// At the beginning, with the first list.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            last: if protocol >= Protocol::V29 {
                Phase::Delayed
            } else {
                Phase::Redo
            },
            lists: 1,
            phase: Some(Phase::Transfer),
        }
    }

    /// Another list came or went (incremental recursion).
    ///
    /// # Errors
    /// A list behind the end of the first phase.
    pub fn add_list(&mut self) -> Result<()> {
        if self.phase != Some(Phase::Transfer) || self.lists == 0 {
            let why = "comes when all others are done";
            return Err(Error::invalid(
                Fault::Protocol,
                "a list of a directory",
                why,
            ));
        }
        self.lists = self.lists.saturating_add(1);
        Ok(())
    }

    /// Takes an `NDX_DONE`.
    ///
    /// # Errors
    /// One too many.
    pub fn done(&mut self) -> Result<Ended> {
        if self.lists > 1 {
            self.lists -= 1;
            return Ok(Ended::List);
        }
        self.lists = 0;
        let next = match self.phase {
            Some(phase) if phase == self.last => None,
            Some(Phase::Transfer) => Some(Phase::Redo),
            Some(_) => Some(Phase::Delayed),
            None => {
                let why = "comes once too often";
                return Err(Error::invalid(Fault::Protocol, "NDX_DONE", why));
            }
        };
        self.phase = next;
        Ok(next.map_or(Ended::Loop, Ended::Phase))
    }

    /// The phase that is on; `None` behind the loop.
    #[must_use]
    pub fn current(&self) -> Option<Phase> {
        self.phase
    }

    /// An error if data may not be asked for now.
    ///
    /// # Errors
    /// In phase 2 and behind the loop.
    pub fn check_transfer(&self) -> Result<()> {
        match self.phase {
            Some(Phase::Transfer | Phase::Redo) => Ok(()),
            _ => {
                let why = "comes when no data is asked for any more";
                Err(Error::invalid(Fault::Protocol, "transfer", why))
            }
        }
    }
}

/// How many `NDX_DONE`s the generator says in a session with so many lists.
#[must_use]
pub fn dones_of_generator(protocol: Protocol, lists: u32) -> u32 {
    let phases = if protocol >= Protocol::V29 { 2 } else { 1 };
    lists + phases + goodbyes_of_generator(protocol)
}

/// How many `NDX_DONE`s the sender reads behind its loop; it answers the first of two.
#[must_use]
pub fn goodbyes_of_generator(protocol: Protocol) -> u32 {
    1 + goodbyes_of_sender(protocol)
}

/// How many `NDX_DONE`s the receiver reads behind the loop and the statistics.
#[must_use]
pub fn goodbyes_of_sender(protocol: Protocol) -> u32 {
    u32::from(protocol >= Protocol::V31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers counted in sessions of rsync 3.5.0.
    #[test]
    fn as_many_are_done_as_rsync_says() {
        for (number, lists, of_generator, of_sender) in [
            (27, 1, 3, 2),
            (28, 1, 3, 2),
            (29, 1, 4, 3),
            (30, 1, 4, 3),
            (30, 5, 8, 7),
            (31, 1, 5, 4),
            (32, 7, 11, 10),
        ] {
            let protocol = Protocol::new(number).expect("spoken");
            let mut phases = Phases::new(protocol);
            for _ in 1..lists {
                phases.add_list().expect("early");
            }
            let mut loops = 1;
            while phases.done().expect("not too many") != Ended::Loop {
                loops += 1;
            }
            assert_eq!(loops + goodbyes_of_generator(protocol), of_generator);
            assert_eq!(dones_of_generator(protocol, lists), of_generator);
            assert_eq!(loops + goodbyes_of_sender(protocol), of_sender);
            assert!(phases.done().is_err() && phases.add_list().is_err());
            assert_eq!(phases.current(), None);
        }
    }

    #[test]
    fn nothing_is_transferred_late() {
        let mut phases = Phases::new(Protocol::NEWEST);
        assert!(phases.check_transfer().is_ok());
        assert_eq!(phases.done().expect("phase"), Ended::Phase(Phase::Redo));
        assert!(phases.check_transfer().is_ok());
        assert!(phases.add_list().is_err());
        assert_eq!(phases.done().expect("phase"), Ended::Phase(Phase::Delayed));
        assert!(phases.check_transfer().is_err());
    }
}
