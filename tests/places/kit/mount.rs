//! Mounts that never outlive their test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::run::is_root;

/// A mounted file system; unmounted when dropped, also by a panic. Loop devices detach by themselves.
pub struct Mount {
    path: PathBuf,
}

impl Mount {
    /// `mount` with these arguments onto `path`, which is made. `None`, with a word why, where it fails.
    pub fn new(path: PathBuf, args: &[&str]) -> Option<Mount> {
        std::fs::create_dir_all(&path).expect("a mount point");
        if call("mount", args, &path) {
            Some(Mount { path })
        } else {
            println!("mount {args:?} does not work here");
            None
        }
    }

    pub fn tmpfs(path: PathBuf, options: &str) -> Option<Mount> {
        Mount::new(path, &["-t", "tmpfs", "-o", options, "tmpfs"])
    }

    /// A fresh file system in a sparse image beside the mount point; `make` is the command that formats
    /// it, `options` are for mount.
    pub fn image(path: PathBuf, size: u64, make: &[&str], options: &str) -> Option<Mount> {
        let image = path.with_extension("img");
        std::fs::File::create(&image)
            .and_then(|file| file.set_len(size))
            .expect("an image");
        let (program, args) = make.split_first().expect("a command");
        if !call(program, args, &image) {
            println!("{program} does not work here");
            return None;
        }
        let options = format!("loop,{options}");
        let image = image.to_str().expect("a plain path").to_owned();
        Mount::new(path, &["-o", options.trim_end_matches(','), &image])
    }

    /// Mounts it again with other options.
    pub fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(call("mount", &["-o", &options], &self.path), "{options}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !call("umount", &[], &self.path) {
            call("umount", &["-l"], &self.path);
        }
    }
}

fn call(program: &str, args: &[&str], last: &Path) -> bool {
    Command::new(program)
        .args(args)
        .arg(last)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether this process may mount at all.
pub fn can_mount() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let Ok(dir) = tempfile::tempdir() else {
            return false;
        };
        is_root() && Mount::tmpfs(dir.path().join("m"), "size=64k").is_some()
    })
}
