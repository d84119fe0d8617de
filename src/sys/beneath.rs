//! Symbolic links within a tree, resolved so that they never lead out of it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::{Dir, Kind};

/// Links that one path may lead through.
const MOST_LINKS: usize = 40;

impl Dir {
    /// The path below this directory that `rel` leads to, links in it resolved: no component of it was a
    /// link when it was looked at. To be opened with [`Dir::open_beneath`], which follows none.
    ///
    /// # Errors
    /// `ELOOP` where a link is absolute, or leads above this directory, or there are too many of them;
    /// the system's own where something is missing.
    pub fn resolve_beneath(&self, rel: &Path) -> io::Result<PathBuf> {
        let mut rest: VecDeque<OsString> = VecDeque::new();
        push_front(rel, &mut rest)?;
        let mut at = PathBuf::new();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                if !at.pop() {
                    return Err(Errno::LOOP.into());
                }
                continue;
            }
            let dir = self.open_beneath(&at)?;
            if dir.stat(name.as_bytes())?.kind == Kind::Symlink {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = OsString::from_vec(dir.read_link(name.as_bytes())?);
                push_front(Path::new(&target), &mut rest)?;
            } else {
                at.push(name);
            }
        }
        Ok(at)
    }
}

/// Puts the components of a relative path before `rest`.
fn push_front(path: &Path, rest: &mut VecDeque<OsString>) -> io::Result<()> {
    for component in path.components().rev() {
        match component {
            Component::Normal(name) => rest.push_front(name.to_owned()),
            Component::ParentDir => rest.push_front("..".into()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return Err(Errno::LOOP.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_as_far_as_the_tree_goes() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("root");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        std::fs::create_dir(temp.path().join("out")).unwrap();
        for (name, target) in [
            ("near", "a"),
            ("a/back", "../near/b"),
            ("a/b/top", "../.."),
            ("out", "../out"),
            ("round", "a/../round"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        symlink(root.join("a"), root.join("absolute")).unwrap();
        let dir = Dir::open(&root).unwrap();
        let resolve = |path: &str| dir.resolve_beneath(Path::new(path));
        for (path, real) in [
            ("a/b", "a/b"),
            ("near/b", "a/b"),
            ("near/back", "a/b"),
            ("a/b/top/near", "a"),
            ("", ""),
        ] {
            assert_eq!(resolve(path).unwrap(), Path::new(real), "{path}");
        }
        for path in ["out", "absolute", "round", "near/../../root"] {
            let e = resolve(path).unwrap_err();
            assert_eq!(Errno::from_io_error(&e), Some(Errno::LOOP), "{path}");
        }
        assert_eq!(
            resolve("a/none").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
