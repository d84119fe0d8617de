//! `--fake-super`: notes that are written, and read.

use crate::case::{Case, case};
use crate::compare::Aspect;

/// What only the super-user could make, as it is.
const REAL: &str = "s/f\ns/su 04755 o:1:2\ns/ro 0400 o:7:8\ns/c char:1,3\ns/b block:7,0 0660\ns/p fifo 0640\ns/l -> f\ns/lo -> nowhere o:3:3\ns/d/ 0555 o:5:6\ns/d/in\ns/t/ 01777\n";
/// The same as notes.
const NOTED: &str = "s/f
s/su 0755 x:user.rsync.%stat=104755\\s0,0\\s1:2
s/ro 0600 x:user.rsync.%stat=100400\\s0,0\\s7:8
s/c= 0644 x:user.rsync.%stat=20644\\s1,3\\s0:0
s/b= 0660 x:user.rsync.%stat=60660\\s7,0\\s0:0
s/p= 0640 x:user.rsync.%stat=10640\\s0,0\\s0:0
s/l=f 0777 x:user.rsync.%stat=120777\\s0,0\\s0:0
s/d/ 0755 x:user.rsync.%stat=40555\\s0,0\\s5:6
s/d/in x:user.rsync.%stat=100644\\s0,0\\s9:9
s/x x:user.k=v x:user.rsync.trusted.t=1\n";

fn real(line: &str) -> Case {
    case(line, REAL).needs_root("owners and devices")
}

fn noted(line: &str) -> Case {
    case(line, NOTED)
}

cases! {
    notes_are_written: real("-ai --fake-super s/ d").option("--fake-super");
    notes_settle: real("-a --fake-super s/ d").then("-ai --fake-super s/ d").then("-aii --fake-super s/ d").option("--fake-super");
    notes_are_changed: real("-a --fake-super s/ d")
        .change("s/f 0600\ns/su=s/su\\n 06755 o:1:2\ns/ro=s/ro\\n 0640 o:9:9\n!s/c\ns/c char:1,5\n!s/p\ns/p=file\n!s/l\ns/l -> other\ns/d/ 0500 o:5:7\ns/d/new")
        .then("-ai --fake-super s/ d").option("--fake-super");
    notes_go_with_what_they_say: real("-a --fake-super s/ d").change("s/su=s/su\\n 0755 o:0:0\ns/ro=s/ro\\n 0600 o:0:0\ns/d/ 0755 o:0:0")
        .then("-ai --fake-super s/ d").option("--fake-super");
    notes_with_deletion: real("-a --fake-super s/ d").change("!s/c\n!s/l\n!s/p").then("-ai --delete --fake-super s/ d").option("--fake-super");
    notes_in_a_dry_run: real("-ani --fake-super s/ d");
    notes_are_read: noted("-ai --fake-super s/ d").option("--fake-super");
    notes_are_read_by_a_plain_user: noted("-aXi --fake-super s/ d").then("-aXi --fake-super s/ d").unprivileged().option("--fake-super");
    notes_are_written_by_a_plain_user: case("-ai --fake-super s/ d", "s/f\ns/su 04755\ns/ro 0400\ns/p fifo 0640\ns/l -> f\ns/d/ 0555\ns/d/in").unprivileged().option("--fake-super");
    notes_without_the_option: noted("-aXi s/ d").needs_root("attributes");
    notes_with_attributes: case("-aXi --fake-super s/ d", "s/a x:user.k=v x:trusted.t=1 x:security.s=2 x:user.rsync.%foo=1\ns/d/ x:trusted.d=1")
        .then("-aXi --fake-super s/ d").needs_root("attributes in trusted. and security.").option("--fake-super");
    notes_with_maps: noted("-ai --fake-super --usermap=1:21,7:27 s/ d").option("--usermap");
    notes_with_chmod: noted("-ai --fake-super --chmod=F+s s/ d").option("--chmod");
    notes_of_acls: case("-aAXi --fake-super s/ d", "s/a 0640\ns/d/\ns/e/").prepare(|root| {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let access = words(&[0x80, 4, 6, 0x80, 1000, 4 | 1 << 31, 7, 0]);
        xattr::set(root.join("s/a"), "user.rsync.%aacl", &access).expect("a note");
        let default = words(&[7, 5, 7, 0, 5, 6 | 1 << 31]);
        xattr::set(root.join("s/d"), "user.rsync.%dacl", &default).expect("a note");
    }).then("-aAXi --fake-super s/ d").option("--fake-super");
    notes_that_make_no_sense: case("-ai --fake-super s/ d", "s/a x:user.rsync.%stat=zork").option("--fake-super")
        .ignore(Aspect::Extra, "the destination is made by then, in rsync it may be")
        .ignore(Aspect::Stdout, "and told")
        .ignore(Aspect::Stderr, "two of rsync's processes tell that they end");
    notes_and_all_notes: case("-aXX --fake-super s/ d", "s/a").option("--fake-super");
    no_super_after_fake: real("-ai --fake-super --super s/ d").option("--super");
    fake_after_super: real("-ai --super --fake-super s/ d").option("--fake-super");
}
