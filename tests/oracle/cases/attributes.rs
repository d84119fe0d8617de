//! Modes, owners, times, nodes: each part of `-a` on its own, and off.

use crate::case::{Case, case};

const MODES: &str = "s/a 0644\ns/x 0755\ns/w 0666\ns/all 0777\ns/ro 0400\ns/none 0000\ns/suid 04755\ns/sgid 02755\ns/sticky 01644
s/d1/ 0700\ns/d2/ 01777\ns/d3/ 02775\ns/d4/ 03777\ns/d1/f 0604\ns/d3/f 0660\n";

const OWNERS: &str = "s/a o:1:2\ns/b o:65534:100\ns/c o:12345:54321\ns/d/ o:5:6\ns/l -> a o:7:8\ns/suid 06755 o:1:1\ns/r o:0:0\n";

const OWNED_DEST: &str = "d/a=s/a\\n o:3:4\nd/b=other o:3:4\nd/c=s/c\\n o:12345:54321\nd/d/ o:3:4\nd/suid=s/suid\\n o:2:2\n";

const NODES: &str =
    "s/p fifo 0640\ns/s socket 0600\ns/null char:1,3 0666\ns/loop block:7,0 0660\ns/f\n";

fn modes(line: &str, more: &str) -> Case {
    case(line, &format!("{MODES}{more}"))
}

fn owners(line: &str) -> Case {
    case(line, &format!("{OWNERS}{OWNED_DEST}")).needs_root("owners")
}

fn nodes(line: &str) -> Case {
    case(line, NODES).needs_root("devices")
}

/// Files that are there with other modes, some of equal content and some not.
const OTHER_MODES: &str = "d/a=s/a\\n 0600\nd/x=other 0604\nd/suid=s/suid\\n 0700\nd/d1/ 0755\nd/d3/ 0700\nd/all=s/all\\n 01777\n";

cases! {
    perms: modes("-rpi s/ d", "").option("-p");
    perms_over_other: modes("-rptii s/ d", OTHER_MODES).option("-p");
    no_perms_umask_022: modes("-ri s/ d", "");
    no_perms_umask_077: modes("-ri s/ d", "").umask(0o077);
    no_perms_umask_000: modes("-ri s/ d", "").umask(0);
    no_perms_umask_027_contents: modes("-rti s d", "").umask(0o027);
    no_perms_over_other: modes("-rtii s/ d", OTHER_MODES);
    no_perms_below_setgid_dir: modes("-rti s/ d", "d/ 02775");
    perms_umask_077: modes("-rpti s/ d", "").umask(0o077);
    archive_without_perms: modes("-ai --no-perms s/ d", OTHER_MODES).option("--no-perms");
    archive_without_p: modes("-ai --no-p s/ d", OTHER_MODES).option("--no-p");
    perms_wins_when_last: modes("-ai --no-p -p s/ d", OTHER_MODES);
    umask_of_missing_destination: modes("-ri s d", "").umask(0o077);
    umask_of_missing_destination_with_slash: modes("-pri s/a s/x d/", "").umask(0o077);
    single_file_without_perms: modes("-i s/w d", "").umask(0o027);

    owner_and_group: owners("-ai s/ d").option("-a");
    owner_alone: owners("-rtoi s/ d").option("-o");
    group_alone: owners("-rtgi s/ d").option("-g");
    neither_owner_nor_group: owners("-rti s/ d");
    archive_without_owner: owners("-ai --no-o s/ d").option("--no-o");
    archive_without_group: owners("-ai --no-group s/ d").option("--no-group");
    archive_without_owner_and_group: owners("-ai --no-owner --no-g s/ d").option("--no-owner");
    numeric_ids: owners("-ai --numeric-ids s/ d");
    owner_without_perms_drops_suid: owners("-rtogi s/ d");
    owners_are_silent_in_verbose: owners("-av s/ d");
    plain_user_cannot_give_away: case("-ai s/ d", "s/a o:65534:65534\ns/b 0666 o:1:1\ns/dir/ 0777 o:1:1\ns/dir/c o:2:2")
        .needs_root("owners").unprivileged();

    times: case("-rti s/ d", "s/a @1100000000.5\ns/d/ @1100000001.25\ns/d/b @999999999\nd/a=s/a\\n").option("-t");
    no_times: case("-ri s/ d", "s/a\ns/d/b\nd/a=s/a\\n\nd/d/b=s/d/b\\n @5");
    no_times_again: case("-ri s/ d", "s/a\ns/d/b").then("-ri s/ d");
    no_times_sizes_differ: case("-rii s/ d", "s/a=longer\ns/b\nd/a=x\nd/b=s/b\\n");
    archive_without_times: case("-ai --no-t s/ d", "s/a @1100000000.5\ns/d/ @1100000001.25\ns/l -> a @7").option("--no-t");
    archive_without_times_over_other: case("-ai --no-times s/ d", "s/a\ns/d/b\ns/l -> a\nd/a=s/a\\n @5\nd/d/ @6\nd/l -> a @7");
    times_before_the_epoch: case("-ai s/ d", "s/a @-5\ns/z @0\ns/far @4102444800.000000001");
    times_of_dirs_are_set_last: case("-ai s/ d", "s/d/ @1100000001.25\ns/d/e/ @1100000002\ns/d/e/f\nd/d/e/x");

    devices_and_specials: nodes("-ai s/ d").option("-a");
    devices_alone: nodes("-rti --devices s/ d").option("--devices");
    specials_alone: nodes("-rti --specials s/ d").option("--specials");
    big_d: nodes("-rtpDi s/ d").option("-D");
    no_nodes: nodes("-rtpi s/ d");
    archive_without_nodes: nodes("-ai --no-D s/ d").option("--no-D");
    archive_without_devices: nodes("-ai --no-devices s/ d").option("--no-devices");
    archive_without_specials: nodes("-ai --no-specials s/ d").option("--no-specials");
    nodes_over_other_nodes: case(
        "-ai s/ d",
        "s/a char:1,3\ns/b char:1,5\ns/c block:7,1\ns/p fifo\ns/q fifo 0600\nd/a char:1,3\nd/b char:1,3\nd/c char:7,2\nd/p=file\nd/q fifo",
    ).needs_root("devices");
    nodes_second_run: nodes("-ai s/ d").then("-aii s/ d");
    plain_user_keeps_set_ids: case("-ai s/ d", "s/su=x 06755").unprivileged().option("-a");
    plain_user_makes_fifos: case("-ai s/ d", "s/p fifo 0640\ns/s socket\ns/f").unprivileged();
    suid_survives_archive: case("-ai s/ d", "s/su 06755 o:1:1\nd/su=s/su\\n 0755 o:0:0").needs_root("owners");
    suid_of_replaced_file: case("-ai s/ d", "s/su=new 04755\nd/su=old!! 04711\ns/kept=new\nd/kept=old!! 04755");
    xattrs_are_not_copied_unasked: case("-ai s/ d", "s/a x:user.k=v\ns/b x:user.k=v\nd/b=s/b\\n");
    xattrs_of_untouched_files_stay: case("-ai s/ d", "s/a\ns/d/b\nd/a=s/a\\n x:user.mine=1\nd/d/ x:user.mine=2");
    xattrs_of_touched_files_stay: case("-ai s/ d", "s/a 0600\ns/d/ 0700\nd/a=s/a\\n x:user.mine=1\nd/d/ x:user.mine=2");
}
