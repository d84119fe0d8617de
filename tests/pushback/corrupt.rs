//! Files that a crash or a disk cut short: they are no edits, and no push sends them.

use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d; echo abcdef > far/a; echo b > far/d/b; echo c > far/c; ages far 1600000000; \
                    touch -d @1600000000.123456789 far/a";
/// Damages a file of the mirror.
const CUT: &str = "touch -r m/a stamp; printf abc > m/a; touch -r stamp m/a";

fn damaged(pull: &str) -> Place {
    let place = Place::with(TREE);
    place.pull(pull);
    place.room.sh(CUT);
    place
}

fn is_good(place: &Place) {
    assert_eq!(place.room.read("far/a"), "abcdef\n");
}

#[test]
fn what_is_corrupt_is_never_sent() {
    // Times are whole seconds before protocol 31.
    for pull in ["-a", "-a --protocol=30"] {
        let place = damaged(pull);
        let corrupt = ("a".to_owned(), "corrupt | - | corrupt".to_owned());
        assert_eq!(place.diff(), std::slice::from_ref(&corrupt), "{pull}");
        place
            .room
            .resilver("diff m")
            .code(29)
            .says(&["corrupt", "-", "corrupt", "a"])
            .says(&["0 conflicts, 1 corrupt"]);
        place.room.sh("echo mine >> m/d/b; chmod 600 m/a");
        place.push("-n -i").code(29).never_says(&["<f", " a"]);
        let said = place.push("-i").code(29);
        said.says(&["corrupt: a: another size here"])
            .says(&["sent 1"])
            .says(&["1 corrupt", "--theirs"])
            .never_says(&["<f", " a"])
            .never_says(&["conflict"]);
        is_good(&place);
        assert_eq!(place.room.read("far/d/b"), "b\nmine\n");
        place.push("-q").code(29).says(&["corrupt: a"]);
        let to = place.far("far/");
        let guarded = format!("-a --delete --guard-edits m/ {to}");
        place.room.resilver(&guarded).code(29).says(&["corrupt: a"]);
        is_good(&place);
        assert_eq!(place.diff(), [corrupt]);
        // So does verify.
        place
            .room
            .resilver("verify m")
            .code(29)
            .says(&["corrupt", "a"]);
        place.pull("-a");
        assert_eq!(place.diff(), []);
    }
}

#[test]
fn conflicts_come_first() {
    let place = damaged("-a");
    place.room.sh("echo mine >> m/c; echo theirs1 >> far/c");
    place.room.resilver("diff m").code(28);
    place
        .push("")
        .code(28)
        .says(&["conflict: c"])
        .says(&["corrupt: a"])
        .says(&["1 conflict, 1 corrupt"]);
    is_good(&place);
}

#[test]
fn what_was_done_there_is_told_with_it() {
    for (there, word) in [
        ("echo more >> far/a", "changed"),
        ("rm far/a", "deleted"),
        ("rm far/a; mkdir far/a", "type changed"),
    ] {
        let place = damaged("-a");
        place.room.sh(there);
        let state = format!("corrupt | {word} | corrupt");
        assert_eq!(place.diff(), [("a".to_owned(), state)]);
        let before = place.tree("far");
        place
            .push("")
            .code(29)
            .says(&["corrupt: a", &format!("; {word} there")]);
        assert_eq!(place.tree("far"), before);
        place.push("--theirs").ok();
        assert_eq!(place.tree("m"), before);
        assert_eq!(place.diff(), []);
    }
}

#[test]
fn what_is_corrupt_is_settled() {
    let place = damaged("-a");
    place.push("--theirs").ok().says(&["fetched 1"]);
    assert_eq!(place.room.read("m/a"), "abcdef\n");
    assert_eq!(place.diff(), []);

    let place = damaged("-a");
    place.push("--ours").ok().says(&["sent 1"]);
    assert_eq!(place.room.read("far/a"), "abc");
    assert_eq!(place.diff(), []);

    let place = damaged("-a");
    place.push("--keep-both").ok().says(&["sent 1"]);
    assert_eq!(place.room.read("far/a"), "abc");
    place.room.sh("[ \"$(cat far/a.theirs-20*)\" = abcdef ]");
}

#[test]
fn who_writes_within_the_second_edits() {
    for pull in ["-a", "-a --protocol=30"] {
        let place = Place::with(TREE);
        place.pull(pull);
        place
            .room
            .sh("echo mine >> m/a; touch -d @1600000000.5 m/a");
        let expected = ("a".to_owned(), "changed | - | send".to_owned());
        assert_eq!(place.diff(), [expected]);
    }
    // Without times nothing tells.
    let place = Place::with(TREE);
    place.pull("-rlp");
    place.room.sh(CUT);
    let expected = ("a".to_owned(), "changed | - | send".to_owned());
    assert_eq!(place.diff(), [expected]);
}
