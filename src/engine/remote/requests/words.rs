//! What the sender is told, and the thread that writes it.

use std::io::{self, Write};
use std::sync::MutexGuard;
use std::time::Duration;

use super::{Requests, State};
use crate::engine::extended::Wanted;
use crate::engine::remote::peer::say_failed;
use crate::engine::remote::queue::Said;
use crate::sys::lock;
use crate::wire::{DeletionStats, Item, Message, Mux, Ndx, NdxMemory, write_xattr_requests};

/// A sender that has so many files to send can do without more for a moment, in which requests are gathered: what
/// is written one by one, a remote shell carries in a packet each.
const PLENTY: usize = 64;
/// Bytes that are worth a write of their own.
const ENOUGH: usize = 4 << 10;
/// How long requests are gathered.
const MOMENT: Duration = Duration::from_millis(1);

impl State {
    /// Whether the sender has enough to do.
    fn is_busy(&self) -> bool {
        self.pending.len() >= self.fresh + PLENTY
    }
}

impl Requests {
    /// Says that a list or a phase is through.
    pub(in crate::engine) fn done(&self) {
        let mut state = lock(&self.state);
        state.say_done();
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

    pub(super) fn say(
        &self,
        what: impl FnOnce(&mut NdxMemory, &mut Vec<u8>) -> crate::wire::Result<()>,
    ) {
        let mut state = lock(&self.state);
        state.say(what);
        self.call_writer(&state);
    }

    pub(super) fn call_writer(&self, state: &State) {
        if state.unwritten.len() >= state.awaited {
            self.said.tell();
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
                say_failed(to, self.protocol, code);
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
    use crate::wire::Protocol;

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
