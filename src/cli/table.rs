//! What an option of a mirror run is: meaning, names, value, heading and the sentence that help prints.
//! The options themselves are in [`super::rows`].

use clap::{Arg, ArgAction, value_parser};
use std::ffi::OsString;

/// What an option means, after aliases and negations are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt {
    /// `-a`.
    Archive,
    /// `-r`, `--no-r`.
    Recursive(bool),
    /// `-l`, `--no-l`.
    Links(bool),
    /// `-H`, `--no-H`.
    HardLinks(bool),
    /// `-p`, `--no-p`.
    Perms(bool),
    /// `-t`, `--no-t`.
    Times(bool),
    /// `-o`, `--no-o`.
    Owner(bool),
    /// `-g`, `--no-g`.
    Group(bool),
    /// `--devices`, `--no-devices`.
    Devices(bool),
    /// `--specials`, `--no-specials`.
    Specials(bool),
    /// `-D`, `--no-D`.
    DevicesAndSpecials(bool),
    /// `--numeric-ids`, `--no-numeric-ids`.
    NumericIds(bool),
    /// `-c`, `--no-c`.
    Checksum(bool),
    /// `-I`.
    IgnoreTimes,
    /// `--size-only`.
    SizeOnly,
    /// `-u`.
    Update,
    /// `--existing`.
    Existing,
    /// `--ignore-existing`.
    IgnoreExisting,
    /// `--modify-window`.
    ModifyWindow,
    /// `-W`, `--no-W`.
    WholeFile(bool),
    /// `--delete` and its names.
    Delete,
    /// `--max-delete`.
    MaxDelete,
    /// `--force`, `--no-force`.
    Force(bool),
    /// `--include`.
    Include,
    /// `--exclude`.
    Exclude,
    /// `-v`.
    Verbose,
    /// `--no-v`.
    NoVerbose,
    /// `-q`.
    Quiet,
    /// `-i`.
    Itemize,
    /// `--no-i`.
    NoItemize,
    /// `-h`.
    Human,
    /// `--no-h`.
    NoHuman,
    /// `--progress`, `--no-progress`.
    Progress(bool),
    /// `--stats`.
    Stats,
    /// `-n`.
    DryRun,
    /// `--commit`.
    Commit,
    /// `--wait`.
    Wait,
    /// `--previous`.
    Previous,
    /// `--fsync`, `--no-fsync`.
    Fsync(bool),
    /// `--gate`.
    Gate,
    /// `--require-file`.
    RequireFile,
    /// `--delete-guard`.
    DeleteGuard,
    /// `--commit-only-complete`.
    CommitOnlyComplete,
    /// `--threads`.
    Threads,
    /// `--time-points`.
    TimePoints,
    /// `--keep`.
    Keep,
    /// `--delta-threshold`.
    DeltaThreshold,
    /// `--point-time`.
    PointTime,
    /// `--dirs`, `--no-dirs`.
    Dirs(bool),
    /// `--old-dirs`.
    OldDirs,
    /// `--relative`, `--no-relative`.
    Relative(bool),
    /// `--no-implied-dirs`, `--implied-dirs`.
    ImpliedDirs(bool),
    /// `--files-from`.
    FilesFrom,
    /// `--from0`, `--no-from0`.
    From0(bool),
    /// `--one-file-system`, `--no-one-file-system`.
    OneFileSystem(bool),
    /// `--mkpath`, `--no-mkpath`.
    Mkpath(bool),
    /// `--ignore-missing-args`.
    IgnoreMissingArgs,
    /// `--delete-missing-args`.
    DeleteMissingArgs,
    /// `--copy-links`.
    CopyLinks,
    /// `--copy-unsafe-links`.
    CopyUnsafeLinks,
    /// `--safe-links`.
    SafeLinks,
    /// `--munge-links`, `--no-munge-links`.
    MungeLinks(bool),
    /// `--copy-dirlinks`.
    CopyDirlinks,
    /// `--keep-dirlinks`.
    KeepDirlinks,
    /// `--insecure-links`, `--no-insecure-links`.
    InsecureLinks(bool),
    /// `--executability`.
    Executability,
    /// `--chmod`.
    Chmod,
    /// `--acls`, `--no-acls`.
    Acls(bool),
    /// `--xattrs`, `--no-xattrs`.
    Xattrs(bool),
    /// `--atimes`, `--no-atimes`.
    Atimes(bool),
    /// `--open-noatime`, `--no-open-noatime`.
    OpenNoatime(bool),
    /// `--crtimes`, `--no-crtimes`.
    Crtimes(bool),
    /// `--omit-dir-times`, `--no-omit-dir-times`.
    OmitDirTimes(bool),
    /// `--omit-link-times`, `--no-omit-link-times`.
    OmitLinkTimes(bool),
    /// `--chown`.
    Chown,
    /// `--usermap`.
    Usermap,
    /// `--groupmap`.
    Groupmap,
    /// `--fake-super`.
    FakeSuper,
    /// `--super`, `--no-super`.
    Super(bool),
    /// `--checksum-choice`.
    ChecksumChoice,
    /// `--block-size`.
    BlockSize,
    /// `--sparse`, `--no-sparse`.
    Sparse(bool),
    /// `--fuzzy`, `--no-fuzzy`.
    Fuzzy(bool),
    /// `--preallocate`.
    Preallocate,
    /// `--inplace`, `--no-inplace`.
    Inplace(bool),
    /// `--append`, `--no-append`.
    Append(bool),
    /// `--append-verify`.
    AppendVerify,
    /// `--partial`, `--no-partial`.
    Partial(bool),
    /// `--partial-dir`.
    PartialDir,
    /// `-P`.
    PartialProgress,
    /// `--temp-dir`.
    TempDir,
    /// `--delay-updates`, `--no-delay-updates`.
    DelayUpdates(bool),
    /// `--copy-devices`.
    CopyDevices,
    /// `--write-devices`, `--no-write-devices`.
    WriteDevices(bool),
    /// `--bwlimit`.
    Bwlimit,
    /// `--no-bwlimit`.
    NoBwlimit,
    /// `--stop-after`.
    StopAfter,
    /// `--stop-at`.
    StopAt,
    /// `--rsh`.
    Rsh,
    /// `--ssh`.
    Ssh,
    /// `--identity`.
    Identity,
    /// `--port`.
    Port,
    /// `--password-file`.
    PasswordFile,
    /// `--motd`, `--no-motd`.
    Motd(bool),
    /// `--address`.
    Address,
    /// `--contimeout`.
    Contimeout,
    /// `--no-contimeout`.
    NoContimeout,
    /// `--sockopts`.
    Sockopts,
    /// `--early-input`.
    EarlyInput,
    /// `--guard-edits`.
    GuardEdits,
    /// `--rsync-path`.
    RsyncPath,
    /// `--iconv`.
    Iconv,
    /// `--no-iconv`.
    NoIconv,
    /// `--remote-option`.
    RemoteOption,
    /// `--compress`, `--no-compress`.
    Compress(bool),
    /// `--compress-choice`.
    CompressChoice,
    /// `--new-compress`.
    NewCompress,
    /// `--old-compress`.
    OldCompress,
    /// `--compress-level`.
    CompressLevel,
    /// `--compress-threads`.
    CompressThreads,
    /// `--skip-compress`.
    SkipCompress,
    /// `--timeout`.
    Timeout,
    /// `--no-timeout`.
    NoTimeout,
    /// `--checksum-seed`.
    ChecksumSeed,
    /// `--protocol`.
    Protocol,
    /// `--secluded-args`, `--no-secluded-args`.
    SecludedArgs(bool),
    /// `--old-args`, `--no-old-args`.
    OldArgs(bool),
    /// `--ipv4`.
    Ipv4,
    /// `--ipv6`.
    Ipv6,
    /// `--delete-before`.
    DeleteBefore,
    /// `--delete-during`.
    DeleteDuring,
    /// `--delete-delay`.
    DeleteDelay,
    /// `--delete-after`.
    DeleteAfter,
    /// `--delete-excluded`.
    DeleteExcluded,
    /// `--ignore-errors`, `--no-ignore-errors`.
    IgnoreErrors(bool),
    /// `--remove-source-files`.
    RemoveSourceFiles,
    /// `--remove-sent-files`.
    RemoveSentFiles,
    /// `--exclude-from`.
    ExcludeFrom,
    /// `--include-from`.
    IncludeFrom,
    /// `--filter`.
    Filter,
    /// `-F`.
    FilterFiles,
    /// `--cvs-exclude`.
    CvsExclude,
    /// `--max-size`.
    MaxSize,
    /// `--min-size`.
    MinSize,
    /// `--prune-empty-dirs`, `--no-prune-empty-dirs`.
    PruneEmptyDirs(bool),
    /// `--backup`, `--no-backup`.
    Backup(bool),
    /// `--backup-dir`.
    BackupDir,
    /// `--suffix`.
    Suffix,
    /// `--compare-dest`.
    CompareDest,
    /// `--copy-dest`.
    CopyDest,
    /// `--link-dest`.
    LinkDest,
    /// `--list-only`.
    ListOnly,
    /// `--info`.
    Info,
    /// `--debug`.
    Debug,
    /// `--out-format`.
    OutFormat,
    /// `--log-file`.
    LogFile,
    /// `--log-file-format`.
    LogFileFormat,
    /// `--json`.
    Json,
    /// `--summary-file`.
    SummaryFile,
    /// `--8-bit-output`, `--no-8-bit-output`.
    EightBit(bool),
    /// `--outbuf`.
    Outbuf,
    /// `--stderr`.
    Stderr,
    /// `--msgs2stderr`, `--no-msgs2stderr`.
    Msgs2stderr(bool),
    /// `--inc-recursive`, `--no-inc-recursive`.
    IncRecursive(bool),
    /// `-V`.
    Version,
}

