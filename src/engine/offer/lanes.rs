//! Drafts that are compressed beside the session, several at a time.
//!
//! As long as the compression keeps up, there is one stream: each draft goes to the packer that had the one before, and
//! knows what came there. Only while it is behind does another packer begin, without that knowledge: bytes for time.
//!
//! ```text
//! drafts ──▶ packer a ──▶ packer a ──▶ packer b (a is busy) ──▶ packer a (anew)
//!               └────────────┴─────────────┴─────────────────────┴──▶ out, in their order
//! ```

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::engine::error::Error;
use crate::engine::options::Options;
use crate::engine::workforce::caught;
use crate::sys::{Change, lock};
use crate::wire::{self, Dialect, Draft, Packer, Result};

/// The most threads that are chosen by the machine: each holds some megabytes.
const BY_MACHINE: usize = 4;
/// Who asks for a higher level wants few bytes: one packer knows all that came before. Its memory grows by the level too,
/// to hundreds of megabytes.
const QUICK: i32 = 9;
/// The most that can be asked for.
const MOST: usize = 32;

/// Packers, and the drafts that they have.
pub(super) struct Lanes {
    dialect: Dialect,
    level: Option<i32>,
    /// So many drafts are on their way at most.
    most: usize,
    /// Who had the last draft, if it is through.
    last: Option<Packer>,
    /// Those that begin anew.
    resting: Vec<Packer>,
    /// From the oldest on.
    running: VecDeque<Arc<Lane>>,
    /// Drafts that are through: their room is used again.
    rooms: Vec<Draft>,
}

/// One draft on its way.
struct Lane {
    state: Mutex<State>,
    changed: Change,
}

enum State {
    Running {
        /// Another packer has the next draft already.
        leaves: bool,
        /// No other can have it.
        stays: bool,
    },
    Done(Done),
    Collected,
}

/// What became of a draft.
struct Done {
    /// None once it has the next one.
    packer: Option<Packer>,
    packed: Result<Vec<u8>>,
    room: Draft,
}

/// How many drafts are compressed at a time at this level: as the options say, or as the machine can.
pub(super) fn threads(options: &Options, level: Option<i32>) -> usize {
    let wanted = options
        .compress_threads
        .map_or(options.threads, usize::from);
    match wanted {
        0 if level.is_some_and(|level| level > QUICK) => 1,
        0 => std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(BY_MACHINE),
        wanted => wanted.min(MOST),
    }
}

impl Lanes {
    /// For a session that compresses, with so many drafts on their way at most.
    ///
    /// # Errors
    /// When the compressor cannot be had.
    pub(super) fn new(dialect: &Dialect, level: Option<i32>, most: usize) -> Result<Option<Self>> {
        let first = Packer::new(dialect, level)?;
        Ok(first.map(|first| Self {
            dialect: dialect.clone(),
            level,
            most,
            last: Some(first),
            resting: Vec::new(),
            running: VecDeque::new(),
            rooms: Vec::new(),
        }))
    }

    /// Whether nothing is on its way.
    pub(super) fn are_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether the packer that has the last draft is free for the next.
    pub(super) fn are_ready(&self) -> bool {
        self.running.back().is_none_or(|lane| lane.is_done())
    }

    /// Whether the oldest draft has to be collected before another can go on its way.
    pub(super) fn are_full(&self) -> bool {
        self.running.len() >= self.most || self.running.back().is_some_and(|lane| lane.stays())
    }

    /// Whether the oldest draft is through.
    pub(super) fn have_packed(&self) -> bool {
        self.running.front().is_some_and(|lane| lane.is_done())
    }

