//! ACLs and extended attributes of a source that is a peer's: as its lists tell them.

use std::sync::Arc;

use super::{Extended, Keeping, Sides};
use crate::engine::sources::{Attached, ListedXattr, LongValue};
use crate::sys::Stat;
use crate::sys::xattrs::Xattrs;
use crate::tree::{Acl, Named, Owners, Rules, Side};
use crate::wire::flist;

/// A value that is told by its digest only.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Wanted {
    /// The number by which it is asked for.
    pub number: u32,
    /// Where it comes.
    pub value: Arc<LongValue>,
}

impl Keeping {
    /// What an entry of a peer has, as it is to be at the destination.
    pub(in crate::engine) fn read_attached(
        self,
        attached: &Attached,
        stat: &Stat,
        owners: &Owners,
        rules: &Rules,
    ) -> Extended {
        let mut extended = Extended::default();
        let xattrs = attached.xattrs.iter().flat_map(|xattrs| xattrs.iter());
        for (name, number, listing) in xattrs {
            let Some(stored) = self.stored(name, rules.xattr_allowed(Side::Sender, name)) else {
                continue;
            };
            extended.xattrs.remove(&*stored);
            extended.long.remove(&*stored);
            match listing {
                ListedXattr::Whole(value) => {
                    extended.xattrs.insert(stored.into(), value.into());
                }
                ListedXattr::Long(value) => {
                    let value = Arc::clone(value);
                    extended
                        .long
                        .insert(stored.into(), Wanted { number, value });
                }
            }
        }
        let here = |acl: Acl| {
            let user = |id| owners.user(attached.id(flist::IdKind::User, id));
            let group = |id| owners.group(attached.id(flist::IdKind::Group, id));
            (acl.mapped(user, group), Box::default())
        };
        if let Some(acl) = attached.access.as_ref().filter(|_| self.acls) {
            let acl = from_wire(acl.completed(stat.mode as u16));
            extended.access = (!acl.is_mode_only()).then(|| here(acl));
        }
        if let Some(acl) = attached.default.as_ref().filter(|_| self.acls) {
            let is_none = **acl == flist::Acl::default();
            extended.default =
                (!is_none).then(|| here(from_wire(flist::Acl::clone(acl).with_mask())));
        }
        extended
    }
}

/// Parts that are not told are none.
fn from_wire(acl: flist::Acl) -> Acl {
    let mut named: Vec<Named> = acl
        .named
        .iter()
        .map(|one| Named {
            is_group: one.kind == flist::IdKind::Group,
            id: one.id,
            perms: one.perms,
        })
        .collect();
    named.sort_unstable();
    Acl {
        user: acl.user.unwrap_or(0),
        group: acl.group.unwrap_or(0),
        other: acl.other.unwrap_or(0),
        mask: acl.mask,
        named,
    }
}

impl Extended {
    /// Takes values that another object has, so that they need not be asked for.
    pub(in crate::engine) fn find_values(&mut self, other: &Extended) {
        let found: Vec<Box<[u8]>> = self
            .long
            .iter()
            .filter(|(name, wanted)| {
                let value = other.xattrs.get(*name);
                value.is_some_and(|value| wanted.value.agrees(value))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in found {
            self.long.remove(&name);
            if let Some(value) = other.xattrs.get(&name) {
                self.xattrs.insert(name, value.clone());
            }
        }
    }

    /// Whether it has this attribute.
    pub(super) fn has(&self, name: &[u8]) -> bool {
        self.xattrs.contains_key(name) || self.long.contains_key(name)
    }

    /// Whether its attributes are those of another.
    pub(super) fn has_xattrs_of(&self, other: &Extended) -> bool {
        if self.long.is_empty() {
            return self.xattrs == other.xattrs;
        }
        let are_in = |all: &Xattrs| {
            let mut short = self.xattrs.iter();
            let mut long = self.long.iter();
            short.all(|(name, value)| all.get(name) == Some(value))
                && long.all(|(name, wanted)| {
                    let value = all.get(name);
                    value.is_some_and(|value| wanted.value.agrees(value))
                })
        };
        self.xattrs.len() + self.long.len() == other.xattrs.len() && are_in(&other.xattrs)
    }

    /// All values that are there.
    pub(super) fn values(&self) -> impl Iterator<Item = (&Box<[u8]>, &[u8])> {
        let short = self.xattrs.iter().map(|(name, value)| (name, &**value));
        let long = self.long.iter();
        short.chain(long.filter_map(|(name, wanted)| Some((name, wanted.value.get()?))))
    }
}

impl Sides {
    /// The values that are still to come, in the order in which they are asked for.
    pub(in crate::engine) fn wanted(&self) -> Vec<Wanted> {
        let all = self.source.long.values();
        let mut wanted: Vec<Wanted> = all
            .filter(|wanted| !wanted.value.is_settled())
            .cloned()
            .collect();
        wanted.sort_unstable_by_key(|wanted| wanted.number);
        wanted
    }

    /// Attributes whose values did not come.
    pub(in crate::engine) fn missing(&self) -> impl Iterator<Item = &[u8]> {
        let long = self.source.long.iter();
        long.filter(|(_, wanted)| wanted.value.get().is_none())
            .map(|(name, _)| &**name)
    }
}
