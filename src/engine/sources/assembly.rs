//! Putting the lists of a session together to directories.

use std::collections::HashMap;
use std::sync::Arc;

use super::listed::{Arrivals, Child, Listed, Lot, Own, Turn};
use crate::wire::flist::{Entry, FileType, List};

/// Puts the lists of a session together to directories.
pub(in crate::engine) struct Assembly {
    arrivals: Arc<Arrivals>,
    /// Whether each directory gets a list of its own.
    incremental: bool,
    /// `--no-implied-dirs`: directories that are listed only because something below them was named are on the way.
    passes_implied: bool,
    /// Entries of all lists so far.
    listed: u64,
    /// Directories whose list is still to come, by their numbers.
    awaited: HashMap<u32, Listed>,
}

/// A list has an entry that nothing can be done with; the path is within the transfer.
#[derive(Debug)]
pub(in crate::engine) struct Stray(pub Vec<u8>);

impl Assembly {
    pub(in crate::engine) fn new(
        arrivals: Arc<Arrivals>,
        incremental: bool,
        passes_implied: bool,
    ) -> Assembly {
        Assembly {
            arrivals,
            incremental,
            passes_implied,
            listed: 0,
            awaited: HashMap::new(),
        }
    }

    /// Takes in the first list, all of the tree or its top; gives the root, which is on the way to what is
    /// listed unless it is listed itself.
    ///
    /// # Errors
    /// An entry that lies in something that is no directory.
    pub(in crate::engine) fn first(
        &mut self,
        list: &Arc<List>,
        turn: Option<Arc<Turn>>,
    ) -> Result<Listed, Stray> {
        self.listed = u64::from(list.len());
        let own = list.iter().find(|(_, entry)| is_root(entry));
        let stat = own.as_ref().map(|(_, entry)| self.arrivals.stat(entry));
        let content = own
            .as_ref()
            .is_some_and(|(_, entry)| entry.dir.has_content());
        let own = own.map(|(ndx, _)| Own::of(list, ndx));
        let root = Listed::new(&self.arrivals, (stat, own), content);
        if self.incremental {
            root.filled_from(list.first());
        }
        let mut growing = Growing {
            arrivals: &self.arrivals,
            passes_implied: self.passes_implied,
            incremental: self.incremental,
            list,
            dirs: vec![(root.clone(), Lot::new(list, 0))],
            by_path: HashMap::from([(Box::from(&b""[..]), 0)]),
        };
        let mut numbered = Vec::new();
        for (ndx, entry) in list.iter().filter(|(_, entry)| !is_root(entry)) {
            let is_missing = entry.file_type() == FileType::Missing;
            // As rsync: where lists come along the way, there is no directory to hang it on.
            if is_missing && self.incremental && !growing.has(entry.name.dir) {
                continue;
            }
            let parent = growing.find(entry.name.dir)?;
            if entry.is_dir() {
                let at =
                    growing.add(parent, entry.name.base, Some((ndx, &entry)), entry.name.dir)?;
                numbered.push((ndx, at));
            } else if is_missing {
                growing.dirs[parent].1.missing.push(ndx);
            } else {
                growing.dirs[parent].1.leaves.push(ndx);
            }
        }
        let Growing { dirs, .. } = growing;
        let mut waits = vec![false; dirs.len()];
        if self.incremental {
            let numbers = numbers(list);
            for (ndx, at) in numbered {
                let listed = &dirs[at].0;
                if let Some(number) = numbers.get(&ndx) {
                    waits[at] = true;
                    self.awaited.insert(*number, listed.clone());
                }
            }
        }
        let mut turn = Some(turn).flatten();
        for ((listed, mut lot), waits) in dirs.into_iter().zip(waits) {
            lot.arrange();
            match waits {
                true => listed.fill_early(lot),
                false => listed.fill(Some(lot), turn.clone()),
            }
        }
        drop(turn.take());
        Ok(root)
    }

