//! What is removed.

use crate::cli::table::{Definition, Opt, Part, also, flag, hidden, valued};

const PART: Part = Part::Remove;

pub const ROWS: &[Definition] = &[
    flag(
        Opt::Delete,
        None,
        "delete",
        PART,
        "Remove from the destination what the source does not have",
    ),
    flag(
        Opt::DeleteBefore,
        None,
        "delete-before",
        PART,
        "Remove before anything is copied",
    ),
    also(
        flag(
            Opt::DeleteDuring,
            None,
            "delete-during",
            PART,
            "Remove directory by directory, as --delete does [also: --del]",
        ),
        &["del"],
    ),
    flag(
        Opt::DeleteDelay,
        None,
        "delete-delay",
        PART,
        "Find out on the way, remove at the end",
    ),
    flag(
        Opt::DeleteAfter,
        None,
        "delete-after",
        PART,
        "Remove when all is copied",
    ),
    flag(
        Opt::DeleteExcluded,
        None,
        "delete-excluded",
        PART,
        "Remove also what rules leave out",
    ),
    flag(
        Opt::IgnoreErrors(true),
        None,
        "ignore-errors",
        PART,
        "Remove even where the source could not be read whole",
    ),
    hidden(Opt::IgnoreErrors(false), "no-ignore-errors", PART, &[]),
    valued(
        Opt::MaxDelete,
        None,
        "max-delete",
        "N",
        PART,
        "Remove at most so many entries",
    ),
    flag(
        Opt::Force(true),
        None,
        "force",
        PART,
        "Remove a directory that is not empty where something else has to go",
    ),
    hidden(Opt::Force(false), "no-force", PART, &[]),
    valued(
        Opt::DeleteGuard,
        None,
        "delete-guard",
        "PERCENT",
        PART,
        "Refuse to remove more than this part of what is there; nothing changes then",
    ),
    flag(
        Opt::RemoveSourceFiles,
        None,
        "remove-source-files",
        PART,
        "Remove files from the source once they are at the destination",
    ),
    flag(
        Opt::RemoveSentFiles,
        None,
        "remove-sent-files",
        PART,
        "The same, of files that were transferred only",
    ),
];
