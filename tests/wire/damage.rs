//! Recorded sessions with bytes changed, cut out and put in: everything is decoded or refused, nothing panics, and no
//! more memory is taken than there are bytes to account for it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use resilver::delta::Token;
use resilver::wire::flist::ListReader;
use resilver::wire::{
    BlockSums, DeletionStats, Demux, Dialect, Ended, Item, Ndx, NdxMemory, Phases, Result,
    Statistics, TokenReader, read_sum_head, read_xattr_requests, read_xattr_values,
};

use crate::kit::{Arguments, Session, bytes, json};

/// Counts what each thread holds, and the most that it held.
struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    let held = HELD.try_with(|held| {
        held.set(held.get() + bytes);
        held.get()
    });
    if let Ok(held) = held {
        let _ = MOST.try_with(|most| most.set(most.get().max(held)));
    }
}

#[allow(unsafe_code)] // an allocator cannot be written without; it only counts
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `work` held beyond what was held before, in bytes.
fn most_held(work: impl FnOnce()) -> usize {
    let before = HELD.get();
    MOST.set(before);
    work();
    (MOST.get() - before).max(0) as usize
}

/// All that a receiving side reads of a sender, whatever it is.
fn receive(
    stream: &[u8],
    dialect: &Dialect,
    arguments: &Arguments,
    statistics: bool,
) -> Result<()> {
    let mut from = Demux::new(stream, dialect.side, |_| Ok(()));
    from.begin_session(dialect.reads_frames);
    let mut reader = ListReader::new(dialect, arguments.fields(), None)?;
    let mut lists = vec![reader.read_first(&mut from)?];
    let mut memory = NdxMemory::new(dialect.protocol);
    let mut phases = Phases::new(dialect.protocol);
    let mut tokens = TokenReader::new(dialect)?;
    let digest_len = dialect.checksums.transfer.digest_len();
    loop {
        match memory.read(&mut from)? {
            Ndx::SubList(dir) => {
                lists.push(reader.read_sub_list(dir, &mut from)?);
                phases.add_list()?;
            }
            Ndx::ListsEnd => {}
            Ndx::DelStats => drop(DeletionStats::read(&mut from)?),
            Ndx::Done => {
                if phases.done()? == Ended::Loop && statistics {
                    Statistics::read(dialect.protocol, &mut from)?;
                }
            }
            Ndx::Entry(ndx) => {
                let item = Item::read(dialect.protocol, &mut from)?;
                let _ = lists.iter().find_map(|list| list.get(ndx));
                if arguments.letter('X') && !arguments.letter('n') && item.has_xattrs(dialect) {
                    read_xattr_values(&mut from)?;
                }
                if item.is_transfer() && !arguments.letter('n') {
                    let head = read_sum_head(dialect.protocol, digest_len, &mut from)?;
                    tokens.begin_file(head);
                    let block = vec![0; head.block_len().min(1 << 16) as usize];
                    while let Some(token) = tokens.next(&mut from)? {
                        if let Token::Match { count, .. } = token {
                            (0..count.min(20)).try_for_each(|_| tokens.matched(&block))?;
                        }
                    }
                    std::io::copy(
                        &mut std::io::Read::take(&mut from, digest_len as u64),
                        &mut std::io::sink(),
                    )?;
                }
            }
        }
    }
}

/// All that a sender reads of a receiving side, whatever it is.
fn send(stream: &[u8], dialect: &Dialect, arguments: &Arguments) -> Result<()> {
    let mut from = Demux::new(stream, dialect.side, |_| Ok(()));
    from.begin_session(dialect.reads_frames);
    let digest_len = dialect.checksums.transfer.digest_len();
    let mut memory = NdxMemory::new(dialect.protocol);
    loop {
        match memory.read(&mut from)? {
            Ndx::DelStats => drop(DeletionStats::read(&mut from)?),
            Ndx::Entry(_) => {
                let item = Item::read(dialect.protocol, &mut from)?;
                if arguments.letter('X') && !arguments.letter('n') && item.has_xattrs(dialect) {
                    read_xattr_requests(&mut from)?;
                }
                if item.is_transfer() && !arguments.letter('n') {
                    let head = read_sum_head(dialect.protocol, digest_len, &mut from)?;
                    BlockSums::read(head, digest_len, &mut from)?;
                }
            }
            _ => {}
        }
    }
}

