//! The order in which both sides number the entries of a list.

use std::cmp::Ordering;

use super::Name;
use crate::wire::Protocol;

/// Compares two names, each with whether it is a directory's.
///
/// From protocol 29 on component by component: what is no directory comes first, by bytes; directories follow, as if
/// each ended in a slash, each with its content right behind it. A directory `.` precedes its siblings. Before, plainly
/// by bytes.
pub(super) fn compare(
    protocol: Protocol,
    (a, a_is_dir): (Name<'_>, bool),
    (b, b_is_dir): (Name<'_>, bool),
) -> Ordering {
    if protocol < Protocol::V29 {
        return if a.dir == b.dir {
            a.base.cmp(b.base)
        } else {
            bytes(a).cmp(bytes(b))
        };
    }
    if a.dir != b.dir {
        return compare_paths((a, a_is_dir), (b, b_is_dir));
    }
    compare_siblings((a.base, a_is_dir), (b.base, b_is_dir))
}

fn bytes(name: Name<'_>) -> impl Iterator<Item = u8> {
    name.dir.iter().chain(name.base).copied()
}

/// Names of one directory.
fn compare_siblings((a, a_is_dir): (&[u8], bool), (b, b_is_dir): (&[u8], bool)) -> Ordering {
    let class = |name: &[u8], is_dir| u8::from(is_dir && name != b".");
    let key = |name: &[u8], is_dir| is_dir && name == b".";
    let (a_class, b_class) = (class(a, a_is_dir), class(b, b_is_dir));
    if (a_class, b_class) == (1, 1) {
        return with_slash(a, b);
    }
    let dots = key(b, b_is_dir).cmp(&key(a, a_is_dir));
    a_class.cmp(&b_class).then(dots).then_with(|| {
        if key(a, a_is_dir) {
            Ordering::Equal
        } else {
            a.cmp(b)
        }
    })
}

/// Compares two names as if a slash stood behind each.
fn with_slash(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.len().min(b.len());
    let next = |name: &[u8]| name.get(common).copied().unwrap_or(b'/');
    // No component holds a slash, so equal next bytes mean that both ended.
    a[..common]
        .cmp(&b[..common])
        .then_with(|| next(a).cmp(&next(b)))
}

/// Names of different directories.
fn compare_paths(a: (Name<'_>, bool), b: (Name<'_>, bool)) -> Ordering {
    let mut a = Components::of(a);
    let mut b = Components::of(b);
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(a), Some(b)) => match compare_siblings(a, b) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

/// The components of a name, each with whether it is a directory's.
struct Components<'a> {
    dir: &'a [u8],
    base: Option<(&'a [u8], bool)>,
}

impl<'a> Components<'a> {
    fn of((name, is_dir): (Name<'a>, bool)) -> Self {
        Self {
            dir: name.dir,
            base: Some((name.base, is_dir)),
        }
    }
}

impl<'a> Iterator for Components<'a> {
    type Item = (&'a [u8], bool);

    fn next(&mut self) -> Option<Self::Item> {
        match self.dir.iter().position(|byte| *byte == b'/') {
            Some(slash) => {
                let component = &self.dir[..slash];
                self.dir = &self.dir[slash + 1..];
                Some((component, true))
            }
            None => self.base.take(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The order in which rsync 3.5.0 numbered this tree, with protocol 32 and with 28.
    #[test]
    fn a_tree_is_in_the_order_of_rsync() {
        for (protocol, names) in [
            (
                Protocol::NEWEST,
                "./ .hid A a+ a,b a.c ab foo!bar foo-1 foo.txt ~ .hd/ .hd/k a-b/ a-b/x a.b/ a.b/y a/ a/f \
                 a/Z/ a/Z/g foo/ foo/a.c foo/bar.c foo/bar/ foo/bar/q",
            ),
            (
                Protocol::OLDEST,
                "./ .hd/ .hd/k .hid A a/ a+ a,b a-b/ a-b/x a.b/ a.b/y a.c a/Z/ a/Z/g a/f ab foo/ foo!bar \
                 foo-1 foo.txt foo/a.c foo/bar/ foo/bar.c foo/bar/q ~",
            ),
        ] {
            let names: Vec<&str> = names.split_ascii_whitespace().collect();
            let key = |name: &'static str| {
                let bare = name.trim_end_matches('/');
                (Name::new(bare.as_bytes()), name.ends_with('/'))
            };
            for (i, a) in names.iter().enumerate() {
                for (j, b) in names.iter().enumerate() {
                    let order = compare(protocol, key(a), key(b));
                    assert_eq!(order, i.cmp(&j), "{a} {b} {protocol}");
                }
            }
        }
    }

    /// The rule written down as keys, slowly.
    fn keys(name: &[u8], is_dir: bool) -> Vec<(u8, Vec<u8>)> {
        let parts: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
        let last = parts.len() - 1;
        let key = |(at, part): (usize, &&[u8])| match (at == last, is_dir, *part) {
            (true, true, b".") => (0, Vec::new()),
            (true, false, part) => (0, part.to_vec()),
            (_, _, part) => (1, [part, b"/"].concat()),
        };
        parts.iter().enumerate().map(key).collect()
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_the_keys(
            a in "[.]|(/)?[ab+]{1,2}(/[ab+-]{1,2}){0,2}(/[.])?", a_dir: bool,
            b in "[.]|(/)?[ab+]{1,2}(/[ab+-]{1,2}){0,2}(/[.])?", b_dir: bool,
        ) {
            let order = compare(
                Protocol::NEWEST,
                (Name::new(a.as_bytes()), a_dir),
                (Name::new(b.as_bytes()), b_dir),
            );
            prop_assert_eq!(order, keys(a.as_bytes(), a_dir).cmp(&keys(b.as_bytes(), b_dir)));
        }
    }
}
