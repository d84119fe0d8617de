//! Tests of both directions of tokens.

use proptest::prelude::*;

use super::*;
use crate::delta::{BlockLimit, Shape, Token};
use crate::wire::error::Fault;
use crate::wire::{Compression, Dialect, Protocol, Result};

const ALL: [Compression; 5] = [
    Compression::None,
    Compression::Zlib,
    Compression::Zlibx,
    Compression::Lz4,
    Compression::Zstd,
];

fn dialect(compression: Compression, number: i32) -> Dialect {
    Dialect {
        protocol: Protocol::new(number).expect("spoken"),
        ..Dialect::of_a_pull(compression)
    }
}

/// Ten blocks of this many bytes.
fn basis(block_len: usize) -> (Shape, Vec<u8>) {
    let numbers = [10, block_len as i32, 2, 0];
    let shape = Shape::from_wire(numbers, BlockLimit::Old, 16).expect("within bounds");
    let bytes = (0..10 * block_len as u32)
        .map(|i| (i.wrapping_mul(i) >> 9) as u8)
        .collect();
    (shape, bytes)
}

/// What a file is made of in these tests.
#[derive(Clone, Debug)]
enum Part {
    Literal(Vec<u8>),
    Block(u32),
}

/// Packers that have drafts by turns.
struct Turns {
    packers: [Packer; 2],
    at: usize,
    compression: Compression,
    bytes: Vec<u8>,
}

impl Turns {
    /// Writes what is in the draft; the other packer is next, if it may be.
    fn take(&mut self, draft: &mut Draft) {
        let may_leave = Packer::may_leave(self.compression, draft);
        let draft = draft.cut(Draft::default());
        let packer = &mut self.packers[self.at];
        packer
            .run(&draft, || true, &mut self.bytes)
            .expect("written");
        self.at = (self.at + usize::from(may_leave)) % 2;
    }
}

/// Files as tokens. One packer has them all, or two have so many parts of them by turns.
fn written(
    files: &[Vec<Part>],
    block_len: usize,
    dialect: &Dialect,
    turn: Option<usize>,
) -> Vec<u8> {
    let (_, basis) = basis(block_len);
    let packer = || Packer::new(dialect, None).expect("a compressor");
    let mut writer = TokenWriter::new(dialect);
    let mut draft = Draft::default();
    let mut turns = packer().zip(packer()).map(|(one, other)| Turns {
        packers: [one, other],
        at: 0,
        compression: dialect.compression,
        bytes: Vec::new(),
    });
    let mut parts = 0;
    for file in files {
        for part in file {
            match part {
                Part::Literal(data) => writer.literal(data, &mut draft).expect("written"),
                Part::Block(block) => {
                    let data = &basis[*block as usize * block_len..][..block_len];
                    writer.block(*block, data, &mut draft).expect("written");
                }
            }
            parts += 1;
            if let Some(turns) = &mut turns
                && turn.is_some_and(|turn| parts % turn == 0)
            {
                turns.take(&mut draft);
            }
        }
        writer.end(&mut draft).expect("written");
    }
    let Some(mut turns) = turns else {
        return draft.bytes().to_vec();
    };
    turns.take(&mut draft);
    turns.bytes
}

/// Rebuilds one file.
fn rebuilt(reader: &mut TokenReader, block_len: usize, from: &mut &[u8]) -> Result<Vec<u8>> {
    let (shape, basis) = basis(block_len);
    let mut file = Vec::new();
    reader.begin_file(shape);
    loop {
        let (block, count) = match reader.next(from)? {
            None => return Ok(file),
            Some(Token::Literal(data)) => {
                file.extend_from_slice(data);
                continue;
            }
            Some(Token::Match { block, count }) => (block, count),
        };
        for block in block..block + count {
            let data = &basis[block as usize * block_len..][..block_len];
            reader.matched(data)?;
            file.extend_from_slice(data);
        }
    }
}

fn whole(parts: &[Part], block_len: usize) -> Vec<u8> {
    let (_, basis) = basis(block_len);
    let bytes = |part: &Part| match part {
        Part::Literal(data) => data.clone(),
        Part::Block(block) => basis[*block as usize * block_len..][..block_len].to_vec(),
    };
    parts.iter().flat_map(bytes).collect()
}