/// Sessions of all kinds.
fn sessions() -> Vec<(String, Session, Arguments)> {
    let lists = [
        "mini27",
        "mini29",
        "mini30",
        "mini32",
        "v27-pull-c",
        "v28-pull",
        "v29-pull",
        "v30-pull-inc",
        "v31-pull-inc-novarint",
        "v32-pull-inc",
        "v32-pull-Uc",
        "v32-push-inc",
        "rel29",
        "rel32-inc",
        "dup32-inc",
        "xattr32-transfer",
        "xattr32-update",
        "ioerr31-novarint",
    ];
    let lists = lists.map(|name| {
        let words = json(&format!("flist/{name}.json"))["header"]["server_args"].clone();
        let words: Vec<String> = serde_json::from_value(words).expect("words");
        (format!("flist/{name}"), ".", words)
    });
    let transfers = [
        "p27-md4-zlib",
        "p29-redo",
        "p30-md5old-zlib",
        "p32-fuzzy",
        "p32-lz4",
        "p32-zlib",
        "p32-zlibx",
        "p32-pull-zstd",
        "p32-none",
        "M-p32-zstd",
        "M-p32-zlib",
        "T-p32-pull-delete",
        "T-p32-vanished",
        "T-p27",
    ];
    let expected = json("transfer/expected.json");
    let transfers = transfers.map(|name| {
        let command = expected[name]["server_command"]
            .as_str()
            .expect("a command");
        let words = command.split(' ').map(str::to_string).collect();
        (format!("transfer/{name}"), "/", words)
    });
    let open = |(name, between, words): (String, &str, Vec<String>)| {
        let arguments = Arguments::new(words);
        let ends = if between == "." {
            [".c2s", ".s2c"]
        } else {
            ["/c2s.bin", "/s2c.bin"]
        };
        let [c2s, s2c] = ends.map(|end| bytes(&format!("{name}{end}")));
        let session = Session::open(&c2s, &s2c, &arguments);
        (name, session, arguments)
    };
    lists.into_iter().chain(transfers).map(open).collect()
}

/// A change of some bytes: where, how many go, and what comes there.
type Change = (Index, usize, Vec<u8>);

fn damaged(stream: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut stream = stream.to_vec();
    for (at, gone, new) in changes {
        let at = at.index(stream.len() + 1);
        let end = (at + gone).min(stream.len());
        stream.splice(at..end, new.iter().copied());
    }
    stream
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let byte = prop_oneof![any::<u8>(), Just(0xff), Just(0), Just(0xf0), Just(0xfe)];
    let new = proptest::collection::vec(byte, 0..6);
    proptest::collection::vec((any::<Index>(), 0usize..6, new), 1..4)
}

#[test]
fn damaged_sessions_are_decoded_or_refused_in_little_memory() {
    let cases = std::env::var("RESILVER_DAMAGE_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(150),
        failure_persistence: None,
        ..Config::default()
    };
    for (name, session, arguments) in sessions() {
        let pull = session.pull;
        let run = |changes: Vec<Change>| {
            for (stream, sender) in [
                (&session.from_sender, true),
                (&session.from_receiver, false),
            ] {
                let stream = damaged(stream, &changes);
                let held = most_held(|| {
                    let outcome = match sender {
                        true => receive(&stream, &session.receiver, &arguments, pull),
                        false => send(&stream, &session.sender, &arguments),
                    };
                    assert!(outcome.is_err(), "every stream ends");
                });
                // Buffers, and what compressors hold; the rest grows with what came, a claimed length with nothing. A
                // window of zstd may be as large as the stream says, outside of what is counted here.
                let allowed = (1 << 20) + 64 * stream.len();
                prop_assert!(
                    held < allowed,
                    "{name}: {held} bytes held for {}",
                    stream.len()
                );
            }
            Ok(())
        };
        let outcome = TestRunner::new(config.clone()).run(&changes(), run);
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
