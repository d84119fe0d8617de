//! A file that was asked for arrives.

use std::io;
use std::sync::Arc;

use super::fill::PROGRESS_STEP;
use super::{Birth, Moved};
use crate::delta::{Checksum, Digest};
use crate::engine::detail::About;
use crate::engine::error::Error;
use crate::engine::event::{Action, Event, Severity};
use crate::engine::leaf::Leaf;
use crate::engine::options::Writing;
use crate::engine::remote::{Arrival, Bed, Far, Incoming, Manner, Pending, Unfit, told};
use crate::engine::run::Run;
use crate::engine::target::{Fault, Target};
use crate::engine::transfer::ask::Ready;
use crate::engine::worker::Worker;
use crate::sys::signal;
use crate::sys::sparse::{self, Ground};
use crate::wire::Item;

/// What became of a file.
pub(super) enum Fate {
    Arrived,
    Failed,
    /// It has to come once more.
    Again,
}

impl Worker<'_> {
    /// Takes in the answer to a request.
    ///
    /// # Errors
    /// What ends the run: a peer that says what it may not, a destination without room.
    pub(in crate::engine) fn arrive(
        &mut self,
        far: Far<'_>,
        ndx: u32,
        pending: Pending,
        incoming: Incoming<'_>,
    ) -> Result<(), Error> {
        let Some(target) = self.run.target else {
            return Ok(());
        };
        self.key = pending.key.clone();
        self.about = About::default();
        if self.run.options.compare.checksum
            && let Some(listed) = pending.node.sources.first().and_then(|o| o.seat.there())
        {
            self.sum_told(listed.checksum(&pending.leaf.name));
        }
        self.passed = Some(pending.ahead + 1);
        match self.take_in(far, target, &pending, incoming)? {
            Fate::Again => self.ask_again(far, target, ndx, pending),
            fate => {
                let arrived = matches!(fate, Fate::Arrived);
                if arrived {
                    self.has_come(far, ndx, &pending.node, &pending.leaf);
                }
                self.settle_pending(pending, arrived)
            }
        }
    }

    /// The sender has nothing to send.
    pub(in crate::engine) fn unsent(&mut self, pending: Pending) -> Result<(), Error> {
        let node = Arc::clone(&pending.node);
        drop(pending);
        self.release(&node)
    }

    fn take_in(
        &mut self,
        far: Far<'_>,
        target: &dyn Target,
        pending: &Pending,
        incoming: Incoming<'_>,
    ) -> Result<Fate, Error> {
        let Pending {
            node,
            leaf,
            changes,
            ..
        } = pending;
        let name = &leaf.target_name[..];
        let path = self.run.dest_path(&leaf.path);
        if !pending.again {
            // A client was told when it was asked.
            if !far.is_told {
                self.tell_transfer(node, leaf, *changes);
            }
            self.back_up(node, name, leaf.live.as_ref())?;
        }
        if self.run.wants.progress {
            self.tell(Event::FileStarted {
                path: leaf.path.clone(),
                size: leaf.stat.size,
            });
            self.run.frontier.tell_at_once(&self.key, &mut self.events);
        }
        if let Some(sides) = &leaf.sides {
            self.tell_missing(sides, &leaf.path);
        }
        let in_place = self.run.options.content.writing != Writing::Anew;
        if let Some(live) = leaf.same_kind().filter(|_| in_place) {
            return self.take_over(far, pending, incoming, live);
        }
        let made = self.place(node).and_then(|place| {
            let change = self.attributes_of_new(leaf, &place);
            // In place, a file that is not whole yet is its owner's alone.
            let inherits = place.inherited().is_some();
            let birth = Birth::of(&change, node.gives_group, inherits || in_place);
            let new = target.new_file(&place, name, birth.mode, leaf.live.as_ref())?;
            Ok((place, change, birth, new))
        });
        let (place, change, birth, new) = match made {
            Ok(made) => made,
            Err(fault) => {
                incoming.pass_over()?;
                self.settle("open", &path, fault)?;
                return Ok(Fate::Failed);
            }
        };
        let content = &self.run.options.content;
        let reserved =
            content.preallocate && sparse::reserve(&new.file, leaf.stat.size).unwrap_or(false);
        let basis = pending.basis.open(node, leaf).ok().flatten();
        let mut progress = progress_of(self.run, self.passed, leaf);
        let came = incoming.fill(Bed {
            to: Some(&new.file),
            len: leaf.stat.size,
            basis: basis.as_ref().map(|basis| basis.get()),
            manner: Manner::New,
            sparse: content.sparse,
            ground: if reserved {
                Ground::Reserved
            } else {
                Ground::Empty
            },
            progress: &mut progress,
        });
        let unfit = match came {
            Ok(Ok((moved, digest))) => {
                let finished =
                    self.complete((node, &place, leaf), target, new, (&change, &birth), moved);
                if let Err(fault) = finished {
                    self.settle("write", &path, fault)?;
                    return Ok(Fate::Failed);
                }
                self.tell_sum(far, &digest);
                self.catalogue_sum(node, &leaf.name, &digest);
                self.count(leaf, moved);
                self.tell_arrival(node, leaf, *changes, moved);
                return Ok(Fate::Arrived);
            }
            Ok(Err(unfit)) => Ok(unfit),
            Err(e) => Err(e),
        };
        let (wrong, broken) = (
            io::ErrorKind::InvalidData.into(),
            io::ErrorKind::ConnectionAborted.into(),
        );
        let why = match &unfit {
            Ok(Unfit::Unwritten(e)) => e,
            Ok(Unfit::Wrong(_)) => &wrong,
            Err(_) => &broken,
        };
        let (old, left) = (leaf.live.as_ref(), birth.left(&change));
        target.abandon(&place, name, new, old, &left, why);
        match unfit {
            Err(e) => Err(e.into()),
            Ok(Unfit::Wrong(moved)) => Ok(self.wrong(pending, moved, "discarded")),
            Ok(Unfit::Unwritten(_)) if signal::stop_requested() => Err(Error::Interrupted),
            Ok(Unfit::Unwritten(e)) => {
                self.settle("write", &path, Fault::Entry(e))?;
                Ok(Fate::Failed)
            }
        }
    }

    /// What the sender summed, where it is told and not known already.
    pub(super) fn tell_sum(&mut self, far: Far<'_>, digest: &Digest) {
        if self.run.wants.checksum && !self.run.options.compare.checksum {
            let checksum = far.dialect.checksums.transfer;
            self.about.checksum = (checksum != Checksum::None).then(|| checksum.hex(digest));
        }
    }

    /// The content does not agree with its checksum; `fate` says what becomes of it.
    pub(super) fn wrong(&mut self, pending: &Pending, moved: Moved, fate: &str) -> Fate {
        // As rsync: it came all the same.
        let tally = &self.run.tally;
        tally.transferred(pending.leaf.stat.size, moved.literal, moved.matched);
        let path = crate::tree::shown(&pending.leaf.path);
        let discarded = format!("{path} failed verification -- update {fate}");
        let (text, fate) = match pending.again {
            false => (
                format!("WARNING: {discarded} (will try again)."),
                Fate::Again,
            ),
            true => {
                self.run.tally.set_partial();
                (format!("ERROR: {discarded}."), Fate::Failed)
            }
        };
        if pending.again || self.run.wants.repeats {
            let severity = Severity::Plain;
            self.tell(Event::Message { severity, text });
        }
        fate
    }

    fn ask_again(
        &mut self,
        far: Far<'_>,
        target: &dyn Target,
        ndx: u32,
        pending: Pending,
    ) -> Result<(), Error> {
        match self.ready(far, target, &pending.node, &pending.leaf, true) {
            Ok(Ready::Request(basis, shape, sums)) => {
                self.run.frontier.tell_at_once(&self.key, &mut self.events);
                let pending = Pending {
                    basis,
                    shape,
                    again: true,
                    ..pending
                };
                let item = self.item_of_mended(far, &pending);
                let asked = far.requests.ask_again(ndx, pending, &item, &sums);
                asked.map_err(|_| Error::Interrupted)
            }
            Ok(Ready::Salvaged(_)) => {
                self.has_come(far, ndx, &pending.node, &pending.leaf);
                self.settle_pending(pending, true)
            }
            Err(fault) => {
                self.settle("write", &self.run.dest_path(&pending.leaf.path), fault)?;
                self.settle_pending(pending, false)
            }
        }
    }

    /// What a client is told of a file that it sends again, where something was written into the one that is there.
    fn item_of_mended(&self, far: Far<'_>, pending: &Pending) -> Item {
        let Pending { node, leaf, .. } = pending;
        let in_place = self.run.options.content.writing != Writing::Anew;
        let live = node.live.as_ref().filter(|_| far.is_told && in_place);
        match live.map(|live| live.stat(&leaf.target_name)) {
            Some(Ok(now)) => {
                let changes = self.changes_of_mended(leaf, &now);
                told::item(leaf.stat.kind, &Action::Transfer, changes)
            }
            _ => Item::default(),
        }
    }

    /// Nothing more comes of a request.
    fn settle_pending(&mut self, pending: Pending, arrived: bool) -> Result<(), Error> {
        if let Some(waiter) = &pending.waiter {
            let events = std::mem::take(&mut self.events);
            waiter.tell(Arrival { arrived, events });
            return Ok(());
        }
        let node = Arc::clone(&pending.node);
        let key = pending.key.clone();
        drop(pending);
        let released = self.release(&node);
        self.run.frontier.part_done(&key, &mut self.events);
        released
    }
}

/// Tells how much of a file is there, as it is written.
pub(super) fn progress_of<'p>(
    run: &'p Run<'_>,
    passed: Option<u64>,
    leaf: &'p Leaf,
) -> impl FnMut(u64) {
    let mut told = 0;
    move |done| {
        if run.wants.progress && done - told >= PROGRESS_STEP {
            told = done;
            run.frontier.tell_now(Event::FileProgress {
                path: leaf.path.clone(),
                done,
                size: leaf.stat.size,
                position: run.position(passed),
            });
        }
    }
}
