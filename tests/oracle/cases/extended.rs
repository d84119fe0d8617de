//! ACLs and extended attributes: `-A`, `-X`, `-XX`.

use crate::case::{Case, case};
use crate::compare::Aspect;

const XATTRS: &str =
    "s/a x:user.k=v x:user.k2=\ns/b x:user.k=v\ns/plain\ns/d/ x:user.d=1\ns/d/in x:user.k=in\n";
const OTHER: &str = "d/a=s/a\\n x:user.k=old\nd/b=other x:user.mine=1\nd/plain=s/plain\\n x:user.gone=1\nd/d/ x:user.d=2 x:user.z=1\nd/d/in=s/d/in\\n x:user.k=in\n";

const ALL_NAMES: &str = "s/a x:user.k=v x:trusted.t=1 x:security.s=2
s/l -> a x:trusted.l=1 x:security.l=2
s/dangling -> nowhere x:trusted.l=3
s/p fifo x:trusted.p=1
s/d/ x:trusted.d=1 x:user.d=2
s/null char:1,3 x:trusted.c=1\n";
const ALL_OTHER: &str = "d/a=s/a\\n x:trusted.t=old x:security.gone=1\nd/l -> a x:trusted.l=9 x:trusted.m=1\nd/p fifo\nd/d/ x:security.d=3\n";

const NOTES: &str =
    "s/a x:user.k=v x:user.rsync.foo=3 x:user.rsync.%stat=100600\\s0,0\\s0:0 x:user.rsync.%foo=x\n";

const ACLS: &str = "s/a 0640 acl:u::6,u:1000:4,g::4,m::4,o::0
s/b 0664
s/mask 0664 acl:u::6,g::4,m::6,o::4
s/wide 0604 acl:u::6,u:1:6,u:7:0,g::4,g:3:7,m::7,o::4
s/l -> a
s/p fifo 0660 acl:u::6,g::0,g:7:6,m::6,o::0
s/su 04755 acl:u::7,u:5:5,g::5,m::5,o::5
s/d/ 0775 acl:u::7,u:5:7,g::5,m::7,o::5 default:u::7,u:1:5,g::5,m::7,o::0
s/d/in 0600
s/sg/ 02770 acl:u::7,g::5,g:9:7,m::7,o::0
s/e/\n";
const OTHER_ACLS: &str = "d/a=s/a\\n 0660 acl:u::6,u:1000:6,g::4,m::6,o::0
d/b=s/b\\n 0664 acl:u::6,u:9:6,g::4,m::6,o::4
d/mask=s/mask\\n 0664
d/wide=s/wide\\n 0664
d/su=old 0755
d/d/ 0755 default:u::7,g::5,o::5
d/e/ default:u::7,g::7,o::0
d/extra acl:u::6,u:9:6,g::4,m::6,o::4\n";
/// The destination hands an ACL on to what is made in it.
const INHERITS: &str =
    "d/ 0755 default:u::7,u:1:5,g::5,m::7,o::0\nd/live/ 0755 default:u::7,u:2:7,g::0,m::5,o::1\n";
const NEW: &str = "s/a 0644\ns/x 0755\ns/w 0666\ns/p fifo 0664\ns/l -> a\ns/sub/ 0777\ns/sub/f 0640\ns/live/new 0600\ns/acl 0640 acl:u::6,u:1000:4,g::4,m::4,o::0\n";

fn xattrs(line: &str) -> Case {
    case(line, &format!("{XATTRS}{OTHER}"))
}

fn all_names(line: &str) -> Case {
    case(line, ALL_NAMES).needs_root("attributes in trusted. and security.")
}

fn acls(line: &str) -> Case {
    case(line, &format!("{ACLS}{OTHER_ACLS}"))
}

fn inherits(line: &str) -> Case {
    case(line, &format!("{NEW}{INHERITS}"))
}

