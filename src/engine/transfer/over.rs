//! A file that was asked for arrives in the one that is there: `--inplace`, `--append`, `--append-verify`,
//! `--write-devices`.

use std::fs::File;
use std::sync::Arc;

use super::arrive::{Fate, progress_of};
use super::into;
use crate::engine::error::Error;
use crate::engine::options::Writing;
use crate::engine::remote::{Basis, Bed, Far, Incoming, Manner, Pending, Unfit};
use crate::engine::target::{Fault, Place};
use crate::engine::worker::Worker;
use crate::sys::sparse::{self, Ground};
use crate::sys::{Kind, Object, Stat, signal, stat_file};
use crate::tree::{MetaChange, give};
use crate::wire::Protocol;

/// A file that stands at the destination, open to be written to.
struct Opened {
    place: Arc<Place>,
    to: File,
    /// As it is before anything is written.
    now: Stat,
}

impl Worker<'_> {
    /// Takes the answer in where `live` stands.
    pub(super) fn take_over(
        &mut self,
        far: Far<'_>,
        pending: &Pending,
        incoming: Incoming<'_>,
        live: &Stat,
    ) -> Result<Fate, Error> {
        let leaf = &pending.leaf;
        let path = self.run.dest_path(&leaf.path);
        let opened = self.open_over(pending, live);
        let Opened { place, to, now } = match opened {
            Ok(opened) => opened,
            Err(fault) => {
                incoming.pass_over()?;
                self.settle("open", &path, fault)?;
                return Ok(Fate::Failed);
            }
        };
        let content = &self.run.options.content;
        let change = self.attributes_of_new(leaf, &place);
        let manner = match content.writing {
            Writing::Append { verify } if !pending.again => Manner::Behind {
                len: incoming.shape.basis_len(),
                sums_all: verify || far.dialect.protocol < Protocol::V30,
            },
            _ => Manner::Over,
        };
        if pending.again {
            let changes = self.changes_of_mended(leaf, &now);
            self.tell_mended(leaf, changes);
        }
        let ground = match manner {
            Manner::Behind { .. } => Ground::Empty,
            _ => Ground::Old,
        };
        let has_basis = !matches!(pending.basis, Basis::Nothing);
        let mut progress = progress_of(self.run, self.passed, leaf);
        let came = incoming.fill(Bed {
            to: Some(&to),
            len: leaf.stat.size,
            basis: has_basis.then_some(&to),
            manner,
            sparse: content.sparse,
            ground,
            progress: &mut progress,
        })?;
        match came {
            Ok((moved, digest)) => {
                self.give_over(pending, &to, &change);
                self.tell_sum(far, &digest);
                self.count(leaf, moved);
                self.tell_arrival(&pending.node, leaf, pending.changes, moved);
                Ok(Fate::Arrived)
            }
            Err(Unfit::Wrong(moved)) => {
                // Its time is that of the source only when its content is.
                let change = MetaChange {
                    mtime: None,
                    ..change
                };
                self.give_over(pending, &to, &change);
                Ok(self.wrong(pending, moved, "retained"))
            }
            Err(Unfit::Unwritten(_)) if signal::stop_requested() => Err(Error::Interrupted),
            Err(Unfit::Unwritten(e)) => {
                self.settle("write", &path, Fault::Entry(e))?;
                Ok(Fate::Failed)
            }
        }
    }

    fn open_over(&mut self, pending: &Pending, live: &Stat) -> Result<Opened, Fault> {
        let leaf = &pending.leaf;
        let place = self.place(&pending.node)?;
        let to = into::open(&place, leaf, live)?;
        if self.run.options.content.preallocate {
            sparse::reserve(&to, leaf.stat.size)?;
        }
        let now = stat_file(&to)?;
        Ok(Opened { place, to, now })
    }

    fn give_over(&mut self, pending: &Pending, to: &File, change: &MetaChange) {
        let given = give(Object::Open(to), Kind::File, change);
        if !matches!(&given, Ok(lacks) if lacks.is_empty()) {
            self.tell_given(&self.run.dest_path(&pending.leaf.path), Some(given));
        }
    }
}
