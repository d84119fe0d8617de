//! Files of rules that the command line names.

use crate::case::{Case, case};

const TREE: &str = "s/a\ns/b\ns/c.o\ns/k/a\ns/k/c.o\ns/k/d\n";

fn tree(line: &str, files: &str) -> Case {
    case(line, &format!("{TREE}{files}"))
}

cases! {
    excludes_from_a_file: tree("-ai --exclude-from=x s/ d", "x=#\\sno\\n\\n;no\\na\\r\\n*.o").option("--exclude-from");
    includes_from_a_file: tree("-ai --include-from=x --exclude=* s/ d", "x=*/\\na").option("--include-from");
    excludes_from_standard_input: tree("-ai --exclude-from - s/ d", "").stdin(b"a\n+ b\n*\n");
    signs_in_an_exclude_file: tree("-ai --exclude-from=x s/ d", "x=+\\sa\\n-\\s*.o\\n-a\\n*").option("--exclude-from");
    a_file_may_clear_the_list: tree("-ai --exclude=b --exclude-from=x s/ d", "x=!\\na\\n").option("--exclude-from");
    zero_bytes_separate: tree("-ai0 --exclude-from=x s/ d", "x=a\\x00c.o\\x00\\x00k\\n").option("-0");
    zero_bytes_only_from_their_option_on: tree("-ai --exclude-from=x -0 s/ d", "x=a\\x00c.o\\n*.o").option("--exclude-from");
    zero_bytes_taken_back: tree("-ai -0 --no-from0 --exclude-from=x s/ d", "x=a\\nb").option("--no-from0");
    a_line_ends_at_a_zero_byte: tree("-ai --exclude-from=x s/ d", "x=a\\x00b\\nc.o").option("--exclude-from");
    a_missing_exclude_file: tree("-ai --exclude-from=nope s/ d", "");
    a_missing_include_file: tree("-ai --include-from=nope s/ d", "");
    a_missing_merge_file: tree("-ai --filter=.\\snope s/ d", "").option("--filter");
    a_missing_merge_file_of_includes: tree("-ai --filter=.+\\snope s/ d", "").option("--filter");
    a_missing_merge_file_of_a_merge_file: tree("-ai --filter=.\\sx s/ d", "x=-\\sa\\n.\\snope").option("--filter");
    a_directory_holds_no_rules: tree("-ai --exclude-from=s --exclude=a s/ d", "").option("--exclude");
    files_are_opened_in_the_order_of_options: tree("-ai --filter=- --exclude-from=nope s/ d", "").option("--filter");
    a_merge_file: tree("-ai --filter=merge\\sx s/ d", "x=exclude\\sa\\ninclude\\sc.o\\nhide,s\\sd\\n-_*.o").option("--filter");
    a_merge_file_of_bare_patterns: tree("-ai --filter=.-\\sx s/ d", "x=a\\n!\\n+\\sb\\n;no").option("--filter");
    a_merge_file_of_bare_includes: tree("-ai --filter=.+_x --filter=-\\s* s/ d", "x=a\\nk").option("--filter");
    a_merge_file_that_leaves_itself_out: tree("-ai --filter=.e-\\ss/x s/ d", "s/x=a\\n").option("--filter");
    a_merge_file_of_words: tree("-ai --filter=.w\\sx s/ d", "x=-_a\\t+_b\\s\\n-_*.o").option("--filter");
    a_merge_file_for_cvs: tree("-ai --filter=-\\sb --filter=.C\\sx s/ d", "x=b\\s!\\sa\\s#no\\n*.o").option("--filter");
    a_merge_file_for_one_side: case("-ai --delete --filter=.s\\sx s/ d", "s/a\ns/b\nd/a\nx=-\\sa").option("--filter");
    a_merge_file_for_both_sides: case("-ai --delete --filter=.sr\\sx s/ d", "s/a\ns/b\nd/a=other\nx=-\\sa").option("--filter");
    a_merge_file_of_absolute_patterns: tree("-ai --filter=./\\sx s/ d", "x=-\\s<ROOT>/s/a\\n-\\s/b\\n.\\sy\ny=-\\s<ROOT>/s/k/d").option("--filter");
    sides_go_on_into_a_named_file: case("-ai --delete --filter=.s\\sx s/ d", "s/a\ns/b\nd/a\nx=.\\sy\ny=-\\sa").option("--filter");
    a_side_within_a_side: tree("-ai --filter=.s\\sx s/ d", "x=-\\sb\\nP\\sa").option("--filter");
    a_side_within_a_named_side: tree("-ai --filter=.s\\sx s/ d", "x=.r\\sy\ny=-\\sa").option("--filter");
    a_relative_name_in_a_file_begins_where_rsync_does: tree("-ai --filter=.\\sq/x s/ d", "q/x=.\\sy\nq/y=-\\sb\ny=-\\sa").option("--filter");
    a_merge_file_from_standard_input: tree("-ai --filter=.\\s- s/ d", "").stdin(b"- a\n. x\n").option("--filter");
    files_name_files_32_deep: tree("-ai --filter=.\\sx1 s/ d", &chain(32)).option("--filter");
    files_name_files_33_deep: tree("-ai --filter=.\\sx1 s/ d", &chain(33)).option("--filter");
    a_file_names_itself: tree("-ai --filter=.\\sx s/ d", "x=.\\sx").option("--filter");
    an_unknown_rule_in_a_file: tree("-ai --filter=.\\sx s/ d", "x=-\\sa\\n\\n#\\nbogus").option("--filter");
    an_unknown_rule_in_a_named_file: tree("-ai --filter=.\\sx s/ d", "x=\\n.\\sy\ny=bogus").option("--filter");
    a_wrong_letter_in_a_file: tree("-ai --filter=.\\sx s/ d", "x=-q\\sa").option("--filter");
    a_wrong_letter_on_the_command_line: tree("-ai --filter=exclude,sq\\sa s/ d", "").option("--filter");
    too_much_behind_a_clear_in_a_file: tree("-ai --filter=.\\sx s/ d", "x=!a").option("--filter");
    a_rule_without_pattern_in_a_file_of_words: tree("-ai --filter=.w\\sx s/ d", "x=-\\sa").option("--filter");
    a_pattern_that_is_too_long: tree(&format!("-ai --exclude={} --exclude=a s/ d", "x".repeat(4096)), "");
    a_pattern_in_a_file_that_is_too_long: tree("-ai --filter=.\\sx s/ d", &format!("x=-\\s{}\\n-\\sa", "x".repeat(4096))).option("--filter");
    a_line_that_is_too_long: tree("-ai --filter=.\\sx s/ d", &format!("x={}\\n-\\sa", "x".repeat(5120))).option("--filter");
    a_line_that_is_just_short_enough: tree("-ai --filter=.\\sx s/ d", &format!("x={}\\n-\\sa", "x".repeat(5119))).option("--filter");
    a_merge_name_that_is_too_long: tree(&format!("-ai --filter=:\\s{} --filter=-\\sa s/ d", "x".repeat(4096)), "").option("--filter");
    a_file_behind_a_link_of_our_own: tree("-ai --exclude-from=l s/ d", "x=a\nl -> x").option("--exclude-from");
    a_file_behind_a_link_of_another_user: tree("-ai --exclude-from=l s/ d", "x=a\nl -> x o:1000:1000").needs_root("owners are given");
    a_file_in_a_directory_behind_such_a_link: tree("-ai --filter=.\\sl/x s/ d", "q/x=-\\sa\nl -> q o:1000:1000").needs_root("owners are given").option("--filter");
    another_users_link_is_followed_when_asked: tree("-ai --insecure-links --exclude-from=l s/ d", "x=a\nl -> x o:1000:1000")
        .needs_root("owners are given").option("--exclude-from");
    the_asking_must_come_first: tree("-ai --exclude-from=l --insecure-links s/ d", "x=a\nl -> x o:1000:1000").needs_root("owners are given");
    a_file_that_may_not_be_read: tree("-ai --exclude-from=x s/ d", "x=a 0000").unprivileged();
}

/// So many files, each naming the next; the last one leaves something out.
fn chain(files: usize) -> String {
    let mut tree = String::new();
    for number in 1..files {
        tree += &format!("x{number}=.\\sx{}\n", number + 1);
    }
    tree + &format!("x{files}=-\\sa\n")
}
