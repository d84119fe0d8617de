//! What other programs do by path in the live tree while a run is under way, at every step of it.

use crate::kit::{Room, assert_same, skip_unless};

/// A tree in which the run changes, makes and removes, and in which `mine*` is none of its business.
const FIXTURE: &str = "
    mkdir -p s/sub d/sub d/mine.dir/below; cd d
    echo old > changed; echo old > sub/changed; echo stays > stays; echo stays > sub/stays
    echo bye > removed; echo bye > sub/removed
    for n in a b c d; do echo mine $n > mine.$n; done; echo mine > sub/mine.e; echo mine > mine.dir/below/f
    touch -d @1000000000 stays sub/stays; cd ..
    cp -a d/stays s/; cp -a d/sub/stays s/sub/; echo newer > s/changed; echo newer > s/sub/changed
    mkdir s/made; echo made > s/made/made; echo made > s/made-too; ages s 1000000000";

/// By path: make, replace, append in place, remove, rename a directory, change a mode; the last says that it ran.
const OTHERS: &str = "
    echo late > $D/mine.late; mkdir -p $D/sub/mine.late; echo late > $D/sub/mine.late/in
    echo edited > $D/mine.tmp; mv $D/mine.tmp $D/mine.a; echo more >> $D/mine.b; rm $D/mine.c; chmod 4711 $D/mine.d
    echo edited > $D/sub/mine.tmp; mv $D/sub/mine.tmp $D/sub/mine.e; mv $D/mine.dir $D/mine.moved; touch $D/../ran";

const RUN: &str = "-rlt --delete --exclude=mine* s/ d/";

/// The steps that a run of this kind passes, each with how often it was passed before.
fn steps(fixture: &str, options: &str) -> Vec<(String, String)> {
    let room = Room::with(fixture);
    room.set(
        "RESILVER_CUT_LOG",
        room.at("log").to_str().expect("a plain path"),
    );
    room.resilver(options).ok();
    let log = room.read("log");
    let mut seen = std::collections::HashMap::new();
    log.lines()
        .map(|name| {
            let count: &mut usize = seen.entry(name).or_default();
            *count += 1;
            (name.to_owned(), format!("{name}:{count}"))
        })
        .collect()
}

/// Runs `others` at a step of a run; gives what the run said, or nothing where the step did not come.
fn run_with(room: &Room, step: &str, others: &str, options: &str) -> Option<String> {
    let d = room.at("d");
    room.set("D", d.to_str().expect("a plain path"));
    room.set("RESILVER_CUT", step);
    room.set("RESILVER_CUT_RUN", &format!("umask 022\n{others}"));
    let said = room.resilver(options).ok().text();
    room.unset();
    room.exists("ran").then_some(said)
}

/// None of it is the run's business: all of it is there afterwards, whatever the step.
#[test]
fn what_others_do_beside_the_run_is_there_afterwards() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    for method in ["swap", "journal"] {
        let options = format!("--threads=1 --commit={method} {RUN}");
        let mut reached = 0;
        for (_, step) in steps(FIXTURE, &options) {
            let room = Room::with(FIXTURE);
            let Some(said) = run_with(&room, &step, OTHERS, &options) else {
                continue;
            };
            reached += 1;
            let expected = Room::with(FIXTURE);
            expected.resilver(&format!("--commit=direct {RUN}")).ok();
            expected.sh(&format!("umask 022; D=$PWD/d; {OTHERS}"));
            let trees = [&expected, &room].map(|r| r.tree("d").timeless());
            if trees[0] != trees[1] {
                println!("{method}, at {step}: {said}");
            }
            assert_same(&trees[0], &trees[1]);
            // What others do once the switch is made moves the times of directories, as it does on any day.
            let again = options.replace("-rlt", "-rl");
            room.resilver(&format!("-i {again}")).ok().silent();
        }
        assert!(
            reached > 10,
            "only {reached} steps of {method} were reached"
        );
    }
}

