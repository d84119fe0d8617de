//! Backups and other trees.

use crate::cli::table::{Definition, Opt, Part, flag, hidden, valued};

const PART: Part = Part::Basis;

pub const ROWS: &[Definition] = &[
    flag(
        Opt::Backup(true),
        Some('b'),
        "backup",
        PART,
        "Keep what is replaced or removed under another name",
    ),
    hidden(Opt::Backup(false), "no-backup", PART, &[]),
    valued(
        Opt::BackupDir,
        None,
        "backup-dir",
        "DIR",
        PART,
        "Keep it in this directory",
    ),
    valued(
        Opt::Suffix,
        None,
        "suffix",
        "SUFFIX",
        PART,
        "Keep it with this ending [default: ~, with --backup-dir none]",
    ),
    valued(
        Opt::CompareDest,
        None,
        "compare-dest",
        "DIR",
        PART,
        "Leave out files that this directory has unchanged (may be repeated)",
    ),
    valued(
        Opt::CopyDest,
        None,
        "copy-dest",
        "DIR",
        PART,
        "Copy unchanged files from this directory (may be repeated)",
    ),
    valued(
        Opt::LinkDest,
        None,
        "link-dest",
        "DIR",
        PART,
        "Link unchanged files to those in this directory (may be repeated)",
    ),
];
