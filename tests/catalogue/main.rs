//! The catalogue that pulls leave in the state of their destination.

mod place;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use place::{FIRST, Place};
use resilver::delta::Checksum;
use resilver::sys::Kind;

#[test]
fn a_pull_writes_down_what_it_brought_and_from_where() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    let (origin, entries) = place.catalogue();
    assert_eq!(origin.sources, ["h:s/"]);
    assert_eq!(origin.words[..2], ["-a", "-e"]);
    let names: Vec<&str> = entries
        .keys()
        .map(|path| path.to_str().expect("text"))
        .collect();
    assert_eq!(names, ["", "a", "dir", "dir/b", "dir/link"]);
    assert_eq!(entries[Path::new("")].kind, Kind::Dir);
    let a = &entries[Path::new("a")];
    assert_eq!(
        (a.kind, a.size, a.mode),
        (Kind::File, FIRST.len() as u64, 0o644)
    );
    let sum = a.sum.expect("it was summed on its way");
    let mut stream = sum.algorithm.stream().expect("a sum");
    stream.update(FIRST.as_bytes());
    assert_eq!(sum.digest, stream.finish());
    let link = &entries[Path::new("dir/link")];
    assert_eq!(link.target.as_deref(), Some(Path::new("../a")));
}

#[test]
fn sums_are_those_of_the_session_in_every_protocol_that_tells_content_alone() {
    for (option, algorithm) in [
        ("--protocol=32", Some(Checksum::Xxh128)),
        ("--protocol=30", Some(Checksum::Xxh128)),
        ("--protocol=29", None),
        ("--checksum-choice=none", None),
        ("--checksum-choice=sha1", Some(Checksum::Sha1)),
    ] {
        let place = Place::new();
        place.pull(&["-a", option], 0);
        let (_, entries) = place.catalogue();
        let sum = entries[Path::new("a")].sum;
        assert_eq!(sum.map(|sum| sum.algorithm), algorithm, "{option}");
    }
}

#[test]
fn sums_of_files_that_did_not_change_are_kept_and_others_are_not() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    let (_, first) = place.catalogue();
    place.write("s/a", "another");
    place.pull(&["-a"], 0);
    let (_, second) = place.catalogue();
    let (a, b) = (Path::new("a"), Path::new("dir/b"));
    assert_eq!(first[b], second[b]);
    assert!(second[b].sum.is_some());
    assert_ne!(first[a].sum, second[a].sum);
    // Its time alone is taken over: the content is what came before.
    let later = filetime::FileTime::from_unix_time(1_700_000_000, 5);
    filetime::set_file_mtime(place.at("s/dir/b"), later).expect("a time");
    place.pull(&["-a", "--size-only"], 0);
    let (_, third) = place.catalogue();
    assert_eq!(third[b], second[b]);
}

#[test]
fn what_is_deleted_goes_and_what_is_kept_here_stays() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    fs::remove_file(place.at("s/a")).expect("it goes");
    place.pull(&["-a"], 0);
    let (_, kept) = place.catalogue();
    assert!(kept.contains_key(Path::new("a")), "here it still is");
    place.pull(&["-a", "--delete"], 0);
    let (_, gone) = place.catalogue();
    assert!(!gone.contains_key(Path::new("a")));
    assert!(gone.contains_key(Path::new("dir/b")));
}

#[test]
fn what_a_pull_did_not_take_is_not_said_to_have_come() {
    let place = Place::new();
    fs::create_dir(place.at("d")).expect("a directory");
    place.write("d/a", "newer and longer than there");
    let later = filetime::FileTime::from_unix_time(4_000_000_000, 0);
    filetime::set_file_mtime(place.at("d/a"), later).expect("a time");
    place.pull(&["-rt", "--update"], 0);
    let (_, entries) = place.catalogue();
    let names: Vec<&str> = entries
        .keys()
        .map(|path| path.to_str().expect("text"))
        .collect();
    // Links were not asked for.
    assert_eq!(names, ["", "dir", "dir/b"]);
}

#[test]
fn a_run_that_changes_nothing_makes_one_and_leaves_one() {
    let place = Place::new();
    place.pull(&["-a", "--commit=direct"], 0);
    assert!(place.find().is_none(), "direct leaves nothing beside");
    place.pull(&["-a", "-n"], 0);
    assert!(place.find().is_none(), "nor does a trial");
    place.pull(&["-a"], 0);
    let (_, entries) = place.catalogue();
    assert_eq!(entries.len(), 5);
    place.pull(&["-a"], 0);
    assert_eq!(place.catalogue().1, entries);
}

#[test]
fn another_source_begins_anew_and_a_part_of_the_same_does_not() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    place.write("list", "a\n");
    place.pull(&["-a", "--files-from=list"], 0);
    let (origin, entries) = place.catalogue();
    assert_eq!(entries.len(), 5);
    assert!(!origin.words.iter().any(|word| word == "--files-from=list"));
    fs::create_dir(place.at("t")).expect("a directory");
    place.write("t/c", "c");
    place.pull_from("h:t/", &["-a"], 0);
    let (origin, entries) = place.catalogue();
    assert_eq!(origin.sources, ["h:t/"]);
    assert_eq!(entries.len(), 2);
}

