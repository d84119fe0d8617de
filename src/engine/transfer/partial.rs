//! What an earlier run left in the directory of `--partial-dir`: half a file, the basis for the whole one. It goes
//! when the file is there, and the directory with the last one.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::engine::leaf::Leaf;
use crate::engine::node::Node;
use crate::engine::options::Partial;
use crate::engine::target::Fault;
use crate::engine::worker::Worker;
use crate::sys::{Dir, Kind};

/// The partial directory of a directory, as it was found.
pub(in crate::engine) struct Leftovers {
    dir: Dir,
    /// Names in it when it was opened.
    names: usize,
    /// Those that went since.
    gone: AtomicUsize,
}

impl Leftovers {
    fn open(path: &Path, live: Option<&Dir>) -> Option<Leftovers> {
        let dir = match live {
            _ if path.is_absolute() => Dir::open(path),
            Some(live) => live.open_beneath(path),
            None => return None,
        };
        // One that cannot be read serves nobody; rsync passes over it too.
        let dir = dir.ok()?;
        let names = dir.list().ok()?.len();
        let gone = AtomicUsize::new(0);
        Some(Leftovers { dir, names, gone })
    }
}

impl Worker<'_> {
    /// Half the file, if an earlier run left it.
    pub(super) fn leftover(&self, node: &Node, leaf: &Leaf) -> Option<File> {
        let (left, _) = self.leftovers(node)?;
        let is_file = |stat: &crate::sys::Stat| stat.kind == Kind::File;
        left.dir.stat(&leaf.target_name).ok().filter(is_file)?;
        left.dir.open_file(&leaf.target_name).ok()
    }

    fn leftovers<'n>(&'n self, node: &'n Node) -> Option<(&'n Leftovers, &'n Path)> {
        let Partial::Dir(path) = &self.run.options.content.partial else {
            return None;
        };
        let left = node.leftovers(|| Leftovers::open(path, node.live.as_ref()))?;
        Some((left, path))
    }

    /// The file is there: what was left of it goes.
    pub(in crate::engine) fn drop_leftover(
        &self,
        node: &Arc<Node>,
        leaf: &Leaf,
    ) -> Result<(), Fault> {
        let Some((left, path)) = self.leftovers(node) else {
            return Ok(());
        };
        let name = &leaf.target_name[..];
        let (Some(target), Ok(old)) = (self.run.target, left.dir.stat(name)) else {
            return Ok(());
        };
        if old.kind != Kind::File {
            return Ok(());
        }
        if path.is_absolute() {
            // Nothing outside a stage happens before its commit: there it stays, and serves again.
            if !target.is_private() {
                left.dir.unlink(name)?;
            }
            return Ok(());
        }
        target.begin()?;
        node.touched.store(true, Relaxed);
        let inside: PathBuf = node.path.join(path);
        let file = inside.join(crate::sys::as_path(name));
        target.remove_entry(&left.dir, &file, &old)?;
        target.removed_whole(&inside, name, &old)?;
        if left.gone.fetch_add(1, Relaxed) + 1 == left.names {
            self.drop_leftovers(node, path)?;
        }
        Ok(())
    }

    /// The directory itself, empty by now, unless somebody put something in.
    fn drop_leftovers(&self, node: &Node, path: &Path) -> Result<(), Fault> {
        let (Some(target), Some(live)) = (self.run.target, &node.live) else {
            return Ok(());
        };
        let inside = node.path.join(path);
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(());
        };
        let above = live.open_beneath(above)?;
        let name = std::os::unix::ffi::OsStrExt::as_bytes(name);
        let old = above.stat(name)?;
        match target.remove_entry(&above, &inside, &old) {
            Ok(()) => {}
            Err(Fault::Entry(e)) if e.kind() == std::io::ErrorKind::DirectoryNotEmpty => {
                return Ok(());
            }
            Err(fault) => return Err(fault),
        }
        let parent = inside.parent().unwrap_or(Path::new(""));
        target.removed_whole(parent, name, &old)
    }
}
