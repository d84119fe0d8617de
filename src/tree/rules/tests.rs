//! The table of recorded matches, and lists of rules.

use super::{Perishable, RuleNote, Rules, Scope, Side};

fn filters(texts: &[&str]) -> Rules {
    let mut rules = Rules::default();
    for text in texts {
        rules.push_filter(text.as_ref()).expect(text);
    }
    rules
}

fn excludes(texts: &[&str]) -> Rules {
    let mut rules = Rules::default();
    for text in texts {
        rules.push_exclude(text.as_ref()).expect(text);
    }
    rules
}

fn protects(rules: &Rules, path: &str) -> bool {
    let scope = Scope::default();
    rules
        .deciding(
            &scope,
            Side::Receiver,
            Perishable::Counts,
            path.as_bytes(),
            false,
        )
        .is_some_and(|rule| rule.excludes())
}

fn hides(rules: &Rules, path: &str, is_dir: bool) -> bool {
    rules
        .excluded(&Scope::default(), path.as_bytes(), is_dir)
        .is_some()
}

/// One recorded row: rule, path, whether it is a directory, whether rsync hid it.
fn recorded() -> impl Iterator<Item = (&'static str, &'static str, bool, bool)> {
    let table = include_str!("../../../testdata/filter-cases.tsv");
    table.lines().skip(1).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [rule, path, is_dir, expect] = columns[..] else {
            panic!("four columns: {line}");
        };
        (rule, path, is_dir == "1", expect == "match")
    })
}

#[test]
fn every_recorded_match_of_one_rule_holds() {
    let wrong: Vec<_> = recorded()
        .filter(|(rule, path, is_dir, hidden)| hides(&filters(&[rule]), path, *is_dir) != *hidden)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(recorded().count(), 264);
}

