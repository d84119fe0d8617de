//! Any bytes as what a receiver reads behind the lists.
#![no_main]

mod session;

use libfuzzer_sys::fuzz_target;
use resilver::delta::Token;
use resilver::wire::{
    DeletionStats, Item, Ndx, NdxMemory, Phases, Result, Side, Statistics, TokenReader,
    read_sum_head, read_xattr_values,
};

fuzz_target!(|input: &[u8]| {
    let Some((dialect, fields, mut from)) = session::open(input, Side::PULLER) else {
        return;
    };
    let digest_len = dialect.checksums.transfer.digest_len();
    let mut memory = NdxMemory::new(dialect.protocol);
    let mut phases = Phases::new(dialect.protocol);
    let mut tokens = TokenReader::new(&dialect).expect("a decompressor");
    let block = [7; 700];
    let mut next = || -> Result<()> {
        match memory.read(&mut from)? {
            Ndx::DelStats => DeletionStats::read(&mut from).map(drop),
            Ndx::Done => match phases.done() {
                Ok(_) => Ok(()),
                Err(_) => Statistics::read(dialect.protocol, &mut from).map(drop),
            },
            Ndx::SubList(_) => phases.add_list(),
            Ndx::ListsEnd => Ok(()),
            Ndx::Entry(_) => {
                let item = Item::read(dialect.protocol, &mut from)?;
                if fields.xattrs && item.has_xattrs(&dialect) {
                    read_xattr_values(&mut from)?;
                }
                if item.is_transfer() {
                    let head = read_sum_head(dialect.protocol, digest_len, &mut from)?;
                    tokens.begin_file(head);
                    while let Some(token) = tokens.next(&mut from)? {
                        if let Token::Match { count, .. } = token {
                            (0..count.min(9)).try_for_each(|_| tokens.matched(&block))?;
                        }
                    }
                }
                Ok(())
            }
        }
    };
    while next().is_ok() {}
});
