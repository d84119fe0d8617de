//! Sources on another machine: a stock rsync sends, behind a remote shell that runs it here.

use crate::case::{Case, case};
use crate::compare::Aspect;
use crate::far::SHELL;

/// What is mirrored by most cases: content that changed, names that went, links, and times of all ages.
const TREE: &str = "s/a=changed-content @1200000000\ns/same=same\ns/new\ns/l -> a\ns/p fifo\n\
    s/k/x=deep @-86400\ns/k/m/y=far @4294967296\ns/empty/\ns/h=two\ns/k/h2 == s/h\n\
    d/a=old\nd/same=same\nd/gone\nd/k/old/er/f\nd/l -> elsewhere\n";

/// Before protocol 29 nothing is said of an entry but its index: rsync shows `?` where it does not know any more what
/// differed; resilver knows.
const UNTOLD: &str = "what differs is not on the wire; rsync forgets it, resilver does not";

/// Values that do not come with the list but when they are asked for.
pub const LONG: &str = "s/ x:user.root=a-value-longer-than-what-a-list-tells-0\ns/a x:user.k=v x:user.long=a-value-longer-than-what-a-list-tells-1\n\
    s/b x:user.k=v x:user.long=a-value-longer-than-what-a-list-tells-1\ns/c=longer x:user.long=a-value-longer-than-what-a-list-tells-3\n\
    s/e x:user.another=a-value-longer-than-what-a-list-tells-4 x:user.long=a-value-longer-than-what-a-list-tells-5\n\
    s/k/ x:user.dir=a-value-longer-than-what-a-list-tells-6\ns/k/x x:user.long=a-value-longer-than-what-a-list-tells-7\n\
    s/k/empty/ x:user.dir=a-value-longer-than-what-a-list-tells-8\ns/same=same x:user.long=a-value-longer-than-what-a-list-tells-9\n";
pub const LONG_OTHER: &str = "d/ x:user.gone=a-value-longer-than-what-a-list-tells-a\nd/a=s/a\\n x:user.long=a-value-longer-than-what-a-list-tells-2\n\
    d/c=old x:user.long=a-value-longer-than-what-a-list-tells-3\nd/e=s/e\\n x:user.another=a-value-longer-than-what-a-list-tells-4\n\
    d/k/ x:user.dir=a-value-longer-than-what-a-list-tells-b\nd/k/x=s/k/x\\n x:user.long=a-value-longer-than-what-a-list-tells-7\n\
    d/same=same x:user.long=a-value-longer-than-what-a-list-tells-9\nd/k/empty/\n";
pub const LONG_OF_SPECIALS: &str = "s/l -> a x:trusted.long=a-value-longer-than-what-a-list-tells-1\n\
    s/p fifo x:trusted.long=a-value-longer-than-what-a-list-tells-2\nd/l -> a\n";
pub const ACLS: &str = "s/a 0640 acl:u::6,u:1000:4,u:1:2,g::4,g:7:5,m::5,o::0\ns/mask 0664 acl:u::6,g::4,m::6,o::4\n\
    s/k/ 0775 acl:u::7,u:5:7,g::5,m::7,o::5 default:u::7,u:1:5,g::5,m::7,o::0\ns/k/x 0600\ns/l -> a\n\
    d/a=s/a\\n 0640 acl:u::6,u:1:6,g::4,m::4,o::0\nd/k/ default:u::7,g::5,o::5\n";

fn long(line: &str) -> Case {
    small(line, &format!("{LONG}{LONG_OTHER}"))
}

fn pull(line: &str) -> Case {
    case(line, TREE).env("RSYNC_RSH", SHELL)
}

fn small(line: &str, tree: &str) -> Case {
    case(line, tree).env("RSYNC_RSH", SHELL)
}

