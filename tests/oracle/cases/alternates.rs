//! `--compare-dest`, `--copy-dest`, `--link-dest`.

use crate::case::{Case, case};

/// A tree with every kind that a plain user makes, and an alternate one that has all of it.
const SAME: &str = "s/ @5\ns/f=one\ns/k/ @5\ns/k/g=two\ns/l -> t\ns/p fifo
p/ @5\np/f=one\np/k/ @5\np/k/g=two\np/l -> t\np/p fifo\n";

/// Where the alternate tree is right in part.
const PART: &str = "s/ @5\ns/same=one\ns/time=one\ns/mode=one\ns/text=one\ns/size=one\ns/none=one\ns/dir/ @5\ns/kind=one
s/new/ @6\ns/new/x=xx\ns/link -> a\ns/other -> a\ns/late -> a
p/ @5\np/same=one\np/time=one @7\np/mode=one 0600\np/text=eno\np/size=ones\np/dir=file\np/kind/
p/link -> a\np/other -> b\np/late -> a @8\n";

/// Hard links whose names an alternate tree has in part.
const GROUP: &str = "s/ @5\ns/a=one\ns/b == s/a\ns/c == s/a\np/ @5\n";

fn same(line: &str) -> Case {
    case(line, SAME)
}

fn part(line: &str) -> Case {
    case(line, PART)
}

fn group(line: &str, basis: &str) -> Case {
    case(line, &format!("{GROUP}{basis}"))
}

