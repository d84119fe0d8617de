//! What is left out.

use crate::cli::table::{Definition, Opt, Part, flag, hidden, short_only, valued};

const PART: Part = Part::Filter;

pub const ROWS: &[Definition] = &[
    valued(
        Opt::Exclude,
        None,
        "exclude",
        "PATTERN",
        PART,
        "Leave out what matches; the first rule that matches counts",
    ),
    valued(
        Opt::Include,
        None,
        "include",
        "PATTERN",
        PART,
        "Take what matches, whatever a later rule says",
    ),
    valued(
        Opt::ExcludeFrom,
        None,
        "exclude-from",
        "FILE",
        PART,
        "Read patterns to leave out from a file",
    ),
    valued(
        Opt::IncludeFrom,
        None,
        "include-from",
        "FILE",
        PART,
        "Read patterns to take from a file",
    ),
    valued(
        Opt::Filter,
        Some('f'),
        "filter",
        "RULE",
        PART,
        "Add a rule of the full grammar; see FILTER RULES in the manual",
    ),
    short_only(
        flag(
            Opt::FilterFiles,
            Some('F'),
            "",
            PART,
            "Same as --filter='dir-merge /.rsync-filter'; a second -F leaves those files out",
        ),
        "F",
    ),
    flag(
        Opt::CvsExclude,
        Some('C'),
        "cvs-exclude",
        PART,
        "Leave out what version control and builds leave behind",
    ),
    valued(
        Opt::MaxSize,
        None,
        "max-size",
        "SIZE",
        PART,
        "Pass over files that are larger",
    ),
    valued(
        Opt::MinSize,
        None,
        "min-size",
        "SIZE",
        PART,
        "Pass over files that are smaller",
    ),
    flag(
        Opt::PruneEmptyDirs(true),
        Some('m'),
        "prune-empty-dirs",
        PART,
        "Leave out directories in which nothing is copied",
    ),
    hidden(
        Opt::PruneEmptyDirs(false),
        "no-prune-empty-dirs",
        PART,
        &["no-m"],
    ),
];
