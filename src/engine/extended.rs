//! ACLs and extended attributes (`-A`, `-X`): read of both sides, compared, and turned into what is to be
//! set and removed. One call lists an object's attributes, one more reads each that counts: two calls more for
//! an unchanged file without any, one for a new one. Without the options there is none.

mod attached;
mod sent;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use crate::sys::xattrs::{ACCESS_ACL, DEFAULT_ACL, Edit, Xattrs};
use crate::sys::{Kind, Object, Stat};
use crate::tree::{Acl, KeepXattrs, Owners, Preserve, Rules, Side};

use super::event::Changes;
pub(super) use attached::Wanted;
pub(super) use sent::Sent;

/// Names that everybody may set.
const USER: &[u8] = b"user.";
/// The system's own, ACLs among them.
const SYSTEM: &[u8] = b"system.";
/// rsync's notes of what it could not set.
const NOTES: &[u8] = b"user.rsync.%";
/// Under `--fake-super`, names that only the super-user could set stand behind this.
const STORED: &[u8] = b"user.rsync.";
/// Notes of ACLs under `--fake-super`.
const ACCESS_NOTE: &[u8] = b"user.rsync.%aacl";
const DEFAULT_NOTE: &[u8] = b"user.rsync.%dacl";

/// XFS shows the super-user its ACLs once more, under names that begin so.
const XFS_ACLS: &[u8] = b"trusted.SGI_ACL_";

/// What is kept of ACLs and extended attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keeping {
    acls: bool,
    xattrs: KeepXattrs,
    /// Names that only the super-user can set take part.
    as_super: bool,
    /// `--fake-super`.
    fake: bool,
}

impl Keeping {
    pub(super) fn new(preserve: &Preserve, as_super: bool, fake: bool) -> Keeping {
        Keeping {
            acls: preserve.acls,
            xattrs: preserve.xattrs,
            as_super,
            fake,
        }
    }

    /// Whether notes stand for what only the super-user can set.
    pub(super) fn is_fake(self) -> bool {
        self.fake
    }

    /// Whether there is anything to read.
    pub(super) fn any(self) -> bool {
        self.acls || self.xattrs != KeepXattrs::No
    }

    /// Whether objects are looked at for attributes of any kind.
    pub(super) fn reads(self) -> bool {
        self.any() || self.fake
    }

    /// Whether an attribute is the system's own, or an ACL that is kept as such.
    fn is_systems(self, name: &[u8]) -> bool {
        name.starts_with(SYSTEM) || (self.acls && name.starts_with(XFS_ACLS))
    }

