//! ACLs in the file list: each is sent whole once, and by its number from then on.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use super::ids::{IdKind, IdNames, MetIds, NameIds, write_name};
use crate::wire::error::{Error, Fault, Result, length, limit};
use crate::wire::{ReadWire, WriteWire};

/// The most users and groups that one ACL may name.
const MAX_NAMED: usize = 65_536;
/// The most memory that a session's ACLs of one kind may take, in bytes.
const MAX_MEMORY: usize = 256 << 20;

const USER: u8 = 1;
const GROUP: u8 = 2;
const MASK: u8 = 4;
const OTHER: u8 = 8;
const NAMED: u8 = 16;

/// An ACL as it travels. Permissions are bits as in a mode, 0 to 7.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Acl {
    /// Of the owner.
    pub user: Option<u8>,
    /// Of the owning group.
    pub group: Option<u8>,
    /// The most that named ones and the owning group get.
    pub mask: Option<u8>,
    /// Of everybody else.
    pub other: Option<u8>,
    /// Of named users, by ascending id, and of named groups behind them.
    pub named: Vec<Named>,
}

/// What an ACL says of one user or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Named {
    /// Whether the id is a user's.
    pub kind: IdKind,
    /// The id.
    pub id: u32,
    /// The permissions.
    pub perms: u8,
}

impl Acl {
    /// An access ACL without what follows from the entry's mode: so it travels.
    #[must_use]
    pub fn stripped(&self, mode: u16) -> Self {
        let by_mode = (mode >> 3 & 7) as u8;
        let group = self
            .group
            .filter(|perms| self.mask.is_some() && *perms != by_mode);
        let mask = self
            .mask
            .filter(|perms| self.named.is_empty() || *perms != by_mode);
        Self {
            user: None,
            group,
            mask,
            other: None,
            named: self.named.clone(),
        }
    }

    /// The whole access ACL of an entry that came with this one.
    #[must_use]
    pub fn completed(&self, mode: u16) -> Self {
        let bits = |shift: u16| (mode >> shift & 7) as u8;
        let mask = self
            .mask
            .or_else(|| (!self.named.is_empty()).then(|| bits(3)));
        Self {
            user: self.user.or(Some(bits(6))),
            group: self.group.or(Some(bits(3))),
            mask,
            other: self.other.or(Some(bits(0))),
            named: self.named.clone(),
        }
    }

    /// A default ACL whose mask was left out although it names somebody: the mask lets through what all of them have.
    #[must_use]
    pub fn with_mask(mut self) -> Self {
        if self.mask.is_none() && !self.named.is_empty() {
            let all = self.named.iter().map(|one| one.perms);
            self.mask = Some(all.chain(self.group).fold(0, |sum, perms| sum | perms));
        }
        self
    }

    fn read<R: Read + ?Sized>(names: &mut IdNames, from: &mut R) -> Result<Self> {
        let present = from.read_byte()?;
        if present & !(USER | GROUP | MASK | OTHER | NAMED) != 0 {
            let why = "has parts that nobody knows";
            return Err(Error::invalid(Fault::Protocol, "ACL", why));
        }
        let mut part = |bit: u8| -> Result<Option<u8>> {
            if present & bit == 0 {
                return Ok(None);
            }
            let perms = from.read_varint()?;
            Ok(Some(
                limit(Fault::Stream, "permissions in an ACL", perms, 0..=7)? as u8,
            ))
        };
        let mut acl = Self {
            user: part(USER)?,
            group: part(GROUP)?,
            mask: part(MASK)?,
            other: part(OTHER)?,
            named: Vec::new(),
        };
        if present & NAMED != 0 {
            let what = "number of names in an ACL";
            let count = length(Fault::Protocol, what, from.read_varint()?, MAX_NAMED)?;
            for _ in 0..count {
                acl.named.push(Named::read(names, from)?);
            }
        }
        Ok(acl)
    }