/// The parts that options fall into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is copied.
    What,
    /// How links are taken.
    Links,
    /// Which attributes are kept.
    Attributes,
    /// When a file is sent anew.
    Check,
    /// How content is written.
    Content,
    /// What is removed.
    Remove,
    /// What is left out.
    Filter,
    /// Backups and other trees.
    Basis,
    /// How the result gets into place.
    Switch,
    /// Time points.
    Points,
    /// The other end.
    Remote,
    /// What is told.
    Output,
}

impl Part {
    /// What stands above its options in the help text.
    pub const fn heading(self) -> &'static str {
        match self {
            Part::What => "What is copied",
            Part::Links => "How links are taken",
            Part::Attributes => "Which attributes are kept",
            Part::Check => "When a file is sent anew",
            Part::Content => "How content is written",
            Part::Remove => "What is removed",
            Part::Filter => "What is left out",
            Part::Basis => "Backups and other trees",
            Part::Switch => "How the result gets into place",
            Part::Points => "Time points",
            Part::Remote => "The other end",
            Part::Output => "What is told",
        }
    }
}

/// The value that goes with an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// None.
    Flag,
    /// One, by this name.
    Needed(&'static str),
    /// One after `=`, by this name, or none.
    Optional(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Its meaning.
    pub opt: Opt,
    id: &'static str,
    long: Option<&'static str>,
    short: Option<char>,
    aliases: &'static [&'static str],
    value: Value,
    /// The heading under which help lists it; rows and meanings of a part are in files of its name.
    pub part: Part,
    /// Empty for what help does not list: negations.
    help: &'static str,
}