    /// The name that an attribute of the source has at the destination; `None` where it takes no part.
    /// `ruled` is what rules say that are about attributes, where there are any: what is usual counts no
    /// more then.
    fn stored(self, name: &[u8], ruled: Option<bool>) -> Option<Cow<'_, [u8]>> {
        if self.xattrs == KeepXattrs::No || !ruled.unwrap_or(!self.is_systems(name)) {
            return None;
        }
        if name.starts_with(NOTES) {
            let taken = self.xattrs == KeepXattrs::WithNotes && !self.fake;
            return taken.then(|| Cow::Owned(name.to_vec()));
        }
        if self.fake {
            let real = name.strip_prefix(STORED).unwrap_or(name);
            return Some(Cow::Owned(match real.starts_with(USER) {
                true => real.to_vec(),
                false => [STORED, real].concat(),
            }));
        }
        if self.as_super || name.starts_with(USER) {
            return Some(Cow::Owned(name.to_vec()));
        }
        ruled.map(|_| Cow::Owned([STORED, name].concat()))
    }

    /// Whether an attribute of the destination goes where the source has none of its name.
    fn manages(self, name: &[u8], ruled: Option<bool>) -> bool {
        self.xattrs != KeepXattrs::No
            && ruled.unwrap_or(!self.is_systems(name))
            && match self.fake {
                false if ruled.is_some() => true,
                true => name.starts_with(USER) && !name.starts_with(NOTES),
                false => self.as_super || name.starts_with(USER),
            }
    }

    fn acl_names(self) -> [&'static [u8]; 2] {
        match self.fake {
            true => [ACCESS_NOTE, DEFAULT_NOTE],
            false => [ACCESS_ACL, DEFAULT_ACL],
        }
    }

    fn is_acl(self, name: &[u8]) -> bool {
        self.acls && self.acl_names().contains(&name)
    }

    fn decode(self, value: &[u8], mode: u32) -> io::Result<Acl> {
        let acl = match self.fake {
            true => Acl::from_note(value, mode),
            false => Acl::decode(value),
        };
        acl.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// An access ACL that goes with permission bits, for an object that gets `mode`; `None` where that says
    /// all.
    fn encode_access(self, acl: &Acl, of: u32, mode: u32) -> Option<Box<[u8]>> {
        if acl.is_mode_only() {
            return None;
        }
        Some(match self.fake {
            true => acl.to_note(Some(of)),
            false => acl.with_mode(of, mode).encode(),
        })
    }

    fn encode_default(self, acl: &Acl) -> Box<[u8]> {
        match self.fake {
            true => acl.to_note(None),
            false => acl.encode(),
        }
    }

    /// Reads what an object has; `stored` gives the names under which its attributes are kept.
    fn read<'n>(
        self,
        object: Object<'_>,
        stat: &Stat,
        stored: impl Fn(&[u8]) -> Option<Cow<'n, [u8]>>,
    ) -> Result<Extended, Unreadable> {
        let all = object.read(|name| self.is_acl(name) || stored(name).is_some());
        let mut extended = Extended::default();
        for (name, value) in all? {
            if self.is_acl(&name) {
                let acl = self.decode(&value, stat.mode);
                let acl = acl.map_err(|e| (name.clone(), e))?;
                let [access, _] = self.acl_names();
                if *name == *access {
                    extended.access = Some((acl, value));
                } else {
                    extended.default = Some((acl, value));
                }
            } else if let Some(stored) = stored(&name) {
                extended.xattrs.insert(stored.into(), value);
            }
        }
        Ok(extended)
    }

    /// What an object of the source has, as it is to be at the destination.
    pub(super) fn read_source(
        self,
        object: Object<'_>,
        stat: &Stat,
        owners: &Owners,
        rules: &Rules,
    ) -> Result<Extended, Unreadable> {
        let mut read = self.read(object, stat, |name| {
            let ruled = rules.xattr_allowed(Side::Sender, name);
            let stored = self.stored(name, ruled);
            stored.map(|name| Cow::Owned(name.into_owned()))
        })?;
        for acl in [&mut read.access, &mut read.default].into_iter().flatten() {
            let mapped = std::mem::take(&mut acl.0);
            acl.0 = mapped.mapped(|id| owners.user(id), |id| owners.group(id));
        }
        Ok(read)
    }

    /// What an object of the destination has.
    pub(super) fn read_live(
        self,
        object: Object<'_>,
        stat: &Stat,
        rules: &Rules,
    ) -> Result<Extended, Unreadable> {
        self.read(object, stat, |name| {
            let ruled = rules.xattr_allowed(Side::Receiver, name);
            let manages = self.manages(name, ruled);
            manages.then(|| Cow::Owned(name.to_vec()))
        })
    }
}

/// The attribute that could not be read, empty for the list of all, and why.
pub(super) type Unreadable = (Box<[u8]>, io::Error);

/// ACLs and extended attributes of one object.
#[derive(Clone, Debug, Default)]
pub(super) struct Extended {
    xattrs: Xattrs,
    /// More of them, whose values a peer sends only when they are asked for.
    long: BTreeMap<Box<[u8]>, Wanted>,
    /// With the value that it was read from.
    access: Option<(Acl, Box<[u8]>)>,
    default: Option<(Acl, Box<[u8]>)>,
}

impl Extended {
    fn access(&self, mode: u32) -> Cow<'_, Acl> {
        match &self.access {
            Some((acl, _)) => Cow::Borrowed(acl),
            None => Cow::Owned(Acl::of_mode(mode)),
        }
    }

    fn default_acl(&self) -> Option<&Acl> {
        self.default.as_ref().map(|(acl, _)| acl)
    }
}

/// What the source has, and what an object of its kind at the destination has.
#[derive(Clone, Debug)]
pub(super) struct Sides {
    pub source: Extended,
    /// Permission bits of the source.
    pub mode: u32,
    /// With the permission bits there.
    pub live: Option<(Extended, u32)>,
}

/// Whether two sides differ: the `a` and `x` of rsync's itemized lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unlike {
    acl: bool,
    xattrs: bool,
}

impl Unlike {
    /// What of it changes say.
    pub(super) fn of(changes: &Changes) -> Unlike {
        Unlike {
            acl: changes.acl,
            xattrs: changes.xattrs,
        }
    }

    /// Whether extended attributes do.
    pub(super) fn xattrs(self) -> bool {
        self.xattrs
    }

    fn any(self) -> bool {
        self.acl || self.xattrs
    }

    /// These changes, and those.
    pub(super) fn and(self, changes: Changes) -> Changes {
        Changes {
            acl: self.acl,
            xattrs: self.xattrs,
            ..changes
        }
    }
}

