//! A mirror `m` of `far`, which is on another machine.

use std::path::Path;

use walkdir::WalkDir;

use crate::kit::{Room, Said};
use crate::sshd::Sshd;

/// The other machine is this one.
const SHELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");

pub struct Place {
    pub room: Room,
    shell: String,
    _sshd: Option<Sshd>,
}

impl Place {
    /// A script makes `far`.
    pub fn with(script: &str) -> Place {
        Place {
            room: Room::with(script),
            shell: SHELL.into(),
            _sshd: None,
        }
    }

    /// The same behind a real sshd, nothing being there yet.
    pub fn over_ssh() -> Place {
        let sshd = Sshd::start();
        Place {
            room: Room::new(),
            shell: sshd.shell().to_string_lossy().into_owned(),
            _sshd: Some(sshd),
        }
    }

    /// What `-e` is given.
    pub fn shell(&self) -> &str {
        &self.shell
    }

    /// What is typed for the far end, `here` being its name.
    pub fn far(&self, path: &str) -> String {
        format!(
            "-e '{}' here:{}/{path}",
            self.shell,
            self.room.path().display()
        )
    }

    /// A pull of all there is.
    #[track_caller]
    pub fn pull(&self, options: &str) {
        let from = self.far("far/");
        self.room.resilver(&format!("{options} {from} m")).ok();
    }

    pub fn push(&self, options: &str) -> Said {
        self.room.resilver(&format!("push {options} m"))
    }

    /// `diff --json`: per path what was done here and there, and what a push does.
    #[track_caller]
    pub fn diff(&self) -> Vec<(String, String)> {
        let said = self.room.resilver("diff --json m");
        assert!([0, 28, 29].contains(&said.code), "{said}");
        let told: serde_json::Value =
            serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said}"));
        let entries = told["entries"].as_array().expect("entries");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
        let entry = |entry: &serde_json::Value| {
            let state = ["here", "there", "push"].map(|name| text(&entry[name]));
            (text(&entry["path"]), state.join(" | "))
        };
        entries.iter().map(entry).collect()
    }

    /// A tree as lines: path, type, permissions, content.
    pub fn tree(&self, path: &str) -> Vec<String> {
        tree(&self.room.at(path))
    }
}

fn tree(root: &Path) -> Vec<String> {
    use std::os::unix::fs::PermissionsExt;
    let mut lines = Vec::new();
    for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry.expect("an entry");
        let path = entry.path();
        let meta = entry.metadata().expect("metadata");
        let mode = meta.permissions().mode() & 0o7777;
        let what = if meta.is_dir() {
            format!("dir {mode:o}")
        } else if meta.is_symlink() {
            format!("-> {}", std::fs::read_link(path).expect("a link").display())
        } else {
            let text = std::fs::read_to_string(path).expect("a text");
            format!("{mode:o} {}", text.trim_end().replace('\n', "+"))
        };
        let below = path.strip_prefix(root).expect("below").display();
        lines.push(format!("{below}: {what}"));
    }
    lines
}
