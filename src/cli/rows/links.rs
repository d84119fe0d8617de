//! How links are taken.

use crate::cli::table::{Definition, Opt, Part, flag, hidden};

const PART: Part = Part::Links;

pub const ROWS: &[Definition] = &[
    flag(
        Opt::Links(true),
        Some('l'),
        "links",
        PART,
        "Copy symbolic links as symbolic links",
    ),
    hidden(Opt::Links(false), "no-links", PART, &["no-l"]),
    flag(
        Opt::CopyLinks,
        Some('L'),
        "copy-links",
        PART,
        "Copy what symbolic links lead to",
    ),
    flag(
        Opt::CopyUnsafeLinks,
        None,
        "copy-unsafe-links",
        PART,
        "Copy what a link leads to where that is outside the tree",
    ),
    flag(
        Opt::SafeLinks,
        None,
        "safe-links",
        PART,
        "Leave out links that lead outside the tree",
    ),
    flag(
        Opt::MungeLinks(true),
        None,
        "munge-links",
        PART,
        "Make links unusable where they are kept, usable again when copied back",
    ),
    hidden(Opt::MungeLinks(false), "no-munge-links", PART, &[]),
    flag(
        Opt::CopyDirlinks,
        Some('k'),
        "copy-dirlinks",
        PART,
        "Copy what a link to a directory leads to",
    ),
    flag(
        Opt::KeepDirlinks,
        Some('K'),
        "keep-dirlinks",
        PART,
        "Take a link to a directory at the destination for that directory",
    ),
    flag(
        Opt::InsecureLinks(true),
        None,
        "insecure-links",
        PART,
        "Follow other users' links in paths that options name",
    ),
    hidden(Opt::InsecureLinks(false), "no-insecure-links", PART, &[]),
    flag(
        Opt::HardLinks(true),
        Some('H'),
        "hard-links",
        PART,
        "Keep names that are one file one file",
    ),
    hidden(Opt::HardLinks(false), "no-hard-links", PART, &["no-H"]),
];
