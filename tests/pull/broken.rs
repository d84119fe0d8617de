//! A link that breaks: the destination stays as it was, and the next run goes on from what came.

use std::fs;
use std::time::{Duration, Instant};

use crate::place::{Place, complaint, tree};

const WHOLE: &str = "exec sh -c \"$*\"";

/// Bytes that a session of `options` sends here.
fn length(place: &Place, options: &[&str]) -> u64 {
    let shell = place.shell("sh -c \"$*\" | tee count");
    assert!(crate::pull(place, &shell, options).status.success());
    let length = fs::metadata(place.at("count")).expect("a count").len();
    fs::remove_dir_all(place.at("d")).expect("the destination goes");
    length
}

/// Cuts sessions at positions all over their length; each destination is the old tree then, and whole after one run more.
fn cut_everywhere(options: &[&str], positions: u64) {
    let place = Place::new();
    place.fill(40, 4000, 1);
    let all = length(&place, options);
    let whole = place.shell(WHOLE);
    for number in 0..positions {
        assert!(crate::pull(&place, &whole, options).status.success());
        let old = tree(&place.at("d"));
        place.fill(40, 4100 + number as usize, 2 + number as u8);
        let at = all * number / positions;
        let shell = place.cut_at(at);
        let cut = crate::pull(&place, &shell, options);
        let said = complaint(&cut);
        assert!(!cut.status.success(), "cut at {at} of {all}");
        assert!(
            said.contains("connection unexpectedly closed"),
            "{at}: {said}"
        );
        assert_eq!(cut.status.code(), Some(12), "cut at {at} of {all}: {said}");
        assert!(
            tree(&place.at("d")) == old,
            "cut at {at} of {all}: not the old tree"
        );
        let whole = place.shell(WHOLE);
        let again = crate::pull(&place, &whole, options);
        assert!(again.status.success(), "{}", complaint(&again));
        assert!(
            tree(&place.at("d")) == tree(&place.at("s")),
            "cut at {at}: not the new tree"
        );
    }
}

