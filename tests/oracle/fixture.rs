//! Fixtures as text: one line is one entry, so that a case shows its whole world.
//!
//! ```text
//! s/a                 a file that contains its own path and a newline
//! s/b=text            a file that contains "text"
//! s/dir/ 0700         a directory, with a mode
//! s/l -> a            a symbolic link
//! s/h == s/a          a hard link to an entry named before or after
//! s/p fifo            also: socket, char:1,3 and block:7,0
//! s/big size:3m       pseudo-random bytes; seed:2 gives other ones
//! s/hole hole:4m      a file that is one hole
//! s/t @1000000000.5   a time of modification; atime:5 of access; o:1000:100 owner and group
//! s/x x:user.k=v      an extended attribute
//! s/y acl:u::6,u:5:4,g::4,m::4,o::0   an ACL; default:... that of a directory for what is made in it
//! !s/old              removes what is there (for changes between two runs)
//! ```
//! Words are separated by blanks; `\s`, `\n`, `\t`, `\\` and `\xHH` stand for the bytes that would not survive that.
//! Regular files are 0644, directories 0755, and everything is dated [`EPOCH`] unless the line says otherwise.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::run::in_place;
use filetime::FileTime;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

/// The time of modification of an entry that names none: long ago, so that "now" cannot be mistaken for it.
pub const EPOCH: i64 = 1_000_000_000;

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    File(Vec<u8>),
    Hole(u64),
    Dir,
    Symlink(PathBuf),
    HardLink(PathBuf),
    Node(FileType, u32, u32),
    Gone,
}

/// One line of a fixture.
#[derive(Clone, Debug)]
pub struct Entry {
    pub path: PathBuf,
    pub what: What,
    pub mode: Option<u32>,
    pub owner: Option<(u32, u32)>,
    pub mtime: (i64, u32),
    /// The time of access, where it is not that of modification.
    pub atime: Option<(i64, u32)>,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// An entry with the usual attributes.
    pub fn new(path: impl Into<PathBuf>, what: What) -> Entry {
        Entry {
            path: path.into(),
            what,
            mode: None,
            owner: None,
            mtime: (EPOCH, 0),
            atime: None,
            xattrs: Vec::new(),
        }
    }

    fn parse(line: &str) -> Entry {
        let mut words = line.split_ascii_whitespace();
        let head = words.next().expect("a line has a first word");
        let mut entry = Entry::head(head);
        while let Some(word) = words.next() {
            match word {
                "->" => {
                    entry.what =
                        What::Symlink(path(&unescape(words.next().expect("-> has a target"))))
                }
                "==" => {
                    entry.what =
                        What::HardLink(path(&unescape(words.next().expect("== has a name"))))
                }
                "fifo" => entry.what = What::Node(FileType::Fifo, 0, 0),
                "socket" => entry.what = What::Node(FileType::Socket, 0, 0),
                _ => entry.attribute(word),
            }
        }
        entry
    }

    fn head(word: &str) -> Entry {
        if let Some(name) = word.strip_prefix('!') {
            return Entry::new(path(&unescape(name)), What::Gone);
        }
        if let Some((name, text)) = word.split_once('=') {
            return Entry::new(path(&unescape(name)), What::File(unescape(text)));
        }
        let name = unescape(word);
        match name.strip_suffix(b"/") {
            Some(dir) => Entry::new(path(dir), What::Dir),
            None => Entry::new(path(&name), What::File([&name[..], b"\n"].concat())),
        }
    }

    fn attribute(&mut self, word: &str) {
        let (key, value) = word.split_once(':').unwrap_or((word, ""));
        match key {
            "size" => self.what = What::File(noise(bytes(value), 1)),
            "seed" => {
                let What::File(old) = &self.what else {
                    panic!("seed: comes after size:")
                };
                self.what = What::File(noise(old.len() as u64, value.parse().expect("a number")));
            }
            "hole" => self.what = What::Hole(bytes(value)),
            "char" => self.what = node(FileType::CharacterDevice, value),
            "block" => self.what = node(FileType::BlockDevice, value),
            "o" => {
                let (user, group) = value.split_once(':').expect("o:UID:GID");
                self.owner = Some((user.parse().expect("a uid"), group.parse().expect("a gid")));
            }
            "x" => {
                let (name, value) = value.split_once('=').expect("x:NAME=VALUE");
                self.xattrs.push((unescape(name), unescape(value)));
            }
            "acl" => self.acl("system.posix_acl_access", value),
            "default" => self.acl("system.posix_acl_default", value),
            "atime" => self.atime = Some(moment(value)),
            _ if word.starts_with('@') => self.mtime = moment(&word[1..]),
            _ if word.starts_with('0') => {
                self.mode = Some(u32::from_str_radix(word, 8).expect("an octal mode"))
            }
            _ => panic!("a fixture line holds an unknown word: {word}"),
        }
    }
}

