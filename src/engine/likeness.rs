//! `--fuzzy`: files of other names that may hold much of a new one. One of the same size and time is taken first, else
//! the one whose name is least away.

use std::io;
use std::sync::Mutex;

use super::leaf::Leaf;
use super::node::Node;
use super::options::Fuzzy;
use super::worker::Worker;
use crate::sys::{Dir, Kind, Stat, Time, lock};

/// One step from one name to another; on top of each comes by how much the bytes differ.
const STEP: u32 = 1 << 16;
/// How much more a step in what follows the last dot counts.
const SUFFIX_WEIGHT: u32 = 10;
/// Names that are so far away are not alike.
const LIMIT: u32 = 25 * STEP;

/// A file that may serve as a basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alike {
    /// Which of the alternate directories has it; none for the destination's own directory.
    pub number: Option<usize>,
    /// Its name there.
    pub name: Box<[u8]>,
}

/// The files of a directory and of its like in alternate trees, looked up once.
#[derive(Default)]
pub(super) struct Neighbours(Mutex<Option<Vec<Neighbour>>>);

struct Neighbour {
    file: Alike,
    size: u64,
    mtime: Time,
}

impl Worker<'_> {
    /// The file that is most like one that the destination does not have.
    pub(super) fn alike(&self, node: &Node, leaf: &Leaf) -> Option<Alike> {
        let fuzzy = self.run.options.content.fuzzy;
        if fuzzy == Fuzzy::No || leaf.live.is_some() || leaf.stat.kind != Kind::File {
            return None;
        }
        let mut known = lock(&node.neighbours.0);
        let known = known.get_or_insert_with(|| neighbours(node, fuzzy));
        closest(known, &leaf.target_name, &leaf.stat).cloned()
    }
}

impl Alike {
    /// Opens the file.
    ///
    /// # Errors
    /// The system's reason.
    pub(super) fn open(&self, node: &Node) -> io::Result<std::fs::File> {
        let gone = || io::Error::from(io::ErrorKind::NotFound);
        match self.number {
            Some(number) => node.basis.numbered(number).ok_or_else(gone)?,
            None => node.live.as_ref().ok_or_else(gone)?,
        }
        .open_file(&self.name)
    }
}

fn neighbours(node: &Node, fuzzy: Fuzzy) -> Vec<Neighbour> {
    let mut all = Vec::new();
    if let Some(dir) = &node.live {
        take(dir, None, &mut all);
    }
    if fuzzy == Fuzzy::Alternates {
        for (number, dir) in node.basis.dirs() {
            take(dir, Some(number), &mut all);
        }
    }
    all.sort_by(|a, b| {
        let key = |one: &Neighbour| (one.file.number, one.file.name.clone());
        key(a).cmp(&key(b))
    });
    all
}

fn take(dir: &Dir, number: Option<usize>, all: &mut Vec<Neighbour>) {
    // What cannot be read is no help, and no harm.
    let Ok(listing) = dir.list() else { return };
    for listed in listing.iter() {
        if listed.kind.is_some_and(|kind| kind != Kind::File) {
            continue;
        }
        let Ok(stat) = dir.stat(listed.name) else {
            continue;
        };
        if stat.kind == Kind::File && stat.size > 0 {
            all.push(Neighbour {
                file: Alike {
                    number,
                    name: listed.name.into(),
                },
                size: stat.size,
                mtime: stat.mtime,
            });
        }
    }
}

fn closest<'n>(all: &'n [Neighbour], name: &[u8], stat: &Stat) -> Option<&'n Alike> {
    let is_same = |one: &&Neighbour| one.size == stat.size && one.mtime.sec == stat.mtime.sec;
    if let Some(same) = all.iter().find(is_same) {
        return Some(&same.file);
    }
    let mut best = None;
    let mut least = LIMIT;
    for one in all {
        let away = apart(&one.file.name, name, least);
        if away < least {
            least = away;
            best = Some(&one.file);
        }
    }
    best
}

