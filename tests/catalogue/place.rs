//! A source there, a destination here, and what is known of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use resilver::stage::catalogue::{Catalogue, Origin, Record};
use tempfile::TempDir;

/// What the file `a` holds at first.
pub const FIRST: &str = "the first file";

/// A directory with a source `s` that a stock rsync sends, and room for a destination `d`.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let place = Place(dir.expect("a directory"));
        fs::create_dir_all(place.at("s/dir")).expect("a directory");
        place.write("s/a", FIRST);
        place.write("s/dir/b", "the second file");
        symlink("../a", place.at("s/dir/link")).expect("a link");
        place
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).expect("a file");
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(self.at(name), mode).expect("a mode");
    }

    /// A pull of `s/` that ends with this code.
    pub fn pull(&self, options: &[&str], code: i32) {
        self.pull_from("h:s/", options, code);
    }

    pub fn pull_from(&self, source: &str, options: &[&str], code: i32) {
        let shell = self.shell("exec sh -c \"$*\"");
        let shell = shell.to_str().expect("text");
        self.resilver(&[options, &["-e", shell, source, "d"]].concat(), code);
    }

    /// The same where the far shell does this.
    pub fn pull_by(&self, body: &str, code: i32) {
        fs::set_permissions(self.0.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        let shell = self.shell(body);
        let shell = shell.to_str().expect("text");
        self.resilver(&["-a", "-e", shell, "h:s/", "d"], code);
    }

    fn shell(&self, body: &str) -> PathBuf {
        let path = self.at("shell");
        fs::write(&path, format!("#!/bin/sh\nshift\n{body}\n")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        path
    }

    pub fn resilver(&self, words: &[&str], code: i32) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_resilver"));
        command
            .args(words)
            .current_dir(self.0.path())
            .env("LC_ALL", "C");
        let output = command.output().expect("resilver");
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
    }

    /// The catalogue, if there is one.
    pub fn find(&self) -> Option<Catalogue> {
        Catalogue::open(&self.at("d")).expect("it can be read")
    }

    /// All of it.
    pub fn catalogue(&self) -> (Origin, BTreeMap<PathBuf, Record>) {
        let catalogue = self.find().expect("a catalogue");
        let mut entries = BTreeMap::new();
        let each = &mut |path: &Path, record| {
            assert!(
                entries.insert(path.to_owned(), record).is_none(),
                "{path:?} twice"
            );
            Ok(())
        };
        catalogue.for_each(each).expect("it is read");
        (catalogue.origin().clone(), entries)
    }
}
