//! The threads of a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use crate::sys::stack::DEEP;

use super::error::Error;
use super::run::Run;
use super::sources::Origin;
use super::survey::Surveyor;
use super::worker::Worker;

impl Run<'_> {
    /// Works until nothing is left, or the run failed. `uncounted` is surveyed beside the work.
    pub(super) fn work(&self, uncounted: Option<(Surveyor<'_>, Vec<Origin>, bool)>) {
        let threads = self.threads();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            if let Some((surveyor, origins, top)) = uncounted {
                let over = &over;
                let count = move || {
                    let survey = surveyor.survey(&origins, top, over);
                    if !over.load(Ordering::Relaxed) {
                        let _ = self.total.set(survey.totals);
                    }
                };
                // Without it the bar lacks an end; nothing else.
                let _ = Builder::new()
                    .name("survey".into())
                    .stack_size(DEEP)
                    .spawn_scoped(scope, count);
            }
            for number in 1..threads {
                let spawned = Builder::new()
                    .name(format!("worker-{number}"))
                    .stack_size(DEEP)
                    .spawn_scoped(scope, || guarded(self));
                if spawned.is_err() {
                    break;
                }
            }
            guarded(self);
            over.store(true, Ordering::Relaxed);
        });
        // Names that vanished on the way left groups without their last one.
        if self.has_failed() {
            return;
        }
        if let Err(e) = Worker::new(self).lead_leftovers() {
            self.fail(e);
        }
    }

    /// Where the order of events or of deletions is part of what was asked for, one worker keeps it.
    fn threads(&self) -> usize {
        let sequential = self.wants.in_step
            || self.options.deletion.max.is_some()
            || self.options.symlinks.keep_dirs
            || (self.links.is_some() && self.wants.items);
        match self.options.threads {
            _ if sequential => 1,
            0 => std::thread::available_parallelism()
                .map_or(2, usize::from)
                .clamp(1, 8),
            n => n,
        }
    }
}

/// Works; a panic of one worker ends the run instead of leaving the others waiting.
fn guarded(run: &Run<'_>) {
    let work = caught(|| {
        Worker::new(run).work();
        Ok(())
    });
    if let Err(e) = work {
        run.fail(e);
    }
}

/// Does a part of a session; if it panics, that is its error, and nobody waits for it for ever.
pub(super) fn caught<T>(part: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(part)).unwrap_or(Err(Error::Worker))
}

/// Starts a thread that a session cannot be without.
///
/// # Errors
/// The system has no room for it.
pub(super) fn start<'s, T: Send + 's>(
    scope: &'s Scope<'s, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 's,
) -> Result<ScopedJoinHandle<'s, T>, Error> {
    let thread = Builder::new().name(name.into()).spawn_scoped(scope, work);
    thread.map_err(|source| Error::Thread { source })
}
