//! Rules as texts for the other end: a sender makes its list by them, a receiver deletes by them.

use super::Rules;
use super::list::{Item, PerDir};
use super::parse::Form;
use super::rule::{Action, Among, Rule, Side};

/// What the other end understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// Patterns, with `- ` and `+ ` before them, and nothing else (before protocol 29).
    Old,
    /// All but perishable rules, which count as usual ones (protocol 29).
    Typed,
    /// All (protocol 30 and later).
    Full,
}

/// A rule that the other end would not understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("filter rules are too modern for remote rsync.")]
pub struct TooModern;

impl Rules {
    /// What a sender has to know: all but rules for the receiver alone. With `-C` the sender knows by itself what version
    /// control leaves out.
    ///
    /// # Errors
    /// A rule that it would not understand.
    pub fn for_sender(&self, grammar: Grammar, cvs: bool) -> Result<Vec<Vec<u8>>, TooModern> {
        let mut texts = Vec::new();
        for item in &self.list.items {
            let text = match item {
                Item::Rule(rule) if !rule.sides.has(Side::Sender) => continue,
                Item::Rule(rule) if cvs && rule.among == Among::Cvs => continue,
                Item::Rule(rule) => rule.text(grammar)?,
                Item::PerDir(per_dir) if cvs && per_dir.form == Form::Cvs => continue,
                Item::PerDir(_) if grammar == Grammar::Old => return Err(TooModern),
                Item::PerDir(per_dir) => per_dir.text(grammar),
            };
            texts.push(text);
        }
        Ok(texts)
    }
}

impl Rules {
    /// What a receiver has to know: all but rules for the sender alone, and with `--delete-excluded` but those of no
    /// side.
    ///
    /// # Errors
    /// A rule that it would not understand.
    pub fn for_receiver(&self, grammar: Grammar) -> Result<Vec<Vec<u8>>, TooModern> {
        let mut texts = Vec::new();
        for item in &self.list.items {
            let text = match item {
                Item::Rule(rule) if !rule.counts_at(Side::Receiver, self.sender_only) => continue,
                Item::Rule(rule) => rule.text(grammar)?,
                Item::PerDir(_) if grammar == Grammar::Old => return Err(TooModern),
                Item::PerDir(per_dir) if !per_dir.counts_at_receiver(self.sender_only) => continue,
                Item::PerDir(per_dir) => per_dir.text(grammar),
            };
            texts.push(text);
        }
        Ok(texts)
    }
}

impl Rule {
    fn text(&self, grammar: Grammar) -> Result<Vec<u8>, TooModern> {
        let is_include = self.action == Action::Include;
        let pattern = self.pattern();
        if grammar == Grammar::Old {
            if self.is_absolute() || self.negated || self.xattr {
                return Err(TooModern);
            }
            let looks_typed = pattern.starts_with(b"- ") || pattern.starts_with(b"+ ");
            let head: &[u8] = match is_include {
                true => b"+ ",
                false if looks_typed => b"- ",
                false => b"",
            };
            return Ok([head, pattern].concat());
        }
        let mut text = vec![if is_include { b'+' } else { b'-' }];
        let only = |side| self.side_given && self.sides.has(side);
        for (is_on, letter) in [
            (self.is_absolute(), b'/'),
            (self.negated, b'!'),
            (self.xattr, b'x'),
            (only(Side::Sender), b's'),
            (only(Side::Receiver), b'r'),
            (self.perishable && grammar == Grammar::Full, b'p'),
        ] {
            if is_on {
                text.push(letter);
            }
        }
        text.push(b' ');
        text.extend_from_slice(pattern);
        Ok(text)
    }
}

impl PerDir {
    /// Whether any rule of its files may say something to a receiver.
    fn counts_at_receiver(&self, sender_only: bool) -> bool {
        let is_bare = matches!(self.form, Form::Bare(_) | Form::Prefixed(_));
        match self.defaults.sides {
            Some(sides) => sides.has(Side::Receiver),
            None => !(sender_only && is_bare),
        }
    }

