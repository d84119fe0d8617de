//! The text of one rule.
//!
//! `--filter` takes a name, modifiers, one space or underscore, and a pattern: `-s foo`, `exclude,s foo`.
//! `--exclude` and `--include` take a pattern, with nothing but `- ` or `+ ` before it.

use super::error::Fault;
use super::rule::{Action, Sides};

/// Longest pattern that is kept is one byte less; rsync's limit.
const PATTERN_LIMIT: usize = 4096;

/// The file of patterns that version control reads.
const CVS_FILE: &[u8] = b".cvsignore";

/// How texts are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The whole grammar.
    Full,
    /// A pattern, with `- ` or `+ ` before it or not; `!` forgets the rules so far.
    Prefixed(Action),
    /// A pattern and nothing else.
    Bare(Action),
    /// Patterns to leave out; `!` forgets the rules so far.
    Cvs,
}

/// What one text asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// An empty text.
    Nothing,
    /// `!`: forget all rules so far.
    Clear,
    /// One rule more.
    Rule(Draft<'t>),
    /// The patterns of version control.
    Cvs(Action, Modifiers),
    /// A file to read now.
    Merge(Merge<'t>),
    /// A file to read in every directory.
    PerDir(Merge<'t>),
    /// A pattern that is too long; shown.
    TooLong(&'t [u8]),
}

/// A rule as its text has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft<'t> {
    pub action: Action,
    pub pattern: &'t [u8],
    pub modifiers: Modifiers,
}

/// A file of rules as its rule has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Merge<'t> {
    pub name: &'t [u8],
    pub form: Form,
    /// `e`: its own name is left out.
    pub leaves_itself_out: bool,
    /// `n`: subdirectories do not inherit it.
    pub is_local: bool,
    /// `w`: split at blanks, without comments.
    pub words: bool,
    /// What its rules have in common.
    pub defaults: Modifiers,
}

/// The letters between the name of a rule and its pattern that say what it is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Modifiers {
    pub absolute: bool,
    pub negated: bool,
    pub perishable: bool,
    pub xattr: bool,
    pub sides: Option<Sides>,
}

impl Modifiers {
    fn add_side(&mut self, side: Sides) {
        self.sides = Some(self.sides.map_or(side, |had| had.and(side)));
    }

    /// These on top of those of the file they stand in.
    pub(super) fn within(self, file: &Modifiers) -> Result<Modifiers, Fault> {
        if self.sides.is_some() && file.sides.is_some() {
            return Err(Fault::Side);
        }
        Ok(Modifiers {
            absolute: self.absolute || file.absolute,
            negated: self.negated,
            perishable: self.perishable || file.perishable,
            xattr: self.xattr || file.xattr,
            sides: self.sides.or(file.sides),
        })
    }
}

/// Short name, long name, what it does, and on which sides alone.
const KINDS: [(u8, &[u8], Action, Option<Sides>); 6] = [
    (b'-', b"exclude", Action::Exclude, None),
    (b'+', b"include", Action::Include, None),
    (b'H', b"hide", Action::Exclude, Some(Sides::SENDER)),
    (b'S', b"show", Action::Include, Some(Sides::SENDER)),
    (b'P', b"protect", Action::Exclude, Some(Sides::RECEIVER)),
    (b'R', b"risk", Action::Include, Some(Sides::RECEIVER)),
];

/// Reads one text.
pub(super) fn parse(text: &[u8], form: Form) -> Result<Line<'_>, Fault> {
    let plain = |action, pattern| draft(action, pattern, Modifiers::default());
    match (form, text) {
        (_, b"") => Ok(Line::Nothing),
        (Form::Full, _) => full(text),
        (Form::Prefixed(_) | Form::Cvs, b"!") => Ok(Line::Clear),
        (Form::Prefixed(_), [b'-', b' ', rest @ ..]) => plain(Action::Exclude, rest),
        (Form::Prefixed(_), [b'+', b' ', rest @ ..]) => plain(Action::Include, rest),
        (Form::Prefixed(action) | Form::Bare(action), _) => plain(action, text),
        (Form::Cvs, _) => plain(Action::Exclude, text),
    }
}

