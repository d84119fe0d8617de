//! One rule: what it matches, at which end of a transfer, and where it was written.

use std::fmt;
use std::sync::Arc;

use super::pattern::{Pattern, Subject};

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
pub(super) struct Sides {
    sender: bool,
    receiver: bool,
}

impl Sides {
    pub(super) const SENDER: Sides = Sides {
        sender: true,
        receiver: false,
    };
    pub(super) const RECEIVER: Sides = Sides {
        sender: false,
        receiver: true,
    };
    pub(super) const BOTH: Sides = Sides::SENDER.and(Sides::RECEIVER);

    pub(super) const fn and(self, other: Sides) -> Sides {
        Sides {
            sender: self.sender || other.sender,
            receiver: self.receiver || other.receiver,
        }
    }

    pub(super) fn has(self, side: Side) -> bool {
        match side {
            Side::Sender => self.sender,
            Side::Receiver => self.receiver,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Exclude,
    Include,
}

/// Who named a file of rules: messages show no name that is a part of another file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// The command line.
    Operator,
    /// A rule in a file, which has it read in its own place.
    Rule(Arc<Place>),
    /// A rule in a file, which has it looked for in directories.
    PerDirRule,
}

/// A place in a file of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named, or its absolute path where directories have it.
    pub file: Arc<[u8]>,
    /// Its line, from 1; none where a file is split at blanks.
    pub line: Option<usize>,
    /// Who named the file.
    pub named_by: NamedBy,
}

impl fmt::Display for Place {
    /// What messages show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.named_by {
            NamedBy::Operator => {}
            NamedBy::Rule(place) => return write!(f, "a file named at {place}"),
            NamedBy::PerDirRule => return f.write_str("a file read earlier"),
        }
        let file = crate::tree::shown(crate::sys::as_path(&self.file));
        match self.line {
            Some(line) => write!(f, "{file} line {line}"),
            None => write!(f, "{file}"),
        }
    }
}

/// Where a rule was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// On the command line, as the value of this option or because of it.
    Option(&'static str),
    /// In a file. Its text is shown to nobody: who runs may read files that others who see the output may not.
    File(Place),
    /// In `CVSIGNORE`, a variable of the environment.
    Variable,
}

/// The list of its own that a rule belongs to, as `-vv` tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Among {
    /// The command line's.
    #[default]
    Plain,
    /// That of a file which directories have, by the name under which rsync shows it.
    PerDir(Arc<[u8]>),
    /// What version control leaves out.
    Cvs,
}

/// A rule as it is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleName {
    /// The pattern as it was typed; none where it came from a file.
    pub pattern: Option<Box<[u8]>>,
    /// Where it was written.
    pub written: Written,
    among: Among,
}

impl RuleName {
    /// A pattern of the command line.
    #[must_use]
    pub fn typed(option: &'static str, pattern: &[u8]) -> RuleName {
        RuleName {
            pattern: Some(pattern.into()),
            written: Written::Option(option),
            among: Among::Plain,
        }
    }

    /// What rsync prints behind `because of pattern`: the pattern, unless it came from a file, and the list
    /// that it belongs to.
    #[must_use]
    pub fn reason(&self) -> Vec<u8> {
        let mut text = match &self.pattern {
            None => b"<rule from a file read earlier>".to_vec(),
            Some(pattern) => pattern.to_vec(),
        };
        match &self.among {
            Among::Plain => {}
            Among::PerDir(name) => {
                text.extend_from_slice(b" [per-dir ");
                text.extend_from_slice(name);
                text.push(b']');
            }
            Among::Cvs => text.extend_from_slice(b" [global CVS]"),
        }
        text
    }
}

/// One filter rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) pattern: Pattern,
    pub(super) action: Action,
    pub(super) sides: Sides,
    /// The text named a side, by its kind, by a modifier, or by those of its file.
    pub(super) side_given: bool,
    pub(super) negated: bool,
    pub(super) perishable: bool,
    pub(super) xattr: bool,
    pub(super) written: Written,
    pub(super) among: Among,
}

impl Rule {
    /// The pattern as it was typed, without what came before it.
    #[must_use]
    pub fn pattern(&self) -> &[u8] {
        self.pattern.text()
    }

    /// What is told of it.
    #[must_use]
    pub fn name(&self) -> RuleName {
        let is_shown = !matches!(self.written, Written::File(_));
        RuleName {
            pattern: is_shown.then(|| self.pattern().into()),
            written: self.written.clone(),
            among: self.among.clone(),
        }
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

    /// Whether it is about names of attributes (`x`) and not of files.
    pub(super) fn is_of_xattrs(&self) -> bool {
        self.xattr
    }

    /// Whether it looks at absolute paths.
    pub(super) fn is_absolute(&self) -> bool {
        self.pattern.is_absolute()
    }

    pub(super) fn counts_at(&self, side: Side, sender_only: bool) -> bool {
        let narrowed = sender_only && !self.side_given && side == Side::Receiver;
        self.sides.has(side) && !narrowed
    }

    pub(super) fn matches(&self, subject: &Subject) -> bool {
        self.pattern.matches(subject) != self.negated
    }
}
