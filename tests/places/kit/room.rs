//! A scratch directory with the commands run in it.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::run::{NOBODY, Said, script};
use super::tree::Tree;

/// A directory of a test's own, open to other users, gone at the end.
pub struct Room {
    dir: tempfile::TempDir,
    env: RefCell<Vec<(String, String)>>,
}

impl Room {
    /// In memory where that can be had.
    pub fn new() -> Room {
        let shm = Path::new("/dev/shm");
        let base = if shm.is_dir() {
            shm.to_owned()
        } else {
            std::env::temp_dir()
        };
        let dir = tempfile::Builder::new()
            .prefix("resilver-places-")
            .tempdir_in(base)
            .expect("a scratch directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        Room {
            dir,
            env: RefCell::default(),
        }
    }

    /// With a tree made by a script.
    pub fn with(text: &str) -> Room {
        let room = Room::new();
        room.sh(text);
        room
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&self, relative: &str) -> PathBuf {
        self.path().join(relative)
    }

    /// Sets a variable for all commands that follow.
    pub fn set(&self, name: &str, value: &str) {
        self.env
            .borrow_mut()
            .push((name.to_owned(), value.to_owned()));
    }

    /// Takes all variables back.
    pub fn unset(&self) {
        self.env.borrow_mut().clear();
    }

    /// A script that must succeed; `$RESILVER` is the program.
    #[track_caller]
    pub fn sh(&self, text: &str) -> Said {
        self.try_sh(&format!("set -e\n{text}")).ok()
    }

    /// A script that may fail.
    pub fn try_sh(&self, text: &str) -> Said {
        let env = self.env.borrow();
        let env: Vec<_> = env.iter().map(|(k, v)| (&k[..], &v[..])).collect();
        script(text, self.path(), &env)
    }

    /// resilver with these arguments, as a shell would split them.
    pub fn resilver(&self, args: &str) -> Said {
        self.try_sh(&format!("exec \"$RESILVER\" {args}"))
    }

    /// resilver as a plain user without groups.
    pub fn resilver_as_nobody(&self, args: &str) -> Said {
        let copy = self.at("resilver-for-all");
        if !copy.exists() {
            fs::copy(env!("CARGO_BIN_EXE_resilver"), &copy).expect("a copy of the program");
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        self.try_sh(&format!(
            "exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups ./resilver-for-all {args}"
        ))
    }

    /// resilver under strace, which makes the named calls fail.
    pub fn resilver_with_fault(&self, inject: &str, args: &str) -> Said {
        let calls = inject.split(':').next().unwrap_or(inject);
        self.try_sh(&format!(
            "exec strace -f -qq -o strace.out -e trace={calls} -e inject={inject} -- \"$RESILVER\" {args}"
        ))
    }

    pub fn tree(&self, relative: &str) -> Tree {
        Tree::read(&self.at(relative))
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.at(relative)).unwrap_or_else(|e| format!("<{relative}: {e}>"))
    }

    pub fn exists(&self, relative: &str) -> bool {
        fs::symlink_metadata(self.at(relative)).is_ok()
    }

    /// `status --json` of a destination.
    #[track_caller]
    pub fn status(&self, dest: &str) -> serde_json::Value {
        as_json(self.resilver(&format!("status --json {dest}")))
    }

    /// How the last switch of a destination was made.
    #[track_caller]
    pub fn method(&self, dest: &str) -> String {
        method_in(&self.status(dest))
    }

    /// The same for state that belongs to the plain user.
    #[track_caller]
    pub fn method_as_nobody(&self, dest: &str) -> String {
        let said = self.resilver_as_nobody(&format!("status --json {dest}"));
        method_in(&as_json(said))
    }

    /// Paths of files below `dir` that hold this text.
    pub fn holding(&self, dir: &str, text: &str) -> Vec<String> {
        let said = self.try_sh(&format!("grep -rlF -- '{text}' {dir}"));
        said.out.lines().map(str::to_owned).collect()
    }
}

#[track_caller]
fn as_json(said: Said) -> serde_json::Value {
    let said = said.ok();
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said}"))
}

fn method_in(status: &serde_json::Value) -> String {
    let method = &status["last_commit"]["method"];
    method
        .as_str()
        .map_or_else(|| status.to_string(), str::to_owned)
}
