//! Building trees from a few lines, and reading them back as text.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use filetime::{FileTime, set_symlink_file_times};

/// Makes a tree: `path/` a directory, `path -> target` a link, `path = text` a file, `path == other` a
/// hard link. All times are fixed, so that equal lines make equal trees.
pub fn grow(root: &Path, lines: &[&str]) {
    fs::create_dir_all(root).unwrap();
    for line in lines {
        if let Some((path, other)) = line.split_once(" == ") {
            fs::hard_link(root.join(other), root.join(path)).unwrap();
        } else if let Some((path, target)) = line.split_once(" -> ") {
            symlink(target, root.join(path)).unwrap();
        } else if let Some((path, text)) = line.split_once(" = ") {
            if let Some(parent) = root.join(path).parent() {
                fs::create_dir_all(parent).unwrap();
            }
            fs::write(root.join(path), text).unwrap();
        } else {
            fs::create_dir_all(root.join(line)).unwrap();
        }
    }
    still(root);
}

/// Gives everything one time.
pub fn still(root: &Path) {
    let time = FileTime::from_unix_time(1_500_000_000, 123);
    let all: Vec<_> = walkdir::WalkDir::new(root)
        .contents_first(true)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .collect();
    for path in all {
        set_symlink_file_times(&path, time, time).unwrap();
    }
}

/// A tree as text: path, kind, mode, links of a group, content.
pub fn picture(root: &Path) -> String {
    let mut out = String::new();
    let mut groups: Vec<u64> = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path();
        let meta = fs::symlink_metadata(path).unwrap();
        let shown = path.strip_prefix(root).unwrap().display();
        let mode = meta.permissions().mode() & 0o7777;
        let _ = write!(
            out,
            "{shown} {mode:o} {}.{} ",
            meta.mtime(),
            meta.mtime_nsec()
        );
        if meta.is_dir() {
            out.push('/');
        } else if meta.is_symlink() {
            let _ = write!(out, "-> {}", fs::read_link(path).unwrap().display());
        } else {
            let group = groups.iter().position(|ino| *ino == meta.ino());
            let group = group.unwrap_or_else(|| {
                groups.push(meta.ino());
                groups.len() - 1
            });
            let text = fs::read(path).unwrap();
            let _ = write!(out, "#{group} {}", String::from_utf8_lossy(&text));
        }
        out.push('\n');
    }
    out
}

pub fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}