    fn write<W: Write + ?Sized>(
        &self,
        mut inline: Option<&mut Inline<'_>>,
        to: &mut W,
    ) -> Result<()> {
        let parts = [
            (USER, self.user),
            (GROUP, self.group),
            (MASK, self.mask),
            (OTHER, self.other),
        ];
        let bit = |(bit, perms): (u8, Option<u8>)| if perms.is_some() { bit } else { 0 };
        let named = if self.named.is_empty() { 0 } else { NAMED };
        to.write_byte(parts.into_iter().map(bit).fold(named, |all, bit| all | bit))?;
        for perms in parts.into_iter().filter_map(|(_, perms)| perms) {
            to.write_varint((perms & 7).into())?;
        }
        if !self.named.is_empty() {
            let count = length(
                Fault::TooLarge,
                "number of names in an ACL",
                self.named.len() as i64,
                MAX_NAMED,
            )?;
            to.write_varint(count as i32)?;
        }
        for named in &self.named {
            let name = inline
                .as_deref_mut()
                .and_then(|inline| inline.name(named.kind, named.id));
            let user = i32::from(named.kind == IdKind::User);
            let perms = i32::from(named.perms & 7) << 2;
            to.write_varint(named.id.cast_signed())?;
            to.write_varint(perms | user << 1 | i32::from(name.is_some()))?;
            if let Some(name) = name {
                write_name(&name, to)?;
            }
        }
        Ok(())
    }
}

impl Named {
    fn read<R: Read + ?Sized>(names: &mut IdNames, from: &mut R) -> Result<Self> {
        let id = from.read_varint()?.cast_unsigned();
        let bits = limit(
            Fault::Stream,
            "permissions in an ACL",
            from.read_varint()?,
            0..=31,
        )?;
        let kind = if bits & 2 != 0 {
            IdKind::User
        } else {
            IdKind::Group
        };
        if bits & 1 != 0 {
            names.read_name(kind, id, from)?;
        }
        let perms = (bits >> 2) as u8;
        Ok(Self { kind, id, perms })
    }
}

/// Tells names behind ids that are met for the first time (incremental recursion).
pub(super) struct Inline<'a> {
    pub(super) users: &'a mut MetIds,
    pub(super) groups: &'a mut MetIds,
    pub(super) names: &'a mut dyn NameIds,
}

impl Inline<'_> {
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>> {
        match kind {
            IdKind::User => self.users.first_name(id, self.names),
            IdKind::Group => self.groups.first_name(id, self.names),
        }
    }
}

/// The ACLs of one kind (access or default) that a peer sent, by their numbers.
#[derive(Debug, Default)]
pub struct AclCache {
    known: Vec<Arc<Acl>>,
    memory: usize,
}

impl AclCache {
    /// The ACL of this number.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Acl> {
        self.known.get(number as usize).map(|acl| &**acl)
    }

    /// The ACLs from this number on.
    pub fn since(&self, number: usize) -> impl Iterator<Item = &Arc<Acl>> {
        self.known.get(number..).unwrap_or_default().iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Reads an ACL or the number of one; its number.
    pub(super) fn read<R: Read + ?Sized>(
        &mut self,
        names: &mut IdNames,
        from: &mut R,
    ) -> Result<u32> {
        let known = self.known.len();
        let number = length(
            Fault::Stream,
            "number of an ACL",
            from.read_varint()?,
            known,
        )?;
        if let Some(number) = number.checked_sub(1) {
            return Ok(number as u32);
        }
        let acl = Acl::read(names, from)?;
        self.memory += size_of::<Acl>() + acl.named.len() * size_of::<Named>();
        length(
            Fault::TooLarge,
            "memory for all ACLs",
            self.memory as i64,
            MAX_MEMORY,
        )?;
        self.known.push(Arc::new(acl));
        Ok(known as u32)
    }
}

/// The ACLs of one kind that this side sent.
#[derive(Debug, Default)]
pub(super) struct SentAcls(HashMap<Acl, u32>);

