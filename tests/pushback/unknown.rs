//! Origins that cannot be listed whole.

use crate::kit::{NOBODY, is_root};
use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/docs/deep far/gone; echo 1 > far/docs/d1; echo 2 > far/docs/deep/d2; \
                    echo a > far/a; echo g > far/gone/g; echo k > far/k; ages far 1600000000";

/// A far end that is not let into `far/docs`, by `-e ./nrsh`.
fn place() -> Place {
    let place = Place::with(TREE);
    place.room.sh("chmod -R a+rwX far");
    place.pull("-a");
    let shell = match is_root() {
        true => format!(
            "#!/bin/sh\nshift\nexec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups sh -c \"$*\"\n"
        ),
        false => "#!/bin/sh\nshift\nexec sh -c \"$*\"\n".to_owned(),
    };
    std::fs::write(place.room.at("nrsh"), shell).expect("a script");
    place
        .room
        .sh("chmod 755 nrsh .; chmod 700 far/docs; [ $(id -u) = 0 ] || chmod 0 far/docs");
    place
}

#[test]
fn what_an_incomplete_list_has_not_is_not_taken_for_deleted() {
    let place = place();
    place
        .room
        .sh("echo mine >> m/docs/d1; echo mine >> m/a; rm m/docs/deep/d2; echo new > m/docs/new");
    let diff = place.room.resilver("diff -e ./nrsh m").code(23);
    diff.never_says(&["deleted", "docs/d1"])
        .never_says(&["-  ", "deleted "])
        .says(&["not known"]);
    let json = place.room.resilver("diff --json -e ./nrsh m");
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("an object");
    assert_eq!(json["unknown"], 3, "{json}");
    for options in ["--theirs -n", "--theirs", "--ours", "--keep-both", ""] {
        let said = place.push(&format!("{options} -e ./nrsh")).code(23);
        said.says(&["not known"]);
        assert_eq!(place.room.read("m/docs/d1"), "1\nmine\n", "{options}");
        assert!(place.room.exists("m/docs/new"), "{options}");
        // The rest is done.
        if options == "--theirs" {
            assert_eq!(place.room.read("far/a"), "a\nmine\n");
        }
    }
    place.room.sh("chmod 777 far/docs");
    place
        .push("")
        .ok()
        .never_says(&["conflict:"])
        .says(&["sent 2", "removed there 1"]);
    assert_eq!(place.room.read("far/docs/d1"), "1\nmine\n");
    assert!(!place.room.exists("far/docs/deep/d2"));
    assert_eq!(place.diff(), []);
}

#[test]
fn no_directory_is_removed_by_an_incomplete_list() {
    let place = place();
    place.room.sh("rm -r m/docs m/gone; echo 1 > m/docs");
    let said = place.push("--delete-guard=100 -e ./nrsh");
    said.code(23).says(&["not known"]);
    place.room.sh("chmod 755 far/docs");
    assert_eq!(place.room.read("far/docs/deep/d2"), "2\n");
    assert!(place.room.exists("far/gone"));
}

#[test]
fn an_origin_that_is_not_there_is_an_error() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("mv far away; echo mine >> m/a; rm m/k; echo new > m/new");
    let before = place.tree("m");
    for verb in ["diff", "push", "push -n", "push --theirs", "push --ours"] {
        let said = place.room.resilver(&format!("{verb} m")).code(23);
        said.says(&["could not be listed"]).never_says(&["deleted"]);
    }
    assert_eq!(place.tree("m"), before);
    assert!(!place.room.exists("far"));
    place.room.sh("mv away far");
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    // What is named itself, too.
    let place = Place::with(TREE);
    let from = place.far("far");
    place.room.resilver(&format!("-a {from} m")).ok();
    place.room.sh("mv far away; echo mine >> m/far/a");
    for verb in ["diff", "push --theirs"] {
        let said = place.room.resilver(&format!("{verb} m")).code(23);
        said.says(&["could not be listed"]).never_says(&["deleted"]);
    }
    assert!(place.room.exists("m/far/a"));
}
