//! Any bytes as file lists; what is read is written again, and read again to the same.
#![no_main]

mod session;

use libfuzzer_sys::fuzz_target;
use resilver::wire::flist::{Attached, IdKind, Link, ListReader, ListWriter, NameIds};
use resilver::wire::{IoErrors, Ndx, NdxMemory, Side};

struct Nameless;

impl NameIds for Nameless {
    fn name(&mut self, _: IdKind, _: u32) -> Option<Vec<u8>> {
        None
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((dialect, fields, mut from)) = session::open(input, Side::PULLER) else {
        return;
    };
    let Ok(mut reader) = ListReader::new(&dialect, fields, None) else {
        return;
    };
    let Ok(list) = reader.read_first(&mut from) else {
        return;
    };
    let mut memory = NdxMemory::new(dialect.protocol);
    while let Ok(Ndx::SubList(dir)) = memory.read(&mut from) {
        if reader.read_sub_list(dir, &mut from).is_err() {
            break;
        }
    }
    let Ok(mut writer) = ListWriter::new(&dialect, fields, None) else {
        return;
    };
    let mut again = Vec::new();
    for at in 0..list.len() {
        let cached = list.cached_at(at);
        let mut entry = list.entry(at);
        if let Link::Group(group) = entry.link {
            entry.link = Link::Inode {
                dev: 1,
                ino: group.into(),
            };
        }
        let acl = cached
            .access_acl
            .and_then(|number| reader.access_acls().get(number));
        let acl = acl.map(|acl| acl.completed(entry.mode));
        let attached = Attached {
            access_acl: acl.as_ref(),
            default_acl: cached
                .default_acl
                .and_then(|number| reader.default_acls().get(number)),
            xattrs: cached
                .xattrs
                .and_then(|number| reader.xattrs().get(number))
                .unwrap_or_default(),
        };
        writer
            .write(&entry, attached, &mut Nameless, &mut again)
            .expect("what was read can be written");
    }
    writer
        .end(IoErrors::NONE, &mut Nameless, &mut again)
        .expect("and ended");
    let mut reader = ListReader::new(&dialect, fields, None).expect("as before");
    let back = reader
        .read_first(&mut &again[..])
        .expect("what was written can be read");
    assert_eq!(back.len(), list.len());
    for at in 0..list.len() {
        let (one, other) = (list.entry(at), back.entry(at));
        assert_eq!(
            (one.name, one.mode, one.size, one.target),
            (other.name, other.mode, other.size, other.target)
        );
        assert_eq!(
            (one.mtime, one.nsec, one.device),
            (other.mtime, other.nsec, other.device)
        );
    }
});
