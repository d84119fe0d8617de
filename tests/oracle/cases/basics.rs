//! Whole mirrors, run after run: what a second run says, and what it says after a change of any kind.

use crate::case::{Case, case};

/// Every type that a plain user can make, modes and times that are not the usual ones.
const TREE: &str = "s/ 0750 @1100000000.123456789\ns/a @1100000001.1\ns/empty=\ns/x 0755\ns/secret 0600 @1000000000.999999999
s/l -> a\ns/dangling -> nope/nowhere @1050000000.5\ns/p fifo\ns/dir/ 0700 @1090000000\ns/dir/b\ns/dir/sub/ 0555 @1080000000
s/dir/sub/c 0444\ns/h1=linked\ns/dir/h2 == s/h1\ns/e/ @1070000000\n";

fn mirror(line: &str) -> Case {
    case(line, TREE)
}

/// Mirrors, changes the source, and mirrors again with the same command.
fn after(change: &str) -> Case {
    mirror("-aHi --delete s/ d")
        .change(change)
        .then("-aHi --delete s/ d")
        .option("-a")
}

cases! {
    archive: mirror("-a s/ d").option("-a");
    archive_itemized: mirror("-ai s/ d").option("-a");
    archive_with_hard_links: mirror("-aHi s/ d").option("-H");
    second_run_is_silent: mirror("-aHi s/ d").then("-aHi s/ d").then("-aHi s/ d");
    second_run_verbose: mirror("-aHv s/ d").then("-aHv s/ d");
    second_run_names_all_with_ii: mirror("-aH s/ d").then("-aHii s/ d").option("-i");
    after_a_new_file: after("s/dir/new\ns/dir/ 0700 @1200000000");
    after_a_new_dir: after("s/new/n/n\ns/new/n/ 0700");
    after_a_removal: after("!s/dir/b\n!s/e\n!s/l");
    after_a_removed_tree: after("!s/dir");
    after_a_change_of_content: after("s/a=other @1200000000\ns/dir/b=longer-than-before @1200000000");
    after_a_change_of_mode: after("s/x 0700\ns/a 0640 @1100000001.1\ns/dir/ 0711 @1090000000");
    after_a_change_of_time: after("s/x 0755 @1200000000\ns/e/ @1200000000.000000007\ns/dangling -> nope/nowhere @1200000000");
    after_a_change_of_target: after("s/l -> empty");
    after_a_change_of_link_group: after("!s/dir/h2\ns/dir/h2=linked");
    after_a_growth_of_a_link_group: after("s/e/h3 == s/h1\ns/e/ @1070000000");
    after_a_changed_link_group: after("s/h1=changed @1200000000");
    after_a_rename: after("!s/a\ns/renamed @1100000001.1");
    after_emptying_the_source: after("!s/a\n!s/empty\n!s/x\n!s/secret\n!s/l\n!s/dangling\n!s/p\n!s/dir\n!s/h1\n!s/e");
    after_a_change_at_the_destination: mirror("-aH s/ d")
        .change("d/a=edited @1300000000\n!d/x\nd/dir/ 0777\nd/mine\nd/l -> elsewhere")
        .then("-aHi --delete s/ d");
    many_runs_with_changes: mirror("-aHi --delete s/ d")
        .change("s/one").then("-aHi --delete s/ d")
        .change("!s/one\ns/two").then("-aHi --delete s/ d")
        .change("s/two=2\ns/dir/sub2/deep/er").then("-aHi --delete s/ d")
        .change("!s/dir").then("-aHi --delete s/ d")
        .then("-aHi --delete s/ d");
    merge_of_two_runs: mirror("-a s/ d").change("t/a=theirs @1300000000\nt/new\nt/dir/t").then("-ai t/ d").then("-ai s/ d");
    empty_source: case("-ai s/ d", "s/");
    empty_dirs: case("-ai s/ d", "s/a/b/c/\ns/d/\ns/e/f/");
    zero_length_files: case("-ai s/ d", "s/a=\ns/b/c=\nd/a=not-empty");
    large_files: case("-ai s/ d", "s/big size:5m\ns/bigger size:9m seed:2\ns/odd size:1048577 seed:3");
    a_hole: case("-ai s/ d", "s/hole hole:4m\ns/small hole:1");
    wide_dir: case("-ai s/ d", "s/").prepare(|root| {
        for n in 0..600 {
            std::fs::write(root.join(format!("s/f{n}")), n.to_string()).expect("a file");
        }
    });
    deep_dir: case("-ai s/ d", "s/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/f");
    relative_destination_above: case("-ai s/ ../w/d", "s/a\ns/b/c");
}
