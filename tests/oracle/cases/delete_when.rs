//! When names are deleted, and what forbids it: `--delete-before`, `-during`, `-delay`, `-after`,
//! `--delete-excluded`, `--ignore-errors`.

use crate::case::{Case, case};

/// New names and names that have to go, at several depths.
const EXTRAS: &str = "s/a\ns/b/n\ns/b/c/m\ns/z/\nd/a=old\nd/x\nd/dir/f\nd/dir/sub/\nd/b/old\nd/b/c/k\nd/b/deep/er/f\nd/l -> x\nd/z/1\nd/z/2/3\n";

fn extras(line: &str) -> Case {
    case(line, EXTRAS)
}

cases! {
    before: extras("-ai --delete-before s/ d").option("--delete-before");
    before_without_times: extras("-ri --delete-before s/ d").option("--delete-before");
    before_dry: extras("-ain --delete-before s/ d").option("--delete-before");
    before_stats: extras("-a --stats --delete-before s/ d").option("--delete-before");
    before_twice: extras("-ai --delete-before s/ d").then("-ai --delete-before s/ d");
    before_with_equal_times: case("-ai --delete-before s/ d", "s/a/ @1100000000\ns/a/f\nd/a/f=s/a/f\\n\nd/a/g\nd/a/ @1100000000\ns/b/\nd/b/ @1100000000").option("--delete-before");
    before_into_missing: case("-ai --delete-before s/ d", "s/a\ns/b/c");
    before_a_single_dir: case("-ai --delete-before s d", "s/a\nd/s/x\nd/y").option("--delete-before");
    before_two_sources: case("-ai --delete-before s/ t/ d", "s/a/1\nt/a/2\nd/a/1\nd/a/2\nd/a/3\nd/b").option("--delete-before");
    before_type_change: case("-ai --delete-before s/ d", "s/x\ns/y/f\nd/x/f\nd/y=file\nd/w").option("--delete-before");
    before_max: extras("-ai --delete-before --max-delete=2 s/ d").option("--max-delete");
    before_max_dry: extras("-ain --delete-before --max-delete=2 s/ d").option("--max-delete");
    before_protected: case("-ai --delete-before --exclude=keep s/ d", "s/a\nd/keep\nd/p/keep\nd/p/x\nd/q").option("--delete-before");
    before_hard_links: case("-aHi --delete-before s/ d", "s/a=1\ns/b == s/a\nd/a=1\nd/c == d/a\nd/e/f == d/a").option("--delete-before");
    before_unreadable_dir: case("-ai --delete-before s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().option("--delete-before").silent();
    before_unreadable_dir_ignored: case("-ai --delete-before --ignore-errors s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().option("--ignore-errors");
    before_unreadable_file: case("-ai --delete-before s/ d", "s/a 0000\ns/b\nd/x\nd/b=old").unprivileged().option("--delete-before");
    before_missing_source: extras("-ai --delete-before s/ nope d").option("--delete-before");
    before_missing_source_dir: extras("-ai --delete-before s/ nope/ d");
    after: extras("-ai --delete-after s/ d").option("--delete-after");
    after_without_times: extras("-ri --delete-after s/ d").option("--delete-after");
    after_dry: extras("-ain --delete-after s/ d").option("--delete-after");
    after_stats: extras("-a --stats --delete-after s/ d").option("--delete-after");
    after_twice: extras("-ai --delete-after s/ d").then("-ai --delete-after s/ d");
    after_type_change: case("-ai --delete-after s/ d", "s/x\ns/y/f\nd/x/f\nd/y=file\nd/w").option("--delete-after");
    after_max: extras("-ai --delete-after --max-delete=2 s/ d").option("--max-delete");
    after_protected: case("-ai --delete-after --exclude=keep s/ d", "s/a\nd/keep\nd/p/keep\nd/p/x\nd/q").option("--delete-after");
    after_hard_links: case("-aHi --delete-after s/ d", "s/a=1\ns/b == s/a\ns/g/h == s/a\nd/x\nd/g/y").option("--delete-after");
    after_unreadable_dir: case("-ai --delete-after s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged();
    after_unreadable_dir_ignored: case("-ai --delete-after --ignore-errors s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().option("--ignore-errors");
    after_unreadable_file: case("-ai --delete-after s/ d", "s/a 0000\ns/b\nd/x\nd/b=old").unprivileged();
    after_read_only_dirs: case("-ai --delete-after s/ d", "s/ro/f\ns/ro/ 0555\nd/ro/f=old\nd/ro/g\nd/ro/h/i\nd/ro/ 0755").unprivileged().option("--delete-after");
    after_new_rules: case("-ai --delete-after --filter=dir-merge_.rules s/ d", "s/.rules=-\\s*.o\\n\ns/a\nd/k.o\nd/x\nd/.rules=#\n").option("--delete-after");
    delay: extras("-ai --delete-delay s/ d").option("--delete-delay");
    delay_without_times: extras("-ri --delete-delay s/ d").option("--delete-delay");
    delay_dry: extras("-ain --delete-delay s/ d").option("--delete-delay");
    delay_stats: extras("-a --stats --delete-delay s/ d").option("--delete-delay");
    delay_twice: extras("-ai --delete-delay s/ d").then("-ai --delete-delay s/ d");
    delay_type_change: case("-ai --delete-delay s/ d", "s/x\ns/y/f\nd/x/f\nd/y=file\nd/w").option("--delete-delay");
    delay_max: extras("-ai --delete-delay --max-delete=2 s/ d").option("--max-delete");
    delay_protected: case("-ai --delete-delay --exclude=keep s/ d", "s/a\nd/keep\nd/p/keep\nd/p/x\nd/q").option("--delete-delay");
    delay_unreadable_dir: case("-ai --delete-delay s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().only_direct()
        .ignore(crate::compare::Aspect::Stdout, "directories are compared side by side: which ones before the error is a matter of chance")
        .ignore(crate::compare::Aspect::Extra, "the same")
        .ignore(crate::compare::Aspect::Mtime, "the same");
    delay_unreadable_dir_ignored: case("-ai --delete-delay --ignore-errors s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().option("--ignore-errors");
    delay_unreadable_file: case("-ai --delete-delay s/ d", "s/a 0000\ns/b\nd/x\nd/b=old").unprivileged();
    after_new_rules_hidden: case("-ai --delete-after --filter=dir-merge,e_.rules s/ d", "s/.rules=-\\s*.o\\n\ns/a\nd/k.o\nd/x\nd/.rules=#\n").option("--delete-after");
    after_new_rules_below: case("-ai --delete-after --filter=dir-merge_.rules s/ d", "s/b/.rules=-\\s*.o\\n\ns/b/c/a\nd/b/c/k.o\nd/b/k.o\nd/k.o\nd/x/l.o").option("--delete-after");
    delay_old_rules: case("-ai --delete-delay --filter=dir-merge_.rules s/ d", "s/.rules=-\\s*.o\\n\ns/a\nd/k.o\nd/x\nd/.rules=#\n").option("--delete-delay");
    during_unreadable_dir_ignored: case("-ai --delete --ignore-errors s/ d", "s/a\ns/m/k\ns/z/ 0000\nd/x\nd/m/y\nd/z/q").unprivileged().option("--ignore-errors");
    missing_source_dir_ignored: extras("-ai --delete --ignore-errors s/ nope/ d").option("--ignore-errors");
    ignore_errors_negated: extras("-ai --delete --ignore-errors --no-ignore-errors s/ nope/ d");
    excluded: case("-ai --delete-excluded --exclude=*.o s/ d", "s/a\ns/k.o\nd/k.o\nd/b/l.o\nd/x").option("--delete-excluded");
    excluded_before: case("-ai --delete-before --delete-excluded --exclude=*.o s/ d", "s/a\ns/b/\nd/k.o\nd/b/l.o\nd/x").option("--delete-excluded");
    excluded_after: case("-ai --delete-excluded --delete-after --exclude=*.o s/ d", "s/a\ns/b/\nd/k.o\nd/b/l.o\nd/x").option("--delete-excluded");
    excluded_but_protected: case("-ai --delete-excluded --exclude=*.o --filter=P_k* s/ d", "s/a\nd/k.o\nd/l.o").option("--delete-excluded");
    excluded_without_recursion: case("-i --delete-excluded --exclude=*.o s/a d", "s/a\nd/k.o");
    two_times: extras("-ai --delete-before --delete-after s/ d");
    two_times_the_other_way: extras("-ai --delete-after --delete-during s/ d");
    delay_beats_during: extras("-ai --del --delete-delay s/ d");
    during_after_delay: extras("-ai --delete-delay --delete-during s/ d");
    when_without_recursion: extras("-i --delete-after s/ d");
}
