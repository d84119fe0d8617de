//! How content is written: in place, at the end, sparsely, reserved, from devices; where it lies meanwhile.

use crate::case::{Case, case};

/// A file that changed, one that is new, one that is longer at the destination, one that is the same.
const PAIR: &str = "s/new=fresh\ns/same=1\nd/same=s/same\\n\ns/b=0123456789abcdef @1200000000\nd/b=0123456789 @1000000000
s/c=short @1200000000\nd/c=much-longer-than-it\ns/k/x=deep @1200000000\nd/k/x=d\n";

fn pair(line: &str) -> Case {
    case(line, PAIR)
}

/// Large files that share most of their blocks.
const LARGE: &str = "s/big size:700k seed:3\nd/big size:650k seed:3 @900000000\ns/other size:300k seed:4\nd/other size:300k seed:5 @900000000\n";

fn large(line: &str) -> Case {
    case(line, LARGE)
}

/// Files at the destination whose owner may not read them.
pub(super) const UNREADABLE: &str =
    "s/b=b\ns/c=cc @5\ns/big size:90k\nd/b=bb 0200\nd/c=cc 0000\nd/big size:80k 0200";

cases! {
    inplace: pair("-ai --inplace s/ d").only_direct();
    inplace_keeps_links: case("-ai --inplace s/ d", "s/a=new-content @1200000000\nd/a=old\nd/b == d/a").option("--inplace").only_direct();
    inplace_with_links: case("-aHi --inplace s/ d", "s/a=new-content @1200000000\ns/b == s/a\nd/a=old\nd/b == d/a").option("--inplace").only_direct();
    inplace_over_link: case("-ai --inplace s/ d", "s/f=new\nd/f -> t\nd/t=keep").only_direct();
    inplace_shrinks: case("-ai --inplace s/ d", "s/f=ab @1200000000\nd/f=abcdef").only_direct();
    inplace_shrinks_by_delta: case("-ai --inplace --no-W s/ d", "s/f=ab @1200000000\nd/f=abcdef").only_direct();
    inplace_delta: large("-ai --inplace --no-whole-file s/ d").only_direct();
    inplace_delta_stats: large("-a --inplace --no-whole-file --stats s/ d").only_direct();
    inplace_dry: pair("-ain --inplace s/ d").only_direct();
    inplace_verbose: pair("-avv --inplace s/ d").only_direct();
    inplace_perms: case("-ai --inplace s/ d", "s/f=new 0640 @1200000000\nd/f=old 0604").only_direct();
    inplace_read_only: case("-ai --inplace s/ d", "s/f=new 0644 @1200000000\nd/f=old 0444").unprivileged().only_direct();
    inplace_without_times: case("-ri --inplace s/ d", "s/f=new @1200000000\nd/f=old").only_direct();
    inplace_delete: case("-ai --inplace --delete s/ d", "s/f=new @1200000000\nd/f=old\nd/x").ignore(crate::compare::Aspect::Stderr, "only direct writes in place").only_direct();
    inplace_and_partial_dir: pair("-ai --inplace --partial-dir=.p s/ d");
    inplace_and_delay: pair("-ai --inplace --delay-updates s/ d");
    no_inplace: pair("-ai --inplace --no-inplace s/ d");
    append: pair("-ai --append s/ d").option("--append").only_direct();
    append_dry: pair("-ain --append s/ d").option("--append").only_direct();
    append_without_checking: case("-ai --append s/ d", "s/f=abcdef @1200000000\nd/f=xyz").option("--append").only_direct();
    append_longer_or_equal: case("-ai --append s/ d", "s/f=abc\nd/f=xyzzz\ns/g=abc 0600\nd/g=xyz").option("--append").only_direct();
    append_large: case("-ai --append s/ d", "s/big size:700k seed:3 @1200000000\nd/big size:650k seed:3").only_direct();
    append_with_stats: case("-a --append --stats s/ d", "s/big size:700k seed:3 @1200000000\nd/big size:650k seed:3").option("--append").only_direct();
    append_verify: pair("-ai --append-verify s/ d").option("--append-verify").only_direct();
    append_verify_wrong: case("-ai --append-verify s/ d", "s/f=abcdef @1200000000\nd/f=xyz").option("--append-verify").only_direct();
    append_verify_wrong_without_a_word: case("-a --append-verify s/ d", "s/f=abcdef @1200000000\nd/f=xyz").only_direct();
    append_twice_is_verify: case("-ai --append --append s/ d", "s/f=abcdef @1200000000\nd/f=xyz").only_direct();
    append_taken_back: case("-ai --append --no-append s/ d", "s/f=abcdef @1200000000\nd/f=xyz");
    append_and_whole_file: pair("-ai --append -W s/ d");
    delta_of_what_cannot_be_read: case("-ai --no-W s/ d", UNREADABLE).option("--no-W").unprivileged();
    delta_of_what_cannot_be_read_counted: case("-a --stats --no-W s/ d", UNREADABLE).option("--no-W").unprivileged();
    delta_of_what_cannot_be_read_dry: case("-ain --no-W s/ d", UNREADABLE).unprivileged();
    delta_of_what_cannot_be_read_elsewhere: case("-ai --no-W --copy-dest=../p s/ d", "s/b=b\np/b=bb 0200").option("--no-W").unprivileged();
    into_what_cannot_be_read: case("-ai --inplace s/ d", UNREADABLE).unprivileged().only_direct();
    behind_what_cannot_be_read: case("-ai --append s/ d", "s/b=bbb\nd/b=bb 0200").option("--append").unprivileged().only_direct();
    append_and_partial_dir: pair("-ai --append --partial-dir=.p s/ d");
    sparse: case("-aiS s/ d", "s/hole hole:4m\ns/plain=text\ns/empty=");
    sparse_changed: case("-aiS s/ d", "s/hole hole:4m @1200000000\nd/hole size:100k seed:9");
    sparse_delta: case("-aiS --no-W s/ d", "s/hole hole:4m @1200000000\nd/hole size:100k seed:9");
    sparse_in_place: case("-aiS --inplace s/ d", "s/hole hole:2m @1200000000\nd/hole size:100k seed:9").only_direct();
    no_sparse: case("-aiS --no-S s/ d", "s/hole hole:1m");
    preallocate: large("-ai --preallocate s/ d").silent();
    preallocate_and_sparse: case("-aiS --preallocate s/ d", "s/hole hole:4m");
    delta: large("-ai --no-whole-file s/ d");
    delta_block_size: large("-a --no-whole-file --stats -B 1000 s/ d").option("-B");
    delta_block_size_too_large: large("-ai -B 200000 s/ d");
    delta_block_size_invalid: large("-ai --block-size=1x s/ d");
    partial: pair("-ai --partial s/ d");
    partial_and_progress: pair("-aP s/ d").option("-P");
    partial_dir: pair("-ai --partial-dir=.rp s/ d");
    partial_dir_basis: case("-ai --partial-dir=.rp --no-W --stats s/ d", "s/f=newcontent\nd/.rp/f=newcon\nd/.rp/ 0700").option("--partial-dir");
    partial_dir_discarded: case("-ai --partial-dir=.rp s/ d", "s/f=newcontent\nd/.rp/f=newcon\nd/.rp/ 0700").option("--partial-dir");
    partial_dir_of_others_stays: case("-ai --partial-dir=.rp s/ d", "s/f=newcontent\nd/.rp/f=newcon\nd/.rp/g=other\nd/.rp/ 0700").option("--partial-dir");
    partial_dir_in_source: case("-ai --partial-dir=.rp s/ d", "s/f=new\ns/.rp/zz").option("--partial-dir");
    partial_dir_and_delete: case("-ai --delete --partial-dir=.rp s/ d", "s/f=new\nd/.rp/zz\nd/k/.rp/q\nd/x").option("--partial-dir");
    partial_dir_dot: pair("-ai --partial-dir=. s/ d");
    partial_dir_from_environment: case("-ai --partial s/ d", "s/f=new\ns/.rp/zz").env("RSYNC_PARTIAL_DIR", ".rp").option("--partial");
    no_partial: pair("-ai --partial --no-partial s/ d");
    temp_dir: case("-ai -T ../t s/ d", "s/f=new\nt/").only_direct();
    temp_dir_absolute: case("-ai -T /dev/shm s/ d", "s/f=new\ns/k/g");
    temp_dir_missing: case("-ai -T nope s/ d", "s/f\nd/");
    temp_dir_is_a_file: case("-ai -T x s/ d", "s/f\nd/x=file");
    delay_updates: pair("-ai --delay-updates s/ d");
    delay_updates_delete: case("-ai --delay-updates --delete-after s/ d", "s/f=new @1200000000\ns/k/g\nd/f=old\nd/x\nd/k/y").option("--delete-after");
    delay_updates_links: case("-aHi --delay-updates s/ d", "s/a=new\ns/b == s/a\ns/k/c == s/a");
    delay_updates_dir: pair("-ai --delay-updates --partial-dir=.w s/ d");
    bwlimit: pair("-ai --bwlimit=100m s/ d");
    bwlimit_too_small: pair("-ai --bwlimit=100b s/ d");
    bwlimit_zero: pair("-ai --bwlimit=0 s/ d");
    bwlimit_invalid: pair("-ai --bwlimit=x s/ d");
    compress: pair("-aiz s/ d");
    stop_after_invalid: pair("-ai --stop-after=0 s/ d");
    stop_at_past: pair("-ai --stop-at=2001-01-01 s/ d");
    stop_at_invalid: pair("-ai --stop-at=foo s/ d");
    stop_at_later: pair("-ai --stop-at=2099-01-01T00:00 s/ d");
    stop_after_later: pair("-ai --stop-after=600 s/ d");
}

