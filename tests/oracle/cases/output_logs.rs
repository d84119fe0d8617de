//! `--log-file`: its content is part of the tree (`*.log`, compared without times and process numbers).

use crate::case::{Case, case};

const TREE: &str = "s/a\ns/b/x\ns/dir/ 0700\nd/dir/\ns/l -> a\nd/l -> old\ns/p fifo
    s/same\nd/same=s/same\\n\nd/old/q\nd/old/r -> q\n";

fn tree(line: &str) -> Case {
    case(line, TREE).option("--log-file")
}

cases! {
    plain: tree("-a --log-file=x.log s/ d");
    deletions: tree("-a --delete --log-file=x.log s/ d");
    verbose: tree("-av --delete --log-file=x.log s/ d");
    very_verbose: tree("-avv --delete --log-file=x.log s/ d");
    itemized: tree("-ai --delete --log-file=x.log s/ d");
    itemized_twice: tree("-aii --delete --log-file=x.log s/ d");
    quiet: tree("-aq --delete --log-file=x.log s/ d");
    dry: tree("-an --delete --log-file=x.log s/ d");
    dry_verbose: tree("-anv --delete --log-file=x.log s/ d");
    dry_itemized: tree("-ani --delete --log-file=x.log s/ d");
    stats: tree("-a --stats --log-file=x.log s/ d");
    stats_human: case("-ah --stats --log-file=x.log s/ d", "s/a size:1500000\nd/").option("--log-file");
    totals_are_plain: case("-a --log-file=x.log s/ d", "s/a size:1500000\nd/").option("--log-file");
    progress: tree("-a --progress --log-file=x.log s/ d");
    progress_2: tree("-a --info=progress2 --log-file=x.log s/ d");
    errors: tree("-a --log-file=x.log s/ nope d");
    notices: tree("-rpt --log-file=x.log s/ d");
    skips: tree("-a --ignore-existing --info=skip --log-file=x.log s/ d");
    no_info: tree("-a --info=none --log-file=x.log s/ d");
    unchanged_names: tree("-a --info=name2 --log-file=x.log s/ d");
    nothing_to_do: case("-a --log-file=x.log s/ d", "s/a\nd/a=s/a\\n").option("--log-file");
    new_destination: case("-a --log-file=x.log s/ d", "s/a\ns/b/c").option("--log-file");
    new_destination_verbose: case("-av --log-file=x.log s/ d", "s/a").option("--log-file");
    appended: tree("-a --delete --log-file=x.log s/ d").then("-a --delete --log-file=x.log s/ d").then("-ac --delete --log-file=x.log s/ d");
    mode_of_a_new_log: case("-a --log-file=x.log s/ d", "s/a").umask(0o077).option("--log-file");
    format: tree("-a --delete --log-file=x.log --log-file-format=<%n> s/ d").option("--log-file-format");
    format_operation: tree("-a --delete --log-file=x.log --log-file-format=%o:%n s/ d").option("--log-file-format");
    format_afterwards: tree("-a --log-file=x.log --log-file-format=%n:%c:%C s/ d").option("--log-file-format");
    format_empty: tree("-a --delete --log-file=x.log --log-file-format= s/ d").option("--log-file-format");
    format_beside_another: tree("-a --log-file=x.log --log-file-format=%n:%C --out-format=%i:%n s/ d").option("--log-file-format");
    format_without_a_log: case("-av --log-file-format=%n s/ d", TREE);
    cannot_be_opened: tree("-av --log-file=none/x.log s/ d");
    cannot_be_opened_quiet: tree("-aq --log-file=none/x.log s/ d");
    names_are_escaped: case("-a --log-file=x.log s/ d", "s/\\x07\\xff\ns/\\xc3\\xa9\nd/").option("--log-file");
    names_in_eight_bits: case("-a8 --log-file=x.log s/ d", "s/\\x07\\xff\ns/\\xc3\\xa9\nd/");
    single_file: case("-a --log-file=x.log s/a d/", "s/a\nd/").option("--log-file");
}
