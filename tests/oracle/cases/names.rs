//! Names that trip programs up.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

use crate::case::case;

cases! {
    names_with_blanks: case("-ai s/ d", "s/a\\sb\ns/\\s\ns/dir\\s/\\sx\\s");
    names_with_newline: case("-ai s/ d", "s/a\\nb\ns/\\n/\\n\ns/tab\\tbed");
    names_not_utf8: case("-ai s/ d", "s/\\xff\\xfe\ns/caf\\xe9\ns/\\xc3\\x28/x");
    names_not_utf8_verbose: case("-av --delete s/ d", "s/\\xff\\xfe\ns/l\\xff -> t\\xff\nd/\\x80old/\\x81");
    names_utf8: case("-av s/ d", "s/caf\\xc3\\xa9\ns/\\xe2\\x82\\xac/\\xf0\\x9f\\x98\\x80");
    names_in_the_c_locale: case("-av s/ d", "s/caf\\xc3\\xa9").env("LC_ALL", "C");
    names_with_control_bytes: case("-ai s/ d", "s/\\x01\\x1f\ns/\\x7f\ns/\\x1b[31m");
    names_like_escapes: case("-ai s/ d", "s/\\\\#012\ns/\\\\#01\ns/\\\\n");
    names_with_leading_dash: case("-ai s/ d", "s/-rf\ns/--delete/-x");
    names_of_dots: case("-ai s/ d", "s/...\ns/..a\ns/.a/.b\ns/a.");
    names_like_temporary_files: case("-ai --delete s/ d", "s/.f.AbCdEf\ns/f\nd/.f.XyZxYz=left");
    names_with_wildcards: case("-ai s/ d", "s/*\ns/?\ns/[a]\ns/{b}\ns/$c\ns/`d`\ns/'e'\ns/\"f\"");
    names_with_backslash: case("-ai s/ d", "s/a\\\\b\ns/\\\\");
    names_differing_in_case: case("-ai s/ d", "s/A\ns/a\ns/B/x\ns/b/x");
    names_of_255_bytes: case("-ai s/ d", &format!("s/{0}\ns/{1}/{0}\nd/{0}=old", "n".repeat(255), "d".repeat(255)));
    names_of_255_bytes_with_delta: case(
        "-ai --no-whole-file s/ d",
        &format!("s/{0} size:100k @5\nd/{0} size:90k", "n".repeat(255)),
    );
    names_of_255_bytes_as_root: case(
        &format!("-ai s/ {}", "r".repeat(255)),
        &format!("s/a\ns/b/c\n{0}/old\n", "r".repeat(255)),
    );
    names_sort_by_bytes: case("-av s/ d", "s/a\ns/a-b\ns/a.b\ns/a0/x\ns/ab\ns/b-/x\ns/b/x\ns/b0\ns/B\ns/\\xc3\\xa9\ns/~");
    order_of_files_and_dirs: case("-av s/ d", "s/b/x\ns/b/a/x\ns/b.c\ns/b0/x\ns/c\ns/a/z\ns/a-/z\ns/a0");
    operand_not_utf8: case("-ai s\\xff/ d\\xfe", "s\\xff/a\\xfd");
    operand_with_blanks: case("-ai my\\sfiles/ the\\scopy", "my\\sfiles/a\\sb");
    operand_with_newline_missing: case("-ai no\\npe d", "");
    missing_operand_not_utf8: case("-ai no\\xff d", "");
    path_over_4096_bytes: case("-ai s/ d", "s/a").prepare(|root| deep(&root.join("s"), 20));
    path_near_4096_bytes: case("-a s/ d", "s/a").prepare(|root| deep(&root.join("s"), 15));
    many_slashes: case("-ai s///b//// d//e", "s/b/c\nd/");
    dots_inside_operands: case("-ai ./s/./b/../b/ ./d/../d", "s/b/c\nd/");
}

/// A chain of directories with names of 200 bytes; deeper than 20 the path is longer than any one call takes.
fn deep(root: &Path, levels: usize) {
    let open = |at: &OwnedFd, name: &str| {
        openat(at, name, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty())
    };
    let mut at =
        openat(CWD, root, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty()).expect("a directory");
    let name = "n".repeat(200);
    for _ in 0..levels {
        mkdirat(&at, &name, Mode::from_raw_mode(0o755)).expect("a directory");
        at = open(&at, &name).expect("a directory");
        openat(
            &at,
            "f",
            OFlags::CREATE | OFlags::WRONLY,
            Mode::from_raw_mode(0o644),
        )
        .expect("a file");
    }
}