/// Tokens of one file as rsync 3.5.0 sent them, with four blocks of basis.
#[test]
fn tokens_are_those_of_rsync() {
    let hex = |text: &str| -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("text"), 16);
        digits
            .chunks(2)
            .map(|pair| byte(pair).expect("hex"))
            .collect()
    };
    let zlib = "400d f2730d57f0707574710de20200 c00200 4008 f2f40b760d0a0100 80 2000000000 83 00";
    let parts = [
        Part::Literal(b"NEW HEADER\n".to_vec()),
        Part::Block(0),
        Part::Block(1),
        Part::Block(2),
        Part::Literal(b"INSERT".to_vec()),
        Part::Block(2),
        Part::Block(0),
        Part::Block(3),
    ];
    for (compression, bytes) in [
        (
            Compression::None,
            "0b000000 4e4557204845414445520a ffffffff feffffff fdffffff 06000000 494e53455254 \
             fdffffff ffffffff fcffffff 00000000",
        ),
        (Compression::Zlibx, zlib),
        (
            Compression::Zstd,
            "4014 28b52ffd0058 580000 4e4557204845414445520a c00200 4009 300000 494e53455254 80 \
             2000000000 83 00",
        ),
        (
            Compression::Lz4,
            "400c b0 4e4557204845414445520a c00200 4007 60 494e53455254 80 2000000000 83 00",
        ),
    ] {
        let dialect = dialect(compression, 32);
        let mut reader = TokenReader::new(&dialect).expect("a decompressor");
        let bytes = hex(bytes);
        let mut from = &bytes[..];
        let file = rebuilt(&mut reader, 700, &mut from).expect("read");
        assert_eq!(file, whole(&parts, 700), "{compression:?}");
        assert!(from.is_empty());
        // How well is compressed is free; what tells of blocks is not.
        let back = written(&[parts.to_vec()], 700, &dialect, None);
        if matches!(compression, Compression::None | Compression::Lz4) {
            assert_eq!(back, bytes, "{compression:?}");
        }
        assert_eq!(
            back[back.len() - 7..],
            bytes[bytes.len() - 7..],
            "{compression:?}"
        );
    }
}

#[test]
fn tokens_that_no_peer_may_send_are_refused() {
    for (compression, bytes, fault) in [
        (
            Compression::None,
            &i32::to_le_bytes(-11)[..],
            Fault::Protocol,
        ),
        (
            Compression::None,
            &i32::to_le_bytes(i32::MIN),
            Fault::Protocol,
        ),
        (Compression::Lz4, &[0x8a], Fault::Protocol),
        (
            Compression::Lz4,
            &[0x20, 0xff, 0xff, 0xff, 0xff],
            Fault::Protocol,
        ),
        (Compression::Lz4, &[0xc5, 9, 0], Fault::Protocol),
        (Compression::Lz4, &[0xc5, 0, 0], Fault::Protocol),
        (Compression::Lz4, &[0x10], Fault::Stream),
        (Compression::Lz4, &[0x40, 0], Fault::Stream),
        (Compression::Lz4, &[0x40, 2, 0xff, 0xff], Fault::Stream),
        (Compression::Zlib, &[0x40, 2, 0xff, 0xff, 0], Fault::Stream),
        (Compression::Zlibx, &[0x40, 2, 3, 0, 0], Fault::Stream),
        (Compression::Zstd, &[0x40, 4, 1, 2, 3, 4, 0], Fault::Stream),
    ] {
        let mut reader = TokenReader::new(&dialect(compression, 32)).expect("a decompressor");
        let error = rebuilt(&mut reader, 700, &mut &bytes[..]).expect_err("refused");
        assert_eq!(
            error.fault(),
            Some(fault),
            "{compression:?} {bytes:x?}: {error}"
        );
    }
}

/// Blocks longer than what zlib's history takes at once; before protocol 31 they go into it in another way.
#[test]
fn long_blocks_go_into_the_history_as_rsync_puts_them() {
    let (_, basis) = basis(70_000);
    let piece = |at: usize| Part::Literal(basis[at..at + 3000].to_vec());
    let file = vec![
        Part::Block(0),
        piece(66_500),
        Part::Block(1),
        piece(2000),
        piece(139_000),
    ];
    for number in [29, 30, 31, 32] {
        let dialect = dialect(Compression::Zlib, number);
        let bytes = written(std::slice::from_ref(&file), 70_000, &dialect, None);
        let mut reader = TokenReader::new(&dialect).expect("a decompressor");
        let back = rebuilt(&mut reader, 70_000, &mut &bytes[..]).expect("read");
        assert!(back == whole(&file, 70_000), "protocol {number}");
    }
}

fn any_part() -> impl Strategy<Value = Part> {
    let noise = proptest::collection::vec(any::<u8>(), 0..3000);
    let text = (any::<u8>(), 0usize..150_000).prop_map(|(byte, len)| {
        (0..len)
            .map(|i| byte.wrapping_add((i / 37 * 5) as u8))
            .collect()
    });
    prop_oneof![
        noise.prop_map(Part::Literal),
        text.prop_map(Part::Literal),
        (0u32..10).prop_map(Part::Block),
        (0u32..10).prop_map(Part::Block),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn files_come_back(
        files in proptest::collection::vec(proptest::collection::vec(any_part(), 0..10), 1..4),
        number in 27i32..=32,
        turn in proptest::option::of(1usize..4),
    ) {
        for compression in ALL {
            let dialect = dialect(compression, number);
            let bytes = written(&files, 700, &dialect, turn);
            let mut reader = TokenReader::new(&dialect).expect("a decompressor");
            let mut from = &bytes[..];
            for file in &files {
                let back = rebuilt(&mut reader, 700, &mut from).expect("read");
                prop_assert!(back == whole(file, 700), "{:?}", compression);
            }
            prop_assert!(from.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_tokens_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400), kind in 0usize..5) {
        let mut reader = TokenReader::new(&dialect(ALL[kind], 31)).expect("a decompressor");
        let _ = rebuilt(&mut reader, 700, &mut &bytes[..]);
        let packed = [&[0x40, bytes.len() as u8][..], &bytes].concat();
        let _ = rebuilt(&mut reader, 700, &mut &packed[..]);
    }
}
