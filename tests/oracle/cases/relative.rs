//! Whole paths, lists of files, directories alone: `-R`, `--files-from`, `-d`, `--old-dirs`.

use crate::case::{Case, case};

/// Files at three depths.
const TREE: &str = "s/a\ns/b/x\ns/b/y/z\n";

fn on_tree(line: &str, more: &str) -> Case {
    case(line, &format!("{TREE}{more}"))
}

/// A run that reads its list from standard input.
fn list(line: &str, names: &str, more: &str) -> Case {
    on_tree(line, more).stdin(names.as_bytes())
}

cases! {
    two_paths: on_tree("-aiR s/b/x s/a d", "d/").option("-R");
    a_path_and_its_parents_attributes: on_tree("-aiR s/b/x d", "s/ 0700\ns/b/ 0711\nd/s/").option("-R");
    content: on_tree("-aiR s/b/ d", "").option("-R");
    content_by_dot: on_tree("-aiR s/b/. d", "d/").option("-R");
    anchored: on_tree("-aiR s/./b/x s/./a d", "d/").option("-R");
    anchored_content: on_tree("-aiR s/b/./ d", "d/");
    two_anchors_meet: case("-aiR s1/./b/x s2/./b/y d", "s1/b/ 0700\ns1/b/x\ns2/b/y\nd/").option("-R");
    leading_dot_takes_the_root: on_tree("-aiR ./s/a d", "d/").option("-R");
    slashes_and_dots: on_tree("-aiR s//b/x s/././a d", "d/").option("-R");
    dot_dot_within: on_tree("-aiR s/b/../a d", "d/");
    missing_among_good: on_tree("-aiR s/b/x s/nope nope/x d", "d/").option("-R");
    missing_alone: on_tree("-aiR s/nope d", "d/");
    missing_below_a_file: on_tree("-aiR s/a/q s/b d", "d/").option("-R");
    file_with_slash: on_tree("-aiR s/a/ d", "").option("-R");
    path_to_new_destination: on_tree("-aiR s/b/x d", "").option("-R");
    name_to_new_destination: on_tree("-aiR s/./a d", "");
    empty_dir_to_new_destination: case("-aiR e d", "e/ 0700");
    empty_dir_below_to_new_destination: case("-aiR e/f d", "e/f/").option("-R");
    path_over_file: on_tree("-aiR s/b/x d", "d=old").option("-R");
    without_recursion: on_tree("-tiR s/b/x s/b d", "d/").option("-R");
    rules_see_whole_paths: on_tree("-aiR --exclude=/s/b/y s/b d", "d/").option("--exclude");
    rules_leave_parents: on_tree("-aiR --exclude=s --exclude=b s/b/x d", "d/").option("-R");
    rules_hide_a_path: on_tree("-aiR --exclude=x s/b/x s/a d", "d/").option("--exclude");
    parent_is_a_link: on_tree("-aiR s/lb/x d", "s/lb -> b\nd/").option("-R");
    link_with_slash: on_tree("-aiR s/lb/ d", "s/lb -> b\nd/").option("-R");
    link_itself: on_tree("-aiR s/lb d", "s/lb -> b\nd/").option("-R");
    link_and_what_is_below: on_tree("-aiR s/lb/x s/lb d", "s/lb -> b\nd/").option("-R");
    link_below_and_the_dir: on_tree("-aiR s/lb/x s d", "s/lb -> b\nd/").option("-R");
    parent_replaces_a_link: on_tree("-aiR s/b/x d", "d/real/\nd/s -> real").option("-R");
    deletes_in_content_only: on_tree("-aiR --delete s/b d", "d/s/o\nd/s/b/q\nd/t").option("--delete");
    deletes_nothing_beside_a_path: on_tree("-aiR --delete s/b/x d", "d/s/o\nd/s/b/q").option("-R");
    deletes_in_the_root: on_tree("-aiR --delete s/./ d", "d/s/o\nd/t").option("--delete");
    deletes_before: on_tree("-aiR --delete-before s/b d", "d/s/o\nd/s/b/q\nd/t").option("--delete-before");
    hard_links: case("-aiHR s/b/x s/c/y d", "s/b/x\ns/c/y == s/b/x\nd/").option("-R");
    again: on_tree("-aR s/b/x d", "d/").then("-aiiR s/b/x d");
    unprivileged: on_tree("-aiR s/b/x s/b/y d", "s/b/y/ 0700\nd/").option("-R").unprivileged();

    parents_left_alone: on_tree("-aiR --no-implied-dirs s/b/x d", "s/ 0700\nd/s/ 0750").option("--no-implied-dirs");
    parents_made_plainly: on_tree("-aiR --no-implied-dirs s/b/x d", "s/ 0700\nd/").option("--no-implied-dirs");
    parents_made_plainly_for_dir: on_tree("-aiR --no-implied-dirs s/b/ d", "s/ 0700\nd/").option("--no-implied-dirs");
    parent_link_kept: on_tree("-aiR --no-implied-dirs s/b/x d", "d/real/\nd/s -> real").option("--no-implied-dirs");
    parent_link_out: on_tree("-aiR --no-implied-dirs s/b/x d", "real/\nd/\nd/s -> ../real").option("--no-implied-dirs");
    parents_not_made_for_nothing: on_tree("-aiR --no-implied-dirs --existing s/b/x d", "d/").option("--existing");
    delete_with_parents_left: on_tree("-aiR --delete --no-implied-dirs s/b/ d", "d/s/ 0700\nd/s/o\nd/s/b/o").option("--delete");

    list_of_files: list("-ai --files-from=- s d", "a\nb/y/z\n", "").option("--files-from");
    list_of_dirs: list("-ai --files-from=- s d", "a\nb\n", "").option("--files-from");
    list_of_one_level: list("-ai --files-from=- s d", "b/\n", "").option("--files-from");
    list_and_recursion: list("-ai -r --files-from=- s d", "b\n", "d/").option("-r");
    list_without_dirs: list("-ai --no-d --files-from=- s d", "b\na\n", "d/").option("--no-d");
    list_without_paths: list("-ai --no-R --files-from=- s d", "b/y/z\na\nb\n", "d/").option("--no-R");
    list_without_paths_but_content: list("-air --no-R --files-from=- s d", "b/y/z\na\nb/\n", "d/").option("--no-R");
    list_with_comments: list("-ai --files-from=- s d", "# c\n;x\n\n/a\n../b/x\n./b/../b/y/\n", "d/").option("--files-from");
    list_with_carriage_returns: list("-ai --files-from=- s d", "b/y/z\r\na\r\n", "d/").option("--files-from");
    list_with_zeros: list("-ai0 --files-from=- s d", "b/y/z\0a\0;no\0#no\0", "d/").option("-0");
    list_with_an_anchor: list("-ai --files-from=- s d", "b/./y/z\na\n", "d/").option("--files-from");
    list_of_the_root: list("-ai --files-from=- s d", ".\n", "s/ 0700\nd/").option("--files-from");
    list_with_the_root_named: list("-ai --files-from=- s d", "./a\n", "s/ 0700\nd/").option("--files-from");
    list_out_of_the_root: list("-ai --files-from=- s d", "..\n", "d/").option("--files-from");
    list_with_missing: list("-ai --files-from=- s d", "a\nnope\nnope/x\nb/x\n", "d/").option("--files-from");
    list_of_one_missing: list("-ai --files-from=- s d", "nope\n", "");
    list_empty: list("-ai --files-from=- s d", "", "").option("--files-from");
    list_twice_the_same: list("-ai --files-from=- s d", "a\na\nb/x\nb/x\nb/\n", "d/").option("--files-from");
    list_and_rules: list("-ai --exclude=x --files-from=- s d", "b/x\na\n", "d/").option("--exclude");
    list_through_a_link: list("-ai --files-from=- s d", "lb/x\n", "s/lb -> b\nd/").option("--files-from");
    list_and_delete: list("-ai --delete --files-from=- s d", "b/\n", "d/r\nd/b/q\nd/b/y/p").option("--delete");
    list_and_delete_deep: list("-air --delete --files-from=- s d", "b\n", "d/r\nd/b/q\nd/b/y/p").option("--delete");
    list_file: case("-ai --files-from=list s d", "list=a\\nb/x\\n\ns/a\ns/b/x\nd/").option("--files-from");
    list_file_missing: on_tree("-ai --files-from=nope s d", "");
    list_file_of_another: on_tree("-ai --files-from=list s d", "real=a\\n\nlist -> real o:1234:1234").needs_root("owners");
    list_file_of_another_trusted: on_tree("-ai --insecure-links --files-from=list s d", "real=a\\n\nlist -> real o:1234:1234\nd/").needs_root("owners").option("--insecure-links");
    list_of_missing_source: list("-ai --files-from=- nope d", "a\n", "");
    list_remote: list("-ai --files-from=h:x s d", "", "");
    list_verbose: list("-av --files-from=- s d", "a\nb/x\n", "d/").option("--files-from");
    list_unprivileged: list("-ai --files-from=- s d", "a\nb/x\nb/y\n", "d/").option("--files-from").unprivileged();

    dirs: on_tree("-dti s d", "").option("-d");
    dirs_content: on_tree("-dti s/ d", "").option("-d");
    dirs_into: on_tree("-dti s s/b/ d", "d/").option("-d");
    dirs_relative: on_tree("-dtiR s/b/ s/a d", "d/").option("-d");
    dirs_delete: on_tree("-dti --delete s/ d", "d/b/q\nd/p\nd/c/q").option("--delete");
    dirs_verbose: on_tree("-dtv s/ d", "d/").option("-d");
    dirs_taken_back: on_tree("-dti --no-d s/ d", "d/").option("--no-d");
    old_dirs: on_tree("-ti --old-dirs s/ d", "").option("--old-dirs");
    old_dirs_of_a_dir: on_tree("-ai --old-d s d", "").option("--old-d");
}