cases! {
    xattrs_of_new: case("-aXi s/ d", XATTRS).option("-X");
    xattrs_of_what_is_there: xattrs("-aXi s/ d").option("-X");
    xattrs_without_archive: xattrs("-rXi s/ d").option("-X");
    xattrs_by_long_name: xattrs("-ai --xattrs s/ d").option("--xattrs");
    xattrs_taken_back: xattrs("-aXi --no-X s/ d").option("--no-X");
    xattrs_with_deletion: xattrs("-aXi --delete s/ d").option("-X");
    xattrs_in_a_dry_run: xattrs("-aXni s/ d").option("-X");
    xattrs_settle: xattrs("-aX s/ d").then("-aXi s/ d").then("-aXii s/ d");
    xattrs_change_alone: case("-aX s/ d", XATTRS)
        .change("s/a x:user.k=new x:user.k3=3\ns/d/ x:user.d=other").then("-aXi s/ d").option("-X");
    xattrs_of_the_root: case("-aXi s/ d", "s/ x:user.root=1\ns/a\nd/ x:user.root=2 x:user.gone=1").option("-X");
    xattrs_with_checksum: xattrs("-aXci s/ d").option("-X");
    xattrs_of_a_single_file: case("-aXi s/a d/b", "s/a x:user.k=v\nd/b=old x:user.z=1").option("-X");
    xattrs_of_a_large_file: case("-aX s/ d", "s/big size:3m x:user.k=1").change("s/big size:3m x:user.k=2").then("-aXi s/ d");
    xattrs_and_existing: xattrs("-aXi --existing s/ d").option("-X");
    xattrs_and_ignore_existing: xattrs("-aXi --ignore-existing s/ d").option("--ignore-existing");
    xattrs_of_hard_links: case("-aHX s/ d", "s/a x:user.k=v\ns/b == s/a\ns/z x:user.k=z\ns/d/y == s/z")
        .change("!s/b\ns/a x:user.k=w\ns/b == s/a").then("-aHXi s/ d").option("-X");
    xattrs_empty_and_binary: case("-aXi s/ d", "s/a x:user.empty= x:user.bin=\\x00\\xff\\x0a x:user.\\xc3\\xa9=1").option("-X");
    xattrs_larger_than_the_buffer: case("-aX s/ d", "s/a").prepare(|root| {
        let file = root.join("s/a");
        // Some file systems keep less.
        let kept = [50_000, 2000].map(|len| xattr::set(&file, "user.large", &vec![7; len]).is_ok());
        assert!(kept[1], "an attribute");
        if kept[0] {
            xattr::set(&file, "user.large", &[7; 50_000]).expect("an attribute");
        }
        for number in 0..30 {
            let name = format!("user.a-rather-long-name-of-an-attribute-{number}");
            xattr::set(&file, name, b"x").expect("an attribute");
        }
    }).then("-aXi s/ d").option("-X");

    xattrs_of_every_name: all_names("-aXi s/ d").option("-X");
    xattrs_of_every_name_again: case("-aXi s/ d", &format!("{ALL_NAMES}{ALL_OTHER}")).then("-aXi s/ d")
        .needs_root("attributes in trusted. and security.").option("-X");
    xattrs_as_a_plain_user: all_names("-aXi s/a s/l s/p s/d d").unprivileged().option("-X");
    xattrs_of_others_stay_for_a_plain_user: case("-aXi s/ d", "s/a x:user.k=v\nd/a=s/a\\n x:user.z=1 x:trusted.t=1 x:security.s=1")
        .needs_root("attributes in trusted. and security.").unprivileged().option("-X").only_direct();
    xattrs_without_super: all_names("-aXi --no-super s/ d").option("--no-super");
    xattrs_of_readonly_files: case("-aX s/ d", "s/a 0400 x:user.k=v\ns/d/ 0555 x:user.k=v").unprivileged();
    xattrs_of_readonly_files_change: case("-aX s/ d", "s/a 0400 x:user.k=v\ns/d/ 0555 x:user.k=v\nd/a=s/a\\n 0400 x:user.k=old\nd/d/ 0555 x:user.z=1")
        .then("-aXi s/ d").unprivileged().option("-X");
    xattrs_of_unreadable_files: case("-aXi s/ d", "s/a 0000 x:user.k=v\ns/b x:user.k=v\ns/d/ 0311 x:user.k=v\ns/d/in").unprivileged().option("-X");
    xattrs_that_cannot_be_read_block_deletion: case("-aX --delete s/ d", "s/a 0000 x:user.k=v\nd/x").unprivileged().option("-X")
        .ignore(Aspect::Stdout, "a stage takes deletions back and says so")
        .ignore(Aspect::Missing, "what the source lacks is known by its names: the classic way has deleted it by then");
    xattrs_notes_are_left_out: case("-aXi s/ d", NOTES).option("-X");
    xattrs_notes_are_kept: case("-aXXi s/ d", NOTES).option("-XX");
    xattrs_notes_at_the_destination_go: case("-aXi s/ d", "s/a\nd/a=s/a\\n x:user.rsync.%stat=100600\\s0,0\\s0:0 x:user.rsync.z=1").option("-X");
    xattrs_set_capabilities_after_owners: case("-aXi s/ d", "s/a o:1:1\nd/a=s/a\\n o:2:2").prepare(|root| {
        let capability = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        xattr::set(root.join("s/a"), "security.capability", capability).expect("a capability");
    }).needs_root("capabilities").option("-X");

    acls_of_new: case("-aAi s/ d", ACLS).option("-A");
    acls_of_what_is_there: acls("-aAi s/ d").option("-A");
    acls_by_long_name: acls("-ai --acls s/ d").option("--acls");
    acls_imply_perms: acls("-rAi s/ d").option("-A");
    acls_imply_perms_whatever_comes_after: acls("-rAi --no-p s/ d").option("-A");
    acls_taken_back: acls("-aAi --no-acls s/ d").option("--no-acls");
    acls_settle: acls("-aA s/ d").then("-aAi s/ d").then("-aAii s/ d");
    acls_in_a_dry_run: acls("-aAni s/ d").option("-A");
    acls_with_deletion: acls("-aAi --delete s/ d").option("-A");
    acls_change_alone: case("-aA s/ d", ACLS)
        .change("s/a 0640 acl:u::6,u:1000:6,g::0,m::4,o::0\ns/d/ 0775 default:u::7,g::5,o::0").then("-aAi s/ d").option("-A");
    acls_change_of_mode_is_the_mask: case("-aA s/ d", "s/a 0640 acl:u::6,u:1000:4,g::4,m::4,o::0\nd/a=s/a\\n 0660 acl:u::6,u:1000:4,g::4,m::6,o::0")
        .then("-aAi s/ d");
    acls_of_the_root: case("-aAi s/ d", "s/ 0770 acl:u::7,u:3:7,g::0,m::7,o::0 default:u::7,g::0,o::0\ns/a\nd/b").option("-A");
    acls_and_xattrs: case("-aAXi s/ d", &format!("{ACLS}{XATTRS}")).then("-aAXi s/ d").option("-A");
    acls_are_no_xattrs: acls("-aXi s/ d");
    acls_over_what_is_inherited: inherits("-aAi s/ d").option("-A");
    acls_inherited: inherits("-ai s/ d");
    acls_inherited_without_perms: inherits("-rlti --specials s/ d");
    acls_inherited_without_perms_umask_077: inherits("-rlti --specials s/ d").umask(0o077);
    acls_inherited_with_perms: inherits("-rlpi --specials s/ d").option("-p");
    acls_with_chmod: case("-aAi --chmod=g+w,o+r s/ d", ACLS).then("-aAi --chmod=g+w,o+r s/ d").option("--chmod");
    acls_with_maps: case("-aAi --usermap=1000:7,1:6 --groupmap=3:9 s/ d", ACLS).then("-aAi --usermap=1000:7,1:6 --groupmap=3:9 s/ d")
        .needs_root("owners").option("--usermap");
    acls_as_a_plain_user: case("-aAi s/ d", ACLS).unprivileged().option("-A");
    acls_of_hard_links: case("-aHA s/ d", "s/a\ns/b == s/a").change("!s/b\ns/a 0640 acl:u::6,u:1000:4,g::4,m::4,o::0\ns/b == s/a").then("-aHAi s/ d");
    acls_of_touched_files_stay: case("-ai s/ d", "s/a\ns/b 0600\ns/d/\nd/a=s/a\\n @5 acl:u::6,u:9:6,g::4,m::6,o::4\nd/b=s/b\\n acl:u::6,u:9:6,g::4,m::6,o::4\nd/d/ @7 default:u::7,g::5,o::5");
}

