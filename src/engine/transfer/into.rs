//! Writing into a file, or device, that is there: `--inplace`, `--append`, `--append-verify`,
//! `--write-devices`. Nobody is spared the sight of it: only `--commit=direct` does this.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use super::fill::Bed;
use super::{Job, Moved};
use crate::engine::compare::same_beginning;
use crate::engine::event::{Action, Changes, Event, Severity};
use crate::engine::leaf::Leaf;
use crate::engine::options::Writing;
use crate::engine::target::{Fault, Place};
use crate::engine::worker::Worker;
use crate::sys::sparse::{self, Ground};
use crate::sys::{Kind, Object, Stat, stat_file};
use crate::tree::{MetaChange, give};

impl Worker<'_> {
    /// Writes into the file that stands at the destination, `live`, and gives it its attributes.
    pub(super) fn write_into(
        &mut self,
        job: Job<'_>,
        live: &Stat,
        change: &MetaChange,
    ) -> Result<Moved, Fault> {
        let to = open(job.place, job.leaf, live)?;
        let content = &self.run.options.content;
        if content.preallocate {
            sparse::reserve(&to, job.leaf.stat.size)?;
        }
        let mut right = true;
        let moved = match content.writing {
            Writing::Append { verify } => {
                let (moved, same) = self.append(job, &to, live.size, verify)?;
                right = same;
                moved
            }
            Writing::InPlace | Writing::Anew => self.overwrite(job, &to, live.size)?,
        };
        let mut change = change.clone();
        if !right {
            change.mtime = None;
        }
        let given = give(Object::Open(&to), Kind::File, &change);
        if !matches!(&given, Ok(lacks) if lacks.is_empty()) {
            self.tell_given(&self.run.dest_path(&job.leaf.path), Some(given));
        }
        if right {
            return Ok(moved);
        }
        // The caller counts the second pass.
        self.run
            .tally
            .transferred(job.leaf.stat.size, moved.literal, moved.matched);
        self.mend(job, &to)
    }

    /// The whole content over what is there.
    fn overwrite(&mut self, job: Job<'_>, to: &File, len: u64) -> io::Result<Moved> {
        if !self.run.options.whole_file {
            let (literal, matched) = self.delta(job, to).within(len)?;
            return Ok(Moved { literal, matched });
        }
        let ground = Ground::Old;
        let literal = self.copy(job, to, Bed { at: 0, ground })?;
        if literal < len {
            sparse::set_len(to, literal)?;
        }
        Ok(Moved {
            literal,
            matched: 0,
        })
    }

    /// What the source has behind the first `len` bytes; says whether those agree, if that is asked for.
    fn append(
        &mut self,
        job: Job<'_>,
        mut to: &File,
        len: u64,
        verify: bool,
    ) -> io::Result<(Moved, bool)> {
        let same = !verify || same_beginning(job.source, to, len)?;
        let mut source = job.source;
        source.seek(SeekFrom::Start(len))?;
        to.seek(SeekFrom::Start(len))?;
        let ground = Ground::Empty;
        let literal = self.copy(job, to, Bed { at: len, ground })?;
        let moved = Moved {
            literal,
            matched: 0,
        };
        Ok((moved, same))
    }

    /// What was appended to turned out to be something else: all of it is brought over, block by block, and told
    /// at the end, as rsync does in its second phase.
    fn mend(&mut self, job: Job<'_>, to: &File) -> Result<Moved, Fault> {
        let leaf = job.leaf;
        if self.run.wants.repeats {
            self.tell(Event::Message {
                severity: Severity::Plain,
                text: format!(
                    "WARNING: {} failed verification -- update retained (will try again).",
                    crate::tree::shown(&leaf.path)
                ),
            });
        }
        let now = stat_file(to)?;
        let changes = self.changes_of_mended(leaf, &now);
        let (literal, matched) = self.delta(job, to).within(now.size)?;
        if let Some(mtime) = Some(leaf.stat.mtime).filter(|_| self.run.planner.preserve.times) {
            crate::sys::set_mtime(to, mtime)?;
        }
        self.tell_mended(leaf, changes);
        Ok(Moved { literal, matched })
    }

    /// What is told of a file that was appended to for nothing and is `now` as it is.
    pub(super) fn changes_of_mended(&self, leaf: &Leaf, now: &Stat) -> Changes {
        Changes {
            size: now.size != leaf.stat.size,
            time_now: !self.run.planner.preserve.times,
            ..self.run.planner.differences(&leaf.stat, now)
        }
    }

    pub(super) fn tell_mended(&mut self, leaf: &Leaf, changes: Changes) {
        let ((), events) = self.aside(|worker| {
            worker.item(
                None,
                &leaf.path,
                &leaf.stat,
                Action::Transfer,
                changes,
                None,
            );
        });
        let number = self.run.begin_late();
        self.run.tell_late(number, events, |late| late.behind_mut());
    }
}

/// Opens what is to be written to; its owner gets the rights to that which he lacks.
pub(super) fn open(place: &Place, leaf: &Leaf, live: &Stat) -> io::Result<File> {
    let (dir, name) = (place.dir(), &leaf.target_name);
    match dir.open_file_rw(name) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied && live.mode & 0o600 != 0o600 => {
            dir.set_mode(name, live.mode | 0o600).map_err(|_| e)?;
            dir.open_file_rw(name)
        }
        opened => opened,
    }
}
