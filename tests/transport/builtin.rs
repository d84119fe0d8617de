//! The built-in SSH client against a real sshd.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use resilver::transport::builtin::{SshError, Target, run};
use resilver::transport::{Ask, Heard, Link, Peer, Route, Status, Writer};

use crate::sshd::Sshd;

/// Nobody who could answer, or somebody who says yes; counts what it was asked.
struct Person {
    yes: bool,
    asked: usize,
}

impl Ask for Person {
    fn confirm(&mut self, _question: &str) -> bool {
        self.asked += 1;
        self.yes
    }
    fn secret(&mut self, _prompt: &str) -> Option<String> {
        self.asked += 1;
        self.yes.then(|| "secret".to_owned())
    }
    fn text(&mut self, prompt: &str) -> Option<String> {
        self.secret(prompt)
    }
}

/// Takes what the far end says on standard error.
#[derive(Clone, Default)]
struct Errors(Arc<Mutex<Vec<u8>>>);

impl Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn start(
    target: &Target,
    command: &str,
    person: &mut Person,
) -> Result<(Peer, Heard, Writer), SshError> {
    run(
        target,
        &Route::default(),
        command,
        person,
        Box::new(Errors::default()),
    )
}

fn nobody() -> Person {
    Person {
        yes: false,
        asked: 0,
    }
}

/// Byte `at` of a stream that repeats itself nowhere near.
fn byte(at: u64) -> u8 {
    (at ^ (at >> 8) ^ (at >> 19)) as u8
}

/// More than all windows and pipes on the way hold, and than a key is used for: a client that waits for one
/// direction hangs, one that cannot change keys meanwhile breaks.
#[test]
fn bytes_go_both_ways_at_once() {
    const PIECE: usize = 1 << 20;
    const PIECES: u64 = 256;
    let sshd = Sshd::start_with("UsePAM no\nRekeyLimit 48M\n", &[]);
    let (peer, mut reader, mut writer) =
        start(&sshd.target(), "cat", &mut nobody()).expect("a session");
    let piece = |number: u64| -> Vec<u8> {
        let from = number * PIECE as u64;
        (from..from + PIECE as u64).map(byte).collect()
    };
    let sender = thread::spawn(move || {
        for number in 0..PIECES {
            writer.write_all(&piece(number)).expect("room");
        }
    });
    let mut back = vec![0; PIECE];
    for number in 0..PIECES {
        reader.read_exact(&mut back).expect("the bytes");
        assert!(back == piece(number), "piece {number}");
    }
    sender.join().expect("no panic");
    assert_eq!(reader.read(&mut back).expect("the end"), 0);
    assert_eq!(peer.finish().expect("its end"), Some(Status::Exited(0)));
}

/// Whoever reads, and whoever writes what nobody reads, goes on when somebody hangs up.
#[test]
fn hanging_up_ends_reading_and_writing() {
    let sshd = Sshd::start();
    let started = start(&sshd.target(), "exec sleep 600", &mut nobody()).expect("a session");
    let Link {
        mut from,
        mut to,
        hold,
    } = Link::new(started);
    let reader = thread::spawn(move || from.read(&mut [0; 1]));
    let writer = thread::spawn(move || while to.write_all(&[0; 1 << 16]).is_ok() {});
    thread::sleep(Duration::from_millis(300));
    assert!(!reader.is_finished() && !writer.is_finished());
    hold.hang_up();
    assert_eq!(reader.join().expect("no panic").expect("the end"), 0);
    writer.join().expect("no panic");
    assert_eq!(hold.finish(), None);
}

#[test]
fn the_far_ends_end_and_errors_are_told() {
    let sshd = Sshd::start();
    for (command, status) in [
        ("exit 7", Status::Exited(7)),
        ("kill -9 $$", Status::Exited(255)),
        ("/nonexistent/rsync", Status::Exited(127)),
    ] {
        let (peer, mut reader, writer) =
            start(&sshd.target(), command, &mut nobody()).expect("a session");
        drop(writer);
        reader.read_to_end(&mut Vec::new()).expect("its end");
        assert_eq!(peer.finish().expect("its end"), Some(status), "{command}");
    }
    let errors = Errors::default();
    let (peer, mut reader, writer) = run(
        &sshd.target(),
        &Route::default(),
        "echo oops >&2",
        &mut nobody(),
        Box::new(errors.clone()),
    )
    .expect("a session");
    drop(writer);
    reader.read_to_end(&mut Vec::new()).expect("its end");
    peer.finish().expect("its end");
    assert_eq!(*errors.0.lock().expect("no panic"), b"oops\n");
}

#[test]
fn a_client_that_leaves_ends_the_session() {
    let sshd = Sshd::start();
    let (peer, reader, writer) =
        start(&sshd.target(), "sleep 600", &mut nobody()).expect("a session");
    drop(peer);
    drop((reader, writer));
}

#[test]
fn host_keys_are_checked() {
    let sshd = Sshd::start();
    let known = tempfile::tempdir().expect("a directory");
    let file = known.path().join("known");
    let target = Target {
        known_hosts: vec![file.clone()],
        ..sshd.target()
    };
    let mut person = nobody();
    let error = start(&target, "true", &mut person).expect_err("an unknown host");
    assert!(matches!(error, SshError::HostUnknown { .. }), "{error}");
    assert_eq!(person.asked, 1);
    assert!(!file.exists());

    let mut person = Person {
        yes: true,
        asked: 0,
    };
    start(&target, "true", &mut person).expect("a person who trusts it");
    start(&target, "true", &mut nobody()).expect("remembered");

    let other = Sshd::start();
    let line = std::fs::read_to_string(&file).expect("the line");
    let key = line.split_once(' ').expect("a host").1;
    let changed = format!("[127.0.0.1]:{} {key}", other.target().port);
    std::fs::write(&file, changed).expect("a file");
    let target = Target {
        known_hosts: vec![file],
        ..other.target()
    };
    let mut person = Person {
        yes: true,
        asked: 0,
    };
    let error = start(&target, "true", &mut person).expect_err("another key");
    assert!(matches!(error, SshError::HostChanged { .. }), "{error}");
    assert_eq!(person.asked, 0, "a changed key is not a question");
}

#[test]
fn a_key_with_a_passphrase_is_asked_for() {
    let sshd = Sshd::start();
    sshd.lock_user_key("secret");
    let error = start(&sshd.target(), "true", &mut nobody()).expect_err("nobody knows it");
    assert!(matches!(error, SshError::Denied { .. }), "{error}");
    let mut person = Person {
        yes: true,
        asked: 0,
    };
    start(&sshd.target(), "true", &mut person).expect("the passphrase");
    assert_eq!(person.asked, 1);
}