    /// Compresses a draft here and now; nothing is on its way.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub(super) fn run_here<W: Write>(&mut self, draft: &Draft, to: &mut W) -> Result<()> {
        let mut packer = self.packer()?;
        packer.run(draft, || false, to)?;
        self.last = Some(packer);
        Ok(())
    }

    /// Sends on its way what is in the draft.
    ///
    /// # Errors
    /// When the compressor cannot be had.
    pub(super) fn send(&mut self, draft: &mut Draft) -> Result<()> {
        let last = self.running.back().and_then(|lane| lane.packer_or_leave());
        let packer = match last {
            Some(packer) => packer,
            None => self.packer()?,
        };
        let draft = draft.cut(self.rooms.pop().unwrap_or_default());
        let stays = !Packer::may_leave(self.dialect.compression, &draft);
        let leaves = false;
        let lane = Arc::new(Lane {
            state: Mutex::new(State::Running { leaves, stays }),
            changed: Change::default(),
        });
        self.running.push_back(Arc::clone(&lane));
        rayon::spawn(move || lane.run(packer, draft));
        Ok(())
    }

    /// Writes the oldest draft, waited for.
    ///
    /// # Errors
    /// What the compressor and the stream report.
    pub(super) fn collect<W: Write>(&mut self, to: &mut W) -> Result<()> {
        let Some(lane) = self.running.pop_front() else {
            return Ok(());
        };
        let done = lane.take();
        to.write_all(&done.packed?)?;
        self.rooms.push(done.room);
        match done.packer {
            Some(packer) if self.running.is_empty() => self.last = Some(packer),
            Some(packer) => self.resting.push(packer),
            None => {}
        }
        Ok(())
    }

    /// Who had the last draft, or one that begins anew.
    fn packer(&mut self) -> Result<Packer> {
        if let Some(packer) = self.last.take().or_else(|| self.resting.pop()) {
            return Ok(packer);
        }
        let fresh = Packer::new(&self.dialect, self.level)?;
        fresh.ok_or_else(|| io::Error::from(io::ErrorKind::Unsupported).into())
    }
}

/// No error of input and output: that would be taken for a peer that went away, and this one still waits.
fn panicked() -> wire::Error {
    wire::Error::Invalid {
        fault: wire::Fault::Stream,
        what: "data",
        why: "could not be compressed: a thread panicked",
    }
}

impl Lane {
    fn is_done(&self) -> bool {
        matches!(*lock(&self.state), State::Done(_))
    }

    /// Whether the packer is busy, and the next draft has to be its own.
    fn stays(&self) -> bool {
        matches!(*lock(&self.state), State::Running { stays: true, .. })
    }

    /// The packer, for the next draft; where it is busy, it leaves the stream to another.
    fn packer_or_leave(&self) -> Option<Packer> {
        let mut state = lock(&self.state);
        loop {
            match &mut *state {
                State::Done(done) => return done.packer.take(),
                State::Collected => return None,
                State::Running { stays: true, .. } => state = self.changed.wait(state),
                State::Running { leaves, .. } => {
                    *leaves = true;
                    return None;
                }
            }
        }
    }

    /// Whether another packer has the next draft; none can from now on.
    fn leaves(&self) -> bool {
        match &mut *lock(&self.state) {
            State::Running { leaves, stays } => {
                *stays = true;
                *leaves
            }
            State::Done(_) | State::Collected => false,
        }
    }

    fn run(&self, mut packer: Packer, draft: Draft) {
        let mut out = Vec::new();
        let packed = caught(|| Ok(packer.run(&draft, || self.leaves(), &mut out)?));
        *lock(&self.state) = State::Done(Done {
            packer: Some(packer),
            packed: packed.map(|()| out).map_err(|e| match e {
                Error::Wire(e) => e,
                _ => panicked(),
            }),
            room: draft,
        });
        self.changed.tell();
    }

    /// What became of it, waited for.
    fn take(&self) -> Done {
        let mut state = lock(&self.state);
        loop {
            match std::mem::replace(&mut *state, State::Collected) {
                State::Done(done) => return done,
                running => {
                    *state = running;
                    state = self.changed.wait(state);
                }
            }
        }
    }
}
