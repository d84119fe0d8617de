//! `--delete-before`: a walk over both trees ahead of the transfer, which removes and does nothing else.
//!
//! It tells nothing of the sources: what is wrong with them the transfer tells. Memory is bounded by the
//! depth of the tree and the widest directory.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::{blocked_event, is_mirrored};
use crate::engine::batch::Batch;
use crate::engine::directory::open_source;
use crate::engine::error::Error;
use crate::engine::filter::Asked;
use crate::engine::node::{Node, Origin, Part};
use crate::engine::options::When;
use crate::engine::run::Run;
use crate::engine::survey::file_id;
use crate::engine::worker::{Worker, check_stop};

/// Directories in which a sweep removed names, for the transfer that follows: it finds their times changed.
#[derive(Default)]
pub(in crate::engine) struct Swept(Mutex<HashSet<PathBuf>>);

impl Swept {
    /// Whether names of this directory went.
    pub(in crate::engine) fn has(&self, path: &Path) -> bool {
        let swept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !swept.is_empty() && swept.contains(path)
    }

    fn add(&self, path: &Path) {
        let mut swept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        swept.insert(path.to_owned());
    }
}

impl Run<'_> {
    /// `--delete-before`: removes everything that has to go, before anything comes. Where the list of the
    /// sources cannot be had whole, nothing is removed on its word.
    pub(in crate::engine) fn sweep(&self, root: &Arc<Node>, incomplete: bool) -> Result<(), Error> {
        let deletion = &self.options.deletion;
        if !deletion.enabled || deletion.when != When::Before || root.fresh() {
            return Ok(());
        }
        let mut worker = Worker::new(self);
        let swept = if incomplete && !deletion.ignore_errors {
            self.tally.first_blocked_deletion();
            worker.tell(blocked_event());
            Ok(())
        } else {
            worker.sweep(root)
        };
        self.frontier.tell_last(&mut worker.events);
        swept
    }
}

impl Worker<'_> {
    fn sweep(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        check_stop()?;
        let Ok(batch) = self.quiet_batch(node) else {
            return Ok(());
        };
        if is_mirrored(node) {
            self.remove_now(node, &batch)?;
            self.run.frontier.tell_last(&mut self.events);
        }
        if node.names_changed.load(Relaxed) && self.run.target.is_some() {
            self.run.swept.add(&node.path);
        }
        if !self.run.options.recursive {
            return Ok(());
        }
        for index in batch.leaves..batch.len() {
            let named = batch.get(index);
            if let Some(child) = self.quiet_child(node, named.name, named.source)? {
                self.sweep(&child)?;
            }
        }
        Ok(())
    }

    fn quiet_batch(&self, node: &Node) -> Result<Batch, (usize, std::io::Error)> {
        let filter = self.run.filter.quiet();
        Batch::read(&node.sources, |origin, name, is_dir| {
            !crate::stage::is_state(&origin.dir, name)
                && (origin.part != Part::Content
                    || !filter.excludes(
                        Asked::of_sender(&origin.scope),
                        &node.path,
                        name,
                        is_dir,
                        &mut Vec::new(),
                    ))
        })
    }

    /// A directory that is on both sides.
    fn quiet_child(
        &mut self,
        parent: &Arc<Node>,
        name: &[u8],
        first: usize,
    ) -> Result<Option<Arc<Node>>, Error> {
        let target_name = self.target_name(parent, name).to_vec();
        let path = parent.child(name);
        let Some(live) = parent
            .live
            .as_ref()
            .and_then(|live| live.open_dir(&target_name).ok())
        else {
            return Ok(None);
        };
        let filter = self.run.filter.quiet();
        let mut sources = Vec::with_capacity(1);
        for origin in &parent.sources[first..] {
            if !origin.part.takes(name) {
                continue;
            }
            let Ok((dir, _)) = open_source(&origin.dir, name) else {
                // It has nothing to give, and with --ignore-errors that is taken for its content.
                continue;
            };
            let own = dir
                .stat_self()
                .is_ok_and(|s| self.run.own_root == Some(file_id(&s)));
            if own {
                return Ok(None);
            }
            let Ok(scope) = filter.enter(&origin.scope, &dir, &path, &mut Vec::new()) else {
                continue;
            };
            sources.push(Origin {
                dir,
                operand: origin.operand,
                part: Part::Content,
                scope,
            });
        }
        let guard = self.enter(&parent.guard, &live, &path)?;
        let stat = live.stat_self().ok();
        let mut node = Node::new(
            Some(Arc::clone(parent)),
            parent.child(&target_name),
            sources,
            Some(live).zip(stat),
            None,
        );
        node.guard = guard;
        Ok(Some(Arc::new(node)))
    }
}
