//! Filter rules: which names a run leaves out.
//!
//! Rules are asked in order and the first that matches decides; a name that none matches takes part. Each
//! directory on the way down is asked about by itself, so a hidden directory hides all that is in it.
//!
//! ```text
//! command line ─▶ parse ─▶ list ◀─ read ◀─ files (`.`, --exclude-from), opened as their option is read
//!                           │
//! a directory's files ─▶ scope: the list of each `:` rule, its own rules before those it inherits
//!                           │
//!                       deciding(scope, side, name)
//! ```
//!
//! Asking needs no memory, and costs nothing where there are no rules.

mod cvs;
mod error;
mod list;
mod parse;
mod pattern;
mod read;
mod rule;
mod scope;
mod sent;
mod texts;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub use error::{Fault, RuleError, RuleNote, Shown};
pub use rule::{NamedBy, Place, Rule, RuleName, Side, Written};
pub use scope::{Scope, clean};
pub use sent::{Grammar, TooModern};

use list::{Item, List};
use parse::{Form, Modifiers};
use pattern::Subject;
use read::{Anchor, Context, Manner, Reader};
use rule::{Action, Among};

use crate::sys::Dir;

/// What of a user's surroundings counts for the patterns of version control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `HOME`, where `.cvsignore` may lie.
    pub home: Option<PathBuf>,
    /// `CVSIGNORE`: patterns with blanks between them.
    pub cvsignore: Option<OsString>,
}

/// What perishable rules are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perishable {
    /// As much as others.
    Counts,
    /// Nothing: what is asked about lies in a directory that goes.
    Ignored,
}

/// The ordered filter rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    list: List,
    manner: Manner,
    /// `--delete-excluded`: a rule that names no side counts for the sender only.
    sender_only: bool,
    notes: Vec<RuleNote>,
}

impl Rules {
    /// No rules yet, in these surroundings.
    #[must_use]
    pub fn new(environment: Environment) -> Rules {
        let mut rules = Rules::default();
        rules.manner.environment = environment;
        rules
    }