fn full(text: &[u8]) -> Result<Line<'_>, Fault> {
    if let Some(rest) = after_name(text, b'!', b"clear") {
        return match rest {
            b"" | b"," => Ok(Line::Clear),
            _ => Err(Fault::Trailing),
        };
    }
    for (short, long, per_dir) in [(b'.', &b"merge"[..], false), (b':', b"dir-merge", true)] {
        if let Some(rest) = after_name(text, short, long) {
            return file(text, rest, per_dir);
        }
    }
    for (short, long, action, sides) in KINDS {
        if let Some(rest) = after_name(text, short, long) {
            return pattern(text, rest, action, sides);
        }
    }
    Err(Fault::Unknown)
}

/// What follows the name of a rule, if the text begins with that name; a comma is passed over.
fn after_name<'a>(text: &'a [u8], short: u8, long: &[u8]) -> Option<&'a [u8]> {
    let rest = match text {
        [first, rest @ ..] if *first == short => rest,
        _ => text.strip_prefix(long).filter(|rest| {
            let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'_' | b',');
            rest.first().is_none_or(ends)
        })?,
    };
    // A comma behind `!` is all there may be.
    Some(match rest.strip_prefix(b",") {
        Some(rest) if short != b'!' => rest,
        _ => rest,
    })
}

/// The letters at the head of `rest`, and what follows the separator behind them.
fn letters(rest: &[u8]) -> (&[u8], &[u8]) {
    match rest.iter().position(|b| matches!(b, b' ' | b'_')) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, b""),
    }
}

fn invalid(text: &[u8], rest: &[u8], index: usize) -> Fault {
    Fault::Modifier {
        letter: rest[index],
        position: text.len() - rest.len() + index,
    }
}

/// Reads a rule with a pattern. One whose name fixes its side takes no letter for one.
fn pattern<'t>(
    text: &'t [u8],
    rest: &'t [u8],
    action: Action,
    fixed: Option<Sides>,
) -> Result<Line<'t>, Fault> {
    let (letters, pattern) = letters(rest);
    let mut found = Modifiers::default();
    let mut cvs = false;
    for (i, letter) in letters.iter().enumerate() {
        match letter {
            b'/' => found.absolute = true,
            b'!' => found.negated = true,
            b'p' => found.perishable = true,
            b'x' => found.xattr = true,
            b's' if fixed.is_none() => found.add_side(Sides::SENDER),
            b'r' if fixed.is_none() => found.add_side(Sides::RECEIVER),
            b'C' if fixed.is_none() => cvs = true,
            _ => return Err(invalid(text, rest, i)),
        }
    }
    found.sides = found.sides.or(fixed);
    if cvs {
        return Ok(Line::Cvs(action, found));
    }
    draft(action, pattern, found)
}

fn draft(action: Action, pattern: &[u8], modifiers: Modifiers) -> Result<Line<'_>, Fault> {
    match pattern.len() {
        0 => Err(Fault::NoPattern),
        PATTERN_LIMIT.. => Ok(Line::TooLong(pattern)),
        _ => Ok(Line::Rule(Draft {
            action,
            pattern,
            modifiers,
        })),
    }
}

/// Reads a rule that names a file of rules.
fn file<'t>(text: &'t [u8], rest: &'t [u8], per_dir: bool) -> Result<Line<'t>, Fault> {
    let (letters, name) = letters(rest);
    let mut merge = Merge {
        name,
        form: Form::Full,
        leaves_itself_out: false,
        is_local: false,
        words: false,
        defaults: Modifiers::default(),
    };
    for (i, letter) in letters.iter().enumerate() {
        match letter {
            b'-' if merge.form == Form::Full => merge.form = Form::Bare(Action::Exclude),
            b'+' if merge.form == Form::Full => merge.form = Form::Bare(Action::Include),
            b'C' if merge.form == Form::Full => {
                merge.form = Form::Cvs;
                merge.is_local = true;
                merge.words = true;
            }
            b'e' => merge.leaves_itself_out = true,
            b'n' => merge.is_local = true,
            b'w' => merge.words = true,
            b'/' => merge.defaults.absolute = true,
            b'p' => merge.defaults.perishable = true,
            b'x' => merge.defaults.xattr = true,
            b's' => merge.defaults.add_side(Sides::SENDER),
            b'r' => merge.defaults.add_side(Sides::RECEIVER),
            _ => return Err(invalid(text, rest, i)),
        }
    }
    if name.is_empty() && merge.form == Form::Cvs {
        merge.name = CVS_FILE;
    }
    match merge.name.len() {
        0 => Err(Fault::NoPattern),
        PATTERN_LIMIT.. => Ok(Line::TooLong(name)),
        _ if per_dir => Ok(Line::PerDir(merge)),
        _ => Ok(Line::Merge(merge)),
    }
}
