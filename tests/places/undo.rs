//! Taking a switch back: at once, as far as nobody changed things since, and forth again.

use crate::kit::{Room, assert_same};

/// A mirror of some size, and then its source is gone.
const FIXTURE: &str = "
    mkdir -p s/sub/deep s/gone; for i in $(seq 30); do echo file $i > s/sub/deep/$i; done
    echo a > s/a; echo b > s/sub/b; ln s/a s/sub/linked; ln -s a s/soft; echo g > s/gone/g
    chmod 750 s/sub; ages s 1000000000.5";

const METHODS: [&str; 2] = ["swap", "journal"];

/// A mirrored tree whose source was emptied and mirrored again; its first state lies in `was`.
fn emptied(method: &str) -> Room {
    let room = Room::with(FIXTURE);
    room.resilver(&format!("-aH --delete --commit={method} s/ d/"))
        .ok();
    room.sh("cp -a --preserve=all s was; rm -r s/*");
    room.resilver(&format!("-aH --delete --commit={method} s/ d/"))
        .ok();
    assert_eq!(room.tree("d").len(), 1);
    room
}

#[test]
fn an_emptied_source_is_taken_back_at_once() {
    for method in METHODS {
        let room = emptied(method);
        room.resilver("undo d").ok();
        assert_same(&room.tree("was"), &room.tree("d"));
    }
}

#[test]
fn a_dry_run_of_undo_only_tells() {
    for method in METHODS {
        let room = emptied(method);
        room.sh("echo mine > d/mine");
        let before = room.tree("d");
        let told = room.resilver("undo -n d").ok();
        assert_same(&before, &room.tree("d"));
        let done = room.resilver("undo d").ok();
        assert_eq!(
            told.out
                .replace("would take", "took")
                .replace("would keep", "kept"),
            done.out
        );
        // The journal knows what it changed, not what others made beside that.
        assert!(method == "journal" || done.has(&["mine"]), "{done}");
        assert_eq!(room.read("d/a") + &room.read("d/mine"), "a\nmine\n");
    }
}

#[test]
fn undo_of_undo_is_redo() {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        let run = format!("-aH --delete --commit={method} s/ d/");
        room.resilver(&run).ok();
        room.sh("cp -a s was; rm -r s/gone; echo other > s/a; echo new > s/new; mv s/sub/b s/sub/c; ages s 1100000000.5");
        room.resilver(&run).ok();
        for _ in 0..3 {
            room.resilver("undo d").ok();
            assert_same(&room.tree("was"), &room.tree("d"));
            room.resilver("undo d").ok();
            assert_same(&room.tree("s"), &room.tree("d"));
        }
    }
}

/// What people did since the switch: edited, created, deleted, replaced, renamed.
const PEOPLE: &str = "
    cd d; echo mine > created; mkdir made; echo mine > made/in; echo mine >> edited; rm deleted
    echo mine > sub/tmp; mv sub/tmp sub/replaced; chmod 600 tightened; cd ..";
const BEFORE: &str = "
    mkdir -p s/sub; for n in edited deleted tightened rewritten sub/replaced sub/stays removed; do echo one $n > s/$n; done
    chmod 644 s/tightened; ages s 1000000000.5";

#[test]
fn what_people_did_since_stays_and_is_listed() {
    for method in METHODS {
        let room = Room::with(BEFORE);
        let run = format!("-a --delete --commit={method} s/ d/");
        room.resilver(&run).ok();
        room.sh("rm s/removed; for n in edited rewritten tightened deleted sub/replaced; do echo second $n > s/$n; done");
        room.resilver(&run).ok();
        room.sh(PEOPLE);
        let said = room.resilver("undo d").ok();
        // The journal knows what it changed, not what others made beside that.
        let made = ["created", "made"].into_iter().filter(|_| method == "swap");
        for name in made.chain(["edited", "deleted", "sub/replaced", "tightened"]) {
            assert!(said.has(&[name]), "{method}: {name} is not listed: {said}");
        }
        for name in ["rewritten", "removed", "sub/stays"] {
            assert!(!said.has(&[name]), "{method}: {name} is listed: {said}");
        }
        assert_eq!(
            room.read("d/created") + &room.read("d/made/in"),
            "mine\nmine\n"
        );
        assert_eq!(room.read("d/edited"), "second edited\nmine\n");
        assert_eq!(room.read("d/sub/replaced"), "mine\n");
        assert_eq!(room.read("d/rewritten"), "one rewritten\n");
        assert_eq!(room.read("d/removed"), "one removed\n");
        assert!(
            !room.exists("d/deleted"),
            "{method}: what people removed is back"
        );
        assert_eq!(room.sh("stat -c %a d/tightened").out, "600\n");
        assert_eq!(room.read("d/tightened"), "second tightened\n");
    }
}

