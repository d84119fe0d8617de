//! Where there is no way back.

use crate::place::Place;

const TREE: &str =
    "mkdir -p far/d; echo a > far/a; echo b > far/d/b; ln -s a far/l; ages far 1600000000";

#[test]
fn a_directory_without_a_past_is_not_pushed() {
    let place = Place::with(TREE);
    place.room.sh("cp -a far m; mkdir n");
    for verb in ["push", "diff"] {
        let said = place.room.resilver(&format!("{verb} m"));
        said.code(3).says(&["no catalogue", "a pull"]);
    }
    // One that was mirrored within this machine has none either.
    place.room.resilver("-a far/ n").ok();
    place
        .room
        .resilver("push n")
        .code(3)
        .says(&["no catalogue"]);
}

#[test]
fn pulls_that_change_what_they_bring_are_refused_by_name() {
    for (options, word) in [
        ("-aL", "--copy-links"),
        ("-aR", "--relative"),
        ("-a --munge-links", "--munge-links"),
        ("-a --copy-unsafe-links", "--copy-unsafe-links"),
        ("-lptd", "--recursive"),
    ] {
        let place = Place::with(TREE);
        place.pull(options);
        place.room.sh("echo x >> far/a");
        place.push("").code(4).says(&[word]);
    }
}

#[test]
fn a_directory_of_points_is_no_mirror() {
    let place = Place::with(TREE);
    let from = place.far("far/");
    place
        .room
        .resilver(&format!("-a --time-points {from} points"))
        .ok();
    for verb in ["push", "diff"] {
        let said = place.room.resilver(&format!("{verb} points"));
        assert_ne!(said.code, 0, "{said}");
    }
}

#[test]
fn sources_that_are_not_one_directory_are_refused() {
    for (source, why) in [("far/a", "single file"), ("far/*", "wildcards")] {
        let place = Place::with(TREE);
        place.room.sh("mkdir m");
        let from = place.far(source);
        place.room.resilver(&format!("-a {from} m/")).ok();
        place.push("").code(4).says(&[why, "push by hand"]);
    }
    let place = Place::with(TREE);
    let from = place.far("far/d");
    place
        .room
        .resilver(&format!(
            "-a {from} :{}/far/a m",
            place.room.path().display()
        ))
        .ok();
    place.push("").code(4).says(&["several sources"]);
}

#[test]
fn protocols_that_change_what_is_around_a_name_are_refused() {
    let place = Place::with(TREE);
    place.pull("-a --protocol=29");
    assert_eq!(place.diff(), []);
    place.push("").ok();
    place.room.sh("echo x >> m/a");
    place
        .push("")
        .code(4)
        .says(&["--protocol=29", "30 or newer"]);
    assert_eq!(place.room.read("far/a"), "a\n");
}

#[test]
fn rules_that_cannot_be_read_again_are_refused() {
    for options in ["--exclude-from=-", "--filter='. -'"] {
        let place = Place::with(TREE);
        let from = place.far("far/");
        place
            .room
            .sh(&format!("echo '- x' | \"$RESILVER\" -a {options} {from} m"));
        place.push("").code(4).says(&["standard input"]);
    }
}

#[test]
fn settlements_exclude_each_other() {
    let place = Place::with(TREE);
    place.push("--ours --theirs").code(1);
    place.room.resilver("push").code(1);
}

#[test]
fn an_origin_that_is_gone_takes_nothing_with_it() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("mv far away");
    let before = place.tree("m");
    for verb in ["push --theirs", "push --ours", "diff"] {
        let said = place.room.resilver(&format!("{verb} m"));
        assert!(said.code == 23 || said.code == 11, "{said}");
    }
    assert_eq!(place.tree("m"), before);
    assert!(!place.room.exists("far"));
}

#[test]
fn a_mirror_is_on_this_machine() {
    let place = Place::with(TREE);
    for verb in ["push", "diff"] {
        for mirror in ["here:/far", "here::far", "rsync://here/far"] {
            let said = place.room.resilver(&format!("{verb} {mirror}")).code(1);
            said.says(&[mirror, "is on another machine", "a mirror on this one"]);
        }
    }
}