/// Others write to what the run replaces or removes: it is there afterwards, or it is kept; and from the
/// moment when all was decided on it is named.
#[test]
fn what_others_do_to_what_the_run_changes_is_there_or_kept() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    let others = "
        for n in changed sub/changed removed sub/removed stays; do
            echo by-others $n > $D/tmp.$$; mv $D/tmp.$$ $D/$n; done
        touch $D/../ran";
    for method in ["swap", "journal"] {
        let options = format!("--threads=1 --commit={method} {RUN}");
        let steps = steps(FIXTURE, &options);
        let decided = steps
            .iter()
            .rposition(|(name, _)| name.starts_with("stage."));
        let mut reached = 0;
        for (place, (_, step)) in steps.iter().enumerate() {
            let room = Room::with(FIXTURE);
            let Some(said) = run_with(&room, step, others, &options) else {
                continue;
            };
            reached += 1;
            for name in ["changed", "sub/changed", "removed", "sub/removed", "stays"] {
                let text = format!("by-others {name}");
                let there = room.read(&format!("d/{name}")).trim_end() == text;
                let kept = room.holding(".d.resilver", &text);
                assert!(
                    there || !kept.is_empty(),
                    "{method}, at {step}: what others wrote to {name} is lost: {said}"
                );
                let named = said.contains(name);
                assert!(
                    there || named || Some(place) <= decided,
                    "{method}, at {step}: {name} is neither there nor named: {said}"
                );
            }
        }
        assert!(
            reached > 10,
            "only {reached} steps of {method} were reached"
        );
    }
}

/// A first mirror: the destination is not there, and somebody else makes it meanwhile.
#[test]
fn somebody_makes_the_destination_during_the_first_run() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    let fixture = "mkdir -p s/sub; echo a > s/a; echo b > s/sub/b";
    let options = "--threads=1 -a s/ d/";
    let mut reached = 0;
    for (_, step) in steps(fixture, options) {
        let room = Room::with(fixture);
        let d = room.at("d");
        room.set("D", d.to_str().expect("a plain path"));
        room.set("RESILVER_CUT", &step);
        let others = "if mkdir $D; then echo theirs > $D/theirs; touch $D/../ran; fi";
        room.set("RESILVER_CUT_RUN", others);
        let said = room.resilver(options);
        room.unset();
        if !room.exists("ran") {
            assert_eq!(said.code, 0, "{said}");
            continue;
        }
        reached += 1;
        let there = room.read("d/theirs") == "theirs\n";
        let kept = !room.holding(".d.resilver", "theirs").is_empty() && said.has(&["theirs"]);
        assert!(there || kept, "at {step}: what others made is lost: {said}");
        room.resilver("-a s/ d/").ok();
        assert_eq!(room.read("d/a") + &room.read("d/sub/b"), "a\nb\n");
    }
    assert!(reached > 5, "only {reached} steps were reached");
}

/// Written after the switch into what became the old tree: named by the next run, and kept.
#[test]
fn what_reaches_the_old_tree_later_is_kept_by_the_next_run() {
    for method in ["swap", "journal"] {
        let room = Room::with(FIXTURE);
        let options = format!("--commit={method} {RUN}");
        // Descriptors kept across the switch; what they lead to has no path in live any more.
        let script = format!(
            "exec 8>>d/changed 9>>d/removed; \"$RESILVER\" {options}; echo by-handle-8 >&8; echo by-handle-9 >&9"
        );
        room.sh(&script);
        assert!(room.holding("d", "by-handle").is_empty());
        room.sh("echo newest > s/changed");
        let said = room.resilver(&options).ok();
        assert_eq!(room.read("d/changed"), "newest\n");
        for (name, text) in [("changed", "by-handle-8"), ("removed", "by-handle-9")] {
            assert!(
                !room.holding(".d.resilver", text).is_empty(),
                "{method}: {text} is lost: {said}"
            );
            assert!(said.has(&[name]), "{method}: {name} is not named: {said}");
        }
        for n in 0..3 {
            room.sh(&format!("echo newest {n} > s/changed"));
            room.resilver(&options).ok().never_says(&["removed"]);
        }
        for text in ["by-handle-8", "by-handle-9"] {
            assert!(
                !room.holding(".d.resilver", text).is_empty(),
                "{method}: {text} was kept and is gone"
            );
        }
    }
}
