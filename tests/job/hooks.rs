//! What follows a run.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use crate::place::{Home, Said, script};

/// A monitor that answers one caller, and what it was asked.
fn monitor() -> (String, JoinHandle<String>) {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", server.local_addr().expect("its address"));
    let asked = thread::spawn(move || {
        let (mut stream, _) = server.accept().expect("a caller");
        let mut asked = Vec::new();
        let mut byte = [0];
        while !asked.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a request");
            asked.push(byte[0]);
        }
        stream
            .write_all(b"HTTP/1.0 204 No Content\r\n\r\n")
            .expect("an answer");
        String::from_utf8(asked).expect("text")
    });
    (url, asked)
}

#[test]
fn a_monitor_hears_of_a_good_run_and_of_another() {
    let home = Home::new();
    let ((good, of_good), (bad, of_bad)) = (monitor(), monitor());
    let (good, bad) = (format!("{good}good"), format!("{bad}bad?x=1"));
    home.add(
        "j",
        &[
            "--ping",
            &good,
            "--ping-failure",
            &bad,
            "--on-success",
            "echo fine",
        ],
    );
    home.done(&["job", "run", "j"]);
    assert!(
        of_good
            .join()
            .expect("a ping")
            .starts_with("GET /good HTTP/1.0\r\n")
    );
    let log = home.done(&["job", "log", "j"]);
    assert!(
        log.ends_with(
            "\nfine\nresilver job: the hook was run\nresilver job: the monitor was pinged\n"
        ),
        "{log}"
    );
    home.empty();
    assert_eq!(home.run(&["job", "run", "j"]).code, 26);
    assert!(
        of_bad
            .join()
            .expect("a ping")
            .starts_with("GET /bad?x=1 HTTP/1.0\r\n")
    );
}

#[test]
fn a_hook_that_fails_changes_nothing() {
    let home = Home::new();
    // Nobody listens there.
    let url = "http://127.0.0.1:1/";
    home.add("j", &["--ping", url, "--on-success", "exit 7"]);
    home.done(&["job", "run", "j"]);
    let log = home.done(&["job", "log", "j"]);
    assert!(
        log.contains("resilver job: the hook failed: exit status: 7\n"),
        "{log}"
    );
    assert!(
        log.contains("resilver job: the monitor was not pinged: Connection refused"),
        "{log}"
    );
}

#[test]
fn a_failure_is_mailed() {
    let home = Home::new();
    let path = format!(
        "{}:{}",
        home.at("bin").display(),
        std::env::var("PATH").expect("PATH")
    );
    std::fs::create_dir(home.at("bin")).expect("a directory");
    let letter = home.at("letter");
    script(
        &home.at("bin/sendmail"),
        &format!("echo \"$@\" > {0}; cat >> {0}", letter.display()),
    );
    let run = |args: &[&str]| {
        Said::of(
            home.command(args)
                .env("PATH", &path)
                .output()
                .expect("resilver"),
        )
    };
    let words = ["--", "-a", "--delete", "source/", "mirror"];
    let said = run(&[&["job", "add", "j", "--mail", "me@example.org"][..], &words].concat());
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(run(&["job", "run", "j"]).code, 0);
    assert!(!letter.exists());
    home.empty();
    assert_eq!(run(&["job", "run", "j"]).code, 26);
    let letter = home.read("letter");
    assert!(
        letter.starts_with("-i -- me@example.org\nTo: me@example.org\nSubject: resilver job j on "),
        "{letter}"
    );
    assert!(letter.contains(": failed\n"), "{letter}");
    assert!(letter.contains("\nexit code: 26\n"), "{letter}");
    assert!(
        letter.contains("10 of 10 entries would be removed"),
        "{letter}"
    );
}

#[test]
fn what_is_not_here_is_said_beforehand() {
    let home = Home::new();
    let add = |option: &str, value: &str| {
        let mut command = home.command(&[
            "job", "add", "j", option, value, "--", "-a", "source/", "mirror",
        ]);
        Said::of(command.env("PATH", home.path()).output().expect("resilver"))
    };
    let usual = [
        "/usr/sbin/sendmail",
        "/usr/lib/sendmail",
        "/usr/bin/sendmail",
        "/bin/sendmail",
    ];
    if !usual
        .iter()
        .any(|path| std::fs::exists(path).is_ok_and(|there| there))
    {
        let said = add("--mail", "me");
        assert!(
            said.code == 1 && said.err.contains("needs the program sendmail"),
            "{said:?}"
        );
    }
    if !std::fs::exists("/usr/bin/curl").is_ok_and(|there| there) {
        let said = add("--ping", "https://example.org/");
        assert!(
            said.code == 1 && said.err.contains("needs the program curl"),
            "{said:?}"
        );
    }
}
