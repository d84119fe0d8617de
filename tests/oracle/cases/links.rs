//! Symbolic and hard links.

use crate::case::{Case, case};

const SYMLINKS: &str = "s/f\ns/rel -> f\ns/abs -> /etc/passwd\ns/up -> ../outside\ns/dangling -> nowhere\ns/dir/\ns/todir -> dir
s/loop -> loop\ns/ping -> pong\ns/pong -> ping\ns/dir/self -> .\n";

/// A group within a directory, one across three, one with a single member inside the transfer.
const GROUPS: &str = "s/a=one\ns/b == s/a\ns/c == s/a\ns/m/x=two\ns/m/y == s/m/x\ns/n/z == s/m/x\ns/z == s/m/x\ns/out=three\nelsewhere == s/out\n";

fn groups(line: &str, more: &str) -> Case {
    case(line, &format!("{GROUPS}{more}"))
}

cases! {
    symlinks: case("-ai s/ d", SYMLINKS).option("-a");
    symlinks_alone: case("-rli s/ d", SYMLINKS).option("-l");
    symlinks_long: case("-ri --links s/ d", SYMLINKS).option("--links");
    symlinks_left_out: case("-rti s/ d", SYMLINKS);
    symlinks_negated: case("-ai --no-links s/ d", SYMLINKS).option("--no-links");
    symlinks_left_out_verbose: case("-rtv s/ d", SYMLINKS);
    symlinks_left_out_quiet: case("-rtq s/ d", SYMLINKS).option("-q");
    symlinks_retargeted: case("-ai s/ d", "s/l -> new\nd/l -> old\ns/m -> same\nd/m -> same").option("-a");
    symlinks_verbose: case("-av s/ d", "s/l -> new\nd/l -> old\ns/k -> x").option("-v");
    symlinks_not_followed_in_destination: case("-ai s/ d", "s/sub/a\nd/sub -> ../real\nreal/kept");
    symlinks_not_followed_in_destination_delete: case("-ai --delete s/ d", "s/sub/a\nd/sub -> ../real\nreal/kept");
    symlink_for_existing_dir_without_links: case("-ri s/ d", "s/sub/a\nd/sub -> ../real\nreal/kept");
    symlink_single: case("-ai s/l d", "s/l -> nowhere");
    symlink_single_into_dir: case("-ai s/l d/", "s/l -> nowhere\nd/");
    symlink_long_target: case("-ai s/ d", &format!("s/l -> {}", "t/".repeat(1500)));
    symlink_odd_target: case("-ai s/ d", "s/l -> a\\n\\xff\\sb\ns/m -> ''");
    symlink_owner: case("-ai s/ d", "s/l -> a o:5:6\nd/l -> a o:7:8").needs_root("owners");

    hard_links: groups("-aHi s/ d", "").option("-H");
    hard_links_long: groups("-ai --hard-links s/ d", "").option("--hard-links");
    hard_links_not_asked: groups("-ai s/ d", "");
    hard_links_negated: groups("-aHi --no-hard-links s/ d", "").option("--no-hard-links");
    hard_links_verbose: groups("-aHv s/ d", "");
    hard_links_of_whole_dir: groups("-aHi s d", "");
    hard_links_second_run: groups("-aHi s/ d", "").then("-aHi s/ d").then("-aHii s/ d");
    hard_links_stats: groups("-aH --stats s/ d", "");
    hard_links_dry_run: groups("-aHin s/ d", "").option("-n");
    hard_links_partly_there_first: groups("-aHi s/ d", "d/a=one");
    hard_links_partly_there_last: groups("-aHi s/ d", "d/c=one");
    hard_links_partly_there_two_apart: groups("-aHi s/ d", "d/a=one\nd/c=one");
    hard_links_partly_there_linked: groups("-aHi s/ d", "d/a=one\nd/b == d/a");
    hard_links_partly_there_in_sub: groups("-aHi s/ d", "d/n/z=two\nd/m/y=other");
    hard_links_behind_and_before_a_changed_leader: case(
        "-aHi s/ d",
        "s/a=one\ns/b == s/a\ns/c == s/a\ns/e == s/a\ns/f == s/a\nd/c=old!!\nd/e=one",
    );
    hard_links_behind_and_before_a_right_leader: case(
        "-aHi s/ d",
        "s/a=one\ns/b == s/a\ns/c == s/a\ns/e == s/a\ns/f == s/a\nd/c=one\nd/e=other",
    );
    hard_links_with_newer_last: case("-aHui s/ d", "s/a=one\ns/b == s/a\ns/c == s/a\nd/c=old @1500000000");
    hard_links_with_existing: case("-aHi --existing s/ d", "s/a=one\ns/b == s/a\ns/c == s/a\nd/b=old!\nd/c=old");
    hard_links_of_symlinks_all: case("-aHi s/ d", "s/l -> x\ns/m == s/l\nd/m -> y").then("-aHii s/ d");
    hard_links_all_apart: groups("-aHi s/ d", "d/a=one\nd/b=one\nd/c=one").option("-H");
    hard_links_other_content: groups("-aHi s/ d", "d/a=old!!\nd/b=one\nd/c == d/a");
    hard_links_linked_to_others: groups("-aHi s/ d", "d/a=one\nd/stranger == d/a");
    hard_links_linked_to_others_changed: groups("-aHi s/ d", "d/a=old!!\nd/stranger == d/a");
    hard_links_wrongly_joined: case("-aHii s/ d", "s/a=x\ns/b=x\nd/a=x\nd/b == d/a").then("-aHi s/ d");
    hard_links_wrongly_joined_changed: case("-ai s/ d", "s/a=x\ns/b=y @7\nd/a=x\nd/b == d/a");
    joined_in_destination_chmod: case("-ai s/ d", "s/a=x 0600\ns/b=x\nd/a=x\nd/b == d/a").only_direct();
    hard_links_with_delete: groups("-aHi --delete s/ d", "d/a=one\nd/old == d/a\nd/old2 == d/a");
    hard_links_of_symlinks: case("-aHi s/ d", "s/l -> x\ns/m == s/l\ns/n == s/l");
    hard_links_of_fifos: case("-aHi s/ d", "s/p fifo\ns/q == s/p");
    hard_links_of_devices: case("-aHi s/ d", "s/n char:1,3\ns/o == s/n").needs_root("devices");
    hard_links_of_empty_files: case("-aHi s/ d", "s/a=\ns/b == s/a\ns/sub/c == s/a");
    hard_links_across_sources: case("-aHi s t d", "s/a\nt/b == s/a\nt/c == s/a");
    hard_links_across_files: case("-aHi s/a t/b d", "s/a\nt/b == s/a\nd/");
    hard_links_group_at_one_dest_file: case("-aHi s/a d", "s/a\ns/b == s/a");
    hard_links_chmod: groups("-aHi s/ d", "").change("s/a=one 0600").then("-aHi s/ d").only_direct();
    hard_links_update_of_content: groups("-aHi s/ d", "").change("s/a=three @1200000000").then("-aHi s/ d");
    hard_links_with_checksum: groups("-aHci s/ d", "d/a=one\nd/b=xne\nd/z=two @9");
    hard_links_large: case("-aHi s/ d", "s/a size:2m\ns/sub/b == s/a\ns/sub/c == s/a");
}
