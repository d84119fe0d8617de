//! `--delete`, `--max-delete`, `--force`.

use crate::case::{Case, case};

/// A destination with more than the source: files, a full and an empty directory, a link, at two depths.
const EXTRAS: &str = "s/a\ns/b/n\nd/a=s/a\\n\nd/x\nd/dir/f\nd/dir/sub/\nd/b/old\nd/b/deep/er/f\nd/l -> ../real\nreal/kept\n";

fn extras(line: &str) -> Case {
    case(line, EXTRAS)
}

cases! {
    limited_and_a_source_missing: case("-a --delete --max-delete=1 s/ nope d", "s/a\nd/x\nd/y\nd/z").option("--max-delete");
    limited_and_a_source_missing_dry: case("-an --delete --max-delete=1 s/ nope d", "s/a\nd/x\nd/y\nd/z").option("--max-delete");
    limited_enough_and_a_source_missing: case("-a --delete --max-delete=3 s/ nope d", "s/a\nd/x\nd/y\nd/z");
    limited_and_a_source_unreadable: case("-a --delete --max-delete=1 s/ d", "s/a\ns/u 0000\nd/x\nd/y\nd/z").option("--max-delete").unprivileged();
    limited_late_and_a_source_unreadable: case("-a --delete-after --max-delete=1 s/ d", "s/a\ns/u 0000\nd/x\nd/y\nd/z").unprivileged();
    limited_by_an_old_protocol: case("-ai --delete --protocol=29 --max-delete=2 s/ d", "s/a\nd/x\nd/y\nd/z").option("--protocol");
    delete: extras("-ai --delete s/ d").option("--delete");
    delete_verbose: extras("-av --delete s/ d").option("--delete");
    delete_quiet: extras("-aq --delete s/ d").option("--delete");
    delete_recursive_only: extras("-ri --delete s/ d").option("--delete");
    delete_stats: extras("-a --stats --delete s/ d").option("--delete");
    delete_dry_run: extras("-ain --delete s/ d").option("-n");
    delete_dry_run_stats: extras("-an --stats --delete s/ d").option("--delete");
    delete_into_missing: case("-ai --delete s/ d", "s/a\ns/b/c");
    delete_without_recursion: extras("-i --delete s/ d");
    delete_of_whole_dir_operand: case("-ai --delete s d", "s/a\nd/s/x\nd/other");
    delete_never_for_files: case("-ai --delete s/a d/", "s/a\nd/x");
    delete_with_two_sources: case("-ai --delete s/ t/ d", "s/a\nt/b\nd/a=s/a\\n\nd/b=x\nd/c");
    delete_with_two_dirs: case("-ai --delete s t d", "s/a\nt/b\nd/s/x\nd/t/y\nd/u/z");
    delete_then_nothing: extras("-ai --delete s/ d").then("-ai --delete s/ d");
    delete_all: case("-ai --delete s/ d", "s/\nd/a\nd/b/c\nd/l -> a\nd/p fifo");
    delete_order: case("-ri --delete s/ d", "s/b/\ns/d/\nd/a/1\nd/a/2/x\nd/b/z\nd/b/y/x\nd/c\nd/d/q\nd/e/");
    delete_read_only_dir: case("-ai --delete s/ d", "s/a\nd/ro/f\nd/ro/ 0555").unprivileged();
    delete_link_not_target: case("-ai --delete s/ d", "s/a\nd/l -> ../real\nreal/kept").option("--delete");
    delete_names_dirs_in_order: case("-av --delete s/ d", "s/m/k\nd/m/a/b/c/d\nd/m/z\nd/m/k=s/m/k\\n");
    delete_of_type_change: case("-ai --delete s/ d", "s/x\nd/x/f\nd/x/g/h").option("--delete");
    delete_with_update: case("-aui --delete s/ d", "s/a @900000000\nd/a=newer\nd/x").option("--delete");
    delete_with_missing_source: extras("-ai --delete s/ nope d");
    delete_with_missing_source_dir: extras("-ai --delete s/ nope/ d");
    delete_with_only_missing_source: extras("-ai --delete nope/ d");
    delete_hard_linked: case("-aHi --delete s/ d", "s/a=x\nd/a=x\nd/b == d/a\nd/c/d == d/a").option("--delete");
    max_delete_one: extras("-ai --delete --max-delete=1 s/ d").option("--max-delete");
    max_delete_three: extras("-av --delete --max-delete=3 s/ d").option("--max-delete");
    max_delete_zero: extras("-ai --delete --max-delete=0 s/ d").option("--max-delete");
    max_delete_negative: extras("-ai --delete --max-delete=-1 s/ d").option("--max-delete");
    max_delete_enough: extras("-ai --delete --max-delete=100 s/ d");
    max_delete_exactly: case("-ai --delete --max-delete=2 s/ d", "s/a\nd/x\nd/y");
    max_delete_dry_run: extras("-ain --delete --max-delete=2 s/ d").option("--max-delete");
    max_delete_without_delete: extras("-ai --max-delete=1 s/ d");
    max_delete_and_type_change: case("-ai --delete --max-delete=1 s/ d", "s/x\nd/x/f\nd/x/g\nd/z");
    force_alone: case("-ai --force s/ d", "s/x\nd/x/f\nd/other").option("--force");
    force_not_given: case("-ai s/ d", "s/x\nd/x/f");
    force_negated: case("-ai --force --no-force s/ d", "s/x\nd/x/f").option("--no-force");
    force_on_deep_tree: case("-ai --force s/ d", "s/x -> y\nd/x/f/g/h\nd/x/i").option("--force");
    delete_keeps_nested_protected: case("-ai --delete --exclude=keep s/ d", "s/a\nd/p/q/keep\nd/p/q/x\nd/p2/keep");
    max_delete_nested: case("-ai --delete --max-delete=2 s/ d", "s/a\nd/x/y/z/1\nd/x/y/2\nd/x/3\nd/q/4\nd/5");
    unreadable_dir_stops_deletion: case("-ai --delete s/ d", "s/a\ns/sec/ 0000\nd/x\nd/z").unprivileged().only_direct();
    unreadable_late_dir_and_deletion: case("-ai --delete s/ d", "s/a\ns/z/ 0000\ns/m/k\nd/x\nd/m/y\nd/z/q").unprivileged().only_direct().in_one_thread();
    unreadable_file_and_deletion: case("-ai --delete s/ d", "s/a 0000\ns/b\nd/x\nd/b=old").unprivileged();
}
