//! Files of rules that directories have.

use crate::case::{Case, case};

const TREE: &str = "s/a\ns/b\ns/c.o\ns/k/a\ns/k/b\ns/k/m/a\ns/k/m/b\ns/l/a\n";

fn tree(line: &str, files: &str) -> Case {
    case(line, &format!("{TREE}{files}"))
}

cases! {
    rules_hold_below_their_directory: tree("-ai --filter=:\\s.rf s/ d", "s/k/.rf=-\\sa").option("--filter");
    a_named_source_has_rules_too: tree("-ai --filter=:\\s.rf s d", "s/.rf=-\\sa\ns/k/.rf=+\\sa\n.rf=-\\sb").option("--filter");
    a_local_file_holds_in_one_directory: tree("-ai --filter=:n\\s.rf s/ d", "s/.rf=-\\sa\ns/k/m/.rf=-\\sb").option("--filter");
    a_slash_stands_for_the_directory: tree("-ai --filter=:\\s.rf s/ d", "s/k/.rf=-\\s/a\\n-\\s/m/b").option("--filter");
    a_slash_stands_for_the_directory_of_a_named_source: tree("-ai --filter=:\\s.rf s d", "s/k/.rf=-\\s/a\\n-\\sk/m/b\\n-\\s/k/b").option("--filter");
    wildcards_in_a_directorys_name_count: case("-ai --filter=:\\s.rf s/ d", "s/[k]/.rf=-\\s/a\ns/[k]/a\ns/q*/.rf=-\\s/a*\ns/q*/a1\ns/q*/q*/a1\ns/k/a").option("--filter");
    the_innermost_file_comes_first: tree("-ai --filter=:\\s.rf s/ d", "s/.rf=-\\sa\\n+\\sb\ns/k/.rf=+\\sa\\n-\\sb").option("--filter");
    a_directory_may_clear_what_it_inherits: tree("-ai --filter=-\\sc.o --filter=:\\s.rf s/ d", "s/.rf=-\\sa\ns/k/.rf=!\\n-\\sb").option("--filter");
    rules_before_and_behind_the_file: tree("-ai --filter=+\\sa --filter=:\\s.rf --filter=-\\sb s/ d", "s/.rf=-\\sa\\n+\\sb\ns/k/.rf=!").option("--filter");
    one_name_is_one_file: tree("-ai --filter=:n\\s.rf --filter=:\\s.rf s/ d", "s/.rf=-\\sa").option("--filter");
    two_files_of_a_directory: tree("-ai --filter=:\\s.rf --filter=:-\\s.ex s/ d", "s/.rf=+\\sa\ns/.ex=a\\nb\ns/k/.rf=!").option("--filter");
    a_cleared_file_can_be_named_again: tree("-ai --filter=:n\\s.rf --filter=! --filter=:\\s.rf s/ d", "s/.rf=-\\sa").option("--filter");
    a_file_that_leaves_itself_out: tree("-ai --filter=:e\\s.rf s/ d", "s/.rf=-\\sa\\n+\\s.rf\ns/k/.rf=").option("--filter");
    a_file_of_bare_patterns: tree("-ai --filter=:-\\s.rf s/ d", "s/.rf=a\\n!\\n+\\sb\ns/+\\sb\ns/!").option("--filter");
    a_file_of_bare_includes: tree("-ai --filter=:+\\s.rf --filter=-\\s* s/ d", "s/.rf=a\\nk").option("--filter");
    a_file_of_words: tree("-ai --filter=:w\\s.rf s/ d", "s/.rf=-_a\\s+_b\\n-_*.o").option("--filter");
    a_file_split_at_zero_bytes: tree("-ai0 --filter=:\\s.rf s/ d", "s/.rf=-\\sa\\x00-\\sb\\x00").option("-0");
    a_file_of_absolute_patterns: tree("-ai --filter=:/\\s.rf s/ d", "s/k/.rf=-\\s/a\\n-\\sb\\n-\\s<ROOT>/s/k/m/a")
        .ignore(crate::compare::Aspect::Stdout, "the file holds the name of the case's directory, which differs in length").option("--filter");
    an_absolute_pattern_in_a_file: tree("-ai --filter=:\\s.rf s/ d", "s/.rf=-/\\ss/k/a\\n-/\\s/b").option("--filter");
    a_file_names_a_file_of_directories: tree("-ai --filter=:\\s.rf s/ d", "s/k/.rf=:\\s.sub\\n-\\sa\ns/k/.sub=-\\sb\ns/k/m/.sub=+\\sa\ns/l/.sub=-\\sa").option("--filter");
    a_file_of_directories_named_in_a_merge_file: tree("-ai --filter=.\\sx s/ d", "x=:\\s.rf\\n-\\sb\ns/k/.rf=-\\sa\\n+\\sb").option("--filter");
    a_file_names_a_file_at_the_root: tree("-ai --filter=:\\s.rf s/ d", "s/k/.rf=.\\sinc\ns/inc=-\\s/b\\n-\\s/k/a\\n-\\sm/b\ninc=-\\s*").option("--filter");
    a_file_names_a_missing_file: tree("-ai --filter=:\\s.rf s/ d", "s/.rf=.\\snope")
        .ignore(crate::compare::Aspect::Missing, "rsync makes the destination before it sees the file").option("--filter");
    a_directory_of_that_name_is_no_file: tree("-ai --filter=:\\s.rf s/ d", "s/.rf/a\ns/k/.rf=-\\sa").option("--filter");
    a_file_that_may_not_be_read_is_none: tree("-ai --filter=:\\s.rf s/ d", "s/k/.rf=-\\sa 0000").unprivileged();
    a_link_of_our_own_is_followed: tree("-ai --filter=:\\s.rf s/ d", "q=-\\sa\ns/k/.rf -> ../../q").option("--filter");
    a_link_of_another_user_is_not: tree("-ai --filter=:\\s.rf s/ d", "q=-\\sa\ns/k/.rf -> ../../q o:1000:1000").needs_root("owners are given").option("--filter");
    a_link_of_another_user_is_when_asked: tree("-ai --insecure-links --filter=:\\s.rf s/ d", "q=-\\sa\ns/k/.rf -> ../../q o:1000:1000")
        .needs_root("owners are given").option("--insecure-links");
    parents_are_read_from_the_root_down: case("-ai --filter=:\\s/.rf p/s/ d", "p/s/a\np/s/b\np/s/c\np/s/k/a\np/.rf=-\\s/s/a\\n-\\s/b\\n-\\sc\n.rf=-\\sb").option("--filter");
    parents_of_a_named_source: case("-ai --filter=:\\s/.rf p/s d", "p/s/a\np/s/b\np/s/c\np/s/k/a\np/.rf=-\\s/s/a\\n-\\s/b\\n-\\sc\n.rf=-\\s/p/*/b").option("--filter");
    parents_from_a_directory_down: case("-ai --filter=:\\s../../.rf p/q/s d", "p/q/s/a\np/q/s/b\np/.rf=-\\s/q/s/a\n.rf=-\\sb").option("--filter");
    parents_from_another_directory: tree("-ai --filter=:\\sk/.rf s/ d", "s/.rf=-\\sa\ns/k/.rf=-\\sb").option("--filter");
    parents_inherit_nothing_to_a_local_file: case("-ai --filter=:n\\s/.rf p/s/ d", "p/s/a\np/s/b\np/.rf=-\\sa");
    parents_of_the_first_source_alone: case("-ai --filter=:\\s/.rf x/s y/t d", "x/s/a\nx/s/b\ny/t/a\ny/t/b\nx/.rf=-\\sa\ny/.rf=-\\sb").option("--filter");
    each_source_has_its_own_rules: case("-ai --filter=:\\s.rf s t d", "s/a\ns/b\nt/a\nt/b\ns/.rf=-\\sa\nt/.rf=-\\sb").option("--filter");
    the_roots_of_several_sources: case("-ai --no-inc-recursive --filter=:\\s.rf s/ t/ d", "s/a\ns/b\ns/k/a\nt/a\nt/c\nt/k/c\nt/l/a\ns/.rf=-\\sa\nt/.rf=-\\sc\nt/k/.rf=+\\sc").option("--filter");
    rsync_filter_files: tree("-aiF s/ d", "s/.rsync-filter=-\\sa\ns/k/.rsync-filter=+\\sa\n.rsync-filter=-\\sb").option("-F");
    rsync_filter_files_left_out: tree("-aiFF s/ d", "s/.rsync-filter=-\\sa\ns/k/.rsync-filter=+\\sa").option("-F");
    rsync_filter_files_in_their_place: tree("-aiF --filter=+\\sa -F s/ d", "s/.rsync-filter=-\\sa\\n-\\sb").option("-F");
    an_unknown_rule_in_a_directory: tree("-ai --filter=:\\s.rf s/ d", "s/.rf=bogus")
        .ignore(crate::compare::Aspect::Missing, "rsync makes the destination before it sees the file").option("--filter");
    an_unknown_rule_in_a_file_that_a_directorys_file_names: tree("-ai --filter=:\\s.rf s/ d", "s/.rf=:w\\s.sub\ns/.sub=-_a\\s-")
        .ignore(crate::compare::Aspect::Missing, "rsync makes the destination before it sees the file");
    a_pattern_of_a_directory_that_is_too_long: tree("-ai --filter=:\\s.rf s/ d", &format!("s/.rf=-\\s{}\\n-\\sa", "x".repeat(4096))).option("--filter");
    only_a_part_is_hidden_with_hard_links: case("-aHi --filter=:\\s.rf s/ d", "s/k/a\ns/k/b == s/k/a\ns/k/c == s/k/a\ns/k/.rf=-\\sb").option("--filter");
    cvs: tree("-aiC s/ d", "s/.cvsignore=b\ns/core\ns/x~\ns/.git/x\ns/q.old\ns/k/tags").option("-C");
    cvs_words_of_home_and_environment: tree("-aiC s/ d", ".cvsignore=a\\n!\\nb").env("CVSIGNORE", "l d").option("-C");
    cvs_words_clear_their_own_list: tree("-aiC --filter=-\\sb s/ d", "").env("CVSIGNORE", "! a").option("--filter");
    cvs_comes_last: tree("-aiC --filter=+\\sc.o s/ d", "s/k/c.o\ns/core").option("-C");
    cvs_halves_in_their_place: tree("-ai --filter=:C --filter=-C --filter=+\\sc.o s/ d", "s/.cvsignore=b").option("--filter");
    cvs_as_includes: tree("-ai --filter=+C --filter=-\\s* s/ d", "").option("--filter");
    cvs_for_a_side: case("-ai --delete --filter=-sC s/ d", "s/a\ns/c.o\nd/c.o\nd/x.o").option("--filter");
}
