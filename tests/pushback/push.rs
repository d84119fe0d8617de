//! `resilver push` and `resilver diff`: what is sent, and what is left alone.

use crate::place::Place;

const TREE: &str = "umask 022; mkdir -p far/d/e; echo a > far/a; echo b > far/d/b; echo c > far/d/e/c; ages far 1600000000";

#[test]
fn what_was_pushed_is_the_base_of_what_comes_next() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.push("").ok().says(&["nothing was pushed"]);
    for round in 1..=3 {
        place.room.sh(&format!(
            "echo {round} >> m/a; echo {round} > m/d/new{round}"
        ));
        place.push("-i").ok().says(&["sent 2"]).says(&["<f", "a"]);
        assert_eq!(place.tree("far"), place.tree("m"));
        place
            .push("-i")
            .ok()
            .says(&["nothing was pushed"])
            .never_says(&["<f"]);
        assert_eq!(place.diff(), []);
    }
    // What was pushed and is then changed there comes back by a pull.
    place.room.sh("echo there >> far/d/new1; rm far/d/new2");
    let state = |path: &str| place.diff().into_iter().find(|(found, _)| found == path);
    assert!(state("d/new1").is_some_and(|(_, state)| state == "- | changed | keep"));
    assert!(state("d/new2").is_some_and(|(_, state)| state == "- | deleted | keep"));
    place.pull("-a --delete");
    assert_eq!(place.diff(), []);
}

#[test]
fn a_dry_run_names_what_would_be_done_and_does_nothing() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo x >> m/a; rm -r m/d; echo file > m/d");
    let before = (place.tree("far"), place.tree("m"));
    place
        .push("-n -i --delete-guard=60")
        .ok()
        .says(&["<f", " a"])
        .says(&["*deleting", "d/e/c"])
        .says(&["would have sent 2"]);
    assert_eq!((place.tree("far"), place.tree("m")), before);
    place
        .push("--delete-guard=60")
        .ok()
        .says(&["sent 2, removed there 3"]);
    assert_eq!(place.tree("far"), place.tree("m"));
}

#[test]
fn a_mirror_within_its_destination_is_pushed_back_from_there() {
    let place = Place::with(TREE);
    let from = place.far("far");
    place
        .room
        .resilver(&format!("-a --exclude=/far/tmp {from} m"))
        .ok();
    place
        .room
        .sh("echo x >> m/far/a; rm m/far/d/b; echo own > m/own");
    // Rules begin with the name of the directory, as they did in the pull.
    place
        .room
        .sh("mkdir m/far/tmp far/tmp; echo 1 > m/far/tmp/ours; echo 1 > far/tmp/theirs");
    assert_eq!(place.diff().len(), 2);
    place.push("").ok();
    place.room.sh("rm m/far/tmp/ours far/tmp/theirs");
    assert_eq!(place.tree("far"), place.tree("m/far"));
    assert_eq!(place.diff(), []);
    place.room.sh("echo y >> m/far/a; echo other >> far/a");
    place.push("--theirs").ok();
    assert_eq!(place.tree("far"), place.tree("m/far"));
    assert_eq!(place.diff(), []);
    assert!(place.room.exists("m/own"));
}

#[test]
fn content_tells_where_size_and_second_do_not() {
    let place = Place::with(TREE);
    place.pull("-a");
    // As an editor would, within the second.
    place
        .room
        .sh("echo x > m/a; touch -d @1600000000.5 m/a; touch m/d/b");
    assert_eq!(place.diff(), [("a".into(), "changed | - | send".into())]);
    place.push("").ok();
    assert_eq!(place.room.read("far/a"), "x\n");
    // A pull without times: there is nothing but content.
    let place = Place::with(TREE);
    place.pull("-rlp");
    assert_eq!(place.diff(), []);
    place.room.sh("echo x > m/a");
    assert_eq!(place.diff(), [("a".into(), "changed | - | send".into())]);
    place.push("").ok();
    assert_eq!(place.room.read("far/a"), "x\n");
    assert_eq!(place.diff(), []);
}

