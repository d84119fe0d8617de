//! Tests of both directions of framing.

use std::io::{self, BufRead, IoSlice, Read, Write};

use proptest::prelude::*;

use super::error::Fault;
use super::message::MAX_TEXT;
use super::*;

const HEARER: Side = Side::PUSHER;

/// What a demultiplexer makes of `bytes`: the data, the messages, and whether it ended well.
fn heard(bytes: &[u8], hearer: Side) -> (Vec<u8>, Vec<Message>, Result<()>) {
    let mut messages = Vec::new();
    let mut data = Vec::new();
    let mut demux = Demux::new(bytes, hearer, |message| {
        messages.push(message);
        Ok(())
    });
    demux.begin_session(true);
    let outcome = demux.read_to_end(&mut data).map(drop).map_err(Error::from);
    (data, messages, outcome)
}

fn frame(tag: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (u32::from(7 + tag) << 24 | payload.len() as u32)
        .to_le_bytes()
        .to_vec();
    bytes.extend(payload);
    bytes
}

#[test]
fn a_message_may_come_in_the_middle_of_an_integer() {
    let bytes = [
        frame(0, &[0x78, 0x56]),
        frame(2, b"hello\n"),
        frame(0, &[]),
        frame(22, &[2, 0, 0, 0]),
        frame(0, &[0x34, 0x12, 9]),
    ]
    .concat();
    let mut messages = Vec::new();
    let mut demux = Demux::new(&bytes[..], HEARER, |message| {
        messages.push(message);
        Ok(())
    });
    demux.begin_session(true);
    assert_eq!(demux.read_int().expect("read"), 0x1234_5678);
    assert_eq!(demux.fill_buf().expect("a byte"), [9]);
    demux.consume(1);
    assert!(demux.fill_buf().expect("the end").is_empty());
    assert_eq!(demux.taken(), bytes.len() as u64);
    drop(demux);
    let expected = [
        Message::Text(Severity::Info, b"hello\n".to_vec()),
        Message::IoErrors(IoErrors::VANISHED),
    ];
    assert_eq!(messages, expected);
}

#[test]
fn frames_that_no_peer_may_send_are_refused() {
    let receiver = HEARER.peer();
    for (hearer, bytes, text) in [
        (
            HEARER,
            vec![0, 0, 0, 6],
            "tag of a frame is -1, allowed are 0 to 102",
        ),
        (
            HEARER,
            frame(9, &[0; 4]),
            "tag of a frame is 9, allowed are 0 to 102",
        ),
        (
            HEARER,
            frame(110, b""),
            "tag of a frame is 110, allowed are 0 to 102",
        ),
        (
            HEARER,
            frame(42, b"x"),
            "length of a message is 1, allowed are 0 to 0",
        ),
        (
            HEARER,
            frame(22, &[0; 3]),
            "length of a message is 3, allowed are 4 to 4",
        ),
        (HEARER, frame(86, &[0; 3]), "message is not of four bytes"),
        (
            HEARER,
            frame(100, &[0xff; 4]),
            "index in a message is -1, allowed are 0 to 2147483647",
        ),
        (
            HEARER,
            frame(102, &[0; 4]),
            "message has a tag that does not belong there",
        ),
        (
            receiver,
            frame(100, &[0; 4]),
            "message has a tag that does not belong there",
        ),
        (
            receiver,
            frame(101, b"x"),
            "message has a tag that does not belong there",
        ),
        (
            receiver,
            frame(33, &[9, 0, 0, 0]),
            "message has a tag that does not belong there",
        ),
        (
            HEARER,
            frame(1, &[b'x'; MAX_TEXT + 1]),
            "length of a message is 5120, allowed are 0 to 5119",
        ),
    ] {
        let (data, messages, outcome) = heard(&bytes, hearer);
        let error = outcome.expect_err("refused");
        assert_eq!(error.to_string(), text);
        assert!(matches!(
            error.fault(),
            Some(Fault::Stream | Fault::Protocol)
        ));
        assert!(data.is_empty() && messages.is_empty());
    }
    let (_, messages, outcome) = heard(&frame(1, &[b'x'; MAX_TEXT]), HEARER);
    assert!(outcome.is_ok() && messages.len() == 1);
}

