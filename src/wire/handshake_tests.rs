//! Tests of the handshake: both sides against each other, and against what rsync 3.5.0 was seen to send.

use super::error::Fault;
use super::handshake::{self, ChecksumWish, CompressionWish, Offer};
use super::*;

fn offer(way: Way) -> Offer {
    Offer {
        way,
        checksums: ChecksumWish::Negotiate(Checksum::PREFERRED.to_vec()),
        compression: CompressionWish::Off,
        level: None,
        remove_source_files: false,
    }
}

fn zipped(way: Way) -> Offer {
    let compression = CompressionWish::Negotiate(Compression::PREFERRED.to_vec());
    Offer {
        compression,
        ..offer(way)
    }
}

const SERVER_SUMS: &[u8] = b"\x23xxh128 xxh3 xxh64 md5 md4 sha1 none";
const CLIENT_SUMS: &[u8] = b"\x1exxh128 xxh3 xxh64 md5 md4 sha1";

/// The raw bytes of a pull with protocol 32, up to the first frame.
#[test]
fn a_client_says_what_rsync_says() {
    let server = [
        &[32, 0, 0, 0, 0x81, 0xff][..],
        SERVER_SUMS,
        &[1, 0, 0, 0],
        b"frames",
    ]
    .concat();
    let mut from = &server[..];
    let mut said = Vec::new();
    let protocol = handshake::exchange_versions(32, &mut from, &mut said).expect("spoken");
    let dialect = handshake::client(protocol, &offer(Way::Receives), true, &mut from, &mut said)
        .expect("settled");
    assert_eq!(said, [&[32, 0, 0, 0][..], CLIENT_SUMS].concat());
    assert_eq!(from, b"frames");
    assert_eq!(
        dialect,
        Dialect {
            side: Side::PULLER,
            protocol: Protocol::NEWEST,
            compat: Compat::from_bits(0x1ff),
            checksums: Checksums::named(Checksum::Xxh128),
            compression: Compression::None,
            seed: 1,
            reads_frames: true,
            writes_frames: true,
        }
    );
    assert!(dialect.incremental() && dialect.varint_flags() && dialect.id0_names());
}

#[test]
fn a_server_says_what_rsync_says() {
    let mut said = Vec::new();
    let mut from = &[&[32, 0, 0, 0][..], CLIENT_SUMS].concat()[..];
    let protocol = handshake::exchange_versions(32, &mut from, &mut said).expect("spoken");
    let compat = Compat::answer(protocol, &Capabilities::client(true), true);
    handshake::server(
        protocol,
        &offer(Way::Sends),
        compat,
        1,
        &mut from,
        &mut said,
    )
    .expect("settled");
    let expected = [&[32, 0, 0, 0, 0x81, 0xff][..], SERVER_SUMS, &[1, 0, 0, 0]].concat();
    assert_eq!(said, expected);
}

/// Both sides with every protocol and set of letters: they settle on the same.
#[test]
fn both_sides_settle_on_the_same() {
    for number in 27..=32 {
        for (letters, way) in [
            (&b".iLsfxCIvu"[..], Way::Receives),
            (b".Ls", Way::Sends),
            (b"", Way::Sends),
        ] {
            let protocol = Protocol::new(number).expect("spoken");
            let letters = Capabilities::from_value(letters);
            let compat = Compat::answer(protocol, &letters, true);
            let (mine, theirs) = (zipped(way), zipped(Side::new(Role::Client, way).peer().way));
            // The client's lists are known before it speaks, so the server can be played first.
            let lists: &[u8] = b"\x1exxh128 xxh3 xxh64 md5 md4 sha1\x13zstd lz4 zlibx zlib";
            let negotiates = compat.contains(Compat::VARINT_FLIST_FLAGS);
            let mut heard = if negotiates { lists } else { &[] };
            let mut said = Vec::new();
            let server = handshake::server(protocol, &theirs, compat, -7, &mut heard, &mut said)
                .expect("served");
            let mut answer = Vec::new();
            let client = handshake::client(protocol, &mine, true, &mut &said[..], &mut answer)
                .expect("settled");
            assert_eq!(answer, if negotiates { lists } else { &[] });
            assert_eq!(client.side.peer(), server.side);
            assert_eq!(client.reads_frames, server.writes_frames);
            assert_eq!(client.writes_frames, server.reads_frames);
            assert_eq!(client.seed, -7);
            let alike = Dialect {
                side: client.side,
                reads_frames: client.reads_frames,
                writes_frames: client.writes_frames,
                ..server
            };
            assert_eq!(client, alike);
            let sum = match (number, negotiates) {
                (..30, _) => Checksum::Md4,
                (_, false) => Checksum::Md5,
                (_, true) => Checksum::Xxh128,
            };
            assert_eq!(client.checksums.transfer, sum);
            assert_eq!(client.checksums.implied, !negotiates);
            let zip = if negotiates {
                Compression::Zstd
            } else {
                Compression::Zlib
            };
            assert_eq!(client.compression, zip);
        }
    }
}