impl Definition {
    /// The name under which clap knows it.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Whether it takes no value and is called `name`, without the dashes.
    pub fn is_flag(&self, name: &str) -> bool {
        self.value == Value::Flag && (self.long == Some(name) || self.aliases.contains(&name))
    }

    /// Whether a bundle of letters ends in this option's, with or without `=`.
    pub fn ends_in_letter(&self, bundle: &[u8]) -> bool {
        let bundle = bundle.strip_suffix(b"=").unwrap_or(bundle);
        self.short
            .is_some_and(|letter| bundle.last().copied().map(char::from) == Some(letter))
    }

    /// The option for clap. Every occurrence is kept with its position, so that the later one wins.
    pub fn arg(&self) -> Arg {
        let mut arg = Arg::new(self.id())
            .action(ArgAction::Append)
            .value_parser(value_parser!(OsString))
            .help_heading(self.part.heading())
            .aliases(self.aliases)
            .hide(self.help.is_empty())
            .help(self.help);
        if let Some(long) = self.long {
            arg = arg.long(long);
        }
        if let Some(short) = self.short {
            arg = arg.short(short);
        }
        match self.value {
            Value::Flag => arg.num_args(0).default_missing_value(""),
            Value::Needed(name) => arg.num_args(1).value_name(name).allow_hyphen_values(true),
            Value::Optional(name) => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("")
                .value_name(name),
        }
    }
}

/// An option without a value.
pub const fn flag(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    part: Part,
    help: &'static str,
) -> Definition {
    Definition {
        opt,
        id: long,
        long: Some(long),
        short,
        aliases: &[],
        value: Value::Flag,
        part,
        help,
    }
}

/// A negation, which help does not list.
pub const fn hidden(
    opt: Opt,
    long: &'static str,
    part: Part,
    aliases: &'static [&'static str],
) -> Definition {
    let definition = flag(opt, None, long, part, "");
    Definition {
        aliases,
        ..definition
    }
}

/// An option whose value is called `name`.
pub const fn valued(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    name: &'static str,
    part: Part,
    help: &'static str,
) -> Definition {
    let definition = flag(opt, short, long, part, help);
    Definition {
        value: Value::Needed(name),
        ..definition
    }
}

/// The same under further long names.
pub const fn also(definition: Definition, aliases: &'static [&'static str]) -> Definition {
    Definition {
        aliases,
        ..definition
    }
}

/// The same with a value behind `=`, called `name`, that may be left out.
pub const fn optional(definition: Definition, name: &'static str) -> Definition {
    Definition {
        value: Value::Optional(name),
        ..definition
    }
}

/// The same without its long name, known as `id`.
pub const fn short_only(definition: Definition, id: &'static str) -> Definition {
    Definition {
        id,
        long: None,
        ..definition
    }
}
