//! Undo after a further run that came to nothing, and what `status` says at each stage of a life.

use crate::kit::{Mount, Room, assert_same, can_mount, skip_unless};

const FIXTURE: &str = "
    mkdir -p s/sub; for i in $(seq 20); do echo file $i > s/sub/$i; done; echo a > s/a; head -c 2000000 /dev/urandom > s/big";

/// Mirrored whole, then mirrored from an emptied source.
fn emptied(room: &Room, dest: &str, method: &str) {
    room.sh(FIXTURE);
    room.resilver(&format!("-a --delete --commit={method} s/ {dest}/"))
        .ok();
    room.sh("cp -a s was; rm -r s/*");
    room.resilver(&format!("-a --delete --commit={method} s/ {dest}/"))
        .ok();
    room.sh("for i in 1 2 3 4; do head -c 1000000 /dev/urandom > s/new$i; done");
}

#[test]
fn after_a_run_that_a_guard_refused() {
    for method in ["swap", "journal"] {
        let room = Room::new();
        emptied(&room, "d", method);
        for gate in ["--gate=false", "--require-file=not-there"] {
            let said = room.resilver(&format!("-a --delete --commit={method} {gate} s/ d/"));
            said.code(26);
        }
        assert_eq!(room.tree("d").len(), 1);
        room.resilver("undo d").ok();
        assert_same(&room.tree("was"), &room.tree("d"));
    }
}

/// Killed at every step before the switch is made; undo is about the last switch that was.
#[test]
fn after_a_run_that_was_killed() {
    skip_unless!(cfg!(debug_assertions), "only debug builds have cut points");
    for method in ["swap", "journal"] {
        let mut seen = std::collections::BTreeSet::new();
        for step in 1.. {
            let room = Room::new();
            emptied(&room, "d", method);
            room.set(
                "RESILVER_CUT_LOG",
                room.at("log").to_str().expect("a plain path"),
            );
            room.set("RESILVER_CUT", &step.to_string());
            let said = room.resilver(&format!("-a --threads=1 --delete --commit={method} s/ d/"));
            room.unset();
            if said.code == 0 {
                break;
            }
            let log = room.read("log");
            // One cut of each kind of step is enough here.
            if !seen.insert(log.lines().last().unwrap_or_default().to_owned()) {
                continue;
            }
            let switched = room.exists("d/new1") && room.exists("d/new4");
            let what = format!("{method}, cut at {step}: {:?}", log.lines().last());
            let undone = room.resilver("undo d");
            assert_eq!(undone.code, 0, "{what}: {undone}");
            let now = room.tree("d").without_dir_times();
            let emptied = now.len() == 1;
            let was = room.tree("was").without_dir_times() == now;
            // After the exchange the switch that is undone is the new one.
            assert!(
                was || emptied && (switched || method == "journal"),
                "{what}: {now:?}"
            );
        }
        assert!(seen.len() > 5, "{seen:?}");
    }
}

#[test]
fn after_a_run_that_ran_out_of_room() {
    skip_unless!(can_mount(), "mounting needs root");
    for (dest, method) in [("m/d", "swap"), ("m/d", "journal"), ("m", "journal")] {
        let room = Room::new();
        let _volume = Mount::tmpfs(room.at("m"), "size=5m");
        emptied(&room, dest, method);
        room.resilver(&format!("-a --delete --commit={method} s/ {dest}/"))
            .code(11);
        room.resilver(&format!("undo {dest}")).ok();
        assert_same(
            &room.tree("was").without(&[""]),
            &room.tree(dest).without(&[""]),
        );
    }
}

#[test]
fn after_a_run_that_was_interrupted() {
    for method in ["swap", "journal"] {
        let room = Room::new();
        emptied(&room, "d", method);
        let gate = "--gate='kill -INT $PPID; sleep 1'";
        room.resilver(&format!("-a --delete --commit={method} {gate} s/ d/"))
            .code(20);
        room.resilver("undo d").ok();
        assert_same(&room.tree("was"), &room.tree("d"));
    }
}