    /// Whether there are none: every name takes part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.items.is_empty()
    }

    /// Whether directories may have rules of their own.
    #[must_use]
    pub fn has_per_dir(&self) -> bool {
        self.list.per_dirs().next().is_some()
    }

    /// Whether every verdict can be known without the tree: no rule is of a directory or about absolute paths.
    #[must_use]
    pub fn are_plain(&self) -> bool {
        let is_plain = |item: &Item| matches!(item, Item::Rule(rule) if !rule.is_absolute());
        self.list.items.iter().all(is_plain)
    }

    /// `--from0`: rules end with a zero byte in files that are read from now on, those of directories too.
    pub fn set_from0(&mut self, on: bool) {
        self.manner.zeros = on;
    }

    /// `--insecure-links`: files of rules are opened through links of other users too.
    pub fn set_insecure_links(&mut self, on: bool) {
        self.manner.insecure = on;
    }

    /// `--delete-excluded`: what a rule that names no side leaves out is deleted.
    pub fn delete_excluded(&mut self) {
        self.sender_only = true;
    }

    /// What was left out meanwhile and is to be told.
    pub fn take_notes(&mut self) -> Vec<RuleNote> {
        std::mem::take(&mut self.notes)
    }

    /// `--exclude=TEXT`: a pattern, or `- PATTERN`, `+ PATTERN`, or `!` to forget all rules so far.
    ///
    /// # Errors
    /// The prefix stands alone; the rules are as before.
    pub fn push_exclude(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(
            text.as_bytes(),
            Form::Prefixed(Action::Exclude),
            "--exclude",
        )
    }

    /// `--include=TEXT`: as [`push_exclude`](Rules::push_exclude), but a bare pattern keeps names in.
    ///
    /// # Errors
    /// As [`push_exclude`](Rules::push_exclude).
    pub fn push_include(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(
            text.as_bytes(),
            Form::Prefixed(Action::Include),
            "--include",
        )
    }

    /// `--filter=TEXT`: any rule. A file to be merged is read at once.
    ///
    /// # Errors
    /// The text is no rule, or a file cannot be used.
    pub fn push_filter(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(text.as_bytes(), Form::Full, "--filter")
    }

    /// `--exclude-from=FILE`: each line is what [`push_exclude`](Rules::push_exclude) takes.
    ///
    /// # Errors
    /// The file cannot be opened, or a line is faulty.
    pub fn exclude_from(&mut self, file: &OsStr) -> Result<(), RuleError> {
        self.push_file(file, Action::Exclude, "--exclude-from")
    }

    /// `--include-from=FILE`: each line is what [`push_include`](Rules::push_include) takes.
    ///
    /// # Errors
    /// As [`exclude_from`](Rules::exclude_from).
    pub fn include_from(&mut self, file: &OsStr) -> Result<(), RuleError> {
        self.push_file(file, Action::Include, "--include-from")
    }

    /// `-F`: the file `.rsync-filter` of every directory, and of those around the transfer.
    ///
    /// # Errors
    /// None in truth.
    pub fn push_filter_files(&mut self) -> Result<(), RuleError> {
        self.push(b": /.rsync-filter", Form::Full, "-F")
    }

    /// A second `-F`: those files are left out.
    ///
    /// # Errors
    /// None in truth.
    pub fn leave_out_filter_files(&mut self) -> Result<(), RuleError> {
        self.push(b"- .rsync-filter", Form::Full, "-F")
    }

    /// `-C`: what version control leaves out. To be called behind all other options.
    ///
    /// # Errors
    /// None in truth.
    pub fn push_cvs(&mut self) -> Result<(), RuleError> {
        self.push(b":C", Form::Full, "--cvs-exclude")?;
        self.push(b"-C", Form::Full, "--cvs-exclude")
    }

    /// The list of [`push_cvs`](Rules::push_cvs) protects names here even where what is left out is to go: where the
    /// sender has its own. To be called right behind that.
    pub fn protect_by_cvs(&mut self) {
        for item in &mut self.list.items {
            if let Item::Rule(rule) = item
                && rule.among == Among::Cvs
            {
                rule.side_given = true;
            }
        }
    }

    /// `--partial-dir`, where it is relative: the directory takes no part, and goes with the one it is in. To
    /// be called behind all other rules.
    ///
    /// # Errors
    /// The name is too long for a pattern: then it is told by [`take_notes`](Rules::take_notes) instead.
    pub fn leave_out_partial_dir(&mut self, dir: &OsStr) -> Result<(), RuleError> {
        let name = trimmed(dir.as_bytes());
        self.push(&[b"-p ", name, b"/"].concat(), Form::Full, "--partial-dir")
    }

    /// `--backup` without a directory for backups: what ends in `suffix` is not deleted. To be called behind
    /// all other rules but those of [`push_cvs`](Rules::push_cvs).
    ///
    /// # Errors
    /// None in truth.
    pub fn protect_backups(&mut self, suffix: &OsStr) -> Result<(), RuleError> {
        self.push(
            &[b"P *", suffix.as_bytes()].concat(),
            Form::Full,
            "--backup",
        )
    }

    /// What holds around the directories of a transfer whose root lies at `root`, on this side: where a walk
    /// begins.
    /// `looks_around` says whether files are looked for in the directories above the first one too, which
    /// rsync does for the first operand only.
    #[must_use]
    pub fn around(&self, side: Side, root: &Path, looks_around: bool) -> Scope {
        let local = |item: &Item| match item {
            Item::PerDir(_) => true,
            Item::Rule(rule) => rule.is_absolute(),
        };
        if !self.list.items.iter().any(local) {
            return Scope::default();
        }
        let per_dirs = self.list.per_dirs().cloned().collect();
        Scope::around(side, per_dirs, root, looks_around)
    }

    /// What holds in a directory, `outer` being what holds in the one around it. `path` is the directory's
    /// path within the transfer. Where no rule names a file of directories, nothing is looked for.
    ///
    /// # Errors
    /// A file of rules in it is faulty, or names one that cannot be opened: the run must end.
    pub fn enter(
        &self,
        outer: &Scope,
        dir: &Dir,
        path: &[u8],
        note: &mut dyn FnMut(RuleNote),
    ) -> Result<Scope, RuleError> {
        outer.enter(&self.manner, &|_| Some(dir), path, note)
    }

    /// The same for a directory whose files of rules lie in several: `find` says where one of that name is.
    ///
    /// # Errors
    /// As [`enter`](Rules::enter).
    pub fn enter_among<'d>(
        &self,
        outer: &Scope,
        find: &dyn Fn(&[u8]) -> Option<&'d Dir>,
        path: &[u8],
        note: &mut dyn FnMut(RuleNote),
    ) -> Result<Scope, RuleError> {
        outer.enter(&self.manner, find, path, note)
    }

    /// The rule that hides a name at the sender, if one does. `path` is the name within the transfer, without
    /// a leading slash; the root of the transfer itself is never asked about.
    #[must_use]
    pub fn excluded<'r>(&'r self, scope: &'r Scope, path: &[u8], is_dir: bool) -> Option<&'r Rule> {
        self.deciding(scope, Side::Sender, Perishable::Counts, path, is_dir)
            .filter(|rule| rule.excludes())
    }

    /// The first rule of that side that matches, whether it leaves the name out or keeps it in.
    #[must_use]
    pub fn deciding<'r>(
        &'r self,
        scope: &'r Scope,
        side: Side,
        perishable: Perishable,
        path: &[u8],
        is_dir: bool,
    ) -> Option<&'r Rule> {
        if self.is_empty() {
            return None;
        }
        let subject = Subject::new(scope.prefix(), path, is_dir);
        let decides = |rule: &Rule| {
            !rule.is_of_xattrs()
                && rule.counts_at(side, self.sender_only)
                && !(perishable == Perishable::Ignored && rule.is_perishable())
                && rule.matches(&subject)
        };
        first(&self.list, scope, &decides)
    }

    /// Whether an extended attribute of this name takes part: `None` where no rule is about attributes (`x`),
    /// so that what is usual counts.
    #[must_use]
    pub fn xattr_allowed(&self, side: Side, name: &[u8]) -> Option<bool> {
        let mut rules = self
            .list
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Rule(rule) if rule.is_of_xattrs() => Some(rule),
                _ => None,
            })
            .peekable();
        rules.peek()?;
        let subject = Subject::new(b"", name, false);
        let deciding =
            rules.find(|rule| rule.counts_at(side, self.sender_only) && rule.matches(&subject));
        Some(deciding.is_none_or(|rule| !rule.excludes()))
    }

    fn push(&mut self, text: &[u8], form: Form, option: &'static str) -> Result<(), RuleError> {
        self.read(form, option, None, |reader, list, context| {
            reader.text(list, text, None, context)
        })
    }

    fn push_file(
        &mut self,
        file: &OsStr,
        action: Action,
        option: &'static str,
    ) -> Result<(), RuleError> {
        let name = file.as_bytes();
        self.read(
            Form::Prefixed(action),
            option,
            Some(name),
            |reader, list, context| reader.file(list, name, false, context),
        )
    }

    fn read(
        &mut self,
        form: Form,
        option: &'static str,
        file: Option<&[u8]>,
        take: impl FnOnce(&mut Reader, &mut List, &Context) -> Result<(), RuleError>,
    ) -> Result<(), RuleError> {
        let notes = &mut self.notes;
        let mut reader = Reader {
            manner: &self.manner,
            base: Path::new(""),
            known: &[],
            side: None,
            note: &mut |note| notes.push(note),
        };
        let context = Context {
            form,
            defaults: Modifiers::default(),
            file: file.map(Into::into),
            option,
            depth: usize::from(file.is_some()),
            among: Among::Plain,
            is_exempt: false,
            anchor: Anchor::Root,
        };
        take(&mut reader, &mut self.list, &context)
    }
}

/// The first rule that decides, in the order of a list; the rules of a directory's file stand where the list
/// names the file.
fn first<'r>(
    list: &'r List,
    scope: &'r Scope,
    decides: &impl Fn(&Rule) -> bool,
) -> Option<&'r Rule> {
    list.iter().find_map(|item| match item {
        Item::Rule(rule) => Some(rule).filter(|rule| decides(rule)),
        Item::PerDir(per_dir) => first(scope.list(per_dir)?, scope, decides),
    })
}

fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |at| at + 1);
    &path[..end]
}

#[cfg(test)]
mod against_rsync;
#[cfg(test)]
mod file_tests;
#[cfg(test)]
mod tests;
