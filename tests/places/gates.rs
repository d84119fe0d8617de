//! What judges a finished stage: all or nothing, and the way on is told.

use crate::kit::{Room, assert_same, is_root, kernel_tool, skip_unless};

const FIXTURE: &str = "
    mkdir -p s/sub d/sub; for i in $(seq 10); do echo old > d/$i; done; cp -a d/1 d/2 d/3 s/
    echo new > s/new; echo new > s/sub/new; echo old > d/sub/old; ages d 900000000; ages s 1000000000; touch -r d/1 s/1 s/2 s/3";

const METHODS: [&str; 3] = ["swap", "journal", "auto"];

/// Refused: the code, nothing changed, and a second run without the gate does it.
fn refused(options: &str, words: &[&str]) {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        let before = room.tree("d");
        let run = format!("-a --delete --commit={method} s/ d/");
        let said = room.resilver(&format!("{options} {run}")).code(26);
        assert!(said.has(words), "{method}: no line with {words:?}: {said}");
        assert!(
            said.has(&["d is unchanged"]) || said.has(&["/d\" is unchanged"]),
            "{said}"
        );
        assert_same(&before, &room.tree("d"));
        room.resilver(&format!("{options} {run}")).code(26);
        assert_same(&before, &room.tree("d"));
        room.resilver(&run).ok();
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}

fn passes(options: &str) {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        room.resilver(&format!("{options} -a --delete --commit={method} s/ d/"))
            .ok();
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}

/// 8 of the 12 entries in the destination go.
#[test]
fn a_delete_guard() {
    refused("--delete-guard=50", &["8 of 12", "--delete-guard", "50"]);
    refused("--delete-guard=0", &["8 of 12"]);
    refused("--delete-guard=66", &["8 of 12"]);
    passes("--delete-guard=67");
    passes("--delete-guard=100");
}

#[test]
fn a_delete_guard_and_an_emptied_source() {
    for method in METHODS {
        let room = Room::with(FIXTURE);
        room.sh("rm -r s/*");
        let before = room.tree("d");
        room.resilver(&format!(
            "-a --delete --delete-guard=50 --commit={method} s/ d/"
        ))
        .code(26)
        .says(&["12 of 12", "unchanged", "higher --delete-guard"]);
        assert_same(&before, &room.tree("d"));
        room.resilver(&format!(
            "-a --delete --delete-guard=100 --commit={method} s/ d/"
        ))
        .ok();
        assert_eq!(room.tree("d").len(), 1);
    }
}

#[test]
fn a_delete_guard_counts_nothing_where_nothing_is_removed() {
    let room = Room::with(FIXTURE);
    room.resilver("-a --delete-guard=0 s/ d/").ok();
    room.resilver("-a --delete-guard=0 s/ elsewhere/").ok();
    assert_same(&room.tree("s"), &room.tree("elsewhere"));
}

#[test]
fn a_delete_guard_that_makes_no_sense() {
    let room = Room::with(FIXTURE);
    for value in ["101", "-1", "many", ""] {
        let said = room.resilver(&format!("-a --delete-guard={value} s/ d/"));
        assert_eq!(said.code, 1, "{value}: {said}");
    }
}

#[test]
fn a_required_file() {
    refused("--require-file=not-there", &["not-there"]);
    refused(
        "--require-file=new --require-file=sub/not-there",
        &["sub/not-there"],
    );
    refused("--require-file=10", &["10"]);
    passes("--require-file=new --require-file=sub/new --require-file=1");
}

#[test]
fn a_gate_command() {
    refused("--gate=false", &["false", "1"]);
    refused("--gate='exit 7'", &["exit 7", "7"]);
    refused("--gate=true --gate='kill -9 $$'", &["kill -9", "9"]);
    refused("--gate=no-such-command-here", &["no-such-command-here"]);
    passes("--gate=true --gate='test 1 = 1'");
}

