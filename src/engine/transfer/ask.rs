//! Asking a sender at the other end for a file.

use std::fs::File;
use std::io;
use std::sync::Arc;

use crate::delta::{Shape, Signature};
use crate::engine::error::Error;
use crate::engine::event::{Action, Changes, Event};
use crate::engine::leaf::Leaf;
use crate::engine::node::Node;
use crate::engine::options::Writing;
use crate::engine::order::rest_key;
use crate::engine::remote::{Basis, Far, Pending, Waiter, told};
use crate::engine::target::{Fault, Target};
use crate::engine::worker::Worker;
use crate::stage::Salvage;
use crate::sys::sparse;
use crate::wire::{BlockSums, block_limit};

use super::Moved;

/// A request that is ready to go, or none because it is not needed.
pub(in crate::engine) enum Ready {
    /// An earlier run left the whole file.
    Salvaged(Moved),
    /// What blocks are taken from, how that is cut, and the sums.
    Request(Basis, Shape, BlockSums),
}

impl Worker<'_> {
    /// Asks for a file; true if the destination has it, or will have it as far as can be known.
    pub(super) fn ask(
        &mut self,
        far: Far<'_>,
        target: &dyn Target,
        node: &Arc<Node>,
        leaf: &Leaf,
        changes: Changes,
    ) -> Result<bool, Error> {
        let Some((ndx, ahead)) = index(node, leaf) else {
            return Ok(false);
        };
        // What comes first in order is asked for first.
        if !self.wait_for_client() {
            return Err(Error::Interrupted);
        }
        let (basis, shape, sums) = match self.ready(far, target, node, leaf, false) {
            Ok(Ready::Salvaged(moved)) => {
                match far.is_told {
                    // It would send what is here already.
                    true => self.item(
                        Some(ndx),
                        &leaf.path,
                        &leaf.stat,
                        Action::Create,
                        changes,
                        None,
                    ),
                    false => self.tell_transfer(node, leaf, changes),
                }
                self.count(leaf, moved);
                self.tell_arrival(node, leaf, changes, moved);
                self.has_come(far, ndx, node, leaf);
                return Ok(true);
            }
            Ok(Ready::Request(basis, shape, sums)) => (basis, shape, sums),
            Err(fault) => {
                self.settle("write", &self.run.dest_path(&leaf.path), fault)?;
                return Ok(false);
            }
        };
        let mut pending = Pending {
            key: self.key.clone(),
            node: Arc::clone(node),
            leaf: leaf.clone(),
            changes,
            basis,
            shape,
            ahead,
            again: false,
            turn: self.turn.clone(),
            waiter: None,
        };
        // Other names become links to it once it is there.
        let leads = self.run.links.as_ref();
        if leads.is_some_and(|links| links.turn(&leaf.stat).is_some()) {
            let waiter: Arc<Waiter> = Arc::default();
            pending.waiter = Some(waiter.awaits());
            if far.is_told {
                self.ask_in_turn(far, ndx, pending, sums);
            } else if far.requests.ask(ndx, pending, &sums).is_err() {
                return Err(Error::Interrupted);
            }
            let mut outcome = waiter.wait();
            self.events.append(&mut outcome.events);
            return Ok(outcome.arrived);
        }
        node.hold();
        let rest = rest_key(&self.whole, self.parts);
        self.parts += 1;
        if far.is_told {
            self.run.frontier.part_aside();
            pending.key = rest;
            self.ask_in_turn(far, ndx, pending, sums);
            return Ok(true);
        }
        self.run
            .frontier
            .part(&self.key, rest.clone(), &mut self.events);
        self.key = rest;
        match far.requests.ask(ndx, pending, &sums) {
            Ok(()) => Ok(true),
            Err(_) => Err(Error::Interrupted),
        }
    }

    /// Asks a client for a file when its turn among all that it is told comes.
    fn ask_in_turn(&mut self, far: Far<'_>, ndx: u32, pending: Pending, sums: BlockSums) {
        let (leaf, changes) = (&pending.leaf, pending.changes);
        if self.run.wants.records {
            let line = self.line(&leaf.path, &leaf.stat, Action::Transfer, changes, None);
            far.records.keep(ndx, line);
        }
        let item = told::item(leaf.stat.kind, &Action::Transfer, changes);
        let due = far.requests.hold(ndx, pending, item, sums);
        self.tell(Event::Due(due));
        self.run.frontier.tell(&self.key, &mut self.events);
    }

    /// A file is in place: its source may go, if that is wished for.
    pub(in crate::engine) fn has_come(&self, far: Far<'_>, ndx: u32, node: &Node, leaf: &Leaf) {
        if self.run.options.remove_source.is_some() {
            far.requests
                .may_go(ndx, node.target_child(&leaf.target_name));
        }
    }

    /// Finds what is there of a file and sums it.
    pub(in crate::engine) fn ready(
        &mut self,
        far: Far<'_>,
        target: &dyn Target,
        node: &Arc<Node>,
        leaf: &Leaf,
        again: bool,
    ) -> Result<Ready, Fault> {
        let place = self.place(node)?;
        let left = match self.salvage(target, node, &place, leaf)? {
            Salvage::Whole => {
                let sides = leaf.sides.as_deref();
                self.ask_values(sides, || index(node, leaf).map(|(ndx, _)| ndx))?;
                self.await_values(sides, &leaf.path)?;
                return self
                    .take_whole(target, node, &place, leaf)
                    .map(Ready::Salvaged);
            }
            Salvage::Half(file) => Some(file),
            Salvage::None => self.leftover(node, leaf),
        };
        let none = Ready::Request(Basis::Nothing, Shape::default(), BlockSums::default());
        if self.run.options.whole_file {
            return Ok(none);
        }
        // Only the file that stands there itself can be written on behind what it has.
        let appends = !again && matches!(self.run.options.content.writing, Writing::Append { .. });
        let basis = match left {
            _ if appends && leaf.same_kind().is_some() => Basis::Live,
            _ if appends => return Ok(none),
            Some(file) => Basis::Left(file),
            None if leaf.same_kind().is_some() => Basis::Live,
            None if leaf.basis.is_some() => Basis::Alternate,
            // One that did not do is not tried again.
            None => match self.alike(node, leaf).filter(|_| !again) {
                Some(alike) => Basis::Alike(alike),
                None => Basis::Nothing,
            },
        };
        // One that cannot be read is as good as none.
        let is_device = self.run.options.content.write_devices;
        let sum = |file: &File| -> io::Result<(Shape, BlockSums)> {
            let len = match file.metadata()? {
                stat if is_device && !stat.is_file() => sparse::device_size(file),
                stat => stat.len(),
            };
            let digest_len = far.sums.digest_len();
            let limit = block_limit(far.dialect.protocol);
            let block_len = self.run.options.content.block_len;
            let shape = Shape::with_block_len(len, limit, block_len, digest_len);
            let shape = match again {
                true => shape.full_strength(digest_len),
                false => shape,
            };
            // What is behind the basis comes; nothing of it is looked for.
            if appends {
                return Ok((shape, BlockSums::default()));
            }
            let signature = Signature::of(file, shape, far.sums.block_sum())?;
            Ok((shape, signature.into()))
        };
        let opened = basis.open(node, leaf);
        let summed =
            opened.and_then(|file| file.map_or(Ok(None), |file| sum(file.get()).map(Some)));
        match summed {
            Ok(Some((shape, sums))) if shape.count() > 0 => Ok(Ready::Request(basis, shape, sums)),
            _ => Ok(none),
        }
    }
}

/// The index of a file in the lists, and how many entries are ahead of it.
pub(in crate::engine) fn index(node: &Node, leaf: &Leaf) -> Option<(u32, u64)> {
    let listed = node.sources.first()?.seat.there()?;
    listed.index(&leaf.name)
}
