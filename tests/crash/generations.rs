//! Source trees that differ from one another in every way a run has to deal with.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use filetime::{FileTime, set_symlink_file_times};

use crate::tree::Tree;

/// A source tree on disk and what it is.
pub struct Generation {
    pub path: PathBuf,
    pub tree: Tree,
}

/// Builds a tree, with times that are told by name and content alone.
pub struct Builder {
    root: PathBuf,
    directories: Vec<(PathBuf, u32, i64)>,
}

impl Builder {
    pub fn new(root: &Path) -> Builder {
        let mut builder = Builder {
            root: root.to_owned(),
            directories: Vec::new(),
        };
        builder.directory("", 0o755, 1);
        builder
    }

    /// A directory; `age` tells its times apart.
    pub fn directory(&mut self, path: &str, mode: u32, age: i64) {
        let path = self.at(path.as_bytes());
        fs::create_dir_all(&path).expect("a directory");
        self.directories.push((path, mode, age));
    }

    pub fn file(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>, mode: u32) {
        let (at, content) = (self.at(path.as_ref()), content.as_ref());
        fs::write(&at, content).expect("a file");
        fs::set_permissions(&at, fs::Permissions::from_mode(mode)).expect("a mode");
        let age = twox_hash::XxHash3_64::oneshot(content) % 1_000_000;
        self.age(&at, age as i64);
    }

    pub fn symlink(&self, path: &str, target: &str) {
        let at = self.at(path.as_bytes());
        symlink(target, &at).expect("a link");
        self.age(&at, target.len() as i64);
    }

    pub fn hard_link(&self, path: &str, to: &str) {
        fs::hard_link(self.at(to.as_bytes()), self.at(path.as_bytes())).expect("a link");
    }

    pub fn fifo(&self, path: &str) {
        let at = self.at(path.as_bytes());
        let mode = rustix::fs::Mode::from_raw_mode(0o640);
        rustix::fs::mknodat(rustix::fs::CWD, &at, rustix::fs::FileType::Fifo, mode, 0)
            .expect("a fifo");
        self.age(&at, 7);
    }

    pub fn at(&self, path: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(path))
    }

    /// Sets a time so long after a beginning.
    pub fn age(&self, at: &Path, age: i64) {
        let time = FileTime::from_unix_time(1_600_000_000 + age, 123_456_789);
        set_symlink_file_times(at, time, time).expect("a time");
    }

    /// Gives directories their modes and times, the innermost first.
    pub fn finish(self) -> Generation {
        for (path, mode, age) in self.directories.iter().rev() {
            fs::set_permissions(path, fs::Permissions::from_mode(*mode)).expect("a mode");
            self.age(path, *age);
        }
        Generation {
            tree: Tree::read(&self.root),
            path: self.root,
        }
    }
}

/// The small tree of generation `number`: about thirty entries, of which about twenty are touched from each
/// generation to the next.
pub fn small(root: &Path, number: u32) -> Generation {
    let mut b = Builder::new(root);
    let n = i64::from(number);
    let odd = number % 2 == 1;
    b.directory("same", 0o755, 2);
    b.file("same/file", "unchanged", 0o644);
    b.file("same/hard", "one file, two names", 0o600);
    b.hard_link("same/hard-too", "same/hard");
    b.symlink("same/link", "file");
    b.file(b"same/latin-\xe9", "a name that is not UTF-8", 0o644);

    b.directory("changes", 0o755, 10 + n);
    b.file(
        "changes/content",
        format!("content of generation {number}"),
        0o644,
    );
    b.file(
        "changes/mode",
        "content stays",
        if odd { 0o644 } else { 0o755 },
    );
    b.file("changes/empty", if odd { "" } else { "no more" }, 0o644);
    b.symlink("changes/link", if odd { "one" } else { "another" });
    b.file("changes/large", vec![number as u8; 100_000], 0o644);
    b.file(
        format!("changes/only-{number}"),
        format!("in {number}"),
        0o640,
    );

    b.directory("types", 0o755, 20 + n);
    if odd {
        b.file("types/file-or-dir", "a file", 0o644);
        b.directory("types/dir-or-link", 0o700, 3);
        b.file("types/dir-or-link/inside", "below", 0o644);
        b.symlink("types/link-or-file", "somewhere");
        b.fifo("types/fifo-or-file");
    } else {
        b.directory("types/file-or-dir", 0o755, 4);
        b.file("types/file-or-dir/inside", "below", 0o644);
        b.symlink("types/dir-or-link", "elsewhere");
        b.file("types/link-or-file", "a file", 0o644);
        b.file("types/fifo-or-file", "a file", 0o600);
    }

    b.directory("groups", 0o755, 30 + n);
    // A name that leaves its group has another content: rsync lets equal files that are linked be.
    let (joins, leaves) = if odd { ("b", "c") } else { ("c", "b") };
    b.file("groups/a", "linked", 0o644);
    b.hard_link(&format!("groups/{joins}"), "groups/a");
    b.file(format!("groups/{leaves}"), format!("alone {leaves}"), 0o644);

    let comes = format!("comes-{number}");
    b.directory(&comes, 0o755, n);
    b.directory(&format!("{comes}/below"), 0o555, n);
    b.file(
        format!("{comes}/below/file"),
        format!("deep in {number}"),
        0o444,
    );
    b.directory(&format!("{comes}/empty"), 0o711, n);
    b.directory("modes", if odd { 0o750 } else { 0o705 }, 5);
    b.file(
        "modes/file",
        "stays in a directory whose mode changes",
        0o644,
    );
    b.finish()
}

/// The big tree for readers: `dirs` directories of `files` files, of which a tenth differ from generation to
/// generation; directories come and go and names change their type.
pub fn big(root: &Path, number: u32, dirs: u32, files: u32) -> Generation {
    let mut b = Builder::new(root);
    let n = i64::from(number);
    let odd = number % 2 == 1;
    for d in 0..dirs {
        // Every fifth directory is in one of two generations only, every third has other files within.
        if d % 5 == 0 && (d / 5) % 2 == number % 2 {
            continue;
        }
        let changes = d % 3 == 0;
        let dir = format!("d{d:03}");
        b.directory(&dir, 0o755, if changes { 100 + n } else { 100 });
        for f in 0..files {
            let path = format!("{dir}/f{f:03}");
            match (changes && f % 4 == 0, f % 16) {
                (false, _) => b.file(&path, format!("{path} stays"), 0o644),
                (true, 4) if odd => b.symlink(&path, "a link now and then"),
                (true, 8) if odd => {
                    b.directory(&path, 0o755, n);
                    b.file(format!("{path}/below"), "below", 0o644);
                }
                (true, _) => {
                    b.file(&path, format!("{path} of {number}"), 0o644);
                }
            }
        }
        if changes {
            b.file(format!("{dir}/only-{number}"), "only here", 0o600);
        }
    }
    b.finish()
}
