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
    #[cfg_attr(not(feature = "ssh"), allow(dead_code))]
    port: u16,
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
        Sshd::start_with("UsePAM no\nPasswordAuthentication no\n", &[])
    }

    /// One that takes a password, `open sesame`, and no key; asked for as a question where `asks` is set.
    /// None where this process may not give it a list of passwords of its own.
    #[cfg(feature = "ssh")]
    pub fn with_password(asks: bool) -> Option<Sshd> {
        const SHADOW: &str = "root:$6$resilver$UGcRtJQZBs8KGXCOkYT/VvxUEyfTly/hqyM5GNjeMR8N3bIslOJAQKLu0\
                              CE2Z1SF59VIXYCgrhwiy05t.tacc/:20000:0:99999:7:::\n";
        let mounts = Command::new("unshare").args(["-m", "true"]).status();
        if !mounts.is_ok_and(|status| status.success()) {
            return None;
        }
        let options = match asks {
            true => "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n",
            false => "UsePAM no\nPasswordAuthentication yes\n",
        };
        let pam = "auth required pam_unix.so\naccount required pam_permit.so\n\
                   session required pam_permit.so\n";
        let over = [("/etc/shadow", SHADOW), ("/etc/pam.d/sshd", pam)];
        let options = format!("{options}PubkeyAuthentication no\n");
        Some(Sshd::start_with(&options, &over))
    }

    /// One with more words of configuration, that sees other content in some of the system's files.
    pub fn start_with(options: &str, over: &[(&str, &str)]) -> Sshd {
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
             AuthorizedKeysFile {at_text}/authorized\nStrictModes no\n\
             PermitRootLogin yes\n{options}"
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
             \x20 UserKnownHostsFile {at_text}/known_hosts\n"
        );
        fs::create_dir(at.join(".ssh")).expect("a directory");
        fs::write(at.join(".ssh/config"), &client).expect("a file");
        let client = client + "  IdentitiesOnly yes\n  BatchMode yes\n";
        fs::write(at.join("ssh_config"), client).expect("a file");
        fs::set_permissions(at.join("user"), fs::Permissions::from_mode(0o600)).expect("a mode");
        let mut script = String::new();
        for (number, (file, text)) in over.iter().enumerate() {
            let other = at.join(format!("over{number}"));
            fs::write(&other, text).expect("a file");
            script += &format!("mount --bind {} {file} && ", other.display());
        }
        let sshd = sshd_program();
        script += &format!("exec {} -D -e -f {at_text}/sshd_config", sshd.display());
        let mut command = match over {
            [] => Command::new("sh"),
            _ => Command::new("unshare"),
        };
        if !over.is_empty() {
            command.args(["-m", "sh"]);
        }
        let process = command
            .args(["-c", &script])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd");
        let started = Sshd { process, port, dir };
        let answers = (0..500).any(|_| {
            thread::sleep(Duration::from_millis(10));
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        assert!(answers, "sshd does not answer");
        started
    }

    /// What the built-in client is given to reach it.
    #[cfg(feature = "ssh")]
    pub fn target(&self) -> resilver::transport::builtin::Target {
        let user = Command::new("id").arg("-un").output().expect("id").stdout;
        resilver::transport::builtin::Target {
            host: "127.0.0.1".into(),
            port: self.port,
            user: String::from_utf8_lossy(&user).trim().to_owned(),
            identity: None,
            identities: vec![self.dir.path().join("user")],
            known_hosts: vec![self.dir.path().join("known_hosts")],
        }
    }

    /// Gives the user's key a passphrase.
    #[cfg(feature = "ssh")]
    pub fn lock_user_key(&self, passphrase: &str) {
        let done = Command::new("ssh-keygen")
            .args(["-q", "-p", "-P", "", "-N", passphrase, "-f"])
            .arg(self.dir.path().join("user"))
            .stdout(Stdio::null())
            .status()
            .expect("ssh-keygen");
        assert!(done.success());
    }

    /// A home directory whose configuration calls it `here`; what it names may be changed.
    #[cfg(feature = "ssh")]
    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    /// Where it listens.
    #[cfg(feature = "ssh")]
    pub fn port(&self) -> u16 {
        self.port
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
    let status = peer.finish().expect("its end");
    (heard, status.expect("a child tells"))
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
