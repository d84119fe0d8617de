//! Cutting a run at every point that it passes, and damage to its state.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use resilver::stage::{CommitChoice, Interrupted, Method, Policy, recover, status, undo};

use crate::driver::{MIRROR, mirror};
use crate::journal::journal;
use crate::swap::{Bench, bench, quick_bench, swap, two_states};
use crate::trees::{grow, picture, read};

/// Not a test of its own: the process that the others cut.
#[test]
#[ignore = "run by the other tests as a child process"]
fn child() {
    let path = |name: &str| {
        std::env::var_os(name)
            .map(std::path::PathBuf::from)
            .unwrap()
    };
    let (src, dst) = (path("CHILD_SRC"), path("CHILD_DST"));
    let commit = match std::env::var("CHILD_METHOD").unwrap().as_str() {
        "swap" => Method::Swap,
        _ => Method::Journal,
    };
    let policy = Policy {
        commit: CommitChoice::Only(commit),
        ..Policy::default()
    };
    match std::env::var("CHILD_DOES").unwrap().as_str() {
        "undo" => drop(undo(&dst, &policy, false, false).unwrap()),
        _ => drop(mirror(&src, &dst, &policy, MIRROR).unwrap()),
    }
}

/// Runs the child; false when it was cut.
fn run(bench: &Bench, method: &str, does: &str, cut: Option<&str>) -> bool {
    let mut command = child_command(bench, method, does);
    if let Some(cut) = cut {
        command.env("RESILVER_CUT", cut);
    }
    command.status().unwrap().success()
}

fn child_command(bench: &Bench, method: &str, does: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "crash::child", "--ignored", "--test-threads=1"])
        .env("CHILD_SRC", &bench.src)
        .env("CHILD_DST", &bench.dst)
        .env("CHILD_METHOD", method)
        .env("CHILD_DOES", does)
        .env("RUST_BACKTRACE", "0")
        .env_remove("RESILVER_CUT")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A copy of everything about a destination, to start from again and again.
struct Frozen {
    bench: Bench,
    first: String,
    second: String,
}

fn frozen(method: &str) -> Frozen {
    let bench = quick_bench();
    // A generation before the first, so that there is a previous one to rotate.
    let policy = if method == "swap" { swap() } else { journal() };
    for lines in [&["zero = 0", "b = nought"], &["zero = 1", "b = naught"]] {
        grow(&bench.src, lines);
        mirror(&bench.src, &bench.dst, &policy, MIRROR).unwrap();
        fs::remove_dir_all(&bench.src).unwrap();
    }
    let (first, second) = if method == "swap" {
        two_states(&bench)
    } else {
        crate::journal::two_states(&bench)
    };
    Frozen {
        bench,
        first,
        second,
    }
}

/// Cuts a mirror at every point in turn. After each cut the destination is whole; the next run ends at
/// the new state, whatever was cut.
fn cut_everywhere(method: &str) {
    let policy = if method == "swap" { swap() } else { journal() };
    let mut points = 0;
    for n in 1.. {
        let Frozen {
            bench,
            first,
            second,
        } = frozen(method);
        let through = run(&bench, method, "mirror", Some(&n.to_string()));
        let seen = picture(&bench.dst);
        if method == "swap" {
            assert!(
                seen == first || seen == second,
                "{method}, cut {n}: mixed:\n{seen}"
            );
        }
        let recovered = recover(&bench.dst, &policy);
        let recovered = recovered.unwrap_or_else(|e| panic!("{method}, cut {n}: {e}"));
        let seen = picture(&bench.dst);
        assert!(
            seen == first || seen == second,
            "{method}, cut {n}, recovered {recovered:?}: mixed:\n{seen}\nwant\n{second}"
        );
        if recovered.found == Interrupted::Underway || recovered.found == Interrupted::Switched {
            assert_eq!(seen, second, "{method}, cut {n}: rolled forward");
        }
        mirror(&bench.src, &bench.dst, &policy, MIRROR)
            .unwrap_or_else(|e| panic!("{method}, cut {n}: {e}"));
        assert_eq!(picture(&bench.dst), second, "{method}, cut {n}");
        let left: Vec<_> = fs::read_dir(bench.dst.parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name.to_string_lossy().contains("resilver~"))
            .collect();
        assert!(left.is_empty(), "{method}, cut {n}: {left:?}");
        let now = status(&bench.dst).unwrap();
        assert!(now.journal == "idle", "{method}, cut {n}: {now:?}");
        undo(&bench.dst, &policy, false, false)
            .unwrap_or_else(|e| panic!("{method}, cut {n}: {e}"));
        assert_eq!(picture(&bench.dst), first, "{method}, cut {n}: undone");
        if through {
            points = n;
            break;
        }
    }
    assert!(points > 25, "only {points} points were passed");
}

#[test]
fn a_swap_cut_anywhere_leaves_one_whole_state() {
    cut_everywhere("swap");
}

#[test]
fn a_plan_cut_anywhere_is_rolled_forward() {
    cut_everywhere("journal");
}

