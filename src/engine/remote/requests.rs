//! What is asked of a sender at the other end, and what still waits for its answer.
//!
//! Workers ask and go on; a thread of its own writes, because the sender may stop reading while nobody reads what it
//! writes. Workers wait while too much is asked or unwritten; whoever reads the answers never does.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::pending::{Outcome, Pending};
use super::queue::{Queue, Said};
use super::values::Values;
use crate::engine::event::Due;
use crate::engine::extended::Wanted;
use crate::engine::order::Frontier;
use crate::engine::sources::Turn;
use crate::engine::worker::Work;
use crate::sys::{Change, lock};
use crate::wire::{
    BlockSums, DeletionStats, Item, ItemFlags, Message, Mux, Ndx, NdxMemory, Protocol,
    write_sum_head, write_xattr_requests,
};

/// Files that may be asked for at a time.
const WINDOW: usize = 4096;
/// How many may be left when workers that waited for room go on.
const ROOMY: usize = WINDOW / 8 * 7;
/// Bytes that may wait to be written before workers wait.
const UNWRITTEN: usize = 4 << 20;
/// A sender that has so many files to send can do without more for a moment, in which requests are gathered: what
/// is written one by one, a remote shell carries in a packet each.
const PLENTY: usize = 64;
/// Bytes that are worth a write of their own.
const ENOUGH: usize = 4 << 10;
/// How long requests are gathered.
const MOMENT: Duration = Duration::from_millis(1);

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
    /// Files whose sources may go, once the switch is made (`--remove-source-files`).
    may_go: Vec<u32>,
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

    /// Whether the sender has enough to do.
    fn is_busy(&self) -> bool {
        self.pending.len() >= self.fresh + PLENTY
    }

    fn is_full(&self) -> bool {
        self.pending.len() >= WINDOW || self.unwritten.len() > UNWRITTEN
    }
}

/// A list that is dealt with; when all let go of it, that is said.
struct ListTurn {
    requests: Arc<Requests>,
    number: usize,
}

