//! Filter rules: which names a run leaves out.
//!
//! Rules are asked in order and the first that matches decides; a name that none matches takes part. Each
//! directory on the way down is asked about by itself, so a hidden directory hides all that is in it.
//!
//! Asking needs no memory, and costs nothing where there are no rules.

mod parse;
mod pattern;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use parse::Line;
use pattern::{Pattern, Subject};

/// The end of a transfer at which a rule is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the list of files is made: a name that is excluded here is hidden.
    Sender,
    /// Where names are deleted: a name that is excluded here is protected.
    Receiver,
}

/// The sides at which a rule counts: one or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sides {
    sender: bool,
    receiver: bool,
}

impl Sides {
    const SENDER: Sides = Sides {
        sender: true,
        receiver: false,
    };
    const RECEIVER: Sides = Sides {
        sender: false,
        receiver: true,
    };
    const BOTH: Sides = Sides::SENDER.and(Sides::RECEIVER);

    const fn and(self, other: Sides) -> Sides {
        Sides {
            sender: self.sender || other.sender,
            receiver: self.receiver || other.receiver,
        }
    }

    fn has(self, side: Side) -> bool {
        match side {
            Side::Sender => self.sender,
            Side::Receiver => self.receiver,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Exclude,
    Include,
}

/// One filter rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pattern: Pattern,
    action: Action,
    sides: Sides,
    /// The text named a side, by its kind or by a modifier.
    side_given: bool,
    negated: bool,
    perishable: bool,
    xattr: bool,
}

impl Rule {
    /// The pattern as it was typed, without what came before it; what rsync prints after `because of
    /// pattern`.
    #[must_use]
    pub fn pattern(&self) -> &[u8] {
        self.pattern.text()
    }

    /// Whether it leaves names out; else it keeps them in.
    #[must_use]
    pub fn excludes(&self) -> bool {
        self.action == Action::Exclude
    }

    /// `p`: it does not keep a directory from being deleted that is gone at the source.
    #[must_use]
    pub fn is_perishable(&self) -> bool {
        self.perishable
    }

    /// Whether its text named a side: `--delete-excluded` leaves such a rule alone.
    #[must_use]
    pub fn names_side(&self) -> bool {
        self.side_given
    }

    fn matches(&self, subject: &Subject) -> bool {
        !self.xattr && self.pattern.matches(subject) != self.negated
    }
}

/// Why the text of a rule was not taken. The messages are rsync's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It begins with no name of a rule.
    #[error("Unknown filter rule: {}", lossy(.0))]
    Unknown(Box<[u8]>),
    /// It ends before its pattern.
    #[error("unexpected end of filter rule: {}", lossy(.0))]
    NoPattern(Box<[u8]>),
    /// `!` takes nothing behind it.
    #[error("'!' rule has trailing characters: {}", lossy(.0))]
    Trailing(Box<[u8]>),
    /// A letter that this rule does not take.
    #[error("invalid modifier '{}' at position {position} in filter rule: {}", char::from(*.letter), lossy(.text))]
    Modifier {
        /// The letter.
        letter: u8,
        /// Its place in the text, from 0.
        position: usize,
        /// The whole text.
        text: Box<[u8]>,
    },
    /// A pattern of 4096 bytes or more. rsync says so and goes on without the rule.
    #[error("discarding over-long filter: {}", lossy(.0))]
    TooLong(Box<[u8]>),
    /// A file of rules, which resilver does not read yet.
    #[error("merge rules are not supported yet: {}", lossy(.0))]
    Merge(Box<[u8]>),
}

impl RuleError {
    /// Whether the run must end (exit code 1); else the rule is left out and the run goes on.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        !matches!(self, RuleError::TooLong(_))
    }
}

fn lossy(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// The ordered filter rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    list: Vec<Rule>,
    /// The absolute path of the transfer's root, without its leading slash and with one at its end.
    root: Vec<u8>,
}

impl Rules {
    /// Whether there are none: every name takes part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `--exclude=TEXT`: a pattern, or `- PATTERN`, `+ PATTERN`, or `!` to forget all rules so far.
    ///
    /// # Errors
    /// The prefix stands alone, or the pattern is too long; the rules are as before.
    pub fn push_exclude(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(parse::short_form(text.as_bytes(), Action::Exclude)?);
        Ok(())
    }

    /// `--include=TEXT`: as [`push_exclude`](Rules::push_exclude), but a bare pattern keeps names in.
    ///
    /// # Errors
    /// As [`push_exclude`](Rules::push_exclude).
    pub fn push_include(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(parse::short_form(text.as_bytes(), Action::Include)?);
        Ok(())
    }

    /// `--filter=TEXT`, all but merge files.
    ///
    /// # Errors
    /// The text is no rule, or one that is not supported; the rules are as before.
    pub fn push_filter(&mut self, text: &OsStr) -> Result<(), RuleError> {
        self.push(parse::full_form(text.as_bytes())?);
        Ok(())
    }

    /// Says where the transfer's root lies, for rules with the `/` modifier, which look at absolute paths.
    pub fn set_root(&mut self, root: &Path) {
        let bytes = root.as_os_str().as_bytes();
        self.root.clear();
        self.root
            .extend_from_slice(bytes.strip_prefix(b"/").unwrap_or(bytes));
        if self.root.last().is_some_and(|b| *b != b'/') {
            self.root.push(b'/');
        }
    }

    /// The rule that hides a name at the sender, if one does. `path` is the name within the transfer, without
    /// a leading slash; the root of the transfer itself is never asked about.
    #[must_use]
    pub fn excluded(&self, path: &[u8], is_dir: bool) -> Option<&Rule> {
        self.deciding(Side::Sender, path, is_dir)
            .filter(|rule| rule.excludes())
    }

    /// The rule that keeps a name at the receiver from being deleted, if one does.
    #[must_use]
    pub fn protected(&self, path: &[u8], is_dir: bool) -> Option<&Rule> {
        self.deciding(Side::Receiver, path, is_dir)
            .filter(|rule| rule.excludes())
    }

    /// The first rule of that side that matches, whether it leaves the name out or keeps it in.
    #[must_use]
    pub fn deciding(&self, side: Side, path: &[u8], is_dir: bool) -> Option<&Rule> {
        if self.list.is_empty() {
            return None;
        }
        let subject = Subject::new(&self.root, path, is_dir);
        self.list
            .iter()
            .find(|rule| rule.sides.has(side) && rule.matches(&subject))
    }

    fn push(&mut self, line: Line) {
        match line {
            Line::Nothing => {}
            Line::Clear => self.list.clear(),
            Line::Add(rule) => self.list.push(rule),
        }
    }
}

#[cfg(test)]
mod against_rsync;
#[cfg(test)]
mod recorded_lists;
#[cfg(test)]
mod tests;
