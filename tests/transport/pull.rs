//! A whole pull through a real sshd, from a stock rsync.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::sshd::Sshd;

fn pull(sshd: &Sshd, dir: &Path, options: &[&str]) -> Output {
    let source = format!("here:{}/s/", dir.display());
    let output = Command::new(env!("CARGO_BIN_EXE_resilver"))
        .args(options)
        .arg("-e")
        .arg(sshd.shell())
        .args([&source, "d"])
        .current_dir(dir)
        .output()
        .expect("resilver");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{options:?}: {said}");
    output
}

fn differences(dir: &Path) -> String {
    // rsync itself compares, with all that it knows of.
    let output = Command::new("rsync")
        .args(["-aHinc", "--delete", "s/", "d/"])
        .current_dir(dir)
        .output()
        .expect("rsync");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_tree_comes_over_ssh_and_then_nothing_does() {
    let sshd = Sshd::start();
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    fs::create_dir_all(dir.join("s/k/deep")).expect("a directory");
    for number in 0..300 {
        let name = format!("s/k/f{number}");
        fs::write(dir.join(name), number.to_string().repeat(50)).expect("a file");
    }
    let large: Vec<u8> = (0..3_000_000_u32)
        .map(|n| (n / 7) as u8 ^ (n >> 11) as u8)
        .collect();
    fs::write(dir.join("s/large"), &large).expect("a file");
    fs::hard_link(dir.join("s/large"), dir.join("s/k/deep/link")).expect("a link");
    for options in [
        &["-aH", "--delete"][..],
        &["-aHz", "--delete"],
        &["-aH", "--delete", "--protocol=29"],
        &["-aHz", "--delete", "--protocol=30"],
        &["-as", "--delete"],
    ] {
        let _ = fs::remove_dir_all(dir.join("d"));
        pull(&sshd, dir, options);
        if options[0].contains('H') {
            assert_eq!(differences(dir), "", "{options:?}");
        }
        let again = [options, &["-i"]].concat();
        let output = pull(&sshd, dir, &again);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{again:?}");
    }
    // A change in the middle of a large file: only that comes.
    let mut edited = large;
    edited[1_500_000] ^= 0xff;
    fs::write(dir.join("s/large"), &edited).expect("a file");
    let output = pull(&sshd, dir, &["-aH", "--stats"]);
    let stats = String::from_utf8_lossy(&output.stdout);
    let literal = stats.lines().find(|line| line.starts_with("Literal data"));
    let literal: String = literal
        .unwrap_or_default()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    assert!(
        literal.parse::<u64>().is_ok_and(|bytes| bytes < 10_000),
        "{stats}"
    );
    assert_eq!(fs::read(dir.join("d/k/deep/link")).expect("a file"), edited);
}
