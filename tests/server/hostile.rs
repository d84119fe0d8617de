//! A client that says what it may not: refused with rsync's code, and nothing of it is kept.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use resilver::wire::{Ndx, NdxMemory, Protocol, WriteWire, write_sum_head};

use crate::place::Place;

/// A file of three bytes in a list of protocol 29, by its raw name.
fn file(name: &[u8], to: &mut Vec<u8>) {
    to.push(0x40);
    to.write_int(name.len() as i32).expect("a vector");
    to.extend_from_slice(name);
    to.write_int(3).expect("size");
    to.write_int(1_000_000_000).expect("time");
    to.write_int(0o100_644).expect("mode");
}

/// What a client of protocol 29 says that lists these names, and `rest` behind the list.
fn session(names: &[&[u8]], rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.write_int(29).expect("a vector");
    for name in names {
        file(name, &mut bytes);
    }
    bytes.push(0);
    bytes.write_int(0).expect("errors");
    bytes.extend_from_slice(rest);
    bytes
}

/// A server with these words that hears this.
fn serve(words: &[&str], bytes: &[u8]) -> (Place, Option<i32>, String) {
    let place = Place::new();
    fs::create_dir(place.at("d")).expect("a directory");
    fs::write(place.at("d/mine"), "mine").expect("a file");
    let mut child = Command::new("timeout")
        .args(["-k", "5", "30", crate::SERVER])
        .args(words)
        .current_dir(place.at(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("resilver");
    let mut to = child.stdin.take().expect("a pipe");
    let _ = to.write_all(bytes);
    // Time for requests, so that answers do not come too early.
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(to);
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (place, output.status.code(), said)
}

fn told(names: &[&[u8]], rest: &[u8]) -> (Place, Option<i32>, String) {
    serve(&["--server", "-rt", ".", "d"], &session(names, rest))
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
    let (place, code, said) = told(&[b"x"], &[]);
    assert_eq!(code, Some(12), "{said}");
    assert!(said.contains("connection unexpectedly closed"), "{said}");
    assert!(is_untouched(&place));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in [&b"../x"[..], b"k/../../x", b"/tmp/x", b"", b"x\0y"] {
        let (place, code, said) = told(&[name], &[]);
        let shown = name.escape_ascii();
        assert!(
            matches!(code, Some(2 | 4 | 12 | 22)),
            "{shown}: {code:?}: {said}"
        );
        assert!(!said.contains("closed"), "{shown}: {said}");
        assert!(is_untouched(&place), "{shown}: {said}");
    }
}

fn answer(ndx: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    NdxMemory::new(Protocol::V29)
        .write(Ndx::Entry(ndx), &mut bytes)
        .expect("a vector");
    bytes.extend_from_slice(&0x8000_u16.to_le_bytes());
    write_sum_head(resilver::delta::Shape::default(), &mut bytes).expect("a vector");
    bytes.extend_from_slice(rest);
    bytes
}

#[test]
fn answers_that_nobody_asked_for_are_refused() {
    for ndx in [1, 7, 0x7fff_ffff] {
        let (place, code, said) = told(&[b"x"], &answer(ndx, &[]));
        assert_eq!(code, Some(2), "{ndx}: {said}");
        assert!(is_untouched(&place));
    }
}

#[test]
fn a_directory_is_not_replaced_by_a_link_to_write_through() {
    // A link first, and then a file in it: no list may have that.
    let mut bytes = Vec::new();
    bytes.write_int(29).expect("a vector");
    bytes.push(0x40);
    bytes.write_int(1).expect("a length");
    bytes.push(b'k');
    bytes.write_int(2).expect("size");
    bytes.write_int(1_000_000_000).expect("time");
    bytes.write_int(0o120_777).expect("mode");
    bytes.write_int(2).expect("a length");
    bytes.extend_from_slice(b"..");
    file(b"k/x", &mut bytes);
    bytes.push(0);
    bytes.write_int(0).expect("errors");
    bytes.extend(answer(1, &[1, 0, 0, 0, b'!', 0, 0, 0, 0]));
    for method in ["--commit=direct", "--commit=swap"] {
        let words = ["--server", "-rlt", method, ".", "d"];
        let (place, code, said) = serve(&words, &bytes);
        assert_ne!(code, Some(0), "{said}");
        assert!(!place.at("x").exists(), "{method}: {said}");
        assert!(
            method == "--commit=direct" || is_untouched(&place),
            "{said}"
        );
    }
}

#[test]
fn noise_is_no_session() {
    for bytes in [&b"GET / HTTP/1.0\r\n\r\n"[..], b"", b"\x20", &[0xff; 4096]] {
        let (place, code, said) = serve(&["--server", "-rt", ".", "d"], bytes);
        assert!(matches!(code, Some(2 | 12)), "{code:?}: {said}");
        assert!(is_untouched(&place));
    }
}

#[test]
fn rules_that_would_read_files_here_are_refused() {
    let mut bytes = Vec::new();
    bytes.write_int(29).expect("a vector");
    for rule in [&b". /etc/passwd"[..], b"merge /etc/passwd"] {
        let mut bytes = bytes.clone();
        bytes.write_int(rule.len() as i32).expect("a length");
        bytes.extend_from_slice(rule);
        bytes.write_int(0).expect("the end");
        let words = ["--server", "-rt", "--delete", ".", "d"];
        let (place, code, said) = serve(&words, &bytes);
        assert_eq!(code, Some(2), "{said}");
        assert!(!said.contains("root:"), "{said}");
        assert!(is_untouched(&place));
    }
}

#[test]
fn odd_words_are_refused() {
    for words in [
        &["--server", "-rt", ".", "d", "e"][..],
        &["--server", "-rt", "--rsync", ".", "d"],
        &["--server", "--daemon", "."],
        &["--server", "--server", "-rt", ".", "d"],
        &["--server", "-rt", "--json", ".", "d"],
        &["--server", "-rt", "./nope", "d"],
        &["--server", "-rt", ".", ""],
    ] {
        let (place, code, said) = serve(words, &session(&[b"x"], &[]));
        assert!(matches!(code, Some(1 | 3)), "{words:?}: {code:?}: {said}");
        assert!(is_untouched(&place), "{words:?}");
    }
}

#[test]
fn a_destination_within_state_is_refused() {
    let words = ["--server", "-rt", ".", ".d.resilver/stage"];
    let (place, code, said) = serve(&words, &session(&[b"x"], &[]));
    assert_ne!(code, Some(0), "{said}");
    assert!(is_untouched(&place));
}
