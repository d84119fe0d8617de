//! The destination on another machine: a stock rsync receives, behind a remote shell that runs it here.

use super::content::ALIKE;
use super::pull::{ACLS, LONG, LONG_OF_SPECIALS, LONG_OTHER};
use crate::case::{Case, case};
use crate::compare::Aspect;
use crate::far::SHELL;

/// What is mirrored by most cases: content that changed, names that went, links, and times of all ages.
const TREE: &str = "s/a=changed-content @1200000000\ns/same=same\ns/new\ns/l -> a\ns/p fifo\n\
    s/k/x=deep @-86400\ns/k/m/y=far @4294967296\ns/empty/\ns/h=two\ns/k/h2 == s/h\n\
    d/a=old\nd/same=same\nd/gone\nd/k/old/er/f\nd/l -> elsewhere\n";

fn push(line: &str) -> Case {
    small(line, TREE)
}

fn small(line: &str, tree: &str) -> Case {
    case(line, tree).env("RSYNC_RSH", SHELL).pushes()
}

cases! {
    archive: push("-ai s/ h:d");
    archive_deleting: push("-ai --delete s/ h:d").option("--delete");
    one_file_twice: small("-ai s/a s/a h:d", "s/a");
    one_listed_file_twice: small("-ai --files-from=x s h:d", "x=a\\na\\n\ns/a");
    one_name_of_two_files: small("-ai s/a t/a h:d", "s/a\nt/a=other");
    one_name_of_two_files_over_a_file: small("-ai s/a t/a h:d", "s/a\nt/a=other\nd=file");
    protocol_27: push("-ai --delete --protocol=27 s/ h:d");
    protocol_28: push("-ai --delete --protocol=28 s/ h:d");
    protocol_29: push("-ai --delete --protocol=29 s/ h:d");
    protocol_30: push("-ai --delete --protocol=30 s/ h:d");
    protocol_31: push("-ai --delete --protocol=31 s/ h:d");
    links_27: push("-aHi --protocol=27 s/ h:d").option("-H");
    links_29: push("-aHi --protocol=29 s/ h:d").option("-H");
    links_32: push("-aHi s/ h:d").option("-H");
    whole_list: push("-ai --no-inc-recursive s/ h:d");
    whole_list_30: push("-ai --no-inc-recursive --protocol=30 s/ h:d");
    zstd: push("-azi --zc=zstd s/ h:d");
    lz4: push("-azi --zc=lz4 s/ h:d");
    zlibx: push("-azzi s/ h:d");
    zlib: push("-azi --old-compress s/ h:d");
    zlib_27: push("-azi --protocol=27 s/ h:d");
    zlib_30: push("-azi --protocol=30 s/ h:d");
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
    compared_27: push("-aci --protocol=27 s/ h:d");
    twice: push("-aHi --delete s/ h:d").then("-aHi --delete s/ h:d");
    twice_and_all_told: push("-aHii s/ h:d").then("-aHii s/ h:d");
    dry: push("-ain --delete s/ h:d").option("-n");
    to_nothing: small("-ai s/ h:d", "s/a\ns/k/x");
    one_directory: small("-ai s h:d", "s/a\ns/k/x");
    one_empty_directory: small("-ai s h:d", "s/");
    one_file: small("-ai s/a h:d", "s/a");
    one_file_renamed: small("-ai s/a h:d/b", "s/a\nd/");
    relative: small("-aRi s/k/x h:d", "s/a\ns/k/x\nd/").option("-R");
    relative_from_within: small("-aRi s/./k/x h:d", "s/a\ns/k/x\nd/").option("-R");
    relative_without_parents: small("-aRi --no-implied-dirs s/k/x h:d", "s/k/ 0700\ns/k/x\nd/");
    rules: small("-ai --delete --exclude=*.o --filter=P_keep s/ h:d", "s/a\ns/b.o\nd/c.o\nd/keep\nd/gone").option("--exclude=*.o");
    rules_of_directories: small("-ai --delete -F s/ h:d", "s/.rsync-filter=-\\s*.o\ns/a\ns/b.o\ns/k/c.o\nd/x.o\nd/gone").option("-F");
    rules_of_version_control: small("-aCi s/ h:d", "s/a\ns/b.o\ns/.git/x\nd/").option("-C");
    deleted_excluded: small("-ai --delete-excluded --exclude=*.o s/ h:d", "s/a\ns/b.o\nd/c.o\nd/gone").option("--delete-excluded");
    deleted_before: push("-ai --delete-before s/ h:d");
    deleted_late: push("-ai --delete-delay s/ h:d");
    deleted_after: push("-ai --delete-after s/ h:d");
    deleted_at_most: push("-ai --delete --max-delete=1 s/ h:d").option("--max-delete=1");
    deleted_at_most_and_a_source_missing: small("-a --delete --max-delete=1 s/ nope h:d", "s/a\nd/x\nd/y\nd/z").option("--max-delete");
    pruned: small("-aim s/ h:d", "s/a\ns/k/m/\nd/").option("-m");
    updated_only: small("-aiu s/ h:d", "s/a=new @1000000000\nd/a=newer @1300000000").option("-u");
    sized: small("-ai --max-size=4 s/ h:d", "s/a=1234\ns/b=12345\nd/").option("--max-size=4");
    followed: small("-aiL s/ h:d", "s/a\ns/l -> a\nd/").option("-L");
    beside_the_old: push("-abi s/ h:d").option("-b");
    by_another_tree: small("-ai --link-dest=../p s/ h:d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--link-dest=../p");
    from_another_tree: small("-ai --copy-dest=../p s/ h:d", "s/a=same\ns/b=other\np/a=same\np/b=old").option("--copy-dest=../p");
    numeric: small("-ai --numeric-ids s/ h:d", "s/a\nd/");
    modes_of_specials: small("-ai --chmod=F600,D700 s/ h:d", "s/p fifo\ns/so socket\ns/l -> p\ns/k/\nd/").option("--chmod");
    modes_of_specials_on_top: small("-ai --chmod=u=rw,go=,+X,Fg+s s/ h:d", "s/p fifo 0666\ns/a 0755\ns/k/ 0750\nd/p fifo 0600").option("--chmod");
    modes_of_devices: small("-ai --chmod=ug+x,o= s/ h:d", "s/c char:1,3 0664\ns/b block:7,0 0604\nd/c char:1,3 0664").needs_root("devices").option("--chmod");
    listed_here: small("-ai --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\ns/k/z\nd/").option("--files-from=x");
    listed_here_31: small("-ai --protocol=31 --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_30: small("-ai --protocol=30 --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_29: small("-ai --protocol=29 --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_27: small("-a --protocol=27 --files-from=x s h:d", "x=a\\nk/y\\n\ns/a\ns/b\ns/k/y\nd/");
    listed_here_deeply: small("-rti --files-from=x s h:d", "x=k\\n\ns/a\ns/k/y\ns/k/m/z\nd/");
    listed_here_plainly: small("-ai --no-R --files-from=x s h:d", "x=k/y\\n\ns/a\ns/k/y\nd/");
    listed_here_with_zeros: small("-ai --from0 --files-from=x s h:d", "x=a\\x00k/y\\x00\ns/a\ns/b\ns/k/y\nd/");
    listed_here_what_is_not_there: small("-ai --files-from=x s h:d", "x=a\\nnope\\n\ns/a\nd/");
    moved: small("-ai --remove-source-files s/ h:d", "s/a=new\ns/k/y\ns/same=1\ns/l -> a\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_27: small("-a --remove-source-files --protocol=27 s/ h:d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_29: small("-ai --remove-source-files --protocol=29 s/ h:d", "s/a=new\ns/k/y\ns/same=1\nd/same=1\nd/a=old").option("--remove-source-files");
    moved_links: small("-aHi --remove-source-files s/ h:d", "s/a=new\ns/b == s/a\ns/c=1\nd/c=1").option("--remove-source-files");
    moved_and_told: small("-av --remove-source-files s/ h:d", "s/a=new\ns/same=1\nd/same=1").option("--remove-source-files");
    moved_dry: small("-ain --remove-source-files s/ h:d", "s/a=new\nd/");
    missing: small("-ai nope/ s/ h:d", "s/a\nd/");
    missing_ignored: small("-ai --ignore-missing-args nope s/a h:d", "s/a\nd/").option("--ignore-missing-args");
    delayed: push("-ai --delay-updates s/ h:d");
    statistics: push("-a --stats s/ h:d");
    verbose: push("-av --delete s/ h:d");
    very_verbose: push("-avv s/ h:d");
    with_progress: push("-a --progress s/ h:d");
    logged: push("-a --log-file=x.log s/ h:d");
    several: small("-ai s/a s/k t h:d", "s/a\ns/k/x\nt/y\nd/");
    several_contents: small("-ai s/ t/ h:d", "s/a\ns/k/x\nt/a=2\nt/k/y\nd/");
    odd_names: small("-ai s/a\\sb s/$x s/;y h:d\\s1", "s/a\\sb\ns/$x\ns/;y\nd/");
    secluded: small("-asi s/a\\sb h:d\\s1", "s/a\\sb\nd/");
    in_place: push("-ai --inplace s/ h:d");
    in_place_by_blocks: small("-aiI --inplace --no-W --block-size=4 s/ h:d", "s/a=bbbbaaaacccczzzz\nd/a=aaaabbbbccccdddd");
    appended: small("-ai --append s/ h:d", "s/a=old-and-new\ns/b=short\nd/a=old\nd/b=longer-than-short").option("--append");
    appended_verified: small("-ai --append-verify s/ h:d", "s/a=old-and-new\nd/a=xld").option("--append-verify");
    by_blocks: small("-aiI --block-size=4 --stats s/ h:d", "s/a=aaaaXbbbbccccddddYY\nd/a=aaaabbbbccccdddd");
    whole: small("-aWi --stats s/ h:d", "s/a=aaaaXbbbb\nd/a=aaaabbbb");
    similar: small("-ai --partial-dir=.p s/ h:d", "s/a=aaaaXbbbb\nd/a=aaaabbbb");
    missing_deleted: small("-ai --delete-missing-args s/gone s/a h:d", "s/a\nd/gone\nd/a=old").option("--delete-missing-args");
    modes: small("-ai --chmod=Du+w,Fgo-r s/ h:d", "s/a\ns/k/ 0755\nd/").option("--chmod=Du+w,Fgo-r");
    owners: small("-ai --chown=1:2 s/ h:d", "s/a\nd/").option("--chown=1:2").needs_root("owners");
    made_path: small("-ai --mkpath s/ h:d/e/f", "s/a").option("--mkpath");
    not_there: small("-ai s/ h:d/e/f", "s/a");
    sparse: push("-aSi s/ h:d");
    existing_only: push("-ai --existing s/ h:d").option("--existing");
    new_only: push("-ai --ignore-existing s/ h:d").option("--ignore-existing");
    window: small("-ai -@5 s/ h:d", "s/a=1 @1000\nd/a=2 @1003").option("-@5");
    backups: push("-ai --delete -b --backup-dir=../old s/ h:d").option("--backup-dir=../old");
    directories: small("-di s/ h:d", "s/a\ns/k/x\nd/").option("-d");
    not_recursive: small("-i s/a s/k h:d", "s/a\ns/k/x\nd/");
    one_file_system: small("-axi s/ h:d", "s/a\ns/k/x\nd/");
    directory_links: small("-aki s/ h:d", "s/k -> ../t\nt/x\nd/").option("-k");
    unsafe_links: small("-ai --copy-unsafe-links s/ h:d", "s/k -> ../t/x\nt/x\nd/").option("--copy-unsafe-links");
    safe_links: small("-ai --safe-links s/ h:d", "s/k -> ../t/x\ns/l -> a\nd/").option("--safe-links");
    dangling: small("-aLi s/ h:d", "s/k -> nothing\ns/a\nd/");
    formats: push("-a --out-format=%o:%n:%l:%i s/ h:d");
    information: small("-a --info=name2,del,skip s/ h:d", "s/a\nd/a\nd/b");
    quiet: push("-aq s/ h:d");
    stopped: small("-ai --max-delete=0 --delete s/ h:d", "s/a\nd/b\nd/c");
    unreadable: small("-ai s/ h:d", "s/a 0000\ns/b\nd/").unprivileged();
    unreadable_directory: small("-ai --delete s/ h:d", "s/k/x\ns/k/ 0000\ns/b\nd/b\nd/c").unprivileged();
}

/// Where links are followed.
const OF_LINKS: &str =
    "rsync reads those of the link itself, resilver those of what it leads to, as with all else";

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
    xattrs_followed: small("-aLXi s/ h:d", &format!("{LONG}s/l -> a\ns/m -> k\n")).ignore(Aspect::Xattr, OF_LINKS);
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

/// Files that stand for what only the super-user can make, as notes have it.
const NOTED: &str = "s/owned=x x:user.rsync.%stat=104755\\s0,0\\s7:8\ns/p= x:user.rsync.%stat=10644\\s0,0\\s0:0\n\
    s/l=owned x:user.rsync.%stat=120777\\s0,0\\s0:0\ns/k/ x:user.rsync.%stat=40750\\s0,0\\s3:4\n\
    s/k/trusted x:user.rsync.trusted.t=a-value-longer-than-what-a-list-tells-1 x:user.zz=2\nd/owned=y\n";

cases! {
    noted: small("-aAXi --fake-super s/ h:d", NOTED).then("-aAXii --fake-super s/ h:d").option("--fake-super");
    noted_and_deleting: small("-ai --delete --fake-super s/ h:d", NOTED);
    noted_as_a_plain_user: small("-ai --fake-super s/ h:d", "s/su=x x:user.rsync.%stat=104755\\s0,0\\s7:8\ns/l=a x:user.rsync.%stat=120777\\s0,0\\s0:0\nd/").unprivileged();
    noted_in_a_way_that_makes_no_sense: small("-ai --fake-super s/ h:d", "s/a x:user.rsync.%stat=zork\nd/");
    fuzzy: small("-aiy s/ h:d", ALIKE);
    fuzzy_30: small("-aiy --protocol=30 s/ h:d", ALIKE);
    fuzzy_29: small("-aiy --protocol=29 s/ h:d", ALIKE);
    fuzzy_28: small("-aiy --protocol=28 s/ h:d", ALIKE);
    fuzzy_counted: small("-ay --stats s/ h:d", ALIKE).option("-y");
    fuzzy_twice: small("-ayyi --copy-dest=../p s/ h:d", ALIKE);
    fuzzy_twice_without_another_tree: small("-ayyi s/ h:d", ALIKE);
    fuzzy_with_xattrs: small("-aXiy s/ h:d", &format!("{ALIKE}{LONG}"));
}

/// Names in Latin-1, and what is at the other end in UTF-8.
pub(super) const SPELLED: &str = "s/caf\\xe9=new @1200000000\ns/plain\ns/link -> t\\xe9\ns/d\\xe9/in\\xe9=1\ns/d\\xe9/\\xe0=2\ns/d\\xe9/z=3\ns/d\\xe9/\\xf6/deep=4\ns/\\xe4/x\n\
    s/zz == s/caf\\xe9\nd/caf\\xc3\\xa9=old\nd/d\\xc3\\xa9/z=3\nd/gone\nd/link -> t\\xc3\\xa9\n";

/// The same, the other way round, with names that go.
pub(super) const SPELLED_THERE: &str = "s/caf\\xc3\\xa9=new @1200000000\ns/d\\xc3\\xa9/in\\xc3\\xa9=1\ns/d\\xc3\\xa9/\\xc3\\xb6/deep=4\n\
    d/caf\\xe9=old\nd/d\\xe9/gone\\xe9\nd/gone\\xe9/x\n";

/// Some names that are no UTF-8.
pub(super) const UNSPOKEN: &str =
    "s/a\ns/bad\\xff\ns/l -> t\\xff\ns/dir\\xff/x\ns/k/bad\\xfe\ns/k/y\ns/z\nd/gone\n";

/// What rsync shows where names of what goes come in UTF-8.
const GONE: &str =
    "rsync takes names of what goes for local ones, and shows those of Latin-1 in UTF-8 twice";

/// How far each looks.
const BELOW: &str = "rsync complains of what is below a directory that it has complained of";

fn spelled(line: &str) -> Case {
    small(line, SPELLED)
}

cases! {
    spelled_otherwise: spelled("-ai --delete --iconv=latin1,utf8 s/ h:d").option("--iconv");
    spelled_otherwise_twice: spelled("-ai --iconv=latin1,utf8 s/ h:d").then("-aii --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_whole: spelled("-ai --delete --no-inc-recursive --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_30: spelled("-ai --delete --protocol=30 --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_29: spelled("-ai --delete --protocol=29 --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_27: spelled("-a --delete --protocol=27 --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_with_links: spelled("-aHi --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_with_xattrs: small("-aXi --iconv=latin1,utf8 s/ h:d", &format!("{SPELLED}s/d\\xe9/ x:user.k=a-value-longer-than-what-a-list-tells-1\ns/d\\xe9/q x:user.k=a-value-longer-than-what-a-list-tells-2\n"));
    spelled_otherwise_compared: spelled("-aci --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_and_moved: small("-ai --remove-source-files --iconv=latin1,utf8 s/ h:d", "s/b\\xe9\ns/a\ns/\\xe9/y\nd/");
    spelled_otherwise_dry: spelled("-ain --delete --iconv=latin1,utf8 s/ h:d");
    spelled_otherwise_by_rules: small("-ai --delete --exclude=*\\xe9.o --iconv=latin1,utf8 s/ h:d", "s/a\\xe9.o\ns/b\nd/c\\xc3\\xa9.o\nd/\\xe9.o\n").option("--exclude").ignore(Aspect::Stdout, GONE);
    spelled_otherwise_and_gone: small("-ai --delete --iconv=latin1,utf8 s/ h:d", "s/a\nd/caf\\xc3\\xa9/x\n").ignore(Aspect::Stdout, GONE);
    spelled_otherwise_relative: small("-aRi --iconv=latin1,utf8 s/d\\xe9/x h:d", "s/d\\xe9/x\nd/");
    spelled_otherwise_counted: small("-a --stats --iconv=latin1,utf8 s/ h:d", "s/caf\\xe9\ns/d\\xe9/x\nd/");
    spelled_there_in_latin: small("-ai --delete --iconv=utf8,latin1 s/ h:d", SPELLED_THERE).option("--iconv");
    spelled_there_in_latin_29: small("-ai --delete --protocol=29 --iconv=utf8,latin1 s/ h:d", SPELLED_THERE).option("--iconv");
    spelled_there_in_latin_told: small("-av --delete --iconv=utf8,latin1 s/ h:d", SPELLED_THERE);
    spelled_the_same: small("-ai --iconv=utf8 s/ h:d", SPELLED_THERE);
    spelled_the_same_by_locale: small("-ai --iconv=. s/ h:d", SPELLED_THERE).env("LC_ALL", "C.UTF-8");
    spelled_by_the_environment: spelled("-ai s/ h:d").env("RSYNC_ICONV", "latin1,utf8");
    spelled_as_it_is: spelled("-ai --iconv=latin1,utf8 --no-iconv s/ h:d");
    spelled_as_it_is_by_a_dash: spelled("-ai --iconv=- s/ h:d");
    spelled_in_no_charset: small("-ai --iconv=foo s/ h:d", "s/a\nd/").ignore(Aspect::Stderr, "rsync starts the other end first");
    spelled_in_no_charset_there: small("-ai --iconv=utf8,foo s/ h:d", "s/a\nd/");
    spelled_past_the_shell: small("-asi --iconv=latin1,utf8 s/ h:d\\xe9", "s/d\\xe9/x\nd\\xc3\\xa9/\n");
    unspoken: small("-ai --delete --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_whole: small("-ai --delete --no-inc-recursive --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_30: small("-ai --delete --protocol=30 --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_29: small("-ai --delete --protocol=29 --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_27: small("-a --delete --protocol=27 --iconv=utf8 s/ h:d", UNSPOKEN).option("--iconv");
    unspoken_with_links: small("-aHi --iconv=utf8 s/ h:d", &format!("{UNSPOKEN}s/bad2\\xff == s/bad\\xff\ns/good == s/bad\\xff\n"));
    unspoken_counted: small("-a --stats --iconv=utf8 s/ h:d", UNSPOKEN);
    unspoken_operands: small("-ai --iconv=utf8 s/bad\\xff s/dir\\xff s/a h:d", UNSPOKEN);
    unspoken_relative: small("-aRi --iconv=utf8 s/dir\\xff/x s/a h:d", UNSPOKEN);
    unspoken_alone: small("-ai --iconv=utf8 s/bad\\xff h:d", UNSPOKEN);
    unspoken_names: small("-ai --files-from=x --iconv=utf8 s h:d", &format!("x=dir\\xff/x\\na\\n\n{UNSPOKEN}")).ignore(Aspect::Stderr, BELOW);
    unspoken_and_missing: small("-ai --delete-missing-args --iconv=utf8 s/nope\\xff s/a h:d", UNSPOKEN);
}

/// A device with nothing in it, and one that is reached by a link.
pub(super) const DEVICES: &str = "s/null char:1,3 0640\ns/l -> null\ns/a\nd/null=old\n";

cases! {
    devices_by_content: small("-ai --copy-devices s/ h:d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_without_keeping: small("-rti --copy-devices s/ h:d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_29: small("-ai --protocol=29 --copy-devices s/ h:d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_compared: small("-aci --copy-devices s/ h:d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_twice: small("-ai --copy-devices s/ h:d", DEVICES).then("-a --stats --copy-devices s/ h:d").needs_root("devices");
    devices_followed: small("-aiL --copy-devices s/ h:d", DEVICES).needs_root("devices").option("--copy-devices");
    devices_moved: small("-ai --remove-source-files --copy-devices s/ h:d", DEVICES).needs_root("devices");
    devices_named: small("-i --copy-devices s/null h:d", DEVICES).needs_root("devices").option("--copy-devices");
}

/// What is named, and lists of names.
pub(super) const NAMED: &str = "s/a\ns/b\ns/k/y\ns/k/z\ns/k/m/q\nd/gone\nx=a\\nk/y\\n\nxd=k\\n\n";

fn named(line: &str) -> Case {
    small(line, NAMED)
}

cases! {
    listed_there: named("-ai --files-from=:x s h:d").option("--files-from");
    listed_there_by_host: named("-ai --files-from=h:x s h:d").option("--files-from");
    listed_at_another_place: named("-ai --files-from=i:x s h:d");
    listed_there_and_told: named("-av --files-from=:x s h:d").option("--files-from");
    listed_there_31: named("-ai --protocol=31 --files-from=:x s h:d").option("--files-from");
    listed_there_30: named("-ai --protocol=30 --files-from=:x s h:d").option("--files-from");
    listed_there_29: named("-ai --protocol=29 --files-from=:x s h:d").option("--files-from");
    listed_there_27: named("-a --protocol=27 --files-from=:x s h:d").option("--files-from");
    listed_there_deeply: named("-rti --files-from=:xd s h:d").option("--files-from");
    listed_there_plainly: named("-ai --no-R --files-from=:x s h:d").option("--files-from");
    listed_there_with_marks: small("-ai --files-from=:x s h:d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    listed_here_with_marks: small("-ai --files-from=x s h:d", "x=a\\n#c\\n;d\\nb\\n\ns/a\ns/b\ns/#c\ns/;d\nd/");
    listed_there_with_zeros: small("-ai --from0 --files-from=:x s h:d", "x=a\\nb\\x00k/y\\x00\ns/a\\nb\ns/b\ns/k/y\nd/").option("--from0");
    listed_there_and_deleting: named("-air --delete --files-from=:xd s h:d").option("--files-from");
    listed_there_but_not_here: small("-ai --files-from=:x s h:d", "x=a\\nnope\\n\ns/a\nd/");
    listed_there_in_no_list: named("-ai --files-from=:nope s h:d");
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
    only_listed_27: named("-r --protocol=27 --list-only s/ h:d").option("--list-only");
    only_listed_by_names: named("-r --list-only --files-from=x s h:d").option("--list-only");
    only_listed_dry: named("-rn --list-only s/ h:d").option("--list-only");
    only_listed_to_nothing: named("-r --list-only s/ h:nope/nope").option("--list-only");
    only_listed_counted: named("-r --list-only --stats s/a h:d").option("--list-only");
    only_listed_compared: named("-rcI --list-only s/ h:d").option("--list-only");
    only_listed_spelled: small("-r --list-only --iconv=utf8 s/ h:d", "s/caf\\xc3\\xa9\nd/").option("--list-only");
    only_listed_quietly: named("-rq --list-only s/ h:d").silent();
}

cases! {
    excepted_from_compression: small("-azvv --skip-compress=a/b s/ h:d", "s/a\ns/f.b\nd/");
    compressed_by_threads: small("-azvv --compress-threads=3 s/ h:d", "s/a\ns/f.b\nd/");
    compressed_by_threads_of_another_name: small("-azi --zt=-1 s/ h:d", "s/a\ns/f.b\nd/");
    compressed_by_no_number: small("-azi --compress-threads=4x s/ h:d", "s/a\nd/");
}