#[test]
fn a_stream_that_ends_within_a_frame_is_lost() {
    for bytes in [&frame(0, b"abc")[..6], &frame(2, b"abc")[..5], &[0, 0, 0]] {
        let (_, _, outcome) = heard(bytes, HEARER);
        assert!(matches!(outcome, Err(Error::Ended)), "{bytes:?}");
    }
    let (data, _, outcome) = heard(&frame(0, b"abc"), HEARER);
    assert!(outcome.is_ok() && data == b"abc");
}

#[test]
fn a_listener_can_stop_the_reading() {
    let bytes = frame(86, &[5, 0, 0, 0]);
    let mut demux = Demux::new(&bytes[..], HEARER, |message| match message {
        Message::ErrorExit(Some(5)) => Err(std::io::ErrorKind::ConnectionAborted.into()),
        other => panic!("{other:?}"),
    });
    demux.begin_session(true);
    let error = demux.read_byte().expect_err("stopped");
    assert!(
        matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionAborted)
    );
}

/// What the handshake leaves in the buffer belongs to the first frame.
#[test]
fn nothing_is_lost_where_frames_begin() {
    let bytes = [
        &[32, 0, 0, 0][..],
        &frame(0, b"list"),
        b"raw\0",
        &frame(0, b"more"),
    ]
    .concat();
    let mut demux = Demux::new(&bytes[..], HEARER, |_| Ok(()));
    assert_eq!(demux.read_int().expect("version"), 32);
    demux.begin_session(true);
    let mut text = Vec::new();
    demux.read_onto(&mut text, 3).expect("data");
    assert!(demux.set_framed(false).is_err(), "in the middle of a frame");
    demux.read_onto(&mut text, 1).expect("data");
    demux.set_framed(false).expect("at a border");
    demux.read_onto(&mut text, 4).expect("raw data");
    demux.set_framed(true).expect("at a border");
    demux.read_onto(&mut text, 4).expect("data again");
    assert_eq!(text, b"listraw\0more");
    assert_eq!(demux.taken(), bytes.len() as u64 - 4);
}

#[test]
fn data_gathers_into_frames_and_large_pieces_pass() {
    let mut out = Vec::new();
    let mut mux = Mux::new(&mut out);
    mux.write_int(32).expect("raw");
    assert!(mux.message(&Message::Noop).is_err(), "no frames yet");
    mux.begin_session(true).expect("written");
    for byte in *b"abc" {
        mux.write_byte(byte).expect("buffered");
    }
    mux.message(&Message::NoSend(2)).expect("buffered");
    mux.write_all(&[7; 100_000]).expect("passed on");
    mux.keep_alive().expect("flushed");
    let given = mux.given();
    let expected = [
        frame(0, b"abc"),
        frame(102, &[2, 0, 0, 0]),
        frame(0, &[7; 0xffff]),
        frame(0, &[7; 100_000 - 0xffff]),
        frame(0, &[]),
    ]
    .concat();
    assert_eq!(given, expected.len() as u64);
    assert_eq!(out[4..], expected);
}

/// Takes a few bytes at a time, and counts the calls.
#[derive(Default)]
struct Narrow {
    taken: Vec<u8>,
    most: usize,
    calls: usize,
}

