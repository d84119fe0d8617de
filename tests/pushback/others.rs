//! What others made in an origin and the mirror knows nothing of: a push leaves it alone.

use crate::kit::Said;
use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d/e; echo a > far/a.txt; echo b > far/d/b.txt; echo c > far/d/e/c.txt; \
                    ages far 1600000000";

/// A push during which a script is run right before one of its connections: the first is the list, the second the
/// look right before, the third what is done.
fn push_while(place: &Place, call: usize, script: &str, options: &str) -> Said {
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\nif [ $(wc -l < calls) = {call} ]; then {script}; fi\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("chmod 755 shell; rm -f calls");
    place.push(&format!("-e ./shell {options}"))
}

#[test]
fn an_include_of_the_pull_risks_nothing() {
    for rule in ["--include='*.c'", "--include='/d/***'"] {
        let place = Place::with(TREE);
        place.pull(&format!("-a {rule}"));
        place.room.sh("rm -r m/d");
        let said = push_while(
            &place,
            3,
            "echo late > far/d/e/late.c",
            "--delete-guard=100",
        );
        assert!(place.room.exists("far/d/e/late.c"), "{rule}: {said}");
        assert!(!place.room.exists("far/d/b.txt"), "{rule}: {said}");
    }
}

#[test]
fn an_exclude_of_the_pull_keeps_nothing_that_it_brought() {
    let place = Place::with(TREE);
    place.pull("-a --include='*/' --include='*.txt' --exclude='*'");
    place.room.sh("rm -r m/d");
    place
        .push("--delete-guard=100")
        .ok()
        .says(&["removed there 4"]);
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
}

#[test]
fn however_much_goes_what_others_made_is_spared() {
    let place = Place::with(TREE);
    place.room.sh(
        "mkdir far/keep far/many; touch far/many/odd.o; cd far/many; seq 4001 | xargs touch; \
         seq 101 4101 | sed 's/$/d/' | xargs mkdir; mkdir 101d/e; touch 101d/e/f; cd ../keep; seq 9000 | xargs touch",
    );
    place.pull("-a --exclude='*.o'");
    place.room.sh("rm -r m/many");
    let said = push_while(&place, 3, "echo late > far/many/4101d/late", "");
    assert!(place.room.exists("far/many/odd.o"), "{said}");
    assert!(place.room.exists("far/many/4101d/late"), "{said}");
    place.room.sh("[ $(ls far/many | wc -l) = 2 ]");
    place.room.sh("rm -r far/many/odd.o far/many/4101d");
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
}

#[test]
fn what_the_pull_does_not_bring_is_not_replaced() {
    let place = Place::with(&format!(
        "{TREE}; ln -s a.txt far/x; ln -s d far/y; ln -s d far/z"
    ));
    place.pull("-rt");
    assert_eq!(place.diff(), []);
    place
        .room
        .sh("echo mine > m/x; mkdir m/y; echo mine > m/y/f");
    let said = place.push("");
    assert_eq!(said.code, 28, "{said}");
    place
        .room
        .sh("[ -L far/x ] && [ -L far/y ] && [ ! -e far/d/f ] && [ -L far/z ]");
    place.push("--ours").ok();
    place
        .room
        .sh("cmp m/x far/x && cmp m/y/f far/y/f && [ -L far/z ]");
}

#[test]
fn what_comes_into_a_directory_that_both_make_is_seen() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("mkdir m/new; echo mine > m/new/f; echo mine > m/new/g");
    let said = push_while(&place, 2, "mkdir far/new; echo theirs > far/new/f", "");
    assert_eq!(said.code, 28, "{said}");
    place
        .room
        .sh("grep -q theirs far/new/f && cmp m/new/g far/new/g");
}
