//! Operands that do not go together: the very words of rsync 3.5.0.

use std::process::Command;

fn told(program: &str, line: &str) -> (Option<i32>, String) {
    let output = Command::new(program)
        .args(["-e", "false", "-a", "--"])
        .args(line.split(' '))
        .output()
        .expect("a program");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours = stderr.split("resilver error:").next().unwrap_or_default();
    let told = ours.split("rsync error:").next().unwrap_or_default();
    let told = told.strip_prefix("resilver: ").unwrap_or(told);
    (output.status.code(), told.to_owned())
}

#[test]
fn what_does_not_go_together_is_told_as_rsync_tells_it() {
    for line in [
        "h:a b d",
        "s h:b d",
        "s h:b h:d",
        "h:a h2:b d",
        "h:a u@h:b d",
        "h:a h::b d",
        "h::a :b d",
        "h:a ::b d",
        "h:a rsync://h/b d",
        "rsync://h/m rsync://h:99/m d",
        "rsync://h:9/m h::m ::k rsync://h/m x d",
        "h::m rsync://h:9/m d",
        "h:b h:d",
        "h::b h::d",
        "-h:x d",
        "h::/m d",
    ] {
        let theirs = told("rsync", line);
        assert_eq!(told(env!("CARGO_BIN_EXE_resilver"), line), theirs, "{line}");
    }
}
