//! What is copied.

use crate::cli::table::{Definition, Opt, Part, also, flag, hidden, valued};

const PART: Part = Part::What;

pub const ROWS: &[Definition] = &[
    flag(
        Opt::Archive,
        Some('a'),
        "archive",
        PART,
        "Keep all that belongs to a tree: -rlptgoD (not -H)",
    ),
    flag(
        Opt::Recursive(true),
        Some('r'),
        "recursive",
        PART,
        "Go into directories",
    ),
    hidden(Opt::Recursive(false), "no-recursive", PART, &["no-r"]),
    flag(
        Opt::Dirs(true),
        Some('d'),
        "dirs",
        PART,
        "Copy directories themselves and go one level into those with a slash",
    ),
    hidden(Opt::Dirs(false), "no-dirs", PART, &["no-d"]),
    also(
        flag(
            Opt::OldDirs,
            None,
            "old-dirs",
            PART,
            "As --dirs, for the sake of old programs at the other end",
        ),
        &["old-d"],
    ),
    flag(
        Opt::Relative(true),
        Some('R'),
        "relative",
        PART,
        "Keep the whole path of each source, or what follows a /./ in it",
    ),
    hidden(Opt::Relative(false), "no-relative", PART, &["no-R"]),
    also(
        flag(
            Opt::ImpliedDirs(false),
            None,
            "no-implied-dirs",
            PART,
            "With -R, leave attributes of the directories above a source alone",
        ),
        &["no-i-d"],
    ),
    hidden(Opt::ImpliedDirs(true), "implied-dirs", PART, &["i-d"]),
    valued(
        Opt::FilesFrom,
        None,
        "files-from",
        "FILE",
        PART,
        "Copy what this list names, one path a line; - is standard input",
    ),
    flag(
        Opt::From0(true),
        Some('0'),
        "from0",
        PART,
        "Names in lists and rules in files end with a zero byte instead of a line end",
    ),
    hidden(Opt::From0(false), "no-from0", PART, &[]),
    flag(
        Opt::OneFileSystem(true),
        Some('x'),
        "one-file-system",
        PART,
        "Stay on the file system of each source; -xx leaves mount points out as well",
    ),
    hidden(
        Opt::OneFileSystem(false),
        "no-one-file-system",
        PART,
        &["no-x"],
    ),
    flag(
        Opt::Mkpath(true),
        None,
        "mkpath",
        PART,
        "Make missing directories above the destination",
    ),
    hidden(Opt::Mkpath(false), "no-mkpath", PART, &[]),
    flag(
        Opt::IgnoreMissingArgs,
        None,
        "ignore-missing-args",
        PART,
        "Pass over sources that are not there",
    ),
    flag(
        Opt::DeleteMissingArgs,
        None,
        "delete-missing-args",
        PART,
        "Remove at the destination what a missing source names",
    ),
];
