//! Sources that are not there, nor the directory around them, and rules that protect what stands for them
//! (`--delete-missing-args`).

use crate::case::{Case, case};
use crate::compare::Aspect;

const TREE: &str = "s/a\ns/e/in\nd/k/gone\nd/k/other\nd/k/stay\nd/k/sub/x\nd/k/sub/y\nd/k/sub/deep/q\nd/z/y\nd/e/f/g\nd/e/o\n";

const LIST: &str = "-ai --delete-missing-args --files-from=- s/ d/";

fn list(line: &str, names: &str) -> Case {
    case(line, TREE)
        .stdin(names.as_bytes())
        .option("--delete-missing-args")
}

/// rsync tells again of a directory for each run of names that leads through it; it is told once here.
fn told_once(line: &str, names: &str) -> Case {
    list(line, names).ignore(Aspect::Stderr, "rsync tells of the same directory again")
}

fn protected(rules: &str, more: &str) -> Case {
    let line = format!("-ai --delete-missing-args {rules} --files-from=- s/ d/");
    case(&line, &format!("{TREE}{more}")).stdin(b"e/o\na\n")
}

cases! {
    parent_absent: list(LIST, "k/gone\n");
    parents_absent: list(LIST, "k/sub/x\n");
    three_parents_absent: list(LIST, "k/sub/deep/q\n");
    two_of_one_parent: list(LIST, "k/gone\nk/other\n");
    deeper_first: list(LIST, "k/sub/x\nk/gone\n");
    deeper_last: told_once(LIST, "k/gone\nk/sub/x\n");
    among_others: list(LIST, "a\nz/y\nk/gone\ne/in\n");
    parent_absent_in_one_that_is_there: list(LIST, "e/f/g\n");
    around_one_that_is_there: list(LIST, "e/f/g\ne/o\ne/f/h\n");
    nothing_there_either: list(LIST, "k/nope\n");
    nothing_around_it_there: list(LIST, "nope/nope\n").option("--files-from");
    parent_named_first: list(LIST, "k\nk/gone\n");
    parent_named_last: list(LIST, "k/gone\nk\n");
    parent_named_and_deeper: list(LIST, "k\nk/sub/x\n");
    lower_parent_named: list(LIST, "k/sub/x\nk/sub\n");
    by_force: list("-ai --force --delete-missing-args --files-from=- s/ d/", "k\nk/gone\n").option("--force");
    dir_by_force: list("-ai --force --delete-missing-args --files-from=- s/ d/", "k/sub\n").option("--force");
    by_force_in_part: list("-ai --force -f P_stay --delete-missing-args --files-from=- s/ d/", "k\nk/gone\n").option("--force");
    by_force_but_protected: list("-ai --force -f P_/k --delete-missing-args --files-from=- s/ d/", "k\nk/gone\n").option("-f");
    listed_under_force: list("-a --list-only --force --delete-missing-args --files-from=- s/ d/", "k\nk/gone\n");
    dry: list("-ain --delete-missing-args --files-from=- s/ d/", "k/gone\n");
    along_the_way: list("-air --delete-missing-args --files-from=- s/ d/", "k/gone\na\n");
    along_the_way_and_delete: list("-air --delete --delete-missing-args --files-from=- s/ d/", "k/gone\na\n");
    along_the_way_and_delay: list("-air --delete-delay --delete-missing-args --files-from=- s/ d/", "k/gone\na\n");
    whole_list: list("-air --no-inc-recursive --delete-missing-args --files-from=- s/ d/", "k/gone\na\n").option("--no-inc-recursive");
    whole_list_by_before: list("-air --delete-before --delete-missing-args --files-from=- s/ d/", "k/gone\na\n").option("--delete-before");
    whole_list_by_after: list("-air --delete-after --delete-missing-args --files-from=- s/ d/", "k/gone\na\n").option("--delete-after");
    whole_list_by_prune: list("-airm --delete-missing-args --files-from=- s/ d/", "k/gone\na\n").option("-m");
    without_implied_dirs: list("-ai --no-implied-dirs --delete-missing-args --files-from=- s/ d/", "k/gone\n");
    max_delete: list("-ai --max-delete=1 --delete-missing-args --files-from=- s/ d/", "k/gone\nk/other\n").option("--max-delete");
    listed: list("-a --list-only --delete-missing-args --files-from=- s/ d/", "k/gone\n");
    to_new_destination: list("-ai --delete-missing-args --files-from=- s/ new/", "k/gone\n");
    file_for_the_parent: case("-ai --delete-missing-args --files-from=- s/ d/", "s/a\nd/k=file").stdin(b"k/gone\na\n").option("--delete-missing-args");
    link_for_the_parent: case("-ai --delete-missing-args --files-from=- s/ d/", "s/a\nreal/gone\nd/k -> ../real").stdin(b"k/gone\na\n").option("--delete-missing-args");
    operand: case("-tiR -d --delete-missing-args s/./k/gone d/", TREE).option("--delete-missing-args");
    operands_share_a_parent: case("-tiR -d --delete-missing-args s/./k/gone s/./k/other d/", TREE).option("--delete-missing-args");
    unprivileged: list(LIST, "k/gone\nk/sub/x\na\n").unprivileged().ignore(Aspect::Stderr, "rsync tells of the same directory again");
    counted: list("-a --stats --delete-missing-args --files-from=- s/ d/", "e/o\n").ignore(Aspect::Stdout, "rsync counts deletions only under --delete or --force");

    protected_name: protected("-f P_o", "").option("-f");
    protected_recursive: protected("-r -f P_o", "").option("-f");
    protected_under_force: protected("--force -f P_o", "").option("-f");
    protected_and_parent_absent: list("-ai -f P_gone --delete-missing-args --files-from=- s/ d/", "k/gone\nk/other\n").option("-f");
    protected_by_path: protected("-f P_/e/o", "").option("-f");
    protected_by_receiver_rule: protected("-f -r_o", "").option("-f");
    hidden_only: protected("-f -s_o", "").option("--delete-missing-args");
    excluded: protected("--exclude=o", "").option("--exclude");
    protected_as_a_directory: protected("-f P_o/", "").option("--delete-missing-args");
    dir_protected_as_a_directory: case("-ai --force --delete-missing-args -f P_q/ --files-from=- s/ d/", "s/a\nd/q/x").stdin(b"q\na\n").option("--delete-missing-args");
    perishable_protects: protected("-f -p_o", "").option("-f");
    content_protected: case("-ai --force --delete-missing-args -f P_x --files-from=- s/ d/", "s/a\nd/q/x\nd/q/y").stdin(b"q\na\n").option("-f");
}