impl Drop for ListTurn {
    fn drop(&mut self) {
        self.requests.list_through(self.number);
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

    /// Asks for a file once more, at once.
    pub(in crate::engine) fn ask_again(
        &self,
        ndx: u32,
        pending: Pending,
        sums: &BlockSums,
    ) -> Result<(), Over> {
        self.put(lock(&self.state), ndx, pending, (&Item::default(), sums))
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

    /// Asks for values of an entry's extended attributes, as far as nobody did.
    pub(in crate::engine) fn ask_values(&self, ndx: u32, wanted: &[Wanted]) -> Result<(), Over> {
        let mut state = lock(&self.state);
        while !state.ended && state.unwritten.len() > UNWRITTEN {
            state = self.changed.wait(state);
        }
        if state.ended {
            return Err(Over);
        }
        let numbers = state.values.ask(ndx, wanted.to_vec());
        if !numbers.is_empty() {
            state.say(|memory, to| {
                memory.write(Ndx::Entry(ndx), to)?;
                Item {
                    flags: ItemFlags::REPORT_XATTR,
                    ..Item::default()
                }
                .write(self.protocol, to)?;
                write_xattr_requests(&numbers, to)
            });
            self.call_writer(&state);
        }
        Ok(())
    }

    /// Waits until it is known what becomes of values that were asked for.
    pub(in crate::engine) fn await_values(&self, wanted: &[Wanted]) -> Result<(), Over> {
        let mut state = lock(&self.state);
        while !wanted.iter().all(|wanted| wanted.value.is_settled()) {
            if state.ended {
                return Err(Over);
            }
            state = self.changed.wait(state);
        }
        Ok(())
    }

    /// Values came that were asked for.
    ///
    /// # Errors
    /// They were not, or are more than is held.
    pub(in crate::engine) fn values_came(
        &self,
        ndx: u32,
        came: Vec<(u32, Vec<u8>)>,
    ) -> crate::wire::Result<()> {
        let settled = lock(&self.state).values.came(ndx, came);
        self.changed.tell();
        settled
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

    /// A list arrived: it is said to be through when all let go of what this gives, and those before it are.
    pub(in crate::engine) fn list_arrived(self: &Arc<Self>) -> Arc<Turn> {
        let mut state = lock(&self.state);
        state.lists.push_back(false);
        Arc::new(ListTurn {
            requests: Arc::clone(self),
            number: state.gone + state.lists.len() - 1,
        })
    }

    fn list_through(&self, number: usize) {
        let mut state = lock(&self.state);
        let at = number - state.gone;
        if let Some(through) = state.lists.get_mut(at) {
            *through = true;
        }
        while state.lists.front() == Some(&true) {
            state.lists.pop_front();
            state.gone += 1;
            state.say(|memory, to| memory.write(Ndx::Done, to));
        }
        self.call_writer(&state);
        if state.lists.is_empty() {
            self.changed.tell();
        }
    }

    /// No list will come any more.
    pub(in crate::engine) fn lists_over(&self) {
        lock(&self.state).lists_over = true;
        self.changed.tell();
    }

    /// Waits until all lists came and are through; false if they never will.
    pub(in crate::engine) fn wait_for_lists(&self) -> bool {
        let mut state = lock(&self.state);
        while !(state.ended || state.lists_over && state.lists.is_empty()) {
            state = self.changed.wait(state);
        }
        !state.ended
    }

    /// The sender has answered all first requests: what it left out, it has not.
    pub(in crate::engine) fn phase_over(&self, frontier: &Frontier<'_, Work>) {
        let mut state = lock(&self.state);
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

    /// Says that a list or a phase is through.
    pub(in crate::engine) fn done(&self) {
        self.say(|memory, to| memory.write(Ndx::Done, to));
    }

    /// A file is there, or will be with the switch: its source may go then.
    pub(in crate::engine) fn may_go(&self, ndx: u32) {
        lock(&self.state).may_go.push(ndx);
    }

    /// The switch is made: tells the sender which files may go.
    pub(in crate::engine) fn let_go(&self) {
        let mut state = lock(&self.state);
        for ndx in std::mem::take(&mut state.may_go) {
            state.unwritten.push_message(Message::Success(ndx));
        }
        self.call_writer(&state);
    }

    /// Says something beside the data; false if nobody is there to hear it any more.
    pub(in crate::engine) fn tell(&self, message: Message) -> bool {
        let mut state = lock(&self.state);
        if !state.ended {
            state.unwritten.push_message(message);
            self.call_writer(&state);
        }
        !state.ended
    }

    /// Tells a client what was done of an entry, and asks for values of its extended attributes as far as nobody did, if
    /// it has any; none where it is known that none can be asked for.
    pub(in crate::engine) fn report(&self, ndx: u32, item: &Item, wanted: Option<Vec<Wanted>>) {
        let mut state = lock(&self.state);
        let numbers = wanted.map(|wanted| state.values.ask(ndx, wanted));
        state.say(|memory, to| {
            memory.write(Ndx::Entry(ndx), to)?;
            item.write(self.protocol, to)?;
            match &numbers {
                Some(numbers) => write_xattr_requests(numbers, to),
                None => Ok(()),
            }
        });
        self.call_writer(&state);
    }

    /// Tells what was deleted.
    pub(in crate::engine) fn deleted(&self, stats: DeletionStats) {
        self.say(|memory, to| {
            memory.write(Ndx::DelStats, to)?;
            stats.write(to)
        });
    }

    fn say(&self, what: impl FnOnce(&mut NdxMemory, &mut Vec<u8>) -> crate::wire::Result<()>) {
        let mut state = lock(&self.state);
        state.say(what);
        self.call_writer(&state);
    }

    fn call_writer(&self, state: &State) {
        if state.unwritten.len() >= state.awaited {
            self.said.tell();
        }
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

    /// Never lets the sender wait longer than it says (a daemon's `timeout`).
    pub(in crate::engine) fn speak_within(&self, timeout: Duration) {
        let mut state = lock(&self.state);
        let patience = timeout / 2;
        state.patience = Some(state.patience.map_or(patience, |now| now.min(patience)));
        drop(state);
        self.said.tell();
    }

    /// Waits until there is something to write, or the end; true if there was nothing for so long that the sender has
    /// to hear something.
    fn wait_for_words(&self) -> (MutexGuard<'_, State>, bool) {
        let mut state = lock(&self.state);
        let mut is_idle = false;
        state.awaited = 1;
        while state.unwritten.is_empty() && !state.ended && !is_idle {
            let patience = state.patience;
            (state, is_idle) = self.said.wait_within(state, patience);
        }
        if state.is_busy() && state.unwritten.len() < ENOUGH && !state.ended {
            state.awaited = ENOUGH;
            state = self.said.wait_within(state, Some(MOMENT)).0;
        }
        state.awaited = usize::MAX;
        (state, is_idle)
    }

    /// Writes what is asked until the end.
    ///
    /// # Errors
    /// What the stream reports.
    pub(in crate::engine) fn write_out<W: Write>(&self, to: &mut Mux<W>) -> io::Result<()> {
        loop {
            let (mut state, is_idle) = self.wait_for_words();
            if is_idle {
                drop(state);
                to.keep_alive().map_err(io::Error::other)?;
                continue;
            }
            let ready = std::mem::take(&mut state.unwritten).into_parts();
            let (is_over, failed) = (ready.is_empty(), state.failed);
            state.fresh = 0;
            drop(state);
            // What was unwritten kept workers waiting, if it was very much.
            self.changed.tell();
            for said in ready {
                match said {
                    Said::Data(_) if failed.is_some() => {}
                    Said::Data(data) => to.write_all(&data)?,
                    Said::Message(message) => to.message(&message).map_err(io::Error::other)?,
                }
            }
            if let Some(code) = failed {
                super::peer::say_failed(to, self.protocol, code);
                return Ok(());
            }
            if is_over {
                return Ok(());
            }
            to.flush()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    /// A daemon that would leave after some silence hears something before.
    #[test]
    fn a_limit_for_silence_is_kept() {
        let requests = Requests::new(Protocol::NEWEST, None);
        let (mut heard, to) = io::pipe().expect("a pipe");
        let mut to = Mux::new(to);
        to.set_framed(true);
        std::thread::scope(|scope| {
            scope.spawn(|| requests.write_out(&mut to).expect("room"));
            requests.speak_within(Duration::from_millis(40));
            std::thread::sleep(Duration::from_millis(400));
            requests.end(None);
        });
        drop(to);
        let mut said = Vec::new();
        heard.read_to_end(&mut said).expect("the end");
        assert!(said.starts_with(&[0, 0, 0, 7]), "{said:?}");
    }
}
