//! Permissions and owners on the way: `-E`, `--chmod`, `--chown`, maps, `--super`.

use crate::case::{Case, case};

const MODES: &str = "s/x 0755\ns/n 0644\ns/x2 0700\ns/new 0755\ns/newn 0666\ns/d/ 0700\ns/upd=other! 0755\ns/l -> x\ns/p fifo 0755\n";
const OTHER_MODES: &str = "d/x=s/x\\n 0640\nd/n=s/n\\n 0751\nd/x2=s/x2\\n 0744\nd/upd=upd 0604\nd/d/ 0755\nd/p fifo 0644\n";
const MANY: &str = "s/a 0604\ns/b 07777\ns/x 0710\ns/d/ 0755\ns/d/g 0600\ns/d/t/ 01777\ns/l -> a\n";
const OWNERS: &str =
    "s/a o:1:1\ns/b o:0:0\ns/n o:12345:54321\ns/l -> a o:2:2\ns/d/ o:33:33\ns/su 06755 o:1:1\n";

fn executable(line: &str) -> Case {
    case(line, &format!("{MODES}{OTHER_MODES}"))
}

fn chmod(list: &str) -> Case {
    case(&format!("-rlpti --chmod={list} s/ d"), MANY)
        .then(&format!("-rlpti --chmod={list} s/ d"))
        .option("--chmod")
}

fn refused(option: &str) -> Case {
    case(&format!("-r {option} s/ d"), "s/a").ignore(
        crate::compare::Aspect::Missing,
        "rsync makes the destination before it reads its maps",
    )
}

fn owned(options: &str) -> Case {
    case(&format!("-rlti {options} s/ d"), OWNERS)
        .then(&format!("-rlti {options} s/ d"))
        .needs_root("owners")
}

cases! {
    executability: executable("-rltEi s/ d").option("-E");
    executability_by_long_name: executable("-rlti --executability s/ d").option("--executability");
    executability_settles: executable("-rltE s/ d").then("-rltEi s/ d");
    executability_with_perms: executable("-rltpEi s/ d").option("-p");
    executability_with_chmod: executable("-rltEi --chmod=F-x s/ d").option("--chmod");
    executability_with_specials: executable("-rltEi --specials s/ d").option("-E");

    chmod_letters: chmod("ug=rwX,o-rwx");
    chmod_numbers: chmod("D2770,F660");
    chmod_copies: chmod("u=g,g=o");
    chmod_specials: chmod("a+s,D+t");
    chmod_sticky: chmod("+t");
    chmod_others_as_user: chmod("o=u");
    chmod_user_nothing: chmod("u=");
    chmod_x_if_any: chmod("a+X,go-w");
    chmod_masked: case("-rpi --chmod==rwX s/ d", MANY).umask(0o027).option("--chmod");
    chmod_several: case("-rpi --chmod=F600 --chmod=Fg+r,D711 s/ d", MANY).option("--chmod");
    chmod_without_perms: case("-rti --chmod=F600 s/ d", "s/a 0604\ns/b 0644\ns/new 0644\nd/a=s/a\\n 0666\nd/b=other 0640").option("--chmod");
    chmod_in_archive: case("-ai --chmod=go= s/ d", &format!("{MANY}d/a=s/a\\n 0604\nd/d/ 0755\n")).option("--chmod");
    chmod_empty: case("-r --chmod= s/ d", "s/a").option("--chmod");
    chmod_wrong: case("-r --chmod=u+x+w s/ d", "s/a").option("--chmod");
    chmod_number_with_who: case("-r --chmod=u755 s/ d", "s/a").option("--chmod");
    chmod_both_kinds: case("-r --chmod=DF+x s/ d", "s/a").option("--chmod");
    chmod_nothing: case("-rpi --chmod=u+,+,D+ s/ d", MANY);

    chown_names: owned("--chown=www-data:games").option("--chown");
    chown_group: owned("--chown=:6").option("--chown");
    chown_user: owned("--chown=7").option("--chown");
    chown_parts: owned("--chown=7 --chown=:8").option("--chown");
    chown_unknown: owned("--chown=nosuch:nosuch").option("--chown");
    chown_nothing: owned("--chown=:");
    chown_three: owned("--chown=7:8:9").option("--chown");
    chown_in_archive: case("-ai --chown=7:8 s/ d", OWNERS).then("-ai s/ d").needs_root("owners").option("--chown");
    chown_of_what_is_there: case("-rti --chown=7:8 s/ d", "s/a 0644\nd/a=s/a\\n").needs_root("owners").option("--chown");
    chown_as_a_plain_user: case("-rlti --chown=root:root s/ d", OWNERS).needs_root("owners").unprivileged();
    usermap: owned("--usermap=daemon:sys,0:7,1000-20000:bin,*:5").option("--usermap");
    usermap_nameless: owned("--usermap=:3").option("--usermap");
    usermap_root: owned("--usermap=root:3").option("--usermap");
    usermap_unknown: owned("--usermap=*:nosuch").option("--usermap");
    maps_with_wildcards: owned("--usermap=d*:7 --groupmap=12-60000:7,*:8").option("--groupmap");
    maps_of_numbers: owned("--numeric-ids --usermap=daemon:7,:8,*:9").option("--numeric-ids");
    maps_taken_back: owned("--usermap=root:3 --groupmap=root:4 --no-o --no-g");
    maps_of_hard_links: case("-aHi --usermap=1:5 s/ d", "s/a o:1:1\ns/b == s/a").then("-aHii --usermap=1:5 s/ d").needs_root("owners").option("--usermap");
    usermap_without_colon: refused("--usermap=foo").option("--usermap");
    usermap_without_name: refused("--usermap=foo:").option("--usermap");
    usermap_wrong_range: refused("--usermap=1-:3").option("--usermap");
    usermap_wrong_number: refused("--usermap=1x:3").option("--usermap");
    usermap_too_large: refused("--usermap=0:99999999999").option("--usermap");
    groupmap_without_colon: refused("--groupmap=,0:3").option("--groupmap");
    usermap_twice: case("-r --usermap=1:2 --usermap=2:3 s/ d", "s/a");
    groupmap_twice: case("-r --groupmap=1:2 --groupmap=2:3 s/ d", "s/a");
    usermap_after_chown: case("-r --chown=1 --usermap=2:3 s/ d", "s/a");
    chown_after_usermap: case("-r --usermap=2:3 --chown=1 s/ d", "s/a");
    chown_twice: case("-r --chown=1 --chown=2 s/ d", "s/a");
    chown_groups_twice: case("-r --chown=:1 --chown=:2 s/ d", "s/a");

    no_super: case("-ai --no-super s/ d", &format!("{OWNERS}s/null char:1,3\n")).then("-ai --no-super s/ d").needs_root("owners").option("--no-super");
    super_as_root: case("-ai --super s/ d", OWNERS).needs_root("owners");
    super_wins_when_last: case("-ai --no-super --super s/ d", OWNERS).needs_root("owners").option("--super");
    super_as_a_plain_user: case("-ai --super s/ d", "s/f o:1:1\ns/x 0755 o:1:1\ns/l -> f o:1:1\ns/p fifo o:1:1\ns/mine").needs_root("owners").unprivileged().option("--super");
    devices_as_a_plain_user: case("-ai s/ d", "s/c char:1,3\ns/a").needs_root("devices").unprivileged();
}