cases! {
    link_new: same("-ai --link-dest=../p s/ d").option("--link-dest");
    link_new_all: same("-aii --link-dest=../p s/ d").option("--link-dest");
    link_new_verbose: same("-av --link-dest=../p s/ d").option("--link-dest");
    link_new_very_verbose: same("-avv --link-dest=../p s/ d").option("--link-dest");
    link_new_stats: same("-a --stats --link-dest=../p s/ d").option("--link-dest");
    link_new_dry_run: same("-aiin --link-dest=../p s/ d").option("--link-dest");
    link_new_dry_run_stats: same("-an --stats --link-dest=../p s/ d").option("--link-dest");
    copy_new: same("-ai --copy-dest=../p s/ d").option("--copy-dest");
    copy_new_all: same("-aii --copy-dest=../p s/ d").option("--copy-dest");
    copy_new_very_verbose: same("-avv --copy-dest=../p s/ d").option("--copy-dest");
    copy_without_times: same("-rlDi --copy-dest=../p s/ d").option("--copy-dest");
    copy_without_times_all: same("-rlDii --copy-dest=../p s/ d").option("--copy-dest");
    link_but_ignore_existing: part("-ai --ignore-existing --link-dest=../p s/ d").option("--link-dest");
    copy_but_ignore_existing: part("-ai --ignore-existing --copy-dest=../p s/ d").option("--copy-dest");
    compare_but_ignore_existing: part("-ai --ignore-existing --compare-dest=../p s/ d").option("--compare-dest");
    link_but_ignore_existing_of_the_destination: case("-ai --ignore-existing --link-dest=../p s/ d", "s/a=new\ns/b=new\np/a=older\np/b=older\nd/b=older").option("--ignore-existing");
    link_only_older: case("-aiu --link-dest=../p s/ d", "s/a=new @5\ns/b=new @5\np/a=newer\np/b=newer\nd/b=newer").option("-u");
    copy_only_older: case("-aiu --copy-dest=../p s/ d", "s/a=new @5\ns/b=new @5\np/a=newer\np/b=newer\nd/b=newer").option("-u");
    copy_new_stats: same("-a --stats --copy-dest=../p s/ d").option("--copy-dest");
    compare_new: same("-ai --compare-dest=../p s/ d").option("--compare-dest");
    compare_new_all: same("-aii --compare-dest=../p s/ d").option("--compare-dest");
    compare_new_very_verbose: same("-avv --compare-dest=../p s/ d").option("--compare-dest");
    compare_new_stats: same("-a --stats --compare-dest=../p s/ d").option("--compare-dest");
    compare_new_dry_run: same("-aiin --compare-dest=../p s/ d").option("--compare-dest");

    link_part: part("-aii --link-dest=../p s/ d").option("--link-dest");
    copy_part: part("-aii --copy-dest=../p s/ d").option("--copy-dest");
    compare_part: part("-aii --compare-dest=../p s/ d").option("--compare-dest");
    link_part_verbose: part("-av --link-dest=../p s/ d").option("--link-dest");
    copy_part_verbose: part("-av --copy-dest=../p s/ d").option("--copy-dest");
    copy_part_stats: part("-a --stats --copy-dest=../p s/ d").option("--copy-dest");
    link_part_checksum: part("-acii --link-dest=../p s/ d").option("--link-dest");
    link_part_size_only: part("-aii --size-only --link-dest=../p s/ d").option("--link-dest");
    link_part_ignore_times: part("-aIii --link-dest=../p s/ d").option("--link-dest");
    link_part_no_attributes: part("-rii --link-dest=../p s/ d").option("--link-dest");
    copy_part_no_attributes: part("-rii --copy-dest=../p s/ d").option("--copy-dest")
;
    copy_part_umask: part("-rtii --copy-dest=../p s/ d").option("--copy-dest").umask(0o077);
    compare_part_checksum: part("-acii --compare-dest=../p s/ d").option("--compare-dest");
    link_part_dry_run: part("-aiin --link-dest=../p s/ d").option("--link-dest");
    link_part_no_whole_file: part("-aii --stats --no-whole-file --link-dest=../p s/ d").option("--link-dest");
    basis_of_a_delta: case("-ai --stats --no-whole-file --compare-dest=../p s/ d",
        "s/big size:200k seed:1\np/big size:200k seed:1 @7\n").change("p/big size:100k seed:1\n")
        .option("--compare-dest");

    link_over_existing: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/f=one\nd/k/g=x\nd/l -> q")).option("--link-dest");
    link_over_existing_times: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/f=one @7\nd/k/g=two @9\nd/p fifo @3")).option("--link-dest");
    copy_over_existing: case("-aii --copy-dest=../p s/ d", &format!("{SAME}d/f=one\nd/k/g=x\nd/l -> q")).option("--copy-dest");
    compare_over_existing: case("-aii --compare-dest=../p s/ d", &format!("{SAME}d/f=one\nd/k/g=x\nd/l -> q")).option("--compare-dest");
    compare_over_existing_very_verbose: case("-avv --compare-dest=../p s/ d", &format!("{SAME}d/f=one\nd/k/g=x\nd/p fifo")).option("--compare-dest");
    link_over_existing_attributes: case("-aii --link-dest=../p s/ d", "s/ @5\ns/a=one\np/ @5\np/a=one 0600\nd/a=zzz");
    link_over_linked: same("-aii --link-dest=../p s/ d").then("-aii --link-dest=../p s/ d").option("--link-dest");
    compare_twice: same("-aii --compare-dest=../p s/ d").then("-aii --compare-dest=../p s/ d").option("--compare-dest");
    link_over_link: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/f -> x\nd/k -> y")).option("--link-dest");
    link_over_file: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/k=file")).option("--link-dest");
    link_over_empty_dir: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/f/\nd/k/g/")).option("--link-dest");
    link_over_full_dir: case("-aii --link-dest=../p s/ d", &format!("{SAME}d/f/x")).option("--link-dest");
    link_over_full_dir_delete: case("-aii --delete --link-dest=../p s/ d", &format!("{SAME}d/f/x")).option("--link-dest");
    compare_over_full_dir_delete: case("-aii --delete --compare-dest=../p s/ d", &format!("{SAME}d/f/x")).option("--compare-dest");
    compare_over_full_dir: case("-aii --compare-dest=../p s/ d", &format!("{SAME}d/f/x")).option("--compare-dest");
    link_newer: case("-auvv --link-dest=../p s/ d", &format!("{SAME}d/f=one\nd/k/g=other @2000000000")).option("--link-dest");
    link_ignore_existing: case("-avv --ignore-existing --link-dest=../p s/ d", &format!("{SAME}d/f=onex")).option("--link-dest");
    link_existing_only: case("-aii --existing --link-dest=../p s/ d", &format!("{SAME}d/f=onex")).option("--link-dest");
    link_delete: case("-aii --delete --link-dest=../p s/ d", &format!("{SAME}d/f=x\nd/old\nd/k/old")).option("--link-dest");
    link_devices: case("-aii --link-dest=../p s/ d",
        "s/ @5\ns/c char:1,3\ns/b block:7,3\ns/n char:1,3\np/ @5\np/c char:1,5\np/b block:7,3\np/n fifo\n")
        .option("--link-dest").needs_root("devices");
    compare_devices: case("-aii --compare-dest=../p s/ d",
        "s/ @5\ns/c char:1,3\ns/b block:7,3\np/ @5\np/c char:1,5\np/b block:7,3\n")
        .option("--compare-dest").needs_root("devices");
    link_owner: case("-aii --link-dest=../p s/ d", "s/ @5\ns/a=one o:5:6\np/ @5\np/a=one o:5:7").option("--link-dest").needs_root("owners");

    first_of_equals: case("-aii --link-dest=../q --link-dest=../p s/ d", &format!("{SAME}q/ @5\nq/f=one\nq/k/ @5\nq/k/g=xx")).option("--link-dest");
    best_of_several: case("-aii --stats --copy-dest=../q --copy-dest=../p s/ d",
        "s/ @5\ns/a=one\ns/b=one\ns/c=one\np/ @5\np/a=one\np/b=one 0600\np/c=x\nq/ @7\nq/a=one 0640\nq/b=xx\nq/c=yyyy").option("--copy-dest");
    missing_among_others: same("-avv --link-dest=nope --link-dest=../p/f --link-dest=../p s/ d").option("--link-dest");
    missing_absolute: same("-ai --copy-dest=/nowhere/at/all s/ d").option("--copy-dest");
    missing_of_a_new_destination: same("-ai --link-dest=p s/k/ new").option("--link-dest");
    leads_through_dot: same("-ai --link-dest=./../p s/ d/").option("--link-dest");
    inside_the_destination: case("-aii --link-dest=old s/ d", "s/ @5\ns/a=one\nd/ @5\nd/old/ @5\nd/old/a=one").option("--link-dest");
    inside_and_deleted: case("-aii --delete --link-dest=old s/ d", "s/ @5\ns/a=one\nd/ @5\nd/old/ @5\nd/old/a=one").only_direct();
    links_in_it_are_not_followed: case("-aii --link-dest=../p s/ d", "s/ @5\ns/a=one\ns/k/\np/a -> ../s/a\np/k -> ../s/k").option("--link-dest");
    dir_by_name: same("-aii --link-dest=../p s/k d/").option("--link-dest");
    file_by_name: same("-aii --link-dest=../p s/f d/").option("--link-dest");
    file_under_a_new_name: case("-aii --link-dest=../p s/f e/new", "s/f=one\np/f=one\np/new=one\ne/").option("--link-dest");
    two_kinds: same("-ai --link-dest=../p --copy-dest=../p s/ d").option("--copy-dest");
    twenty_one: same(&format!("-ai{} s/ d", " --link-dest=../p".repeat(21))).option("--link-dest");
    twenty: same(&format!("-aii{} s/ d/", " --link-dest=../p".repeat(20))).option("--link-dest");

    group_one_basis_first: group("-aHii --link-dest=../p s/ d", "p/a=one").option("--link-dest");
    group_one_basis_middle: group("-aHii --link-dest=../p s/ d", "p/b=one").option("--link-dest");
    group_one_basis_last: group("-aHii --link-dest=../p s/ d", "p/c=one").option("--link-dest");
    group_basis_of_a_delta: group("-aHii --link-dest=../p s/ d", "p/b=xx").option("--link-dest");
    group_basis_of_other_mode: group("-aHii --link-dest=../p s/ d", "p/b=one 0600").option("--link-dest");
    group_basis_linked: group("-aHii --link-dest=../p s/ d", "p/a=one\np/b == p/a\np/c=one").option("--link-dest");
    group_basis_linked_itemized: group("-aHi --link-dest=../p s/ d", "p/a=one\np/b == p/a\np/c=one").option("--link-dest");
    group_basis_linked_verbose: group("-aHv --link-dest=../p s/ d", "p/a=one\np/b == p/a\np/c=one").option("--link-dest");
    group_copied: group("-aHii --copy-dest=../p s/ d", "p/a=one\np/b == p/a\np/c=one").option("--copy-dest");
    group_copied_itemized: group("-aHi --copy-dest=../p s/ d", "p/a=one\np/b=one 0600\np/c=xx").option("--copy-dest");
    group_copied_middle: group("-aHii --copy-dest=../p s/ d", "p/b=one").option("--copy-dest");
    group_compared: group("-aHii --compare-dest=../p s/ d", "p/a=one\np/b=one\np/c == p/a").option("--compare-dest");
    group_partly_there: group("-aHii --link-dest=../p s/ d", "p/b=one\nd/c=one").option("--link-dest");
    group_there_first: group("-aHii --link-dest=../p s/ d", "p/b=one\nd/a=one");
    group_twice: group("-aHii --link-dest=../p s/ d", "p/a=one\np/b == p/a").then("-aHii --link-dest=../p s/ d").option("--link-dest");
    group_of_links: case("-aHii --link-dest=../p s/ d", "s/ @5\ns/a -> x\ns/b == s/a\np/ @5\np/a -> x\np/b -> x").option("--link-dest");
    snapshots: same("-aii --link-dest=../p s/ d").change("s/f=three @9").then("-aii --delete --link-dest=../d s/ e").option("--link-dest");
    unprivileged: same("-aii --link-dest=../p s/ d").option("--link-dest").unprivileged();
    unprivileged_closed_basis: case("-aii --link-dest=../p s/ d", "s/ @5\ns/k/a=one\np/ @5\np/k/ 0000\np/f 0000\ns/f=one").unprivileged();
}