impl Write for Narrow {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(data)])
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.calls += 1;
        let before = self.taken.len();
        let bytes = parts.iter().flat_map(|part| part.iter());
        self.taken.extend(bytes.take(self.most));
        Ok(self.taken.len() - before)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn parts_that_are_large_together_go_out_in_one_call() {
    let data: Vec<u8> = (0..300_000u32).map(|i| (i / 7) as u8).collect();
    for (most, calls) in [(usize::MAX, 1), (1000, 301)] {
        let mut mux = Mux::new(Narrow {
            most,
            ..Narrow::default()
        });
        mux.begin_session(true).expect("written");
        mux.write_all(b"ab").expect("buffered");
        let parts = [&data[..1], &[], &data[1..200_000], &data[200_000..]].map(IoSlice::new);
        let written = mux.write_vectored(&parts).expect("written");
        assert_eq!(written, data.len());
        let given = mux.given();
        let narrow = mux.into_inner();
        assert_eq!(narrow.calls, calls);
        assert_eq!(narrow.taken.len() as u64, given);
        let (back, _, outcome) = heard(&narrow.taken, HEARER);
        outcome.expect("frames");
        assert!(back == [b"ab", &data[..]].concat());
    }
}

#[test]
fn small_parts_are_gathered() {
    let mut out = Vec::new();
    let mut mux = Mux::new(&mut out);
    mux.begin_session(true).expect("written");
    let written = mux.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"c")]);
    assert_eq!(written.expect("buffered"), 3);
    mux.flush().expect("flushed");
    assert_eq!(out, frame(0, b"abc"));
}

#[test]
fn a_message_too_long_leaves_no_trace() {
    let mut out = Vec::new();
    let mut mux = Mux::new(&mut out);
    mux.begin_session(true).expect("written");
    let long = Message::Text(Severity::Info, vec![b'x'; MAX_TEXT + 1]);
    assert!(mux.message(&long).is_err());
    mux.flush().expect("flushed");
    assert!(out.is_empty());
}

fn any_message() -> impl Strategy<Value = Message> {
    let text = proptest::collection::vec(any::<u8>(), 0..200);
    let name = proptest::collection::vec(1u8.., 1..200);
    prop_oneof![
        text.clone()
            .prop_map(|text| Message::Text(Severity::Info, text)),
        text.clone()
            .prop_map(|text| Message::Text(Severity::ErrorXfer, text)),
        text.clone()
            .prop_map(|text| Message::Text(Severity::Error, text)),
        text.prop_map(|text| Message::Text(Severity::Warning, text)),
        (0..8i32).prop_map(|bits| Message::IoErrors(IoErrors::from_bits(bits))),
        (1..=86_400u32).prop_map(Message::IoTimeout),
        Just(Message::Noop),
        any::<Option<i32>>().prop_map(Message::ErrorExit),
        (0..1u32 << 31).prop_map(Message::Success),
        (name, any::<bool>()).prop_map(|(name, directory)| Message::Deleted { name, directory }),
    ]
}

fn any_part() -> impl Strategy<Value = std::result::Result<Vec<u8>, Message>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Ok),
        (LARGE_FROM..70_000usize).prop_map(|len| Ok(vec![3; len])),
        any_message().prop_map(Err),
    ]
}

const LARGE_FROM: usize = 15_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_said_is_heard(parts in proptest::collection::vec(any_part(), 0..12)) {
        let mut out = Vec::new();
        let mut mux = Mux::new(&mut out);
        mux.begin_session(true).expect("written");
        let (mut data, mut messages) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                Ok(bytes) => {
                    mux.write_all(&bytes).expect("written");
                    data.extend(bytes);
                }
                Err(message) => {
                    mux.message(&message).expect("written");
                    messages.push(message);
                }
            }
        }
        mux.flush().expect("written");
        let (heard_data, heard_messages, outcome) = heard(&out, HEARER);
        prop_assert!(outcome.is_ok());
        prop_assert!(heard_data == data);
        prop_assert_eq!(heard_messages, messages);
    }

    #[test]
    fn any_bytes_are_frames_or_an_error(bytes: Vec<u8>) {
        let _ = heard(&bytes, HEARER);
    }
}
