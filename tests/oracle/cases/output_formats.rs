//! `--out-format`: every escape, its width and its style of number, when a line comes and for what; checksums.

use crate::case::{Case, case};

const TREE: &str = "s/a 0640\ns/attr=x 0600\nd/attr=x\ns/b/x\ns/b/y/z\ns/dir/ 0700\nd/dir/\ns/l -> a\nd/l -> old\ns/p fifo
    s/same\nd/same=s/same\\n\ns/big size:70000\nd/big size:69000\nd/old/q\nd/old/r -> q\ns/b/h == s/a\n";

fn tree(line: &str) -> Case {
    case(line, TREE).option("--out-format")
}

/// Changed files made of their old versions.
fn blocks(line: &str) -> Case {
    case(
        line,
        "s/a size:70000\nd/a size:65000 @5\ns/b=x\nd/b=yy\ns/c size:700000\nd/c size:699000 @5\ns/d=new",
    )
}

cases! {
    name: tree("-aH --delete --out-format=%n s/ d");
    name_and_link: tree("-aH --out-format=%n%L s/ d");
    itemized: tree("-aH --delete --out-format=<<CHANGED>>%i\\s%n%L s/ d");
    itemized_dry: tree("-aHn --delete --out-format=<<CHANGED>>%i\\s%n%L s/ d");
    operation: tree("-aH --delete --out-format=%o:%n s/ d");
    long_name: tree("-aHii --out-format=%f s/ d");
    long_name_of_directory: tree("-a --out-format=%f s d");
    long_name_dotted: tree("-a --out-format=%f ./s/./b s/a d");
    sizes: tree("-aH --out-format=%l|%'l|%''l|%'''l|%''''l\\s%n s/ d");
    widths: tree("-aH --out-format=%12n|%-12n|%'9l|%-9'l|%3L|%-20L|%14i|%-6o| s/ d");
    wide_percent: tree("-a --out-format=%5%|%%|%-3%|%n s/ d");
    no_escapes: tree("-a --out-format=%z|%5q|%'x|%-|%a|%h|%u|%P|%m|% s/ d");
    empty: tree("-a --delete --out-format= s/ d");
    permissions: tree("-a --out-format=%B\\s%n s/ d");
    permissions_special: case("-ai --out-format=%B\\s%n s/ d", "s/a 04755\ns/b 02644\ns/c/ 01777\ns/e/ 07000\nd/").option("--out-format");
    modified: tree("-a --out-format=%M\\s%n s/a s/b/x d");
    modified_elsewhere: tree("-a --out-format=%M\\s%n s/a d").env("TZ", "America/New_York");
    modified_long_ago: case("-a --out-format=%M s/a d/", "s/a @-1000000000\nd/").option("--out-format");
    owners: case("-a --out-format=%U:%G\\s%n s/ d", "s/a o:5:7\ns/b/ o:1000:0\nd/").needs_root("owners").option("--out-format");
    owners_unknown: case("-rt --out-format=%U:%G\\s%n s/ d", "s/a o:5:7\nd/").needs_root("owners").option("--out-format");
    checksum: tree("-aHii --out-format=%C\\s%n s/ d");
    checksum_dry: tree("-an --out-format=%C\\s%n s/ d");
    checksum_compared: tree("-ac --out-format=%i\\s%C\\s%n s/ d");
    checksum_compared_dry: tree("-acnii --out-format=%i\\s%C\\s%n s/ d");
    checksum_of_much: blocks("-a --no-whole-file --out-format=%C\\s%n s/ d").option("--out-format");
    checksum_md5: tree("-a --checksum-choice=md5 --out-format=%C\\s%n s/ d").option("--checksum-choice");
    checksum_md4: tree("-a --cc=MD4 --out-format=%C\\s%n s/ d").option("--cc");
    checksum_sha1: tree("-a --cc=sha1 --out-format=%C\\s%n s/ d").option("--cc");
    checksum_xxh3: tree("-a --cc=xxh3 --out-format=%C\\s%n s/ d").option("--cc");
    checksum_xxh64: tree("-a --cc=xxhash --out-format=%C\\s%n s/ d").option("--cc");
    checksum_none: tree("-a --cc=none --out-format=%C\\s%n s/ d").option("--cc");
    checksum_auto: tree("-a --cc=auto --out-format=%C\\s%n s/ d");
    checksum_two: tree("-acii --cc=md5,xxh64 --out-format=%C\\s%n s/ d").option("--cc");
    checksum_unknown: tree("-a --cc=foo s/ d").option("--cc");
    checksum_unknown_second: tree("-a --cc=md5,foo s/ d").option("--cc");
    checksum_none_means_whole: blocks("-avv --no-whole-file --cc=none s/ d").option("--cc");
    checksum_none_cannot_compare: tree("-ac --cc=none s/ d").option("--cc");
    sums: blocks("-a --out-format=%c\\s%n s/ d").option("--out-format");
    sums_of_blocks: blocks("-a --no-whole-file --out-format=%c\\s%n s/ d").option("--no-whole-file");
    sums_dry: blocks("-an --no-whole-file --out-format=%c\\s%n s/ d").option("--out-format");
    control_characters: tree("-a --out-format=\\x01\\xff\\n%n s/ d");
    the_old_name: case("-a --log-format=%n! s/ d", TREE).option("--log-format");
    the_later_wins: tree("-a --out-format=%n --out-format=%n+ s/ d");

    with_v: tree("-aHv --delete --out-format=<%n> s/ d");
    with_vv: tree("-aHvv --delete --out-format=<%n> s/ d");
    with_vv_itemized: tree("-aHvv --delete --out-format=<%i\\s%n> s/ d");
    with_v_afterwards: tree("-aHv --out-format=<%n\\s%c> s/ d");
    with_i: tree("-ai --out-format=<%n> s/ d");
    with_ii: tree("-aii --out-format=<%i\\s%n> s/ d");
    with_names_off: tree("-av --info=name0 --out-format=%n s/ d");
    with_progress: tree("-a --progress --out-format=<%n> s/ d");
    with_progress_afterwards: tree("-a --progress --out-format=<%n\\s%c> s/ d");
    with_progress_afterwards_unnamed: tree("-a --info=progress --out-format=<%n\\s%c> s/ d");
    with_quiet: tree("-aq --out-format=%n s/ d").option("-q");
    created_itemized: case("-a --out-format=%i s/ d", "s/a").option("--out-format");
    created_untold: case("-a --out-format=%n s/ d", "s/a").option("--out-format");
}
