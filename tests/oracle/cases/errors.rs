//! What cannot be done: bad command lines, and files that may not be read or written.

use crate::case::case;
use crate::compare::Aspect;

/// The destination belongs to somebody else.
fn owned_by_root(root: &std::path::Path) {
    if crate::run::is_root() {
        std::os::unix::fs::chown(root.join("d"), Some(0), None).expect("an owner");
    }
}

cases! {
    unknown_long_option: case("--bogus s/ d", "s/a");
    unknown_short_option: case("-aQ s/ d", "s/a");
    abbreviated_option: case("--recurs s/ d", "s/a");
    value_for_a_flag: case("-a --delete=yes s/ d", "s/a");
    missing_value: case("-a s/ d --exclude", "s/a");
    not_a_number: case("-a --delete --max-delete=5s s/ d", "s/a");
    not_a_number_octal: case("-a --delete --max-delete=09 s/ d", "s/a");
    number_too_large: case("-a --delete --max-delete=99999999999 s/ d", "s/a");
    number_in_hex: case("-ai --delete --max-delete=0x1 s/ d", "s/a\nd/x\nd/y");
    number_empty: case("-ai --delete --max-delete= s/ d", "s/a\nd/x");
    delete_without_recursion: case("--delete s/ d", "s/a\nd/x");
    unknown_negation: case("-a --no-delete s/ d", "s/a");
    unknown_negation_of_update: case("-a --no-update s/ d", "s/a");
    no_operand: case("", "s/a").ignore(Aspect::Stderr, "the usage text is each program's own");
    only_options: case("-a", "s/a").ignore(Aspect::Stderr, "the usage text is each program's own");
    later_flag_wins: case("-a --no-r s/ d", "s/a\ns/b/c").option("--no-r");
    earlier_negation_loses: case("--no-r -ai s/ d", "s/a\ns/b/c");
    unreadable_file: case("-ai s/ d", "s/a\ns/b 0000\ns/c").unprivileged();
    unreadable_file_over_old: case("-ai s/ d", "s/a 0000\nd/a=old\ns/z").unprivileged();
    unreadable_file_alone: case("-ai s/a d", "s/a 0000").unprivileged();
    unreadable_file_up_to_date: case("-aii s/ d", "s/a 0000\nd/a=s/a\\n 0000").unprivileged();
    unreadable_file_checksum: case("-aci s/ d", "s/a 0000\nd/a=s/a\\n 0600\ns/b").unprivileged();
    unreadable_dir: case("-ai s/ d", "s/a\ns/sec/ 0000\ns/z/f").unprivileged();
    unsearchable_dir: case("-ai s/ d", "s/a\ns/sec/f\ns/sec/ 0400").unprivileged();
    unreadable_root: case("-ai s/ d", "s/a\ns/ 0000").unprivileged();
    unreadable_in_link_group: case("-aHi s/ d", "s/a 0000\ns/b == s/a\ns/c").unprivileged();
    foreign_destination_dir: case("-ai s/ d", "s/a\ns/k/b\ns/l -> x\ns/p fifo\nd/").unprivileged().prepare(owned_by_root).only_direct();
    foreign_destination_dir_and_deletion: case("-ai --delete s/ d", "s/a\nd/x/1\nd/f\nd/e/\nd/").unprivileged().prepare(owned_by_root).only_direct();
    closed_dirs_of_destination: case("-ri --delete s/ d", "s/k/a\ns/k/b\nd/k/c\nd/k/e/f\nd/k/e/ 0500\nd/k/ 0000").unprivileged().only_direct();
    unsearchable_dir_of_destination_dry_run: case("-ain s/ d", "s/k/a\nd/k/a=old\nd/k/ 0400").unprivileged();
    parent_of_operand_missing: case("-ai --delete s/nope/b s/ d", "s/a\nd/x");
    parent_of_operand_is_a_file: case("-ai --delete s/a/b s/ d", "s/a\nd/x");
    read_only_destination_file: case("-ai s/ d", "s/a=new 0444\nd/a=old! 0444").unprivileged();
    read_only_dirs: case("-ai s/ d", "s/ro/ 0555\ns/ro/a\ns/ro/sub/ 0500\ns/ro/sub/b").unprivileged().then("-ai s/ d");
    read_only_dirs_updated: case("-ai s/ d", "s/ro/a").unprivileged()
        .change("s/ro/ 0555").then("-ai s/ d")
        .change("s/ro/ 0755").change("s/ro/b\ns/ro/ 0555").then("-ai s/ d");
    unreadable_dry_run: case("-ain s/ d", "s/a 0000\ns/b").unprivileged().option("-n");
}
