//! Files of rules: how they are split, what they add, and what holds in which directory.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::parse::{Form, parse};
use super::pattern::{Pattern, Subject};
use super::rule::Action;
use super::texts::{Split, Text, Texts};
use super::{Environment, Perishable, RuleNote, Rules, Scope, Side};
use crate::sys::Dir;

fn split(text: &[u8], split: Split) -> Vec<(String, Option<usize>)> {
    let mut texts = Texts::new(text, split);
    let mut all = Vec::new();
    while let Some((text, line)) = texts.next() {
        let text = match text {
            Text::Text(text) => String::from_utf8_lossy(&text).into_owned(),
            Text::TooLong => "too long".to_owned(),
        };
        all.push((text, line));
    }
    all
}

#[test]
fn lines_are_counted_and_comments_passed_over() {
    let lines = split(b"#no\r\n\r\r\na\n;no\n b \0cut\rlast", Split::Lines);
    let found: Vec<_> = lines
        .iter()
        .map(|(text, line)| (&**text, line.unwrap()))
        .collect();
    assert_eq!(found, [("a", 4), (" b ", 6), ("last", 7)]);
    let zeros = split(b"a\nb\0\0;no\0#\0c", Split::Zeros);
    let found: Vec<_> = zeros
        .iter()
        .map(|(text, line)| (&**text, line.unwrap()))
        .collect();
    assert_eq!(found, [("a\nb", 1), ("c", 5)]);
}

#[test]
fn words_have_no_lines_and_no_comments() {
    let found = split(b" a\t#b\x0b;c\r\n\nd ", Split::Words { zeros: false });
    let words: Vec<_> = found.iter().map(|(text, _)| &**text).collect();
    assert_eq!(words, ["a", "#b", ";c", "d"]);
    assert!(found.iter().all(|(_, line)| line.is_none()));
    assert_eq!(split(b"a\0b", Split::Words { zeros: true }).len(), 2);
    assert_eq!(split(b"a\0b", Split::Words { zeros: false }).len(), 1);
}

#[test]
fn a_text_without_end_takes_no_memory() {
    let endless = std::io::Read::take(std::io::repeat(b'x'), 50_000_000);
    let mut texts = Texts::new(endless, Split::Lines);
    assert_eq!(texts.next(), Some((Text::TooLong, Some(1))));
    assert_eq!(texts.next(), None);
}

fn make(at: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = at.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs::write(path, text).expect("a file");
    }
}

/// A transfer of a directory of its own.
struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Tree {
        let temp = tempfile::tempdir().expect("a directory");
        make(temp.path(), files);
        Tree(temp)
    }

    /// What holds in a directory, entered from the root down.
    fn scope(&self, rules: &Rules, path: &str) -> Scope {
        let mut scope = rules.around(Side::Sender, self.0.path(), true);
        let mut at = String::new();
        for name in [""]
            .into_iter()
            .chain(path.split('/').filter(|name| !name.is_empty()))
        {
            at = if at.is_empty() {
                name.to_owned()
            } else {
                format!("{at}/{name}")
            };
            let dir = Dir::open(&self.0.path().join(&at)).expect("a directory");
            let entered = rules.enter(&scope, &dir, at.as_bytes(), &mut |note| panic!("{note}"));
            scope = entered.expect("rules");
        }
        scope
    }

    fn hides(&self, rules: &Rules, path: &str) -> bool {
        let dir = Path::new(path)
            .parent()
            .and_then(Path::to_str)
            .unwrap_or("");
        let scope = self.scope(rules, dir);
        rules.excluded(&scope, path.as_bytes(), false).is_some()
    }
}

fn filters(texts: &[&str]) -> Rules {
    let mut rules = Rules::default();
    for text in texts {
        rules.push_filter(text.as_ref()).expect(text);
    }
    rules
}

#[test]
fn a_directory_without_files_shares_its_parents_scope() {
    let tree = Tree::new(&[(".rf", "- a\n"), ("k/m/x", ""), ("l/.rf", "+ a\n")]);
    let rules = filters(&[": .rf"]);
    let same = |a: &str, b: &str| {
        let parent = tree.scope(&rules, a);
        let dir = Dir::open(&tree.0.path().join(b)).expect("a directory");
        let child = rules
            .enter(&parent, &dir, b.as_bytes(), &mut |_| {})
            .expect("rules");
        parent.is_same(&child)
    };
    assert!(same("", "k") && same("k", "k/m"));
    assert!(!same("", "l"));
    assert!(tree.hides(&rules, "k/m/a") && !tree.hides(&rules, "l/a"));
    let none = filters(&["- a"]);
    assert!(
        none.around(Side::Sender, tree.0.path(), true)
            .is_same(&Scope::default())
    );
}

