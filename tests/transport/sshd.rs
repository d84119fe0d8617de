//! A real sshd on the loopback, with keys and configuration of its own.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use resilver::transport::{Address, Family, Peer, Program, RemoteShell, Status};

/// The server, ended when dropped.
pub struct Sshd {
    process: Child,
    dir: tempfile::TempDir,
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen");
    assert!(made.success());
}

fn sshd_program() -> PathBuf {
    ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("sshd, see tests/run.sh")
}

impl Sshd {
    /// Starts one on a free port.
    pub fn start() -> Sshd {
        let dir = tempfile::tempdir().expect("a directory");
        let at = dir.path().to_owned();
        // sshd wants this directory when it is root.
        let _ = fs::create_dir_all("/run/sshd");
        for name in ["host", "user"] {
            key(&at.join(name));
        }
        fs::copy(at.join("user.pub"), at.join("authorized")).expect("a key");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let at_text = at.display();
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at_text}/host\nPidFile none\n\
             AuthorizedKeysFile {at_text}/authorized\nStrictModes no\nUsePAM no\n\
             PermitRootLogin yes\nPasswordAuthentication no\n"
        );
        fs::write(at.join("sshd_config"), server).expect("a file");
        let public = fs::read_to_string(at.join("host.pub")).expect("a key");
        fs::write(
            at.join("known_hosts"),
            format!("[127.0.0.1]:{port} {public}"),
        )
        .expect("a file");
        let client = format!(
            "Host here\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {at_text}/user\n\
             \x20 UserKnownHostsFile {at_text}/known_hosts\n  IdentitiesOnly yes\n  BatchMode yes\n"
        );
        fs::write(at.join("ssh_config"), client).expect("a file");
        fs::set_permissions(at.join("user"), fs::Permissions::from_mode(0o600)).expect("a mode");
        let process = Command::new(sshd_program())
            .args(["-D", "-e", "-f"])
            .arg(at.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd");
        let sshd = Sshd { process, dir };
        let answers = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(answers, "sshd does not answer");
        sshd
    }

    /// What `-e` is given to reach it; the host is called `here`.
    pub fn shell(&self) -> OsString {
        format!("ssh -F {}/ssh_config", self.dir.path().display()).into()
    }
}

/// Calls a program there, sends it a version and some silence, and gives what it wrote and how it ended.
fn call(sshd: &Sshd, program: &str, args: &[&str], say: &[u8]) -> (Vec<u8>, Status) {
    let shell = RemoteShell::parse(&sshd.shell()).expect("a shell");
    let address = Address {
        user: None,
        host: "here".into(),
    };
    let program = Program {
        path: program.into(),
        args: args.iter().map(OsString::from).collect(),
    };
    let argv = shell.command(&address, Family::Any, &program);
    let (peer, mut reader, mut writer) = Peer::start(&argv).expect("ssh");
    writer.write_all(say).expect("room");
    drop(writer);
    let mut heard = Vec::new();
    reader.read_to_end(&mut heard).expect("its end");
    (heard, peer.finish().expect("its end"))
}

#[test]
fn a_stock_rsync_answers_over_ssh() {
    let sshd = Sshd::start();
    let arguments = ["--server", "--sender", "-de.LsfxCIvu", ".", "/etc/hostname"];
    let (heard, _) = call(&sshd, "rsync", &arguments, &[32, 0, 0, 0]);
    assert_eq!(heard[..6], [32, 0, 0, 0, 0x81, 0xfe], "version and flags");
}

#[test]
fn the_far_ends_code_comes_back() {
    let sshd = Sshd::start();
    let (_, status) = call(&sshd, "exit", &["7"], b"");
    assert_eq!(status, Status::Exited(7));
    let (_, status) = call(&sshd, "/nonexistent/rsync", &[], b"");
    assert_eq!(status, Status::Exited(127));
}
