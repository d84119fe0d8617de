//! What one sync is asked to do. `cli` alone makes it; the parts belong to the rooms that use them.

use std::path::PathBuf;

use crate::delta::Checksum;
use crate::stage;
use crate::tree::{Chmod, IdMap, Ids, Preserve, Rules};

use super::select::{Select, Symlinks};

/// How the quick check decides whether a file needs its data sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compare {
    /// `-c`: compare by checksum of the content instead of by time.
    pub checksum: bool,
    /// `-I`: never skip a file because size and time agree.
    pub ignore_times: bool,
    /// `--size-only`: skip every file whose size agrees.
    pub size_only: bool,
    /// `-u`: skip a regular file that is newer at the destination.
    pub update: bool,
    /// `--existing`: make nothing that is not there.
    pub existing: bool,
    /// `--ignore-existing`: change no file that is there.
    pub ignore_existing: bool,
    /// `--max-size`: skip larger files.
    pub max_size: Option<u64>,
    /// `--min-size`: skip smaller files.
    pub min_size: Option<u64>,
    /// `--modify-window`: seconds of tolerance; negative compares nanoseconds.
    pub modify_window: i64,
    /// `--checksum-choice`: what checksums of files are told in.
    pub sums: Sums,
}

/// The checksums of a run. Both ends are at hand, so content is compared itself; these are for reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of what is transferred.
    pub transfer: Checksum,
    /// Of what `-c` compares.
    pub compare: Checksum,
}

/// When names are deleted, as it is told and, where a reader can see it, as it is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// `--delete-before`: ahead of all transfers.
    Before,
    /// `--delete-during`: each directory when its turn comes.
    #[default]
    During,
    /// `--delete-delay`: found when a directory's turn comes, deleted at the end.
    Delay,
    /// `--delete-after`: at the end, by the rules that hold then.
    After,
}

impl When {
    /// Whether deletion comes last.
    #[must_use]
    pub fn is_late(self) -> bool {
        matches!(self, When::Delay | When::After)
    }
}

/// What deletion may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deletion {
    /// `--delete`: remove what the source does not have.
    pub enabled: bool,
    /// When.
    pub when: When,
    /// `--ignore-errors`: delete even where the source could not be read whole.
    pub ignore_errors: bool,
    /// `--max-delete`: stop after so many; `None` is no limit.
    pub max: Option<u64>,
    /// `--force`: a directory with content may make way for something else.
    pub force: bool,
}

impl Deletion {
    /// Whether rsync makes the whole list before the first transfer, for this kind of deletion.
    #[must_use]
    pub fn needs_whole_list(&self) -> bool {
        self.enabled && matches!(self.when, When::Before | When::After)
    }
}

/// `--super`, `--no-super`, `--fake-super`: whether what only the super-user can do is tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privilege {
    /// By the super-user.
    #[default]
    AsIs,
    /// Whoever runs.
    Super,
    /// By nobody.
    Plain,
    /// It is noted in extended attributes, and read from them, instead.
    Fake,
}

/// What becomes of permissions and owners on the way from the source.
#[derive(Clone, Debug)]
pub struct Adjust {
    /// `--chmod`.
    pub chmod: Chmod,
    /// `--usermap` and `--chown`.
    pub users: IdMap,
    /// `--groupmap` and `--chown`.
    pub groups: IdMap,
}

impl Default for Adjust {
    fn default() -> Adjust {
        Adjust {
            chmod: Chmod::default(),
            users: IdMap::none(Ids::Users),
            groups: IdMap::none(Ids::Groups),
        }
    }
}

/// What becomes of an entry that an alternate directory has just as the source has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasisUse {
    /// `--compare-dest`: the destination need not have it.
    Compare,
    /// `--copy-dest`: it is copied from there.
    Copy,
    /// `--link-dest`: it becomes a hard link to it.
    Link,
}

impl BasisUse {
    /// The option, without its dashes.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            BasisUse::Compare => "compare-dest",
            BasisUse::Copy => "copy-dest",
            BasisUse::Link => "link-dest",
        }
    }
}

/// Directories that are looked into for what the destination does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternates {
    /// What they are for.
    pub how: BasisUse,
    /// As typed, relative to the destination, in the order of search.
    pub dirs: Vec<PathBuf>,
}

/// One run of the engine.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The source operands exactly as typed, a trailing slash included.
    pub sources: Vec<PathBuf>,
    /// The destination operand exactly as typed.
    pub dest: PathBuf,
    /// `-r`.
    pub recursive: bool,
    /// What else decides which entries take part.
    pub select: Select,
    /// Symbolic links that are not taken as what they are.
    pub symlinks: Symlinks,
    /// Which attributes and kinds of entry are kept.
    pub preserve: Preserve,
    /// Whether what only the super-user can do is tried.
    pub privilege: Privilege,
    /// What becomes of permissions and owners on the way.
    pub adjust: Adjust,
    /// Files and directories of the source are read without moving their access times.
    pub open_noatime: bool,
    /// The quick check.
    pub compare: Compare,
    /// Deletion.
    pub deletion: Deletion,
    /// `--include` and `--exclude`, in order.
    pub rules: Rules,
    /// `-n`: decide and report, change nothing.
    pub dry_run: bool,
    /// `-W` (the default here) copies changed files whole; false matches blocks against the old file.
    pub whole_file: bool,
    /// `--compare-dest`, `--copy-dest` or `--link-dest`.
    pub alternates: Option<Alternates>,
    /// How the result gets into place.
    pub stage: stage::Policy,
    /// `--no-inc-recursive`: know the whole list before the first transfer.
    pub whole_list: bool,
    /// Worker threads; 0 chooses by the machine.
    pub threads: usize,
}
