//! So much that it is compressed by several threads, for a stock rsync.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::place::{Place, complaint, tree};

/// Text that is another for each seed.
fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(len + 8);
    let mut word = seed + 1;
    while text.len() < len {
        word = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 3;
        let letters = (word % 4096 * 0x0101_0101_0101).to_le_bytes();
        text.extend_from_slice(&letters[..(word % 7) as usize + 1]);
    }
    text.truncate(len);
    text
}

/// A large file, and many that are not.
fn fill(source: &Path) {
    fs::write(source.join("large"), text(1, 10 << 20)).expect("a file");
    for number in 0..60 {
        let dir = source.join(format!("k{}", number % 7));
        fs::create_dir_all(&dir).expect("a directory");
        let len = 1000 << (number % 9);
        let file = dir.join(format!("f{number}"));
        fs::write(file, text(number + 2, len)).expect("a file");
    }
}

/// Other bytes at places all over the large file, and in front of it.
fn edit(source: &Path) {
    let path = source.join("large");
    let mut large = fs::read(&path).expect("a file");
    for at in (0..large.len()).step_by(3 << 20) {
        let end = large.len().min(at + (1 << 20));
        large[at..end].copy_from_slice(&text(at as u64 + 9, end - at));
    }
    large.splice(0..0, *b"other text in front");
    fs::write(path, large).expect("a file");
}

fn stock(place: &Place) -> Command {
    let mut command = Command::new("rsync");
    let resilver = env!("CARGO_BIN_EXE_resilver");
    command.arg(format!("--rsync-path={resilver}"));
    command.current_dir(place.at(""));
    command
}

#[test]
fn what_several_threads_compress_is_what_rsync_reads() {
    for choice in ["zstd", "lz4", "zlib"] {
        let place = Place::new();
        let shell = place.shell(r#"exec sh -c "$*""#);
        fill(&place.at("s"));
        for round in ["first", "edited"] {
            let options = ["-a", "--zc", choice, "--compress-threads=3"];
            let pushed = place.run(&shell, &options, ["s/", "h:d"]).output();
            let pushed = pushed.expect("resilver");
            assert!(pushed.status.success(), "{choice}: {}", complaint(&pushed));
            assert!(
                tree(&place.at("s")) == tree(&place.at("d")),
                "{choice} {round} push"
            );
            let mut pull = stock(&place);
            pull.args(["-a", "--zc", choice, "-e"]).arg(&shell);
            let pulled = pull.args(["h:s/", "e"]).output().expect("rsync");
            assert!(pulled.status.success(), "{choice}: {}", complaint(&pulled));
            assert!(
                tree(&place.at("s")) == tree(&place.at("e")),
                "{choice} {round} pull"
            );
            edit(&place.at("s"));
        }
    }
}