#[test]
fn a_session_cut_anywhere_leaves_the_old_tree() {
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
fn what_came_before_a_cut_does_not_come_again() {
    let place = Place::new();
    place.fill(40, 50_000, 1);
    let cut = place.cut_at(1_500_000);
    assert_eq!(crate::pull(&place, &cut, &["-a"]).status.code(), Some(12));
    assert!(!place.at("d").exists(), "nothing is committed");
    let counts = place.shell("sh -c \"$*\" | tee count");
    assert!(crate::pull(&place, &counts, &["-a"]).status.success());
    let came = fs::metadata(place.at("count")).expect("a count").len();
    assert!(came < 700_000, "{came} bytes came again of 2,000,000");
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn half_a_file_is_the_basis_of_the_whole_one() {
    let place = Place::new();
    place.fill(1, 4_000_000, 1);
    let cut = place.cut_at(3_000_000);
    assert_eq!(crate::pull(&place, &cut, &["-a"]).status.code(), Some(12));
    assert!(!place.at("d").exists(), "nothing is committed");
    let counts = place.shell("sh -c \"$*\" | tee count");
    assert!(crate::pull(&place, &counts, &["-a"]).status.success());
    let came = fs::metadata(place.at("count")).expect("a count").len();
    assert!(came < 1_150_000, "{came} bytes came again of 4,000,000");
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn a_far_program_that_is_not_there_has_its_code() {
    let place = Place::new();
    let shell = place.shell(WHOLE);
    let output = crate::pull(&place, &shell, &["-a", "--rsync-path=/nonexistent/rsync"]);
    assert_eq!(output.status.code(), Some(127), "{}", complaint(&output));
    assert!(!place.at("d").exists());
}

#[test]
fn a_shell_that_does_not_reach_its_machine_has_its_code() {
    let place = Place::new();
    let output = crate::pull(&place, &place.shell("exit 255"), &["-a"]);
    assert_eq!(output.status.code(), Some(255), "{}", complaint(&output));
    assert!(complaint(&output).contains("unexplained error (code 255)"));
}

#[test]
fn a_shell_that_is_not_there_is_told() {
    let place = Place::new();
    let output = crate::pull(&place, &place.at("no-such-shell"), &["-a"]);
    assert_eq!(output.status.code(), Some(14), "{}", complaint(&output));
}

#[test]
fn words_of_a_chatty_shell_are_no_version() {
    let place = Place::new();
    let output = crate::pull(
        &place,
        &place.shell("echo welcome; exec sh -c \"$*\""),
        &["-a"],
    );
    assert_eq!(output.status.code(), Some(2), "{}", complaint(&output));
    assert!(complaint(&output).contains("is your shell clean?"));
}

/// The first request to stop is heard also while nothing comes.
#[test]
fn a_run_on_a_silent_link_can_be_stopped() {
    let place = Place::new();
    place.fill(10, 300_000, 1);
    let shell = place
        .shell("sh -c \"$*\" | (dd iflag=count_bytes bs=512 count=1000000 status=none; sleep 50) 2>/dev/null");
    let mut run = crate::command(&place, &shell, &["-a"])
        .spawn()
        .expect("resilver");
    std::thread::sleep(Duration::from_millis(700));
    let began = Instant::now();
    let pid = i32::try_from(run.id()).expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("a signal");
    let status = run.wait().expect("an end");
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "it was not heard"
    );
    assert!(!status.success());
    assert!(!place.at("d").exists(), "nothing is committed");
}

#[test]
fn a_silent_sender_is_given_up() {
    let place = Place::new();
    place.fill(10, 300_000, 1);
    let shell = place
        .shell("sh -c \"$*\" | (dd iflag=count_bytes bs=512 count=1000000 status=none; sleep 50) 2>/dev/null");
    let began = Instant::now();
    let output = crate::pull(&place, &shell, &["-a", "--timeout=1"]);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(output.status.code(), Some(30), "{}", complaint(&output));
    assert!(!place.at("d").exists(), "nothing is committed");
}

/// A sender that waits for requests hears signs of life meanwhile.
#[test]
fn a_slow_run_keeps_its_sender() {
    let place = Place::new();
    place.fill(4, 1000, 1);
    let shell = place.shell(WHOLE);
    let output = crate::pull(&place, &shell, &["-a", "--timeout=2", "--gate=sleep 4"]);
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

/// Killed at whatever moment: old or new, and the next run makes it new.
#[test]
fn a_run_that_is_killed_leaves_one_generation() {
    let place = Place::new();
    place.fill(200, 20_000, 1);
    let whole = place.shell(WHOLE);
    assert!(
        crate::pull(&place, &whole, &["-a", "--delete"])
            .status
            .success()
    );
    for number in 0..12_u64 {
        let old = tree(&place.at("d"));
        place.fill(200, 20_001 + number as usize, 2 + number as u8);
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_resilver"))
            .args(["-a", "--delete", "-e"])
            .arg(&whole)
            .args(["h:s/", "d"])
            .current_dir(place.at("s").parent().expect("a parent"))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("resilver");
        std::thread::sleep(Duration::from_millis(20 + 25 * number));
        let _ = run.kill();
        let _ = run.wait();
        let now = tree(&place.at("d"));
        assert!(
            now == old || now == tree(&place.at("s")),
            "a mixture, round {number}"
        );
        let again = crate::pull(&place, &whole, &["-a", "--delete"]);
        assert!(again.status.success(), "{}", complaint(&again));
        assert!(
            tree(&place.at("d")) == tree(&place.at("s")),
            "round {number}"
        );
    }
}

/// Moved from there to here, and killed at whatever moment: each file is on at least one side.
#[test]
fn a_move_that_is_killed_loses_nothing() {
    let place = Place::new();
    let whole = place.shell(WHOLE);
    for number in 0..14_u64 {
        place.fill(300, 3000 + number as usize, 1 + number as u8);
        let sent = tree(&place.at("s"));
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_resilver"))
            .args(["-a", "--remove-source-files", "-e"])
            .arg(&whole)
            .args(["h:s/", "d"])
            .current_dir(place.at("s").parent().expect("a parent"))
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("resilver");
        std::thread::sleep(Duration::from_millis(30 + 12 * number));
        let _ = run.kill();
        let _ = run.wait();
        // The sender may still be at it.
        std::thread::sleep(Duration::from_millis(300));
        let (there, here) = (tree(&place.at("s")), tree(&place.at("d")));
        for (name, content) in &sent {
            let kept = there.get(name) == Some(content) || here.get(name) == Some(content);
            assert!(kept, "round {number}: {} is gone", name.display());
        }
        let again = crate::pull(&place, &whole, &["-a", "--remove-source-files"]);
        assert!(again.status.success(), "{}", complaint(&again));
        let left = tree(&place.at("s")).into_values().flatten().count();
        assert_eq!(left, 0, "round {number}: all files are moved");
    }
}

/// Runs the far program, and tells it to stop in the middle of what it sends.
const STOPPED: &str =
    "exec 3<&0\nsh -c \"exec $*\" <&3 &\npid=$!\nexec 3<&-\nsleep 0.5\nkill -TERM $pid\nwait $pid";

#[test]
fn a_far_end_that_is_told_to_stop_ends_the_run_with_its_code() {
    for program in ["rsync", env!("CARGO_BIN_EXE_resilver")] {
        let place = Place::new();
        place.fill(40, 100_000, 1);
        let stopped = place.shell(STOPPED);
        let path = format!("--rsync-path={program}");
        let pulled = crate::pull(&place, &stopped, &["-a", "--bwlimit=1m", &path]);
        let said = complaint(&pulled);
        assert_eq!(pulled.status.code(), Some(20), "{program}: {said}");
        assert!(!place.at("d").exists(), "nothing is committed");
    }
}

/// A run that goes on while something happens.
fn begun(mut command: std::process::Command) -> std::process::Child {
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a run")
}

/// A list that asks for nothing more must be through when all that it asked for came or will not come: the sender
/// lists no further before, and all who could deal with what does not come may wait for those lists.
#[test]
fn a_file_that_vanishes_does_not_hold_up_the_lists_to_come() {
    let place = Place::new();
    fs::write(place.at("s/a"), vec![b'a'; 2 << 20]).expect("a file");
    fs::write(place.at("s/b"), "gone").expect("a file");
    // More than rsync lists ahead, and nothing of it is asked for.
    for number in 0..40 {
        let dir = place.at(&format!("s/k{number}"));
        fs::create_dir(&dir).expect("a directory");
        for link in 0..100 {
            std::os::unix::fs::symlink("x", dir.join(format!("l{link}"))).expect("a link");
        }
    }
    let shell = place.shell(WHOLE);
    let command = crate::command(&place, &shell, &["-a", "--bwlimit=1m"]);
    let child = begun(command);
    std::thread::sleep(Duration::from_millis(800));
    fs::remove_file(place.at("s/b")).expect("a file");
    let ran = child.wait_with_output().expect("an end");
    let said = complaint(&ran);
    assert_eq!(ran.status.code(), Some(24), "{said}");
    assert!(said.contains("has vanished"), "{said}");
    assert_eq!(tree(&place.at("s")), tree(&place.at("d")));
}

/// A sparse file of this many bytes is long on its way, and short to make.
const LONG: u64 = 12 << 20;

/// Cuts the only file of the source short while it is under way.
fn cut_under_way(place: &Place, command: std::process::Command) -> std::process::Output {
    let source = place.at("s/f");
    fs::File::create(&source)
        .and_then(|file| file.set_len(LONG))
        .expect("a file");
    let child = begun(command);
    std::thread::sleep(Duration::from_millis(900));
    fs::OpenOptions::new()
        .write(true)
        .open(&source)
        .and_then(|file| file.set_len(1000))
        .expect("a file");
    child.wait_with_output().expect("an end")
}

#[test]
fn a_source_that_is_cut_short_is_told_and_sent_again() {
    for program in ["rsync", env!("CARGO_BIN_EXE_resilver")] {
        let place = Place::new();
        let path = format!("--rsync-path={program}");
        let shell = place.shell(WHOLE);
        let command = crate::command(&place, &shell, &["-a", "--bwlimit=5m", &path]);
        let pulled = cut_under_way(&place, command);
        let said = complaint(&pulled);
        assert_eq!(pulled.status.code(), Some(23), "{program}: {said}");
        assert!(said.contains("read errors mapping"), "{program}: {said}");
        let came = fs::metadata(place.at("d/f")).expect("a file").len();
        assert_eq!(came, 1000, "{program}");
    }
}

#[test]
fn so_is_one_on_this_machine() {
    for options in [
        &["-a"][..],
        &["-a", "--inplace"],
        &["-a", "--commit=direct"],
    ] {
        let place = Place::new();
        fs::create_dir(place.at("d")).expect("a directory");
        fs::write(place.at("d/f"), "old").expect("a file");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_resilver"));
        command.args(options).arg("--bwlimit=5m");
        command.args([place.at("s/"), place.at("d")]);
        let ran = cut_under_way(&place, command);
        let said = complaint(&ran);
        assert_eq!(ran.status.code(), Some(23), "{options:?}: {said}");
        assert!(said.contains("read errors mapping"), "{options:?}: {said}");
        let came = fs::metadata(place.at("d/f")).expect("a file").len();
        assert_eq!(came, 1000, "{options:?}");
    }
}

/// Who deals with the other names of a file waits for it, and must not wait for what no longer comes.
#[test]
fn a_link_that_breaks_within_a_file_of_several_names_ends_the_run() {
    let place = Place::new();
    place.fill(1, 2_000_000, 1);
    let first = fs::read_dir(place.at("s")).expect("files").next();
    let first = first.expect("a file").expect("a name").path();
    fs::hard_link(first, place.at("s/other")).expect("a link");
    let cut = place.cut_at(1_000_000);
    let pulled = crate::pull(&place, &cut, &["-aH"]);
    assert_eq!(pulled.status.code(), Some(12), "{}", complaint(&pulled));
    assert!(!place.at("d").exists(), "nothing is committed");
}

/// rsync before 3.1 tells of a list that is not whole by a message of its own.
#[test]
fn nothing_is_deleted_where_an_old_sender_could_not_list_all() {
    for when in ["before", "during", "delay", "after"] {
        for commit in ["auto", "direct"] {
            for more in ["--inc-recursive", "--no-inc-recursive"] {
                let place = Place::new();
                place.fill(4, 10, 1);
                for dir in ["d", "d/k"] {
                    fs::create_dir(place.at(dir)).expect("a directory");
                    fs::write(place.at(dir).join("mine"), "mine").expect("a file");
                }
                // Without this letter lists have no room for errors.
                let shell =
                    place.shell(r#"exec sh -c "$(printf %s "$*" | sed 's/\(e\.[iLs]*\)f/\1/')""#);
                let (when, commit) = (format!("--delete-{when}"), format!("--commit={commit}"));
                let options = ["-a", "--protocol=30", more, &when, &commit, "h:s/f0/x"];
                let output = crate::pull(&place, &shell, &options);
                let said = format!("{options:?}: {}", complaint(&output));
                assert_eq!(output.status.code(), Some(23), "{said}");
                let got = tree(&place.at("d"));
                for name in ["mine", "k/mine", "f0", "k/f1"] {
                    assert!(
                        got.contains_key(std::path::Path::new(name)),
                        "{name}: {said}"
                    );
                }
            }
        }
    }
}

/// Content that changed behind the same size and time is found by `-c` and `-I`, in what was staged as in what lives.
#[test]
fn what_came_before_a_cut_is_not_trusted_beyond_what_is_asked_for() {
    for option in ["-c", "-I"] {
        for far in [true, false] {
            let place = Place::new();
            place.fill(40, 50_000, 1);
            let cut = place.cut_at(1_500_000);
            assert_eq!(crate::pull(&place, &cut, &["-a"]).status.code(), Some(12));
            let changed = place.at("s/f0");
            let time = fs::metadata(&changed).and_then(|stat| stat.modified());
            fs::write(&changed, [7; 50_000]).expect("a file");
            let file = fs::File::options().write(true).open(&changed);
            let file = file.expect("a file");
            file.set_modified(time.expect("a time")).expect("a time");
            let source = if far { "h:s/" } else { "s/" };
            let shell = place.shell(WHOLE);
            let mut run = place.run(&shell, &["-a", option], [source, "d"]);
            let output = run.output().expect("resilver");
            let said = format!("{option}, {source}: {}", complaint(&output));
            assert!(output.status.success(), "{said}");
            assert!(tree(&place.at("d")) == tree(&place.at("s")), "{said}");
        }
    }
}

/// A file whose place others wrote to before the switch is not there: what came of it is nowhere but at the source.
#[test]
fn the_source_of_what_others_wrote_over_meanwhile_stays() {
    for commit in ["--commit=swap", "--commit=journal"] {
        for source in ["h:s/", "s/"] {
            let place = Place::new();
            place.fill(4, 10, 1);
            fs::create_dir_all(place.at("d/k")).expect("a directory");
            fs::write(place.at("d/f0"), "old").expect("a file");
            let edited = place.at("d/f0");
            let gate = format!("--gate=printf 0123456789 > {}", edited.display());
            let shell = place.shell(WHOLE);
            let options = ["-a", "--remove-source-files", commit, &gate];
            let mut run = place.run(&shell, &options, [source, "d"]);
            let output = run.output().expect("resilver");
            let said = format!("{commit} {source}: {}", complaint(&output));
            assert_eq!(output.status.code(), Some(23), "{said}");
            assert_eq!(fs::read(&edited).expect("a file"), b"0123456789", "{said}");
            assert!(place.at("s/f0").exists(), "{said}");
            for other in ["f2", "k/f1"] {
                assert!(place.at("d").join(other).exists(), "{said}");
                assert!(!place.at("s").join(other).exists(), "{said}");
            }
        }
    }
}

/// A file that could not take its name at the end is not there either.
#[test]
fn the_source_of_a_file_that_waits_in_vain_for_its_name_stays() {
    let place = Place::new();
    place.fill(2, 10, 1);
    fs::write(place.at("s/zz"), [7; 40_000]).expect("a file");
    let options = ["-a", "--commit=direct", "--delay-updates"];
    let options = [&options[..], &["--remove-source-files", "--bwlimit=40"]].concat();
    let mut run = crate::command(&place, &place.shell(WHOLE), &options);
    let run = run.spawn().expect("resilver");
    let until = Instant::now() + Duration::from_secs(20);
    while !place.at("d/.~tmp~/f0").exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Others take the name while the last file is on its way.
    fs::create_dir_all(place.at("d/f0/x")).expect("a directory");
    let output = run.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(23));
    assert!(place.at("s/f0").exists(), "its source stays");
    assert!(!place.at("s/zz").exists() && place.at("d/zz").exists());
}