/// New files that are like others: by name, by size and time, not at all, and in an alternate tree.
pub const ALIKE: &str = "s/big-2.tar size:700k seed:3\ns/moved size:90k seed:5 @1200000000\ns/k/new.bin size:80k seed:6\ns/plain=1\ns/o.dat size:60k seed:8\n\
    d/big-1.tar size:650k seed:3\nd/was-elsewhere size:90k seed:5 @1200000000\nd/k/old.bin size:70k seed:6\nd/k/old.bim size:70k seed:7\nd/link.tar -> big-1.tar\n\
    p/o.dat2 size:60k seed:8 @5\n";

fn alike(line: &str) -> Case {
    case(line, ALIKE)
}

cases! {
    fuzzy: alike("-aiy --no-W s/ d");
    fuzzy_counted: alike("-ay --no-W --stats s/ d").only_direct();
    fuzzy_whole: alike("-ay --stats s/ d").only_direct();
    fuzzy_by_long_name: alike("-a --fuzzy --no-W --stats s/ d").option("--fuzzy").only_direct();
    fuzzy_taken_back: alike("-ay --no-fuzzy --no-W --stats s/ d").only_direct();
    fuzzy_taken_back_by_letter: alike("-ay --no-y --no-W --stats s/ d").only_direct();
    fuzzy_twice: alike("-ayy --no-W --stats --copy-dest=../p s/ d").option("-y").only_direct();
    fuzzy_once_with_another_tree: alike("-ay --no-W --stats --copy-dest=../p s/ d").only_direct();
    fuzzy_dry: alike("-ainy --no-W s/ d");
}

cases! {
    devices_by_content: case("-ai --copy-devices s/ d", super::push::DEVICES).needs_root("devices").option("--copy-devices");
    devices_by_content_twice: case("-ai --copy-devices s/ d", super::push::DEVICES).then("-ai --copy-devices s/ d").needs_root("devices").ignore(crate::compare::Aspect::Stdout, "whether the clock has gone on is chance");
    devices_followed: case("-aiL --copy-devices s/ d", super::push::DEVICES).needs_root("devices").option("--copy-devices");
}