impl Entry {
    fn acl(&mut self, name: &str, text: &str) {
        self.xattrs.push((name.into(), acl(text)));
    }
}

/// An ACL as the system stores it: `u::6,u:5:4,g::4,g:7:0,m::4,o::0`, in the system's order.
pub fn acl(text: &str) -> Vec<u8> {
    let mut bytes = vec![2, 0, 0, 0];
    for entry in text.split(',') {
        let mut parts = entry.split(':');
        let mut part = || parts.next().expect("TAG:ID:PERMISSIONS");
        let (tag, id, perms) = (part(), part(), part());
        let tag: u16 = match (tag, id.is_empty()) {
            ("u", true) => 1,
            ("u", false) => 2,
            ("g", true) => 4,
            ("g", false) => 8,
            ("m", _) => 16,
            ("o", _) => 32,
            _ => panic!("an ACL has an unknown tag: {entry}"),
        };
        let id = if id.is_empty() {
            u32::MAX
        } else {
            id.parse().expect("an id")
        };
        let perms: u16 = perms.parse().expect("permissions");
        bytes.extend(tag.to_le_bytes());
        bytes.extend(perms.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    bytes
}

/// Reads a fixture; blank lines are skipped.
pub fn parse(text: &str) -> Vec<Entry> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(Entry::parse)
        .collect()
}

/// Makes the entries under `root`; those without an owner of their own get `owner`.
///
/// `age` counts the changes made so far: a directory that was there and is changed within gets a time that follows
/// from it, because "now" would make the quick check depend on the second in which a case runs.
pub fn build(entries: &[Entry], root: &Path, owner: Option<(u32, u32)>, age: i64) {
    let mut dirs: Vec<Entry> = Vec::new();
    let lists = |path: &Path| entries.iter().any(|entry| entry.path == path);
    let parents = entries.iter().filter_map(|entry| entry.path.parent());
    let changed: BTreeSet<&Path> = parents
        .filter(|p| root.join(p).is_dir() && !lists(p))
        .collect();
    let is_link = |e: &&Entry| matches!(e.what, What::HardLink(_));
    for entry in entries.iter().filter(|e| !is_link(e)) {
        make_parents(root, &entry.path, entries, &mut dirs);
        make(root, entry);
        match entry.what {
            What::Dir => dirs.push(entry.clone()),
            What::Gone => {}
            _ => dress(root, entry, owner),
        }
    }
    for entry in entries.iter().filter(is_link) {
        let What::HardLink(to) = &entry.what else {
            unreachable!()
        };
        make_parents(root, &entry.path, entries, &mut dirs);
        fs::hard_link(root.join(to), root.join(&entry.path)).expect("a hard link");
    }
    for entry in dirs.iter().rev() {
        dress(root, entry, owner);
    }
    for dir in changed.iter().filter(|dir| root.join(dir).is_dir()) {
        let time = FileTime::from_unix_time(EPOCH + 100 * age, 0);
        filetime::set_file_mtime(root.join(dir), time).expect("a time");
    }
}

/// Makes the missing directories above `path`, noting them for their attributes unless the fixture lists them itself.
fn make_parents(root: &Path, path: &Path, listed: &[Entry], dirs: &mut Vec<Entry>) {
    let mut missing: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .filter(|p| !p.as_os_str().is_empty())
        .collect();
    missing.retain(|p| fs::symlink_metadata(root.join(p)).is_err());
    for dir in missing.into_iter().rev() {
        fs::create_dir(root.join(dir)).expect("a directory");
        if !listed.iter().any(|e| e.path == dir) {
            dirs.push(Entry::new(dir, What::Dir));
        }
    }
}

fn make(root: &Path, entry: &Entry) {
    let at = root.join(&entry.path);
    match &entry.what {
        What::File(content) => {
            let _ = fs::remove_file(&at);
            File::create(&at)
                .and_then(|mut file| file.write_all(&in_place(content, root)))
                .expect("a file");
        }
        What::Hole(size) => File::create(&at)
            .and_then(|file| file.set_len(*size))
            .expect("a hole"),
        What::Dir => fs::create_dir_all(&at).expect("a directory"),
        What::Symlink(to) => {
            let _ = fs::remove_file(&at);
            symlink(to, &at).expect("a symbolic link");
        }
        What::Node(kind, major, minor) => {
            mknodat(
                CWD,
                &at,
                *kind,
                Mode::from_raw_mode(0o644),
                makedev(*major, *minor),
            )
            .expect("a node");
        }
        What::Gone if at.is_dir() && !at.is_symlink() => remove_tree(&at),
        // A program that went wrong may have left nothing to remove.
        What::Gone => drop(fs::remove_file(&at)),
        What::HardLink(_) => unreachable!("hard links are made last"),
    }
}

/// Removes a tree, also one whose directories a plain user may not write into.
fn remove_tree(at: &Path) {
    for entry in walkdir::WalkDir::new(at) {
        let entry = entry.expect("an entry");
        if entry.file_type().is_dir() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700)).expect("a mode");
        }
    }
    fs::remove_dir_all(at).expect("removed");
}

