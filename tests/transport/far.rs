//! A stock sender that is far away: the second pull from it asks for the whole list at once.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::rsyncd::Rsyncd;

/// How long a byte is under way, each way.
const LATENCY: Duration = Duration::from_millis(25);
/// So many that the lists wait for more than a fifth of a second.
const DIRS: usize = 50;
const FILES: usize = 100;

/// A port from which all takes its time to that one, and back.
fn far_from(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(("127.0.0.1", port)).expect("the daemon");
            for (from, to) in [(&near, &far), (&far, &near)] {
                let from = from.try_clone().expect("a socket");
                let to = to.try_clone().expect("a socket");
                thread::spawn(move || carry(from, to));
            }
        }
    });
    own
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (send, receive) = mpsc::channel::<(Instant, Vec<u8>)>();
    let mut near = to.try_clone().expect("a socket");
    let carrier = thread::spawn(move || {
        for (due, piece) in receive {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if near.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(got @ 1..) = from.read(&mut buffer) {
        let _ = send.send((Instant::now() + LATENCY, buffer[..got].to_vec()));
    }
    drop(send);
    let _ = carrier.join();
    let _ = to.flush();
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn the_next_pull_from_afar_has_the_whole_list_at_once() {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let dir = dir.expect("a directory");
    let at = dir.path();
    for number in 0..DIRS {
        let sub = at.join(format!("s/k{number}"));
        fs::create_dir_all(&sub).expect("a directory");
        for file in 0..FILES {
            fs::write(sub.join(file.to_string()), "").expect("a file");
        }
    }
    let config = at.join("conf");
    let module = format!("[m]\npath = {}/s\n", at.display());
    fs::write(
        &config,
        format!("use chroot = no\nreverse lookup = no\n{module}"),
    )
    .expect("a file");
    let daemon = Rsyncd::start(&config, &[]);
    let port = daemon.port;
    let afar = far_from(port);
    let has_note = || at.join(".d.resilver/held-up").exists();
    // Whether the sender was told that lists may come in pieces.
    let pull = |port: u16, options: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_resilver"))
            .args(["-a", "--debug=cmd"])
            .args(options)
            .arg(format!("rsync://127.0.0.1:{port}/m/"))
            .arg("d")
            .current_dir(at)
            .stdin(Stdio::null())
            .output()
            .expect("resilver");
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(ran.status.success(), "{ran:?}");
        assert!(said.contains("e."), "{said}");
        said.contains("e.i")
    };
    assert!(pull(afar, &[]) && has_note());
    fs::write(at.join("s/k7/7"), "changed").expect("a file");
    assert!(!pull(afar, &[]) && has_note());
    assert_eq!(fs::read(at.join("d/k7/7")).expect("a file"), b"changed");
    // Who says it has it otherwise.
    assert!(pull(afar, &["--inc-recursive"]) && has_note());
    // One that is near is no reason any more, unless the machine is so busy that it looks far.
    assert!((0..50).any(|_| !pull(port, &[]) && !has_note()));
    assert!(pull(port, &[]));
}
