//! Random patterns against the real rsync, which lists one tree of many short names under each.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{RuleError, Rules, Scope, Side};
use crate::sys::Dir;
use crate::tree::stock;

/// Names made of few letters, three levels deep, so that patterns of the same letters often match. The
/// directories are real files' parents, so every prefix of a name is asked about too.
fn tree() -> &'static TempDir {
    static TREE: OnceLock<TempDir> = OnceLock::new();
    TREE.get_or_init(|| {
        let root = tempfile::tempdir().expect("a directory");
        let dirs = [
            "a", "ab", "b]", "a/b", "a/a", "ab/a", "ab/a/b", "a/b/aab", "b]/a-", "a/b/ab/b",
        ];
        for dir in dirs {
            fs::create_dir_all(root.path().join(dir)).expect("a directory");
        }
        for dir in [""].iter().chain(&dirs) {
            for name in [
                "b", "ba", "aba", "bb", "-", "[a", "a]", "b\\", "*a", ".a", "-b", "\\*", "a?", "[",
                ":a",
            ] {
                let path = root.path().join(dir).join(name);
                if !path.exists() {
                    fs::write(path, b"").expect("a file");
                }
            }
        }
        root
    })
}

/// All names of the tree, each directory before what is in it.
fn all() -> &'static [(Vec<u8>, bool)] {
    static ALL: OnceLock<Vec<(Vec<u8>, bool)>> = OnceLock::new();
    ALL.get_or_init(|| stock::listed(tree().path(), &["--no-inc-recursive"]))
}

/// What is left of the tree: every name that is not hidden and whose directory is not.
fn left(rules: &Rules, scope: &Scope) -> Vec<(Vec<u8>, bool)> {
    let mut hidden: Vec<&[u8]> = Vec::new();
    let mut left = Vec::new();
    for (path, is_dir) in all() {
        let below = |dir: &&[u8]| {
            path.strip_prefix(*dir)
                .is_some_and(|rest| rest.starts_with(b"/"))
        };
        if hidden.iter().any(below) {
            continue;
        }
        if rules.excluded(scope, path, *is_dir).is_some() {
            hidden.push(path);
        } else {
            left.push((path.clone(), *is_dir));
        }
    }
    left
}

/// Pieces that patterns are put together from.
const PIECE: &str = r"a|b|a|b|/|/|\*|\*|\*\*|\*\*\*|\?|\[ab\]|\[!a\]|\[\^b-\]|\[b-a\]|\[\[:punct:\]a\]|\[|\]|\\|-|\.|:|!|\[]a\]|\[\[:|\[/\]";

fn pattern() -> impl Strategy<Value = String> {
    prop::string::string_regex(&format!("({PIECE}){{1,6}}/?")).expect("a strategy")
}

fn same_as_rsync(
    option: &str,
    texts: &[String],
    rules: &Rules,
    scope: &Scope,
) -> Result<(), TestCaseError> {
    let options: Vec<String> = texts
        .iter()
        .map(|text| format!("{option}={text}"))
        .collect();
    let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
    options.push("--no-inc-recursive");
    let theirs = stock::listed(tree().path(), &options);
    let ours = left(rules, scope);
    let odd = ours
        .iter()
        .find(|e| !theirs.contains(e))
        .or(theirs.iter().find(|e| !ours.contains(e)));
    prop_assert!(
        odd.is_none(),
        "{texts:?}: {}",
        odd.expect("one").0.escape_ascii()
    );
    Ok(())
}

/// Directories in which files of rules are put.
const DIRS: [&str; 5] = ["", "a", "a/b", "a/b/ab", "ab"];

