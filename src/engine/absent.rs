//! Sources that are not there (`--delete-missing-args`): what the destination has under their name goes.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::error::Error;
use super::event::{Event, ListEntry, Severity};
use super::filter::Asked;
use super::node::Node;
use super::sources::{Absence, Origin};
use super::worker::Worker;
use crate::sys::Kind;
use crate::tree::Perishable;

impl Worker<'_> {
    /// A directory that is not there, with missing names below it, ahead of those; true if these are dealt
    /// with as well.
    pub(super) fn absent_directory(
        &mut self,
        parent: &Arc<Node>,
        name: &[u8],
        sources: &[Origin],
    ) -> Result<bool, Error> {
        let list_only = self.run.options.select.list_only;
        match Absence::of(sources, &parent.sources, name) {
            Some(Absence::Named) => self.absent(parent, name),
            Some(Absence::Unnamed) if !list_only => {
                let shown = crate::tree::shown(&parent.child(name));
                self.tell(Event::Message {
                    severity: Severity::Plain,
                    text: format!("WARNING: parent dir is absent in the file list: {shown}"),
                });
                Ok(false)
            }
            Some(Absence::Unnamed) | None => Ok(false),
        }
    }

    /// Removes what stands for a missing source; true if that has dealt with all below it, too. A directory
    /// that holds something goes only where deletion is asked for anyway.
    pub(super) fn absent(&mut self, node: &Arc<Node>, name: &[u8]) -> Result<bool, Error> {
        let path = node.child(name);
        self.run.tally.listed(Kind::File, 0);
        if self.run.options.select.list_only {
            self.tell(Event::ListEntry(ListEntry {
                path,
                stat: None,
                link: None,
            }));
            return Ok(false);
        }
        let target_name = self.target_name(node, name).to_vec();
        let Some(live) = &node.live else {
            return Ok(false);
        };
        let Ok(Some(stat)) = live.try_stat(&target_name) else {
            return Ok(false);
        };
        let asked = Asked::of_receiver(&node.guard, Perishable::Counts);
        // To rules it is no directory, whatever the destination has.
        if self.is_protected(asked, &node.path, name, false) {
            return Ok(false);
        }
        let deletion = &self.run.options.deletion;
        let deep = deletion.enabled || deletion.force;
        let holds = || live.open_dir(&target_name).and_then(|dir| dir.list());
        if stat.is_dir() && !deep && holds().is_ok_and(|names| !names.is_empty()) {
            self.not_empty(&node.child(&target_name));
            return Ok(false);
        }
        let whole = self.remove_named(node, &target_name)?;
        if whole {
            node.names_changed.store(true, Relaxed);
        }
        Ok(whole || deep)
    }
}
