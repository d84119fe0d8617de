//! The remote shell's command line, word for word as rsync 3.5.0 calls it: both are given a shell that
//! writes its words down.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use resilver::transport::{
    Family, Operand, Peer, Program, Quoting, RemoteShell, option_value, path_argument,
};

/// A shell that writes its own words to `words` beside it, each ended by a zero byte, and fails.
fn recorder(dir: &Path, name: &str) -> String {
    let path = dir.join(name);
    let script = format!(
        "#!/bin/sh\nprintf '%s\\0' \"$@\" > {}/words\nexit 1\n",
        dir.display()
    );
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
    path.display().to_string()
}

fn recorded(dir: &Path) -> Vec<OsString> {
    let bytes = fs::read(dir.join("words")).expect("the shell was called");
    fs::remove_file(dir.join("words")).expect("its words");
    let mut words: Vec<OsString> = bytes
        .split(|b| *b == 0)
        .map(|word| OsString::from_vec(word.to_vec()))
        .collect();
    words.pop();
    words
}

/// What rsync's shell is called with for a push to `dest`.
fn stock(dir: &Path, shell: &str, options: &[&str], dest: &OsStr) -> Vec<OsString> {
    Command::new("rsync")
        .arg("-e")
        .arg(shell)
        .args(options)
        .args(["-a", "s"])
        .arg(dest)
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("rsync");
    recorded(dir)
}

/// The same of ours, the arguments between the program and the separator being rsync's.
fn ours(
    dir: &Path,
    shell: &str,
    family: Family,
    rsync_path: &str,
    args: &[OsString],
    dest: &OsStr,
) -> Vec<OsString> {
    let Ok(Operand::Shell { address, path }) = Operand::parse(dest) else {
        panic!("{dest:?} is reached by a shell");
    };
    let mut args = args.to_vec();
    args.extend([".".into(), path_argument(&path, Quoting::All)]);
    let program = Program {
        path: rsync_path.into(),
        args,
    };
    let shell = RemoteShell::parse(OsStr::new(shell)).expect("a shell");
    let (peer, ..) = Peer::start(&shell.command(&address, family, &program)).expect("the recorder");
    let _ = peer.finish().expect("its end");
    recorded(dir)
}

#[test]
fn the_words_are_rsyncs() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    fs::create_dir(dir.join("s")).expect("a source");
    let plain = recorder(dir, "shell");
    let ssh = recorder(dir, "ssh");
    let args: Vec<OsString> = ["--server", "-logDtpre.iLsfxCIvu"].map(Into::into).into();
    for dest in [
        "h:d",
        "h:",
        "u@h:d",
        "u@x@h:d",
        "@h:d",
        "[::1]:d",
        "u@[fe80::1%eth0]:d",
        "h:a b",
        "h:a*b?c[d]",
        r"h:a\*b\c\\*",
        "h:-x",
        "h:--delete",
        "h:~/x",
        "h:$HOME;`id`&|<>(){}!#'\"",
        "h:tab\tline\nend",
        "h:été",
    ] {
        let dest = OsStr::new(dest);
        let expected = stock(dir, &plain, &[], dest);
        let got = ours(dir, &plain, Family::Any, "rsync", &args, dest);
        assert_eq!(got, expected, "{dest:?}");
    }
    let odd = OsStr::from_bytes(b"h:\xff\xfe b");
    let expected = stock(dir, &plain, &[], odd);
    assert_eq!(
        ours(dir, &plain, Family::Any, "rsync", &args, odd),
        expected
    );

    let dest = OsStr::new("u@h:d");
    for words in ["'x  y' \"a\"\"b\" p'q'r", "  -p  22 ", "\\x\ty", "''"] {
        for shell in [&plain, &ssh] {
            let shell = format!("{shell} {words}");
            for (option, family) in [("-4", Family::V4), ("-6", Family::V6)] {
                let expected = stock(dir, &shell, &[option], dest);
                assert_eq!(ours(dir, &shell, family, "rsync", &args, dest), expected);
            }
        }
    }
    let path = "sudo -u 'a b' rsync";
    let expected = stock(dir, &plain, &["--rsync-path", path], dest);
    assert_eq!(ours(dir, &plain, Family::Any, path, &args, dest), expected);
}

#[test]
fn values_of_options_are_escaped_as_rsync_escapes_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let dir = dir.path();
    fs::create_dir(dir.join("s")).expect("a source");
    let shell = recorder(dir, "shell");
    for suffix in ["plain", "a b*?[c]", r"\*", "$x;'\"", "{a,b}", "~"] {
        let option = format!("--suffix={suffix}");
        let words = stock(dir, &shell, &["-b", &option], OsStr::new("h:d"));
        let mut expected = OsString::from("--suffix=");
        expected.push(option_value(OsStr::new(suffix), Quoting::All));
        // rsync does not send its default.
        assert_eq!(words.contains(&expected), suffix != "~", "{words:?}");
    }
}

#[test]
fn aes_goes_first_where_nobody_chose() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("a configuration");
        path.display().to_string()
    };
    let none = config("none", "");
    let chosen = config("chosen", "Host h\nCiphers chacha20-poly1305@openssh.com\n");
    let by_user = config(
        "by_user",
        "Match host h user ann\nCiphers aes256-ctr\nMatch all\nPort 22\n",
    );
    let Ok(Operand::Shell { address, .. }) = Operand::parse(OsStr::new("ann@h:p")) else {
        panic!("it is reached by a shell");
    };
    let added = |command: &str| {
        let shell = RemoteShell::parse(OsStr::new(command)).expect("a shell");
        let quick = shell.clone().with_quick_cipher(&address, Family::V4);
        let program = Program {
            path: "p".into(),
            args: Vec::new(),
        };
        let before = shell.command(&address, Family::V4, &program);
        let mut after = quick.command(&address, Family::V4, &program);
        after.retain(|word| !before.contains(word));
        after
    };
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("aes") {
        let words = added(&format!("ssh -F {none}"));
        let [option, order] = &words[..] else {
            panic!("{words:?}");
        };
        assert_eq!(option, "-o");
        let order = order.to_str().expect("text");
        let first = "Ciphers=aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20";
        assert!(order.starts_with(first), "{order}");
    }
    for command in [
        format!("ssh -F {chosen}"),
        format!("ssh -F {by_user}"),
        format!("ssh -F {none} -c aes256-ctr"),
        format!("ssh -F {none} -oCiphers=aes256-ctr"),
        format!("ssh -F {none} jump ssh"),
        "/nowhere/ssh".into(),
        "sh".into(),
    ] {
        assert_eq!(added(&command), [""; 0], "{command}");
    }
}
