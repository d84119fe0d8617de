//! One answer, for people and for programs.

use std::fmt;

use serde::Serialize;

use crate::engine::{Changes, Compare, Skip};
use crate::sys::Kind;
use crate::tree::{RuleName, Written};

/// What a run decides about one path, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The path within the transfer.
    pub path: String,
    /// Whether the source's entry takes part.
    pub(super) source: Source,
    /// What becomes of the destination's.
    pub(super) destination: Destination,
}

/// The sender's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Source {
    /// It takes part; a rule may say so.
    TakesPart {
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<Named>,
    },
    /// A rule hides it, or the directory `at` on the way to it.
    Hidden { at: String, rule: Named },
    /// Its kind is not asked for, or that of `at` on the way to it.
    PassedOver { at: String, why: &'static str },
    /// There is no such entry.
    Absent,
}

/// The receiver's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum Destination {
    Made,
    /// Its content is sent.
    Updated {
        differs: Vec<&'static str>,
    },
    /// Its attributes are set.
    Touched {
        differs: Vec<&'static str>,
    },
    /// It is as it should be.
    Equal {
        by: &'static str,
    },
    /// An option leaves it as it is, or the directory `at` on the way to it.
    Left {
        at: String,
        why: &'static str,
    },
    Deleted,
    /// A rule protects it, or the directory `at` on the way to it.
    Protected {
        at: String,
        rule: Named,
    },
    /// It is not at the source, and stays.
    Kept {
        why: &'static str,
    },
    Absent,
}

/// A rule and where it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Named {
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    option: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variable: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl Named {
    pub(super) fn of(rule: &RuleName) -> Named {
        let text = |bytes: &[u8]| crate::tree::shown(crate::sys::as_path(bytes));
        let mut named = Named {
            pattern: rule.pattern.as_deref().map(text),
            option: None,
            variable: None,
            file: None,
            line: None,
        };
        match &rule.written {
            Written::Option(option) => named.option = Some(option),
            Written::Variable => named.variable = Some("CVSIGNORE"),
            Written::File(place) => {
                named.file = Some(text(&place.file));
                named.line = place.line;
            }
        }
        named
    }
}

impl Answer {
    /// Whether the source's entry takes part in the transfer.
    #[must_use]
    pub fn takes_part(&self) -> bool {
        matches!(self.source, Source::TakesPart { .. })
    }

    /// Whether neither side has such an entry.
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        self.source == Source::Absent && self.destination == Destination::Absent
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.path)?;
        writeln!(f, "    source       {}", self.source.told(&self.path))?;
        writeln!(f, "    destination  {}", self.destination.told(&self.path))
    }
}

impl Source {
    fn told(&self, path: &str) -> String {
        match self {
            Source::TakesPart { rule: None } => "takes part".into(),
            Source::TakesPart { rule: Some(rule) } => format!("takes part by {rule}"),
            Source::Hidden { at, rule } => format!("left out{} by {rule}", with(at, path)),
            Source::PassedOver { at, why } => format!("left out{}: {why}", with(at, path)),
            Source::Absent => "no such entry".into(),
        }
    }
}

impl Destination {
    fn told(&self, path: &str) -> String {
        match self {
            Destination::Made => "is made".into(),
            Destination::Updated { differs } => format!("is updated: {}", differs.join(", ")),
            Destination::Touched { differs } => {
                format!("gets other attributes: {}", differs.join(", "))
            }
            Destination::Equal { by } => format!("is up to date: {by}"),
            Destination::Left { at, why } => format!("stays as it is{}: {why}", with(at, path)),
            Destination::Deleted => "is deleted".into(),
            Destination::Protected { at, rule } => {
                format!("stays{}, protected by {rule}", with(at, path))
            }
            Destination::Kept { why } => format!("stays: {why}"),
            Destination::Absent => "no such entry".into(),
        }
    }
}

/// Names the directory that decided, where it is not the entry itself.
fn with(at: &str, path: &str) -> String {
    if at == path {
        String::new()
    } else {
        format!(" with {at}")
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Some(pattern) => write!(f, "the rule {pattern:?} of ")?,
            None => write!(f, "a rule of ")?,
        }
        match (self.option, self.variable, &self.file, self.line) {
            (Some(option), ..) => write!(f, "{option}"),
            (_, Some(variable), ..) => write!(f, "{variable}"),
            (_, _, Some(file), Some(line)) => write!(f, "{file} line {line}"),
            (_, _, file, _) => write!(f, "{}", file.as_deref().unwrap_or_default()),
        }
    }
}

/// Whether a skip means that the source's entry takes no part; else the destination's is left alone.
pub(super) fn passed_over(why: Skip) -> bool {
    matches!(why, Skip::Directory | Skip::NonRegular | Skip::MountPoint)
}

/// Why an entry was passed over.
pub(super) fn reason(why: Skip) -> &'static str {
    match why {
        Skip::Directory => "a directory, and --recursive is not given",
        Skip::NonRegular => "no regular file, and no option asks for its kind",
        Skip::Newer => "it is newer (--update)",
        Skip::Exists => "it exists (--ignore-existing)",
        Skip::NotCreating => "it is not there (--existing)",
        Skip::UpToDate => "it is up to date",
        Skip::TooLarge => "it is too large (--max-size)",
        Skip::TooSmall => "it is too small (--min-size)",
        Skip::MountPoint => "a mount point (--one-file-system twice)",
    }
}

/// What was compared of an entry in which nothing differs.
pub(super) fn is_equal(kind: Option<Kind>, compare: &Compare) -> &'static str {
    match kind {
        Some(Kind::File) if compare.checksum => "size and checksum agree",
        Some(Kind::File) if compare.size_only => "the size agrees (--size-only)",
        Some(Kind::File) => "size and time agree",
        _ => "nothing differs",
    }
}

/// The differences that an itemized change shows, in words.
pub(in crate::report) fn differing(changes: &Changes) -> Vec<&'static str> {
    [
        (changes.value, "content"),
        (changes.size, "size"),
        (changes.time || changes.time_now, "time"),
        (changes.perms, "permissions"),
        (changes.owner, "owner"),
        (changes.group, "group"),
        (changes.atime, "access time"),
        (changes.acl, "acl"),
        (changes.xattrs, "xattrs"),
    ]
    .into_iter()
    .filter_map(|(differs, word)| differs.then_some(word))
    .collect()
}
