//! What others do to the mirror while a push is under way, and the other way round.

use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d/e; echo a > far/a; echo b > far/d/b; echo c > far/d/e/c; ages far 1600000000";

/// A shell `shell` that does something at one of its calls, of which it keeps a count, before it goes on.
fn hook(place: &Place, at: usize, what: &str) {
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\nif [ $(wc -l < calls) = {at} ]; then {what}; fi\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("rm -f calls; chmod 755 shell");
}

/// What is typed for each run that must not go on beside another one, with `code` added to a file.
fn beside(place: &Place) -> String {
    let (pull, guarded) = (place.far("far/"), place.far("far/"));
    let runs = [
        format!("-a --delete {pull} m"),
        "push m".to_owned(),
        format!("-a --guard-edits m/ {guarded}"),
    ];
    let one = |run: &String| {
        format!("\"$RESILVER\" {run} < /dev/null >> said 2>&1; echo \"code $?\" >> said")
    };
    runs.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn all_were_refused(place: &Place) {
    let said = place.room.read("said");
    let codes: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("code "))
        .collect();
    assert_eq!(codes, ["code 27"; 3], "{said}");
    assert!(said.contains("m is in use by process "), "{said}");
}

#[test]
fn nothing_else_goes_on_beside_a_push() {
    // The list, the look right before, what is removed, what is sent, what is fetched, the look behind.
    for call in 1..=6 {
        let place = Place::with(TREE);
        place.pull("-a");
        place
            .room
            .sh("echo mine >> m/a; rm m/d/b; echo mine >> m/d/e/c; echo theirs1 >> far/d/e/c");
        hook(&place, call, &beside(&place));
        place.push("--theirs -e ./shell").ok();
        all_were_refused(&place);
        assert_eq!(place.room.read("calls").lines().count(), 6);
        assert_eq!(place.room.read("far/a"), "a\nmine\n", "call {call}");
        assert_eq!(place.room.read("m/d/e/c"), "c\ntheirs1\n");
        assert_eq!(place.tree("far"), place.tree("m"));
        assert_eq!(place.diff(), []);
    }
}

#[test]
fn a_guarded_push_holds_the_mirror_too() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo mine >> m/a");
    hook(&place, 3, &beside(&place));
    let to = format!("-e ./shell here:{}/far/", place.room.path().display());
    place
        .room
        .resilver(&format!("-a --guard-edits m/ {to}"))
        .ok();
    all_were_refused(&place);
    assert_eq!(place.room.read("far/a"), "a\nmine\n");
}

#[test]
fn a_mirror_that_is_being_pulled_is_not_pushed() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo theirs >> far/a; echo mine > m/new");
    let room = place.room.path().display();
    let script = format!(
        "#!/bin/sh\ncd {room}\n{}; \"$RESILVER\" diff m >> told 2>&1; echo \"code $?\" >> told\n",
        beside(&place)
    );
    std::fs::write(place.room.at("judge"), script).expect("a script");
    // The pull holds it as long as its stage is judged.
    place.pull(&format!("-a --gate='sh {room}/judge'"));
    all_were_refused(&place);
    // Who only looks is told.
    let told = place.room.read("told");
    assert!(told.contains("m is in use by process "), "{told}");
    assert!(told.ends_with("code 0\n"), "{told}");
}

#[test]
fn what_is_edited_behind_its_sending_is_an_edit() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("echo mine >> m/a; echo mine > m/d/new; rm m/d/b; echo q > m/d/e/c");
    // The look behind.
    hook(
        &place,
        5,
        "echo more >> m/a; rm m/d/new; echo back > m/d/b; echo r > m/d/e/c",
    );
    place
        .push("-e ./shell")
        .ok()
        .says(&["sent 3", "removed there 1"]);
    let expected = [
        ("a", "changed | - | send"),
        ("d/b", "created | - | send"),
        ("d/e/c", "changed | - | send"),
        ("d/new", "deleted | - | remove"),
    ];
    assert_eq!(
        place.diff(),
        expected.map(|(path, state)| (path.to_owned(), state.to_owned()))
    );
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}

#[test]
fn another_directory_of_the_name_is_not_pushed() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("cp -a m other; mv m m.old; mv other m; echo x >> m/a");
    let to = place.far("far/");
    for run in [
        "push m".to_owned(),
        "push -n m".to_owned(),
        "diff m".to_owned(),
        format!("-a --guard-edits m/ {to}"),
    ] {
        let said = place.room.resilver(&run).code(3);
        said.says(&["another directory", "pull into it again"]);
        assert_eq!(place.room.read("far/a"), "a\n");
    }
    // With the directory itself all is as it was.
    place.room.sh("rm -r m; mv m.old m; echo x >> m/a");
    place.push("").ok().says(&["sent 1"]);
    assert_eq!(place.room.read("far/a"), "a\nx\n");
}

#[test]
fn what_was_done_here_is_told() {
    for commit in ["--commit=swap", "--commit=journal"] {
        let place = Place::with(TREE);
        place.pull(&format!("-a {commit}"));
        place.room.sh("echo mine >> m/a; rm far/a");
        place
            .push("--theirs -n")
            .ok()
            .says(&["would have removed here 1"]);
        let said = place.push("--theirs").ok();
        said.says(&["removed here 1"]);
        assert!(!place.room.exists("m/a"));
        place.room.sh("rm m/d/b; echo theirs >> far/d/b");
        let said = place.push("--keep-both").ok();
        said.says(&["fetched 1"]);
        assert_eq!(place.room.read("m/d/b"), "b\ntheirs\n");
        assert_eq!(place.diff(), []);
    }
}

#[test]
fn who_waits_for_a_push_comes_behind_it() {
    let place = Place::with(TREE);
    place.pull("-a --commit=swap");
    place
        .room
        .sh("echo mine >> m/a; rm -r m/d/e; echo mine >> m/d/b; echo theirs1 >> far/d/b; echo theirs >> far/d/e/c");
    // It stands at the door while the mirror is switched twice here.
    place.room.sh("rm far/d/b; echo x > m/d/new");
    let from = place.far("far/");
    let pull = format!(
        "(\"$RESILVER\" -a --delete --wait {from} m < /dev/null > said 2>&1; echo \"code $?\" >> said) & sleep 0.5"
    );
    hook(&place, 1, &pull);
    place
        .push("--theirs --delete-guard=100 -e ./shell")
        .ok()
        .says(&["sent 2", "removed here 1"]);
    place
        .room
        .sh("for i in $(seq 100); do grep -q code said && break; sleep 0.1; done");
    assert_eq!(place.room.read("said"), "code 0\n");
    assert_eq!(place.room.read("far/a"), "a\nmine\n");
    assert_eq!(place.room.read("far/d/new"), "x\n");
    // Its list was made before it had its turn.
    place.pull("-a --delete");
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}
