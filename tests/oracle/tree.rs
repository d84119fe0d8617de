//! What a tree is, as far as a mirror is concerned, and how two of them differ.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, readlinkat, statat};

use crate::compare::{Aspect, Finding};
use crate::run::{out_of_place, show};

/// One entry as it lies on disk. Directory sizes, link counts and change times are nobody's promise and left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    kind: FileType,
    mode: u32,
    user: u32,
    group: u32,
    mtime: Moment,
    atime: Moment,
    target: Vec<u8>,
    device: Option<u64>,
    content: Vec<u8>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The first path, in byte order, that names the same inode.
    linked: Vec<u8>,
    /// The state directory of resilver lies in this directory, so that its time says nothing.
    holds_state: bool,
}

/// A time of modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    At(i64, i64),
    /// Since the run began: what "now" was differs from run to run.
    Recent,
}

/// Everything below a directory, by path; the directory itself is not part of it.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
    /// Where resilver keeps state: no part of the tree, but not everywhere allowed.
    pub states: Vec<String>,
}

impl Tree {
    /// Reads the tree below `root`; times from `began` (seconds) on are recent.
    pub fn read(root: &Path, began: i64) -> Tree {
        let fd = openat(
            CWD,
            root,
            OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .expect("a root");
        let mut reader = Reader {
            root: root.to_path_buf(),
            began,
            first: BTreeMap::new(),
            nodes: BTreeMap::new(),
            states: Vec::new(),
        };
        reader.directory(fd, b"");
        reader.beside(root);
        reader.name_links();
        reader.bend_logs(&root.to_string_lossy());
        Tree {
            nodes: reader.nodes,
            states: reader.states,
        }
    }

    /// The paths below `under`, directories with a slash and links with their target, as the recorded cases list them.
    pub fn listing(&self, under: &[u8]) -> Option<Vec<String>> {
        self.nodes.get(under)?;
        let prefix = [under, b"/"].concat();
        let below = self
            .nodes
            .iter()
            .filter_map(|(path, node)| Some((path.strip_prefix(&prefix[..])?, node)));
        let line = |(path, node): (&[u8], &Node)| match node.kind {
            FileType::Directory => format!("{}/", show(path)),
            FileType::Symlink => format!("{} -> {}", show(path), show(&node.target)),
            _ => show(path),
        };
        let mut lines: Vec<String> = below.map(line).collect();
        lines.sort();
        Some(lines)
    }

    /// The content of a regular file.
    pub fn content(&self, path: &[u8]) -> Option<&[u8]> {
        self.nodes
            .get(path)
            .filter(|node| node.kind == FileType::RegularFile)
            .map(|node| &node.content[..])
    }

    /// The target of a symbolic link.
    pub fn target(&self, path: &[u8]) -> Option<&[u8]> {
        self.nodes
            .get(path)
            .filter(|node| node.kind == FileType::Symlink)
            .map(|node| &node.target[..])
    }
}

struct Reader {
    root: PathBuf,
    began: i64,
    first: BTreeMap<(u64, u64), Vec<u8>>,
    nodes: BTreeMap<Vec<u8>, Node>,
    states: Vec<String>,
}

impl Reader {
    /// Reads one directory through its descriptor: paths may be longer than the system takes in one piece.
    fn directory(&mut self, fd: OwnedFd, path: &[u8]) {
        // What a plain user may open but not search is compared by its own attributes alone.
        let Ok(listing) = Dir::read_from(&fd) else {
            return;
        };
        let entries: Vec<Vec<u8>> = listing
            .map(|entry| entry.expect("an entry").file_name().to_bytes().to_vec())
            .filter(|name| name != b"." && name != b"..")
            .collect();
        for name in entries {
            let here = if path.is_empty() {
                name.clone()
            } else {
                [path, b"/", &name].concat()
            };
            if is_state(&name) {
                self.states.push(show(&here));
                if let Some(node) = self.nodes.get_mut(path) {
                    node.holds_state = true;
                }
                continue;
            }
            let node = self.node(&fd, &name, &here);
            let is_dir = node.kind == FileType::Directory;
            self.nodes.insert(here.clone(), node);
            if is_dir {
                let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                // So is what a plain user may not even open.
                if let Ok(below) = openat(&fd, &name[..], flags, Mode::empty()) {
                    self.directory(below, &here);
                }
            }
        }
    }

