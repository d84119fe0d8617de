//! `resilver verify`: what was damaged is found, and what was not is not.

// Made for another set of tests; not all of it is wanted here.
#[allow(dead_code, unused_imports)]
#[path = "../places/kit/mod.rs"]
mod kit;

mod mirror;
mod points;
mod source;

use kit::Said;
use serde_json::Value;

/// A byte is another afterwards, and nothing shows it.
pub const FLIP: &str = "flip() { touch -r \"$1\" .time; printf X | dd of=\"$1\" conv=notrunc status=none; \
                        touch -r .time \"$1\"; rm .time; }\n";

/// The findings of a verification with `--json`, as `WORD PATH`, and its summary.
#[track_caller]
pub fn findings(said: &Said) -> (Vec<String>, Value) {
    let lines = said.out.lines().map(|line| {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {said}"));
        assert_eq!(object["version"], 1, "{said}");
        object
    });
    let objects: Vec<Value> = lines.collect();
    let (summary, others) = objects.split_last().expect("a line");
    assert_eq!(summary["event"], "summary", "{said}");
    assert_eq!(summary["exit_code"], said.code, "{said}");
    let found = others.iter().filter(|object| object["event"] == "finding");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let mut found: Vec<String> = found
        .map(|object| format!("{} {}", text(&object["finding"]), text(&object["path"])))
        .collect();
    assert_eq!(summary["differ"], found.len(), "{said}");
    found.sort();
    (found, summary.clone())
}
