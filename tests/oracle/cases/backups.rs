//! `--backup`, `--backup-dir`, `--suffix`.

use crate::case::{Case, case};

/// Files that change, go, and stay, in several directories.
const TREE: &str = "s/ @5\ns/f=new1\ns/same=x\ns/k/ @5\ns/k/g=new2\ns/k/m/h=new3\ns/added=y
d/ @5\nd/f=old\nd/same=x\nd/k/ @5\nd/k/g=o\nd/k/m/h=older\nd/gone=z\nd/k/gone=zz\nd/x/y/deep=deep\n";

/// Objects of every kind in each other's place.
const KINDS: &str = "s/p fifo\nd/p=file\ns/l -> a\nd/l=file\ns/r=reg\nd/r -> t\ns/t -> new\nd/t -> old\ns/dir/x\nd/dir=file\n";

fn tree(line: &str) -> Case {
    case(line, TREE)
}

cases! {
    beside: tree("-abi s/ d").option("-b");
    beside_long: tree("-ai --backup s/ d").option("--backup");
    beside_all: tree("-abii s/ d").option("-b");
    beside_verbose: tree("-abv s/ d").option("-b");
    beside_very_verbose: tree("-abvv s/ d").option("-b");
    beside_stats: tree("-ab --stats s/ d").option("-b");
    beside_dry_run: tree("-abin s/ d");
    beside_negated: tree("-abi --no-backup s/ d").option("--no-backup");
    beside_no_times_of_dirs: case("-abii s/ d", "s/ @6\ns/k/ @6\ns/k/f=new1\nd/ @5\nd/k/ @5\nd/k/f=old").option("-b");
    beside_no_omit_dir_times: case("-abii --no-O s/ d", "s/ @6\ns/k/ @6\ns/k/f=new1\nd/ @5\nd/k/ @5\nd/k/f=old").option("-b");
    beside_single_file: case("-abvv s/f f", "s/f=newer\nf=old").option("-b");
    beside_delete: tree("-abi --delete s/ d").option("-b");
    beside_delete_very_verbose: tree("-abvv --delete s/ d").option("-b");
    beside_delete_twice: tree("-abvv --delete s/ d").then("-abvv --delete s/ d").option("-b");
    beside_delete_after: tree("-abi --delete-after s/ d").option("-b");
    beside_delete_before: tree("-abi --delete-before s/ d").option("-b");
    beside_delete_excluded: case("-abvv --delete-excluded s/ d", "s/f=new1\nd/f=old\nd/g~=gg\nd/z=z").option("-b");
    beside_delete_protects_old_ones: case("-abi --delete s/ d", "s/f=new1\nd/f=old\nd/z~=z\nd/k/y~=y\nd/k/x=x").option("-b");
    beside_delete_max: tree("-abi --delete --max-delete=1 s/ d").option("-b");
    beside_delete_below_protected: case("-abi --delete --exclude=/x/y/keep s/ d", "s/f=f\nd/x/y/keep=k\nd/x/y/z=z\nd/x/w=w").option("-b");
    beside_three_deep: case("-abvv --delete s/ d", "s/f=f\nd/x/y/z/f=f").option("-b");
    beside_over_an_older_one: case("-abi s/ d", "s/f=new1\nd/f=old\nd/f~=older").option("-b");
    beside_over_a_link: case("-abi s/ d", "s/f=new1\nd/f=old\nd/f~ -> q").option("-b");
    beside_over_an_empty_dir: case("-abi s/ d", "s/f=new1\nd/f=old\nd/f~/").option("-b");
    beside_over_a_full_dir: case("-abi s/ d", "s/f=new1\nd/f=old\nd/f~/q=q").option("-b");
    beside_attributes_only: case("-abii s/ d", "s/same=x 0600\nd/same=x").option("-a");
    beside_with_mode: case("-abii s/ d", "s/f=new 0600\nd/f=old! 0640").option("-b");
    beside_kinds: case("-abii s/ d", KINDS).option("-b");
    beside_kinds_very_verbose: case("-abvv s/ d", KINDS).option("-b");
    beside_devices: case("-abii s/ d", "s/c char:1,3\nd/c char:1,5\ns/b=f\nd/b block:7,1").option("-b").needs_root("devices");
    beside_dir_for_file: case("-abi --delete s/ d", "s/x=file\nd/x/f").option("-b");
    beside_empty_dir_for_file: case("-abi s/ d", "s/x=file\nd/x/").option("-a");
    beside_hard_links: case("-abii s/ d", "s/f=new1\ns/g=new2\nd/f=old\nd/g == d/f").option("-b");
    beside_hard_links_kept: case("-abHii s/ d", "s/f=new1\ns/g == s/f\nd/f=old\nd/g == d/f").option("-b");
    beside_hard_links_apart: case("-abvvH s/ d", "s/f=new1\ns/g == s/f\ns/h == s/f\nd/f=old\nd/g=oo\nd/h=hhh").option("-b");
    beside_no_whole_file: case("-abi --no-whole-file s/ d", "s/f size:100k seed:1 @9\nd/f size:100k seed:2").option("-b");
    beside_and_back: tree("-abi s/ d").change("s/f=third @9").then("-abi s/ d").option("-b");
    beside_read_only_dir: case("-abi s/ d", "s/k/ 0555\ns/k/f=new1\nd/k/ 0555\nd/k/f=old").option("-b");
    beside_unprivileged: tree("-abi --delete s/ d").option("-b").unprivileged();

    suffix: tree("-abi --suffix=.bak s/ d").option("--suffix");
    suffix_separate: tree("-abi --suffix .bak --delete s/ d");
    suffix_without_backup: tree("-ai --suffix=.x s/ d").option("-a");
    suffix_empty: tree("-abi --suffix= s/ d").option("--suffix");
    suffix_with_slash: tree("-abi --suffix=a/b s/ d").option("--suffix");
    suffix_with_slash_without_backup: tree("-ai --suffix=a/b s/ d").option("--suffix");
    suffix_empty_and_here: tree("-abi --suffix= --backup-dir=. s/ d").option("--backup-dir");
    suffix_and_here: tree("-abvv --suffix=.x --backup-dir=./ s/ d").option("--suffix");

    outside: tree("-ai --backup-dir=../b s/ d").option("--backup-dir");
    outside_very_verbose: tree("-abvv --backup-dir=../b s/ d").option("--backup-dir");
    outside_twice: tree("-abvv --backup-dir=../b s/ d").change("s/f=third @9").then("-abvv --backup-dir=../b s/ d").option("--backup-dir");
    outside_dry_run: tree("-abvvn --backup-dir=../b s/ d").option("--backup-dir");
    outside_suffix: tree("-abi --backup-dir=../b --suffix=.x s/ d").option("--suffix");
    outside_deep: tree("-abi --backup-dir=../o/p/q s/ d").option("--backup-dir");
    outside_delete: tree("-abi --delete --backup-dir=../b s/ d").option("--backup-dir");
    outside_delete_very_verbose: tree("-abvv --delete --backup-dir=../b s/ d").option("--backup-dir");
    outside_delete_after: tree("-abi --delete-after --backup-dir=../b s/ d").option("--backup-dir");
    outside_delete_suffix: case("-abvv --delete --backup-dir=../b --suffix=~ s/ d", "s/f=f\nd/g~=gg\nd/z=z").option("--backup-dir");
    outside_times: case("-abii --backup-dir=../b s/ d", "s/ @6\ns/k/ @6\ns/k/f=new1\nd/ @5\nd/k/ @5\nd/k/f=old").option("--backup-dir");
    outside_modes_of_dirs: case("-abi --delete --backup-dir=../b s/ d",
        "s/k/ 0750\ns/k/f=new1\nd/k/ 0711\nd/k/f=old\nd/x/ 0700\nd/x/y/ 0751\nd/x/y/f=f").option("--backup-dir");
    outside_modes_not_kept: case("-rti --delete --backup-dir=../b s/ d",
        "s/k/ 0750\ns/k/f=new1\nd/k/ 0711\nd/k/f=old\nd/x/ 0700\nd/x/y/ 0751\nd/x/y/f=f").option("--backup-dir");
    outside_owners_of_dirs: case("-abi --delete --backup-dir=../b s/ d",
        "s/k/ o:5:6\ns/k/f=new1\nd/k/ o:7:8\nd/k/f=old o:9:9\nd/x/ o:3:4\nd/x/f=f o:1:2").option("--backup-dir").needs_root("owners");
    outside_owners_not_kept: case("-rti --backup-dir=../b s/ d",
        "s/k/f=new1\nd/k/ o:7:8\nd/k/f=old o:9:9").option("--backup-dir").needs_root("owners");
    outside_into_existing: case("-abi --backup-dir=../b s/ d", "s/k/f=new1\nd/k/f=old\nb/k/ 0777\nb/k/f=older\nb/other").option("--backup-dir");
    outside_file_for_dir: case("-abi --backup-dir=../b s/ d", "s/k/f=new1\nd/k/f=old\nb/k=file").option("--backup-dir");
    outside_dir_for_file: case("-abi --backup-dir=../b s/ d", "s/k/f=new1\nd/k/f=old\nb/k/f/").option("--backup-dir");
    outside_not_a_dir: case("-abi --backup-dir=../b s/ d", "s/f=new1\nd/f=old\nb=file").option("--backup-dir");
    outside_kinds: case("-abii --backup-dir=../b s/ d", KINDS).option("--backup-dir");
    outside_kinds_delete: case("-abii --delete --backup-dir=../b s/ d", &format!("{KINDS}d/zp fifo\nd/zl -> p\nd/zf=z\n")).option("--backup-dir");
    outside_dir_replaced: case("-abi --force --backup-dir=../b s/ d", "s/x=file\nd/x/f\nd/x/y/g").option("--backup-dir");
    outside_hard_links: case("-abHii --backup-dir=../b s/ d", "s/f=new1\ns/g == s/f\nd/f=old\nd/g == d/f").option("--backup-dir");
    outside_new_destination: case("-abii --backup-dir=../b s/ d", "s/f=new1").option("-a");
    outside_single_file: case("-abvv --backup-dir=b s/f f", "s/f=new\nf=old").option("--backup-dir");
    outside_unprivileged: tree("-abi --delete --backup-dir=../b s/ d").option("--backup-dir").unprivileged();

    inside: tree("-abi --backup-dir=b s/ d").option("--backup-dir");
    inside_very_verbose: tree("-abvv --backup-dir=b s/ d").option("--backup-dir");
    inside_twice: tree("-abi --backup-dir=b s/ d").change("s/f=third @9").then("-abi --backup-dir=b s/ d").option("--backup-dir");
    inside_deep: tree("-abi --backup-dir=o/p/q s/ d").option("--backup-dir");
    inside_modes: case("-abi --backup-dir=b s/ d", "s/k/ 0750\ns/k/f=new1\nd/k/ 0711\nd/k/f=old").option("--backup-dir");
    inside_existing: case("-abi --backup-dir=b s/ d", "s/k/f=new1\nd/k/f=old\nd/b/k/ 0700\nd/b/k/f=older\nd/b/q=q").option("--backup-dir");
    inside_delete: case("-abvv --delete --backup-dir=b s/ d", "s/f=new1\nd/f=old\nd/b/f=ww\nd/q=q").option("--backup-dir");
    inside_delete_excluded: case("-abvv --delete --exclude=/b --backup-dir=b s/ d", "s/k/f=new1\nd/k/f=old\nd/k/z=zz\nd/b/q=q").option("--backup-dir");
    inside_delete_new: tree("-abi --delete --backup-dir=.b s/ d").option("--backup-dir");
    inside_of_a_source: case("-abi --backup-dir=b s/ d", "s/f=new1\ns/b/x=x\nd/f=old").option("--backup-dir")
        .ignore(crate::compare::Aspect::Stdout, "whoever comes first makes the directory")
        .ignore(crate::compare::Aspect::Mtime, "the backup comes into a directory of the source's right after the switch");
    inside_suffix: tree("-abi --backup-dir=b --suffix=.x --delete s/ d").option("--suffix");
    inside_unprivileged: tree("-abi --backup-dir=b s/ d").option("--backup-dir").unprivileged();

    in_place: tree("-abi --inplace s/ d").option("-b").only_direct();
    in_place_delta: tree("-abi --inplace --no-whole-file s/ d").option("-b").only_direct();
    in_place_delete: tree("-abi --inplace --delete s/ d").option("-b").only_direct();
    in_place_inside: tree("-abi --inplace --backup-dir=b s/ d").option("--backup-dir").only_direct();
    append: case("-abi --append s/ d", "s/f=longer\nd/f=lon").option("-b").only_direct();
    append_verify: case("-abi --append-verify s/ d", "s/f=longer\ns/g=other1\nd/f=lon\nd/g=xxx").option("-b").only_direct();
    delayed: tree("-abi --delay-updates s/ d").option("-b");

    link_dest_over_existing: case("-abii --link-dest=../p s/ d", "s/ @5\ns/a=one\np/ @5\np/a=one\nd/a=zzz").option("--link-dest");
    link_dest_over_link: case("-abii --link-dest=../p s/ d", "s/ @5\ns/a=one\np/ @5\np/a=one\nd/a -> ../q").option("-b");
    failing_outside: case("-abi --backup-dir=../b s/ d", "s/f=new1\nd/f=old\nb/ 0555").option("--backup-dir").unprivileged()
        .ignore(crate::compare::Aspect::Stderr, "rsync tells the failed call of its receiver besides")
        .ignore(crate::compare::Aspect::Mtime, "rsync has made a temporary file by then");
}
