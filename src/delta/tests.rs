//! The parts together: what is found and patched is the source, whatever the pair of files.

use proptest::prelude::*;

use super::*;

/// A change of a file, by positions in thousandths of its length.
#[derive(Clone, Debug)]
enum Edit {
    Overwrite(usize, Vec<u8>),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
}

impl Edit {
    fn apply(&self, file: &mut Vec<u8>) {
        let at = |thousandth: usize| thousandth * file.len() / 1000;
        match self {
            Self::Overwrite(from, bytes) => {
                let from = at(*from);
                let len = bytes.len().min(file.len() - from);
                file[from..from + len].copy_from_slice(&bytes[..len]);
            }
            Self::Insert(from, bytes) => {
                let from = at(*from);
                file.splice(from..from, bytes.iter().copied());
            }
            Self::Remove(from, len) => {
                let from = at(*from);
                let to = (from + len).min(file.len());
                file.drain(from..to);
            }
            Self::Repeat(from, len) => {
                let from = at(*from);
                let to = (from + len).min(file.len());
                file.extend_from_within(from..to);
            }
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    let at = || 0..=1000usize;
    let edit = prop_oneof![
        (at(), bytes()).prop_map(|(at, b)| Edit::Overwrite(at, b)),
        (at(), bytes()).prop_map(|(at, b)| Edit::Insert(at, b)),
        (at(), 0..3000usize).prop_map(|(at, n)| Edit::Remove(at, n)),
        (at(), 0..3000usize).prop_map(|(at, n)| Edit::Repeat(at, n)),
    ];
    prop::collection::vec(edit, 0..6)
}

/// Files of random bytes, and files of few different bytes where almost everything matches.
fn file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20_000),
        prop::collection::vec(0..2u8, 0..5000),
        (any::<u8>(), 0..20_000usize).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

/// Searches and patches; the reader gives `piece` bytes at a time.
fn round_trip(basis: &[u8], source: &[u8], shape: Shape, piece: usize) -> (Vec<u8>, Origin) {
    struct Pieces<'a>(&'a [u8], usize);
    impl std::io::Read for Pieces<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let len = buf.len().min(self.1);
            self.0.read(&mut buf[..len])
        }
    }
    let signature =
        Signature::of(basis, shape, BlockSum::new(Checksum::Xxh128, 1, true)).expect("summed");
    let mut patch = Patch::new(basis, shape, Strong::Xxh128, Vec::new());
    let found = Matcher::new(&signature)
        .search(Pieces(source, piece), |token| {
            let bound = (512 << 10) + 2 * shape.block_len() as usize;
            assert!(
                !matches!(token, Token::Literal(bytes) if bytes.is_empty() || bytes.len() > bound)
            );
            patch.apply(token)
        })
        .expect("searched");
    let (made, origin) = patch
        .finish(&Strong::Xxh128.whole(source))
        .expect("the source again");
    assert_eq!(origin, found);
    (made, origin)
}

proptest! {
    #[test]
    fn a_patched_basis_is_the_source(
        basis in file(), edits in edits(), block_len in 1..2000u32, piece in 1..5000usize,
    ) {
        let mut source = basis.clone();
        edits.iter().for_each(|edit| edit.apply(&mut source));
        let shape = Shape::with_block_len(basis.len() as u64, BlockLimit::Modern, block_len, 16);
        let (made, origin) = round_trip(&basis, &source, shape.full_strength(16), piece);
        prop_assert_eq!(origin.literal + origin.matched, source.len() as u64);
        prop_assert_eq!(made, source);
    }

    #[test]
    fn an_unchanged_file_matches_entirely(basis in file(), block_len in 1..2000u32) {
        let shape = Shape::with_block_len(basis.len() as u64, BlockLimit::Modern, block_len, 16);
        let (_, origin) = round_trip(&basis, &basis, shape.full_strength(16), usize::MAX);
        prop_assert_eq!(origin.literal, 0);
    }

    /// A peer may send any sums; at worst they match nothing, or what they match is caught by the checksum.
    #[test]
    fn hostile_sums_do_no_harm(
        head in [0..40i32, 0..40i32, 0..17i32, 0..40i32],
        weak in prop::collection::vec(prop_oneof![Just(0u32), any::<u32>()], 0..40),
        source in file(),
    ) {
        let Ok(shape) = Shape::from_wire(head, BlockLimit::Modern, 16) else { return Ok(()) };
        let weak: Vec<u32> = weak.into_iter().cycle().take(shape.count() as usize).collect();
        let digests = vec![0; weak.len() * shape.strong_len()];
        let Some(signature) = Signature::from_parts(shape, Strong::Xxh128.into(), weak, digests) else { return Ok(()) };
        let origin = Matcher::new(&signature).search(&source[..], |token| {
            if let Token::Match { block, count } = token {
                assert!(shape.bytes_of(block, count).is_some());
            }
            Ok::<(), ()>(())
        });
        let origin = origin.expect("searched");
        prop_assert_eq!(origin.literal + origin.matched, source.len() as u64);
    }

    #[test]
    fn hostile_tokens_do_no_harm(
        basis in file(), tokens in prop::collection::vec((0..30u32, 0..30u32), 0..20), len in 0..30_000u64,
    ) {
        let shape = Shape::for_basis(len, BlockLimit::Modern, 16);
        let mut patch = Patch::new(&basis, shape, Strong::Xxh128, Vec::new());
        for (block, count) in tokens {
            if patch.apply(Token::Match { block, count }).is_err() {
                break;
            }
        }
    }
}

