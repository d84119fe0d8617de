//! What is asked of a sender at the other end, and what still waits for its answer.
//!
//! Workers ask and go on; a thread of its own writes, because the sender may stop reading while nobody reads what it
//! writes. Workers wait while too much is asked or unwritten; whoever reads the answers never does.
//!
//! | part | what it knows |
//! | --- | --- |
//! | `lists` | lists that came, until all that they ask for is asked |
//! | `lookahead` | whether those held the session up |
//! | `xattrs` | values of extended attributes |
//! | `words` | what is said beside requests, and the thread that writes |

mod lists;
mod lookahead;
mod words;
mod xattrs;

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use self::lookahead::Lookahead;
use super::pending::{Outcome, Pending};
use super::queue::Queue;
use super::values::Values;
use crate::engine::event::Due;
use crate::engine::order::Frontier;
use crate::engine::worker::Work;
use crate::sys::{Change, lock};
use crate::wire::{
    BlockSums, Item, ItemFlags, Message, Ndx, NdxMemory, Protocol, write_sum_head,
    write_xattr_requests,
};

/// Files that may be asked for at a time.
const WINDOW: usize = 4096;
/// How many may be left when workers that waited for room go on.
const ROOMY: usize = WINDOW / 8 * 7;
/// Bytes that may wait to be written before workers wait.
const UNWRITTEN: usize = 4 << 20;
/// The session is over: nothing can be asked any more.
#[derive(Debug)]
pub(in crate::engine) struct Over;

/// All requests of a session.
pub(in crate::engine) struct Requests {
    protocol: Protocol,
    state: Mutex<State>,
    /// There is something to write, or nothing ever will be.
    said: Change,
    /// There is room for requests, a value came, lists are through, or it is over.
    changed: Change,
}

struct State {
    /// How long the sender may hear nothing.
    patience: Option<Duration>,
    memory: NdxMemory,
    /// In boxes: the table has room for many more than there are.
    pending: HashMap<u32, Box<Pending>>,
    values: Values,
    unwritten: Queue,
    /// Requests among that.
    fresh: usize,
    /// Bytes that the writing thread waits for; none are enough while it writes.
    awaited: usize,
    /// Bytes of requests that wait for their turn.
    held: usize,
    /// Lists that were not said to be through, the oldest first: whether they are.
    lists: VecDeque<bool>,
    /// How many lists were before those.
    gone: usize,
    /// Whether all lists came.
    lists_over: bool,
    /// Whether all first requests were answered.
    answered: bool,
    lookahead: Lookahead,
    /// Files whose sources may go, once the switch is made (`--remove-source-files`).
    may_go: Vec<(u32, PathBuf)>,
    ended: bool,
    /// The code of the error that ended it.
    failed: Option<u8>,
}

impl State {
    /// Puts something behind what waits to be written.
    fn say(&mut self, what: impl FnOnce(&mut NdxMemory, &mut Vec<u8>) -> crate::wire::Result<()>) {
        let State {
            memory, unwritten, ..
        } = self;
        unwritten.push(|to| {
            let said = what(memory, to);
            debug_assert!(said.is_ok(), "a vector takes all that has a code");
        });
    }

    /// Says that a list or a phase is through.
    fn say_done(&mut self) {
        self.lookahead.said(self.pending.is_empty());
        self.say(|memory, to| memory.write(Ndx::Done, to));
    }

    fn is_full(&self) -> bool {
        self.pending.len() >= WINDOW || self.unwritten.len() > UNWRITTEN
    }
}

impl Requests {
    /// No requests yet; the sender waits for a word no longer than `timeout`.
    pub(in crate::engine) fn new(protocol: Protocol, timeout: Option<Duration>) -> Requests {
        Requests {
            protocol,
            state: Mutex::new(State {
                patience: timeout.map(|timeout| timeout / 2),
                memory: NdxMemory::new(protocol),
                pending: HashMap::new(),
                values: Values::default(),
                unwritten: Queue::default(),
                fresh: 0,
                awaited: usize::MAX,
                held: 0,
                lists: VecDeque::new(),
                gone: 0,
                lists_over: false,
                answered: false,
                lookahead: Lookahead::default(),
                may_go: Vec::new(),
                ended: false,
                failed: None,
            }),
            said: Change::default(),
            changed: Change::default(),
        }
    }

    /// Asks for a file, when its turn comes.
    pub(in crate::engine) fn ask(
        &self,
        ndx: u32,
        pending: Pending,
        sums: &BlockSums,
    ) -> Result<(), Over> {
        let state = self.wait_for_room();
        self.put(state, ndx, pending, (&Item::default(), sums))
    }

    fn wait_for_room(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        while !state.ended && state.is_full() {
            state = self.changed.wait(state);
        }
        state
    }

    /// Whether so much is asked for that whoever is not the first in order has to wait.
    pub(in crate::engine) fn are_crowded(&self) -> bool {
        let state = lock(&self.state);
        state.is_full() || state.held > UNWRITTEN
    }

    /// Waits until more can be asked for at once; false if nothing can any more.
    pub(in crate::engine) fn make_room(&self) -> bool {
        !self.wait_for_room().ended
    }

