//! The far end of a push: a stock rsync sends, and what its remote shell starts is resilver.

use super::pull::{ACLS, LONG, LONG_OF_SPECIALS, LONG_OTHER};
use super::push::{NAMED, SPELLED, SPELLED_THERE, UNSPOKEN};
use crate::case::{Case, case};
use crate::compare::Aspect;

/// What is mirrored by most cases: content that changed, names that went, links, and times of all ages.
const TREE: &str = "s/a=changed-content @1200000000\ns/same=same\ns/new\ns/l -> a\ns/p fifo\n\
    s/k/x=deep @-86400\ns/k/m/y=far @4294967296\ns/empty/\ns/h=two\ns/k/h2 == s/h\n\
    d/a=old\nd/same=same\nd/gone\nd/k/old/er/f\nd/l -> elsewhere\n";

/// Before protocol 29 lists have another order; each program asks for files in the order that it has itself.
const ORDER: &str = "old lists have another order; resilver asks for files directory by directory";

/// What a client says of lists that come whole.
const WHOLE: &str =
    "a far resilver has the whole list first, where names of one file or sources that go are in it";

fn push(line: &str) -> Case {
    case(line, TREE).served()
}

fn small(line: &str, tree: &str) -> Case {
    case(line, tree).served()
}

cases! {
    archive: push("-ai s/ h:d");
    archive_deleting: push("-ai --delete s/ h:d").option("--delete");
    one_file_twice: small("-ai s/a s/a h:d", "s/a");
    deleted_at_most_late_and_a_source_unreadable: small("-a --delete-after --max-delete=1 s/ h:d", "s/a\ns/u 0000\nd/x\nd/y\nd/z").unprivileged();
    protocol_27: push("-ai --delete --protocol=27 s/ h:d").ignore(Aspect::Stdout, ORDER);
    protocol_28: push("-ai --delete --protocol=28 s/ h:d").ignore(Aspect::Stdout, ORDER);
    protocol_29: push("-ai --delete --protocol=29 s/ h:d");
    protocol_30: push("-ai --delete --protocol=30 s/ h:d");
    protocol_31: push("-ai --delete --protocol=31 s/ h:d");
    links_27: push("-aHi --protocol=27 s/ h:d").ignore(Aspect::Stdout, ORDER).option("-H");
    links_29: push("-aHi --protocol=29 s/ h:d").option("-H");
    links_30: push("-aHi --protocol=30 s/ h:d").option("-H");
    links_32: push("-aHi s/ h:d").option("-H");
    whole_list: push("-ai --no-inc-recursive s/ h:d");
    whole_list_30: push("-ai --no-inc-recursive --protocol=30 s/ h:d");
    zstd: push("-azi --zc=zstd s/ h:d");
    lz4: push("-azi --zc=lz4 s/ h:d");
    zlibx: push("-azzi s/ h:d");
    zlib: push("-azi --old-compress s/ h:d");
    zlib_27: push("-azi --protocol=27 s/ h:d").ignore(Aspect::Stdout, ORDER);
    zlib_30: push("-azi --protocol=30 s/ h:d");
    compressed_as_both_like: push("-azi s/ h:d");
    level: push("-azi --zl=1 s/ h:d");
    level_zero: push("-azi --zc=zlib --zl=0 s/ h:d");
    sums_md5: push("-ai --cc=md5 s/ h:d");
    sums_md4: push("-ai --cc=md4 s/ h:d");
    sums_sha1: push("-ai --cc=sha1 s/ h:d");
    sums_xxh64: push("-ai --cc=xxh64 s/ h:d");
    sums_none: push("-ai --cc=none s/ h:d");
    sums_two: push("-aci --cc=md5,xxh3 s/ h:d");
    seed: push("-ai --checksum-seed=7 s/ h:d");
    compared: push("-aci s/ h:d").option("-c");
    compared_27: push("-aci --protocol=27 s/ h:d").ignore(Aspect::Stdout, ORDER);
    twice: push("-aHi --delete s/ h:d").then("-aHi --delete s/ h:d");
    twice_and_all_told: push("-aHii s/ h:d").then("-aHii s/ h:d");
    twice_and_all_told_whole: push("-aii --no-inc-recursive s/ h:d").then("-aii --no-inc-recursive s/ h:d");
    dry: push("-ain --delete s/ h:d").option("-n");
    dry_27: push("-ain --delete --protocol=27 s/ h:d").ignore(Aspect::Stdout, ORDER).silent();
    dry_30: push("-ain --delete --protocol=30 s/ h:d");
    to_nothing: small("-ai s/ h:d", "s/a\ns/k/x");
    to_nothing_verbose: small("-av s/ h:d", "s/a\ns/k/x");
    to_a_path_of_nothing: small("-ai --mkpath s/ h:d/e/f", "s/a\ns/k/x").option("--mkpath");
    to_a_path_that_is_not_there: small("-ai s/ h:d/e/f", "s/a\ns/k/x");
    to_a_file: small("-ai s/ h:d", "s/a\nd=file");
    one_directory: small("-ai s h:d", "s/a\ns/k/x");
    one_empty_directory: small("-ai s h:d", "s/");
    one_file: small("-ai s/a h:d", "s/a");
    one_file_renamed: small("-ai s/a h:d/b", "s/a\nd/");
    several: small("-ai s/a s/k t h:d", "s/a\ns/k/x\nt/y\nd/");
    odd_names: small("-ai s/a\\sb s/$x s/;y h:d", "s/a\\sb\ns/$x\ns/;y\nd/");
    odd_destination: small("-ai s/ h:d\\se$x;y", "s/a");
    secluded: small("-asi s/ h:d\\se*", "s/a\\sb\ns/1.c\ns/2.c\n");
    at_home: small("-ai s/ h:", "s/a\ns/k/x");
    relative: small("-aRi s/k/x h:d", "s/a\ns/k/x\nd/").option("-R");
    relative_from_within: small("-aRi s/./k/x h:d", "s/a\ns/k/x\nd/").option("-R");
    relative_without_parents: small("-aRi --no-implied-dirs s/k/x h:d", "s/k/ 0700\ns/k/x\nd/");
    rules: small("-ai --delete --exclude=*.o --filter=P_keep s/ h:d", "s/a\ns/b.o\nd/c.o\nd/keep\nd/gone").option("--exclude=*.o");
    rules_27: small("-a --delete --exclude=*.o --protocol=27 s/ h:d", "s/a\ns/b.o\nd/c.o\nd/gone").option("--exclude=*.o");
    rules_of_directories: small("-ai --delete -F s/ h:d", "s/.rsync-filter=-\\s*.o\ns/a\ns/b.o\ns/k/c.o\nd/x.o\nd/gone").option("-F");
    rules_of_version_control: small("-aCi --delete s/ h:d", "s/a\ns/b.o\ns/.git/x\nd/c.o\nd/gone").option("-C");
    deleted_excluded: small("-ai --delete-excluded --exclude=*.o s/ h:d", "s/a\ns/b.o\nd/c.o\nd/gone").option("--delete-excluded");
    deleted_excluded_27: small("-a --delete-excluded --exclude=*.o --protocol=27 s/ h:d", "s/a\ns/b.o\nd/c.o\nd/gone").option("--delete-excluded");
    deleted_before: push("-ai --delete-before s/ h:d");
    deleted_late: push("-ai --delete-delay s/ h:d");
    deleted_after: push("-ai --delete-after s/ h:d");
    deleted_at_most: push("-ai --delete --max-delete=1 s/ h:d").option("--max-delete=1");
    deleted_and_counted: push("-a --delete --stats s/ h:d");
    deleted_silently: push("-a --delete s/ h:d");
    forced: small("-ai --force s/ h:d", "s/a=file\nd/a/b").option("--force");
    in_the_way: small("-ai s/ h:d", "s/a=file\nd/a/b");
    pruned: small("-aim s/ h:d", "s/a\ns/k/m/\nd/").option("-m");
    pruned_by_rules: small("-aim --exclude=*.o s/ h:d", "s/a\ns/k/m.o\nd/").option("-m");
    updated_only: small("-aiu s/ h:d", "s/a=new @1000000000\nd/a=newer @1300000000").option("-u");
    existing_only: small("-ai --existing s/ h:d", "s/a=new\ns/b\nd/a=old!").option("--existing");
    new_only: small("-ai --ignore-existing s/ h:d", "s/a=new\ns/b\nd/a=old!").option("--ignore-existing");
    sized: small("-ai --max-size=4 s/ h:d", "s/a=1234\ns/b=12345\nd/").option("--max-size=4");
    followed: small("-aiL s/ h:d", "s/a\ns/l -> a\nd/").option("-L");
    unsafe_links_left: small("-ai --safe-links s/ h:d", "s/a\ns/l -> /etc/x\ns/m -> a\nd/").option("--safe-links");
    links_of_the_destination: small("-aiK s/ h:d", "s/k/a\nd/real/\nd/k -> real").ignore(Aspect::Mtime, "the time of that directory is right").option("-K");
    beside_the_old: push("-abi s/ h:d").option("-b");
    beside_the_old_deleting: push("-abi --delete --suffix=.bak s/ h:d").option("-b");
    in_a_directory_of_the_old: push("-ai --delete --backup-dir=../old s/ h:d").option("--backup-dir=../old");
    by_another_tree: small("-ai --link-dest=../p s/ h:d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--link-dest=../p");
    by_another_tree_but_ignoring_existing: small("-ai --ignore-existing --link-dest=../p s/ h:d", "s/a=new @5\np/a=newer\nd/").option("--link-dest=../p");
    over_what_cannot_be_read: small("-ai s/ h:d", super::content::UNREADABLE).unprivileged();
    into_what_cannot_be_read: small("-ai --inplace s/ h:d", super::content::UNREADABLE).unprivileged().only_direct();
    from_another_tree: small("-ai --copy-dest=../p s/ h:d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--copy-dest=../p");
    beside_another_tree: small("-ai --compare-dest=../p s/ h:d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--compare-dest=../p");
    numeric: small("-ai --numeric-ids s/ h:d", "s/a\nd/");
    owned_by_others: small("-ai --chown=7:8 s/ h:d", "s/a\nd/").needs_root("owners change");
    mapped: small("-ai --usermap=0:7 --groupmap=*:9 s/ h:d", "s/a\nd/").needs_root("owners change");
    other_modes: small("-ai --chmod=F600 s/ h:d", "s/a 0644\nd/").option("--chmod=F600");
    other_modes_of_specials: small("-ai --chmod=F600,D700 s/ h:d", "s/p fifo\ns/so socket\ns/l -> p\ns/k/\nd/").option("--chmod");
    without_perms: small("-rti s/ h:d", "s/a 0600\nd/a=old");
    executable: small("-rtEi s/ h:d", "s/a 0755\nd/a=old! 0644").option("-E");
    without_times: small("-ri s/ h:d", "s/a\nd/a=old");
    omitting_times_of_directories: small("-aOi s/ h:d", "s/k/ @1200000000\ns/k/a\nd/").option("-O");
    sparse: small("-aSi s/ h:d", "s/a=x\nd/");
    whole_files: push("-aWi s/ h:d");
    small_blocks: small("-ai -B100 s/ h:d", "s/a=123456789 @1200000000\nd/a=12345678");
    listed_here: small("-ai --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\ns/k/z\nd/").option("--files-from=x");
    listed_there: small("-ai --files-from=:x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_31: small("-ai --protocol=31 --files-from=:x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_30: small("-ai --protocol=30 --files-from=:x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_29: small("-ai --protocol=29 --files-from=:x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_27: small("-a --protocol=27 --files-from=:x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_with_zeros: small("-ai --from0 --files-from=:x s h:d", "x=a\\x00k/y\\x00\ns/a\ns/b\ns/k/y\nd/");
    listed_there_with_marks: small("-ai --files-from=:x s h:d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    moved: small("-ai --remove-source-files s/ h:d", "s/a=new\ns/k/y\ns/same=1\ns/l -> a\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_27: small("-a --remove-source-files --protocol=27 s/ h:d", "s/a=new\ns/k/y\nd/a=old").option("--remove-source-files");
    moved_29: small("-ai --remove-source-files --protocol=29 s/ h:d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_30: small("-ai --remove-source-files --protocol=30 s/ h:d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_links: small("-aHi --remove-source-files s/ h:d", "s/a=new\ns/b == s/a\ns/c=1\nd/c=1").option("--remove-source-files");
    moved_and_told: small("-av --remove-source-files s/ h:d", "s/a=new\ns/same=1\nd/same=1").ignore(Aspect::Stdout, WHOLE).option("--remove-source-files");
    moved_dry: small("-ain --remove-source-files s/ h:d", "s/a=new\nd/");
    missing: small("-ai nope/ s/ h:d", "s/a\nd/");
    missing_alone: small("-ai nope h:d", "d/a");
    missing_ignored: small("-ai --ignore-missing-args nope s/a h:d", "s/a\nd/").option("--ignore-missing-args");
    set_ids_of_a_plain_user: small("-ai s/ h:d", "s/su=x 04755").unprivileged();
    maps_without_owners: small("-ri --usermap=root:3 --no-o s/ h:d", "s/a").needs_root("owners change");
    maps_that_make_no_sense: small("-ai --usermap=foo s/ h:d", "s/a");
    rules_of_the_receiver_only: small("-ai --delete-excluded --filter=:_.rf s/ h:d", "s/.rf=-\\so
s/a
s/o
d/.rf=-\\so
d/o
d/x");
    unreadable: small("-ai --delete s/ h:d", "s/a 0000\ns/b\nd/gone").unprivileged();
    not_to_be_written: small("-ai s/ h:d", "s/a\nd/ 0555").unprivileged();
    delayed: push("-ai --delay-updates s/ h:d");
    partial: push("-ai --partial s/ h:d");
    partial_in_a_directory: push("-ai --partial-dir=.p --delete s/ h:d");
    with_a_limit_of_time: push("-ai --timeout=20 s/ h:d");
    statistics: push("-a --stats s/ h:d");
    verbose: push("-av --delete s/ h:d");
    very_verbose: push("-avv --debug=cmd0 s/ h:d");
    very_verbose_whole: push("-avv --debug=cmd0 --no-inc-recursive --delete s/ h:d");
    quiet: push("-aq --delete s/ h:d");
    in_a_form: push("-a --out-format=%o_%n_%l s/ h:d");
    with_progress: push("-a --progress s/ h:d");
    logged: push("-a --log-file=x.log s/ h:d");
    errors_to_the_client: push("-ai --stderr=client --delete s/ h:d");
    all_to_standard_error: push("-ai --stderr=all --delete s/ h:d");
    nothing_of_it: small("-ai --exclude=* s/ h:d", "s/a\nd/b").silent();
    in_place: push("-ai --inplace s/ h:d").only_direct();
    appended: small("-ai --append s/ h:d", "s/a=old-and-new\ns/b=short\nd/a=old\nd/b=longer-than-short").only_direct().option("--append");
    appended_and_checked: small("-a --append-verify s/ h:d", "s/a=old-and-new\nd/a=xld").only_direct();
    appended_and_checked_and_itemized: small("-ai --append-verify s/ h:d", "s/a=old-and-new\nd/a=xld @5").only_direct();
    appended_and_checked_with_other_modes: small("-rlpi --append-verify s/ h:d", "s/a=old-and-new 0600\nd/a=xld @5").only_direct();
    appended_to_another_tree: small("-a --append-verify --copy-dest=../p s/ h:d", "s/a=0123456789\np/a=xx234\nd/").only_direct();
    appended_to_what_is_like_it: small("-a --append-verify -y s/ h:d", "s/a.txt=0123456789\nd/a.tx=x1234567").only_direct();
    noted: small("-ai -M--fake-super s/ h:d", "s/owned 04755 o:7:8\ns/p fifo\nd/").option("-M--fake-super");
    fuzzy: small("-aiy s/ h:d", super::content::ALIKE);
    by_later_rules: small("-ai --delete-after -F s/ h:d", "s/.rsync-filter=-\\s*.o\ns/a\nd/x.o\nd/gone").option("-F");
    missing_deleted: small("-ai --delete-missing-args s/gone s/a h:d", "s/a\nd/gone\nd/a=old").option("--delete-missing-args");
}

fn long(line: &str) -> Case {
    small(line, &format!("{LONG}{LONG_OTHER}"))
}

cases! {
    xattrs: long("-aXi s/ h:d").option("-X");
    xattrs_to_nothing: small("-aXi s/ h:d", LONG).then("-aXi s/ h:d").option("-X");
    xattrs_of_the_whole_list: long("-aXi --no-inc-recursive s/ h:d").then("-aXii --no-inc-recursive s/ h:d").option("-X");
    xattrs_31: long("-aXi --protocol=31 s/ h:d").option("-X");
    xattrs_30: long("-aXi --protocol=30 s/ h:d").option("-X");
    xattrs_29: long("-aXi --protocol=29 s/ h:d");
    xattrs_dry: long("-aXni s/ h:d").option("-X");
    xattrs_of_directories_without_content: small("-dptXi s/ h:d", LONG).option("-X");
    xattrs_of_links: small("-aHXi s/ h:d", &format!("{LONG}s/b2 == s/b\ns/k/e2 == s/e\nd/b=old\nd/k/e2=s/e\\n\n")).then("-aHXi s/ h:d").option("-X");
    xattrs_of_specials: small("-aXi s/ h:d", LONG_OF_SPECIALS).needs_root("attributes in trusted.").option("-X");
    xattrs_as_a_plain_user: long("-aXi s/ h:d").unprivileged().option("-X");
    xattrs_by_rules: small("-aXi --filter=-x\\suser.long s/ h:d", &format!("{LONG}d/")).option("-X");
    xattrs_by_another_tree: small("-aXi --link-dest=../p s/ h:d", &format!("{LONG}p/e=s/e\\n x:user.long=a-value-longer-than-what-a-list-tells-5\n")).option("-X");
    xattrs_with_notes: small("-aXXi s/ h:d", "s/a x:user.rsync.%stat=100644\\s0,0\\s1:1 x:user.rsync.long=a-value-longer-than-what-a-list-tells-5\nd/").option("-XX");
    xattrs_without_notes: small("-aXi s/ h:d", "s/a x:user.rsync.%stat=100644\\s0,0\\s1:1 x:user.rsync.long=a-value-longer-than-what-a-list-tells-5\nd/").option("-X");
    acls: small("-aAi s/ h:d", ACLS).then("-aAii s/ h:d").option("-A");
    acls_of_the_whole_list: small("-aAi --no-inc-recursive s/ h:d", ACLS).option("-A");
    acls_30: small("-aAi --protocol=30 s/ h:d", ACLS).option("-A");
    acls_29: small("-aAi --protocol=29 s/ h:d", ACLS);
    acls_by_number: small("-aAi --numeric-ids s/ h:d", ACLS).option("-A");
    acls_by_maps: small("-aAi --usermap=1000:7,1:6 --groupmap=7:9 s/ h:d", ACLS).needs_root("owners").option("--usermap");
    acls_with_chmod: small("-aAi --chmod=g-w,o+r s/ h:d", ACLS).option("--chmod");
    acls_as_a_plain_user: small("-aAi s/ h:d", ACLS).unprivileged().option("-A");
    acls_and_xattrs: small("-aAXi s/ h:d", &format!("{ACLS}{LONG}")).option("-A");
    xattrs_relative: small("-aXRi s/k/empty s/a h:d", LONG).option("-X");
}

fn spelled(line: &str) -> Case {
    small(line, SPELLED)
}

cases! {
    spelled_otherwise: spelled("-ai --delete --iconv=latin1,utf8 s/ h:d").option("--iconv");
    spelled_otherwise_twice: spelled("-ai --iconv=latin1,utf8 s/ h:d").then("-aii --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_whole: spelled("-ai --delete --no-inc-recursive --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_30: spelled("-ai --delete --protocol=30 --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_29: spelled("-ai --delete --protocol=29 --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_27: spelled("-a --delete --protocol=27 --iconv=latin1,utf8 s/ h:d").ignore(Aspect::Stdout, ORDER);
    spelled_otherwise_with_links: spelled("-aHi --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_with_xattrs: small("-aXi --iconv=latin1,utf8 s/ h:d", &format!("{SPELLED}s/d\\xe9/ x:user.k=a-value-longer-than-what-a-list-tells-1\ns/d\\xe9/q x:user.k=a-value-longer-than-what-a-list-tells-2\n"));
    spelled_otherwise_and_moved: small("-ai --remove-source-files --iconv=latin1,utf8 s/ h:d", "s/b\\xe9\ns/a\ns/\\xe9/y\nd/");
    spelled_otherwise_dry: spelled("-ain --delete --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_by_rules: small("-ai --delete --exclude=*\\xe9.o --iconv=latin1,utf8 s/ h:d", "s/a\\xe9.o\ns/b\nd/c\\xc3\\xa9.o\nd/\\xe9.o\n").option("--exclude");
    spelled_there_in_latin: small("-ai --delete --iconv=utf8,latin1 s/ h:d", SPELLED_THERE).option("--iconv");
    spelled_there_in_latin_29: small("-ai --delete --protocol=29 --iconv=utf8,latin1 s/ h:d", SPELLED_THERE).option("--iconv");
    spelled_there_in_latin_told: small("-av --delete --iconv=utf8,latin1 s/ h:d", SPELLED_THERE);
    spelled_both_in_latin: small("-av --delete --iconv=latin1 s/ h:d", "s/caf\\xe9\nd/gone\\xe9\nd/d\\xe9/gone\\xe9");
    spelled_there_with_notices: small("-rliv --iconv=utf8,latin1 s/ h:d", "s/p\\xc3\\xa9 fifo\ns/a\nd/");
    noticed_in_odd_bytes: small("-rli s/ h:d", "s/p\\xe9 fifo\ns/p\\n fifo\ns/a\\\\#351 fifo\ns/a\nd/");
    spelled_past_the_shell: small("-asi --iconv=latin1,utf8 s/ h:d\\xe9", "s/d\\xe9/x\n");
    unspoken: small("-ai --delete --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_29: small("-ai --delete --protocol=29 --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
}

fn named(line: &str) -> Case {
    small(line, NAMED)
}

cases! {
    listed_there_deeply: named("-rti --files-from=:xd s h:d").option("--files-from");
    listed_there_plainly: named("-ai --no-R --files-from=:x s h:d").option("--files-from");
    listed_there_but_not_here: small("-ai --files-from=:x s h:d", "x=a\\nnope\\n\ns/a\nd/");
    listed_there_past_the_shell: named("-asi --files-from=:x s h:d").option("--files-from");
    listed_there_past_the_shell_and_spelled: small("-asi --iconv=latin1,utf8 --files-from=:x s h:d", "x=d\\xc3\\xa9/x\\ncaf\\xc3\\xa9\\n\ns/d\\xe9/x\ns/caf\\xe9\ns/other\nd/").option("--iconv");
    listed_there_and_spelled: small("-ai --iconv=latin1,utf8 --files-from=:x s h:d", "x=d\\xe9/x\\ncaf\\xe9\\n\ns/d\\xe9/x\ns/caf\\xe9\ns/other\nd/").option("--iconv");
    only_listed: named("-a --list-only s/ h:d").option("--list-only");
    only_listed_not_deeply: named("--list-only s/ h:d").option("--list-only");
    only_listed_deeply: named("-r --list-only s h:d").option("--list-only");
    only_listed_and_deleting: named("-r --list-only --delete s/ h:d").option("--list-only");
    only_listed_and_told: named("-rv --list-only s/ h:d").option("--list-only");
    only_listed_and_itemized: named("-ri --list-only s/ h:d").option("--list-only");
    only_listed_29: named("-r --protocol=29 --list-only s/ h:d").option("--list-only");
    only_listed_27: named("-r --protocol=27 --list-only s/ h:d").option("--list-only").ignore(Aspect::Stdout, ORDER);
    only_listed_to_nothing: named("-r --list-only s/ h:nope/nope").option("--list-only");
    only_listed_counted: named("-r --list-only --stats s/a h:d").option("--list-only");
    only_listed_with_links: small("-rlH --list-only s/ h:d", "s/a\ns/b == s/a\ns/l -> a\ns/p fifo\nd/").option("--list-only");
    only_listed_spelled: small("-r --list-only --iconv=utf8,latin1 s/ h:d", "s/caf\\xc3\\xa9\nd/").option("--list-only");
}

/// A tree of which a log has something of each kind to tell.
pub(super) const LOGGED: &str = "s/a=changed\ns/h\ns/h2 == s/h\ns/l -> a\ns/p fifo\ns/k/y\ns/same=same\nd/a=old\nd/same=same\nd/gone\nd/g/g\n";

fn in_log(line: &str) -> Case {
    small(line, LOGGED)
}

cases! {
    logged_there: in_log("-a -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_itemized: in_log("-ai --delete -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_told: in_log("-av --delete -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_well_told: in_log("-avv --delete -M--log-file=x.log s/ h:d").ignore(Aspect::Stdout, "the command is told").option("-M--log-file=x.log");
    logged_there_by_format: in_log("-a --delete -M--log-file=x.log -M--log-file-format=%o:%n:%l:%i s/ h:d").option("-M--log-file=x.log");
    logged_there_at_length: in_log("-a -M--log-file=x.log -M--log-file-format=%o:%n:%L:%B:%U:%f s/ h:d").option("-M--log-file=x.log");
    logged_there_in_no_format: in_log("-a --delete -M--log-file=x.log -M--log-file-format= s/ h:d").option("-M--log-file=x.log");
    logged_there_with_links: in_log("-aHi --stats --delete -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_dry: in_log("-an --delete -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_dry_and_itemized: in_log("-ain --delete -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_29: in_log("-a --delete --protocol=29 -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_twice: in_log("-a -M--log-file=x.log s/ h:d").then("-aii -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_with_attributes: small("-a -M--log-file=x.log s/ h:d", "s/a=1 0600\nd/a=1\nd/k/\ns/k/ 0700 @5\n").option("-M--log-file=x.log");
    logged_there_with_complaints: small("-rl -M--log-file=x.log s/ h:d", "s/a\ns/p fifo\nd/a/x\n").option("-M--log-file=x.log");
    logged_there_where_nothing_can_be: in_log("-a -M--log-file=nope/x.log s/ h:d").option("-M--log-file=nope/x.log");
    logged_there_and_failed: small("-a -M--log-file=x.log s/ h:no/no", "s/a\n").option("-M--log-file=x.log");
    logged_there_and_listed: in_log("-r --list-only -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
    logged_there_and_limited: in_log("-a --delete --max-delete=1 -M--log-file=x.log s/ h:d").option("-M--log-file=x.log");
}