#[test]
fn what_the_pull_left_out_is_left_alone() {
    let place = Place::with(TREE);
    place.room.sh("echo o > far/d/x.o; echo 1 > far/d/e/keep; echo '- *.log' > far/.rsync-filter; echo l > far/d/l.log");
    place.pull("-aF --exclude='*.o'");
    // A directory that goes, with something in it that nobody here ever saw.
    place
        .room
        .sh("rm -r m/d; echo mine > m/new.o; echo mine > m/new.log");
    let said = place.push("--delete-guard=100").ok();
    let left = place.tree("far");
    assert!(left.contains(&"d/x.o: 644 o".into()), "{left:?} {said}");
    assert!(left.contains(&"d/l.log: 644 l".into()), "{left:?} {said}");
    assert!(!place.room.exists("far/d/e") && !place.room.exists("far/d/b"));
    assert!(!place.room.exists("far/new.o") && !place.room.exists("far/new.log"));
    // It is tried again, and told.
    let said = place.push("").ok();
    said.says(&["cannot delete non-empty directory: d"])
        .says(&["left there 1"])
        .never_says(&["removed"]);
    // What a rule hides from now on was not deleted.
    place.room.sh("echo '- a' >> m/.rsync-filter");
    assert_eq!(
        place.diff(),
        [
            (".rsync-filter".into(), "changed | - | send".into()),
            ("d".into(), "deleted | - | remove".into()),
        ]
    );
    place.push("").ok();
    assert!(place.room.exists("far/a"));
}

#[test]
fn directories_on_the_way_stay_as_they_are() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("echo x >> m/d/e/c; mkdir m/d/new; chmod 750 m/d/new; echo y > m/d/new/f");
    place.room.sh("chmod 711 far/d; chmod 700 far/d/e");
    place.push("").ok();
    let left = place.tree("far");
    for line in [
        "d: dir 711",
        "d/e: dir 700",
        "d/new: dir 750",
        "d/e/c: 644 c+x",
    ] {
        assert!(left.contains(&line.into()), "{left:?}");
    }
}

#[test]
fn odd_names_go_both_ways() {
    let place = Place::with(TREE);
    place.room.sh("cd far; for n in '#x' ';y' ' sp ' 'a*' 'b\\?' '[c]' '-d'; do echo 1 > \"./$n\"; done; printf 2 > \"$(printf 'n\\nl')\"");
    place.pull("-a");
    place.room.sh("cd m; rm './#x' 'a*'; for n in ';y' ' sp ' 'b\\?' '[c]' './-d'; do echo 2 >> \"$n\"; done; printf 3 >> \"$(printf 'n\\nl')\"; mkdir '*'; echo 1 > '*/*'");
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    place.room.sh("cd m; rm -r '*' '[c]'");
    place.push("").ok();
    assert_eq!(place.tree("far"), place.tree("m"));
    place.push("").ok().says(&["nothing was pushed"]);
}

#[test]
fn a_resilver_at_the_far_end_takes_it_too() {
    let place = Place::with(TREE);
    place.pull("-a --rsync-path=\"$RESILVER\"");
    place
        .room
        .sh("echo x >> m/a; rm -r m/d/e; rm m/d/b; mkdir m/n; echo n > m/n/n");
    place.room.sh("echo there > far/d/there");
    place.push("").ok();
    let expected: Vec<String> = place.tree("m");
    let mut left = place.tree("far");
    left.retain(|line| line != "d/there: 644 there");
    assert_eq!(left, expected);
    place
        .push("")
        .ok()
        .says(&["kept there 1"])
        .never_says(&["sent"]);
}

#[test]
fn the_way_there_can_be_another_one() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("echo x >> m/a");
    let said = place.push("--rsync-path=/nonexistent/rsync");
    assert_ne!(said.code, 0);
    assert_eq!(place.room.read("far/a"), "a\n");
    place.push("-z --rsync-path='rsync'").ok();
    assert_eq!(place.room.read("far/a"), "a\nx\n");
}

#[test]
fn much_is_removed_only_where_that_is_said() {
    // More than is told by rules.
    let place = Place::with(TREE);
    place.room.sh(
        "mkdir far/many; cd far/many; seq 4100 | xargs touch; cd ../..; echo k > far/many/keep",
    );
    place.pull("-a");
    place.room.sh("cd m/many; seq 4100 | xargs rm");
    let refused = "4100 of 4107 entries there would be removed, more than 50 %";
    place.push("").code(26).says(&[refused]);
    place.push("-n").code(26).says(&[refused]);
    assert!(place.room.exists("far/many/1"));
    place
        .push("--delete-guard=100")
        .ok()
        .says(&["removed there 4100"]);
    assert_eq!(place.tree("far"), place.tree("m"));
}