    /// Takes a request that is asked when its turn among the events comes, as `item` has it.
    pub(in crate::engine) fn hold(
        self: &Arc<Self>,
        ndx: u32,
        pending: Pending,
        item: Item,
        sums: BlockSums,
    ) -> Due {
        let len = sums.strong.len() + size_of_val(&sums.weak[..]);
        lock(&self.state).held += len;
        let requests = Arc::clone(self);
        Due::new(move || {
            let mut state = lock(&requests.state);
            state.held -= len;
            // That the session is over shows elsewhere.
            let _ = requests.put(state, ndx, pending, (&item, &sums));
        })
    }

    /// Asks for a file once more, at once; a client is told of `item`.
    pub(in crate::engine) fn ask_again(
        &self,
        ndx: u32,
        pending: Pending,
        item: &Item,
        sums: &BlockSums,
    ) -> Result<(), Over> {
        self.put(lock(&self.state), ndx, pending, (item, sums))
    }

    fn put(
        &self,
        mut state: MutexGuard<'_, State>,
        ndx: u32,
        pending: Pending,
        (item, sums): (&Item, &BlockSums),
    ) -> Result<(), Over> {
        if state.ended {
            // What falls due with the request needs the state.
            drop(state);
            if let Some(waiter) = &pending.waiter {
                waiter.tell(Outcome::default());
            }
            return Err(Over);
        }
        let told = pending.basis.told();
        let sides = pending.leaf.sides.as_deref();
        let numbers = sides.map_or_else(Vec::new, |sides| state.values.ask(ndx, sides.wanted()));
        state.say(|memory, to| {
            memory.write(Ndx::Entry(ndx), to)?;
            let flags = match numbers.is_empty() {
                true => item.flags,
                false => ItemFlags::from_bits(item.flags.bits() | ItemFlags::REPORT_XATTR.bits()),
            };
            // An item that tells of them asks for none as well.
            let lists_values = flags.contains(ItemFlags::REPORT_XATTR);
            Item {
                flags: Item::transfer(flags).flags,
                basis: told.clone().map_or_else(Default::default, |told| told.0),
                xname: told.map(|told| told.1),
            }
            .write(self.protocol, to)?;
            if lists_values {
                write_xattr_requests(&numbers, to)?;
            }
            write_sum_head(pending.shape, to)?;
            sums.write(to)
        });
        state.fresh += 1;
        state.pending.insert(ndx, Box::new(pending));
        self.call_writer(&state);
        Ok(())
    }

    /// The answer to a request comes, or is refused; `None` if nobody asked.
    pub(in crate::engine) fn answered(&self, ndx: u32) -> Option<Box<Pending>> {
        let mut state = lock(&self.state);
        let pending = state.pending.remove(&ndx);
        if state.pending.len() <= ROOMY {
            self.changed.tell();
        }
        pending
    }

    /// The sender has answered all first requests: what it left out, it has not.
    pub(in crate::engine) fn phase_over(&self, frontier: &Frontier<'_, Work>) {
        let mut state = lock(&self.state);
        state.answered = true;
        let left: Vec<u32> = state
            .pending
            .iter()
            .filter(|(_, pending)| !pending.again)
            .map(|(ndx, _)| *ndx)
            .collect();
        let left: Vec<Box<Pending>> = left
            .iter()
            .filter_map(|ndx| state.pending.remove(ndx))
            .collect();
        drop(state);
        left.into_iter().for_each(|pending| pending.leave(frontier));
    }

    /// The sender says that it does not send a file.
    pub(in crate::engine) fn refused(&self, ndx: u32, frontier: &Frontier<'_, Work>) {
        lock(&self.state).values.give_up(ndx);
        if let Some(pending) = self.answered(ndx) {
            pending.leave(frontier);
        }
    }

    /// A file is there under this path, or will be with the switch: its source may go then.
    pub(in crate::engine) fn may_go(&self, ndx: u32, path: PathBuf) {
        lock(&self.state).may_go.push((ndx, path));
    }

    /// The sources of these files stay; which they are.
    pub(in crate::engine) fn hold_back(&self, stays: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let mut state = lock(&self.state);
        let held = state.may_go.extract_if(.., |(_, path)| stays(path));
        held.map(|(_, path)| path).collect()
    }

    /// The switch is made: tells the sender which files may go.
    pub(in crate::engine) fn let_go(&self) {
        let mut state = lock(&self.state);
        for (ndx, _) in std::mem::take(&mut state.may_go) {
            state.unwritten.push_message(Message::Success(ndx));
        }
        self.call_writer(&state);
    }

    /// Nothing more is asked, and no answer comes.
    /// With the code of an error, the sender is told that first.
    pub(in crate::engine) fn end(&self, failed: Option<u8>) {
        let mut state = lock(&self.state);
        state.ended = true;
        if state.failed.is_none() {
            state.failed = failed;
        }
        let pending = std::mem::take(&mut state.pending);
        drop(state);
        self.said.tell();
        self.changed.tell();
        for waiter in pending
            .values()
            .filter_map(|pending| pending.waiter.as_ref())
        {
            waiter.tell(Outcome::default());
        }
    }
}
