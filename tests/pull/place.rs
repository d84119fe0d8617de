//! A source, a destination, and remote shells that do things to what they carry.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory with a source `s` and room for a destination `d`.
pub struct Place(TempDir);

/// Names with their content; directories have none.
pub type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let place = Place(dir.expect("a directory"));
        fs::create_dir(place.at("s")).expect("a directory");
        place
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes files of so many bytes each, in two directories.
    pub fn fill(&self, files: usize, len: usize, seed: u8) {
        for number in 0..files {
            let dir = self.at(if number % 2 == 0 { "s" } else { "s/k" });
            fs::create_dir_all(&dir).expect("a directory");
            let mut state = u32::from(seed) << 16 | number as u32 | 1;
            let bytes: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 24) as u8
                })
                .collect();
            fs::write(dir.join(format!("f{number}")), bytes).expect("a file");
        }
    }

    /// A remote shell that runs the far program by `body`, in which `"$*"` is its command.
    pub fn shell(&self, body: &str) -> PathBuf {
        let path = self.at("shell");
        fs::write(&path, format!("#!/bin/sh\nshift\n{body}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        path
    }

    /// A remote shell whose far program is heard up to this byte, and no further.
    pub fn cut_at(&self, at: u64) -> PathBuf {
        self.shell(&format!(
            "rm -f pipe; mkfifo pipe; exec 3<&0\nsh -c \"$*\" <&3 >pipe 2>/dev/null &\nexec 3<&-\n\
             exec dd iflag=count_bytes bs=512 count={at} status=none <pipe"
        ))
    }

    /// A run of resilver through a remote shell.
    pub fn run(&self, shell: &Path, options: &[&str], operands: [&str; 2]) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(["-k", "5", "60", env!("CARGO_BIN_EXE_resilver")])
            .args(options)
            .arg("-e")
            .arg(shell)
            .args(operands)
            .current_dir(self.0.path())
            .env("LC_ALL", "C");
        command
    }
}

/// All that is in a directory; nothing where there is none.
pub fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1) {
        let Ok(entry) = entry else { continue };
        let name = entry.path().strip_prefix(root).expect("below").to_owned();
        let content = entry.file_type().is_file();
        tree.insert(
            name,
            content.then(|| fs::read(entry.path()).expect("a file")),
        );
    }
    tree
}

/// What a program said on its standard error.
pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