#[test]
fn what_is_changed_there_while_lists_are_made_is_seen() {
    let place = Place::with(TREE);
    place.pull("-a");
    place
        .room
        .sh("echo mine >> m/a; rm -r m/d/e; echo mine > m/new");
    // The second connection is the look right before the push.
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\nif [ $(wc -l < calls) = 2 ]; then cd far; echo of others >> a; \
         echo of others > new; echo of others >> d/e/c; cd ..; fi\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("chmod 755 shell");
    let said = place.push("-e ./shell").code(28);
    for (path, how) in [
        ("a", "changed here, changed there"),
        ("new", "created here, created there"),
        ("d/e/c", "deleted here, changed there"),
    ] {
        assert!(said.has(&["conflict: ", path, how]), "{path}: {said}");
    }
    assert_eq!(place.room.read("far/a"), "a\nof others\n");
    assert_eq!(place.room.read("far/d/e/c"), "c\nof others\n");
    assert_eq!(place.room.read("far/new"), "of others\n");
}

#[test]
fn what_is_made_at_the_last_moment_in_a_directory_that_goes_is_spared() {
    let place = Place::with(TREE);
    place.pull("-a");
    place.room.sh("rm -r m/d/e");
    // The third connection is the removal itself.
    let shell = place.shell();
    let text = format!(
        "#!/bin/sh\necho >> calls\n[ $(wc -l < calls) = 3 ] && echo late > far/d/e/late\nexec {shell} \"$@\"\n"
    );
    std::fs::write(place.room.at("shell"), text).expect("a script");
    place.room.sh("chmod 755 shell");
    let said = place.push("-e ./shell");
    said.says(&["cannot delete non-empty directory: d/e"])
        .says(&["left there 1"]);
    let said = place.room.resilver("diff m").code(28);
    said.says(&["1 conflict, 1 waits for that"]);
    assert_eq!(place.room.read("far/d/e/late"), "late\n");
    assert!(!place.room.exists("far/d/e/c"));
    let conflict = ("d/e/late".into(), "deleted | created | conflict".into());
    assert!(place.diff().contains(&conflict));
}

#[test]
fn a_way_that_breaks_leaves_the_base_as_it_was() {
    // The list, the look right before, what is removed, what is sent, the look behind.
    for calls in 1..=5 {
        let place = Place::with(TREE);
        place.pull("-a");
        place.room.sh("echo mine >> m/a; rm m/d/b");
        let shell = place.shell();
        let text = format!(
            "#!/bin/sh\necho >> calls\n[ $(wc -l < calls) = {calls} ] && exit 255\nexec {shell} \"$@\"\n"
        );
        std::fs::write(place.room.at("shell"), text).expect("a script");
        place.room.sh("chmod 755 shell");
        let said = place.push("-e ./shell").code(255);
        let made = place.room.read("calls").lines().count();
        assert_eq!(made, calls, "it goes no further: {said}");
        // What was removed by then is told.
        let removed = ["removed there 1", "the next push"];
        assert_eq!(said.has(&removed), calls > 3, "{said}");
        // What was done is seen to be the same on both sides, and what was not is done.
        place.push("").ok();
        assert_eq!(place.diff(), []);
        assert_eq!(place.tree("far"), place.tree("m"));
        place.push("").ok().says(&["nothing was pushed"]);
    }
}

#[test]
fn a_mirror_with_points_beside_it_is_pushed() {
    let place = Place::with(TREE);
    place.pull("-a --delete --time-points=points/");
    let points = || {
        let points = std::fs::read_dir(place.room.at("points")).expect("points");
        points.count()
    };
    let before = points();
    assert_eq!(place.diff(), []);
    place
        .room
        .sh("echo x >> m/a; rm m/d/b; echo y >> m/d/e/c; echo theirs >> far/d/e/c");
    place.push("--theirs").ok().says(&["sent 1", "fetched 1"]);
    assert_eq!(place.tree("far"), place.tree("m"));
    assert_eq!(place.diff(), []);
    // What a push does here makes no point.
    assert_eq!(points(), before);
    let to = place.far("far/");
    place.room.sh("echo w >> m/a");
    place
        .room
        .resilver(&format!("-a --delete --guard-edits m/ {to}"))
        .ok();
    assert_eq!(place.tree("far"), place.tree("m"));
}
