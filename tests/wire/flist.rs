//! Recorded file lists.

use std::fs;

use resilver::wire::flist::{
    Acl, Attached, Charset, DirKind, Entry, FileType, IdKind, Link, List, ListReader, ListWriter,
    Xattr, XattrValue,
};
use resilver::wire::{IoErrors, Item, Ndx, NdxMemory, Protocol};
use serde_json::Value;

use crate::kit::{Arguments, Session, bytes, hex, json, testdata};

/// With `--iconv` the indices follow the order of arrival; the names are left as they are.
struct AsTheyAre;

impl Charset for AsTheyAre {
    fn to_wire(&mut self, local: &[u8], to: &mut Vec<u8>) -> bool {
        to.extend_from_slice(local);
        true
    }

    fn to_local(&mut self, wire: &[u8], to: &mut Vec<u8>) -> bool {
        to.extend_from_slice(wire);
        true
    }
}

struct Capture {
    name: String,
    expected: Value,
    arguments: Arguments,
    session: Session,
    /// The sender's data.
    data: Vec<u8>,
}

impl Capture {
    fn open(name: &str) -> Self {
        let expected = json(&format!("flist/{name}.json"));
        let words = expected["header"]["server_args"]
            .as_array()
            .expect("a list");
        let words = words
            .iter()
            .map(|word| word.as_str().expect("text").to_string());
        let arguments = Arguments::new(words.collect());
        let c2s = bytes(&format!("flist/{name}.c2s"));
        let s2c = bytes(&format!("flist/{name}.s2c"));
        let session = Session::open(&c2s, &s2c, &arguments);
        let (data, _) = session.sender_said(arguments.rules());
        let (requests, _) = session.receiver_said();
        assert!(!requests.is_empty(), "{name}: an empty session");
        Self {
            name: name.to_string(),
            expected,
            arguments,
            session,
            data,
        }
    }

    fn charset(&self) -> Option<Box<dyn Charset>> {
        let iconv = self.name.starts_with("iconv");
        iconv.then(|| Box::new(AsTheyAre) as Box<dyn Charset>)
    }
}

