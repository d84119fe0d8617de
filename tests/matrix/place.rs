//! A directory with a source and what is at the destination before.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::cells::Scene;

/// The directories that all cells start from.
pub struct Templates {
    dir: tempfile::TempDir,
}

const DIRECTORIES: [&str; 4] = ["", "k", "k/deep", "empty"];

fn run(program: &str, args: &[&str], dir: &Path) {
    let output = Command::new(program)
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
}

fn write(path: PathBuf, content: impl AsRef<[u8]>, seconds: u64) {
    fs::write(&path, content).expect("a file");
    let file = fs::File::options().write(true).open(&path).expect("a file");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    file.set_modified(time).expect("a time");
}

/// Bytes that compress a little.
pub fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 9) as u8 & 0x3f
    };
    (0..len).map(|_| byte()).collect()
}

fn source(at: &Path) {
    fs::create_dir_all(at.join("k/deep")).expect("a directory");
    fs::create_dir(at.join("empty")).expect("a directory");
    for number in 0..12_u32 {
        let name = at.join(format!("k/f{number}"));
        write(name, number.to_string().repeat(90), 1_200_000_000);
    }
    write(at.join("large"), noise(250_000, 7), 1_300_000_000);
    write(at.join("none"), "", 1);
    write(at.join("k/deep/old"), "old", 1_000);
    write(at.join("script"), "#!/bin/sh\n", 1_250_000_000);
    fs::set_permissions(at.join("script"), PermissionsExt::from_mode(0o755)).expect("a mode");
    fs::hard_link(at.join("script"), at.join("k/linked")).expect("a link");
    symlink("k/f1", at.join("soft")).expect("a link");
    let acl = ["-m", "u:1000:4,g:7:5", "k/f2", "k/deep"];
    run("setfacl", &acl, at);
    run("setfacl", &["-d", "-m", "u:5:7", "k"], at);
    run("setfattr", &["-n", "user.k", "-v", "short", "k/f3"], at);
    let long = "long".repeat(30);
    run("setfattr", &["-n", "user.k", "-v", &long, "k/f4"], at);
    run("setfattr", &["-n", "user.d", "-v", &long, "k/deep"], at);
    // Old, or what a run does to a directory could pass within the second of its source's time.
    for name in DIRECTORIES {
        let directory = fs::File::open(at.join(name)).expect("a directory");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_150_000_000);
        directory.set_modified(time).expect("a time");
    }
}

impl Templates {
    pub fn new() -> Templates {
        let dir = tempfile::tempdir().expect("a directory");
        for scene in crate::cells::SCENES {
            let at = dir.path().join(format!("{scene:?}"));
            fs::create_dir(&at).expect("a directory");
            source(&at.join("s"));
            if scene == Scene::First {
                continue;
            }
            run("cp", &["-a", "s", "d"], &at);
            let dest = at.join("d");
            if scene == Scene::Delta {
                let mut large = noise(250_000, 7);
                large.drain(100_000..100_300);
                large[200_000..200_010].fill(b'#');
                write(dest.join("large"), large, 1_100_000_000);
                write(dest.join("k/f5"), "other", 1_100_000_000);
                write(dest.join("k/f6"), "6".repeat(90), 1_100_000_000);
                fs::remove_file(dest.join("k/linked")).expect("a file");
                fs::set_permissions(dest.join("k/f7"), PermissionsExt::from_mode(0o600))
                    .expect("a mode");
                run("setfacl", &["-b", "k/f2"], &dest);
                run("setfattr", &["-x", "user.k", "k/f3"], &dest);
            }
            if scene == Scene::Delete {
                fs::create_dir_all(dest.join("gone/deep")).expect("a directory");
                write(dest.join("gone/deep/x"), "x", 1);
                write(dest.join("k/gone"), "x", 1);
                write(dest.join("empty/gone"), "x", 1);
                fs::remove_file(dest.join("k/f8")).expect("a file");
            }
            // Directories whose time alone differs are no part of a scene.
            for name in DIRECTORIES {
                let file = fs::File::open(dest.join(name)).expect("a directory");
                let time = fs::metadata(at.join("s").join(name)).and_then(|m| m.modified());
                file.set_modified(time.expect("a time")).expect("a time");
            }
        }
        Templates { dir }
    }

    /// A copy of what a scene starts from.
    pub fn place(&self, scene: Scene) -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a directory");
        let from = self.dir.path().join(format!("{scene:?}/."));
        let from = from.to_str().expect("a name");
        run("cp", &["-a", from, "."], place.path());
        fs::create_dir(place.path().join("programs")).expect("a directory");
        place
    }
}

/// What differs between two destinations.
pub fn differences(expected: &Path, got: &Path) -> String {
    if !expected.join("d").exists() && !got.join("d").exists() {
        return String::new();
    }
    let output = Command::new(crate::STOCK)
        .args(["-aHAXinc", "--numeric-ids", "--delete"])
        .arg(expected.join("d/"))
        .arg(got.join("d"))
        .output()
        .expect("rsync");
    let errors = String::from_utf8_lossy(&output.stderr);
    String::from_utf8_lossy(&output.stdout).into_owned() + &errors
}