/// How far two names are apart; `limit` where it is no less.
fn apart(a: &[u8], b: &[u8], limit: u32) -> u32 {
    let names = distance(a, b, limit);
    if names >= limit {
        return limit;
    }
    let left = (limit - names).div_ceil(SUFFIX_WEIGHT);
    let suffixes = distance(suffix(a), suffix(b), left);
    names.saturating_add(suffixes.saturating_mul(SUFFIX_WEIGHT))
}

/// The least that steps from one text to another add up to; `limit` where it is no less.
fn distance(a: &[u8], b: &[u8], limit: u32) -> u32 {
    let steps = u32::try_from(a.len().abs_diff(b.len())).unwrap_or(u32::MAX);
    if steps.saturating_mul(STEP) >= limit {
        return limit;
    }
    let one = |byte: u8| STEP + u32::from(byte);
    if a.is_empty() || b.is_empty() {
        return a
            .iter()
            .chain(b)
            .map(|byte| one(*byte))
            .sum::<u32>()
            .min(limit);
    }
    // What one has ahead of all that the other has costs its steps alone.
    let mut row: Vec<u32> = (0..).map(|steps| steps * STEP).take(b.len() + 1).collect();
    for from in a {
        let mut diagonal = row[0];
        row[0] += STEP;
        let mut least = row[0];
        for (at, to) in b.iter().enumerate() {
            let change = match from == to {
                true => 0,
                false => STEP + u32::from(from.abs_diff(*to)),
            };
            let by_change = diagonal + change;
            diagonal = row[at + 1];
            row[at + 1] = by_change.min(diagonal + one(*from)).min(row[at] + one(*to));
            least = least.min(row[at + 1]);
        }
        if least >= limit {
            return limit;
        }
    }
    row[b.len()].min(limit)
}

/// What a name ends in, with its dot; endings of backups do not count, numbers only where there is nothing else.
fn suffix(name: &[u8]) -> &[u8] {
    let mut rest = name.strip_suffix(b"~").unwrap_or(name);
    let mut number = &name[..0];
    loop {
        let Some(dot) = rest
            .iter()
            .rposition(|byte| *byte == b'.')
            .filter(|dot| *dot > 0)
        else {
            return number;
        };
        let (before, ending) = rest.split_at(dot);
        if ending[1..].iter().all(u8::is_ascii_digit) && number.is_empty() {
            number = ending;
        } else if !matches!(ending, b".bak" | b".old" | b".orig" | b".~1~") {
            return ending;
        }
        rest = before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As rsync 3.5.0 tells it with `--debug=fuzzy2`: steps, and what bytes differ by.
    #[test]
    fn names_are_apart_as_rsync_has_it() {
        for (a, b, steps, rest) in [
            ("ab", "abx", 1, 120),
            ("abc", "abx", 1, 21),
            ("abcd", "abx", 2, 119),
            ("xabc", "abx", 2, 21),
            ("ABC", "abx", 3, 117),
            ("abc", "abc.tx", 33, 3102),
            ("abc.txt", "abc.tx", 11, 1276),
            ("abc.1", "abc.tx", 22, 2057),
            ("abc.bak", "abc.tx", 33, 2948),
            ("abc~", "abc.tx", 33, 2988),
            ("abc.tgz.1", "abc.gz", 13, 1371),
            ("photo-2019.tar", "photo-2020.tar", 2, 10),
        ] {
            assert_eq!(
                apart(a.as_bytes(), b.as_bytes(), u32::MAX),
                steps * STEP + rest,
                "{a} {b}"
            );
        }
        assert_eq!(apart(b"a", b"abcdef", 2 * STEP), 2 * STEP);
        assert_eq!(apart(b"abc", b"xyz", 2 * STEP), 2 * STEP);
    }

    #[test]
    fn longest_names_do_not_overflow() {
        let (a, b) = ([0xff; 255], [0x00; 255]);
        assert_eq!(apart(&a, &b, LIMIT), LIMIT);
        assert!(apart(&a, &b, u32::MAX) > LIMIT);
    }
}