    /// Reads what a case made beside its working directory, as `../NAME`.
    fn beside(&mut self, root: &Path) {
        let parent = root.parent().expect("a case's directory has a parent");
        let names = fs::read_dir(parent)
            .expect("a directory")
            .map(|entry| entry.expect("an entry").file_name());
        for name in names.filter(|name| Some(&name[..]) != root.file_name() && name != "program") {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            let fd = openat(CWD, parent, flags, Mode::empty()).expect("a directory");
            if is_state(name.as_bytes()) {
                self.states.push(show(name.as_bytes()));
                continue;
            }
            let here = [b"../", name.as_bytes()].concat();
            let node = self.node(&fd, name.as_bytes(), &here);
            self.nodes.insert(here.clone(), node);
            if let Ok(below) = openat(&fd, &name, flags | OFlags::NOFOLLOW, Mode::empty()) {
                self.directory(below, &here);
            }
        }
    }

    /// Log files tell times, processes and this run's directory.
    fn bend_logs(&mut self, root: &str) {
        let logs = self.nodes.iter_mut();
        for (_, node) in logs.filter(|(path, _)| path.ends_with(b".log")) {
            let text = show(&node.content).replace(root, "<ROOT>");
            node.content = crate::compare::log(&text).into_bytes();
        }
    }

    fn node(&mut self, dir: &OwnedFd, name: &[u8], here: &[u8]) -> Node {
        let stat = statat(dir, name, AtFlags::SYMLINK_NOFOLLOW).expect("an entry's status");
        let kind = FileType::from_raw_mode(stat.st_mode);
        let through = Path::new("/proc/self/fd")
            .join(std::os::fd::AsRawFd::as_raw_fd(dir).to_string())
            .join(std::ffi::OsStr::from_bytes(name));
        if kind != FileType::Directory && stat.st_nlink > 1 {
            let first = self
                .first
                .entry((stat.st_dev, stat.st_ino))
                .or_insert_with(|| here.to_vec());
            if here < &first[..] {
                *first = here.to_vec();
            }
        }
        let is_device = matches!(kind, FileType::CharacterDevice | FileType::BlockDevice);
        Node {
            kind,
            mode: if kind == FileType::Symlink {
                0
            } else {
                stat.st_mode & 0o7777
            },
            user: stat.st_uid,
            group: stat.st_gid,
            mtime: self.moment(stat.st_mtime, stat.st_mtime_nsec as i64),
            atime: match kind {
                // Whoever looks at them moves these.
                FileType::Directory | FileType::Symlink => Moment::Recent,
                _ => self.moment(stat.st_atime, stat.st_atime_nsec as i64),
            },
            target: match kind {
                FileType::Symlink => readlinkat(dir, name, Vec::new())
                    .expect("a target")
                    .into_bytes(),
                _ => Vec::new(),
            },
            device: is_device.then_some(stat.st_rdev),
            content: match kind {
                FileType::RegularFile => {
                    let content = fs::read(&through);
                    let content = content.unwrap_or_else(|e| format!("<{e}>").into_bytes());
                    out_of_place(&content, &self.root)
                }
                _ => Vec::new(),
            },
            xattrs: xattrs(&through),
            linked: [&stat.st_dev.to_le_bytes()[..], &stat.st_ino.to_le_bytes()].concat(),
            holds_state: false,
        }
    }

