//! ACLs and extended attributes as a peer lists them. Of a long value only the digest comes with a list, the value
//! itself when it is asked for, once in a session.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

use super::listed::Arrivals;
use crate::wire::flist::{Acl, Cached, IdKind, ListReader, Xattr, XattrValue};

/// A value that may be asked for.
#[derive(Debug)]
pub(in crate::engine) struct LongValue {
    /// What the list tells of it.
    told: XattrValue,
    /// The value; none where it turned out that it never comes.
    value: OnceLock<Option<Box<[u8]>>>,
    asked: AtomicBool,
}

impl LongValue {
    /// Whether this is the value, or what is known of it.
    pub(in crate::engine) fn agrees(&self, value: &[u8]) -> bool {
        match self.get() {
            Some(known) => known == value,
            None => self.told.agrees(value),
        }
    }

    /// The value, if it came.
    pub(in crate::engine) fn get(&self) -> Option<&[u8]> {
        self.value.get()?.as_deref()
    }

    /// It came, or never comes.
    pub(in crate::engine) fn settle(&self, value: Option<Vec<u8>>) {
        let _ = self.value.set(value.map(Vec::into_boxed_slice));
    }

    /// Whether it is known what becomes of it.
    pub(in crate::engine) fn is_settled(&self) -> bool {
        self.value.get().is_some()
    }

    /// Whether nobody asked for it so far; who calls this does now.
    pub(in crate::engine) fn is_first_to_ask(&self) -> bool {
        !self.is_settled() && !self.asked.swap(true, Relaxed)
    }
}

/// The extended attributes of an entry.
pub(in crate::engine) struct Attributes {
    list: Arc<[Xattr]>,
    /// For each of them, the value if it is a long one.
    long: Box<[Option<Arc<LongValue>>]>,
}

/// One extended attribute as it is listed.
pub(in crate::engine) enum Listing<'a> {
    Whole(&'a [u8]),
    Long(&'a Arc<LongValue>),
}

impl Attributes {
    fn new(list: &Arc<[Xattr]>) -> Attributes {
        let long = |xattr: &Xattr| match &xattr.value {
            XattrValue::Whole(_) => None,
            told => Some(Arc::new(LongValue {
                told: told.clone(),
                value: OnceLock::new(),
                asked: AtomicBool::new(false),
            })),
        };
        Attributes {
            list: Arc::clone(list),
            long: list.iter().map(long).collect(),
        }
    }

    /// All of them: names, numbers by which values are asked for, and values.
    pub(in crate::engine) fn iter(&self) -> impl Iterator<Item = (&[u8], u32, Listing<'_>)> {
        let listed = self.list.iter().zip(&self.long);
        listed.zip(1..).map(|((xattr, long), number)| {
            let listing = match (long, &xattr.value) {
                (None, XattrValue::Whole(value)) => Listing::Whole(value),
                (Some(long), _) => Listing::Long(long),
                (None, XattrValue::Digest(..)) => Listing::Whole(&[]),
            };
            (&xattr.name[..], number, listing)
        })
    }
}

/// What all lists of a session told.
#[derive(Default)]
pub(super) struct Told {
    access: Vec<Arc<Acl>>,
    default: Vec<Arc<Acl>>,
    xattrs: Vec<Arc<Attributes>>,
}

impl Told {
    /// Takes in what is new.
    pub(super) fn learn(&mut self, lists: &ListReader) {
        self.access
            .extend(lists.access_acls().since(self.access.len()).cloned());
        self.default
            .extend(lists.default_acls().since(self.default.len()).cloned());
        let new = lists.xattrs().since(self.xattrs.len());
        self.xattrs
            .extend(new.map(|list| Arc::new(Attributes::new(list))));
    }

    /// What an entry has with these numbers.
    pub(super) fn of(&self, arrivals: &Arc<Arrivals>, cached: Cached) -> Attached {
        fn find<T>(all: &[Arc<T>], number: Option<u32>) -> Option<Arc<T>> {
            all.get(number? as usize).cloned()
        }
        Attached {
            arrivals: Arc::clone(arrivals),
            access: find(&self.access, cached.access_acl),
            default: find(&self.default, cached.default_acl),
            xattrs: find(&self.xattrs, cached.xattrs),
        }
    }
}

/// What is attached to an entry of a list.
pub(in crate::engine) struct Attached {
    pub(super) arrivals: Arc<Arrivals>,
    /// Its access ACL, as it travels.
    pub access: Option<Arc<Acl>>,
    /// Its default ACL.
    pub default: Option<Arc<Acl>>,
    /// Its extended attributes.
    pub xattrs: Option<Arc<Attributes>>,
}

impl Attached {
    /// Whom an id of the peer stands for here.
    pub(in crate::engine) fn id(&self, kind: IdKind, id: u32) -> u32 {
        self.arrivals.id(kind == IdKind::Group, id)
    }
}
