//! A home directory with sources and a destination in it, and the program run there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resilver::job::Places;

/// A user's home.
pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    /// One with ten files in `source/`.
    pub fn new() -> Home {
        let home = Home {
            dir: tempfile::tempdir().expect("a directory"),
        };
        fs::create_dir(home.at("source")).expect("a directory");
        home.fill();
        home
    }

    /// Writes the ten files.
    pub fn fill(&self) {
        for n in 0..10 {
            fs::write(self.at(&format!("source/{n}")), format!("file {n}")).expect("a file");
        }
    }

    /// Removes the ten files, as an unmounted source looks.
    pub fn empty(&self) {
        for n in 0..10 {
            fs::remove_file(self.at(&format!("source/{n}"))).expect("a file");
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn places(&self) -> Places {
        Places::below(self.path())
    }

    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(Path::new(env!("CARGO_BIN_EXE_resilver")), args)
    }

    /// The same of another program.
    pub fn command_of(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("TZ", "UTC")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .env_remove("VISUAL")
            .env_remove("EDITOR");
        command
    }

    pub fn run(&self, args: &[&str]) -> Said {
        Said::of(self.command(args).output().expect("resilver"))
    }

    /// Runs what has to succeed.
    pub fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {said:?}");
        said.out
    }

    /// Adds a job of this name that mirrors `source/` to `mirror/`.
    pub fn add(&self, name: &str, options: &[&str]) {
        let words = ["--", "-a", "--delete", "source/", "mirror"];
        self.done(&[&["job", "add", name], options, &words].concat());
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The files of a job's runs that end so, the earliest first.
    pub fn runs(&self, name: &str, end: &str) -> Vec<PathBuf> {
        let dir = self.at(&format!(".local/state/resilver/jobs/{name}/runs"));
        let entries: Vec<fs::DirEntry> = fs::read_dir(&dir)
            .map(|dir| dir.flatten().collect())
            .unwrap_or_default();
        let mut paths: Vec<PathBuf> = entries
            .iter()
            .map(fs::DirEntry::path)
            .filter(|path| path.to_string_lossy().ends_with(end))
            .collect();
        paths.sort();
        paths
    }

    pub fn report(&self, name: &str) -> serde_json::Value {
        let text = self.done(&["job", "log", name, "--report"]);
        serde_json::from_str(&text).expect(&text)
    }
}

/// What a run of the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Said {
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
        }
    }
}

/// Writes a program of the shell's.
pub fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

/// Waits until something holds, for ten seconds at most.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("{what}: not within ten seconds");
}
