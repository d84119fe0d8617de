//! Symbolic links that are followed, left out, or stand for a directory.

use crate::case::{Case, case};
use crate::compare::Aspect;

/// Links within the source, out of it, to files and directories and to nothing.
const LINKS: &str = "s/a\ns/b/x\ns/b/y/z\ns/la -> a\ns/lb -> b\ns/out -> ../x\ns/abs -> /proc/self/nothing/x\ns/b/up -> ../a\ns/b/oo -> ../../x\ns/ud -> ../dir\nx\ndir/q\n";

fn links(line: &str, more: &str) -> Case {
    case(line, &format!("{LINKS}{more}"))
}

const PLAIN: &str = "s/a\ns/b/x\ns/b/y/z\n";

fn keep(line: &str, more: &str) -> Case {
    case(line, &format!("{PLAIN}{more}"))
}

/// A directory that a link leads to gets its time as any other does.
fn through(line: &str, more: &str) -> Case {
    keep(line, more).ignore(
        Aspect::Mtime,
        "rsync tries to set the time of the link, and leaves that of the directory as the transfer made it",
    )
}

cases! {
    follow_all: links("-aiL s/ d", "!s/abs\nd/").option("-L");
    follow_all_with_one_that_leads_nowhere: links("-aiL s/ d", "d/").option("-L");
    follow_all_and_delete: links("-aiL --delete s/ d", "d/old").option("-L");
    follow_all_without_links: links("-riL s/ d", "!s/abs\nd/").option("-L");
    follow_all_again: links("-aL s/ d", "!s/abs\nd/").then("-aiiL s/ d");
    follow_ring: case("-aiL s/ d", "s/a\ns/round -> round\nd/").option("-L");
    follow_dirs: links("-aik s/ d", "d/").option("-k");
    follow_dirs_without_links: links("-rik s/ d", "d/").option("-k");
    follow_operand: links("-aiL ls d", "ls -> s\n!s/abs\nd/").option("-L");
    follow_dir_operand: links("-aik ls d", "ls -> s\nd/").option("-k");
    follow_dir_operand_to_file: links("-aik lx d", "lx -> x");
    operand_leads_nowhere: links("-aiL ln d", "ln -> nope");
    follow_unsafe: links("-ai --copy-unsafe-links s/ d", "!s/abs\nd/").option("--copy-unsafe-links");
    follow_unsafe_of_name: links("-ai --copy-unsafe-links s d", "!s/abs\ns/far -> ../../w/x\nd/").option("--copy-unsafe-links");
    follow_unsafe_operand: case("-ai --copy-unsafe-links u d", "dir/x\nu -> /proc/self/nothing\nd/");
    follow_hard_linked: case("-aiHL s/ d", "s/a\ns/b == s/a\ns/l -> a\nd/").option("-L");
    follow_delta: case("-aiL --no-W s/ d", "x size:200k\ns/l -> ../x\nd/l size:200k").option("-L");
    follow_checksum: case("-aicL s/ d", "x=same\ns/l -> ../x\nd/l=same @1100000000").option("-L");

    safe: links("-ai --safe-links s/ d", "d/").option("--safe-links");
    safe_told: links("-av --safe-links s/ d", "d/").option("--safe-links");
    safe_of_name: links("-ai --safe-links s d", "d/").option("--safe-links");
    safe_protects: links("-ai --delete --safe-links s/ d", "d/out=kept\nd/old").option("--safe-links");
    safe_odd: case("-rli --safe-links s/ d", "s/k/a -> ..\ns/k/b -> q/../x\ns/k/c -> x/..\ns/k/d -> ./../x\ns/k/e -> ..//x\ns/k/f -> .././x\ns/k/g -> ..//../x\ns/k/h -> .\nd/").option("--safe-links");
    safe_relative: links("-aiR --safe-links s/b d", "s/b/far -> ../../../x\nd/").option("--safe-links");
    unmunge: case("-ai --munge-links s/ d", "s/m -> /rsyncd-munged//etc/x\ns/l -> a\ns/n -> /rsyncd-munged/b\nd/").option("--munge-links");
    unmunge_and_safe: case("-rli --munge-links --safe-links s/ d", "s/m -> /rsyncd-munged//etc/x\ns/n -> /rsyncd-munged/b\nd/").option("--munge-links");

    keep_link: through("-aiK s/ d", "d/real/q\nd/b -> real").option("-K");
    keep_link_off: keep("-ai s/ d", "d/real/q\nd/b -> real");
    keep_link_again: through("-aK s/ d", "d/real/q\nd/b -> real").then("-aiiK s/ d").ignore(Aspect::Stdout, "the time of that directory is right by then");
    keep_link_deeper: through("-aiK s/ d", "d/real/q\nd/b/\nd/b/y -> ../real").option("-K");
    keep_links_in_links: through("-aiK s/ d", "d/real/in/\nd/b -> real\nd/real/y -> in").option("-K");
    keep_link_to_file: keep("-aiK s/ d", "d/file\nd/b -> file");
    keep_link_to_nothing: keep("-aiK s/ d", "d/b -> nowhere");
    keep_link_out: keep("-aiK s/ d", "real/q\nd/b -> ../real").option("-K");
    keep_link_delete: through("-aiK --delete --exclude=real s/ d", "d/real/q\nd/real/x\nd/b -> real").option("-K");
    keep_link_update: through("-aiK s/ d", "d/real/x=old\nd/real/y/z=old\nd/b -> real").option("-K");
    keep_link_where_two_meet: keep("-aiK s/ d", "s/real/r\nd/real/q\nd/b -> real").only_direct().option("-K").ignore(Aspect::Mtime, "as above").ignore(Aspect::Stdout, "the time of that directory is right by then");
    keep_link_dry: keep("-ainK s/ d", "d/real/q\nd/b -> real").option("-K");

    destination_link_of_another: case("-ai s/ d", "s/a\nreal/\nd -> real o:1234:1234").needs_root("owners");
    destination_link_of_another_trusted: case("-ai --insecure-links s/ d", "s/a\nreal/\nd -> real o:1234:1234").needs_root("owners").option("--insecure-links");
    source_link_of_another: case("-ai l/ d", "s/a\nl -> s o:1234:1234\nd/").needs_root("owners");
}
