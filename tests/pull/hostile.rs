//! A sender that says what it may not: refused with rsync's code, and nothing of it is kept.

use std::fs;
use std::io::Write;

use crate::place::{Place, complaint};
use resilver::wire::{Mux, Ndx, NdxMemory, Protocol, WriteWire, write_sum_head};

/// What a server of protocol 29 says up to its first frame: version, seed.
fn greeting() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.write_int(29).expect("a vector");
    bytes.write_int(7).expect("a vector");
    bytes
}

/// A file of three bytes in a list of protocol 29, by its raw name.
fn file(name: &[u8], to: &mut Vec<u8>) {
    entry_of(name, 0o100_644, to);
}

fn entry_of(name: &[u8], mode: i32, to: &mut Vec<u8>) {
    // XMIT_TOP_DIR unset, nothing the same as before; a byte of zero would end the list.
    to.push(0x40);
    to.write_int(name.len() as i32).expect("a vector");
    to.extend_from_slice(name);
    to.write_int(3).expect("size");
    to.write_int(1_000_000_000).expect("time");
    to.write_int(mode).expect("mode");
}

/// A session of a sender that lists these names, and says `rest` behind the list; pulled with `-rt`.
fn told_by_hand(names: &[&[u8]], rest: &[u8]) -> (Place, Option<i32>, String) {
    told_in_steps(names, &[rest])
}

/// The same, with time for a request before each part of what follows.
fn told_in_steps(names: &[&[u8]], rest: &[&[u8]]) -> (Place, Option<i32>, String) {
    told_to(&["-rt"], names, rest)
}

/// The same, pulled with these options.
fn told_to(options: &[&str], names: &[&[u8]], rest: &[&[u8]]) -> (Place, Option<i32>, String) {
    let place = Place::new();
    let mut list = Vec::new();
    for name in names {
        file(name, &mut list);
    }
    list.push(0);
    list.write_int(0).expect("errors");
    let mut script = String::new();
    let mut session = greeting();
    for (number, part) in [&list[..]].iter().chain(rest).enumerate() {
        let mut mux = Mux::new(Vec::new());
        mux.begin_session(true).expect("a vector");
        mux.write_all(part).expect("a vector");
        mux.flush().expect("a vector");
        session.extend(mux.into_inner());
        fs::write(place.at(&format!("part{number}")), &session).expect("a file");
        script += &format!("cat part{number}; sleep 0.3; ");
        session.clear();
    }
    script += "exec cat >/dev/null";
    fs::create_dir(place.at("d")).expect("a directory");
    fs::write(place.at("d/mine"), "mine").expect("a file");
    let output = crate::pull(&place, &place.shell(&script), options);
    let code = output.status.code();
    (place, code, complaint(&output))
}

