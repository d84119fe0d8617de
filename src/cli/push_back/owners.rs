//! Whose entries are there: what exists keeps the owner and the group that it has.
//!
//! A stock receiver gives a file that it replaces to whom it runs as, unless it is told an owner. So each entry that
//! exists is said to have the owner that the origin has just told of it. Whatever else a run tells of owners, of new
//! entries and in ACLs, goes by name as in the pull, and names stand for other numbers there: so a number that has a
//! name here is told as another one, which has none, and the receiver is told by a map what that stands for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::engine::edits::Mirror;
use crate::sys::users;

/// Owner and group, in numbers of the origin.
pub type Owner = (u32, u32);

/// By path.
pub type Owners = BTreeMap<PathBuf, Owner>;

/// Owners as they are told to a receiver that takes numbers for what they are where they have no name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// By path.
    pub owners: Owners,
    /// Options of the run.
    pub words: Vec<OsString>,
}

impl Spoken {
    /// That nothing is told.
    pub fn nothing() -> Spoken {
        Spoken {
            owners: Owners::new(),
            words: vec!["--no-owner".into(), "--no-group".into()],
        }
    }

    /// What these owners of the origin are told as.
    pub fn of(owners: Owners) -> Spoken {
        let named = |name: fn(u32) -> Option<Vec<u8>>| move |id: u32| name(id).is_some();
        let users = StandIns::of(
            owners.values().map(|owner| owner.0),
            named(users::user_name),
        );
        let groups = StandIns::of(
            owners.values().map(|owner| owner.1),
            named(users::group_name),
        );
        let mut words: Vec<OsString> = vec!["--owner".into(), "--group".into()];
        words.extend(users.word("--usermap="));
        words.extend(groups.word("--groupmap="));
        let spoken =
            |(path, (user, group)): (PathBuf, Owner)| (path, (users.get(user), groups.get(group)));
        Spoken {
            owners: owners.into_iter().map(spoken).collect(),
            words,
        }
    }
}

/// Numbers without a name in place of such that have one here.
struct StandIns(BTreeMap<u32, u32>);

/// The first that is tried, where nobody is.
const STAND_IN: u32 = 4_000_000_000;

impl StandIns {
    /// For those of these that have a name; 0 is the same everywhere.
    fn of(ids: impl Iterator<Item = u32>, has_name: impl Fn(u32) -> bool) -> StandIns {
        let ids: BTreeSet<u32> = ids.collect();
        let mut free = (STAND_IN..u32::MAX).filter(|id| !ids.contains(id) && !has_name(*id));
        let named = ids.iter().filter(|id| **id != 0 && has_name(**id));
        StandIns(named.filter_map(|id| Some((*id, free.next()?))).collect())
    }

    fn get(&self, id: u32) -> u32 {
        self.0.get(&id).copied().unwrap_or(id)
    }

    /// What makes the receiver take them for what they stand for.
    fn word(&self, option: &str) -> Option<OsString> {
        let rules = self.0.iter().map(|(id, told)| format!("{told}:{id}"));
        let rules: Vec<String> = rules.collect();
        (!rules.is_empty()).then(|| format!("{option}{}", rules.join(",")).into())
    }
}

/// What is sent, by whose it becomes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// What belongs to somebody there.
    pub owned: Owners,
    /// What is new.
    pub new: BTreeSet<PathBuf>,
}

impl Shares {
    /// Of these paths. In a mirror whose hard links are kept a new name of a file that exists goes with it: one file
    /// has one owner.
    pub fn of(paths: &BTreeSet<PathBuf>, owners: &Owners, links: Option<&Mirror>) -> Shares {
        let mut shares = Shares::default();
        for path in paths {
            match owners.get(path) {
                Some(owner) => drop(shares.owned.insert(path.clone(), *owner)),
                None => drop(shares.new.insert(path.clone())),
            }
        }
        if let Some(mirror) = links.filter(|_| !shares.new.is_empty()) {
            shares.join_links(mirror);
        }
        shares
    }

    fn join_links(&mut self, mirror: &Mirror) {
        let of_file = |(path, owner): (&PathBuf, &Owner)| Some((mirror.linked(path)?, *owner));
        let by_file: HashMap<_, Owner> = self.owned.iter().filter_map(of_file).collect();
        if by_file.is_empty() {
            return;
        }
        for path in std::mem::take(&mut self.new) {
            let owner = mirror.linked(&path).and_then(|file| by_file.get(&file));
            match owner {
                Some(owner) => drop(self.owned.insert(path, *owner)),
                None => drop(self.new.insert(path)),
            }
        }
    }

    /// Takes out the directories that are to be closed and into which something new is to come by then. Within a run
    /// a receiver opens them for that.
    pub fn take_closed(&mut self, is_closed: impl Fn(&Path) -> bool) -> Owners {
        let lets_in = |dir: &Path| {
            let mut behind = self.new.range(dir.to_owned()..);
            behind.next().is_some_and(|path| path.starts_with(dir))
        };
        let (closed, owned) = std::mem::take(&mut self.owned)
            .into_iter()
            .partition(|(path, _)| is_closed(path) && lets_in(path));
        self.owned = owned;
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_have_a_name_here_are_told_as_others() {
        let taken = |id| [0, 5, 7, STAND_IN].contains(&id);
        let ids = [7, 0, 8, 5, STAND_IN + 1, 7];
        let told = StandIns::of(ids.into_iter(), taken);
        let spoken = ids.map(|id| told.get(id));
        let (five, seven) = (STAND_IN + 2, STAND_IN + 3);
        assert_eq!(spoken, [seven, 0, 8, five, STAND_IN + 1, seven]);
        let word = format!("--usermap={five}:5,{seven}:7");
        assert_eq!(told.word("--usermap="), Some(word.into()));
        let told = StandIns::of([0, 8].into_iter(), taken);
        assert_eq!(told.word("--usermap="), None);
    }

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
        let shares = |owned: &[&str], new: &[&str]| Shares {
            owned: owned.iter().map(|path| (path.into(), (1, 2))).collect(),
            new: new.iter().map(PathBuf::from).collect(),
        };
        let found = Shares::of(&paths, &owners, None);
        assert_eq!(found, shares(&["a"], &["b", "link", "other"]));
        let found = Shares::of(&paths, &owners, Some(&mirror));
        assert_eq!(found, shares(&["a", "link"], &["b", "other"]));
    }

    #[test]
    fn directories_are_closed_behind_what_is_new_in_them() {
        let owned = ["c", "e", "f", "f/a", "g"].map(|path| (PathBuf::from(path), (1, 2)));
        let mut shares = Shares {
            owned: owned.into(),
            new: ["c-d", "c/d/n", "g/n"].map(PathBuf::from).into(),
        };
        let is_closed = |path: &Path| ["c", "e", "f"].map(Path::new).contains(&path);
        let last: Vec<_> = shares.take_closed(is_closed).into_keys().collect();
        assert_eq!(last, [Path::new("c")]);
        let owned: Vec<_> = shares.owned.into_keys().collect();
        assert_eq!(owned, ["e", "f", "f/a", "g"].map(Path::new));
    }
}
