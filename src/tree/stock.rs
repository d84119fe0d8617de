//! The real rsync, asked by tests what it would list.

use std::path::Path;
use std::process::Command;

/// The names that `rsync -r --list-only` gives of what is in a directory, in its order, the root left out;
/// with whether each is a directory.
pub fn listed(root: &Path, options: &[&str]) -> Vec<(Vec<u8>, bool)> {
    listed_or_refused(root, options).expect("rsync lists the directory")
}

/// [`listed`], or nothing where rsync refuses what it reads as a mistake in its options or files of rules.
pub fn listed_or_refused(root: &Path, options: &[&str]) -> Option<Vec<(Vec<u8>, bool)>> {
    let out = Command::new("rsync")
        .args(["-r", "--list-only", "--8-bit-output"])
        .args(options)
        .arg("./")
        .current_dir(root)
        .env("LC_ALL", "C")
        .output()
        .expect("these tests need rsync");
    if out.status.code() == Some(1) {
        return None;
    }
    assert!(out.status.success(), "{out:?}");
    let names = out
        .stdout
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| (name(line).to_vec(), line[0] == b'd'))
        .filter(|(name, _)| name != b".")
        .collect();
    Some(names)
}

/// The name in a line: what follows mode, size, date and time, and one space.
fn name(line: &[u8]) -> &[u8] {
    let mut rest = line;
    for _ in 0..4 {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| *b == b' ').expect("four fields");
        rest = &rest[end..];
    }
    &rest[1..]
}
