//! The text of one rule.
//!
//! `--filter` takes a name, modifiers, one space or underscore, and a pattern: `-s foo`, `exclude,s foo`.
//! `--exclude` and `--include` take a pattern, with nothing but `- ` or `+ ` before it.

use super::pattern::Pattern;
use super::{Action, Rule, RuleError, Sides};

/// Longest pattern that is kept is one byte less; rsync's limit.
const PATTERN_LIMIT: usize = 4096;

/// What one text asks for.
#[derive(Debug)]
pub(super) enum Line {
    /// An empty text.
    Nothing,
    /// `!`: forget all rules so far.
    Clear,
    /// One rule more.
    Add(Rule),
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

/// Reads what `--exclude` (or `--include`) is given.
pub(super) fn short_form(text: &[u8], action: Action) -> Result<Line, RuleError> {
    let (action, pattern) = match text {
        b"" => return Ok(Line::Nothing),
        b"!" => return Ok(Line::Clear),
        [b'-', b' ', rest @ ..] => (Action::Exclude, rest),
        [b'+', b' ', rest @ ..] => (Action::Include, rest),
        _ => (action, text),
    };
    finish(text, pattern, action, Modifiers::default())
}

/// Reads what `--filter` is given. Files to be merged are not read here.
pub(super) fn full_form(text: &[u8]) -> Result<Line, RuleError> {
    if text.is_empty() {
        return Ok(Line::Nothing);
    }
    if let Some(rest) = after_name(text, b'!', b"clear") {
        return match rest {
            b"" | b"," => Ok(Line::Clear),
            _ => Err(RuleError::Trailing(text.into())),
        };
    }
    let is_merge = |short, long: &[u8]| after_name(text, short, long).is_some();
    if is_merge(b'.', b"merge") || is_merge(b':', b"dir-merge") {
        return Err(RuleError::Merge(text.into()));
    }
    let kind = KINDS.iter().find_map(|(short, long, action, sides)| {
        after_name(text, *short, long).map(|rest| (rest, *action, *sides))
    });
    let Some((rest, action, sides)) = kind else {
        return Err(RuleError::Unknown(text.into()));
    };
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let (mut modifiers, pattern) = Modifiers::read(text, rest, sides.is_none())?;
    modifiers.sides = modifiers.sides.or(sides);
    finish(text, pattern, action, modifiers)
}

/// What follows the name of a rule, if the text begins with that name.
fn after_name<'a>(text: &'a [u8], short: u8, long: &[u8]) -> Option<&'a [u8]> {
    if let [first, rest @ ..] = text
        && *first == short
    {
        return Some(rest);
    }
    let rest = text.strip_prefix(long)?;
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'_' | b',');
    rest.first().is_none_or(ends).then_some(rest)
}

fn finish(
    text: &[u8],
    pattern: &[u8],
    action: Action,
    modifiers: Modifiers,
) -> Result<Line, RuleError> {
    if pattern.is_empty() {
        return Err(RuleError::NoPattern(text.into()));
    }
    if pattern.len() >= PATTERN_LIMIT {
        return Err(RuleError::TooLong(pattern.into()));
    }
    Ok(Line::Add(Rule {
        pattern: Pattern::new(pattern, modifiers.absolute),
        action,
        sides: modifiers.sides.unwrap_or(Sides::BOTH),
        side_given: modifiers.sides.is_some(),
        negated: modifiers.negated,
        perishable: modifiers.perishable,
        xattr: modifiers.xattr,
    }))
}

/// The letters between the name of a rule and its pattern.
#[derive(Clone, Copy, Debug, Default)]
struct Modifiers {
    absolute: bool,
    negated: bool,
    perishable: bool,
    xattr: bool,
    sides: Option<Sides>,
}

impl Modifiers {
    /// Reads the letters at the head of `rest`, which is the end of `text`; gives what follows the separator.
    /// A rule whose name fixes its side takes no letter for one.
    fn read<'a>(
        text: &'a [u8],
        rest: &'a [u8],
        takes_side: bool,
    ) -> Result<(Modifiers, &'a [u8]), RuleError> {
        let mut found = Modifiers::default();
        for (i, byte) in rest.iter().enumerate() {
            match byte {
                b' ' | b'_' => return Ok((found, &rest[i + 1..])),
                b'/' => found.absolute = true,
                b'!' => found.negated = true,
                b'p' => found.perishable = true,
                b'x' => found.xattr = true,
                b's' if takes_side => found.add_side(Sides::SENDER),
                b'r' if takes_side => found.add_side(Sides::RECEIVER),
                other => {
                    return Err(RuleError::Modifier {
                        letter: *other,
                        position: text.len() - rest.len() + i,
                        text: text.into(),
                    });
                }
            }
        }
        Ok((found, b""))
    }

    fn add_side(&mut self, side: Sides) {
        self.sides = Some(self.sides.map_or(side, |had| had.and(side)));
    }
}
