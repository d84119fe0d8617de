//! Names that are wanted of a directory: a small tree of what operands and lists name.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Wanted names of one directory.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Wanted(BTreeMap<Box<[u8]>, Wish>);

/// What is wanted of one name.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Wish {
    /// What was found under it, if it was named itself; else it is only on the way to others.
    pub named: Option<Found>,
    /// All that is in the directory is wanted as well.
    pub content: bool,
    /// What a link leads to is wanted.
    pub followed: bool,
    /// It was named itself more than once: as many entries count, of which one is left.
    pub again: bool,
    /// Names in it that are wanted.
    pub below: Option<Arc<Wanted>>,
}

/// What was found under a name when it was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Found {
    /// Nothing: the destination's entry of this name is to go.
    Missing,
    /// Anything that is no directory.
    Leaf,
    /// A directory.
    Dir,
}

/// A name with what it stands for, to be added to a tree.
pub(in crate::engine) struct Named {
    pub found: Found,
    pub content: bool,
    pub followed: bool,
}

impl Wanted {
    /// Adds a path, which has one component at least. What was named before under the same name stays,
    /// but a directory counts more than anything else.
    pub(in crate::engine) fn add(&mut self, path: &[&[u8]], named: &Named) {
        let Some((name, rest)) = path.split_first() else {
            return;
        };
        let wish = self.0.entry((*name).into()).or_default();
        if rest.is_empty() {
            wish.followed |= named.followed;
            wish.again |= wish.named.is_some();
            wish.named = wish.named.max(Some(named.found));
            wish.content |= named.content;
        } else {
            Arc::make_mut(wish.below.get_or_insert_default()).add(rest, named);
        }
    }

    pub(in crate::engine) fn get(&self, name: &[u8]) -> Option<&Wish> {
        self.0.get(name)
    }

    /// All names with what is wanted of them.
    pub(in crate::engine) fn iter(&self) -> impl Iterator<Item = (&[u8], &Wish)> {
        self.0.iter().map(|(name, wish)| (&**name, wish))
    }

    /// The one name, if there is just one, named once, and it stands for nothing but itself.
    pub(in crate::engine) fn only(&self) -> Option<(&[u8], &Wish)> {
        let mut names = self.iter();
        let first = names.next()?;
        let stands_alone = first.1.below.is_none() && !first.1.again;
        (names.next().is_none() && stands_alone).then_some(first)
    }
}

impl FromIterator<(Box<[u8]>, Wish)> for Wanted {
    fn from_iter<I: IntoIterator<Item = (Box<[u8]>, Wish)>>(names: I) -> Wanted {
        Wanted(names.into_iter().collect())
    }
}

impl Wish {
    /// What it is taken for: a directory where something is wanted below it.
    pub(in crate::engine) fn found(&self) -> Found {
        match self.named {
            _ if self.below.is_some() => Found::Dir,
            Some(found) => found,
            None => Found::Dir,
        }
    }

    /// Whether a link under this name is followed: always where something is wanted below it.
    pub(in crate::engine) fn is_followed(&self) -> bool {
        self.followed || self.below.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(wanted: &mut Wanted, path: &str, found: Found, content: bool) {
        let named = Named {
            found,
            content,
            followed: false,
        };
        let path: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
        wanted.add(&path, &named);
    }

    #[test]
    fn a_directory_on_the_way_may_be_named_as_well() {
        let mut wanted = Wanted::default();
        add(&mut wanted, "a/b/c", Found::Leaf, false);
        add(&mut wanted, "a/b", Found::Dir, true);
        add(&mut wanted, "x", Found::Leaf, false);
        assert!(wanted.only().is_none());
        let a = wanted.get(b"a").unwrap();
        assert_eq!((a.named, a.found(), a.content), (None, Found::Dir, false));
        let b = a.below.as_ref().unwrap().get(b"b").unwrap();
        assert_eq!((b.named, b.content), (Some(Found::Dir), true));
        assert!(b.below.as_ref().unwrap().get(b"c").is_some());
        assert!(wanted.get(b"c").is_none());
    }

    #[test]
    fn one_name_alone_is_told_from_a_path() {
        let mut wanted = Wanted::default();
        add(&mut wanted, "a", Found::Leaf, false);
        assert!(wanted.only().is_some());
        add(&mut wanted, "a/b", Found::Leaf, false);
        assert!(wanted.only().is_none());
        assert_eq!(wanted.get(b"a").unwrap().found(), Found::Dir);
    }

    #[test]
    fn one_name_twice_counts_as_two() {
        let mut wanted = Wanted::default();
        for _ in 0..2 {
            add(&mut wanted, "a", Found::Leaf, false);
        }
        assert!(wanted.only().is_none());
        assert_eq!(wanted.iter().count(), 1);
    }
}
