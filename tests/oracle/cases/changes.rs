//! What counts as changed: the quick check and the options that replace it.

use crate::case::{Case, case};

/// Pairs that are equal, or differ in one thing.
const PAIRS: &str = "s/equal=xx\nd/equal=xx
s/size=xxx\nd/size=xx
s/older=xx @900000000\nd/older=yy
s/newer=xx @1100000000\nd/newer=yy
s/nanos=xx @1000000000.1\nd/nanos=yy @1000000000.2
s/second=xx @1000000001\nd/second=yy
s/time=xx @1100000000\nd/time=xx
s/bytes=xx\nd/bytes=yy
s/mode=xx 0600\nd/mode=xx
s/new=xx
d/extra=xx
s/sub/bytes=xx\nd/sub/bytes=yy
s/sub/size=xxx\nd/sub/size=xx\n";

fn pairs(line: &str) -> Case {
    case(line, PAIRS)
}

cases! {
    quick_check: pairs("-ai s/ d");
    quick_check_names_all: pairs("-aii s/ d").option("-i");
    quick_check_second_run: pairs("-ai s/ d").then("-ai s/ d");
    checksum: pairs("-aci s/ d").option("-c");
    checksum_long: pairs("-ai --checksum s/ d").option("--checksum");
    checksum_without_times: pairs("-rci s/ d").option("-c");
    ignore_times: pairs("-aIi s/ d").option("-I");
    size_only: pairs("-ai --size-only s/ d").option("--size-only");
    size_only_and_checksum: pairs("-aci --size-only s/ d");
    update: pairs("-aui s/ d").option("-u");
    update_long: pairs("-ai --update s/ d").option("--update");
    update_without_times: pairs("-rui s/ d").option("-u");
    update_replaces_other_types: case("-aui s/ d", "s/a @900000000\nd/a/\ns/l -> a @900000000\nd/l=new");
    existing: pairs("-ai --existing s/ d").option("--existing");
    existing_makes_no_dirs: case("-ai --existing s/ d", "s/new/a\ns/there/a\ns/there/b\nd/there/a=old\ns/l -> x").option("--existing");
    ignore_existing: pairs("-ai --ignore-existing s/ d").option("--ignore-existing");
    ignore_existing_goes_into_dirs: case("-ai --ignore-existing s/ d", "s/sub/ 0700\ns/sub/a\ns/sub/b\nd/sub/a=old").option("--ignore-existing");
    existing_and_ignore_existing: pairs("-ai --existing --ignore-existing s/ d").option("--existing");
    existing_and_ignore_existing_with_delete: pairs("-ai --existing --ignore-existing --delete s/ d").option("--delete");
    window_of_one_second: pairs("-ai --modify-window=1 s/ d").option("--modify-window");
    window_of_an_age: pairs("-ai --modify-window=200000000 s/ d").option("--modify-window");
    window_of_nanoseconds: pairs("-ai --modify-window=-1 s/ d").option("--modify-window");
    window_and_update: pairs("-aui --modify-window=1 s/ d").option("--modify-window");
    whole_file: pairs("-aWi s/ d");
    no_whole_file: pairs("-ai --no-whole-file s/ d");
    no_whole_file_by_letter: pairs("-ai --no-W s/ d");
    delta_of_a_large_file: case("-ai --no-whole-file s/ d", "s/big size:3m @1100000000\nd/big size:3m").change("s/big2 size:2m\nd/big2 size:1m")
        .then("-ai --no-whole-file s/ d");
    delta_of_an_edited_file: case("-ai --no-whole-file --stats s/ d", "s/big size:2m\nd/big size:2m")
        .prepare(|root| edit(&root.join("s/big"))).option("--no-whole-file");
    whole_of_an_edited_file: case("-ai --stats s/ d", "s/big size:2m\nd/big size:2m").prepare(|root| edit(&root.join("s/big")));
    delta_of_a_grown_and_a_cut_file: case("-ai --no-whole-file --stats s/ d", "s/grown size:1m @5\nd/grown size:600k\ns/cut size:600k\nd/cut size:1m @5");
    delta_on_an_empty_basis: case("-ai --no-whole-file --stats s/ d", "s/a size:100k\nd/a=\ns/b=\nd/b size:100k");
    identical_with_ignore_times_and_delta: case("-aIi --no-whole-file --stats s/ d", "s/a size:500k\nd/a size:500k").option("-I");
    dry_run_changes_nothing: pairs("-ain --delete s/ d").option("-n");
    dry_run_long: pairs("-av --dry-run --delete s/ d").option("--dry-run");
    dry_run_into_missing: case("-ain s/ d", "s/a\ns/b/c\ns/l -> a").option("-n");
    dry_run_of_contents_into_missing: case("-avn s d", "s/a\ns/b/c");
    dry_run_then_run: pairs("-ain --delete s/ d").then("-ai --delete s/ d");
    links_by_time_only: case("-ai s/ d", "s/l -> a @1100000000\nd/l -> a\ns/m -> a @1000000000.5\nd/m -> a");
    dirs_by_time_only: case("-ai s/ d", "s/d/ @1100000000\nd/d/\ns/e/ @1000000000.5\nd/e/");
    update_of_a_link_group: case("-aHui s/ d", "s/a=xx @900000000\ns/b == s/a\nd/a=yy\nd/b=yy @800000000");
}

/// Overwrites a few places in a file and dates it anew, as an editor would.
fn edit(path: &std::path::Path) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(path)
        .expect("a file");
    for at in [0, 70_000, 1_500_003] {
        file.write_at(b"edited here", at).expect("written");
    }
    filetime::set_file_mtime(path, filetime::FileTime::from_unix_time(1_200_000_000, 7))
        .expect("a time");
}
