//! ACLs and extended attributes of a source on this machine, as its lists tell a peer of them.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Keeping, NOTES, STORED, Unreadable};
use crate::sys::{Object, Stat};
use crate::tree::{Acl, KeepXattrs, Preserve, Rules, Side};
use crate::wire::flist::{self, Attached, IdKind, Xattr, XattrValue};

/// What an entry of a list has beside its plain attributes.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Sent {
    access: Option<flist::Acl>,
    default: Option<flist::Acl>,
    xattrs: Vec<Xattr>,
}

impl Sent {
    pub(in crate::engine) fn attached(&self) -> Attached<'_> {
        Attached {
            access_acl: self.access.as_ref(),
            default_acl: self.default.as_ref(),
            xattrs: &self.xattrs,
        }
    }
}

impl Keeping {
    /// What is kept where files are sent: all that can be seen, the receiver chooses what it can set.
    pub(in crate::engine) fn of_sender(preserve: &Preserve, fake: bool) -> Keeping {
        Keeping::new(preserve, true, fake)
    }

    /// What an object of the source has.
    ///
    /// # Errors
    /// Something of it could not be read.
    pub(in crate::engine) fn read_sent(
        self,
        object: Object<'_>,
        stat: &Stat,
        rules: &Rules,
    ) -> Result<Sent, Unreadable> {
        let read = self.read(object, stat, |name| self.sent_name(name, rules))?;
        let xattrs = read.xattrs.into_iter().map(|(name, value)| Xattr {
            name: name.into_vec(),
            value: XattrValue::Whole(value.into_vec()),
        });
        let access = read.access.map(|(acl, _)| acl);
        Ok(Sent {
            access: access.filter(|acl| !acl.is_mode_only()).map(to_wire),
            default: read.default.map(|(acl, _)| to_wire(acl)),
            xattrs: xattrs.collect(),
        })
    }

    /// The values of some attributes by the names that were told; what is gone or cannot be read has none.
    pub(in crate::engine) fn read_values(
        self,
        object: Object<'_>,
        rules: &Rules,
        names: &[&[u8]],
    ) -> HashMap<Box<[u8]>, Box<[u8]>> {
        let all = object.list().unwrap_or_default();
        let mut values = HashMap::new();
        for name in all.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let Some(sent) = self.sent_name(name, rules) else {
                continue;
            };
            if names.contains(&&*sent)
                && let Ok(Some(value)) = object.get(name)
            {
                values.insert(sent.into(), value);
            }
        }
        values
    }

    /// The name by which a peer is told of an attribute; `None` where it is not.
    fn sent_name(self, name: &[u8], rules: &Rules) -> Option<Cow<'static, [u8]>> {
        let ruled = rules.xattr_allowed(Side::Sender, name);
        if self.xattrs == KeepXattrs::No || !ruled.unwrap_or(!self.is_systems(name)) {
            return None;
        }
        if name.starts_with(NOTES) {
            let taken = self.xattrs == KeepXattrs::WithNotes && !self.fake;
            return taken.then(|| Cow::Owned(name.to_vec()));
        }
        let real = name.strip_prefix(STORED).filter(|_| self.fake);
        Some(Cow::Owned(real.unwrap_or(name).to_vec()))
    }
}

/// The whole of it: what follows from the mode is left out where it is written.
fn to_wire(acl: Acl) -> flist::Acl {
    let named = acl.named.iter().map(|one| flist::Named {
        kind: match one.is_group {
            true => IdKind::Group,
            false => IdKind::User,
        },
        id: one.id,
        perms: one.perms,
    });
    flist::Acl {
        user: Some(acl.user),
        group: Some(acl.group),
        mask: acl.mask,
        other: Some(acl.other),
        named: named.collect(),
    }
}