#[test]
fn a_local_file_is_forgotten_below() {
    let tree = Tree::new(&[(".rf", "- a\n"), ("k/x", ""), ("k/m/.rf", "- b\n")]);
    let rules = filters(&[":n .rf"]);
    assert!(tree.hides(&rules, "a") && !tree.hides(&rules, "k/a"));
    assert!(tree.hides(&rules, "k/m/b") && !tree.hides(&rules, "k/m/a"));
}

#[test]
fn a_deep_tree_of_files_needs_no_deep_stack() {
    let tree = Tree::new(&[(".rf", "- a\n")]);
    let rules = filters(&[": .rf"]);
    let dir = Dir::open(tree.0.path()).expect("a directory");
    let mut scope = rules.around(Side::Sender, tree.0.path(), true);
    for _ in 0..200_000 {
        scope = rules.enter(&scope, &dir, b"", &mut |_| {}).expect("rules");
    }
    assert!(rules.excluded(&scope, b"a", false).is_some());
    assert!(rules.excluded(&scope, b"b", false).is_none());
    drop(scope);
}

#[test]
fn a_pipe_is_no_file_of_rules() {
    let tree = Tree::new(&[("x", "")]);
    let dir = Dir::open(tree.0.path()).expect("a directory");
    dir.make_node(b".rf", crate::sys::Kind::Fifo, 0o600, (0, 0))
        .expect("a pipe");
    let rules = filters(&[": .rf", "- b"]);
    assert!(tree.hides(&rules, "b") && !tree.hides(&rules, "a"));
}

#[test]
fn rules_of_other_options_come_with_their_sides() {
    let mut rules = Rules::default();
    rules
        .leave_out_partial_dir(".part//".as_ref())
        .expect("a rule");
    rules.protect_backups("~".as_ref()).expect("a rule");
    let around = Scope::default();
    let decides = |side, perishable, path: &[u8], is_dir| {
        rules
            .deciding(&around, side, perishable, path, is_dir)
            .is_some()
    };
    let counts = Perishable::Counts;
    assert!(decides(Side::Sender, counts, b"k/.part", true));
    assert!(decides(Side::Receiver, counts, b"k/.part", true));
    assert!(!decides(
        Side::Receiver,
        Perishable::Ignored,
        b"k/.part",
        true
    ));
    assert!(!decides(Side::Sender, counts, b"k/.part", false));
    assert!(decides(Side::Receiver, counts, b"k/x~", false));
    assert!(decides(Side::Receiver, Perishable::Ignored, b"k/x~", false));
    assert!(!decides(Side::Sender, counts, b"k/x~", false));
}

#[test]
fn delete_excluded_narrows_rules_without_a_side() {
    let tree = Tree::new(&[(".rf", "- c\n-r d\n")]);
    let mut rules = filters(&["- a", "-sr b", "P e", ": .rf", ":r .sr"]);
    make(tree.0.path(), &[(".sr", "- f\n")]);
    let protects = |rules: &Rules, path: &str| {
        let scope = tree.scope(rules, "");
        let path = path.as_bytes();
        rules
            .deciding(&scope, Side::Receiver, Perishable::Counts, path, false)
            .is_some()
    };
    for path in ["a", "b", "c", "d", "e", "f"] {
        assert!(protects(&rules, path), "{path}");
    }
    rules.delete_excluded();
    for (path, still) in [
        ("a", false),
        ("b", true),
        ("c", false),
        ("d", true),
        ("e", true),
        ("f", true),
    ] {
        assert_eq!(protects(&rules, path), still, "{path}");
        assert_eq!(
            tree.hides(&rules, path),
            matches!(path, "a" | "b" | "c"),
            "{path}"
        );
    }
}

#[test]
fn attributes_are_asked_about_by_rules_of_their_own() {
    let asked = |rules: &Rules, name: &[u8]| rules.xattr_allowed(Side::Sender, name);
    assert_eq!(asked(&filters(&["- user.*"]), b"user.a"), None);
    let rules = filters(&["-x user.a*", "+x user.*", "- user.b", "-xr *"]);
    assert_eq!(asked(&rules, b"user.a1"), Some(false));
    assert_eq!(asked(&rules, b"user.b"), Some(true));
    assert_eq!(asked(&rules, b"trusted.x"), Some(true));
    assert_eq!(
        rules.xattr_allowed(Side::Receiver, b"trusted.x"),
        Some(false)
    );
    assert!(
        rules
            .excluded(&Scope::default(), b"user.a1", false)
            .is_none()
    );
}

