//! What happened, typed. The engine emits events in rsync's order; only `report` turns them into text.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::sys::{Kind, Stat, Time, lock};
use crate::tree::RuleName;

/// What an itemized change says of one entry (the eleven columns of `-i`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// `+`: the entry is new; the other fields are then not shown.
    pub new: bool,
    /// `?`: who decided cannot tell what differs (before protocol 29); no field is shown.
    pub unknown: bool,
    /// `c`: the content's checksum (with `-c`), a link's target or a device's number differs.
    pub value: bool,
    /// `s`: the size of a regular file differs.
    pub size: bool,
    /// `t`: the modification time differs and is set from the source.
    pub time: bool,
    /// `T`: the modification time becomes the time of the transfer (without `-t`).
    pub time_now: bool,
    /// `p`.
    pub perms: bool,
    /// `o`.
    pub owner: bool,
    /// `g`.
    pub group: bool,
    /// `u`: the access time.
    pub atime: bool,
    /// `a`: an ACL.
    pub acl: bool,
    /// `x`: extended attributes.
    pub xattrs: bool,
}

impl Changes {
    /// Whether any column is set.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Changes::default()
    }
}

/// What was done about one entry (the first column of `-i`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `>`: content was (or, in a dry run, would be) transferred.
    Transfer,
    /// `c`: made or changed locally: a directory, symbolic link, device, fifo.
    Create,
    /// `h`: is a hard link to an entry told before (`-H`), or to one of `--link-dest`.
    HardLink {
        /// The leader's path within the transfer; `None` where the link was there already, and for one
        /// outside of it.
        leader: Option<PathBuf>,
    },
    /// `c`: made as an alternate directory has it; the columns tell what is not so there.
    Adopt,
    /// `.`: attributes changed, or nothing.
    Attributes,
}

/// One entry that was decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Path within the transfer, no trailing slash; `.` for the root.
    pub path: PathBuf,
    /// Type of the entry.
    pub kind: Kind,
    /// First column.
    pub action: Action,
    /// Other columns.
    pub changes: Changes,
    /// Size of the source's entry in bytes.
    pub size: u64,
    /// The target of a symbolic link.
    pub link: Option<PathBuf>,
    /// More about it, where [`Wants::details`] asks for it.
    pub details: Option<Box<Details>>,
}

/// What few reports want to know of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Path at its source: below the operand as typed, without a leading slash.
    pub source: PathBuf,
    /// Permission bits.
    pub mode: u32,
    /// Time of modification.
    pub mtime: Time,
    /// Owner, where owners are kept.
    pub owner: Option<u32>,
    /// Group, where groups are kept.
    pub group: Option<u32>,
    /// Bytes of content that were read from the source and not found in an old file.
    pub moved: u64,
    /// Bytes of block checksums that rsync's generator sends for the old file, their head included.
    pub sums: u64,
    /// Checksum of the content in hexadecimal digits, where [`Wants::checksum`] asks for it and it is known.
    pub checksum: Option<String>,
}

/// One entry of a list-only run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// Path within the transfer; `.` for the root.
    pub path: PathBuf,
    /// Its metadata; `None` for a source that is missing (`--delete-missing-args`).
    pub stat: Option<Stat>,
    /// The target of a symbolic link, where links take part as such.
    pub link: Option<PathBuf>,
}

impl Action {
    /// Whether it makes something, even where no column says what.
    #[must_use]
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Action::Attributes | Action::Adopt | Action::HardLink { leader: None }
        )
    }
}

/// Why an entry that would have been looked at was passed over; told with `-vv` and by some notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// A directory without `-r`: `skipping directory X`.
    Directory,
    /// A symbolic link, device or special that is not asked for: `skipping non-regular file "X"`.
    NonRegular,
    /// `-u`: `X is newer`.
    Newer,
    /// `--ignore-existing`: `X exists`.
    Exists,
    /// `--existing`: `not creating new file "X"` (or directory, by the item's kind).
    NotCreating,
    /// Nothing differs: `X is uptodate`.
    UpToDate,
    /// `--max-size`: `X is over max-size`.
    TooLarge,
    /// `--min-size`: `X is under min-size`.
    TooSmall,
    /// `-xx`: `[sender] skipping mount-point dir X`.
    MountPoint,
}

/// What a filter rule decided about an entry; told with `-vv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The sender leaves it out: `[sender] hiding`.
    Hide,
    /// The sender takes it: `[sender] showing`.
    Show,
    /// It is not deleted: `[generator] protecting`.
    Protect,
    /// It may be deleted: `[generator] risking`.
    Risk,
}