cases! {
    xattrs_by_rules: case("-aXi -f-x\\suser.z s/ d", "s/a x:user.k=v x:user.z=1 x:trusted.t=1 x:user.rsync.%stat=1\nd/a=s/a\\n x:user.z=2 x:user.mine=3 x:trusted.d=4")
        .needs_root("attributes in trusted.").option("-X");
    xattrs_by_rules_as_a_plain_user: case("-aXi -f-x\\suser.z s/ d", "s/a x:user.k=v x:user.z=1 x:security.s=2")
        .needs_root("attributes in security.").unprivileged().option("-X");
    xattrs_only_by_rules: case("-aXi -f-x!\\suser.* s/ d", "s/a 0640 acl:u::6,u:1000:4,g::4,m::4,o::0 x:user.k=v x:trusted.t=1")
        .needs_root("attributes in trusted.").option("-X");
}

/// The directory around a destination that is still to be made hands things on.
const AROUND: &str = "p/ 0755 default:u::7,u:5:7,g::5,m::7,o::0\ns/a\ns/x 0755\ns/e/f 0600\ns/acl 0640 acl:u::6,u:1000:4,g::4,m::4,o::0\n";
const GIVES_GROUP: &str = "p/ 02775 o:0:77\ns/a\ns/e/f o:5:6\ns/l -> a\n";

