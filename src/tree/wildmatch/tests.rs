//! Against a plain definition of the wildcards, and against patterns made to take for ever.

use std::cell::Cell;

use proptest::prelude::*;

use super::{Begin, Glob, Text, Token};

fn matches(pattern: &str, text: &str) -> bool {
    Glob::compile(pattern.as_bytes())
        .is_some_and(|glob| glob.matches(text.as_bytes(), 0, Begin::Start))
}

/// What the wildcards mean, with every possibility tried: which text positions can be reached by each token.
fn defined(glob: &Glob, text: &[u8], begin: Begin) -> bool {
    let mut reached: Vec<bool> = (0..=text.len())
        .map(|i| i == 0 || begin == Begin::Component && text[i - 1] == b'/')
        .collect();
    for token in &glob.tokens {
        let before = reached.clone();
        for i in 0..=text.len() {
            let on = i.checked_sub(1);
            reached[i] = match token {
                Token::DeepStar => before[i] || on.is_some_and(|k| reached[k]),
                Token::Star => before[i] || on.is_some_and(|k| reached[k] && text[k] != b'/'),
                single => on.is_some_and(|k| before[k] && single.takes(text[k])),
            };
        }
    }
    reached[text.len()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_matcher_agrees_with_the_definition(
        pattern in "(a|b|/|\\?|\\*|\\*\\*|\\[!a\\]|\\*a|/\\*){0,9}",
        text in "[ab/]{0,14}",
    ) {
        let glob = Glob::compile(pattern.as_bytes()).expect("well formed");
        for begin in [Begin::Start, Begin::Component] {
            let found = glob.matches(text.as_bytes(), 0, begin);
            prop_assert_eq!(found, defined(&glob, text.as_bytes(), begin), "{} {} {:?}", pattern, text, begin);
        }
    }

    #[test]
    fn any_bytes_are_a_pattern_or_refused(pattern: Vec<u8>, text: Vec<u8>) {
        if let Some(glob) = Glob::compile(&pattern) {
            let found = glob.matches(&text[..], 0, Begin::Component);
            prop_assert_eq!(found, defined(&glob, &text, Begin::Component));
        }
    }
}

/// A text that counts how often it is looked at.
#[derive(Clone, Copy)]
struct Counted<'a> {
    bytes: &'a [u8],
    looks: &'a Cell<usize>,
    limit: usize,
}

impl Text for Counted<'_> {
    fn len(self) -> usize {
        self.bytes.len()
    }
    fn at(self, i: usize) -> u8 {
        self.looks.set(self.looks.get() + 1);
        assert!(self.looks.get() <= self.limit, "more than {}", self.limit);
        self.bytes[i]
    }
}

/// The longest names and patterns there are, made so that a matcher that tries everything again would not
/// end: the work stays below three looks for each pair of a byte in the text and a step of the pattern.
#[test]
fn hostile_patterns_end_soon() {
    let runs = "a".repeat(4095);
    let short = "a/".repeat(2047);
    let wide = format!("{}/", "a".repeat(63)).repeat(63);
    let mixed = format!("{runs}/{short}").split_off(2048);
    for pattern in [
        format!("{}[b]", "a*".repeat(9)),
        format!("{}[b]", "*a".repeat(2000)),
        format!("{}[b]", "**a".repeat(1300)),
        format!("{}[b]", "**a*".repeat(1000)),
        format!("**{}[b]", "a".repeat(2000)),
        format!("**a*{}[b]", "a".repeat(1000)),
        format!("**?*a*{}[b]", "?".repeat(1000)),
        format!("*{}[b]", "a".repeat(2000)),
        format!("**{}[b]", "*/".repeat(1000)),
        format!("**{}[b]", "*a*/".repeat(1000)),
        format!("**{}*[b]", "a/".repeat(1000)),
        format!("a*{}**[b]", "/*".repeat(1000)),
        format!("*/{}**[b]", "a/*/".repeat(900)),
        format!("{}[b]", "[!b]*".repeat(800)),
        format!("**{}/[b]", "?*".repeat(31)),
    ] {
        let glob = Glob::compile(pattern.as_bytes()).expect("well formed");
        for text in [&runs, &short, &wide, &mixed] {
            let text = Counted {
                bytes: text.as_bytes(),
                looks: &Cell::new(0),
                limit: 3 * text.len() * glob.tokens.len(),
            };
            for begin in [Begin::Start, Begin::Component] {
                text.looks.set(0);
                assert!(!glob.matches(text, 0, begin));
            }
        }
    }
}

#[test]
fn sets_are_read_as_rsync_reads_them() {
    for (pattern, taken, refused) in [
        ("[]a]", "]a", "b["),
        ("[!]a]", "b[", "]a"),
        ("[a-c-e]", "abc-e", "d"),
        ("[z-a]", "z", "am-"),
        ("[a\\-c]", "a-c", "b\\"),
        ("[\\a-\\c]", "abc", "-\\d"),
        ("[[:digit:]-z]", "09-z", "a:"),
        ("[[:digit]", "[:digt", "1]"),
        ("[[:]", "[:", "]"),
        ("[a-[:digit:]", "a:digt", "1[`"),
        ("[!/]", "ab", "/"),
        ("[.-0]", ".0", "/-1"),
        ("[[:blank:]]", " \t", "\nx"),
        ("[[:space:]]", " \t\n\u{b}\u{c}\r", "\u{1}x"),
        ("[[:cntrl:]]", "\u{1}\u{7f}\n", " a"),
        ("[[:print:]]", " ~a", "\u{7f}\n"),
        ("[[:graph:]]", "!~a", " \u{7f}"),
        ("[[:punct:]]", "!~_", " a0"),
        ("[[:alnum:]]", "aZ0", "_ "),
        ("[[:lower:][:upper:]]", "aZ", "0"),
        ("[[:xdigit:]]", "0afAF", "gG"),
    ] {
        for c in taken.chars() {
            assert!(matches(pattern, &c.to_string()), "{pattern} {c:?}");
        }
        for c in refused.chars() {
            assert!(!matches(pattern, &c.to_string()), "{pattern} {c:?}");
        }
    }
}

#[test]
fn malformed_patterns_are_told() {
    for pattern in [
        "[",
        "[]",
        "[a",
        "[!]",
        "a[[:foo:]]",
        "[[::]]",
        "[a-",
        "[\\",
        "a\\",
    ] {
        assert!(Glob::compile(pattern.as_bytes()).is_none(), "{pattern}");
    }
}
