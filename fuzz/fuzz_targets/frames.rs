//! Any bytes as frames, read in pieces of all sizes.
#![no_main]

use std::io::{BufRead, Read};

use libfuzzer_sys::fuzz_target;
use resilver::wire::{Demux, ReadWire, Role, Side, Way};

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else {
        return;
    };
    let role = if first & 1 == 0 {
        Role::Client
    } else {
        Role::Server
    };
    let way = if first & 2 == 0 {
        Way::Sends
    } else {
        Way::Receives
    };
    let mut demux = Demux::new(rest, Side::new(role, way), |_| Ok(()));
    demux.begin_session(first & 4 == 0);
    let mut piece = vec![0; usize::from(first >> 3) + 1];
    while demux.read_varint().is_ok() && demux.read(&mut piece).is_ok_and(|n| n > 0) {
        let Ok(ahead) = demux.fill_buf().map(<[u8]>::len) else {
            return;
        };
        demux.consume(ahead / 2);
    }
});
