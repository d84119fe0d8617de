//! Random patterns against the real rsync, which lists one tree of many short names under each.

use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;
use tempfile::TempDir;

use super::{Rules, Scope};
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_exclude_hides_what_it_hides_in_rsync(pattern in pattern()) {
        let mut rules = Rules::default();
        rules.push_exclude(pattern.as_ref()).expect("a pattern");
        same_as_rsync("--exclude", &[pattern], &rules, &Scope::default())?;
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
        let scope = rules.around(&tree().path().canonicalize().expect("the root"), true);
        same_as_rsync("--filter", &texts, &rules, &scope)?;
    }
}
