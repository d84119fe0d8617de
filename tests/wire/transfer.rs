//! Recorded transfers: requests, block sums, tokens, whole files, the end of the session.

use std::io::Write;

use resilver::delta::{Shape, Token};
use resilver::wire::flist::{Fields, List, ListReader};
use resilver::wire::{
    BlockSums, Checksums, Compat, Compression, DeletionStats, Dialect, Draft, Ended, IoErrors,
    Item, Message, Ndx, NdxMemory, Phases, Protocol, ReadWire, Side, Statistics, Sums, TokenReader,
    TokenWriter, goodbyes_of_generator, goodbyes_of_sender, read_sum_head, write_sum_head,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::kit::{Arguments, Session, bytes, hex, json};

/// A recorded transfer.
struct Case {
    name: String,
    expected: Value,
    arguments: Arguments,
}

impl Case {
    fn all(live: bool) -> Vec<Self> {
        let cases = json("transfer/expected.json");
        let cases = cases.as_object().expect("cases").iter();
        let words = |case: &Value| -> Vec<String> {
            let command = case["server_command"].as_str().unwrap_or_default();
            command.split(' ').map(str::to_string).collect()
        };
        let all = cases.map(|(name, expected)| Self {
            name: name.clone(),
            arguments: Arguments::new(words(expected)),
            expected: expected.clone(),
        });
        all.filter(|case| case.expected["server_command"].is_string() == live)
            .collect()
    }

    fn session(&self) -> Session {
        let stream = |side: &str| bytes(&format!("transfer/{}/{side}.bin", self.name));
        Session::open(&stream("c2s"), &stream("s2c"), &self.arguments)
    }

    fn is_dry(&self) -> bool {
        self.arguments.letter('n')
    }

    fn appends(&self) -> bool {
        self.name.contains("append")
    }

    /// What the receiving side had when it rebuilt files: the same for all files of a case.
    fn basis(&self) -> Vec<u8> {
        match &self.name[..1] {
            "Q" => {
                let step = |x: &mut u32| {
                    *x = x.wrapping_mul(1_103_515_245).wrapping_add(12345) & 0x7fff_ffff;
                    Some(97 + (*x >> 16 & 15) as u8)
                };
                (0..140_000).scan(12345, |x, _| step(x)).collect()
            }
            "B" => bytes("transfer/data/B.basis"),
            "M" => bytes("transfer/data/B.basis")[..8000].to_vec(),
            _ if self.appends() => bytes("transfer/data/A.src")[..2000].to_vec(),
            _ => {
                let mut basis = bytes("transfer/data/A.basis");
                if self.name.ends_with("redo") {
                    basis[5] ^= 1;
                }
                basis
            }
        }
    }

    /// What the file of this name had to become.
    fn source(&self, name: &[u8]) -> Option<Vec<u8>> {
        match &self.name[..1] {
            "Q" => {
                let basis = self.basis();
                let parts = [
                    &basis[..70000],
                    &basis[..3000],
                    &basis[66500..69500],
                    &basis[70000..],
                ];
                Some(parts.concat())
            }
            "B" => Some(bytes("transfer/data/B.src")),
            "M" => Some(bytes(&format!(
                "transfer/data/M.{}",
                String::from_utf8_lossy(name)
            ))),
            "T" => None,
            _ if self.name == "p32-empty" => Some(Vec::new()),
            _ => Some(bytes("transfer/data/A.src")),
        }
    }
}

fn shown_head(shape: Shape) -> Value {
    json!({
        "count": shape.count(),
        "blength": shape.block_len(),
        "s2length": shape.strong_len(),
        "remainder": shape.remainder(),
    })
}

/// An item in the form in which it was recorded.
fn shown_item(protocol: Protocol, ndx: u32, item: &Item) -> Value {
    let mut shown = json!({ "ndx": ndx });
    if protocol >= Protocol::V29 {
        shown["iflags"] = format!("{:#06x}", item.flags.bits()).into();
    }
    shown
}

/// Takes out what is compared by other means, or not at all.
fn without(value: &Value, keys: &[&str]) -> Value {
    let mut value = value.clone();
    for key in keys {
        if let Some(object) = value.as_object_mut() {
            object.remove(*key);
        }
    }
    value
}

#[test]
fn every_recorded_request_decodes_and_encodes() {
    let cases = Case::all(true);
    assert_eq!(cases.len(), 60, "recorded transfers");
    for case in cases {
        let session = case.session();
        let protocol = session.sender.protocol;
        let (data, _) = session.receiver_said();
        let lists = 1 + case.expected["sender"]
            .as_array()
            .expect("items")
            .iter()
            .filter(|item| item["flist_for_dir"].is_u64())
            .count();
        let digest_len = session.sender.checksums.transfer.digest_len();
        let mut phases = Phases::new(protocol);
        for _ in 1..lists {
            phases.add_list().expect("early");
        }
        let (mut memory, mut again_memory) = (NdxMemory::new(protocol), NdxMemory::new(protocol));
        let mut from = &data[..];
        let mut again = Vec::new();
        let mut seen = Vec::new();
        let mut goodbyes = 0;
        while !from.is_empty() {
            let ndx = memory.read(&mut from).expect("an index");
            again_memory.write(ndx, &mut again).expect("written");
            match ndx {
                Ndx::Done if phases.current().is_none() => {
                    goodbyes += 1;
                    seen.push(json!({ "ndx": -1 }));
                }
                Ndx::Done => {
                    phases.done().expect("not too many");
                    seen.push(json!({ "ndx": -1 }));
                }
                Ndx::DelStats => {
                    let stats = DeletionStats::read(&mut from).expect("numbers");
                    stats.write(&mut again).expect("written");
                    let DeletionStats {
                        files,
                        dirs,
                        symlinks,
                        devices,
                        specials,
                    } = stats;
                    seen.push(
                        json!({ "ndx": -3, "del": [files, dirs, symlinks, devices, specials] }),
                    );
                }
                Ndx::Entry(ndx) => {
                    let item = Item::read(protocol, &mut from).expect("an item");
                    item.write(protocol, &mut again).expect("written");
                    let mut shown = shown_item(protocol, ndx, &item);
                    if item.is_transfer() && !case.is_dry() {
                        phases.check_transfer().expect("early enough");
                        let head = read_sum_head(protocol, digest_len, &mut from).expect("a head");
                        write_sum_head(head, &mut again).expect("written");
                        shown["sum_head"] = shown_head(head);
                        if !case.appends() {
                            let sums = BlockSums::read(head, digest_len, &mut from).expect("sums");
                            sums.write(&mut again).expect("written");
                            shown["sums"] = sums.weak.len().into();
                            check_sums(&case, &session.sender, head, &sums);
                        }
                    }
                    seen.push(shown);
                }
                other => panic!("{}: {other:?}", case.name),
            }
        }
        assert_eq!(goodbyes, goodbyes_of_generator(protocol), "{}", case.name);
        assert!(
            again == data,
            "{}: what is written is what was read",
            case.name
        );
        let expected = case.expected["generator"].as_array().expect("items").iter();
        let drop = ["type", "xname"];
        let expected = expected.map(|item| {
            let keys: &[&str] = if case.appends() {
                &["type", "xname", "sums"]
            } else {
                &drop
            };
            let mut item = without(item, keys);
            if protocol < Protocol::V29 {
                item = without(&item, &["iflags"]);
            }
            item
        });
        assert_eq!(seen, expected.collect::<Vec<_>>(), "{}", case.name);
    }
}

/// The block sums are those of the basis, where it is known what that was.
fn check_sums(case: &Case, dialect: &Dialect, head: Shape, sums: &BlockSums) {
    let known = !case.name.ends_with("redo") && !case.name.starts_with('T');
    let basis = case.basis();
    if !known || head.basis_len() != basis.len() as u64 {
        return;
    }
    let digests = Sums::of_transfers(dialect);
    for (at, block) in basis.chunks(head.block_len() as usize).enumerate() {
        assert_eq!(
            sums.weak[at],
            resilver::delta::weak_sum(block),
            "{}",
            case.name
        );
        let strong = &sums.strong[at * sums.strong_len..][..sums.strong_len];
        assert_eq!(
            digests.block_sum().of(block).as_bytes()[..sums.strong_len],
            *strong,
            "{}",
            case.name
        );
    }
}

/// Reads what a sender wrote, compares it with what was recorded, and writes it again.
struct Replay<'a> {
    case: &'a Case,
    dialect: Dialect,
    fields: Fields,
    basis: Vec<u8>,
    seen: Vec<Value>,
    again: Draft,
    lists: Vec<List>,
}

