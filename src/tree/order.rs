//! The order of names: that in which rsync (protocol 29 and later) lists, transfers and numbers them.

use std::cmp::Ordering;

/// Compares two names of one directory listing; each comes with whether it is a directory.
///
/// Everything that is no directory comes first, by bytes. Directories follow, by bytes as if each ended in a
/// slash: `a-b/`, `a.b/`, `a/`, `a0/`. The directory `.`, which is the listing's own, precedes all.
#[must_use]
pub fn compare((a, a_is_dir): (&[u8], bool), (b, b_is_dir): (&[u8], bool)) -> Ordering {
    match (a_is_dir, b_is_dir) {
        (false, false) => a.cmp(b),
        (true, true) => (a != b".").cmp(&(b != b".")).then_with(|| with_slash(a, b)),
        (true, false) if a == b"." => Ordering::Less,
        (false, true) if b == b"." => Ordering::Greater,
        (a_is_dir, b_is_dir) => a_is_dir.cmp(&b_is_dir),
    }
}

/// Compares two names as if a slash stood behind each.
fn with_slash(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.len().min(b.len());
    a[..common].cmp(&b[..common]).then_with(|| {
        let next = |name: &[u8]| name.get(common).copied().unwrap_or(b'/');
        // A name holds no slash, so equal next bytes mean that both names ended.
        next(a).cmp(&next(b))
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use super::*;
    use crate::tree::stock;

    /// Names that are prefixes of each other, and every kind of byte a terminal can bear.
    const NAMES: [&[u8]; 24] = [
        b"a",
        b"a-",
        b"a.b",
        b"a0",
        b"a b",
        b"a,",
        b"A",
        b"Z",
        b"ab",
        b"a-b",
        b"a.",
        b"aa",
        b".a",
        b".",
        b"-",
        b" ",
        b"!",
        b"~",
        b"\xff",
        b"\xc3\xa9",
        b"e\xcc\x81",
        b"\x80",
        b"a\xff",
        b"foo.txt",
    ];

    /// Makes files called NAME and directories called `dNAME` and `NAMEd`, so that both kinds mix.
    fn populate(dir: &Path, depth: usize) {
        for name in NAMES.iter().filter(|name| **name != b".") {
            fs::write(dir.join(OsStr::from_bytes(name)), b"").expect("a file");
            for pair in [[&b"d"[..], name], [name, &b"d"[..]]] {
                let sub = dir.join(OsStr::from_bytes(&pair.concat()));
                if fs::create_dir(&sub).is_ok() && depth > 0 && name.starts_with(b"a") {
                    populate(&sub, depth - 1);
                }
            }
        }
        // Directories whose names are others' beginnings.
        for name in ["x", "x-y", "x.y", "x0", "x y", "xy", "X"] {
            fs::create_dir(dir.join(name)).expect("a directory");
        }
    }

    /// All names below `dir`, each directory followed by what is in it.
    fn walk(dir: &Path, prefix: &[u8], into: &mut Vec<(Vec<u8>, bool)>) {
        let mut listing: Vec<(Vec<u8>, bool)> = fs::read_dir(dir)
            .expect("a directory")
            .map(|entry| {
                let entry = entry.expect("an entry");
                let is_dir = entry.file_type().expect("a type").is_dir();
                (entry.file_name().as_bytes().to_vec(), is_dir)
            })
            .collect();
        listing.sort_by(|a, b| compare((&a.0, a.1), (&b.0, b.1)));
        for (name, is_dir) in listing {
            let path = [prefix, &name].concat();
            into.push((path.clone(), is_dir));
            if is_dir {
                walk(
                    &dir.join(OsStr::from_bytes(&name)),
                    &[&path[..], b"/"].concat(),
                    into,
                );
            }
        }
    }

    #[test]
    fn a_tree_is_listed_in_the_order_of_rsync() {
        let root = tempfile::tempdir().expect("a directory");
        populate(root.path(), 1);
        let mut ours = Vec::new();
        walk(root.path(), b"", &mut ours);
        let theirs = stock::listed(root.path(), &["--no-inc-recursive"]);
        let first = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        let show = |list: &[(Vec<u8>, bool)], i: usize| list[i].0.escape_ascii().to_string();
        if let Some(i) = first {
            panic!(
                "entry {i}: ours {}, theirs {}",
                show(&ours, i),
                show(&theirs, i)
            );
        }
        assert_eq!(ours.len(), theirs.len());
        assert!(ours.len() > 500, "{}", ours.len());
    }

    #[test]
    fn the_order_is_total() {
        let all: Vec<(&[u8], bool)> = NAMES
            .iter()
            .flat_map(|n| [(*n, false), (*n, true)])
            .collect();
        for a in &all {
            for b in &all {
                assert_eq!(compare(*a, *b), compare(*b, *a).reverse());
                assert_eq!(compare(*a, *b) == Ordering::Equal, a == b);
                for c in &all {
                    if compare(*a, *b).is_lt() && compare(*b, *c).is_lt() {
                        assert!(compare(*a, *c).is_lt());
                    }
                }
            }
        }
        assert_eq!(compare((b".", true), (b"!", false)), Ordering::Less);
        assert_eq!(compare((b".", true), (b"!", true)), Ordering::Less);
        assert_eq!(compare((b"x", true), (b"x", false)), Ordering::Greater);
    }
}