#[test]
fn exclude_takes_the_recorded_patterns_too() {
    let plain = |(rule, ..): &(&'static str, _, _, _)| rule.starts_with("- ");
    let mut rows = 0;
    for (rule, path, is_dir, hidden) in recorded().filter(plain) {
        assert_eq!(
            hides(&excludes(&[rule]), path, is_dir),
            hidden,
            "{rule} {path}"
        );
        let bare = rule.strip_prefix("- ").expect("a plain exclude");
        assert_eq!(
            hides(&excludes(&[bare]), path, is_dir),
            hidden,
            "{bare} {path}"
        );
        rows += 1;
    }
    assert!(rows > 200, "{rows}");
}

#[test]
fn exclude_knows_no_names_but_the_two_prefixes() {
    for literal in [
        "-foo",
        "-_foo",
        "!foo",
        "! ",
        "!!",
        "-",
        "+",
        "foo bar",
        "exclude foo",
        "P foo",
        " foo",
    ] {
        let rules = excludes(&[literal]);
        assert!(hides(&rules, literal, false), "{literal:?}");
        let scope = Scope::default();
        let rule = rules
            .excluded(&scope, literal.as_bytes(), false)
            .expect(literal);
        assert_eq!(rule.pattern(), literal.as_bytes());
    }
    assert!(excludes(&[""]).is_empty());
    assert!(excludes(&["a", "!"]).is_empty());
    assert!(hides(&excludes(&["- !"]), "!", false));
    assert!(hides(&excludes(&["- - foo"]), "- foo", false));
    assert!(!hides(&excludes(&["+ foo", "*"]), "foo", false));
}

#[test]
fn include_is_the_same_but_for_a_bare_pattern() {
    let mut rules = Rules::default();
    rules.push_include("- x".as_ref()).expect("a rule");
    rules.push_include("*.c".as_ref()).expect("a rule");
    rules.push_exclude("*".as_ref()).expect("a rule");
    assert!(hides(&rules, "x", false));
    assert!(!hides(&rules, "a.c", false));
    assert!(hides(&rules, "a.o", false));
    rules.push_include("!".as_ref()).expect("a rule");
    assert!(rules.is_empty());
}

#[test]
fn the_first_match_decides_and_is_named() {
    let rules = excludes(&["+ top.o", "*.o", "/foo/"]);
    assert!(!hides(&rules, "top.o", false));
    assert!(hides(&rules, "d/other.o", false));
    let scope = Scope::default();
    let rule = rules.excluded(&scope, b"foo", true).expect("hidden");
    assert_eq!(rule.pattern(), b"/foo/");
}

#[test]
fn sides_are_told_apart() {
    let rules = filters(&[
        "H a", "P b", "-s c", "-r d", "-sr e", "- f", "R f2", "- f*", "S g", "- g",
    ]);
    let told = |path: &str| (hides(&rules, path, false), protects(&rules, path));
    assert_eq!(told("a"), (true, false));
    assert_eq!(told("b"), (false, true));
    assert_eq!(told("c"), (true, false));
    assert_eq!(told("d"), (false, true));
    assert_eq!(told("e"), (true, true));
    assert_eq!(told("f"), (true, true));
    assert_eq!(told("f2"), (true, false));
    assert_eq!(told("g"), (false, true));
}

/// What rsync hid below `/srv/x/s/` with these rules.
#[test]
fn the_slash_modifier_looks_at_absolute_paths() {
    for (rule, hidden) in [
        ("-/ /srv/x/s/foo", true),
        ("-/ /foo", false),
        ("-/ s/foo", true),
        ("-/ foo", true),
        ("-/ x/*/foo", true),
        ("-/ /**/foo", true),
        ("-/ srv/**", true),
        ("-/ x/***", true),
        ("- s/foo", false),
    ] {
        let rules = filters(&[rule]);
        let scope = rules.around(Side::Sender, "/srv/x/y/../s/.".as_ref(), true);
        let hides = rules.excluded(&scope, b"foo", true).is_some();
        assert_eq!(hides, hidden, "{rule}");
    }
}

#[test]
fn faulty_texts_are_refused_with_the_words_of_rsync() {
    for (text, says) in [
        ("foo", "Unknown filter rule: foo"),
        ("excludefoo", "Unknown filter rule: excludefoo"),
        ("EXCLUDE a", "Unknown filter rule: EXCLUDE a"),
        (" - a", "Unknown filter rule:  - a"),
        ("-", "unexpected end of filter rule: -"),
        ("- ", "unexpected end of filter rule: - "),
        ("-,", "unexpected end of filter rule: -,"),
        ("exclude", "unexpected end of filter rule: exclude"),
        ("! x", "'!' rule has trailing characters: ! x"),
        ("clear ", "'!' rule has trailing characters: clear "),
        (
            "-q foo",
            "invalid modifier 'q' at position 1 in filter rule: -q foo",
        ),
        (
            "-foo",
            "invalid modifier 'f' at position 1 in filter rule: -foo",
        ),
        (
            "Hs foo",
            "invalid modifier 's' at position 1 in filter rule: Hs foo",
        ),
        (
            "-s,r a",
            "invalid modifier ',' at position 2 in filter rule: -s,r a",
        ),
        (
            "exclude,sq a",
            "invalid modifier 'q' at position 9 in filter rule: exclude,sq a",
        ),
    ] {
        let error = Rules::default().push_filter(text.as_ref()).expect_err(text);
        assert_eq!(error.to_string(), says);
        assert!(!error.is_of_file());
    }
    let error = Rules::default()
        .push_exclude("+ ".as_ref())
        .expect_err("no pattern");
    assert_eq!(error.to_string(), "unexpected end of filter rule: + ");
    let mut rules = filters(&["- a", "!,"]);
    assert!(rules.is_empty());
    rules.push_filter("".as_ref()).expect("nothing");
    assert!(rules.is_empty());
}

#[test]
fn a_pattern_of_4096_bytes_is_left_out_and_4095_is_kept() {
    let mut rules = Rules::default();
    let long = "a".repeat(4096);
    rules.push_exclude(long.as_ref()).expect("no error");
    assert!(rules.is_empty());
    let notes = rules.take_notes();
    assert!(matches!(&notes[..], [RuleNote::TooLong(shown)] if shown.to_string() == long));
    rules
        .push_exclude(long[1..].as_ref())
        .expect("just short enough");
    assert!(hides(&rules, &long[1..], false));
}
