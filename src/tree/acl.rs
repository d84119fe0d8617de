//! POSIX ACLs as the system stores them in an extended attribute, and how they go with permission bits.
//!
//! Format (`posix_acl_xattr.h`): a version, 2 as `u32`, then entries of 8 bytes: tag `u16`, permissions
//! `u16`, id `u32`, all little-endian, in order of tag and id.

/// Version of the format.
const VERSION: u32 = 2;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;
/// The id of entries that have none.
const NO_ID: u32 = u32::MAX;

/// Stands for a missing entry in a note of `--fake-super`.
const ABSENT: u32 = 0x80;
/// Marks a user in a note of `--fake-super`.
const IS_USER: u32 = 1 << 31;

/// Permissions of one more user or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// A group; else a user. Users come first.
    pub is_group: bool,
    /// Which.
    pub id: u32,
    /// 0 to 7.
    pub perms: u8,
}

/// An ACL. One that only says what permission bits say has no mask and names nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// Permissions of the owner, 0 to 7.
    pub user: u8,
    /// Of the owner's group.
    pub group: u8,
    /// Of all others.
    pub other: u8,
    /// What the group and everybody named can have at most.
    pub mask: Option<u8>,
    /// More users and groups, in order.
    pub named: Vec<Named>,
}

impl Acl {
    /// The ACL that permission bits are.
    #[must_use]
    pub fn of_mode(mode: u32) -> Acl {
        let three = |shift: u32| (mode >> shift & 7) as u8;
        Acl {
            user: three(6),
            group: three(3),
            other: three(0),
            mask: None,
            named: Vec::new(),
        }
    }

