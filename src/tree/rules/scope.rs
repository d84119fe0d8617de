//! What holds in one directory: the rules of files that it and those around it have.

use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::error::{RuleError, RuleNote};
use super::list::{List, PerDir};
use super::read::{Anchor, Context, FileName, Manner, Reader};
use super::rule::{Among, Side};
use crate::sys::{Dir, as_path, stat_file, trusted};

/// What holds in one directory, at one end of the transfer. A subdirectory's is made from its parent's, so
/// memory is bounded by the directories that are open; it is shared where a directory adds nothing.
#[derive(Clone, Debug, Default)]
pub struct Scope(Option<Arc<Local>>);

#[derive(Debug)]
struct Local {
    root: Arc<Root>,
    /// Whether this is a directory of the transfer; else what surrounds all of them.
    inside: bool,
    lists: Vec<Named>,
}

/// The root of a transfer at one end.
#[derive(Debug)]
struct Root {
    side: Side,
    path: PathBuf,
    /// The same without its leading slash and with one at its end.
    prefix: Vec<u8>,
    /// Whether files are looked for around the first directory.
    looks_around: bool,
}

#[derive(Clone, Debug)]
struct Named {
    per_dir: Arc<PerDir>,
    list: Arc<List>,
}

impl Scope {
    /// What holds around the transfer whose root lies at `root`.
    pub(super) fn around(
        side: Side,
        per_dirs: Vec<Arc<PerDir>>,
        root: &Path,
        looks_around: bool,
    ) -> Scope {
        let path = clean(root);
        let bytes = path.as_os_str().as_bytes();
        let mut prefix = bytes.strip_prefix(b"/").unwrap_or(bytes).to_vec();
        if prefix.last().is_some_and(|b| *b != b'/') {
            prefix.push(b'/');
        }
        let list = Arc::new(List::default());
        let named = |per_dir| Named {
            per_dir,
            list: Arc::clone(&list),
        };
        Scope(Some(Arc::new(Local {
            root: Arc::new(Root {
                side,
                path,
                prefix,
                looks_around,
            }),
            inside: false,
            lists: per_dirs.into_iter().map(named).collect(),
        })))
    }

    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Scope) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }

    /// Whether this is what holds in a directory of the transfer, and not around all of them.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.0.as_ref().is_some_and(|local| local.inside)
    }

    /// The absolute path of the transfer's root, without its leading slash and with one at its end.
    pub(super) fn prefix(&self) -> &[u8] {
        self.0.as_ref().map_or(b"", |local| &local.root.prefix)
    }

    /// The rules that the directory has for this file.
    pub(super) fn list(&self, per_dir: &Arc<PerDir>) -> Option<&List> {
        let lists = &self.0.as_ref()?.lists;
        lists
            .iter()
            .find(|named| Arc::ptr_eq(&named.per_dir, per_dir))
            .map(|named| &*named.list)
    }

    /// What holds in a directory, this being what holds in the one around it.
    pub(super) fn enter<'d>(
        &self,
        manner: &Manner,
        find: &dyn Fn(&[u8]) -> Option<&'d Dir>,
        path: &[u8],
        note: &mut dyn FnMut(RuleNote),
    ) -> Result<Scope, RuleError> {
        let Some(local) = self.0.as_ref().filter(|local| !local.lists.is_empty()) else {
            return Ok(self.clone());
        };
        let mut entry = Entry {
            manner,
            root: &local.root,
            note,
            lists: local.lists.clone(),
            changed: !local.inside,
        };
        if !local.inside && local.root.looks_around {
            entry.look_around(&local.root.path.join(as_path(path)))?;
        }
        entry.read(path, Anchor::Within(path), &|name| match find(name) {
            Some(dir) => open_in(dir, name, manner.insecure),
            None => Err(Errno::NOENT.into()),
        })?;
        if !entry.changed {
            return Ok(self.clone());
        }
        Ok(Scope(Some(Arc::new(Local {
            root: Arc::clone(&local.root),
            inside: true,
            lists: entry.lists,
        }))))
    }
}

/// The lists of one directory while they are made.
struct Entry<'e> {
    manner: &'e Manner,
    root: &'e Root,
    note: &'e mut dyn FnMut(RuleNote),
    lists: Vec<Named>,
    changed: bool,
}

