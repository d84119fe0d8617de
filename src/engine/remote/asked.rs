//! What a sender was asked for: a name at the top of its list that no argument stands for is an attack.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::engine::select::Names;
use crate::tree::matches_name;

/// The names that may stand at the top of a sender's list.
#[derive(Clone, Debug)]
pub struct AskedNames {
    /// Those at the top of the list; none where any may stand there.
    top: Option<Asked>,
    /// Paths of arguments that may turn out not to be there.
    whole: Option<Asked>,
}

#[derive(Clone, Debug, Default)]
struct Asked {
    names: HashSet<Box<[u8]>>,
    /// Those with wildcards, which the other end resolves.
    patterns: Vec<Box<[u8]>>,
}

impl AskedNames {
    /// For arguments of these paths; `whole_names` tells that no shell makes several paths of one. With
    /// `relative` (`-R`) the top name is the first of the path, or the first behind a `/./`.
    #[must_use]
    pub fn new(paths: &[OsString], relative: bool, whole_names: bool) -> AskedNames {
        match whole_names {
            true => AskedNames::of(paths.iter().map(|path| path.as_bytes()), relative),
            false => AskedNames::any(),
        }
    }

    /// For a list of paths below one directory (`--files-from`).
    #[must_use]
    pub fn listed(names: &Names, relative: bool) -> AskedNames {
        AskedNames::of(names.iter(), relative)
    }

    /// Nobody here knows what was asked for.
    #[must_use]
    pub fn any() -> AskedNames {
        AskedNames {
            top: None,
            whole: None,
        }
    }

    fn of<'p>(paths: impl Iterator<Item = &'p [u8]>, relative: bool) -> AskedNames {
        let (mut top, mut whole) = (Some(Asked::default()), Asked::default());
        for path in paths {
            match (top_name(path, relative), &mut top) {
                (Some(name), Some(top)) => top.add(name.into()),
                (None, top) => *top = None,
                (Some(_), None) => {}
            }
            whole.add(whole_name(path, relative).into());
        }
        AskedNames {
            top,
            whole: Some(whole),
        }
    }

    /// Whether this name was asked for.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> bool {
        self.top.as_ref().is_none_or(|asked| asked.has(name))
    }

    /// Whether this is the path of an argument, which may not be there.
    #[must_use]
    pub fn has_whole(&self, path: &[u8]) -> bool {
        self.whole.as_ref().is_none_or(|asked| asked.has(path))
    }
}

impl Asked {
    fn add(&mut self, name: Box<[u8]>) {
        if name.iter().any(|byte| b"*?[\\".contains(byte)) {
            self.patterns.push(name.clone());
        }
        self.names.insert(name);
    }

    fn has(&self, name: &[u8]) -> bool {
        let matches = |pattern: &[u8]| matches_name(pattern, name);
        self.names.contains(name) || self.patterns.iter().any(|pattern| matches(pattern))
    }
}

/// The path that an argument has in the list.
fn whole_name(path: &[u8], relative: bool) -> Vec<u8> {
    let kept = match relative {
        true => kept(path),
        false => path.rsplit(|b| *b == b'/').next().unwrap_or(path),
    };
    let mut names: Vec<&[u8]> = Vec::new();
    for name in kept.split(|b| *b == b'/') {
        match name {
            b"" | b"." => {}
            b".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join(&b'/')
}

/// What of a path is kept with `-R`.
fn kept(path: &[u8]) -> &[u8] {
    let anchor = path.windows(3).position(|part| part == b"/./");
    anchor.map_or(path, |at| &path[at + 3..])
}

/// The name that a path has at the top of a list; none where it stands for all that is in a directory.
fn top_name(path: &[u8], relative: bool) -> Option<&[u8]> {
    if relative {
        let mut names = kept(path).split(|b| *b == b'/');
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
        // What is not there may be an argument only.
        let all = asked(&["/data/", "x/gone", "y/*.o"], false);
        assert!(all.has_whole(b"gone") && all.has_whole(b"a.o"));
        assert!(!all.has_whole(b".bashrc") && !all.has_whole(b"x/gone"));
        assert!(relative.has_whole(b"data/photos") && relative.has_whole(b"y/z"));
        assert!(asked(&["a/../b/c"], true).has_whole(b"b/c"));
        assert!(!relative.has_whole(b"data") && !relative.has_whole(b"y/z/w"));
    }
}
