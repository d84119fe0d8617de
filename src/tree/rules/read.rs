//! Rules out of texts and files, into a list.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Environment;
use super::error::{Fault, RuleError, RuleNote, Shown};
use super::list::{Item, List, PerDir};
use super::parse::{Draft, Form, Line, Merge, Modifiers, parse};
use super::pattern::Pattern;
use super::rule::{Action, Among, NamedBy, Place, Rule, Side, Sides, Written};
use super::texts::{Split, Text, Texts};
use crate::sys::{as_path, trusted};

/// Files that name each other, at most; rsync's limit.
const DEPTH_LIMIT: usize = 32;

/// How files of rules are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Manner {
    /// `-0`: texts end with a zero byte.
    pub zeros: bool,
    /// `--insecure-links`: other users' links are followed.
    pub insecure: bool,
    pub environment: Environment,
}

/// Where texts come from, and what holds for all of them.
#[derive(Clone)]
pub(super) struct Context<'c> {
    pub form: Form,
    pub defaults: Modifiers,
    /// The file that the texts stand in; `None` for the command line.
    pub file: Option<FileName>,
    /// The option that a text of the command line belongs to.
    pub option: &'static str,
    /// Files that named each other down to these texts.
    pub depth: usize,
    pub among: Among,
    /// `--delete-excluded` leaves the rules alone, as if they named a side.
    pub is_exempt: bool,
    /// The directory that a leading slash stands for.
    pub anchor: Anchor<'c>,
}

/// A file of rules.
#[derive(Clone)]
pub(super) struct FileName {
    pub name: Arc<[u8]>,
    pub named_by: NamedBy,
}

impl From<&[u8]> for FileName {
    fn from(name: &[u8]) -> FileName {
        FileName {
            name: name.into(),
            named_by: NamedBy::Operator,
        }
    }
}

/// What a pattern's leading slash stands for.
#[derive(Clone, Copy)]
pub(super) enum Anchor<'c> {
    /// The root of the transfer.
    Root,
    /// A directory of the transfer, by its path in it.
    Within(&'c [u8]),
    /// A directory around the transfer, by its absolute path without the leading slash.
    Around(&'c [u8]),
}

/// Reads into lists.
pub(super) struct Reader<'r> {
    pub manner: &'r Manner,
    /// Where relative names of files lie; empty for the current directory.
    pub base: &'r Path,
    /// Files of directories that are known already.
    pub known: &'r [Arc<PerDir>],
    /// The side that reads, where the files are those of directories.
    pub side: Option<Side>,
    /// Told of what is left out.
    pub note: &'r mut dyn FnMut(RuleNote),
}

