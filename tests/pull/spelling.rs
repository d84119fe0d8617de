//! Names that this side cannot spell (`--iconv`): told, left out, and nothing is deleted on the word of such a list.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::place::{Place, complaint, tree};

fn names(place: &Place) -> Vec<Vec<u8>> {
    let all = tree(&place.at("d"));
    let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
    all.keys().map(|path| bytes(path)).collect()
}

#[test]
fn what_cannot_be_spelled_is_told_and_left_out() {
    for more in [
        &[][..],
        &["--no-inc-recursive"],
        &["--protocol=29"],
        &["-H"],
    ] {
        let place = Place::new();
        for dir in ["k", "k/d\u{20ac}", "k/d\u{20ac}/deep", "caf\u{e9}"] {
            fs::create_dir_all(place.at("s").join(dir)).expect("a directory");
        }
        for file in [
            "a",
            "\u{20ac}uro",
            "k/d\u{20ac}/deep/x",
            "k/y",
            "caf\u{e9}/z\u{e9}",
        ] {
            fs::write(place.at("s").join(file), file).expect("a file");
        }
        symlink("to\u{20ac}", place.at("s/l")).expect("a link");
        fs::create_dir(place.at("d")).expect("a directory");
        fs::write(place.at("d/mine"), "mine").expect("a file");
        let shell = place.shell("exec sh -c \"$*\"");
        let options = [&["-rlt", "--delete", "--iconv=latin1,utf8"], more].concat();
        let output = crate::pull(&place, &shell, &options);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(23), "{more:?}: {said}");
        for told in [
            "cannot convert filename: \\#342\\#202\\#254uro (Invalid or incomplete multibyte or wide character)",
            "cannot convert filename: k/d\\#342\\#202\\#254 (",
            "cannot convert symlink data for: \"l\" (",
            "IO error encountered -- skipping file deletion",
        ] {
            // The link's target goes unconverted where that was not agreed on.
            let is_agreed = more != ["--protocol=29"] || !told.contains("symlink");
            let output = [&output.stdout[..], &output.stderr].concat();
            let has = String::from_utf8_lossy(&output).contains(told);
            assert_eq!(has, is_agreed, "{more:?}: {told}: {said}");
        }
        let got = names(&place);
        for name in [
            &b"a"[..],
            b"caf\xe9",
            b"caf\xe9/z\xe9",
            b"k",
            b"k/y",
            b"mine",
        ] {
            let name = OsStr::from_bytes(name);
            assert!(
                got.contains(&name.as_bytes().to_vec()),
                "{more:?}: {name:?}"
            );
        }
        let is_known = |name: &Vec<u8>| !name.contains(&0xe2);
        assert!(got.iter().all(is_known), "{more:?}: {got:?}");
    }
}
