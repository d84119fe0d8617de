//! A receiver that says what it may not: refused with rsync's code.

use std::fs;
use std::io::Write;

use crate::place::{Place, complaint};
use resilver::wire::{Mux, Ndx, NdxMemory, Protocol, WriteWire, write_xattr_requests};

const DONE: i32 = -1;
const DEL_STATS: i32 = -3;
const SUB_LIST: i32 = -101;
/// Data is asked for.
const TRANSFER: u16 = 0x8000;
/// Extended attributes differ.
const REPORT_XATTR: u16 = 0x0100;

/// One request of protocol 29: index, flags, and the four numbers of a basis.
fn request(ndx: i32, flags: u16, head: Option<[i32; 4]>) -> Vec<u8> {
    let mut bytes = ndx.to_le_bytes().to_vec();
    bytes.extend(flags.to_le_bytes());
    for number in head.into_iter().flatten() {
        bytes.extend(number.to_le_bytes());
    }
    bytes
}

fn dones(count: usize) -> Vec<u8> {
    DONE.to_le_bytes().repeat(count)
}

/// A session of protocol 29 with a receiver that says this, pushed to with `-rt`. The source is `.` (0), `f` (1) and
/// `k` (2), which holds `g` (3).
fn told_by_hand(said: &[u8]) -> (Option<i32>, String) {
    let place = Place::new();
    fs::write(place.at("s/f"), "content").expect("a file");
    fs::create_dir(place.at("s/k")).expect("a directory");
    fs::write(place.at("s/k/g"), "more").expect("a file");
    let mut session = Vec::new();
    session.write_int(29).expect("a vector");
    session.write_int(7).expect("a vector");
    let mut mux = Mux::new(Vec::new());
    mux.begin_session(true).expect("a vector");
    mux.write_all(said).expect("a vector");
    mux.flush().expect("a vector");
    session.extend(mux.into_inner());
    fs::write(place.at("said"), session).expect("a file");
    let shell = place.shell("cat said; exec cat >/dev/null");
    let mut command = place.run(&shell, &["-rt"], ["s/", "h:d"]);
    let output = command.output().expect("resilver");
    (output.status.code(), complaint(&output))
}

const NO_BASIS: Option<[i32; 4]> = Some([0; 4]);

#[test]
fn a_receiver_by_hand_is_understood() {
    // Else the tests below would pass for the wrong reason.
    let said = [
        request(1, TRANSFER, NO_BASIS),
        request(3, TRANSFER, NO_BASIS),
        dones(4),
    ]
    .concat();
    let (code, told) = told_by_hand(&said);
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn indices_that_stand_for_nothing_are_refused() {
    for ndx in [4, 5, 1000, i32::MAX] {
        for flags in [0, TRANSFER] {
            let head = NO_BASIS.filter(|_| flags == TRANSFER);
            let (code, told) = told_by_hand(&request(ndx, flags, head));
            assert_eq!(code, Some(2), "{ndx}: {told}");
        }
    }
}

#[test]
fn data_of_what_is_no_file_is_refused() {
    for ndx in [0, 2] {
        let (code, told) = told_by_hand(&request(ndx, TRANSFER, NO_BASIS));
        assert_eq!(code, Some(2), "{ndx}: {told}");
    }
}

#[test]
fn data_is_not_asked_for_at_the_end() {
    let said = [dones(2), request(1, TRANSFER, NO_BASIS)].concat();
    let (code, told) = told_by_hand(&said);
    assert_eq!(code, Some(2), "{told}");
    let said = [dones(3), request(1, TRANSFER, NO_BASIS)].concat();
    let (code, told) = told_by_hand(&said);
    assert_eq!(code, Some(2), "{told}");
}

#[test]
fn lists_come_from_the_sender_only() {
    for mark in [SUB_LIST, -2] {
        let (code, told) = told_by_hand(&mark.to_le_bytes());
        assert_eq!(code, Some(2), "{mark}: {told}");
    }
}

#[test]
fn bases_that_cannot_be_are_refused() {
    for head in [
        [-1, 700, 2, 0],
        [1, 0, 2, 0],
        [1, 700, 200, 0],
        [1, 700, 2, 701],
        [1, 1 << 30, 2, 0],
    ] {
        let (code, told) = told_by_hand(&request(1, TRANSFER, Some(head)));
        assert_eq!(code, Some(2), "{head:?}: {told}");
    }
    // More sums than anybody holds, and more than come.
    let (code, told) = told_by_hand(&request(1, TRANSFER, Some([i32::MAX, 700, 16, 0])));
    assert_eq!(code, Some(22), "{told}");
}

#[test]
fn numbers_of_deletions_have_bounds() {
    let mut said = DEL_STATS.to_le_bytes().to_vec();
    said.extend([0xf0, 0xff, 0xff, 0xff, 0xff]);
    let (code, told) = told_by_hand(&said);
    assert_eq!(code, Some(2), "{told}");
}

/// Sums that agree with nothing, or that would agree with everything, cost no more than a search.
#[test]
fn sums_by_chance_are_only_searched_for() {
    let head = [3, 2, 2, 0];
    let mut said = request(1, TRANSFER, Some(head));
    said.extend([0xaa; 3 * 6]);
    said.extend(dones(4));
    let (code, told) = told_by_hand(&said);
    assert_eq!(code, Some(0), "{told}");
}

/// A session of protocol 30 with a receiver that asks for these values of `f`, which has a long one and a short one, in
/// that order; pushed to with `-rtX`.
fn asked_for_values(numbers: &[u32]) -> (Option<i32>, String) {
    let place = Place::new();
    fs::write(place.at("s/f"), "content").expect("a file");
    for (name, value) in [("user.a", &[b'v'; 40][..]), ("user.b", b"v")] {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(place.at("s/f"), name, value, flags).expect("an attribute");
    }
    let mut session = Vec::new();
    session.write_int(30).expect("a vector");
    session.write_byte(0).expect("a vector");
    session.write_int(7).expect("a vector");
    let mut mux = Mux::new(Vec::new());
    mux.begin_session(true).expect("a vector");
    let mut memory = NdxMemory::new(Protocol::V30);
    memory.write(Ndx::Entry(1), &mut mux).expect("a vector");
    mux.write_short(REPORT_XATTR).expect("a vector");
    write_xattr_requests(numbers, &mut mux).expect("a vector");
    for _ in 0..4 {
        memory.write(Ndx::Done, &mut mux).expect("a vector");
    }
    mux.flush().expect("a vector");
    session.extend(mux.into_inner());
    fs::write(place.at("said"), session).expect("a file");
    let shell = place.shell("cat said; exec cat >/dev/null");
    let mut command = place.run(&shell, &["-rtX"], ["s/", "h:d"]);
    let output = command.output().expect("resilver");
    (output.status.code(), complaint(&output))
}

#[test]
fn values_that_were_not_left_out_are_refused() {
    for numbers in [&[][..], &[1]] {
        let (code, told) = asked_for_values(numbers);
        assert_eq!(code, Some(0), "{numbers:?}: {told}");
    }
    for numbers in [&[2][..], &[3], &[1, 2], &[65_536], &[70_000]] {
        let (code, told) = asked_for_values(numbers);
        assert_eq!(code, Some(2), "{numbers:?}: {told}");
    }
}
