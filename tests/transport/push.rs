//! A whole push through a real sshd, by a stock rsync to a far resilver.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::sshd::Sshd;

fn push(sshd: &Sshd, dir: &Path, options: &[&str]) -> Output {
    let dest = format!("here:{}/d", dir.display());
    Command::new("rsync")
        .arg(concat!("--rsync-path=", env!("CARGO_BIN_EXE_resilver")))
        .args(options)
        .arg("-e")
        .arg(sshd.shell())
        .args(["s/", &dest])
        .current_dir(dir)
        .output()
        .expect("rsync")
}

fn differences(dir: &Path) -> String {
    let output = Command::new("rsync")
        .args(["-aHinc", "--delete", "s/", "d/"])
        .current_dir(dir)
        .output()
        .expect("rsync");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_tree_goes_over_ssh_and_then_nothing_does() {
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
        &["-aHs", "--delete"],
    ] {
        let _ = fs::remove_dir_all(dir.join("d"));
        let output = push(&sshd, dir, options);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{options:?}: {said}");
        assert_eq!(differences(dir), "", "{options:?}");
        let again = [options, &["-i"]].concat();
        let output = push(&sshd, dir, &again);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{again:?}");
    }
    // Errors of the far end come over standard error, and its code with them.
    fs::write(dir.join("s/new"), "new").expect("a file");
    let output = push(&sshd, dir, &["-a", "-M--gate=false"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(26), "{said}");
    assert!(said.contains("gate"), "{said}");
    assert!(!dir.join("d/new").exists());
}