cases! {
    archive: pull("-ai h:s/ d");
    archive_deleting: pull("-ai --delete h:s/ d").option("--delete");
    protocol_27: pull("-ai --delete --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    protocol_28: pull("-ai --delete --protocol=28 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    protocol_29: pull("-ai --delete --protocol=29 h:s/ d");
    protocol_30: pull("-ai --delete --protocol=30 h:s/ d");
    protocol_31: pull("-ai --delete --protocol=31 h:s/ d");
    links_27: pull("-aHi --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD).option("-H");
    links_29: pull("-aHi --protocol=29 h:s/ d").option("-H");
    links_32: pull("-aHi h:s/ d").option("-H");
    whole_list: pull("-ai --no-inc-recursive h:s/ d");
    whole_list_30: pull("-ai --no-inc-recursive --protocol=30 h:s/ d");
    zstd: pull("-azi --zc=zstd h:s/ d");
    lz4: pull("-azi --zc=lz4 h:s/ d");
    zlibx: pull("-azzi h:s/ d");
    zlib: pull("-azi --old-compress h:s/ d");
    zlib_27: pull("-azi --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
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
    compared_27: pull("-aci --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    twice: pull("-aHi --delete h:s/ d").then("-aHi --delete h:s/ d");
    twice_and_all_told: pull("-aHii h:s/ d").then("-aHii h:s/ d");
    dry: pull("-ain --delete h:s/ d").option("-n");
    to_nothing: small("-ai h:s/ d", "s/a\ns/k/x");
    one_directory: small("-ai h:s d", "s/a\ns/k/x");
    one_empty_directory: small("-ai h:s d", "s/");
    one_file: small("-ai h:s/a d", "s/a");
    one_file_renamed: small("-ai h:s/a d/b", "s/a\nd/");
    one_file_twice: small("-ai h:s/a h:s/a d", "s/a");
    one_name_of_two_files: small("-ai h:s/a h:t/a d", "s/a\nt/a=other");
    one_name_of_two_files_over_a_file: small("-ai h:s/a h:t/a d", "s/a\nt/a=other\nd=file");
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
    deleted_at_most_and_a_source_missing: small("-a --delete --max-delete=1 h:s/ h:nope d", "s/a\nd/x\nd/y\nd/z").option("--max-delete");
    pruned: small("-aim h:s/ d", "s/a\ns/k/m/\nd/").option("-m");
    updated_only: small("-aiu h:s/ d", "s/a=new @1000000000\nd/a=newer @1300000000").option("-u");
    sized: small("-ai --max-size=4 h:s/ d", "s/a=1234\ns/b=12345\nd/").option("--max-size=4");
    followed: small("-aiL h:s/ d", "s/a\ns/l -> a\nd/").option("-L");
    beside_the_old: pull("-abi h:s/ d").option("-b");
    by_another_tree: small("-ai --link-dest=../p h:s/ d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--link-dest=../p");
    by_another_tree_only_older: small("-aiu --link-dest=../p h:s/ d", "s/a=new @5\np/a=newer\nd/").option("--link-dest=../p");
    over_what_cannot_be_read: small("-ai h:s/ d", super::content::UNREADABLE).unprivileged();
    into_what_cannot_be_read: small("-ai --inplace h:s/ d", super::content::UNREADABLE).unprivileged().only_direct();
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
    listed_here_with_marks: small("-ai --files-from=x h:s d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    listed_here_with_zeros_and_marks: small("-ai0 --files-from=x h:s d", "x=a\\x00#c\\x00\ns/a\ns/#c\nd/");
    listed_there_with_marks: small("-ai --files-from=:x h:s d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    with_sums_compared: pull("-aci --out-format=%C_%n h:s/ d");
    listed_there: small("-ai --files-from=:x h:s d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_there_by_host: small("-ai --files-from=h:x h:s d", "x=a\\n\ns/a\ns/b\nd/");
    moved: small("-ai --remove-source-files h:s/ d", "s/a=new\ns/k/y\ns/same=1\ns/l -> a\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_27: small("-a --remove-source-files --protocol=27 h:s/ d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_29: small("-ai --remove-source-files --protocol=29 h:s/ d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_links: small("-aHi --remove-source-files h:s/ d", "s/a=new\ns/b == s/a\ns/c=1\nd/c=1").option("--remove-source-files");
    moved_and_copied: small("-ai --remove-source-files --copy-dest=../p h:s/ d", "s/a=x\ns/l -> t\ns/p fifo\np/a=x\np/l -> t\np/p fifo").option("--remove-source-files");
    moved_and_told: small("-av --remove-source-files h:s/ d", "s/a=new\ns/same=1\nd/same=1").option("--remove-source-files");
    moved_dry: small("-ain --remove-source-files h:s/ d", "s/a=new\nd/");
    missing: small("-ai h:nope/ h:s/ d", "s/a\nd/");
    missing_ignored: small("-ai --ignore-missing-args h:nope h:s/a d", "s/a\nd/").option("--ignore-missing-args");
    delayed: pull("-ai --delay-updates h:s/ d");
    statistics: pull("-a --stats h:s/ d");
    verbose: pull("-av --delete h:s/ d");
    very_verbose: pull("-avv h:s/ d");
    with_progress: pull("-a --progress h:s/ d");
    logged: pull("-a --log-file=x.log h:s/ d");
}

cases! {
    xattrs: long("-aXi h:s/ d").option("-X");
    xattrs_to_nothing: small("-aXi h:s/ d", LONG).then("-aXi h:s/ d").option("-X");
    xattrs_of_the_whole_list: long("-aXi --no-inc-recursive h:s/ d").then("-aXii --no-inc-recursive h:s/ d").option("-X");
    xattrs_31: long("-aXi --protocol=31 h:s/ d").option("-X");
    xattrs_30: long("-aXi --protocol=30 h:s/ d").option("-X");
    xattrs_29: long("-aXi --protocol=29 h:s/ d");
    xattrs_dry: long("-aXni h:s/ d").option("-X");
    xattrs_of_named_ones: small("-aXi h:s h:s/k/x d", LONG).option("-X");
    xattrs_of_one: small("-aXi h:s/e d", LONG).option("-X");
    xattrs_of_implied_directories: small("-aXRi h:s/k/empty h:s/a d", LONG).then("-aXRi h:s/k/empty d").option("-X");
    xattrs_of_implied_directories_listed: small("-aXi --files-from=x h:s d", &format!("x=k/x\\n\n{LONG}")).option("-X");
    xattrs_of_directories_without_content: small("-dptXi h:s/ d", LONG).option("-X");
    xattrs_of_links: small("-aHXi h:s/ d", &format!("{LONG}s/b2 == s/b\ns/k/e2 == s/e\nd/b=old\nd/k/e2=s/e\\n\n")).then("-aHXi h:s/ d").option("-X");
    xattrs_of_links_31: small("-aHXi --protocol=31 h:s/ d", &format!("{LONG}s/b2 == s/b\n")).option("-X");
    xattrs_of_specials: small("-aXi h:s/ d", LONG_OF_SPECIALS).needs_root("attributes in trusted.").option("-X");
    xattrs_as_a_plain_user: long("-aXi h:s/ d").unprivileged().option("-X");
    xattrs_by_rules: small("-aXi --filter=-x\\suser.long h:s/ d", &format!("{LONG}d/")).option("-X");
    xattrs_compared: long("-aXci h:s/ d").option("-X");
    xattrs_by_another_tree: small("-aXi --link-dest=../p h:s/ d", &format!("{LONG}p/e=s/e\\n x:user.long=a-value-longer-than-what-a-list-tells-5\n")).option("-X");
    xattrs_from_another_tree: small("-aXi --copy-dest=../p h:s/ d", &format!("{LONG}p/e=s/e\\n x:user.long=a-value-longer-than-what-a-list-tells-5\np/b=s/b\\n")).option("-X");
    xattrs_beside_the_old: long("-abXi h:s/ d").option("-b");
    xattrs_with_notes: small("-aXXi h:s/ d", "s/a x:user.rsync.%stat=100644\\s0,0\\s1:1 x:user.rsync.long=a-value-longer-than-what-a-list-tells-5\nd/").option("-XX");
    xattrs_moved: small("-aXi --remove-source-files h:s/ d", LONG).option("-X");
    acls: small("-aAi h:s/ d", ACLS).then("-aAii h:s/ d").option("-A");
    acls_of_the_whole_list: small("-aAi --no-inc-recursive h:s/ d", ACLS).option("-A");
    acls_30: small("-aAi --protocol=30 h:s/ d", ACLS).option("-A");
    acls_29: small("-aAi --protocol=29 h:s/ d", ACLS);
    acls_by_number: small("-aAi --numeric-ids h:s/ d", ACLS).option("-A");
    acls_by_maps: small("-aAi --usermap=1000:7,1:6 --groupmap=7:9 h:s/ d", ACLS).needs_root("owners").option("--usermap");
    acls_with_chmod: small("-aAi --chmod=g-w,o+r h:s/ d", ACLS).option("--chmod");
    acls_as_a_plain_user: small("-aAi h:s/ d", ACLS).unprivileged().option("-A");
    acls_and_xattrs: small("-aAXi h:s/ d", &format!("{ACLS}{LONG}")).option("-A");
    noted: small("-aAXi --fake-super h:s/ d", &format!("{ACLS}s/p fifo 0640\ns/owned 04755 o:7:8 x:user.long=a-value-longer-than-what-a-list-tells-5\n")).then("-aAXii --fake-super h:s/ d").option("--fake-super");
    noted_as_a_plain_user: small("-aXi --fake-super h:s/ d", &format!("{LONG}s/l -> a\ns/p fifo 0640\ns/su 04755\n")).unprivileged().option("--fake-super");
}

/// Files that share much of their content, in other places.
const PARTS: &str = "s/big=abc size:700k seed:3 @1200000000\ns/same size:90k seed:5\ns/short=ab @1200000000\ns/new=new\ns/other=abcdef @1200000000\n\
    d/big size:650k seed:3\nd/same size:90k seed:5\nd/short=abcdef\nd/other=xyz\nd/link == d/other\n";

fn parts(line: &str) -> Case {
    small(line, PARTS).only_direct()
}

cases! {
    in_place: parts("-ai --inplace h:s/ d").option("--inplace");
    in_place_counted: parts("-a --inplace --stats h:s/ d");
    in_place_27: parts("-ai --inplace --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    in_place_28_beside_the_old: parts("-abi --inplace --protocol=28 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    in_place_29: parts("-ai --inplace --protocol=29 h:s/ d");
    in_place_compressed: parts("-azi --inplace h:s/ d");
    in_place_whole: parts("-aWi --inplace h:s/ d");
    in_place_with_holes: parts("-aSi --inplace h:s/ d");
    in_place_whole_with_holes: small("-aSWi --inplace h:s/ d", "s/hole hole:2m @1200000000\nd/hole size:100k seed:9").only_direct();
    in_place_with_links: small("-aHi --inplace h:s/ d", "s/a=new-content @1200000000\ns/b == s/a\nd/a=old\nd/b == d/a\nd/c == d/a").only_direct();
    in_place_beside_the_old: parts("-abi --inplace h:s/ d").option("-b");
    in_place_from_another_tree: small("-ai --inplace --copy-dest=../p h:s/ d", "s/a=same @1200000000\ns/b size:90k seed:4 @1200000000\np/a=same @1200000000\np/b size:80k seed:4\nd/").only_direct();
    in_place_read_only: small("-ai --inplace h:s/ d", "s/f=new 0644 @1200000000\nd/f=old 0444").unprivileged().only_direct();
    in_place_without_times: parts("-ri --inplace h:s/ d");
    in_place_not_readable_there: small("-ai --inplace h:s/ d", "s/f=new 0000 @1200000000\ns/g=new\nd/f=old").unprivileged().only_direct();
    in_place_dry: parts("-ain --inplace h:s/ d");
    in_place_with_xattrs: small("-aXi --inplace h:s/ d", &format!("{LONG}{LONG_OTHER}")).only_direct();
    in_place_and_partial_dir: parts("-ai --inplace --partial-dir=.p h:s/ d");
    appended: parts("-ai --append h:s/ d").option("--append");
    appended_counted: parts("-a --append --stats h:s/ d");
    appended_compressed: parts("-azi --append h:s/ d");
    appended_30: parts("-ai --append --protocol=30 h:s/ d");
    appended_29: parts("-ai --append --protocol=29 h:s/ d");
    appended_27: parts("-ai --append --protocol=27 h:s/ d").ignore(Aspect::Stdout, UNTOLD);
    appended_and_checked: parts("-ai --append-verify h:s/ d").option("--append-verify");
    appended_and_checked_30: parts("-ai --append-verify --protocol=30 h:s/ d");
    appended_and_checked_29: parts("-ai --append-verify --protocol=29 h:s/ d");
    appended_and_checked_counted: parts("-a --append-verify --stats h:s/ d");
    appended_to_links: small("-aHi --append h:s/ d", "s/a=new-content @1200000000\ns/b == s/a\nd/a=new\nd/b == d/a").only_direct();
    appended_to_nothing: small("-ai --append h:s/ d", "s/a=new-content\ns/empty=").only_direct();
    appended_beside_the_old: parts("-abi --append h:s/ d");
    appended_and_told: parts("-avv --append h:s/ d");
    appended_with_progress: parts("-a --append --progress h:s/ d");
    appended_to_another_tree: small("-a --append-verify --copy-dest=../p h:s/ d", "s/a=0123456789\np/a=xx234").only_direct();
    appended_to_what_is_like_it: small("-a --append-verify -y h:s/ d", "s/a.txt=0123456789\nd/a.tx=x1234567").only_direct();
    written_to_devices: small("-ai --write-devices h:s/ d", "s/null=to-nowhere\ns/a=new\nd/null char:1,3\nd/a=old").needs_root("devices").only_direct();
    kept_in_part: pull("-ai --partial h:s/ d");
    kept_in_a_directory: small("-ai --partial-dir=.p h:s/ d", "s/big size:700k seed:3 @1200000000\nd/.p/big size:650k seed:3\nd/.p/x=1").option("--partial-dir=.p");
    kept_in_a_directory_29: small("-ai --partial-dir=.p --protocol=29 h:s/ d", "s/big size:700k seed:3 @1200000000\nd/big=old\nd/.p/big size:650k seed:3");
    kept_in_a_directory_27: small("-a --partial-dir=.p --protocol=27 h:s/ d", "s/big size:700k seed:3 @1200000000\nd/big=old\nd/.p/big size:650k seed:3");
    kept_in_a_directory_counted: small("-a --partial-dir=.p --stats h:s/ d", "s/big size:700k seed:3 @1200000000\nd/big=old\nd/.p/big size:650k seed:3");
}

const MISSING: &str =
    "s/a\ns/e/in\nd/k/gone\nd/k/other\nd/k/sub/x\nd/z/y\nd/e/o\nd/e/in\nd/f/g\nd/h=1\n";

fn lacking(line: &str, names: &str) -> Case {
    small(line, &format!("x={names}\n{MISSING}")).option("--delete-missing-args")
}

cases! {
    told_there_only: small("-ai -M--fake-super h:s/ d", "s/a x:user.rsync.%stat=100640\\s0,0\\s7:8\nd/a=s/a\\n\n").option("-M--fake-super");
    told_there_by_long_name: small("-ai --remote-option=--exclude=*.o -M--dirs h:s/ d", "s/a\ns/b.o\nd/").option("--remote-option=--exclude=*.o");
    told_there_what_it_does_not_know: small("-ai -M--bogus h:s/ d", "s/a\nd/").silent()
        .ignore(Aspect::Code, "the other end's code is told where rsync tells that the connection closed")
        .ignore(Aspect::Stderr, "so is the last line");
    told_there_what_is_no_option: small("-ai -Mfoo h:s/ d", "s/a\nd/");
    munged: small("-ai --munge-links h:s/ d", "s/a\ns/l -> a\ns/far -> /etc/passwd\ns/k/up -> ../../x\nd/l -> a\n").then("-aii --munge-links h:s/ d").option("--munge-links");
    munged_and_safe: small("-aiv --munge-links --safe-links h:s/ d", "s/a\ns/l -> a\ns/far -> /etc/passwd\nd/");
    munged_and_listed: small("-r --munge-links -l h:s/", "s/a\ns/l -> a\n");
    munged_and_known: small("-ai --munge-links h:s/ d", "s/l -> a\nd/l -> /rsyncd-munged/a\n").silent();
    missing_deleted: small("-ai --delete-missing-args h:s/nope h:s/a h:h d", MISSING).option("--delete-missing-args");
    missing_deleted_29: small("-ai --protocol=29 --delete-missing-args h:s/nope h:s/a h:h d", MISSING).option("--delete-missing-args");
    missing_deleted_27: small("-a --protocol=27 --delete-missing-args h:s/nope h:s/a h:h d", MISSING).option("--delete-missing-args");
    missing_deleted_alone: small("-ai --delete-missing-args h:h d", MISSING).option("--delete-missing-args");
    missing_listed: lacking("-ai --delete-missing-args --files-from=x h:s d", "a\\nh\\nk/gone\\ne/o\\n");
    missing_listed_with_parents: lacking("-ai --delete-missing-args --files-from=x h:s d", "k\\nk/gone\\n");
    missing_listed_deeply: lacking("-air --delete-missing-args --files-from=x h:s d", "k/gone\\na\\n");
    missing_listed_whole: lacking("-air --no-inc-recursive --delete-missing-args --files-from=x h:s d", "k/sub/x\\na\\nf/g\\n");
    missing_listed_plainly: lacking("-ai --no-R --delete-missing-args --files-from=x h:s d", "k/h\\na\\n").option("--no-R");
    missing_by_force: lacking("-ai --force --delete-missing-args --files-from=x h:s d", "k\\nk/gone\\n");
    missing_dry: lacking("-ain --delete-missing-args --files-from=x h:s d", "k/gone\\nh\\n");
}

fn alike(line: &str) -> Case {
    small(line, super::content::ALIKE)
}

cases! {
    fuzzy: alike("-aiy h:s/ d");
    fuzzy_counted: alike("-ay --stats h:s/ d").option("-y").only_direct();
    fuzzy_30: alike("-aiy --protocol=30 h:s/ d");
    fuzzy_29: alike("-aiy --protocol=29 h:s/ d");
    fuzzy_28: alike("-aiy --protocol=28 h:s/ d").ignore(Aspect::Stderr, "how far the other end comes meanwhile is chance");
    fuzzy_whole: alike("-ayW --stats h:s/ d").only_direct();
    fuzzy_in_place: alike("-ay --inplace --stats h:s/ d").only_direct();
    fuzzy_twice: alike("-ayy --copy-dest=../p --stats h:s/ d").option("-y").only_direct();
    fuzzy_compressed: alike("-ayzi h:s/ d");
    fuzzy_and_deleting: alike("-aiy --delete-after h:s/ d");
    fuzzy_with_xattrs: small("-aXiy h:s/ d", &format!("{}{LONG}", super::content::ALIKE));
}

/// Rules that the transfer brings, changes, leaves, and takes away.
const RULES: &str = "s/.rules=P\\s*.new\\n\ns/a\ns/k/.rules=P\\s*.keep\\n\ns/k/x=new\ns/same/.rules=P\\s*.o\\n\ns/same/y\ns/m/n/z\n\
    d/.rules=P\\s*.old\\n @5\nd/1.new\nd/2.old\nd/a=s/a\\n\nd/k/1.keep\nd/k/2.new\nd/k/gone\nd/k/x=old\nd/same/.rules=P\\s*.o\\n\nd/same/1.o\nd/same/gone\n\
    d/m/.rules=P\\s*.m\\n\nd/m/1.m\nd/m/n/2.m\nd/m/n/3.new\nd/m/n/gone\nd/m/n/z=s/m/n/z\\n\nd/gone/4.new\nd/gone/deep/5\n";

fn ruled(line: &str) -> Case {
    small(line, RULES)
}

cases! {
    deleted_by_rules_that_come: ruled("-ai --delete-after --filter=:_.rules h:s/ d").option("--delete-after");
    deleted_by_rules_that_come_whole: ruled("-ai --delete-after --no-inc-recursive --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_29: ruled("-ai --delete-after --protocol=29 --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_twice: ruled("-ai --delete-after --filter=:_.rules h:s/ d").then("-aii --delete-after --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_dry: ruled("-ain --delete-after --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_and_kept: ruled("-abi --delete-after --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_excluded: ruled("-ai --delete-excluded --delete-after --filter=:_.rules h:s/ d");
    deleted_by_rules_that_come_with_xattrs: small("-aXi --delete-after --filter=:_.rules h:s/ d", &format!("{RULES}s/k/ x:user.k=a-value-longer-than-what-a-list-tells-1\n"));
    deleted_by_rules_that_come_noted: ruled("-ai --fake-super --delete-after --filter=:_.rules h:s/ d");
    deleted_by_usual_rules_that_come: small("-aiF --delete-after h:s/ d", "s/.rsync-filter=-\\s*.o\\n\ns/a\ns/b.o\nd/c.o\nd/gone\n").option("-F");
    deleted_by_rules_that_make_no_sense: small("-ai --delete-after --filter=:_.rules h:s/ d", "s/.rules=zork\\n\ns/a\nd/c.o\n");
    deleted_late_by_rules: ruled("-ai --delete-delay --filter=:_.rules h:s/ d");
    deleted_by_rules_at_most: ruled("-ai --delete-after --max-delete=2 --filter=:_.rules h:s/ d");
    deleted_by_rules_but_for_an_error: small("-ai --delete-after --filter=:_.rules h:s/ h:nope d", RULES);
}

/// Names in UTF-8 that have a form in Latin-1.
pub(super) const SPELLED: &str = "s/caf\\xc3\\xa9=new @1200000000\ns/plain\ns/link -> t\\xc3\\xa9\ns/d\\xc3\\xa9/in\\xc3\\xa9=1\ns/d\\xc3\\xa9/\\xc3\\xa0=2\ns/d\\xc3\\xa9/z=3\ns/d\\xc3\\xa9/\\xc3\\xb6/deep=4\ns/\\xc3\\xa4/x\n\
    s/zz == s/caf\\xc3\\xa9\nd/caf\\xe9=old\nd/d\\xe9/gone\nd/gone\\xe9\nd/link -> t\\xe9\n";

fn spelled(line: &str) -> Case {
    small(line, SPELLED)
}

cases! {
    spelled_otherwise: spelled("-ai --delete --iconv=latin1,utf8 h:s/ d").option("--iconv=latin1,utf8");
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
    spelled_the_same: spelled("-ai --iconv=utf8 h:s/ d");
    spelled_the_same_by_locale: spelled("-ai --iconv=. h:s/ d").env("LC_ALL", "C.UTF-8");
    spelled_by_the_environment: spelled("-ai h:s/ d").env("RSYNC_ICONV", "latin1,utf8");
    spelled_as_it_is: spelled("-ai --iconv=latin1,utf8 --no-iconv h:s/ d");
    spelled_as_it_is_by_a_dash: spelled("-ai --iconv=- h:s/ d");
    spelled_there_in_latin: small("-ai --iconv=utf8,latin1 h:s/ d", "s/caf\\xe9\ns/a\ns/d\\xe9/x\nd/").option("--iconv=utf8,latin1");
    spelled_in_no_way_there: small("-ai --iconv=utf8 h:s/ d", "s/a\ns/bad\\xff\ns/z\nd/").option("--iconv=utf8");
    spelled_in_no_charset: small("-ai --iconv=foo h:s/ d", "s/a\nd/").ignore(Aspect::Stderr, "rsync starts the other end first");
    spelled_past_the_shell: small("-asi --iconv=latin1,utf8 h:s/d\\xe9 d", "s/d\\xc3\\xa9/x\ns/other\nd/");
    spelled_past_the_shell_and_listed: small("-asi --iconv=latin1,utf8 --files-from=x h:s d", "x=d\\xe9/x\\ncaf\\xe9\\n\ns/d\\xc3\\xa9/x\ns/caf\\xc3\\xa9\ns/other\nd/");
}

cases! {
    excepted_from_compression: small("-azvv --skip-compress=a/b h:s/ d", "s/a\ns/f.b\nd/").option("--skip-compress");
    excepted_from_compression_oddly: small("-a --debug=cmd --skip-compress=*/a[ h:s/ d", "s/a\ns/f.b\nd/").option("--skip-compress");
    compressed_by_threads: small("-azi --debug=cmd --compress-threads=3 h:s/ d", "s/a\ns/f.b\nd/");
    excepted_from_compression_but_not_compressed: case("-ai --skip-compress=a/b s/ d", "s/a\nd/");
}
