//! Sources that are not there (`--delete-missing-args`): what the destination has under their name goes.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::error::Error;
use super::event::{Event, ListEntry};
use super::node::Node;
use super::worker::Worker;
use crate::sys::Kind;

impl Worker<'_> {
    /// Removes what stands for a missing source. A directory that holds something goes only where deletion
    /// is asked for anyway.
    pub(super) fn absent(&mut self, node: &Arc<Node>, name: &[u8]) -> Result<(), Error> {
        let path = node.child(name);
        self.run.tally.listed(Kind::File, 0);
        if self.run.options.select.list_only {
            self.tell(Event::ListEntry(ListEntry {
                path,
                stat: None,
                link: None,
            }));
            return Ok(());
        }
        let target_name = self.target_name(node, name).to_vec();
        let Some(live) = &node.live else {
            return Ok(());
        };
        let Ok(Some(stat)) = live.try_stat(&target_name) else {
            return Ok(());
        };
        let deletion = &self.run.options.deletion;
        let deep = deletion.enabled || deletion.force;
        let holds = || live.open_dir(&target_name).and_then(|dir| dir.list());
        if stat.is_dir() && !deep && holds().is_ok_and(|names| !names.is_empty()) {
            self.not_empty(&node.child(&target_name));
            return Ok(());
        }
        if self.remove_named(node, &target_name)? {
            node.names_changed.store(true, Relaxed);
        }
        Ok(())
    }
}