fn captures() -> Vec<String> {
    let dir = fs::read_dir(testdata("flist")).expect("the captures");
    let names = dir.filter_map(|entry| {
        let name = entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("text");
        name.strip_suffix(".json").map(str::to_string)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    assert_eq!(names.len(), 36, "captures of file lists");
    names
}

/// Bytes that JSON has with `%` and two digits where they are not plain.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(&after[..2]).expect("digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hex"));
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    bytes
}

fn check_entry(entry: &Entry<'_>, expected: &Value, what: &str) {
    let number = |key: &str| expected[key].as_i64();
    assert_eq!(
        entry.name.to_vec(),
        percent_decoded(expected["name"].as_str().expect("a name")),
        "{what}: name"
    );
    let mode = u16::from_str_radix(expected["mode"].as_str().expect("a mode"), 8).expect("octal");
    assert_eq!(entry.mode, mode, "{what}: mode");
    let kind = match entry.file_type() {
        FileType::Regular => "file",
        FileType::Directory => "dir",
        FileType::Symlink => "symlink",
        FileType::CharDevice => "char",
        FileType::BlockDevice => "block",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::Missing => "missing",
    };
    assert_eq!(kind, expected["type"], "{what}: type");
    assert_eq!(Some(entry.size as i64), number("size"), "{what}: size");
    assert_eq!(Some(entry.mtime), number("mtime"), "{what}: mtime");
    assert_eq!(
        i64::from(entry.nsec),
        number("nsec").unwrap_or(0),
        "{what}: nsec"
    );
    assert_eq!(entry.atime, number("atime").unwrap_or(0), "{what}: atime");
    assert_eq!(
        i64::from(entry.uid),
        number("uid").unwrap_or(0),
        "{what}: uid"
    );
    assert_eq!(
        i64::from(entry.gid),
        number("gid").unwrap_or(0),
        "{what}: gid"
    );
    let device = entry
        .device
        .map(|device| (device.major.into(), device.minor.into()));
    assert_eq!(
        device,
        number("major").zip(number("minor")),
        "{what}: device"
    );
    let target = entry
        .target
        .map(|target| String::from_utf8_lossy(target).into_owned());
    assert_eq!(
        target.as_deref(),
        expected["target"].as_str(),
        "{what}: target"
    );
    match entry.link {
        Link::Alone => assert!(
            expected["hlink"].is_null() && expected["hino"].is_null(),
            "{what}"
        ),
        Link::Group(group) => assert_eq!(Some(i64::from(group)), number("hlink"), "{what}"),
        Link::Inode { dev, ino } => {
            assert_eq!(
                Some(dev as i64 + 1),
                number("hdev"),
                "{what}: device of a link"
            );
            assert_eq!(Some(ino as i64), number("hino"), "{what}: inode of a link");
        }
    }
    let sum = entry
        .checksum
        .map(|sum| sum.iter().map(|b| format!("{b:02x}")).collect::<String>());
    let expected_sum = expected["csum"].as_str();
    if entry.file_type() == FileType::Regular {
        assert_eq!(sum.as_deref(), expected_sum, "{what}: checksum");
    }
    if let Some(kind) = expected["kind"].as_str() {
        let mine = match entry.dir {
            DirKind::Top => "content-top",
            DirKind::Content => "content",
            DirKind::Implied => "implied",
            DirKind::NoContent => "no-content",
        };
        assert_eq!(mine, kind, "{what}: kind of directory");
    }
}

fn check_list(list: &List, expected: &Value, merged: bool, what: &str) {
    let header = &expected["list"];
    assert_eq!(
        Some(u64::from(list.first())),
        header["ndx_start"].as_u64(),
        "{what}: start"
    );
    assert_eq!(
        list.of_dir().map(u64::from),
        header["dir_ndx"].as_u64(),
        "{what}: directory"
    );
    let entries = expected["entries"].as_array().expect("entries");
    assert_eq!(
        list.len() as usize,
        entries.len(),
        "{what}: number of entries"
    );
    let mut dirs = 0;
    for (at, expected) in (0u32..).zip(entries) {
        let what = format!("{what}, {}", expected["name"]);
        let mut entry = list.entry(at);
        if merged {
            // Duplicates change what a directory is there for; what came is seen in the others.
            entry.dir = DirKind::default();
            let mut expected = expected.clone();
            expected["kind"] = Value::Null;
            check_entry(&entry, &expected, &what);
        } else {
            check_entry(&entry, expected, &what);
        }
        let ndx = expected["ndx"].as_u64().expect("an index") as u32;
        assert_eq!(list.arrival_of(ndx), Some(at), "{what}: index {ndx}");
        let cached = list.cached_at(at);
        for (number, key) in [
            (cached.access_acl, "acl"),
            (cached.default_acl, "dacl"),
            (cached.xattrs, "xattr"),
        ] {
            assert_eq!(
                number.map(u64::from),
                expected[key].as_u64(),
                "{what}: {key}"
            );
        }
        dirs += u32::from(entry.is_dir());
    }
    let numbers = entries
        .iter()
        .filter_map(|entry| entry["dir_ndx"].as_u64())
        .min();
    if let Some(first) = numbers {
        assert_eq!(
            u64::from(list.first_dir()),
            first,
            "{what}: number of the first directory"
        );
        assert!(dirs > 0);
    }
}

fn check_acl(acl: &Acl, expected: &Value) {
    let part = |key: &str| expected[key].as_u64().map(|perms| perms as u8);
    assert_eq!(acl.user, part("user"));
    assert_eq!(acl.group, part("group"));
    assert_eq!(acl.mask, part("mask"));
    assert_eq!(acl.other, part("other"));
    let named = acl.named.iter().map(|one| {
        let kind = if one.kind == IdKind::User {
            "user"
        } else {
            "group"
        };
        serde_json::json!([kind, one.id, one.perms])
    });
    let named: Vec<Value> = named.collect();
    assert_eq!(named, *expected["names"].as_array().unwrap_or(&Vec::new()));
}

fn check_xattr(xattr: &Xattr, expected: &Value) {
    assert_eq!(expected[0], String::from_utf8_lossy(&xattr.name).as_ref());
    assert_eq!(expected[1].as_u64(), Some(xattr.value.len() as u64));
    let digits = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let value = match &xattr.value {
        XattrValue::Whole(value) => digits(value),
        XattrValue::Digest(_, digest) => format!("abbrev:{}", digits(digest)),
    };
    assert_eq!(expected[2], value);
}

/// The lists of a session in their order, each with where it was in the data; behind them, what was not read.
fn read_lists(capture: &Capture, reader: &mut ListReader) -> Vec<(List, std::ops::Range<usize>)> {
    let data = &capture.data[..];
    let mut from = data;
    let at = |from: &[u8]| data.len() - from.len();
    let start = at(from);
    let list = reader
        .read_first(&mut from)
        .unwrap_or_else(|error| panic!("{}: {error}", capture.name));
    let mut lists = vec![(list, start..at(from))];
    let mut memory = NdxMemory::new(capture.session.receiver.protocol);
    let dry = capture.arguments.letter('n');
    let expected = capture.expected["lists"].as_array().expect("lists").len();
    // Real transfers are for another test: here all their lists come before any item.
    while lists.len() < expected {
        match memory.read(&mut from).expect("an index") {
            Ndx::SubList(dir) => {
                let start = at(from);
                let list = reader.read_sub_list(dir, &mut from).expect("a sub-list");
                lists.push((list, start..at(from)));
            }
            Ndx::Entry(_) => {
                assert!(dry, "{}", capture.name);
                Item::read(capture.session.receiver.protocol, &mut from).expect("an item");
            }
            Ndx::Done | Ndx::ListsEnd => {}
            Ndx::DelStats => panic!("nothing is deleted"),
        }
    }
    lists
}

#[test]
fn every_recorded_list_decodes_to_its_listing() {
    for name in captures() {
        let capture = Capture::open(&name);
        let expected = &capture.expected;
        let header = &expected["header"];
        let dialect = &capture.session.receiver;
        assert_eq!(
            Some(i64::from(dialect.protocol.number())),
            header["protocol"].as_i64()
        );
        assert_eq!(
            dialect.compat.bits(),
            hex(&header["compat_flags"]),
            "{name}"
        );
        assert_eq!(
            Some(i64::from(dialect.seed)),
            header["seed"].as_i64(),
            "{name}"
        );
        let fields = capture.arguments.fields();
        let mut reader = ListReader::new(dialect, fields, capture.charset()).expect("carried");
        let lists = read_lists(&capture, &mut reader);
        let merged = name.starts_with("dup");
        for ((list, span), expected) in lists
            .iter()
            .zip(expected["lists"].as_array().expect("lists"))
        {
            let what = format!("{name}, list from {}", list.first());
            check_list(list, expected, merged, &what);
            let io_error = expected["list"]["io_error"].as_i64().unwrap_or(0);
            let trailer = if list.of_dir().is_none() {
                capture.expected["io_error_int"].as_i64()
            } else {
                None
            };
            assert_eq!(
                i64::from(list.io_errors().bits()),
                io_error | trailer.unwrap_or(0),
                "{what}"
            );
            let at = expected["list"]["at"].as_array().expect("a span");
            assert_eq!(at[0].as_u64(), Some(span.start as u64), "{what}");
        }
        for (kind, key) in [(IdKind::User, "uid_list"), (IdKind::Group, "gid_list")] {
            for pair in expected[key].as_array().unwrap_or(&Vec::new()) {
                let id = pair[0].as_u64().expect("an id") as u32;
                let told = reader.ids().get(kind, id).map(String::from_utf8_lossy);
                assert_eq!(told.as_deref().unwrap_or_default(), pair[1], "{name}");
            }
        }
        for (index, acl) in (0..).zip(expected["access_acls"].as_array().expect("ACLs")) {
            check_acl(reader.access_acls().get(index).expect("known"), acl);
        }
        for (index, acl) in (0..).zip(expected["default_acls"].as_array().expect("ACLs")) {
            check_acl(reader.default_acls().get(index).expect("known"), acl);
        }
        let xattrs = expected["xattr_lists"].as_array().expect("lists of xattrs");
        assert_eq!(reader.xattrs().len(), xattrs.len(), "{name}");
        for (index, list) in (0..).zip(xattrs) {
            let mine = reader.xattrs().get(index).expect("known");
            assert_eq!(mine.len(), list.as_array().expect("a list").len());
            for (xattr, expected) in mine.iter().zip(list.as_array().expect("a list")) {
                check_xattr(xattr, expected);
            }
        }
    }
}

/// Before protocol 30 sessions say which inode; from then on the group is as good a number.
fn sendable(link: Link) -> Link {
    match link {
        Link::Group(group) => Link::Inode {
            dev: 7,
            ino: group.into(),
        },
        other => other,
    }
}

#[test]
fn every_recorded_list_encodes_to_the_same_bytes() {
    let mut compared = 0;
    for name in captures() {
        let capture = Capture::open(&name);
        let dialect = &capture.session.receiver;
        let fields = capture.arguments.fields();
        let mut reader = ListReader::new(dialect, fields, capture.charset()).expect("carried");
        let lists = read_lists(&capture, &mut reader);
        let mut writer =
            ListWriter::new(&capture.session.sender, fields, capture.charset()).expect("carried");
        for (list, span) in &lists {
            if let Some(dir) = list.of_dir() {
                writer.begin_sub_list(dir).expect("due");
            }
            let mut bytes = Vec::new();
            for at in 0..list.len() {
                let cached = list.cached_at(at);
                let mut entry = list.entry(at);
                entry.link = sendable(entry.link);
                if name.starts_with("dup") {
                    entry.dir = told_kind(&capture, list, at);
                }
                let access = cached
                    .access_acl
                    .and_then(|number| reader.access_acls().get(number));
                let access = access.map(|acl| acl.completed(entry.mode));
                let default = cached.default_acl;
                let xattrs = cached.xattrs.and_then(|number| reader.xattrs().get(number));
                let attached = Attached {
                    access_acl: access.as_ref(),
                    default_acl: default.and_then(|number| reader.default_acls().get(number)),
                    xattrs: xattrs.unwrap_or_default(),
                };
                let mut names = Told(&reader);
                assert!(
                    writer
                        .write(&entry, attached, &mut names, &mut bytes)
                        .expect("written")
                );
            }
            let errors = list.io_errors();
            let again = writer
                .end(errors, &mut Told(&reader), &mut bytes)
                .expect("ended");
            assert_eq!(again.first(), list.first());
            let recorded = &capture.data[span.clone()];
            let differs = bytes.iter().zip(recorded).position(|(a, b)| a != b);
            assert_eq!(
                differs,
                None,
                "{name}, list from {}: {bytes:x?}\n{recorded:x?}",
                list.first()
            );
            assert_eq!(
                bytes.len(),
                recorded.len(),
                "{name}, list from {}",
                list.first()
            );
            compared += bytes.len();
        }
    }
    assert!(compared > 30_000, "{compared} bytes compared");
}

/// What a duplicate directory was sent as, which the one that stays may have taken on.
fn told_kind(capture: &Capture, list: &List, at: u32) -> DirKind {
    let lists = capture.expected["lists"].as_array().expect("lists");
    let first = u64::from(list.first());
    let expected = lists
        .iter()
        .find(|one| one["list"]["ndx_start"].as_u64() == Some(first));
    let entry = &expected.expect("this list")["entries"][at as usize];
    match entry["flags"].as_str().map(|_| hex(&entry["flags"]) & 1) {
        Some(1) if list.entry(at).is_dir() => DirKind::Top,
        _ => DirKind::Content,
    }
}

/// The names that the recorded session told.
struct Told<'a>(&'a ListReader);

