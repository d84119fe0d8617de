//! What other programs do through descriptors that they keep across the switch.

use crate::kit::{Room, skip_unless};

const FIXTURE: &str = "
    mkdir -p s/sub d/sub; for n in stays changed removed; do echo old > d/$n; echo old > d/sub/$n; done
    touch -d @1000000000 d/stays d/sub/stays; cp -a d/stays s/; cp -a d/sub/stays s/sub/
    echo newer > s/changed; echo newer > s/sub/changed; touch -d @1000000000 s/sub s; mkdir s/made; echo made > s/made/made";

/// Steps of a run, the number of each, from the first on that seals the switch.
fn steps(options: &str) -> Vec<(usize, String)> {
    let room = Room::with(FIXTURE);
    room.set(
        "RESILVER_CUT_LOG",
        room.at("log").to_str().expect("a plain path"),
    );
    room.resilver(options).ok();
    room.read("log")
        .lines()
        .map(str::to_owned)
        .enumerate()
        .collect()
}

/// Runs with descriptors 7 (directory), 8 and 9 (files) open in the old tree, and `others` at a step.
fn run_with(room: &Room, step: usize, open: &str, others: &str, options: &str) -> String {
    room.set("RESILVER_CUT", &(step + 1).to_string());
    room.set("RESILVER_CUT_RUN", others);
    let said = room.sh(&format!("{open}; exec \"$RESILVER\" {options}"));
    room.unset();
    said.text()
}

/// Appended to a file that stays: it is one file for all trees.
/// Appended to one that is replaced or removed: there, or kept and named, at whatever step.
#[test]
fn files_held_open_across_the_switch() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    for method in ["swap", "journal"] {
        let options = format!("--threads=1 --commit={method} -rlt --delete s/ d/");
        let steps = steps(&options);
        let decided = steps
            .iter()
            .rposition(|(_, name)| name.starts_with("stage."));
        let decided = decided.expect("a run that stages");
        for (step, name) in &steps {
            let room = Room::with(FIXTURE);
            let said = run_with(
                &room,
                *step,
                "exec 7>>d/sub/stays 8>>d/sub/changed 9>>d/removed",
                "echo late-7 >&7; echo late-8 >&8; echo late-9 >&9",
                &options,
            );
            let at = format!("{method}, at step {step} ({name}): {said}");
            let there = |path: &str, text: &str| room.read(&format!("d/{path}")).contains(text);
            let all = [
                ("sub/stays", "late-7"),
                ("sub/changed", "late-8"),
                ("removed", "late-9"),
            ];
            let away: Vec<_> = all.into_iter().filter(|(p, t)| !there(p, t)).collect();
            for (path, text) in &away {
                assert!(
                    !room.holding(".d.resilver", text).is_empty(),
                    "{path} is lost: {at}"
                );
                let alone = *path == "sub/stays" && *step > decided;
                assert!(!alone, "{path} was left alone and is another file: {at}");
            }
            for (path, _) in away {
                let named = said.contains(path) || *step <= decided;
                assert!(named, "{path} is not named: {at}");
            }
        }
    }
}

/// A name made through a directory that became the old tree.
#[test]
fn directories_held_open_across_the_switch() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    for method in ["swap", "journal"] {
        let options = format!("--threads=1 --commit={method} -rlt s/ d/");
        let steps = steps(&options);
        for (step, name) in steps {
            let room = Room::with(FIXTURE);
            let said = run_with(
                &room,
                step,
                "exec 6<d 7<d/sub",
                "echo late-6 > /proc/self/fd/6/late6; echo late-7 > /proc/self/fd/7/late7",
                &options,
            );
            let at = format!("{method}, at step {step} ({name}): {said}");
            let mut away = Vec::new();
            for (path, text) in [("late6", "late-6"), ("sub/late7", "late-7")] {
                if !room.read(&format!("d/{path}")).contains(text) {
                    assert!(
                        !room.holding(".d.resilver", text).is_empty(),
                        "{path} is lost: {at}"
                    );
                    away.push(path);
                }
            }
            for path in away {
                assert!(said.contains(path), "{path} is not named: {at}");
            }
        }
    }
}

/// The next run too: a name made in the old tree when the run was over.
#[test]
fn a_name_made_in_the_old_tree_after_the_run() {
    let room = Room::with(FIXTURE);
    let options = "--commit=swap -rlt --delete s/ d/";
    room.sh(&format!(
        "exec 7<d/sub; \"$RESILVER\" {options}; echo later > /proc/self/fd/7/later"
    ));
    assert!(!room.exists("d/sub/later"));
    room.sh("echo newest > s/changed");
    let said = room.resilver(options).ok();
    assert!(
        !room.holding(".d.resilver", "later").is_empty(),
        "lost: {said}"
    );
    said.says(&["sub/later"]);
    room.sh("echo and-again > s/changed");
    room.resilver(options).ok();
    assert!(!room.holding(".d.resilver", "later").is_empty());
}
