//! What operands mean: trailing slashes, missing and existing destinations, several sources.

use crate::case::{Case, case};
use crate::compare::Aspect;

/// Files at three depths.
const TREE: &str = "s/a\ns/b/x\ns/b/y/z\n";

fn on_tree(line: &str, more: &str) -> Case {
    case(line, &format!("{TREE}{more}"))
}

/// A copy below its own source. Making the destination dates the source directory that holds it anew, and whether that
/// happens before or after the directory is listed is a race.
fn below_itself(line: &str, more: &str) -> Case {
    on_tree(line, more).ignore(
        Aspect::Mtime,
        "the destination's parent is itself copied, before or after it is changed",
    )
}

cases! {
    one_file_twice: case("-ai s/a s/a d", "s/a");
    one_file_twice_over_a_file: case("-ai s/a s/./a d", "s/a\nd=file");
    one_listed_file_twice: case("-ai --files-from=x s d", "x=a\\na\\n\ns/a");
    one_file_twice_dry: case("-ain s/a s/a d", "s/a");
    dir_into_missing: on_tree("-ai s d", "").option("-i");
    contents_into_missing: on_tree("-av s/ d", "").option("-v");
    dir_into_existing: on_tree("-ai s d", "d/").option("-i");
    contents_into_existing: on_tree("-ai s/ d/", "d/").option("-a");
    contents_by_dot: on_tree("-ai s/. d", "");
    contents_by_dot_dot: on_tree("-ai s/b/.. d", "d/");
    file_to_new_name: on_tree("-ai s/a d", "");
    file_to_new_dir: on_tree("-ai s/a d/", "");
    file_into_dir: on_tree("-ai s/a d", "d/");
    file_over_file: on_tree("-ai s/a d", "d=old");
    file_over_equal_file: on_tree("-aii s/a d", "d=s/a\\n");
    file_over_file_of_other_mode: on_tree("-ai s/a d", "d=s/a\\n 0600");
    two_files_to_missing: on_tree("-ai s/a s/b/x d", "");
    two_files_over_file: on_tree("-ai s/a s/b/x d", "d=old");
    dir_over_file: on_tree("-ai s d", "d=old");
    contents_over_file: on_tree("-ai s/ d", "d=old");
    empty_dir_takes_the_new_name: case("-ai e d", "e/ 0700");
    empty_contents_take_the_new_name: case("-ai e/ d", "e/ 0700");
    empty_dir_into_existing: case("-ai e d", "e/ 0700\nd/");
    empty_dir_over_file: case("-ai e d", "e/\nd=old");
    parent_of_destination_missing: on_tree("-ai s/ p/q/d", "");
    parent_of_destination_missing_dry_run: on_tree("-ain s/ p/q/d", "").option("-n");
    parent_of_file_destination_missing: on_tree("-ai s/a p/q/d", "");
    nested_destination: on_tree("-ai s/ p/q/d", "p/q/");
    first_of_two_sources_wins: case("-ai s1/ s2/ d", "s1/f=one\ns2/f=two\ns2/g");
    first_of_two_sources_wins_other_order: case("-ai s2/ s1/ d", "s1/f=one\ns2/f=two\ns2/g");
    dirs_of_equal_name_merge: case("-ai p/s q/s d", "p/s/a\np/s/both=1\nq/s/b\nq/s/both=2");
    dirs_of_equal_name_and_other_mode: case("-ai p/s q/s d", "p/s/ 0700\nq/s/ 0711\np/s/a\nq/s/b");
    file_and_dir_of_equal_name: case("-ai p/s q/s d", "p/s\nq/s/b\nd/");
    dir_and_file_of_equal_name: case("-ai p/s q/s d", "p/s/b\nq/s\nd/");
    the_same_source_twice: on_tree("-ai s/ s/ d", "");
    the_same_file_twice: on_tree("-ai s/a s/a d/", "");
    a_file_and_its_dir: on_tree("-ai s/a s/ d", "");
    three_sources: on_tree("-av s t u/c d", "t/q\nu/c\nu/d");
    missing_source_among_good: on_tree("-ai s/a nope d", "");
    missing_source_among_two_good: on_tree("-ai s/a nope s/b d", "");
    only_missing_source: case("-ai nope d", "");
    only_missing_source_with_slash: case("-ai nope/ d", "");
    missing_source_with_slash_among_good: on_tree("-ai s/ nope/ d", "");
    file_given_with_slash: on_tree("-ai s/a/ d", "");
    dir_without_recursion: on_tree("-i s d", "");
    contents_without_recursion: on_tree("-v s/ d", "");
    file_without_recursion: on_tree("-i s/a d", "");
    files_and_dirs_without_recursion: on_tree("-v s/a s/b d", "d/");
    destination_is_link_to_dir: on_tree("-ai s/ d", "real/\nd -> real");
    destination_is_link_to_dir_with_slash: on_tree("-ai s/ d/", "real/\nd -> real");
    destination_is_link_to_dir_delete: on_tree("-ai --delete s/ d", "real/old\nd -> real").option("--delete");
    destination_is_dangling_link: on_tree("-ai s/ d", "d -> nowhere");
    file_to_dangling_link: on_tree("-ai s/a d", "d -> nowhere");
    file_to_link_to_file: on_tree("-ai s/a d", "real=old\nd -> real");
    file_to_file_with_slash: on_tree("-ai s/a d/", "d=x");
    source_is_link_to_dir: on_tree("-ai l d", "l -> s");
    source_is_link_to_dir_with_slash: on_tree("-ai l/ d", "l -> s");
    source_link_without_links: on_tree("-ri l d", "l -> s");
    options_after_operands: on_tree("s/ d -ai", "").option("-a");
    double_dash_ends_options: case("-ai -- -s/ d", "-s/a");
    leading_dash_by_dot: case("-ai ./-s/ d", "-s/a");
    colon_in_local_name: case("-ai ./a:b d", "a:b");
    destination_inside_source: below_itself("-ai s/ s/d", "");
    destination_inside_source_excluded: below_itself("-ai --exclude=/b/d s/ s/b/d", "");
    destination_inside_source_delete: below_itself("-ai --delete --exclude=/d s/ s/d", "s/d/old").option("--delete");
    source_inside_destination: case("-ai d/s/ d", "d/s/a\nd/s/b/x");
    source_inside_destination_delete: case("-ai --delete d/s/ d", "d/s/a\nd/old").only_direct();
    source_is_destination: on_tree("-aii s/ s", "");
    empty_source_operand: on_tree("-ai '' d", "");
    empty_destination_operand: on_tree("-ai s/ ''", "");
    // One operand alone lists the source: cases for it come with the option that asks for that, `--list-only`.
}