cases! {
    acls_of_a_new_root: case("-aAi s/ p/d", AROUND).then("-aAi s/ p/d").option("-A");
    acls_inherited_by_a_new_root: case("-ai s/ p/d", AROUND).then("-ai s/ p/d");
    acls_inherited_by_a_new_root_without_perms: case("-rlti s/ p/d", AROUND).then("-rlti s/ p/d");
    acls_inherited_by_a_new_named_root: case("-ai s p/d", AROUND);
    group_inherited_by_a_new_root: case("-rlti s/ p/d", GIVES_GROUP).needs_root("owners");
    group_of_a_new_root: case("-ai s/ p/d", GIVES_GROUP).then("-ai s/ p/d").needs_root("owners");
}

cases! {
    xattrs_through_links: case("-aLXi s/ d", "t/a x:user.k=v\nt/d/ x:user.d=1\nt/d/in x:user.in=1\ns/l -> ../t/a\ns/dl -> ../t/d").then("-aLXi s/ d")
        .ignore(Aspect::Xattr, "rsync reads those of the link itself, resilver those of what it leads to, as with all else");
    acls_through_links: case("-aLAi s/ d", "t/a 0640 acl:u::6,u:1000:4,g::4,m::4,o::0\ns/l -> ../t/a").then("-aLAi s/ d").option("-A");
    xattrs_of_implied_directories: case("-aRXi s/x/y d", "s/ x:user.s=1\ns/x/ x:user.x=1\ns/x/y x:user.y=1").then("-aRXi s/x/y d").option("-X");
    acls_of_implied_directories: case("-aRAi s/x/y d", "s/x/ 0750 acl:u::7,u:5:7,g::5,m::5,o::0\ns/x/y").then("-aRAi s/x/y d").option("-A");
    chmod_and_owners_of_implied_directories: case("-aRi --chmod=D711 --chown=7:8 s/x/y d", "s/x/y").then("-aRi --chmod=D711 --chown=7:8 s/x/y d").needs_root("owners").option("--chmod");
}