#[test]
fn a_source_longer_than_the_window_is_found_again() {
    let mut state = 1u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    let basis: Vec<u8> = (0..3_000_000).map(|_| random()).collect();
    let mut source: Vec<u8> = (0..1_500_000).map(|_| random()).collect();
    source.extend_from_slice(&basis);
    source[2_000_000] ^= 1;
    let shape = Shape::for_basis(3_000_000, BlockLimit::Modern, 16);
    let (made, origin) = round_trip(&basis, &source, shape, usize::MAX);
    assert!(made == source);
    assert_eq!(origin.literal, 1_500_000 + u64::from(shape.block_len()));
}

/// A file in memory that can be written by several threads, and shared with the basis where asked to.
struct Made<'a> {
    bytes: std::sync::Mutex<Vec<u8>>,
    basis: &'a [u8],
    granule: u64,
}

impl WriteAt for Made<'_> {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<()> {
        let mut file = self.bytes.lock().expect("no panic");
        let end = offset as usize + bytes.len();
        if file.len() < end {
            file.resize(end, 0xee);
        }
        file[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }
}

impl Output for Made<'_> {
    fn granule(&self) -> Option<std::num::NonZeroU64> {
        std::num::NonZeroU64::new(self.granule)
    }

    fn share(&self, from: u64, to: u64, len: u64) -> std::io::Result<bool> {
        assert!(
            [from, to, len]
                .iter()
                .all(|n| n.is_multiple_of(self.granule))
                && len > 0
        );
        if from / self.granule % 5 == 4 {
            return Ok(false);
        }
        self.write_all_at(&self.basis[from as usize..(from + len) as usize], to)?;
        Ok(true)
    }
}

fn rebuilt(
    basis: &[u8],
    source: &[u8],
    block_len: u32,
    segment: usize,
    granule: u64,
) -> (Vec<u8>, Origin) {
    let made = Made {
        bytes: Vec::new().into(),
        basis,
        granule,
    };
    let known = |file| Known {
        file,
        len: <[u8]>::len(file) as u64,
    };
    let tuning = Tuning {
        block_len,
        segment,
        ..Tuning::default()
    };
    let origin = rebuild(known(basis), known(source), &made, &tuning).expect("rebuilt");
    (made.bytes.into_inner().expect("no panic"), origin)
}

proptest! {
    #[test]
    fn the_local_delta_makes_the_source_and_counts_like_the_search(
        basis in file(), edits in edits(), block_len in 1..2000u32, granule in 0..1000u64,
    ) {
        let mut source = basis.clone();
        edits.iter().for_each(|edit| edit.apply(&mut source));
        let (made, origin) = rebuilt(&basis, &source, block_len, usize::MAX, granule);
        prop_assert_eq!(&made, &source);
        let shape = Shape::with_block_len(basis.len() as u64, BlockLimit::Modern, block_len, 16);
        let (_, searched) = round_trip(&basis, &source, shape.full_strength(16), usize::MAX);
        prop_assert_eq!(origin, searched);
    }

    #[test]
    fn segments_change_no_byte(basis in file(), edits in edits(), segment in 1..4000usize) {
        let mut source = basis.clone();
        edits.iter().for_each(|edit| edit.apply(&mut source));
        let (made, origin) = rebuilt(&basis, &source, 100, segment, 0);
        prop_assert_eq!(origin.literal + origin.matched, source.len() as u64);
        prop_assert_eq!(made, source);
    }
}

#[test]
fn files_that_shrank_are_told() {
    let made = || Made {
        bytes: Vec::new().into(),
        basis: &[],
        granule: 0,
    };
    let rebuild = |basis: u64, source: u64| {
        let bytes = &[7u8; 1000][..];
        let known = |len| Known { file: bytes, len };
        rebuild(known(basis), known(source), &made(), &Tuning::default())
    };
    assert!(matches!(
        rebuild(1000, 1001),
        Err(LocalError::SourceShrank(1000))
    ));
    assert!(matches!(
        rebuild(1001, 1000),
        Err(LocalError::BasisShrank(1000))
    ));
    assert!(matches!(
        rebuild(0, 1001),
        Err(LocalError::SourceShrank(1000))
    ));
    assert!(rebuild(1000, 1000).is_ok());
}
