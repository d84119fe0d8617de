//! What is written is read; what is torn is seen to be.

use std::path::Path;

use super::coding::Listing;
use super::*;
use crate::delta::Digest;
use crate::sys::Dir;

fn record(kind: Kind) -> Record {
    Record {
        kind,
        mode: 0o4755,
        size: if kind == Kind::File { u64::MAX } else { 0 },
        mtime: Time {
            sec: -1_234_567_890_123,
            nsec: 999_999_999,
        },
        target: (kind == Kind::Symlink).then(|| "../a b".into()),
        rdev: if kind.is_device() {
            (259, 1_048_575)
        } else {
            (0, 0)
        },
        sum: (kind == Kind::File).then(|| Sum {
            algorithm: Checksum::Md5,
            digest: Digest::from_bytes(&[0xa5; 16]).expect("narrow enough"),
        }),
    }
}

const NAMES: [&[u8]; 7] = [
    b"name\n0", b"name\n1", b"name\n2", b"name\n3", b"name\n4", b"name\n5", b"name\n6",
];

fn listing() -> Listing<'static> {
    let kinds = [
        Kind::File,
        Kind::Dir,
        Kind::Symlink,
        Kind::CharDevice,
        Kind::BlockDevice,
        Kind::Fifo,
        Kind::Socket,
    ];
    let mut listing = Listing::default();
    for (n, kind) in kinds.into_iter().enumerate() {
        listing.set(NAMES[n], Some(record(kind)));
    }
    listing.set(b"", Some(record(Kind::Dir)));
    listing
}

#[test]
fn every_kind_of_entry_is_read_as_it_was_written() {
    let mut block = Vec::new();
    listing().encode(&mut block);
    assert_eq!(Listing::decode(&block), Some(listing()));
    for end in 1..block.len() {
        let cut = Listing::decode(&block[..end]);
        assert!(
            cut.is_none_or(|cut| cut.0.len() < listing().0.len()),
            "{end}"
        );
    }
}

#[test]
fn entries_are_put_in_and_taken_out_by_name() {
    let mut listing = listing();
    listing.set(b"name\n3", None);
    listing.set(b"none", None);
    listing.set(b"name\n0", Some(record(Kind::Dir)));
    assert_eq!(listing.0.len(), 7);
    assert_eq!(listing.get(b"name\n0"), Some(&record(Kind::Dir)));
    assert_eq!(listing.get(b"name\n3"), None);
}

#[test]
fn a_file_that_is_torn_or_flipped_anywhere_is_damaged() {
    let place = tempfile::tempdir().expect("a directory");
    let parent = Dir::open(place.path()).expect("opens");
    let home = Home::make(&parent, place.path(), b".x.resilver").expect("is made");
    let origin = Origin {
        words: vec!["-a".into(), "h:/x/".into(), "x".into()],
        sources: vec!["h:/x/".into()],
    };
    let mut writer = Writer::begin(&home, &origin).expect("begins");
    for dir in ["", "dir", "dir/in it"] {
        writer.put(Path::new(dir), &listing()).expect("is put");
    }
    writer.finish().expect("is finished");
    let reader = Reader::open(&home).expect("opens").expect("is there");
    assert_eq!(reader.origin(), &origin);
    let dirs: Vec<&Path> = reader.dirs().collect();
    assert_eq!(dirs, ["", "dir", "dir/in it"].map(Path::new));
    let block = reader.block(dirs[2]).expect("is read");
    assert_eq!(reader.listing(&block).expect("is read"), listing());

    let path = home.join(CATALOGUE);
    let whole = std::fs::read(&path).expect("is read");
    let is_damaged = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("is written");
        matches!(Reader::open(&home), Err(Error::Damaged { .. }))
    };
    for at in 0..whole.len() {
        assert!(is_damaged(&whole[..at]), "cut at {at}");
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        assert!(is_damaged(&flipped), "flipped at {at}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(is_damaged(&longer));
}