    fn text(&self, grammar: Grammar) -> Vec<u8> {
        let mut text = vec![b':'];
        let is_cvs = self.form == Form::Cvs;
        let sides = self.defaults.sides;
        let on_side = |side| sides.is_some_and(|sides| sides.has(side));
        let bare = |action| matches!(self.form, Form::Bare(a) | Form::Prefixed(a) if a == action);
        for (is_on, letter) in [
            (self.defaults.absolute, b'/'),
            (is_cvs, b'C'),
            (!self.inherits && !is_cvs, b'n'),
            (self.words && !is_cvs, b'w'),
            (bare(Action::Exclude), b'-'),
            (bare(Action::Include), b'+'),
            (self.defaults.xattr, b'x'),
            (on_side(Side::Sender), b's'),
            (on_side(Side::Receiver), b'r'),
            (self.defaults.perishable && grammar == Grammar::Full, b'p'),
        ] {
            if is_on {
                text.push(letter);
            }
        }
        text.push(b' ');
        text.extend(self.from.iter().flatten());
        text.extend_from_slice(&self.name);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Rules {
        let mut rules = Rules::default();
        for text in texts {
            rules.push_filter(text.as_ref()).expect(text);
        }
        rules
    }

    fn sent(typed: &[&str], grammar: Grammar) -> Result<Vec<String>, TooModern> {
        let texts = rules(typed).for_sender(grammar, false)?;
        Ok(texts
            .into_iter()
            .map(|text| String::from_utf8(text).expect("text"))
            .collect())
    }

    /// As rsync 3.5.0 sent them.
    #[test]
    fn texts_are_those_of_rsync() {
        let typed = [
            "- *.o",
            "+ /a/b/",
            "H hid",
            "P prot",
            "-/ /abs",
            "-! neg",
            "-p per",
            "-sr both",
            "-x user.foo",
            ": .f1",
            ":n- .f2",
            ":w .f4",
            ": /.f5",
            "-/!p x",
        ];
        let expected = [
            "- *.o",
            "+ /a/b/",
            "-s hid",
            "-/ /abs",
            "-! neg",
            "-p per",
            "-sr both",
            "-x user.foo",
            ": .f1",
            ":n- .f2",
            ":w .f4",
            ": /.f5",
            "-/!p x",
        ];
        assert_eq!(sent(&typed, Grammar::Full).unwrap(), expected);
        let typed = sent(&["-p per"], Grammar::Typed).unwrap();
        assert_eq!(typed, ["- per"]);
    }

    #[test]
    fn old_ends_get_patterns_only() {
        let typed = ["- x", "+ y/", "- + z"];
        assert_eq!(sent(&typed, Grammar::Old).unwrap(), ["x", "+ y/", "- + z"]);
        for rule in ["-/ x", "-! x", ": .f"] {
            assert_eq!(sent(&[rule], Grammar::Old), Err(TooModern), "{rule}");
        }
    }

    /// As rsync 3.5.0 sent them in a push.
    #[test]
    fn receivers_get_what_they_may_delete_by() {
        let typed = [
            "- *.o", "H hid", "S shown", "P prot", "R risk", "-/ /abs", "-p per", "-sr both",
            ": .f1", ":- .f2",
        ];
        let told = |rules: &Rules| -> Vec<String> {
            let texts = rules.for_receiver(Grammar::Full).expect("texts");
            texts
                .into_iter()
                .map(|text| String::from_utf8(text).expect("text"))
                .collect()
        };
        let all = [
            "- *.o", "-r prot", "+r risk", "-/ /abs", "-p per", "-sr both", ": .f1", ":- .f2",
        ];
        let mut rules = rules(&typed);
        assert_eq!(told(&rules), all);
        rules.delete_excluded();
        assert_eq!(told(&rules), ["-r prot", "+r risk", "-sr both", ": .f1"]);
    }

    #[test]
    fn with_c_the_sender_knows_by_itself() {
        let mut rules = rules(&["- mine"]);
        rules.push_cvs().unwrap();
        let sent = rules.for_sender(Grammar::Full, true).unwrap();
        assert_eq!(sent, [b"- mine"]);
    }
}
