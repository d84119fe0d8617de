//! How the result gets into place.

use crate::cli::table::{Definition, Opt, Part, flag, optional, valued};

const PART: Part = Part::Switch;

pub const ROWS: &[Definition] = &[
    valued(
        Opt::Commit,
        None,
        "commit",
        "METHOD",
        PART,
        "auto, swap (in one instant), journal (in a short window, made good after a crash) or direct (file by file) [default: auto]",
    ),
    valued(
        Opt::Gate,
        None,
        "gate",
        "COMMAND",
        PART,
        "Let a shell command judge the finished tree; unless it succeeds nothing changes (may be repeated)",
    ),
    valued(
        Opt::RequireFile,
        None,
        "require-file",
        "NAME",
        PART,
        "Switch only if the finished tree has this file (may be repeated)",
    ),
    flag(
        Opt::CommitOnlyComplete,
        None,
        "commit-only-complete",
        PART,
        "Switch only if every file could be read",
    ),
    optional(
        flag(
            Opt::Wait,
            None,
            "wait",
            PART,
            "Wait for another run on this destination to end, for ever or so long",
        ),
        "SECONDS",
    ),
    valued(
        Opt::Previous,
        None,
        "previous",
        "WHICH",
        PART,
        "Keep one former tree for undo, or none [default: one]",
    ),
    flag(
        Opt::Fsync(true),
        None,
        "fsync",
        PART,
        "Have data on disk before the switch (the default)",
    ),
    flag(
        Opt::Fsync(false),
        None,
        "no-fsync",
        PART,
        "Do not wait for the disk: quick, and a power cut may cost files",
    ),
    valued(
        Opt::Threads,
        None,
        "threads",
        "N",
        PART,
        "Work with so many threads [default: by the machine]",
    ),
];