/// How serious a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Standard output, silenced by `-q`.
    Notice,
    /// Standard error; the run goes on and ends with its code.
    Error,
    /// Standard error, no influence on the exit code.
    Warning,
    /// Standard error, without the program's name in front.
    Plain,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A peer is there and begins to list what it has; a local run begins by itself.
    ListBegins,
    /// The destination directory was made: `created directory D`.
    CreatedDestination(PathBuf),
    /// Directories that lead to the destination were made: `created N directories for PATH`.
    CreatedPath {
        /// How many.
        count: usize,
        /// The path that they complete.
        path: PathBuf,
    },
    /// An entry of a list-only run.
    ListEntry(ListEntry),
    /// A symbolic link that leads out of the transfer: left out, or what it leads to is copied.
    UnsafeLink {
        /// Path within the transfer.
        path: PathBuf,
        /// What it leads to.
        target: PathBuf,
        /// Whether that is copied.
        copied: bool,
    },
    /// The whole list is known before the first transfer; how many entries it has.
    Listed(u64),
    /// An entry was decided on and dealt with; a file whose content is transferred is about to be.
    Item(Item),
    /// The content of an item told before is in place, with its details. Sent where [`Wants::arrivals`] asks.
    Arrived(Item),
    /// An entry was removed from the destination.
    Deleted {
        /// Path within the transfer.
        path: PathBuf,
        /// Its type.
        kind: Kind,
    },
    /// With `--backup-dir`: where backups go.
    BackupDir {
        /// As typed.
        dir: PathBuf,
        /// It is not there yet.
        is_new: bool,
    },
    /// What was replaced or removed is kept: `backed up X to Y`.
    BackedUp {
        /// Path within the transfer.
        path: PathBuf,
        /// Where it is, below the backup directory as typed.
        to: PathBuf,
    },
    /// With `--remove-source-files`: `sender removed X`, a path within the transfer.
    SourceRemoved(PathBuf),
    /// An entry was passed over.
    Skipped {
        /// Path within the transfer.
        path: PathBuf,
        /// Its type.
        kind: Kind,
        /// Why.
        why: Skip,
    },
    /// A filter rule decided on an entry. Sent where skips are wanted.
    Filtered {
        /// Path within the transfer.
        path: PathBuf,
        /// Its type.
        kind: Kind,
        /// What the rule decided.
        verdict: Verdict,
        /// The rule.
        rule: RuleName,
    },
    /// A complete sentence for a person, without the program's name in front unless `text` carries it.
    Message {
        /// Where it goes.
        severity: Severity,
        /// The text, one or more lines, no final newline.
        text: String,
    },
    /// A file's content begins to move; for progress only.
    FileStarted {
        /// Path within the transfer.
        path: PathBuf,
        /// Size in bytes.
        size: u64,
    },
    /// Bytes of the current file that are done so far; for progress only.
    FileProgress {
        /// Path within the transfer.
        path: PathBuf,
        /// Bytes done.
        done: u64,
        /// Size in bytes.
        size: u64,
        /// How far the run is.
        position: Position,
    },
    /// A file's content is complete; for progress only.
    FileFinished {
        /// Path within the transfer.
        path: PathBuf,
        /// Size in bytes.
        size: u64,
        /// How far the run is.
        position: Position,
    },
    /// A server that sends is through with its search for blocks. Sent where [`Wants::search`] asks.
    Searched {
        /// How it went.
        search: Search,
        /// Bytes that were not found.
        literal: u64,
    },
    /// The switch was made; the destination shows the new state.
    Committed(Committed),
    /// Something falls due for which no report is needed.
    Due(Due),
}

/// What is to be done when its turn among the events comes.
#[derive(Clone)]
pub struct Due(Arc<Mutex<Option<Deed>>>);

type Deed = Box<dyn FnOnce() + Send>;

impl Due {
    pub(super) fn new(deed: impl FnOnce() + Send + 'static) -> Due {
        Due(Arc::new(Mutex::new(Some(Box::new(deed)))))
    }

    /// Does it, the first time.
    pub(super) fn carry_out(&self) {
        let deed = lock(&self.0).take();
        if let Some(deed) = deed {
            deed();
        }
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Due) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Due {}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Due")
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Files transferred so far.
    pub number: u64,
    /// Entries still to be checked, as far as they are known.
    pub to_check: u64,
    /// Entries known so far.
    pub known: u64,
    /// Bytes known so far, of transferred and of unchanged files.
    pub known_bytes: u64,
    /// Whether more entries may become known.
    pub growing: bool,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// `swap`, `journal` or `direct`.
    pub method: crate::stage::Method,
    /// Entries of others that were carried over, kept or named.
    pub kept: Vec<PathBuf>,
}

/// Numbers of one run (`--stats`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Regular files.
    pub files: u64,
    /// Directories.
    pub dirs: u64,
    /// Symbolic links.
    pub links: u64,
    /// Devices.
    pub devices: u64,
    /// Fifos and sockets.
    pub specials: u64,
}