#[test]
fn a_pull_that_failed_in_part_keeps_what_was_known() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    let (_, first) = place.catalogue();
    place.write("s/a", "this cannot be read");
    symlink("x", place.at("s/new")).expect("a link");
    // The far end cannot read it: it says so, and sends all else.
    place.pull_by(
        "chmod 0 s/a; exec setpriv --reuid 65534 --clear-groups sh -c \"$*\"",
        23,
    );
    let (_, second) = place.catalogue();
    assert_eq!(second[Path::new("a")], first[Path::new("a")]);
    assert!(second.contains_key(Path::new("new")));
}

#[test]
fn entries_are_amended_one_by_one() {
    let place = Place::new();
    place.pull(&["-a"], 0);
    let catalogue = place.find().expect("a catalogue");
    let (origin, mut entries) = place.catalogue();
    let moved = entries.remove(Path::new("dir/b")).expect("an entry");
    let changes = [
        ("dir/b".into(), None),
        ("new dir/c".into(), Some(moved.clone())),
    ];
    catalogue.amend(&changes.into(), None).expect("amends");
    entries.insert("new dir/c".into(), moved);
    assert_eq!(place.catalogue(), (origin, entries));
}

#[test]
fn an_undo_drops_it() {
    let place = Place::new();
    place.pull(&["-a", "--delete"], 0);
    place.write("s/a", "a second one");
    place.pull(&["-a", "--delete"], 0);
    assert!(place.find().is_some());
    place.resilver(&["undo", "d"], 0);
    assert!(place.find().is_none());
}

/// State as resilver makes it, with a catalogue, in the source: beside `sub` and in it.
fn plant(place: &Place) {
    place.pull(&["-a"], 0);
    let made = place.at(".d.resilver");
    for planted in ["s/.sub.resilver", "s/sub/.resilver"] {
        fs::create_dir_all(place.at(planted)).expect("a directory");
        for name in ["signature", "journal", "catalogue"] {
            fs::copy(made.join(name), place.at(planted).join(name)).expect("a file");
        }
    }
    place.write("s/sub/mine", "mine");
}

#[test]
fn state_that_a_peer_sends_is_not_taken_in() {
    for option in [
        "--inc-recursive",
        "--no-inc-recursive",
        "--protocol=29",
        "-R",
    ] {
        let place = Place::new();
        plant(&place);
        place.pull(&["-a", option], 0);
        let sub = match option {
            "-R" => place.at("d/s/sub"),
            _ => place.at("d/sub"),
        };
        assert_eq!(
            fs::read(sub.join("mine")).expect("a file"),
            b"mine",
            "{option}"
        );
        assert!(!sub.join(".resilver").exists(), "{option}");
        assert!(!sub.with_file_name(".sub.resilver").exists(), "{option}");
    }
}

#[test]
fn a_catalogue_of_another_tree_is_not_believed() {
    let place = Place::new();
    plant(&place);
    // Something else than resilver brought it.
    let copied = std::process::Command::new("cp")
        .args(["-a", "s/sub", "s/.sub.resilver", "."])
        .current_dir(place.at(""))
        .status();
    assert!(copied.expect("cp").success());
    let find = |name: &str| resilver::stage::catalogue::Catalogue::open(&place.at(name));
    assert!(find("sub").expect("it can be read").is_none());
    fs::remove_dir_all(place.at(".sub.resilver")).expect("it goes");
    assert!(find("sub").expect("it can be read").is_none());
    assert!(find("d").expect("it can be read").is_some());
}

#[test]
fn content_that_did_not_come_is_not_said_to_have() {
    for options in [
        &["-r", "--size-only"][..],
        &["-a", "--size-only"],
        &["-r", "--ignore-existing"],
        &["-ru"],
    ] {
        let place = Place::new();
        place.pull(&["-a"], 0);
        let (_, first) = place.catalogue();
        place.write("s/a", &FIRST.to_uppercase());
        let later = filetime::FileTime::from_unix_time(1_700_000_000, 0);
        filetime::set_file_mtime(place.at("s/a"), later).expect("a time");
        place.pull(options, 0);
        let (_, second) = place.catalogue();
        assert_eq!(second[Path::new("a")], first[Path::new("a")], "{options:?}");
    }
}

#[test]
fn sums_that_are_listed_are_written_down() {
    let place = Place::new();
    place.pull(&["-rlt", "--checksum-choice=md5"], 0);
    let later = filetime::FileTime::from_unix_time(1_700_000_000, 0);
    filetime::set_file_mtime(place.at("s/a"), later).expect("a time");
    place.pull(&["-rc", "--checksum-choice=sha1"], 0);
    let (_, entries) = place.catalogue();
    let a = &entries[Path::new("a")];
    assert_eq!(a.sum.map(|sum| sum.algorithm), Some(Checksum::Sha1));
    assert_eq!(a.mtime.sec, 1_700_000_000);
}
