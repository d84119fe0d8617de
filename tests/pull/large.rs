//! Files that are written by a thread of their own.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::place::{Place, complaint};

/// Twelve MiB and a bit, the middle third of them zeros.
fn content(seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut bytes: Vec<u8> = (0..12 * 1024 * 1024 + 17)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    bytes[4 << 20..8 << 20].fill(0);
    bytes
}

#[test]
fn whole_or_by_edits_with_holes_or_without_they_are_what_was_sent() {
    let place = Place::new();
    let shell = place.shell("exec sh -c \"$*\"");
    let first = content(1);
    for options in [
        &["-a"][..],
        &["-aS"],
        &["-az"],
        &["-a", "--preallocate"],
        &["-aS", "--preallocate"],
        &["-aW"],
    ] {
        let _ = fs::remove_dir_all(place.at("d"));
        fs::write(place.at("s/large"), &first).expect("a file");
        let output = crate::pull(&place, &shell, options);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{options:?}: {}",
            complaint(&output)
        );
        assert!(
            fs::read(place.at("d/large")).expect("a file") == first,
            "{options:?}"
        );
        let room = fs::metadata(place.at("d/large")).expect("a file").blocks() * 512;
        assert_eq!(room < 9 << 20, options[0] == "-aS", "{options:?}: {room}");
        let mut second = first.clone();
        for at in [0, 5 << 20, 11 << 20] {
            second[at..at + 5].copy_from_slice(b"edits");
        }
        second.drain(1000..1003);
        fs::write(place.at("s/large"), &second).expect("a file");
        let output = crate::pull(&place, &shell, options);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{options:?}: {}",
            complaint(&output)
        );
        assert!(
            fs::read(place.at("d/large")).expect("a file") == second,
            "{options:?}"
        );
    }
}

#[test]
fn one_that_finds_no_room_is_told_and_leaves_the_old_one() {
    let place = Place::new();
    fs::write(place.at("s/large"), content(1)).expect("a file");
    fs::write(place.at("s/other"), "other").expect("a file");
    fs::create_dir(place.at("d")).expect("a directory");
    fs::write(place.at("d/large"), "old").expect("a file");
    // A process may write files of 6 MiB only.
    let shell = place.shell("exec sh -c \"$*\"");
    let limited = place.at("limited");
    let script = format!(
        "trap '' XFSZ; ulimit -f 12288; exec {} -a -e {} h:s/ d",
        env!("CARGO_BIN_EXE_resilver"),
        shell.display()
    );
    fs::write(&limited, script).expect("a script");
    let output = std::process::Command::new("bash")
        .arg(&limited)
        .current_dir(place.at(""))
        .env("LC_ALL", "C")
        .output()
        .expect("bash");
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(23), "{said}");
    assert!(
        said.contains("large") && said.contains("File too large"),
        "{said}"
    );
    assert_eq!(fs::read(place.at("d/large")).expect("a file"), b"old");
    assert_eq!(fs::read(place.at("d/other")).expect("a file"), b"other");
}

#[test]
fn one_that_is_cut_off_is_gone_on_with() {
    let place = Place::new();
    let whole = content(3);
    fs::write(place.at("s/large"), &whole).expect("a file");
    let output = crate::pull(&place, &place.cut_at(9 << 20), &["-a"]);
    assert_eq!(output.status.code(), Some(12), "{}", complaint(&output));
    assert!(!place.at("d/large").exists());
    let shell = place.shell("exec sh -c \"$*\"");
    let output = crate::pull(&place, &shell, &["-a", "--stats"]);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    assert!(fs::read(place.at("d/large")).expect("a file") == whole);
    let stats = String::from_utf8_lossy(&output.stdout).into_owned();
    let matched = stats
        .lines()
        .find_map(|line| line.strip_prefix("Matched data: "));
    let matched = matched.expect("told").replace([',', ' '], "");
    let matched: u64 = matched.trim_end_matches("bytes").parse().expect("a number");
    assert!(matched > 8 << 20, "{stats}");
}
