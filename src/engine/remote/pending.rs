//! A file that was asked for, and who waits for it.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex};

use crate::delta::Shape;
use crate::engine::event::{Changes, Event};
use crate::engine::leaf::Leaf;
use crate::engine::likeness::Alike;
use crate::engine::node::Node;
use crate::engine::order::{Frontier, Key};
use crate::engine::sources::Turn;
use crate::engine::worker::Work;
use crate::sys::{Change, lock};

/// A file that was asked for.
pub(in crate::engine) struct Pending {
    /// Its place in the order of events.
    pub key: Key,
    pub node: Arc<Node>,
    pub leaf: Leaf,
    pub changes: Changes,
    /// What its blocks are taken from.
    pub basis: Basis,
    /// How that is cut.
    pub shape: Shape,
    /// How many entries are ahead of it in the lists.
    pub ahead: u64,
    /// Whether the first answer did not agree with its checksum.
    pub again: bool,
    /// What falls due when the file is there, or does not come.
    pub turn: Option<Arc<Turn>>,
    /// Who waits for the outcome, if anybody does.
    pub waiter: Option<Awaited>,
}

/// What the blocks of a file are taken from.
pub(in crate::engine) enum Basis {
    /// Nothing: the whole file comes.
    Nothing,
    /// The file that lives at the destination.
    Live,
    /// The one in an alternate directory.
    Alternate,
    /// One of another name.
    Alike(Alike),
    /// What an earlier run left.
    Left(File),
}

/// Where a worker waits for a file.
#[derive(Default)]
pub(in crate::engine) struct Waiter {
    outcome: Mutex<Option<Outcome>>,
    told: Change,
}

/// What somebody waits for. Dropped untold, it does not come: nobody waits for a file that went with its session.
pub(in crate::engine) struct Awaited(Arc<Waiter>);

/// Whether the file is there, and what there is to tell; by default it is not.
#[derive(Default)]
pub(in crate::engine) struct Outcome {
    pub arrived: bool,
    pub events: Vec<Event>,
}

impl Pending {
    /// It does not come.
    pub(super) fn leave(mut self: Box<Self>, frontier: &Frontier<'_, Work>) {
        // All who could take the job may wait for lists that come only when this one is through.
        drop(self.turn.take());
        match &self.waiter {
            Some(waiter) => waiter.tell(Outcome::default()),
            None => frontier.put_back(self.key.clone(), Work::Unsent(self)),
        }
    }
}

impl Awaited {
    pub(in crate::engine) fn tell(&self, outcome: Outcome) {
        *lock(&self.0.outcome) = Some(outcome);
        self.0.told.tell();
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        lock(&self.0.outcome).get_or_insert_default();
        self.0.told.tell();
    }
}

impl Waiter {
    /// What tells it.
    pub(in crate::engine) fn awaits(self: &Arc<Self>) -> Awaited {
        Awaited(Arc::clone(self))
    }

    pub(in crate::engine) fn wait(&self) -> Outcome {
        let mut outcome = lock(&self.outcome);
        loop {
            match outcome.take() {
                Some(outcome) => return outcome,
                None => outcome = self.told.wait(outcome),
            }
        }
    }
}

impl Basis {
    /// What the sender is told of it, beyond what it takes it for anyway.
    pub(super) fn told(&self) -> Option<(crate::wire::Basis, Vec<u8>)> {
        let Basis::Alike(Alike { number, name }) = self else {
            return None;
        };
        let basis = match number {
            Some(number) => crate::wire::Basis::FuzzyDir(u8::try_from(*number).ok()?),
            None => crate::wire::Basis::Fuzzy,
        };
        Some((basis, name.to_vec()))
    }

    /// Opens the file.
    ///
    /// # Errors
    /// The system's reason.
    pub(in crate::engine) fn open<'b>(
        &'b self,
        node: &Node,
        leaf: &Leaf,
    ) -> io::Result<Option<Opened<'b>>> {
        Ok(match self {
            Basis::Nothing => None,
            Basis::Left(file) => Some(Opened::Held(file)),
            Basis::Live => match &node.live {
                Some(dir) => Some(Opened::Own(dir.open_file(&leaf.target_name)?)),
                None => None,
            },
            Basis::Alike(alike) => Some(Opened::Own(alike.open(node)?)),
            Basis::Alternate => match &leaf.basis {
                Some(found) => Some(Opened::Own(node.basis.open_file(found, &leaf.target_name)?)),
                None => None,
            },
        })
    }
}

/// A basis that can be read.
pub(in crate::engine) enum Opened<'b> {
    Held(&'b File),
    Own(File),
}

impl Opened<'_> {
    pub(in crate::engine) fn get(&self) -> &File {
        match self {
            Opened::Held(file) => file,
            Opened::Own(file) => file,
        }
    }
}
