//! What a run does outside of its destination, cut at every step: a file that is to be removed from the source is
//! always on one side at least, and a backup outside is whole or not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::run::{End, Run, command, scratch};

const FILES: usize = 3_000;
const PER_DIR: usize = 250;

fn name(n: usize) -> String {
    format!("dir{}/file{n}", n / PER_DIR)
}

fn fill(dir: &Path, text: &str) {
    for n in 0..FILES {
        let path = dir.join(name(n));
        if n.is_multiple_of(PER_DIR) {
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        }
        fs::write(path, format!("{text}{n}")).expect("a file");
    }
}

fn read(dir: &Path, n: usize) -> Option<String> {
    fs::read_to_string(dir.join(name(n))).ok()
}

fn moving(method: &str, dir: &Path) -> Run {
    Run::new([
        "-rt".as_ref(),
        "--threads=1".as_ref(),
        "--remove-source-files".as_ref(),
        "--backup-dir=../b".as_ref(),
        format!("--commit={method}").as_ref(),
        dir.join("s/").as_os_str(),
        dir.join("d").as_os_str(),
    ])
}

fn begin(dir: &Path) {
    for part in ["s", "d", "b"] {
        let _ = fs::remove_dir_all(dir.join(part));
    }
    let _ = fs::remove_dir_all(crate::run::state_of(&dir.join("d")));
    fill(&dir.join("s"), "the new content of ");
    fill(&dir.join("d"), "old ");
}

/// Every file is where it may be; returns how many sources are gone, and how many backups are there.
fn look(dir: &Path, when: &str) -> (usize, usize) {
    let (mut gone, mut kept) = (0, 0);
    for n in 0..FILES {
        let new = format!("the new content of {n}");
        let here = read(&dir.join("s"), n);
        let there = read(&dir.join("d"), n);
        assert!(
            here.as_ref() == Some(&new) || there.as_ref() == Some(&new),
            "{when}: file {n} is on no side: {here:?}, {there:?}"
        );
        assert!(
            here.is_none() || here.as_ref() == Some(&new),
            "{when}: {here:?}"
        );
        gone += usize::from(here.is_none());
        if let Some(backup) = read(&dir.join("b"), n) {
            assert_eq!(backup, format!("old {n}"), "{when}: a backup in part");
            kept += 1;
        }
    }
    (gone, kept)
}

/// The steps around the commit, the first and a late one of those that come for every file.
fn steps(dir: &Path, method: &str) -> Vec<String> {
    begin(dir);
    let log = dir.join("log");
    let _ = fs::remove_file(&log);
    let ran = moving(method, dir).log(&log).run().expect_success();
    let (gone, kept) = look(dir, "uncut");
    assert_eq!((gone, kept), (FILES, FILES), "{ran}");
    let passed = fs::read_to_string(&log).expect("the steps");
    let names: BTreeSet<&str> = passed.lines().collect();
    assert!(
        names.contains("source.remove") && names.contains("backups.name"),
        "{names:?}"
    );
    let mut steps: Vec<String> = names
        .iter()
        .filter(|name| !name.starts_with("stage.") && !name.starts_with("begin."))
        .map(|name| (*name).to_owned())
        .collect();
    for often in [
        "source.remove",
        "backups.keep",
        "backups.name",
        "execute.install",
    ] {
        if passed.lines().filter(|line| *line == often).count() == FILES {
            steps.extend([format!("{often}:2"), format!("{often}:{FILES}")]);
        }
    }
    steps
}

fn cut_around_the_commit(method: &str) {
    let scratch = scratch();
    let dir = scratch.path();
    for step in steps(dir, method) {
        begin(dir);
        let ran = moving(method, dir).cut(&step).run();
        assert!(ran.was_cut(), "{step}: {ran}");
        let (gone, _) = look(dir, &step);
        command("recover", &dir.join("d")).run().expect_success();
        let (after, kept) = look(dir, &format!("{step}, recovered"));
        assert_eq!(
            gone, after,
            "{step}: recovery removes nothing from the source"
        );
        let switched = read(&dir.join("d"), 0).is_some_and(|text| !text.starts_with("old"));
        assert_eq!(
            kept,
            if switched { FILES } else { 0 },
            "{step}: backups, switched: {switched}"
        );
        let again = moving(method, dir).run();
        assert_eq!(again.end, End::Code(0), "{step}: {again}");
        assert_eq!(look(dir, &format!("{step}, run again")), (FILES, FILES));
    }
}

#[test]
fn a_file_is_always_on_one_side_by_swap() {
    cut_around_the_commit("swap");
}

#[test]
fn a_file_is_always_on_one_side_by_journal() {
    cut_around_the_commit("journal");
}

#[test]
fn undo_takes_back_the_tree_and_leaves_what_is_outside() {
    let scratch = scratch();
    let dir = scratch.path();
    begin(dir);
    moving("swap", dir).run().expect_success();
    command("undo", &dir.join("d")).run().expect_success();
    for n in [0, FILES - 1] {
        assert_eq!(read(&dir.join("d"), n), Some(format!("old {n}")));
        assert_eq!(read(&dir.join("b"), n), Some(format!("old {n}")));
        assert_eq!(read(&dir.join("s"), n), None);
    }
}
