//! `--delete-before`: a walk over both trees ahead of the transfer, which removes and does nothing else.
//!
//! It tells nothing of the sources: what is wrong with them the transfer tells. Memory is bounded by the
//! depth of the tree and the widest directory.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use super::blocked_event;
use crate::engine::error::Error;
use crate::engine::node::Node;
use crate::engine::options::When;
use crate::engine::run::Run;
use crate::engine::worker::{Worker, check_stop};
use crate::sys::lock;

/// Directories in which a sweep removed names, for the transfer that follows: it finds their times changed.
#[derive(Default)]
pub(in crate::engine) struct Swept(Mutex<HashSet<PathBuf>>);

impl Swept {
    /// Whether names of this directory went.
    pub(in crate::engine) fn has(&self, path: &Path) -> bool {
        let swept = lock(&self.0);
        !swept.is_empty() && swept.contains(path)
    }

    fn add(&self, path: &Path) {
        let mut swept = lock(&self.0);
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
        let lister = self.run.lister.telling_nobody();
        let Ok(batch) = lister.batch(&node.path, &node.sources, &mut |_| {}) else {
            return Ok(());
        };
        if self.is_mirrored(node) {
            self.remove_now(node, &batch)?;
            self.run.frontier.tell_last(&mut self.events);
        }
        if node.names_changed.load(Relaxed) && self.run.target.is_some() {
            self.run.swept.add(&node.path);
        }
        for index in batch.leaves..batch.len() {
            let named = batch.get(index);
            if let Some(child) = self.quiet_child(node, named.name, named.source)? {
                self.sweep(&child)?;
            }
        }
        Ok(())
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
        let lister = self.run.lister.telling_nobody();
        let sources = &parent.sources[first..];
        let Some(descent) = lister.descend(&path, sources, name, &mut |_| {}) else {
            return Ok(None);
        };
        let guard = self.enter(&parent.guard, &live, &path)?;
        let stat = live.stat_self().ok();
        let mut node = Node::new(
            Some(Arc::clone(parent)),
            parent.child(&target_name),
            descent.sources,
            Some(live).zip(stat),
            None,
        );
        node.content = descent.content;
        node.guard = guard;
        Ok(Some(Arc::new(node)))
    }
}
