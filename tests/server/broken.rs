//! A link that breaks, or a client that is ended: the far destination is as it was, or as it is to be, and the next run
//! goes on from what came.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::place::{Place, complaint, tree};
use crate::{command, push, whole};

/// A remote shell whose far program hears up to this byte, and no further.
fn heard_to(place: &Place, at: u64) -> std::path::PathBuf {
    place.shell(&format!(
        "dd iflag=count_bytes bs=512 count={at} status=none | sh -c \"$*\" 2>/dev/null"
    ))
}

/// A remote shell that leaves what its far program hears in `count`.
fn counting(place: &Place) -> std::path::PathBuf {
    place.shell(
        "exec 3<&0; rm -f pipe; mkfifo pipe; tee count <&3 >pipe &\nexec 3<&-\nsh -c \"$*\" <pipe; code=$?; kill $!; \
         exit $code",
    )
}

/// Bytes that a session of `options` sends there.
fn length(place: &Place, options: &[&str]) -> u64 {
    let shell = counting(place);
    assert!(push(place, &shell, options).status.success());
    let length = fs::metadata(place.at("count")).expect("a count").len();
    fs::remove_dir_all(place.at("d")).expect("the destination goes");
    length
}

/// Waits until nobody works on the destination any more: a far program outlives its client by a moment.
fn settled(place: &Place) {
    let held = || {
        let output = std::process::Command::new(crate::SERVER)
            .args(["recover", "d"])
            .current_dir(place.at(""))
            .output();
        output.expect("resilver").status.code() == Some(27)
    };
    let until = Instant::now() + Duration::from_secs(20);
    while held() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Cuts sessions at positions all over their length; each destination is the old tree then, or the new one where all had
/// been said, and whole after one run more.
fn cut_everywhere(options: &[&str], positions: u64) {
    let place = Place::new();
    place.fill(40, 4000, 1);
    let all = length(&place, options);
    for number in 0..=positions {
        let first = push(&place, &whole(&place), options);
        assert!(first.status.success(), "{}", complaint(&first));
        let old = tree(&place.at("d"));
        place.fill(40, 4100 + number as usize, 2 + number as u8);
        // The last ones lie within the goodbyes.
        let at = match number == positions {
            true => all - 3,
            false => all * number / positions,
        };
        let cut = push(&place, &heard_to(&place, at), options);
        assert!(!cut.status.success(), "cut at {at} of {all}");
        settled(&place);
        let got = tree(&place.at("d"));
        assert!(
            got == old || got == tree(&place.at("s")),
            "cut at {at} of {all}: neither the old tree nor the new one"
        );
        let again = push(&place, &whole(&place), options);
        assert!(again.status.success(), "{}", complaint(&again));
        assert!(
            tree(&place.at("d")) == tree(&place.at("s")),
            "cut at {at}: not the new tree"
        );
    }
}

#[test]
fn a_session_cut_anywhere_leaves_the_old_tree_or_the_new_one() {
    cut_everywhere(&["-a", "--delete"], 25);
}

#[test]
fn so_does_one_with_the_whole_list_and_compression() {
    cut_everywhere(&["-az", "--delete", "--no-inc-recursive"], 12);
}

#[test]
fn so_does_one_of_an_old_protocol() {
    cut_everywhere(&["-a", "--delete", "--protocol=29"], 12);
}

#[test]
fn a_server_that_is_not_heard_any_more_leaves_the_old_tree_or_the_new_one() {
    let place = Place::new();
    place.fill(40, 4000, 1);
    for at in [0, 5, 60, 150, 700, 1200, 1400] {
        assert!(
            push(&place, &whole(&place), &["-a", "--delete"])
                .status
                .success()
        );
        let old = tree(&place.at("d"));
        place.fill(40, 4100 + at as usize, at as u8);
        let cut = push(&place, &place.cut_at(at), &["-a", "--delete"]);
        assert!(!cut.status.success(), "cut at {at}");
        settled(&place);
        let got = tree(&place.at("d"));
        assert!(got == old || got == tree(&place.at("s")), "cut at {at}");
    }
}

#[test]
fn what_came_before_a_cut_does_not_come_again() {
    let place = Place::new();
    place.fill(40, 50_000, 1);
    let cut = push(&place, &heard_to(&place, 1_500_000), &["-a"]);
    assert_eq!(cut.status.code(), Some(12), "{}", complaint(&cut));
    assert!(!place.at("d").exists(), "nothing is committed");
    let counts = counting(&place);
    let again = push(&place, &counts, &["-a"]);
    assert!(again.status.success(), "{}", complaint(&again));
    let came = fs::metadata(place.at("count")).expect("a count").len();
    assert!(came < 700_000, "{came} bytes came again of 2,000,000");
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn half_a_file_is_the_basis_of_the_whole_one() {
    let place = Place::new();
    place.fill(1, 4_000_000, 1);
    let cut = push(&place, &heard_to(&place, 3_000_000), &["-a"]);
    assert_eq!(cut.status.code(), Some(12), "{}", complaint(&cut));
    assert!(!place.at("d").exists(), "nothing is committed");
    let counts = counting(&place);
    assert!(push(&place, &counts, &["-a"]).status.success());
    let came = fs::metadata(place.at("count")).expect("a count").len();
    assert!(came < 1_150_000, "{came} bytes came again of 4,000,000");
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn a_client_that_is_ended_leaves_the_old_tree() {
    use std::os::unix::process::CommandExt;
    let place = Place::new();
    place.fill(10, 10_000, 1);
    assert!(push(&place, &whole(&place), &["-a"]).status.success());
    let old = tree(&place.at("d"));
    place.fill(10, 400_000, 2);
    let mut run = command(&place, &whole(&place), &["-a", "--bwlimit=500"]);
    let mut run = run.process_group(0).spawn().expect("rsync");
    std::thread::sleep(Duration::from_millis(1500));
    let group = Pid::from_raw(run.id().cast_signed()).expect("a process");
    kill_process_group(group, Signal::KILL).expect("a signal");
    run.wait().expect("an end");
    settled(&place);
    assert!(tree(&place.at("d")) == old, "nothing is committed");
    let again = push(&place, &whole(&place), &["-a"]);
    assert!(again.status.success(), "{}", complaint(&again));
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn a_silent_client_is_given_up() {
    let place = Place::new();
    let began = Instant::now();
    let output = std::process::Command::new("sh")
        .arg("-c")
        .arg("(printf '\\035\\0\\0\\0'; sleep 20) | \"$0\" --server -rt --timeout=1 . d")
        .arg(crate::SERVER)
        .current_dir(place.at(""))
        .output()
        .expect("sh");
    let said = complaint(&output);
    assert!(said.contains("(code 30)"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(30));
    assert!(!place.at("d").exists());
}