    /// Takes in the list of the directory with this number.
    ///
    /// # Errors
    /// An entry that is not of that directory.
    pub(in crate::engine) fn arrived(
        &mut self,
        number: u32,
        list: &Arc<List>,
        turn: Arc<Turn>,
    ) -> Result<(), Stray> {
        let before = self.listed;
        self.listed += u64::from(list.len());
        let Some(listed) = self.awaited.remove(&number) else {
            // Nobody looks into it: it is a name that stands twice in a list, say.
            return Ok(());
        };
        let mut lot = Lot::new(list, before);
        let numbers = numbers(list);
        let mut inside: Option<&[u8]> = None;
        for (ndx, entry) in list.iter() {
            if *inside.get_or_insert(entry.name.dir) != entry.name.dir {
                return Err(Stray([entry.name.dir, b"/", entry.name.base].concat()));
            }
            if entry.is_dir() {
                let content = entry.dir.has_content();
                let stat = self.arrivals.stat_of_dir(&entry, self.passes_implied);
                let own = Some(Own::of(list, ndx));
                let dir = Listed::new(&self.arrivals, (stat, own), content);
                match numbers.get(&ndx) {
                    Some(number) => drop(self.awaited.insert(*number, dir.clone())),
                    None => dir.fill(None, None),
                }
                lot.dirs
                    .push((entry.name.base.into(), Child::new(dir, true)));
            } else if entry.file_type() == FileType::Missing {
                lot.missing.push(ndx);
            } else {
                lot.leaves.push(ndx);
            }
        }
        lot.arrange();
        listed.filled_from(list.first());
        listed.fill(Some(lot), Some(turn));
        Ok(())
    }

    /// All lists came: what still waits for one has none.
    pub(in crate::engine) fn end(&mut self) {
        for (_, listed) in self.awaited.drain() {
            listed.fill(None, None);
        }
        self.arrivals.end();
    }
}

/// The first list while it is put together.
struct Growing<'g> {
    arrivals: &'g Arc<Arrivals>,
    passes_implied: bool,
    incremental: bool,
    list: &'g Arc<List>,
    dirs: Vec<(Listed, Lot)>,
    by_path: HashMap<Box<[u8]>, usize>,
}

impl Growing<'_> {
    fn has(&self, path: &[u8]) -> bool {
        self.by_path
            .contains_key(path.strip_suffix(b"/").unwrap_or(path))
    }

    /// The directory with this path, made where it is not listed but only on the way.
    fn find(&mut self, path: &[u8]) -> Result<usize, Stray> {
        let path = path.strip_suffix(b"/").unwrap_or(path);
        if let Some(at) = self.by_path.get(path) {
            return Ok(*at);
        }
        let (parent, base) = match path.iter().rposition(|b| *b == b'/') {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (&b""[..], path),
        };
        let at = self.find(parent)?;
        self.add(at, base, None, parent)
    }

    fn add(
        &mut self,
        parent: usize,
        base: &[u8],
        entry: Option<(u32, &Entry<'_>)>,
        dir: &[u8],
    ) -> Result<usize, Stray> {
        let path = match dir.strip_suffix(b"/").unwrap_or(dir) {
            b"" => base.to_vec(),
            dir => [dir, b"/", base].concat(),
        };
        if base.is_empty() || self.by_path.contains_key(&path[..]) {
            return Err(Stray(path));
        }
        let own = entry.map(|(ndx, _)| Own::of(self.list, ndx));
        let entry = entry.map(|(_, entry)| entry);
        let stat = entry.and_then(|entry| self.arrivals.stat_of_dir(entry, self.passes_implied));
        let content = entry.is_some_and(|entry| entry.dir.has_content());
        let listed = Listed::new(self.arrivals, (stat, own), content);
        let at = self.dirs.len();
        let child = Child::new(listed.clone(), self.incremental);
        self.dirs[parent].1.dirs.push((base.into(), child));
        self.dirs.push((listed, Lot::new(self.list, 0)));
        self.by_path.insert(path.into(), at);
        Ok(at)
    }
}

fn is_root(entry: &Entry<'_>) -> bool {
    entry.name.dir.is_empty() && entry.name.base == b"."
}

/// The numbers of a list's directories, by their indices.
fn numbers(list: &List) -> HashMap<u32, u32> {
    list.numbered_directories().collect()
}
