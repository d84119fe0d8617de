//! What else decides on taking part: file systems, sizes, empty directories, missing sources; lists alone.

use crate::case::{Case, case};
use crate::compare::Aspect;

const TREE: &str = "s/a\ns/b/x\ns/b/y/z\n";

fn on_tree(line: &str, more: &str) -> Case {
    case(line, &format!("{TREE}{more}"))
}

/// Directories with nothing but directories, a link, and files.
const SPARSE: &str = "s/a\ns/e/f/g/\ns/h/l -> x\ns/i/k\ns/j/\n";

fn sparse(line: &str, more: &str) -> Case {
    case(line, &format!("{SPARSE}{more}"))
}

const SIZES: &str = "s/small=12345\ns/large=1234567890123\ns/l -> large\ns/b/large=1234567890123\n";

fn sizes(line: &str, more: &str) -> Case {
    case(line, &format!("{SIZES}{more}"))
}

/// Sizes of directories are those of a file system, which both programs read from different directories.
fn list(line: &str, more: &str) -> Case {
    case(
        line,
        &format!(
            "s/a\ns/b/x=longer\ns/b/y/z 04755\ns/l -> a\ns/p fifo\ns/big hole:1234567\n{more}"
        ),
    )
}

cases! {
    prune: sparse("-aim s/ d", "").option("-m");
    prune_into: sparse("-aim s/ d", "d/e/f/\nd/old/").option("-m");
    prune_and_delete: sparse("-aim --delete s/ d", "d/e/f/g/\nd/e/q\nd/old/").option("-m");
    prune_what_rules_empty: sparse("-aim --exclude=k s/ d", "d/").option("-m");
    prune_counts_links: sparse("-rim s/ d", "d/").option("-m");
    prune_all: case("-aim e/ d", "e/f/").option("-m");
    prune_the_operand: case("-aim e d", "e/f/").option("-m");
    prune_paths: case("-aimR e/f e/g e/q d", "e/f/\ne/g/h/\ne/q\nd/").option("-m");
    prune_verbose: sparse("-avm s/ d", "d/").option("-m");
    prune_taken_back: sparse("-aim --no-m s/ d", "d/").option("--no-m");
    prune_by_name: sparse("-ai --prune-empty-dirs s/ d", "d/").option("--prune-empty-dirs");
    prune_stats: sparse("-am --stats s/ d", "d/").option("-m").ignore(
        Aspect::Stdout,
        "rsync counts the directories that it leaves out",
    );

    max_size: sizes("-aivv --max-size=5 s/ d", "d/").option("--max-size");
    min_size: sizes("-aivv --min-size=6 s/ d", "d/").option("--min-size");
    max_size_keeps: sizes("-aivv --delete --max-size=5 s/ d", "d/large=other\nd/old").option("--max-size");
    max_size_of_existing: sizes("-aivv --existing --max-size=5 s/ d", "d/large=other").option("--max-size");
    max_size_and_ignore_existing: sizes("-aivv --ignore-existing --max-size=5 s/ d", "d/large=other").option("--max-size");
    max_size_and_update: sizes("-aivvu --max-size=5 s/ d", "d/large=other @2000000000").option("--max-size");
    both_sizes: sizes("-ai --min-size=6 --max-size=12 s/ d", "d/").option("--max-size");
    size_with_unit: sizes("-ai --max-size=.01kb+1 s/ d", "d/").option("--max-size");
    size_none: sizes("-ai --max-size= s/ d", "d/").option("--max-size");
    size_invalid: sizes("-ai --max-size=1Ki s/ d", "d/");
    size_negative: sizes("-ai --min-size=-1 s/ d", "d/");
    max_size_and_links: case("-aiH --max-size=5 s/ d", "s/a=1234567\ns/b == s/a\ns/c\nd/").option("--max-size");

    mkpath_over_file: on_tree("-ai --mkpath s/a s/a/f", "");
    mkpath_through_dot_dot: on_tree("-ai --mkpath s/a v/../w/f", "");
    mkpath_of_one_level: on_tree("-aiO --mkpath s/ y", "").option("--mkpath");
    mkpath_of_file: on_tree("-av --mkpath s/a o/q/d", "").option("--mkpath");
    mkpath_of_file_beside: on_tree("-ai --mkpath s/a v", "");
    mkpath_of_files: on_tree("-ai --mkpath s/a s/b p/q", "").option("--mkpath");
    mkpath_dry: on_tree("-ain --mkpath s/ z/q/d", "").option("--mkpath");
    mkpath_dry_file: on_tree("-ain --mkpath s/a z/q/d", "").option("--mkpath");
    mkpath_quiet: on_tree("-aO --mkpath s/ p/q/d", "").option("--mkpath");
    mkpath_of_empty: case("-ai --mkpath e p/q", "e/").option("--mkpath");
    mkpath_umask: on_tree("-a --mkpath s/a p/q/d", "").umask(0o077).option("--mkpath");
    mkpath_relative: on_tree("-aiR --mkpath s/a p/q", "").option("--mkpath");
    mkpath_there: on_tree("-ai --mkpath s/ d", "d/x");
    mkpath_unprivileged: on_tree("-aiO --mkpath s/ p/q/d", "").option("--mkpath").unprivileged();

    missing_ignored: on_tree("-ai --ignore-missing-args nope s/a d", "d/nope").option("--ignore-missing-args");
    missing_ignored_with_slash: on_tree("-ai --ignore-missing-args nope/ s/a d", "d/");
    missing_deleted: on_tree("-ai --delete-missing-args nope s/b d", "d/nope\nd/z").option("--delete-missing-args");
    missing_deleted_not_there: on_tree("-ai --delete-missing-args nope s/b d", "d/z").option("--delete-missing-args");
    missing_dir_not_empty: on_tree("-ai --delete-missing-args nope s/b d", "d/nope/k/\nd/nope/f").option("--delete-missing-args");
    missing_dir_by_force: on_tree("-ai --force --delete-missing-args nope s/b d", "d/nope/k/\nd/nope/f").option("--force");
    missing_dir_by_delete: on_tree("-ai --delete --delete-missing-args nope s/b d", "d/nope/k/\nd/b/q").option("--delete");
    missing_empty_dir: on_tree("-ai --delete-missing-args nope s/a d", "d/nope/").option("--delete-missing-args");
    missing_path: on_tree("-aiR --delete-missing-args s/nope d", "d/s/nope\nd/s/z").option("--delete-missing-args");
    missing_listed: on_tree("-ai --delete-missing-args --files-from=- s d", "d/nope\nd/b/gone").stdin(b"nope\na\nb/gone\n").option("--delete-missing-args");
    missing_excluded: on_tree("-ai --delete-missing-args --exclude=nope nope s/a d", "d/nope").option("--exclude");
    missing_alone: on_tree("-av --delete-missing-args nope d", "d/nope\nd/z").option("--delete-missing-args");
    missing_to_missing: on_tree("-av --delete-missing-args nope d", "").option("--delete-missing-args");
    missing_dry: on_tree("-ain --delete-missing-args nope s/a d", "d/nope").option("--delete-missing-args");

    list_one_level: list("s/", "");
    list_of_a_dir: list("s", "");
    list_deep: list("-r s/", "").option("-r");
    list_with_links: list("-l s/", "").option("-l");
    list_archive_of_name: list("-a s", "").option("-a");
    list_of_files: list("s/a s/b d --list-only", "").option("--list-only");
    list_touches_nothing: list("-a --delete --list-only s/ d", "d/old").option("--list-only");
    list_plain_numbers: list("-a --no-h s/", "").option("--no-h");
    list_short_numbers: list("-ahh s/", "").option("-h");
    list_without_dirs: list("--no-dirs s/", "").option("--no-dirs");
    list_paths: list("-R s/b/ s/a d --list-only", "").option("-R");
    list_rules: list("-r --exclude=b s/", "").option("--exclude");
    list_quiet: list("-rq s/", "").silent();
    list_verbose: list("-av s/", "").option("-v");
    list_verbose_one_level: list("-v s/", "").option("-v");
    list_missing: list("nope", "");
    list_missing_args: list("-a --list-only --delete-missing-args nope s/a d", "").option("--delete-missing-args");
    list_followed: list("-aL s/", "s/lb -> b").option("-L");
    list_empty_operand: list("''", "");
    list_pruned: sparse("-rm s/", "").option("-m");
}
