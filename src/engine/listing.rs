//! A list-only run: entries are told, not compared.

use std::io;
use std::path::{Path, PathBuf};

use super::event::{Event, ListEntry};
use super::worker::Worker;
use crate::sys::{Kind, Stat, as_path};

impl Worker<'_> {
    /// Tells an entry of the list; `link` reads the target, should it be a symbolic link.
    pub(super) fn list(
        &mut self,
        path: PathBuf,
        stat: &Stat,
        link: impl FnOnce() -> io::Result<Vec<u8>>,
    ) {
        let wanted = stat.kind == Kind::Symlink && self.run.options.preserve.links;
        let link = wanted.then(link).and_then(Result::ok);
        self.tell(Event::ListEntry(ListEntry {
            path,
            stat: Some(*stat),
            link: link.map(|target| as_path(&target).to_owned()),
        }));
    }

    /// Tells a directory of the list.
    pub(super) fn list_directory(&mut self, path: &Path, stat: &Stat) {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        self.list(path.to_owned(), stat, || Ok(Vec::new()));
    }
}
