//! A real rsync daemon lets one in: with and without a password, and tells what it has.

use std::fs;
use std::io::{BufReader, Read};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::rsyncd::Rsyncd;
use resilver::transport::{DaemonError, Login, Route, Welcome, enter, greet, send_arguments};

/// A daemon with the modules `open`, and `closed` for ann with the password `secret`.
struct Daemon {
    rsyncd: Rsyncd,
    _dir: tempfile::TempDir,
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

fn daemon() -> Daemon {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().display().to_string();
    write(&dir.path().join("secrets"), "ann:secret\n");
    write(&dir.path().join("motd"), "Good day\n");
    let config = format!(
        "use chroot = no\nmotd file = {at}/motd\npid file = {at}/pid\nlog file = {at}/log\n\
         [open]\npath = {at}\ncomment = for all\n\
         [closed]\npath = {at}\nauth users = ann\nsecrets file = {at}/secrets\n"
    );
    write(&dir.path().join("conf"), &config);
    Daemon {
        rsyncd: Rsyncd::start(&dir.path().join("conf"), &[]),
        _dir: dir,
    }
}

/// Goes as far as the module; gives the outcome, the lines told, and the connection.
fn go(
    daemon: &Daemon,
    module: &str,
    password: &str,
) -> (Result<Welcome, DaemonError>, Vec<String>, TcpStream) {
    let stream = Route::default()
        .connect("127.0.0.1", daemon.rsyncd.port, &mut |_| {})
        .expect("the daemon");
    let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
    let mut writer = stream.try_clone().expect("a handle");
    let greeting = greet(&mut reader, &mut writer, 32).expect("a greeting");
    assert_eq!(greeting.protocol, 32);
    let mut login = Login {
        user: b"ann",
        password: &mut || Some(password.into()),
    };
    let mut lines = Vec::new();
    let mut tell = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
    let module = module.as_bytes();
    let result = enter(
        &mut reader,
        &mut writer,
        &greeting,
        module,
        &mut login,
        &mut tell,
    );
    assert!(reader.buffer().is_empty());
    (result, lines, stream)
}

#[test]
fn a_daemon_lets_in_who_may() {
    let daemon = daemon();
    let (result, lines, mut stream) = go(&daemon, "open", "");
    assert_eq!(result.expect("welcome"), Welcome::In);
    assert_eq!(lines, ["Good day", ""]);
    let arguments = ["--server", "--sender", "-de.LsfxCIvu", ".", "open/"].map(Into::into);
    send_arguments(&mut stream, 32, &arguments).expect("room");
    // The compat flags of a session without incremental recursion: it took the arguments.
    let mut flags = [0; 2];
    stream.read_exact(&mut flags).expect("an answer");
    assert_eq!(flags, [0x81, 0xfe]);

    let (result, ..) = go(&daemon, "closed", "secret");
    assert_eq!(result.expect("welcome"), Welcome::In);
    let (result, ..) = go(&daemon, "closed", "wrong");
    assert_eq!(
        result.expect_err("refused").to_string(),
        "@ERROR: auth failed on module closed"
    );
    let (result, ..) = go(&daemon, "none", "");
    assert_eq!(
        result.expect_err("refused").to_string(),
        "@ERROR: Unknown module 'none'"
    );
    let (result, lines, _) = go(&daemon, "", "");
    assert_eq!(result.expect("a list"), Welcome::Listed);
    assert_eq!(
        lines[2..],
        ["open           \tfor all", "closed         \t"]
    );
}