    fn moment(&self, sec: i64, nsec: i64) -> Moment {
        if sec >= self.began {
            Moment::Recent
        } else {
            Moment::At(sec, nsec)
        }
    }

    /// Replaces inode numbers, which differ from tree to tree, by the first path of each group.
    fn name_links(&mut self) {
        for (path, node) in &mut self.nodes {
            let key = (number(&node.linked[..8]), number(&node.linked[8..]));
            node.linked = self.first.get(&key).unwrap_or(path).clone();
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

fn xattrs(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let Ok(names) = xattr::list(path) else {
        return BTreeMap::new();
    };
    let value =
        |name: &std::ffi::OsString| xattr::get(path, name).ok().flatten().unwrap_or_default();
    names
        .map(|name| (name.as_bytes().to_vec(), value(&name)))
        .collect()
}

/// resilver's own directories: beside the destination, inside it, or between the two steps of a switch.
fn is_state(name: &[u8]) -> bool {
    name == b".resilver"
        || (name.starts_with(b".")
            && (name.ends_with(b".resilver") || name.ends_with(b".resilver~")))
}

/// Everything in which `got` is not `expected`.
pub fn differ(expected: &Tree, got: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, node) in &expected.nodes {
        match got.nodes.get(path) {
            Some(other) => findings.extend(differ_in(path, node, other)),
            None => findings.push(Finding::new(
                Aspect::Missing,
                show(path),
                format!("{:?}", node.kind),
                "nothing",
            )),
        }
    }
    for (path, node) in got
        .nodes
        .iter()
        .filter(|(path, _)| !expected.nodes.contains_key(*path))
    {
        findings.push(Finding::new(
            Aspect::Extra,
            show(path),
            "nothing",
            format!("{:?}", node.kind),
        ));
    }
    findings
}

fn differ_in(path: &[u8], expected: &Node, got: &Node) -> Vec<Finding> {
    let at = || show(path);
    if expected.kind != got.kind {
        return vec![Finding::new(
            Aspect::Type,
            at(),
            format!("{:?}", expected.kind),
            format!("{:?}", got.kind),
        )];
    }
    let mut findings = Vec::new();
    let mut note = |aspect, unequal: bool, expected: String, got: String| {
        if unequal {
            findings.push(Finding::new(aspect, at(), expected, got));
        }
    };
    let (e, g) = (expected, got);
    note(
        Aspect::Mode,
        e.mode != g.mode,
        format!("{:04o}", e.mode),
        format!("{:04o}", g.mode),
    );
    note(
        Aspect::Owner,
        e.user != g.user,
        e.user.to_string(),
        g.user.to_string(),
    );
    note(
        Aspect::Group,
        e.group != g.group,
        e.group.to_string(),
        g.group.to_string(),
    );
    let timed = !e.holds_state && !g.holds_state;
    note(
        Aspect::Mtime,
        timed && e.mtime != g.mtime,
        format!("{:?}", e.mtime),
        format!("{:?}", g.mtime),
    );
    note(
        Aspect::Atime,
        e.atime != g.atime,
        format!("{:?}", e.atime),
        format!("{:?}", g.atime),
    );
    note(
        Aspect::Target,
        e.target != g.target,
        show(&e.target),
        show(&g.target),
    );
    note(
        Aspect::Device,
        e.device != g.device,
        format!("{:?}", e.device),
        format!("{:?}", g.device),
    );
    note(
        Aspect::Links,
        e.linked != g.linked,
        show(&e.linked),
        show(&g.linked),
    );
    note(
        Aspect::Xattr,
        e.xattrs != g.xattrs,
        format!("{:?}", e.xattrs),
        format!("{:?}", g.xattrs),
    );
    note(
        Aspect::Content,
        e.content != g.content,
        preview(&e.content),
        preview(&g.content),
    );
    findings
}

fn preview(content: &[u8]) -> String {
    let head = show(&content[..content.len().min(80)]);
    format!("{} bytes: {head:?}", content.len())
}
