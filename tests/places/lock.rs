//! One run at a time, and runs that are asked to stop.

use std::time::{Duration, Instant};

use crate::kit::{Room, Said, assert_same};

const FIXTURE: &str = "
    mkdir -p s/sub; for i in $(seq 10); do echo new $i > s/$i; done; echo b > s/sub/b; ages s 1000000000
    mkdir d; echo old > d/1; echo old > d/old";

/// A first run that stands at its gate until `go` is there, and a second one beside it.
fn second_beside_first(room: &Room, method: &str, second: &str) -> (Said, Duration) {
    let script = format!(
        "\"$RESILVER\" -a --delete --commit={method} --gate=': > at-gate; until [ -e go ]; do sleep .02; done' s/ d/ >first.out 2>&1 & 
         echo $! > first.pid; n=0; until [ -e at-gate ]; do sleep .02; n=$((n+1)); [ $n -lt 500 ] || exit 99; done
         \"$RESILVER\" {second}; code=$?; : > go; wait $(cat first.pid) || exit 98; exit $code"
    );
    let began = Instant::now();
    let said = room.try_sh(&script);
    (said, began.elapsed())
}

#[test]
fn a_second_run_ends_at_once_and_says_who_holds() {
    for method in ["swap", "journal"] {
        for second in [
            "-a s/ d/",
            "-a --delete s/ d",
            "undo d",
            "tidy d",
            "recover d",
        ] {
            let room = Room::with(FIXTURE);
            let (said, took) = second_beside_first(&room, method, second);
            let said = said.code(27);
            let first = room.read("first.pid");
            assert!(
                said.has(&[first.trim(), "resilver"]),
                "{second}: who? {first} {said}"
            );
            assert!(took < Duration::from_secs(20), "{took:?}");
            assert_same(&room.tree("s"), &room.tree("d"));
        }
    }
}

/// By another way to the same directory as well.
#[test]
fn a_second_run_by_another_path() {
    let room = Room::with(FIXTURE);
    room.sh("ln -s d link; mkdir sub");
    for second in ["-a s/ link/", "-a s/ sub/../d/"] {
        room.sh("rm -f go at-gate");
        room.sh("echo again >> s/again");
        let (said, _) = second_beside_first(&room, "swap", second);
        said.code(27);
    }
}

/// The destination is missing: two first runs are one too many as well.
#[test]
fn two_first_runs() {
    let room = Room::with(FIXTURE);
    room.sh("rm -r d");
    let (said, _) = second_beside_first(&room, "swap", "-a s/ d/");
    said.code(27);
    assert_same(&room.tree("s"), &room.tree("d"));
}

#[test]
fn waiting_for_a_while() {
    let room = Room::with(FIXTURE);
    let began = Instant::now();
    let (said, _) = second_beside_first(&room, "swap", "-a --wait=2 s/ d/");
    said.code(27);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(2), "it waited {took:?} only");
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[test]
fn waiting_until_it_is_free() {
    for wait in ["--wait", "--wait=60"] {
        let room = Room::with(FIXTURE);
        room.sh("mkdir s2; echo second > s2/second; ages s2 1100000000");
        let script = format!(
            "\"$RESILVER\" -a --delete --commit=swap --gate=': > at-gate; sleep 1' s/ d/ & first=$!
             until [ -e at-gate ]; do sleep .02; done
             \"$RESILVER\" -a {wait} s2/ d/ || exit 97; wait $first || exit 98"
        );
        room.try_sh(&script).ok();
        // The second run began on what the first one had switched in.
        assert_eq!(room.read("d/second") + &room.read("d/1"), "second\nnew 1\n");
        assert!(!room.exists("d/old"));
    }
}

/// A run that is gone holds nothing.
#[test]
fn the_lock_of_a_killed_run_is_free() {
    let room = Room::with(FIXTURE);
    room.try_sh(
        "\"$RESILVER\" -a --delete --commit=swap --gate=': > at-gate; sleep 5' s/ d/ & first=$!
         until [ -e at-gate ]; do sleep .02; done; kill -9 $first; wait $first",
    );
    assert!(room.exists("at-gate"));
    room.resilver("-a --delete --commit=swap s/ d/").ok();
    assert_same(&room.tree("s"), &room.tree("d"));
}

/// Asked to stop while it stages: code 20, live as it was, what is staged serves the next run.
#[test]
fn signals() {
    for (signal, method) in [
        ("INT", "swap"),
        ("TERM", "swap"),
        ("HUP", "swap"),
        ("INT", "journal"),
    ] {
        let room = Room::with(
            "mkdir s d; for i in $(seq 400); do head -c 20000 /dev/urandom > s/$i; done; echo old > d/1; echo old > d/old; ages s 1000000000.5",
        );
        let before = room.tree("d");
        room.set("RESILVER_CUT", "home.make");
        // sh makes way for kill: its parent is the run.
        room.set("RESILVER_CUT_RUN", &format!("kill -{signal} $PPID"));
        let run = format!("-a --delete --threads=1 --commit={method} s/ d/");
        if cfg!(debug_assertions) {
            room.resilver(&run).code(20).says(&["20"]);
            assert_same(&before, &room.tree("d"));
        }
        room.unset();
        // While a gate judges: all is staged, nothing switched.
        let gate = format!("--gate='kill -{signal} $PPID; sleep 1'");
        room.resilver(&format!("{gate} {run}")).code(20);
        assert_same(&before, &room.tree("d"));
        let log = room.at("log");
        room.set("RESILVER_CUT_LOG", log.to_str().expect("a plain path"));
        room.resilver(&run).ok();
        room.unset();
        assert_same(&room.tree("s"), &room.tree("d"));
        if cfg!(debug_assertions) {
            let salvaged = room
                .read("log")
                .lines()
                .filter(|l| *l == "stage.salvage")
                .count();
            assert!(
                salvaged >= 400,
                "{method}: only {salvaged} of 400 files were taken over"
            );
        }
    }
}

/// In the middle of one large file: it ends soon, not when the file is done.
#[test]
fn a_signal_in_a_large_file() {
    let room = Room::with("mkdir s; head -c 600000000 /dev/zero | tr '\\0' x > s/large");
    let script =
        "\"$RESILVER\" -a --no-whole-file s/ d/ & run=$!; sleep .3; kill -INT $run; wait $run";
    let began = Instant::now();
    let said = room.try_sh(script);
    // On a quick machine it may be through; else it is asked to stop and does.
    assert!(matches!(said.code, 20 | 0), "{said}");
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(room.exists("d"), said.code == 0);
}
