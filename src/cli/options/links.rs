//! How links are taken.

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;

impl Asked {
    pub(super) fn take_links(&mut self, given: Given) -> Result<(), Refusal> {
        let keep = &mut self.engine.preserve;
        let links = &mut self.engine.symlinks;
        match given.opt {
            Opt::Links(on) => keep.links = on,
            Opt::HardLinks(on) => keep.hard_links = on,
            Opt::CopyLinks => links.follow = true,
            Opt::CopyDirlinks => links.follow_dirs = true,
            Opt::CopyUnsafeLinks => links.follow_unsafe = true,
            Opt::SafeLinks => links.leave_unsafe = true,
            Opt::MungeLinks(on) => links.munge = on,
            Opt::KeepDirlinks => links.keep_dirs = true,
            Opt::InsecureLinks(on) => {
                links.insecure = on;
                self.engine.rules.set_insecure_links(on);
            }
            other => no_meaning(other),
        }
        Ok(())
    }
}
