//! When a file is sent anew.

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::integer;
use crate::delta::Checksum;
use crate::engine::Sums;

impl Asked {
    pub(super) fn take_check(&mut self, given: Given) -> Result<(), Refusal> {
        let compare = &mut self.engine.compare;
        match given.opt {
            Opt::Checksum(on) => compare.checksum = on,
            Opt::IgnoreTimes => compare.ignore_times = true,
            Opt::SizeOnly => compare.size_only = true,
            Opt::Update => compare.update = true,
            Opt::Existing => compare.existing = true,
            Opt::IgnoreExisting => compare.ignore_existing = true,
            Opt::ModifyWindow => compare.modify_window = integer(&given)?.into(),
            Opt::ChecksumChoice => {
                compare.sums = sums(&given.value.to_string_lossy())?;
                let is_auto = given.value.eq_ignore_ascii_case("auto");
                self.wire.checksum_choice = Some(given.value).filter(|_| !is_auto);
            }
            other => no_meaning(other),
        }
        Ok(())
    }
}

impl Asked {
    /// What `--checksum-choice` does to other options: without a checksum nothing is looked for in the old
    /// file, and `-c` has nothing to go by.
    pub(super) fn apply_checksum_choice(&mut self) -> Result<(), Refusal> {
        let compare = self.engine.compare;
        if compare.checksum && compare.sums.compare == Checksum::None {
            return Err(Refusal::unsupported_plain(
                "Invalid checksum-choice for --checksum: none (0)",
            ));
        }
        if compare.sums.transfer == Checksum::None {
            self.engine.whole_file = true;
        }
        Ok(())
    }
}

/// One name, or that of the transfer and that of `-c`.
fn sums(value: &str) -> Result<Sums, Refusal> {
    let named = |name: &str| {
        Checksum::named(name)
            .ok_or_else(|| Refusal::unsupported_plain(format!("unknown checksum name: {name}")))
    };
    let (transfer, compare) = match value.split_once(',') {
        Some((transfer, compare)) if !transfer.is_empty() => (transfer, compare),
        _ => (value, value),
    };
    Ok(Sums {
        transfer: named(transfer)?,
        compare: named(compare)?,
    })
}
