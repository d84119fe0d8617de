//! A sender that says of ACLs and extended attributes what it may not: refused, and nothing of it is kept.

use std::fs;
use std::io::Write;

use crate::place::{Place, complaint};
use resilver::wire::{Mux, Ndx, NdxMemory, Protocol, WriteWire, write_xattr_values};

/// A session of a sender of protocol 30 that lists one file with these bytes behind its attributes, and then says
/// `rest`; pulled with these options.
fn told(options: &[&str], attached: &[u8], rest: &[u8]) -> (Option<i32>, String) {
    let place = Place::new();
    let mut session = Vec::new();
    session.write_int(30).expect("the version");
    session.push(0);
    session.write_int(7).expect("the seed");
    let mut list = vec![0x40, 1, b'x'];
    list.write_varlong(3, 3).expect("size");
    list.write_varlong(1_000_000_000, 4).expect("time");
    list.write_int(0o100_644).expect("mode");
    list.extend_from_slice(attached);
    list.push(0);
    let mut script = String::new();
    for (number, part) in [&list[..], rest].iter().enumerate() {
        let mut mux = Mux::new(Vec::new());
        mux.begin_session(true).expect("a vector");
        mux.write_all(part).expect("a vector");
        mux.flush().expect("a vector");
        session.extend(mux.into_inner());
        fs::write(place.at(&format!("part{number}")), &session).expect("a file");
        script += &format!("cat part{number}; sleep 0.3; ");
        session.clear();
    }
    script += "exec cat >asked";
    fs::create_dir(place.at("d")).expect("a directory");
    fs::write(place.at("d/x"), "mine").expect("a file");
    let output = crate::pull(&place, &place.shell(&script), options);
    assert_eq!(fs::read(place.at("d/x")).expect("a file"), b"mine");
    (output.status.code(), complaint(&output))
}

const XATTRS: &[&str] = &["-rtX", "--commit=swap"];
const ACLS: &[&str] = &["-rtA", "--numeric-ids", "--commit=swap"];
const HUGE: [u8; 5] = [0xf0, 0xff, 0xff, 0xff, 0x7f];

/// A list of one attribute whose value is told by its digest.
fn long() -> Vec<u8> {
    [&[0, 1, 7, 40][..], b"user.k\0", &[9; 16]].concat()
}

/// What is said of the first file: these flags, then values.
fn answer(flags: u16, values: &[(u32, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    NdxMemory::new(Protocol::V30)
        .write(Ndx::Entry(0), &mut bytes)
        .expect("a vector");
    bytes.extend_from_slice(&flags.to_le_bytes());
    write_xattr_values(values, &mut bytes).expect("a vector");
    bytes
}

#[test]
fn lists_by_hand_are_understood() {
    // Else the tests below would pass for the wrong reason: with nothing wrong, only the content is missing.
    for attached in [long(), vec![0, 0]] {
        let (code, said) = told(XATTRS, &attached, &[]);
        assert_eq!(code, Some(12), "{said}");
        assert!(said.contains("connection unexpectedly closed"), "{said}");
    }
    let (code, said) = told(ACLS, &[0, 0x10, 1, 5, 0x12], &[]);
    assert_eq!(code, Some(12), "{said}");
    assert!(said.contains("connection unexpectedly closed"), "{said}");
}

#[test]
fn lists_that_cannot_be_are_refused() {
    for (options, attached, expected) in [
        (XATTRS, vec![1], 12),
        (XATTRS, HUGE.to_vec(), 12),
        (XATTRS, [&[0][..], &HUGE].concat(), 2),
        (XATTRS, [&[0, 1][..], &HUGE].concat(), 2),
        (XATTRS, [&[0, 1, 7][..], &HUGE].concat(), 2),
        (XATTRS, b"\0\x01\x02\x01abc".to_vec(), 2),
        (ACLS, vec![1], 12),
        (ACLS, HUGE.to_vec(), 12),
        (ACLS, vec![0, 1, 8], 12),
        (ACLS, [&[0, 0x10][..], &HUGE].concat(), 2),
        (ACLS, vec![0, 0x10, 1, 5, 32], 12),
        (ACLS, vec![0, 0x20], 2),
    ] {
        let (code, said) = told(options, &attached, &[0; 64]);
        assert_eq!(code, Some(expected), "{attached:x?}: {said}");
        assert!(
            !said.contains("unexpectedly closed"),
            "{attached:x?}: {said}"
        );
    }
}

#[test]
fn values_that_nobody_asked_for_are_refused() {
    let whole = [&[0, 1, 7, 1][..], b"user.k\0v"].concat();
    for (attached, values) in [
        (&whole, &[(1, &b"other"[..])][..]),
        (&long(), &[(2, &b"other"[..])]),
        (&long(), &[(1, &b"v"[..]), (2, b"other")]),
    ] {
        let (code, said) = told(XATTRS, attached, &answer(0x0100, values));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("not asked for"), "{said}");
    }
    // With numbers of no size that there is.
    let bad = [&answer(0x0100, &[])[..3], &[1], &HUGE].concat();
    let (code, said) = told(XATTRS, &long(), &bad);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn values_that_do_not_come_are_told() {
    let mut rest = answer(0x8100, &[]);
    for number in [0; 4] {
        rest.write_int(number).expect("the head of no basis");
    }
    rest.write_int(3).expect("a length");
    rest.extend_from_slice(b"abc");
    rest.write_int(0).expect("the end");
    rest.extend_from_slice(&[0xee; 16]);
    let options = [XATTRS, &["-W"]].concat();
    let (code, said) = told(&options, &long(), &rest);
    assert_eq!(code, Some(12), "{said}");
    let missing = "Missing abbreviated xattr value, user.k, for ";
    assert!(said.contains(missing), "{said}");
}