impl Reader<'_> {
    /// Takes one text.
    pub(super) fn text(
        &mut self,
        list: &mut List,
        text: &[u8],
        line: Option<usize>,
        context: &Context,
    ) -> Result<(), RuleError> {
        let shown = || context.shown(text, line);
        let fault = |fault: Fault| RuleError::Text {
            fault,
            rule: shown(),
        };
        match parse(text, context.form).map_err(fault)? {
            Line::Nothing => {}
            Line::Clear => list.clear(),
            Line::TooLong(pattern) => {
                (self.note)(RuleNote::TooLong(context.shown(pattern, line)));
            }
            Line::Rule(draft) => {
                let rule = context.rule(&draft, line).map_err(fault)?;
                list.items.push(Item::Rule(rule));
            }
            Line::Cvs(action, modifiers) => {
                let modifiers = modifiers.within(&context.defaults).map_err(fault)?;
                self.cvs(list, action, modifiers)?;
            }
            Line::Merge(merge) => {
                let defaults = merge.defaults.within(&context.defaults).map_err(fault)?;
                self.leave_itself_out(list, &merge, line, context);
                self.named_file(list, &Merge { defaults, ..merge }, shown(), context)?;
            }
            Line::PerDir(merge) => {
                let defaults = merge.defaults.within(&context.defaults).map_err(fault)?;
                self.leave_itself_out(list, &merge, line, context);
                self.per_dir(list, &Merge { defaults, ..merge }, shown(), context)?;
            }
        }
        Ok(())
    }

    /// Takes a file that the command line names, `-` being standard input.
    pub(super) fn file(
        &mut self,
        list: &mut List,
        name: &[u8],
        words: bool,
        context: &Context,
    ) -> Result<(), RuleError> {
        let opened = self.open(name);
        let file = opened.map_err(|source| RuleError::Open {
            kind: kind(context.form),
            name: String::from_utf8_lossy(name).into_owned(),
            source,
        })?;
        self.texts(list, file, words, context)
    }

    /// Takes everything that a file holds.
    pub(super) fn texts(
        &mut self,
        list: &mut List,
        file: impl Read,
        words: bool,
        context: &Context,
    ) -> Result<(), RuleError> {
        let split = match (words, self.manner.zeros) {
            (true, zeros) => Split::Words { zeros },
            (false, true) => Split::Zeros,
            (false, false) => Split::Lines,
        };
        let mut texts = Texts::new(file, split);
        while let Some((text, line)) = texts.next() {
            match text {
                Text::Text(text) => self.text(list, &text, line, context)?,
                Text::TooLong => (self.note)(RuleNote::TooLong(context.shown(b"", line))),
            }
        }
        Ok(())
    }

    /// Opens a file by the name that a rule or option gives it.
    pub(super) fn open(&mut self, name: &[u8]) -> io::Result<Box<dyn Read>> {
        if name == b"-" {
            return Ok(Box::new(io::stdin().lock()));
        }
        let path: PathBuf = self.base.join(as_path(name));
        let file = if self.manner.insecure {
            File::open(path)?
        } else {
            trusted::open_file(&path).inspect_err(|e| {
                if trusted::is_refusal(e) {
                    (self.note)(RuleNote::Untrusted);
                }
            })?
        };
        Ok(Box::new(file))
    }

    /// `.`: reads the file that a rule names, in place of the rule.
    fn named_file(
        &mut self,
        list: &mut List,
        merge: &Merge,
        rule: Shown,
        outer: &Context,
    ) -> Result<(), RuleError> {
        let inner = outer.of_file(merge, self.deeper(outer, &rule)?, &rule);
        match &rule {
            Shown::Text(_) => self.file(list, merge.name, merge.words, &inner),
            Shown::Place(_) => {
                let Ok(file) = self.open(merge.name) else {
                    let kind = kind(merge.form);
                    return Err(RuleError::OpenNamed { kind, rule });
                };
                self.texts(list, file, merge.words, &inner)
            }
        }
    }

    /// `:`: notes a file that directories have, unless one of that name is known, or a directory's file names it
    /// for the other side.
    fn per_dir(
        &mut self,
        list: &mut List,
        merge: &Merge,
        rule: Shown,
        outer: &Context,
    ) -> Result<(), RuleError> {
        let depth = self.deeper(outer, &rule)?;
        let counts = |side| merge.defaults.sides.is_none_or(|sides| sides.has(side));
        if !self.side.is_none_or(counts) {
            return Ok(());
        }
        let (from, name) = match merge.name.iter().rposition(|b| *b == b'/') {
            Some(at) => (Some(merge.name[..=at].into()), &merge.name[at + 1..]),
            None => (None, merge.name),
        };
        let is_known = |other: &Arc<PerDir>| *other.name == *name;
        if self.known.iter().chain(list.per_dirs()).any(is_known) {
            return Ok(());
        }
        let label = match &rule {
            Shown::Text(_) => name.into(),
            Shown::Place(_) => rule.to_string().into_bytes().into(),
        };
        list.items.push(Item::PerDir(Arc::new(PerDir {
            name: name.into(),
            from,
            label,
            named_by: match &rule {
                Shown::Text(_) => NamedBy::Operator,
                Shown::Place(_) => NamedBy::PerDirRule,
            },
            depth,
            inherits: !merge.is_local,
            form: merge.form,
            words: merge.words,
            defaults: merge.defaults,
        })));
        Ok(())
    }

    fn deeper(&self, outer: &Context, rule: &Shown) -> Result<usize, RuleError> {
        if outer.depth >= DEPTH_LIMIT {
            return Err(RuleError::Depth {
                limit: DEPTH_LIMIT,
                rule: rule.clone(),
            });
        }
        Ok(outer.depth + 1)
    }

    /// `e`: a rule against the name of the file itself.
    fn leave_itself_out(
        &mut self,
        list: &mut List,
        merge: &Merge,
        line: Option<usize>,
        context: &Context,
    ) {
        let name = merge.name.rsplit(|b| *b == b'/').next().unwrap_or_default();
        if merge.leaves_itself_out && !name.is_empty() {
            list.items.push(Item::Rule(Rule {
                pattern: Pattern::new(name, false),
                action: Action::Exclude,
                sides: Sides::BOTH,
                side_given: false,
                negated: false,
                perishable: false,
                xattr: false,
                written: context.written(line),
                among: context.among.clone(),
            }));
        }
    }
}

impl Context<'_> {
    fn written(&self, line: Option<usize>) -> Written {
        match &self.file {
            None => Written::Option(self.option),
            Some(file) => Written::File(Place {
                file: Arc::clone(&file.name),
                line,
                named_by: file.named_by.clone(),
            }),
        }
    }

    fn shown(&self, text: &[u8], line: Option<usize>) -> Shown {
        match self.written(line) {
            Written::File(place) => Shown::Place(place),
            _ => Shown::Text(text.into()),
        }
    }

    fn rule(&self, draft: &Draft, line: Option<usize>) -> Result<Rule, Fault> {
        let modifiers = draft.modifiers.within(&self.defaults)?;
        let text = draft.pattern;
        let pattern = match self.anchor {
            _ if modifiers.absolute => Pattern::new(text, true),
            Anchor::Root => Pattern::new(text, false),
            Anchor::Within(dir) => Pattern::below(dir, text, false),
            Anchor::Around(dir) if text.first() == Some(&b'/') => Pattern::below(dir, text, true),
            Anchor::Around(_) => Pattern::new(text, false),
        };
        Ok(Rule {
            pattern,
            action: draft.action,
            sides: modifiers.sides.unwrap_or(Sides::BOTH),
            side_given: self.is_exempt || modifiers.sides.is_some(),
            negated: modifiers.negated,
            perishable: modifiers.perishable,
            xattr: modifiers.xattr,
            written: self.written(line),
            among: self.among.clone(),
        })
    }

    /// What holds in a file that `rule` names here.
    fn of_file(&self, merge: &Merge, depth: usize, rule: &Shown) -> Context<'static> {
        let named_by = match rule {
            Shown::Text(_) => NamedBy::Operator,
            Shown::Place(place) => NamedBy::Rule(Arc::new(place.clone())),
        };
        let file = FileName {
            named_by,
            ..FileName::from(merge.name)
        };
        Context {
            form: merge.form,
            defaults: merge.defaults,
            file: Some(file),
            option: self.option,
            depth,
            among: self.among.clone(),
            // Both as in rsync, where a directory's own file names it.
            is_exempt: matches!(self.among, Among::PerDir(_)),
            anchor: Anchor::Root,
        }
    }
}

/// What rsync calls a file of rules that it cannot open.
fn kind(form: Form) -> &'static str {
    match form {
        Form::Prefixed(Action::Include) | Form::Bare(Action::Include) => "include",
        _ => "exclude",
    }
}