/// The destination is as it was, and nothing was made beside it but state.
fn is_untouched(place: &Place) -> bool {
    let names: Vec<_> = fs::read_dir(place.at("d"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names == ["mine"] && !place.at("x").exists()
}

#[test]
fn a_list_by_hand_is_understood() {
    // Else the tests below would pass for the wrong reason: with nothing wrong, only the content is missing.
    let (place, code, said) = told_by_hand(&[b"x"], &[]);
    assert_eq!(code, Some(12), "{said}");
    assert!(said.contains("connection unexpectedly closed"), "{said}");
    assert!(is_untouched(&place));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in [
        &b"../x"[..],
        b"k/../../x",
        b"/tmp/x",
        b"k/",
        b"",
        b"a//b",
        b"x\0y",
    ] {
        let (place, code, said) = told_by_hand(&[name], &[]);
        assert!(
            matches!(code, Some(2 | 4 | 12 | 22)),
            "{}: {code:?}: {said}",
            name.escape_ascii()
        );
        assert!(is_untouched(&place), "{}: {said}", name.escape_ascii());
    }
}

fn entry(ndx: u32, to: &mut Vec<u8>) {
    let protocol = Protocol::V29;
    NdxMemory::new(protocol)
        .write(Ndx::Entry(ndx), to)
        .expect("a vector");
    to.extend_from_slice(&0x8000_u16.to_le_bytes());
    write_sum_head(resilver::delta::Shape::default(), to).expect("a vector");
}

#[test]
fn a_file_that_was_not_asked_for_is_refused() {
    for ndx in [1, 7, 0x7fff_ffff] {
        let mut rest = Vec::new();
        entry(ndx, &mut rest);
        let (place, code, said) = told_by_hand(&[b"x"], &rest);
        assert_eq!(code, Some(2), "{ndx}: {said}");
        assert!(is_untouched(&place));
    }
}

/// One answer for the first file: the head of the basis, the content, and a sum that is not its.
fn wrong(head: [i32; 4], content: &[u8]) -> Vec<u8> {
    let mut answer = Vec::new();
    NdxMemory::new(Protocol::V29)
        .write(Ndx::Entry(0), &mut answer)
        .expect("a vector");
    answer.extend_from_slice(&0x8000_u16.to_le_bytes());
    for number in head {
        answer.write_int(number).expect("a vector");
    }
    answer.write_int(content.len() as i32).expect("a length");
    answer.extend_from_slice(content);
    answer.write_int(0).expect("the end");
    answer.extend_from_slice(&[0xee; 16]);
    answer
}

#[test]
fn content_that_is_not_what_its_sum_says_is_never_kept() {
    // Asked for once more, then given up.
    let first = wrong([0; 4], b"bad");
    let second = wrong([0; 4], b"bad");
    let (place, code, said) = told_in_steps(&[b"x"], &[&first, &second]);
    assert!(said.contains("ERROR: x failed verification"), "{said}");
    assert_eq!(code, Some(12), "the session then ends: {said}");
    assert!(is_untouched(&place));
}

#[test]
fn blocks_that_the_basis_does_not_have_are_refused() {
    let mut rest = Vec::new();
    entry(0, &mut rest);
    rest.write_int(-1).expect("a block");
    let (place, code, said) = told_by_hand(&[b"x"], &rest);
    assert!(matches!(code, Some(2 | 12)), "{code:?}: {said}");
    assert!(is_untouched(&place));
}

#[test]
fn names_that_were_not_asked_for_are_refused() {
    let place = Place::new();
    let mut list = Vec::new();
    file(b".bashrc", &mut list);
    list.push(0);
    list.write_int(0).expect("errors");
    let mut mux = Mux::new(Vec::new());
    mux.begin_session(true).expect("a vector");
    mux.write_all(&list).expect("a vector");
    mux.flush().expect("a vector");
    fs::write(place.at("session"), [greeting(), mux.into_inner()].concat()).expect("a file");
    let shell = place.shell("cat session; exec cat >/dev/null");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(["-rt", "-e"])
        .arg(shell)
        .args(["h:photos", "h:notes*", "d"])
        .current_dir(place.at("s").parent().expect("a parent"))
        .output()
        .expect("resilver");
    assert_eq!(output.status.code(), Some(4), "{}", complaint(&output));
    let said = complaint(&output);
    assert!(
        said.contains("rejecting unrequested file-list name: .bashrc"),
        "{said}"
    );
    assert!(!place.at("d").exists());
}

#[test]
fn names_that_rules_hide_are_refused() {
    let hidden: &[&[u8]] = &[b"a", b"x.key"];
    let (place, code, said) = told_to(&["-rt", "--exclude=*.key"], hidden, &[]);
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("rejecting excluded file-list name: x.key"),
        "{said}"
    );
    assert!(is_untouched(&place));
    // Rules of directories are known there only.
    let (_, code, said) = told_to(
        &["-rt", "--filter=: .rules", "--exclude=*.key"],
        hidden,
        &[],
    );
    assert_eq!(code, Some(12), "{said}");
}

#[test]
fn what_is_missing_has_to_be_an_argument() {
    let place = Place::new();
    let mut list = Vec::new();
    entry_of(b"mine", 0, &mut list);
    list.push(0);
    list.write_int(0).expect("errors");
    let mut mux = Mux::new(Vec::new());
    mux.begin_session(true).expect("a vector");
    mux.write_all(&list).expect("a vector");
    mux.flush().expect("a vector");
    fs::write(place.at("session"), [greeting(), mux.into_inner()].concat()).expect("a file");
    fs::create_dir(place.at("d")).expect("a directory");
    fs::write(place.at("d/mine"), "mine").expect("a file");
    let shell = place.shell("cat session; exec cat >/dev/null");
    for (options, expected) in [
        (&["-rt", "--delete-missing-args"], 4),
        // Nobody spoke of such entries.
        (&["-rt", "--ignore-missing-args"], 2),
    ] {
        let output = crate::pull(&place, &shell, options);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(expected), "{said}");
        assert!(is_untouched(&place), "{said}");
    }
}
