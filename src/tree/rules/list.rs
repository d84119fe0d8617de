//! A list of rules, and rules that stand for the file of a directory.

use std::sync::Arc;

use super::parse::{Form, Modifiers};
use super::rule::{NamedBy, Rule};

/// One step of a list.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Rule(Rule),
    /// Here come the rules of a file that directories have.
    PerDir(Arc<PerDir>),
}

/// A file of rules that is looked for in every directory.
#[derive(Debug)]
pub(super) struct PerDir {
    /// Its name in each directory.
    pub name: Box<[u8]>,
    /// Where, as seen from the first directory, it is looked for from on; only in the transfer otherwise.
    pub from: Option<Box<[u8]>>,
    pub named_by: NamedBy,
    /// What `-vv` calls it.
    pub label: Arc<[u8]>,
    /// How many files in a row named each other down to this one.
    pub depth: usize,
    /// Whether a subdirectory takes over the rules of its parent.
    pub inherits: bool,
    pub form: Form,
    pub words: bool,
    pub defaults: Modifiers,
}

/// Rules in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub items: Vec<Item>,
    /// What is asked after them: the list of the directory around this one.
    pub inherited: Option<Arc<List>>,
}

impl List {
    /// `!`: forgets everything.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.inherited = None;
    }

    /// Every item, then those that are inherited.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Item> {
        std::iter::successors(Some(self), |list| list.inherited.as_deref())
            .flat_map(|list| list.items.iter())
    }

    /// The files of directories that are named in this list itself.
    pub(super) fn per_dirs(&self) -> impl Iterator<Item = &Arc<PerDir>> {
        self.items.iter().filter_map(|item| match item {
            Item::PerDir(per_dir) => Some(per_dir),
            Item::Rule(_) => None,
        })
    }
}

impl Drop for List {
    /// Directory by directory: a deep tree must not need a deep stack.
    fn drop(&mut self) {
        let mut next = self.inherited.take();
        while let Some(mut list) = next.and_then(Arc::into_inner) {
            next = list.inherited.take();
        }
    }
}
