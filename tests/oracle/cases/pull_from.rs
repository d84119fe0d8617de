//! The far end of a pull: a stock rsync receives, and what its remote shell starts is resilver.

use super::pull::{ACLS, LONG, LONG_OF_SPECIALS, LONG_OTHER, SPELLED};
use super::push::{DEVICES, UNSPOKEN};
use crate::case::{Case, case};
use crate::compare::Aspect;

/// What is mirrored by most cases: content that changed, names that went, links, and times of all ages.
const TREE: &str = "s/a=changed-content @1200000000\ns/same=same\ns/new\ns/l -> a\ns/p fifo\n\
    s/k/x=deep @-86400\ns/k/m/y=far @4294967296\ns/empty/\ns/h=two\ns/k/h2 == s/h\n\
    d/a=old\nd/same=same\nd/gone\nd/k/old/er/f\nd/l -> elsewhere\n";

fn pull(line: &str) -> Case {
    small(line, TREE)
}

fn small(line: &str, tree: &str) -> Case {
    case(line, tree).sent()
}

cases! {
    archive: pull("-ai h:s/ d");
    archive_deleting: pull("-ai --delete h:s/ d").option("--delete");
    listed_there_with_marks: small("-ai --files-from=:x h:s d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    listed_here_with_marks: small("-ai --files-from=x h:s d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    deleted_at_most_and_a_source_missing: small("-a --delete --max-delete=1 h:s/ h:nope d", "s/a\nd/x\nd/y\nd/z").option("--max-delete");
    modes_of_specials: small("-ai --chmod=F600,D700 h:s/ d", "s/p fifo\ns/so socket\ns/l -> p\ns/k/\nd/").option("--chmod");
    protocol_27: pull("-ai --delete --protocol=27 h:s/ d");
    protocol_28: pull("-ai --delete --protocol=28 h:s/ d");
    protocol_29: pull("-ai --delete --protocol=29 h:s/ d");
    protocol_30: pull("-ai --delete --protocol=30 h:s/ d");
    protocol_31: pull("-ai --delete --protocol=31 h:s/ d");
    links_27: pull("-aHi --protocol=27 h:s/ d").option("-H");
    links_29: pull("-aHi --protocol=29 h:s/ d").option("-H");
    links_32: pull("-aHi h:s/ d").option("-H");
    whole_list: pull("-ai --no-inc-recursive h:s/ d");
    whole_list_30: pull("-ai --no-inc-recursive --protocol=30 h:s/ d");
    zstd: pull("-azi --zc=zstd h:s/ d");
    lz4: pull("-azi --zc=lz4 h:s/ d");
    zlibx: pull("-azzi h:s/ d");
    zlib: pull("-azi --old-compress h:s/ d");
    zlib_27: pull("-azi --protocol=27 h:s/ d");
    zlib_30: pull("-azi --protocol=30 h:s/ d");
    level: pull("-azi --zl=1 h:s/ d");
    level_zero: pull("-azi --zc=zlib --zl=0 h:s/ d");
    sums_md5: pull("-ai --cc=md5 h:s/ d");
    sums_md4: pull("-ai --cc=md4 h:s/ d");
    sums_sha1: pull("-ai --cc=sha1 h:s/ d");
    sums_xxh64: pull("-ai --cc=xxh64 h:s/ d");
    sums_none: pull("-ai --cc=none h:s/ d");
    sums_two: pull("-aci --cc=md5,xxh3 h:s/ d");
    seed: pull("-ai --checksum-seed=7 h:s/ d");
    compared: pull("-aci h:s/ d").option("-c");
    compared_27: pull("-aci --protocol=27 h:s/ d");
    twice: pull("-aHi --delete h:s/ d").then("-aHi --delete h:s/ d");
    twice_and_all_told: pull("-aHii h:s/ d").then("-aHii h:s/ d");
    dry: pull("-ain --delete h:s/ d").option("-n");
    to_nothing: small("-ai h:s/ d", "s/a\ns/k/x");
    one_directory: small("-ai h:s d", "s/a\ns/k/x");
    one_empty_directory: small("-ai h:s d", "s/");
    one_file: small("-ai h:s/a d", "s/a");
    one_file_renamed: small("-ai h:s/a d/b", "s/a\nd/");
    several: small("-ai h:s/a :s/k h:t d", "s/a\ns/k/x\nt/y\nd/");
    by_pattern: small("-ai h:s/*.c d", "s/a.c\ns/b.c\ns/c.h\nd/");
    odd_names: small("-ai h:s/a\\sb h:s/$x h:s/;y d", "s/a\\sb\ns/$x\ns/;y\nd/");
    secluded: small("-asi h:s/a\\sb h:s/*.c d", "s/a\\sb\ns/1.c\ns/2.c\nd/");
    listed: small("h:s/", "s/a\ns/k/x");
    listed_deeply: small("-r h:s/", "s/a\ns/k/x");
    relative: small("-aRi h:s/k/x d", "s/a\ns/k/x\nd/").option("-R");
    relative_from_within: small("-aRi h:s/./k/x d", "s/a\ns/k/x\nd/").option("-R");
    relative_without_parents: small("-aRi --no-implied-dirs h:s/k/x d", "s/k/ 0700\ns/k/x\nd/");
    rules: small("-ai --delete --exclude=*.o --filter=P_keep h:s/ d", "s/a\ns/b.o\nd/c.o\nd/keep\nd/gone").option("--exclude=*.o");
    rules_of_directories: small("-ai --delete -F h:s/ d", "s/.rsync-filter=-\\s*.o\ns/a\ns/b.o\ns/k/c.o\nd/x.o\nd/gone").option("-F");
    rules_of_version_control: small("-aCi h:s/ d", "s/a\ns/b.o\ns/.git/x\nd/").option("-C");
    deleted_excluded: small("-ai --delete-excluded --exclude=*.o h:s/ d", "s/a\ns/b.o\nd/c.o\nd/gone").option("--delete-excluded");
    deleted_before: pull("-ai --delete-before h:s/ d");
    deleted_late: pull("-ai --delete-delay h:s/ d");
    deleted_after: pull("-ai --delete-after h:s/ d");
    deleted_at_most: pull("-ai --delete --max-delete=1 h:s/ d").option("--max-delete=1");
    pruned: small("-aim h:s/ d", "s/a\ns/k/m/\nd/").option("-m");
    updated_only: small("-aiu h:s/ d", "s/a=new @1000000000\nd/a=newer @1300000000").option("-u");
    sized: small("-ai --max-size=4 h:s/ d", "s/a=1234\ns/b=12345\nd/").option("--max-size=4");
    followed: small("-aiL h:s/ d", "s/a\ns/l -> a\nd/").option("-L");
    beside_the_old: pull("-abi h:s/ d").option("-b");
    by_another_tree: small("-ai --link-dest=../p h:s/ d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--link-dest=../p");
    from_another_tree: small("-ai --copy-dest=../p h:s/ d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--copy-dest=../p");
    numeric: small("-ai --numeric-ids h:s/ d", "s/a\nd/");
    listed_here: small("-ai --files-from=x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\ns/k/z\nd/").option("--files-from=x");
    listed_here_31: small("-ai --protocol=31 --files-from=x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_30: small("-ai --protocol=30 --files-from=x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_29: small("-ai --protocol=29 --files-from=x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_27: small("-a --protocol=27 --files-from=x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_deeply: small("-rti --files-from=x h:s d", "x=k\\n\ns/a\ns/k/y\ns/k/m/z\nd/");
    listed_here_plainly: small("-ai --no-R --files-from=x h:s d", "x=k/y\\n\ns/a\ns/k/y\nd/");
    listed_here_with_zeros: small("-ai --from0 --files-from=x h:s d", "x=a\\x00k/y\\x00\ns/a\ns/b\ns/k/y\nd/");
    listed_here_what_is_not_there: small("-ai --files-from=x h:s d", "x=a\\nnope\\n\ns/a\nd/");
    listed_there: small("-ai --files-from=:x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_by_host: small("-ai --files-from=h:x h:s d", "x=a\\n\ns/a\ns/b\nd/");
    moved: small("-ai --remove-source-files h:s/ d", "s/a=new\ns/k/y\ns/same=1\ns/l -> a\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_27: small("-a --remove-source-files --protocol=27 h:s/ d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_29: small("-ai --remove-source-files --protocol=29 h:s/ d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_links: small("-aHi --remove-source-files h:s/ d", "s/a=new\ns/b == s/a\ns/c=1\nd/c=1").option("--remove-source-files");
    moved_and_told: small("-av --remove-source-files h:s/ d", "s/a=new\ns/same=1\nd/same=1").option("--remove-source-files");
    moved_dry: small("-ain --remove-source-files h:s/ d", "s/a=new\nd/");
    missing: small("-ai h:nope/ h:s/ d", "s/a\nd/");
    missing_ignored: small("-ai --ignore-missing-args h:nope h:s/a d", "s/a\nd/").option("--ignore-missing-args");
    delayed: pull("-ai --delay-updates h:s/ d");
    statistics: pull("-a --stats h:s/ d");
    verbose: pull("-av --delete h:s/ d");
    with_progress: pull("-a --progress h:s/ d");
    logged: pull("-a --log-file=x.log h:s/ d");
}

/// Where links are followed.
const OF_LINKS: &str =
    "rsync reads those of the link itself, resilver those of what it leads to, as with all else";

fn long(line: &str) -> Case {
    small(line, &format!("{LONG}{LONG_OTHER}"))
}

cases! {
    xattrs: long("-aXi h:s/ d").option("-X");
    xattrs_to_nothing: small("-aXi h:s/ d", LONG).then("-aXi h:s/ d").option("-X");
    xattrs_of_the_whole_list: long("-aXi --no-inc-recursive h:s/ d").then("-aXii --no-inc-recursive h:s/ d").option("-X");
    xattrs_31: long("-aXi --protocol=31 h:s/ d").option("-X");
    xattrs_30: long("-aXi --protocol=30 h:s/ d").option("-X");
    xattrs_29: long("-aXi --protocol=29 h:s/ d");
    xattrs_dry: long("-aXni h:s/ d").option("-X");
    xattrs_of_directories_without_content: small("-dptXi h:s/ d", LONG).option("-X");
    xattrs_of_links: small("-aHXi h:s/ d", &format!("{LONG}s/b2 == s/b\ns/k/e2 == s/e\nd/b=old\nd/k/e2=s/e\\n\n")).then("-aHXi h:s/ d").option("-X");
    xattrs_of_specials: small("-aXi h:s/ d", LONG_OF_SPECIALS).needs_root("attributes in trusted.").option("-X");
    xattrs_followed: small("-aLXi h:s/ d", &format!("{LONG}s/l -> a\ns/m -> k\n")).ignore(Aspect::Xattr, OF_LINKS);
    xattrs_as_a_plain_user: long("-aXi h:s/ d").unprivileged().option("-X");
    xattrs_by_rules: small("-aXi --filter=-x\\suser.long h:s/ d", &format!("{LONG}d/")).option("-X");
    xattrs_by_another_tree: small("-aXi --link-dest=../p h:s/ d", &format!("{LONG}p/e=s/e\\n x:user.long=a-value-longer-than-what-a-list-tells-5\n")).option("-X");
    xattrs_with_notes: small("-aXXi h:s/ d", "s/a x:user.rsync.%stat=100644\\s0,0\\s1:1 x:user.rsync.long=a-value-longer-than-what-a-list-tells-5\nd/").option("-XX");
    xattrs_without_notes: small("-aXi h:s/ d", "s/a x:user.rsync.%stat=100644\\s0,0\\s1:1 x:user.rsync.long=a-value-longer-than-what-a-list-tells-5\nd/").option("-X");
    acls: small("-aAi h:s/ d", ACLS).then("-aAii h:s/ d").option("-A");
    acls_of_the_whole_list: small("-aAi --no-inc-recursive h:s/ d", ACLS).option("-A");
    acls_30: small("-aAi --protocol=30 h:s/ d", ACLS).option("-A");
    acls_29: small("-aAi --protocol=29 h:s/ d", ACLS);
    acls_by_number: small("-aAi --numeric-ids h:s/ d", ACLS).option("-A");
    acls_by_maps: small("-aAi --usermap=1000:7,1:6 --groupmap=7:9 h:s/ d", ACLS).needs_root("owners").option("--usermap");
    acls_with_chmod: small("-aAi --chmod=g-w,o+r h:s/ d", ACLS).option("--chmod");
    acls_as_a_plain_user: small("-aAi h:s/ d", ACLS).unprivileged().option("-A");
    acls_and_xattrs: small("-aAXi h:s/ d", &format!("{ACLS}{LONG}")).option("-A");
    xattrs_relative: small("-aXRi h:s/k/empty h:s/a d", LONG).option("-X");
}

/// Files that stand for what only the super-user can make, as notes have it.
const NOTED: &str = "s/owned=x x:user.rsync.%stat=104755\\s0,0\\s7:8\ns/p= x:user.rsync.%stat=10644\\s0,0\\s0:0\n\
    s/l=owned x:user.rsync.%stat=120777\\s0,0\\s0:0\ns/k/ x:user.rsync.%stat=40750\\s0,0\\s3:4\n\
    s/k/trusted x:user.rsync.trusted.t=a-value-longer-than-what-a-list-tells-1 x:user.zz=2\nd/owned=y\n";

cases! {
    noted: small("-aAXi -M--fake-super h:s/ d", NOTED).then("-aAXii -M--fake-super h:s/ d").option("-M--fake-super");
    noted_and_deleting: small("-ai --delete -M--fake-super h:s/ d", NOTED);
    noted_as_a_plain_user: small("-ai -M--fake-super h:s/ d", "s/su=x x:user.rsync.%stat=104755\\s0,0\\s7:8\ns/l=a x:user.rsync.%stat=120777\\s0,0\\s0:0\nd/").unprivileged();
    noted_in_a_way_that_makes_no_sense: small("-ai -M--fake-super h:s/ d", "s/a x:user.rsync.%stat=zork\nd/");
}

fn spelled(line: &str) -> Case {
    small(line, SPELLED)
}

cases! {
    spelled_otherwise: spelled("-ai --delete --iconv=latin1,utf8 h:s/ d").option("--iconv");
    spelled_otherwise_twice: spelled("-ai --iconv=latin1,utf8 h:s/ d").then("-aii --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_whole: spelled("-ai --delete --no-inc-recursive --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_30: spelled("-ai --delete --protocol=30 --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_29: spelled("-ai --delete --protocol=29 --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_27: spelled("-a --delete --protocol=27 --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_with_links: spelled("-aHi --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_with_xattrs: small("-aXi --iconv=latin1,utf8 h:s/ d", &format!("{SPELLED}s/d\\xc3\\xa9/ x:user.k=a-value-longer-than-what-a-list-tells-1\ns/d\\xc3\\xa9/q x:user.k=a-value-longer-than-what-a-list-tells-2\n"));
    spelled_otherwise_compared: spelled("-aci --iconv=latin1,utf8 h:s/ d");
    spelled_otherwise_and_moved: small("-ai --remove-source-files --iconv=latin1,utf8 h:s/ d", "s/b\\xc3\\xa9\ns/a\ns/\\xc3\\xa9/y\nd/");
    spelled_otherwise_listed: spelled("-r --iconv=latin1,utf8 h:s/");
    spelled_otherwise_dry: spelled("-ain --delete --iconv=latin1,utf8 h:s/ d");
    spelled_there_in_latin: small("-ai --iconv=utf8,latin1 h:s/ d", "s/caf\\xe9\ns/a\ns/d\\xe9/x\ns/d\\xe9/y/z\ns/l -> t\\xe9\nd/").option("--iconv");
    spelled_there_with_notices: small("-rliv --iconv=utf8,latin1 --no-msgs2stderr h:s/ d", "s/d\\xe9/x\ns/d\\xe9/ 0000\ns/a\nd/").unprivileged();
    spelled_past_the_shell: small("-asi --iconv=latin1,utf8 h:s/d\\xe9 d", "s/d\\xc3\\xa9/x\ns/other\nd/");
    spelled_past_the_shell_and_listed: small("-asi --iconv=latin1,utf8 --files-from=x h:s d", "x=d\\xe9/x\\ncaf\\xe9\\n\ns/d\\xc3\\xa9/x\ns/caf\\xc3\\xa9\ns/other\nd/").option("--iconv");
    spelled_before_the_shell_and_listed: small("-ai --iconv=latin1,utf8 --files-from=x h:s d", "x=caf\\xc3\\xa9\\n\ns/d\\xc3\\xa9/x\ns/caf\\xc3\\xa9\ns/other\nd/").option("--iconv");
    unspoken: small("-ai --delete --iconv=utf8 h:s/ d", UNSPOKEN).option("--iconv");
    unspoken_whole: small("-ai --delete --no-inc-recursive --iconv=utf8 h:s/ d", UNSPOKEN).option("--iconv");
    unspoken_29: small("-ai --delete --protocol=29 --iconv=utf8 h:s/ d", UNSPOKEN).option("--iconv");
    unspoken_operands: small("-ai --iconv=utf8 h:s/bad\\xff h:s/dir\\xff h:s/a d", UNSPOKEN);
}

cases! {
    devices_by_content: small("-ai --copy-devices h:s/ d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_without_keeping: small("-rti --copy-devices h:s/ d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_29: small("-ai --protocol=29 --copy-devices h:s/ d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_compared: small("-aci --copy-devices h:s/ d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_followed: small("-aiL --copy-devices h:s/ d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_moved: small("-ai --remove-source-files --copy-devices h:s/ d", DEVICES).needs_root("devices");
    devices_named: small("-i --copy-devices h:s/null d", DEVICES).needs_root("devices").option("--copy-devices");
}

cases! {
    excepted_from_compression: small("-azi --skip-compress=a/b h:s/ d", "s/a\ns/f.b\nd/");
}

fn in_log(line: &str) -> Case {
    small(line, super::push_to::LOGGED)
}

cases! {
    logged_there: in_log("-a -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_itemized: in_log("-ai --delete -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_told: in_log("-av -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_well_told: in_log("-avv -M--log-file=x.log h:s/ d").ignore(Aspect::Stdout, "the command is told").option("-M--log-file=x.log");
    logged_there_by_format: in_log("-a -M--log-file=x.log -M--log-file-format=%o:%n:%l:%i h:s/ d").option("-M--log-file=x.log");
    logged_there_at_length: in_log("-a -M--log-file=x.log -M--log-file-format=%o:%n:%L:%B:%U:%f h:s/ d").option("-M--log-file=x.log");
    logged_there_in_no_format: in_log("-a -M--log-file=x.log -M--log-file-format= h:s/ d").option("-M--log-file=x.log");
    logged_there_with_links: in_log("-aHi --stats -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_dry: in_log("-an -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_29: in_log("-a --protocol=29 -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_twice: in_log("-a -M--log-file=x.log h:s/ d").then("-aii -M--log-file=x.log h:s/ d").option("-M--log-file=x.log");
    logged_there_and_missing: in_log("-a -M--log-file=x.log h:s/ h:nope d").option("-M--log-file=x.log");
    logged_there_and_nothing_else: in_log("-a -M--log-file=x.log h:nope d").option("-M--log-file=x.log");
    logged_there_where_nothing_can_be: in_log("-a -M--log-file=nope/x.log h:s/ d").option("-M--log-file=nope/x.log");
    logged_there_and_moved: small("-a --remove-source-files -M--log-file=x.log h:s/ d", "s/a\ns/b=1\nd/b=1\n").option("-M--log-file=x.log");
}
