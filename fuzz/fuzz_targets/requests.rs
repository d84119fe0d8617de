//! Any bytes as what a sender reads.
#![no_main]

mod session;

use libfuzzer_sys::fuzz_target;
use resilver::wire::{
    BlockSums, DeletionStats, Item, Ndx, NdxMemory, Result, Side, read_sum_head,
    read_xattr_requests,
};

fuzz_target!(|input: &[u8]| {
    let Some((dialect, fields, mut from)) = session::open(input, Side::PUSHER) else {
        return;
    };
    let digest_len = dialect.checksums.transfer.digest_len();
    let mut memory = NdxMemory::new(dialect.protocol);
    let mut next = || -> Result<()> {
        match memory.read(&mut from)? {
            Ndx::DelStats => DeletionStats::read(&mut from).map(drop),
            Ndx::Entry(_) => {
                let item = Item::read(dialect.protocol, &mut from)?;
                if fields.xattrs && item.has_xattrs(&dialect) {
                    read_xattr_requests(&mut from)?;
                }
                if item.is_transfer() {
                    let head = read_sum_head(dialect.protocol, digest_len, &mut from)?;
                    BlockSums::read(head, digest_len, &mut from)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    };
    while next().is_ok() {}
});