impl Replay<'_> {
    /// `server_stats` if the sender's statistics come.
    fn run(&mut self, data: &[u8], server_stats: bool) {
        let protocol = self.dialect.protocol;
        let mut from = data;
        let mut reader = ListReader::new(&self.dialect, self.fields, None).expect("carried");
        let first = reader.read_first(&mut from).expect("a list");
        self.copy(data, from);
        self.lists.push(first);
        let mut tokens = TokenReader::new(&self.dialect).expect("a decompressor");
        let mut again_tokens = TokenWriter::new(&self.dialect);
        let (mut memory, mut again_memory) = (NdxMemory::new(protocol), NdxMemory::new(protocol));
        let mut phases = Phases::new(protocol);
        let mut goodbyes = 0;
        while !from.is_empty() {
            let ndx = memory.read(&mut from).expect("an index");
            again_memory.write(ndx, &mut self.again).expect("written");
            match ndx {
                Ndx::SubList(dir) => {
                    let before = from;
                    let list = reader.read_sub_list(dir, &mut from).expect("a list");
                    self.copy(before, from);
                    self.seen
                        .push(json!({ "flist_for_dir": dir, "entries": list.len() }));
                    phases.add_list().expect("early");
                    self.lists.push(list);
                }
                Ndx::ListsEnd => self.seen.push(json!({ "ndx": -2 })),
                Ndx::DelStats => {
                    let stats = DeletionStats::read(&mut from).expect("numbers");
                    stats.write(&mut self.again).expect("written");
                    let DeletionStats {
                        files,
                        dirs,
                        symlinks,
                        devices,
                        specials,
                    } = stats;
                    let numbers = [files, dirs, symlinks, devices, specials];
                    self.seen.push(json!({ "ndx": -3, "stats": numbers }));
                }
                Ndx::Done if phases.current().is_none() => {
                    goodbyes += 1;
                    self.seen.push(json!({ "ndx": -1 }));
                }
                Ndx::Done => {
                    self.seen.push(json!({ "ndx": -1 }));
                    if phases.done().expect("not too many") == Ended::Loop && server_stats {
                        self.statistics(&mut from);
                    }
                }
                Ndx::Entry(ndx) => {
                    let item = Item::read(protocol, &mut from)
                        .unwrap_or_else(|error| panic!("{}: {error}", self.case.name));
                    item.write(protocol, &mut self.again).expect("written");
                    let shown = shown_item(protocol, ndx, &item);
                    if item.is_transfer() && !self.case.is_dry() {
                        phases.check_transfer().expect("early enough");
                        self.file(ndx, shown, (&mut tokens, &mut again_tokens), &mut from);
                    } else {
                        self.seen.push(shown);
                    }
                }
            }
        }
        assert_eq!(goodbyes, goodbyes_of_sender(protocol), "{}", self.case.name);
    }

    fn copy(&mut self, before: &[u8], from: &[u8]) {
        let read = &before[..before.len() - from.len()];
        self.again.write_all(read).expect("written");
    }

    fn statistics(&mut self, from: &mut &[u8]) {
        let protocol = self.dialect.protocol;
        let stats = Statistics::read(protocol, from).expect("numbers");
        stats.write(protocol, &mut self.again).expect("written");
        let mut numbers = vec![stats.server_read, stats.server_written, stats.total_size];
        if protocol >= Protocol::V29 {
            numbers.extend([stats.list_build_ms, stats.list_transfer_ms]);
        }
        self.seen.push(json!({ "server_stats": numbers }));
    }

    fn file(
        &mut self,
        ndx: u32,
        mut shown: Value,
        (tokens, again): (&mut TokenReader, &mut TokenWriter),
        from: &mut &[u8],
    ) {
        let protocol = self.dialect.protocol;
        let sums = Sums::of_transfers(&self.dialect);
        let head = read_sum_head(protocol, sums.digest_len(), from).expect("a head");
        write_sum_head(head, &mut self.again).expect("written");
        shown["sum_head"] = shown_head(head);
        let mut file = Vec::new();
        let mut sum = sums.file();
        if self.case.appends() {
            file.extend_from_slice(&self.basis);
            let verifies = protocol < Protocol::V30 || self.case.name.contains("verify");
            if verifies {
                sum.update(&self.basis);
            }
        }
        let mut seen: Vec<Value> = Vec::new();
        tokens.begin_file(head);
        loop {
            let (block, count) = match tokens.next(from).expect("a token") {
                None => break,
                Some(Token::Literal(data)) => {
                    file.extend_from_slice(data);
                    sum.update(data);
                    again.literal(data, &mut self.again).expect("written");
                    match seen.last_mut().filter(|last| last[0] == "lit") {
                        Some(last) => {
                            last[1] =
                                (last[1].as_u64().expect("a length") + data.len() as u64).into()
                        }
                        None => seen.push(json!(["lit", data.len()])),
                    }
                    continue;
                }
                Some(Token::Match { block, count }) => (block, count),
            };
            for block in block..block + count {
                let span = head.bytes_of(block, 1).expect("a block");
                let data = &self.basis[span.start as usize..span.end as usize];
                tokens.matched(data).expect("learnt");
                again.block(block, data, &mut self.again).expect("written");
                file.extend_from_slice(data);
                sum.update(data);
                seen.push(json!(["blk", block]));
            }
        }
        again.end(&mut self.again).expect("written");
        let mut told = vec![0; sums.digest_len()];
        std::io::Read::read_exact(from, &mut told).expect("a sum");
        self.again.write_all(&told).expect("written");
        let list = self
            .lists
            .iter()
            .find(|list| list.get(ndx).is_some())
            .expect("a listed file");
        let name = list.get(ndx).expect("listed").name.to_vec();
        let agrees = sum.finish().as_bytes() == told;
        shown["tokens"] = seen.into();
        shown["file_sum"] = hex_of(&told).into();
        if !self.case.name.starts_with("batch") {
            shown["sha256"] = hex_of(&Sha256::digest(&file)).into();
        }
        shown["sum_ok"] = agrees.into();
        shown["len"] = file.len().into();
        if let Some(source) = self.case.source(&name) {
            shown["matches_source"] = (file == source).into();
        }
        self.seen.push(shown);
    }

    /// What was read is what was recorded; where nothing is compressed, so is what was written again.
    fn check(&self, data: &[u8]) {
        let name = &self.case.name;
        let old = self.dialect.protocol < Protocol::V29;
        let expected = self.case.expected["sender"]
            .as_array()
            .expect("items")
            .iter();
        let expected = expected.map(|item| {
            let mut item = without(item, &["type", "xname", "flag_bytes"]);
            if old {
                item = without(&item, &["iflags"]);
            }
            if name.starts_with("batch") || name.starts_with('T') {
                item = without(&item, &["matches_source"]);
            }
            item
        });
        let seen = self
            .seen
            .iter()
            .map(|item| match name.starts_with("batch") {
                true => without(&as_batch(item), &["matches_source", "len"]),
                false => item.clone(),
            });
        assert_eq!(
            seen.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{name}"
        );
        if self.dialect.compression == Compression::None {
            assert!(
                self.again.bytes() == data,
                "{name}: what is written is what was read"
            );
        }
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In the records of batches the statistics go by another name.
fn as_batch(item: &Value) -> Value {
    match item["server_stats"].is_array() {
        true => json!({ "stats": item["server_stats"] }),
        false => item.clone(),
    }
}

#[test]
fn every_recorded_transfer_decodes_to_its_files() {
    let cases = Case::all(true);
    assert_eq!(cases.len(), 60, "recorded transfers");
    for case in cases {
        let session = case.session();
        let (data, messages) = session.sender_said(case.arguments.rules());
        let mut replay = Replay {
            fields: case.arguments.fields(),
            basis: case.basis(),
            dialect: session.receiver.clone(),
            case: &case,
            seen: Vec::new(),
            again: Draft::default(),
            lists: Vec::new(),
        };
        replay.run(&data, session.pull);
        replay.check(&data);
        let listed = replay.lists[0].iter();
        let mut listed: Vec<_> = listed
            .map(|(_, entry)| String::from_utf8(entry.name.to_vec()).expect("text"))
            .collect();
        let names = case.expected["first_flist"].as_array().expect("names");
        let mut names: Vec<_> = names.iter().map(|n| n.as_str().expect("text")).collect();
        listed.sort();
        names.sort();
        assert_eq!(listed, names, "{}", case.name);
        if case.name == "T-p32-vanished" {
            let told = [Message::NoSend(7), Message::IoErrors(IoErrors::VANISHED)];
            assert_eq!(messages, told);
        } else {
            assert!(messages.is_empty(), "{}", case.name);
        }
    }
}

#[test]
fn what_receivers_told_beside_the_data_is_heard() {
    let told = |name: &str| {
        let cases = Case::all(true);
        let case = cases
            .into_iter()
            .find(|case| case.name == name)
            .expect("recorded");
        case.session().receiver_said().1
    };
    let deleted = |name: &str, directory| Message::Deleted {
        name: name.into(),
        directory,
    };
    assert_eq!(
        told("T-p32-inc-delete"),
        [
            deleted("zz/gone", false),
            deleted("zz", true),
            deleted("d3/gone2", false)
        ]
    );
    let done: Vec<Message> = [3, 2, 7, 10, 12].map(Message::Success).into();
    assert_eq!(told("T-p32-removesource"), done);
}

/// Batch files hold the sender's stream without frames, behind what else the handshake would have settled.
#[test]
fn every_recorded_batch_decodes_to_its_files() {
    let cases = Case::all(false);
    assert_eq!(cases.len(), 3, "recorded batches");
    for case in cases {
        let file = bytes(&format!("transfer/{}/batch", case.name));
        let mut from = &file[..];
        let flags = from.read_int().expect("flags").cast_unsigned();
        assert_eq!(flags, hex(&case.expected["stream_flags"]), "{}", case.name);
        let protocol = Protocol::new(from.read_int().expect("a version")).expect("spoken");
        let compat = match protocol >= Protocol::V30 {
            true => Compat::from_bits(from.read_varint().expect("flags").cast_unsigned()),
            false => Compat::NONE,
        };
        let seed = from.read_int().expect("a seed");
        let data = from;
        let mut replay = Replay {
            dialect: Dialect {
                side: Side::PULLER,
                protocol,
                compat,
                checksums: Checksums::implied(protocol),
                compression: if flags & 0x100 != 0 {
                    Compression::Zlib
                } else {
                    Compression::None
                },
                seed,
                reads_frames: false,
                writes_frames: false,
            },
            fields: Fields::default(),
            basis: case.basis(),
            case: &case,
            seen: Vec::new(),
            again: Draft::default(),
            lists: Vec::new(),
        };
        replay.run(data, true);
        replay.check(data);
    }
}
