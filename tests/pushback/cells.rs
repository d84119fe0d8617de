//! Everything that can happen to an entry on two sides.

/// One pair of changes, in a directory of its own.
pub struct Cell {
    /// Its directory.
    pub name: &'static str,
    /// Makes it, before the pull.
    pub base: &'static str,
    /// Changes it in the mirror.
    pub here: &'static str,
    /// Changes it in the origin.
    pub there: &'static str,
    /// The path that it is about, and its state; none where both sides are as they were, or agree.
    pub state: Option<(&'static str, &'static str)>,
    /// What the origin has after a push.
    pub after: After,
}

/// What the origin has after a push.
pub enum After {
    /// What the mirror has.
    Here,
    /// What it had.
    There,
    /// Something of both.
    Merged(&'static [&'static str]),
}

use After::{Here, Merged, There};

const FILE: &str = "echo base > p";
const DIR: &str = "mkdir d; chmod 755 d";
const HERE_CHANGES: &str = "echo mine >> p";
const THERE_CHANGES: &str = "echo of others >> p";
const HERE_RETYPES: &str = "rm p; ln -s mine p";
const THERE_RETYPES: &str = "rm p; ln -s others p";
const CHMOD: &str = "chmod 700 d";
const DIR_INTO_LINK: &str = "rm -r d; ln -s elsewhere d";

const fn cell(
    name: &'static str,
    (base, here, there): (&'static str, &'static str, &'static str),
    state: Option<(&'static str, &'static str)>,
    after: After,
) -> Cell {
    Cell {
        name,
        base,
        here,
        there,
        state,
        after,
    }
}

/// The pairs, the five things here by the five there. What is made under a path that was not there meets nothing but
/// the like on the other side: its pairs with the others are about the directory that it is made in.
pub const CELLS: &[Cell] = &[
    cell("same-same", (FILE, ":", ":"), None, There),
    cell(
        "same-created",
        (":", ":", "echo others > p"),
        Some(("p", "- | created | keep")),
        There,
    ),
    cell(
        "same-changed",
        (FILE, ":", THERE_CHANGES),
        Some(("p", "- | changed | keep")),
        There,
    ),
    cell(
        "same-deleted",
        (FILE, ":", "rm p"),
        Some(("p", "- | deleted | keep")),
        There,
    ),
    cell(
        "same-retyped",
        (FILE, ":", THERE_RETYPES),
        Some(("p", "- | type changed | keep")),
        There,
    ),
    cell(
        "created-same",
        (":", "echo mine > p", ":"),
        Some(("p", "created | - | send")),
        Here,
    ),
    cell(
        "created-created",
        (":", "echo mine > p", "echo of others > p"),
        Some(("p", "created | created | conflict")),
        There,
    ),
    cell(
        "created-changed",
        (DIR, "echo mine > d/p", CHMOD),
        Some(("d/p", "created | - | send")),
        Merged(&["d: dir 700", "d/p: 644 mine"]),
    ),
    cell(
        "created-deleted",
        (DIR, "echo mine > d/p", "rmdir d"),
        Some(("d/p", "created | deleted | conflict")),
        There,
    ),
    cell(
        "created-retyped",
        (DIR, "echo mine > d/p", DIR_INTO_LINK),
        Some(("d/p", "created | type changed | conflict")),
        There,
    ),
    cell(
        "changed-same",
        (FILE, HERE_CHANGES, ":"),
        Some(("p", "changed | - | send")),
        Here,
    ),
    cell(
        "changed-created",
        (DIR, CHMOD, "echo others > d/p"),
        Some(("d/p", "- | created | keep")),
        Merged(&["d: dir 700", "d/p: 644 others"]),
    ),
    cell(
        "changed-changed",
        (FILE, HERE_CHANGES, THERE_CHANGES),
        Some(("p", "changed | changed | conflict")),
        There,
    ),
    cell(
        "changed-deleted",
        (FILE, HERE_CHANGES, "rm p"),
        Some(("p", "changed | deleted | conflict")),
        There,
    ),
    cell(
        "changed-retyped",
        (FILE, HERE_CHANGES, THERE_RETYPES),
        Some(("p", "changed | type changed | conflict")),
        There,
    ),
    cell(
        "deleted-same",
        (FILE, "rm p", ":"),
        Some(("p", "deleted | - | remove")),
        Here,
    ),
    cell(
        "deleted-created",
        (DIR, "rmdir d", "echo others > d/p"),
        Some(("d/p", "deleted | created | conflict")),
        There,
    ),
    cell(
        "deleted-changed",
        (FILE, "rm p", THERE_CHANGES),
        Some(("p", "deleted | changed | conflict")),
        There,
    ),
    cell("deleted-deleted", (FILE, "rm p", "rm p"), None, There),
    cell(
        "deleted-retyped",
        (FILE, "rm p", THERE_RETYPES),
        Some(("p", "deleted | type changed | conflict")),
        There,
    ),
    cell(
        "retyped-same",
        (FILE, HERE_RETYPES, ":"),
        Some(("p", "type changed | - | send")),
        Here,
    ),
    cell(
        "retyped-created",
        (DIR, DIR_INTO_LINK, "echo others > d/p"),
        Some(("d/p", "type changed | created | conflict")),
        There,
    ),
    cell(
        "retyped-changed",
        (FILE, HERE_RETYPES, THERE_CHANGES),
        Some(("p", "type changed | changed | conflict")),
        There,
    ),
    cell(
        "retyped-deleted",
        (FILE, HERE_RETYPES, "rm p"),
        Some(("p", "type changed | deleted | conflict")),
        There,
    ),
    cell(
        "retyped-retyped",
        (FILE, HERE_RETYPES, THERE_RETYPES),
        Some(("p", "type changed | type changed | conflict")),
        There,
    ),
    // Both came to the same.
    cell(
        "both-created",
        (
            ":",
            "echo x > p; ages p 1700000000",
            "echo x > p; ages p 1700000000",
        ),
        None,
        Here,
    ),
    cell(
        "both-changed",
        (
            FILE,
            "echo x > p; ages p 1700000000",
            "echo x > p; ages p 1700000000",
        ),
        None,
        Here,
    ),
    cell(
        "both-retyped",
        (FILE, HERE_RETYPES, HERE_RETYPES),
        None,
        Here,
    ),
    // Whole directories.
    cell(
        "directory-gone",
        ("mkdir -p d/e; echo 1 > d/e/x; echo 2 > d/y", "rm -r d", ":"),
        Some(("d", "deleted | - | remove")),
        Here,
    ),
    cell(
        "directory-into-file",
        (
            "mkdir -p d/e; echo 1 > d/e/x",
            "rm -r d; echo mine > d",
            ":",
        ),
        Some(("d", "type changed | - | send")),
        Here,
    ),
    cell(
        "file-into-directory",
        (FILE, "rm p; mkdir -p p/q; echo mine > p/q/r", ":"),
        Some(("p", "type changed | - | send")),
        Here,
    ),
    cell(
        "directory-gone-changed-within",
        (
            "mkdir -p d/e; echo 1 > d/e/x; echo 2 > d/y",
            "rm -r d",
            "echo others >> d/e/x",
        ),
        Some(("d/e/x", "deleted | changed | conflict")),
        Merged(&["d: dir 755", "d/e: dir 755", "d/e/x: 644 1+others"]),
    ),
    cell(
        "directory-gone-itself-changed",
        ("mkdir d; echo 1 > d/x", "rm -r d", CHMOD),
        Some(("d", "deleted | changed | conflict")),
        There,
    ),
];