/// A tree of its own for each case, with these texts as `.rf` or `.sub` of its directories.
fn planted(files: &[(usize, bool, Vec<String>)]) -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    for dir in DIRS {
        fs::create_dir_all(root.path().join(dir)).expect("a directory");
    }
    for dir in DIRS {
        let dir = root.path().join(dir);
        for name in ["b", "ba", "bb", "[a", "-", "b\\"] {
            if !dir.join(name).exists() {
                fs::write(dir.join(name), b"").expect("a file");
            }
        }
    }
    for (dir, sub, texts) in files {
        let name = if *sub { ".sub" } else { ".rf" };
        let path = root.path().join(DIRS[*dir]).join(name);
        fs::write(path, texts.join("\n")).expect("a file");
    }
    root
}

/// What is left of a directory and all below it, in the order of rsync's list; or the file of rules that
/// this side has to refuse.
fn walked(
    root: &Path,
    at: &[u8],
    rules: &Rules,
    outer: &Scope,
    all: &[(Vec<u8>, bool)],
    left: &mut Vec<(Vec<u8>, bool)>,
) -> Result<(), RuleError> {
    let dir = Dir::open(&root.join(crate::sys::as_path(at))).expect("a directory");
    let scope = rules.enter(outer, &dir, at, &mut |_| {})?;
    let inside = |path: &[u8]| {
        let parent = path
            .iter()
            .rposition(|b| *b == b'/')
            .map_or(&b""[..], |end| &path[..end]);
        parent == at
    };
    for (path, is_dir) in all.iter().filter(|(path, _)| inside(path)) {
        if rules.excluded(&scope, path, *is_dir).is_none() {
            left.push((path.clone(), *is_dir));
            if *is_dir {
                walked(root, path, rules, &scope, all, left)?;
            }
        }
    }
    Ok(())
}

/// A rule as a directory's file may have it.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (r"[-+HS](/|!|)(_| )", pattern()).prop_map(|(head, pattern)| head + &pattern),
        1 => Just("!".to_owned()),
        1 => r":(n|e|-|r|s|) \.sub",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_exclude_hides_what_it_hides_in_rsync(pattern in pattern()) {
        let mut rules = Rules::default();
        rules.push_exclude(pattern.as_ref()).expect("a pattern");
        same_as_rsync("--exclude", &[pattern], &rules, &Scope::default())?;
    }

    #[test]
    fn files_of_directories_hide_what_they_hide_in_rsync(
        files in prop::collection::vec(
            (0..DIRS.len(), prop::bool::weighted(0.3), prop::collection::vec(line(), 1..4)), 1..5),
        named in prop::sample::subsequence(vec![": .rf", ":n .sub", "- b*", ":e .rf", ":s .sub"], 1..4),
    ) {
        let root = planted(&files);
        let at = root.path().canonicalize().expect("the root");
        let mut rules = Rules::default();
        let mut options: Vec<String> = vec!["--no-inc-recursive".into()];
        for text in named {
            rules.push_filter(text.as_ref()).expect(text);
            options.push(format!("--filter={text}"));
        }
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let all = stock::listed(&at, &["--no-inc-recursive"]);
        let mut left = Vec::new();
        let ours = walked(&at, b"", &rules, &rules.around(Side::Sender, &at, true), &all, &mut left);
        left.sort();
        let ours = ours.ok().map(|()| left);
        // Some files are faulty for a side that their rule names: both refuse them.
        let theirs = stock::listed_or_refused(&at, &options).map(|mut names| {
            names.sort();
            names
        });
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn filters_hide_what_they_hide_in_rsync(
        texts in prop::collection::vec((r"[-+HSPR](,|)(/|!|p|/!|)(_| )", pattern()), 1..4),
    ) {
        let texts: Vec<String> = texts.into_iter().map(|(head, pattern)| head + &pattern).collect();
        let mut rules = Rules::default();
        for text in &texts {
            rules.push_filter(text.as_ref()).expect(text);
        }
        let scope = rules.around(Side::Sender, &tree().path().canonicalize().expect("the root"), true);
        same_as_rsync("--filter", &texts, &rules, &scope)?;
    }
}
