//! The recorded matches of single rules (`testdata/filter-cases.tsv`), each through the whole program.
//!
//! A path is named by `-R` behind `/./`, so that no directory on the way to it is asked about.

use std::ffi::OsString;
use std::fs;

use crate::case::scratch;
use crate::run::{Method, Program, Surroundings, run};

fn check(method: Method) {
    let scratch = scratch();
    let root = scratch.path().join("w");
    let table = include_str!("../../testdata/filter-cases.tsv");
    let mut rows = 0;
    let mut wrong = Vec::new();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [rule, path, is_dir, expected] = columns[..] else {
            panic!("four columns: {line}");
        };
        let source = root.join("s").join(path);
        fs::create_dir_all(source.parent().expect("a parent")).expect("directories");
        if is_dir == "1" {
            fs::create_dir_all(&source).expect("a directory");
        } else {
            fs::write(&source, path).expect("a file");
        }
        let args = [
            "-rR",
            &format!("--filter={rule}"),
            &format!("s/./{path}"),
            "d/",
        ];
        let args = args.map(OsString::from);
        let output = run(
            &Program::resilver(method),
            &args,
            &Surroundings::default(),
            &root,
        );
        assert_eq!(output.code, 0, "{line}");
        let hidden = !root.join("d").join(path).exists();
        if hidden != (expected == "match") {
            wrong.push(line);
        }
        fs::remove_dir_all(&root).expect("an end");
        rows += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(rows, 264);
}

#[test]
fn recorded_matches_hold_under_direct() {
    check(Method::Direct);
}

#[test]
fn recorded_matches_hold_under_journal() {
    check(Method::Journal);
}

#[test]
fn recorded_matches_hold_under_swap() {
    check(Method::Swap);
}
