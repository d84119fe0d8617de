//! A session with a sender from its first list to its end, beside the work of a run.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::answers::{Answers, Reached};
use super::{Far, Point};
use crate::engine::error::Error;
use crate::engine::event::Outcome;
use crate::engine::order::Frontier;
use crate::engine::run::Run;
use crate::engine::sources::Arrivals;
use crate::engine::worker::Work;
use crate::engine::workforce::{caught, start};
use crate::sys::lock;
use crate::wire::{DeletionStats, Message, Mux, Protocol, goodbyes_of_generator};

/// A session beyond its first list.
pub(in crate::engine) struct Peer<'p> {
    pub far: Far<'p>,
    pub frontier: &'p Frontier<'p, Work>,
    pub answers: Mutex<Option<Answers<'p>>>,
    pub to: Mutex<Option<Mux<Box<dyn Write + Send>>>>,
    pub arrivals: Arc<Arrivals>,
}

impl<'p> Peer<'p> {
    pub(in crate::engine) fn far(&self) -> Far<'p> {
        self.far
    }

    /// Whether lists come directory by directory.
    pub(in crate::engine) fn is_incremental(&self) -> bool {
        self.far.dialect.incremental()
    }

    pub(in crate::engine) fn frontier(&self) -> &'p Frontier<'p, Work> {
        self.frontier
    }

    /// Keeps the session going while `work` is done; that tells where it has come to.
    ///
    /// # Errors
    /// What ends the run.
    pub(in crate::engine) fn attend(
        &self,
        run: &Run<'_>,
        work: impl FnOnce(&mut dyn FnMut(Point) -> Result<(), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let take = |e| -> Error { run.take_failure().unwrap_or(e) };
        let (Some(answers), Some(to)) = (taken(&self.answers), taken(&self.to)) else {
            return Err(Error::Worker);
        };
        std::thread::scope(|scope| {
            let begin = || {
                // First what can tell that the others are not to be had.
                start(scope, "writer", || self.write(to))?;
                start(scope, "reader", || self.read(run, answers))?;
                if !self.far.dialect.incremental() {
                    // All is asked for when nothing but answers is waited for.
                    start(scope, "asked", || {
                        if self.frontier.wait_for_parts() {
                            self.far.requests.done();
                        }
                    })?;
                }
                Ok(())
            };
            let worked = begin().and_then(|()| {
                caught(|| {
                    work(&mut |point| match self.reach(run, point) {
                        true => Ok(()),
                        false => Err(take(Error::Worker)),
                    })
                })
            });
            let worked = worked.map_err(take);
            match &worked {
                Ok(()) => self.far.requests.end(None),
                Err(e) => {
                    self.frontier.stop();
                    self.far.requests.end(Some((self.far.code_of)(e)));
                    (self.far.hang_up)();
                }
            }
            worked
        })
    }

    fn read(&self, run: &Run<'_>, mut answers: Answers<'_>) {
        let turns = || self.far.requests.list_arrived();
        if let Err(e) = caught(|| answers.read(run, self.far, &turns)) {
            // A sender that still writes must not wait for somebody to read it.
            drop(answers);
            run.fail(e);
            self.far.requests.end(None);
            self.far.course.break_off();
        }
        self.arrivals.end();
    }

    fn write(&self, mut to: Mux<Box<dyn Write + Send>>) {
        // Why it fails shows where the sender is read.
        if self.far.requests.write_out(&mut to).is_err() {
            self.far.requests.end(None);
        }
    }

    /// Tells a sender that waits for requests how a run ended that never asked for anything.
    pub(super) fn part(&self, result: &Result<Outcome, Error>) {
        if let (Err(e), Some(mut to)) = (result, taken(&self.to)) {
            self.far.requests.end(Some((self.far.code_of)(e)));
            let _ = self.far.requests.write_out(&mut to);
            drop(to);
            (self.far.hang_up)();
        }
    }

    /// Does the sender's part of what is due at a point; false if the session is broken.
    fn reach(&self, run: &Run<'_>, point: Point) -> bool {
        let Far {
            requests,
            dialect,
            course,
            ..
        } = self.far;
        let protocol = dialect.protocol;
        match point {
            Point::Transferred => {
                if dialect.incremental() && !requests.wait_for_lists() {
                    return false;
                }
                requests.done();
                if protocol >= Protocol::V29 {
                    requests.done();
                }
                course.wait_for(Reached::Statistics)
            }
            Point::Committed => {
                requests.let_go();
                let deletion = &run.options.deletion;
                if protocol >= Protocol::V31 && (deletion.enabled || deletion.force) {
                    requests.deleted(deletions(run));
                }
                for _ in 1..goodbyes_of_generator(protocol) {
                    requests.done();
                }
                // What is committed is committed, whether the sender still hears of it or not.
                course.wait_for(Reached::Goodbye);
                requests.done();
                true
            }
        }
    }
}

/// Tells the sender that this side ends with an error. It may be gone already.
pub(super) fn say_failed<W: Write>(to: &mut Mux<W>, protocol: Protocol, code: u8) {
    if protocol >= Protocol::V31 {
        let _ = to.message(&Message::ErrorExit(Some(code.into())));
        let _ = to.flush();
    }
}

fn deletions(run: &Run<'_>) -> DeletionStats {
    let deleted = run.tally.deleted_kinds();
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    DeletionStats {
        files: number(deleted.files),
        dirs: number(deleted.dirs),
        symlinks: number(deleted.links),
        devices: number(deleted.devices),
        specials: number(deleted.specials),
    }
}

fn taken<T>(from: &Mutex<Option<T>>) -> Option<T> {
    lock(from).take()
}