/// The same for an undo.
fn cut_undo_everywhere(method: &str) {
    let policy = if method == "swap" { swap() } else { journal() };
    for n in 1.. {
        let Frozen {
            bench,
            first,
            second,
        } = frozen(method);
        mirror(&bench.src, &bench.dst, &policy, MIRROR).unwrap();
        let through = run(&bench, method, "undo", Some(&n.to_string()));
        recover(&bench.dst, &policy).unwrap_or_else(|e| panic!("{method}, cut {n}: {e}"));
        let seen = picture(&bench.dst);
        assert!(
            seen == first || seen == second,
            "{method}, cut {n}: mixed:\n{seen}"
        );
        if seen == second {
            undo(&bench.dst, &policy, false, false)
                .unwrap_or_else(|e| panic!("{method}, cut {n}: {e}"));
            assert_eq!(picture(&bench.dst), first, "{method}, cut {n}");
        }
        mirror(&bench.src, &bench.dst, &policy, MIRROR).unwrap();
        assert_eq!(picture(&bench.dst), second, "{method}, cut {n}");
        if through {
            assert!(n > 4, "only {n} points were passed");
            break;
        }
    }
}

#[test]
fn an_undo_by_swap_cut_anywhere_leaves_one_whole_state() {
    cut_undo_everywhere("swap");
}

#[test]
fn an_undo_by_plan_cut_anywhere_is_rolled_forward() {
    cut_undo_everywhere("journal");
}

#[test]
fn what_others_do_in_the_last_instant_before_the_exchange_is_there_afterwards() {
    let bench = bench();
    two_states(&bench);
    let dst = bench.dst.display();
    let script = format!(
        "cd {dst} && echo new >d/new && mkdir sub && echo x >sub/x && echo edited >tmp && \
         mv tmp a && echo late >d/e/late"
    );
    let mut command = child_command(&bench, "swap", "mirror");
    command
        .env("RESILVER_CUT", "switch.exchange")
        .env("RESILVER_CUT_RUN", script);
    assert!(command.status().unwrap().success());
    assert_eq!(read(bench.dst.join("d/new")), "new\n");
    assert_eq!(read(bench.dst.join("sub/x")), "x\n");
    assert_eq!(read(bench.dst.join("a")), "edited\n");
    // Its directory became a file in the new tree: it stays in the old one.
    assert_eq!(read(bench.dst.join("d/e")), "a file now");
    assert_eq!(read(bench.state.join("previous/d/e/late")), "late\n");
}

fn damage(what: impl Fn(&Path)) -> Bench {
    let bench = bench();
    let (_, second) = two_states(&bench);
    what(&bench.state);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), second);
    bench
}

#[test]
fn a_cut_journal_is_set_aside_and_told() {
    let bench = bench();
    let (_, second) = two_states(&bench);
    let text = fs::read(bench.state.join("journal")).unwrap();
    fs::write(bench.state.join("journal"), &text[..text.len() / 2]).unwrap();
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert!(ran.notes[0].contains("set aside"), "{:?}", ran.notes);
    assert_eq!(picture(&bench.dst), second);
    assert!(bench.state.with_file_name(".dst.resilver.stale-1").is_dir());
    let freed = resilver::stage::tidy(&bench.dst, &swap(), false).unwrap();
    assert!(freed.entries > 3);
    assert!(!bench.state.with_file_name(".dst.resilver.stale-1").exists());
}

#[test]
fn a_journal_with_one_wrong_letter_is_set_aside() {
    let bench = bench();
    let (_, second) = two_states(&bench);
    let text = read(bench.state.join("journal"));
    let wrong = text.replacen("\"hold\":false", "\"hold\":true", 1);
    assert_ne!(text, wrong);
    fs::write(bench.state.join("journal"), wrong).unwrap();
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert!(ran.notes[0].contains("checksum"), "{:?}", ran.notes);
    assert_eq!(picture(&bench.dst), second);
}

#[test]
fn a_missing_stage_or_previous_generation_is_made_anew() {
    damage(|state| drop(fs::remove_dir_all(state.join("next"))));
    damage(|state| drop(fs::remove_dir_all(state.join("previous"))));
    damage(|state| fs::write(state.join("staged"), "garbage").unwrap());
    damage(|state| fs::write(state.join("changes"), "garbage").unwrap());
    damage(|state| fs::write(state.join("lock"), "garbage").unwrap());
}

#[test]
fn a_directory_with_the_name_but_no_signature_is_left_alone() {
    let bench = bench();
    grow(&bench.src, &["a = one"]);
    grow(&bench.state, &["signature = nonsense", "x = y"]);
    let error = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap_err();
    assert!(error.to_string().contains("in the way"), "{error}");
    assert!(!bench.dst.exists());
    assert_eq!(read(bench.state.join("x")), "y");
}

#[test]
fn state_of_another_root_is_set_aside() {
    let bench = bench();
    let (_, second) = two_states(&bench);
    fs::rename(&bench.dst, bench.dst.with_extension("old")).unwrap();
    grow(&bench.dst, &["theirs = x"]);
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert!(
        ran.notes[0].contains("another directory"),
        "{:?}",
        ran.notes
    );
    assert_eq!(picture(&bench.dst), second);
}

#[test]
fn a_second_run_says_who_holds_the_destination() {
    let bench = bench();
    two_states(&bench);
    let mut command = Command::new("flock");
    command.arg("-F").arg(&bench.dst).args(["sleep", "5"]);
    let mut holder = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let error = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("process {}", holder.id())),
        "{error}"
    );
    holder.kill().unwrap();
    holder.wait().unwrap();
}