/// What `status` says from the first run to the last.
#[test]
fn status_tells_the_truth_at_each_stage() {
    for method in ["swap", "journal"] {
        let room = Room::with("mkdir s; echo one > s/a; head -c 1000000 /dev/urandom > s/big");
        let run = format!("-a --delete --commit={method} s/ d/");
        room.sh("mkdir d");
        let status = room.status("d");
        assert!(
            status["state"].is_null() && status["last_commit"].is_null(),
            "{status}"
        );

        room.resilver(&run).ok();
        let status = room.status("d");
        assert_eq!(status["journal"], "idle", "{status}");
        assert_eq!(status["last_commit"]["method"], method, "{status}");
        assert_eq!(status["on_hold"], false, "{status}");
        assert!(
            status["interrupted"].is_null() && status["holder"].is_null(),
            "{status}"
        );
        let now = jiff::Timestamp::now().as_second();
        let at = status["last_commit"]["at"].as_i64().expect("a time");
        assert!((now - 120..=now).contains(&at), "{status}");

        room.sh("echo second > s/a; head -c 1000001 /dev/urandom > s/big");
        room.resilver(&run).ok();
        let previous = room.status("d")["previous"]["bytes"]
            .as_u64()
            .expect("bytes");
        assert!((1_000_004..1_100_000).contains(&previous), "{previous}");

        room.sh("head -c 2000000 /dev/urandom > s/big");
        room.resilver(&format!("{run} --gate=false")).code(26);
        let status = room.status("d");
        let staged = status["interrupted"]["bytes"].as_u64().expect("bytes");
        assert!((2_000_000..2_100_000).contains(&staged), "{status}");
        assert_eq!(status["journal"], "staging", "{status}");

        let plain = room.resilver("status d").ok();
        assert!(plain.has(&[method]), "{plain}");
        room.sh("(exec 9<d; flock -x 9; : > held; exec sleep 30) >/dev/null 2>&1 & echo $! > pid; until [ -e held ]; do sleep .05; done");
        let status = room.status("d");
        room.sh(
            "kill $(cat pid); while kill -0 $(cat pid) 2>/dev/null; do sleep .02; done; rm held",
        );
        assert!(!status["holder"].is_null(), "{status}");

        room.resilver("undo d").ok();
        assert_eq!(room.status("d")["on_hold"], true);
        room.resilver("tidy d").ok();
        let status = room.status("d");
        assert!(
            status["previous"].is_null() && status["interrupted"].is_null(),
            "{status}"
        );
    }
}

/// Asking changes nothing.
#[test]
fn status_and_doctor_touch_nothing() {
    let room = Room::with("mkdir s d p; echo first > s/a");
    room.resilver("-a --delete s/ p/d/").ok();
    room.sh("echo two > s/a");
    room.resilver("-a --delete s/ p/d/ --gate=false").code(26);
    let list = "find . -printf '%p %i %C@ %T@ %m %n\\n' | sort";
    let before = room.sh(list).out;
    room.resilver("status p/d").ok();
    room.resilver("status --json p/d").ok();
    room.resilver("status d").ok();
    room.resilver("undo -n p/d");
    room.resilver("tidy -n p/d").ok();
    let after = room.sh(list).out;
    assert_eq!(before, after);
    room.resilver("doctor d").ok();
    room.resilver("doctor p/d").ok();
    // Doctor tries things out: it may touch directories, and leaves nothing behind.
    let names = "find . -printf '%p %i\\n' | sort";
    assert_eq!(
        names_of(&before),
        names_of(&room.sh(list).out),
        "{}",
        room.sh(names).out
    );
}

fn names_of(list: &str) -> Vec<String> {
    let words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    list.lines().map(words).collect()
}
