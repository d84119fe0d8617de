//! A basis that cannot be read: rsync says so, goes on without one, and takes the file for a new one.

use crate::engine::decide::NEW;
use crate::engine::event::{Changes, Event, Severity};
use crate::engine::leaf::Leaf;
use crate::engine::node::Node;
use crate::engine::worker::Worker;

impl Worker<'_> {
    /// What is told of a file that is about to come: `changes`, unless what is there of it cannot be looked into.
    pub(in crate::engine) fn by_what_is_readable(
        &mut self,
        node: &Node,
        leaf: &Leaf,
        changes: Changes,
    ) -> Changes {
        if self.run.options.whole_file || self.run.target.is_none() {
            return changes;
        }
        let (opened, path) = match (leaf.same_kind(), &node.live, &leaf.basis) {
            (Some(_), Some(live), _) => {
                let path = self.run.dest_path(&leaf.path);
                (live.open_file(&leaf.target_name), path)
            }
            (None, _, Some(found)) => {
                let path = self.alternate_path(found, leaf);
                (node.basis.open_file(found, &leaf.target_name), path)
            }
            _ => return changes,
        };
        let Err(e) = opened else {
            return changes;
        };
        if self.leftover(node, leaf).is_some() {
            return changes;
        }
        let (path, reason) = (crate::engine::error::shown(&path), crate::sys::reason(&e));
        self.tell(Event::Message {
            severity: Severity::Error,
            text: format!("failed to open \"{path}\", continuing: {reason}"),
        });
        NEW
    }
}
