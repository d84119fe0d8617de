//! Paths that the operator named, walked so that nobody else can bend them.
//!
//! A symbolic link on the way is followed only where it belongs to the super-user or to who runs: another
//! user could have planted it. The walk holds the directory that it has come to, so a component that is
//! exchanged meanwhile leads nowhere either.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path};

use rustix::fs::{self as rfs, CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::process;

/// What rsync says where it does not follow a link.
pub const REFUSAL: &str = "refusing to follow a symlink owned by an untrusted user; use --insecure-links locally or \"insecure links = yes\" in a daemon module ONLY if every path component is trusted";

/// Links that one path may lead through, as the system itself allows.
const MOST_LINKS: usize = 40;

const HERE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a file for reading by a path that the operator named.
///
/// # Errors
/// As `open`; `ELOOP` where a link on the way belongs to another user, or there are too many of them.
pub fn open_file(path: &Path) -> io::Result<File> {
    open(path, OFlags::empty())
}

/// The same, never waiting for a writer where a pipe lies under that path.
///
/// # Errors
/// As [`open_file`].
pub fn open_file_at_once(path: &Path) -> io::Result<File> {
    open(path, OFlags::NONBLOCK)
}

fn open(path: &Path, more: OFlags) -> io::Result<File> {
    let End { dir, name, is_open } = walk(path)?;
    let nofollow = if is_open {
        OFlags::empty()
    } else {
        OFlags::NOFOLLOW
    };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | nofollow | more;
    Ok(File::from(rfs::openat(dir, name, flags, Mode::empty())?))
}

/// Whether a path was refused: a link on the way belongs to another user, or there are too many of them.
#[must_use]
pub fn is_refusal(e: &io::Error) -> bool {
    Errno::from_io_error(e) == Some(Errno::LOOP)
}

/// Looks whether a path that the operator named leads through other users' links; what is missing at its
/// end is no matter.
///
/// # Errors
/// `ELOOP` as [`open_file`]; nothing else.
pub fn check(path: &Path) -> io::Result<()> {
    match walk(path) {
        Err(e) if is_refusal(&e) => Err(e),
        _ => Ok(()),
    }
}

/// Where a path ends.
struct End {
    dir: OwnedFd,
    name: OsString,
    /// The name stands for a file that a process has open (`/dev/fd/3`), which only the system can follow;
    /// else it is no link.
    is_open: bool,
}

/// The last directory of a path, and the name in it, which need not be there.
fn walk(path: &Path) -> io::Result<End> {
    let mut rest: VecDeque<OsString> = VecDeque::new();
    let mut dir = start(path, &mut rest)?;
    let mut links = 0;
    let end = |dir, name, is_open| Ok(End { dir, name, is_open });
    loop {
        let Some(name) = rest.pop_front() else {
            return end(dir, ".".into(), false);
        };
        let found = match rfs::openat(&dir, &name, HERE, Mode::empty()) {
            Ok(found) => found,
            Err(Errno::NOENT) if rest.is_empty() => return end(dir, name, false),
            Err(e) => return Err(e.into()),
        };
        let stat = rfs::fstat(&found)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            links += 1;
            if links > MOST_LINKS || !(stat.st_uid == 0 || stat.st_uid == process::uid()) {
                return Err(Errno::LOOP.into());
            }
            if rfs::fstatfs(&found)?.f_type == rfs::PROC_SUPER_MAGIC {
                if rest.is_empty() {
                    return end(dir, name, true);
                }
                dir = rfs::openat(&dir, &name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
                continue;
            }
            let target = read_link(&found)?;
            if let Some(root) = push_front(&target, &mut rest)? {
                dir = root;
            }
        } else if rest.is_empty() {
            return end(dir, name, false);
        } else {
            dir = found;
        }
    }
}

/// Where a path begins; its components go into `rest`.
fn start(path: &Path, rest: &mut VecDeque<OsString>) -> io::Result<OwnedFd> {
    match push_front(path.as_os_str(), rest)? {
        Some(root) => Ok(root),
        None => Ok(rfs::openat(
            CWD,
            c".",
            HERE | OFlags::DIRECTORY,
            Mode::empty(),
        )?),
    }
}

/// Puts the components of a path before `rest`; gives the root directory where the path begins there.
fn push_front(path: &OsStr, rest: &mut VecDeque<OsString>) -> io::Result<Option<OwnedFd>> {
    let mut root = None;
    let mut names = VecDeque::new();
    for component in Path::new(path).components() {
        match component {
            Component::RootDir => {
                root = Some(rfs::openat(
                    CWD,
                    c"/",
                    HERE | OFlags::DIRECTORY,
                    Mode::empty(),
                )?);
            }
            Component::Normal(name) => names.push_back(name.to_owned()),
            Component::ParentDir => names.push_back("..".into()),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    names.append(rest);
    *rest = names;
    Ok(root)
}

fn read_link(link: impl AsFd) -> io::Result<OsString> {
    let target = rfs::readlinkat(link, c"", Vec::with_capacity(256))?;
    Ok(OsString::from_vec(target.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::fs::{lchown, symlink};

    fn read(path: &Path) -> io::Result<String> {
        let mut text = String::new();
        open_file(path)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn own_links_are_followed_and_those_of_others_are_not() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        std::fs::create_dir(root.join("dir")).unwrap();
        std::fs::write(root.join("dir/file"), "text").unwrap();
        symlink("dir", root.join("near")).unwrap();
        symlink(root.join("near"), root.join("far")).unwrap();
        symlink("../near/file", root.join("dir/up")).unwrap();
        symlink("round", root.join("round")).unwrap();
        for path in ["dir/file", "near/file", "far/up", "dir/../far/./file"] {
            assert_eq!(read(&root.join(path)).unwrap(), "text", "{path}");
            check(&root.join(path)).unwrap();
        }
        let errno = |path: &str| Errno::from_io_error(&read(&root.join(path)).unwrap_err());
        assert_eq!(errno("round"), Some(Errno::LOOP));
        assert_eq!(errno("dir/none"), Some(Errno::NOENT));
        assert_eq!(errno("dir/file/none"), Some(Errno::NOTDIR));
        check(&root.join("dir/none")).unwrap();
        let open = File::open(root.join("dir/file")).unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        assert_eq!(
            read(Path::new(&format!("/dev/fd/{number}"))).unwrap(),
            "text"
        );
        if process::is_root() {
            lchown(root.join("near"), Some(65534), None).unwrap();
            for path in ["near/file", "far/file", "dir/up"] {
                assert_eq!(errno(path), Some(Errno::LOOP), "{path}");
                check(&root.join(path)).unwrap_err();
            }
        }
    }
}