#[test]
fn cvs_reads_home_and_environment() {
    let tree = Tree::new(&[(".cvsignore", "mine *.x\n")]);
    let environment = |variable: Option<&str>| Environment {
        home: Some(tree.0.path().to_owned()),
        cvsignore: variable.map(Into::into),
    };
    let hidden = |rules: &Rules, path: &str| {
        rules
            .excluded(&Scope::default(), path.as_bytes(), false)
            .is_some()
    };
    let mut rules = Rules::new(environment(Some("env")));
    rules.push_cvs().expect("rules");
    for path in ["a.o", "k/core", "mine", "b.x", "env"] {
        assert!(hidden(&rules, path), "{path}");
    }
    assert!(!hidden(&rules, "a.c"));
    let mut rules = Rules::new(environment(Some("! env")));
    rules.push_exclude("own".as_ref()).expect("a rule");
    rules.push_cvs().expect("rules");
    assert!(hidden(&rules, "own") && hidden(&rules, "env"));
    assert!(!hidden(&rules, "mine") && !hidden(&rules, "a.o"));
}

#[test]
fn errors_show_no_text_of_files() {
    let tree = Tree::new(&[
        ("x", "- fine\n\nsecret\n"),
        ("y", ". x\n"),
        ("z", ". secret\n"),
    ]);
    let name = |file: &str| tree.0.path().join(file).to_str().expect("text").to_owned();
    let error = |text: String| {
        let error = Rules::default()
            .push_filter(text.as_ref())
            .expect_err("faulty");
        assert!(!error.to_string().contains("secret"), "{error}");
        (error.to_string().replace(&name(""), ""), error.is_of_file())
    };
    let text = |says: &str, of_file| (says.to_owned(), of_file);
    assert_eq!(
        error(format!(". {}", name("x"))),
        text("Unknown filter rule: <rule from x line 3>", false)
    );
    assert_eq!(
        error(format!(". {}", name("z"))),
        text("failed to open exclude file <rule from z line 1>", true)
    );
    assert_eq!(
        error(format!("merge {}", name("none"))),
        text(
            "resilver: failed to open exclude file none: No such file or directory (2)",
            true
        )
    );
}

#[test]
fn what_is_left_out_is_noted() {
    let long = "x".repeat(4096);
    let tree = Tree::new(&[("x", &format!("- {long}\n- a\n"))]);
    let mut rules = Rules::default();
    let file = tree.0.path().join("x");
    rules.exclude_from(file.as_os_str()).expect("rules");
    let notes = rules.take_notes();
    assert!(
        matches!(&notes[..], [RuleNote::TooLong(shown)] if shown.to_string().ends_with("x line 1>"))
    );
    assert!(rules.take_notes().is_empty());
    assert!(rules.excluded(&Scope::default(), b"a", false).is_some());
}

/// Bytes of which faulty rules are made.
fn odd_text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        Just(b'-'),
        Just(b'+'),
        Just(b'!'),
        Just(b'.'),
        Just(b':'),
        Just(b'/'),
        Just(b'*'),
        Just(b'['),
        Just(b']'),
        Just(b'\\'),
        Just(b'_'),
        Just(b' '),
        Just(b','),
        Just(b'C'),
        Just(b's'),
        Just(b'e'),
        any::<u8>(),
    ];
    prop::collection::vec(byte, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_parsing_or_matching_panic(text in odd_text(), dir in odd_text(), path in odd_text(), is_dir: bool) {
        for form in [Form::Full, Form::Cvs, Form::Bare(Action::Include), Form::Prefixed(Action::Exclude)] {
            let _ = parse(&text, form);
        }
        let subject = Subject::new(&dir, &path, is_dir);
        for absolute in [false, true] {
            let _ = Pattern::new(&text, absolute).matches(&subject);
            let _ = Pattern::below(&dir, &text, absolute).matches(&subject);
        }
    }

    #[test]
    fn no_file_makes_reading_panic(text in prop::collection::vec(odd_text(), 0..6)) {
        let tree = Tree::new(&[]);
        fs::write(tree.0.path().join(".rf"), text.join(&b'\n')).expect("a file");
        for rule in [": .rf", ":w .rf", ":C .rf", ":- .rf", ":e/p .rf", ": /.rf"] {
            let rules = filters(&[rule]);
            let dir = Dir::open(tree.0.path()).expect("a directory");
            let around = rules.around(Side::Sender, tree.0.path(), true);
            if let Ok(scope) = rules.enter(&around, &dir, b"", &mut |_| {}) {
                let _ = rules.excluded(&scope, b"k/a", false);
            }
        }
    }
}