impl Entry<'_> {
    /// Reads the files of the directories around the first one, from where each is looked for from on.
    fn look_around(&mut self, first: &Path) -> Result<(), RuleError> {
        for number in 0..self.lists.len() {
            let per_dir = Arc::clone(&self.lists[number].per_dir);
            let Some(from) = &per_dir.from else { continue };
            let from = clean(&first.join(as_path(from)));
            let mut around: Vec<&Path> = first
                .ancestors()
                .skip(1)
                .take_while(|dir| dir.starts_with(&from))
                .collect();
            around.reverse();
            for dir in around {
                let path = dir.join(as_path(&per_dir.name));
                let Some(file) = self.regular(open_path(&path, self.manner.insecure)) else {
                    self.without_file(number);
                    continue;
                };
                let bytes = dir.as_os_str().as_bytes();
                let anchor = Anchor::Around(bytes.strip_prefix(b"/").unwrap_or(bytes));
                self.take(number, file, &path, anchor)?;
            }
        }
        Ok(())
    }

    /// Reads the files of one directory, those too that these files name.
    fn read(
        &mut self,
        path: &[u8],
        anchor: Anchor,
        open: &dyn Fn(&[u8]) -> io::Result<File>,
    ) -> Result<(), RuleError> {
        let mut number = 0;
        while number < self.lists.len() {
            let name = self.lists[number].per_dir.name.clone();
            match self.regular(open(&name)) {
                Some(file) => {
                    let dir = self.root.path.join(as_path(path));
                    self.take(number, file, &dir.join(as_path(&name)), anchor)?;
                }
                None => self.without_file(number),
            }
            number += 1;
        }
        Ok(())
    }

    /// A file of rules, unless there is none, or it is something else.
    fn regular(&mut self, opened: io::Result<File>) -> Option<File> {
        let file = opened
            .inspect_err(|e| {
                if trusted::is_refusal(e) {
                    (self.note)(RuleNote::Untrusted);
                }
            })
            .ok()?;
        let is_file = stat_file(&file).is_ok_and(|stat| stat.kind == crate::sys::Kind::File);
        is_file.then_some(file)
    }

    fn without_file(&mut self, number: usize) {
        let named = &mut self.lists[number];
        let holds = !named.list.items.is_empty() || named.list.inherited.is_some();
        if !named.per_dir.inherits && holds {
            named.list = Arc::default();
            self.changed = true;
        }
    }

    fn take(
        &mut self,
        number: usize,
        file: File,
        path: &Path,
        anchor: Anchor,
    ) -> Result<(), RuleError> {
        let Named { per_dir, list } = self.lists[number].clone();
        let known: Vec<Arc<PerDir>> = self
            .lists
            .iter()
            .map(|named| Arc::clone(&named.per_dir))
            .collect();
        let context = Context {
            form: per_dir.form,
            defaults: per_dir.defaults,
            file: Some(FileName {
                name: path.as_os_str().as_bytes().into(),
                named_by: per_dir.named_by.clone(),
            }),
            option: "--filter",
            depth: per_dir.depth,
            among: Among::PerDir(Arc::clone(&per_dir.label)),
            is_exempt: false,
            anchor,
        };
        let mut own = List {
            items: Vec::new(),
            inherited: per_dir.inherits.then_some(list),
        };
        let mut reader = Reader {
            manner: self.manner,
            base: &self.root.path,
            known: &known,
            side: Some(self.root.side),
            note: self.note,
        };
        reader.texts(&mut own, file, per_dir.words, &context)?;
        let more: Vec<Named> = own
            .per_dirs()
            .map(|per_dir| Named {
                per_dir: Arc::clone(per_dir),
                list: Arc::default(),
            })
            .collect();
        self.lists[number].list = Arc::new(own);
        self.lists.extend(more);
        self.changed = true;
        Ok(())
    }
}

/// Opens a file in a directory. A link is followed as on paths that the operator named, for the operator
/// named the file; one call where it is not there.
fn open_in(dir: &Dir, name: &[u8], insecure: bool) -> io::Result<File> {
    if name.is_empty() {
        return Err(Errno::NOENT.into());
    }
    match dir.open_file(name) {
        Err(e) if trusted::is_refusal(&e) => match insecure {
            true => dir.open_target_file(name),
            false => trusted::open_file_at_once(&dir.path()?.join(as_path(name))),
        },
        opened => opened,
    }
}

fn open_path(path: &Path, insecure: bool) -> io::Result<File> {
    if insecure {
        let dir = Dir::open(path.parent().unwrap_or(Path::new("/")))?;
        return dir.open_target_file(path.file_name().unwrap_or_default().as_bytes());
    }
    trusted::open_file_at_once(path)
}

/// A path made absolute, without `.` and `..`: by its text, as rsync keeps it.
#[must_use]
pub fn clean(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut clean: Vec<u8> = Vec::with_capacity(absolute.as_os_str().len());
    for component in absolute.components() {
        match component {
            Component::Normal(name) => {
                clean.push(b'/');
                clean.extend_from_slice(name.as_bytes());
            }
            Component::ParentDir => {
                let slash = clean.iter().rposition(|b| *b == b'/').unwrap_or(0);
                clean.truncate(slash);
            }
            _ => {}
        }
    }
    if clean.is_empty() {
        clean.push(b'/');
    }
    PathBuf::from(std::ffi::OsString::from_vec(clean))
}
