//! What a sender was asked for: a name at the top of its list that no argument stands for is an attack.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::tree::matches_name;

/// The names that may stand at the top of a sender's list.
#[derive(Clone, Debug)]
pub struct AskedNames {
    /// Patterns of the top names; none where anything may come.
    patterns: Option<Vec<Box<[u8]>>>,
}

impl AskedNames {
    /// For arguments of these paths; `whole_names` tells that no shell makes several paths of one. With
    /// `relative` (`-R`) the top name is the first of the path, or the first behind a `/./`.
    #[must_use]
    pub fn new(paths: &[OsString], relative: bool, whole_names: bool) -> AskedNames {
        let top = |path: &OsString| top_name(path.as_bytes(), relative).map(Box::from);
        let patterns: Option<Vec<_>> = paths.iter().map(top).collect();
        AskedNames {
            patterns: patterns.filter(|_| whole_names),
        }
    }

    /// Whether this name was asked for.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        let matches = |pattern: &[u8]| pattern == name || matches_name(pattern, name);
        match &self.patterns {
            None => true,
            Some(patterns) => patterns.iter().any(|pattern| matches(pattern)),
        }
    }
}

/// The name that a path has at the top of a list; none where it stands for all that is in a directory.
fn top_name(path: &[u8], relative: bool) -> Option<&[u8]> {
    if relative {
        let kept = path
            .windows(3)
            .position(|part| part == b"/./")
            .map_or(path, |at| &path[at + 3..]);
        let mut names = kept.split(|b| *b == b'/');
        return names.find(|name| !name.is_empty() && *name != b".");
    }
    let last = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
    // A tilde is another's to explain.
    let stands_for_itself = !matches!(last, b"" | b"." | b"..") && !path.starts_with(b"~");
    (stands_for_itself || (path.contains(&b'/') && !matches!(last, b"" | b"." | b"..")))
        .then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(paths: &[&str], relative: bool) -> AskedNames {
        let paths: Vec<OsString> = paths.iter().map(OsString::from).collect();
        AskedNames::new(&paths, relative, true)
    }

    #[test]
    fn only_what_arguments_stand_for_is_asked_for() {
        let plain = asked(&["/data/photos", "notes-*.txt"], false);
        assert!(plain.has(b"photos") && plain.has(b"notes-1.txt"));
        assert!(!plain.has(b".bashrc") && !plain.has(b"data") && !plain.has(b"notes.md"));
        for all in ["/data/", ".", "/data/.", "..", "a/..", "~", ""] {
            assert!(asked(&[all], false).has(b".bashrc"), "{all}");
        }
        let relative = asked(&["/data/photos", "x/./y/z"], true);
        assert!(relative.has(b"data") && relative.has(b"y"));
        assert!(!relative.has(b"photos") && !relative.has(b"x"));
    }
}
