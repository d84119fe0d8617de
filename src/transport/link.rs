//! A peer as a session holds it: what it says, what it is told, and its end.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::peer::{Heard, Peer, Status, Writer};
use crate::sys::lock;

/// How long a peer has to leave by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// A peer that runs. Reader and writer go to one thread each: neither waits for the other.
pub struct Link {
    /// What it says.
    pub from: Box<dyn Read + Send>,
    /// What it is told.
    pub to: Box<dyn Write + Send>,
    /// The peer itself.
    pub hold: Hold,
}

impl Link {
    /// Of a peer and its two streams.
    #[must_use]
    pub fn new((peer, from, to): (Peer, Heard, Writer)) -> Link {
        Link {
            from: Box::new(from),
            to: Box::new(to),
            hold: Hold(Arc::new(Mutex::new(Held::Running(peer)))),
        }
    }
}

/// What ends a peer, or waits for its end. All copies hold the same one.
#[derive(Clone, Debug)]
pub struct Hold(Arc<Mutex<Held>>);

#[derive(Debug)]
enum Held {
    Running(Peer),
    /// How it ended, if it did so by itself and tells.
    Ended(Option<Status>),
}

impl Hold {
    /// Gives it a moment to leave, then ends it: whoever reads from it or writes to it goes on.
    pub fn hang_up(&self) {
        self.end(|peer| peer.end_within(PATIENCE));
    }

    /// Waits for its end, its streams having been dropped. None where [`Hold::hang_up`] had to end it, and of a daemon.
    #[must_use]
    pub fn finish(&self) -> Option<Status> {
        self.end(|peer| peer.finish().ok().flatten())
    }

    /// Who comes second waits, and hears what the first one heard.
    fn end(&self, by: impl FnOnce(Peer) -> Option<Status>) -> Option<Status> {
        let mut held = lock(&self.0);
        let status = match std::mem::replace(&mut *held, Held::Ended(None)) {
            Held::Running(peer) => by(peer),
            Held::Ended(status) => status,
        };
        *held = Held::Ended(status);
        status
    }
}
