//! Every option of a mirror run, once: names, value, heading and the sentence that help prints.

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
    /// `-V`.
    Version,
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
    long: Option<&'static str>,
    short: Option<char>,
    aliases: &'static [&'static str],
    value: Value,
    heading: &'static str,
    /// Empty for what help does not list: negations.
    help: &'static str,
}

impl Definition {
    /// The name under which clap knows it.
    pub fn id(&self) -> &'static str {
        self.long.unwrap_or("D")
    }

    /// Whether it takes no value and is called `name`, without the dashes.
    pub fn is_flag(&self, name: &str) -> bool {
        self.value == Value::Flag && (self.long == Some(name) || self.aliases.contains(&name))
    }

    /// The option for clap. Every occurrence is kept with its position, so that the later one wins.
    pub fn arg(&self) -> Arg {
        let mut arg = Arg::new(self.id())
            .action(ArgAction::Append)
            .value_parser(value_parser!(OsString))
            .help_heading(self.heading)
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

const fn flag(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    heading: &'static str,
    help: &'static str,
) -> Definition {
    Definition {
        opt,
        long: Some(long),
        short,
        aliases: &[],
        value: Value::Flag,
        heading,
        help,
    }
}

const fn hidden(opt: Opt, long: &'static str, aliases: &'static [&'static str]) -> Definition {
    let definition = flag(opt, None, long, "", "");
    Definition {
        aliases,
        ..definition
    }
}

const fn valued(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    name: &'static str,
    heading: &'static str,
    help: &'static str,
) -> Definition {
    let definition = flag(opt, short, long, heading, help);
    Definition {
        value: Value::Needed(name),
        ..definition
    }
}

const fn also(definition: Definition, aliases: &'static [&'static str]) -> Definition {
    Definition {
        aliases,
        ..definition
    }
}

const WHAT: &str = "What is copied";
const CHECK: &str = "When a file is sent anew";
const REMOVE: &str = "What is removed";
const FILTER: &str = "What is left out";
const SWITCH: &str = "How the result gets into place";
const OUTPUT: &str = "What is told";

/// All of them, in the order of the help text.
pub const TABLE: &[Definition] = &[
    flag(
        Opt::Archive,
        Some('a'),
        "archive",
        WHAT,
        "Keep all that belongs to a tree: -rlptgoD (not -H)",
    ),
    flag(
        Opt::Recursive(true),
        Some('r'),
        "recursive",
        WHAT,
        "Go into directories",
    ),
    hidden(Opt::Recursive(false), "no-recursive", &["no-r"]),
    flag(
        Opt::Links(true),
        Some('l'),
        "links",
        WHAT,
        "Copy symbolic links as symbolic links",
    ),
    hidden(Opt::Links(false), "no-links", &["no-l"]),
    flag(
        Opt::HardLinks(true),
        Some('H'),
        "hard-links",
        WHAT,
        "Keep names that are one file one file",
    ),
    hidden(Opt::HardLinks(false), "no-hard-links", &["no-H"]),
    flag(
        Opt::Perms(true),
        Some('p'),
        "perms",
        WHAT,
        "Keep permissions",
    ),
    hidden(Opt::Perms(false), "no-perms", &["no-p"]),
    flag(
        Opt::Times(true),
        Some('t'),
        "times",
        WHAT,
        "Keep modification times, to the nanosecond",
    ),
    hidden(Opt::Times(false), "no-times", &["no-t"]),
    flag(
        Opt::Owner(true),
        Some('o'),
        "owner",
        WHAT,
        "Keep the owner (super-user only)",
    ),
    hidden(Opt::Owner(false), "no-owner", &["no-o"]),
    flag(Opt::Group(true), Some('g'), "group", WHAT, "Keep the group"),
    hidden(Opt::Group(false), "no-group", &["no-g"]),
    Definition {
        long: None,
        ..flag(
            Opt::DevicesAndSpecials(true),
            Some('D'),
            "",
            WHAT,
            "Same as --devices --specials",
        )
    },
    hidden(Opt::DevicesAndSpecials(false), "no-D", &[]),
    flag(
        Opt::Devices(true),
        None,
        "devices",
        WHAT,
        "Copy device files (super-user only)",
    ),
    hidden(Opt::Devices(false), "no-devices", &[]),
    flag(
        Opt::Specials(true),
        None,
        "specials",
        WHAT,
        "Copy fifos and sockets",
    ),
    hidden(Opt::Specials(false), "no-specials", &[]),
    flag(
        Opt::NumericIds(true),
        None,
        "numeric-ids",
        WHAT,
        "Keep user and group numbers rather than names; on one machine they are the same",
    ),
    hidden(Opt::NumericIds(false), "no-numeric-ids", &[]),
    flag(
        Opt::Checksum(true),
        Some('c'),
        "checksum",
        CHECK,
        "Compare content by checksum, not by size and time",
    ),
    hidden(Opt::Checksum(false), "no-checksum", &["no-c"]),
    flag(
        Opt::IgnoreTimes,
        Some('I'),
        "ignore-times",
        CHECK,
        "Send files even if size and time agree",
    ),
    flag(
        Opt::SizeOnly,
        None,
        "size-only",
        CHECK,
        "Pass over files whose size agrees",
    ),
    flag(
        Opt::Update,
        Some('u'),
        "update",
        CHECK,
        "Pass over files that are newer at the destination",
    ),
    also(
        flag(
            Opt::Existing,
            None,
            "existing",
            CHECK,
            "Make nothing that is not at the destination already",
        ),
        &["ignore-non-existing"],
    ),
    flag(
        Opt::IgnoreExisting,
        None,
        "ignore-existing",
        CHECK,
        "Change no file that is at the destination already",
    ),
    valued(
        Opt::ModifyWindow,
        Some('@'),
        "modify-window",
        "SECONDS",
        CHECK,
        "Let times differ by so much; -1 compares nanoseconds [default: whole seconds agree]",
    ),
    flag(
        Opt::WholeFile(true),
        Some('W'),
        "whole-file",
        CHECK,
        "Copy changed files whole (the default on one machine)",
    ),
    also(
        flag(
            Opt::WholeFile(false),
            None,
            "no-whole-file",
            CHECK,
            "Look in the old file for blocks that can stay, copy only the rest",
        ),
        &["no-W"],
    ),
    also(
        flag(
            Opt::Delete,
            None,
            "delete",
            REMOVE,
            "Remove from the destination what the source does not have [also: --del, --delete-during]",
        ),
        &["del", "delete-during"],
    ),
    valued(
        Opt::MaxDelete,
        None,
        "max-delete",
        "N",
        REMOVE,
        "Remove at most so many entries",
    ),
    flag(
        Opt::Force(true),
        None,
        "force",
        REMOVE,
        "Remove a directory that is not empty where something else has to go",
    ),
    hidden(Opt::Force(false), "no-force", &[]),
    valued(
        Opt::DeleteGuard,
        None,
        "delete-guard",
        "PERCENT",
        REMOVE,
        "Refuse to remove more than this part of what is there; nothing changes then",
    ),
    valued(
        Opt::Exclude,
        None,
        "exclude",
        "PATTERN",
        FILTER,
        "Leave out what matches; the first rule that matches counts",
    ),
    valued(
        Opt::Include,
        None,
        "include",
        "PATTERN",
        FILTER,
        "Take what matches, whatever a later rule says",
    ),
    valued(
        Opt::Commit,
        None,
        "commit",
        "METHOD",
        SWITCH,
        "auto, swap (in one instant), journal (in a short window, made good after a crash) or direct (file by file) [default: auto]",
    ),
    valued(
        Opt::Gate,
        None,
        "gate",
        "COMMAND",
        SWITCH,
        "Let a shell command judge the finished tree; unless it succeeds nothing changes (may be repeated)",
    ),
    valued(
        Opt::RequireFile,
        None,
        "require-file",
        "NAME",
        SWITCH,
        "Switch only if the finished tree has this file (may be repeated)",
    ),
    flag(
        Opt::CommitOnlyComplete,
        None,
        "commit-only-complete",
        SWITCH,
        "Switch only if every file could be read",
    ),
    Definition {
        value: Value::Optional("SECONDS"),
        ..flag(
            Opt::Wait,
            None,
            "wait",
            SWITCH,
            "Wait for another run on this destination to end, for ever or so long",
        )
    },
    valued(
        Opt::Previous,
        None,
        "previous",
        "WHICH",
        SWITCH,
        "Keep one former tree for undo, or none [default: one]",
    ),
    flag(
        Opt::Fsync(true),
        None,
        "fsync",
        SWITCH,
        "Have data on disk before the switch (the default)",
    ),
    flag(
        Opt::Fsync(false),
        None,
        "no-fsync",
        SWITCH,
        "Do not wait for the disk: quick, and a power cut may cost files",
    ),
    valued(
        Opt::Threads,
        None,
        "threads",
        "N",
        SWITCH,
        "Work with so many threads [default: by the machine]",
    ),
    flag(
        Opt::DryRun,
        Some('n'),
        "dry-run",
        OUTPUT,
        "Tell what would be done, change nothing",
    ),
    flag(
        Opt::Verbose,
        Some('v'),
        "verbose",
        OUTPUT,
        "Name what is transferred; -vv also what is not, and why",
    ),
    hidden(Opt::NoVerbose, "no-verbose", &["no-v"]),
    flag(Opt::Quiet, Some('q'), "quiet", OUTPUT, "Tell errors only"),
    flag(
        Opt::Itemize,
        Some('i'),
        "itemize-changes",
        OUTPUT,
        "Tell what changed about each entry; -ii names unchanged ones too",
    ),
    hidden(Opt::NoItemize, "no-itemize-changes", &["no-i"]),
    flag(
        Opt::Human,
        Some('h'),
        "human-readable",
        OUTPUT,
        "Write sizes as 1.50M, with -hh in units of 1024; alone on the line it prints this help",
    ),
    hidden(Opt::NoHuman, "no-human-readable", &["no-h"]),
    flag(
        Opt::Progress(true),
        None,
        "progress",
        OUTPUT,
        "Tell how far each file is",
    ),
    hidden(Opt::Progress(false), "no-progress", &[]),
    flag(Opt::Stats, None, "stats", OUTPUT, "Tell totals at the end"),
    flag(
        Opt::Version,
        Some('V'),
        "version",
        OUTPUT,
        "Print the version; -VV as JSON",
    ),
];