impl Sides {
    /// Whether they differ, where there is something to compare with.
    pub(super) fn unlike(&self, keeping: Keeping, kind: Kind) -> Unlike {
        match &self.live {
            Some((live, mode)) => self.compare(keeping, kind, live, *mode),
            None => Unlike::default(),
        }
    }

    /// Whether the source differs from an object that is not the destination's; one that cannot be read does.
    pub(super) fn unlike_at(
        &self,
        keeping: Keeping,
        kind: Kind,
        (object, stat): (Object<'_>, &Stat),
        rules: &Rules,
    ) -> Unlike {
        match keeping.read_live(object, stat, rules) {
            Ok(read) => self.compare(keeping, kind, &read, stat.mode),
            Err(_) => Unlike {
                acl: keeping.acls,
                xattrs: keeping.xattrs != KeepXattrs::No,
            },
        }
    }

    fn compare(&self, keeping: Keeping, kind: Kind, live: &Extended, live_mode: u32) -> Unlike {
        let has_acl = keeping.acls && kind != Kind::Symlink;
        let source = &self.source;
        Unlike {
            acl: has_acl
                && (!source
                    .access(0)
                    .agrees(self.mode, &live.access(0), live_mode)
                    || source.default_acl() != live.default_acl()),
            xattrs: !source.has_xattrs_of(live),
        }
    }

    /// What makes the destination's object, which has `mode` then, like the source's.
    pub(super) fn edits(&self, keeping: Keeping, mode: u32, unlike: Unlike) -> Option<Box<[Edit]>> {
        if !unlike.any() {
            return None;
        }
        let nothing = Extended::default();
        let live = self.live.as_ref().map_or(&nothing, |(live, _)| live);
        let mut edits = Vec::new();
        if unlike.xattrs {
            edits.extend(differing(&self.source, &live.xattrs));
        }
        if unlike.acl {
            edits.extend(
                self.acl_edits(keeping, mode, live)
                    .filter(|edit| edit.new != edit.old),
            );
        }
        Some(edits.into())
    }

    /// What makes an object that has these, and gets `mode`, like the source's.
    pub(super) fn edits_over(
        &self,
        keeping: Keeping,
        mode: u32,
        had: &Extended,
    ) -> Option<Box<[Edit]>> {
        let acls = self.acl_edits(keeping, mode, had);
        let edits: Box<[Edit]> = differing(&self.source, &had.xattrs)
            .chain(acls.filter(|edit| keeping.acls && edit.new != edit.old))
            .collect();
        (!edits.is_empty()).then_some(edits)
    }

    /// What an object that is made for the source's gets. Where it `inherits` ACLs, those go that the
    /// source does not have.
    pub(super) fn edits_of_new(
        &self,
        keeping: Keeping,
        kind: Kind,
        mode: u32,
        inherits: bool,
    ) -> Option<Box<[Edit]>> {
        let none = Xattrs::new();
        let mut edits = differing(&self.source, &none).collect::<Vec<_>>();
        if keeping.acls && kind != Kind::Symlink {
            let nothing = Extended::default();
            let has_default = kind == Kind::Dir;
            let acls = self.acl_edits(keeping, mode, &nothing);
            let acls = acls.take(if has_default { 2 } else { 1 });
            edits.extend(acls.filter(|edit| edit.new.is_some() || inherits));
        }
        (!edits.is_empty()).then(|| edits.into())
    }

    fn acl_edits(
        &self,
        keeping: Keeping,
        mode: u32,
        live: &Extended,
    ) -> impl Iterator<Item = Edit> {
        let access = keeping.encode_access(&self.source.access(mode), self.mode, mode);
        let default = self
            .source
            .default_acl()
            .map(|acl| keeping.encode_default(acl));
        let had = |acl: &Option<(Acl, Box<[u8]>)>| acl.as_ref().map(|(_, value)| value.clone());
        let edits = [(access, had(&live.access)), (default, had(&live.default))];
        keeping
            .acl_names()
            .into_iter()
            .zip(edits)
            .map(|(name, (new, old))| Edit {
                name: name.into(),
                old,
                new,
            })
    }
}

/// Attributes that one has and the other has not, or with another value.
fn differing<'x>(source: &'x Extended, live: &'x Xattrs) -> impl Iterator<Item = Edit> + 'x {
    let gone = live.iter().filter(|(name, _)| !source.has(name));
    let gone = gone.map(|(name, old)| Edit {
        name: name.clone(),
        old: Some(old.clone()),
        new: None,
    });
    let set = source
        .values()
        .filter(|(name, value)| live.get(*name).map(|live| &**live) != Some(*value));
    let set = set.map(|(name, value)| Edit {
        name: name.clone(),
        old: live.get(name).cloned(),
        new: Some(value.into()),
    });
    gone.chain(set)
}
