//! `--remove-source-files`, `--remove-sent-files`.

use crate::case::{Case, case};

const TREE: &str = "s/ @5\ns/f=one\ns/k/ @5\ns/k/g=two\ns/l -> t\ns/p fifo\ns/same=ss\nd/same=ss\ns/held -> t\nd/held -> t\ns/turned -> a\nd/turned -> b\n";

fn tree(line: &str) -> Case {
    case(line, TREE)
}

cases! {
    synced: tree("-ai --remove-source-files s/ d").option("--remove-source-files");
    synced_verbose: tree("-av --remove-source-files s/ d").option("--remove-source-files");
    synced_very_verbose: tree("-avv --remove-source-files s/ d").option("--remove-source-files");
    synced_info: tree("-a --info=remove --remove-source-files s/ d").option("--remove-source-files");
    synced_new: case("-avv --remove-source-files s/ d", "s/a\ns/b/c\ns/b/e/").option("--remove-source-files");
    synced_twice: tree("-a --remove-source-files s/ d").then("-ai --remove-source-files s/ d").option("--remove-source-files");
    synced_all_right: case("-avv --remove-source-files s/ d", "s/ @5\ns/a=x\nd/ @5\nd/a=x").option("--remove-source-files");
    synced_dry_run: tree("-avvn --remove-source-files s/ d").option("-n");
    synced_no_links: tree("-rvv --remove-source-files s/ d").option("--remove-source-files");
    synced_files: case("-avv --remove-source-files s/f s/k d", TREE).option("--remove-source-files");
    synced_single: case("-avv --remove-source-files s/f new", TREE).option("--remove-source-files");
    synced_excluded: tree("-ai --exclude=f --exclude=k --delete --remove-source-files s/ d").option("--remove-source-files");
    synced_newer: case("-auvv --remove-source-files s/ d", "s/a=x\nd/a=y @2000000000\ns/b=b").option("--remove-source-files");
    synced_existing: case("-ai --existing --remove-source-files s/ d", "s/a=x\nd/a=y\ns/b=b").option("--remove-source-files");
    synced_ignore_existing: case("-ai --ignore-existing --remove-source-files s/ d", "s/a=x\nd/a=y\ns/b=b").option("--remove-source-files");
    synced_hard_links: case("-avvH --remove-source-files s/ d", "s/a=x\ns/b == s/a\ns/k/c == s/a\ns/z=z\ns/y == s/z\nd/z=z\nd/y == d/z").option("--remove-source-files");
    synced_one_file: case("-avv --remove-source-files s/ d", "s/a=x\nd/a == s/a\ns/b=b").option("--remove-source-files");
    synced_onto_itself: case("-avv --remove-source-files s/ s/", "s/a=x\ns/k/b=y").option("--remove-source-files");
    synced_in_the_way: case("-ai --remove-source-files s/ d", "s/a=x\nd/a/x\ns/b=b").option("--remove-source-files");
    synced_compared: case("-avv --remove-source-files --compare-dest=../p s/ d", "s/ @5\ns/a=x\ns/l -> t\np/ @5\np/a=x\np/l -> t").option("--remove-source-files");
    synced_copied: case("-ai --remove-source-files --copy-dest=../p s/ d", "s/ @5\ns/a=x\ns/l -> t\ns/p fifo\np/ @5\np/a=x\np/l -> t\np/p fifo").option("--remove-source-files");
    synced_linked: case("-avv --remove-source-files --link-dest=../p s/ d", "s/ @5\ns/a=x\ns/l -> t\np/ @5\np/a=x\np/l -> t").option("--remove-source-files");
    synced_linked_to_itself: case("-avv --remove-source-files --link-dest=../s s/ d", "s/ @5\ns/a=x\ns/k/b=y").option("--remove-source-files");
synced_two_sources: case("-ai --info=remove --remove-source-files s/ t/ d", "s/a=x\ns/both=1\nt/b=y\nt/both=2").option("--remove-source-files");
    synced_relative: case("-aR --info=remove --remove-source-files s/f s/./k d", TREE).option("--remove-source-files");
    synced_absent: case("-ai --remove-source-files s/nothing s/f d/", TREE).option("--remove-source-files");
    synced_appended: case("-ai --append --remove-source-files s/ d", "s/a=x\nd/a=longer\ns/b=bb\nd/b=b").option("--remove-source-files").only_direct();
    synced_delayed: case("-a --delay-updates --info=remove --remove-source-files s/ d", "s/a=xx\nd/a=y\ns/k/b=z").option("--remove-source-files");
    synced_in_place: case("-ai --inplace --remove-source-files s/ d", "s/a=xx\nd/a=y\ns/k/b=z").option("--remove-source-files").only_direct();
    synced_too_large: case("-ai --max-size=3 --remove-source-files s/ d", "s/a=xxxxx\ns/b=b").option("--remove-source-files");
    synced_followed_link: case("-aL --info=remove --remove-source-files s/ d", "s/f=one\nt=two\ns/l -> ../t").option("--remove-source-files");
    synced_followed_directory: case("-aL --info=remove --remove-source-files s/ d", "s/f=one\no/x=xx\ns/dl -> ../o").option("--remove-source-files");
    synced_links_half_there: case("-aHi --remove-source-files s/ d", "s/y=z\ns/z == s/y\nd/y=z").option("--remove-source-files");
    synced_both_ways: case("-ai --remove-source-files --remove-sent-files s/ d", "s/a=x\nd/a=x\ns/b=b").option("--remove-sent-files");
    synced_backup: case("-abi --remove-source-files s/ d", "s/a=new\nd/a=old!\ns/b=b").option("--remove-source-files");
    synced_closed: case("-ai --remove-source-files s/ d", "s/ 0555\ns/a=x\ns/k/ 0555\ns/k/b=y").unprivileged();
    synced_unreadable: case("-ai --remove-source-files s/ d", "s/a=x 0000\ns/b=y").option("--remove-source-files").unprivileged();
    sent: tree("-ai --remove-sent-files s/ d").option("--remove-sent-files");
    sent_very_verbose: tree("-avv --remove-sent-files s/ d").option("--remove-sent-files");
    sent_hard_links: case("-aiH --remove-sent-files s/ d", "s/a=x\ns/b == s/a\ns/k/c == s/a\ns/z=z\ns/y == s/z\nd/z=z\nd/y == d/z").option("--remove-sent-files");
    sent_linked: case("-ai --remove-sent-files --link-dest=../p s/ d", "s/ @5\ns/a=x\ns/b=b\np/ @5\np/a=x").option("--remove-sent-files");
}
