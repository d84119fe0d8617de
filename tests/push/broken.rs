//! Links that break, receivers that are silent or killed, files that vanish: the run ends, says so, and the next one is
//! whole.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::place::{Place, complaint, tree};

const FILES: usize = 40;

fn place() -> Place {
    let place = Place::new();
    place.fill(FILES, 5000, 1);
    place
}

fn push(place: &Place, shell: &Path, options: &[&str]) -> Output {
    let mut command = place.run(shell, options, ["s/", "h:d"]);
    command.output().expect("resilver")
}

/// What the far side has afterwards are whole files of the source, and a further run makes it the source.
fn is_whole_again(place: &Place) {
    let plain = place.shell("exec sh -c \"$*\"");
    let output = push(place, &plain, &["-a"]);
    assert!(output.status.success(), "{}", complaint(&output));
    assert_eq!(tree(&place.at("d")), tree(&place.at("s")));
}

#[test]
fn a_link_that_breaks_on_the_way_back_ends_the_run() {
    for at in [0, 1, 4, 20, 46, 47, 60, 120, 400, 700] {
        let place = place();
        let output = push(&place, &place.cut_at(at), &["-a"]);
        let said = complaint(&output);
        assert!(
            matches!(output.status.code(), Some(10 | 12)),
            "{at}: {:?}: {said}",
            output.status.code()
        );
        is_whole_again(&place);
    }
}

#[test]
fn a_link_that_breaks_on_the_way_there_ends_the_run() {
    for at in [0, 4, 30, 60, 200, 1000, 7000, 40_000, 150_000] {
        let place = place();
        let shell = place.shell(&format!(
            "dd iflag=count_bytes bs=512 count={at} status=none | sh -c \"$*\" 2>/dev/null"
        ));
        let output = push(&place, &shell, &["-a"]);
        let code = output.status.code();
        assert!(
            matches!(code, Some(10 | 12 | 20)),
            "{at}: {code:?}: {}",
            complaint(&output)
        );
        is_whole_again(&place);
    }
}

#[test]
fn a_silent_receiver_is_given_up() {
    let place = place();
    let began = Instant::now();
    let output = push(
        &place,
        &place.shell("exec sleep 60"),
        &["-a", "--timeout=1"],
    );
    assert_eq!(output.status.code(), Some(30), "{}", complaint(&output));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_killed_receiver_ends_the_run() {
    let place = place();
    let shell = place.shell("sh -c \"$*\" & pid=$!; sleep 0.2; kill -9 $pid; wait");
    // So slow that it is still under way.
    let output = push(&place, &shell, &["-a", "--bwlimit=100"]);
    assert!(
        matches!(output.status.code(), Some(10 | 12 | 15)),
        "{:?}: {}",
        output.status.code(),
        complaint(&output)
    );
    is_whole_again(&place);
}

#[test]
fn what_is_no_rsync_is_told_from_one() {
    let place = place();
    let output = push(
        &place,
        &place.shell("echo welcome to this machine; exec cat >/dev/null"),
        &["-a"],
    );
    assert_eq!(output.status.code(), Some(2), "{}", complaint(&output));
    assert!(complaint(&output).contains("is your shell clean?"));
    let output = push(&place, &place.shell("exit 127"), &["-a"]);
    assert_eq!(output.status.code(), Some(127), "{}", complaint(&output));
}

/// Removes a file of the source when it is listed and nobody has asked for it yet: `greeting` bytes come before.
fn with_a_vanishing_file(greeting: u32, option: &str) -> (Place, Output) {
    let place = place();
    let shell = place.shell(&format!(
        "sh -c \"$*\" | (dd bs=1 count={greeting} status=none; sleep 1; rm s/f4; exec cat)"
    ));
    let output = push(&place, &shell, &["-a", option]);
    (place, output)
}

#[test]
fn a_file_that_vanishes_is_told_and_passed_over() {
    for (greeting, option) in [(46, "--protocol=32"), (8, "--protocol=29")] {
        let (place, output) = with_a_vanishing_file(greeting, option);
        assert_eq!(output.status.code(), Some(24), "{}", complaint(&output));
        assert!(complaint(&output).contains("file has vanished: "));
        assert!(!place.at("d/f4").exists());
        assert_eq!(tree(&place.at("d")), tree(&place.at("s")), "{option}");
    }
}

#[test]
fn an_interrupted_push_says_so() {
    let place = place();
    let mut command = place.run(
        &place.shell("exec sh -c \"$*\""),
        &["-a", "--bwlimit=20"],
        ["s/", "h:d"],
    );
    let child = command
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("resilver");
    std::thread::sleep(Duration::from_millis(700));
    let pid = i32::try_from(child.id()).expect("a number");
    // It runs below `timeout`, which passes the signal on.
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).expect("a process"),
        rustix::process::Signal::INT,
    )
    .expect("a signal");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(20), "{}", complaint(&output));
    is_whole_again(&place);
}

#[test]
fn a_file_that_is_being_written_arrives_as_it_was_or_is() {
    let place = place();
    let path = place.at("s/f2");
    fs::write(&path, vec![1; 3 << 20]).expect("a file");
    let plain = place.shell("exec sh -c \"$*\"");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0_u8;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                turn = turn.wrapping_add(1);
                let len = (1 + usize::from(turn % 3)) << 20;
                let _ = fs::write(&path, vec![turn; len]);
            }
        });
        for _ in 0..5 {
            let output = push(&place, &plain, &["-aI"]);
            assert!(
                matches!(output.status.code(), Some(0 | 23 | 24)),
                "{}",
                complaint(&output)
            );
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    is_whole_again(&place);
}

/// A remote shell may leave something behind that holds its standard output open, as a connection that is shared does.
#[test]
fn what_a_remote_shell_leaves_behind_is_not_waited_for() {
    let place = place();
    let shell = place.shell("sleep 60 &\nexec sh -c \"$*\"");
    let mut command = place.run(&shell, &["-a"], ["s/", "h:d"]);
    let began = Instant::now();
    // It holds that too.
    let status = command.stderr(std::process::Stdio::null()).status();
    assert!(status.expect("resilver").success());
    assert!(began.elapsed() < Duration::from_secs(30));
}
