//! One thing where another was: every pair of types that can meet.

use crate::case::case;

cases! {
    file_over_empty_dir: case("-ai s/ d", "s/x\nd/x/");
    file_over_full_dir: case("-ai s/ d", "s/x\ns/y\nd/x/f");
    file_over_full_dir_force: case("-ai --force s/ d", "s/x\ns/y\nd/x/f").option("--force");
    file_over_full_dir_delete: case("-ai --delete s/ d", "s/x\ns/y\nd/x/f").option("--delete");
    file_over_full_dir_verbose: case("-av --force s/ d", "s/x\nd/x/f");
    file_over_full_dir_dry_run: case("-ain --delete s/ d", "s/x\nd/x/f").option("-n");
    file_over_full_dir_dry_run_no_force: case("-ain s/ d", "s/x\ns/y\nd/x/f").option("-n");
    file_over_symlink: case("-ai s/ d", "s/x\nd/x -> ../real\nreal=kept");
    file_over_symlink_to_dir: case("-ai s/ d", "s/x\nd/x -> ../real\nreal/kept");
    file_over_dangling_symlink: case("-ai s/ d", "s/x\nd/x -> nowhere");
    file_over_fifo: case("-ai s/ d", "s/x\nd/x fifo");
    file_over_device: case("-ai s/ d", "s/x\nd/x char:1,3").needs_root("devices");
    dir_over_file: case("-ai s/ d", "s/x/f\ns/x/ 0700\nd/x=old");
    dir_over_file_verbose: case("-av s/ d", "s/x/f\nd/x=old");
    dir_over_file_dry_run: case("-ain s/ d", "s/x/f\nd/x=old").option("-n");
    dir_over_symlink: case("-ai s/ d", "s/x/f\nd/x -> ../real\nreal=kept");
    dir_over_symlink_to_dir: case("-ai s/ d", "s/x/f\nd/x -> ../real\nreal/kept");
    dir_over_dangling_symlink: case("-ai s/ d", "s/x/f\nd/x -> nowhere");
    dir_over_fifo: case("-ai s/ d", "s/x/f\nd/x fifo");
    symlink_over_file: case("-ai s/ d", "s/x -> y\nd/x=old");
    symlink_over_empty_dir: case("-ai s/ d", "s/x -> y\nd/x/");
    symlink_over_full_dir: case("-ai s/ d", "s/x -> y\nd/x/f");
    symlink_over_full_dir_force: case("-ai --force s/ d", "s/x -> y\nd/x/f").option("--force");
    symlink_over_full_dir_delete: case("-ai --delete s/ d", "s/x -> y\nd/x/f").option("--delete");
    symlink_over_fifo: case("-ai s/ d", "s/x -> y\nd/x fifo");
    fifo_over_file: case("-ai s/ d", "s/x fifo\nd/x=old");
    fifo_over_full_dir_force: case("-ai --force s/ d", "s/x fifo\nd/x/f").option("--force");
    fifo_over_symlink: case("-ai s/ d", "s/x fifo\nd/x -> ../real\nreal=kept");
    skipped_symlink_leaves_file: case("-rti s/ d", "s/x -> y\nd/x=old");
    skipped_symlink_leaves_file_with_delete: case("-rti --delete s/ d", "s/x -> y\nd/x=old\nd/z");
    skipped_fifo_leaves_dir: case("-rti s/ d", "s/x fifo\nd/x/f");
    type_change_of_many: case("-ai --delete s/ d", "s/a\ns/b/f\ns/c -> a\ns/d fifo\nd/a -> b\nd/b fifo\nd/c/f\nd/d=file");
    type_change_back_and_forth: case("-ai --delete s/ d", "s/x/f")
        .change("!s/x\ns/x=file").then("-ai --delete s/ d")
        .change("!s/x\ns/x -> y").then("-ai --delete s/ d")
        .change("!s/x\ns/x/g").then("-ai --delete s/ d");
    type_change_in_a_link_group: case("-aHi --delete s/ d", "s/a\ns/b == s/a\nd/a/f\nd/b -> a");
    type_change_with_existing: case("-ai --existing --force s/ d", "s/x\nd/x/f\ns/new").option("--existing");
    // What is below a directory that a file keeps from being made: see the deliberate differences.
    type_change_with_ignore_existing: case("-ai --ignore-existing s/ d", "s/x\nd/x/\ns/y/\nd/y=old\ns/z -> a\nd/z=old").option("--ignore-existing");
}
