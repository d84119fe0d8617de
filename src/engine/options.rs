//! What one sync is asked to do. `cli` alone makes it; the parts belong to the rooms that use them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::delta::Checksum;
use crate::stage;
use crate::stage::points::NewPoint;
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
    /// Whose some entries are said to be when they are offered, owner and group by path.
    pub owned: Arc<BTreeMap<PathBuf, (u32, u32)>>,
}

impl Default for Adjust {
    fn default() -> Adjust {
        Adjust {
            chmod: Chmod::default(),
            users: IdMap::none(Ids::Users),
            groups: IdMap::none(Ids::Groups),
            owned: Arc::default(),
        }
    }
}

/// What goes from the source once it has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceRemoval {
    /// `--remove-source-files`: what the destination has by then.
    Synced,
    /// `--remove-sent-files`: what this run brought.
    Sent,
}

/// What is replaced or removed is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backups {
    /// The directory for it, as typed, relative to the destination; without one it stays where it was.
    pub dir: Option<PathBuf>,
    /// What its name ends with.
    pub suffix: OsString,
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

/// What a changed file is written into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writing {
    /// A new file, which takes the old one's place.
    #[default]
    Anew,
    /// `--inplace`: the old file itself.
    InPlace,
    /// `--append`: the old file, behind what it has.
    Append {
        /// `--append-verify`: what it has is compared first.
        verify: bool,
    },
}

/// What becomes of a half-written file when the run is broken off. A stage keeps it in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Partial {
    /// It goes.
    #[default]
    Drop,
    /// `--partial`: it takes the file's name.
    Keep,
    /// `--partial-dir`: it goes into this directory, relative to the one of the file.
    Dir(PathBuf),
}

/// How the bytes of files are brought over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// `--inplace`, `--append`, `--append-verify`; all but the first imply `--commit=direct`.
    pub writing: Writing,
    /// `-S`: zeros become holes.
    pub sparse: bool,
    /// `--preallocate`: a file's room is reserved before it is written.
    pub preallocate: bool,
    /// `--partial`, `--partial-dir`.
    pub partial: Partial,
    /// `--delay-updates`: files wait in the directory of [`Partial::Dir`] and take their names at the end.
    pub delay_updates: bool,
    /// `--temp-dir`, relative to the destination.
    pub temp_dir: Option<PathBuf>,
    /// `--copy-devices`: the content of a device is copied into a file.
    pub copy_devices: bool,
    /// `--write-devices`: a device at the destination is written to.
    pub write_devices: bool,
    /// `--fuzzy`: which files serve as a basis for new ones.
    pub fuzzy: Fuzzy,
    /// `--block-size` in bytes; 0 chooses by the file's size.
    pub block_len: u32,
    /// `--bwlimit` in bytes a second.
    pub rate: Option<NonZeroU64>,
    /// `--stop-at`, `--stop-after`.
    pub deadline: Option<SystemTime>,
}

/// Which files of other names serve as a basis for one that the destination does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fuzzy {
    /// None.
    #[default]
    No,
    /// `-y`: those of the directory that it is to be in.
    Directory,
    /// `-yy`: those of that directory in alternate trees as well.
    Alternates,
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
    /// `--remove-source-files`.
    pub remove_source: Option<SourceRemoval>,
    /// `-b`, `--backup-dir`, `--suffix`.
    pub backups: Option<Backups>,
    /// `--compare-dest`, `--copy-dest` or `--link-dest`.
    pub alternates: Option<Alternates>,
    /// How the bytes of files are brought over.
    pub content: Content,
    /// The option that made `--commit=direct` the only way, where nobody chose it: told in a line.
    pub why_direct: Option<&'static str>,
    /// How the result gets into place.
    pub stage: stage::Policy,
    /// `--time-points`: `dest` is a directory of time points, and the run makes one.
    pub points: Option<stage::points::Wanted>,
    /// The point that is being made, which `dest` names: set by the engine, once it has found a name.
    pub point: Option<Arc<NewPoint>>,
    /// What the catalogue of a pull's destination says of where its entries came from; none makes no catalogue.
    pub catalogue: Option<stage::catalogue::Origin>,
    /// `--no-inc-recursive`: know the whole list before the first transfer.
    pub whole_list: bool,
    /// Worker threads; 0 chooses by the machine.
    pub threads: usize,
    /// `--compress-threads`: threads that compress what goes to a receiver, at most. Without it `threads`.
    pub compress_threads: Option<NonZeroUsize>,
}
