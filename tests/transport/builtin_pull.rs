//! Whole pulls by the built-in SSH client, from a stock rsync behind a real sshd.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::sshd::Sshd;
use crate::terminal::converse;

/// A directory with a source in it, and one without any program.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().expect("a directory");
        fs::create_dir_all(dir.path().join("s/k")).expect("a directory");
        fs::create_dir(dir.path().join("none")).expect("a directory");
        for number in 0..200 {
            let name = dir.path().join(format!("s/k/f{number}"));
            fs::write(name, number.to_string().repeat(70)).expect("a file");
        }
        let large: Vec<u8> = (0..3_000_000_u32).map(|n| (n ^ (n >> 9)) as u8).collect();
        fs::write(dir.path().join("s/large"), large).expect("a file");
        Place { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `resilver OPTIONS here:…/s/ d`, of one who is at home where `sshd` is known, and has no `ssh`.
    fn pull(&self, sshd: &Sshd, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_resilver"));
        command
            .args(options)
            .arg(format!("here:{}/", self.path("s").display()))
            .arg("d")
            .env("HOME", sshd.home())
            .env("PATH", self.path("none"))
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("RSYNC_RSH")
            .current_dir(self.dir.path());
        command
    }

    fn differences(&self) -> String {
        let output = Command::new("rsync")
            .args(["-aHinc", "--delete", "s/", "d/"])
            .current_dir(self.dir.path())
            .output()
            .expect("rsync");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// Runs it without a terminal: nobody can be asked.
fn alone(command: &Command) -> Output {
    let mut quiet = Command::new("/usr/bin/setsid");
    quiet
        .arg("-w")
        .arg(command.get_program())
        .args(command.get_args())
        .stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => quiet.env(name, value),
            None => quiet.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        quiet.current_dir(dir);
    }
    quiet.output().expect("setsid")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_tree_comes_where_there_is_no_ssh() {
    let (sshd, place) = (Sshd::start(), Place::new());
    for options in [
        &["-a", "--delete"][..],
        &["-az", "--delete"],
        &["-as", "--delete", "--protocol=30"],
        &["-a", "--delete", "--protocol=29", "--no-whole-file"],
    ] {
        let _ = fs::remove_dir_all(place.path("d"));
        let output = alone(&place.pull(&sshd, options));
        assert!(output.status.success(), "{options:?}: {}", said(&output));
        assert_eq!(place.differences(), "", "{options:?}");
        let again = [options, &["-i"]].concat();
        let output = alone(&place.pull(&sshd, &again));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{again:?}");
    }
    // What it says is what is said over the system's ssh.
    let told = |output: Output| {
        let text = String::from_utf8(output.stdout).expect("text");
        let lines = text.lines().filter(|line| !line.contains("bytes/sec"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    fs::remove_dir_all(place.path("d")).expect("there");
    let ours = told(alone(&place.pull(&sshd, &["-ai", "-v"])));
    fs::remove_dir_all(place.path("d")).expect("there");
    let shell = sshd.shell().into_string().expect("text");
    let mut command = place.pull(&sshd, &["-ai", "-v", "-e", &shell]);
    command.env_remove("PATH");
    assert_eq!(ours, told(alone(&command)));
}

/// The exit codes and the far end's words are those of a run over the system's ssh.
#[test]
fn failures_end_as_over_the_systems_ssh() {
    let (sshd, place) = (Sshd::start(), Place::new());
    let shell = sshd.shell().into_string().expect("text");
    for options in [
        &["-a", "--rsync-path=/nonexistent/rsync"][..],
        &["-a", "--rsync-path=echo oops >&2; exit 3;"],
        &["-a", "--rsync-path=kill -9 $$;"],
        &["-a", "--timeout=1", "--rsync-path=sleep 20;"],
    ] {
        let ours = alone(&place.pull(&sshd, options));
        let system = [options, &["-e", &shell]].concat();
        let mut command = place.pull(&sshd, &system);
        command.env_remove("PATH");
        let theirs = alone(&command);
        assert_eq!(ours.status.code(), theirs.status.code(), "{options:?}");
        assert_eq!(said(&ours), said(&theirs), "{options:?}");
    }
    // Nobody listens.
    let config = sshd.home().join(".ssh/config");
    let text = fs::read_to_string(&config).expect("a file");
    let nobody = text.replace(&format!("Port {}", sshd.port()), "Port 1");
    fs::write(&config, nobody).expect("a file");
    let output = alone(&place.pull(&sshd, &["-a"]));
    assert_eq!(output.status.code(), Some(255));
    assert!(
        said(&output).contains("127.0.0.1 (127.0.0.1): Connection refused"),
        "{}",
        said(&output)
    );
    // An option says where it is.
    let port = format!("--port={}", sshd.port());
    let output = alone(&place.pull(&sshd, &["-a", &port]));
    assert!(output.status.success(), "{}", said(&output));
}

/// A key that only an option names, to either client; and one that only an agent has.
#[test]
fn keys_come_from_where_they_are() {
    let (sshd, place) = (Sshd::start(), Place::new());
    let config = sshd.home().join(".ssh/config");
    let text = fs::read_to_string(&config).expect("a file");
    let key = sshd.home().join("user").display().to_string();
    let keyless: String = text
        .lines()
        .filter(|line| !line.contains("IdentityFile"))
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(&config, &keyless).expect("a file");
    let output = alone(&place.pull(&sshd, &["-a"]));
    assert_eq!(output.status.code(), Some(255));
    assert!(said(&output).contains("permission denied"));
    let output = alone(&place.pull(&sshd, &["-a", "--identity", &key]));
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(place.differences(), "");

    // The system's ssh, which finds its home by the user and not by HOME.
    let bare = place.path("ssh_config");
    fs::write(&bare, keyless + "  BatchMode yes\n").expect("a file");
    let shell = format!("ssh -F {}", bare.display());
    fs::remove_dir_all(place.path("d")).expect("there");
    for (options, code) in [
        (&["-a", "-e", &shell][..], 255),
        (&["-a", "-e", &shell, "--identity", &key], 0),
    ] {
        let mut command = place.pull(&sshd, options);
        command.env_remove("PATH");
        let output = alone(&command);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
    }
    assert_eq!(place.differences(), "");
    let output = alone(&place.pull(&sshd, &["-a", "-e", "rsh", "--identity", &key]));
    assert_eq!(output.status.code(), Some(1));

    let socket = place.path("agent");
    let mut agent = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .expect("ssh-agent");
    while !socket.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let added = Command::new("ssh-add")
        .args(["-q", &key])
        .env("SSH_AUTH_SOCK", &socket)
        .status()
        .expect("ssh-add");
    assert!(added.success());
    fs::remove_dir_all(place.path("d")).expect("there");
    let mut command = place.pull(&sshd, &["-a"]);
    let output = alone(command.env("SSH_AUTH_SOCK", &socket));
    let _ = agent.kill();
    let _ = agent.wait();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(place.differences(), "");
}

#[test]
fn an_unknown_host_is_a_question_and_a_changed_key_is_none() {
    let (sshd, place) = (Sshd::start(), Place::new());
    let known = sshd.home().join("known_hosts");
    let right = fs::read_to_string(&known).expect("a file");
    fs::remove_file(&known).expect("there");
    let output = alone(&place.pull(&sshd, &["-a"]));
    assert_eq!(output.status.code(), Some(255));
    assert!(said(&output).contains("is not known (SHA256:"));
    assert!(!known.exists() && !place.path("d").exists());

    let command = place.pull(&sshd, &["-a"]);
    let (seen, code) = converse(&command, &[("(yes/no)?", "no\n")]);
    assert_eq!(code, Some(255), "{seen}");
    assert!(!known.exists());
    let answers = [("(yes/no)?", "perhaps\n"), ("yes or no:", "yes\n")];
    let (seen, code) = converse(&command, &answers);
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(place.differences(), "");
    let kept = fs::read_to_string(&known).expect("remembered");
    let words = |line: &str| line.split(' ').take(3).collect::<Vec<_>>().join(" ");
    assert_eq!(words(kept.trim_end()), words(right.trim_end()));
    assert!(alone(&command).status.success());

    // Somebody else's key under that name.
    let other = Sshd::start();
    let theirs = fs::read_to_string(other.home().join("known_hosts")).expect("a file");
    let (_, key) = theirs.split_once(' ').expect("a name");
    fs::write(&known, format!("[127.0.0.1]:{} {key}", sshd.port())).expect("a file");
    let (seen, code) = converse(&command, &[]);
    assert_eq!(code, Some(255), "{seen}");
    assert!(
        seen.contains("has changed") && !seen.contains("yes/no"),
        "{seen}"
    );
}

#[test]
fn a_passphrase_is_asked_for_and_not_shown() {
    let (sshd, place) = (Sshd::start(), Place::new());
    sshd.lock_user_key("open sesame");
    let command = place.pull(&sshd, &["-a"]);
    let output = alone(&command);
    assert_eq!(output.status.code(), Some(255));
    let question = "Passphrase for ";
    let answers = [(question, "no idea\n"), (question, "open sesame\n")];
    let (seen, code) = converse(&command, &answers);
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("sesame") && !seen.contains("idea"), "{seen}");
    assert_eq!(place.differences(), "");
    // One who does not want to go on.
    let (seen, code) = converse(&command, &[(question, "\x03")]);
    assert_eq!(code, Some(20), "{seen}");
    assert!(!seen.contains("permission denied"), "{seen}");
}

#[test]
fn a_password_is_asked_for_by_the_client_or_by_the_server() {
    for (asks, question) in [(false, "'s password: "), (true, "Password: ")] {
        let Some(sshd) = Sshd::with_password(asks) else {
            eprintln!("skipped: no list of passwords of our own");
            return;
        };
        let place = Place::new();
        let command = place.pull(&sshd, &["-a"]);
        assert_eq!(alone(&command).status.code(), Some(255));
        let answers = [(question, "wrong\n"), (question, "open sesame\n")];
        let (seen, code) = converse(&command, &answers);
        assert_eq!(code, Some(0), "{seen}");
        assert!(!seen.contains("sesame"), "{seen}");
        assert_eq!(place.differences(), "");
    }
}

/// Options that do not go together, and what is handed to a command that is called ssh.
#[test]
fn clients_are_chosen_by_options() {
    let place = Place::new();
    let bin = place.path("bin");
    fs::create_dir(&bin).expect("a directory");
    let words = place.path("words");
    let ssh = format!("#!/bin/sh\necho \"$@\" > {}\nexit 255\n", words.display());
    fs::write(bin.join("ssh"), ssh).expect("a script");
    fs::set_permissions(bin.join("ssh"), fs::Permissions::from_mode(0o755)).expect("a mode");
    let run = |options: &[&str], path: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_resilver"));
        command
            .args(options)
            .args(["-r", "h:s", "d"])
            .env("PATH", path)
            .env("HOME", place.path("none"))
            .env_remove("RSYNC_RSH")
            .current_dir(place.dir.path());
        alone(&command)
    };
    let called = || {
        let text = fs::read_to_string(&words).unwrap_or_default();
        let _ = fs::remove_file(&words);
        text.split(" rsync ").next().unwrap_or_default().to_owned()
    };
    run(&["--identity", "/k"], &bin);
    assert_eq!(called(), "-i /k h");
    run(&["--ssh=system", "--identity", "/k", "-e", "ssh -v"], &bin);
    assert_eq!(called(), "-v -i /k h");
    let output = run(&["--ssh=builtin", "-4", "--port=1"], &bin);
    assert_eq!(called(), "");
    assert!(said(&output).contains("getaddrinfo: h 1: "));
    let output = run(&["--ssh=system"], &place.path("none"));
    assert_eq!(output.status.code(), Some(14), "{}", said(&output));
    for options in [
        &["--ssh=builtin", "-e", "rsh"][..],
        &["--ssh=other"],
        &["--port=65536"],
    ] {
        let output = run(options, &bin);
        assert_eq!(output.status.code(), Some(1), "{options:?}");
        assert_eq!(called(), "", "{options:?}");
    }
}