impl SentAcls {
    /// Writes an ACL, or its number if it was sent before.
    pub(super) fn write<W: Write + ?Sized>(
        &mut self,
        acl: &Acl,
        inline: Option<&mut Inline<'_>>,
        to: &mut W,
    ) -> Result<u32> {
        if let Some(&number) = self.0.get(acl) {
            to.write_varint(number as i32 + 1)?;
            return Ok(number);
        }
        to.write_varint(0)?;
        acl.write(inline, to)?;
        let number = self.0.len() as u32;
        self.0.insert(acl.clone(), number);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(kind: IdKind, id: u32, perms: u8) -> Named {
        Named { kind, id, perms }
    }

    /// Bytes from a session of rsync 3.5.0.
    #[test]
    fn acls_are_those_of_rsync() {
        let mask_only = Acl {
            mask: Some(5),
            ..Acl::default()
        };
        let access = Acl {
            group: Some(4),
            named: vec![named(IdKind::User, 1, 4), named(IdKind::Group, 2, 6)],
            ..Acl::default()
        };
        let default = Acl {
            user: Some(7),
            group: Some(5),
            mask: Some(7),
            other: Some(0),
            named: vec![named(IdKind::User, 1, 5), named(IdKind::Group, 65534, 7)],
        };
        let mut sent = SentAcls::default();
        let mut cache = AclCache::default();
        for (acl, bytes) in [
            (&Acl::default(), &[0u8, 0][..]),
            (&mask_only, &[0, 4, 5]),
            (&access, &[0, 0x12, 4, 2, 1, 0x12, 2, 0x18]),
            (&mask_only, &[2]),
            (
                &default,
                &[0, 0x1f, 7, 5, 7, 0, 2, 1, 0x16, 0xc0, 0xfe, 0xff, 0x1c],
            ),
            (&Acl::default(), &[1]),
        ] {
            let mut out = Vec::new();
            sent.write(acl, None, &mut out).expect("written");
            assert_eq!(out, bytes);
            let number = cache
                .read(&mut IdNames::default(), &mut &bytes[..])
                .expect("read");
            assert_eq!(cache.get(number), Some(acl));
        }
        assert_eq!(cache.len(), 4);
    }

    #[test]
    fn what_follows_from_the_mode_is_left_out_and_comes_back() {
        let plain = Acl {
            user: Some(6),
            group: Some(4),
            other: Some(0),
            ..Acl::default()
        };
        assert_eq!(plain.stripped(0o100_640), Acl::default());
        assert_eq!(Acl::default().completed(0o100_640), plain);
        // With a mask, the mode's group bits are the mask.
        let masked = Acl {
            mask: Some(6),
            named: vec![named(IdKind::User, 1, 4)],
            ..plain
        };
        let travels = masked.stripped(0o100_660);
        let group_and_name = Acl {
            group: Some(4),
            named: masked.named.clone(),
            ..Acl::default()
        };
        assert_eq!(travels, group_and_name);
        assert_eq!(travels.completed(0o100_660), masked);
        let unmasked = Acl {
            mask: None,
            group: Some(1),
            ..masked
        };
        assert_eq!(unmasked.with_mask().mask, Some(5));
    }

    #[test]
    fn acls_that_no_peer_may_send_are_refused() {
        for (bytes, fault) in [
            (&[1u8][..], Fault::Stream),
            (&[0xf0, 0xff, 0xff, 0xff, 0xff], Fault::Stream),
            (&[0, 0x20], Fault::Protocol),
            (&[0, 1, 8], Fault::Stream),
            (&[0, 0x10, 0xf0, 0xff, 0xff, 0xff, 0xff], Fault::Protocol),
            (&[0, 0x10, 0xc1, 1, 0], Fault::Protocol),
            (&[0, 0x10, 1, 5, 32], Fault::Stream),
        ] {
            let read = AclCache::default().read(&mut IdNames::default(), &mut &bytes[..]);
            assert_eq!(
                read.expect_err("refused").fault(),
                Some(fault),
                "{bytes:x?}"
            );
        }
    }

    fn any_acl() -> impl Strategy<Value = Acl> {
        let perms = || proptest::option::of(0u8..8);
        let kind = any::<bool>().prop_map(|user| if user { IdKind::User } else { IdKind::Group });
        let one = (kind, any::<u32>(), 0u8..8).prop_map(|(kind, id, perms)| named(kind, id, perms));
        let all = proptest::collection::vec(one, 0..5);
        (perms(), perms(), perms(), perms(), all).prop_map(|(user, group, mask, other, named)| {
            Acl {
                user,
                group,
                mask,
                other,
                named,
            }
        })
    }

    proptest! {
        #[test]
        fn acls_come_back(acls in proptest::collection::vec(any_acl(), 0..8)) {
            let mut sent = SentAcls::default();
            let mut bytes = Vec::new();
            for acl in &acls {
                sent.write(acl, None, &mut bytes).expect("written");
            }
            let mut from = &bytes[..];
            let mut cache = AclCache::default();
            for acl in &acls {
                let number = cache.read(&mut IdNames::default(), &mut from).expect("read");
                prop_assert_eq!(cache.get(number), Some(acl));
            }
        }
    }
}
