//! Plain `--include` and `--exclude`; the recorded filter lists are replayed beside these.

use crate::case::{Case, case};

const TREE: &str = "s/a.c\ns/a.o\ns/foo/bar.c\ns/foo/bar.o\ns/foo/foo/x\ns/foobar\ns/d/foo\ns/d/e/f.c\ns/.hidden\ns/d/.hidden\n";

fn tree(line: &str) -> Case {
    case(line, TREE)
}

fn over(line: &str) -> Case {
    case(
        line,
        &format!("{TREE}d/a.o=old\nd/z.o\nd/gone/k.o\nd/gone/l\nd/foo/old\nd/other\n"),
    )
}

cases! {
    exclude_by_name: tree("-ai --exclude=*.o s/ d").option("--exclude");
    exclude_name_anywhere: tree("-ai --exclude=foo s/ d").option("--exclude");
    exclude_at_the_root: tree("-ai --exclude=/foo s/ d").option("--exclude");
    exclude_dirs_only: tree("-ai --exclude=foo/ s/ d").option("--exclude");
    exclude_by_path: tree("-ai --exclude=foo/bar.* s/ d").option("--exclude");
    exclude_two_stars: tree("-ai --exclude=d/** s/ d").option("--exclude");
    exclude_three_stars: tree("-ai --exclude=d/*** s/ d").option("--exclude");
    exclude_hidden: tree("-ai --exclude=.* s/ d").option("--exclude");
    exclude_set: tree("-ai --exclude=*.[a-n] s/ d").option("--exclude");
    exclude_value_apart: tree("-ai --exclude *.o s/ d");
    exclude_twice: tree("-ai --exclude=*.o --exclude=*.c s/ d").option("--exclude");
    exclude_named_source: tree("-ai --exclude=s s d").option("--exclude");
    exclude_below_named_source: tree("-ai --exclude=/s/foo s d").option("--exclude");
    exclude_not_anchored_to_source: tree("-ai --exclude=/foo s d");
    exclude_everything: tree("-ai --exclude=* s/ d").option("--exclude");
    include_before_exclude: tree("-ai --include=bar.o --exclude=*.o s/ d").option("--include");
    include_after_exclude: tree("-ai --exclude=*.o --include=bar.o s/ d").option("--exclude");
    include_only_c: tree("-ai --include=*/ --include=*.c --exclude=* s/ d").option("--include");
    exclude_protects_from_delete: over("-ai --delete --exclude=*.o s/ d").option("--exclude");
    exclude_dir_protects_from_delete: over("-ai --delete --exclude=gone s/ d").option("--exclude");
    exclude_contents_protect_dir: over("-av --delete --exclude=k.o s/ d").option("--exclude");
    include_gives_up_protection: over("-ai --delete --include=z.o --exclude=*.o s/ d").option("--include");
    excluded_stay_when_forced: over("-ai --force --exclude=k.o s/ d");
    excluded_in_the_way_of_a_file: case("-ai --delete --exclude=k s/ d", "s/x\nd/x/k\nd/x/l").option("--exclude");
    exclude_and_max_delete: over("-ai --delete --max-delete=1 --exclude=*.o s/ d").option("--max-delete");
    exclude_of_hard_link: case("-aHi --exclude=b s/ d", "s/a\ns/b == s/a\ns/c == s/a").option("--exclude");
    exclude_odd_name: case("-ai --exclude=w\\x5b\\xff s/ d", "s/w\\x5b\\xff\ns/v");
    exclude_hides_missing_operand_not: tree("-ai --exclude=nope nope s/ d");
}
