//! The recorded trees under several rules: what rsync copied of each is what these rules leave of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Rules;

/// Reads a case's options, if all of them are rules that need no file.
fn rules(case: &Value) -> Option<Rules> {
    let mut rules = Rules::default();
    rules.set_root("/srv/s".as_ref());
    let args: Vec<&str> = strings(&case["args"]).collect();
    for pair in args.chunks(2) {
        let [option, text] = pair else { return None };
        let text = text.replace("<ROOT>", "/srv");
        let text = text.as_ref();
        match *option {
            "-f" => rules.push_filter(text).ok()?,
            "--exclude" => rules.push_exclude(text).expect("a rule"),
            "--include" => rules.push_include(text).expect("a rule"),
            _ => return None,
        }
    }
    Some(rules)
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// Every name that the transfer would have, directories ending in a slash, from the files that are listed.
fn names(case: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in strings(&case["tree"]) {
        let file = item.split_once('=').map_or(item, |(file, _)| file);
        let Some(name) = (if case["src"] == "s" {
            Some(file)
        } else {
            file.strip_prefix("s/")
        }) else {
            continue;
        };
        names.extend(name.match_indices('/').map(|(i, _)| name[..=i].to_string()));
        names.insert(name.to_string());
    }
    names
}

fn left(rules: &Rules, names: &BTreeSet<String>) -> Vec<String> {
    let hidden = |name: &str| {
        let (bare, is_dir) = name
            .strip_suffix('/')
            .map_or((name, false), |bare| (bare, true));
        rules.excluded(bare.as_bytes(), is_dir).is_some()
    };
    let with_parents = |name: &str| {
        let parents = name.match_indices('/').map(|(i, _)| &name[..=i]);
        parents.chain([name]).any(hidden)
    };
    names
        .iter()
        .filter(|name| !with_parents(name))
        .cloned()
        .collect()
}

#[test]
fn lists_of_rules_leave_what_rsync_copied() {
    let table = include_str!("../../../testdata/filter-lists.json");
    let cases: Vec<Value> = serde_json::from_str(table).expect("a table");
    let mut seen = 0;
    for case in &cases {
        let (false, Some(rules)) = (case["src"] == "s/./", rules(case)) else {
            continue;
        };
        if strings(&case["dest"]).next().is_some() || case["rc"] != 0 {
            continue;
        }
        let copied: Vec<String> = strings(&case["result"]).map(String::from).collect();
        assert_eq!(left(&rules, &names(case)), copied, "{}", case["name"]);
        seen += 1;
    }
    assert_eq!(seen, 27, "cases that need no files of rules");
}
