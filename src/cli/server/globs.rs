//! Paths with wildcards that no shell has seen (`--secluded-args`): they are resolved here, as a shell would.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::sys::Dir;
use crate::tree::matches_name;

/// The paths that match, in order; the pattern itself where there are none.
pub(super) fn expand(pattern: &Path) -> Vec<PathBuf> {
    let is_pattern = |name: &[u8]| name.iter().any(|byte| b"*?[".contains(byte));
    let bytes = pattern.as_os_str().as_bytes();
    if !is_pattern(bytes) {
        return vec![pattern.to_owned()];
    }
    let mut paths = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().as_bytes();
        paths = match part {
            Component::Normal(_) if is_pattern(name) => {
                paths.iter().flat_map(|path| matching(path, name)).collect()
            }
            _ => paths.into_iter().map(|path| path.join(part)).collect(),
        };
    }
    // A slash behind a path says that its content is meant.
    let has_slash = bytes.ends_with(b"/");
    let exists = |path: &PathBuf| path.symlink_metadata().is_ok();
    let mut found: Vec<PathBuf> = paths.into_iter().filter(exists).collect();
    if has_slash {
        found.iter_mut().for_each(|path| path.push(""));
    }
    match found.is_empty() {
        true => vec![pattern.to_owned()],
        false => found,
    }
}

/// What in a directory matches a name; what begins with a dot only if the name does.
fn matching(dir: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let here = if dir.as_os_str().is_empty() {
        Path::new(".")
    } else {
        dir
    };
    let Ok(mut listing) = Dir::open(here).and_then(|dir| dir.list()) else {
        return Vec::new();
    };
    listing.sort();
    let hidden = |name: &[u8]| name.starts_with(b".") && !pattern.starts_with(b".");
    listing
        .iter()
        .filter(|listed| !hidden(listed.name) && matches_name(pattern, listed.name))
        .map(|listed| dir.join(crate::sys::as_path(listed.name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn patterns_are_resolved_as_by_a_shell() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in ["b/x.c", "a/y.c", "a/.z.c", "c"] {
            fs::create_dir_all(at(name).parent().expect("a parent")).expect("a directory");
            fs::write(at(name), "").expect("a file");
        }
        assert_eq!(expand(&at("*/*.c")), [at("a/y.c"), at("b/x.c")]);
        assert_eq!(expand(&at("[ab]/")), [at("a/"), at("b/")]);
        assert_eq!(expand(&at("a/.*.c")), [at("a/.z.c")]);
        assert_eq!(expand(&at("nothing*")), [at("nothing*")]);
        assert_eq!(expand(&at("plain")), [at("plain")]);
    }
}