/// Gives an entry its attributes: the owner first, because a change of owner drops set-id bits, the time last.
fn dress(root: &Path, entry: &Entry, owner: Option<(u32, u32)>) {
    let at = root.join(&entry.path);
    if let Some((user, group)) = entry.owner.or(owner) {
        lchown(&at, Some(user), Some(group)).expect("an owner");
    }
    if !matches!(entry.what, What::Symlink(_)) {
        let usual = if entry.what == What::Dir {
            0o755
        } else {
            0o644
        };
        fs::set_permissions(&at, fs::Permissions::from_mode(entry.mode.unwrap_or(usual)))
            .expect("a mode");
    }
    // Behind the mode, whose group bits an ACL decides on.
    for (name, value) in &entry.xattrs {
        xattr::set(&at, OsStr::from_bytes(name), value).expect("an extended attribute");
    }
    let time = |(sec, nsec)| FileTime::from_unix_time(sec, nsec);
    let (atime, mtime) = (entry.atime.unwrap_or(entry.mtime), entry.mtime);
    filetime::set_symlink_file_times(&at, time(atime), time(mtime)).expect("times");
}

/// Bytes that do not repeat, the same for the same seed (xorshift64*).
fn noise(size: u64, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut out = Vec::with_capacity(size as usize + 8);
    while (out.len() as u64) < size {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        out.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    out.truncate(size as usize);
    out
}

fn bytes(text: &str) -> u64 {
    let (digits, unit) = match text.strip_suffix('m') {
        Some(digits) => (digits, 1 << 20),
        None => text
            .strip_suffix('k')
            .map_or((text, 1), |digits| (digits, 1 << 10)),
    };
    digits.parse::<u64>().expect("a size") * unit
}

fn moment(text: &str) -> (i64, u32) {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let nanos: u32 = format!("{fraction:0<9}")
        .parse()
        .expect("at most nine digits");
    (seconds.parse().expect("seconds"), nanos)
}

fn node(kind: FileType, numbers: &str) -> What {
    let (major, minor) = numbers.split_once(',').expect("MAJOR,MINOR");
    What::Node(
        kind,
        major.parse().expect("major"),
        minor.parse().expect("minor"),
    )
}

fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()))
}

/// Resolves `\s`, `\n`, `\t`, `\\` and `\xHH`.
pub fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match rest.next() {
            Some(b's') => out.push(b' '),
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            Some(b'x') => {
                let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                let digits = std::str::from_utf8(&digits).expect("digits");
                out.push(u8::from_str_radix(digits, 16).expect("hexadecimal digits"));
            }
            Some(other) => out.push(other),
            None => panic!("a backslash ends {text:?}"),
        }
    }
    out
}
