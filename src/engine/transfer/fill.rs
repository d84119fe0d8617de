//! Filling a file with its content: whole, or from blocks of what is there already.

use std::fs::File;
use std::io;

use super::{Job, Moved};
use crate::engine::delta::Delta;
use crate::engine::event::Event;
use crate::engine::worker::Worker;
use crate::sys::content::Abilities;
use crate::sys::signal;
use crate::sys::sparse::{self, Ground};

/// Bytes between two progress events of a file.
pub(super) const PROGRESS_STEP: u64 = 1 << 20;

/// What a whole copy finds in the file that it writes.
#[derive(Clone, Copy)]
pub(super) struct Bed {
    /// The byte from which on it writes; both files stand there.
    pub at: u64,
    pub ground: Ground,
}

impl Worker<'_> {
    /// Writes the content into the empty file `to`; `half` is what an earlier run left of it.
    pub(super) fn fill(
        &mut self,
        job: Job<'_>,
        to: &File,
        half: Option<File>,
    ) -> io::Result<Moved> {
        let leaf = job.leaf;
        let content = &self.run.options.content;
        let reserved = content.preallocate && sparse::reserve(to, leaf.stat.size)?;
        if !self.run.options.whole_file && !leaf.is_adopted() {
            let live = || {
                leaf.same_kind()
                    .and(job.node.live.as_ref())
                    .map(|live| live.open_file(&leaf.target_name))
            };
            let alternate = || {
                let found = leaf.basis.as_ref()?;
                Some(job.node.basis.open_file(found, &leaf.target_name))
            };
            let alike = || Some(self.alike(job.node, leaf)?.open(job.node));
            let basis = half.map(Ok).or_else(live).or_else(alternate);
            // One that cannot be read is as good as none, which was told.
            if let Some(Ok(basis)) = basis.or_else(alike) {
                let len = basis.metadata()?.len();
                let (literal, matched) = self.delta(job, to).beside(&basis, len)?;
                return Ok(Moved { literal, matched });
            }
        }
        let ground = match reserved {
            true => Ground::Reserved,
            false => Ground::Empty,
        };
        let literal = self.copy(job, to, Bed { at: 0, ground })?;
        Ok(Moved {
            literal,
            matched: 0,
        })
    }

    /// The delta that brings this file over.
    pub(super) fn delta<'d>(&'d self, job: Job<'d>, to: &'d File) -> Delta<'d> {
        let content = &self.run.options.content;
        Delta {
            source: job.source,
            size: job.leaf.stat.size,
            to,
            sparse: content.sparse,
            block_len: content.block_len,
            pace: self.run.pace.as_ref(),
        }
    }

    /// Copies the source from `bed.at` on; returns how many bytes that were.
    pub(super) fn copy(&mut self, job: Job<'_>, to: &File, bed: Bed) -> io::Result<u64> {
        let run = self.run;
        let leaf = job.leaf;
        let (mut told, mut paid) = (0, 0);
        let mut progress = |done: u64| {
            if signal::stop_requested() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if let Some(pace) = &run.pace {
                pace.spend(done - paid)?;
                paid = done;
            }
            if run.wants.progress && done - told >= PROGRESS_STEP {
                told = done;
                run.frontier.tell_now(Event::FileProgress {
                    path: leaf.path.clone(),
                    done: bed.at + done,
                    size: leaf.stat.size,
                    position: run.position(None),
                });
            }
            Ok(())
        };
        if run.options.content.sparse {
            let mut progress = |end: u64| progress(end - bed.at);
            let files = (job.source, to);
            let size = leaf.stat.size;
            let end =
                self.copier
                    .copy_with_holes(files, bed.at, size, bed.ground, &mut progress)?;
            return Ok(end - bed.at);
        }
        let none = Abilities::without_sharing();
        // Shared extents replace a file; they cannot be put behind what it has.
        let abilities = match bed.ground {
            Ground::Old => &none,
            Ground::Empty | Ground::Reserved if bed.at > 0 => &none,
            Ground::Empty | Ground::Reserved => &run.abilities,
        };
        let size = leaf.stat.size.saturating_sub(bed.at);
        self.copier
            .copy(job.source, to, size, abilities, &mut progress)
    }
}
