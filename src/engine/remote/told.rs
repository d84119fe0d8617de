//! What a client that sends is told of each entry: its lines and counts come of that alone.

use std::os::unix::ffi::OsStrExt;

use super::Far;
use crate::engine::event::{Action, Changes, Due, Event, Item as Line};
use crate::engine::extended::Wanted;
use crate::engine::leaf::Leaf;
use crate::engine::node::Node;
use crate::engine::worker::Worker;
use crate::sys::Kind;
use crate::wire::{Item, ItemFlags, Protocol};

/// What was done of an entry, as the wire has it.
pub(in crate::engine) fn item(kind: Kind, action: &Action, changes: Changes) -> Item {
    let Changes {
        new,
        unknown: _,
        value,
        size,
        time,
        time_now,
        perms,
        owner,
        group,
        atime,
        acl,
        xattrs,
    } = changes;
    let is_local = !matches!(action, Action::Transfer | Action::Attributes);
    let is_remade = *action == Action::Create && !matches!(kind, Kind::Dir | Kind::File);
    let bits = [
        (atime, ItemFlags::REPORT_ATIME),
        (value || is_remade, ItemFlags::REPORT_CHANGE),
        (size, ItemFlags::REPORT_SIZE),
        (time || time_now, ItemFlags::REPORT_TIME),
        (perms, ItemFlags::REPORT_PERMS),
        (owner, ItemFlags::REPORT_OWNER),
        (group, ItemFlags::REPORT_GROUP),
        (acl, ItemFlags::REPORT_ACL),
        (xattrs, ItemFlags::REPORT_XATTR),
        (new, ItemFlags::IS_NEW),
        (is_local, ItemFlags::LOCAL_CHANGE),
        (*action == Action::Transfer, ItemFlags::TRANSFER),
    ];
    let on = bits.into_iter().filter(|(is_on, _)| *is_on);
    Item {
        flags: ItemFlags::from_bits(on.fold(0, |all, (_, bit)| all | bit.bits())),
        xname: match action {
            Action::HardLink { leader } => Some(
                leader
                    .as_ref()
                    .map_or_else(Vec::new, |path| path.as_os_str().as_bytes().to_vec()),
            ),
            _ => None,
        },
        ..Item::default()
    }
}

impl Worker<'_> {
    /// The client at the other end, if there is one that wants to be told.
    pub(in crate::engine) fn listener(&self) -> Option<Far<'_>> {
        self.run.far.filter(|far| far.is_told)
    }

    /// Waits until such a client has taken in enough of what it was told; only who comes first in order waits for it, all
    /// others for their turn. False if the run ends.
    pub(in crate::engine) fn wait_for_client(&mut self) -> bool {
        let run = self.run;
        let Some(far) = run
            .far
            .filter(|far| far.is_told && far.requests.are_crowded())
        else {
            return true;
        };
        run.frontier.tell(&self.key, &mut self.events);
        run.frontier.wait_for_turn(&self.key) && far.requests.make_room()
    }

    /// Has a record keep a line of an entry of which nobody else is told.
    pub(in crate::engine) fn record(&mut self, line: Option<Line>) {
        self.events.extend(line.map(Event::Item));
    }

    /// The index by which such a client knows an entry.
    pub(in crate::engine) fn index(&self, node: &Node, leaf: &Leaf) -> Option<u32> {
        self.listener()?;
        let listed = node.sources.first()?.seat.there()?;
        listed.index(&leaf.name).map(|(ndx, _)| ndx)
    }

    /// Tells the client of an entry, when its turn comes, and asks it then for these values of extended attributes; a
    /// record has the `line`.
    pub(in crate::engine) fn tell_client(
        &mut self,
        ndx: Option<u32>,
        item: Item,
        wanted: Vec<Wanted>,
        line: Option<Line>,
    ) {
        let (Some(far), Some(ndx)) = (self.run.far, ndx) else {
            return;
        };
        // Old clients know of requests only.
        if far.dialect.protocol < Protocol::V29 && !item.is_transfer() {
            return self.record(line);
        }
        let records = std::sync::Arc::clone(far.records);
        let requests = std::sync::Arc::clone(far.requests);
        // The list that has the entry is not through before.
        let turn = self.turn.clone();
        let item = match wanted.is_empty() {
            true => item,
            false => Item {
                flags: ItemFlags::from_bits(item.flags.bits() | ItemFlags::REPORT_XATTR.bits()),
                ..item
            },
        };
        let lists_values = self.run.target.is_some() && item.has_xattrs(far.dialect);
        let wanted = lists_values.then_some(wanted);
        self.tell(Event::Due(Due::new(move || {
            if let Some(line) = line {
                records.keep(ndx, line);
            }
            requests.report(ndx, &item, wanted);
            drop(turn);
        })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items that servers of rsync 3.5.0 wrote.
    #[test]
    fn items_are_rsyncs() {
        let new = Changes {
            new: true,
            ..Changes::default()
        };
        let bits = |kind, action, changes| item(kind, &action, changes).flags.bits();
        assert_eq!(bits(Kind::File, Action::Transfer, new), 0xa000);
        assert_eq!(bits(Kind::Dir, Action::Create, new), 0x6000);
        assert_eq!(bits(Kind::Symlink, Action::Create, new), 0x6002);
        let grown = Changes {
            size: true,
            time: true,
            ..Changes::default()
        };
        assert_eq!(bits(Kind::File, Action::Transfer, grown), 0x800c);
        let leader = Action::HardLink {
            leader: Some("a/b".into()),
        };
        let linked = item(Kind::File, &leader, new);
        assert_eq!(linked.flags.bits(), 0x6000);
        assert_eq!(linked.xname.as_deref(), Some(&b"a/b"[..]));
    }
}
