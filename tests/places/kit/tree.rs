//! What a tree is, as far as a mirror is concerned, and how two of them differ.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// One entry. Directory sizes, link counts and change times are nobody's promise and left out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    kind: char,
    mode: u32,
    owner: (u32, u32),
    mtime: (i64, i64),
    device: u64,
    content: Vec<u8>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The first path that names the same inode.
    linked: String,
}

/// A directory with everything below it, by path; state of resilver is no part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Node>);

impl Tree {
    pub fn read(root: &Path) -> Tree {
        let mut tree = Tree(BTreeMap::new());
        let mut first = BTreeMap::new();
        let walk = walkdir::WalkDir::new(root)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !is_state(entry.file_name()));
        for entry in walk {
            let entry = entry.unwrap_or_else(|e| panic!("{}: {e}", root.display()));
            let relative = entry.path().strip_prefix(root).expect("a path below");
            let path = relative.as_os_str().as_bytes().escape_ascii().to_string();
            let node = Node::read(entry.path(), &path, &mut first);
            tree.0.insert(path, node);
        }
        tree
    }

    /// The same without these entries: directory times move when others write into them.
    pub fn without(mut self, paths: &[&str]) -> Tree {
        for path in paths {
            self.0.remove(*path);
        }
        self
    }

    /// The same without the times of directories.
    pub fn without_dir_times(mut self) -> Tree {
        for node in self.0.values_mut().filter(|node| node.kind == 'd') {
            node.mtime = (0, 0);
        }
        self
    }

    /// The same without any times.
    pub fn timeless(mut self) -> Tree {
        self.0.values_mut().for_each(|node| node.mtime = (0, 0));
        self
    }

    /// The same without extended attributes, ACLs among them.
    pub fn without_xattrs(mut self) -> Tree {
        self.0.values_mut().for_each(|node| node.xattrs.clear());
        self
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl Node {
    fn read(path: &Path, shown: &str, first: &mut BTreeMap<(u64, u64), String>) -> Node {
        let meta = fs::symlink_metadata(path).unwrap_or_else(|e| panic!("{shown}: {e}"));
        let kind = kind(&meta.file_type());
        let linked = if kind == 'd' {
            shown.to_owned()
        } else {
            let inode = (meta.dev(), meta.ino());
            first
                .entry(inode)
                .or_insert_with(|| shown.to_owned())
                .clone()
        };
        Node {
            kind,
            mode: if kind == 'l' { 0 } else { meta.mode() & 0o7777 },
            owner: (meta.uid(), meta.gid()),
            mtime: (meta.mtime(), meta.mtime_nsec()),
            device: if "bc".contains(kind) { meta.rdev() } else { 0 },
            content: match kind {
                'f' => fs::read(path).unwrap_or_else(|e| format!("<{e}>").into_bytes()),
                'l' => fs::read_link(path)
                    .expect("a target")
                    .into_os_string()
                    .as_bytes()
                    .to_vec(),
                _ => Vec::new(),
            },
            xattrs: xattrs(path),
            linked,
        }
    }
}

fn kind(t: &fs::FileType) -> char {
    match t {
        t if t.is_dir() => 'd',
        t if t.is_file() => 'f',
        t if t.is_symlink() => 'l',
        t if t.is_fifo() => 'p',
        t if t.is_socket() => 's',
        t if t.is_char_device() => 'c',
        _ => 'b',
    }
}

fn xattrs(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let Ok(names) = xattr::list(path) else {
        return BTreeMap::new();
    };
    names
        .map(|name| {
            let value = xattr::get(path, &name).ok().flatten().unwrap_or_default();
            (name.as_bytes().to_vec(), value)
        })
        .collect()
}

/// resilver's own: beside a destination, inside it, set aside, or between the two steps of a switch.
pub fn is_state(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == ".resilver" || (name.starts_with('.') && name.contains(".resilver"))
}

/// Panics with what differs, entry by entry.
#[track_caller]
pub fn assert_same(expected: &Tree, got: &Tree) {
    let mut lines = Vec::new();
    for (path, node) in &expected.0 {
        match got.0.get(path) {
            None => lines.push(format!("missing: {path}")),
            Some(other) if other != node => lines.push(differ(path, node, other)),
            Some(_) => {}
        }
    }
    let extra = got.0.keys().filter(|path| !expected.0.contains_key(*path));
    lines.extend(extra.map(|path| format!("extra: {path}")));
    lines.truncate(40);
    assert!(lines.is_empty(), "trees differ:\n{}", lines.join("\n"));
}

fn differ(path: &str, expected: &Node, got: &Node) -> String {
    let brief = |node: &Node| {
        let head = &node.content[..node.content.len().min(60)];
        format!(
            "{}{:04o} {:?} {:?} dev {:x} ={} xattrs {:?} {} bytes {:?}",
            node.kind,
            node.mode,
            node.owner,
            node.mtime,
            node.device,
            node.linked,
            node.xattrs
                .iter()
                .map(|(k, v)| (k.escape_ascii().to_string(), v.escape_ascii().to_string()))
                .collect::<Vec<_>>(),
            node.content.len(),
            String::from_utf8_lossy(head)
        )
    };
    format!(
        "{path}\n  expected {}\n  got      {}",
        brief(expected),
        brief(got)
    )
}

#[test]
fn each_aspect_of_a_difference_is_seen() {
    let base = "mkdir a a/d; echo x > a/f; ln a/f a/g; ln -s f a/l; touch -d @1 a/f; touch -hd @1 a/l; touch -d @1 a/d; cp -a a b;";
    for change in [
        "chmod 600 b/f",
        "touch -d @1.000000001 b/f",
        "touch -hd @2 b/l",
        "touch -d @2 b/d",
        "echo y > b/f; touch -d @1 b/f",
        "rm b/g; cp -a b/f b/g",
        "rm b/g",
        "touch b/new",
        "ln -sfn g b/l; touch -hd @1 b/l",
        "rm b/l; echo > b/l",
    ] {
        let room = super::Room::with(&format!("{base} {change}; touch -d @9 a b"));
        assert_ne!(room.tree("a"), room.tree("b"), "{change}");
    }
    let room = super::Room::with(&format!("{base} touch -d @9 a b"));
    assert_same(&room.tree("a"), &room.tree("b"));
}