    /// Reads what the system stores; `None` where that is no ACL.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Acl> {
        let (version, mut rest) = bytes.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*version) != VERSION {
            return None;
        }
        let mut acl = Acl::default();
        while !rest.is_empty() {
            let ([t0, t1, p0, p1, id @ ..], tail) = rest.split_first_chunk::<8>()?;
            rest = tail;
            let perms = u8::try_from(u16::from_le_bytes([*p0, *p1])).ok()?;
            if perms > 7 {
                return None;
            }
            let id = u32::from_le_bytes(*id);
            let tag = u16::from_le_bytes([*t0, *t1]);
            match tag {
                USER_OBJ => acl.user = perms,
                GROUP_OBJ => acl.group = perms,
                OTHER => acl.other = perms,
                MASK => acl.mask = Some(perms),
                USER | GROUP => acl.named.push(Named {
                    is_group: tag == GROUP,
                    id,
                    perms,
                }),
                _ => return None,
            }
        }
        acl.named.sort_unstable();
        Some(acl)
    }

    /// As the system stores it.
    #[must_use]
    pub fn encode(&self) -> Box<[u8]> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        let mut put = |tag: u16, perms: u8, id: u32| {
            bytes.extend_from_slice(&tag.to_le_bytes());
            bytes.extend_from_slice(&u16::from(perms).to_le_bytes());
            bytes.extend_from_slice(&id.to_le_bytes());
        };
        put(USER_OBJ, self.user, NO_ID);
        for named in self.named.iter().filter(|named| !named.is_group) {
            put(USER, named.perms, named.id);
        }
        put(GROUP_OBJ, self.group, NO_ID);
        for named in self.named.iter().filter(|named| named.is_group) {
            put(GROUP, named.perms, named.id);
        }
        if let Some(mask) = self.mask {
            put(MASK, mask, NO_ID);
        }
        put(OTHER, self.other, NO_ID);
        bytes.into()
    }

    /// Whether permission bits say all that it says.
    #[must_use]
    pub fn is_mode_only(&self) -> bool {
        self.mask.is_none() && self.named.is_empty()
    }

    /// Whether two access ACLs, of objects with these permission bits, are one but for what those say.
    #[must_use]
    pub fn agrees(&self, mode: u32, other: &Acl, other_mode: u32) -> bool {
        self.mask.is_some() == other.mask.is_some()
            && self.own_group(mode) == other.own_group(other_mode)
            && self.named == other.named
    }

    /// The same, which goes with the permission bits `of`, for an object that has `mode`: the mask, where
    /// there is one, is the group's bits.
    #[must_use]
    pub fn with_mode(&self, of: u32, mode: u32) -> Acl {
        let bits = Acl::of_mode(mode);
        let masked = self.mask.is_some() || !self.named.is_empty();
        Acl {
            user: bits.user,
            group: self.own_group(of).unwrap_or(bits.group),
            other: bits.other,
            mask: masked.then_some(bits.group),
            named: self.named.clone(),
        }
    }

    /// Permissions of the group, where permission bits do not tell them: rsync takes them to do so where
    /// both are equal.
    fn own_group(&self, mode: u32) -> Option<u8> {
        self.mask?;
        (u32::from(self.group) != mode >> 3 & 7).then_some(self.group)
    }

    /// The permission bits that something gets at most which is made where this is the default ACL.
    #[must_use]
    pub fn bits(&self) -> u32 {
        let group = self.mask.unwrap_or(self.group);
        u32::from(self.user) << 6 | u32::from(group) << 3 | u32::from(self.other)
    }

    /// The same with other ids.
    #[must_use]
    pub fn mapped(mut self, user: impl Fn(u32) -> u32, group: impl Fn(u32) -> u32) -> Acl {
        for named in &mut self.named {
            named.id = if named.is_group {
                group(named.id)
            } else {
                user(named.id)
            };
        }
        self.named.sort_unstable();
        self
    }

    /// Reads a note of `--fake-super` (`user.rsync.%aacl`): four words for owner, group, mask and others,
    /// then an id and permissions for each name; `None` where that is none. What is absent is as in
    /// `mode`.
    #[must_use]
    pub fn from_note(bytes: &[u8], mode: u32) -> Option<Acl> {
        let bits = Acl::of_mode(mode);
        let (words, []) = bytes.as_chunks::<4>() else {
            return None;
        };
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let ([user, group, mask, other], names) = words.split_first_chunk::<4>()?;
        let (pairs, []) = names.as_chunks::<2>() else {
            return None;
        };
        let perms = |word: u32| u8::try_from(word).ok().filter(|perms| *perms <= 7);
        let or = |word: u32, absent: u8| match word {
            ABSENT => Some(absent),
            word => perms(word),
        };
        let named = |[id, word]: &[u32; 2]| {
            Some(Named {
                is_group: word & IS_USER == 0,
                id: *id,
                perms: perms(word & !IS_USER)?,
            })
        };
        let mut named = pairs.iter().map(named).collect::<Option<Vec<Named>>>()?;
        named.sort_unstable();
        Some(Acl {
            user: or(*user, bits.user)?,
            group: or(*group, bits.group)?,
            other: or(*other, bits.other)?,
            mask: match *mask {
                ABSENT if named.is_empty() => None,
                ABSENT => Some(bits.group),
                word => Some(perms(word)?),
            },
            named,
        })
    }

    /// As a note of `--fake-super`. In that of an access ACL what its permission bits tell is absent.
    #[must_use]
    pub fn to_note(&self, access: Option<u32>) -> Box<[u8]> {
        let word = |perms: Option<u8>| perms.map_or(ABSENT, u32::from);
        let own = |perms: u8| match access {
            Some(_) => None,
            None => Some(perms),
        };
        let group = match access {
            Some(mode) => self.own_group(mode),
            None => Some(self.group),
        };
        let mut words = vec![
            word(own(self.user)),
            word(group),
            word(self.mask),
            word(own(self.other)),
        ];
        for named in &self.named {
            let user = if named.is_group { 0 } else { IS_USER };
            words.extend([named.id, u32::from(named.perms) | user]);
        }
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl() -> Acl {
        let named = |is_group, id, perms| Named {
            is_group,
            id,
            perms,
        };
        Acl {
            user: 6,
            group: 4,
            other: 0,
            mask: Some(6),
            named: vec![named(false, 5, 7), named(false, 1000, 4), named(true, 3, 0)],
        }
    }

    #[test]
    fn it_comes_back_as_the_system_stores_it() {
        let stored = [
            &[2u8, 0, 0, 0][..],
            &[1, 0, 6, 0, 255, 255, 255, 255],
            &[2, 0, 7, 0, 5, 0, 0, 0],
            &[2, 0, 4, 0, 0xe8, 3, 0, 0],
            &[4, 0, 4, 0, 255, 255, 255, 255],
            &[8, 0, 0, 0, 3, 0, 0, 0],
            &[16, 0, 6, 0, 255, 255, 255, 255],
            &[32, 0, 0, 0, 255, 255, 255, 255],
        ]
        .concat();
        assert_eq!(*acl().encode(), stored);
        assert_eq!(Acl::decode(&stored), Some(acl()));
        for damaged in [
            &stored[..7],
            &[3, 0, 0, 0],
            &[2, 0, 0, 0, 64, 0, 6, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(Acl::decode(damaged), None);
        }
        assert_eq!(Acl::decode(&[2, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn the_mask_is_the_groups_bits() {
        let acl = acl().with_mode(0o660, 0o4751);
        assert_eq!(
            (acl.user, acl.group, acl.mask, acl.other),
            (7, 4, Some(5), 1)
        );
        assert!(acl.agrees(0o4751, &super::tests::acl(), 0o660));
        assert_eq!(acl.bits(), 0o751);
        let plain = Acl::of_mode(0o640).with_mode(0o640, 0o604);
        assert!(plain.is_mode_only());
        assert_eq!(plain, Acl::of_mode(0o604));
        assert!(!plain.agrees(0o604, &acl, 0o751));
        let joined = super::tests::acl().with_mode(0o640, 0o664);
        assert_eq!((joined.group, joined.mask), (6, Some(6)));
        let masked = Acl {
            mask: Some(7),
            ..plain.clone()
        };
        assert!(!plain.agrees(0, &masked, 0) && !masked.is_mode_only());
    }

    #[test]
    fn ids_are_mapped_and_ordered_again() {
        let mapped = acl().mapped(|id| 2000 - id, |id| id + 1);
        let ids: Vec<u32> = mapped.named.iter().map(|named| named.id).collect();
        assert_eq!(ids, [1000, 1995, 4]);
    }

    #[test]
    fn notes_come_back() {
        let access = acl().to_note(Some(0o660));
        assert_eq!(access.len(), 16 + 8 * 3);
        assert_eq!(Acl::from_note(&access, 0o660), Some(acl()));
        let default = acl().to_note(None);
        assert_eq!(Acl::from_note(&default, 0), Some(acl()));
        assert_eq!(Acl::from_note(&default[..20], 0), None);
        assert_eq!(Acl::from_note(&default[..15], 0), None);
    }

    proptest::proptest! {
        /// What the system gives is read and written back as it was; anything else is refused, not believed.
        #[test]
        fn every_acl_comes_back(
            perms in proptest::array::uniform4(0u8..8),
            masked: bool,
            named in proptest::collection::vec((proptest::bool::ANY, 0u32.., 0u8..8), 0..6),
            noise in proptest::collection::vec(0u8.., 0..64),
        ) {
            let mut named: Vec<Named> = named
                .into_iter()
                .map(|(is_group, id, perms)| Named { is_group, id, perms })
                .collect();
            named.sort_unstable();
            let [user, group, other, mask] = perms;
            let mask = (masked || !named.is_empty()).then_some(mask);
            let acl = Acl { user, group, other, mask, named };
            assert_eq!(Acl::decode(&acl.encode()).as_ref(), Some(&acl));
            assert_eq!(Acl::from_note(&acl.to_note(None), 0).as_ref(), Some(&acl));
            if let Some(read) = Acl::decode(&noise) {
                assert!(read.bits() <= 0o777);
            }
            if let Some(read) = Acl::from_note(&noise, 0o640) {
                assert!(read.bits() <= 0o777);
            }
        }
    }
}
