//! What is said: -v, -vv, -i, -ii, -q, -h, --stats, --progress.

use crate::case::{Case, case};

/// A bit of everything, and a destination that is partly there.
const TREE: &str = "s/a\ns/big size:1500000\ns/b/x\ns/b/y/z\ns/e/\ns/l -> a\ns/p fifo\ns/same\nd/same=s/same\\n\nd/b/x=old @5\nd/extra\nd/l -> old\n";

fn tree(line: &str) -> Case {
    case(line, TREE)
}

fn plain(line: &str) -> Case {
    case(line, "s/a\ns/b/x\ns/big size:1500000\nd/b/old\n")
}

cases! {
    silent: tree("-a s/ d");
    verbose: tree("-av s/ d").option("-v");
    verbose_long: tree("-a --verbose s/ d").option("--verbose");
    verbose_delete: tree("-av --delete s/ d").option("-v");
    verbose_dry_run: tree("-avn s/ d").option("-n");
    verbose_human: plain("-avh s/ d").option("-h");
    verbose_human_1024: plain("-avhh s/ d").option("-h");
    verbose_plain_numbers: plain("-av --no-h s/ d").option("--no-h");
    verbose_single_file: plain("-av s/a d").option("-v");
    verbose_new_name: plain("-av s/a e").option("-v");
    verbose_nothing_to_do: case("-av s/ d", "s/a\nd/a=s/a\\n");
    verbose_missing_source: plain("-av nope s/ d");
    verbose_negated: tree("-av --no-v s/ d").option("--no-v");
    very_verbose: plain("-avv s/ d").option("-v");
    very_verbose_up_to_date: case("-avv s/ d", "s/a\ns/b\nd/a=s/a\\n\nd/b=old");
    itemized: tree("-ai s/ d").option("-i");
    itemized_long: tree("-a --itemize-changes s/ d").option("--itemize-changes");
    itemized_twice: tree("-aii s/ d").option("-i");
    itemized_verbose: tree("-aiv s/ d").option("-v");
    itemized_negated: tree("-ai --no-i s/ d").option("--no-i");
    itemized_each_attribute: case(
        "-ai s/ d",
        "s/size=xx\nd/size=x\ns/time=x @5\nd/time=x\ns/perms=x 0600\nd/perms=x\ns/both=x 0600 @5\nd/both=x\ns/all=xx 0600 @5\nd/all=x
         s/dt/ @5\nd/dt/\ns/dp/ 0700\nd/dp/\ns/lt -> x @5\nd/lt -> x\ns/lc -> x\nd/lc -> y\ns/pp fifo 0600\nd/pp fifo\ns/pt fifo @5\nd/pt fifo",
    );
    itemized_owner_group: case(
        "-ai s/ d",
        "s/o o:1:0\nd/o=s/o\\n o:0:0\ns/g o:0:1\nd/g=s/g\\n o:0:0\ns/og/ o:1:1\nd/og/ o:0:0\ns/l -> x o:1:1\nd/l -> x o:0:0
         s/size=x o:1:1\nd/size=xx o:0:0",
    ).needs_root("owners");
    quiet: tree("-aq s/ d");
    quiet_beats_verbose: tree("-avq s/ d").option("-q");
    quiet_shows_errors: tree("-aq s/ nope d");
    quiet_with_itemize: tree("-aiq s/ d");
    quiet_stats: tree("-aq --stats s/ d");
    stats: tree("-a --stats s/ d").option("--stats");
    stats_verbose: tree("-av --stats s/ d").option("--stats");
    stats_very_verbose: plain("-avv --stats s/ d").option("--stats");
    stats_human: plain("-ah --stats s/ d").option("-h");
    stats_plain: plain("-a --no-h --stats s/ d").option("--no-h");
    stats_dry_run: tree("-an --stats --delete s/ d").option("--stats");
    stats_nothing: case("-a --stats s/ d", "s/\nd/");
    stats_devices: case("-a --stats s/ d", "s/n char:1,3\ns/p fifo\ns/f\nd/x").needs_root("devices");
    stats_thousands: case("-a --stats s/ d", "s/").prepare(|root| {
        for n in 0..1100 {
            std::fs::write(root.join(format!("s/{n}")), "0123456789").expect("a file");
        }
    });
    stats_deleted: tree("-a --stats --delete s/ d").option("--delete");
    progress: case("-a --progress s/ d", "s/a\ns/b size:300k\ns/c=\nd/b=old").option("--progress");
    progress_verbose: case("-av --progress s/ d", "s/a\ns/b size:300k").option("--progress");
    progress_itemized: case("-ai --progress s/ d", "s/a\ns/b size:300k").option("--progress");
    progress_with_dirs: case("-a --progress s/ d", "s/a\ns/b/c\ns/b/d/e\ns/l -> a").option("--progress");
    progress_large: case("-a --progress s/ d", "s/large size:20m").option("--progress");
    progress_nothing: case("-a --progress s/ d", "s/a\nd/a=s/a\\n").option("--progress");
    human_numbers_of_sizes: case("-avh s/ d", "s/a size:999\ns/b size:1000\ns/c size:1023 seed:2").option("-h");
    created_directory: case("-av s/ d", "s/");
    created_directory_itemized: case("-ai s/a s/b d", "s/a\ns/b");
    long_list_in_order: case("-av s/ d", "s/10\ns/9\ns/1/a\ns/1/b/c\ns/1/a0/d\ns/1.txt\ns/1-/e\ns/Z\ns/_");
}
