//! Any bytes as the peer's part of the handshake, and as what is read beside it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use resilver::wire::handshake::{self, ChecksumWish, CompressionWish, Offer};
use resilver::wire::{
    Checksum, Compat, Compression, Named, Way, read_arguments, read_filters, read_name,
};

fuzz_target!(|input: &[u8]| {
    let offer = Offer {
        way: Way::Receives,
        checksums: ChecksumWish::Negotiate(Checksum::PREFERRED.to_vec()),
        compression: CompressionWish::Negotiate(Compression::PREFERRED.to_vec()),
        level: None,
        remove_source_files: false,
    };
    let mut from = input;
    let mut sink = Vec::new();
    if let Ok(protocol) = handshake::exchange_versions(32, &mut from, &mut sink) {
        let _ = handshake::client(protocol, &offer, true, &mut &from[..], &mut sink);
        let _ = handshake::server(
            protocol,
            &offer,
            Compat::from_bits(0x1ff),
            1,
            &mut from,
            &mut sink,
        );
    }
    let _ = read_arguments(&mut &input[..]);
    let _ = read_filters(&mut &input[..]);
    let mut names = input;
    while let Ok(Some(_)) = read_name(&mut names) {}
});