impl resilver::wire::flist::NameIds for Told<'_> {
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>> {
        self.0.ids().get(kind, id).map(<[u8]>::to_vec)
    }
}

#[test]
fn lists_that_no_peer_may_send_are_refused() {
    let capture = Capture::open("mini32");
    let dialect = &capture.session.receiver;
    assert!(dialect.protocol >= Protocol::V31);
    let fields = capture.arguments.fields();
    let read = |bytes: &[u8]| {
        let mut reader = ListReader::new(dialect, fields, None).expect("carried");
        reader
            .read_first(&mut &bytes[..])
            .map(|list| list.io_errors())
    };
    let file = |name: &[u8]| {
        let mut bytes = vec![0x18, name.len() as u8];
        bytes.extend(name);
        bytes.extend(b"\0\x01\0\x65\0\xf1\x53\xa4\x81\0\0");
        bytes
    };
    let end = [0u8, 0, 0, 0, 0, 0];
    let good = [file(b"a"), end.to_vec()].concat();
    assert_eq!(read(&good).expect("a good list"), IoErrors::NONE);
    let swap = |at: usize, bytes: &[u8]| {
        let mut all = file(b"a");
        all.splice(at..at + bytes.len(), bytes.iter().copied());
        all
    };
    for (bytes, text) in [
        (file(b".."), "the name \"..\" leads outside of the transfer"),
        (file(b"/a"), "the name \"/a\" is absolute"),
        (file(b""), "the name \"\" is empty"),
        (file(b"."), "the name \".\" must be a directory's"),
        (file(b"a\0b"), "the name \"a\\x00b\" holds a NUL"),
        (swap(11, &[0]), "mode of a file is of no known type"),
        (
            vec![0x38, 1, 0],
            "length of a name's shared part is 1, allowed are 0 to 0",
        ),
        (
            vec![0x58, 0xf0, 0xff, 0xff, 0xff, 0x7f],
            "length of a name's rest is 2147483647, allowed are 0 to 4095",
        ),
        (
            vec![0x82, 0x18, 1, b'a', 5],
            "number of a group of hard links is 5, allowed are 0 to -1",
        ),
        (vec![0xf8], "integer is longer than five bytes"),
    ] {
        let error = read(&bytes).expect_err(text).to_string();
        assert_eq!(error, format!("file list, entry 0: {text}"));
    }
}
