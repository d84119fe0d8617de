//! When a file is sent anew.

use crate::cli::table::{Definition, Opt, Part, also, flag, hidden, valued};

const PART: Part = Part::Check;

pub const ROWS: &[Definition] = &[
    flag(
        Opt::Checksum(true),
        Some('c'),
        "checksum",
        PART,
        "Compare content by checksum, not by size and time",
    ),
    hidden(Opt::Checksum(false), "no-checksum", PART, &["no-c"]),
    flag(
        Opt::IgnoreTimes,
        Some('I'),
        "ignore-times",
        PART,
        "Send files even if size and time agree",
    ),
    flag(
        Opt::SizeOnly,
        None,
        "size-only",
        PART,
        "Pass over files whose size agrees",
    ),
    flag(
        Opt::Update,
        Some('u'),
        "update",
        PART,
        "Pass over files that are newer at the destination",
    ),
    also(
        flag(
            Opt::Existing,
            None,
            "existing",
            PART,
            "Make nothing that is not at the destination already",
        ),
        &["ignore-non-existing"],
    ),
    flag(
        Opt::IgnoreExisting,
        None,
        "ignore-existing",
        PART,
        "Change no file that is at the destination already",
    ),
    valued(
        Opt::ModifyWindow,
        Some('@'),
        "modify-window",
        "SECONDS",
        PART,
        "Let times differ by so much; -1 compares nanoseconds [default: whole seconds agree]",
    ),
    also(
        valued(
            Opt::ChecksumChoice,
            None,
            "checksum-choice",
            "NAME",
            PART,
            "Which checksum -c and %C use: xxh128, xxh3, xxh64, md5, md4, sha1, none; a second name behind a comma is that of -c",
        ),
        &["cc"],
    ),
];
