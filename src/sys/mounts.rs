//! The mount table.

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Mount points of this process's namespace.
#[must_use]
pub fn all() -> Vec<PathBuf> {
    let table = fs::read("/proc/self/mountinfo").unwrap_or_default();
    table.split(|b| *b == b'\n').filter_map(point_of).collect()
}

/// Mount points at or below `root`, a canonical path.
#[must_use]
pub fn at_or_below(root: &Path) -> Vec<PathBuf> {
    all()
        .into_iter()
        .filter(|point| point.starts_with(root))
        .collect()
}

/// The fifth field of a line of `mountinfo` (proc(5)), with its octal escapes undone.
fn point_of(line: &[u8]) -> Option<PathBuf> {
    let field = line.split(|b| *b == b' ').nth(4)?;
    let mut path = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        let escape = (*first == b'\\' && tail.len() >= 3)
            .then(|| octal(&tail[..3]))
            .flatten();
        path.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &tail[3..] } else { tail };
    }
    Some(PathBuf::from(std::ffi::OsString::from_vec(path)))
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        let line = br"36 35 98:0 /mnt1 /mnt/a\040b\134c rw,noatime - ext3 /dev/root rw";
        assert_eq!(point_of(line), Some(PathBuf::from(r"/mnt/a b\c")));
        assert_eq!(
            point_of(br"36 35 98:0 / /x\09 rw"),
            Some(PathBuf::from(r"/x\09"))
        );
    }
}