impl Counts {
    /// All kinds together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.files + self.dirs + self.links + self.devices + self.specials
    }

    /// Counts one entry.
    pub fn add(&mut self, kind: Kind) {
        match kind {
            Kind::File => self.files += 1,
            Kind::Dir => self.dirs += 1,
            Kind::Symlink => self.links += 1,
            Kind::CharDevice | Kind::BlockDevice => self.devices += 1,
            Kind::Fifo | Kind::Socket => self.specials += 1,
        }
    }
}

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries in the source's list.
    pub listed: Counts,
    /// Entries made, as far as the receiving side tells.
    pub created: Option<Counts>,
    /// Entries removed, as far as the receiving side tells.
    pub deleted: Option<Counts>,
    /// Regular files whose content was transferred.
    pub transferred: u64,
    /// Bytes of all regular files and links in the list.
    pub total_size: u64,
    /// Bytes of the transferred files.
    pub transferred_size: u64,
    /// Bytes that were copied from the source.
    pub literal: u64,
    /// Bytes that were found in the old file.
    pub matched: u64,
    /// Nanoseconds spent on listing.
    pub list_nanos: u64,
    /// Bytes of file names listed: stands in for the size of the list.
    pub list_bytes: u64,
    /// The search for blocks on behalf of a receiver at the other end.
    pub search: Search,
    /// What went over the wire, where there was one.
    pub wire: Option<Traffic>,
}

/// How a search for blocks went (`--debug=deltasum`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Blocks that were found.
    pub matches: u64,
    /// Weak sums that agreed.
    pub hits: u64,
    /// Strong sums that then did not.
    pub false_alarms: u64,
}

/// What one session moved, in bytes behind the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From here to there.
    pub sent: u64,
    /// From there to here.
    pub received: u64,
}

/// How a run ended; `cli` makes an exit code of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Totals.
    pub stats: Stats,
    /// Some file or attribute could not be transferred (23).
    pub partial: bool,
    /// If so, these are operands that are not there, of which a receiving rsync knows nothing.
    pub only_missing: bool,
    /// Some source file vanished (24).
    pub vanished: bool,
    /// `--max-delete` stopped deletions (25); how many were skipped.
    pub deletions_skipped: u64,
}

/// Where events go. Called from several threads, one call at a time, in rsync's order.
pub trait Report: Send + Sync {
    /// Takes one event.
    fn event(&self, event: Event);
    /// Whether unchanged and skipped entries are of interest; where not, none are sent.
    fn wants(&self) -> Wants;
    /// Takes an event of which the other end tells people: only a record of the run is to have it.
    fn record(&self, _event: Event) {}
    /// What such a record makes use of.
    fn record_wants(&self) -> Wants {
        Wants::default()
    }
}

/// Which events a report makes use of, so that the engine need not build the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// Items with changes.
    pub items: bool,
    /// Items without any change (`-ii`, `-vv`).
    pub unchanged: bool,
    /// Items of which the other end tells people as well: a record is kept here.
    pub records: bool,
    /// Deletions.
    pub deletions: bool,
    /// Skips that are only told with `-vv`.
    pub skips: bool,
    /// `BackupDir` and `BackedUp`.
    pub backups: bool,
    /// `SourceRemoved`.
    pub source_removals: bool,
    /// `FileStarted`, `FileProgress`, `FileFinished`.
    pub progress: bool,
    /// Files one after the other, so that their progress can be told line by line.
    pub in_step: bool,
    /// The total of bytes, where it can be known before the end.
    pub sizes: bool,
    /// [`Item::details`].
    pub details: bool,
    /// [`Event::Arrived`].
    pub arrivals: bool,
    /// [`Details::checksum`].
    pub checksum: bool,
    /// `Listed`: how many entries a whole list has.
    pub list: bool,
    /// [`Event::Searched`].
    pub search: bool,
    /// Files that did not agree with their sums and come once more.
    pub repeats: bool,
}

impl Wants {
    /// What two reports want together.
    #[must_use]
    pub fn or(self, other: Wants) -> Wants {
        Wants {
            items: self.items || other.items,
            unchanged: self.unchanged || other.unchanged,
            records: self.records || other.records,
            deletions: self.deletions || other.deletions,
            skips: self.skips || other.skips,
            backups: self.backups || other.backups,
            source_removals: self.source_removals || other.source_removals,
            progress: self.progress || other.progress,
            in_step: self.in_step || other.in_step,
            sizes: self.sizes || other.sizes,
            details: self.details || other.details,
            arrivals: self.arrivals || other.arrivals,
            checksum: self.checksum || other.checksum,
            list: self.list || other.list,
            search: self.search || other.search,
            repeats: self.repeats || other.repeats,
        }
    }
}
