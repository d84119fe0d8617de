//! Whole pulls from a real rsync daemon: what ours tells, leaves behind and ends with is what the stock
//! client does.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::rsyncd::Rsyncd;
use crate::sshd::Sshd;

/// A daemon on the loopback, and the directory that its modules and its clients are in.
struct Daemon {
    rsyncd: Rsyncd,
    dir: tempfile::TempDir,
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

impl Daemon {
    fn start(options: &[&str]) -> Daemon {
        let dir = tempfile::tempdir().expect("a directory");
        let at = dir.path().display().to_string();
        fs::create_dir_all(dir.path().join("s/k/deep")).expect("a directory");
        fs::create_dir_all(dir.path().join("s/a pub")).expect("a directory");
        for number in 0..50 {
            let name = dir.path().join(format!("s/k/f{number}"));
            fs::write(name, number.to_string().repeat(70)).expect("a file");
        }
        let large: Vec<u8> = (0..400_000_u32).map(|n| (n ^ (n >> 9)) as u8).collect();
        for name in ["s/k/deep/large", "s/a pub/x y*", "s/back\\slash"] {
            fs::write(dir.path().join(name), &large).expect("a file");
        }
        // So that a directory is of another time where it does not come along.
        let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        let source = fs::File::open(dir.path().join("s")).expect("there");
        source.set_modified(old).expect("a time");
        write(&dir.path().join("secrets"), "ann:open sesame\n");
        write(&dir.path().join("password"), "open sesame\nmore\n");
        write(&dir.path().join("wrong"), "close\n");
        write(&dir.path().join("empty"), "");
        write(&dir.path().join("list"), "k/f1\nk/deep\nnone\n");
        fs::copy(dir.path().join("password"), dir.path().join("open")).expect("a copy");
        let all = fs::Permissions::from_mode(0o644);
        fs::set_permissions(dir.path().join("open"), all).expect("a mode");
        write(&dir.path().join("motd"), "Good day\n  to all\n");
        let module = |name: &str, words: &str| format!("[{name}]\npath = {at}/s\n{words}\n");
        let config = [
            format!("use chroot = no\nmotd file = {at}/motd\npid file = {at}/pid\n"),
            format!("log file = {at}/log\nreverse lookup = no\n"),
            module("pub", "comment = for all"),
            module("a name that is longer than it", ""),
            module("hidden", "list = no"),
            module(
                "closed",
                &format!("auth users = ann\nsecrets file = {at}/secrets\ncomment = ask"),
            ),
            module("writeonly", "read only = no\nwrite only = yes"),
            module("strict", "refuse options = checksum"),
            // A daemon of the super-user writes as somebody else unless it is told.
            format!(
                "[rw]\npath = {at}\nread only = no\n{}",
                match rustix::process::geteuid().is_root() {
                    true => "uid = 0\ngid = 0\n",
                    false => "",
                }
            ),
            format!("[gone]\npath = {at}/nowhere\n"),
        ];
        write(&dir.path().join("conf"), &config.concat());
        let rsyncd = Rsyncd::start(&dir.path().join("conf"), options);
        Daemon { rsyncd, dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The words of a line, `@` before a module standing for a URL of this daemon, and `^` for the way with
    /// two colons.
    fn words(&self, line: &str) -> Vec<String> {
        let word = |word: &str| {
            let port = self.rsyncd.port;
            match word.split_at_checked(1) {
                Some(("@", rest)) => format!("rsync://ann@127.0.0.1:{port}/{rest}"),
                Some(("^", rest)) => format!("127.0.0.1::{rest}"),
                _ => word.replace("PORT", &port.to_string()),
            }
            .replace('~', " ")
        };
        line.split(' ').map(word).collect()
    }

    /// Runs a client into `d`, without a terminal.
    fn run(&self, program: &str, line: &str, variables: &[(&str, &str)]) -> Ran {
        let left = fs::read_dir(self.dir.path())
            .expect("a directory")
            .flatten();
        for entry in left.filter(|entry| entry.file_name().to_string_lossy().starts_with(".d.")) {
            fs::remove_dir_all(entry.path()).expect("state");
        }
        let _ = fs::remove_dir_all(self.path("d")).or_else(|_| fs::remove_file(self.path("d")));
        let output = Command::new("setsid")
            .args(["-w", program])
            .args(self.words(line))
            .env_remove("RSYNC_PASSWORD")
            .env_remove("RSYNC_PROXY")
            .env("USER", "ann")
            .envs(variables.iter().copied())
            .current_dir(self.dir.path())
            .stdin(Stdio::null())
            .output()
            .expect("a client");
        let differences = Command::new("rsync")
            .args(["-aHinc", "--delete", "s/", "d/"])
            .current_dir(self.dir.path())
            .output()
            .expect("rsync");
        Ran {
            out: plain(&output.stdout),
            err: plain(&output.stderr),
            code: output.status.code(),
            differences: String::from_utf8_lossy(&differences.stdout).into_owned(),
        }
    }

    /// Compares both clients.
    fn assert_alike(&self, line: &str, variables: &[(&str, &str)]) {
        let theirs = self.run("rsync", line, variables);
        let ours = self.run(env!("CARGO_BIN_EXE_resilver"), line, variables);
        assert_eq!(ours, theirs, "{line}");
    }
}

/// What a client has come to.
#[derive(Debug, PartialEq)]
struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
    differences: String,
}

/// A text without what only one of two programs can say: its name, lines of its source, bytes and seconds.
fn plain(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).replace("resilver", "rsync");
    let mut plain = String::new();
    for line in text.lines() {
        if line.contains("bytes/sec") || line.contains("speedup is") {
            continue;
        }
        // What only ours says.
        if line.starts_with("the other end changes file by file") {
            continue;
        }
        // Whether rsync still sees how the daemon leaves is a matter of chance.
        if line.contains("read error: Connection reset by peer") {
            continue;
        }
        let line = match line.split_once(") at ") {
            Some((line, _)) if line.contains("(code ") => format!("{line})"),
            _ => line.replace("rsync: [Receiver] ", "rsync: "),
        };
        plain += &line;
        plain.push('\n');
    }
    plain
}

#[test]
fn a_daemon_is_pulled_from_as_rsync_pulls() {
    let daemon = Daemon::start(&[]);
    for line in [
        "@",
        "--no-motd @",
        "-q @",
        "-a --port=PORT ^ d",
        "--port=PORT ^pub",
        "@pub",
        "@pub/k/deep/",
        "-r @hidden/k/deep",
        "-a @pub/ d",
        "-a @pub d",
        "-av --no-motd @pub/k d",
        "-aiz --port=PORT ^pub/k/f1 ::pub/k/f2 ::hidden/k/deep d",
        "-aR --no-motd @pub/k/f1 @pub/k/./deep/ d",
        "-ai --no-motd @pub/k/f1* @pub/k/dee? d",
        "-ai @pub/a~pub/x~y\\* d",
        "-ais @pub/a~pub/x~y* d",
        "-ai --old-args @pub/k/f1~pub/k/f2 d",
        "-ai @pub/k/f1~pub/k/f2 d",
        "-a --exclude=f* --delete @pub/ d",
        "-a --backup --suffix=a\\b @pub/ d",
        "-a --files-from=list @pub/ d",
        "-a --files-from=:k/f7 @pub/ d",
        "-a --protocol=29 @pub/ d",
        "-as --protocol=30 @pub/ d",
        "-an -i @pub/k/deep d",
        "-vv -a @pub/k/deep d",
        "--debug=CMD,CONNECT -as --no-motd @pub/k d",
        "-a --address=127.0.0.1 --contimeout=20 --no-motd @pub d",
        "-a --no-motd @pub/none @pub/k d",
        "-a --no-motd --sockopts=bogus,,SO_SNDBUF=65536,TCP_NODELAY=0 @pub/k d",
        "-a --sockopts=IPTOS_LOWDELAY=1~SO_SNDLOWAT --address=127.0.0.1 @pub/k d",
        "-a --sockopts=bogus s/ d",
        "-az --skip-compress=f1/f2 --debug=CMD @pub/ d",
    ] {
        daemon.assert_alike(line, &[]);
    }
    assert_eq!(daemon.run("rsync", "-a @pub/ d", &[]).differences, "");
}

#[test]
fn a_password_comes_from_where_it_comes_in_rsync() {
    let daemon = Daemon::start(&[]);
    let right = &[("RSYNC_PASSWORD", "open sesame")];
    for (line, variables) in [
        ("-a @closed/ d", &right[..]),
        ("-a --no-motd --port=PORT ^closed/k d", right),
        ("@closed/k/", right),
        ("-a @closed/ d", &[("RSYNC_PASSWORD", "close")]),
        ("-a --password-file=password @closed/ d", &[]),
        ("-a --password-file=password --protocol=28 @closed/ d", &[]),
        ("-a --password-file=wrong @closed/ d", right),
        ("-a --password-file=open @closed/ d", right),
        ("-a --password-file=none @closed/ d", right),
        ("-a --password-file=empty @closed/ d", right),
        ("-a --password-file=password @pub/ d", &[]),
    ] {
        daemon.assert_alike(line, variables);
    }
    // Nobody to ask: rsync takes no answer for one.
    let ran = daemon.run(env!("CARGO_BIN_EXE_resilver"), "-a @closed/ d", &[]);
    assert_eq!(ran.code, Some(5));
    assert!(ran.err.contains("no password for the daemon"), "{ran:?}");
}

#[test]
fn what_a_daemon_refuses_is_told() {
    let daemon = Daemon::start(&[]);
    for line in [
        "-a @none/ d",
        "-a @gone d",
        "-a --port=PORT ^/pub d",
        "-a 127.0.0.1::pub --port=1 d",
        "-a nosuchhost.invalid::pub d",
        "-a --password-file=password s/ d",
        "-a --contimeout=5 s/ d",
        "-a --contimeout=5 -e false h::pub d",
        "-a -e sh~-c~'read~line' h::pub d",
        "-a --early-input=none @pub d",
        "-a --no-motd --early-input=list @pub d",
    ] {
        daemon.assert_alike(line, &[]);
    }
    daemon.assert_alike("-a @pub d", &[("RSYNC_PROXY", "nowhere")]);
    daemon.assert_alike("-a @pub d", &[("RSYNC_PROXY", "127.0.0.1:1")]);
    // Where rsync says nothing.
    let ran = daemon.run(
        env!("CARGO_BIN_EXE_resilver"),
        "-a --address=192.0.2.1 @pub d",
        &[],
    );
    assert_eq!(ran.code, Some(10));
    assert!(
        ran.err.contains("Cannot assign requested address"),
        "{ran:?}"
    );
    // rsync ends with the first of several troubles that it meets; ours with what it was told.
    let ours = env!("CARGO_BIN_EXE_resilver");
    let ran = daemon.run(ours, "-a @writeonly/ d", &[]);
    assert!(ran.err.contains("ERROR: module is write only"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
    let ran = daemon.run(ours, "-ac @strict/ d", &[]);
    assert!(ran.err.contains("refuse --checksum (-c)"), "{ran:?}");
    assert!(ran.code.is_some_and(|code| code != 0));
}

/// The other way, which opens in the same manner.
#[test]
fn a_daemon_is_pushed_to_as_rsync_pushes() {
    let daemon = Daemon::start(&[]);
    for line in [
        "-a s/ @rw/d",
        "-av --no-motd s/k @rw/d/",
        "-aiz --delete s/ @rw/d/",
        "-as --protocol=29 s/ @rw/d/",
        "-a --port=PORT s/k/f1 ^rw/d",
        "-a --no-motd s/ @none/d",
    ] {
        daemon.assert_alike(line, &[]);
    }
    assert_eq!(
        daemon
            .run(env!("CARGO_BIN_EXE_resilver"), "-a s/ @rw/d", &[])
            .differences,
        ""
    );
    let ran = daemon.run(env!("CARGO_BIN_EXE_resilver"), "-a s/ @pub/d", &[]);
    assert!(ran.err.contains("ERROR: module is read only"), "{ran:?}");
    assert_eq!(ran.code, Some(1));
}

/// A server that never answers a connection, and one that is no daemon.
#[test]
fn a_daemon_that_is_none_is_left() {
    let daemon = Daemon::start(&[]);
    let full = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = full.local_addr().expect("an address");
    // What waits to be accepted fills up: who comes then gets no answer.
    let waiting: Vec<_> = (0..300)
        .map_while(|_| TcpStream::connect_timeout(&at, Duration::from_millis(100)).ok())
        .collect();
    let line = format!("-a --contimeout=1 rsync://{at}/pub d");
    let ran = daemon.run(env!("CARGO_BIN_EXE_resilver"), &line, &[]);
    assert_eq!(ran.code, Some(35), "{ran:?} {}", waiting.len());
    let web = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = web.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in web.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut &stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    daemon.assert_alike(&format!("-a rsync://{at}/pub d"), &[]);
}

/// Daemons of old protocols: they know no lists of digests, and take their arguments line by line.
#[test]
fn an_old_daemon_settles_the_protocol() {
    for options in [&["--protocol=29"][..], &["--protocol=30"]] {
        let daemon = Daemon::start(options);
        for line in [
            "-a @pub/ d",
            "-avi --no-motd @pub/k d",
            "-a --delete --exclude=f1 --exclude=deep/ @pub/ d",
            "-a --password-file=password @closed/ d",
            "-as @pub/ d",
        ] {
            daemon.assert_alike(line, &[]);
        }
    }
}

#[test]
fn a_daemon_is_reached_by_programs() {
    let daemon = Daemon::start(&[]);
    let conf = daemon.path("conf").display().to_string();
    let program = format!("exec rsync --config={conf} --server --daemon .");
    daemon.assert_alike("-ai h::pub/k d", &[("RSYNC_CONNECT_PROG", &program)]);
    let named = format!("test %H = h%%h || {program}");
    daemon.assert_alike("-ai h::pub/k d", &[("RSYNC_CONNECT_PROG", &named)]);

    let sshd = Sshd::start();
    let shell = sshd.shell().into_string().expect("text").replace(' ', "~");
    for line in [
        format!("-av -e {shell} --rsync-path=rsync~--config={conf} here::pub/k d"),
        format!("-a -e {shell} --rsync-path=rsync~--config={conf} here::"),
        format!("-a -e {shell} --rsync-path=rsync~--config={conf} here::none d"),
        format!(
            "-a -e {shell} --rsync-path=rsync~--config={conf} --password-file=password \
             rsync://here/closed/ d"
        ),
        format!("-a -e {shell}~-l~root --rsync-path=rsync~--config={conf} ann@here::pub/k/deep d"),
    ] {
        daemon.assert_alike(&line, &[]);
    }
}

/// The built-in client reaches a daemon that it starts.
#[cfg(feature = "ssh")]
#[test]
fn a_daemon_is_reached_by_the_built_in_client() {
    let (daemon, sshd) = (Daemon::start(&[]), Sshd::start());
    let conf = daemon.path("conf").display().to_string();
    let line = format!("-a -e ssh --ssh=builtin --rsync-path=rsync~--config={conf} here::pub/ d");
    let home = sshd.home().display().to_string();
    let ran = daemon.run(env!("CARGO_BIN_EXE_resilver"), &line, &[("HOME", &home)]);
    assert_eq!(
        (ran.code, ran.differences.as_str()),
        (Some(0), ""),
        "{ran:?}"
    );
}
