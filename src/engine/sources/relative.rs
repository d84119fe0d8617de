//! Paths that are kept whole: `-R` and lists of files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// A path, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept<'p> {
    /// The directory that the path starts from and that is not kept.
    pub anchor: PathBuf,
    /// What is kept of it, name by name; none for the anchor itself.
    pub names: Vec<&'p [u8]>,
    /// Whether the directory itself was written as `./`: it takes part then.
    pub dotted: bool,
    /// Whether the path ends as that of a directory.
    pub slash: bool,
    /// Whether it was an absolute one: its names are told with a slash.
    pub rooted: bool,
}

/// `..` where it cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DotDot;

/// Takes an operand of `-R` apart: what stands before the first `/./` is the anchor.
pub(super) fn operand(path: &[u8]) -> Result<Kept<'_>, DotDot> {
    let (anchor, rest, anchored) = match anchor_end(path) {
        Some(end) => (&path[..end], &path[end + 3..], true),
        None if path.starts_with(b"/") => (&b"/"[..], path, false),
        None => (&b"."[..], path, false),
    };
    let anchor = if anchor.is_empty() { b"/" } else { anchor };
    let names: Vec<&[u8]> = names(rest).collect();
    if names.contains(&&b".."[..]) {
        return Err(DotDot);
    }
    Ok(Kept {
        anchor: PathBuf::from(OsStr::from_bytes(anchor)),
        names,
        dotted: rest.starts_with(b"./"),
        slash: ends_as_directory(rest),
        rooted: !anchored && path.starts_with(b"/"),
    })
}

/// Takes a name of a list apart, which never leads out of `base`.
pub(super) fn listed<'p>(base: &[u8], name: &'p [u8]) -> Kept<'p> {
    let (before, rest) = match anchor_end(name) {
        Some(end) => (&name[..end], &name[end + 3..]),
        None => (&b""[..], name),
    };
    let mut anchor = base.to_vec();
    for name in resolved(before) {
        anchor.push(b'/');
        anchor.extend_from_slice(name);
    }
    let names = resolved(rest);
    Kept {
        anchor: PathBuf::from(OsStr::from_bytes(&anchor)),
        dotted: rest.starts_with(b"./") || rest == b".",
        slash: ends_as_directory(rest),
        names,
        rooted: false,
    }
}

fn anchor_end(path: &[u8]) -> Option<usize> {
    path.windows(3).position(|three| three == b"/./")
}

/// The names of a path without empty ones and `.`.
fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/')
        .filter(|name| !name.is_empty() && *name != b".")
}

/// The names of a path, every `..` taking away the one before it.
fn resolved(path: &[u8]) -> Vec<&[u8]> {
    let mut kept = Vec::new();
    for name in names(path) {
        if name == b".." {
            kept.pop();
        } else {
            kept.push(name);
        }
    }
    kept
}

/// Whether a path ends in a slash, `.` or `..`, as one that names what is in a directory.
pub(super) fn ends_as_directory(path: &[u8]) -> bool {
    let last = path.rsplit(|b| *b == b'/').next().unwrap_or_default();
    last.is_empty() || last == b"." || last == b".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kept: &Kept<'_>) -> String {
        format!(
            "{} {} {}{}{}",
            kept.anchor.display(),
            kept.names.join(&b"/"[..]).escape_ascii(),
            if kept.dotted { "d" } else { "" },
            if kept.slash { "s" } else { "" },
            if kept.rooted { "r" } else { "" },
        )
    }

    #[test]
    fn operands_are_anchored_at_the_first_dot() {
        for (path, expected) in [
            ("s/b/x", ". s/b/x "),
            ("s/b/", ". s/b s"),
            ("s//b/.", ". s/b s"),
            ("s/./b/x", "s b/x "),
            ("s/./b/./x/", "s b/x s"),
            ("s/././a", "s a d"),
            ("../w/./s/a", "../w s/a "),
            ("./s/a", ". s/a d"),
            ("/a/b", "/ a/b r"),
            ("/./b", "/ b "),
            ("s/./", "s  s"),
            (".", ".  s"),
        ] {
            assert_eq!(
                shown(&operand(path.as_bytes()).unwrap()),
                expected,
                "{path}"
            );
        }
        for path in ["../w/s", "s/../a", "s/./b/..", ".."] {
            assert_eq!(operand(path.as_bytes()), Err(DotDot), "{path}");
        }
    }

    #[test]
    fn names_of_a_list_stay_below_the_source() {
        for (name, expected) in [
            ("a", "s a "),
            ("/a", "s a "),
            ("../b", "s b "),
            ("./b/../b/y/", "s b/y ds"),
            ("b/./y/z", "s/b y/z "),
            ("../../b/./../y", "s/b y "),
            (".", "s  ds"),
            ("..", "s  s"),
        ] {
            assert_eq!(shown(&listed(b"s", name.as_bytes())), expected, "{name}");
        }
    }
}
