//! What is said, piece by piece: every level of `-v`, `--info`, `--debug`, `--progress`, `--stderr`, `--outbuf`.

use crate::case::{Case, case};

/// Something for every flag to say.
const TREE: &str = "s/a\ns/b/x\ns/b/y/z\ns/dir/ 0700\nd/dir/\ns/l -> a\nd/l -> old\ns/p fifo
    s/same\nd/same=s/same\\n\ns/new=longer\nd/new=old @1500000000\nd/old/q\nd/old/r -> q\ns/b/h == s/a\n";

fn tree(line: &str) -> Case {
    case(line, TREE)
}

/// One file and one deletion.
fn small(line: &str) -> Case {
    case(line, "s/a\ns/b/x\nd/old\n")
}

cases! {
    v: tree("-aHv --delete s/ d").option("-v");
    vv: tree("-aHvv --delete s/ d").option("-v");
    vv_update: tree("-avvu s/ d").option("-u");
    vv_existing: tree("-avv --existing s/ d").option("--existing");
    vv_ignore_existing: tree("-avv --ignore-existing s/ d").option("--ignore-existing");
    vv_names_off: tree("-avv --info=name0 --delete s/ d").option("--info");
    vv_dry: tree("-aHvvn --delete s/ d").option("-n");
    vvi: tree("-aHvvi --delete s/ d").option("-i");
    vv_attributes: case("-avv s/ d", "s/attr=x 0600\nd/attr=x\ns/dir/ 0700\nd/dir/\ns/l -> x @5\nd/l -> x").option("-v");
    v_negated_keeps_info: tree("-avv --info=name --no-v s/ d").option("--info");

    info_name: tree("-a --info=name s/ d").option("--info");
    info_name_2: tree("-a --info=name2 s/ d").option("--info");
    info_name_2_itemized: tree("-ai --info=NAME2 s/ d").option("--info");
    info_name_0_itemized: tree("-avi --info=name0 s/ d");
    info_name_0: tree("-av --info=name0 --delete s/ d").option("--info");
    info_del: tree("-a --delete --info=del s/ d").option("--info");
    info_del_0: tree("-av --delete --info=name0,del0 s/ d").option("--info");
    info_flist: tree("-a --info=flist s/ d").option("--info");
    info_flist_0: tree("-av --info=flist0 s/ d").option("--info");
    info_misc_says_nothing: tree("-a --info=misc2,copy,mount,backup,remove,symsafe s/ d").silent();
    info_nonreg_0: tree("-rpt --info=nonreg0 s/ d").option("--info");
    info_nonreg_is_the_default: tree("-rpt --info=nonreg s/ d");
    info_skip: tree("-a --ignore-existing --info=skip s/ d").option("--info");
    info_skip_update: tree("-au --info=skip s/ d").option("--info");
    info_skip_existing: tree("-a --existing --info=skip s/ d").option("--info");
    info_skip_0: tree("-avv --ignore-existing --info=skip0 s/ d").option("--info");
    info_stats: tree("-a --info=stats s/ d").option("--info");
    info_stats_2: tree("-a --delete --info=stats2 s/ d").option("--info");
    info_stats_3: tree("-a --info=stats3 s/ d").option("--info");
    info_stats_0_over_stats: tree("-av --info=stats0 --stats s/ d").option("--info");
    info_stats_1_over_stats: tree("-avv --stats --info=stats1 s/ d").option("--info");
    info_none: tree("-av --info=none s/ d").option("--info");
    info_none_then_name: tree("-av --info=none,name s/ d").option("--info");
    info_name_then_none: tree("-a --info=name,none s/ d").silent();
    info_all_2: tree("-a --info=all2,progress0 --delete s/ d").option("--info");
    info_all_with_progress: tree("-a --info=all s/ d").option("--info");
    info_loudest_wins_no_more: tree("-a --info=name99 s/ d").option("--info");
    info_empty: tree("-a --info= s/ d").silent();
    info_twice: tree("-a --info=name2 --info=name1 --info=stats s/ d").option("--info");
    info_quiet: tree("-aq --info=name2,stats2 s/ d").option("-q");
    info_unknown: tree("-a --info=foo2,name s/ d").option("--info");
    info_help: tree("-a --info=name,HELP2,foo s/ d").option("--info");

    debug_help: tree("-a --debug=help s/ d").option("--debug");
    debug_unknown: tree("-a --debug=name s/ d").option("--debug");
    debug_flist: tree("-a --debug=flist s/ d").option("--debug");
    debug_flist_delta: tree("-a --no-whole-file --debug=flist s/ d").option("--debug");
    debug_deltasum: tree("-a --debug=deltasum s/ d").option("--debug");
    debug_none: tree("-avv --debug=none s/ d").option("--debug");
    debug_first_levels_are_silent: tree("-a --delete --debug=acl,backup,bind,connect2,del,dup,filter,fuzzy2,time s/ d").silent();

    progress_2: tree("-a --info=progress2 s/ d").option("--info");
    progress_2_names: case("-av --info=progress2 --no-i-r s/ d", "s/a\ns/l -> a\ns/same\nd/same=s/same\\n").option("--info");
    progress_2_nothing_to_do: case("-a --info=progress2 s/ d", "s/a\nd/a=s/a\\n").option("--info");
    progress_2_empty: case("-a --info=progress2 s/ d", "s/\nd/").option("--info");
    progress_2_dry: tree("-an --info=progress2 s/ d").option("--info");
    progress_2_whole_list: tree("-a --info=progress2 --no-inc-recursive s/ d").option("--info");
    progress_2_over_progress: case("-a --progress --info=progress2 s/ d", "s/b/c\ns/l -> a").option("--progress");
    progress_2_negation_is_for_progress: tree("-a --info=progress2 --no-progress s/ d").option("--info");
    progress_without_names: tree("-a --info=progress s/ d").option("--info");
    progress_names_off: tree("-a --progress --info=name0 s/ d").option("--info");
    progress_off_again: tree("-av --progress --info=progress0 s/ d").option("--info");
    progress_plain_numbers: tree("-a --no-h --progress s/ d").option("--progress");
    progress_human: case("-ahh --progress s/ d", "s/large size:3m").option("-h");

    whole_list: tree("-av --no-inc-recursive s/ d").option("--no-inc-recursive");
    whole_list_quiet: tree("-avq --no-i-r s/ d").option("-q");
    whole_list_counted: tree("-a --progress --no-i-r s/ d").option("--no-i-r");
    whole_list_of_one: case("-a --info=flist2 --no-i-r s/ d", "s/\nd/").option("--info");
    whole_list_of_files: case("-tv --no-i-r s/a d", "s/a").option("-v");
    whole_list_taken_back: tree("-av --no-i-r --inc-recursive s/ d").option("--inc-recursive");

    stderr_all: tree("-av --info=stats0 --stderr=all s/ nope d").option("--stderr");
    stderr_errors: tree("-av --stderr=e s/ nope d");
    stderr_client: tree("-av --stderr=cl s/ nope d");
    stderr_unknown: tree("-av --stderr=x s/ d").option("--stderr");
    stderr_msgs: tree("-av --info=stats0 --msgs2stderr s/ d").option("--msgs2stderr");
    stderr_msgs_not: tree("-av --stderr=all --no-msgs2stderr s/ d").option("--no-msgs2stderr");
    stderr_all_quiet: tree("-avq --stderr=all s/ nope d").option("-q");
    outbuf_none: tree("-av --outbuf=N s/ d");
    outbuf_line: tree("-av --outbuf=line s/ d");
    outbuf_block: tree("-av --outbuf=b s/ d");
    outbuf_unknown: tree("-av --outbuf=x s/ d").option("--outbuf");

    numbers_0: case("-av --stats --no-h s/ d", "s/a size:1500000\nd/old").option("--no-h");
    numbers_2: case("-avh --stats s/ d", "s/a size:1500000\nd/old").option("-h");
    numbers_3: case("-avhh --stats s/ d", "s/a size:1500000\nd/old").option("-h");
    eight_bit: case("-av8 s/ d", "s/\\xffx\\x07\ns/\\xc3\\xa9\nd/").option("-8");
    eight_bit_in_c: case("-av8 s/ d", "s/\\xff\ns/\\xc3\\xa9\nd/").env("LC_ALL", "C").option("-8");
    eight_bit_negated: case("-av8 --no-8 s/ d", "s/\\xff\nd/").option("--no-8");
    quiet_deletions: small("-aq --delete --max-delete=0 s/ d");
}