/// What a command is told, where it stands, and that its words reach the person.
#[test]
fn what_a_gate_command_gets() {
    for method in ["swap", "journal"] {
        let room = Room::with(FIXTURE);
        room.sh("mkdir work");
        let gate = r#"pwd > $T/gate.pwd; env | grep ^RESILVER_ | sort > $T/gate.env; umask > $T/gate.umask; echo a word; echo a complaint >&2"#;
        room.set("T", room.path().to_str().expect("a plain path"));
        let said = room.try_sh(&format!(
            "cd work; umask 027; \"$RESILVER\" -a --delete --commit={method} --gate='{gate}' ../s/ ../d/"
        ));
        let said = said.ok();
        assert_eq!(
            room.read("gate.pwd").trim(),
            room.at("work").display().to_string()
        );
        assert_eq!(room.read("gate.umask").trim(), "0027");
        let env = room.read("gate.env");
        let value = |name: &str| {
            let line = env
                .lines()
                .find_map(|l| l.strip_prefix(&format!("{name}=")))
                .map(str::to_owned);
            line.unwrap_or_else(|| panic!("{method}: no {name} in {env}"))
        };
        assert_eq!(value("RESILVER_DEST"), room.at("d").display().to_string());
        assert_eq!(value("RESILVER_METHOD"), method);
        assert_eq!(value("RESILVER_REMOVED"), "8");
        if method == "swap" {
            assert!(value("RESILVER_STAGE").contains(".d.resilver"), "{env}");
        }
        said.says(&["a complaint"]).says(&["a word"]);
    }
}

/// Under swap the command sees the whole next tree, and live is still the old one.
#[test]
fn a_gate_command_judges_the_finished_tree() {
    let room = Room::with(FIXTURE);
    let gate = "diff -r \"$RESILVER_STAGE\" s && test -e \"$RESILVER_DEST/10\" && ! test -e \"$RESILVER_DEST/new\" && touch judged";
    room.resilver(&format!("-a --delete --commit=swap --gate='{gate}' s/ d/"))
        .ok();
    assert_same(&room.tree("s"), &room.tree("d"));
    assert!(room.exists("judged"));
}

/// Nothing to do: nothing to judge.
#[test]
fn gates_of_a_run_without_changes() {
    let room = Room::with(FIXTURE);
    room.resilver("-a --delete s/ d/").ok();
    room.resilver("-a --delete --delete-guard=0 s/ d/").ok();
}

/// A dry run has no stage to judge and runs no command.
#[test]
fn gates_and_a_dry_run() {
    let room = Room::with(FIXTURE);
    room.resilver("-an --delete --gate='touch ran' s/ d/").ok();
    assert!(!room.exists("ran") && !room.exists(".d.resilver"));
}

#[test]
fn only_complete_runs_are_committed_when_asked() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    for method in METHODS {
        let room = Room::with(FIXTURE);
        room.sh(
            "echo secret > s/secret; chmod 600 s/secret; mkdir p; mv d p/d; chown -R 65534:65534 p",
        );
        let before = room.tree("p/d");
        let run = format!("-rlt --delete --commit={method} s/ p/d/");
        let said = room.resilver_as_nobody(&format!("--commit-only-complete {run}"));
        let said = said
            .code(26)
            .says(&["unchanged"])
            .says(&["secret", "Permission denied"]);
        assert!(said.has(&["--commit-only-complete"]), "{said}");
        assert_same(&before, &room.tree("p/d"));
        // Without it, the rest is committed, and the code is rsync's.
        room.resilver_as_nobody(&run).code(23).says(&["secret"]);
        assert_eq!(
            room.read("p/d/new") + &room.read("p/d/sub/new"),
            "new\nnew\n"
        );
        room.sh("rm s/secret");
        room.resilver_as_nobody(&format!("--commit-only-complete {run}"))
            .ok();
    }
}

/// A source that is missing altogether is no complete run either.
#[test]
fn only_complete_and_a_missing_source() {
    let room = Room::with(FIXTURE);
    let before = room.tree("d");
    let said = room.resilver("-a --commit-only-complete s/ not-there/ d/");
    assert_eq!(said.code, 26, "{said}");
    assert_same(&before, &room.tree("d"));
}
