//! Whose entries are there: what exists keeps the owner and the group that it has.
//!
//! A stock receiver gives a file that it replaces to whom it runs as, unless it is told an owner. So each entry that
//! exists is said to have the owner that the origin has just told of it, by number, since names may stand for others
//! here. What is new has the owner that the pull's options keep, by name as a rule: that is another run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use crate::engine::edits::Mirror;

/// Owner and group, in numbers of the origin.
pub type Owner = (u32, u32);

/// By path.
pub type Owners = BTreeMap<PathBuf, Owner>;

/// What is sent in one run each, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shares<'p> {
    /// What belongs to somebody there; it may be in the way of what is new.
    pub owned: BTreeMap<&'p PathBuf, Owner>,
    /// What is new.
    pub new: BTreeSet<&'p PathBuf>,
    /// The same as the first: directories that are closed when what is new has come into them. A run that has such a
    /// directory and what is in it opens it meanwhile.
    pub last: BTreeMap<&'p PathBuf, Owner>,
}

impl<'p> Shares<'p> {
    /// Of these paths. In a mirror whose hard links are kept a new name of a file that exists goes with it: they
    /// are linked within a run only.
    pub fn of(
        paths: &'p BTreeSet<PathBuf>,
        owners: &Owners,
        links: Option<&Mirror>,
        is_closed: impl Fn(&PathBuf) -> bool,
    ) -> Shares<'p> {
        let mut shares = Shares::default();
        for path in paths {
            match owners.get(path) {
                Some(owner) => drop(shares.owned.insert(path, *owner)),
                None => drop(shares.new.insert(path)),
            }
        }
        if let Some(mirror) = links.filter(|_| !shares.new.is_empty()) {
            shares.join_links(mirror);
        }
        let lets_in = |dir: &PathBuf| {
            let mut behind = shares.new.range::<PathBuf, _>(dir..);
            behind.next().is_some_and(|path| path.starts_with(dir))
        };
        let closed = shares.owned.keys().copied();
        let closed: Vec<_> = closed
            .filter(|dir| is_closed(dir) && lets_in(dir))
            .collect();
        let last = closed
            .into_iter()
            .map(|dir| (dir, shares.owned.remove(dir)));
        shares.last = last
            .filter_map(|(dir, owner)| Some((dir, owner?)))
            .collect();
        shares
    }

    fn join_links(&mut self, mirror: &Mirror) {
        let of_file = |(path, owner): (&&PathBuf, &Owner)| Some((mirror.linked(path)?, *owner));
        let by_file: HashMap<_, Owner> = self.owned.iter().filter_map(of_file).collect();
        if by_file.is_empty() {
            return;
        }
        for path in std::mem::take(&mut self.new) {
            let owner = mirror.linked(path).and_then(|file| by_file.get(&file));
            match owner {
                Some(owner) => drop(self.owned.insert(path, *owner)),
                None => drop(self.new.insert(path)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_new_name_of_a_file_that_exists_goes_with_it() {
        let room = tempfile::tempdir().expect("a directory");
        for name in ["a", "b"] {
            std::fs::write(room.path().join(name), "x").expect("a file");
        }
        for (name, link) in [("a", "link"), ("b", "other")] {
            std::fs::hard_link(room.path().join(name), room.path().join(link)).expect("a link");
        }
        let mirror = Mirror::open(room.path()).expect("a directory");
        let paths: BTreeSet<PathBuf> = ["a", "b", "link", "other"].map(PathBuf::from).into();
        let owners = Owners::from([(PathBuf::from("a"), (1, 2))]);
        let names = |mirror| {
            let shares = Shares::of(&paths, &owners, mirror, |_| false);
            let owned = shares.owned.into_iter();
            let owned: Vec<_> = owned.map(|(path, owner)| (path.to_str(), owner)).collect();
            let new: Vec<_> = shares.new.into_iter().map(|path| path.to_str()).collect();
            (owned, new)
        };
        let owned = vec![(Some("a"), (1, 2))];
        let new = vec![Some("b"), Some("link"), Some("other")];
        assert_eq!(names(None), (owned, new));
        let owned = vec![(Some("a"), (1, 2)), (Some("link"), (1, 2))];
        assert_eq!(
            names(Some(&mirror)),
            (owned, vec![Some("b"), Some("other")])
        );
    }

    #[test]
    fn directories_are_closed_behind_what_is_new_in_them() {
        let paths: BTreeSet<PathBuf> = ["c", "c-d", "c/d/n", "e", "f", "f/a", "g", "g/n"]
            .map(PathBuf::from)
            .into();
        let owned = ["c", "e", "f", "f/a", "g"].map(|path| (PathBuf::from(path), (1, 2)));
        let owners = Owners::from(owned);
        let closed = ["c", "e", "f"].map(PathBuf::from);
        let shares = Shares::of(&paths, &owners, None, |path| closed.contains(path));
        let last: Vec<_> = shares.last.into_keys().collect();
        assert_eq!(last, [Path::new("c")]);
        let owned: Vec<_> = shares.owned.into_keys().collect();
        assert_eq!(owned, ["e", "f", "f/a", "g"].map(Path::new));
        let new: Vec<_> = shares.new.into_iter().collect();
        assert_eq!(new, ["c/d/n", "c-d", "g/n"].map(Path::new));
    }
}