#[test]
fn force_takes_the_old_tree_whole() {
    for method in METHODS {
        let room = Room::with(BEFORE);
        let run = format!("-a --delete --commit={method} s/ d/");
        room.resilver(&run).ok();
        room.sh("cp -a s was; rm s/removed; for n in edited rewritten tightened deleted sub/replaced; do echo second $n > s/$n; done");
        room.resilver(&run).ok();
        room.sh(PEOPLE);
        room.resilver("undo --force d").ok();
        // The journal takes back what it changed, whole; what others made beside that is not its own.
        let beside: &[&str] = match method {
            "journal" => &["created", "made", "made/in"],
            _ => &[],
        };
        assert_same(
            &room.tree("was").without_dir_times(),
            &room.tree("d").without_dir_times().without(beside),
        );
        // And what people did is not lost by it: it is what a redo brings.
        assert!(
            !room.holding(".d.resilver", "mine").is_empty(),
            "{method}: what people did is lost"
        );
    }
}

/// An undo, edits, and forth again: the edits stay.
#[test]
fn edits_between_undo_and_redo_stay() {
    for method in METHODS {
        let room = emptied(method);
        room.resilver("undo d").ok();
        room.sh("echo mine > d/mine; echo mine too > d/gone/g");
        room.resilver("undo d").ok().says(&["gone/g"]);
        assert_eq!(
            room.read("d/mine") + &room.read("d/gone/g"),
            "mine\nmine too\n"
        );
        assert!(!room.exists("d/sub"));
    }
}

#[test]
fn without_a_previous_tree_undo_refuses() {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        let run = format!("-a --delete --previous=none --commit={method} s/ d/");
        room.resilver(&run).ok();
        room.sh("echo a secret of before >> s/a");
        room.resilver(&run).ok();
        room.sh("rm -r s/sub; echo other still > s/a");
        room.resilver(&run).ok();
        assert!(
            room.holding(".d.resilver", "a secret of before").is_empty(),
            "{method}: it is kept"
        );
        assert!(room.status("d")["previous"].is_null());
        let now = room.tree("d");
        let said = room.resilver("undo d");
        assert_ne!(said.code, 0, "{method}: {said}");
        said.says(&["nothing to undo"]);
        assert_same(&now, &room.tree("d"));
    }
}

#[test]
fn the_first_mirror_is_undone_to_what_was_there() {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        room.sh("mkdir d; echo mine > d/mine; echo older > d/a; ages d 900000000; cp -a d was");
        room.resilver(&format!("-a --delete --commit={method} s/ d/"))
            .ok();
        room.resilver("undo d").ok();
        assert_same(&room.tree("was"), &room.tree("d"));
    }
}

/// `tidy` frees what undo would need, says how much, and undo then refuses.
#[test]
fn tidy_frees_and_tells() {
    for method in METHODS {
        let room =
            Room::with("mkdir s; head -c 3000000 /dev/urandom > s/big; echo stays > s/stays");
        let run = format!("-a --delete --commit={method} s/ d/");
        room.resilver(&run).ok();
        room.sh("echo small > s/big");
        room.resilver(&run).ok();
        assert!(kib(&room) > 2900, "the old tree is not kept");
        let dry = room.resilver("tidy -n d").ok();
        assert!(
            dry.out.contains("3,000,0") || dry.out.contains("3.0") || dry.out.contains("3,00"),
            "how much? {dry}"
        );
        assert!(kib(&room) > 2900, "a dry run freed something");
        let freed = room.resilver("tidy d").ok();
        assert!(
            freed.out.contains("3,000,0")
                || freed.out.contains("3.0")
                || freed.out.contains("3,00"),
            "how much? {freed}"
        );
        assert!(
            kib(&room) < 100,
            "{method}: not freed: {}",
            room.sh("find . -ls").out
        );
        assert_same(&room.tree("s"), &room.tree("d"));
        let said = room.resilver("undo d");
        assert_ne!(said.code, 0);
        said.says(&["nothing to undo"]);
        room.sh("echo more > s/more");
        room.resilver(&run).ok();
        room.resilver("undo d").ok();
        assert!(!room.exists("d/more"));
    }
}

/// What the state directory holds that live does not.
fn kib(room: &Room) -> u64 {
    let said = room.sh("du -sk d .d.resilver 2>/dev/null | awk '{print $1}' | tail -1");
    said.out.trim().parse().unwrap_or(0)
}

#[test]
fn where_nothing_was_there_is_nothing_to_undo() {
    let room = Room::with("mkdir d; echo mine > d/mine");
    for command in ["undo d", "undo missing"] {
        let said = room.resilver(command);
        assert_ne!(said.code, 0, "{command}: {said}");
    }
    assert_eq!(room.read("d/mine"), "mine\n");
    room.sh("test $(ls -A | wc -l) = 1");
}