#[test]
fn a_choice_needs_no_list_and_level_zero_switches_zlib_off() {
    let chosen = Offer {
        checksums: ChecksumWish::Chosen(Checksum::Sha1, Checksum::Md5),
        compression: CompressionWish::Chosen(Compression::Zlibx),
        level: Some(0),
        ..offer(Way::Sends)
    };
    let mut said = Vec::new();
    let server = [0x81, 0xfe, 5, 0, 0, 0];
    let dialect = handshake::client(Protocol::V31, &chosen, false, &mut &server[..], &mut said)
        .expect("settled");
    assert!(said.is_empty());
    assert_eq!(dialect.checksums.transfer, Checksum::Sha1);
    assert_eq!(dialect.checksums.listing, Checksum::Md5);
    assert_eq!(dialect.compression, Compression::None);
    // Level 0 of zstd is its default.
    let zstd = Offer {
        compression: CompressionWish::Chosen(Compression::Zstd),
        ..chosen
    };
    let dialect = handshake::client(Protocol::V31, &zstd, false, &mut &server[..], &mut said)
        .expect("settled");
    assert_eq!(dialect.compression, Compression::Zstd);
}

#[test]
fn peers_that_cannot_be_are_refused() {
    let versions = |peer: i32, own: i32| {
        handshake::exchange_versions(own, &mut &peer.to_le_bytes()[..], &mut Vec::new())
    };
    assert_eq!(versions(40, 32).expect("a newer peer"), Protocol::NEWEST);
    assert_eq!(versions(32, 29).expect("asked for"), Protocol::V29);
    for (peer, own) in [
        (19, 32),
        (41, 32),
        (0x6c6c_6548, 32),
        (26, 32),
        (32, 26),
        (-1, 32),
    ] {
        let error = versions(peer, own).expect_err("refused");
        assert_eq!(error.fault(), Some(Fault::Protocol), "{error}");
    }
    assert!(
        versions(0x6c6c_6548, 32)
            .expect_err("text")
            .to_string()
            .contains("shell clean")
    );

    let client = |bytes: &[u8], offer: &Offer| {
        handshake::client(
            Protocol::V31,
            offer,
            false,
            &mut &bytes[..],
            &mut Vec::new(),
        )
    };
    let uninvited = client(&[0x81, 0xff], &offer(Way::Receives)).expect_err("not offered");
    assert_eq!(uninvited.fault(), Some(Fault::Protocol));
    let strange = [&[0x81, 0xfe, 6][..], b"sha256"].concat();
    let error = client(&strange, &offer(Way::Receives)).expect_err("nothing in common");
    assert_eq!(error.fault(), Some(Fault::Refused));
    let narrow = Offer {
        checksums: ChecksumWish::Negotiate(vec![Checksum::Xxh3]),
        ..offer(Way::Receives)
    };
    let error = client(&[0x06, 1, 0, 0, 0], &narrow).expect_err("md5 is not in the list");
    assert_eq!(error.fault(), Some(Fault::Refused));
    let cut = client(&[0x81, 0xfe, 9, b'x'], &offer(Way::Receives)).expect_err("cut off");
    assert!(cut.to_string().starts_with("handshake: "), "{cut}");
}

proptest::proptest! {
    #[test]
    fn any_bytes_settle_or_fail(bytes: Vec<u8>, number in 27i32..=32) {
        let protocol = Protocol::new(number).expect("spoken");
        let mut sink = Vec::new();
        let _ = handshake::client(protocol, &zipped(Way::Receives), true, &mut &bytes[..], &mut sink);
        let flags = Compat::from_bits(0xff);
        let _ = handshake::server(protocol, &zipped(Way::Sends), flags, 0, &mut &bytes[..], &mut sink);
        let _ = read_arguments(&mut &bytes[..]);
        let _ = read_filters(&mut &bytes[..]);
    }
}
